/* How long an attempt of the scheduler takes, by what it has to do.
 *
 * The real scheduler filters nodes until it has enough, scores those that are left, and for topology
 * spread and pod affinity looks at the rest of the cluster as well. Rates and spread are settings;
 * docs/scenario.md says what was measured. */
#ifndef MODELS_SCHEDULER_ATTEMPT_COST_H
#define MODELS_SCHEDULER_ATTEMPT_COST_H

#include "models/cluster/settings.h"
#include "models/scheduler/decision/decision.h"
#include "sim/chance/stream.h"

/* The median, in seconds, of an attempt that decided so. */
double attempt_cost_median(const struct attempt_cost *cost, const struct decision *decision);

/* The time of this attempt: what the scenario gives as schedulingCycle, or else around the median. */
sim_time attempt_cost_sample(const struct settings *settings, const struct decision *decision,
                             struct stream *stream);

#endif
