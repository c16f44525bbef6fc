/* Workloads.
 *
 * Follows pkg/apis/apps/v1/defaults.go, pkg/apis/batch/v1/defaults.go,
 * pkg/apis/autoscaling/v2/defaults.go and SetDefaults_ReplicationController(). */
#include <string.h>

#include "models/api/defaults/defaults_private.h"

/* A struct member to be filled in, made when it is absent. */
static struct value **own_member(struct value **node, const char *key)
{
    struct value **slot = value_slot(value_own(node), key);
    value_own(slot);
    return slot;
}

static void default_value(struct value **map, const char *key, struct value *value)
{
    if (value_is_null(value_get(*map, key)))
        value_set(value_own(map), key, value);
    else
        value_drop(value);
}

void default_deployment(struct value **node)
{
    struct value **spec = own_member(node, "spec");
    default_int(spec, "replicas", 1);
    struct value **strategy = own_member(spec, "strategy");
    default_text(strategy, "type", "RollingUpdate");
    if (strcmp(default_reads(*strategy, "type"), "RollingUpdate") == 0) {
        struct value **rolling = own_member(strategy, "rollingUpdate");
        default_value(rolling, "maxUnavailable", value_new_string("25%"));
        default_value(rolling, "maxSurge", value_new_string("25%"));
    }
    default_int(spec, "revisionHistoryLimit", 10);
    default_int(spec, "progressDeadlineSeconds", 600);
}

void default_replicaset(struct value **node)
{
    default_int(own_member(node, "spec"), "replicas", 1);
}

void default_daemonset(struct value **node)
{
    struct value **spec = own_member(node, "spec");
    struct value **strategy = own_member(spec, "updateStrategy");
    default_text(strategy, "type", "RollingUpdate");
    if (strcmp(default_reads(*strategy, "type"), "RollingUpdate") == 0) {
        struct value **rolling = own_member(strategy, "rollingUpdate");
        default_int(rolling, "maxUnavailable", 1);
        default_int(rolling, "maxSurge", 0);
    }
    default_int(spec, "revisionHistoryLimit", 10);
}

/* Claims in a template carry their kind. */
static void name_claims(struct value **spec)
{
    const struct value *claims = value_get(*spec, "volumeClaimTemplates");
    if (claims == NULL || claims->count == 0)
        return;
    struct value *list = value_own(value_slot(value_own(spec), "volumeClaimTemplates"));
    for (size_t i = 0; i < list->count; i++) {
        default_text(&list->items[i], "apiVersion", "v1");
        default_text(&list->items[i], "kind", "PersistentVolumeClaim");
    }
}

void default_statefulset(struct value **node)
{
    struct value **spec = own_member(node, "spec");
    default_text(spec, "podManagementPolicy", "OrderedReady");
    struct value **strategy = own_member(spec, "updateStrategy");
    if (*default_reads(*strategy, "type") == '\0') {
        default_text(strategy, "type", "RollingUpdate");
        own_member(strategy, "rollingUpdate");
    }
    if (strcmp(default_reads(*strategy, "type"), "RollingUpdate") == 0 &&
        value_get(*strategy, "rollingUpdate") != NULL)
        default_int(own_member(strategy, "rollingUpdate"), "partition", 0);
    struct value **retention = own_member(spec, "persistentVolumeClaimRetentionPolicy");
    default_text(retention, "whenDeleted", "Retain");
    default_text(retention, "whenScaled", "Retain");
    default_int(spec, "replicas", 1);
    default_int(spec, "revisionHistoryLimit", 10);
    name_claims(spec);
}

static bool is_empty(const struct value *map)
{
    return map == NULL || map->count == 0;
}

void default_replication_controller(struct value **node)
{
    const struct value *labels = value_path(*node, "spec", "template", "metadata", "labels", NULL);
    if (is_empty(labels))
        return;
    if (is_empty(value_path(*node, "spec", "selector", NULL)))
        value_put(node, value_hold(labels), "spec", "selector", NULL);
    if (is_empty(value_path(*node, "metadata", "labels", NULL)))
        value_put(node, value_hold(labels), "metadata", "labels", NULL);
}

/* Neither completions nor parallelism means one pod; completions alone, one at a time. */
void default_job(struct value **node)
{
    struct value **spec = own_member(node, "spec");
    bool indexed = strcmp(default_reads(*spec, "completionMode"), "Indexed") == 0;
    const struct value *parallelism = value_get(*spec, "parallelism");
    if (value_get(*spec, "completions") == NULL && parallelism == NULL)
        default_int(spec, "completions", 1);
    default_int(spec, "parallelism", 1);
    if (indexed)
        default_int(spec, "completions", value_int(value_get(*spec, "parallelism"), 1));
    bool per_index = value_get(*spec, "backoffLimitPerIndex") != NULL;
    default_int(spec, "backoffLimit", per_index ? INT32_MAX : 6);
    if (is_empty(value_path(*node, "metadata", "labels", NULL))) {
        const struct value *labels =
            value_path(*node, "spec", "template", "metadata", "labels", NULL);
        if (!is_empty(labels))
            value_put(node, value_hold(labels), "metadata", "labels", NULL);
        spec = own_member(node, "spec");
    }
    default_text(spec, "completionMode", "NonIndexed");
    default_bool(spec, "suspend", false);
    bool fails = value_get(*spec, "podFailurePolicy") != NULL;
    default_text(spec, "podReplacementPolicy", fails ? "Failed" : "TerminatingOrFailed");
    default_bool(spec, "manualSelector", false);
}

void default_failure_pattern(struct value **node)
{
    default_text(node, "status", "True");
}

void default_cronjob(struct value **node)
{
    struct value **spec = own_member(node, "spec");
    default_text(spec, "concurrencyPolicy", "Allow");
    default_bool(spec, "suspend", false);
    default_int(spec, "successfulJobsHistoryLimit", 3);
    default_int(spec, "failedJobsHistoryLimit", 1);
}

static struct value *scaling_policy(const char *type, int64_t value, int64_t period_seconds)
{
    struct value *policy = value_new_map();
    value_set(policy, "type", value_new_string(type));
    value_set(policy, "value", value_new_int(value));
    value_set(policy, "periodSeconds", value_new_int(period_seconds));
    return policy;
}

/* Up: doubling or four pods in 15 s, at once. Down: everything, after what the controller
 * manager's flag says. */
static void default_scaling_rules(struct value **behavior, const char *key)
{
    const bool up = strcmp(key, "scaleUp") == 0;
    default_map(behavior, key);
    struct value **rules = own_member(behavior, key);
    if (up)
        default_int(rules, "stabilizationWindowSeconds", 0);
    default_value(rules, "selectPolicy", value_new_string("Max"));
    struct value *policies = value_new_list();
    if (up)
        value_add(policies, scaling_policy("Pods", 4, 15));
    value_add(policies, scaling_policy("Percent", 100, 15));
    default_value(rules, "policies", policies);
}

void default_autoscaler(struct value **node)
{
    struct value **spec = own_member(node, "spec");
    default_int(spec, "minReplicas", 1);
    if (!value_is_null(value_get(*spec, "behavior"))) {
        struct value **behavior = own_member(spec, "behavior");
        default_scaling_rules(behavior, "scaleUp");
        default_scaling_rules(behavior, "scaleDown");
    }
    const struct value *metrics = value_get(*spec, "metrics");
    if (metrics != NULL && metrics->count > 0)
        return;
    struct value *metric = value_new_map(), *list = value_new_list();
    value_set(metric, "type", value_new_string("Resource"));
    value_put(&metric, value_new_string("cpu"), "resource", "name", NULL);
    value_put(&metric, value_new_string("Utilization"), "resource", "target", "type", NULL);
    value_put(&metric, value_new_int(80), "resource", "target", "averageUtilization", NULL);
    value_add(list, metric);
    value_set(*spec, "metrics", list);
}
