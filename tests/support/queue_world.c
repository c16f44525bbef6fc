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
            const char *answer =
                (waiting->rejecting >> i & 1) ? hint_of(plugin, walk->event, waiting->pod) : NULL;
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
        scheduling_queue_each(world->view.queue, WAITING_POOL, note_hints, &walk);
    if (walk.hints->count > 0)
        value_set(told, "hints", walk.hints);
    else
        value_drop(walk.hints);
    value_add(world->events, told);
}

/* --- objects -------------------------------------------------------------------------------------- */

static struct object **slot_of(struct queue_world *world, const char *kind, const char *space,
                               const char *name)
{
    char *key = mem_format("%s/%s/%s", kind, space, name);
    int64_t number = value_int(value_get(world->objects, key), -1);
    if (number < 0) {
        MEM_GROW(world->versions, world->version_count, world->version_capacity);
        number = (int64_t)world->version_count;
        world->versions[world->version_count++] = NULL;
        value_set(world->objects, key, value_new_int(number));
    }
    free(key);
    return &world->versions[number];
}

static void tell(struct queue_world *world, enum watch_type type, const struct object *object,
                 const struct object *before)
{
    const struct watch_event event = {
        .type = type, .object = object, .before = before, .at = run_now(world->run)
    };
    scheduler_hear(&world->view, &event);
}

static const char *version_of(const char *kind)
{
    static const char *const storage[] = { "StorageClass", "CSIDriver", "CSINode",
                                           "CSIStorageCapacity", "VolumeAttachment" };
    for (size_t i = 0; i < sizeof storage / sizeof *storage; i++)
        if (strcmp(kind, storage[i]) == 0)
            return "storage.k8s.io/v1";
    return "v1";
}

static const struct kind_info *info_of(const char *kind)
{
    return &kind_infos[kind_find(version_of(kind), kind)];
}

static struct object *load(struct queue_world *world, const char *kind, const struct value *object)
{
    struct value *copy = value_copy(object);
    value_put(&copy, value_new_string(version_of(kind)), "apiVersion", NULL);
    value_put(&copy, value_new_string(kind), "kind", NULL);
    if (info_of(kind)->namespaced && value_path(object, "metadata", "namespace", NULL) == NULL)
        value_put(&copy, value_new_string("default"), "metadata", "namespace", NULL);
    struct value *document = defaults_apply(copy, schema_kind(version_of(kind), kind));
    struct object *loaded = info_of(kind)->load(&world->codec, document);
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

void queue_world_set(struct queue_world *world, const char *kind, const struct value *object,
                     bool added)
{
    const struct value *meta = value_get(object, "metadata");
    const char *space =
        info_of(kind)->namespaced ? value_text(value_get(meta, "namespace"), "default") : "";
    struct object **slot = slot_of(world, kind, space, value_text(value_get(meta, "name"), ""));
    struct object *before = *slot, *loaded = load(world, kind, object);
    set_uid(loaded, object);
    *slot = loaded;
    tell(world, added ? WATCH_ADDED : WATCH_MODIFIED, loaded, added ? NULL : before);
    if (before != NULL)
        object_drop(before);
}

void queue_world_delete(struct queue_world *world, const char *kind, const char *space,
                        const char *name)
{
    struct object **slot =
        slot_of(world, kind, info_of(kind)->namespaced && *space == '\0' ? "default" : space, name);
    struct object *last = *slot;
    *slot = NULL;
    tell(world, WATCH_DELETED, last, last);
    object_drop(last);
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
    scheduling_queue_each(world->view.queue, place, list_pod, &list);
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

struct value *queue_world_state(const struct queue_world *world)
{
    struct pod_list active = pods_in(world, WAITING_ACTIVE);
    struct pod_list backoff = pods_in(world, WAITING_BACKOFF);
    struct pod_list errors = pods_in(world, WAITING_ERROR_BACKOFF);
    struct pod_list pool = pods_in(world, WAITING_POOL);
    const struct pod_list flying = pods_in(world, WAITING_IN_FLIGHT);
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
    value_set(state, "inFlight", keys_of(&flying, "pod ", true, true));
    value_set(state, "nextPop", next_pop(value_get(state, "active"), value_get(state, "backoff")));
    value_set(state, "schedulingCycle", value_new_int(world->pops));
    return state;
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

static struct value *plugin_names(const struct waiting_pod *waiting)
{
    struct value *names = value_new_list();
    for (size_t i = 0; i < waiting->profile->plugin_count; i++)
        if (waiting->rejecting >> i & 1)
            value_add(names, value_new_string(waiting->profile->plugins[i].plugin->name));
    if (names->count > 0)
        qsort(names->items, names->count, sizeof *names->items, by_text);
    return names;
}

static struct value *pod_record(const struct queue_world *world, const struct waiting_pod *waiting)
{
    struct value *record = value_new_map(), *plugins = plugin_names(waiting);
    value_set(record, "queue", value_new_string(place_name(waiting)));
    set_time(world, record, "queuedAt", waiting->queued_at);
    value_set(record, "priority", value_new_int(waiting->pod->spec->priority));
    value_set(record, "attempts", value_new_int(waiting->attempts));
    value_set(record, "unschedulableCount", value_new_int(waiting->rejections));
    value_set(record, "consecutiveErrors", value_new_int(waiting->consecutive_errors));
    if (waiting->place != WAITING_IN_FLIGHT)
        set_time(world, record, "backoffUntil", waiting->backoff_until);
    set_time(world, record, "initialAttempt", waiting->first_attempt);
    if (plugins->count > 0)
        value_set(record, "plugins", plugins);
    else
        value_drop(plugins);
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

static void nothing_to_do(void *subject)
{
    (void)subject;
}

void queue_world_open(struct queue_world *world, sim_time start)
{
    struct error_list errors = { 0 };
    *world = (struct queue_world){ .run = run_new(1),
                                   .start = start,
                                   .objects = value_new_map(),
                                   .incoming = value_new_map(),
                                   .events = value_new_list() };
    run_until(world->run, start);
    world->codec = (struct codec){ .texts = world->run->texts,
                                   .specs = pod_specs_new(world->run->texts),
                                   .clock = world->run->queue };
    world->configuration = scheduler_configuration_load(world->run->texts, NULL, &errors);
    world->view = (struct scheduler_view){
        .configuration = world->configuration,
        .snapshot = snapshot_new(world->run->texts, NULL),
        .queue = scheduling_queue_new(world->run, world->configuration, nothing_to_do, NULL),
    };
    scheduling_queue_observe(world->view.queue,
                             (struct queue_observer){ world, note_event, note_incoming });
}

void queue_world_close(struct queue_world *world)
{
    scheduling_queue_free(world->view.queue);
    snapshot_free(world->view.snapshot);
    scheduler_configuration_free(world->configuration);
    for (size_t i = 0; i < world->version_count; i++)
        if (world->versions[i] != NULL)
            object_drop(world->versions[i]);
    free(world->versions);
    value_drop(world->objects);
    value_drop(world->incoming);
    value_drop(world->events);
    pod_specs_free(world->codec.specs);
    run_free(world->run);
}
