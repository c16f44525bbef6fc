/* Rows of each kind, as the recorder wrote them. */
#include "tests/support/emitted_fields.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static const char last_applied[] = "kubectl.kubernetes.io/last-applied-configuration";

/* Copy a field if it is there. */
static void take(struct value *row, const struct value *from, const char *key)
{
    if (!value_is_null(value_get(from, key)))
        value_set(row, key, value_hold(value_get(from, key)));
}

/* --- times -------------------------------------------------------------------------------- */

/* An ISO time in UTC as "+3s": whole seconds since the second in which the scenario began. */
static struct value *offset_time(const struct emitted *emitted, const char *text)
{
    sim_time at;
    const size_t length = strlen(text);
    if (length == 0 || text[length - 1] != 'Z' ||
        !time_parse(text, emitted->cluster->codec.epoch_seconds, &at))
        return NULL;
    const long long seconds = at / SIM_SECOND - emitted->begin / SIM_SECOND;
    char *offset = mem_format("+%llds", seconds);
    struct value *value = value_new_string(offset);
    free(offset);
    return value;
}

/* The same tree with every time in it as an offset; a new reference. */
static struct value *with_offsets(const struct emitted *emitted, const struct value *tree)
{
    struct value *changed;
    if (tree->type == VALUE_STRING && (changed = offset_time(emitted, tree->text)) != NULL)
        return changed;
    if (tree->type == VALUE_MAP) {
        changed = value_new_map();
        for (size_t i = 0; i < tree->count; i++)
            value_set(changed, tree->entries[i].key, with_offsets(emitted, tree->entries[i].value));
        return changed;
    }
    if (tree->type == VALUE_LIST) {
        changed = value_new_list();
        for (size_t i = 0; i < tree->count; i++)
            value_add(changed, with_offsets(emitted, tree->items[i]));
        return changed;
    }
    return value_hold(tree);
}

/* --- metadata ------------------------------------------------------------------------------- */

static void take_annotations(struct value *row, const struct value *metadata)
{
    if (value_is_null(value_get(metadata, "annotations")))
        return;
    struct value *annotations = value_copy(value_get(metadata, "annotations"));
    value_remove(annotations, last_applied);
    if (annotations->count > 0)
        value_set(row, "annotations", annotations);
    else
        value_drop(annotations);
}

static void take_owners(struct value *row, const struct value *metadata)
{
    const struct value *owners = value_get(metadata, "ownerReferences");
    struct value *list = value_new_list();
    for (size_t i = 0; owners != NULL && i < owners->count; i++) {
        struct value *owner = value_new_map();
        static const char *const keys[] = { "kind", "name", "controller", "blockOwnerDeletion" };
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            take(owner, owners->items[i], keys[k]);
        value_add(list, owner);
    }
    if (list->count > 0)
        value_set(row, "ownerReferences", list);
    else
        value_drop(list);
}

static void take_metadata(struct value *row, const struct value *metadata, const char *kind)
{
    const bool is_pod = strcmp(kind, "Pod") == 0;
    take(row, metadata, "labels");
    take_annotations(row, metadata);
    take_owners(row, metadata);
    if (value_get(metadata, "deletionTimestamp") != NULL) {
        take(row, metadata, "deletionTimestamp");
        value_set(row, "deletionGracePeriodSeconds",
                  value_get(metadata, "deletionGracePeriodSeconds") != NULL
                      ? value_hold(value_get(metadata, "deletionGracePeriodSeconds"))
                      : value_new_null());
    }
    take(row, metadata, "finalizers");
    if (!is_pod) /* pods have one, too, which the recorder left out */
        take(row, metadata, "generation");
}

/* --- kinds -------------------------------------------------------------------------------- */

/* "True", or "False/ContainersNotReady". */
static struct value *condition_text(const struct value *condition)
{
    const char *status = value_text(value_get(condition, "status"), "");
    const char *reason = value_text(value_get(condition, "reason"), "");
    char *text = *reason != '\0' ? mem_format("%s/%s", status, reason) : mem_format("%s", status);
    struct value *value = value_new_string(text);
    free(text);
    return value;
}

/* type -> status[/reason] */
static struct value *conditions_map(const struct value *conditions)
{
    struct value *map = value_new_map();
    for (size_t i = 0; conditions != NULL && i < conditions->count; i++)
        value_set(map, value_text(value_get(conditions->items[i], "type"), ""),
                  condition_text(conditions->items[i]));
    return map;
}

static struct value *exit_codes(const struct value *statuses)
{
    struct value *codes = value_new_list();
    for (size_t i = 0; statuses != NULL && i < statuses->count; i++) {
        const struct value *code =
            value_path(statuses->items[i], "state", "terminated", "exitCode", NULL);
        if (code != NULL)
            value_add(codes, value_hold(code));
    }
    return codes;
}

static void take_list_or_map(struct value *row, const char *key, struct value *tree)
{
    if (tree->count > 0)
        value_set(row, key, tree);
    else
        value_drop(tree);
}

static void pod_fields(struct value *row, const struct value *document)
{
    const struct value *status = value_get(document, "status");
    take(row, value_get(document, "metadata"), "uid");
    take(row, value_get(document, "spec"), "nodeName");
    take(row, status, "phase");
    take(row, status, "reason");
    take_list_or_map(row, "conditions", conditions_map(value_get(status, "conditions")));
    take_list_or_map(row, "exitCodes", exit_codes(value_get(status, "containerStatuses")));
}

static void node_fields(struct value *row, const struct value *document)
{
    struct value *spec = value_new_map();
    take(spec, value_get(document, "spec"), "taints");
    take(spec, value_get(document, "spec"), "unschedulable");
    value_set(row, "spec", spec);
    struct value *all = conditions_map(value_path(document, "status", "conditions", NULL));
    struct value *ready = value_new_map(); /* the recorder kept this one only */
    take(ready, all, "Ready");
    value_set(row, "conditions", ready);
    value_drop(all);
}

static void namespace_fields(struct value *row, const struct value *document)
{
    const struct value *status = value_get(document, "status");
    const struct value *conditions = value_get(status, "conditions");
    struct value *list = value_new_list();
    static const char *const keys[] = { "type", "status", "reason", "message" };
    for (size_t i = 0; conditions != NULL && i < conditions->count; i++) {
        struct value *condition = value_new_map();
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            take(condition, conditions->items[i], keys[k]);
        value_add(list, condition);
    }
    take(row, document, "spec");
    take(row, status, "phase");
    value_set(row, "conditions", list);
}

static void configmap_fields(struct value *row, const struct value *document)
{
    const struct value *data = value_get(document, "data");
    struct value *keys = value_new_list();
    for (size_t i = 0; data != NULL && i < data->count; i++)
        value_add(keys, value_new_string(data->entries[i].key));
    value_set(row, "dataKeys", keys);
}

static struct value *target_names(const struct value *addresses)
{
    struct value *names = value_new_list();
    for (size_t i = 0; addresses != NULL && i < addresses->count; i++)
        value_add(names, value_hold(value_path(addresses->items[i], "targetRef", "name", NULL)));
    return names;
}

static void endpoints_fields(struct value *row, const struct value *document)
{
    const struct value *subsets = value_get(document, "subsets");
    struct value *list = value_new_list();
    static const char *const keys[] = { "addresses", "notReadyAddresses" };
    for (size_t i = 0; subsets != NULL && i < subsets->count; i++) {
        struct value *subset = value_new_map();
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            take_list_or_map(subset, keys[k], target_names(value_get(subsets->items[i], keys[k])));
        take(subset, subsets->items[i], "ports");
        value_add(list, subset);
    }
    value_set(row, "subsets", list);
}

static void endpointslice_fields(struct value *row, const struct value *document)
{
    const struct value *endpoints = value_get(document, "endpoints");
    const struct value *ports = value_get(document, "ports");
    struct value *list = value_new_list();
    for (size_t i = 0; endpoints != NULL && i < endpoints->count; i++) {
        struct value *endpoint = value_new_map();
        const struct value *target = value_path(endpoints->items[i], "targetRef", "name", NULL);
        if (target != NULL)
            value_set(endpoint, "target", value_hold(target));
        take(endpoint, endpoints->items[i], "conditions");
        take(endpoint, endpoints->items[i], "nodeName");
        value_add(list, endpoint);
    }
    value_set(row, "endpoints", list);
    value_set(row, "ports", ports != NULL ? value_hold(ports) : value_new_null());
}

/* spec without what the recorder left out, and the whole status. */
static void workload_fields(struct value *row, const struct value *document)
{
    struct value *spec = value_copy(value_get(document, "spec"));
    const char *kind = value_text(value_get(document, "kind"), "");
    const bool is_statefulset = strcmp(kind, "StatefulSet") == 0;
    value_remove(spec, "template");
    if (is_statefulset || strcmp(kind, "DaemonSet") == 0)
        value_remove(spec, "selector");
    if (is_statefulset) {
        value_remove(spec, "serviceName");
        value_remove(spec, "volumeClaimTemplates");
    }
    value_set(row, "spec", spec);
    const struct value *status = value_get(document, "status");
    if (!value_is_null(status) && status->count > 0) /* the recorder left an empty one out */
        value_set(row, "status", value_hold(status));
}

/* What the recorder chose of a Job's spec. */
static void job_fields(struct value *row, const struct value *document)
{
    static const char *const keys[] = {
        "parallelism",          "completions",
        "backoffLimit",         "suspend",
        "completionMode",       "activeDeadlineSeconds",
        "podReplacementPolicy", "ttlSecondsAfterFinished",
        "backoffLimitPerIndex", "maxFailedIndexes",
    };
    struct value *spec = value_new_map();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        take(spec, value_get(document, "spec"), keys[i]);
    value_set(row, "spec", spec);
    const struct value *status = value_get(document, "status");
    if (!value_is_null(status) && status->count > 0)
        value_set(row, "status", value_hold(status));
}

/* Of status.active only the names. */
static void cronjob_fields(struct value *row, const struct value *document)
{
    struct value *spec = value_copy(value_get(document, "spec"));
    struct value *status = value_copy(value_get(document, "status"));
    const struct value *active = value_get(status, "active");
    struct value *names = value_new_list();
    for (size_t i = 0; active != NULL && i < active->count; i++)
        value_add(names, value_hold(value_get(active->items[i], "name")));
    value_remove(spec, "jobTemplate");
    value_set(row, "spec", spec);
    take_list_or_map(status, "active", names);
    take_list_or_map(row, "status", status);
}

static void service_fields(struct value *row, const struct value *document)
{
    struct value *spec = value_new_map();
    take(spec, value_get(document, "spec"), "type");
    value_set(row, "spec", spec);
    take(row, document, "status");
}

static void claim_fields(struct value *row, const struct value *document)
{
    struct value *spec = value_new_map();
    take(spec, value_get(document, "spec"), "volumeName");
    if (spec->count > 0)
        value_set(row, "spec", spec);
    else
        value_drop(spec);
    take(row, document, "status");
}

static void autoscaler_fields(struct value *row, const struct value *document)
{
    struct value *spec = value_new_map();
    take(spec, value_get(document, "spec"), "minReplicas");
    take(spec, value_get(document, "spec"), "maxReplicas");
    value_set(row, "spec", spec);
    take(row, document, "status");
}

static void revision_fields(struct value *row, const struct value *document)
{
    take(row, document, "revision");
}

static void other_fields(struct value *row, const struct value *document)
{
    take(row, document, "spec");
    take(row, document, "status");
}

static const struct {
    const char *kind;
    void (*take)(struct value *row, const struct value *document);
} kinds[] = {
    { "Pod", pod_fields },
    { "Node", node_fields },
    { "Namespace", namespace_fields },
    { "ConfigMap", configmap_fields },
    { "Endpoints", endpoints_fields },
    { "EndpointSlice", endpointslice_fields },
    { "Deployment", workload_fields },
    { "ReplicaSet", workload_fields },
    { "DaemonSet", workload_fields },
    { "StatefulSet", workload_fields },
    { "PersistentVolumeClaim", claim_fields },
    { "Job", job_fields },
    { "CronJob", cronjob_fields },
    { "HorizontalPodAutoscaler", autoscaler_fields },
    { "Service", service_fields },
    { "ControllerRevision", revision_fields },
};

struct value *emitted_fields(const struct emitted *emitted, const struct value *document)
{
    const char *kind = value_text(value_get(document, "kind"), "");
    const struct value *metadata = value_get(document, "metadata");
    void (*take_kind)(struct value * row, const struct value *document) = other_fields;
    struct value *row = value_new_map();
    take(row, document, "kind");
    take(row, metadata, "name");
    take_metadata(row, metadata, kind);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            take_kind = kinds[i].take;
    take_kind(row, document);
    struct value *changed = with_offsets(emitted, row);
    value_drop(row);
    return changed;
}

struct value *emitted_event_fields(const struct value *document)
{
    struct value *row = value_new_map();
    const struct value *about = value_get(document, "involvedObject");
    char *object = mem_format("%s/%s", value_text(value_get(about, "kind"), ""),
                              value_text(value_get(about, "name"), ""));
    take(row, document, "type");
    take(row, document, "reason");
    value_set(row, "object", value_new_string(object));
    take(row, document, "message");
    value_set(row, "count", value_new_int(value_int(value_get(document, "count"), 1)));
    value_set(row, "source",
              value_new_string(value_text(value_path(document, "source", "component", NULL), "")));
    free(object);
    return row;
}
