/* What controllers that own pods share: claiming, creating and deleting them.
 *
 * Follows pkg/controller/controller_utils.go and controller_ref_manager.go of
 * kube-controller-manager, in the release named in docs/fidelity.md. */
#ifndef MODELS_CONTROLLERS_POD_CONTROL_H
#define MODELS_CONTROLLERS_POD_CONTROL_H

#include "models/api/pod.h"
#include "models/api/workloads.h"
#include "models/cluster/client.h"

/* The controlling object of pods, borrowed for one reconcile. */
struct pod_owner {
    const struct meta *meta;
    const char *api_version, *kind; /* constants: "apps/v1", "ReplicaSet" */
    const struct selector *selector;
    const struct pod_template *template;
    const char *finalizer; /* which its new pods get; NULL: what the template says */
    /* Give a new pod what it does not share with the others; `number` counts those of one call of
     * pods_create(). NULL: they are all alike. */
    void (*dress)(struct client *client, struct pod *pod, int number, const void *context);
    const void *context;
};

/* Pods of the cache, borrowed for one reconcile. A zeroed list is empty. */
struct pod_list {
    const struct pod **items; /* owned, the pods are not */
    size_t count, capacity;
};
void pod_list_add(struct pod_list *list, const struct pod *pod);
void pod_list_close(struct pod_list *list);

/* Find the pods of an owner: those it controls and whose labels match, the active ones and those
 * that are being deleted and still run. Active orphans that match are adopted, active pods that no
 * longer match are released, unless the owner is being deleted. False with the first error,
 * when a pod could be neither; the lists are to be closed in any case.
 * O(pods of the owner + orphans of the namespace). */
bool pods_claim(struct client *client, const struct pod_owner *owner, struct pod_list *active,
                struct pod_list *terminating, struct error *error);

/* Create pods from the owner's template in batches of 1, 2, 4, ..., each side by side and begun
 * when the one before has ended; a batch with a failure is the last. Returns how many were
 * created (those refused because their namespace is being terminated count as created:
 * nobody will try again); the error is that of the first failure. */
int pods_create(struct client *client, const struct pod_owner *owner, int count,
                struct error *error);

/* Was a creation refused because its namespace is being terminated? So will be every other. */
bool namespace_is_terminating(enum reply reply, const struct error *error);

/* Delete one pod of an owner with its own grace period. */
enum reply pod_delete(struct client *client, const struct pod_owner *owner, const struct pod *pod,
                      struct error *error);

#endif
