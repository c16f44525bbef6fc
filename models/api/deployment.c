/* The Deployment record. */
#include <string.h>

#include "models/api/kinds_private.h"
#include "models/api/workloads.h"

static const struct deployment *deployment_of(const struct object *object)
{
    return (const struct deployment *)object;
}

static void deployment_hold(struct object *copy)
{
    struct deployment *deployment = (struct deployment *)copy;
    meta_hold(&deployment->meta);
    selector_hold(deployment->selector);
    pod_template_hold(deployment->template);
    conditions_hold(deployment->conditions);
}

static void deployment_close(struct object *object)
{
    struct deployment *deployment = (struct deployment *)object;
    meta_close(&deployment->meta);
    selector_drop(deployment->selector);
    pod_template_drop(deployment->template);
    conditions_drop(deployment->conditions);
}

const struct object_kind deployment_kind = {
    .name = "deployment",
    .size = sizeof(struct deployment),
    .hold = deployment_hold,
    .close = deployment_close,
};

bool deployment_spec_changed(const struct object *before, const struct object *after)
{
    const struct deployment *old = deployment_of(before), *new = deployment_of(after);
    if (old->replicas != new->replicas || old->paused != new->paused ||
        old->min_ready_seconds != new->min_ready_seconds ||
        old->revision_history_limit != new->revision_history_limit ||
        old->progress_deadline_seconds != new->progress_deadline_seconds)
        return true;
    if (old->template != new->template &&
        !value_equal(old->template->document, new->template->document))
        return true;
    return document_spec_changed(before, after);
}

void deployment_take_status(struct object *into, const struct object *from)
{
    struct deployment *deployment = (struct deployment *)into;
    const struct deployment *other = deployment_of(from);
    conditions_hold(other->conditions);
    conditions_drop(deployment->conditions);
    deployment->conditions = other->conditions;
    deployment->status_replicas = other->status_replicas;
    deployment->updated_replicas = other->updated_replicas;
    deployment->ready_replicas = other->ready_replicas;
    deployment->available_replicas = other->available_replicas;
    deployment->unavailable_replicas = other->unavailable_replicas;
    deployment->terminating_replicas = other->terminating_replicas;
    deployment->observed_generation = other->observed_generation;
    deployment->collision_count = other->collision_count;
    document_take_status(into, from);
}

/* ---- loading ---- */

static void load_strategy(struct deployment *deployment, const struct value *strategy)
{
    const struct value *rolling = value_get(strategy, "rollingUpdate");
    const struct value *surge = value_get(rolling, "maxSurge");
    const struct value *unavailable = value_get(rolling, "maxUnavailable");
    struct error error = { 0 };
    deployment->strategy = strcmp(value_text(value_get(strategy, "type"), ""), "Recreate") == 0
                               ? RECREATE
                               : ROLLING_UPDATE;
    if (surge != NULL)
        intstr_load(surge, &deployment->max_surge, &error);
    if (unavailable != NULL)
        intstr_load(unavailable, &deployment->max_unavailable, &error);
    error_close(&error);
}

static void load_spec(const struct codec *codec, struct deployment *deployment,
                      const struct value *spec)
{
    struct error error = { 0 };
    deployment->replicas = (int32_t)value_int(value_get(spec, "replicas"), 1);
    deployment->min_ready_seconds = (int32_t)value_int(value_get(spec, "minReadySeconds"), 0);
    deployment->revision_history_limit =
        (int32_t)value_int(value_get(spec, "revisionHistoryLimit"), INT32_MAX);
    deployment->progress_deadline_seconds =
        (int32_t)value_int(value_get(spec, "progressDeadlineSeconds"), INT32_MAX);
    deployment->paused = value_truth(value_get(spec, "paused"), false);
    load_strategy(deployment, value_get(spec, "strategy"));
    deployment->selector = selector_load(codec->texts, value_get(spec, "selector"), &error);
    error_close(&error);
    deployment->template = pod_template_compile(codec, value_get(spec, "template"));
}

static void load_status(const struct codec *codec, struct deployment *deployment,
                        const struct value *status)
{
    deployment->status_replicas = (int32_t)value_int(value_get(status, "replicas"), 0);
    deployment->updated_replicas = (int32_t)value_int(value_get(status, "updatedReplicas"), 0);
    deployment->ready_replicas = (int32_t)value_int(value_get(status, "readyReplicas"), 0);
    deployment->available_replicas = (int32_t)value_int(value_get(status, "availableReplicas"), 0);
    deployment->unavailable_replicas =
        (int32_t)value_int(value_get(status, "unavailableReplicas"), 0);
    deployment->terminating_replicas =
        (int32_t)value_int(value_get(status, "terminatingReplicas"), -1);
    deployment->observed_generation = value_int(value_get(status, "observedGeneration"), 0);
    deployment->collision_count = (int32_t)value_int(value_get(status, "collisionCount"), -1);
    deployment->conditions =
        conditions_load(codec->texts, value_get(status, "conditions"), codec->epoch_seconds);
}

struct object *deployment_load(const struct codec *codec, const struct value *tree)
{
    static const char *const held[] = { "replicas",
                                        "minReadySeconds",
                                        "revisionHistoryLimit",
                                        "progressDeadlineSeconds",
                                        "paused",
                                        "template",
                                        NULL };
    struct deployment *deployment = (struct deployment *)record_new(codec, KIND_DEPLOYMENT, tree);
    load_spec(codec, deployment, value_get(tree, "spec"));
    load_status(codec, deployment, value_get(tree, "status"));
    document_cut_keys(&deployment->meta.document, "spec", held);
    document_cut(&deployment->meta.document, "status", NULL);
    return &deployment->meta.object;
}

/* ---- printing ---- */

static void print_status(const struct codec *codec, const struct deployment *deployment,
                         struct value **tree)
{
    PUT_INT(tree, deployment->observed_generation, "status", "observedGeneration");
    PUT_INT(tree, deployment->status_replicas, "status", "replicas");
    PUT_INT(tree, deployment->updated_replicas, "status", "updatedReplicas");
    PUT_INT(tree, deployment->ready_replicas, "status", "readyReplicas");
    PUT_INT(tree, deployment->available_replicas, "status", "availableReplicas");
    PUT_INT(tree, deployment->unavailable_replicas, "status", "unavailableReplicas");
    if (deployment->terminating_replicas >= 0)
        PUT_INT(tree, deployment->terminating_replicas, "status", "terminatingReplicas");
    if (deployment->collision_count >= 0)
        PUT_INT(tree, deployment->collision_count, "status", "collisionCount");
    if (deployment->conditions != NULL)
        value_put(tree,
                  conditions_print(deployment->conditions, "lastUpdateTime", codec->epoch_seconds),
                  "status", "conditions", NULL);
}

struct value *deployment_print(const struct codec *codec, const struct object *object)
{
    const struct deployment *deployment = deployment_of(object);
    struct value *tree = record_print_begin(codec, object);
    PUT_INT(&tree, deployment->replicas, "spec", "replicas");
    PUT_INT(&tree, deployment->min_ready_seconds, "spec", "minReadySeconds");
    PUT_INT(&tree, deployment->revision_history_limit, "spec", "revisionHistoryLimit");
    PUT_INT(&tree, deployment->progress_deadline_seconds, "spec", "progressDeadlineSeconds");
    value_put(&tree, value_new_bool(deployment->paused), "spec", "paused", NULL);
    value_put(&tree, value_hold(deployment->template->document), "spec", "template", NULL);
    print_status(codec, deployment, &tree);
    return record_print_end(tree);
}
