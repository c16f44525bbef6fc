/* Walk a document by its schema and fill in what is missing.
 *
 * At every struct first the code default of its type, then the structural defaults of its fields, then
 * its members: the order of the generated SetObjectDefaults functions. A struct that the document
 * leaves out exists in Go all the same, unless it is a pointer, and gets its defaults. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/defaults/defaults_private.h"
#include "models/api/json.h"
#include "models/api/quantity.h"

static const struct rule {
    const char *type;
    default_fn *apply;
} rules[] = {
    /* by type in byte order */
    { "apps/v1.DaemonSet", default_daemonset },
    { "apps/v1.Deployment", default_deployment },
    { "apps/v1.ReplicaSet", default_replicaset },
    { "apps/v1.StatefulSet", default_statefulset },
    { "autoscaling/v2.HorizontalPodAutoscaler", default_autoscaler },
    { "batch/v1.CronJob", default_cronjob },
    { "batch/v1.Job", default_job },
    { "batch/v1.PodFailurePolicyOnPodConditionsPattern", default_failure_pattern },
    { "chaos/v1alpha1.BlockChaos", default_chaos },
    { "chaos/v1alpha1.DNSChaos", default_chaos },
    { "chaos/v1alpha1.DelaySpec", default_delay },
    { "chaos/v1alpha1.HTTPChaos", default_chaos },
    { "chaos/v1alpha1.IOChaos", default_chaos },
    { "chaos/v1alpha1.JVMChaos", default_chaos },
    { "chaos/v1alpha1.KernelChaos", default_chaos },
    { "chaos/v1alpha1.NetworkChaos", default_network_chaos },
    { "chaos/v1alpha1.PhysicalMachineChaos", default_chaos },
    { "chaos/v1alpha1.PodChaos", default_chaos },
    { "chaos/v1alpha1.StatusCheckSpec", default_status_check },
    { "chaos/v1alpha1.StressChaos", default_chaos },
    { "chaos/v1alpha1.TimeChaos", default_chaos },
    { "core/v1.ConfigMapVolumeSource", default_file_mode },
    { "core/v1.Container", default_container },
    { "core/v1.DownwardAPIVolumeSource", default_file_mode },
    { "core/v1.EndpointPort", default_protocol },
    { "core/v1.EphemeralContainer", default_container },
    { "core/v1.HTTPGetAction", default_http_get },
    { "core/v1.HostPathVolumeSource", default_host_path },
    { "core/v1.LimitRangeItem", default_limit_range },
    { "core/v1.LimitRangeSpec", default_limit_ranges },
    { "core/v1.Namespace", default_namespace },
    { "core/v1.NamespaceStatus", default_namespace_status },
    { "core/v1.NodeSpec", default_node_spec },
    { "core/v1.NodeStatus", default_node_status },
    { "core/v1.ObjectFieldSelector", default_object_field },
    { "core/v1.PersistentVolume", default_volume_object },
    { "core/v1.PersistentVolumeClaim", default_claim },
    { "core/v1.PersistentVolumeClaimSpec", default_claim_spec },
    { "core/v1.Pod", default_pod },
    { "core/v1.PodSpec", default_pod_spec },
    { "core/v1.Probe", default_probe },
    { "core/v1.ProjectedVolumeSource", default_file_mode },
    { "core/v1.ReplicationController", default_replication_controller },
    { "core/v1.Secret", default_secret },
    { "core/v1.SecretVolumeSource", default_file_mode },
    { "core/v1.Service", default_service },
    { "core/v1.ServiceAccountTokenProjection", default_token },
    { "core/v1.Volume", default_volume },
    { "discovery/v1.EndpointPort", default_slice_port },
    { "networking/v1.NetworkPolicy", default_network_policy },
    { "networking/v1.NetworkPolicyPort", default_protocol },
    { "scheduling/v1.PriorityClass", default_priority_class },
    { "storage/v1.StorageClass", default_storage_class },
};

static int compare_rule(const void *name, const void *rule)
{
    return strcmp(name, ((const struct rule *)rule)->type);
}

static default_fn *find_rule(const struct schema_type *type)
{
    const struct rule *rule =
        bsearch(type->name, rules, sizeof rules / sizeof *rules, sizeof *rules, compare_rule);
    return rule ? rule->apply : NULL;
}

/* ── setting members ── */

const char *default_reads(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

void default_text(struct value **map, const char *key, const char *text)
{
    if (*default_reads(*map, key) == '\0')
        value_set(value_own(map), key, value_new_string(text));
}

void default_int(struct value **map, const char *key, int64_t number)
{
    if (value_is_null(value_get(*map, key)))
        value_set(value_own(map), key, value_new_int(number));
}

void default_count(struct value **map, const char *key, int64_t number)
{
    if (value_int(value_get(*map, key), 0) == 0)
        value_set(value_own(map), key, value_new_int(number));
}

void default_bool(struct value **map, const char *key, bool truth)
{
    if (value_is_null(value_get(*map, key)))
        value_set(value_own(map), key, value_new_bool(truth));
}

void default_map(struct value **map, const char *key)
{
    if (value_is_null(value_get(*map, key)))
        value_set(value_own(map), key, value_new_map());
}

/* ── the walk ── */

static struct value *defaulted(const struct value *node, const struct schema_type *type);

static bool is_zero_json(const char *json)
{
    return strcmp(json, "\"\"") == 0 || strcmp(json, "0") == 0 || strcmp(json, "false") == 0;
}

/* Go's zero value of a field without a pointer is not to be told from an absent one. */
static bool is_missing(const struct value *value, const struct schema_field *field)
{
    if (value_is_null(value))
        return true;
    return field->type->shape == SCHEMA_STRING && value->count == 0;
}

static void apply_structural(struct value **node, const struct schema_type *type)
{
    for (size_t i = 0; i < type->member_count; i++) {
        const struct schema_field *field = type->members[i];
        const char *json = field->default_json;
        if (json == NULL || *json == '{' || !is_missing(value_get(*node, field->json), field) ||
            (field->type->shape != SCHEMA_POINTER && is_zero_json(json)))
            continue;
        struct error error = { 0 };
        struct value *given = json_read(json, strlen(json), (struct place){ 0 }, NULL, &error);
        assert(given != NULL); /* the table is ours */
        value_set(value_own(node), field->json, given);
    }
}

/* The defaults of a struct that the document leaves out; NULL when it has none. */
static struct value *of_absent(const struct schema_type *type)
{
    struct value *empty = value_new_map();
    struct value *filled = defaulted(empty, type);
    value_drop(empty);
    if (filled->count > 0)
        return filled;
    value_drop(filled);
    return NULL;
}

static void apply_to_members(struct value **node, const struct schema_type *type)
{
    for (size_t i = 0; i < type->member_count; i++) {
        const struct schema_field *field = type->members[i];
        const struct value *member = value_get(*node, field->json);
        struct value *filled = NULL;
        if (!value_is_null(member))
            filled = defaulted(member, field->type);
        else if (field->type->shape == SCHEMA_STRUCT)
            filled = of_absent(field->type);
        if (filled != NULL && filled != member)
            value_set(value_own(node), field->json, filled);
        else
            value_drop(filled);
    }
}

static void apply_to_items(struct value **list, const struct schema_type *element)
{
    for (size_t i = 0; i < (*list)->count; i++) {
        const struct value *item = (*list)->items[i];
        struct value *filled = value_is_null(item) ? NULL : defaulted(item, element);
        if (filled == NULL || filled == item) {
            value_drop(filled);
            continue;
        }
        struct value **slot = &value_own(list)->items[i];
        value_drop(*slot);
        *slot = filled;
    }
}

/* Amounts of resources are rounded up to thousandths. */
static void round_amounts(struct value **map)
{
    for (size_t i = 0; i < (*map)->count; i++) {
        struct quantity amount;
        char text[QUANTITY_TEXT];
        const struct value_entry *entry = &(*map)->entries[i];
        if (!quantity_load(entry->value, &amount, NULL) || amount.nano % 1000000 == 0)
            continue;
        amount.nano += (amount.nano > 0 ? 1000000 : 0) - amount.nano % 1000000;
        struct value *rounded = value_new_string(quantity_print(amount, text));
        rounded->at = entry->value->at;
        value_set(value_own(map), (*map)->entries[i].key, rounded);
    }
}

static void apply_to_entries(struct value **map, const struct schema_type *element)
{
    if (schema_pointee(element)->shape == SCHEMA_QUANTITY) {
        round_amounts(map);
        return;
    }
    for (size_t i = 0; i < (*map)->count; i++) {
        const struct value *entry = (*map)->entries[i].value;
        struct value *filled = value_is_null(entry) ? NULL : defaulted(entry, element);
        if (filled != NULL && filled != entry)
            value_set(value_own(map), (*map)->entries[i].key, filled);
        else
            value_drop(filled);
    }
}

static struct value *defaulted(const struct value *node, const struct schema_type *type)
{
    struct value *result = value_hold(node);
    type = schema_pointee(type);
    if (type->shape == SCHEMA_LIST && node->type == VALUE_LIST) {
        apply_to_items(&result, type->element);
    } else if (type->shape == SCHEMA_MAP && node->type == VALUE_MAP) {
        apply_to_entries(&result, type->element);
    } else if (type->shape == SCHEMA_STRUCT && node->type == VALUE_MAP) {
        default_fn *apply = find_rule(type);
        if (apply != NULL)
            apply(&result);
        apply_structural(&result, type);
        apply_to_members(&result, type);
    }
    return result;
}

struct value *defaults_apply(const struct value *document, const struct schema_kind *kind)
{
    return defaulted(document, kind->type);
}
