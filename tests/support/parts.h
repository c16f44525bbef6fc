/* A system of parts that fail and are repaired, on the public engine: k out of n, machine repair, and one
 * part alone.
 *
 *     struct parts *parts = parts_new(run_new(1), (struct parts_plan){ 3, 3, 1, life, repair });
 *     run_until(parts->run, SIM_HOUR);
 *     parts_free(parts);
 */
#ifndef TESTS_SUPPORT_PARTS_H
#define TESTS_SUPPORT_PARTS_H

#include "sim/experiment/splitting.h"
#include "sim/sim.h"

struct parts_plan {
    int count, repairers, needed; /* the system is down while fewer than `needed` work */
    const struct distribution *life, *repair; /* borrowed */
};

enum part_state { PART_WORKS, PART_WAITS, PART_IN_REPAIR };

struct part {
    struct parts *parts;
    enum part_state state;
    sim_time since; /* it works, or is in repair */
    event_id due;   /* of the end of that */
    struct stream luck;
};

struct parts {
    struct run *run; /* owned */
    struct parts_plan plan;
    int failed;
    struct level failed_level, down_level;
    void (*changed)(void *context, struct parts *parts, sim_time now); /* may be NULL */
    void *context;
    struct luck_holder luck;
    int line[16], waiting; /* for a repairer, first come first served */
    struct part items[];
};

/* All of them begin to work now. At most 16. The run is taken over. */
struct parts *parts_new(struct run *run, struct parts_plan plan);
void parts_free(struct parts *parts);

static inline bool parts_down(const struct parts *parts)
{
    return parts->plan.count - parts->failed < parts->plan.needed;
}

/* As splitting sees them: the importance is how many have failed, copies are made in memory. */
extern const struct splitting_model parts_splitting;

/* Variance times events of plain simulation, of any length: the variance of an average over time T is
 * `v / T`, and T takes `e T` events. Lives and repairs are exponential, there are as many repairers as parts,
 * and the system is down while none works. */
double parts_plain_cost(struct parts_plan plan);

#endif
