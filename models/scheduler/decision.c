/* Which nodes would do, and which is best; see decision.h.
 *
 * The fast way reads remembered answers in one pass over the nodes it visits; a score that
 * is normalized costs a second pass only if the nodes differ in it. */
#include "models/scheduler/decision.h"

#include <stdlib.h>

void decision_close(struct decision *decision)
{
    free(decision->feasible);
    free(decision->totals);
    free(decision->rejected);
    free(decision->top);
    free(decision->scores);
    free(decision->narrowed);
    free(decision->normalized);
    free(decision->candidates);
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
    return (decision->start + decision_evaluated(decision)) % decision->all_nodes;
}

size_t nodes_to_find(int percentage, size_t all_nodes)
{
    enum { LEAST_NODES = 100, LEAST_PERCENTAGE = 5 };
    if (all_nodes < LEAST_NODES)
        return all_nodes;
    if (percentage == 0) {
        percentage = 50 - (int)(all_nodes / 125);
        if (percentage < LEAST_PERCENTAGE)
            percentage = LEAST_PERCENTAGE;
    }
    const size_t nodes = all_nodes * (size_t)percentage / 100;
    return nodes < LEAST_NODES ? LEAST_NODES : nodes;
}

static void begin(struct decision *decision, const struct template_cache *cache,
                  const struct prepared *prepared, const struct pod *pod, size_t start)
{
    const size_t nodes = prepared->snapshot->node_count;
    decision->prepared = prepared;
    decision->snapshot = prepared->snapshot;
    decision->rejections = &cache->rejections;
    decision->asks_outside = extenders_filter_pod(prepared->profile->extenders, pod) ||
                             extenders_score_pod(prepared->profile->extenders, pod);
    decision->all_nodes = nodes;
    decision->start = start;
    decision->outcome = nodes == 0 ? DECISION_NO_NODES : DECISION_REJECTED;
    decision->before_filters = decision->absent = 0;
    decision->rejecting = 0;
    decision->feasible_count = decision->rejected_count = decision->top_count = 0;
    decision->top_total = 0;
    decision->failure = NULL;
    decision->known = false;
    error_close(&decision->error);
    if (nodes <= decision->capacity)
        return;
    decision->capacity = nodes * 2;
    decision->feasible = mem_resize(decision->feasible, decision->capacity * sizeof(uint32_t));
    decision->top = mem_resize(decision->top, decision->capacity * sizeof(uint32_t));
    decision->narrowed = mem_resize(decision->narrowed, decision->capacity * sizeof(uint32_t));
    decision->totals = mem_resize(decision->totals, decision->capacity * sizeof(int64_t));
    decision->normalized = mem_resize(decision->normalized, decision->capacity * sizeof(int64_t));
    decision->candidates =
        mem_resize(decision->candidates, decision->capacity * sizeof *decision->candidates);
    decision->rejected =
        mem_resize(decision->rejected, decision->capacity * sizeof *decision->rejected);
}

/* --- filters -------------------------------------------------------------------------- */

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
static rejection_id rejection_of_absent(struct template_cache *cache,
                                        const struct prepared *prepared)
{
    struct writer names = { 0 };
    struct rejection rejection = { 0 };
    prepared_print_narrowing(prepared, &names);
    const struct text *text = text_format(prepared->snapshot->texts,
                                          "node(s) didn't satisfy plugin(s) [%s]", names.bytes);
    reject_about(&rejection, UNRESOLVABLE, "", text);
    const rejection_id id = rejection_table_add(&cache->rejections, NULL, &rejection);
    text_drop(text);
    writer_close(&names);
    return id;
}

/* What the filters say of a node now. */
static void ask_plainly(struct template_cache *cache, const struct prepared *prepared,
                        uint32_t slot, struct answer *answer)
{
    struct rejection rejection = { 0 };
    const int by = prepared_filter(prepared, prepared->snapshot->nodes[slot], &rejection);
    *answer = (struct answer){ 0 };
    if (by < 0)
        return;
    const struct sched_plugin *plugin = prepared->profile->plugins[by].plugin;
    answer->rejected_by = (uint8_t)by;
    answer->rejection = rejection_table_add(&cache->rejections, plugin, &rejection);
}

static void note_rejected(struct decision *decision, uint32_t slot, const struct answer *answer)
{
    decision->rejected[decision->rejected_count++] =
        (struct rejected_node){ slot, answer->rejection };
    decision->rejecting |= (uint64_t)1 << answer->rejected_by;
}

/* Visit nodes round the list until one more than enough fits: what was rejected before that
 * one counts as evaluated. Without a class the plugins are asked. */
static void visit(struct decision *decision, struct template_cache *cache, struct pod_class *class,
                  const uint32_t *slots, size_t count)
{
    const struct profile *profile = decision->prepared->profile;
    const bool any_will_do = profile->points[POINT_SCORE].count == 0 && !decision->asks_outside;
    const size_t wanted =
        any_will_do ? 1 : nodes_to_find(profile->percentage_of_nodes_to_score, count);
    size_t at = count > 0 ? decision->start % count : 0;
    struct answer asked;
    for (size_t i = 0; i < count; i++, at = at + 1 == count ? 0 : at + 1) {
        const struct answer *answer = &asked;
        if (class == NULL)
            ask_plainly(cache, decision->prepared, slots[at], &asked);
        else
            answer = pod_class_answer(cache, class, slots[at]);
        if (answer->rejection != 0) {
            note_rejected(decision, slots[at], answer);
        } else if (decision->feasible_count < wanted) {
            decision->totals[decision->feasible_count] = answer->fixed;
            decision->feasible[decision->feasible_count++] = slots[at];
        } else {
            break;
        }
    }
}

static void reject_before_filters(struct decision *decision, struct template_cache *cache)
{
    const struct prepared *prepared = decision->prepared;
    const struct sched_plugin *plugin = NULL;
    if (prepared->rejected_by >= 0) {
        plugin = prepared->profile->plugins[prepared->rejected_by].plugin;
        decision->rejecting |= (uint64_t)1 << prepared->rejected_by;
    }
    decision->before_filters =
        rejection_table_add(&cache->rejections, plugin, &prepared->rejection);
}

static void filter_nodes(struct decision *decision, struct template_cache *cache,
                         struct pod_class *class)
{
    const struct prepared *prepared = decision->prepared;
    decision->rejecting = prepared->narrowing;
    if (prepared->rejected) {
        reject_before_filters(decision, cache);
    } else if (prepared->narrowed != NULL) {
        const size_t count = narrowed_slots(decision);
        decision->absent = rejection_of_absent(cache, prepared);
        visit(decision, cache, class, decision->narrowed, count);
    } else {
        visit(decision, cache, class, decision->snapshot->order, decision->all_nodes);
    }
}

/* --- scores --------------------------------------------------------------------------- */

/* Add a normalized score to the totals, or return what it adds to all of them alike. */
static int64_t add_normalized(struct decision *decision, const struct pod_class *class, size_t i)
{
    const struct prepared *prepared = &class->prepared;
    const struct sched_plugin *plugin = prepared_scorer(prepared, i);
    const struct sched_call call = prepared_call(prepared, prepared->scores[i]);
    const int64_t weight = prepared_weight(prepared, i), *raw = class->raw[i];
    const size_t count = decision->feasible_count;
    int64_t first = raw[decision->feasible[0]], differ = 0;
    for (size_t j = 0; j < count; j++)
        differ |= raw[decision->feasible[j]] ^ first;
    if (differ == 0) {
        plugin->normalize(&call, &first, 1);
        return first * weight;
    }
    for (size_t j = 0; j < count; j++)
        decision->normalized[j] = raw[decision->feasible[j]];
    plugin->normalize(&call, decision->normalized, count);
    for (size_t j = 0; j < count; j++)
        decision->totals[j] += decision->normalized[j] * weight;
    return 0;
}

static void total_scores(struct decision *decision, const struct pod_class *class)
{
    int64_t to_all = 0;
    for (size_t i = 0; i < class->prepared.score_count; i++)
        if (class->raw[i] != NULL)
            to_all += add_normalized(decision, class, i);
    for (size_t j = 0; j < decision->feasible_count; j++)
        decision->totals[j] += to_all;
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

static void total_scores_plainly(struct decision *decision, struct prepared *prepared)
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

/* The greatest total, and everybody who has it. */
static void find_top(struct decision *decision)
{
    decision->top_total = decision->totals[0];
    for (size_t j = 0; j < decision->feasible_count; j++) {
        if (decision->totals[j] < decision->top_total)
            continue;
        if (decision->totals[j] > decision->top_total) {
            decision->top_total = decision->totals[j];
            decision->top_count = 0;
        }
        decision->top[decision->top_count++] = decision->feasible[j];
    }
}

/* --- failures that are known ------------------------------------------------------------ */

/* Nothing has changed since a pod of this template fitted nowhere: neither does this one. */
static bool is_known_failure(struct decision *decision, struct pod_class *class,
                             const struct pod *pod)
{
    const struct known_failure *failure = &class->failure;
    if (decision->asks_outside)
        return false; /* they may say something else this time */
    decision->failure = &class->failure;
    if (failure->message == NULL || failure->generation != decision->snapshot->generation ||
        failure->nominated != snapshot_nominations(decision->snapshot) ||
        pod_nominated_node(pod) != NULL)
        return false;
    decision->known = true;
    decision->rejecting = failure->rejecting;
    return true;
}

/* --- both ways ------------------------------------------------------------------------- */

void decide(struct template_cache *cache, const struct profile *profile,
            const struct snapshot *snapshot, const struct pod *pod, size_t start,
            struct decision *decision)
{
    struct pod_class *class = template_cache_class(cache, profile, pod, snapshot);
    if (class->prepared.counting != 0) {
        decide_plainly(cache, profile, snapshot, pod, start, decision);
        return;
    }
    begin(decision, cache, &class->prepared, pod, start);
    if (decision->all_nodes == 0 || is_known_failure(decision, class, pod))
        return;
    filter_nodes(decision, cache, class);
    if (!decision_filter_outside(decision, cache, pod) || decision->feasible_count == 0)
        return;
    decision->outcome = DECISION_FOUND;
    if (decision->feasible_count == 1) {
        decision->totals[0] = 0; /* a single node is not scored */
    } else {
        total_scores(decision, class);
        if (!decision_score_outside(decision, pod))
            return;
    }
    find_top(decision);
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

void decide_plainly(struct template_cache *cache, const struct profile *profile,
                    const struct snapshot *snapshot, const struct pod *pod, size_t start,
                    struct decision *decision)
{
    struct prepared *prepared = prepare_plainly(decision, profile, snapshot, pod);
    begin(decision, cache, prepared, pod, start);
    if (decision->all_nodes == 0)
        return;
    filter_nodes(decision, cache, NULL);
    if (!decision_filter_outside(decision, cache, pod) || decision->feasible_count == 0)
        return;
    decision->outcome = DECISION_FOUND;
    if (decision->feasible_count > 1) { /* a single node is not scored */
        total_scores_plainly(decision, prepared);
        if (!decision_score_outside(decision, pod))
            return;
    }
    find_top(decision);
}
