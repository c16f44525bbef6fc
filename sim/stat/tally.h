/* A tally: observations one by one, and what can be said of all of them.
 *
 * Mean and variance by Welford's recurrence, in the order of observation. Quantiles are
 * exact up to a stated number of observations; beyond, a sketch of logarithmic buckets takes
 * over, whose answer is within TALLY_SKETCH_ERROR of the true one, relative. */
#ifndef SIM_STAT_TALLY_H
#define SIM_STAT_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define TALLY_SKETCH_ERROR 0.005
enum { TALLY_EXACT = 10000 }; /* observations kept where the caller does not mind */

/* Counts of values by the bucket of their logarithm: private to tally.c. */
struct sketch {
    int64_t lowest;   /* bucket of counts[0] */
    uint64_t *counts; /* owned */
    size_t width;
};

struct tally {
    uint64_t count;
    double mean, squares; /* squares: sum of (x - mean)^2 */
    double least, most;   /* 0 while nothing was observed */
    size_t exact;         /* keep the values up to this many */
    double *values;       /* owned; NULL once there are more */
    size_t kept, capacity, sorted;
    struct sketch positive, negative; /* of the values and of their mirror images */
    uint64_t zeros;
};

/* Keep up to `exact` values for exact quantiles; 0 goes to the sketch at once. Release with
 * tally_close(). */
void tally_init(struct tally *tally, size_t exact);
void tally_close(struct tally *tally);

/* Observe a finite value. O(1) amortised. */
void tally_add(struct tally *tally, double value);

/* As if the other's observations had been made here, after our own (Chan, Golub and LeVeque,
 * 1979). */
void tally_merge(struct tally *tally, const struct tally *other);

/* Of the sample (divided by n - 1); 0 while there are fewer than two. */
double tally_variance(const struct tally *tally);
double tally_deviation(const struct tally *tally);

/* The smallest observation that at least a share p in [0, 1] of all does not exceed: exact,
 * or within TALLY_SKETCH_ERROR of it. 0 while nothing was observed. */
double tally_quantile(struct tally *tally, double p);

#endif
