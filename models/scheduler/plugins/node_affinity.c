/* NodeAffinity: nodeSelector and required node affinity filter, preferred node affinity
 * scores the sum of the weights of the terms that match.
 *
 * The profile may add an affinity of its own to every pod. Follows
 * pkg/scheduler/framework/plugins/nodeaffinity of the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/plugins/plugins.h"

/* NodeAffinityArgs.addedAffinity. */
struct added_affinity {
    const struct node_selector *required; /* NULL: none */
    struct preferred_term *preferred;     /* owned */
    size_t preferred_count;
};

static void node_affinity_release(void *args)
{
    struct added_affinity *added = args;
    if (added == NULL)
        return;
    node_selector_drop(added->required);
    for (size_t i = 0; i < added->preferred_count; i++)
        node_selector_drop(added->preferred[i].term);
    free(added->preferred);
    free(added);
}

static bool load_preferred(struct texts *texts, const struct value *terms,
                           struct added_affinity *added, struct error *error)
{
    if (terms == NULL || terms->count == 0)
        return true;
    added->preferred = mem_new(terms->count * sizeof *added->preferred);
    for (size_t i = 0; i < terms->count; i++) {
        const struct value *term = value_at(terms, i);
        struct preferred_term *preferred = &added->preferred[added->preferred_count++];
        preferred->weight = (int32_t)value_int(value_get(term, "weight"), 0);
        preferred->term = node_selector_load_term(texts, value_get(term, "preference"), error);
        if (preferred->term == NULL)
            return false;
    }
    return true;
}

static void *node_affinity_configure(struct texts *texts, const struct value *args,
                                     struct error_list *errors)
{
    struct added_affinity *added = mem_new(sizeof *added);
    struct error error = { 0 };
    const struct value *affinity = value_get(args, "addedAffinity");
    const struct value *required =
        value_get(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
    if (required != NULL)
        added->required = node_selector_load(texts, required, &error);
    const bool good =
        (required == NULL || added->required != NULL) &&
        load_preferred(texts,
                       value_get(affinity, "preferredDuringSchedulingIgnoredDuringExecution"),
                       added, &error);
    if (good)
        return added;
    error_wrap(&error, "NodeAffinityArgs.addedAffinity");
    error_list_take(errors, &error);
    node_affinity_release(added);
    return NULL;
}

static bool selector_takes(const struct node_selector *selector, const struct node *node)
{
    return node_selector_matches(selector, labels_lookup, node->meta.labels, name_of(node));
}

static enum pre_filter node_affinity_pre_filter(const struct sched_call *call,
                                                struct narrowed *narrowed,
                                                struct rejection *rejection)
{
    const struct added_affinity *added = call->args;
    const struct pod_spec *spec = call->spec;
    if (spec->required_affinity == NULL && spec->node_selector == NULL && added->required == NULL)
        return PRE_FILTER_SKIP;
    if (spec->required_affinity == NULL ||
        !node_selector_names(spec->required_affinity, &narrowed->names, &narrowed->count))
        return PRE_FILTER_GO;
    if (narrowed->count > 0) {
        narrowed->set = true;
        return PRE_FILTER_GO;
    }
    reject(rejection, UNRESOLVABLE, "pod affinity terms conflict");
    return PRE_FILTER_REJECTED;
}

static bool node_affinity_filter(const struct sched_call *call, const struct node_info *node,
                                 struct rejection *rejection)
{
    const struct added_affinity *added = call->args;
    if (added->required != NULL && !selector_takes(added->required, node->node))
        return reject(rejection, UNRESOLVABLE,
                      "node(s) didn't match scheduler-enforced node affinity");
    if (!node_is_selected(node->node, call->spec))
        return reject(rejection, UNRESOLVABLE, "node(s) didn't match Pod's node affinity/selector");
    return true;
}

static bool node_affinity_pre_score(const struct sched_call *call,
                                    const struct candidates *candidates)
{
    (void)candidates;
    const struct added_affinity *added = call->args;
    return call->spec->preferred_affinity_count > 0 || added->preferred_count > 0;
}

/* A value in a preference that is no label value: the API server lets it pass. */
static bool node_affinity_check_scores(const struct sched_call *call, struct error *error)
{
    const struct value *list = value_path(call->spec->document, "affinity", "nodeAffinity",
                                          "preferredDuringSchedulingIgnoredDuringExecution", NULL);
    for (size_t i = 0; i < call->spec->preferred_affinity_count; i++) {
        struct error fault = { 0 };
        if (call->spec->preferred_affinity[i].term != NULL ||
            call->spec->preferred_affinity[i].weight == 0)
            continue;
        node_selector_load_term(call->snapshot->texts, value_get(value_at(list, i), "preference"),
                                &fault);
        /* "matchExpressions[0]: values[0]..." is one path to the real one. */
        const size_t head = strcspn(fault.text, ":");
        error_set(error, (struct place){ 0 }, "[%zu].%.*s.%s", i, (int)head, fault.text,
                  fault.text + head + strspn(fault.text + head, ": "));
        error_close(&fault);
        return false;
    }
    return true;
}

static int64_t sum_of_weights(const struct preferred_term *terms, size_t count,
                              const struct node *node)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (terms[i].weight != 0 && terms[i].term != NULL && selector_takes(terms[i].term, node))
            sum += terms[i].weight;
    return sum;
}

static int64_t node_affinity_score(const struct sched_call *call, const struct node_info *node)
{
    const struct added_affinity *added = call->args;
    return sum_of_weights(added->preferred, added->preferred_count, node->node) +
           sum_of_weights(call->spec->preferred_affinity, call->spec->preferred_affinity_count,
                          node->node);
}

static void node_affinity_normalize(const struct sched_call *call, int64_t *scores, size_t count)
{
    (void)call;
    normalize_to_highest(scores, count, false);
}

/* A node that matches and is new, or did not match before. */
static bool matches_now(const void *args, const struct pod *pod, const struct object *before,
                        const struct object *after)
{
    const struct added_affinity *added = args;
    if (added->required != NULL && !selector_takes(added->required, node_of(after)))
        return false;
    return node_is_selected(node_of(after), pod->spec) &&
           (before == NULL || !node_is_selected(node_of(before), pod->spec));
}

const struct sched_plugin node_affinity_plugin = {
    .name = "NodeAffinity",
    .configure = node_affinity_configure,
    .release = node_affinity_release,
    .events = { { KIND_NODE, EVENT_ADD | EVENT_UPDATE_NODE_LABEL, matches_now },
                { KIND_NODE, EVENT_UPDATE_NODE_TAINT, NULL } },
    .pre_filter = node_affinity_pre_filter,
    .filter = node_affinity_filter,
    .pre_score = node_affinity_pre_score,
    .check_scores = node_affinity_check_scores,
    .score = node_affinity_score,
    .normalize = node_affinity_normalize,
};
