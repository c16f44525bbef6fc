/* Keep a Deployment's ReplicaSets as it wants them: one reconcile.
 *
 * The steps stand in files of their own: revisions, scaling, rolling update, recreate, progress.
 * Follows pkg/controller/deployment/deployment_controller.go of kube-controller-manager, in the
 * release named in docs/fidelity.md. There a Deployment whose reconcile fails fifteen times
 * running is left alone until it changes; here it goes on with the longest back-off. */
#include "models/controllers/deployment_private.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/pod.h"
#include "models/controllers/ownership.h"
#include "sim/base/memory.h"

static const struct replicaset *replicaset_of(const struct object *object)
{
    return (const struct replicaset *)object;
}

static const struct deployment *deployment_of(const struct object *object)
{
    return (const struct deployment *)object;
}

/* ---- lists of ReplicaSets ---- */

void replicaset_list_add(struct replicaset_list *list, const struct replicaset *set)
{
    MEM_GROW(list->items, list->count, list->capacity);
    object_hold(&set->meta.object);
    list->items[list->count++] = set;
}

void replicaset_list_close(struct replicaset_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        object_drop(&list->items[i]->meta.object);
    free(list->items);
    *list = (struct replicaset_list){ 0 };
}

int replicaset_compare_age(const struct replicaset *a, const struct replicaset *b)
{
    const sim_time created_a = a->meta.created / SIM_SECOND;
    const sim_time created_b = b->meta.created / SIM_SECOND;
    if (created_a != created_b)
        return created_a < created_b ? -1 : 1;
    return strcmp(name_of(a), name_of(b));
}

static int compare_for_sort(const void *a, const void *b)
{
    return replicaset_compare_age(*(const struct replicaset *const *)a,
                                  *(const struct replicaset *const *)b);
}

/* ---- reconcile ---- */

/* Find what the Deployment controls, oldest first: adopt ReplicaSets without a controller that match
 * its selector, release those that no longer do. */
static bool claim_sets(struct rollout *rollout)
{
    const struct deployment *deployment = rollout->deployment;
    struct client *client = rollout->client;
    struct claim claim = { .client = client,
                           .owner = &deployment->meta,
                           .api_version = "apps/v1",
                           .kind = "Deployment",
                           .selector = deployment->selector };
    struct error error = { 0 };
    bool done = true;
    struct cache_cursor owned = client_list_owned(client, KIND_REPLICASET, deployment->meta.uid);
    while (cache_next(&owned)) {
        if (claim_matches(&claim, meta_of(owned.object)))
            replicaset_list_add(&rollout->all, replicaset_of(owned.object));
        else
            done &= claim_release(&claim, meta_of(owned.object), &error);
    }
    struct cache_cursor orphans =
        client_list_orphans(client, KIND_REPLICASET, deployment->meta.object.space);
    while (cache_next(&orphans)) {
        bool adopted = false;
        if (claim_matches(&claim, meta_of(orphans.object)))
            done &= claim_adopt(&claim, meta_of(orphans.object), &adopted, &error);
        if (adopted)
            replicaset_list_add(&rollout->all, replicaset_of(orphans.object));
    }
    error_close(&error);
    if (rollout->all.count > 1)
        qsort(rollout->all.items, rollout->all.count, sizeof *rollout->all.items, compare_for_sort);
    return done;
}

/* Scaled, or paused, where scaling is all that happens. */
static bool resize(struct rollout *rollout)
{
    if (!rollout_find_sets(rollout, false) || !rollout_scale(rollout))
        return false;
    if (rollout->deployment->paused && !rollout_clean_up(rollout))
        return false;
    return rollout_write_status(rollout);
}

static bool advance(struct rollout *rollout)
{
    if (!claim_sets(rollout))
        return false;
    if (rollout->deployment->meta.deleting)
        return rollout_find_sets(rollout, false) && rollout_write_status(rollout);
    if (!rollout_note_pause(rollout))
        return false;
    if (rollout->deployment->paused)
        return resize(rollout);
    if (!rollout_find_sets(rollout, false))
        return false;
    if (rollout_is_scaling(rollout))
        return resize(rollout);
    return rollout->deployment->strategy == RECREATE ? rollout_recreate(rollout)
                                                     : rollout_rolling(rollout);
}

static enum outcome deployment_reconcile(struct client *client, struct object_key key)
{
    const struct object *object = client_get(client, KIND_DEPLOYMENT, key.space, key.name);
    if (object == NULL)
        return RECONCILED; /* its ReplicaSets are the garbage collector's */
    struct rollout rollout = { .client = client,
                               .deployment = (struct deployment *)client_edit(object) };
    const bool done = advance(&rollout);
    replicaset_list_close(&rollout.all);
    replicaset_list_close(&rollout.old);
    if (rollout.new_set != NULL)
        object_drop(&rollout.new_set->meta.object);
    object_drop(&rollout.deployment->meta.object);
    return done ? RECONCILED : RETRY;
}

/* ---- what wakes it ---- */

static void wake_those_that_match(struct controller_run *controller, const struct meta *set,
                                  struct cause cause)
{
    if (set->labels == NULL)
        return;
    struct cache_cursor deployments =
        client_list_namespace(controller_client(controller), KIND_DEPLOYMENT, set->object.space);
    while (cache_next(&deployments)) {
        const struct selector *selector = deployment_of(deployments.object)->selector;
        if (!selector_is_empty(selector) && selector_matches(selector, labels_lookup, set->labels))
            controller_wake(controller, object_key(deployments.object), cause);
    }
}

/* The Deployment that controls it, or did before; or, of an orphan that is new or whose labels or
 * owners have changed, those that may want it. */
static void wake_for_replicaset(struct controller_run *controller, const struct watch_event *event)
{
    const struct meta *set = meta_of(event->object);
    wake_owner(controller, event);
    if (meta_controller(set) != NULL || set->deleting || event->type == WATCH_DELETED)
        return;
    const struct meta *before = event->before ? meta_of(event->before) : NULL;
    if (before == NULL || before->owners != set->owners ||
        !labels_equal(before->labels, set->labels))
        wake_those_that_match(controller, set, event->cause);
}

/* What controls an object, if it is of a kind and the one its reference means. */
static const struct object *controller_of(const struct client *client, const struct meta *object,
                                          enum kind kind)
{
    return owner_object(client, kind, object->object.space, meta_controller(object));
}

static bool has_pods(const struct client *client, const struct object *deployment)
{
    struct cache_cursor sets = client_list_owned(client, KIND_REPLICASET, meta_of(deployment)->uid);
    while (cache_next(&sets)) {
        struct cache_cursor pods = client_list_owned(client, KIND_POD, meta_of(sets.object)->uid);
        if (cache_next(&pods))
            return true;
    }
    return false;
}

/* Recreate waits for the last old pod to go, of which no ReplicaSet's status may tell. */
static void wake_for_pod(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type != WATCH_DELETED)
        return;
    const struct client *client = controller_client(controller);
    const struct object *set = controller_of(client, meta_of(event->object), KIND_REPLICASET);
    if (set == NULL)
        return;
    const struct object *deployment = controller_of(client, meta_of(set), KIND_DEPLOYMENT);
    if (deployment != NULL && deployment_of(deployment)->strategy == RECREATE &&
        !has_pods(client, deployment))
        controller_wake(controller, object_key(deployment), event->cause);
}

static int deployment_workers(const struct settings *settings)
{
    return settings->concurrent_deployment_syncs;
}

const struct controller deployment_controller = {
    .name = "deployment-controller",
    .reconciles = KIND_DEPLOYMENT,
    .wakes_on = { { KIND_DEPLOYMENT, wake_self },
                  { KIND_REPLICASET, wake_for_replicaset },
                  { KIND_POD, wake_for_pod } },
    .reconcile = deployment_reconcile,
    .workers = deployment_workers,
};
