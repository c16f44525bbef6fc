/* One attempt to find a node for a pod: the cycle's filters and scores, without side effects.
 *
 * Two ways to one answer: decide() remembers per (class of pods, node) what the plugins said
 * and asks again only about nodes that changed; decide_plainly() remembers nothing, counts
 * everything anew and asks every plugin about every node, as kube-scheduler does, and keeps
 * every score. Both visit nodes in the same order
 * and stop at the same node. Follows schedulePod in pkg/scheduler/schedule_one.go of the
 * release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_DECISION_H
#define MODELS_SCHEDULER_DECISION_H

#include "models/scheduler/prepared.h"
#include "models/scheduler/rejection_table.h"
#include "models/scheduler/snapshot.h"
#include "models/scheduler/template_cache.h"

enum decision_outcome {
    DECISION_FOUND,    /* `top` has the nodes to choose from */
    DECISION_REJECTED, /* no node will do */
    DECISION_NO_NODES, /* there are no nodes at all */
    DECISION_ERROR     /* the attempt failed, through nobody's rejection: see `error` */
};

struct rejected_node {
    uint32_t slot;
    rejection_id rejection;
};

/* Filled by a decision; keeps its memory for the next one. All zero to begin with. */
struct decision {
    enum decision_outcome outcome;
    const struct prepared *prepared; /* profile and class of the pod */
    const struct snapshot *snapshot;
    const struct rejection_table *rejections;
    size_t all_nodes;            /* of the snapshot */
    size_t start;                /* where in the order of nodes the search began */
    rejection_id before_filters; /* a PreFilter plugin rejected all nodes; 0: none did */
    rejection_id absent;         /* of the nodes a PreFilter plugin left out; 0: none */
    uint64_t rejecting;          /* bits: plugins of the profile that rejected some node, or
                                  * REJECTED_BY_EXTENDERS */

    uint32_t *feasible; /* slots, in the order visited */
    int64_t *totals;    /* of the feasible nodes; all 0 when there is only one */
    size_t feasible_count;
    struct rejected_node *rejected;
    size_t rejected_count;

    int64_t top_total;
    uint32_t *top; /* slots of the nodes with the greatest total, in the order visited */
    size_t top_count;

    int64_t *scores; /* plain decisions only: feasible x score plugins, weighted */

    struct error error; /* of DECISION_ERROR */

    /* private */
    struct prepared *own;          /* of the last plain decision; NULL: none */
    struct known_failure *failure; /* of the class: to be remembered; NULL: plain decisions */
    bool asks_outside;             /* extenders have a say */
    bool known;                    /* it stands for the nodes, which were not visited */
    uint32_t *narrowed;            /* slots of the nodes the search was narrowed to */
    int64_t *normalized;
    struct candidate *candidates;
    size_t capacity, scores_capacity;
};
void decision_close(struct decision *decision);

/* Feasible and rejected nodes together. */
static inline size_t decision_evaluated(const struct decision *decision)
{
    return decision->known ? decision->failure->evaluated
                           : decision->feasible_count + decision->rejected_count;
}

/* Where the next decision should begin. */
size_t decision_next_start(const struct decision *decision);

/* How many feasible nodes end the search; 0 % stands for the adaptive default. */
size_t nodes_to_find(int percentage, size_t all_nodes);

/* Decide, beginning at `start` in the order of nodes. The snapshot has been refreshed. */
void decide(struct template_cache *cache, const struct profile *profile,
            const struct snapshot *snapshot, const struct pod *pod, size_t start,
            struct decision *decision);
void decide_plainly(struct template_cache *cache, const struct profile *profile,
                    const struct snapshot *snapshot, const struct pod *pod, size_t start,
                    struct decision *decision);

/* No node will do: ask the PostFilter plugins, and say why, as FailedScheduling does. Where they
 * could not help that is remembered until something changes: the next pod of the class that does
 * not fit costs next to nothing, and its decision lists no nodes. `round` has the pod and the
 * means; the caller frees the text. */
char *decision_message(const struct decision *decision, struct post_filter_round *round);

/* The extenders' part in decide() and decide_plainly(): behind the filters, and behind the scores.
 * False when the attempt has failed. */
bool decision_filter_outside(struct decision *decision, struct template_cache *cache,
                             const struct pod *pod);
bool decision_score_outside(struct decision *decision, const struct pod *pod);

#endif
