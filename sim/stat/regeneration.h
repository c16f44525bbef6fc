/* One long run cut into cycles that begin anew: a queue found empty, a part as good as new.
 *
 * Each cycle has a length (a time, or a number of customers) and a reward (downtime, the sum of their
 * waits); cycles are independent and alike, so the long-run average, reward per length, has an
 * interval without any warm-up or batches. */
#ifndef SIM_STAT_REGENERATION_H
#define SIM_STAT_REGENERATION_H

#include "sim/stat/interval.h"

/* Sums over the cycles so far; all zero is none. Moments are about the means, by Welford's recurrence. */
struct regeneration {
    size_t count;
    double reward, length;                        /* means of a cycle */
    double rewards, lengths, reward_times_length; /* sums of squares and products */
};

/* A cycle has ended. Its length is not negative. O(1). */
void regeneration_add(struct regeneration *cycles, double reward, double length);

/* The reward per length: `mean` is the ratio of the sums, whose bias is of the order of 1/count;
 * `count` the cycles. */
struct interval regeneration_interval(const struct regeneration *cycles, double confidence);

#endif
