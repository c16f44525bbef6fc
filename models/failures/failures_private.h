/* What the files of failures share: entries read from a scenario. */
#ifndef MODELS_FAILURES_FAILURES_PRIVATE_H
#define MODELS_FAILURES_FAILURES_PRIVATE_H

#include "models/failures/failure.h"

/* One entry of a scenario. */
struct failure_plan {
    const struct failure *failure;
    struct value *entry; /* held: the options */
    const char *name;    /* borrowed from the entry; NULL: none */
    uint64_t branch;     /* tells the luck of entries of one kind apart */
    sim_time *at;        /* owned; the given times, in order */
    size_t at_count;
    struct distribution *every; /* owned; NULL: given times only */
    struct distribution *lasts; /* owned; NULL: for ever */
};

/* The failure of a kind's name, or NULL with the error (and the nearest name). */
const struct failure *failure_find(const char *name, struct place at, struct error *error);

/* Read an entry, appending faults; false when there was one. Release with failure_plan_close(). */
bool failure_plan_read(struct failure_plan *plan, const struct value *entry,
                       struct error_list *faults);
void failure_plan_close(struct failure_plan *plan);

/* Does the entry mean a node or zone of this name? */
bool failure_plan_means(const struct failure_plan *plan, const char *name);

#endif
