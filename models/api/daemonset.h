/* DaemonSets: one pod for each node that fits. */
#ifndef MODELS_API_DAEMONSET_H
#define MODELS_API_DAEMONSET_H

#include "models/api/kinds.h"
#include "models/api/workloads.h"

struct daemonset {
    struct meta
        meta; /* meta.document: {spec: {selector, updateStrategy}}: what has no member below */
    int32_t min_ready_seconds;
    int32_t revision_history_limit;
    bool on_delete; /* pods are replaced when somebody deletes them, not by a rolling update */
    struct int_or_percent max_unavailable, max_surge;
    const struct selector *selector;
    const struct pod_template *template;
    const struct pod_spec *daemon; /* what its pods get, on whichever node: admitted, with the
                                    * tolerations of daemons */

    /* status */
    int32_t desired, current, misscheduled, ready, updated, available, unavailable;
    int64_t observed_generation;
    int32_t collision_count; /* -1: nil */
    const struct conditions *conditions;
};

extern const struct object_kind daemonset_kind;

static inline const struct daemonset *daemonset_of(const struct object *object)
{
    return (const struct daemonset *)object;
}

/* The number of the template, an annotation, rises with each other template: strategy of
 * DaemonSets. For a changed, unshared record. */
void daemonset_count_templates(struct texts *texts, struct daemonset *after,
                               const struct daemonset *before);
/* It; NULL when there is none. */
const char *daemonset_template_generation(const struct daemonset *set);

/* The spec of its pod for one node: required to go there. One reference. */
const struct pod_spec *daemon_spec_for(const struct codec *codec, const struct daemonset *set,
                                       const struct text *node);

/* The node a daemon pod is on, or is made for; NULL when it does not say. */
const struct text *daemon_pod_node(const struct pod_spec *spec, const struct text *node_name);

#endif
