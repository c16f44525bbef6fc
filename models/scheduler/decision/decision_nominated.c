/* Pods that were promised room, in decisions: their own, and those of others.
 *
 * Follows evaluateNominatedNode of pkg/scheduler/schedule_one.go and RunFilterPluginsWithNominatedPods
 * of framework/runtime/framework.go of the release named in docs/fidelity.md. */
#include "models/scheduler/decision/decision_private.h"

bool decision_ask(struct decision *decision, const struct pod *pod, uint32_t slot,
                  struct answer *answer)
{
    const struct prepared *prepared = decision->prepared;
    struct rejection rejection;
    const int by = what_if_filter_node(&decision->trial, prepared, pod,
                                       decision->snapshot->nodes[slot], &rejection);
    if (by < 0)
        return true;
    const struct sched_plugin *plugin = prepared->profile->plugins[by].plugin;
    answer->rejection = rejection_table_add(decision->rejections, plugin, &rejection, 0);
    answer->rejected_by = (uint8_t)by;
    return false;
}

/* What was said of the node is said again by the search for any other. */
bool decision_try_nominated(struct decision *decision, const struct pod *pod)
{
    const struct node_info *node = snapshot_find_node(decision->snapshot, pod_nominated_node(pod));
    struct answer answer;
    decision->nominated_tried = pod_nominated_node(pod) != NULL && !decision->prepared->rejected;
    if (!decision->nominated_tried || node == NULL ||
        !decision_ask(decision, pod, node->slot, &answer))
        return false;
    decision->feasible[0] = node->slot;
    decision->totals[0] = 0;
    decision->feasible_count = 1;
    return true;
}

static void forget_promised(struct decision *decision)
{
    for (size_t i = 0; i < decision->promised_count; i++)
        decision->promised_at[decision->promised[i].slot] = 0;
    decision->promised_count = 0;
    if (decision->promised_slots >= decision->snapshot->slot_count)
        return;
    const size_t before = decision->promised_slots;
    decision->promised_slots = decision->snapshot->slot_capacity;
    decision->promised_at =
        mem_resize(decision->promised_at, decision->promised_slots * sizeof *decision->promised_at);
    memset(&decision->promised_at[before], 0,
           (decision->promised_slots - before) * sizeof *decision->promised_at);
}

void decision_find_promised(struct decision *decision, const struct pod *pod)
{
    const struct nominator *nominator = decision->snapshot->nominator;
    forget_promised(decision);
    if (nominator == NULL)
        return;
    for (const struct nominated_node *at = nominator->first; at != NULL; at = at->next) {
        const struct node_info *node = snapshot_find_node(decision->snapshot, at->name);
        struct answer answer;
        if (node == NULL || !nominated_node_counts(at, pod) ||
            decision_ask(decision, pod, node->slot, &answer))
            continue;
        MEM_GROW(decision->promised, decision->promised_count, decision->promised_capacity);
        decision->promised[decision->promised_count++] =
            (struct promised_node){ .slot = node->slot, .answer = answer };
        decision->promised_at[node->slot] = (uint32_t)decision->promised_count;
    }
}
