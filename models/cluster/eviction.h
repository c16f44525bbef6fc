/* Why an eviction is refused, for those who answer over HTTP. */
#ifndef MODELS_CLUSTER_EVICTION_H
#define MODELS_CLUSTER_EVICTION_H

#include "models/api/policy.h"

/* The cause beside "Cannot evict pod as it would violate the pod's disruption budget.":
 * "The disruption budget p needs 3 healthy pods and has 3 currently". The caller frees. */
char *eviction_cause(const struct pod_disruption_budget *budget);

#endif
