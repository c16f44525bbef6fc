/* Where pending pods go, one after the other in the order in which the scheduler's queue pops them. */
#ifndef TOOLS_SCHEDULE_PLACEMENT_H
#define TOOLS_SCHEDULE_PLACEMENT_H

#include "models/scheduler/trial/trial.h"

enum placement_result {
    PLACEMENT_SCHEDULED,
    PLACEMENT_UNSCHEDULABLE,
    PLACEMENT_GATED,   /* a PreEnqueue plugin keeps it out */
    PLACEMENT_IGNORED, /* no profile is responsible */
    PLACEMENT_FAILED   /* the attempt ended with an error */
};

/* What became of one pod. */
struct placement {
    const struct pod *pod; /* held: as it waited */
    enum placement_result result;
    const struct text *node;      /* held; of PLACEMENT_SCHEDULED */
    int64_t score;                /* of the node; 0 when it was the only one */
    size_t feasible, evaluated;   /* nodes */
    size_t ties;                  /* nodes that have that score */
    const struct text *runner_up; /* held: the best of the other nodes; NULL: none */
    int64_t runner_up_score;
    char *message;             /* owned: why it has no node; NULL: it has one */
    struct value *preemption;  /* owned: what PostFilter found, of the first attempt; or NULL */
    struct value *explanation; /* owned; NULL: nobody asked */
};

struct placements {
    struct placement *items; /* owned: in the order of the queue */
    size_t count;
};

struct placement_options {
    bool plainly;                 /* --scheduler=reference */
    bool explains_all;            /* every pod is explained */
    const char *const *explained; /* otherwise these: "name" or "namespace/name" */
    size_t explained_count;
};

/* Is this the pod that a user calls so? */
bool placement_is_named(const struct pod *pod, const char *name);

/* Place every pending pod of the trial: of the best nodes, on the one that joined first. A pod that
 * preempts is tried once more when its victims are gone. Release with placements_close(). */
struct placements placements_make(struct trial *trial, const struct placement_options *options);
void placements_close(struct placements *placements);

#endif
