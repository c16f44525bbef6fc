/* A Deployment that rolls gives up no available pod below replicas less maxUnavailable.
 *
 * What is available the controller has from the status of its ReplicaSets, and it trusts that a
 * ReplicaSet which shrinks gives up what is not available first. So of each ReplicaSet as many stay
 * available as before, or as many as it keeps; and the sum is not below the bound unless nothing
 * available went. Scaling the Deployment itself promises nothing of the kind. reconcileOldReplicaSets
 * in pkg/controller/deployment/rolling.go of the release named in docs/fidelity.md. */
#include <string.h>

#include "models/api/workloads.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static const char desired[] = "deployment.kubernetes.io/desired-replicas";

static bool is_scaled(const struct replicaset *before, const struct replicaset *after)
{
    const char *was = labels_get(before->meta.annotations, desired);
    const char *is = labels_get(after->meta.annotations, desired);
    return was == NULL || is == NULL || strcmp(was, is) != 0;
}

/* The most that can be available, as far as was known, with `set` at its new size. */
static bool most_available(const struct subject *deployment, const struct subject *set,
                           int32_t replicas, sim_time since, int32_t *sum)
{
    *sum = 0;
    for (const struct subject *part = deployment->parts; part != NULL; part = part->next_part) {
        int32_t least, most;
        if (!part->present)
            continue;
        if (!history_since(&part->available, since, &least, &most))
            return false;
        *sum += part == set && most > replicas ? replicas : most;
    }
    return true;
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct replicaset *before = (const struct replicaset *)write->before;
    const struct replicaset *after = (const struct replicaset *)write->after;
    if (before == NULL || after == NULL || after->replicas >= before->replicas ||
        !written_by(write, "deployment-controller") || is_scaled(before, after))
        return;
    const struct subject *set = census_subject(inspection->census, after->meta.uid);
    const struct subject *deployment = set->owner;
    const sim_time since = writer_knows(write, KIND_REPLICASET);
    int32_t was_least, was_most, floor, ceiling, left;
    if (deployment == NULL || !history_since(&set->available, since, &was_least, &was_most) ||
        !history_since(&deployment->floor, writer_knows(write, KIND_DEPLOYMENT), &floor,
                       &ceiling) ||
        !most_available(deployment, set, after->replicas, since, &left))
        return;
    if (after->replicas < was_least && left < floor)
        invariant_broken(inspection,
                         "ReplicaSet %s shrinks from %d to %d, which leaves at most %d available: "
                         "Deployment %s must keep %d",
                         name_of(after), before->replicas, after->replicas, left,
                         text_s(deployment->key.name), floor);
}

const struct invariant invariant_max_unavailable = {
    .name = "max-unavailable",
    .rule = "a Deployment that rolls gives up no available pod below replicas less maxUnavailable",
    .kinds = UINT64_C(1) << KIND_REPLICASET,
    .written = written,
};
