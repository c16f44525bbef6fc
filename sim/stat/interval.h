/* Confidence intervals for means: from independent replications, from paired differences
 * between two policies on the same luck, and from batch means of one long run. */
#ifndef SIM_STAT_INTERVAL_H
#define SIM_STAT_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
    double mean;
    double error;      /* standard error of the mean; INFINITY from fewer than two values */
    double half_width; /* of the interval at the wanted confidence */
    size_t count;      /* values it was made from */
};

/* The mean of independent values at a confidence such as 0.95, by Student's t. */
struct interval interval_of(const double *values, size_t count, double confidence);

/* The mean of a - b, pair by pair: replication i of both on the same luck. */
struct interval interval_of_difference(const double *a, const double *b, size_t count,
                                       double confidence);

/* The mean of antithetic values: 2i and 2i + 1 are of mirrored streams, so that only the means of
 * pairs are independent. A last one without its mirror is left out; `count` counts pairs. */
struct interval interval_of_pairs(const double *values, size_t count, double confidence);

/* half_width / |mean|. */
double interval_relative(struct interval interval);

/* Batch means of a series that is too long to keep and whose neighbours depend on each other.
 * When the table is full, neighbours are put together and batches become twice as long. */
enum { BATCHES = 256 };

struct batches {
    double sums[BATCHES];
    size_t count;   /* full batches */
    uint64_t size;  /* observations in a full batch */
    uint64_t begun; /* observations in the batch that is being filled */
    double sum;     /* of those */
};

/* All zero but the size of the first batches. Holds no memory of its own. */
void batches_init(struct batches *batches, uint64_t size);
void batches_add(struct batches *batches, double value);

/* The interval from the full batches, put together until neighbours are no longer correlated
 * by von Neumann's test at the 5 % level. *is_sound (may be NULL) tells whether they stopped
 * being so while at least 16 were left. */
struct interval batches_interval(const struct batches *batches, double confidence, bool *is_sound);

#endif
