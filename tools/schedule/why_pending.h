/* Why a pod waits, and what would have to change. */
#ifndef TOOLS_SCHEDULE_WHY_PENDING_H
#define TOOLS_SCHEDULE_WHY_PENDING_H

#include "models/scheduler/trial/trial.h"

/* The pod of the trial that a user calls NAME or NAMESPACE/NAME. NULL with the error, which offers
 * the nearest name, or all of them when there are several; borrowed until the next write. */
const struct pod *why_pending_find(const struct trial *trial, const char *name,
                                   struct error *error);

/* {apiVersion, kind: WhyPending, pod, state, node, message, nodeClasses: [{nodes, names,
 * rejectedBy: [{plugin, reasons}], changes: [{node, change, verified}], newNode}]}: a new reference. `state` is
 * bound, gated, ignored, unschedulable, or fits: it would be placed now. */
struct value *why_pending(struct trial *trial, const struct pod *pod);

/* The same as text of 100 columns. */
void why_pending_print(const struct value *answer, struct writer *out);

#endif
