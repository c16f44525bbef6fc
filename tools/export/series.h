/* Time series of a run: a value for each change, kept until the run is over.
 *
 * A series is a family and the values of its labels; its points are changes, in the order of time, at
 * most one in a millisecond (the last), which is what Prometheus can tell apart. It may end and go on
 * again. Series are listed by family, in the order in which they appeared. */
#ifndef TOOLS_EXPORT_SERIES_H
#define TOOLS_EXPORT_SERIES_H

#include "sim/base/table.h"
#include "sim/base/time.h"
#include "sim/base/writer.h"
#include "tools/export/family.h"

struct point {
    sim_time at;
    double value; /* NaN: the series ended */
};

struct series {
    struct series *next; /* of the family */
    const struct family *family;
    size_t list; /* the family's, in the set */
    uint64_t hash;
    char *labels; /* owned: name, value, name, value, ..., each with its NUL, and one more */
    struct point *points;
    uint32_t count, capacity;
    uint64_t seen; /* private to the recorder: the round in which it was told last */
};

struct series_list {
    const struct family *family;
    struct series *first, **last;
};

/* All families in the order of their tables. Release with series_set_close(). */
struct series_set {
    struct series_list *lists; /* owned */
    size_t count;
};
void series_set_init(struct series_set *set);
void series_set_close(struct series_set *set);

/* The number of a family's list by its name; false when there is none. */
bool series_set_find(const struct series_set *set, const char *family, size_t *number);

/* A new series without points; `values` has one value for each label of the family, NULL where it is
 * left out, and `suffix` is what follows the family's name ("_bucket"), NULL or "" for nothing. */
struct series *series_new(struct series_set *set, size_t family, const char *suffix,
                          const char *const *values, uint64_t hash);

/* From `at` on it has this value; times never go back. Nothing new unless it differs, or `again`. */
void series_tell(struct series *series, sim_time at, double value, bool again);
/* It ended. */
void series_end(struct series *series, sim_time at);
bool series_lives(const struct series *series);

/* What follows the family's name, and the value of a label; NULL when it has none. Borrowed. */
const char *series_suffix(const struct series *series);
const char *series_label(const struct series *series, const char *name);
/* Its labels as `a="b",c="d"`, with the backslashes of the text formats. */
void series_print_labels(const struct series *series, struct writer *into);

/* How samples are taken out. */
struct sampling {
    sim_time step;         /* 0: at each change; else at its multiples and at the end */
    sim_time end;          /* of the run */
    bool end_with_nothing; /* tell of ends, too: as 0, or as NaN for times */
};
/* Call `take` for every sample of a series, in order. */
void series_each(const struct series *series, const struct sampling *sampling,
                 void (*take)(void *context, sim_time at, double value), void *context);
/* The last value; false when it ended, or never was. */
bool series_last(const struct series *series, double *value);

#endif
