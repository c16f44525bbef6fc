/* Importance splitting of a scenario: how large the unavailability of a workload is that is hardly ever down.
 *
 *     {level: workloads[deployment/web].missing, thresholds: [1, 2], copies: [10, 30]}
 *
 * The level is `missing` (replicas wanted less those ready) or `ready` of a row of the summary's `workloads` or
 * `services`; with `ready` thresholds descend. What is estimated is the share of the time in which
 * the same row has no replica ready. See sim/experiment/splitting.h for what is done. */
#ifndef TOOLS_EXPERIMENT_SPLIT_H
#define TOOLS_EXPERIMENT_SPLIT_H

#include "models/cluster/shape.h"
#include "models/cluster/simulation.h"
#include "sim/experiment/splitting.h"

extern const struct shape split_shape; /* of the document above */

/* All zero is none. */
struct split_plan {
    char *list, *row, *name,
        *space;     /* owned: "workloads", the row's path, its name; space NULL: any */
    enum kind kind; /* of the row */
    bool descends;  /* the level is `ready` */
    struct splitting splitting;
};

/* Read the document above; each fault is appended, and false returned when there was one. `space` is that of
 * the row, NULL for any. Close the plan in either case. */
bool split_plan_read(struct split_plan *plan, const struct value *from, const char *space,
                     struct error_list *faults);
void split_plan_close(struct split_plan *plan);

/* What one replication has found: independent ones of other seeds give its error. */
struct split_result {
    double unavailability; /* of the measured time */
    double outages;        /* expected in the measured time */
    uint64_t events;       /* of all copies, warm-up included */
    struct splitting_tally tally;
};

/* Play a simulation at time 0 to the end of its scenario. It must have metrics, no sink of its trace that writes,
 * and nobody in another process may take part (policies, extenders). Nothing but its luck, the
 * scenario's seed, decides the result. False with the error: there is no such row when measuring
 * begins, or a copy could not be played. */
bool split_play(struct simulation *simulation, const struct scenario *scenario,
                const struct split_plan *plan, struct split_result *result, struct error *error);

/* Put what was found in the place of what the row of a summary says of the one run that was not a copy: its
 * `availability`, `downtimeSeconds` and `outages`, now a number. */
void split_put(const struct split_plan *plan, const struct split_result *result,
               struct value **summary);

#endif
