/* The queue's states and what moves pods between them; see scheduling_queue.h. */
#include "models/scheduler/scheduling_queue.h"

#include <assert.h>
#include <stdlib.h>

enum { PLACES = WAITING_POOL + 1 };

static const sim_time pool_limit = 5 * SIM_MINUTE, pool_period = 30 * SIM_SECOND;

/* Before everything else at an instant: the loops look, then the world goes on. */
enum { PRIORITY_FLUSH = PRIORITY_WATCH - 1 };

/* What is in flight, oldest first: pods, and the events that came while one of them was. */
struct in_flight {
    struct in_flight *previous, *next;
    struct waiting_pod *pod;    /* NULL: an event */
    struct cluster_event event; /* its objects are held */
};

struct scheduling_queue {
    struct run *run;
    const struct scheduler_configuration *configuration;
    void (*ready)(void *subject);
    void *subject;
    sim_time started;
    uint64_t stamps;
    struct table by_name;
    struct pool pods, flights;
    struct waiting_heap heaps[PLACES]; /* of the active and the two back-off places */
    struct waiting_pod *pool_first, *pool_last;
    struct in_flight *oldest, *newest;
    size_t counts[PLACES];
    struct flush {
        event_id event;
        sim_time at;
    } backoff_flush, pool_flush; /* planned for what is due first, if anything is */
};

/* --- orders ----------------------------------------------------------------------------- */

static bool queued_before(const struct waiting_pod *a, const struct waiting_pod *b)
{
    return a->queued_at != b->queued_at ? a->queued_at < b->queued_at : a->stamp < b->stamp;
}

/* QueueSort is the same plugin in every profile; without one, by time alone. */
static int compare_pods(const struct waiting_pod *a, const struct waiting_pod *b)
{
    const struct point *sort = &a->profile->points[POINT_QUEUE_SORT];
    if (sort->count == 0)
        return 0;
    return a->profile->plugins[sort->items[0].plugin].plugin->compare(a->pod, b->pod);
}

static bool active_before(const struct waiting_pod *a, const struct waiting_pod *b)
{
    const int order = compare_pods(a, b);
    return order != 0 ? order < 0 : queued_before(a, b);
}

static bool backoff_before(const struct waiting_pod *a, const struct waiting_pod *b)
{
    return a->backoff_until != b->backoff_until ? a->backoff_until < b->backoff_until
                                                : active_before(a, b);
}

/* --- places ------------------------------------------------------------------------------ */

static void leave(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    queue->counts[waiting->place]--;
    if (waiting->place == WAITING_POOL) {
        *(waiting->previous ? &waiting->previous->next : &queue->pool_first) = waiting->next;
        *(waiting->next ? &waiting->next->previous : &queue->pool_last) = waiting->previous;
    } else if (waiting->place != WAITING_IN_FLIGHT) {
        waiting_heap_remove(&queue->heaps[waiting->place], waiting);
    }
}

static void enter(struct scheduling_queue *queue, struct waiting_pod *waiting,
                  enum waiting_place place)
{
    queue->counts[place]++;
    waiting->place = place;
    if (place == WAITING_POOL) {
        waiting->next = NULL;
        waiting->previous = queue->pool_last;
        *(queue->pool_last ? &queue->pool_last->next : &queue->pool_first) = waiting;
        queue->pool_last = waiting;
    } else if (place != WAITING_IN_FLIGHT) {
        waiting_heap_add(&queue->heaps[place], waiting);
    }
}

/* --- pods -------------------------------------------------------------------------------- */

static uint64_t name_hash(const struct text *space, const struct text *name)
{
    return object_key_hash((struct object_key){ .kind = KIND_POD, .space = space, .name = name });
}

static struct waiting_pod *find(const struct scheduling_queue *queue, const struct text *space,
                                const struct text *name)
{
    struct table_node *found = table_first(&queue->by_name, name_hash(space, name));
    for (; found != NULL; found = table_again(found)) {
        struct waiting_pod *waiting = (struct waiting_pod *)found;
        const struct object *object = &waiting->pod->meta.object;
        if (object->name == name && object->space == space)
            return waiting;
    }
    return NULL;
}

static struct waiting_pod *find_pod(const struct scheduling_queue *queue, const struct pod *pod)
{
    return find(queue, pod->meta.object.space, pod->meta.object.name);
}

const struct waiting_pod *scheduling_queue_find(const struct scheduling_queue *queue,
                                                const struct text *space, const struct text *name)
{
    return find(queue, space, name);
}

size_t scheduling_queue_length(const struct scheduling_queue *queue, enum waiting_place place)
{
    return queue->counts[place];
}

static void stamp(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    waiting->queued_at = run_now(queue->run);
    waiting->stamp = ++queue->stamps;
}

static struct waiting_pod *new_waiting(struct scheduling_queue *queue, const struct pod *pod,
                                       const struct profile *profile, struct cause cause)
{
    struct waiting_pod *waiting = pool_take(&queue->pods);
    waiting->pod = pod_of(object_hold(&pod->meta.object));
    waiting->profile = profile;
    waiting->cause = cause;
    waiting->gated_by = -1;
    waiting->first_attempt = waiting->backoff_until = waiting->flushed_at = -1;
    stamp(queue, waiting);
    table_add(&queue->by_name, &waiting->by_name,
              name_hash(pod->meta.object.space, pod->meta.object.name));
    return waiting;
}

static void release(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    if (!waiting->gone)
        table_remove(&queue->by_name, &waiting->by_name);
    object_drop(&waiting->pod->meta.object);
    pool_give(&queue->pods, waiting);
}

static void set_version(struct waiting_pod *waiting, const struct pod *pod)
{
    const struct pod *before = waiting->pod;
    waiting->pod = pod_of(object_hold(&pod->meta.object));
    object_drop(&before->meta.object);
}

/* --- flushes, computed -------------------------------------------------------------------- */

static sim_time whole_second(sim_time at)
{
    return at - at % SIM_SECOND;
}

static void flush_backoff(void *subject, sim_time now);
static void flush_pool(void *subject, sim_time now);

static void plan_flush(struct scheduling_queue *queue, struct flush *flush, sim_time at,
                       event_fn *act)
{
    if (flush->event != 0 && flush->at <= at)
        return;
    run_cancel(queue->run, &flush->event);
    flush->event = run_at(queue->run, at, PRIORITY_FLUSH, act, queue);
    flush->at = at;
}

/* The loop looks at every whole second and takes those whose back-off ended before it: as ends
 * are whole seconds, one second after the end. */
static void plan_backoff_flush(struct scheduling_queue *queue, const struct waiting_pod *waiting)
{
    if (waiting == NULL)
        return;
    const sim_time next = whole_second(run_now(queue->run)) + SIM_SECOND;
    const sim_time due = waiting->backoff_until + SIM_SECOND;
    plan_flush(queue, &queue->backoff_flush, due > next ? due : next, flush_backoff);
}

static sim_time in_pool_since(const struct waiting_pod *waiting)
{
    return waiting->flushed_at > waiting->queued_at ? waiting->flushed_at : waiting->queued_at;
}

/* The loop looks every 30 s from the start; a pod is due more than five minutes after it came. */
static void plan_pool_flush(struct scheduling_queue *queue, const struct waiting_pod *waiting)
{
    const sim_time limit = in_pool_since(waiting) + pool_limit - queue->started;
    const sim_time at = queue->started + (limit / pool_period + 1) * pool_period;
    plan_flush(queue, &queue->pool_flush, at, flush_pool);
}

/* --- moving -------------------------------------------------------------------------------- */

static void enter_pool(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    enter(queue, waiting, WAITING_POOL);
    plan_pool_flush(queue, waiting);
}

/* PreEnqueue: remembers who keeps the pod out. */
static bool may_enter(struct waiting_pod *waiting)
{
    const struct point *point = &waiting->profile->points[POINT_PRE_ENQUEUE];
    struct writer why = { 0 };
    waiting->gated_by = -1;
    for (size_t i = 0; i < point->count && waiting->gated_by < 0; i++) {
        const uint8_t plugin = point->items[i].plugin;
        if (!waiting->profile->plugins[plugin].plugin->pre_enqueue(waiting->pod, &why))
            waiting->gated_by = plugin;
    }
    writer_close(&why);
    if (waiting->gated_by < 0)
        return true;
    waiting->rejecting |= (uint64_t)1 << waiting->gated_by;
    return false;
}

static void enter_active(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    enter(queue, waiting, WAITING_ACTIVE);
    if (waiting->first_attempt < 0)
        waiting->first_attempt = run_now(queue->run);
    queue->ready(queue->subject);
}

/* A whole second of back-off is not over before the next one has begun. */
static bool still_backing_off(const struct scheduling_queue *queue,
                              const struct waiting_pod *waiting)
{
    return waiting->backoff_until >= 0 &&
           waiting->backoff_until >= whole_second(run_now(queue->run));
}

/* Into the active or a back-off queue, unless a PreEnqueue plugin keeps it out. */
static void requeue(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    if (!may_enter(waiting)) {
        enter_pool(queue, waiting);
        return;
    }
    if (!still_backing_off(queue, waiting)) {
        enter_active(queue, waiting);
        return;
    }
    enter(queue, waiting, waiting->rejecting != 0 ? WAITING_BACKOFF : WAITING_ERROR_BACKOFF);
    plan_backoff_flush(queue, waiting);
    queue->ready(queue->subject);
}

static void flush_heap(struct scheduling_queue *queue, enum waiting_place place, sim_time now)
{
    struct waiting_pod *first;
    while ((first = waiting_heap_first(&queue->heaps[place])) != NULL &&
           first->backoff_until < now) {
        leave(queue, first);
        enter_active(queue, first);
    }
}

static void flush_backoff(void *subject, sim_time now)
{
    struct scheduling_queue *queue = subject;
    queue->backoff_flush.event = 0;
    flush_heap(queue, WAITING_BACKOFF, now);
    flush_heap(queue, WAITING_ERROR_BACKOFF, now);
    plan_backoff_flush(queue, waiting_heap_first(&queue->heaps[WAITING_BACKOFF]));
    plan_backoff_flush(queue, waiting_heap_first(&queue->heaps[WAITING_ERROR_BACKOFF]));
}

static void flush_pool(void *subject, sim_time now)
{
    struct scheduling_queue *queue = subject;
    queue->pool_flush.event = 0;
    size_t left = queue->counts[WAITING_POOL]; /* gated ones come back to the end */
    for (struct waiting_pod *waiting = queue->pool_first, *next; left-- > 0; waiting = next) {
        next = waiting->next;
        if (now - in_pool_since(waiting) <= pool_limit) {
            plan_pool_flush(queue, waiting);
            continue;
        }
        waiting->flushed = true;
        waiting->flushed_at = now;
        leave(queue, waiting);
        requeue(queue, waiting);
    }
}

/* --- events -------------------------------------------------------------------------------- */

/* Does this plugin want to hear of the event, and does it find it useful for the pod? */
static bool plugin_wants(const struct profile_plugin *plugin, const struct cluster_event *event,
                         const struct pod *pod)
{
    for (const struct plugin_event *on = plugin->plugin->events; on->actions != 0; on++) {
        if (!cluster_event_matches(event, on->kind, on->actions))
            continue;
        if (pod == NULL || on->hint == NULL ||
            on->hint(plugin->args, pod, event->before, event->after))
            return true;
    }
    return false;
}

/* Is the pod worth trying again? */
static bool worth_requeuing(const struct waiting_pod *waiting, const struct cluster_event *event)
{
    if (waiting->rejecting == 0 || event->wildcard)
        return true;
    for (uint64_t bits = waiting->rejecting; bits != 0; bits &= bits - 1) {
        const int plugin = __builtin_ctzll(bits);
        if (plugin_wants(&waiting->profile->plugins[plugin], event, waiting->pod))
            return true;
    }
    return false;
}

/* Would any plugin of any profile want to hear of it? */
static bool of_interest(const struct scheduling_queue *queue, const struct cluster_event *event)
{
    const struct scheduler_configuration *configuration = queue->configuration;
    for (size_t i = 0; i < configuration->profile_count; i++)
        for (size_t j = 0; j < configuration->profiles[i]->plugin_count; j++)
            if (plugin_wants(&configuration->profiles[i]->plugins[j], event, NULL))
                return true;
    return false;
}

static const struct object *hold_if(const struct object *object)
{
    return object != NULL ? object_hold(object) : NULL;
}

static void keep_event(struct scheduling_queue *queue, const struct cluster_event *event)
{
    struct in_flight *entry = pool_take(&queue->flights);
    entry->event = *event;
    hold_if(event->before);
    hold_if(event->after);
    entry->previous = queue->newest;
    *(queue->newest ? &queue->newest->next : &queue->oldest) = entry;
    queue->newest = entry;
}

/* A gated pod hears only what its gate-keeper registered. */
static void try_event(struct scheduling_queue *queue, struct waiting_pod *waiting,
                      const struct cluster_event *event, struct cause cause)
{
    if (waiting->gated_by >= 0 &&
        !plugin_wants(&waiting->profile->plugins[waiting->gated_by], event, NULL))
        return;
    if (!worth_requeuing(waiting, event))
        return;
    waiting->cause = cause;
    leave(queue, waiting);
    requeue(queue, waiting);
}

void scheduling_queue_event(struct scheduling_queue *queue, const struct cluster_event *event,
                            struct cause cause)
{
    size_t left = queue->counts[WAITING_POOL];
    if ((left == 0 && queue->oldest == NULL) || !of_interest(queue, event))
        return;
    for (struct waiting_pod *waiting = queue->pool_first, *next; left-- > 0; waiting = next) {
        next = waiting->next;
        try_event(queue, waiting, event, cause);
    }
    if (queue->oldest != NULL)
        keep_event(queue, event);
}

/* --- in flight ------------------------------------------------------------------------------ */

static void unlink_flight(struct scheduling_queue *queue, struct in_flight *entry)
{
    *(entry->previous ? &entry->previous->next : &queue->oldest) = entry->next;
    *(entry->next ? &entry->next->previous : &queue->newest) = entry->previous;
    if (entry->event.before != NULL)
        object_drop(entry->event.before);
    if (entry->event.after != NULL)
        object_drop(entry->event.after);
    pool_give(&queue->flights, entry);
}

/* Its events are of no use to anybody who came later. */
static void end_flight(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    unlink_flight(queue, waiting->flight);
    waiting->flight = NULL;
    while (queue->oldest != NULL && queue->oldest->pod == NULL)
        unlink_flight(queue, queue->oldest);
}

struct waiting_pod *scheduling_queue_pop(struct scheduling_queue *queue)
{
    struct waiting_pod *waiting = waiting_heap_first(&queue->heaps[WAITING_ACTIVE]);
    if (waiting == NULL)
        waiting = waiting_heap_first(&queue->heaps[WAITING_BACKOFF]);
    if (waiting == NULL)
        return NULL;
    leave(queue, waiting);
    enter(queue, waiting, WAITING_IN_FLIGHT);
    waiting->attempts++;
    if (waiting->first_attempt < 0)
        waiting->first_attempt = run_now(queue->run);
    struct in_flight *entry = pool_take(&queue->flights);
    entry->pod = waiting;
    entry->previous = queue->newest;
    *(queue->newest ? &queue->newest->next : &queue->oldest) = entry;
    queue->newest = entry;
    waiting->flight = entry;
    return waiting;
}

void scheduling_queue_done(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    assert(waiting->place == WAITING_IN_FLIGHT);
    end_flight(queue, waiting);
    leave(queue, waiting);
    release(queue, waiting);
}

/* Did something useful happen since the pod was popped? */
static bool missed_something(const struct waiting_pod *waiting)
{
    for (const struct in_flight *entry = waiting->flight->next; entry != NULL; entry = entry->next)
        if (entry->pod == NULL && worth_requeuing(waiting, &entry->event))
            return true;
    return false;
}

/* min(limit, initial * 2^(failures - 1)), cut to the whole second. Errors have their own count. */
static void back_off(const struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    const struct scheduler_configuration *configuration = queue->configuration;
    const int failures =
        waiting->consecutive_errors > 0 ? waiting->consecutive_errors : waiting->rejections;
    sim_time delay = configuration->pod_initial_backoff;
    for (int i = 1; i < failures && delay < configuration->pod_max_backoff; i++)
        delay *= 2;
    if (delay > configuration->pod_max_backoff)
        delay = configuration->pod_max_backoff;
    waiting->backoff_until = whole_second(waiting->queued_at + delay);
}

static void count_failure(struct scheduling_queue *queue, struct waiting_pod *waiting,
                          uint64_t rejecting)
{
    waiting->rejecting = rejecting;
    if (rejecting == 0) {
        waiting->consecutive_errors++;
    } else {
        waiting->rejections++;
        waiting->consecutive_errors = 0;
    }
    stamp(queue, waiting);
    back_off(queue, waiting);
}

void scheduling_queue_fail(struct scheduling_queue *queue, struct waiting_pod *waiting,
                           uint64_t rejecting)
{
    assert(waiting->place == WAITING_IN_FLIGHT);
    if (waiting->gone) {
        scheduling_queue_done(queue, waiting);
        return;
    }
    count_failure(queue, waiting, rejecting);
    const bool again = rejecting == 0 || missed_something(waiting);
    end_flight(queue, waiting);
    leave(queue, waiting);
    if (again)
        requeue(queue, waiting);
    else
        enter_pool(queue, waiting);
}

void scheduling_queue_fail_binding(struct scheduling_queue *queue, const struct pod *pod,
                                   const struct profile *profile, struct cause cause,
                                   const struct waiting_pod *as_it_was)
{
    struct waiting_pod *waiting = new_waiting(queue, pod, profile, cause);
    waiting->attempts = as_it_was->attempts;
    waiting->rejections = as_it_was->rejections;
    waiting->consecutive_errors = as_it_was->consecutive_errors;
    waiting->first_attempt = as_it_was->first_attempt;
    count_failure(queue, waiting, 0);
    requeue(queue, waiting);
}

/* --- pods come, change and go ---------------------------------------------------------------- */

void scheduling_queue_add(struct scheduling_queue *queue, const struct pod *pod,
                          const struct profile *profile, struct cause cause)
{
    struct waiting_pod *waiting = new_waiting(queue, pod, profile, cause);
    requeue(queue, waiting);
}

static void update_in_pool(struct scheduling_queue *queue, struct waiting_pod *waiting,
                           const struct cluster_event *events, size_t count, struct cause cause)
{
    for (size_t i = 0; i < count; i++) {
        if (!worth_requeuing(waiting, &events[i]))
            continue;
        waiting->cause = cause;
        leave(queue, waiting);
        requeue(queue, waiting);
        return;
    }
}

void scheduling_queue_update(struct scheduling_queue *queue, const struct pod *before,
                             const struct pod *after, struct cause cause)
{
    struct waiting_pod *waiting = find_pod(queue, after);
    struct cluster_event events[CHANGE_EVENTS];
    if (waiting == NULL)
        return;
    const size_t count = pod_change_events(before, after, events);
    set_version(waiting, after);
    if (waiting->place == WAITING_POOL)
        update_in_pool(queue, waiting, events, count, cause);
    else if (waiting->place == WAITING_IN_FLIGHT)
        for (size_t i = 0; i < count; i++)
            if (of_interest(queue, &events[i]))
                keep_event(queue, &events[i]);
}

void scheduling_queue_delete(struct scheduling_queue *queue, const struct pod *pod)
{
    struct waiting_pod *waiting = find_pod(queue, pod);
    if (waiting == NULL)
        return;
    if (waiting->place == WAITING_IN_FLIGHT) {
        table_remove(&queue->by_name, &waiting->by_name);
        waiting->gone = true;
        return;
    }
    leave(queue, waiting);
    release(queue, waiting);
}

/* --- beginning and end ------------------------------------------------------------------------ */

struct scheduling_queue *scheduling_queue_new(struct run *run,
                                              const struct scheduler_configuration *configuration,
                                              void (*ready)(void *subject), void *subject)
{
    struct scheduling_queue *queue = mem_new(sizeof *queue);
    queue->run = run;
    queue->configuration = configuration;
    queue->ready = ready;
    queue->subject = subject;
    queue->started = run_now(run);
    queue->heaps[WAITING_ACTIVE].before = active_before;
    queue->heaps[WAITING_BACKOFF].before = backoff_before;
    queue->heaps[WAITING_ERROR_BACKOFF].before = backoff_before;
    table_init(&queue->by_name);
    pool_init(&queue->pods, sizeof(struct waiting_pod));
    pool_init(&queue->flights, sizeof(struct in_flight));
    return queue;
}

static void release_heap(struct scheduling_queue *queue, enum waiting_place place)
{
    struct waiting_pod *first;
    while ((first = waiting_heap_first(&queue->heaps[place])) != NULL) {
        leave(queue, first);
        release(queue, first);
    }
    waiting_heap_close(&queue->heaps[place]);
}

void scheduling_queue_free(struct scheduling_queue *queue)
{
    run_cancel(queue->run, &queue->backoff_flush.event);
    run_cancel(queue->run, &queue->pool_flush.event);
    while (queue->oldest != NULL) {
        struct waiting_pod *waiting = queue->oldest->pod;
        unlink_flight(queue, queue->oldest);
        if (waiting != NULL)
            release(queue, waiting);
    }
    release_heap(queue, WAITING_ACTIVE);
    release_heap(queue, WAITING_BACKOFF);
    release_heap(queue, WAITING_ERROR_BACKOFF);
    while (queue->pool_first != NULL) {
        struct waiting_pod *first = queue->pool_first;
        leave(queue, first);
        release(queue, first);
    }
    table_close(&queue->by_name);
    pool_close(&queue->pods);
    pool_close(&queue->flights);
    free(queue);
}
