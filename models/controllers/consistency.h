/* What a controller has written for each of its objects, so that it does not look again before its
 * cache has shown it that.
 *
 * A controller that counts pods by what it wrote into a status, and reads that status late, would make
 * some of them twice. The informer's newest version tells: all that was written up to then has been
 * seen. Follows the consistency store of kube-controller-manager (feature gates
 * StaleControllerConsistencyReplicaSet, -StatefulSet, -DaemonSet and -Job, on by default in the release
 * named in docs/fidelity.md). Costs nothing where caches do not lag: a worker is busy until its
 * calls have ended. */
#ifndef MODELS_CONTROLLERS_CONSISTENCY_H
#define MODELS_CONTROLLERS_CONSISTENCY_H

#include "models/cluster/client.h"
#include "sim/base/table.h"

struct consistency {
    struct table table; /* by the object's key */
    struct wrote *first;
};

void consistency_init(struct consistency *consistency);
void consistency_close(struct consistency *consistency);

/* The client has written for this key, up to the present version of the store. */
void consistency_wrote(struct consistency *consistency, const struct client *client,
                       struct object_key key);

/* Has its cache shown what was written for the key: objects of the key's kind, and pods? */
bool consistency_is_ready(const struct consistency *consistency, const struct client *client,
                          struct object_key key);

/* The key is gone. */
void consistency_forget(struct consistency *consistency, struct object_key key);

#endif
