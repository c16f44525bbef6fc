/* A pod is bound once, and to one node.
 *
 * Its object says where it is; nobody may change that, and its containers are told of by the kubelet of
 * that node only. */
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static void written(struct inspection *inspection, const struct write *write)
{
    const struct pod *before = write->before ? pod_of(write->before) : NULL;
    const struct pod *after = write->after ? pod_of(write->after) : NULL;
    if (before == NULL || after == NULL)
        return;
    if (before->node_name != NULL && after->node_name != before->node_name)
        invariant_broken(inspection, "pod %s moves from node %s to %s", name_of(after),
                         text_s(before->node_name), text_s(after->node_name));
    if (after->containers != NULL && after->node_name == NULL)
        invariant_broken(inspection, "pod %s runs and is on no node", name_of(after));
    if (before->meta.deleting && before->node_name == NULL && after->node_name != NULL)
        invariant_broken(inspection, "pod %s is bound while it is being deleted", name_of(after));
}

const struct invariant invariant_one_node = {
    .name = "one-node",
    .rule = "a pod is never on two nodes",
    .kinds = UINT64_C(1) << KIND_POD,
    .written = written,
};
