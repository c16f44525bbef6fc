/* A pod as the scheduler assumes it on a node, before the API server knows.
 *
 * In kube-scheduler, Reserve plugins are given a copy of the pod on which they may note things
 * (which GPU it got), and Bind plugins write them with the binding. */
#ifndef MODELS_SCHEDULER_ASSUME_H
#define MODELS_SCHEDULER_ASSUME_H

#include "models/scheduler/configuration/profile.h"

struct assumed {
    const struct pod *pod; /* held: with the annotations */
    const struct labels
        *annotations; /* held: what the plugins of the profile note; NULL: nothing */
};

/* The pod as it counts on the node from now on (NULL: the node has gone since; nothing is
 * noted). Release with assumed_close(). */
struct assumed assume_pod(const struct profile *profile, const struct snapshot *snapshot,
                          const struct pod *pod, const struct node_info *node, struct run *run);
void assumed_close(struct assumed *assumed);

#endif
