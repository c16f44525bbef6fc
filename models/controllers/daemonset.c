/* Keep one pod of a DaemonSet on each node that fits.
 *
 * Follows pkg/controller/daemon/daemon_controller.go of the release named in docs/fidelity.md. The
 * scheduler binds the pods: each is required by affinity to go to its node. */
#include "models/api/daemonset.h"

#include <stdlib.h>
#include <string.h>

#include "models/controllers/controller.h"
#include "models/controllers/daemonset_private.h"
#include "models/controllers/ownership.h"
#include "sim/base/memory.h"

enum { BURST_REPLICAS = 250, SLOW_START_BATCH = 1 };

static struct pod_owner owner_of(const struct daemonset *set)
{
    return (struct pod_owner){ .meta = &set->meta,
                               .api_version = "apps/v1",
                               .kind = "DaemonSet",
                               .selector = set->selector,
                               .template = set->template };
}

/* ---- claiming ---- */

static bool claim_pods(struct client *client, const struct daemonset *set)
{
    struct claim claim = { .client = client,
                           .owner = &set->meta,
                           .api_version = "apps/v1",
                           .kind = "DaemonSet",
                           .selector = set->selector };
    struct error error = { 0 };
    bool done = true, adopted;
    struct cache_cursor owned = client_list_owned(client, KIND_POD, set->meta.uid);
    while (cache_next(&owned))
        if (!claim_matches(&claim, meta_of(owned.object)))
            done &= claim_release(&claim, meta_of(owned.object), &error);
    struct cache_cursor orphans = client_list_orphans(client, KIND_POD, set->meta.object.space);
    while (cache_next(&orphans))
        if (pod_is_active(pod_of(orphans.object)) && claim_matches(&claim, meta_of(orphans.object)))
            done &= claim_adopt(&claim, meta_of(orphans.object), &adopted, &error);
    error_close(&error);
    return done;
}

/* ---- writing ---- */

static const struct labels *labels_of_pods(const struct daemon_sync *sync)
{
    struct texts *texts = sync->client->cluster->codec.texts;
    const char *generation = daemonset_template_generation(sync->set);
    const struct labels *labels = labels_with(texts, sync->set->template->labels,
                                              "controller-revision-hash", text_s(sync->hash));
    if (generation == NULL)
        return labels;
    const struct labels *more = labels_with(texts, labels, "pod-template-generation", generation);
    labels_drop(labels);
    return more;
}

static bool create_on(struct daemon_sync *sync, const struct labels *labels,
                      const struct text *node, struct error *error)
{
    const struct codec *codec = &sync->client->cluster->codec;
    struct pod_template template = *sync->set->template;
    struct pod_owner owner = owner_of(sync->set);
    template.labels = labels;
    template.spec = daemon_spec_for(codec, sync->set, node);
    owner.template = &template;
    const bool created = pods_create(sync->client, &owner, 1, error) == 1;
    pod_spec_drop(template.spec);
    return created;
}

/* In batches of 1, 2, 4, ...; a batch with a failure is the last. */
static void create_pods(struct daemon_sync *sync, const struct daemon_changes *changes,
                        size_t count, struct error *error)
{
    const struct labels *labels = labels_of_pods(sync);
    size_t done = 0;
    for (size_t size = SLOW_START_BATCH; done < count && error->text == NULL; size *= 2) {
        struct batch batch = client_batch(sync->client);
        const size_t end = count - done < size ? count : done + size;
        for (; done < end; done++) {
            client_batch_next(sync->client, &batch);
            if (!create_on(sync, labels, changes->nodes[done], error))
                expectations_saw_created(&sync->state->creations, sync->key);
        }
        client_batch_end(sync->client, &batch);
    }
    for (; done < count; done++)
        expectations_saw_created(&sync->state->creations, sync->key);
    labels_drop(labels);
}

static void delete_pods(struct daemon_sync *sync, const struct pod_list *pods, size_t count,
                        struct error *error)
{
    const struct pod_owner owner = owner_of(sync->set);
    struct batch batch = client_batch(sync->client);
    for (size_t i = 0; i < count; i++) {
        client_batch_next(sync->client, &batch);
        if (pod_delete(sync->client, &owner, pods->items[i], error) != REPLY_OK)
            expectations_saw_deleted(&sync->state->deletions, sync->key, pods->items[i]->meta.uid);
    }
    client_batch_end(sync->client, &batch);
}

static bool apply(struct daemon_sync *sync, const struct daemon_changes *changes)
{
    const size_t created =
        changes->node_count < BURST_REPLICAS ? changes->node_count : BURST_REPLICAS;
    const size_t deleted =
        changes->pods.count < BURST_REPLICAS ? changes->pods.count : BURST_REPLICAS;
    struct uid *uids = mem_new((deleted + 1) * sizeof *uids);
    struct error error = { 0 };
    for (size_t i = 0; i < deleted; i++)
        uids[i] = changes->pods.items[i]->meta.uid;
    if (created > 0)
        expectations_create(&sync->state->creations, sync->key, (int)created, sync->client->now);
    if (deleted > 0)
        expectations_delete(&sync->state->deletions, sync->key, uids, deleted, sync->client->now);
    create_pods(sync, changes, created, &error);
    delete_pods(sync, &changes->pods, deleted, &error);
    const bool well = error.text == NULL;
    error_close(&error);
    free(uids);
    return well;
}

/* ---- status ---- */

static void count_node(const struct daemon_sync *sync, const struct daemon_node *node,
                       struct daemonset *status)
{
    if (!node->should_run) {
        status->misscheduled += node->pod_count > 0;
        return;
    }
    status->desired++;
    if (node->pod_count == 0)
        return;
    const struct pod *pod = node->pods[0].pod;
    status->current++;
    status->ready += pod_is_ready(pod);
    status->available += daemon_pod_is_available(sync, pod);
    status->updated += daemon_pod_is_updated(sync, pod);
}

static bool status_differs(const struct daemonset *a, const struct daemonset *b)
{
    return a->desired != b->desired || a->current != b->current ||
           a->misscheduled != b->misscheduled || a->ready != b->ready || a->updated != b->updated ||
           a->available != b->available || a->unavailable != b->unavailable ||
           a->observed_generation != b->observed_generation;
}

/* `observed`: the present generation has been acted on. */
static bool write_status(struct daemon_sync *sync, bool observed)
{
    struct daemonset *status = (struct daemonset *)client_edit(&sync->set->meta.object);
    status->desired = status->current = status->misscheduled = 0;
    status->ready = status->available = status->updated = 0;
    for (size_t i = 0; i < sync->node_count; i++)
        count_node(sync, &sync->nodes[i], status);
    status->unavailable = status->desired - status->available;
    if (observed)
        status->observed_generation = status->meta.generation;
    if (sync->set->min_ready_seconds > 0 && status->ready != status->available)
        controller_requeue_after(sync->client, sync->key,
                                 sync->set->min_ready_seconds * SIM_SECOND);
    if (!status_differs(status, sync->set)) {
        object_drop(&status->meta.object);
        return true;
    }
    return client_update_status(sync->client, &status->meta.object, NULL) == REPLY_OK;
}

/* ---- the controller ---- */

static bool expectations_are_met(const struct daemon_sync *sync)
{
    return expectations_met(&sync->state->creations, sync->key, sync->client->now) &&
           expectations_met(&sync->state->deletions, sync->key, sync->client->now);
}

static bool change(struct daemon_sync *sync,
                   void (*decide)(struct daemon_sync *sync, struct daemon_changes *changes))
{
    struct daemon_changes changes = { 0 };
    decide(sync, &changes);
    const bool well = apply(sync, &changes);
    daemon_changes_close(&changes);
    return well;
}

static bool work(struct daemon_sync *sync)
{
    if (!daemon_history_construct(sync))
        return false;
    daemon_sync_look(sync);
    if (!expectations_are_met(sync))
        return write_status(sync, false);
    bool well = change(sync, daemon_manage);
    if (well && expectations_are_met(sync) && !sync->set->on_delete)
        well = change(sync, daemon_roll);
    if (well)
        daemon_history_clean(sync);
    return write_status(sync, true) && well;
}

static enum outcome daemonset_reconcile(struct client *client, struct object_key key)
{
    struct daemonset_state *state = controller_state(client);
    const struct object *object = client_get(client, KIND_DAEMONSET, key.space, key.name);
    if (object == NULL) {
        expectations_forget(&state->creations, key);
        expectations_forget(&state->deletions, key);
        return RECONCILED;
    }
    const struct daemonset *set = daemonset_of(object);
    if (selector_is_empty(set->selector)) {
        client_event(client, object, true, "SelectingAll",
                     "This daemon set is selecting all pods. A non-empty selector is required.");
        return RECONCILED;
    }
    if (set->meta.deleting)
        return RECONCILED; /* its pods and revisions are the garbage collector's */
    struct daemon_sync sync = { .client = client, .set = set, .state = state, .key = key };
    const bool well = claim_pods(client, set) && work(&sync);
    daemon_sync_close(&sync);
    return well ? RECONCILED : RETRY;
}

/* ---- waking ---- */

static void wake_node(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type == WATCH_DELETED)
        return;
    const struct node *is = node_of(event->object);
    const struct node *was = event->type == WATCH_MODIFIED ? node_of(event->before) : NULL;
    if (was != NULL && was->meta.labels == is->meta.labels && taints_equal(was->taints, is->taints))
        return;
    struct cache_cursor cursor = client_list(controller_client(controller), KIND_DAEMONSET);
    while (cache_next(&cursor)) {
        const struct daemonset *set = daemonset_of(cursor.object);
        bool run, stay, ran = false, stayed = false;
        daemon_node_judge(set, is, &run, &stay);
        if (was != NULL)
            daemon_node_judge(set, was, &ran, &stayed);
        if (run != ran || (was != NULL && stay != stayed))
            controller_wake(controller, object_key(cursor.object), event->cause);
    }
}

static void note_expected(struct controller_run *controller, const struct watch_event *event)
{
    struct daemonset_state *state = controller_run_state(controller);
    const struct owner *owner = meta_controller(meta_of(event->object));
    if (owner == NULL || strcmp(text_s(owner->kind), "DaemonSet") != 0)
        return;
    const struct object_key key = { KIND_DAEMONSET, event->object->space, owner->name };
    if (event->type == WATCH_DELETED || meta_of(event->object)->deleting)
        expectations_saw_deleted(&state->deletions, key, meta_of(event->object)->uid);
    else if (event->type == WATCH_ADDED)
        expectations_saw_created(&state->creations, key);
}

static void wake_pod(struct controller_run *controller, const struct watch_event *event)
{
    note_expected(controller, event);
    wake_owner(controller, event);
}

static int daemonset_workers(const struct settings *settings)
{
    (void)settings;
    return 2; /* --concurrent-daemonset-syncs */
}

static void daemonset_init(void *memory, struct cluster *cluster)
{
    struct daemonset_state *state = memory;
    (void)cluster;
    expectations_init(&state->creations);
    expectations_init(&state->deletions);
}

static void daemonset_close(void *memory)
{
    struct daemonset_state *state = memory;
    expectations_close(&state->creations);
    expectations_close(&state->deletions);
    for (size_t i = 0; i < state->count; i++)
        text_drop(state->backoffs[i].node);
    free(state->backoffs);
}

const struct controller daemonset_controller = {
    .name = "daemonset-controller",
    .reconciles = KIND_DAEMONSET,
    .wakes_on = { { KIND_DAEMONSET, wake_self }, { KIND_POD, wake_pod }, { KIND_NODE, wake_node } },
    .reconcile = daemonset_reconcile,
    .awaits_own_writes = true,
    .expects = true,
    .workers = daemonset_workers,
    .state_size = sizeof(struct daemonset_state),
    .init = daemonset_init,
    .close = daemonset_close,
};
