/* What a sequence's queue is told, and how it is described; see queue_world.h. */
#include "tests/support/queue_world.h"

#include <stdlib.h>

#include "models/api/defaults.h"
#include "models/api/schema.h"

static const char *place_name(const struct waiting_pod *waiting)
{
    static const char *const names[] = {
        [WAITING_IN_FLIGHT] = "inFlight", [WAITING_ACTIVE] = "active",
        [WAITING_BACKOFF] = "backoff",    [WAITING_ERROR_BACKOFF] = "errorBackoff",
        [WAITING_POOL] = "unschedulable",
    };
    return waiting->place == WAITING_POOL && waiting->gated_by >= 0 ? "gated"
                                                                    : names[waiting->place];
}

static char *pod_key(const struct pod *pod)
{
    return mem_format("%s/%s", namespace_of(pod), name_of(pod));
}

/* --- what is noted -------------------------------------------------------------------------- */

struct value *queue_world_take(struct value **noted, struct value *fresh)
{
    struct value *taken = *noted;
    *noted = fresh;
    return taken;
}

static void note_incoming(void *self, enum waiting_place place, const char *why)
{
    static const char *const names[] = { [WAITING_ACTIVE] = "active",
                                         [WAITING_BACKOFF] = "backoff",
                                         [WAITING_ERROR_BACKOFF] = "backoff",
                                         [WAITING_POOL] = "unschedulable" };
    struct queue_world *world = self;
    char *key = mem_format("%s/%s", names[place], why);
    value_set(world->incoming, key,
              value_new_int(value_int(value_get(world->incoming, key), 0) + 1));
    free(key);
}

struct hint_walk {
    const struct cluster_event *event;
    struct value *hints; /* pod -> plugin -> "Queue" or "Skip" */
};

/* What one plugin answers; NULL when it has not registered the event. */
static const char *hint_of(const struct profile_plugin *plugin, const struct cluster_event *event,
                           const struct pod *pod)
{
    const char *answer = NULL;
    for (const struct plugin_event *on = plugin->plugin->events; on->actions != 0; on++) {
        if (!cluster_event_matches(event, on->kind, on->actions))
            continue;
        if (on->hint == NULL || on->hint(plugin->args, pod, event->before, event->after))
            return "Queue";
        answer = "Skip";
    }
    return answer;
}

static void note_hints(void *context, const struct waiting_pod *waiting)
{
    struct hint_walk *walk = context;
    struct value *answers = value_new_map();
    const bool concerned =
        !walk->event->bounded || waiting->pod->spec->priority <= walk->event->priority;
    if (waiting->place == WAITING_POOL && concerned)
        for (size_t i = 0; i < waiting->profile->plugin_count; i++) {
            const struct profile_plugin *plugin = &waiting->profile->plugins[i];
            const char *answer = ((waiting->rejecting | waiting->pending) >> i & 1)
                                     ? hint_of(plugin, walk->event, waiting->pod)
                                     : NULL;
            if (answer != NULL)
                value_set(answers, plugin->plugin->name, value_new_string(answer));
        }
    if (answers->count == 0) {
        value_drop(answers);
        return;
    }
    char *key = pod_key(waiting->pod);
    value_set(walk->hints, key, answers);
    free(key);
}

static void note_event(void *self, const struct cluster_event *event,
                       const struct waiting_pod *only)
{
    struct queue_world *world = self;
    struct value *told = value_new_map();
    struct hint_walk walk = { event, value_new_map() };
    value_set(told, "event", value_new_string(event->label));
    if (only != NULL)
        note_hints(&walk, only);
    else
        scheduling_queue_each(world->view->queue, WAITING_POOL, note_hints, &walk);
    if (walk.hints->count > 0)
        value_set(told, "hints", walk.hints);
    else
        value_drop(walk.hints);
    value_add(world->events, told);
}

/* --- objects -------------------------------------------------------------------------------------- */

void queue_world_settle(struct queue_world *world)
{
    run_until(world->run, run_now(world->run));
}

static const char *api_version_of(const char *kind)
{
    static const char *const storage[] = { "StorageClass", "CSINode", "CSIDriver",
                                           "CSIStorageCapacity", "VolumeAttachment" };
    for (size_t i = 0; i < sizeof storage / sizeof *storage; i++)
        if (strcmp(storage[i], kind) == 0)
            return "storage.k8s.io/v1";
    return "v1";
}

static const char *space_of(enum kind kind, const char *space)
{
    return !kind_infos[kind].namespaced ? "" : *space == '\0' ? "default" : space;
}

static const struct object *find(const struct queue_world *world, enum kind kind, const char *space,
                                 const char *name)
{
    const struct text *in = cluster_text(world->cluster, space_of(kind, space));
    const struct text *of = cluster_text(world->cluster, name);
    const struct object *found =
        store_get(world->cluster->store, (struct object_key){ (uint16_t)kind, in, of });
    text_drop(in);
    text_drop(of);
    return found;
}

/* A pod that vanishes when it is evicted has no time to end in. */
static struct object *load(const struct queue_world *world, enum kind kind, const char *name,
                           const struct value *object)
{
    const char *version = api_version_of(name);
    struct value *copy = value_copy(object);
    value_put(&copy, value_new_string(version), "apiVersion", NULL);
    value_put(&copy, value_new_string(name), "kind", NULL);
    if (kind_infos[kind].namespaced && value_path(copy, "metadata", "namespace", NULL) == NULL)
        value_put(&copy, value_new_string("default"), "metadata", "namespace", NULL);
    if (kind == KIND_POD && !world->terminate)
        value_put(&copy, value_new_int(0), "spec", "terminationGracePeriodSeconds", NULL);
    struct value *document = defaults_apply(copy, schema_kind(version, name));
    struct object *loaded = kind_infos[kind].load(&world->cluster->codec, document);
    value_drop(document);
    value_drop(copy);
    return loaded;
}

/* Unique for each kind, namespace and name, unless the sequence gives one. */
static void set_uid(struct object *loaded, const struct value *object)
{
    const char *given = value_text(value_path(object, "metadata", "uid", NULL), NULL);
    struct meta *meta = (struct meta *)loaded;
    meta->uid.low =
        given != NULL ? text_hash(given, strlen(given)) : object_key_hash(object_key(loaded));
}

/* A node may be added that is there: its former version goes without the queue hearing of it. */
static void forget_quietly(struct queue_world *world, const struct object *object)
{
    struct scheduling_queue *queue = world->view->queue;
    world->view->queue = world->deaf;
    store_remove(world->cluster->store, object_copy(object), run_now(world->run));
    queue_world_settle(world);
    world->view->queue = queue;
}

static void hear_nothing(void *subject)
{
    (void)subject;
}

bool queue_world_set(struct queue_world *world, const char *kind, const struct value *object,
                     bool added)
{
    const enum kind number = kind_find(api_version_of(kind), kind);
    if (number >= KIND_OTHER)
        return false;
    struct object *loaded = load(world, number, kind, object);
    set_uid(loaded, object);
    const struct object *before = store_get(world->cluster->store, object_key(loaded));
    if (added && before != NULL && number == KIND_NODE)
        forget_quietly(world, before);
    if (store_get(world->cluster->store, object_key(loaded)) != NULL)
        store_replace(world->cluster->store, loaded, run_now(world->run));
    else
        store_create(world->cluster->store, loaded, run_now(world->run));
    queue_world_settle(world);
    return true;
}

bool queue_world_delete(struct queue_world *world, const char *kind, const char *space,
                        const char *name)
{
    const enum kind number = kind_find(api_version_of(kind), kind);
    const struct object *found = number < KIND_OTHER ? find(world, number, space, name) : NULL;
    if (found == NULL)
        return false;
    store_remove(world->cluster->store, object_copy(found), run_now(world->run));
    queue_world_settle(world);
    return true;
}

const struct pod *queue_world_pod(const struct queue_world *world, const char *key)
{
    const char *slash = strchr(key, '/');
    char *space = mem_text(key, (size_t)(slash - key));
    const struct pod *pod = pod_of(find(world, KIND_POD, space, slash + 1));
    free(space);
    return pod;
}

/* --- bindings by hand ------------------------------------------------------------------------------- */

void queue_world_assume(struct queue_world *world, struct waiting_pod *waiting, const char *node)
{
    const struct text *name = cluster_text(world->cluster, node);
    MEM_GROW(world->assumed, world->assumed_count, world->assumed_capacity);
    world->assumed[world->assumed_count++] =
        (struct assumed_pod){ *waiting, pod_of(object_hold(&waiting->pod->meta.object)),
                              text_hold(name) };
    snapshot_place(world->view->snapshot, waiting->pod, name, true);
    nominator_remove(scheduling_queue_nominator(world->view->queue), waiting->pod);
    scheduling_queue_done(world->view->queue, waiting);
    text_drop(name);
}

static void forget_assumed(struct queue_world *world, size_t at)
{
    object_drop(&world->assumed[at].pod->meta.object);
    text_drop(world->assumed[at].node);
    world->assumed[at] = world->assumed[--world->assumed_count];
}

static void confirm(struct queue_world *world, const struct assumed_pod *assumed)
{
    struct pod *bound = (struct pod *)object_copy(&assumed->pod->meta.object);
    bound->node_name = text_hold(assumed->node);
    store_replace(world->cluster->store, &bound->meta.object, run_now(world->run));
    queue_world_settle(world);
}

static void take_back(struct queue_world *world, const struct assumed_pod *assumed)
{
    const struct rejectors nobody = { 0, 0 };
    const struct object *pod = &assumed->pod->meta.object;
    const struct object *present = store_get(world->cluster->store, object_key(pod));
    scheduler_remove_placed(world->view, pod, assumed->as_it_was.cause);
    if (present == NULL)
        return;
    scheduling_queue_fail_binding(world->view->queue, pod_of(present), assumed->as_it_was.profile,
                                  assumed->as_it_was.cause, &assumed->as_it_was, nobody);
    nominator_add(scheduling_queue_nominator(world->view->queue), pod_of(present),
                  NOMINATION_CLEARED, NULL);
}

bool queue_world_end_binding(struct queue_world *world, const char *key, bool bound)
{
    for (size_t i = 0; i < world->assumed_count; i++) {
        char *name = pod_key(world->assumed[i].pod);
        const bool same = strcmp(name, key) == 0;
        free(name);
        if (!same)
            continue;
        if (bound)
            confirm(world, &world->assumed[i]);
        else
            take_back(world, &world->assumed[i]);
        forget_assumed(world, i);
        return true;
    }
    return false;
}

/* --- whole attempts ----------------------------------------------------------------------------------- */

/* Of a condition only what changes is in a patch. */
static char *reason_of(const struct scheduler_call *call)
{
    const bool scheduled = strcmp(call->condition, "PodScheduled") == 0;
    const char *before =
        pod_condition_reason(call->pod, scheduled ? POD_SCHEDULED : POD_DISRUPTION_TARGET);
    return strcmp(before, call->reason) == 0 ? mem_format("%s", call->condition)
                                             : mem_format("%s:%s", call->condition, call->reason);
}

static void note_call(void *self, const struct scheduler_call *call)
{
    struct queue_world *world = self;
    struct value *told = value_new_map();
    char *key = pod_key(call->pod);
    const bool refused = call->node != NULL && value_get(world->doomed, key) != NULL;
    value_set(told, "call", value_new_string(refused ? "bindFailed" : call->verb));
    value_set(told, "pod", value_new_string(key));
    if (call->node != NULL)
        value_set(told, "node", value_new_string(call->node->s));
    if (call->nomination != NOMINATION_UNCHANGED)
        value_set(told, "nominatedNodeName", value_new_string(text_s(call->nominated)));
    if (call->condition != NULL) {
        char *reason = reason_of(call);
        value_set(told, "reason", value_new_string(reason));
        free(reason);
    }
    value_add(world->api, told);
    free(key);
}

static enum extender_reply refuse(void *state, const struct pod *pod, const struct text *node,
                                  struct error *error)
{
    struct queue_world *world = state;
    char *key = pod_key(pod);
    const bool refused = value_get(world->doomed, key) != NULL;
    (void)node;
    if (refused) {
        value_remove(world->doomed, key);
        error_set(error, (struct place){ 0 }, "refused");
    }
    free(key);
    return refused ? EXTENDER_REFUSED : EXTENDER_ANSWERED;
}

/* Without plugins that rejected the pod it was an error. */
static const char *result_of(const struct queue_world *world, const struct pod *pod)
{
    const struct waiting_pod *waiting =
        scheduling_queue_find(world->view->queue, pod->meta.object.space, pod->meta.object.name);
    if (waiting == NULL)
        return "scheduled";
    return (waiting->rejecting | waiting->pending) == 0 ? "error" : "unschedulable";
}

void queue_world_schedule(struct queue_world *world, bool hold, struct value *told)
{
    struct profile *profile = world->view->configuration->profiles[0];
    scheduler_hold_evictions(world->scheduler, hold);
    profile->extenders = world->doomed->count > 0 ? &world->extenders : NULL;
    const struct pod *pod = scheduler_attempt(world->scheduler);
    profile->extenders = NULL; /* where there are any, the queue has to hear of everything */
    scheduler_hold_evictions(world->scheduler, false);
    if (pod == NULL) {
        value_set(told, "result", value_new_string("blocked"));
        return;
    }
    world->pops++;
    queue_world_settle(world);
    char *key = pod_key(pod);
    const struct pod *present = queue_world_pod(world, key);
    value_set(told, "popped", value_new_string(key));
    value_set(told, "result", value_new_string(result_of(world, pod)));
    if (present != NULL && present->node_name != NULL)
        value_set(told, "node", value_new_string(present->node_name->s));
    object_drop(&pod->meta.object);
    free(key);
}

/* --- descriptions ----------------------------------------------------------------------------------- */

struct pod_list {
    const struct waiting_pod *items[512];
    size_t count;
};

static void list_pod(void *context, const struct waiting_pod *waiting)
{
    struct pod_list *list = context;
    list->items[list->count++] = waiting;
}

static struct pod_list pods_in(const struct queue_world *world, enum waiting_place place)
{
    struct pod_list list = { .count = 0 };
    scheduling_queue_each(world->view->queue, place, list_pod, &list);
    return list;
}

static int by_pop(const void *a, const void *b)
{
    return waiting_pod_before(*(const struct waiting_pod *const *)a,
                              *(const struct waiting_pod *const *)b)
               ? -1
               : 1;
}

static int by_key(const void *a, const void *b)
{
    const struct pod *first = (*(const struct waiting_pod *const *)a)->pod;
    const struct pod *second = (*(const struct waiting_pod *const *)b)->pod;
    const int space = strcmp(namespace_of(first), namespace_of(second));
    return space != 0 ? space : strcmp(name_of(first), name_of(second));
}

/* The error back-off is told by expiry, then name. */
static int by_expiry(const void *a, const void *b)
{
    const sim_time first = (*(const struct waiting_pod *const *)a)->backoff_until;
    const sim_time second = (*(const struct waiting_pod *const *)b)->backoff_until;
    return first != second ? (first < second ? -1 : 1) : by_key(a, b);
}

static struct value *keys_of(const struct pod_list *list, const char *prefix, bool gated,
                             bool ungated)
{
    struct value *keys = value_new_list();
    for (size_t i = 0; i < list->count; i++) {
        const struct waiting_pod *waiting = list->items[i];
        if (waiting->gated_by >= 0 ? !gated : !ungated)
            continue;
        char *key = pod_key(waiting->pod), *text = mem_format("%s%s", prefix, key);
        value_add(keys, value_new_string(text));
        free(text);
        free(key);
    }
    return keys;
}

static struct value *next_pop(const struct value *active, const struct value *backoff)
{
    if (active->count > 0)
        return value_hold(value_at(active, 0));
    return backoff->count > 0 ? value_hold(value_at(backoff, 0)) : value_new_null();
}

static void list_flight(void *context, const struct waiting_pod *waiting, const char *event)
{
    char *key = waiting != NULL ? pod_key(waiting->pod) : NULL;
    char *text = key != NULL ? mem_format("pod %s", key) : mem_format("event %s", event);
    value_add(context, value_new_string(text));
    free(text);
    free(key);
}

static struct value *in_flight_list(const struct queue_world *world)
{
    struct value *list = value_new_list();
    scheduling_queue_each_in_flight(world->view->queue, list_flight, list);
    return list;
}

/* Node -> pods in order of nomination. */
static void set_nominated(const struct queue_world *world, struct value *state)
{
    const struct nominator *nominator = scheduling_queue_nominator(world->view->queue);
    struct value *map = value_new_map();
    for (const struct nominated_node *node = nominator->first; node != NULL; node = node->next) {
        struct value *list = value_new_list();
        for (const struct nominee *nominee = node->first; nominee != NULL;
             nominee = nominee->next) {
            char *key = pod_key(nominee->pod);
            value_add(list, value_new_string(key));
            free(key);
        }
        value_set(map, text_s(node->name), list);
    }
    if (map->count > 0)
        value_set(state, "nominated", map);
    else
        value_drop(map);
}

struct value *queue_world_state(const struct queue_world *world)
{
    struct pod_list active = pods_in(world, WAITING_ACTIVE);
    struct pod_list backoff = pods_in(world, WAITING_BACKOFF);
    struct pod_list errors = pods_in(world, WAITING_ERROR_BACKOFF);
    struct pod_list pool = pods_in(world, WAITING_POOL);
    qsort(active.items, active.count, sizeof *active.items, by_pop);
    qsort(backoff.items, backoff.count, sizeof *backoff.items, by_pop);
    qsort(errors.items, errors.count, sizeof *errors.items, by_expiry);
    qsort(pool.items, pool.count, sizeof *pool.items, by_key);
    struct value *state = value_new_map();
    value_set(state, "active", keys_of(&active, "", true, true));
    value_set(state, "backoff", keys_of(&backoff, "", true, true));
    value_set(state, "errorBackoff", keys_of(&errors, "", true, true));
    value_set(state, "unschedulable", keys_of(&pool, "", false, true));
    value_set(state, "gated", keys_of(&pool, "", true, false));
    value_set(state, "inFlight", in_flight_list(world));
    value_set(state, "nextPop", next_pop(value_get(state, "active"), value_get(state, "backoff")));
    value_set(state, "schedulingCycle", value_new_int(world->pops));
    set_nominated(world, state);
    return state;
}

struct value *queue_world_waiting_for(const struct queue_world *world)
{
    const struct profile *profile = world->view->configuration->profiles[0];
    struct value *map = value_new_map();
    for (size_t i = 0; i < profile->plugin_count; i++) {
        const size_t count = scheduling_queue_waiting_for(world->view->queue, profile, i);
        if (count > 0)
            value_set(map, profile->plugins[i].plugin->name, value_new_int((int64_t)count));
    }
    return map;
}

static void set_time(const struct queue_world *world, struct value *record, const char *key,
                     sim_time at)
{
    if (at >= 0)
        value_set(record, key, value_new_int((at - world->start) / SIM_MILLISECOND));
}

static int by_text(const void *a, const void *b)
{
    return strcmp((*(struct value *const *)a)->text, (*(struct value *const *)b)->text);
}

static struct value *plugin_names(const struct waiting_pod *waiting, uint64_t plugins)
{
    struct value *names = value_new_list();
    for (size_t i = 0; i < waiting->profile->plugin_count; i++)
        if (plugins >> i & 1)
            value_add(names, value_new_string(waiting->profile->plugins[i].plugin->name));
    if (names->count > 0)
        qsort(names->items, names->count, sizeof *names->items, by_text);
    return names;
}

static void set_plugins(struct value *record, const char *key, const struct waiting_pod *waiting,
                        uint64_t plugins)
{
    if (plugins != 0)
        value_set(record, key, plugin_names(waiting, plugins));
}

static struct value *pod_record(const struct queue_world *world, const struct waiting_pod *waiting)
{
    struct value *record = value_new_map();
    value_set(record, "queue", value_new_string(place_name(waiting)));
    set_time(world, record, "queuedAt", waiting->queued_at);
    value_set(record, "priority", value_new_int(waiting->pod->spec->priority));
    value_set(record, "attempts", value_new_int(waiting->attempts));
    value_set(record, "unschedulableCount", value_new_int(waiting->rejections));
    value_set(record, "consecutiveErrors", value_new_int(waiting->consecutive_errors));
    if (waiting->place != WAITING_IN_FLIGHT)
        set_time(world, record, "backoffUntil", waiting->backoff_until);
    set_time(world, record, "initialAttempt", waiting->first_attempt);
    set_plugins(record, "plugins", waiting, waiting->rejecting);
    set_plugins(record, "pending", waiting, waiting->pending);
    if (waiting->gated_by >= 0)
        value_set(record, "gatedBy",
                  value_new_string(waiting->profile->plugins[waiting->gated_by].plugin->name));
    if (waiting->flushed)
        value_set(record, "flushed", value_new_bool(true));
    set_time(world, record, "flushAt", waiting->flushed_at);
    return record;
}

/* In flight first: a pod created anew under the name of one in flight hides it. */
struct value *queue_world_pods(const struct queue_world *world)
{
    struct value *pods = value_new_map();
    for (enum waiting_place place = WAITING_IN_FLIGHT; place <= WAITING_POOL; place++) {
        const struct pod_list list = pods_in(world, place);
        for (size_t i = 0; i < list.count; i++) {
            char *key = pod_key(list.items[i]->pod);
            value_set(pods, key, pod_record(world, list.items[i]));
            free(key);
        }
    }
    return pods;
}

struct waiting_pod *queue_world_in_flight(const struct queue_world *world, const char *key)
{
    const struct pod_list list = pods_in(world, WAITING_IN_FLIGHT);
    for (size_t i = 0; i < list.count; i++) {
        char *name = pod_key(list.items[i]->pod);
        const bool same = strcmp(name, key) == 0;
        free(name);
        if (same)
            return (struct waiting_pod *)list.items[i];
    }
    return NULL;
}

/* --- beginning and end ------------------------------------------------------------------------------ */

void queue_world_open(struct queue_world *world, sim_time start, bool terminate)
{
    static const struct component *const components[] = { &scheduler_component, NULL };
    struct settings settings;
    *world = (struct queue_world){ .run = run_new(1),
                                   .start = start,
                                   .terminate = terminate,
                                   .incoming = value_new_map(),
                                   .events = value_new_list(),
                                   .api = value_new_list(),
                                   .doomed = value_new_map() };
    world->refuser = (struct extender){ .name = "refuser", .state = world, .bind = refuse };
    world->refusers[0] = &world->refuser;
    run_until(world->run, start);
    settings_init(&settings);
    world->cluster = cluster_new_with(world->run, "", settings, components);
    world->scheduler = cluster_component(world->cluster, "default-scheduler");
    world->view = scheduler_view_of(world->scheduler);
    world->extenders =
        (struct extenders){ .items = world->refusers, .count = 1, .codec = &world->cluster->codec };
    scheduler_drive(world->scheduler, (struct scheduler_observer){ world, note_call });
    queue_world_settle(world);
    world->deaf = scheduling_queue_new(world->run, world->view->configuration, hear_nothing, NULL);
    scheduling_queue_observe(world->view->queue,
                             (struct queue_observer){ world, note_event, note_incoming });
}

void queue_world_close(struct queue_world *world)
{
    while (world->assumed_count > 0)
        forget_assumed(world, 0);
    free(world->assumed);
    scheduling_queue_free(world->deaf);
    cluster_free(world->cluster);
    extenders_close(&world->extenders);
    value_drop(world->incoming);
    value_drop(world->events);
    value_drop(world->api);
    value_drop(world->doomed);
    run_free(world->run);
}
