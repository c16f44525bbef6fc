/* Somebody outside the library who has a say in every attempt: a scheduler extender behind HTTP, a
 * shared object, a process behind a pipe.
 *
 * An extender is a struct of functions that tools/ fills in; the library calls through it and
 * opens nothing itself. Extenders are asked one after the other, in the order of the
 * configuration, where pkg/scheduler/schedule_one.go of the release named in
 * docs/fidelity.md asks them: behind the filters, behind the scores, in preemption, and
 * instead of the binder. What they take of the wall clock is no virtual time. */
#ifndef MODELS_SCHEDULER_EXTENDER_H
#define MODELS_SCHEDULER_EXTENDER_H

#include "models/api/kinds.h"
#include "models/scheduler/snapshot/snapshot.h"
#include "sim/base/error.h"

/* Among the bits of plugins that rejected a pod: whom extenders rejected, any event wakes. */
#define REJECTED_BY_EXTENDERS ((uint64_t)1 << 63)

/* How a question to an extender ended. */
enum extender_reply {
    EXTENDER_ANSWERED,
    EXTENDER_REFUSED, /* it answers properly, with an error of its own: the attempt fails */
    EXTENDER_BROKEN   /* it hangs, crashes, talks nonsense: the run ends, unless it is ignorable */
};

/* What extenders are asked with. */
struct extender_call {
    const struct snapshot *snapshot;
    const struct codec *codec; /* prints objects as documents */
    const struct pod *pod;
    sim_time now;
    size_t waiting;        /* pods that have no node yet, this one included */
    const uint32_t *slots; /* the nodes in question, in the order visited */
    size_t count;
};

/* What an extender says of a node. */
struct extender_verdict {
    enum {
        EXTENDER_KEEPS,
        EXTENDER_REJECTS,      /* preemption might help */
        EXTENDER_NEVER_ACCEPTS /* it cannot: UnschedulableAndUnresolvable */
    } sort;
    const struct text *reason; /* one reference; NULL: it gave none */
};

/* A node on which preemption makes room, and whom it would cost. */
struct extender_victims {
    uint32_t slot;
    const struct pod **pods; /* owned; borrowed from the snapshot */
    size_t count;
    int64_t pdb_violations;
    bool kept; /* the extender agrees; true when it is asked */
};

/* Functions that an extender does not have are NULL. All zero verdicts and scores when asked. Errors
 * name what went wrong, not the extender. */
struct extender {
    const char *name; /* in messages: a URL, a path, a command */
    bool ignorable;   /* when it fails, everybody goes on without it */
    void *state;
    /* Is it asked about this pod at all? NULL: always. */
    bool (*is_interested)(void *state, const struct pod *pod);
    enum extender_reply (*filter)(void *state, const struct extender_call *call,
                                  struct extender_verdict *verdicts, struct error *error);
    /* What to add to the totals of the nodes, weights included. */
    enum extender_reply (*prioritize)(void *state, const struct extender_call *call,
                                      int64_t *scores, struct error *error);
    /* Whom may preemption cost? It may change victims (other pods of the node, at least one), or
     * no longer keep a node. call->slots are those of the candidates. */
    enum extender_reply (*preempt)(void *state, const struct extender_call *call,
                                   struct extender_victims *candidates, struct error *error);
    /* It is told where the pod goes and may object; the binding itself is written by us, once it
     * has agreed. */
    enum extender_reply (*bind)(void *state, const struct pod *pod, const struct text *node,
                                struct error *error);
};

/* The extenders of a run, and how it went with them. Made by whoever starts the run, outlives it.
 */
struct extenders {
    const struct extender *const *items; /* borrowed */
    size_t count;
    struct error failure; /* the first that ended the run; not set: none did */
    struct error ignored; /* the first that an ignorable one had */
    size_t ignored_count;

    /* the scheduler's */
    const struct codec *codec;
    sim_time now;
    size_t waiting;
};
/* Forget what went wrong. */
void extenders_close(struct extenders *extenders);

/* Is somebody asked behind the filters (scores) of this pod? NULL is nobody. */
bool extenders_filter_pod(const struct extenders *extenders, const struct pod *pod);
bool extenders_score_pod(const struct extenders *extenders, const struct pod *pod);

/* Behind the filters: ask everybody about slots[0..*count), which is cut down to what all of them
 * keep; `reject` hears of every node that goes. False when the attempt fails with the error. */
typedef void extender_reject(void *context, uint32_t slot, const struct extender *by,
                             const struct extender_verdict *verdict);
bool extenders_filter(struct extenders *extenders, const struct snapshot *snapshot,
                      const struct pod *pod, uint32_t *slots, size_t *count,
                      extender_reject *reject, void *context, struct error *error);

/* Behind the scores: add to the totals. `scores` has room for one number a node. */
bool extenders_prioritize(struct extenders *extenders, const struct snapshot *snapshot,
                          const struct pod *pod, const uint32_t *slots, size_t count,
                          int64_t *totals, int64_t *scores, struct error *error);

/* In preemption: candidates[0..*count) are cut down to those that everybody agrees to. */
bool extenders_preempt(struct extenders *extenders, const struct snapshot *snapshot,
                       const struct pod *pod, struct extender_victims *candidates, size_t *count,
                       struct error *error);

/* Instead of the binder's decision: ask the first extender that binds. True when there is none or
 * it agreed. */
bool extenders_bind(struct extenders *extenders, const struct pod *pod, const struct text *node,
                    struct error *error);

#endif
