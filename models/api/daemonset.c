/* The DaemonSet record. What its pods tolerate and where they must go follows
 * pkg/controller/daemon/util/daemonset_util.go of the release named in docs/fidelity.md. */
#include "models/api/daemonset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"

static void daemonset_hold(struct object *copy)
{
    struct daemonset *set = (struct daemonset *)copy;
    meta_hold(&set->meta);
    selector_hold(set->selector);
    pod_template_hold(set->template);
    pod_spec_hold(set->daemon);
    conditions_hold(set->conditions);
}

static void daemonset_close(struct object *object)
{
    struct daemonset *set = (struct daemonset *)object;
    meta_close(&set->meta);
    selector_drop(set->selector);
    pod_template_drop(set->template);
    pod_spec_drop(set->daemon);
    conditions_drop(set->conditions);
}

const struct object_kind daemonset_kind = {
    .name = "daemonset",
    .size = sizeof(struct daemonset),
    .hold = daemonset_hold,
    .close = daemonset_close,
};

bool daemonset_spec_changed(const struct object *before, const struct object *after)
{
    const struct daemonset *old = daemonset_of(before), *new = daemonset_of(after);
    if (old->min_ready_seconds != new->min_ready_seconds ||
        old->revision_history_limit != new->revision_history_limit)
        return true;
    if (old->template != new->template &&
        !value_equal(old->template->document, new->template->document))
        return true;
    return document_spec_changed(before, after);
}

void daemonset_take_status(struct object *into, const struct object *from)
{
    struct daemonset *set = (struct daemonset *)into;
    const struct daemonset *other = daemonset_of(from);
    conditions_hold(other->conditions);
    conditions_drop(set->conditions);
    set->conditions = other->conditions;
    set->desired = other->desired;
    set->current = other->current;
    set->misscheduled = other->misscheduled;
    set->ready = other->ready;
    set->updated = other->updated;
    set->available = other->available;
    set->unavailable = other->unavailable;
    set->observed_generation = other->observed_generation;
    set->collision_count = other->collision_count;
    document_take_status(into, from);
}

/* ---- the number of its template ---- */

static const char template_generation[] = "deprecated.daemonset.template.generation";

const char *daemonset_template_generation(const struct daemonset *set)
{
    return labels_get(set->meta.annotations, template_generation);
}

void daemonset_count_templates(struct texts *texts, struct daemonset *after,
                               const struct daemonset *before)
{
    const char *old = daemonset_template_generation(before);
    const bool same = after->template == before->template ||
                      value_equal(after->template->document, before->template->document);
    char text[24];
    if (old == NULL)
        return;
    snprintf(text, sizeof text, "%lld", strtoll(old, NULL, 10) + !same);
    const struct labels *annotations = after->meta.annotations;
    after->meta.annotations = labels_with(texts, annotations, template_generation, text);
    labels_drop(annotations);
}

/* ---- what its pods get ---- */

static const struct {
    const char *key, *effect;
    bool host_network_only;
} daemon_tolerations[] = {
    { "node.kubernetes.io/not-ready", "NoExecute", false },
    { "node.kubernetes.io/unreachable", "NoExecute", false },
    { "node.kubernetes.io/disk-pressure", "NoSchedule", false },
    { "node.kubernetes.io/memory-pressure", "NoSchedule", false },
    { "node.kubernetes.io/pid-pressure", "NoSchedule", false },
    { "node.kubernetes.io/unschedulable", "NoSchedule", false },
    { "node.kubernetes.io/network-unavailable", "NoSchedule", true },
};

static struct value *toleration_value(const char *key, const char *effect)
{
    struct value *item = value_new_map();
    value_set(item, "key", value_new_string(key));
    value_set(item, "operator", value_new_string("Exists"));
    value_set(item, "effect", value_new_string(effect));
    return item;
}

/* Put a toleration in the place of the one it repeats, or at the end. */
static void add_toleration(struct value *list, struct value *item)
{
    static const char *const same[] = { "key", "operator", "effect", "value" };
    for (size_t i = 0; i < list->count; i++) {
        size_t equal = 0;
        for (size_t k = 0; k < 4; k++)
            equal += value_equal(value_get(list->items[i], same[k]), value_get(item, same[k]));
        if (equal < 4)
            continue;
        value_drop(list->items[i]);
        list->items[i] = item;
        return;
    }
    value_add(list, item);
}

static struct value *with_daemon_tolerations(const struct value *template)
{
    struct value *spec = value_get(template, "spec");
    spec = spec ? value_hold(spec) : value_new_map();
    const bool host_network = value_truth(value_get(spec, "hostNetwork"), false);
    if (value_is_null(value_get(spec, "tolerations")))
        value_set(value_own(&spec), "tolerations", value_new_list());
    struct value *list = value_own(value_slot(value_own(&spec), "tolerations"));
    for (size_t i = 0; i < sizeof daemon_tolerations / sizeof *daemon_tolerations; i++)
        if (host_network || !daemon_tolerations[i].host_network_only)
            add_toleration(
                list, toleration_value(daemon_tolerations[i].key, daemon_tolerations[i].effect));
    return spec;
}

static const struct pod_spec *compile_daemon(const struct codec *codec,
                                             const struct value *template)
{
    struct value *spec = with_daemon_tolerations(template);
    if (codec->admit_pod_spec != NULL)
        spec = codec->admit_pod_spec(codec->admit_context, spec);
    const struct pod_spec *compiled = pod_spec_compile(codec->specs, spec);
    value_drop(spec);
    return compiled;
}

/* The required node affinity gives way to the node's name. */
const struct pod_spec *daemon_spec_for(const struct codec *codec, const struct daemonset *set,
                                       const struct text *node)
{
    struct value *names = value_new_list(), *field = value_new_map(), *fields = value_new_list();
    struct value *term = value_new_map(), *terms = value_new_list();
    value_add(names, text_value(node));
    value_set(field, "key", value_new_string("metadata.name"));
    value_set(field, "operator", value_new_string("In"));
    value_set(field, "values", names);
    value_add(fields, field);
    value_set(term, "matchFields", fields);
    value_add(terms, term);
    struct value *spec = value_hold(set->daemon->document);
    value_put(&spec, terms, "affinity", "nodeAffinity",
              "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", NULL);
    const struct pod_spec *compiled = pod_spec_compile(codec->specs, spec);
    value_drop(spec);
    return compiled;
}

const struct text *daemon_pod_node(const struct pod_spec *spec, const struct text *node_name)
{
    const struct text *const *names;
    size_t count;
    if (node_name != NULL || spec->required_affinity == NULL)
        return node_name;
    if (!node_selector_names(spec->required_affinity, &names, &count) || count != 1)
        return NULL;
    return names[0];
}

/* ---- loading ---- */

static void load_strategy(struct daemonset *set, const struct value *strategy)
{
    const struct value *rolling = value_get(strategy, "rollingUpdate");
    const struct value *surge = value_get(rolling, "maxSurge");
    const struct value *unavailable = value_get(rolling, "maxUnavailable");
    struct error error = { 0 };
    set->on_delete = strcmp(value_text(value_get(strategy, "type"), ""), "OnDelete") == 0;
    if (surge != NULL)
        intstr_load(surge, &set->max_surge, &error);
    if (unavailable != NULL)
        intstr_load(unavailable, &set->max_unavailable, &error);
    error_close(&error);
}

static int32_t number(const struct value *status, const char *key)
{
    return (int32_t)value_int(value_get(status, key), 0);
}

static void load_status(const struct codec *codec, struct daemonset *set,
                        const struct value *status)
{
    set->desired = number(status, "desiredNumberScheduled");
    set->current = number(status, "currentNumberScheduled");
    set->misscheduled = number(status, "numberMisscheduled");
    set->ready = number(status, "numberReady");
    set->updated = number(status, "updatedNumberScheduled");
    set->available = number(status, "numberAvailable");
    set->unavailable = number(status, "numberUnavailable");
    set->observed_generation = value_int(value_get(status, "observedGeneration"), 0);
    set->collision_count = (int32_t)value_int(value_get(status, "collisionCount"), -1);
    set->conditions =
        conditions_load(codec->texts, value_get(status, "conditions"), codec->epoch_seconds);
}

struct object *daemonset_load(const struct codec *codec, const struct value *tree)
{
    struct daemonset *set = (struct daemonset *)record_new(codec, KIND_DAEMONSET, tree);
    const struct value *spec = value_get(tree, "spec");
    struct error error = { 0 };
    set->min_ready_seconds = number(spec, "minReadySeconds");
    set->revision_history_limit =
        (int32_t)value_int(value_get(spec, "revisionHistoryLimit"), INT32_MAX);
    load_strategy(set, value_get(spec, "updateStrategy"));
    set->selector = selector_load(codec->texts, value_get(spec, "selector"), &error);
    error_close(&error);
    set->template = pod_template_compile(codec, value_get(spec, "template"));
    set->daemon = compile_daemon(codec, set->template->document);
    load_status(codec, set, value_get(tree, "status"));
    document_cut_keys(
        &set->meta.document, "spec",
        (const char *const[]){ "minReadySeconds", "revisionHistoryLimit", "template", NULL });
    document_cut(&set->meta.document, "status", NULL);
    return &set->meta.object;
}

/* ---- printing ---- */

static void print_status(const struct codec *codec, const struct daemonset *set,
                         struct value **tree)
{
    PUT_INT(tree, set->current, "status", "currentNumberScheduled");
    PUT_INT(tree, set->misscheduled, "status", "numberMisscheduled");
    PUT_INT(tree, set->desired, "status", "desiredNumberScheduled");
    PUT_INT(tree, set->ready, "status", "numberReady");
    PUT_INT(tree, set->observed_generation, "status", "observedGeneration");
    PUT_INT(tree, set->updated, "status", "updatedNumberScheduled");
    PUT_INT(tree, set->available, "status", "numberAvailable");
    PUT_INT(tree, set->unavailable, "status", "numberUnavailable");
    if (set->collision_count >= 0)
        PUT_INT(tree, set->collision_count, "status", "collisionCount");
    if (set->conditions != NULL)
        value_put(tree, conditions_print(set->conditions, NULL, codec->epoch_seconds), "status",
                  "conditions", NULL);
}

struct value *daemonset_print(const struct codec *codec, const struct object *object)
{
    const struct daemonset *set = daemonset_of(object);
    struct value *tree = record_print_begin(codec, object);
    PUT_INT(&tree, set->min_ready_seconds, "spec", "minReadySeconds");
    PUT_INT(&tree, set->revision_history_limit, "spec", "revisionHistoryLimit");
    value_put(&tree, value_hold(set->template->document), "spec", "template", NULL);
    print_status(codec, set, &tree);
    return record_print_end(tree);
}
