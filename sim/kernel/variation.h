/* What a run does otherwise than usual, for those who explore what may happen.
 *
 * Where the modelled system promises neither an order nor a time (when a change is heard of, which of
 * several keys that wait is taken, how long a call takes, whether it fails), an ordinary run takes
 * the usual course. A variation says how strongly each of these departs from it. What is varied is
 * named by two texts, a purpose and whose it is, and draws from a stream of the run's seed and these
 * names: leaving one out does not change the others. */
#ifndef SIM_KERNEL_VARIATION_H
#define SIM_KERNEL_VARIATION_H

#include <stdbool.h>

#include "sim/base/time.h"
#include "sim/chance/stream.h"

struct run;

struct variation {
    /* 0: the usual course; 1: as far from it as can be. Asked once for each pair of names. */
    double (*strength)(void *context, const char *what, const char *whose);
    void *context;
    sim_time from, until; /* when it varies; outside, the usual course */
};

/* One thing that is varied. Zeroed, or in an ordinary run, it takes the usual course. */
struct varied {
    double strength;
    struct stream stream;
};

struct varied varied_of(const struct run *run, const char *what, const char *whose);

/* Does something unusual happen now, which at full strength would with this probability? */
bool varied_happens(struct varied *varied, const struct run *run, double probability);

/* How long something takes more than usual, at full strength `most`: seldom long, often next to
 * nothing. */
sim_time varied_delay(struct varied *varied, const struct run *run, sim_time most);

#endif
