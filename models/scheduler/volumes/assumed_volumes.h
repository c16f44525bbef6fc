/* Volumes and claims as the scheduler assumes them, before the API server knows.
 *
 * Reserve sets a volume aside for a claim, or the node on which a claim is to be provisioned;
 * until that has been written and seen, the next pods must find the volume taken. What is
 * assumed holds while the cache shows the version it was made from. The assume caches of
 * pkg/scheduler/framework/plugins/volumebinding of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_ASSUMED_VOLUMES_H
#define MODELS_SCHEDULER_ASSUMED_VOLUMES_H

#include "models/api/kinds.h"
#include "models/api/pod.h"

struct snapshot;

/* What is assumed for one pod. */
struct volume_reservation {
    struct object_key pod;   /* held */
    const struct text *node; /* held */
    struct object **objects; /* held: volumes and claims as they are to be */
    size_t count;
    bool written;      /* they are in the store: their versions are those of the writes */
    sim_time deadline; /* when waiting for the binding ends; valid when written */
};

struct assumed_volumes {
    struct volume_reservation **items; /* owned, in the order of Reserve */
    size_t count, capacity;
    uint64_t changes; /* how often something was assumed, or was not any more: for epochs */
};

void assumed_volumes_close(struct assumed_volumes *assumed);

/* An empty reservation of the pod; valid until it is dropped. */
struct volume_reservation *assumed_volumes_reserve(struct assumed_volumes *assumed,
                                                   const struct pod *pod, const struct text *node);
/* Takes the reference. */
void volume_reservation_add(struct assumed_volumes *assumed, struct volume_reservation *reservation,
                            struct object *object);
/* NULL when there is none. O(reservations), which are of pods about to be bound. */
struct volume_reservation *assumed_volumes_of(const struct assumed_volumes *assumed,
                                              const struct pod *pod);
/* Forget it; nothing happens when there is none. */
void assumed_volumes_drop(struct assumed_volumes *assumed, const struct pod *pod);

/* The object as it is assumed, or as it is known, or NULL. Borrowed until the next event or
 * change here. */
const struct object *assumed_get(const struct snapshot *snapshot, enum kind kind,
                                 const struct text *space, const struct text *name);

#endif
