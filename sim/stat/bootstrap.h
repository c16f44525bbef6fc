/* Intervals for any statistic of independent values, by drawing from the values themselves. */
#ifndef SIM_STAT_BOOTSTRAP_H
#define SIM_STAT_BOOTSTRAP_H

#include <stddef.h>

#include "sim/chance/stream.h"
#include "sim/stat/proportion.h"

/* A number that describes a sample; must not depend on the order of the values, which it may change. */
typedef double statistic_fn(double *values, size_t count, const void *context);

/* The mean; and the smallest value that at least a share of all do not exceed, as tallies have it
 * (the context: a double in [0, 1]). */
statistic_fn statistic_mean, statistic_quantile;

/* The statistic and its interval, bias-corrected and accelerated, from `resamples` (> 0) samples of
 * the same size, drawn from the stream with replacement. `count` > 0; from fewer than two values the
 * interval is infinite. O(resamples x the statistic's time). */
struct bounds bootstrap_of(const double *values, size_t count, statistic_fn *statistic,
                           const void *context, size_t resamples, struct stream *stream,
                           double confidence);

#endif
