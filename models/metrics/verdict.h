/* Is it as the scenario expects? Bounds of its `expect` against the summary, or against the
 * document of an object. */
#ifndef MODELS_METRICS_VERDICT_H
#define MODELS_METRICS_VERDICT_H

#include "models/cluster/cluster.h"
#include "models/cluster/scenario.h"

/* The verdict as the summary has it (docs/summary.md): `that`, `path`, the bounds, the value found
 * now, `held`, and where it cannot be compared the `problem`; a new reference. `summary` is of the
 * present moment. A list counts as the number of its items. */
struct value *verdict_of(const struct scenario_expectation *expectation,
                         const struct cluster *cluster, const struct value *summary);

/* The same where the run ended before the moment had come. */
struct value *verdict_too_late(const struct scenario_expectation *expectation);

/* Find mistakes before the run: does the path fit the summary, and the bounds what stands there by
 * now? Appends the fault at the user's place; false then. */
bool verdict_check(const struct scenario_expectation *expectation, const struct value *summary,
                   struct error_list *faults);

#endif
