/* A history: the averages of a level over equal stretches of time, in bounded memory.
 *
 * When the table is full, neighbours are put together and stretches become twice as long: so a
 * run of a minute and one of a year are both told in 128 to 256 averages. */
#ifndef SIM_STAT_HISTORY_H
#define SIM_STAT_HISTORY_H

#include <stddef.h>

#include "sim/base/time.h"

enum { HISTORY_STRETCHES = 256 };

struct history {
    double areas[HISTORY_STRETCHES]; /* integrals over full stretches, in nanoseconds */
    size_t full;                     /* how many stretches are over */
    sim_time length;                 /* of a stretch */
    sim_time since;                  /* the area below goes up to here */
    double value, area;              /* now; of the stretch that is not over */
};

/* From time 0 on, at 0; stretches are of this length at first. */
void history_init(struct history *history, sim_time length);

/* From now on the value is another. Time does not go back. Amortised O(1), plus one for each
 * stretch that went by. */
void history_set(struct history *history, sim_time now, double value);

/* How many averages there are up to `now`, and one of them: the last one may be of a stretch that
 * is not over. None at time 0. Call history_set() with the value it has to come to `now` first. */
size_t history_count(const struct history *history);
double history_mean(const struct history *history, size_t index);

#endif
