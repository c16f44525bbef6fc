/* Which pods a controller gives up first when it has too many.
 *
 * Follows ActivePodsWithRanks of kube-controller-manager, pkg/controller/controller_utils.go of
 * the release named in docs/fidelity.md, with its gates at their defaults (PodDeletionCost and
 * LogarithmicScaleDown on). */
#ifndef MODELS_CONTROLLERS_POD_RANKING_H
#define MODELS_CONTROLLERS_POD_RANKING_H

#include "models/api/pod.h"

/* What the order of two pods depends on, as numbers. */
struct pod_rank {
    const struct pod *pod;
    bool assigned, ready;
    int phase; /* Pending, Unknown, Running */
    int32_t deletion_cost;
    int colocated; /* active pods of the same owner on its node */
    int32_t restarts, sidecar_restarts;
    int64_t ready_at, created_at; /* whole seconds of the run */
};

/* Everything but `colocated`, which is 0. */
struct pod_rank pod_rank_of(const struct pod *pod);

/* Less than 0 when `a` is given up before `b`, 0 when no rule tells them apart. Times are compared
 * by the power of two that their age in nanoseconds at `now` reaches, and by uid within
 * one power: of pods of about the same age none is special. */
int pod_rank_compare(const struct pod_rank *a, const struct pod_rank *b, sim_time now);

/* Count for each rank the pods among `related` that are active and on its node.
 * O(n) of both. */
void pod_ranks_count_colocated(struct pod_rank *ranks, size_t count,
                               const struct pod *const *related, size_t related_count);

/* Bring those to be given up first to the front. Pods that no rule tells apart are ordered by
 * uid. O(n log n). */
void pod_ranks_sort(struct pod_rank *ranks, size_t count, sim_time now);

/* The same for the first `wanted` of them; the order of the others is left open. O(n + w log w) on
 * average. */
void pod_ranks_select(struct pod_rank *ranks, size_t count, size_t wanted, sim_time now);

/* The controller.kubernetes.io/pod-deletion-cost of a pod; 0 when it has none or it is no number. */
int32_t pod_deletion_cost(const struct pod *pod);

#endif
