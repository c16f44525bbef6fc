/* Availability of one workload or Service, and what it was lost to.
 *
 * Available: at least one replica is ready. Degraded: fewer are ready than wanted. The
 * clock starts when all wanted replicas are ready for the first time; the time before is
 * bring-up. While nothing is wanted, nothing is missing.
 *
 * Every missing replica is a vacancy with the cause that opened it: the one that made a
 * replica not ready, or that asked for one more. A replica that becomes ready closes its
 * own vacancy; a new one closes the oldest vacancy of the cause it was created for, else the
 * oldest. There are always exactly wanted - ready vacancies. Downtime at an instant goes to the
 * oldest open vacancy's cause, so the shares add up to the downtime exactly. */
#ifndef MODELS_METRICS_AVAILABILITY_H
#define MODELS_METRICS_AVAILABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/time.h"
#include "sim/kernel/cause.h"

/* Replica-nanoseconds: many replicas for many years are more than an int64 holds. */
typedef __int128 replica_time;

/* One missing replica, or several that nobody has filled yet, wanted at once. */
struct vacancy {
    struct cause cause;
    uint64_t replica; /* who left it; 0: nobody, it was never filled */
    sim_time since;
    int32_t count; /* 1 unless nobody left it */
};

/* One outage: no replica ready. */
struct outage {
    sim_time start, end; /* end SIM_FOREVER while it lasts */
    struct cause cause;  /* of the loss of the last ready replica */
};

/* What was lost to one root cause. */
struct loss {
    uint32_t root;
    sim_time downtime;          /* its share */
    replica_time missing;       /* not ready */
    uint32_t outages, replicas; /* outages it began; vacancies it opened */
};

/* A step of the curve of ready against wanted. */
struct level_step {
    sim_time at;
    int32_t wanted, ready;
};

/* All zero is one that nothing was asked of yet. Times never go back. */
struct availability {
    int32_t wanted, ready;
    bool counting;       /* the clock has started */
    sim_time brought_up; /* when all wanted replicas were ready for the first time */
    sim_time began;      /* what is counted: then, or from a later restart on */
    sim_time last;       /* up to when the sums below are complete */
    sim_time downtime, degraded;
    replica_time missing;
    struct vacancy *vacancies;               /* oldest first */
    int32_t vacancy_count, vacancy_capacity; /* entries of the list */
    int32_t vacant;                          /* replicas missing: the sum of their counts */
    struct open_root {                       /* the same by root, so that time costs few steps */
        uint32_t root;
        int32_t vacant;
    } * open; /* owned, in the order in which they became so */
    uint32_t open_count, open_capacity;
    struct outage *outages; /* while counting, in order */
    uint32_t outage_count, outage_capacity;
    struct loss *losses; /* in order of first appearance */
    uint32_t loss_count, loss_capacity;
    struct level_step *steps;
    uint32_t step_count, step_capacity;
};

/* The number of wanted replicas changed. */
void availability_want(struct availability *of, sim_time now, int32_t wanted, struct cause cause);

/* A replica that was ready is not any more. `replica` is its identity, not 0. */
void availability_lose(struct availability *of, sim_time now, uint64_t replica, struct cause cause);

/* A replica became ready. `created_for` is the root its creation goes back to. On success of
 * closing a vacancy, *filled (if not NULL) is that vacancy and true is returned. */
bool availability_gain(struct availability *of, sim_time now, uint64_t replica,
                       uint32_t created_for, struct vacancy *filled);

/* Complete the sums up to `now`. */
void availability_advance(struct availability *of, sim_time now);

/* The counted time up to `last`: 0 while the clock has not started. */
sim_time availability_observed(const struct availability *of);

/* Forget what was counted before `now`; what is missing stays so, and an outage that lasts goes on as
 * one that begins now. */
void availability_restart(struct availability *of, sim_time now);

/* Release what it holds. */
void availability_close(struct availability *of);

#endif
