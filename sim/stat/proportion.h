/* Confidence intervals of what need not lie in the middle of them: proportions, quantiles. */
#ifndef SIM_STAT_PROPORTION_H
#define SIM_STAT_PROPORTION_H

#include <stdint.h>

struct bounds {
    double estimate, lower, upper;
};

/* How probable something is that happened in `successes` of `trials` independent trials, at a confidence
 * such as 0.95. Wilson's score interval, which keeps its word also near 0 and 1 and with few
 * trials; without trials it is [0, 1]. */
struct bounds proportion_of(uint64_t successes, uint64_t trials, double confidence);

#endif
