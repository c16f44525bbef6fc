/* An explanation as the annotations that kube-scheduler-simulator writes on pods; see explain.h.
 *
 * As its simulator/scheduler/plugin/resultstore: values are JSON texts, scores are texts in them, a
 * final score is normalized and weighted, and what was not asked is not told: the filters behind
 * the one that rejects. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "tools/schedule/explain.h"

#define PREFIX "kube-scheduler-simulator.sigs.k8s.io/"

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* Takes the value. */
static void annotate(struct value *annotations, const char *key, struct value *value)
{
    char *name = mem_format(PREFIX "%s", key);
    char *text = json_text(value, (struct json_style){ .sort_keys = true, .escape_html = true });
    value_set(annotations, name, value_new_string(text));
    value_drop(value);
    free(text);
    free(name);
}

static struct value *filters_until_rejected(const struct value *node)
{
    const struct value *filters = value_get(node, "filters");
    const char *by = text_of(node, "rejectedBy");
    struct value *told = value_new_map();
    for (size_t i = 0; filters != NULL && i < filters->count; i++) {
        value_set(told, filters->entries[i].key, value_hold(filters->entries[i].value));
        if (strcmp(filters->entries[i].key, by) == 0)
            break;
    }
    return told;
}

static struct value *filter_result(const struct value *nodes)
{
    struct value *result = value_new_map();
    for (size_t i = 0; nodes != NULL && i < nodes->count; i++)
        if (value_truth(value_get(nodes->items[i], "visited"), false))
            value_set(result, text_of(nodes->items[i], "node"),
                      filters_until_rejected(nodes->items[i]));
    return result;
}

static struct value *score_result(const struct value *nodes, const char *member)
{
    struct value *result = value_new_map();
    for (size_t i = 0; nodes != NULL && i < nodes->count; i++) {
        const struct value *scores = value_get(nodes->items[i], "scores");
        if (scores == NULL)
            continue;
        struct value *told = value_new_map();
        for (size_t j = 0; j < scores->count; j++) {
            const int64_t score = value_int(value_get(scores->entries[j].value, member), 0);
            char *text = mem_format("%lld", (long long)score);
            value_set(told, scores->entries[j].key, value_new_string(text));
            free(text);
        }
        value_set(result, text_of(nodes->items[i], "node"), told);
    }
    return result;
}

/* The plugins that scored, each with "success". */
static struct value *scored(const struct value *nodes)
{
    struct value *result = value_new_map();
    for (size_t i = 0; nodes != NULL && i < nodes->count && result->count == 0; i++) {
        const struct value *scores = value_get(nodes->items[i], "scores");
        for (size_t j = 0; scores != NULL && j < scores->count; j++)
            value_set(result, scores->entries[j].key, value_new_string("success"));
    }
    return result;
}

static struct value *pre_filter_status(const struct value *explanation)
{
    const struct value *reject = value_get(explanation, "preFilterReject");
    struct value *result = value_new_map();
    if (reject != NULL)
        value_set(result, text_of(reject, "plugin"), value_hold(value_get(reject, "reasons")));
    return result;
}

static struct value *post_filter_result(const struct value *preemption)
{
    struct value *result = value_new_map();
    const char *node = text_of(preemption, "nominatedNode");
    if (*node != '\0')
        value_put(&result, value_new_string("preemption victim"), node, "DefaultPreemption", NULL);
    return result;
}

static struct value *bind_result(const char *chosen)
{
    struct value *result = value_new_map();
    if (chosen != NULL)
        value_set(result, "DefaultBinder", value_new_string("success"));
    return result;
}

struct value *explain_annotations(const struct value *explanation, const char *chosen,
                                  const struct value *preemption)
{
    const struct value *nodes = value_get(explanation, "nodes");
    struct value *annotations = value_new_map(), *history = value_new_list();
    annotate(annotations, "prefilter-result-status", pre_filter_status(explanation));
    annotate(annotations, "prefilter-result", value_new_map());
    annotate(annotations, "filter-result", filter_result(nodes));
    annotate(annotations, "postfilter-result", post_filter_result(preemption));
    annotate(annotations, "prescore-result", scored(nodes));
    annotate(annotations, "score-result", score_result(nodes, "raw"));
    annotate(annotations, "finalscore-result", score_result(nodes, "weighted"));
    annotate(annotations, "reserve-result", value_new_map());
    annotate(annotations, "permit-result", value_new_map());
    annotate(annotations, "permit-result-timeout", value_new_map());
    annotate(annotations, "prebind-result", value_new_map());
    annotate(annotations, "bind-result", bind_result(chosen));
    if (chosen != NULL)
        value_set(annotations, PREFIX "selected-node", value_new_string(chosen));
    value_add(history, value_copy(annotations));
    annotate(annotations, "result-history", history);
    return annotations;
}
