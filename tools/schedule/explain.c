/* Ask everybody about everything; see explain.h. */
#include "tools/schedule/explain.h"

#include <stdlib.h>

#include "tools/schedule/names.h"

/* The last plain decision, and where in its lists each node stands. */
struct explained {
    const struct trial *trial;
    const struct decision *decision;
    size_t *feasible_at; /* owned, by slot: 1 + its place among the feasible; 0: it is not */
    size_t *rejected_at; /* owned: the same among the rejected */
    int64_t *raw;        /* owned: as decision->scores, but neither normalized nor weighted */
};

/* --- filters ---------------------------------------------------------------------------------- */

static void add_reasons(struct writer *out, const struct reason *reasons, size_t count)
{
    for (size_t i = 0; i < count; i++)
        writer_format(out, "%s%s%s", i > 0 ? ", " : "", reasons[i].text, text_s(reasons[i].about));
}

static struct value *reasons_value(const struct reason *reasons, size_t count)
{
    struct writer text = { 0 };
    add_reasons(&text, reasons, count);
    struct value *value = value_new_string(text.bytes != NULL ? text.bytes : "");
    writer_close(&text);
    return value;
}

static struct value *verdict(const struct prepared *prepared, size_t plugin,
                             const struct node_info *node)
{
    const struct sched_call call = prepared_call(prepared, plugin);
    struct rejection rejection = { 0 };
    if (prepared->profile->plugins[plugin].plugin->filter(&call, node, &rejection))
        return value_new_string("passed");
    return reasons_value(rejection.reasons, rejection.count);
}

/* What the decision itself had to say of a node goes before what the plugins say alone: it also
 * counts pods that are nominated to it. */
static void tell_filters(const struct explained *explained, const struct node_info *node,
                         struct value *told)
{
    const struct decision *decision = explained->decision;
    const struct prepared *prepared = decision->prepared;
    const size_t at = explained->rejected_at[node->slot];
    struct value *filters = value_new_map();
    for (size_t i = 0; i < prepared->filter_count; i++)
        value_set(filters, prepared->profile->plugins[prepared->filters[i]].plugin->name,
                  verdict(prepared, prepared->filters[i], node));
    if (at > 0) {
        const struct stored_rejection *rejection =
            &decision->rejections->items[decision->rejected[at - 1].rejection];
        const char *by = rejection->plugin != NULL ? rejection->plugin->name : "";
        value_set(told, "rejectedBy", value_new_string(by));
        value_set(told, "code",
                  value_new_string(rejection->code == UNRESOLVABLE ? "UnschedulableAndUnresolvable"
                                                                   : "Unschedulable"));
        value_set(filters, by, reasons_value(rejection->reasons, rejection->count));
    }
    value_set(told, "filters", filters);
}

/* --- scores -------------------------------------------------------------------------------------- */

static void ask_raw_scores(struct explained *explained)
{
    const struct decision *decision = explained->decision;
    const struct prepared *prepared = decision->prepared;
    const size_t width = prepared->score_count;
    explained->raw = mem_new((decision->feasible_count * width + 1) * sizeof *explained->raw);
    for (size_t i = 0; i < width; i++) {
        const struct sched_call call = prepared_call(prepared, prepared->scores[i]);
        for (size_t j = 0; j < decision->feasible_count; j++)
            explained->raw[j * width + i] =
                prepared_scorer(prepared, i)
                    ->score(&call, decision->snapshot->nodes[decision->feasible[j]]);
    }
}

static void tell_scores(const struct explained *explained, size_t at, struct value *told)
{
    const struct decision *decision = explained->decision;
    const struct prepared *prepared = decision->prepared;
    const size_t width = prepared->score_count;
    struct value *scores = value_new_map();
    for (size_t i = 0; i < width; i++) {
        const int64_t weight = prepared_weight(prepared, i);
        const int64_t weighted = decision->scores[at * width + i];
        struct value *score = value_new_map();
        value_set(score, "raw", value_new_int(explained->raw[at * width + i]));
        value_set(score, "normalized", value_new_int(weight != 0 ? weighted / weight : 0));
        value_set(score, "weight", value_new_int(weight));
        value_set(score, "weighted", value_new_int(weighted));
        value_set(scores, prepared_scorer(prepared, i)->name, score);
    }
    value_set(told, "scores", scores);
    value_set(told, "total", value_new_int(decision->totals[at]));
}

/* --- the whole ------------------------------------------------------------------------------------- */

static struct value *tell_node(const struct explained *explained, uint32_t slot)
{
    const struct decision *decision = explained->decision;
    const struct node_info *node = decision->snapshot->nodes[slot];
    const size_t at = explained->feasible_at[slot];
    struct value *told = value_new_map();
    value_set(told, "node", value_new_string(node->name->s));
    value_set(told, "visited", value_new_bool(at > 0 || explained->rejected_at[slot] > 0));
    value_set(told, "feasible", value_new_bool(at > 0));
    if (decision->before_filters == 0)
        tell_filters(explained, node, told);
    if (at > 0 && decision->feasible_count > 1)
        tell_scores(explained, at - 1, told);
    return told;
}

static struct value *tell_nodes(const struct explained *explained)
{
    const struct snapshot *snapshot = explained->decision->snapshot;
    struct names nodes = names_of(explained->trial, snapshot->order, snapshot->node_count);
    struct value *list = value_new_list();
    names_sort_by_rank(&nodes);
    for (size_t i = 0; i < nodes.count; i++)
        value_add(list, tell_node(explained, snapshot->order[nodes.items[i].at]));
    names_close(&nodes);
    return list;
}

static void tell_before_filters(const struct decision *decision, struct value *told)
{
    const struct prepared *prepared = decision->prepared;
    if (decision->before_filters != 0) {
        const struct stored_rejection *rejection =
            &decision->rejections->items[decision->before_filters];
        value_put(&told, value_new_string(rejection->plugin != NULL ? rejection->plugin->name : ""),
                  "preFilterReject", "plugin", NULL);
        value_put(&told, reasons_value(rejection->reasons, rejection->count), "preFilterReject",
                  "reasons", NULL);
    }
    if (prepared->narrowed == NULL)
        return;
    struct value *names = value_new_list();
    for (size_t i = 0; i < prepared->narrowed_count; i++)
        value_add(names, value_new_string(prepared->narrowed[i]->s));
    value_set(told, "preFilterNodes", names);
}

static void tell_top(const struct explained *explained, struct value *told)
{
    const struct decision *decision = explained->decision;
    if (decision->outcome != DECISION_FOUND)
        return;
    struct names top = names_of(explained->trial, decision->top, decision->top_count);
    names_sort_by_rank(&top);
    value_put(&told, value_new_int(decision->top_total), "top", "score", NULL);
    value_put(&told, names_list(&top), "top", "nodes", NULL);
    names_close(&top);
}

static void index_lists(struct explained *explained)
{
    const struct decision *decision = explained->decision;
    const size_t slots = decision->snapshot->slot_count + 1;
    explained->feasible_at = mem_new(slots * sizeof *explained->feasible_at);
    explained->rejected_at = mem_new(slots * sizeof *explained->rejected_at);
    for (size_t i = 0; i < decision->feasible_count; i++)
        explained->feasible_at[decision->feasible[i]] = i + 1;
    for (size_t i = 0; i < decision->rejected_count; i++)
        explained->rejected_at[decision->rejected[i].slot] = i + 1;
}

struct value *explain_decision(const struct trial *trial, const struct pod *pod)
{
    struct explained explained = { .trial = trial, .decision = &trial->plain };
    struct value *told = value_new_map();
    char *key = mem_format("%s/%s", namespace_of(pod), name_of(pod));
    value_set(told, "pod", value_new_string(key));
    free(key);
    if (trial->plain.outcome == DECISION_NO_NODES || trial->plain.outcome == DECISION_ERROR)
        return told;
    index_lists(&explained);
    ask_raw_scores(&explained);
    value_set(told, "feasible", value_new_int((int64_t)trial->plain.feasible_count));
    value_set(told, "evaluated", value_new_int((int64_t)decision_evaluated(&trial->plain)));
    value_set(told, "startIndex", value_new_int((int64_t)trial->plain.start));
    tell_before_filters(&trial->plain, told);
    value_set(told, "nodes", tell_nodes(&explained));
    tell_top(&explained, told);
    free(explained.feasible_at);
    free(explained.rejected_at);
    free(explained.raw);
    return told;
}
