/* The inside of a decision: what both ways have in common. */
#ifndef MODELS_SCHEDULER_DECISION_PRIVATE_H
#define MODELS_SCHEDULER_DECISION_PRIVATE_H

#include "models/scheduler/decision/decision.h"

/* Nothing found yet; memory for all nodes. */
void decision_begin(struct decision *decision, struct template_cache *cache,
                    const struct prepared *prepared, const struct pod *pod, size_t start);

/* PreFilter has spoken: what is said of nodes that need not be visited, and the nodes that are to
 * be: `visited`, `visited_count` and `wanted`. */
void decision_choose_visited(struct decision *decision);

/* The index in `visited` at which the search begins. */
static inline size_t decision_first(const struct decision *decision)
{
    return decision->visited_count > 0 ? decision->start % decision->visited_count : 0;
}

void decision_note_rejected(struct decision *decision, uint32_t slot, rejection_id rejection,
                            uint8_t rejected_by);

/* The totals are known: the greatest, and everybody who has it, in the order of their slots. */
void decision_find_top(struct decision *decision);

/* --- decision_nominated.c ------------------------------------------------------------------ */

/* What all filters say of a node, nominated pods respected; whether they let the pod pass. */
bool decision_ask(struct decision *decision, const struct pod *pod, uint32_t slot,
                  struct answer *answer);

/* Is the pod itself nominated? Then others of its class are not like it. */
static inline bool decision_is_promised(const struct decision *decision, const struct pod *pod)
{
    const struct nominator *nominator = decision->snapshot->nominator;
    return pod_nominated_node(pod) != NULL || (nominator != NULL && nominator_has(nominator, pod));
}

/* Try the node that the pod was promised, alone. True when it will do; then it is the only feasible
 * one. */
bool decision_try_nominated(struct decision *decision, const struct pod *pod);

/* Find the nodes that reject the pod because of others that are nominated there. */
void decision_find_promised(struct decision *decision, const struct pod *pod);
static inline const struct answer *decision_promised(const struct decision *decision, uint32_t slot)
{
    return decision->promised_count > 0 && decision->promised_at[slot] > 0
               ? &decision->promised[decision->promised_at[slot] - 1].answer
               : NULL;
}

/* decision_fast.c: what decide() does for most classes. */
void decision_by_class(struct decision *decision, struct template_cache *cache,
                       struct pod_class *class, const struct pod *pod, size_t start);

/* Several nodes are feasible, but may not be scored: then the attempt has failed, and true. */
bool decision_cannot_score(struct decision *decision);

#endif
