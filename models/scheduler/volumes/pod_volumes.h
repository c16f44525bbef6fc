/* Which volumes a pod's claims are bound to, and which they would get on a node.
 *
 * A claim of a class that waits for its consumer gets the smallest volume that fits and can be
 * reached from the node, one bound to it beforehand before all others; claims choose by
 * ascending size. What finds none is provisioned, if its class can do that for the node. Follows
 * pkg/scheduler/framework/plugins/volumebinding/binder.go and component-helpers storage/volume
 * of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_POD_VOLUMES_H
#define MODELS_SCHEDULER_POD_VOLUMES_H

#include "models/api/storage.h"
#include "models/scheduler/plugin.h"

/* The claims of a pod as they were when this was made: it holds what it names. */
struct pod_volumes;

/* What a claim would get. */
struct volume_choice {
    const struct persistent_volume_claim *claim;
    const struct persistent_volume *volume; /* NULL: it is to be provisioned */
};

/* NULL when the pod has no claims. */
struct pod_volumes *pod_volumes_new(const struct snapshot *snapshot, const struct pod *pod);
void pod_volumes_free(struct pod_volumes *volumes);

/* Why no node will do; NULL: some may. Borrowed. */
const struct text *pod_volumes_why(const struct pod_volumes *volumes);
/* How many claims are not bound yet, and choose. */
size_t pod_volumes_unbound(const struct pod_volumes *volumes);

/* Choose for a node: `choices` has room for pod_volumes_unbound() and is borrowed from `volumes`;
 * *count says how many there are. False with the reasons when the node will not do. */
bool pod_volumes_choose(const struct pod_volumes *volumes, const struct node *node,
                        struct volume_choice *choices, size_t *count, struct rejection *rejection);

#endif
