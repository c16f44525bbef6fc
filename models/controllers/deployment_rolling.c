/* Replace the pods of old ReplicaSets by those of the new one a few at a time.
 *
 * Each reconcile takes one step: the new ReplicaSet grows as far as the surge allows, or else the
 * old ones shrink as far as enough replicas stay available. Follows
 * pkg/controller/deployment/rolling.go of kube-controller-manager, in the release named in
 * docs/fidelity.md. */
#include "models/controllers/deployment_private.h"
#include "models/api/planted.h"

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* ---- the new ReplicaSet ---- */

static int32_t wanted_of_new(const struct rollout *rollout)
{
    const struct deployment *deployment = rollout->deployment;
    const int32_t present = rollout->new_set->replicas;
    if (present >= deployment->replicas)
        return deployment->replicas;
    return deployment_new_replicas(deployment, present,
                                   replicaset_list_replicas(&rollout->old) + present);
}

/* ---- the old ReplicaSets ---- */

/* Put the version that the API server has now in the place of one we have changed. */
static void refresh(struct rollout *rollout, const struct replicaset **set)
{
    const struct object *fresh = client_read(rollout->client, object_key(&(*set)->meta.object));
    if (fresh == NULL)
        return;
    object_hold(fresh);
    object_drop(&(*set)->meta.object);
    *set = (const struct replicaset *)fresh;
}

/* Unhealthy replicas go first, and even where none may become unavailable: they are so already.
 * The ReplicaSet controller deletes what is not ready before what is. */
static bool shed_unhealthy(struct rollout *rollout, struct replicaset_list *active, int32_t most,
                           int32_t *shed)
{
    for (size_t i = 0; i < active->count && *shed < most; i++) {
        const struct replicaset *set = active->items[i];
        const int32_t unhealthy = set->replicas - set->available_replicas;
        if (unhealthy == 0)
            continue;
        const int32_t count = smaller(most - *shed, unhealthy);
        if (count < 0 || !rollout_scale_set(rollout, set, set->replicas - count))
            return false;
        *shed += count;
        refresh(rollout, &active->items[i]);
    }
    return true;
}

static bool shed_available(struct rollout *rollout, const struct replicaset_list *active,
                           int32_t must_stay, int32_t *shed)
{
    const int32_t available =
        replicaset_list_available(active) + rollout->new_set->available_replicas;
    int32_t spare = available - must_stay;
    for (size_t i = 0; i < active->count && spare > 0; i++) {
        const struct replicaset *set = active->items[i];
        const int32_t count = smaller(set->replicas, spare);
        if (!rollout_scale_set(rollout, set, set->replicas - count))
            return false;
        spare -= count;
        *shed += count;
    }
    return true;
}

/* Shrink the old ReplicaSets by what may be missing; returns whether anything shrank.
 *
 * Ten replicas, surge 3, two may be missing, rolled to 8 old and 5 new of which none becomes
 * available: 13 - 8 - 5 = 0, nothing more goes. Undone, the 8 are the new ones, of which one may be
 * broken: 13 - 8 - 1 = 4 of the bad ones go at once. A failed write ends the step without a
 * retry: the next change of a ReplicaSet brings the next step. */
static bool shrink_old(struct rollout *rollout)
{
    const struct deployment *deployment = rollout->deployment;
    const struct replicaset *new_set = rollout->new_set;
    struct replicaset_list active = replicaset_list_active(&rollout->old);
    const int32_t old_replicas = replicaset_list_replicas(&active);
    const int32_t must_stay = deployment->replicas - deployment_fenceposts(deployment).unavailable -
                              PLANTED(PLANTED_ONE_MORE_UNAVAILABLE);
    const int32_t new_unavailable = new_set->replicas - new_set->available_replicas;
    const int32_t most = old_replicas + new_set->replicas - must_stay - new_unavailable;
    int32_t shed = 0;
    bool done = true;
    if (old_replicas > 0 && most > 0)
        done = shed_unhealthy(rollout, &active, most, &shed) &&
               shed_available(rollout, &active, must_stay, &shed);
    replicaset_list_close(&active);
    return done && shed > 0;
}

bool rollout_rolling(struct rollout *rollout)
{
    if (!rollout_find_sets(rollout, true))
        return false;
    const struct deployment *deployment = rollout->deployment;
    const int32_t wanted = wanted_of_new(rollout);
    if (wanted != rollout->new_set->replicas) {
        if (!rollout_scale_set(rollout, rollout->new_set, wanted))
            return false;
    } else if (!shrink_old(rollout) && deployment_is_complete(deployment, deployment)) {
        if (!rollout_clean_up(rollout))
            return false;
    }
    return rollout_write_progress(rollout);
}
