/* Shared by scheduler.c, which tries pods, and binding_cycle.c, which binds them. */
#ifndef MODELS_SCHEDULER_SCHEDULER_PRIVATE_H
#define MODELS_SCHEDULER_SCHEDULER_PRIVATE_H

#include "models/scheduler/decision.h"
#include "models/scheduler/event_handlers.h"
#include "models/scheduler/scheduler.h"

struct binding;

struct scheduler {
    struct cluster *cluster;
    struct client client;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct template_cache *templates;
    struct scheduling_queue *queue;
    struct scheduler_view view; /* the same, for the event handlers */
    struct stream cycle_stream; /* how long attempts take */
    size_t next_start;          /* where the next search begins */
    event_id next_attempt;      /* planned, when it is not 0 */
    struct decision decision;   /* memory of the last one */

    /* The attempt that goes on. What was decided at its beginning takes effect at its end. */
    struct waiting_pod *trying;
    const struct text *chosen; /* held: the node; NULL: none will do */
    char *message;             /* owned: why none will do */
    uint64_t rejecting;        /* the plugins that say so */
    const char *reason;        /* of the condition */

    struct binding *bindings; /* owned: those that wait, or are to be undone */
};

/* An Event FailedScheduling, its note cut. */
void scheduler_report(struct scheduler *scheduler, const struct pod *pod, const char *message);
/* The condition PodScheduled=False, unless it says so already. */
void scheduler_write_condition(struct scheduler *scheduler, const struct pod *pod,
                               const char *reason, const char *message);
/* Stop the run when an extender cannot be relied on any more. */
void scheduler_stop_if_broken(const struct scheduler *scheduler);

/* Reserve, PreBind and Bind: the pod counts on the node from now on, and is bound, at once or when
 * its PreBind plugins have nothing to wait for. The queue is done with it. */
void binding_begin(struct scheduler *scheduler, struct waiting_pod *waiting,
                   const struct text *node);
/* Forget the bindings that have not ended. */
void bindings_free(struct scheduler *scheduler);

#endif
