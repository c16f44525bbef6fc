/* Constraints as they apply to a class of pods; see spread_rules.h.
 *
 * Follows common.go and plugin.go of pkg/scheduler/framework/plugins/podtopologyspread, and the
 * validation of PodTopologySpreadArgs in pkg/scheduler/apis/config/validation, of the release named
 * in docs/fidelity.md. */
#include "models/scheduler/plugins/spread_rules.h"

#include <stdlib.h>

#include "models/scheduler/plugins/default_selector.h"

#define HOSTNAME_KEY "kubernetes.io/hostname"
#define ZONE_KEY     "topology.kubernetes.io/zone"

/* --- arguments ------------------------------------------------------------------------------ */

static struct value *system_default(const char *key, int64_t max_skew)
{
    struct value *constraint = value_new_map();
    value_set(constraint, "maxSkew", value_new_int(max_skew));
    value_set(constraint, "topologyKey", value_new_string(key));
    value_set(constraint, "whenUnsatisfiable", value_new_string("ScheduleAnyway"));
    return constraint;
}

static struct value *system_defaults(void)
{
    struct value *list = value_new_list();
    value_add(list, system_default(HOSTNAME_KEY, 3));
    value_add(list, system_default(ZONE_KEY, 5));
    return list;
}

static bool is_action(const char *text)
{
    return strcmp(text, "DoNotSchedule") == 0 || strcmp(text, "ScheduleAnyway") == 0;
}

static const char *text_in(const struct value *constraint, const char *key)
{
    return value_text(value_get(constraint, key), "");
}

static bool is_repeated(const struct value *list, size_t at)
{
    const struct value *item = value_at(list, at);
    for (size_t i = 0; i < at; i++)
        if (strcmp(text_in(value_at(list, i), "topologyKey"), text_in(item, "topologyKey")) == 0 &&
            strcmp(text_in(value_at(list, i), "whenUnsatisfiable"),
                   text_in(item, "whenUnsatisfiable")) == 0)
            return true;
    return false;
}

static void check_default(const struct value *list, size_t i, struct error_list *errors)
{
#define FIELD "PodTopologySpreadArgs.defaultConstraints[%zu]"
    const struct value *item = value_at(list, i);
    const char *action = text_in(item, "whenUnsatisfiable");
    if (value_int(value_get(item, "maxSkew"), 0) <= 0)
        error_list_add(errors, item->at, FIELD ".maxSkew must be greater than 0", i);
    if (*text_in(item, "topologyKey") == '\0')
        error_list_add(errors, item->at, FIELD ".topologyKey can not be empty", i);
    if (!is_action(action))
        error_list_add(errors, item->at,
                       FIELD ".whenUnsatisfiable is \"%s\", not DoNotSchedule or ScheduleAnyway", i,
                       action);
    if (!value_is_null(value_get(item, "labelSelector")))
        error_list_add(errors, item->at,
                       FIELD " must not have a labelSelector: it follows from what each pod "
                             "belongs to",
                       i);
    if (is_repeated(list, i))
        error_list_add(errors, item->at, FIELD " repeats the key and action of another one", i);
#undef FIELD
}

static void check_args(const struct value *args, const char *type, const struct value *list,
                       struct error_list *errors)
{
    const struct value *at = value_get(args, "defaultingType");
    const bool system = strcmp(type, "System") == 0;
    if (!system && strcmp(type, "List") != 0)
        error_list_add(errors, at->at,
                       "PodTopologySpreadArgs.defaultingType is \"%s\", not System or List", type);
    if (system && list != NULL && list->count > 0)
        error_list_add(errors, list->at,
                       "PodTopologySpreadArgs.defaultConstraints need defaultingType List");
    for (size_t i = 0; list != NULL && i < list->count; i++)
        check_default(list, i, errors);
}

void *spread_args_load(struct texts *texts, const struct value *args, struct error_list *errors)
{
    const char *type = value_text(value_get(args, "defaultingType"), "System");
    const struct value *given = value_get(args, "defaultConstraints");
    const size_t faults = errors->count;
    check_args(args, type, given, errors);
    if (errors->count > faults)
        return NULL;
    struct spread_args *loaded = mem_new(sizeof *loaded);
    loaded->system = strcmp(type, "System") == 0;
    struct value *list = loaded->system ? system_defaults() : value_hold(given);
    loaded->defaults = spread_constraints_load(texts, list, &loaded->default_count);
    value_drop(list);
    return loaded;
}

void spread_args_free(void *args)
{
    struct spread_args *loaded = args;
    if (loaded == NULL)
        return;
    spread_constraints_free(loaded->defaults, loaded->default_count);
    free(loaded);
}

/* --- which pods ----------------------------------------------------------------------------- */

bool spread_matcher_takes(const struct spread_matcher *matcher, const struct labels *labels)
{
    return labels_have(labels, matcher->labels) &&
           (matcher->selector == NULL ||
            selector_matches(matcher->selector, labels_lookup, labels));
}

bool spread_matcher_is_empty(const struct spread_matcher *matcher)
{
    return matcher->labels == NULL &&
           (matcher->selector == NULL || selector_is_empty(matcher->selector));
}

static void matcher_close(struct spread_matcher *matcher)
{
    selector_drop(matcher->selector);
    labels_drop(matcher->labels);
}

/* The labels of the pod that matchLabelKeys names; keys it does not have do not matter. */
static const struct labels *own_labels(struct texts *texts,
                                       const struct spread_constraint *constraint,
                                       const struct labels *labels)
{
    const struct labels *chosen = NULL;
    for (size_t i = 0; i < constraint->match_label_key_count; i++) {
        const char *key = text_s(constraint->match_label_keys[i]);
        const char *value = labels_get(labels, key);
        if (value == NULL)
            continue;
        const struct labels *with = labels_with(texts, chosen, key, value);
        labels_drop(chosen);
        chosen = with;
    }
    return chosen;
}

/* Take a matcher, unless there is one like it. Selectors that are not the same one are taken to
 * differ: nothing depends on it but time. */
static size_t add_matcher(struct spread_rules *rules, struct spread_matcher matcher)
{
    for (size_t i = 0; i < rules->matcher_count; i++)
        if (rules->matchers[i].selector == matcher.selector &&
            labels_equal(rules->matchers[i].labels, matcher.labels)) {
            matcher_close(&matcher);
            return i;
        }
    rules->matchers =
        mem_resize(rules->matchers, (rules->matcher_count + 1) * sizeof *rules->matchers);
    rules->matchers[rules->matcher_count] = matcher;
    return rules->matcher_count++;
}

/* --- rules ---------------------------------------------------------------------------------- */

static void add_rule(struct spread_rules *rules, const struct spread_constraint *constraint,
                     struct spread_matcher matcher, const struct pod *pod)
{
    rules->items = mem_resize(rules->items, (rules->count + 1) * sizeof *rules->items);
    rules->items[rules->count++] = (struct spread_rule){
        .topology_key = constraint->topology_key,
        .by_node = strcmp(text_s(constraint->topology_key), HOSTNAME_KEY) == 0,
        .honors_affinity = constraint->honors_affinity,
        .honors_taints = constraint->honors_taints,
        .max_skew = constraint->max_skew,
        .min_domains = constraint->min_domains,
        .counts_itself = spread_matcher_takes(&matcher, pod->meta.labels),
        .matcher = add_matcher(rules, matcher),
    };
}

/* Of the pod's own constraints, the hard or the soft ones. */
static void add_own(struct spread_rules *rules, const struct sched_call *call, bool hard)
{
    const struct labels *labels = call->pod->meta.labels;
    for (size_t i = 0; i < call->spec->spread_count; i++) {
        const struct spread_constraint *constraint = &call->spec->spread[i];
        if (constraint->hard != hard)
            continue;
        const struct spread_matcher matcher = {
            .selector = selector_hold(constraint->selector),
            .labels = own_labels(call->snapshot->texts, constraint, labels),
        };
        add_rule(rules, constraint, matcher, call->pod);
    }
}

/* Of the profile's defaults; all of them count the same pods. */
static void add_defaults(struct spread_rules *rules, const struct sched_call *call,
                         const struct default_selector *selector, bool hard)
{
    const struct spread_args *args = call->args;
    for (size_t i = 0; i < args->default_count; i++) {
        if (args->defaults[i].hard != hard)
            continue;
        const struct spread_matcher matcher = { .selector = selector_hold(selector->selector),
                                                .labels = labels_hold(selector->labels) };
        add_rule(rules, &args->defaults[i], matcher, call->pod);
    }
}

static void add_all_defaults(struct spread_rules *rules, const struct sched_call *call)
{
    const struct spread_args *args = call->args;
    struct default_selector selector;
    if (args->default_count == 0)
        return;
    rules->looked_at = default_selector_epoch(call->snapshot);
    if (!default_selector_find(call->snapshot, call->pod, &selector))
        return;
    add_defaults(rules, call, &selector, true);
    rules->hard_count = rules->count;
    add_defaults(rules, call, &selector, false);
    rules->selector_hash = default_selector_hash(&selector);
    default_selector_close(&selector);
}

void *spread_rules_compile(const struct sched_call *call)
{
    const struct spread_args *args = call->args;
    const bool own = call->spec->spread_count > 0;
    struct spread_rules *rules = mem_new(sizeof *rules);
    rules->needs_all_keys = own || !args->system;
    rules->space = call->pod->meta.object.space;
    if (rules->space != NULL)
        text_hold(rules->space);
    if (!own) {
        add_all_defaults(rules, call);
        return rules;
    }
    add_own(rules, call, true);
    rules->hard_count = rules->count;
    add_own(rules, call, false);
    return rules;
}

void spread_rules_free(void *compiled)
{
    struct spread_rules *rules = compiled;
    for (size_t i = 0; i < rules->matcher_count; i++)
        matcher_close(&rules->matchers[i]);
    text_drop(rules->space);
    free(rules->matchers);
    free(rules->items);
    free(rules);
}

/* --- for the framework ---------------------------------------------------------------------- */

static bool has_rules(const struct sched_call *call)
{
    const struct spread_args *args = call->args;
    return call->spec->spread_count > 0 ||
           (args->default_count > 0 && default_selector_is_likely(call->snapshot, call->pod));
}

/* Pods of a StatefulSet and of an indexed Job all have labels of their own. They would be a class
 * each, although next to no rule looks at those labels. */
static bool is_numbered(const struct pod *pod)
{
    static const char *const keys[] = { "apps.kubernetes.io/pod-index",
                                        "statefulset.kubernetes.io/pod-name",
                                        "batch.kubernetes.io/job-completion-index" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (labels_get(pod->meta.labels, keys[i]) != NULL)
            return true;
    return false;
}

bool spread_rules_by_identity(const struct sched_call *call)
{
    return !is_numbered(call->pod) && has_rules(call);
}

static uint64_t mix(uint64_t hash, uint64_t part)
{
    hash = (hash ^ part) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* What the rules are made of, and what follows from the pod: numbered ones that agree in that are
 * alike. To find out costs as much as to compile, which is little beside a class. */
size_t spread_rules_traits(const struct sched_call *call, uint64_t *words)
{
    if (!is_numbered(call->pod) || !has_rules(call))
        return 0;
    struct spread_rules *rules = spread_rules_compile(call);
    uint64_t hash = rules->space != NULL ? rules->space->hash : 0;
    for (size_t i = 0; i < rules->count; i++)
        hash = mix(hash, rules->items[i].counts_itself);
    for (size_t i = 0; i < rules->matcher_count; i++) {
        const struct default_selector contents = { .labels = rules->matchers[i].labels,
                                                   .selector = rules->matchers[i].selector };
        hash = mix(hash, default_selector_hash(&contents));
    }
    words[0] = hash;
    words[1] = rules->count;
    spread_rules_free(rules);
    return 2;
}

/* Services and controllers change often, if only in their status; their selectors hardly ever. */
uint64_t spread_rules_epoch(const struct sched_call *call)
{
    const struct spread_args *args = call->args;
    struct spread_rules *rules = (struct spread_rules *)call->compiled; /* for what it remembers */
    struct default_selector selector;
    if (call->spec->spread_count > 0 || args->default_count == 0)
        return 0;
    const uint64_t changes = default_selector_epoch(call->snapshot);
    if (rules != NULL && rules->looked_at == changes)
        return rules->selector_hash;
    uint64_t hash = 0;
    if (default_selector_find(call->snapshot, call->pod, &selector)) {
        hash = default_selector_hash(&selector);
        default_selector_close(&selector);
    }
    if (rules != NULL) {
        rules->looked_at = changes;
        rules->selector_hash = hash;
    }
    return hash;
}
