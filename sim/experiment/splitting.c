/* RESTART: see splitting.h for what it is and where it is from. */
#include "sim/experiment/splitting.h"

#include <assert.h>

struct splitting_trial {
    const struct splitting *splitting;
    const struct splitting_model *model;
    size_t floor;      /* the region it was made at, and does not outlive; 0: it is no copy */
    size_t region;     /* where it is, all splitting done */
    double weight;     /* of what it finds there */
    uint64_t branched; /* copies it has made: tells their luck apart */
};

static size_t region_of(const struct splitting *splitting, double importance)
{
    size_t region = 0;
    while (region < splitting->levels && importance >= splitting->thresholds[region])
        region++;
    return region;
}

static void enter(struct splitting_trial *trial, size_t region)
{
    trial->region = region;
    trial->weight = 1;
    for (size_t i = 0; i < region; i++)
        trial->weight /= trial->splitting->copies[i];
}

/* Go up to a region, one threshold after the other: who jumps over several is split at each. */
static bool climb(struct splitting_trial *trial, size_t region, void *state,
                  struct splitting_tally *tally, struct error *error)
{
    while (trial->region < region) {
        const unsigned copies = trial->splitting->copies[trial->region];
        assert(copies > 0);
        tally->entered[trial->region]++;
        enter(trial, trial->region + 1);
        for (unsigned i = 1; i < copies; i++) {
            tally->copies++;
            if (!trial->model->branch(state, ++trial->branched, trial, tally, error))
                return false;
        }
    }
    return true;
}

/* Until it ends: at the end of the run, or below the region it was made at. */
static bool play(struct splitting_trial *trial, void *state, struct splitting_tally *tally,
                 struct error *error)
{
    const struct splitting_model *model = trial->model;
    struct run *run = model->run(state);
    for (;;) {
        const size_t region = region_of(trial->splitting, model->importance(state));
        if (region < trial->floor)
            return true;
        if (region < trial->region)
            enter(trial, region);
        if (!climb(trial, region, state, tally, error))
            return false;
        const double reward = model->reward(state);
        const sim_time since = run_now(run);
        const bool happened = run_step_by(run, trial->splitting->until);
        tally->reward += trial->weight * reward * sim_time_to_seconds(run_now(run) - since);
        if (!happened)
            return true;
        tally->events++;
        if (reward == 0 && model->reward(state) != 0)
            tally->begun += trial->weight; /* the event happened before its splitting */
    }
}

bool splitting_play(const struct splitting *splitting, const struct splitting_model *model,
                    void *state, struct splitting_tally *tally, struct error *error)
{
    struct splitting_trial trial = { .splitting = splitting, .model = model };
    assert(splitting->levels <= SPLITTING_LEVELS);
    enter(&trial, 0);
    return play(&trial, state, tally, error);
}

bool splitting_play_copy(const struct splitting_trial *trial, void *copy,
                         struct splitting_tally *tally, struct error *error)
{
    struct splitting_trial own = *trial;
    own.floor = own.region;
    own.branched = 0;
    return play(&own, copy, tally, error);
}

void splitting_add(struct splitting_tally *to, const struct splitting_tally *from)
{
    to->reward += from->reward;
    to->begun += from->begun;
    to->events += from->events;
    to->copies += from->copies;
    for (size_t i = 0; i < SPLITTING_LEVELS; i++)
        to->entered[i] += from->entered[i];
}
