/* What PostFilter found; see preemption.h. */
#include "tools/schedule/preemption.h"

#include <stdlib.h>

static size_t rank_of(const struct trial *trial, const char *name)
{
    const struct text *node = text_find(trial->run->texts, name);
    return trial_node_rank(trial, snapshot_find_node(trial->snapshot, node)->slot);
}

uint32_t preemption_choose(void *trial, const struct question *question)
{
    uint32_t best = 0;
    if (question->name == NULL)
        return 0;
    for (uint32_t i = 1; i < question->options; i++)
        if (rank_of(trial, question->name(question->context, i)) <
            rank_of(trial, question->name(question->context, best)))
            best = i;
    return best;
}

static const char *node_name(const struct post_filter_round *round, size_t candidate)
{
    const uint32_t slot = round->preemption.candidates[candidate].slot;
    return round->decision->snapshot->nodes[slot]->name->s;
}

static struct value *pod_key(const struct pod *pod)
{
    char *key = mem_format("%s/%s", namespace_of(pod), name_of(pod));
    struct value *value = value_new_string(key);
    free(key);
    return value;
}

static struct value *victims_list(const struct extender_victims *victims)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < victims->count; i++)
        value_add(list, pod_key(victims->pods[i]));
    return list;
}

/* Which of the candidates stands at each place, by when the nodes joined; the caller frees. */
static size_t *by_rank(const struct trial *trial, const struct preemption *preemption)
{
    size_t *order = mem_new((preemption->count + 1) * sizeof *order);
    for (size_t i = 0; i < preemption->count; i++) {
        const size_t rank = trial_node_rank(trial, preemption->candidates[i].slot);
        size_t at = i;
        for (; at > 0 && trial_node_rank(trial, preemption->candidates[order[at - 1]].slot) > rank;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return order;
}

static bool is_tie(const struct preemption *preemption, size_t candidate)
{
    for (size_t i = 0; i < preemption->tie_count; i++)
        if (preemption->ties[i] == candidate)
            return true;
    return false;
}

static void tell_candidates(const struct trial *trial, const struct post_filter_round *round,
                            struct value *told)
{
    const struct preemption *preemption = &round->preemption;
    struct value *ties = value_new_list(), *list = value_new_list();
    size_t *order = by_rank(trial, preemption);
    for (size_t i = 0; i < preemption->count; i++) {
        const struct extender_victims *candidate = &preemption->candidates[order[i]];
        struct value *item = value_new_map();
        value_set(item, "node", value_new_string(node_name(round, order[i])));
        value_set(item, "victims", victims_list(candidate));
        value_set(item, "pdbViolations", value_new_int(candidate->pdb_violations));
        value_add(list, item);
        if (is_tie(preemption, order[i]))
            value_add(ties, value_new_string(node_name(round, order[i])));
    }
    free(order);
    value_set(told, "ties", ties);
    value_set(told, "candidates", list);
}

static void tell_cleared(const struct trial *trial, const struct post_filter_round *round,
                         struct value *told)
{
    const struct nominated_node *node = nominator_find(trial->nominator, round->node);
    struct value *list = value_new_list();
    for (const struct nominee *nominee = node != NULL ? node->first : NULL; nominee != NULL;
         nominee = nominee->next)
        if (nominee->pod->spec->priority < round->pod->spec->priority)
            value_add(list, pod_key(nominee->pod));
    if (list->count > 0)
        value_set(told, "clearedNominations", list);
    else
        value_drop(list);
}

struct value *preemption_told(const struct trial *trial, const struct post_filter_round *round)
{
    static const char *const nominations[] = { [NOMINATION_UNCHANGED] = "unchanged",
                                               [NOMINATION_SET] = "set",
                                               [NOMINATION_CLEARED] = "cleared" };
    const struct preemption *preemption = &round->preemption;
    struct value *told = value_new_map();
    if (round->nomination == NOMINATION_SET) {
        value_set(told, "nominatedNode", value_new_string(round->node->s));
        value_set(told, "victims", victims_list(&preemption->candidates[preemption->chosen]));
        tell_candidates(trial, round, told);
        tell_cleared(trial, round, told);
    } else {
        value_set(told, "postFilterMessage",
                  value_new_string(round->message.length > 0 ? round->message.bytes : ""));
    }
    value_set(told, "nomination", value_new_string(nominations[round->nomination]));
    return told;
}
