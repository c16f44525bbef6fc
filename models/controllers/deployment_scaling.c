/* How large each ReplicaSet of a Deployment is: bounds, scaling, proportional scaling.
 *
 * Follows pkg/controller/deployment/sync.go (scale, scaleReplicaSet) and util/deployment_util.go of
 * kube-controller-manager, in the release named in docs/fidelity.md. */
#include "models/controllers/deployment_private.h"

#include <stdlib.h>

#include "sim/base/memory.h"

struct fenceposts deployment_fenceposts(const struct deployment *deployment)
{
    if (deployment->strategy != ROLLING_UPDATE)
        return (struct fenceposts){ 0, 0 };
    return fenceposts_resolve(deployment->max_surge, deployment->max_unavailable,
                              deployment->replicas);
}

int32_t replicaset_list_replicas(const struct replicaset_list *list)
{
    int32_t sum = 0;
    for (size_t i = 0; i < list->count; i++)
        sum += list->items[i]->replicas;
    return sum;
}

int32_t replicaset_list_available(const struct replicaset_list *list)
{
    int32_t sum = 0;
    for (size_t i = 0; i < list->count; i++)
        sum += list->items[i]->available_replicas;
    return sum;
}

struct replicaset_list replicaset_list_active(const struct replicaset_list *list)
{
    struct replicaset_list active = { 0 };
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]->replicas > 0)
            replicaset_list_add(&active, list->items[i]);
    return active;
}

int32_t deployment_new_replicas(const struct deployment *deployment, int32_t new_replicas,
                                int32_t total)
{
    if (deployment->strategy == RECREATE)
        return deployment->replicas;
    const int32_t most = deployment->replicas + deployment_fenceposts(deployment).surge;
    if (total >= most)
        return new_replicas;
    const int32_t room = most - total, missing = deployment->replicas - new_replicas;
    return new_replicas + (room < missing ? room : missing);
}

/* ---- scaling one ReplicaSet ---- */

/* Write the number of replicas and the annotations, even if only these are out of date. */
static bool resize(struct rollout *rollout, const struct replicaset *set, int32_t replicas)
{
    const struct deployment *deployment = rollout->deployment;
    if (set->replicas == replicas && deployment_has_annotated_replicas(deployment, &set->meta))
        return true;
    struct replicaset *next = (struct replicaset *)client_edit(&set->meta.object);
    next->replicas = replicas;
    deployment_annotate_replicas(deployment, rollout_texts(rollout), &next->meta);
    struct error error = { 0 };
    const enum reply reply = client_update(rollout->client, &next->meta.object, &error);
    error_close(&error);
    if (reply == REPLY_OK && set->replicas != replicas)
        client_event(rollout->client, &deployment->meta.object, false, "ScalingReplicaSet",
                     "Scaled %s replica set %s from %d to %d",
                     replicas > set->replicas ? "up" : "down", name_of(set), set->replicas,
                     replicas);
    return reply == REPLY_OK;
}

bool rollout_scale_set(struct rollout *rollout, const struct replicaset *set, int32_t replicas)
{
    return set->replicas == replicas || resize(rollout, set, replicas);
}

/* ---- scaling the Deployment ---- */

/* Old ones and the new one, those with replicas. */
static struct replicaset_list all_active(const struct rollout *rollout)
{
    struct replicaset_list active = replicaset_list_active(&rollout->old);
    if (rollout->new_set != NULL && rollout->new_set->replicas > 0)
        replicaset_list_add(&active, rollout->new_set);
    return active;
}

bool rollout_is_scaling(const struct rollout *rollout)
{
    struct replicaset_list active = all_active(rollout);
    bool scaling = false;
    for (size_t i = 0; i < active.count; i++) {
        int32_t desired;
        if (annotation_desired_replicas(&active.items[i]->meta, &desired) &&
            desired != rollout->deployment->replicas)
            scaling = true;
    }
    replicaset_list_close(&active);
    return scaling;
}

/* The only active ReplicaSet, or with none the newest; NULL when several share the replicas. */
static const struct replicaset *only_one_to_scale(const struct rollout *rollout,
                                                  const struct replicaset_list *active)
{
    if (active->count == 1)
        return active->items[0];
    if (active->count > 1)
        return NULL;
    if (rollout->new_set != NULL)
        return rollout->new_set;
    return rollout->old.count > 0 ? rollout->old.items[rollout->old.count - 1] : NULL;
}

/* The new ReplicaSet has all it is meant to have: others that are active came in by adoption. */
static bool is_saturated(const struct rollout *rollout)
{
    const struct replicaset *set = rollout->new_set;
    const int32_t wanted = rollout->deployment->replicas;
    int32_t desired;
    return set != NULL && set->replicas == wanted && set->available_replicas == wanted &&
           annotation_desired_replicas(&set->meta, &desired) && desired == wanted;
}

static bool scale_down_old(struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->old.count; i++)
        if (!rollout_scale_set(rollout, rollout->old.items[i], 0))
            return false;
    return true;
}

int32_t proportional_change(int32_t replicas, int32_t max_before, int32_t max_now)
{
    if (max_before == 0)
        return 0;
    const int64_t twice = 2 * (int64_t)replicas * max_now;
    return (int32_t)((twice + max_before) / (2 * (int64_t)max_before)) - replicas;
}

/* What one ReplicaSet's share of `left` is, never more than all of it. */
static int32_t share_of(const struct deployment *deployment, const struct replicaset *set,
                        int32_t left)
{
    int32_t change = -set->replicas;
    if (deployment->replicas > 0) {
        int32_t before = 0;
        if (!annotation_max_replicas(&set->meta, &before) || before == 0)
            before = deployment->status_replicas;
        const int32_t now = deployment->replicas + deployment_fenceposts(deployment).surge;
        change = proportional_change(set->replicas, before, now);
    }
    if (left > 0)
        return change < left ? change : left;
    return change > left ? change : left;
}

/* Larger ones first. Of equal size, growing the newer first, shrinking the older first. */
static int compare_to_grow(const void *a, const void *b)
{
    const struct replicaset *left = *(const struct replicaset *const *)a;
    const struct replicaset *right = *(const struct replicaset *const *)b;
    if (left->replicas != right->replicas)
        return left->replicas > right->replicas ? -1 : 1;
    return -replicaset_compare_age(left, right);
}

static int compare_to_shrink(const void *a, const void *b)
{
    const struct replicaset *left = *(const struct replicaset *const *)a;
    const struct replicaset *right = *(const struct replicaset *const *)b;
    if (left->replicas != right->replicas)
        return left->replicas > right->replicas ? -1 : 1;
    return replicaset_compare_age(left, right);
}

/* Ten replicas with surge 3, rolled half-way to 8 + 5, scaled to 15: 18 - 13 = 5 to add. The first
 * gets round(8 * 18 / 13) - 8 = 3, the second round(5 * 18 / 13) - 5 = 2. What rounding leaves
 * over goes to the largest. */
static bool scale_in_proportion(struct rollout *rollout, struct replicaset_list *active)
{
    const struct deployment *deployment = rollout->deployment;
    const int32_t allowed = deployment->replicas > 0
                                ? deployment->replicas + deployment_fenceposts(deployment).surge
                                : 0;
    int32_t left = allowed - replicaset_list_replicas(active);
    if (left != 0)
        qsort(active->items, active->count, sizeof *active->items,
              left > 0 ? compare_to_grow : compare_to_shrink);
    int32_t *sizes = mem_new(active->count * sizeof *sizes);
    for (size_t i = 0; i < active->count; i++) {
        const int32_t share = left != 0 ? share_of(deployment, active->items[i], left) : 0;
        sizes[i] = active->items[i]->replicas + share;
        left -= share;
    }
    sizes[0] = sizes[0] + left > 0 ? sizes[0] + left : 0;
    bool done = true;
    for (size_t i = 0; done && i < active->count; i++)
        done = resize(rollout, active->items[i], sizes[i]);
    free(sizes);
    return done;
}

bool rollout_scale(struct rollout *rollout)
{
    struct replicaset_list active = all_active(rollout);
    const struct replicaset *only = only_one_to_scale(rollout, &active);
    bool done = true;
    if (only != NULL)
        done = rollout_scale_set(rollout, only, rollout->deployment->replicas);
    else if (is_saturated(rollout))
        done = scale_down_old(rollout);
    else if (rollout->deployment->strategy == ROLLING_UPDATE && active.count > 0)
        done = scale_in_proportion(rollout, &active);
    replicaset_list_close(&active);
    return done;
}
