/* Which nodes would do, and which is best: what both ways have in common, and the plain way;
 * see decision.h. */
#include <stdlib.h>

#include "models/scheduler/decision/decision_private.h"

void decision_close(struct decision *decision)
{
    free(decision->feasible);
    free(decision->totals);
    free(decision->rejected);
    free(decision->top);
    free(decision->scores);
    free(decision->verdicts);
    free(decision->narrowed);
    free(decision->normalized);
    free(decision->candidates);
    free(decision->candidate_groups);
    free(decision->promised);
    free(decision->promised_at);
    what_if_close(&decision->trial);
    error_close(&decision->error);
    if (decision->own != NULL)
        prepared_close(decision->own);
    free(decision->own);
    *decision = (struct decision){ 0 };
}

size_t decision_next_start(const struct decision *decision)
{
    if (decision->all_nodes == 0)
        return 0;
    if (decision->nominated_taken)
        return decision->start;
    return (decision->start + decision_evaluated(decision)) % decision->all_nodes;
}

/* --- both ways ----------------------------------------------------------------------------- */

static void *room_for(void *array, size_t count, size_t size)
{
    free(array);
    return mem_resize(NULL, count * size);
}

static void make_room(struct decision *decision, size_t nodes)
{
    if (nodes <= decision->capacity)
        return;
    const size_t room = decision->capacity = nodes * 2;
    decision->feasible = room_for(decision->feasible, room, sizeof *decision->feasible);
    decision->totals = room_for(decision->totals, room, sizeof *decision->totals);
    decision->rejected = room_for(decision->rejected, room, sizeof *decision->rejected);
    decision->top = room_for(decision->top, room, sizeof *decision->top);
    decision->narrowed = room_for(decision->narrowed, room, sizeof *decision->narrowed);
    decision->normalized = room_for(decision->normalized, room, sizeof *decision->normalized);
    decision->candidates = room_for(decision->candidates, room, sizeof *decision->candidates);
    decision->candidate_groups =
        room_for(decision->candidate_groups, room, sizeof *decision->candidate_groups);
}

void decision_begin(struct decision *decision, struct template_cache *cache,
                    const struct prepared *prepared, const struct pod *pod, size_t start)
{
    const struct extenders *extenders = prepared->profile->extenders;
    const size_t nodes = prepared->snapshot->node_count;
    decision->prepared = prepared;
    decision->snapshot = prepared->snapshot;
    decision->rejections = &cache->rejections;
    decision->asks_outside =
        extenders_filter_pod(extenders, pod) || extenders_score_pod(extenders, pod);
    decision->all_nodes = nodes;
    decision->start = start;
    decision->outcome = nodes == 0 ? DECISION_NO_NODES : DECISION_REJECTED;
    decision->before_filters = decision->absent = 0;
    decision->rejecting = 0;
    decision->nominated_tried = decision->nominated_taken = false;
    decision->feasible_count = decision->rejected_count = decision->top_count = 0;
    decision->top_total = 0;
    decision->class = NULL;
    decision->failure = NULL;
    decision->known = false;
    error_close(&decision->error);
    decision->listed = true;
    decision->visited_count = 0;
    make_room(decision, nodes);
}

static bool has_slot(const uint32_t *slots, size_t count, uint32_t slot)
{
    for (size_t i = 0; i < count; i++)
        if (slots[i] == slot)
            return true;
    return false;
}

/* The nodes the search is narrowed to, those that exist, each once. */
static size_t narrowed_slots(struct decision *decision)
{
    const struct prepared *prepared = decision->prepared;
    size_t count = 0;
    for (size_t i = 0; i < prepared->narrowed_count; i++) {
        const struct node_info *info =
            snapshot_find_node(decision->snapshot, prepared->narrowed[i]);
        if (info != NULL && !has_slot(decision->narrowed, count, info->slot))
            decision->narrowed[count++] = info->slot;
    }
    return count;
}

/* "node(s) didn't satisfy plugin(s) [A B]": what is said of the nodes left out. */
static rejection_id rejection_of_absent(struct decision *decision)
{
    struct writer names = { 0 };
    struct rejection rejection = { 0 };
    prepared_print_narrowing(decision->prepared, &names);
    const struct text *text = text_format(decision->snapshot->texts,
                                          "node(s) didn't satisfy plugin(s) [%s]", names.bytes);
    reject_about(&rejection, UNRESOLVABLE, "", text);
    const rejection_id id = rejection_table_add(decision->rejections, NULL, &rejection, 0);
    text_drop(text);
    writer_close(&names);
    return id;
}

static void reject_before_filters(struct decision *decision)
{
    const struct prepared *prepared = decision->prepared;
    const struct sched_plugin *plugin = NULL;
    if (prepared->rejected_by >= 0) {
        plugin = prepared->profile->plugins[prepared->rejected_by].plugin;
        decision->rejecting |= (uint64_t)1 << prepared->rejected_by;
    }
    decision->before_filters =
        rejection_table_add(decision->rejections, plugin, &prepared->rejection, 0);
}

void decision_choose_visited(struct decision *decision)
{
    const struct prepared *prepared = decision->prepared;
    const struct profile *profile = prepared->profile;
    decision->rejecting = prepared->narrowing;
    decision->visited = decision->snapshot->order;
    decision->visited_count = 0;
    if (prepared->rejected) {
        reject_before_filters(decision);
    } else if (prepared->narrowed != NULL) {
        decision->absent = rejection_of_absent(decision);
        decision->visited = decision->narrowed;
        decision->visited_count = narrowed_slots(decision);
    } else {
        decision->visited_count = decision->all_nodes;
    }
    const bool any_will_do = profile->points[POINT_SCORE].count == 0 && !decision->asks_outside;
    decision->wanted =
        any_will_do ? 1
                    : nodes_to_find(profile->percentage_of_nodes_to_score, decision->visited_count);
}

void decision_note_rejected(struct decision *decision, uint32_t slot, rejection_id rejection,
                            uint8_t rejected_by)
{
    decision->rejected[decision->rejected_count++] = (struct rejected_node){ slot, rejection };
    decision->rejecting |= (uint64_t)1 << rejected_by;
}

static int by_slot(const void *a, const void *b)
{
    const uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

void decision_find_top(struct decision *decision)
{
    decision->top_count = 0;
    for (size_t j = 0; j < decision->feasible_count; j++) {
        if (decision->top_count > 0 && decision->totals[j] < decision->top_total)
            continue;
        if (decision->totals[j] > decision->top_total)
            decision->top_count = 0;
        decision->top_total = decision->totals[j];
        decision->top[decision->top_count++] = decision->feasible[j];
    }
    qsort(decision->top, decision->top_count, sizeof *decision->top, by_slot);
}

/* --- the plain way ------------------------------------------------------------------------- */

/* What the filters say of a node; whether they let it pass. */
static bool ask_plainly(struct decision *decision, const struct pod *pod, uint32_t slot)
{
    struct answer answer;
    if (decision_ask(decision, pod, slot, &answer))
        return true;
    decision_note_rejected(decision, slot, answer.rejection, answer.rejected_by);
    return false;
}

/* Visit nodes round the list until one more than enough fits: what was rejected before that
 * one counts as evaluated. */
static void visit_plainly(struct decision *decision, const struct pod *pod)
{
    const size_t count = decision->visited_count;
    size_t at = decision_first(decision);
    for (size_t i = 0; i < count; i++, at = at + 1 == count ? 0 : at + 1) {
        const uint32_t slot = decision->visited[at];
        if (!ask_plainly(decision, pod, slot))
            continue;
        if (decision->feasible_count == decision->wanted)
            break;
        decision->totals[decision->feasible_count] = 0;
        decision->feasible[decision->feasible_count++] = slot;
    }
}

/* One score plugin, asked about every feasible node; its column of the scores. */
static void score_plainly(struct decision *decision, const struct prepared *prepared, size_t i)
{
    const struct sched_plugin *plugin = prepared_scorer(prepared, i);
    const struct sched_call call = prepared_call(prepared, prepared->scores[i]);
    const size_t count = decision->feasible_count, width = prepared->score_count;
    for (size_t j = 0; j < count; j++)
        decision->normalized[j] =
            plugin->score(&call, decision->snapshot->nodes[decision->feasible[j]]);
    if (plugin->normalize != NULL)
        plugin->normalize(&call, decision->normalized, count);
    for (size_t j = 0; j < count; j++) {
        const int64_t weighted = decision->normalized[j] * prepared_weight(prepared, i);
        decision->scores[j * width + i] = weighted;
        decision->totals[j] += weighted;
    }
}

/* To a plain decision no two nodes are alike. */
static struct candidates candidates_of(struct decision *decision)
{
    for (size_t i = 0; i < decision->feasible_count; i++)
        decision->candidates[i] =
            (struct candidate){ .node = decision->snapshot->nodes[decision->feasible[i]],
                                .count = 1 };
    return (struct candidates){ .items = decision->candidates,
                                .count = decision->feasible_count,
                                .nodes = decision->feasible_count };
}

static void total_plainly(struct decision *decision, struct prepared *prepared)
{
    const struct candidates candidates = candidates_of(decision);
    prepared_begin_scores(prepared, &candidates);
    const size_t cells = decision->feasible_count * prepared->score_count;
    if (cells > decision->scores_capacity) {
        decision->scores_capacity = cells * 2;
        decision->scores =
            mem_resize(decision->scores, decision->scores_capacity * sizeof *decision->scores);
    }
    for (size_t i = 0; i < prepared->score_count; i++)
        score_plainly(decision, prepared, i);
}

/* Everything anew: nothing that the other way remembers is looked at. */
static struct prepared *prepare_plainly(struct decision *decision, const struct profile *profile,
                                        const struct snapshot *snapshot, const struct pod *pod)
{
    if (decision->own != NULL)
        prepared_close(decision->own);
    else
        decision->own = mem_new(sizeof *decision->own);
    prepared_init(decision->own, profile, pod, snapshot);
    prepared_count_all(decision->own);
    prepared_begin(decision->own);
    return decision->own;
}

/* The node the pod was promised, if nobody objects. */
static bool take_nominated(struct decision *decision, struct template_cache *cache,
                           const struct pod *pod)
{
    decision->nominated_taken = decision_try_nominated(decision, pod) &&
                                decision_filter_outside(decision, cache, pod) &&
                                decision->feasible_count == 1;
    if (!decision->nominated_taken)
        decision->feasible_count = decision->rejected_count = 0;
    return decision->nominated_taken;
}

bool decision_cannot_score(struct decision *decision)
{
    if (decision->feasible_count < 2 || prepared_check_scores(decision->prepared, &decision->error))
        return false;
    decision->outcome = DECISION_ERROR;
    return true;
}

void decide_plainly(struct template_cache *cache, const struct profile *profile,
                    const struct snapshot *snapshot, const struct pod *pod, size_t start,
                    struct decision *decision)
{
    struct prepared *prepared = prepare_plainly(decision, profile, snapshot, pod);
    decision_begin(decision, cache, prepared, pod, start);
    if (decision->all_nodes == 0)
        return;
    if (!take_nominated(decision, cache, pod)) {
        decision_choose_visited(decision);
        visit_plainly(decision, pod);
        if (!decision_filter_outside(decision, cache, pod) || decision->feasible_count == 0)
            return;
    }
    decision->outcome = DECISION_FOUND;
    if (decision_cannot_score(decision))
        return;
    if (decision->feasible_count > 1) { /* a single node is not scored */
        total_plainly(decision, prepared);
        if (!decision_score_outside(decision, pod))
            return;
    }
    decision_find_top(decision);
}

/* --- either way ---------------------------------------------------------------------------- */

/* What an extender leaves of the nodes is what scores are normalized over: where it may leave some out,
 * and there are scores, everything is asked when it has answered. It may also object to the node that
 * a pod was promised, which sends the search to all others. */
static bool goes_plainly(const struct profile *profile, const struct pod_class *class,
                         const struct pod *pod)
{
    const bool matters = profile->points[POINT_SCORE].count > 0 || pod_nominated_node(pod) != NULL;
    return class->out_of_order || (matters && extenders_filter_pod(profile->extenders, pod));
}

/* Nodes by what the class remembers, then whoever is outside. */
static void ask_outside(struct decision *decision, struct template_cache *cache,
                        const struct pod *pod)
{
    if (decision->outcome != DECISION_FOUND || !decision->asks_outside)
        return;
    decision_list(decision);
    if (!decision_filter_outside(decision, cache, pod))
        return;
    if (decision->feasible_count == 0) {
        decision->outcome = DECISION_REJECTED;
        return;
    }
    if (decision->feasible_count == 1)
        decision->totals[0] = 0; /* a single node is not scored */
    else if (!decision_score_outside(decision, pod))
        return;
    decision_find_top(decision);
}

void decide(struct template_cache *cache, const struct profile *profile,
            const struct snapshot *snapshot, const struct pod *pod, size_t start,
            struct decision *decision)
{
    struct pod_class *class = template_cache_class(cache, profile, pod, snapshot);
    if (goes_plainly(profile, class, pod)) {
        decide_plainly(cache, profile, snapshot, pod, start, decision);
    } else {
        decision_by_class(decision, cache, class, pod, start);
        ask_outside(decision, cache, pod);
    }
}
