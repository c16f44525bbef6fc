/* The beginning of a run: a scenario's nodes and objects are created, as by kubectl apply. */
#ifndef MODELS_CLUSTER_BRING_UP_H
#define MODELS_CLUSTER_BRING_UP_H

#include "models/cluster/cluster.h"
#include "models/cluster/scenario.h"

/* Create everything at the present time. Of an object that is given again, the later text is
 * applied over the former one; where the API server would refuse that (the spec of a pod, say) the
 * former stays and a warning tells why. Namespaces that are used but not given are made. What the
 * API server would refuse of a new object is appended to the faults, with its place.
 *
 * Returns a new map of what is kept and does nothing, {"ServiceMonitor": 4}: objects by kind, in
 * order of appearance. */
struct value *bring_up(struct cluster *cluster, const struct scenario *scenario,
                       struct error_list *faults, struct error_list *warnings);

#endif
