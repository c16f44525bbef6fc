/* Pods that wait for a node: active, backing off, or unschedulable until something helps.
 *
 * A pod that failed comes back by an event that one of the plugins that rejected it finds
 * useful, after its back-off, or after five minutes. Nothing ticks: the two loops of the
 * real queue, which look every second and every 30 seconds, are computed to the instant
 * at which they would find something. Follows pkg/scheduler/backend/queue of the release
 * named in docs/fidelity.md; the recordings' README tells its rules in ten points. */
#ifndef MODELS_SCHEDULER_SCHEDULING_QUEUE_H
#define MODELS_SCHEDULER_SCHEDULING_QUEUE_H

#include "models/scheduler/queue/waiting_pod.h"
#include "sim/kernel/run.h"

struct scheduling_queue;

/* An empty queue. `ready(subject)` is called when there is something to pop. The clock of the
 * 30-second loop starts now; that of the back-off is the wall clock's whole seconds.
 * Release with scheduling_queue_free(). */
struct scheduling_queue *scheduling_queue_new(struct run *run,
                                              const struct scheduler_configuration *configuration,
                                              void (*ready)(void *subject), void *subject);
void scheduling_queue_free(struct scheduling_queue *queue);

/* A pod without a node appears, changes, or disappears. */
void scheduling_queue_add(struct scheduling_queue *queue, const struct pod *pod,
                          const struct profile *profile, struct cause cause);
void scheduling_queue_update(struct scheduling_queue *queue, const struct pod *before,
                             const struct pod *after, const struct profile *profile,
                             struct cause cause);
void scheduling_queue_delete(struct scheduling_queue *queue, const struct pod *pod);

/* The pod to try next, or NULL. It is in flight until ..._done() or ..._fail(). */
struct waiting_pod *scheduling_queue_pop(struct scheduling_queue *queue);
/* It has a node, or needs none any more. */
void scheduling_queue_done(struct scheduling_queue *queue, struct waiting_pod *waiting);
/* The attempt failed: `rejected` has the plugins that rejected the pod, none for an error. */
struct rejectors {
    uint64_t rejecting; /* bits: plugins of the profile */
    uint64_t pending;   /* those that did not know yet: what they wait for needs no back-off */
};
void scheduling_queue_fail(struct scheduling_queue *queue, struct waiting_pod *waiting,
                           struct rejectors rejected);
/* A pod that has left the queue comes back: its binding failed. */
void scheduling_queue_fail_binding(struct scheduling_queue *queue, const struct pod *pod,
                                   const struct profile *profile, struct cause cause,
                                   const struct waiting_pod *as_it_was, struct rejectors rejected);
/* Somebody wants the pod to be tried at once, whatever it waits for (PreEnqueue has its say). In
 * flight it is remembered. */
void scheduling_queue_activate(struct scheduling_queue *queue, const struct pod *pod);

/* Something happened that may help. O(pods in the pool), O(1) when there are none. */
void scheduling_queue_event(struct scheduling_queue *queue, const struct cluster_event *event,
                            struct cause cause);

/* The pods that were promised room: kept up to date by what the queue hears. */
struct nominator *scheduling_queue_nominator(struct scheduling_queue *queue);

/* Somebody who counts: hears of every event given to the queue, before it acts on it (`only`: the
 * pod whose own change it is; NULL: all are concerned), and of every pod that enters a place
 * other than in flight, with the constant that names why. Either may be NULL. */
struct queue_observer {
    void *self;
    void (*event)(void *self, const struct cluster_event *event, const struct waiting_pod *only);
    void (*incoming)(void *self, enum waiting_place place, const char *why);
};
void scheduling_queue_observe(struct scheduling_queue *queue, struct queue_observer observer);

/* Walk the pods of a place, in no particular order (the pool: as they came). */
void scheduling_queue_each(const struct scheduling_queue *queue, enum waiting_place place,
                           void (*visit)(void *context, const struct waiting_pod *waiting),
                           void *context);
/* What is in flight, oldest first: pods, and the labels of the events kept behind them. */
void scheduling_queue_each_in_flight(const struct scheduling_queue *queue,
                                     void (*visit)(void *context, const struct waiting_pod *waiting,
                                                   const char *event),
                                     void *context);
/* How many pods wait because of a plugin of the profile: scheduler_unschedulable_pods. As in the real
 * one, a pod that is deleted while it is active or backs off stays counted. */
size_t scheduling_queue_waiting_for(const struct scheduling_queue *queue,
                                    const struct profile *profile, size_t plugin);
/* Which of two pods of one place is popped first? */
bool waiting_pod_before(const struct waiting_pod *a, const struct waiting_pod *b);

/* Where a pod waits; NULL when it does not. Borrowed. */
const struct waiting_pod *scheduling_queue_find(const struct scheduling_queue *queue,
                                                const struct text *space, const struct text *name);
size_t scheduling_queue_length(const struct scheduling_queue *queue, enum waiting_place place);

#endif
