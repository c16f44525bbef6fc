/* What all policies outside the program have in common. */
#ifndef TOOLS_POLICIES_OUTSIDE_H
#define TOOLS_POLICIES_OUTSIDE_H

#include <stdint.h>

#include "sim/base/time.h"

/* How a policy is started. */
struct outside_options {
    const char *scenario; /* its name */
    uint64_t seed;        /* of the run */
    sim_time start_limit; /* wall clock: until it is ready */
    sim_time limit;       /* wall clock: for one answer */
};

enum { START_LIMIT_SECONDS = 60, ANSWER_LIMIT_SECONDS = 10 };

#endif
