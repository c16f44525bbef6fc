/* NodeUnschedulable: a cordoned node takes only pods that tolerate being there.
 *
 * Follows pkg/scheduler/framework/plugins/nodeunschedulable of the release named in
 * docs/fidelity.md. */
#include "models/scheduler/plugins/plugins.h"

static bool tolerates_cordon(const struct pod_spec *spec)
{
    for (size_t i = 0; i < spec->toleration_count; i++) {
        const struct toleration *toleration = &spec->tolerations[i];
        const bool key = toleration->key == NULL
                             ? toleration->exists
                             : strcmp(toleration->key->s, "node.kubernetes.io/unschedulable") == 0;
        const bool value = toleration->exists || toleration->value == NULL;
        const bool effect = toleration->effect == EFFECT_ANY || toleration->effect == NO_SCHEDULE;
        if (key && value && effect)
            return true;
    }
    return false;
}

static bool node_unschedulable_filter(const struct sched_call *call, const struct node_info *node,
                                      struct rejection *rejection)
{
    if (!node->node->unschedulable || tolerates_cordon(call->spec))
        return true;
    return reject(rejection, UNRESOLVABLE, "node(s) were unschedulable");
}

/* A node that is not cordoned: new, or uncordoned just now. */
static bool schedulable_now(const void *args, const struct pod *pod, const struct object *before,
                            const struct object *after)
{
    (void)args;
    (void)pod;
    const bool was = before != NULL && !node_of(before)->unschedulable;
    return !was && !node_of(after)->unschedulable;
}

/* The pod tolerates it now. */
static bool tolerated_now(const void *args, const struct pod *pod, const struct object *before,
                          const struct object *after)
{
    (void)args;
    (void)before;
    return pod_of(after)->meta.uid.low == pod->meta.uid.low &&
           tolerates_cordon(pod_of(after)->spec);
}

const struct sched_plugin node_unschedulable_plugin = {
    .name = "NodeUnschedulable",
    .events = { { KIND_NODE, EVENT_ADD | EVENT_UPDATE_NODE_TAINT, schedulable_now },
                { KIND_POD, EVENT_UPDATE_POD_TOLERATION, tolerated_now } },
    .filter = node_unschedulable_filter,
};
