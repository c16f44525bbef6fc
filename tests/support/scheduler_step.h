/* A step of a recorded case, as the recording tells it. */
#ifndef TESTS_SUPPORT_SCHEDULER_STEP_H
#define TESTS_SUPPORT_SCHEDULER_STEP_H

#include "tests/support/scheduler_world.h"

/* How a case is written down. */
struct step_style {
    bool hashes;  /* `detail: hash`: names only as hashes */
    bool visited; /* family sampling: nodes in the order visited, and where the search began */
};

/* Carry out one step of the script; the result as the recording would tell it (a new
 * reference). `differ` is set when the two ways of deciding do not agree. */
struct value *scheduler_step(struct scheduler_world *world, const struct value *step,
                             struct step_style style, bool *differ);

#endif
