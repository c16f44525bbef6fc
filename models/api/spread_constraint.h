/* A topologySpreadConstraint as it is written: of a pod, or of the defaults in PodTopologySpreadArgs.
 *
 * What the labels of a pod add to it (matchLabelKeys) is the scheduler's business. */
#ifndef MODELS_API_SPREAD_CONSTRAINT_H
#define MODELS_API_SPREAD_CONSTRAINT_H

#include "models/api/selector.h"

struct spread_constraint {
    int32_t max_skew;
    int32_t min_domains; /* 1 when it is not given */
    const struct text *topology_key;
    bool hard;            /* DoNotSchedule; otherwise ScheduleAnyway */
    bool honors_affinity; /* nodeAffinityPolicy; the default */
    bool honors_taints;   /* nodeTaintsPolicy; not the default */
    const struct selector *selector;
    const struct text **match_label_keys; /* owned */
    size_t match_label_key_count;
};

/* The constraints of a list that has passed the schema check, in its order; NULL when there are
 * none. A selector that is none (the API server refuses it) matches nothing. */
struct spread_constraint *spread_constraints_load(struct texts *texts, const struct value *list,
                                                  size_t *count);
void spread_constraints_free(struct spread_constraint *constraints, size_t count);

#endif
