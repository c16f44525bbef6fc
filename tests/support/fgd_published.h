/* The published figures of the FGD paper, as $SEATRIAL_SHARED/oracle/fgd has them, beside ours. */
#ifndef TESTS_SUPPORT_FGD_PUBLISHED_H
#define TESTS_SUPPORT_FGD_PUBLISHED_H

#include "tests/support/fgd_replay.h"

enum { FGD_POLICIES = 6, FGD_SEEDS = 10, FGD_FIRST_SEED = 42 };

/* The policies of the paper's figures; chance first, whose draws cannot be repeated. */
extern const struct fgd_policy {
    const char *policy;    /* as --policy takes it */
    const char *published; /* as the figures name it */
    const char *title;     /* as the paper does */
} fgd_policies[FGD_POLICIES];

/* The traces whose orders are recorded: the first for ten seeds, the others for one. */
enum { FGD_TRACES = 5 };
extern const char *const fgd_traces[FGD_TRACES];

enum fgd_measure { FGD_ALLOCATED, FGD_FRAGMENTED, FGD_FRAGMENTED_RATIO, FGD_MEASURES };
double fgd_value(const struct fgd_curve *point, enum fgd_measure measure);

struct fgd_published {
    struct csv curves[FGD_MEASURES]; /* trace default: a row for each policy and seed */
    struct csv traces, counters, placements;
    struct openb openb[FGD_TRACES];
    struct csv pods[FGD_TRACES], nodes[FGD_TRACES]; /* recorded orders */
};

/* False when the shared data is not there. Release with fgd_published_close(). */
bool fgd_published_load(struct fgd_published *published);
void fgd_published_close(struct fgd_published *published);

/* Replay a trace, by its number, under one of the policies. */
void fgd_published_replay(const struct fgd_published *published, size_t trace, const char *policy,
                          unsigned seed, struct fgd_outcome *outcome);

/* One published value of the default trace; NAN where there is none. */
double fgd_published_value(const struct fgd_published *published, enum fgd_measure measure,
                           const char *policy, unsigned seed, size_t point);

/* A figure of a trace over its ten seeds ("alloc100_mean", "alloc130_seed42"), and what was counted
 * at the end of one run ("pods_failed"). NAN and -1 where there is none. */
double fgd_published_of_trace(const struct fgd_published *published, const char *trace,
                              const char *policy, const char *figure);
int64_t fgd_published_count(const struct fgd_published *published, const char *trace,
                            const char *policy, unsigned seed, const char *figure);

/* How a run's curve differs from the published one: points at which there is a value, and the
 * greatest difference in percentage points. */
struct fgd_difference {
    size_t points;
    double greatest;
};
struct fgd_difference fgd_published_compare(const struct fgd_published *published,
                                            enum fgd_measure measure, const char *policy,
                                            unsigned seed, const struct fgd_outcome *outcome);

#endif
