/* What a controller has written and not yet seen: the pods it created or deleted.
 *
 * A cache may lag behind the store. A controller that counted its pods again before its own
 * writes have come back would create or delete some of them twice, so it notes what it
 * expects to see and leaves its pods alone until the watch has shown it. Deletions are
 * remembered by uid: a pod is seen to go twice (deletionTimestamp set, then removed), and
 * counts once. What is not seen within five minutes is expected no longer.
 *
 * Follows UIDTrackingControllerExpectations of kube-controller-manager, pkg/controller/
 * controller_utils.go of the release named in docs/fidelity.md. */
#ifndef MODELS_CONTROLLERS_EXPECTATIONS_H
#define MODELS_CONTROLLERS_EXPECTATIONS_H

#include "models/api/meta.h"
#include "sim/base/table.h"

#define EXPECTATIONS_TIMEOUT (5 * SIM_MINUTE)

struct expectations {
    struct table table; /* of struct expectation, by the controlling object's key */
    struct expectation *first;
};

void expectations_init(struct expectations *expectations);
void expectations_close(struct expectations *expectations);

/* Has everything expected of this key been seen, or been waited for too long? */
bool expectations_met(const struct expectations *expectations, struct object_key key, sim_time now);

/* Expect so many new pods, or these to go; what was expected before is forgotten. */
void expectations_create(struct expectations *expectations, struct object_key key, int count,
                         sim_time now);
void expectations_delete(struct expectations *expectations, struct object_key key,
                         const struct uid *uids, size_t count, sim_time now);

/* Seen: a new pod (or one that will not come), a pod that goes (or one that cannot). A pod
 * nobody expects to go changes nothing. O(pods expected to go). */
void expectations_saw_created(struct expectations *expectations, struct object_key key);
void expectations_saw_deleted(struct expectations *expectations, struct object_key key,
                              struct uid uid);

/* The key is gone: a new object of its name starts clean. */
void expectations_forget(struct expectations *expectations, struct object_key key);

#endif
