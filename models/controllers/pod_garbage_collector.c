/* Pod garbage collection: pods of nodes that are no more, pods that cannot end because their node
 * is out of service, and the oldest of too many that have ended.
 *
 * Follows pkg/controller/podgc/gc_controller.go of the release named in docs/fidelity.md: it looks
 * every 20 seconds, and a missing node must have been missed for 40 seconds. Each look is
 * computed; nothing ticks. Keys are nodes, and one without a name: the ended pods. */
#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "models/controllers/controller.h"
#include "sim/base/memory.h"

static const sim_time gc_period = 20 * SIM_SECOND, quarantine = 40 * SIM_SECOND;
static const struct object_key ended_pods = { .kind = KIND_POD };

/* A node that is missed. */
struct missed_node {
    const struct text *name; /* held */
    sim_time since;          /* the look that missed it first */
};

struct pod_gc {
    size_t ended;               /* pods that have succeeded or failed */
    struct missed_node *missed; /* owned */
    size_t count, capacity;
};

/* ---- nodes that are no more ---- */

static struct missed_node *find_missed(const struct pod_gc *gc, const struct text *name)
{
    for (size_t i = 0; i < gc->count; i++)
        if (gc->missed[i].name == name)
            return &gc->missed[i];
    return NULL;
}

static void forget(struct pod_gc *gc, const struct text *name)
{
    struct missed_node *missed = find_missed(gc, name);
    if (missed == NULL)
        return;
    text_drop(missed->name);
    *missed = gc->missed[--gc->count];
}

static bool fail(struct object *object, void *context)
{
    struct pod *pod = (struct pod *)object;
    (void)context;
    if (pod_is_terminal(pod))
        return false;
    pod->phase = POD_FAILED;
    return true;
}

static bool fail_orphan(struct object *object, void *context)
{
    const struct client *client = context;
    const bool failed = fail(object, NULL);
    return pod_set_condition((struct pod *)object, client->cluster->run->texts,
                             POD_DISRUPTION_TARGET, true, "DeletionByPodGC",
                             "PodGC: node no longer exists", client->now) ||
           failed;
}

static bool remove_pod(struct client *client, const struct object *pod)
{
    struct delete_options options = delete_options_default();
    options.grace_seconds = 0;
    const enum reply reply = client_delete(client, object_key(pod), options, NULL);
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND;
}

/* A pod that cannot be marked is left for the next look, as is one that cannot be deleted. */
static bool collect(struct client *client, const struct object *pod, change_fn *mark)
{
    const enum reply reply = client_patch(client, object_key(pod), mark, client, NULL);
    return (reply == REPLY_OK || reply == REPLY_NOT_FOUND) && remove_pod(client, pod);
}

static bool collect_orphans(struct client *client, const struct text *node)
{
    bool done = true;
    struct cache_cursor cursor = client_list_on_node(client, node);
    while (cache_next(&cursor))
        done &= collect(client, cursor.object, fail_orphan);
    return done;
}

/* A user vouches by this taint that nothing runs on the node any more. */
static bool is_out_of_service(const struct object *object)
{
    static const char key[] = "node.kubernetes.io/out-of-service";
    const struct node *node = node_of(object);
    for (size_t i = 0; node->taints != NULL && i < node->taints->count; i++)
        if (strcmp(text_s(node->taints->items[i].key), key) == 0)
            return !node_is_ready(node);
    return false;
}

static bool collect_stuck(struct client *client, const struct text *node)
{
    bool done = true;
    struct cache_cursor cursor = client_list_on_node(client, node);
    while (cache_next(&cursor))
        if (meta_of(cursor.object)->deleting)
            done &= collect(client, cursor.object, fail);
    return done;
}

static void look_at_node(struct client *client, struct pod_gc *gc, struct object_key key)
{
    struct cache_cursor cursor = client_list_on_node(client, key.name);
    const struct object *node = client_get(client, KIND_NODE, NULL, key.name);
    if (node != NULL && is_out_of_service(node) && !collect_stuck(client, key.name))
        controller_requeue_after(client, key, gc_period);
    if (node != NULL || !cache_next(&cursor)) {
        forget(gc, key.name);
        return;
    }
    const struct missed_node *missed = find_missed(gc, key.name);
    if (missed == NULL) {
        MEM_GROW(gc->missed, gc->count, gc->capacity);
        gc->missed[gc->count++] = (struct missed_node){ text_hold(key.name), client->now };
        controller_requeue_after(client, key, quarantine);
    } else if (client->now - missed->since >= quarantine) {
        forget(gc, key.name);
        if (!collect_orphans(client, key.name))
            controller_requeue_after(client, key, gc_period);
    } else {
        controller_requeue_after(client, key, missed->since + quarantine - client->now);
    }
}

/* ---- pods that have ended ---- */

/* Evicted pods first, then the oldest. */
static int by_age(const void *a, const void *b)
{
    const struct pod *left = *(const struct pod *const *)a, *right = *(const struct pod *const *)b;
    const bool left_evicted = strcmp(pod_reason(left), "Evicted") == 0;
    const bool right_evicted = strcmp(pod_reason(right), "Evicted") == 0;
    if (left_evicted != right_evicted)
        return left_evicted ? -1 : 1;
    if (left->meta.created != right->meta.created)
        return left->meta.created < right->meta.created ? -1 : 1;
    return strcmp(name_of(left), name_of(right));
}

static void collect_ended(struct client *client, const struct pod_gc *gc)
{
    const size_t limit = (size_t)client->cluster->settings.terminated_pod_gc_threshold;
    if (limit == 0 || gc->ended <= limit)
        return;
    const struct object **ended = mem_new(gc->ended * sizeof(const struct object *));
    size_t count = 0;
    struct cache_cursor cursor = client_list(client, KIND_POD);
    while (cache_next(&cursor))
        if (pod_is_terminal(pod_of(cursor.object)) && count < gc->ended)
            ended[count++] = cursor.object;
    qsort(ended, count, sizeof *ended, by_age);
    struct batch batch = client_batch(client);
    for (size_t i = 0; i + limit < count; i++) {
        client_batch_next(client, &batch);
        remove_pod(client, ended[i]);
    }
    client_batch_end(client, &batch);
    free((void *)ended);
}

/* ---- the controller ---- */

static enum outcome pod_gc_reconcile(struct client *client, struct object_key key)
{
    struct pod_gc *gc = controller_state(client);
    if (key.kind == KIND_NODE)
        look_at_node(client, gc, key);
    else
        collect_ended(client, gc);
    return RECONCILED;
}

/* At the next look. */
static void wake_later(struct controller_run *controller, struct object_key key,
                       const struct watch_event *event)
{
    const sim_time now = run_now(controller_client(controller)->cluster->run);
    const sim_time look = (now + gc_period - 1) / gc_period * gc_period;
    controller_wake_after(controller, key, look - now, event->cause);
}

static void wake_node(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type == WATCH_DELETED || is_out_of_service(event->object))
        wake_later(controller, object_key(event->object), event);
}

static void count_ended(struct pod_gc *gc, const struct watch_event *event)
{
    const bool was = event->before != NULL && pod_is_terminal(pod_of(event->before));
    const bool is = event->type != WATCH_DELETED && pod_is_terminal(pod_of(event->object));
    gc->ended += (size_t)is;
    gc->ended -= (size_t)was;
}

static void wake_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct client *client = controller_client(controller);
    struct pod_gc *gc = controller_run_state(controller);
    count_ended(gc, event);
    const int limit = client->cluster->settings.terminated_pod_gc_threshold;
    if (limit > 0 && gc->ended > (size_t)limit)
        wake_later(controller, ended_pods, event);
    const struct pod *is = pod_of(event->object);
    const struct pod *was = event->before != NULL ? pod_of(event->before) : NULL;
    if (event->type == WATCH_DELETED || is->node_name == NULL ||
        (was != NULL && was->node_name == is->node_name && was->meta.deleting == is->meta.deleting))
        return;
    const struct object *node = client_get(client, KIND_NODE, NULL, is->node_name);
    if (node == NULL || (is->meta.deleting && is_out_of_service(node)))
        wake_later(controller, (struct object_key){ KIND_NODE, NULL, is->node_name }, event);
}

static void pod_gc_close(void *memory)
{
    struct pod_gc *gc = memory;
    while (gc->count > 0)
        forget(gc, gc->missed[0].name);
    free(gc->missed);
}

const struct controller pod_garbage_collector_controller = {
    .name = "pod-garbage-collector-controller",
    .reconciles = KIND_NODE,
    .wakes_on = { { KIND_NODE, wake_node }, { KIND_POD, wake_pod } },
    .reconcile = pod_gc_reconcile,
    .state_size = sizeof(struct pod_gc),
    .close = pod_gc_close,
};
