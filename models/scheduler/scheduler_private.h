/* The inside of the scheduler: shared by its files.
 *
 * scheduler.c has the attempts and the component, scheduler_failure.c what becomes of pods that
 * found no node, binding_cycle.c what follows once one is chosen, scheduler_preemption.c
 * the API calls that make room. */
#ifndef MODELS_SCHEDULER_SCHEDULER_PRIVATE_H
#define MODELS_SCHEDULER_SCHEDULER_PRIVATE_H

#include "models/cluster/leadership.h"
#include "models/scheduler/decision/assume.h"
#include "models/scheduler/decision/decision.h"
#include "models/scheduler/event_handlers.h"
#include "models/scheduler/permits.h"
#include "models/scheduler/decision/post_filter.h"
#include "models/scheduler/scheduler.h"

/* What an attempt that found no node leads to. */
struct attempt_failure {
    struct rejectors rejected;
    const char *reason; /* of the condition PodScheduled */
    char *message;      /* owned */
    enum nomination nomination;
    const struct text *node;    /* held: of NOMINATION_SET */
    const struct pod **victims; /* owned, each held: who has to make room there, and is not being
                                 * deleted already */
    size_t victim_count;
};
void attempt_failure_close(struct attempt_failure *failure);

struct scheduler {
    struct cluster *cluster;
    struct client client;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct template_cache *templates;
    struct scheduling_queue *queue;
    struct nominator *nominator; /* the queue's */
    struct scheduler_view view;  /* the same, for the event handlers */
    struct stream cycle_stream;  /* how long attempts take */
    struct luck_holder luck;     /* of that */
    size_t next_start;           /* where the next search begins */
    struct leadership leadership;
    event_id next_attempt;    /* planned, when it is not 0 */
    sim_time free_at;         /* when the condition of the last failed pod is written: the real
                                  * scheduler waits for that call, and so for its client's limit */
    struct decision decision; /* memory of the last one */

    /* The attempt that goes on. What was decided at its beginning takes effect at its end. */
    struct waiting_pod *trying;
    const struct text *chosen;      /* held: the node; NULL: none will do */
    struct attempt_failure failure; /* of an attempt that found none */

    struct scheduler_attempts attempts;              /* how those before went */
    struct permits permits;                          /* what is being bound */
    struct eviction *first_eviction, *last_eviction; /* whose calls are not done yet */
    bool manual, holds_evictions;
    struct scheduler_observer observer;
};

/* An extender that hangs, crashes or talks nonsense ends the run: what it would have decided, nobody
 * knows. */
void scheduler_stop_if_broken(const struct scheduler *scheduler);

/* Tell the observer of an API call. */
void scheduler_tell(const struct scheduler *scheduler, struct scheduler_call call);

/* --- scheduler_failure.c ------------------------------------------------------------------ */

/* Count the attempt, say FailedScheduling; and the condition. */
void scheduler_report(struct scheduler *scheduler, const struct pod *pod,
                      const struct attempt_failure *failure);
void scheduler_patch_status(struct scheduler *scheduler, const struct pod *pod,
                            const struct attempt_failure *failure);
/* The pod goes back to the queue, if it is still there and still without a node. Returns when that
 * has been written. */
sim_time scheduler_fail(struct scheduler *scheduler, struct waiting_pod *waiting,
                        const struct attempt_failure *failure);

/* --- binding_cycle.c ------------------------------------------------------------------ */

/* A node is chosen: Reserve, Permit, then the binding cycle beside the next attempts. */
void scheduler_assume(struct scheduler *scheduler, struct waiting_pod *waiting,
                      const struct text *node);
void scheduler_close_bindings(struct scheduler *scheduler);

/* --- scheduler_preemption.c ---------------------------------------------------------------- */

/* The victims go, beside the next attempts; until the calls are done the pod is kept out. */
void scheduler_preempt(struct scheduler *scheduler, const struct pod *pod, struct cause cause,
                       const struct attempt_failure *failure);
void scheduler_close_evictions(struct scheduler *scheduler);

#endif
