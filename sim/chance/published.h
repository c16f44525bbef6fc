/* Distributions that somebody measured and published: figures, with where they stand.
 *
 *     every: {published: fta.lanl05.between}
 *
 * A name is its source, then what it is of. Times are in seconds. */
#ifndef SIM_CHANCE_PUBLISHED_H
#define SIM_CHANCE_PUBLISHED_H

#include <stddef.h>

struct published {
    const char *name;
    const char *family;
    double first, second; /* its parameters, amounts in `unit` */
    double unit;          /* so many seconds */
    const char *what;     /* one line: the figure in the source's own terms */
    const char *source;   /* the citation */
};

extern const struct published published_table[];
extern const size_t published_count;

/* By name; NULL when there is none. */
const struct published *published_find(const char *name);

/* What a distribution was published as; NULL: it was not. */
struct distribution;
const struct published *distribution_published(const struct distribution *distribution);

/* Call for each published one that a distribution (NULL: none) is, or is a mixture of. */
void distribution_each_published(const struct distribution *distribution,
                                 void (*call)(void *context, const struct published *published),
                                 void *context);

#endif
