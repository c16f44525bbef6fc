/* A Deployment of the strategy Recreate starts no new pod while an old one runs, not even one that is
 * being deleted.
 *
 * Pods made since the controller could know are not its fault: a ReplicaSet's controller that has not
 * heard that it shrank may still make some. oldPodsRunning in
 * pkg/controller/deployment/recreate.go of the release named in docs/fidelity.md. */
#include "models/api/workloads.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static const struct pod *find_old(const struct subject *deployment, const struct subject *set,
                                  sim_time since)
{
    for (const struct subject *part = deployment->parts; part != NULL; part = part->next_part)
        for (const struct member *member = part != set ? part->members : NULL; member != NULL;
             member = member->next)
            if (!seen_ended(member->pod) && member->since < since)
                return member->pod;
    return NULL;
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct replicaset *before = (const struct replicaset *)write->before;
    const struct replicaset *after = (const struct replicaset *)write->after;
    if (after == NULL || !written_by(write, "deployment-controller") ||
        (before != NULL ? before->replicas : 0) > 0 || after->replicas == 0)
        return;
    const struct subject *set = census_subject(inspection->census, after->meta.uid);
    const struct object *object =
        set->owner != NULL ? census_object(inspection->census, set->owner) : NULL;
    int32_t least, most;
    if (object == NULL || ((const struct deployment *)object)->strategy != RECREATE ||
        !history_since(&set->owner->generation, writer_knows(write, KIND_DEPLOYMENT), &least,
                       &most) ||
        least != most)
        return;
    const struct pod *old =
        find_old(set->owner, set, writer_knows_both(write, KIND_POD, KIND_REPLICASET));
    if (old != NULL)
        invariant_broken(inspection,
                         "ReplicaSet %s grows to %d although %s of an old one has not ended: "
                         "Deployment %s is recreated",
                         name_of(after), after->replicas, name_of(old), name_of(object));
}

const struct invariant invariant_recreate = {
    .name = "recreate",
    .rule = "a Deployment that is recreated starts no new pod while an old one runs",
    .kinds = UINT64_C(1) << KIND_REPLICASET,
    .written = written,
};
