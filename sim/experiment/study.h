/* A study: points of a design, replications of each, responses of each replication, and when they are
 * enough.
 *
 * The rule is judged at the end of batches, when every replication that was asked for is there, and so
 * what is played does not depend on who is quick:
 *
 *     while ((count = study_next(study, &tasks)) > 0)
 *         for (i = 0; i < count; i++)
 *             study_take(study, tasks[i], values of that run);
 *
 * Replication r of every point is meant to have the same luck (common random numbers), so that
 * differences between points are taken pair by pair. */
#ifndef SIM_EXPERIMENT_STUDY_H
#define SIM_EXPERIMENT_STUDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One replication of one point of the design. Both count from 0. */
struct task {
    uint32_t point, replication;
};

/* How a response is estimated and judged. */
struct study_response {
    bool is_judged;       /* the rule of precision looks at it */
    bool is_proportion;   /* 0 or 1 in each run: Wilson's interval */
    bool from_complement; /* precision is relative to 1 - mean: an availability */
    bool by_bootstrap;    /* the interval is bootstrapped (BCa) instead of Student's t */
    double quantile;      /* in (0, 1): that quantile is estimated, by bootstrap; 0: the mean */
};

struct study_rule {
    size_t first, batch, most; /* replications of a point: at first, more at a time, at all */
    double confidence;         /* of every interval, such as 0.95 */
    double relative;           /* wanted half width relative to the mean; 0: not asked for */
    bool until_significant;    /* every comparison, all at once */
    bool is_antithetic;        /* 2k and 2k + 1 mirror each other; numbers are even */
    bool is_paired;            /* common random numbers */
};

/* What part a point has in the study. */
enum study_part {
    STUDY_ALONE,    /* judged by precision */
    STUDY_COMPARED, /* and by its difference from the baseline */
    STUDY_FOLLOWER, /* as many replications as the baseline has */
};

enum study_stop {
    STUDY_GOES_ON,
    STUDY_COUNT,        /* so many were asked for */
    STUDY_PRECISION,    /* every interval is as narrow as wanted */
    STUDY_SIGNIFICANCE, /* every comparison is significant */
    STUDY_MOST,         /* no more are allowed */
    STUDY_ENDED         /* study_end() */
};

struct study;

/* Nothing has been played. `baseline` is a point, or `points` when nothing is compared; parts and
 * responses are copied. Release with study_free(). */
struct study *study_new(size_t points, size_t baseline, const enum study_part *parts,
                        const struct study_response *responses, size_t response_count,
                        struct study_rule rule);
void study_free(struct study *study);

/* The next batch, by replication, then by point; borrowed until the next call. 0: it is enough.
 * All of the batch before must have been taken. O(points x responses x replications). */
size_t study_next(struct study *study, const struct task **tasks);
/* A response may turn out to be true or false: from now on it is a proportion. */
void study_set_proportion(struct study *study, size_t response);
/* The responses of a replication, NAN where there is none; copied. */
void study_take(struct study *study, struct task task, const double *values);
/* No batch any more: the time is over. */
void study_end(struct study *study);

enum study_stop study_stopped(const struct study *study);

size_t study_replications(const struct study *study, size_t point);
/* A response by replication; `study_replications()` of them, NAN where missing. Borrowed. */
const double *study_values(const struct study *study, size_t point, size_t response);

struct study_estimate {
    size_t count, missing;  /* values; replications without one */
    double mean, low, high; /* of the mean or quantile; NAN: cannot be told */
    double half_width;      /* half of high - low */
    double deviation;       /* standard deviation of the values */
    double least, median, p95, most;
};

struct study_estimate study_estimate(const struct study *study, size_t point, size_t response);

/* A point less the one it is compared with. Paired: replication by replication. Otherwise Welch's two
 * samples. */
struct study_difference {
    size_t pairs;
    double difference, low, high; /* of the means */
    double p;                     /* two-sided */
    double correlation;           /* NAN: none can be told */
    double independent;           /* the half width that luck of their own would have given */
};

struct study_difference study_difference(const struct study *study, size_t point, size_t against,
                                         size_t response);

#endif
