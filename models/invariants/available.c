/* No status counts pods as available that are not: ready, for minReadySeconds.
 *
 * Of ReplicaSets, StatefulSets and DaemonSets. A status that meets a conflict is written again to what has
 * the name by then: for an object that the controller cannot know it says nothing. Pods that ceased to be ready since the controller could
 * know are forgiven. */
#include "models/api/daemonset.h"
#include "models/api/statefulset.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static int32_t claimed(const struct object *object)
{
    if (object->kind == KIND_REPLICASET)
        return ((const struct replicaset *)object)->available_replicas;
    if (object->kind == KIND_STATEFULSET)
        return statefulset_of(object)->available;
    return daemonset_of(object)->available;
}

static const char *controller_of(uint16_t kind)
{
    return kind == KIND_REPLICASET    ? "replicaset-controller"
           : kind == KIND_STATEFULSET ? "statefulset-controller"
                                      : "daemonset-controller";
}

static void written(struct inspection *inspection, const struct write *write)
{
    if (write->after == NULL || !written_by(write, controller_of(write->after->kind)) ||
        (write->before != NULL && claimed(write->before) == claimed(write->after)))
        return;
    const struct subject *owner = census_subject(inspection->census, meta_of(write->after)->uid);
    const sim_time pods = writer_knows(write, KIND_POD);
    if (owner->met >= writer_knows(write, (enum kind)write->after->kind))
        return; /* the status was meant for another one of this name */
    int32_t seconds, most, lost;
    if (!history_since(&owner->min_ready, writer_knows(write, (enum kind)write->after->kind),
                       &seconds, &most) ||
        !history_since(&owner->unready, pods, &lost, &most))
        return;
    int32_t available = 0;
    for (const struct member *member = owner->members; member != NULL; member = member->next)
        available += seen_available(member->pod, seconds, write->by->now);
    lost = history_now(&owner->unready) - lost;
    if (claimed(write->after) > available + lost)
        invariant_broken(inspection,
                         "%s %s says that %d pods are available: %d are ready for %d s, and %d "
                         "were lost since it could know",
                         kind_infos[write->after->kind].name, name_of(write->after),
                         claimed(write->after), available, seconds, lost);
}

const struct invariant invariant_available = {
    .name = "available",
    .rule = "no status counts a pod as available that is not ready for minReadySeconds",
    .kinds = UINT64_C(1) << KIND_REPLICASET | UINT64_C(1) << KIND_STATEFULSET |
             UINT64_C(1) << KIND_DAEMONSET,
    .written = written,
};
