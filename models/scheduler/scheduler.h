/* kube-scheduler: pops a pod, finds a node, assumes, binds; puts back what does not fit, and makes
 * room for it where pods of lower priority can give way.
 *
 * One attempt at a time, each taking the time its model says; bindings and evictions run beside
 * the next attempts and share the client's rate limit. Ties between nodes are free choices
 * of the run (purposes "node", "preemption-node", "preemption-offset"). Follows
 * pkg/scheduler/schedule_one.go, eventhandlers.go and framework/preemption of the release named in
 * docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_SCHEDULER_H
#define MODELS_SCHEDULER_SCHEDULER_H

#include "models/cluster/cluster.h"
#include "models/scheduler/event_handlers.h"

extern const struct component scheduler_component;

struct scheduler; /* the state of the component */

/* How attempts went so far, as scheduler_schedule_attempts_total counts them. */
struct scheduler_attempts {
    uint64_t scheduled, unschedulable, error;
};
struct scheduler_attempts scheduler_attempts(const struct scheduler *scheduler);
/* How many pods wait, as scheduler_pending_pods counts them. O(pods in the pool). */
struct scheduler_pending {
    size_t active, backoff, unschedulable, gated;
};
struct scheduler_pending scheduler_pending(const struct scheduler *scheduler);

/* --- for those who drive the scheduler themselves: recorded sequences ----------------------- */

/* An API call of the scheduler, told before it is made. */
struct scheduler_call {
    const char *verb; /* "bind", "patchStatus", "deletePod" */
    const struct pod *pod;
    const struct text *node;    /* of a bind */
    enum nomination nomination; /* of a patch: what becomes of status.nominatedNodeName */
    const struct text *nominated;
    const char *condition, *reason; /* of a patch: NULL: none */
};
struct scheduler_observer {
    void *self;
    void (*call)(void *self, const struct scheduler_call *call);
};

/* Nothing is tried unless scheduler_attempt() is called, and nothing takes time. */
void scheduler_drive(struct scheduler *scheduler, struct scheduler_observer observer);
struct scheduler_view *scheduler_view_of(struct scheduler *scheduler);
/* One attempt: the pod that was popped (one reference), or NULL. */
const struct pod *scheduler_attempt(struct scheduler *scheduler);
/* Whether the API calls of the next preemptions are held back, until they are made. */
void scheduler_hold_evictions(struct scheduler *scheduler, bool hold);
void scheduler_release_evictions(struct scheduler *scheduler);

#endif
