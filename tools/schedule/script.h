/* A recorded case: objects, and a script of what is done to them step by step.
 *
 * The format is that of the recordings of the real kube-scheduler (docs/schedule.md): a document
 * with `config` (a KubeSchedulerConfiguration), `input` (lists of objects, and `steps`), and
 * perhaps `expected`, which is not read. Nothing happens that is not in the script. */
#ifndef TOOLS_SCHEDULE_SCRIPT_H
#define TOOLS_SCHEDULE_SCRIPT_H

#include "sim/base/value.h"

/* Play the document; what happened, in the form of `expected`: nodeOrder, queueOrder,
 * scoreWeights, summary, finalAssignments, and steps. A new reference; NULL with every fault
 * appended when it is no case, its configuration is refused, or an object does not fit.
 * *doubtful (may be NULL) counts the steps in which the two ways of deciding did not agree. */
struct value *script_run(const struct value *document, size_t *doubtful, struct error_list *faults);

#endif
