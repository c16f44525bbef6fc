/* A Deployment never wants more pods of its ReplicaSets than replicas and maxSurge together.
 *
 * Kubernetes promises this of spec.replicas of the ReplicaSets, which is what the controller writes;
 * pods that are being deleted do not count. It reads ReplicaSets late: a sum may be exceeded by what
 * one of them grew since the controller could know, as after two changes of the template in quick
 * succession. NewRSNewReplicas and scale in pkg/controller/deployment/util and sync.go of the release
 * named in docs/fidelity.md. */
#include "models/api/workloads.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

/* What the other ReplicaSets of the Deployment had at least. */
static bool sum_of_others(const struct subject *deployment, const struct subject *set,
                          sim_time since, int32_t *sum)
{
    *sum = 0;
    for (const struct subject *part = deployment->parts; part != NULL; part = part->next_part) {
        int32_t least, most;
        if (part == set || !part->present)
            continue;
        if (!history_since(&part->wanted, since, &least, &most))
            return false;
        *sum += least;
    }
    return true;
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct replicaset *before = (const struct replicaset *)write->before;
    const struct replicaset *after = (const struct replicaset *)write->after;
    if (after == NULL || !written_by(write, "deployment-controller") ||
        (before != NULL && after->replicas <= before->replicas))
        return;
    const struct subject *set = census_subject(inspection->census, after->meta.uid);
    const struct subject *deployment = set->owner;
    int32_t least, most, others;
    if (deployment == NULL ||
        !history_since(&deployment->bound, writer_knows(write, KIND_DEPLOYMENT), &least, &most) ||
        !sum_of_others(deployment, set, writer_knows(write, KIND_REPLICASET), &others))
        return;
    if (others + after->replicas > most)
        invariant_broken(
            inspection, "ReplicaSet %s grows to %d beside %d of others: Deployment %s may have %d",
            name_of(after), after->replicas, others, text_s(deployment->key.name), most);
}

const struct invariant invariant_max_surge = {
    .name = "max-surge",
    .rule = "a Deployment never wants more pods than replicas and maxSurge together",
    .kinds = UINT64_C(1) << KIND_REPLICASET,
    .written = written,
};
