/* The queue's states and what moves pods between them; see scheduling_queue.h. */
#include "models/scheduler/queue/scheduling_queue_private.h"

#include <assert.h>
#include <stdlib.h>

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

/* --- in flight ------------------------------------------------------------------------------ */

struct waiting_pod *scheduling_queue_pop(struct scheduling_queue *queue)
{
    struct waiting_pod *waiting = waiting_heap_first(&queue->heaps[WAITING_ACTIVE]);
    if (waiting == NULL) {
        waiting = waiting_heap_first(&queue->heaps[WAITING_BACKOFF]);
        if (waiting != NULL && queue->observer.incoming != NULL)
            queue->observer.incoming(queue->observer.self, WAITING_ACTIVE, "PopFromBackoffQ");
    }
    if (waiting == NULL)
        return NULL;
    queue_leave(queue, waiting);
    queue_count_rejectors(queue, waiting, waiting->rejecting | waiting->pending, -1);
    queue_enter(queue, waiting, WAITING_IN_FLIGHT);
    waiting->attempts++;
    if (waiting->first_attempt < 0)
        waiting->first_attempt = run_now(queue->run);
    queue_begin_flight(queue, waiting);
    return waiting;
}

void scheduling_queue_done(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    assert(waiting->place == WAITING_IN_FLIGHT);
    queue_end_flight(queue, waiting);
    queue_leave(queue, waiting);
    release(queue, waiting);
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
                          struct rejectors rejected)
{
    waiting->rejecting = rejected.rejecting;
    waiting->pending = rejected.pending;
    queue_count_rejectors(queue, waiting, rejected.rejecting | rejected.pending, 1);
    if ((rejected.rejecting | rejected.pending) == 0) {
        waiting->consecutive_errors++;
    } else {
        waiting->rejections++;
        waiting->consecutive_errors = 0;
    }
    stamp(queue, waiting);
    waiting->flushed = false;
    waiting->flushed_at = -1;
    back_off(queue, waiting);
}

void scheduling_queue_fail(struct scheduling_queue *queue, struct waiting_pod *waiting,
                           struct rejectors rejected)
{
    assert(waiting->place == WAITING_IN_FLIGHT);
    if (waiting->gone) {
        scheduling_queue_done(queue, waiting);
        return;
    }
    count_failure(queue, waiting, rejected);
    const bool error = (rejected.rejecting | rejected.pending) == 0;
    const enum worth worth = error ? WORTH_AFTER_BACKOFF : queue_missed(waiting);
    queue_end_flight(queue, waiting);
    queue_leave(queue, waiting);
    if (worth != WORTH_NOTHING)
        queue_requeue(queue, waiting, "ScheduleAttemptFailure", worth);
    else
        queue_enter_pool(queue, waiting, "ScheduleAttemptFailure");
}

void scheduling_queue_fail_binding(struct scheduling_queue *queue, const struct pod *pod,
                                   const struct profile *profile, struct cause cause,
                                   const struct waiting_pod *as_it_was, struct rejectors rejected)
{
    struct waiting_pod *waiting = new_waiting(queue, pod, profile, cause);
    waiting->attempts = as_it_was->attempts;
    waiting->rejections = as_it_was->rejections;
    waiting->consecutive_errors = as_it_was->consecutive_errors;
    waiting->first_attempt = as_it_was->first_attempt;
    count_failure(queue, waiting, rejected);
    if ((rejected.rejecting | rejected.pending) == 0)
        queue_requeue(queue, waiting, "ScheduleAttemptFailure", WORTH_AFTER_BACKOFF);
    else
        queue_enter_pool(queue, waiting, "ScheduleAttemptFailure");
}

void scheduling_queue_activate(struct scheduling_queue *queue, const struct pod *pod)
{
    struct waiting_pod *waiting = find_pod(queue, pod);
    if (waiting == NULL || waiting->place == WAITING_ACTIVE ||
        waiting->place == WAITING_ERROR_BACKOFF)
        return;
    if (waiting->place == WAITING_IN_FLIGHT) {
        queue_keep_activation(queue, waiting);
        return;
    }
    if (!queue_may_enter(queue, waiting) && waiting->place == WAITING_POOL)
        return; /* it stays where it is */
    queue_leave(queue, waiting);
    queue_requeue(queue, waiting, "ForceActivate", WORTH_AT_ONCE);
}

/* --- pods come, change and go ---------------------------------------------------------------- */

/* A pod that enters the active queue for the first time is nominated as its status says; not one that
 * is kept out. */
static void enter_new(struct scheduling_queue *queue, const struct pod *pod,
                      const struct profile *profile, struct cause cause, const char *why)
{
    struct waiting_pod *waiting = new_waiting(queue, pod, profile, cause);
    queue_requeue(queue, waiting, why, WORTH_AFTER_BACKOFF);
    if (waiting->place == WAITING_ACTIVE)
        nominator_add(queue->nominator, pod, NOMINATION_UNCHANGED, NULL);
}

void scheduling_queue_add(struct scheduling_queue *queue, const struct pod *pod,
                          const struct profile *profile, struct cause cause)
{
    enter_new(queue, pod, profile, cause, "UnschedulablePodAdd");
}

static void update_in_pool(struct scheduling_queue *queue, struct waiting_pod *waiting,
                           const struct cluster_event *events, size_t count, struct cause cause)
{
    for (size_t i = 0; i < count; i++) {
        const enum worth worth = queue_worth_requeuing(waiting, &events[i]);
        if (worth == WORTH_NOTHING)
            continue;
        waiting->cause = cause;
        queue_leave(queue, waiting);
        queue_requeue(queue, waiting, events[i].label, worth);
        return;
    }
}

void scheduling_queue_update(struct scheduling_queue *queue, const struct pod *before,
                             const struct pod *after, const struct profile *profile,
                             struct cause cause)
{
    struct waiting_pod *waiting = find_pod(queue, after);
    struct cluster_event events[CHANGE_EVENTS];
    const size_t count = pod_change_events(before, after, events);
    if (waiting == NULL) {
        enter_new(queue, after, profile, cause, "UnschedulablePodUpdate");
        return;
    }
    set_version(waiting, after);
    for (size_t i = 0; i < count; i++)
        queue_tell_event(queue, &events[i], waiting);
    if (waiting->place == WAITING_IN_FLIGHT) {
        for (size_t i = 0; i < count; i++)
            if (queue_of_interest(queue, &events[i]))
                queue_keep_event(queue, &events[i]);
        return;
    }
    nominator_update(queue->nominator, before, after);
    if (waiting->place == WAITING_POOL)
        update_in_pool(queue, waiting, events, count, cause);
}

void scheduling_queue_delete(struct scheduling_queue *queue, const struct pod *pod)
{
    struct waiting_pod *waiting = find_pod(queue, pod);
    nominator_remove(queue->nominator, pod);
    if (waiting == NULL)
        return;
    if (waiting->place == WAITING_IN_FLIGHT) {
        table_remove(&queue->by_name, &waiting->by_name);
        waiting->gone = true;
        return;
    }
    if (waiting->place == WAITING_POOL)
        queue_count_rejectors(queue, waiting, waiting->rejecting | waiting->pending, -1);
    queue_leave(queue, waiting);
    release(queue, waiting);
}

size_t scheduling_queue_waiting_for(const struct scheduling_queue *queue,
                                    const struct profile *profile, size_t plugin)
{
    return queue->waiting_for[profile->number][plugin];
}

struct nominator *scheduling_queue_nominator(struct scheduling_queue *queue)
{
    return queue->nominator;
}

void scheduling_queue_observe(struct scheduling_queue *queue, struct queue_observer observer)
{
    queue->observer = observer;
}

/* --- beginning and end ------------------------------------------------------------------------ */

struct scheduling_queue *scheduling_queue_new(struct run *run,
                                              const struct scheduler_configuration *configuration,
                                              void (*ready)(void *subject), void *subject)
{
    struct scheduling_queue *queue = mem_new(sizeof *queue);
    queue->run = run;
    queue->configuration = configuration;
    queue->nominator = nominator_new();
    queue->waiting_for = mem_new(configuration->profile_count * sizeof *queue->waiting_for);
    queue->ready = ready;
    queue->subject = subject;
    queue->started = run_now(run);
    queue_places_init(queue);
    table_init(&queue->by_name);
    pool_init(&queue->pods, sizeof(struct waiting_pod));
    pool_init(&queue->flights, sizeof(struct in_flight));
    return queue;
}

static void release_heap(struct scheduling_queue *queue, enum waiting_place place)
{
    struct waiting_pod *first;
    while ((first = waiting_heap_first(&queue->heaps[place])) != NULL) {
        queue_leave(queue, first);
        release(queue, first);
    }
    waiting_heap_close(&queue->heaps[place]);
}

void scheduling_queue_free(struct scheduling_queue *queue)
{
    run_cancel(queue->run, &queue->backoff_flush.event);
    run_cancel(queue->run, &queue->pool_flush.event);
    queue_close_flights(queue, release);
    release_heap(queue, WAITING_ACTIVE);
    release_heap(queue, WAITING_BACKOFF);
    release_heap(queue, WAITING_ERROR_BACKOFF);
    while (queue->pool_first != NULL) {
        struct waiting_pod *first = queue->pool_first;
        queue_leave(queue, first);
        release(queue, first);
    }
    nominator_free(queue->nominator);
    free(queue->waiting_for);
    table_close(&queue->by_name);
    pool_close(&queue->pods);
    pool_close(&queue->flights);
    free(queue);
}
