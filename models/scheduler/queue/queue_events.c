/* What wakes pods, and what is kept for those that are being tried.
 *
 * Follows isPodWorthRequeuing and moveAllToActiveOrBackoffQueue of scheduling_queue.go, and
 * active_queue.go, of the release named in docs/fidelity.md. */
#include "models/scheduler/queue/scheduling_queue_private.h"

/* --- in flight --------------------------------------------------------------------------- */

static void append_flight(struct scheduling_queue *queue, struct in_flight *entry)
{
    entry->previous = queue->newest;
    *(queue->newest ? &queue->newest->next : &queue->oldest) = entry;
    queue->newest = entry;
}

void queue_begin_flight(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    struct in_flight *entry = pool_take(&queue->flights);
    entry->pod = waiting;
    waiting->flight = entry;
    append_flight(queue, entry);
}

static const struct object *hold_if(const struct object *object)
{
    return object != NULL ? object_hold(object) : NULL;
}

void queue_keep_event(struct scheduling_queue *queue, const struct cluster_event *event)
{
    struct in_flight *entry = pool_take(&queue->flights);
    entry->event = *event;
    hold_if(event->before);
    hold_if(event->after);
    append_flight(queue, entry);
}

/* Kept for one pod alone. */
void queue_keep_activation(struct scheduling_queue *queue, const struct waiting_pod *waiting)
{
    struct in_flight *entry = pool_take(&queue->flights);
    entry->event = (struct cluster_event){ .label = "ForceActivate", .wildcard = true };
    entry->only = waiting->pod->meta.uid;
    append_flight(queue, entry);
}

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
void queue_end_flight(struct scheduling_queue *queue, struct waiting_pod *waiting)
{
    unlink_flight(queue, waiting->flight);
    waiting->flight = NULL;
    while (queue->oldest != NULL && queue->oldest->pod == NULL)
        unlink_flight(queue, queue->oldest);
}

static bool concerns(const struct in_flight *entry, const struct waiting_pod *waiting)
{
    const struct uid everybody = { 0, 0 };
    return entry->pod == NULL &&
           (uid_equal(entry->only, everybody) || uid_equal(entry->only, waiting->pod->meta.uid));
}

/* Did something useful happen since the pod was popped? */
enum worth queue_missed(const struct waiting_pod *waiting)
{
    enum worth most = WORTH_NOTHING;
    for (const struct in_flight *entry = waiting->flight->next;
         entry != NULL && most != WORTH_AT_ONCE; entry = entry->next) {
        const enum worth worth = concerns(entry, waiting)
                                     ? queue_worth_requeuing(waiting, &entry->event)
                                     : WORTH_NOTHING;
        most = worth > most ? worth : most;
    }
    return most;
}

void queue_close_flights(struct scheduling_queue *queue,
                         void (*release)(struct scheduling_queue *queue,
                                         struct waiting_pod *waiting))
{
    while (queue->oldest != NULL) {
        struct waiting_pod *waiting = queue->oldest->pod;
        unlink_flight(queue, queue->oldest);
        if (waiting != NULL)
            release(queue, waiting);
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

/* Is the pod worth trying again? A plugin that only waits for something of its own to happen has no
 * reason to back off. */
enum worth queue_worth_requeuing(const struct waiting_pod *waiting,
                                 const struct cluster_event *event)
{
    const uint64_t rejectors = waiting->rejecting | waiting->pending;
    enum worth most = WORTH_NOTHING;
    if (rejectors == 0 || event->wildcard || (rejectors & REJECTED_BY_EXTENDERS))
        return WORTH_AFTER_BACKOFF;
    for (uint64_t bits = rejectors; bits != 0; bits &= bits - 1) {
        const int plugin = __builtin_ctzll(bits);
        if (!plugin_wants(&waiting->profile->plugins[plugin], event, waiting->pod))
            continue;
        if (waiting->pending >> plugin & 1)
            return WORTH_AT_ONCE;
        most = WORTH_AFTER_BACKOFF;
    }
    return most;
}

bool queue_of_interest(const struct scheduling_queue *queue, const struct cluster_event *event)
{
    const struct scheduler_configuration *configuration = queue->configuration;
    for (size_t i = 0; i < configuration->profile_count; i++)
        if (configuration->profiles[i]->extenders != NULL)
            return true;
    for (size_t i = 0; i < configuration->profile_count; i++)
        for (size_t j = 0; j < configuration->profiles[i]->plugin_count; j++)
            if (plugin_wants(&configuration->profiles[i]->plugins[j], event, NULL))
                return true;
    return false;
}

void queue_tell_event(const struct scheduling_queue *queue, const struct cluster_event *event,
                      const struct waiting_pod *only)
{
    if (queue->observer.event != NULL)
        queue->observer.event(queue->observer.self, event, only);
}

/* A gated pod hears only what its gate-keeper registered. */
static void try_event(struct scheduling_queue *queue, struct waiting_pod *waiting,
                      const struct cluster_event *event, struct cause cause)
{
    if (event->bounded && waiting->pod->spec->priority > event->priority)
        return;
    if (waiting->gated_by >= 0 &&
        !plugin_wants(&waiting->profile->plugins[waiting->gated_by], event, NULL))
        return;
    const enum worth worth = queue_worth_requeuing(waiting, event);
    if (worth == WORTH_NOTHING)
        return;
    waiting->cause = cause;
    queue_leave(queue, waiting);
    queue_requeue(queue, waiting, event->label, worth);
}

void scheduling_queue_event(struct scheduling_queue *queue, const struct cluster_event *event,
                            struct cause cause)
{
    size_t left = queue->counts[WAITING_POOL];
    queue_tell_event(queue, event, NULL);
    if ((left == 0 && queue->oldest == NULL) || !queue_of_interest(queue, event))
        return;
    for (struct waiting_pod *waiting = queue->pool_first, *next; left-- > 0; waiting = next) {
        next = waiting->next;
        try_event(queue, waiting, event, cause);
    }
    if (queue->oldest != NULL)
        queue_keep_event(queue, event);
}
