/* Delete what has lost its owners, and hold back or orphan what a deletion says.
 *
 * Follows pkg/controller/garbagecollector (garbagecollector.go, graph_builder.go) of the release
 * named in docs/fidelity.md. An item of the work queue is looked at as the API server has it:
 *   - it is being deleted and waits for its dependents (foregroundDeletion): it goes on when none
 *     of those that block it is left;
 *   - it is being deleted and gives up its dependents (orphan): their references are taken away;
 *   - otherwise it is deleted once none of its owners exists, and loses only the references to
 *     those that do not while others do.
 * Simplified: the real one's reads count against its rate limit, and owners of kinds that are
 * not known here are taken to exist. */
#include "models/api/kinds.h"
#include "models/api/planted.h"
#include "models/controllers/controller.h"
#include "models/controllers/owner_graph.h"

static const char foreground[] = "foregroundDeletion", orphan[] = "orphan";

struct garbage_collector {
    struct owner_graph graph;
};

static bool waits_for_dependents(const struct meta *object)
{
    return object->deleting && finalizers_have(object->finalizers, foreground);
}

static bool gives_up_dependents(const struct meta *object)
{
    return object->deleting && finalizers_have(object->finalizers, orphan);
}

/* Where an owner is to be looked for: the graph knows it, as long as it has a dependent. */
static struct object_key key_of_owner(const struct owner_graph *graph, const struct meta *dependent,
                                      const struct owner *owner)
{
    const struct owner_node *node = owner_graph_find(graph, owner->uid);
    return node != NULL ? node->key : owner_key(dependent, owner);
}

/* --- what wakes it -------------------------------------------------------------------- */

static void wake_dependents(struct controller_run *run, const struct owner_graph *graph,
                            const struct watch_event *event)
{
    const struct owner_node *owner = owner_graph_find(graph, meta_of(event->object)->uid);
    for (const struct owner_edge *edge = owner != NULL ? owner->first : NULL; edge != NULL;
         edge = edge->next)
        controller_wake(run, edge->dependent, event->cause);
}

/* Owners that wait for this dependent may go on. */
static void wake_waiting_owners(struct controller_run *run, const struct owner_graph *graph,
                                const struct meta *dependent, struct cause cause)
{
    const struct client *client = controller_client(run);
    for (uint32_t i = 0; dependent->owners != NULL && i < dependent->owners->count; i++) {
        const struct object_key key = key_of_owner(graph, dependent, &dependent->owners->items[i]);
        const struct object *owner = client_get(client, key.kind, key.space, key.name);
        if (owner != NULL && waits_for_dependents(meta_of(owner)))
            controller_wake(run, key, cause);
    }
}

static bool is_owner(const struct object *object, const struct owner *owner)
{
    const struct uid uid = object != NULL ? meta_of(object)->uid : (struct uid){ 0, 0 };
    return object != NULL && uid.low == owner->uid.low && uid.high == owner->uid.high;
}

/* Is every owner there and staying, as far as the cache knows? */
static bool owners_stay(struct controller_run *run, const struct owner_graph *graph,
                        const struct meta *dependent)
{
    const struct client *client = controller_client(run);
    for (uint32_t i = 0; dependent->owners != NULL && i < dependent->owners->count; i++) {
        const struct owner *owner = &dependent->owners->items[i];
        const struct object_key key = key_of_owner(graph, dependent, owner);
        const struct object *object = client_get(client, key.kind, key.space, key.name);
        if (key.kind == KIND_OTHER)
            continue;
        if (!is_owner(object, owner) || waits_for_dependents(meta_of(object)))
            return false;
    }
    return true;
}

static void wake_changed(struct controller_run *run, const struct owner_graph *graph,
                         const struct watch_event *event)
{
    const struct meta *was = event->before != NULL ? meta_of(event->before) : NULL;
    const struct meta *is = meta_of(event->object);
    if (was == NULL || was->owners != is->owners) {
        if (!owners_stay(run, graph, is))
            controller_wake(run, object_key(event->object), event->cause);
        if (was != NULL)
            wake_waiting_owners(run, graph, was, event->cause);
    }
    if (is->deleting && (was == NULL || !was->deleting || was->finalizers != is->finalizers)) {
        if (waits_for_dependents(is))
            wake_dependents(run, graph, event);
        if (waits_for_dependents(is) || gives_up_dependents(is))
            controller_wake(run, object_key(event->object), event->cause);
    }
}

static void garbage_collector_wake(struct controller_run *run, const struct watch_event *event)
{
    struct garbage_collector *collector = controller_run_state(run);
    const struct meta *was = event->before != NULL ? meta_of(event->before) : NULL;
    if (event->type == WATCH_DELETED) {
        wake_dependents(run, &collector->graph, event);
        wake_waiting_owners(run, &collector->graph, was, event->cause);
        owner_graph_update(&collector->graph, was, NULL);
        return;
    }
    owner_graph_update(&collector->graph, was, meta_of(event->object));
    wake_changed(run, &collector->graph, event);
}

/* --- taking references and finalizers away ---------------------------------------------- */

static bool remove_finalizer(struct object *object, void *name)
{
    struct meta *meta = (struct meta *)object;
    if (!finalizers_have(meta->finalizers, name))
        return false;
    const struct finalizers *left = finalizers_without(meta->finalizers, name);
    finalizers_drop(meta->finalizers);
    meta->finalizers = left;
    return true;
}

static enum outcome drop_finalizer(struct client *client, struct object_key key, const char *name)
{
    const enum reply reply = client_patch(client, key, remove_finalizer, (char *)name, NULL);
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND ? RECONCILED : RETRY;
}

static void remove_owner(struct meta *object, struct uid uid)
{
    const struct owners *left = owners_without(object->owners, uid);
    owners_drop(object->owners);
    object->owners = left;
}

/* The references of a dependent to its former owner, if it is still the object that was meant. */
struct orphaning {
    struct uid owner, dependent;
};

static bool orphan_object(struct object *object, void *context)
{
    const struct orphaning *orphaning = context;
    struct meta *meta = (struct meta *)object;
    if (meta->uid.low != orphaning->dependent.low)
        return false;
    remove_owner(meta, orphaning->owner);
    return true;
}

static enum outcome orphan_dependents(struct client *client, const struct owner_graph *graph,
                                      const struct meta *object)
{
    const struct object_key key = object_key(&object->object);
    const struct owner_node *owner = owner_graph_find(graph, object->uid);
    struct batch batch = client_batch(client);
    bool failed = false;
    for (const struct owner_edge *edge = owner != NULL ? owner->first : NULL; edge != NULL;
         edge = edge->next) {
        struct orphaning orphaning = { object->uid, edge->uid };
        client_batch_next(client, &batch);
        const enum reply reply =
            client_patch(client, edge->dependent, orphan_object, &orphaning, NULL);
        failed = failed || (reply != REPLY_OK && reply != REPLY_NOT_FOUND);
    }
    client_batch_end(client, &batch);
    return failed ? RETRY : drop_finalizer(client, key, orphan);
}

/* --- deciding --------------------------------------------------------------------------- */

static enum outcome wait_for_dependents(struct client *client, const struct owner_graph *graph,
                                        const struct meta *object)
{
    const struct owner_node *owner = owner_graph_find(graph, object->uid);
    for (const struct owner_edge *edge = owner != NULL ? owner->first : NULL; edge != NULL;
         edge = edge->next)
        if (edge->blocks)
            return RECONCILED; /* its end wakes us */
    return drop_finalizer(client, object_key(&object->object), foreground);
}

/* The owners of an object by what they mean for it. */
struct standing {
    int solid, waiting, gone;
    struct client *client;
};

static bool owner_is_solid(struct standing *standing, const struct meta *object,
                           const struct owner *owner)
{
    const struct object_key key = owner_key(object, owner);
    const struct object *present = PLANTED(PLANTED_OWNER_UNCHECKED)
                                       ? client_get(standing->client, key.kind, key.space, key.name)
                                       : client_read(standing->client, key);
    if (key.kind == KIND_OTHER)
        return true;
    if (!is_owner(present, owner)) {
        standing->gone++;
        return false;
    }
    if (waits_for_dependents(meta_of(present))) {
        standing->waiting++;
        return false;
    }
    return true;
}

static struct standing count_owners(struct client *client, const struct meta *object)
{
    struct standing standing = { .client = client };
    for (uint32_t i = 0; i < object->owners->count; i++)
        if (owner_is_solid(&standing, object, &object->owners->items[i]))
            standing.solid++;
    return standing;
}

static bool keep_solid_owners(struct object *object, void *context)
{
    struct meta *meta = (struct meta *)object;
    const struct owners *all = owners_hold(meta->owners);
    for (uint32_t i = 0; all != NULL && i < all->count; i++)
        if (!owner_is_solid(context, meta, &all->items[i]))
            remove_owner(meta, all->items[i].uid);
    owners_drop(all);
    return true;
}

static enum propagation propagation_of(const struct meta *object, bool owner_waits,
                                       bool has_dependents)
{
    if (owner_waits && has_dependents)
        return PROPAGATE_FOREGROUND;
    if (finalizers_have(object->finalizers, orphan))
        return PROPAGATE_ORPHAN;
    if (finalizers_have(object->finalizers, foreground))
        return PROPAGATE_FOREGROUND;
    return PROPAGATE_BACKGROUND;
}

static enum outcome collect(struct client *client, const struct owner_graph *graph,
                            const struct meta *object)
{
    const struct object_key key = object_key(&object->object);
    struct standing standing = count_owners(client, object);
    if (standing.solid > 0 && standing.gone + standing.waiting == 0)
        return RECONCILED;
    enum reply reply;
    if (standing.solid > 0) {
        reply = client_patch(client, key, keep_solid_owners, &standing, NULL);
    } else {
        const struct uid uid = object->uid;
        const struct delete_options options = {
            .grace_seconds = -1,
            .propagation =
                propagation_of(object, standing.waiting > 0, owner_graph_find(graph, uid) != NULL),
            .uid = &uid,
        };
        reply = client_delete(client, key, options, NULL);
    }
    return reply == REPLY_OK || reply == REPLY_NOT_FOUND ? RECONCILED : RETRY;
}

static enum outcome garbage_collector_reconcile(struct client *client, struct object_key key)
{
    struct garbage_collector *collector = controller_state(client);
    const struct object *object = client_read(client, key);
    if (object == NULL)
        return RECONCILED;
    const struct meta *meta = meta_of(object);
    if (gives_up_dependents(meta))
        return orphan_dependents(client, &collector->graph, meta);
    if (waits_for_dependents(meta))
        return wait_for_dependents(client, &collector->graph, meta);
    if (meta->deleting || meta->owners == NULL)
        return RECONCILED;
    return collect(client, &collector->graph, meta);
}

static void garbage_collector_init(void *state, struct cluster *cluster)
{
    (void)cluster;
    owner_graph_init(&((struct garbage_collector *)state)->graph);
}

static void garbage_collector_close(void *state)
{
    owner_graph_close(&((struct garbage_collector *)state)->graph);
}

static int garbage_collector_workers(const struct settings *settings)
{
    return settings->concurrent_gc_syncs;
}

const struct controller garbage_collector_controller = {
    .name = "garbage-collector-controller",
    .reconciles = KIND_OTHER,
    .wakes_on = { { KIND_COUNT, garbage_collector_wake } },
    .reconcile = garbage_collector_reconcile,
    .workers = garbage_collector_workers,
    .state_size = sizeof(struct garbage_collector),
    .init = garbage_collector_init,
    .close = garbage_collector_close,
};
