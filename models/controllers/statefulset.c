/* Keep the pods of a StatefulSet: one for each ordinal, by name.
 *
 * Follows pkg/controller/statefulset/stateful_set.go of the release named in docs/fidelity.md. It has
 * no expectations: a pod that was made and not seen yet cannot be made again, as its name is
 * taken. */
#include "models/api/statefulset.h"

#include <stdlib.h>
#include <string.h>

#include "models/controllers/controller.h"
#include "models/controllers/ownership.h"
#include "models/controllers/statefulset_private.h"

/* ---- claiming ---- */

/* A pod is the set's by its labels and by its name. */
static bool is_member(const struct stateful_sync *sync, const struct claim *claim,
                      const struct pod *pod)
{
    return claim_matches(claim, &pod->meta) && statefulset_ordinal(sync->set, name_of(pod)) >= 0;
}

static bool claim_pods(struct stateful_sync *sync)
{
    const struct statefulset *set = sync->set;
    struct claim claim = { .client = sync->client,
                           .owner = &set->meta,
                           .api_version = "apps/v1",
                           .kind = "StatefulSet",
                           .selector = set->selector };
    struct error error = { 0 };
    bool done = true;
    struct cache_cursor owned = client_list_owned(sync->client, KIND_POD, set->meta.uid);
    while (cache_next(&owned)) {
        const struct pod *pod = pod_of(owned.object);
        if (is_member(sync, &claim, pod))
            pod_list_add(&sync->pods, pod);
        else
            done &= claim_release(&claim, &pod->meta, &error);
    }
    struct cache_cursor orphans =
        client_list_orphans(sync->client, KIND_POD, set->meta.object.space);
    while (cache_next(&orphans)) {
        const struct pod *pod = pod_of(orphans.object);
        bool adopted = false;
        if (is_member(sync, &claim, pod))
            done &= claim_adopt(&claim, &pod->meta, &adopted, &error);
        if (adopted)
            pod_list_add(&sync->pods, pod);
    }
    error_close(&error);
    return done;
}

/* ---- status ---- */

/* Every pod is of the new revision, and ready: it is the current one from now on. */
static void complete_update(const struct statefulset *set, struct statefulset *status)
{
    if (set->on_delete || status->updated != set->replicas || status->ready != set->replicas ||
        status->status_replicas != set->replicas)
        return;
    status->current = status->updated;
    text_assign(&status->current_revision, text_hold(status->update_revision));
}

static bool status_differs(const struct statefulset *a, const struct statefulset *b)
{
    return a->observed_generation > b->observed_generation ||
           a->status_replicas != b->status_replicas || a->ready != b->ready ||
           a->available != b->available || a->current != b->current || a->updated != b->updated ||
           a->current_revision != b->current_revision || a->update_revision != b->update_revision;
}

/* Takes the status. */
static bool write_status(struct stateful_sync *sync, struct statefulset *status)
{
    complete_update(sync->set, status);
    if (!status_differs(status, sync->set)) {
        object_drop(&status->meta.object);
        return true;
    }
    return client_update_status(sync->client, &status->meta.object, NULL) == REPLY_OK;
}

/* ---- the controller ---- */

static void revision_close(struct stateful_revision *revision)
{
    text_drop(revision->name);
    pod_template_drop(revision->template);
}

static void sync_close(struct stateful_sync *sync)
{
    pod_list_close(&sync->pods);
    free((void *)sync->revisions);
    revision_close(&sync->current);
    revision_close(&sync->update);
    free(sync->replicas);
    free(sync->condemned);
}

/* A ready pod becomes available by time alone: come back when the first of them does. */
static void requeue_for_availability(struct stateful_sync *sync)
{
    const int64_t seconds = sync->set->min_ready_seconds;
    sim_time delay = SIM_FOREVER;
    for (size_t i = 0; i < sync->pods.count; i++) {
        const struct pod *pod = sync->pods.items[i];
        if (!pod_is_ready(pod) || pod_is_available(pod, seconds, sync->client->now))
            continue;
        const sim_time left = pod_available_at(pod, seconds) - sync->client->now;
        delay = left < delay ? left : delay;
    }
    controller_requeue_after(sync->client, sync->key,
                             delay == SIM_FOREVER ? seconds * SIM_SECOND : delay);
}

static bool work(struct stateful_sync *sync)
{
    if (!stateful_history_construct(sync))
        return false;
    struct statefulset *status = (struct statefulset *)client_edit(&sync->set->meta.object);
    bool well = stateful_update(sync, status);
    const bool waits = sync->set->min_ready_seconds > 0 && status->available != sync->set->replicas;
    well = write_status(sync, status) && well;
    stateful_history_truncate(sync);
    if (well && waits)
        requeue_for_availability(sync);
    return well;
}

static enum outcome statefulset_reconcile(struct client *client, struct object_key key)
{
    const struct object *object = client_get(client, KIND_STATEFULSET, key.space, key.name);
    if (object == NULL)
        return RECONCILED; /* deleted: its pods are the garbage collector's */
    struct stateful_sync sync = { .client = client, .set = statefulset_of(object), .key = key };
    const bool well = stateful_history_look(&sync) && claim_pods(&sync) && work(&sync);
    sync_close(&sync);
    return well ? RECONCILED : RETRY;
}

/* ---- waking ---- */

static void wake_adopters(struct controller_run *controller, const struct watch_event *event)
{
    struct cache_cursor sets = client_list_namespace(controller_client(controller),
                                                     KIND_STATEFULSET, event->object->space);
    while (cache_next(&sets))
        if (selector_matches(statefulset_of(sets.object)->selector, labels_lookup,
                             meta_of(event->object)->labels))
            controller_wake(controller, object_key(sets.object), event->cause);
}

static void wake_pod(struct controller_run *controller, const struct watch_event *event)
{
    wake_owner(controller, event);
    if (meta_controller(meta_of(event->object)) == NULL && event->type != WATCH_DELETED)
        wake_adopters(controller, event);
}

static int statefulset_workers(const struct settings *settings)
{
    return settings->concurrent_statefulset_syncs;
}

const struct controller statefulset_controller = {
    .name = "statefulset-controller",
    .reconciles = KIND_STATEFULSET,
    .wakes_on = { { KIND_STATEFULSET, wake_self }, { KIND_POD, wake_pod } },
    .reconcile = statefulset_reconcile,
    .awaits_own_writes = true,
    .expects = true,
    .workers = statefulset_workers,
};
