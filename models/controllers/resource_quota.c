/* Keep status.hard and status.used of ResourceQuotas.
 *
 * Follows pkg/controller/resourcequota (resource_quota_controller.go, resource_quota_monitor.go) of the
 * release named in docs/fidelity.md: admission raises what is used as objects are made; this
 * controller lowers it when they go, and counts again every resource-quota-sync-period. The two
 * queues of the real one, of quotas that were never counted and of the others, are one here. */
#include <stdlib.h>
#include <string.h>

#include "models/api/schema.h"
#include "models/controllers/controller.h"
#include "models/controllers/quota_counts.h"

static void quota_init(void *state, struct cluster *cluster)
{
    (void)cluster;
    quota_counts_init(state);
}

static void quota_state_close(void *state)
{
    quota_counts_close(state);
}

/* ── what is used ── */

static bool is_of_schema(const char *name)
{
    bool found = false;
    for (size_t i = 0; i < schema_kind_count() && !found; i++) {
        const struct schema_kind *kind = schema_kind_at(i);
        char *resource =
            quota_resource(kind->group, strlen(kind->group), kind->kind, strlen(kind->kind));
        found = strcmp(resource, name) == 0;
        free(resource);
    }
    return found;
}

/* Is "count/NAME" a resource that the API server has: a kind of ours, of Kubernetes, or a custom
 * one? */
static bool is_resource(const struct client *client, const char *name)
{
    const enum kind kind = kind_of_resource(name);
    if (kind != KIND_COUNT && strncmp(kind_infos[kind].plural, name, strcspn(name, ".")) == 0)
        return quota_counts_kind(kind) &&
               (strchr(kind_infos[kind].api_version, '/') != NULL) == (strchr(name, '.') != NULL);
    const struct text *custom = text_format(
        client->cluster->run->texts, "apiextensions.k8s.io/CustomResourceDefinition/%s", name);
    const bool found = client_get(client, KIND_OTHER, NULL, custom) != NULL;
    text_drop(custom);
    return found || is_of_schema(name);
}

/* Does anything in the cluster use this name of a quota? */
static bool is_tracked(const struct client *client, const char *name)
{
    static const enum kind kinds[] = { KIND_POD,
                                       KIND_SERVICE,
                                       KIND_CONFIGMAP,
                                       KIND_PERSISTENTVOLUMECLAIM,
                                       KIND_SECRET,
                                       KIND_RESOURCEQUOTA,
                                       KIND_REPLICATIONCONTROLLER };
    if (strncmp(name, "count/", strlen("count/")) == 0)
        return is_resource(client, name + strlen("count/"));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct object example = { .kind = (uint16_t)kinds[i] };
        if (quota_tracks(&client->cluster->codec, &example, name))
            return true;
    }
    return false;
}

/* The new usage under the names of spec.hard: counted, or where nothing counts them, as before. */
static struct amounts usage_now(const struct client *client, const struct quota *quota,
                                const struct amounts *counted)
{
    struct amounts used = { 0 };
    for (size_t i = 0; i < quota->spec_hard.count; i++) {
        const char *name = quota->spec_hard.items[i].name;
        const struct quantity *before = amounts_find(&quota->used, name);
        if (is_tracked(client, name))
            amounts_set(&used, name, amounts_get(counted, name));
        else if (before != NULL)
            amounts_set(&used, name, *before);
    }
    return used;
}

static enum outcome write_status(struct client *client, const struct object *stored,
                                 struct quota *quota, struct amounts *used)
{
    if (quota->counted && amounts_equal(&quota->spec_hard, &quota->hard) &&
        amounts_equal(used, &quota->used))
        return RECONCILED;
    struct object *changed = client_edit(stored);
    quota_set_status(changed, &quota->spec_hard, used);
    const enum reply reply = client_update_status(client, changed, NULL);
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND ? RECONCILED : RETRY;
}

static enum outcome quota_reconcile(struct client *client, struct object_key key)
{
    const struct object *stored = client_get(client, KIND_RESOURCEQUOTA, key.space, key.name);
    const sim_time period = client->cluster->settings.resource_quota_sync_period;
    if (stored == NULL)
        return RECONCILED;
    const struct amounts *counted = quota_counts_used(controller_state(client), client, stored);
    struct quota quota = quota_read(stored);
    struct amounts used = usage_now(client, &quota, counted);
    const sim_time rest = period - client->now % period; /* all quotas at the same times */
    const enum outcome outcome = write_status(client, stored, &quota, &used);
    amounts_close(&used);
    quota_close(&quota);
    controller_requeue_after(client, key, rest);
    return outcome;
}

/* ── what wakes it ── */

static void note_quota(struct controller_run *controller, const struct watch_event *event)
{
    struct quota_counts *counts = controller_run_state(controller);
    const bool changed = event->type == WATCH_MODIFIED &&
                         meta_of(event->object)->document != meta_of(event->before)->document &&
                         quota_hard_changed(event->before, event->object);
    if (event->type == WATCH_DELETED)
        quota_counts_forget(counts, object_key(event->object));
    if (event->type != WATCH_ADDED && !changed)
        return;
    quota_counts_renew(counts, event->object);
    controller_wake(controller, object_key(event->object), event->cause);
}

/* Does the change leave room? What is made was charged when it was admitted. */
static bool frees(const struct watch_event *event)
{
    if (event->type == WATCH_DELETED)
        return true;
    if (event->type == WATCH_ADDED)
        return false;
    switch (event->object->kind) {
    case KIND_POD: {
        const struct pod *is = pod_of(event->object), *was = pod_of(event->before);
        return (pod_is_terminal(is) && !pod_is_terminal(was)) ||
               (is->spec->active_deadline_seconds >= 0) !=
                   (was->spec->active_deadline_seconds >= 0);
    }
    case KIND_SERVICE:
        return !value_equal(value_path(meta_of(event->object)->document, "spec", "type", NULL),
                            value_path(meta_of(event->before)->document, "spec", "type", NULL));
    case KIND_PERSISTENTVOLUMECLAIM:
        return !value_equal(
            value_path(meta_of(event->object)->document, "status", "allocatedResources", NULL),
            value_path(meta_of(event->before)->document, "status", "allocatedResources", NULL));
    default:
        return false;
    }
}

static bool has_name_of(const struct codec *codec, const struct object *stored,
                        const struct object *object)
{
    struct quota quota = quota_read(stored);
    bool has = false;
    for (size_t i = 0; i < quota.hard.count && !has; i++)
        has = quota_tracks(codec, object, quota.hard.items[i].name);
    quota_close(&quota);
    return has;
}

static void wake_any(struct controller_run *controller, const struct watch_event *event)
{
    struct quota_counts *counts = controller_run_state(controller);
    const struct client *client = controller_client(controller);
    const struct object *object = event->object;
    /* A quota that is counted anew counts itself as well, so what it is to itself comes first. */
    quota_counts_note(counts, client, event);
    if (object->kind == KIND_RESOURCEQUOTA)
        note_quota(controller, event);
    if (counts->count == 0 || object->space == NULL || !quota_counts_kind(object->kind) ||
        !frees(event))
        return;
    struct cache_cursor cursor = client_list_namespace(client, KIND_RESOURCEQUOTA, object->space);
    while (cache_next(&cursor))
        if (has_name_of(&client->cluster->codec, cursor.object, object))
            controller_wake(controller, object_key(cursor.object), event->cause);
}

static int quota_workers(const struct settings *settings)
{
    return settings->concurrent_resource_quota_syncs;
}

const struct controller resource_quota_controller = {
    .name = "resourcequota-controller",
    .reconciles = KIND_RESOURCEQUOTA,
    .wakes_on = { { KIND_COUNT, wake_any }, { KIND_LEASE, wake_any } },
    .reconcile = quota_reconcile,
    .workers = quota_workers,
    .state_size = sizeof(struct quota_counts),
    .init = quota_init,
    .close = quota_state_close,
};
