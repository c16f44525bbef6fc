/* What a pod belongs to, when nobody says: whatever the Services of its namespace that take it, and
 * the ReplicaSet, StatefulSet or ReplicationController that controls it, select their pods by.
 *
 * Follows DefaultSelector in pkg/scheduler/framework/plugins/helper/spread.go of the release named
 * in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_PLUGINS_DEFAULT_SELECTOR_H
#define MODELS_SCHEDULER_PLUGINS_DEFAULT_SELECTOR_H

#include "models/api/pod.h"
#include "models/scheduler/snapshot/snapshot.h"

/* Both must hold; neither: the pod belongs to nothing. */
struct default_selector {
    const struct labels *labels;     /* held; NULL: none */
    const struct selector *selector; /* held; NULL: none */
};

/* As the listers of the snapshot have it now. False, with nothing to close, when it is empty.
 * O(Services of the namespace). */
bool default_selector_find(const struct snapshot *snapshot, const struct pod *pod,
                           struct default_selector *found);
void default_selector_close(struct default_selector *selector);

/* Could there be one? Cheap where a controller is named, true without looking it up; otherwise as
 * dear as to find it. */
bool default_selector_is_likely(const struct snapshot *snapshot, const struct pod *pod);

/* A hash of its contents; 0 when it is empty. */
uint64_t default_selector_hash(const struct default_selector *selector);

/* A number that changes whenever any pod's might. */
uint64_t default_selector_epoch(const struct snapshot *snapshot);

#endif
