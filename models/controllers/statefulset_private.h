/* What the files of the StatefulSet controller share: one reconcile, as it sees pods and revisions. */
#ifndef MODELS_CONTROLLERS_STATEFULSET_PRIVATE_H
#define MODELS_CONTROLLERS_STATEFULSET_PRIVATE_H

#include "models/api/statefulset.h"
#include "models/controllers/pod_control.h"

/* A template the set has or had: the name of its ControllerRevision, which its pods bear as a label,
 * and what they are made from. Both are owned. */
struct stateful_revision {
    const struct text *name;
    const struct pod_template *template;
};

/* The pod of one ordinal, there or to be made. */
struct stateful_replica {
    int64_t ordinal;
    const struct pod *pod;                    /* NULL: it is to be made... */
    const struct stateful_revision *revision; /* ...of this revision */
};

/* Everything borrowed from the cache but what is said to be owned. */
struct stateful_sync {
    struct client *client;
    const struct statefulset *set;
    struct object_key key;
    struct pod_list pods;            /* the set's own: owned */
    const struct object **revisions; /* owned; by number, then age, then name */
    size_t revision_count;
    struct stateful_revision current, update;
    int32_t collision_count;
    struct stateful_replica *replicas; /* owned; by ordinal, from the first to the last wanted */
    size_t replica_count;
    struct stateful_replica *condemned; /* owned; pods of other ordinals, the highest first */
    size_t condemned_count;
};

/* ---- statefulset_history.c ---- */

/* Take in the revisions of the set, and give it those of the selector that nobody owns. False: try
 * again. */
bool stateful_history_look(struct stateful_sync *sync);
/* The revision of the present template (found, renumbered or made), and the one its status names.
 * False: try again. */
bool stateful_history_construct(struct stateful_sync *sync);
/* Delete the oldest revisions beyond the limit that are in no use. */
void stateful_history_truncate(struct stateful_sync *sync);

/* The patch that a revision of this template keeps, as Kubernetes' encoder has it, and the hash in its
 * name: HashControllerRevision. */
struct value *stateful_revision_data(const struct value *template);
void stateful_revision_hash(const struct value *data, int32_t collision_count, char hash[11]);

/* ---- statefulset_claims.c ---- */

/* Make the claims of an ordinal that are not there. False with an error when one could not be made
 * or is being deleted. */
bool stateful_claims_create(struct stateful_sync *sync, int64_t ordinal, struct error *error);
/* Is there a claim of a pod that was, and is to go with it? The new pod has to wait then. */
bool stateful_claims_are_stale(const struct stateful_sync *sync, int64_t ordinal);
/* Are the owners of the claims those that the retention policy asks for? And make them so: false
 * with an error. `pod` NULL: it is not there yet. */
bool stateful_claims_match(const struct stateful_sync *sync, int64_t ordinal,
                           const struct pod *pod);
bool stateful_claims_update(struct stateful_sync *sync, int64_t ordinal, const struct pod *pod,
                            struct error *error);

/* ---- statefulset_pods.c ---- */

bool stateful_pod_create(struct stateful_sync *sync, const struct stateful_replica *replica);
bool stateful_pod_delete(struct stateful_sync *sync, const struct pod *pod);
/* Name, labels and claims as they should be. */
bool stateful_pod_update(struct stateful_sync *sync, const struct stateful_replica *replica);
bool stateful_pod_identity_matches(const struct pod *pod);
const char *stateful_pod_revision(const struct pod *pod); /* "": none */

/* ---- statefulset_control.c ---- */

/* Do what is to be done now, and say what the status is then. `status` is an unshared copy of the
 * set. False: come back. */
bool stateful_update(struct stateful_sync *sync, struct statefulset *status);

#endif
