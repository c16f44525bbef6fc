/* Importance splitting for what is too rare to be waited for: RESTART.
 *
 * An importance says how near a state is to the rare one (replicas lost, say), and thresholds cut its values
 * into regions 0, 1, 2, ... Each time a run comes up into a region, copies of it are made that have
 * other luck from then on; a copy ends when it falls below the threshold it was made at, the run
 * itself goes on. What is measured in region i is divided by the number of runs that one from region
 * 0 has become there, copies[0] * ... * copies[i - 1], so that the estimate has no bias, whatever the
 * thresholds and numbers of copies are: they only decide how much is learnt from an event. A guide: about
 * as many copies as one of how many runs in a region come to the next.
 *
 * M. and J. Villen-Altamirano, "RESTART: a method for accelerating rare event simulations", ITC-13,
 * 1991, and "Analysis of RESTART simulation: theoretical basis and sensitivity study", European
 * Transactions on Telecommunications 13(4), 2002. That times to come are drawn anew in a copy is
 * sim/kernel/luck.h. The error comes from independent replications (sim/stat/interval.h). */
#ifndef SIM_EXPERIMENT_SPLITTING_H
#define SIM_EXPERIMENT_SPLITTING_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/error.h"
#include "sim/kernel/run.h"

enum { SPLITTING_LEVELS = 16 };

struct splitting {
    size_t levels;                       /* thresholds; 0: plain simulation */
    double thresholds[SPLITTING_LEVELS]; /* ascending */
    unsigned copies
        [SPLITTING_LEVELS]; /* runs there are after an up-crossing, the one that came included; > 0 */
    sim_time until;         /* when everything ends */
};

/* What one replication has found, its copies included. All zero is nothing yet. */
struct splitting_tally {
    double reward;   /* weighted, in seconds if it is 1 while something is down */
    double begun;    /* weighted: how often the reward began not to be 0 */
    uint64_t events; /* dispatched */
    uint64_t entered[SPLITTING_LEVELS]; /* up-crossings of each threshold, by all copies */
    uint64_t copies;                    /* made */
};

struct splitting_trial; /* one run, or copy, under way */

/* A model as splitting sees it. `state` is one run of it. */
struct splitting_model {
    struct run *(*run)(void *state);
    double (*importance)(void *state);
    double (*reward)(
        void *state); /* per second, from now until the next event; 0 most of the time */
    /* Make an independent copy of the state, give it other luck (run_reseed() with the salt), play it by
     * splitting_play_copy() and release it. False with the error when it cannot be done. */
    bool (*branch)(void *state, uint64_t salt, const struct splitting_trial *trial,
                   struct splitting_tally *tally, struct error *error);
};

/* Play one replication, from where its state stands (the warm-up is over) until the end, and add what it
 * finds. False with the error. */
bool splitting_play(const struct splitting *splitting, const struct splitting_model *model,
                    void *state, struct splitting_tally *tally, struct error *error);

/* For branch(): play a copy to its end, and add what it finds; the trial is the one branch() was given. */
bool splitting_play_copy(const struct splitting_trial *trial, void *copy,
                         struct splitting_tally *tally, struct error *error);

/* Add what was found elsewhere, as by a copy in another process. */
void splitting_add(struct splitting_tally *to, const struct splitting_tally *from);

#endif
