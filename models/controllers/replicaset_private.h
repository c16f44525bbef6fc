/* What the files of the ReplicaSet controller share. */
#ifndef MODELS_CONTROLLERS_REPLICASET_PRIVATE_H
#define MODELS_CONTROLLERS_REPLICASET_PRIVATE_H

#include "models/api/workloads.h"
#include "models/controllers/pod_control.h"

/* Count the pods as of now, write the status if it says anything new, and come back when the
 * next pod becomes available by time alone. `failure` is that of this reconcile, empty when there was
 * none. False when the status could not be written. O(pods). */
bool replicaset_write_status(struct client *client, const struct replicaset *set,
                             const struct pod_list *active, const struct pod_list *terminating,
                             const struct error *failure);

#endif
