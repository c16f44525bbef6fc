/* Files of a user into a trial: manifests, what `kubectl get -o json` prints, dumps of clusters. */
#ifndef TOOLS_SCHEDULE_CLUSTER_LOAD_H
#define TOOLS_SCHEDULE_CLUSTER_LOAD_H

#include "models/cluster/scenario.h"
#include "models/scheduler/trial/trial.h"

/* Put the nodes and objects into the trial. What has a uid was stored by an API server and is taken
 * as it is; a Pod that has none goes through admission, and a workload that has none (a
 * Deployment, a Job, ...) through its controllers: its pods are there, too. Namespaces that are
 * used but not given are made. False with every fault appended. */
bool cluster_load(struct trial *trial, const struct scenario *scenario, struct error_list *faults,
                  struct error_list *warnings);

/* The objects of a running cluster as they are now. */
void cluster_copy(struct trial *trial, const struct cluster *from);

#endif
