/* At rest no pod waits that a node would take, none is on a node that is not there, and what a ready node
 * has runs there or is gone. */
#include "models/api/node.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static bool is_open_to(const struct node *node, const struct pod_spec *spec)
{
    if (node->unschedulable || !node_is_ready(node))
        return false;
    for (uint32_t i = 0; node->taints != NULL && i < node->taints->count; i++)
        if (node->taints->items[i].effect != PREFER_NO_SCHEDULE &&
            !taint_is_tolerated(&node->taints->items[i], spec))
            return false;
    return true;
}

static bool has_room_for(const struct subject *load, const struct node *node, const struct pod *pod)
{
    const struct node_resources *room = node->allocatable;
    return load->cpu_milli + pod_requests(pod)->cpu_milli <= room->resources.cpu_milli &&
           load->memory_bytes + pod_requests(pod)->memory_bytes <= room->resources.memory_bytes &&
           load->pods + 1 <= room->pods;
}

/* Pods that ask for more than room are left out: for a place, or for volumes. */
static void check_waiting(struct inspection *inspection, const struct pod *pod)
{
    const struct pod_spec *spec = pod->spec;
    if (spec->required_affinity != NULL || spec->node_selector != NULL ||
        spec->host_port_count > 0 || spec->volume_count > 0 || pod->gated)
        return;
    for (const struct subject *subject = census_subjects(inspection->census); subject != NULL;
         subject = subject->older) {
        const struct object *node =
            subject->key.kind == KIND_NODE ? census_object(inspection->census, subject) : NULL;
        if (node != NULL && is_open_to(node_of(node), spec) &&
            has_room_for(subject, node_of(node), pod)) {
            invariant_broken(inspection, "pod %s waits for ever and fits on %s", name_of(pod),
                             name_of(node));
            return;
        }
    }
}

static void check_placed(struct inspection *inspection, const struct pod *pod)
{
    const struct object_key key = { KIND_NODE, NULL, pod->node_name };
    const struct node *node = (const struct node *)store_get(inspection->cluster->store, key);
    if (node == NULL)
        invariant_broken(inspection, "pod %s is on %s, which is not there", name_of(pod),
                         text_s(pod->node_name));
    else if (!node_is_ready(node))
        return;
    else if (pod->meta.deleting &&
             pod->meta.deletion + 5 * SIM_MINUTE < run_now(inspection->cluster->run))
        invariant_broken(inspection, "pod %s is being deleted for ever", name_of(pod));
    else if (!pod_is_terminal(pod) && pod->containers == NULL)
        invariant_broken(inspection, "pod %s was never started on %s", name_of(pod), name_of(node));
}

static void check_pod(void *context, const struct object *object)
{
    const struct pod *pod = pod_of(object);
    if (pod->node_name != NULL)
        check_placed(context, pod);
    else if (!pod_is_terminal(pod))
        check_waiting(context, pod);
}

static void rest(struct inspection *inspection)
{
    store_each(inspection->cluster->store, KIND_POD, check_pod, inspection);
}

const struct invariant invariant_scheduled = {
    .name = "scheduled",
    .rule = "at rest no pod waits that a node would take, and none is stuck on its node",
    .rest = rest,
};
