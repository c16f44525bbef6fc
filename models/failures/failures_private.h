/* What the files of failures share: entries read from a scenario. */
#ifndef MODELS_FAILURES_FAILURES_PRIVATE_H
#define MODELS_FAILURES_FAILURES_PRIVATE_H

#include "models/failures/failure.h"
#include "models/api/node.h"
#include "models/failures/failure_trace.h"
#include "models/failures/machines.h"

/* How a strike spreads to other targets of its entry. */
struct spread {
    const char *to;     /* borrowed: the label that nodes share; NULL: it does not spread */
    double probability; /* for each of the others */
    struct distribution *within; /* owned: how much later */
};

/* One entry of a scenario. */
struct failure_plan {
    const struct failure *failure;
    enum failure_targets targets; /* what they are in this entry */
    const char *target_field;     /* of TARGET_NAMED */
    struct spread spread;
    void *memory;        /* the kind's own: see failure.forget */
    struct value *entry; /* held: the options */
    const char *name;    /* borrowed from the entry; NULL: none */
    bool enabled;        /* it may happen */
    bool shared_luck;    /* all targets have the same: they fail and are mended together */
    uint64_t branch;     /* tells the luck of entries of one kind apart */
    sim_time *at;        /* owned; the given times, in order */

    size_t at_count;
    struct failure_trace trace; /* recorded; its rows may be none */
    struct distribution *every; /* owned; NULL: given times only */
    struct distribution *lasts; /* owned; NULL: for ever */
};

/* The failure of a kind's name, or NULL with the error (and the nearest name). */
const struct failure *failure_find(const char *name, struct place at, struct error *error);

/* Read an entry, appending faults; false when there was one. Release with failure_plan_close(). */
bool failure_plan_read(struct failure_plan *plan, const struct value *entry,
                       struct error_list *faults);
void failure_plan_close(struct failure_plan *plan);

/* Strike a target of an entry now, unless it is struck; what follows from it has this cause. */
struct cause failures_strike_planned(struct failures *failures, struct failure_plan *plan,
                                     const char *target);
/* A blow to write with, because of a cause. */
struct blow failures_blow(struct failures *failures, const struct failure_plan *plan,
                          const char *target, struct cause cause);

/* Does the entry mean a node, zone or group of this name? */
bool failure_plan_means(const struct failure_plan *plan, const char *name);

/* One target of one plan, or of a failure done by hand. */
struct target {
    struct failures *failures;
    struct target *next;
    const struct failure *failure;
    const struct failure_plan *plan; /* NULL: by hand */
    const struct text *name;         /* held */
    struct stream health, repair;
    uint64_t strikes;
    bool struck;
    event_id due, step;     /* of the next turn; of failure.next, while it is struck */
    struct follow *follows; /* what others' failures may lead to here; in order of time */
    sim_time recorded;      /* how long the next failure lasts by the trace; -1: it is not of it */
    sim_time since, ends;   /* its present time of health or failure; ends: as drawn */
    bool caught;            /* it is being struck because another of its entry was */
    struct cause cause;     /* the root of the last strike */
    void *memory;           /* of the strike, until it is mended */
};

/* A target that may be struck because others were. */
struct follow {
    struct follow *next;
    struct target *target;
    event_id due;
    struct cause cause;
    double uniform; /* it is if this is below the probability */
};

/* All failures of a cluster. */
struct failures {
    struct cluster *cluster;
    struct client client;
    struct failure_plan **plans; /* owned */
    size_t plan_count, plan_capacity;
    struct target *targets, **end; /* in the order in which they were found */
    struct machine_holds holds;
    struct luck_holder luck;
    uint64_t last_number; /* of failures_number() */
    bool over;            /* nodes that join are safe */
};

/* --- failure_target.c: one target, struck and mended -------------------------------------- */

/* What the targets of a kind are that is done by hand. */
static inline enum failure_targets failure_by_hand(const struct failure *failure)
{
    return failure->targets == TARGET_AS_SAID ? TARGET_NODES : failure->targets;
}

/* The value of a node's label; NULL: it has none. */
const char *node_group(const struct node *node, const char *label);

/* Strike it now, as the beginning of a chain of causes. */
void target_strike(struct target *target);
/* Mend what was struck. */
void target_mend(struct target *target);
/* Wait for what is to happen to it next. */
void target_wait(struct target *target, sim_time now);
/* Forget what may follow for it from others. */
void target_forget(struct target *target);
/* Other luck from now on: what is left of the present time is drawn anew, given that it is not over. What
 * is due at this very moment stays. */
void target_reseed(struct target *target, uint64_t salt);

#endif
