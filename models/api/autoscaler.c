/* The HorizontalPodAutoscaler record. */
#include "models/api/autoscaler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "models/api/quantity.h"
#include "sim/base/memory.h"

/* ---- the spec, compiled ---- */

static void reference_close(struct scale_reference *reference)
{
    text_drop(reference->api_version);
    text_drop(reference->kind);
    text_drop(reference->name);
}

static void metric_close(struct metric_spec *metric)
{
    text_drop(metric->name);
    text_drop(metric->container);
    reference_close(&metric->about);
    selector_drop(metric->selector);
    value_drop((struct value *)metric->document);
}

static const struct autoscaler_spec *spec_hold(const struct autoscaler_spec *spec)
{
    ((struct autoscaler_spec *)spec)->refs++;
    return spec;
}

static void spec_drop(const struct autoscaler_spec *shared)
{
    struct autoscaler_spec *spec = (struct autoscaler_spec *)shared;
    if (spec == NULL || --spec->refs > 0)
        return;
    reference_close(&spec->target);
    for (size_t i = 0; i < spec->metric_count; i++)
        metric_close(&spec->metrics[i]);
    free(spec->metrics);
    free(spec->up.policies);
    free(spec->down.policies);
    free(spec);
}

static struct scale_reference reference_load(const struct codec *codec, const struct value *from)
{
    return (struct scale_reference){ .api_version =
                                         intern_value(codec, value_get(from, "apiVersion")),
                                     .kind = intern_value(codec, value_get(from, "kind")),
                                     .name = intern_value(codec, value_get(from, "name")) };
}

/* In thousandths, rounded up; -1 when it is not given. */
static int64_t milli_of(const struct value *amount)
{
    struct quantity quantity;
    if (value_is_null(amount) || !quantity_load(amount, &quantity, NULL))
        return -1;
    return quantity_milli(quantity);
}

/* As Quantity.AsApproximateFloat64() makes it of the canonical text: whole thousandths, millionths
 * or billionths times a power of ten. */
static double approximate(const struct value *amount)
{
    struct quantity quantity;
    if (value_is_null(amount) || !quantity_load(amount, &quantity, NULL))
        return -1;
    __int128 scaled = quantity.nano;
    int exponent = -9;
    while (exponent < 0 && scaled % 1000 == 0) {
        scaled /= 1000;
        exponent += 3;
    }
    return (double)scaled * pow(10, exponent);
}

static const struct {
    const char *type, *field;
} sources[] = {
    [METRIC_RESOURCE] = { "Resource", "resource" },
    [METRIC_CONTAINER_RESOURCE] = { "ContainerResource", "containerResource" },
    [METRIC_PODS] = { "Pods", "pods" },
    [METRIC_OBJECT] = { "Object", "object" },
    [METRIC_EXTERNAL] = { "External", "external" },
};

static enum metric_source source_of(const char *type)
{
    int source = METRIC_RESOURCE;
    while (source < METRIC_EXTERNAL && strcmp(sources[source].type, type) != 0)
        source++;
    return (enum metric_source)source;
}

static const struct selector *series_load(const struct codec *codec, const struct value *from)
{
    struct error error = { 0 };
    const struct selector *selector =
        value_is_null(from) ? NULL : selector_load(codec->texts, from, &error);
    error_close(&error);
    return selector;
}

static struct metric_spec metric_load(const struct codec *codec, const struct value *from)
{
    const enum metric_source source = source_of(value_text(value_get(from, "type"), ""));
    const struct value *body = value_get(from, sources[source].field);
    const struct value *target = value_get(body, "target"), *metric = value_get(body, "metric");
    const struct value *named = metric != NULL ? metric : body;
    return (struct metric_spec){
        .source = source,
        .name = intern_value(codec, value_get(named, "name")),
        .container = intern_value(codec, value_get(body, "container")),
        .about = reference_load(codec, value_get(body, "describedObject")),
        .selector = series_load(codec, value_get(metric, "selector")),
        .document = value_hold(body),
        .value_milli = milli_of(value_get(target, "value")),
        .average_milli = milli_of(value_get(target, "averageValue")),
        .utilization = (int32_t)value_int(value_get(target, "averageUtilization"), -1),
        .by_value = strcmp(value_text(value_get(target, "type"), ""), "Value") == 0
    };
}

static void policies_load(const struct value *list, struct scaling_rules *rules)
{
    const size_t count = list != NULL && list->type == VALUE_LIST ? list->count : 0;
    rules->policies = mem_new((count + 1) * sizeof *rules->policies);
    for (size_t i = 0; i < count; i++) {
        const struct value *policy = list->items[i];
        rules->policies[rules->policy_count++] = (struct scaling_policy){
            .percent = strcmp(value_text(value_get(policy, "type"), ""), "Percent") == 0,
            .value = (int32_t)value_int(value_get(policy, "value"), 0),
            .period_seconds = (int32_t)value_int(value_get(policy, "periodSeconds"), 0)
        };
    }
}

static void rules_load(const struct value *from, struct scaling_rules *rules)
{
    const char *select = value_text(value_get(from, "selectPolicy"), "");
    rules->window_seconds = value_int(value_get(from, "stabilizationWindowSeconds"), -1);
    rules->tolerance = approximate(value_get(from, "tolerance"));
    rules->select = strcmp(select, "Disabled") == 0 ? SELECT_DISABLED
                    : strcmp(select, "Min") == 0    ? SELECT_MIN
                                                    : SELECT_MAX;
    policies_load(value_get(from, "policies"), rules);
}

static const struct autoscaler_spec *spec_load(const struct codec *codec, const struct value *from)
{
    struct autoscaler_spec *spec = mem_new(sizeof *spec);
    const struct value *metrics = value_get(from, "metrics"),
                       *behavior = value_get(from, "behavior");
    const size_t count = metrics != NULL && metrics->type == VALUE_LIST ? metrics->count : 0;
    spec->refs = 1;
    spec->target = reference_load(codec, value_get(from, "scaleTargetRef"));
    spec->min_replicas = (int32_t)value_int(value_get(from, "minReplicas"), 1);
    spec->max_replicas = (int32_t)value_int(value_get(from, "maxReplicas"), 0);
    spec->metrics = mem_new((count + 1) * sizeof *spec->metrics);
    for (size_t i = 0; i < count; i++)
        spec->metrics[spec->metric_count++] = metric_load(codec, metrics->items[i]);
    spec->has_behavior = !value_is_null(behavior);
    rules_load(value_get(behavior, "scaleUp"), &spec->up);
    rules_load(value_get(behavior, "scaleDown"), &spec->down);
    return spec;
}

/* ---- the record ---- */

static void autoscaler_hold(struct object *copy)
{
    struct autoscaler *autoscaler = (struct autoscaler *)copy;
    meta_hold(&autoscaler->meta);
    spec_hold(autoscaler->spec);
    value_hold(autoscaler->current_metrics);
    conditions_hold(autoscaler->conditions);
}

static void autoscaler_close(struct object *object)
{
    struct autoscaler *autoscaler = (struct autoscaler *)object;
    meta_close(&autoscaler->meta);
    spec_drop(autoscaler->spec);
    value_drop(autoscaler->current_metrics);
    conditions_drop(autoscaler->conditions);
}

const struct object_kind autoscaler_kind = {
    .name = "horizontalpodautoscaler",
    .size = sizeof(struct autoscaler),
    .hold = autoscaler_hold,
    .close = autoscaler_close,
};

void autoscaler_take_status(struct object *into, const struct object *from)
{
    struct autoscaler *autoscaler = (struct autoscaler *)into;
    const struct autoscaler *other = autoscaler_of(from);
    struct value *metrics = value_hold(other->current_metrics);
    const struct conditions *conditions = conditions_hold(other->conditions);
    value_drop(autoscaler->current_metrics);
    conditions_drop(autoscaler->conditions);
    autoscaler->current_metrics = metrics;
    autoscaler->conditions = conditions;
    autoscaler->current_replicas = other->current_replicas;
    autoscaler->desired_replicas = other->desired_replicas;
    autoscaler->scaled = other->scaled;
    autoscaler->last_scale_time = other->last_scale_time;
    document_take_status(into, from);
}

static bool metrics_equal(const struct value *a, const struct value *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a == b || value_equal(a, b);
}

bool autoscaler_status_equal(const struct autoscaler *a, const struct autoscaler *b)
{
    return a->current_replicas == b->current_replicas &&
           a->desired_replicas == b->desired_replicas && a->scaled == b->scaled &&
           a->last_scale_time == b->last_scale_time &&
           metrics_equal(a->current_metrics, b->current_metrics) &&
           conditions_equal(a->conditions, b->conditions);
}

/* The spec stays in the document, too: only users change it. */
struct object *autoscaler_load(const struct codec *codec, const struct value *tree)
{
    struct autoscaler *autoscaler =
        (struct autoscaler *)record_new(codec, KIND_HORIZONTALPODAUTOSCALER, tree);
    const struct value *status = value_get(tree, "status"),
                       *metrics = value_get(status, "currentMetrics");
    autoscaler->spec = spec_load(codec, value_get(tree, "spec"));
    autoscaler->current_replicas = (int32_t)value_int(value_get(status, "currentReplicas"), 0);
    autoscaler->desired_replicas = (int32_t)value_int(value_get(status, "desiredReplicas"), 0);
    autoscaler->scaled =
        time_of_value(codec, value_get(status, "lastScaleTime"), &autoscaler->last_scale_time);
    autoscaler->current_metrics = value_is_null(metrics) ? NULL : value_hold(metrics);
    autoscaler->conditions =
        conditions_load(codec->texts, value_get(status, "conditions"), codec->epoch_seconds);
    document_cut(&autoscaler->meta.document, "status", NULL);
    return &autoscaler->meta.object;
}

struct value *autoscaler_print(const struct codec *codec, const struct object *object)
{
    const struct autoscaler *autoscaler = autoscaler_of(object);
    struct value *tree = record_print_begin(codec, object);
    if (autoscaler->scaled)
        value_put(&tree, time_value(codec, autoscaler->last_scale_time), "status", "lastScaleTime",
                  NULL);
    if (autoscaler->current_replicas != 0)
        PUT_INT(&tree, autoscaler->current_replicas, "status", "currentReplicas");
    PUT_INT(&tree, autoscaler->desired_replicas, "status", "desiredReplicas");
    value_put(&tree,
              autoscaler->current_metrics != NULL ? value_hold(autoscaler->current_metrics)
                                                  : value_new_null(),
              "status", "currentMetrics", NULL);
    if (autoscaler->conditions != NULL)
        value_put(&tree, conditions_print(autoscaler->conditions, NULL, codec->epoch_seconds),
                  "status", "conditions", NULL);
    return record_print_end(tree);
}
