/* The fast way to a decision: by what a class of pods remembers; see decision.h, pod_class.h.
 *
 * When every node is scored, groups are looked at and not nodes. When a percentage is,
 * nodes are visited in order until enough are found, reading what is remembered. */
#include <assert.h>
#include <stdlib.h>

#include "models/scheduler/decision/decision_private.h"

/* What the plugins that count say of a group, in this decision. */
struct group_verdict {
    enum { VERDICT_UNKNOWN, VERDICT_OPEN, VERDICT_CLOSED } filter;
    uint32_t member;        /* the one that was asked about */
    size_t found;           /* members that the search found */
    rejection_id rejection; /* of a closed one: when it has been asked for */
    uint8_t rejected_by;
};

/* Room for the verdict on every group there is. */
static void make_room_for_verdicts(struct decision *decision)
{
    const size_t groups = decision->class->nodes.item_count;
    if (groups <= decision->verdict_capacity)
        return;
    decision->verdict_capacity = groups * 2;
    decision->verdicts =
        mem_resize(decision->verdicts, decision->verdict_capacity * sizeof *decision->verdicts);
}

static void forget_verdicts(struct decision *decision)
{
    make_room_for_verdicts(decision);
    for (size_t i = 0; i < decision->class->nodes.item_count; i++)
        decision->verdicts[i] = (struct group_verdict){ 0 };
}

/* --- filters ------------------------------------------------------------------------------- */

/* The plugins that count filter after all others. Which of them rejects the node; -1: none. */
static int ask_counting(const struct decision *decision, const struct node_info *node,
                        struct rejection *rejection)
{
    const struct prepared *prepared = decision->prepared;
    for (size_t i = decision->class->filters.count; i < prepared->filter_count; i++) {
        const uint8_t plugin = prepared->filters[i];
        const struct sched_call call = prepared_call(prepared, plugin);
        if (!prepared->profile->plugins[plugin].plugin->filter(&call, node, rejection))
            return plugin;
    }
    return -1;
}

static void judge(struct decision *decision, uint32_t group, uint32_t member)
{
    struct group_verdict *verdict = &decision->verdicts[group];
    struct rejection rejection;
    rejection.count = 0;
    verdict->member = member;
    verdict->filter = ask_counting(decision, decision->snapshot->nodes[member], &rejection) < 0
                          ? VERDICT_OPEN
                          : VERDICT_CLOSED;
}

/* Ask about a member of a group, once in a decision. */
static inline bool is_open(struct decision *decision, uint32_t group, uint32_t member)
{
    if (decision->verdicts[group].filter == VERDICT_UNKNOWN)
        judge(decision, group, member);
    return decision->verdicts[group].filter == VERDICT_OPEN;
}

/* Every node is visited: all members of a group are found, or none. */
static void find_groups(struct decision *decision)
{
    struct best_nodes *nodes = &decision->class->nodes;
    for (uint32_t group = 0; group < nodes->item_count; group++)
        if (nodes->items[group].count > 0 &&
            is_open(decision, group, best_nodes_member(nodes, group))) {
            decision->verdicts[group].found = nodes->items[group].count;
            decision->feasible_count += nodes->items[group].count;
        }
    decision->rejected_count = decision->visited_count - decision->feasible_count;
}

/* The group of a node that is visited, which may have to be asked about first. That may take it into
 * a new group, whose number may have been that of another one, of which nothing was found. */
static uint32_t group_of(struct decision *decision, uint32_t slot)
{
    struct pod_class *class = decision->class;
    if (!pod_class_is_due(class, slot))
        return class->nodes.groups[slot];
    const uint64_t births = class->births;
    pod_class_ask(class, decision->rejections, slot);
    const uint32_t group = class->nodes.groups[slot];
    if (class->births != births) {
        make_room_for_verdicts(decision);
        decision->verdicts[group] = (struct group_verdict){ 0 };
    }
    return group;
}

/* Visit nodes until one more than enough fits. */
static void find_nodes(struct decision *decision)
{
    const size_t count = decision->visited_count;
    size_t at = decision_first(decision);
    for (size_t i = 0; i < count; i++, at = at + 1 == count ? 0 : at + 1) {
        const uint32_t slot = decision->visited[at], group = group_of(decision, slot);
        if (group == NO_GROUP || !is_open(decision, group, slot) ||
            (decision->promised_count > 0 && decision_promised(decision, slot) != NULL)) {
            decision->rejected_count++;
        } else if (decision->feasible_count < decision->wanted) {
            decision->feasible[decision->feasible_count++] = slot;
            decision->verdicts[group].found++;
        } else {
            break;
        }
    }
}

/* --- scores -------------------------------------------------------------------------------- */

/* Groups of which something was found; they are open from here on, and no others. */
static struct candidates candidates_of(struct decision *decision)
{
    struct best_nodes *nodes = &decision->class->nodes;
    size_t count = 0;
    for (uint32_t group = 0; group < nodes->item_count; group++) {
        const size_t found = nodes->items[group].count > 0 ? decision->verdicts[group].found : 0;
        nodes->items[group].open = found > 0;
        nodes->items[group].bonus = 0;
        if (found == 0)
            continue;
        decision->candidate_groups[count] = group;
        const uint32_t member = decision->verdicts[group].member;
        decision->candidates[count] =
            (struct candidate){ .node = decision->snapshot->nodes[member], .count = found };
        count++;
    }
    return (struct candidates){ .items = decision->candidates,
                                .count = count,
                                .nodes = decision->feasible_count };
}

/* Add what is in `normalized` to the groups' boni. */
static void add_bonus(struct decision *decision, size_t count, int64_t weight)
{
    for (size_t i = 0; i < count; i++)
        decision->class->nodes.items[decision->candidate_groups[i]].bonus +=
            decision->normalized[i] * weight;
}

static void add_normalized(struct decision *decision, size_t i, size_t count)
{
    const struct pod_class *class = decision->class;
    const struct class_plugin *scorer = &class->normalized_scores.items[i];
    for (size_t j = 0; j < count; j++)
        decision->normalized[j] = class_group_raw(class->groups[decision->candidate_groups[j]], i);
    scorer->plugin->normalize(&scorer->call, decision->normalized, count);
    add_bonus(decision, count, scorer->weight);
}

static void add_counting(struct decision *decision, size_t i, size_t count)
{
    const struct prepared *prepared = decision->prepared;
    const struct sched_plugin *plugin = prepared_scorer(prepared, i);
    const struct sched_call call = prepared_call(prepared, prepared->scores[i]);
    for (size_t j = 0; j < count; j++)
        decision->normalized[j] = plugin->score(&call, decision->candidates[j].node);
    if (plugin->normalize != NULL)
        plugin->normalize(&call, decision->normalized, count);
    add_bonus(decision, count, prepared_weight(prepared, i));
}

/* What the members of each group have beyond their own values. */
static void total_groups(struct decision *decision)
{
    const struct candidates candidates = candidates_of(decision);
    decision->scored = decision->feasible_count > 1;
    if (!decision->scored)
        return;
    struct prepared *prepared = &decision->class->prepared;
    prepared_begin_scores(prepared, &candidates);
    for (size_t i = 0; i < decision->class->normalized_scores.count; i++)
        add_normalized(decision, i, candidates.count);
    for (size_t i = 0; i < prepared->score_count; i++)
        if (prepared_counts(prepared, prepared->scores[i]))
            add_counting(decision, i, candidates.count);
}

static int64_t total_of(const struct decision *decision, uint32_t slot)
{
    const struct best_nodes *nodes = &decision->class->nodes;
    return decision->scored ? nodes->values[slot] + nodes->items[nodes->groups[slot]].bonus : 0;
}

/* The greatest total among the nodes found one by one, and who has it, as they were visited. */
static void find_top(struct decision *decision)
{
    size_t count = 0;
    int64_t top = INT64_MIN;
    for (size_t i = 0; i < decision->feasible_count; i++) {
        const uint32_t slot = decision->feasible[i];
        const int64_t total = total_of(decision, slot);
        if (total < top)
            continue;
        count = total > top ? 0 : count;
        top = total;
        decision->top[count++] = slot;
    }
    decision->top_total = top;
    decision->top_count = count;
}

/* --- what was found ------------------------------------------------------------------------ */

/* Why the plugins that count reject the members of a group. */
static void note_closed(struct decision *decision, uint32_t slot, uint32_t group)
{
    struct group_verdict *verdict = &decision->verdicts[group];
    if (verdict->rejection == 0) {
        struct rejection rejection;
        rejection.count = 0;
        const int by = ask_counting(decision, decision->snapshot->nodes[slot], &rejection);
        assert(by >= 0);
        verdict->rejected_by = (uint8_t)by;
        verdict->rejection = rejection_table_add(
            decision->rejections, decision->prepared->profile->plugins[by].plugin, &rejection, 0);
    }
    decision_note_rejected(decision, slot, verdict->rejection, verdict->rejected_by);
}

static void note_node(struct decision *decision, uint32_t slot, uint32_t group)
{
    const struct answer *promised = decision_promised(decision, slot);
    if (promised != NULL) {
        decision_note_rejected(decision, slot, promised->rejection, promised->rejected_by);
    } else if (group == NO_GROUP) {
        const struct answer *answer = &decision->class->answers[slot];
        decision_note_rejected(decision, slot, answer->rejection, answer->rejected_by);
    } else if (!is_open(decision, group, slot)) {
        note_closed(decision, slot, group);
    } else {
        decision->totals[decision->feasible_count] = total_of(decision, slot);
        decision->feasible[decision->feasible_count++] = slot;
    }
}

void decision_list(struct decision *decision)
{
    if (decision->listed)
        return;
    const size_t evaluated = decision_evaluated(decision), count = decision->visited_count;
    size_t at = decision_first(decision);
    decision->feasible_count = decision->rejected_count = 0;
    for (size_t i = 0; i < evaluated; i++, at = at + 1 == count ? 0 : at + 1)
        note_node(decision, decision->visited[at],
                  decision->class->nodes.groups[decision->visited[at]]);
    if (decision->feasible_count > 0)
        decision_find_top(decision);
    decision->listed = true;
}

/* The k-th of the best nodes found one by one: bits put them in the order of their slots. */
static uint32_t top_of_found(const struct decision *decision, size_t k)
{
    if (decision->top_count == 1)
        return decision->top[0];
    uint64_t *bits = mem_new(decision->class->nodes.blocks * sizeof *bits);
    for (size_t i = 0; i < decision->top_count; i++)
        bits[decision->top[i] / 64] |= (uint64_t)1 << decision->top[i] % 64;
    size_t block = 0;
    for (size_t here; (here = (size_t)__builtin_popcountll(bits[block])) <= k; block++)
        k -= here;
    uint64_t word = bits[block];
    while (k-- > 0)
        word &= word - 1;
    free(bits);
    return (uint32_t)(block * 64 + (size_t)__builtin_ctzll(word));
}

/* The only member of the only open group. */
static uint32_t single_of(const struct decision *decision)
{
    return best_nodes_member(&decision->class->nodes, decision->candidate_groups[0]);
}

uint32_t decision_top(const struct decision *decision, size_t k)
{
    assert(k < decision->top_count);
    if (decision->listed)
        return decision->top[k];
    if (!decision->all)
        return top_of_found(decision, k);
    if (!decision->scored)
        return single_of(decision);
    return best_nodes_top_slot(&decision->class->nodes, decision->top_total, k);
}

/* --- the decision -------------------------------------------------------------------------- */

/* Nothing has changed since a pod of this class fitted nowhere: neither does this one. */
static bool is_known_failure(struct decision *decision, struct pod_class *class,
                             const struct pod *pod)
{
    const struct known_failure *failure = &class->failure;
    decision->failure = &class->failure;
    if (failure->message == NULL || failure->generation != decision->snapshot->generation ||
        failure->nominated != snapshot_nominations(decision->snapshot) ||
        decision_is_promised(decision, pod))
        return false;
    decision->known = true;
    decision->rejecting = failure->rejecting;
    return true;
}

void decision_by_class(struct decision *decision, struct template_cache *cache,
                       struct pod_class *class, const struct pod *pod, size_t start)
{
    decision_begin(decision, cache, &class->prepared, pod, start);
    decision->class = class;
    if (decision->all_nodes == 0 || is_known_failure(decision, class, pod))
        return;
    prepared_begin(&class->prepared);
    decision->nominated_taken = decision_try_nominated(decision, pod);
    if (decision->nominated_taken) {
        decision->outcome = DECISION_FOUND;
        decision_find_top(decision);
        return;
    }
    decision_find_promised(decision, pod);
    decision_choose_visited(decision);
    forget_verdicts(decision);
    decision->listed = false;
    decision->all = decision->visited_count == decision->all_nodes &&
                    decision->wanted >= decision->visited_count && decision->promised_count == 0 &&
                    class->due_count == 0;
    if (decision->all)
        find_groups(decision);
    else
        find_nodes(decision);
    if (decision->feasible_count == 0) {
        decision_list(decision);
        return;
    }
    decision->outcome = DECISION_FOUND;
    if (decision_cannot_score(decision)) {
        decision_list(decision);
        return;
    }
    total_groups(decision);
    if (!decision->all)
        find_top(decision);
    else if (!decision->scored)
        decision->top_count = 1;
    else
        decision->top_count = best_nodes_top(&class->nodes, &decision->top_total);
}
