/* Why a pod goes where it goes: what every plugin says of every node. */
#ifndef TOOLS_SCHEDULE_EXPLAIN_H
#define TOOLS_SCHEDULE_EXPLAIN_H

#include "models/scheduler/trial/trial.h"
#include "tools/report/table.h"

/* The last plain decision of the trial, which was about this pod, before anything changes:
 *
 *     feasible, evaluated, startIndex, preFilterReject, preFilterNodes
 *     nodes: [{node, visited, feasible, filters: {plugin: "passed" or the reasons},
 *              scores: {plugin: {raw, normalized, weight, weighted}}, total}]
 *     top: {score, nodes}
 *
 * Every filter is asked about every node, also behind the one that rejects it, which stands as
 * rejectedBy. A new reference. */
struct value *explain_decision(const struct trial *trial, const struct pod *pod);

/* The same as tables of 100 columns: nodes by the reasons for which they were rejected, and the scores
 * of the best ones plugin by plugin. */
void explain_print(const struct value *explanation, const char *chosen, struct writer *out);

/* As annotations of the kube-scheduler-simulator: a map of texts, a new reference. `chosen` and
 * `preemption` (as preemption_told() has it) may be NULL. */
struct value *explain_annotations(const struct value *explanation, const char *chosen,
                                  const struct value *preemption);

#endif
