/* The ReplicaSet record. */
#include "models/api/kinds_private.h"
#include "models/api/workloads.h"

static const struct replicaset *replicaset_of(const struct object *object)
{
    return (const struct replicaset *)object;
}

static void replicaset_hold(struct object *copy)
{
    struct replicaset *set = (struct replicaset *)copy;
    meta_hold(&set->meta);
    selector_hold(set->selector);
    pod_template_hold(set->template);
    conditions_hold(set->conditions);
}

static void replicaset_close(struct object *object)
{
    struct replicaset *set = (struct replicaset *)object;
    meta_close(&set->meta);
    selector_drop(set->selector);
    pod_template_drop(set->template);
    conditions_drop(set->conditions);
}

const struct object_kind replicaset_kind = {
    .name = "replicaset",
    .size = sizeof(struct replicaset),
    .hold = replicaset_hold,
    .close = replicaset_close,
};

bool replicaset_spec_changed(const struct object *before, const struct object *after)
{
    const struct replicaset *old = replicaset_of(before), *new = replicaset_of(after);
    if (old->replicas != new->replicas || old->min_ready_seconds != new->min_ready_seconds)
        return true;
    if (old->template != new->template &&
        !value_equal(old->template->document, new->template->document))
        return true;
    return document_spec_changed(before, after);
}

void replicaset_take_status(struct object *into, const struct object *from)
{
    struct replicaset *set = (struct replicaset *)into;
    const struct replicaset *other = replicaset_of(from);
    conditions_hold(other->conditions);
    conditions_drop(set->conditions);
    set->conditions = other->conditions;
    set->status_replicas = other->status_replicas;
    set->fully_labeled_replicas = other->fully_labeled_replicas;
    set->ready_replicas = other->ready_replicas;
    set->available_replicas = other->available_replicas;
    set->terminating_replicas = other->terminating_replicas;
    set->observed_generation = other->observed_generation;
    document_take_status(into, from);
}

static void load_status(const struct codec *codec, struct replicaset *set,
                        const struct value *status)
{
    set->status_replicas = (int32_t)value_int(value_get(status, "replicas"), 0);
    set->fully_labeled_replicas = (int32_t)value_int(value_get(status, "fullyLabeledReplicas"), 0);
    set->ready_replicas = (int32_t)value_int(value_get(status, "readyReplicas"), 0);
    set->available_replicas = (int32_t)value_int(value_get(status, "availableReplicas"), 0);
    set->terminating_replicas = (int32_t)value_int(value_get(status, "terminatingReplicas"), -1);
    set->observed_generation = value_int(value_get(status, "observedGeneration"), 0);
    set->conditions =
        conditions_load(codec->texts, value_get(status, "conditions"), codec->epoch_seconds);
}

struct object *replicaset_load(const struct codec *codec, const struct value *tree)
{
    struct replicaset *set = (struct replicaset *)record_new(codec, KIND_REPLICASET, tree);
    const struct value *spec = value_get(tree, "spec");
    struct error error = { 0 };
    set->replicas = (int32_t)value_int(value_get(spec, "replicas"), 1);
    set->min_ready_seconds = (int32_t)value_int(value_get(spec, "minReadySeconds"), 0);
    set->selector = selector_load(codec->texts, value_get(spec, "selector"), &error);
    error_close(&error);
    set->template = pod_template_compile(codec, value_get(spec, "template"));
    load_status(codec, set, value_get(tree, "status"));
    document_cut_keys(&set->meta.document, "spec",
                      (const char *const[]){ "replicas", "minReadySeconds", "template", NULL });
    document_cut(&set->meta.document, "status", NULL);
    return &set->meta.object;
}

static void print_status(const struct codec *codec, const struct replicaset *set,
                         struct value **tree)
{
    PUT_INT(tree, set->status_replicas, "status", "replicas");
    PUT_INT(tree, set->fully_labeled_replicas, "status", "fullyLabeledReplicas");
    PUT_INT(tree, set->ready_replicas, "status", "readyReplicas");
    PUT_INT(tree, set->available_replicas, "status", "availableReplicas");
    if (set->terminating_replicas >= 0)
        PUT_INT(tree, set->terminating_replicas, "status", "terminatingReplicas");
    PUT_INT(tree, set->observed_generation, "status", "observedGeneration");
    if (set->conditions != NULL)
        value_put(tree, conditions_print(set->conditions, NULL, codec->epoch_seconds), "status",
                  "conditions", NULL);
}

struct value *replicaset_print(const struct codec *codec, const struct object *object)
{
    const struct replicaset *set = replicaset_of(object);
    struct value *tree = record_print_begin(codec, object);
    PUT_INT(&tree, set->replicas, "spec", "replicas");
    PUT_INT(&tree, set->min_ready_seconds, "spec", "minReadySeconds");
    value_put(&tree, value_hold(set->template->document), "spec", "template", NULL);
    print_status(codec, set, &tree);
    return record_print_end(tree);
}
