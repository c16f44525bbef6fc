/* The inside of the scheduling queue: shared by its three files.
 *
 * scheduling_queue.c has what comes from outside, queue_places.c where pods wait and the
 * flushes, queue_events.c what wakes them and what is in flight. */
#ifndef MODELS_SCHEDULER_SCHEDULING_QUEUE_PRIVATE_H
#define MODELS_SCHEDULER_SCHEDULING_QUEUE_PRIVATE_H

#include "models/scheduler/queue/scheduling_queue.h"

enum { PLACES = WAITING_POOL + 1 };
enum { REJECTORS = 64 }; /* bits of a set of plugins; one stands for the extenders */

/* What is in flight, oldest first: pods, and the events that came while one of them was. */
struct in_flight {
    struct in_flight *previous, *next;
    struct waiting_pod *pod;    /* NULL: an event */
    struct cluster_event event; /* its objects are held */
    struct uid only;            /* the pod that was activated; all zero: it concerns everybody */
};

struct scheduling_queue {
    struct run *run;
    const struct scheduler_configuration *configuration;
    struct nominator *nominator; /* owned */
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
    size_t (*waiting_for)[REJECTORS]; /* by profile and bit: see ..._waiting_for() */
    struct queue_observer observer;
    struct flush {
        event_id event;
        sim_time at;
    } backoff_flush, pool_flush; /* planned for what is due first, if anything is */
};

static inline sim_time whole_second(sim_time at)
{
    return at - at % SIM_SECOND;
}

/* What an event is worth to a waiting pod. */
enum worth { WORTH_NOTHING, WORTH_AFTER_BACKOFF, WORTH_AT_ONCE };

/* --- queue_places.c ---------------------------------------------------------------------- */

/* These plugins keep one pod more (+1) or less (-1). */
void queue_count_rejectors(struct scheduling_queue *queue, const struct waiting_pod *waiting,
                           uint64_t plugins, int sign);

void queue_places_init(struct scheduling_queue *queue);

/* Leave the place where it waits, or enter one. */
void queue_leave(struct scheduling_queue *queue, struct waiting_pod *waiting);
void queue_enter(struct scheduling_queue *queue, struct waiting_pod *waiting,
                 enum waiting_place place);
/* PreEnqueue: remembers who keeps the pod out. */
bool queue_may_enter(struct scheduling_queue *queue, struct waiting_pod *waiting);
/* `why` is told to the observer. */
void queue_enter_pool(struct scheduling_queue *queue, struct waiting_pod *waiting, const char *why);
/* Into the active or a back-off queue, unless a PreEnqueue plugin keeps it out. It waits nowhere
 * when this is called. */
void queue_requeue(struct scheduling_queue *queue, struct waiting_pod *waiting, const char *why,
                   enum worth worth);

/* --- queue_events.c ---------------------------------------------------------------------- */

/* Is the pod worth trying again, because of this event? */
enum worth queue_worth_requeuing(const struct waiting_pod *waiting,
                                 const struct cluster_event *event);

/* Would any plugin of any profile want to hear of it? */
bool queue_of_interest(const struct scheduling_queue *queue, const struct cluster_event *event);

void queue_tell_event(const struct scheduling_queue *queue, const struct cluster_event *event,
                      const struct waiting_pod *only);

/* The list of what is in flight. */
void queue_begin_flight(struct scheduling_queue *queue, struct waiting_pod *waiting);
void queue_end_flight(struct scheduling_queue *queue, struct waiting_pod *waiting);
void queue_keep_event(struct scheduling_queue *queue, const struct cluster_event *event);
void queue_keep_activation(struct scheduling_queue *queue, const struct waiting_pod *waiting);
/* Did something useful happen since the pod was popped? */
enum worth queue_missed(const struct waiting_pod *waiting);
/* Forget everything in flight; the pods are given to `release`. */
void queue_close_flights(struct scheduling_queue *queue,
                         void (*release)(struct scheduling_queue *queue,
                                         struct waiting_pod *waiting));

#endif
