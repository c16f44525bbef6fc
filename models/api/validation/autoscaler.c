/* HorizontalPodAutoscalers.
 *
 * Follows pkg/apis/autoscaling/validation and the options that
 * pkg/registry/autoscaling/horizontalpodautoscaler gives it. */
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

enum { LONGEST_PERIOD = 1800, LONGEST_WINDOW = 3600 };

/* What an update is spared, as it was so before. */
struct leniency {
    int64_t fewest;   /* lower bound of minReplicas */
    bool any_version; /* of scaleTargetRef */
    bool core_group;  /* of scaleTargetRef */
    bool any_object;  /* of objects that metrics are about */
};

/* ---- references ---- */

/* What is wrong with an apiVersion; NULL: nothing. The caller frees it. */
static char *version_problem(const char *version, bool core_group)
{
    const char *slash = strchr(version, '/');
    if (strcmp(version, "/") == 0)
        slash = NULL;
    if (slash != NULL && strchr(slash + 1, '/') != NULL)
        return mem_format("unexpected GroupVersion string: %s", version);
    if (!core_group && (slash == NULL || slash == version))
        return mem_format("apiVersion must specify API group");
    return NULL;
}

static void check_reference(struct field_errors *errors, const struct value *reference,
                            const struct field_path *path, bool any_version, bool core_group)
{
    const struct value *version = value_get(reference, "apiVersion");
    check_required_text(errors, reference, "kind", path, text_path_segment);
    check_required_text(errors, reference, "name", path, text_path_segment);
    char *problem = any_version ? NULL : version_problem(value_text(version, ""), core_group);
    if (problem != NULL)
        field_invalid(errors, CHILD(path, "apiVersion"), version, "%s", problem);
    free(problem);
}

/* ---- metrics ---- */

static void check_positive(struct field_errors *errors, const struct value *target, const char *key,
                           const struct field_path *path)
{
    const struct value *amount = value_get(target, key);
    struct quantity quantity;
    if (!value_is_null(amount) && quantity_load(amount, &quantity, NULL) && quantity.nano <= 0)
        invalid_amount(errors, CHILD(path, key), amount, "must be positive");
}

static void check_target(struct field_errors *errors, const struct value *target,
                         const struct field_path *path)
{
    static const char *const types[] = { "Utilization", "Value", "AverageValue", NULL };
    const char *type = text_at(target, "type");
    if (*type == '\0')
        field_required(errors, CHILD(path, "type"), target, "must specify a metric target type");
    if (!one_of(type, types))
        field_invalid(errors, CHILD(path, "type"), value_get(target, "type"),
                      "must be either Utilization, Value, or AverageValue");
    check_positive(errors, target, "value", path);
    check_positive(errors, target, "averageValue", path);
    if (has(target, "averageUtilization") && number_at(target, "averageUtilization") < 1)
        invalid_number(errors, target, "averageUtilization", path, "must be greater than 0");
}

static void check_identifier(struct field_errors *errors, const struct value *metric,
                             const struct field_path *path)
{
    const struct value *name = value_get(metric, "name");
    if (*value_text(name, "") == '\0')
        field_required(errors, CHILD(path, "name"), metric, "must specify a metric name");
    else
        check_text(errors, name, CHILD(path, "name"), text_path_segment);
}

static void check_object(struct field_errors *errors, const struct value *source,
                         const struct field_path *path, const struct leniency *leniency)
{
    const struct value *target = value_get(source, "target");
    const struct field_path *at = CHILD(path, "target");
    check_reference(errors, value_get(source, "describedObject"), CHILD(path, "describedObject"),
                    leniency->any_object, true);
    check_identifier(errors, value_get(source, "metric"), CHILD(path, "metric"));
    check_target(errors, target, at);
    if (!has(target, "value") && !has(target, "averageValue"))
        field_required(errors, CHILD(at, "averageValue"), target,
                       "must set either a target value or averageValue");
}

static void check_external(struct field_errors *errors, const struct value *source,
                           const struct field_path *path, const struct leniency *leniency)
{
    const struct value *target = value_get(source, "target");
    const struct field_path *at = CHILD(path, "target");
    (void)leniency;
    check_identifier(errors, value_get(source, "metric"), CHILD(path, "metric"));
    check_target(errors, target, at);
    if (!has(target, "value") && !has(target, "averageValue"))
        field_required(errors, CHILD(at, "averageValue"), target,
                       "must set either a target value for metric or a per-pod target");
    if (has(target, "value") && has(target, "averageValue"))
        field_forbidden(errors, CHILD(at, "value"), value_get(target, "value"),
                        "may not set both a target value for metric and a per-pod target");
}

static void check_pods(struct field_errors *errors, const struct value *source,
                       const struct field_path *path, const struct leniency *leniency)
{
    const struct value *target = value_get(source, "target");
    (void)leniency;
    check_identifier(errors, value_get(source, "metric"), CHILD(path, "metric"));
    check_target(errors, target, CHILD(path, "target"));
    if (!has(target, "averageValue"))
        field_required(errors, CHILD(CHILD(path, "target"), "averageValue"), target,
                       "must specify a positive target averageValue");
}

static void check_resource_target(struct field_errors *errors, const struct value *target,
                                  const struct field_path *path)
{
    const bool share = has(target, "averageUtilization"), amount = has(target, "averageValue");
    check_target(errors, target, path);
    if (!share && !amount)
        field_required(errors, CHILD(path, "averageUtilization"), target,
                       "must set either a target raw value or a target utilization");
    if (share && amount)
        field_forbidden(errors, CHILD(path, "averageValue"), value_get(target, "averageValue"),
                        "may not set both a target raw value and a target utilization");
}

static void check_resource(struct field_errors *errors, const struct value *source,
                           const struct field_path *path, const struct leniency *leniency)
{
    (void)leniency;
    if (*text_at(source, "name") == '\0')
        field_required(errors, CHILD(path, "name"), source, "must specify a resource name");
    check_resource_target(errors, value_get(source, "target"), CHILD(path, "target"));
}

static void check_container_resource(struct field_errors *errors, const struct value *source,
                                     const struct field_path *path, const struct leniency *leniency)
{
    (void)leniency;
    if (*text_at(source, "name") == '\0')
        field_required(errors, CHILD(path, "name"), source, "must specify a resource name");
    else
        check_container_resource_name(errors, value_get(source, "name"), CHILD(path, "name"));
    if (*text_at(source, "container") == '\0')
        field_required(errors, CHILD(path, "container"), source, "must specify a container");
    else
        check_text(errors, value_get(source, "container"), CHILD(path, "container"),
                   text_dns_label);
    check_resource_target(errors, value_get(source, "target"), CHILD(path, "target"));
}

/* In the order in which the API server looks for them. */
static const struct source {
    const char *field, *type;
    void (*check)(struct field_errors *errors, const struct value *source,
                  const struct field_path *path, const struct leniency *leniency);
} sources[] = {
    { "object", "Object", check_object },
    { "external", "External", check_external },
    { "pods", "Pods", check_pods },
    { "resource", "Resource", check_resource },
    { "containerResource", "ContainerResource", check_container_resource },
};
enum { SOURCES = sizeof sources / sizeof *sources };

static void check_metric(struct field_errors *errors, const struct value *metric,
                         const struct field_path *path, const struct leniency *leniency)
{
    static const char *const types[] = { "ContainerResource", "External", "Object", "Pods",
                                         "Resource",          NULL };
    const char *type = text_at(metric, "type");
    int present = 0;
    if (*type == '\0')
        field_required(errors, CHILD(path, "type"), metric, "must specify a metric source type");
    if (!one_of(type, types))
        field_unsupported(errors, CHILD(path, "type"), value_get(metric, "type"), NULL, types);
    for (size_t i = 0; i < SOURCES; i++)
        if (has(metric, sources[i].field) && present++ == 0)
            sources[i].check(errors, value_get(metric, sources[i].field),
                             CHILD(path, sources[i].field), leniency);
    for (size_t i = 0; i < SOURCES; i++)
        if (strcmp(sources[i].type, type) == 0 && !has(metric, sources[i].field))
            field_required(errors, CHILD(path, sources[i].field), metric,
                           "must populate information for the given metric source");
    if (!one_of(type, types)) /* said twice by the API server */
        field_unsupported(errors, CHILD(path, "type"), value_get(metric, "type"), NULL, types);
    for (size_t i = 0; i < SOURCES && present != 1; i++)
        if (has(metric, sources[i].field) && strcmp(sources[i].type, type) != 0)
            field_forbidden(errors, CHILD(path, sources[i].field),
                            value_get(metric, sources[i].field),
                            "must populate the given metric source only");
}

static void check_metrics(struct field_errors *errors, const struct value *spec,
                          const struct field_path *path, const struct leniency *leniency)
{
    const struct value *metrics = value_get(spec, "metrics");
    bool elsewhere = false; /* something is measured that pods need not be there for */
    for (size_t i = 0; i < size_of(metrics); i++) {
        const char *type = text_at(metrics->items[i], "type");
        check_metric(errors, metrics->items[i], ITEM(path, i), leniency);
        elsewhere |= strcmp(type, "Object") == 0 || strcmp(type, "External") == 0;
    }
    if (has(spec, "minReplicas") && number_at(spec, "minReplicas") == 0 && !elsewhere)
        field_forbidden(errors, path, metrics,
                        "must specify at least one Object or External metric to support scaling "
                        "to zero replicas");
}

/* ---- behavior ---- */

static void check_policy(struct field_errors *errors, const struct value *policy,
                         const struct field_path *path)
{
    static const char *const types[] = { "Percent", "Pods", NULL };
    if (!one_of(text_at(policy, "type"), types))
        field_unsupported(errors, CHILD(path, "type"), value_get(policy, "type"), NULL, types);
    if (number_at(policy, "value") <= 0)
        invalid_number(errors, policy, "value", path, "must be greater than zero");
    if (number_at(policy, "periodSeconds") <= 0)
        invalid_number(errors, policy, "periodSeconds", path, "must be greater than zero");
    if (number_at(policy, "periodSeconds") > LONGEST_PERIOD)
        invalid_number(errors, policy, "periodSeconds", path, "must be less than or equal to 1800");
}

static void check_tolerance(struct field_errors *errors, const struct value *tolerance,
                            const struct field_path *path)
{
    struct quantity quantity;
    if (!value_is_null(tolerance) && quantity_load(tolerance, &quantity, NULL) && quantity.nano < 0)
        invalid_amount(errors, path, tolerance, "must be greater than or equal to 0");
}

static void check_rules(struct field_errors *errors, const struct value *rules,
                        const struct field_path *path)
{
    static const char *const selects[] = { "Disabled", "Max", "Min", NULL };
    const char *window = "stabilizationWindowSeconds";
    const struct value *policies = value_get(rules, "policies");
    if (value_is_null(rules))
        return;
    if (number_at(rules, window) < 0)
        invalid_number(errors, rules, window, path, "must be greater than or equal to zero");
    if (number_at(rules, window) > LONGEST_WINDOW)
        invalid_number(errors, rules, window, path, "must be less than or equal to 3600");
    if (has(rules, "selectPolicy") && !one_of(text_at(rules, "selectPolicy"), selects))
        field_unsupported(errors, CHILD(path, "selectPolicy"), value_get(rules, "selectPolicy"),
                          NULL, selects);
    if (size_of(policies) == 0)
        field_required(errors, CHILD(path, "policies"), rules, "must specify at least one Policy");
    for (size_t i = 0; i < size_of(policies); i++)
        check_policy(errors, policies->items[i], ITEM(CHILD(path, "policies"), i));
    check_tolerance(errors, value_get(rules, "tolerance"), CHILD(path, "tolerance"));
}

/* ---- the kind ---- */

static void check_spec(struct field_errors *errors, const struct value *autoscaler,
                       const struct leniency *leniency)
{
    const struct value *spec = value_get(autoscaler, "spec");
    const struct value *behavior = value_get(spec, "behavior");
    const struct field_path *path = CHILD(NULL, "spec");
    const int64_t min = number_at(spec, "minReplicas"), max = number_at(spec, "maxReplicas");
    const bool has_min = has(spec, "minReplicas");
    if (has_min && min < leniency->fewest)
        invalid_number(errors, spec, "minReplicas", path,
                       leniency->fewest == 0 ? "must be greater than or equal to 0"
                                             : "must be greater than or equal to 1");
    if (max == 0)
        field_required(errors, CHILD(path, "maxReplicas"), spec, "must be set and greater than 0");
    else if (max < 0)
        invalid_number(errors, spec, "maxReplicas", path, "must be greater than or equal to 1");
    if (has_min && max < min)
        invalid_number(errors, spec, "maxReplicas", path,
                       "must be greater than or equal to `minReplicas`");
    check_reference(errors, value_get(spec, "scaleTargetRef"), CHILD(path, "scaleTargetRef"),
                    leniency->any_version, leniency->core_group);
    check_metrics(errors, spec, CHILD(path, "metrics"), leniency);
    check_rules(errors, value_get(behavior, "scaleUp"), CHILD(CHILD(path, "behavior"), "scaleUp"));
    check_rules(errors, value_get(behavior, "scaleDown"),
                CHILD(CHILD(path, "behavior"), "scaleDown"));
}

/* The only kind of the core group that can be scaled. */
static bool may_be_core(const struct value *autoscaler)
{
    const char *kind = text_at(value_path(autoscaler, "spec", "scaleTargetRef", NULL), "kind");
    return strcmp(kind, "ReplicationController") == 0;
}

void check_autoscaler(struct field_errors *errors, const struct value *autoscaler)
{
    const struct leniency leniency = { .fewest = 1, .core_group = may_be_core(autoscaler) };
    check_spec(errors, autoscaler, &leniency);
}

static bool has_faulty_object(const struct value *autoscaler)
{
    const struct value *metrics = value_path(autoscaler, "spec", "metrics", NULL);
    for (size_t i = 0; i < size_of(metrics); i++) {
        const struct value *object =
            value_path(metrics->items[i], "object", "describedObject", NULL);
        char *problem =
            object != NULL ? version_problem(text_at(object, "apiVersion"), true) : NULL;
        const bool faulty = problem != NULL;
        free(problem);
        if (faulty)
            return true;
    }
    return false;
}

void check_autoscaler_update(struct field_errors *errors, const struct value *now,
                             const struct value *before)
{
    const struct value *target = value_path(now, "spec", "scaleTargetRef", NULL);
    const struct value *old = value_path(before, "spec", "scaleTargetRef", NULL);
    const struct value *spec = value_get(before, "spec");
    const bool same = strcmp(text_at(target, "kind"), text_at(old, "kind")) == 0 &&
                      strcmp(text_at(target, "apiVersion"), text_at(old, "apiVersion")) == 0;
    const bool was_zero = has(spec, "minReplicas") && number_at(spec, "minReplicas") == 0;
    const struct leniency leniency = { .fewest = was_zero ? 0 : 1,
                                       .any_version = same,
                                       .core_group = may_be_core(now),
                                       .any_object = has_faulty_object(before) };
    check_spec(errors, now, &leniency);
}
