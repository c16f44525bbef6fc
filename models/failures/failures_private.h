/* What the files of failures share: entries read from a scenario. */
#ifndef MODELS_FAILURES_FAILURES_PRIVATE_H
#define MODELS_FAILURES_FAILURES_PRIVATE_H

#include "models/failures/failure.h"
#include "models/failures/failure_trace.h"

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

#endif
