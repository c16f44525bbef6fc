/* How NodeResourcesFit turns used and allocatable amounts into a score.
 *
 * Follows least_allocated.go, most_allocated.go and requested_to_capacity_ratio.go of
 * pkg/scheduler/framework/plugins/noderesources of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_PLUGINS_SCORING_STRATEGY_H
#define MODELS_SCHEDULER_PLUGINS_SCORING_STRATEGY_H

#include "sim/base/value.h"

enum scoring_type { LEAST_ALLOCATED, MOST_ALLOCATED, REQUESTED_TO_CAPACITY_RATIO };

/* One corner of the broken line from utilisation (percent) to score (0..100). */
struct shape_point {
    int64_t utilization, score;
};

enum { SHAPE_POINTS = 32 };

struct scoring_strategy {
    enum scoring_type type;
    struct shape_point shape[SHAPE_POINTS]; /* of RequestedToCapacityRatio */
    size_t shape_count;
};

/* From `scoringStrategy`; LeastAllocated when absent. */
bool scoring_strategy_load(const struct value *from, struct scoring_strategy *strategy,
                           struct error *error);

/* The score of one resource: 0..100. */
int64_t scoring_strategy_score(const struct scoring_strategy *strategy, int64_t requested,
                               int64_t allocatable);

#endif
