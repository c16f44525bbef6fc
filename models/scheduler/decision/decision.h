/* One attempt to find a node for a pod: the cycle's filters and scores, without side effects.
 *
 * Two ways to one answer: decide() goes by what the pod's class remembers (pod_class.h): it
 * asks about nodes that changed and about one node of each group, and finds the best
 * without looking at all; decide_plainly() remembers nothing, counts everything anew and
 * asks every plugin about every node, as kube-scheduler does, and keeps every score. Both
 * visit nodes in the same order and stop at the same node. Follows schedulePod in
 * pkg/scheduler/schedule_one.go of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_DECISION_H
#define MODELS_SCHEDULER_DECISION_H

#include "models/scheduler/decision/prepared.h"
#include "models/scheduler/decision/rejection_table.h"
#include "models/scheduler/snapshot/snapshot.h"
#include "models/scheduler/decision/template_cache.h"
#include "models/scheduler/snapshot/what_if.h"

enum decision_outcome {
    DECISION_FOUND,    /* decision_top() has the nodes to choose from */
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
    struct rejection_table *rejections;
    size_t all_nodes;            /* of the snapshot */
    size_t start;                /* where in the order of nodes the search began */
    rejection_id before_filters; /* a PreFilter plugin rejected all nodes; 0: none did */
    rejection_id absent;         /* of the nodes a PreFilter plugin left out; 0: none */
    uint64_t rejecting;          /* bits: plugins of the profile that rejected some node, or
                                  * REJECTED_BY_EXTENDERS; not kept up when a node is found */

    bool nominated_tried; /* the node the pod was promised was asked about first, alone, */
    bool nominated_taken; /* and will do: nothing else was looked at */

    size_t feasible_count, rejected_count;
    int64_t top_total; /* the greatest; 0 when only one node is feasible, which is not scored */
    size_t top_count;  /* nodes that have it: decision_top() */

    /* Filled by decision_list(); by itself in plain decisions and when no node will do. */
    uint32_t *feasible; /* slots, in the order visited */
    int64_t *totals;    /* of the feasible nodes */
    struct rejected_node *rejected;
    uint32_t *top; /* slots of the nodes with the greatest total, in their order */

    int64_t *scores; /* plain decisions only: feasible x score plugins, weighted */

    struct error error; /* of DECISION_ERROR */

    /* private */
    bool asks_outside;              /* extenders have a say */
    struct prepared *own;           /* of the last plain decision; NULL: none */
    struct pod_class *class;        /* NULL: plain decisions */
    struct known_failure *failure;  /* of the class: to be remembered; NULL: plain decisions */
    bool known;                     /* it stands for the nodes, which were not visited */
    bool listed;                    /* the lists are filled */
    bool all;                       /* every node was visited, or would have been */
    bool scored;                    /* more than one was feasible */
    const uint32_t *visited;        /* slots: the nodes among which the search went */
    size_t visited_count, wanted;   /* feasible nodes that end it */
    struct group_verdict *verdicts; /* by number of the group */
    uint32_t *narrowed;             /* slots of the nodes the search was narrowed to */
    struct what_if trial;           /* memory of nodes with nominated pods */
    struct promised_node {
        uint32_t slot;
        struct answer answer;
    } * promised; /* nodes that reject the pod because of pods nominated there */
    size_t promised_count, promised_capacity;
    uint32_t *promised_at; /* by slot: 0, or one more than its index in `promised` */
    size_t promised_slots;
    int64_t *normalized;
    struct candidate *candidates;
    uint32_t *candidate_groups;
    size_t capacity, scores_capacity, verdict_capacity;
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

/* The k-th (from 0) of the nodes with the greatest total, by slot. */
uint32_t decision_top(const struct decision *decision, size_t k);

/* Fill the lists: O(nodes). Before anything changes. */
void decision_list(struct decision *decision);

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
