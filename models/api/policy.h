/* PodDisruptionBudgets, PriorityClasses and Namespaces. */
#ifndef MODELS_API_POLICY_H
#define MODELS_API_POLICY_H

#include "models/api/condition.h"
#include "models/api/intstr.h"
#include "models/api/selector.h"

/* A pod whose eviction was granted and is not seen gone yet. */
struct disrupted_pod {
    const struct text *pod;
    sim_time at;
};
struct disrupted_pods {
    uint32_t refs, count;
    struct disrupted_pod items[];
};

/* With one pod added (or its time renewed), or removed; a new reference, NULL when empty. */
const struct disrupted_pods *disrupted_pods_with(const struct disrupted_pods *from,
                                                 const struct text *pod, sim_time at);
const struct disrupted_pods *disrupted_pods_without(const struct disrupted_pods *from,
                                                    const struct text *pod);
const struct disrupted_pods *disrupted_pods_hold(const struct disrupted_pods *disrupted);
void disrupted_pods_drop(const struct disrupted_pods *disrupted);

struct pod_disruption_budget {
    struct meta meta; /* meta.document: {spec: {...}} */
    const struct selector *selector;
    bool has_min_available, has_max_unavailable;
    struct int_or_percent min_available, max_unavailable;
    bool always_allow_unhealthy; /* unhealthyPodEvictionPolicy: AlwaysAllow */

    int64_t observed_generation;
    int32_t disruptions_allowed, current_healthy, desired_healthy, expected_pods;
    const struct disrupted_pods *disrupted;
    const struct conditions *conditions;
};

/* Let the condition DisruptionAllowed of an unshared record say what disruptions_allowed says. */
void pod_disruption_budget_set_allowed(struct pod_disruption_budget *budget, struct texts *texts,
                                       sim_time now);

struct priority_class_object {
    struct meta meta;
    int32_t value;
    bool global_default, preempts;
};

struct namespace_object {
    struct meta meta;
    bool terminating;                    /* status.phase */
    const struct conditions *conditions; /* of its deletion */
    const struct finalizers *spec_finalizers;
};

extern const struct object_kind pod_disruption_budget_kind, priority_class_kind, namespace_kind;

#endif
