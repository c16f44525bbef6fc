/* The records of PodDisruptionBudgets, PriorityClasses and Namespaces. */
#include "models/api/policy.h"

#include <string.h>

#include "models/api/kinds_private.h"

/* ---- PodDisruptionBudgets ---- */

static const struct disrupted_pods *load_disrupted(const struct codec *codec,
                                                   const struct value *map)
{
    const struct disrupted_pods *list = NULL;
    for (size_t i = 0; map != NULL && map->type == VALUE_MAP && i < map->count; i++) {
        const struct text *pod = text_intern(codec->texts, map->entries[i].key);
        sim_time at = 0;
        time_of_value(codec, map->entries[i].value, &at);
        const struct disrupted_pods *longer = disrupted_pods_with(list, pod, at);
        disrupted_pods_drop(list);
        text_drop(pod);
        list = longer;
    }
    return list;
}

static const struct pod_disruption_budget *budget_of(const struct object *object)
{
    return (const struct pod_disruption_budget *)object;
}

static void budget_hold(struct object *copy)
{
    struct pod_disruption_budget *budget = (struct pod_disruption_budget *)copy;
    meta_hold(&budget->meta);
    selector_hold(budget->selector);
    disrupted_pods_hold(budget->disrupted);
    conditions_hold(budget->conditions);
}

static void budget_close(struct object *object)
{
    struct pod_disruption_budget *budget = (struct pod_disruption_budget *)object;
    meta_close(&budget->meta);
    selector_drop(budget->selector);
    disrupted_pods_drop(budget->disrupted);
    conditions_drop(budget->conditions);
}

const struct object_kind pod_disruption_budget_kind = {
    .name = "poddisruptionbudget",
    .size = sizeof(struct pod_disruption_budget),
    .hold = budget_hold,
    .close = budget_close,
};

bool pod_disruption_budget_spec_changed(const struct object *before, const struct object *after)
{
    return document_spec_changed(before, after);
}

void pod_disruption_budget_take_status(struct object *into, const struct object *from)
{
    struct pod_disruption_budget *budget = (struct pod_disruption_budget *)into;
    const struct pod_disruption_budget *other = budget_of(from);
    disrupted_pods_hold(other->disrupted);
    disrupted_pods_drop(budget->disrupted);
    conditions_hold(other->conditions);
    conditions_drop(budget->conditions);
    budget->disrupted = other->disrupted;
    budget->conditions = other->conditions;
    budget->observed_generation = other->observed_generation;
    budget->disruptions_allowed = other->disruptions_allowed;
    budget->current_healthy = other->current_healthy;
    budget->desired_healthy = other->desired_healthy;
    budget->expected_pods = other->expected_pods;
    document_take_status(into, from);
}

void pod_disruption_budget_set_allowed(struct pod_disruption_budget *budget, struct texts *texts,
                                       sim_time now)
{
    const struct conditions *before = budget->conditions;
    const struct condition *present = conditions_find(before, "DisruptionAllowed");
    const bool allowed = budget->disruptions_allowed > 0;
    const enum condition_status status = allowed ? CONDITION_TRUE : CONDITION_FALSE;
    const bool same = present != NULL && present->status == status;
    budget->conditions = conditions_with(
        before, (struct condition){
                    .type = text_intern(texts, "DisruptionAllowed"),
                    .reason = text_intern(texts, allowed ? "SufficientPods" : "InsufficientPods"),
                    .status = status,
                    .transition = same ? present->transition : now - now % SIM_SECOND,
                    .observed_generation = budget->observed_generation });
    conditions_drop(before);
}

static bool load_bound(const struct value *from, struct int_or_percent *bound)
{
    struct error error = { 0 };
    const bool loaded = !value_is_null(from) && intstr_load(from, bound, &error);
    error_close(&error);
    return loaded;
}

/* The spec stays in the document: only users change it. */
struct object *pod_disruption_budget_load(const struct codec *codec, const struct value *tree)
{
    struct pod_disruption_budget *budget =
        (struct pod_disruption_budget *)record_new(codec, KIND_PODDISRUPTIONBUDGET, tree);
    const struct value *spec = value_get(tree, "spec"), *status = value_get(tree, "status");
    struct error error = { 0 };
    budget->selector = selector_load(codec->texts, value_get(spec, "selector"), &error);
    error_close(&error);
    budget->has_min_available = load_bound(value_get(spec, "minAvailable"), &budget->min_available);
    budget->has_max_unavailable =
        load_bound(value_get(spec, "maxUnavailable"), &budget->max_unavailable);
    const char *unhealthy = value_text(value_get(spec, "unhealthyPodEvictionPolicy"), "");
    budget->always_allow_unhealthy = strcmp(unhealthy, "AlwaysAllow") == 0;
    budget->observed_generation = value_int(value_get(status, "observedGeneration"), 0);
    budget->disruptions_allowed = (int32_t)value_int(value_get(status, "disruptionsAllowed"), 0);
    budget->current_healthy = (int32_t)value_int(value_get(status, "currentHealthy"), 0);
    budget->desired_healthy = (int32_t)value_int(value_get(status, "desiredHealthy"), 0);
    budget->expected_pods = (int32_t)value_int(value_get(status, "expectedPods"), 0);
    budget->disrupted = load_disrupted(codec, value_get(status, "disruptedPods"));
    budget->conditions =
        conditions_load(codec->texts, value_get(status, "conditions"), codec->epoch_seconds);
    document_cut(&budget->meta.document, "status", NULL);
    return &budget->meta.object;
}

struct value *pod_disruption_budget_print(const struct codec *codec, const struct object *object)
{
    const struct pod_disruption_budget *budget = budget_of(object);
    struct value *tree = record_print_begin(codec, object);
    PUT_INT(&tree, budget->observed_generation, "status", "observedGeneration");
    PUT_INT(&tree, budget->disruptions_allowed, "status", "disruptionsAllowed");
    PUT_INT(&tree, budget->current_healthy, "status", "currentHealthy");
    PUT_INT(&tree, budget->desired_healthy, "status", "desiredHealthy");
    PUT_INT(&tree, budget->expected_pods, "status", "expectedPods");
    for (size_t i = 0; budget->disrupted != NULL && i < budget->disrupted->count; i++)
        value_put(&tree, time_value(codec, budget->disrupted->items[i].at), "status",
                  "disruptedPods", text_s(budget->disrupted->items[i].pod), NULL);
    if (budget->conditions != NULL)
        value_put(&tree, conditions_print(budget->conditions, NULL, codec->epoch_seconds), "status",
                  "conditions", NULL);
    return record_print_end(tree);
}

/* ---- PriorityClasses ---- */

static void meta_only_hold(struct object *copy)
{
    meta_hold((struct meta *)copy);
}

static void meta_only_close(struct object *object)
{
    meta_close((struct meta *)object);
}

const struct object_kind priority_class_kind = {
    .name = "priorityclass",
    .size = sizeof(struct priority_class_object),
    .hold = meta_only_hold,
    .close = meta_only_close,
};

bool priority_class_changed(const struct object *before, const struct object *after)
{
    return !value_equal(meta_of(before)->document, meta_of(after)->document);
}

struct object *priority_class_load(const struct codec *codec, const struct value *tree)
{
    struct priority_class_object *class =
        (struct priority_class_object *)record_new(codec, KIND_PRIORITYCLASS, tree);
    class->value = (int32_t)value_int(value_get(tree, "value"), 0);
    class->global_default = value_truth(value_get(tree, "globalDefault"), false);
    class->preempts = strcmp(value_text(value_get(tree, "preemptionPolicy"), ""), "Never") != 0;
    return &class->meta.object;
}

struct value *priority_class_print(const struct codec *codec, const struct object *object)
{
    return document_print(codec, object);
}

/* ---- Namespaces ---- */

static void namespace_hold(struct object *copy)
{
    struct namespace_object *namespace = (struct namespace_object *)copy;
    meta_hold(&namespace->meta);
    conditions_hold(namespace->conditions);
    finalizers_hold(namespace->spec_finalizers);
}

static void namespace_close(struct object *object)
{
    struct namespace_object *namespace = (struct namespace_object *)object;
    meta_close(&namespace->meta);
    conditions_drop(namespace->conditions);
    finalizers_drop(namespace->spec_finalizers);
}

const struct object_kind namespace_kind = {
    .name = "namespace",
    .size = sizeof(struct namespace_object),
    .hold = namespace_hold,
    .close = namespace_close,
};

void namespace_take_status(struct object *into, const struct object *from)
{
    struct namespace_object *namespace = (struct namespace_object *)into;
    const struct namespace_object *other = (const struct namespace_object *)from;
    conditions_hold(other->conditions);
    conditions_drop(namespace->conditions);
    namespace->conditions = other->conditions;
    namespace->terminating = other->terminating;
    document_take_status(into, from);
}

struct object *namespace_load(const struct codec *codec, const struct value *tree)
{
    struct namespace_object *namespace =
        (struct namespace_object *)record_new(codec, KIND_NAMESPACE, tree);
    const char *phase = value_text(value_path(tree, "status", "phase", NULL), "");
    namespace->terminating = strcmp(phase, "Terminating") == 0;
    namespace->spec_finalizers =
        finalizers_from_value(codec->texts, value_path(tree, "spec", "finalizers", NULL));
    namespace->conditions = conditions_load(
        codec->texts, value_path(tree, "status", "conditions", NULL), codec->epoch_seconds);
    document_cut(&namespace->meta.document, "status", "phase", NULL);
    document_cut(&namespace->meta.document, "status", "conditions", NULL);
    document_cut(&namespace->meta.document, "spec", "finalizers", NULL);
    return &namespace->meta.object;
}

struct value *namespace_print(const struct codec *codec, const struct object *object)
{
    const struct namespace_object *namespace = (const struct namespace_object *)object;
    struct value *tree = record_print_begin(codec, object);
    const char *phase = namespace->terminating ? "Terminating" : "Active";
    value_put(&tree, value_new_string(phase), "status", "phase", NULL);
    if (namespace->conditions != NULL)
        value_put(&tree, conditions_print(namespace->conditions, NULL, codec->epoch_seconds),
                  "status", "conditions", NULL);
    if (namespace->spec_finalizers != NULL)
        value_put(&tree, finalizers_to_value(namespace->spec_finalizers), "spec", "finalizers",
                  NULL);
    return record_print_end(tree);
}
