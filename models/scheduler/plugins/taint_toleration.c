/* TaintToleration: hard taints keep pods away that do not tolerate them; nodes with fewer
 * untolerated soft taints (PreferNoSchedule) are better.
 *
 * Follows pkg/scheduler/framework/plugins/tainttoleration of the release named in
 * docs/fidelity.md. */
#include "models/scheduler/plugins/plugins.h"

static bool taint_toleration_filter(const struct sched_call *call, const struct node_info *node,
                                    struct rejection *rejection)
{
    if (taints_are_tolerated(node->node->taints, call->spec))
        return true;
    return reject(rejection, UNRESOLVABLE, "node(s) had untolerated taint(s)");
}

/* A toleration of a hard effect does not count for the soft ones, and toleration_tolerates()
 * sees to that: a toleration with an effect tolerates no other. */
static int64_t taint_toleration_score(const struct sched_call *call, const struct node_info *node)
{
    const struct taints *taints = node->node->taints;
    int64_t untolerated = 0;
    for (uint32_t i = 0; taints != NULL && i < taints->count; i++)
        untolerated += taints->items[i].effect == PREFER_NO_SCHEDULE &&
                       !taint_is_tolerated(&taints->items[i], call->spec);
    return untolerated;
}

static void taint_toleration_normalize(const struct sched_call *call, int64_t *scores, size_t count)
{
    (void)call;
    normalize_to_highest(scores, count, true);
}

/* A node whose taints the pod tolerates: new, or it did not before. */
static bool admitted_now(const void *args, const struct pod *pod, const struct object *before,
                         const struct object *after)
{
    (void)args;
    const bool was = before != NULL && taints_are_tolerated(node_of(before)->taints, pod->spec);
    return !was && taints_are_tolerated(node_of(after)->taints, pod->spec);
}

static bool toleration_added(const void *args, const struct pod *pod, const struct object *before,
                             const struct object *after)
{
    (void)args;
    (void)before;
    return pod_of(after)->meta.uid.low == pod->meta.uid.low;
}

const struct sched_plugin taint_toleration_plugin = {
    .name = "TaintToleration",
    .events = { { KIND_NODE, EVENT_ADD | EVENT_UPDATE_NODE_TAINT, admitted_now },
                { KIND_POD, EVENT_UPDATE_POD_TOLERATION, toleration_added } },
    .filter = taint_toleration_filter,
    .score = taint_toleration_score,
    .normalize = taint_toleration_normalize,
};
