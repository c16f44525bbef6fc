/* HorizontalPodAutoscalers: how many pods a target gets, by what is measured. */
#ifndef MODELS_API_AUTOSCALER_H
#define MODELS_API_AUTOSCALER_H

#include "models/api/condition.h"
#include "models/api/kinds.h"
#include "models/api/selector.h"

/* A CrossVersionObjectReference; within the namespace. */
struct scale_reference {
    const struct text *api_version, *kind, *name; /* api_version may be NULL */
};

enum metric_source {
    METRIC_RESOURCE,
    METRIC_CONTAINER_RESOURCE,
    METRIC_PODS,
    METRIC_OBJECT,
    METRIC_EXTERNAL
};

struct metric_spec {
    enum metric_source source;
    const struct text *name;            /* of the metric, or of the resource */
    const struct text *container;       /* METRIC_CONTAINER_RESOURCE */
    struct scale_reference about;       /* METRIC_OBJECT */
    const struct selector *selector;    /* of the series; NULL: any */
    const struct value *document;       /* what stands under the source's name; held */
    int64_t value_milli, average_milli; /* of the target; -1: not given */
    int32_t utilization;                /* percent of the request; -1: not given */
    bool by_value;                      /* the target's type is Value */
};

struct scaling_policy {
    bool percent; /* of the replicas; otherwise pods */
    int32_t value, period_seconds;
};
enum select_policy { SELECT_MAX, SELECT_MIN, SELECT_DISABLED };

struct scaling_rules {
    int64_t window_seconds; /* -1: nil, which only scaleDown may have */
    double tolerance;       /* -1: nil */
    enum select_policy select;
    struct scaling_policy *policies; /* owned */
    size_t policy_count;
};

/* What users wrote, compiled; shared between versions. */
struct autoscaler_spec {
    uint32_t refs;
    struct scale_reference target;
    int32_t min_replicas, max_replicas;
    struct metric_spec *metrics; /* owned */
    size_t metric_count;
    bool has_behavior;
    struct scaling_rules up, down; /* of behavior */
};

struct autoscaler {
    struct meta meta; /* meta.document: {spec: {...}} */
    const struct autoscaler_spec *spec;

    /* status */
    int32_t current_replicas, desired_replicas;
    bool scaled; /* last_scale_time is set */
    sim_time last_scale_time;
    struct value *current_metrics; /* a list of MetricStatus; NULL: null; shared */
    const struct conditions *conditions;
};

extern const struct object_kind autoscaler_kind;

static inline const struct autoscaler *autoscaler_of(const struct object *object)
{
    return (const struct autoscaler *)object;
}

/* A document as its user gave it, as of autoscaling/v2 if it is an autoscaler of autoscaling/v1; a new
 * reference. What is measured is the CPU, if anything; what annotations say besides is left out. */
struct value *autoscaler_from_v1(const struct value *document);

/* Do two versions say the same of their status? */
bool autoscaler_status_equal(const struct autoscaler *a, const struct autoscaler *b);

#endif
