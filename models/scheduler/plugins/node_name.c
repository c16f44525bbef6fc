/* NodeName: a pod that names its node goes nowhere else.
 *
 * Follows pkg/scheduler/framework/plugins/nodename of the release named in
 * docs/fidelity.md. */
#include "models/scheduler/plugins/plugins.h"

static enum pre_filter node_name_pre_filter(const struct sched_call *call,
                                            struct narrowed *narrowed, struct rejection *rejection)
{
    (void)narrowed;
    (void)rejection;
    return call->spec->node_name == NULL ? PRE_FILTER_SKIP : PRE_FILTER_GO;
}

static bool node_name_filter(const struct sched_call *call, const struct node_info *node,
                             struct rejection *rejection)
{
    if (call->spec->node_name == node->name)
        return true;
    return reject(rejection, UNRESOLVABLE, "node(s) didn't match the requested node name");
}

const struct sched_plugin node_name_plugin = {
    .name = "NodeName",
    .events = { { KIND_NODE, EVENT_ADD, NULL }, { KIND_NODE, EVENT_UPDATE_NODE_TAINT, NULL } },
    .pre_filter = node_name_pre_filter,
    .filter = node_name_filter,
};
