/* Deployments and ReplicaSets. */
#ifndef MODELS_API_WORKLOADS_H
#define MODELS_API_WORKLOADS_H

#include "models/api/condition.h"
#include "models/api/intstr.h"
#include "models/api/pod_spec.h"
#include "models/api/selector.h"

/* A PodTemplateSpec, compiled; shared between an object and its versions. */
struct pod_template {
    uint32_t refs;
    struct value *document; /* PodTemplateSpec: defaulted, as written: what is hashed and printed */
    const struct labels *labels, *annotations;
    const struct pod_spec *spec; /* what its pods get: admitted */
};

struct replicaset {
    struct meta meta; /* meta.document: {spec: {selector}}: what has no member below */
    int32_t replicas;
    int32_t min_ready_seconds;
    const struct selector *selector; /* compiled; shared */
    const struct pod_template *template;
    bool relabelled; /* the template had other labels once: not part of the API's object */

    /* status */
    int32_t status_replicas, fully_labeled_replicas, ready_replicas, available_replicas;
    int32_t terminating_replicas; /* -1: not reported yet */
    int64_t observed_generation;
    const struct conditions *conditions;
};

enum deployment_strategy { ROLLING_UPDATE, RECREATE };

struct deployment {
    struct meta meta; /* meta.document: {spec: {selector, strategy}}: what has no member below */
    int32_t replicas;
    int32_t min_ready_seconds;
    int32_t revision_history_limit;
    int32_t progress_deadline_seconds; /* INT32_MAX: none */
    bool paused;
    enum deployment_strategy strategy;
    struct int_or_percent max_surge, max_unavailable;
    const struct selector *selector;
    const struct pod_template *template;

    /* status */
    int32_t status_replicas, updated_replicas, ready_replicas, available_replicas;
    int32_t unavailable_replicas;
    int32_t terminating_replicas; /* -1: not reported yet */
    int64_t observed_generation;
    int32_t collision_count; /* -1: nil */
    const struct conditions *conditions;
};

extern const struct object_kind replicaset_kind, deployment_kind;

/* Compile a defaulted PodTemplateSpec (NULL: an empty one); one reference. Its pods' spec is
 * what the codec's admission makes of it, shared with equal ones. */
struct codec;
const struct pod_template *pod_template_compile(const struct codec *codec, struct value *document);
/* The same pods with other labels: `document` has the very PodSpec of the template's. */
const struct pod_template *pod_template_relabel(const struct codec *codec,
                                                const struct pod_template *template,
                                                struct value *document);
const struct pod_template *pod_template_hold(const struct pod_template *template);
void pod_template_drop(const struct pod_template *template);

#endif
