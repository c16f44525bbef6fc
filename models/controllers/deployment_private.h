/* What the files of the Deployment controller share: one reconcile, and its steps.
 *
 * Kubernetes' controller works on a copy of the Deployment that keeps the version it was read at,
 * whatever it writes on the way. Of two status writes in one reconcile the second therefore
 * meets a conflict, and the reconcile is tried again with what has come back by then. We
 * keep it so: it decides which states of a rollout are ever seen. */
#ifndef MODELS_CONTROLLERS_DEPLOYMENT_PRIVATE_H
#define MODELS_CONTROLLERS_DEPLOYMENT_PRIVATE_H

#include "models/api/workloads.h"
#include "models/cluster/cluster.h"
#include "models/controllers/controller.h"

#define POD_TEMPLATE_HASH_LABEL "pod-template-hash"
#define REVISION_ANNOTATION     "deployment.kubernetes.io/revision"

/* ReplicaSets, each held by the list. A zeroed list is empty. */
struct replicaset_list {
    const struct replicaset **items;
    size_t count, capacity;
};

void replicaset_list_add(struct replicaset_list *list, const struct replicaset *set);
void replicaset_list_close(struct replicaset_list *list);
/* Oldest first: by creationTimestamp (whole seconds), then by name. */
int replicaset_compare_age(const struct replicaset *a, const struct replicaset *b);

/* One reconcile of a Deployment. */
struct rollout {
    struct client *client;
    struct deployment *deployment;    /* our copy: see above */
    struct replicaset_list all;       /* what the Deployment controls, oldest first */
    const struct replicaset *new_set; /* the one with its template; held; NULL: none yet */
    struct replicaset_list old;       /* the others, oldest first */
};

static inline struct texts *rollout_texts(const struct rollout *rollout)
{
    return rollout->client->cluster->codec.texts;
}

/* Every step returns false when an API call failed and the reconcile is to be tried again. */

/* --- deployment_revisions.c: which ReplicaSet is the new one --------------------------- */

/* Divide `all` into new_set and old, and bring revisions up to date; with `create`, make the
 * new ReplicaSet when there is none. May be called again in one reconcile. */
bool rollout_find_sets(struct rollout *rollout, bool create);
/* Delete the oldest revisions that are scaled down and beyond revisionHistoryLimit. */
bool rollout_clean_up(struct rollout *rollout);

/* --- deployment_annotations.c: revisions, and what was last scaled for ------------------ */

/* Set an annotation of an unshared record; returns whether it had another value. */
bool annotation_set(struct meta *meta, struct texts *texts, const char *key, const char *value);
/* The revision of a ReplicaSet, 0 when it has none; false when it is no number. */
bool annotation_revision(const struct meta *set, int64_t *revision);
/* The spec.replicas of the Deployment, and the most its ReplicaSets might have in all, when this one
 * was last scaled; false when it does not say. */
bool annotation_desired_replicas(const struct meta *set, int32_t *number);
bool annotation_max_replicas(const struct meta *set, int32_t *number);

/* Say both of now in an unshared ReplicaSet. Are both said? */
void deployment_annotate_replicas(const struct deployment *deployment, struct texts *texts,
                                  struct meta *set);
bool deployment_has_annotated_replicas(const struct deployment *deployment, const struct meta *set);
/* Give the new ReplicaSet what the Deployment hands on, and the next revision if it does not have a
 * later one; the revision it had goes into its history. Returns whether anything changed. */
bool deployment_annotate_new_set(const struct deployment *deployment, struct texts *texts,
                                 struct meta *set, int64_t next_revision);

/* --- deployment_scaling.c: how large each ReplicaSet is --------------------------------- */

struct fenceposts deployment_fenceposts(const struct deployment *deployment);
int32_t replicaset_list_replicas(const struct replicaset_list *list);  /* sum of spec.replicas */
int32_t replicaset_list_available(const struct replicaset_list *list); /* of the status */
/* How large the new ReplicaSet may become while all of them, itself included, have `total`. */
int32_t deployment_new_replicas(const struct deployment *deployment, int32_t new_replicas,
                                int32_t total);

/* Those with spec.replicas above 0, in the order of the list; close it after use. */
struct replicaset_list replicaset_list_active(const struct replicaset_list *list);

/* Give a ReplicaSet so many replicas and say so in an Event; note in annotations how many the
 * Deployment wants. Does nothing when the number is right. */
bool rollout_scale_set(struct rollout *rollout, const struct replicaset *set, int32_t replicas);
/* Has spec.replicas changed since the ReplicaSets were last scaled? */
bool rollout_is_scaling(const struct rollout *rollout);
/* Bring the ReplicaSets to a new spec.replicas, in proportion when several are active. */
bool rollout_scale(struct rollout *rollout);

/* Replicas to add to (or, negative, remove from) one ReplicaSet of size `replicas` when the largest
 * allowed total goes from `max_before` to `max_now`; 0 for max_before: not known. Rounds halves
 * away from zero. */
int32_t proportional_change(int32_t replicas, int32_t max_before, int32_t max_now);

/* --- strategies ------------------------------------------------------------------------- */

bool rollout_rolling(struct rollout *rollout);
bool rollout_recreate(struct rollout *rollout);

/* --- deployment_progress.c: status and conditions ------------------------------------------ */

bool deployment_has_deadline(const struct deployment *deployment);
/* All replicas are of the new template and available, as far as this status says. */
bool deployment_is_complete(const struct deployment *deployment, const struct deployment *status);

/* A condition as of now. The message is formatted. */
struct condition rollout_condition(const struct rollout *rollout, const char *type,
                                   enum condition_status status, const char *reason,
                                   const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Put a condition at the end, unless one of its type says the same (status and reason) already.
 * Takes over the condition's texts. */
void deployment_set_condition(struct deployment *deployment, struct condition condition);

/* Write the status and annotations of our copy as they are. */
bool rollout_write_copy(struct rollout *rollout);
/* Note that the rollout is paused or resumed, so that its deadline stands still. */
bool rollout_note_pause(struct rollout *rollout);
/* Count, and write what has changed: without, and with an opinion on progress. */
bool rollout_write_status(struct rollout *rollout);
bool rollout_write_progress(struct rollout *rollout);

#endif
