/* Where the initial transient of a series of observations ends. */
#ifndef SIM_STAT_WARMUP_H
#define SIM_STAT_WARMUP_H

#include <stdbool.h>
#include <stddef.h>

struct warmup {
    size_t length;   /* observations to leave out */
    bool is_settled; /* false: the series is too short to tell */
};

/* The rule MSER-5: among means of five observations each, leave out as many as makes the
 * standard error of the rest smallest, but no more than half; if it would be half, the
 * series has not settled. O(n). */
struct warmup warmup_find(const double *observations, size_t count);

#endif
