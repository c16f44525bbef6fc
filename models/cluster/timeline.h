/* What the users of a scenario do, each command at its time, and how it ended. */
#ifndef MODELS_CLUSTER_TIMELINE_H
#define MODELS_CLUSTER_TIMELINE_H

#include "models/cluster/cluster.h"
#include "models/cluster/scenario.h"

struct timeline;

/* Plan all commands of the scenario, which is borrowed. Release with timeline_free(), before the
 * cluster. */
struct timeline *timeline_new(struct cluster *cluster, const struct scenario *scenario);
void timeline_free(struct timeline *timeline);

/* Plan one command more, not before the present. The action is borrowed. */
void timeline_add(struct timeline *timeline, const struct scenario_action *action);

/* Commands that could not be done, so far, each with the user's place and what kubectl would print.
 * Borrowed. */
const struct error_list *timeline_problems(const struct timeline *timeline);

/* The commands that began, as the summary has them (docs/summary.md); a new reference. */
struct value *timeline_print(const struct timeline *timeline);

#endif
