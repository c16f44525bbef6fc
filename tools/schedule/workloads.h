/* Pods that the controllers would make of what stands in a manifest, without a controller: as
 * somebody who applies the file expects them. */
#ifndef TOOLS_SCHEDULE_WORKLOADS_H
#define TOOLS_SCHEDULE_WORKLOADS_H

#include "models/api/yaml.h"
#include "models/scheduler/trial/trial.h"

/* Is it of a kind that makes pods? */
bool workload_is_one(const struct value *document);

/* Append the documents that its controllers would make: pods, and a Deployment's ReplicaSet before
 * them. The document is one as the API server stores it, with defaults. DaemonSets look at the
 * nodes of the trial. */
void workload_expand(const struct trial *trial, const struct value *document,
                     struct documents *into);

#endif
