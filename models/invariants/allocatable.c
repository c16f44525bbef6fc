/* What the pods of a node request is never more than it has, where all were scheduled there.
 *
 * The scheduler counts what it has promised, so that late news make it careful, not generous. A node whose
 * own size changes is judged from its next pod on. */
#include "models/api/node.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static void written(struct inspection *inspection, const struct write *write)
{
    const struct pod *before = write->before ? pod_of(write->before) : NULL;
    const struct pod *after = write->after ? pod_of(write->after) : NULL;
    if (before == NULL || after == NULL || before->node_name != NULL || after->node_name == NULL)
        return;
    const struct member *member = census_member(inspection->census, after->meta.uid);
    const struct subject *load = member != NULL ? member->node : NULL;
    const struct object *object = load ? census_object(inspection->census, load) : NULL;
    if (object == NULL || load->by_hand > 0)
        return;
    const struct node_resources *room = node_of(object)->allocatable;
    if (load->cpu_milli > room->resources.cpu_milli ||
        load->memory_bytes > room->resources.memory_bytes || load->pods > room->pods)
        invariant_broken(inspection,
                         "pod %s is bound to node %s: %lld of %lld m CPU, %lld of %lld bytes, %lld "
                         "of %lld pods",
                         name_of(after), name_of(object), (long long)load->cpu_milli,
                         (long long)room->resources.cpu_milli, (long long)load->memory_bytes,
                         (long long)room->resources.memory_bytes, (long long)load->pods,
                         (long long)room->pods);
}

const struct invariant invariant_allocatable = {
    .name = "allocatable",
    .rule = "the pods of a node never request more than it has",
    .kinds = UINT64_C(1) << KIND_POD,
    .written = written,
};
