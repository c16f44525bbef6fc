/* The revisions of a Deployment: its ReplicaSets by the number in their annotation. */
#ifndef MODELS_ACTIONS_REVISIONS_H
#define MODELS_ACTIONS_REVISIONS_H

#include "models/api/workloads.h"
#include "models/cluster/client.h"

/* The revision annotation as a number; 0: none. */
int64_t revision_of(const struct meta *meta);

/* The ReplicaSet with this revision; 0: the one before the newest. NULL when there is none. */
const struct replicaset *revision_find(const struct client *client,
                                       const struct deployment *deployment, int64_t revision);

/* Those with a revision above `after`, one after the other: the next higher one, or NULL. */
const struct replicaset *revision_next(const struct client *client,
                                       const struct deployment *deployment, int64_t after);

#endif
