/* What the files of the ReplicaSet controller share. */
#ifndef MODELS_CONTROLLERS_REPLICASET_PRIVATE_H
#define MODELS_CONTROLLERS_REPLICASET_PRIVATE_H

#include "models/api/workloads.h"
#include "models/controllers/pod_control.h"

/* Pods of a ReplicaSet that its status and its next step go by. */
struct replica_counts {
    size_t active, terminating;
    size_t fully_labeled, ready, available; /* of the active ones */
};

/* Count them without looking at each. False where that cannot be: pods or the template were
 * relabelled, orphans may have to be adopted, or pods are available some time after they are
 * ready. O(1). */
bool replicaset_count(const struct client *client, const struct replicaset *set,
                      struct replica_counts *counts);
/* The same of pods that were claimed, as of now. O(pods). */
struct replica_counts replicaset_count_claimed(const struct client *client,
                                               const struct replicaset *set,
                                               const struct pod_list *active,
                                               const struct pod_list *terminating);

/* Write the status if it says anything new, and come back when the next of the active pods becomes
 * available by time alone. `failure` is that of this reconcile, empty when there was none. False when
 * the status could not be written. */
bool replicaset_write_status(struct client *client, const struct replicaset *set,
                             const struct replica_counts *counts, const struct pod_list *active,
                             const struct error *failure);

#endif
