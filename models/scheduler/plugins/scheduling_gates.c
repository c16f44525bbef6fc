/* SchedulingGates: a pod with gates is not tried until the last one is removed.
 *
 * Follows pkg/scheduler/framework/plugins/schedulinggates of the release named in
 * docs/fidelity.md. */
#include "models/scheduler/plugins/plugins.h"

static bool scheduling_gates_pre_enqueue(const struct pod *pod, const struct nominator *nominator,
                                         struct writer *why)
{
    (void)nominator;
    if (!pod->gated)
        return true;
    writer_add(why, "waiting for scheduling gates: [");
    for (size_t i = 0; i < pod->spec->scheduling_gate_count; i++) {
        writer_add(why, i > 0 ? " " : "");
        writer_add(why, text_s(pod->spec->scheduling_gates[i]));
    }
    writer_add(why, "]");
    return false;
}

/* Somebody else's gates do not matter. */
static bool gates_gone(const void *args, const struct pod *pod, const struct object *before,
                       const struct object *after)
{
    (void)args;
    (void)before;
    return pod_of(after)->meta.uid.low == pod->meta.uid.low && !pod_of(after)->gated;
}

const struct sched_plugin scheduling_gates_plugin = {
    .name = "SchedulingGates",
    .pre_enqueue = scheduling_gates_pre_enqueue,
    .events = { { KIND_POD, EVENT_UPDATE_POD_GATES_ELIMINATED, gates_gone } },
};
