/* Taint eviction: pods leave a node with NoExecute taints, at once or after the seconds they
 * tolerate them.
 *
 * Follows pkg/controller/tainteviction/taint_eviction.go of the release named in docs/fidelity.md.
 * Keys are nodes, and pods that are gone. The countdown of a pod begins when the taint is seen, and
 * is not begun anew while some taint stays. */
#include <stdlib.h>

#include "models/api/node.h"
#include "models/controllers/controller.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

/* A pod that is to be evicted, or was. */
struct eviction {
    struct table_node by_key;
    const struct object *pod; /* held: the version that was seen when it was scheduled */
    sim_time at;
    bool done;
    struct cause cause; /* of the taint */
};

struct taint_eviction {
    struct table by_key;
    struct eviction **evictions; /* owned; in no order */
    size_t count, capacity;
};

/* ---- what is scheduled ---- */

static struct eviction *find_eviction(const struct taint_eviction *state, struct object_key key)
{
    struct table_node *node = table_first(&state->by_key, object_key_hash(key));
    for (; node != NULL; node = table_again(node))
        if (object_key_equal(object_key(((struct eviction *)node)->pod), key))
            return (struct eviction *)node;
    return NULL;
}

static struct eviction *schedule(struct taint_eviction *state, const struct object *pod,
                                 sim_time at, struct cause cause)
{
    struct eviction *eviction = mem_new(sizeof *eviction);
    eviction->pod = object_hold(pod);
    eviction->at = at;
    eviction->cause = cause;
    table_add(&state->by_key, &eviction->by_key, object_key_hash(object_key(pod)));
    MEM_GROW(state->evictions, state->count, state->capacity);
    state->evictions[state->count++] = eviction;
    return eviction;
}

static void forget(struct taint_eviction *state, struct eviction *eviction)
{
    size_t at = 0;
    while (state->evictions[at] != eviction)
        at++;
    state->evictions[at] = state->evictions[--state->count];
    table_remove(&state->by_key, &eviction->by_key);
    object_drop(eviction->pod);
    free(eviction);
}

/* No longer: the taint is gone, is tolerated for ever now, or the pod went by itself. */
static void cancel(struct client *client, struct taint_eviction *state, struct eviction *eviction)
{
    if (eviction == NULL)
        return;
    if (!eviction->done)
        client_event(client, eviction->pod, false, "TaintManagerEviction",
                     "Cancelling deletion of Pod %s/%s", namespace_of(eviction->pod),
                     name_of(eviction->pod));
    forget(state, eviction);
}

/* ---- how long a pod tolerates the taints of a node ---- */

static const struct toleration *find_toleration(const struct pod_spec *spec,
                                                const struct taint *taint)
{
    for (size_t i = 0; i < spec->toleration_count; i++)
        if (toleration_tolerates(&spec->tolerations[i], taint->key, taint->value, taint->effect))
            return &spec->tolerations[i];
    return NULL;
}

/* The least time any of the tolerations that match gives; SIM_FOREVER: none has an end. False when
 * a taint is not tolerated at all. */
static bool tolerates(const struct pod *pod, const struct taints *taints, sim_time *patience)
{
    *patience = SIM_FOREVER;
    for (size_t i = 0; i < taints->count; i++) {
        if (taints->items[i].effect != NO_EXECUTE)
            continue;
        const struct toleration *toleration = find_toleration(pod->spec, &taints->items[i]);
        if (toleration == NULL)
            return false;
        if (toleration->forever)
            continue;
        const int64_t seconds = toleration->seconds > 0 ? toleration->seconds : 0;
        if (seconds < *patience / SIM_SECOND)
            *patience = seconds * SIM_SECOND;
    }
    return true;
}

static bool evicts(const struct node *node)
{
    for (size_t i = 0; node->taints != NULL && i < node->taints->count; i++)
        if (node->taints->items[i].effect == NO_EXECUTE)
            return true;
    return false;
}

static void consider(struct client *client, struct taint_eviction *state, const struct object *pod,
                     const struct node *node)
{
    struct eviction *eviction = find_eviction(state, object_key(pod));
    sim_time patience;
    if (!evicts(node)) {
        cancel(client, state, eviction);
    } else if (!tolerates(pod_of(pod), node->taints, &patience)) {
        if (eviction != NULL && eviction->done)
            return;
        cancel(client, state, eviction);
        schedule(state, pod, client->now, client->cause);
    } else if (patience == SIM_FOREVER) {
        cancel(client, state, eviction);
    } else if (eviction == NULL) {
        schedule(state, pod, sim_time_after(client->now, patience), client->cause);
    }
}

/* ---- evicting ---- */

static bool target(struct object *object, void *context)
{
    const struct client *client = context;
    return pod_set_condition((struct pod *)object, client->cluster->run->texts,
                             POD_DISRUPTION_TARGET, true, "DeletionByTaintManager",
                             "Taint manager: deleting due to NoExecute taint", client->now);
}

static void evict(struct client *client, struct eviction *eviction)
{
    const struct object_key key = object_key(eviction->pod);
    client->cause = eviction->cause;
    client_event(client, eviction->pod, false, "TaintManagerEviction",
                 "Marking for deletion Pod %s/%s", namespace_of(eviction->pod),
                 name_of(eviction->pod));
    if (client_patch(client, key, target, client, NULL) == REPLY_OK)
        client_delete(client, key, delete_options_default(), NULL);
    eviction->done = true;
}

/* Evict those whose time has come, side by side; the time of the next. */
static sim_time evict_due(struct client *client, struct taint_eviction *state,
                          const struct text *node)
{
    sim_time next = SIM_FOREVER;
    struct batch batch = client_batch(client);
    struct cache_cursor cursor = client_list_on_node(client, node);
    while (cache_next(&cursor)) {
        struct eviction *eviction = find_eviction(state, object_key(cursor.object));
        if (eviction == NULL || eviction->done)
            continue;
        client_batch_next(client, &batch);
        if (eviction->at <= client->now)
            evict(client, eviction);
        else if (eviction->at < next)
            next = eviction->at;
    }
    client_batch_end(client, &batch);
    return next;
}

static enum outcome taint_eviction_reconcile(struct client *client, struct object_key key)
{
    struct taint_eviction *state = controller_state(client);
    if (key.kind == KIND_POD) {
        if (client_get(client, KIND_POD, key.space, key.name) == NULL)
            cancel(client, state, find_eviction(state, key));
        return RECONCILED;
    }
    const struct object *node = client_get(client, KIND_NODE, NULL, key.name);
    struct cache_cursor cursor = client_list_on_node(client, key.name);
    while (node != NULL && cache_next(&cursor))
        consider(client, state, cursor.object, node_of(node));
    const sim_time next = evict_due(client, state, key.name);
    if (next != SIM_FOREVER)
        controller_requeue_after(client, key, next > client->now ? next - client->now : 0);
    return RECONCILED;
}

/* ---- waking ---- */

static void wake_node(struct controller_run *controller, const struct watch_event *event)
{
    const struct node *is = node_of(event->object);
    const struct node *was = event->before != NULL ? node_of(event->before) : NULL;
    const bool changed = was == NULL || !taints_equal(was->taints, is->taints);
    if (changed && (evicts(is) || (was != NULL && evicts(was))))
        controller_wake(controller, object_key(event->object), event->cause);
}

static void wake_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct pod *is = pod_of(event->object);
    const struct pod *was = event->before != NULL ? pod_of(event->before) : NULL;
    if (event->type == WATCH_DELETED) {
        if (find_eviction(controller_run_state(controller), object_key(event->object)) != NULL)
            controller_wake(controller, object_key(event->object), event->cause);
        return;
    }
    if (is->node_name == NULL ||
        (was != NULL && was->node_name == is->node_name && was->spec == is->spec))
        return;
    const struct object *node =
        client_get(controller_client(controller), KIND_NODE, NULL, is->node_name);
    if (node != NULL && evicts(node_of(node)))
        controller_wake(controller, object_key(node), event->cause);
}

/* ---- the controller ---- */

static void taint_eviction_init(void *memory, struct cluster *cluster)
{
    struct taint_eviction *state = memory;
    (void)cluster;
    table_init(&state->by_key);
}

static void taint_eviction_close(void *memory)
{
    struct taint_eviction *state = memory;
    while (state->count > 0)
        forget(state, state->evictions[state->count - 1]);
    free(state->evictions);
    table_close(&state->by_key);
}

static int taint_eviction_workers(const struct settings *settings)
{
    (void)settings;
    return 8; /* UpdateWorkerSize */
}

const struct controller taint_eviction_controller = {
    .name = "taint-eviction-controller",
    .reconciles = KIND_NODE,
    .wakes_on = { { KIND_NODE, wake_node }, { KIND_POD, wake_pod } },
    .reconcile = taint_eviction_reconcile,
    .workers = taint_eviction_workers,
    .state_size = sizeof(struct taint_eviction),
    .init = taint_eviction_init,
    .close = taint_eviction_close,
};
