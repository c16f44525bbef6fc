/* Where pods wait, in which order, and what the two flush loops would find.
 *
 * Follows active_queue.go, backoff_queue.go and scheduling_queue.go of pkg/scheduler/backend/queue
 * of the release named in docs/fidelity.md. */
#include "models/scheduler/queue/scheduling_queue_private.h"

static const sim_time pool_limit = 5 * SIM_MINUTE, pool_period = 30 * SIM_SECOND;

/* Before everything else at an instant: the loops look, then the world goes on. */
enum { PRIORITY_FLUSH = PRIORITY_WATCH - 1 };

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

bool waiting_pod_before(const struct waiting_pod *a, const struct waiting_pod *b)
{
    return a->place == WAITING_ACTIVE ? active_before(a, b) : backoff_before(a, b);
}

/* --- places ------------------------------------------------------------------------------ */

void queue_leave(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    queue->counts[waiting->place]--;
    if (waiting->place == WAITING_POOL) {
        *(waiting->previous ? &waiting->previous->next : &queue->pool_first) = waiting->next;
        *(waiting->next ? &waiting->next->previous : &queue->pool_last) = waiting->previous;
    } else if (waiting->place != WAITING_IN_FLIGHT) {
        waiting_heap_remove(&queue->heaps[waiting->place], waiting);
    }
}

void queue_enter(struct scheduling_queue *queue, struct waiting_pod *waiting,
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

/* --- flushes, computed -------------------------------------------------------------------- */

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

static void tell_incoming(const struct scheduling_queue *queue, const struct waiting_pod *waiting,
                          const char *why)
{
    if (queue->observer.incoming != NULL)
        queue->observer.incoming(queue->observer.self, waiting->place, why);
}

void queue_enter_pool(struct scheduling_queue *queue, struct waiting_pod *waiting, const char *why)
{
    queue_enter(queue, waiting, WAITING_POOL);
    tell_incoming(queue, waiting, why);
    plan_pool_flush(queue, waiting);
}

void queue_count_rejectors(struct scheduling_queue *queue, const struct waiting_pod *waiting,
                           uint64_t plugins, int sign)
{
    for (; plugins != 0; plugins &= plugins - 1)
        queue->waiting_for[waiting->profile->number][__builtin_ctzll(plugins)] += (size_t)sign;
}

bool queue_may_enter(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    const struct point *point = &waiting->profile->points[POINT_PRE_ENQUEUE];
    struct writer why = { 0 };
    waiting->gated_by = -1;
    for (size_t i = 0; i < point->count && waiting->gated_by < 0; i++) {
        const uint8_t plugin = point->items[i].plugin;
        if (!waiting->profile->plugins[plugin].plugin->pre_enqueue(waiting->pod, queue->nominator,
                                                                   &why))
            waiting->gated_by = plugin;
    }
    writer_close(&why);
    if (waiting->gated_by < 0)
        return true;
    const uint64_t gate = (uint64_t)1 << waiting->gated_by;
    if (!(waiting->rejecting & gate))
        queue_count_rejectors(queue, waiting, gate, 1);
    waiting->rejecting |= gate;
    return false;
}

static void enter_active(struct scheduling_queue *queue, struct waiting_pod *waiting,
                         const char *why)
{
    queue_enter(queue, waiting, WAITING_ACTIVE);
    tell_incoming(queue, waiting, why);
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
void queue_requeue(struct scheduling_queue *queue, struct waiting_pod *waiting, const char *why,
                   enum worth worth)
{
    if (!queue_may_enter(queue, waiting)) {
        queue_enter_pool(queue, waiting, why);
        return;
    }
    if (worth == WORTH_AT_ONCE || !still_backing_off(queue, waiting)) {
        enter_active(queue, waiting, why);
        return;
    }
    const bool error = (waiting->rejecting | waiting->pending) == 0;
    queue_enter(queue, waiting, error ? WAITING_ERROR_BACKOFF : WAITING_BACKOFF);
    tell_incoming(queue, waiting, why);
    plan_backoff_flush(queue, waiting);
    queue->ready(queue->subject);
}

static void flush_heap(struct scheduling_queue *queue, enum waiting_place place, sim_time now)
{
    struct waiting_pod *first;
    while ((first = waiting_heap_first(&queue->heaps[place])) != NULL &&
           first->backoff_until < now) {
        queue_leave(queue, first);
        enter_active(queue, first, "BackoffComplete");
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
        waiting->flushed_at = now;
        queue_leave(queue, waiting);
        queue_requeue(queue, waiting, "UnschedulableTimeout", WORTH_AFTER_BACKOFF);
        waiting->flushed |= waiting->gated_by < 0;
    }
}

void queue_places_init(struct scheduling_queue *queue)
{
    queue->heaps[WAITING_ACTIVE].before = active_before;
    queue->heaps[WAITING_BACKOFF].before = backoff_before;
    queue->heaps[WAITING_ERROR_BACKOFF].before = backoff_before;
}

void scheduling_queue_each_in_flight(const struct scheduling_queue *queue,
                                     void (*visit)(void *context, const struct waiting_pod *waiting,
                                                   const char *event),
                                     void *context)
{
    for (const struct in_flight *entry = queue->oldest; entry != NULL; entry = entry->next)
        visit(context, entry->pod, entry->pod == NULL ? entry->event.label : NULL);
}

void scheduling_queue_each(const struct scheduling_queue *queue, enum waiting_place place,
                           void (*visit)(void *context, const struct waiting_pod *waiting),
                           void *context)
{
    const struct waiting_heap *heap = &queue->heaps[place];
    for (size_t i = 0; i < heap->count; i++)
        visit(context, heap->items[i]);
    if (place == WAITING_POOL)
        for (const struct waiting_pod *w = queue->pool_first; w != NULL; w = w->next)
            visit(context, w);
    if (place == WAITING_IN_FLIGHT)
        for (const struct in_flight *entry = queue->oldest; entry != NULL; entry = entry->next)
            if (entry->pod != NULL)
                visit(context, entry->pod);
}
