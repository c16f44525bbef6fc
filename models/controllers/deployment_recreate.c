/* Stop all pods of the old ReplicaSets before the new one gets its first.
 *
 * Follows pkg/controller/deployment/recreate.go of kube-controller-manager, in the release named
 * in docs/fidelity.md. */
#include "models/api/pod.h"
#include "models/api/planted.h"
#include "models/controllers/deployment_private.h"

static bool has_running_pod(struct client *client, const struct replicaset *set)
{
    struct cache_cursor pods = client_list_owned(client, KIND_POD, set->meta.uid);
    while (cache_next(&pods))
        if (!pod_is_terminal(pod_of(pods.object)) &&
            !(PLANTED(PLANTED_TERMINATING_FORGOTTEN) && meta_of(pods.object)->deleting))
            return true;
    return false;
}

/* Does an old ReplicaSet count pods, or is one of its pods not finished, even if it is being
 * deleted? */
static bool old_pods_run(const struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->old.count; i++)
        if (rollout->old.items[i]->status_replicas > 0 ||
            has_running_pod(rollout->client, rollout->old.items[i]))
            return true;
    return false;
}

static bool stop_old(struct rollout *rollout, bool *stopped)
{
    for (size_t i = 0; i < rollout->old.count; i++) {
        const struct replicaset *set = rollout->old.items[i];
        if (set->replicas > 0) {
            if (!rollout_scale_set(rollout, set, 0))
                return false;
            *stopped = true;
        }
    }
    return true;
}

static bool start_new(struct rollout *rollout)
{
    const struct deployment *deployment = rollout->deployment;
    if (rollout->new_set == NULL && !rollout_find_sets(rollout, true))
        return false;
    if (!rollout_scale_set(rollout, rollout->new_set, deployment->replicas))
        return false;
    return !deployment_is_complete(deployment, deployment) || rollout_clean_up(rollout);
}

bool rollout_recreate(struct rollout *rollout)
{
    bool stopped = false;
    if (!rollout_find_sets(rollout, false) || !stop_old(rollout, &stopped))
        return false;
    if (!stopped && !old_pods_run(rollout) && !start_new(rollout))
        return false;
    return rollout_write_progress(rollout);
}
