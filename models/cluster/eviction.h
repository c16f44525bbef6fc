/* Evictions under budgets: why one is refused, for those who answer over HTTP, and how they are
 * answered, for those who count. */
#ifndef MODELS_CLUSTER_EVICTION_H
#define MODELS_CLUSTER_EVICTION_H

#include "models/api/pod.h"
#include "models/api/policy.h"
#include "models/cluster/reply.h"

/* The cause beside "Cannot evict pod as it would violate the pod's disruption budget.":
 * "The disruption budget p needs 3 healthy pods and has 3 currently". The caller frees. */
char *eviction_cause(const struct pod_disruption_budget *budget);

/* How one budget of a pod answered. What is refused is stored nowhere, so that it is told. */
struct eviction_answer {
    const struct pod *pod; /* this and the next are borrowed for the call */
    const struct pod_disruption_budget *budget;
    enum reply reply; /* REPLY_OK: granted; REPLY_INTERNAL_ERROR: it is not the pod's only budget */
    sim_time at;
};

typedef void eviction_listener(void *self, const struct eviction_answer *answer);

#endif
