/* The table of kinds and their rules.
 *
 * A new object meets the rules of its kind; only when they find no fault, those that every object's
 * metadata must keep (rest.BeforeCreate of apiserver's pkg/registry). What replaces an object
 * meets the metadata's rules first (rest.BeforeUpdate). */
#include "models/api/validation.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

static const struct kind_rules {
    const char *group, *kind;
    bool namespaced;
    text_rule *name; /* NULL: the kind looks at its metadata itself, or not at all */
    check_create_fn *create;
    check_update_fn *update; /* NULL: as create */
} kinds[] = {
    { "", "ConfigMap", true, text_dns_subdomain, check_config_map, check_config_map_update },
    { "", "Event", true, NULL, check_event, NULL },
    { "", "LimitRange", true, text_dns_subdomain, check_limit_range, NULL },
    { "", "Namespace", false, text_dns_label, check_namespace, NULL },
    { "", "Node", false, text_dns_subdomain, check_node, check_node_update },
    { "", "PersistentVolume", false, text_dns_subdomain, check_volume_object,
      check_volume_object_update },
    { "", "PersistentVolumeClaim", true, text_dns_subdomain, check_claim, check_claim_update },
    { "", "Pod", true, NULL, check_pod_create, check_pod_update },
    { "", "ResourceQuota", true, text_dns_subdomain, check_resource_quota,
      check_resource_quota_update },
    { "", "Secret", true, text_dns_subdomain, check_secret_object, check_secret_object_update },
    { "", "Service", true, NULL, check_service, check_service_update },
    { "", "ServiceAccount", true, text_dns_subdomain, check_service_account, NULL },
    { "apps", "ControllerRevision", true, text_dns_subdomain, check_controller_revision,
      check_controller_revision_update },
    { "apps", "DaemonSet", true, text_dns_subdomain, check_daemonset, check_daemonset_update },
    { "apps", "Deployment", true, text_dns_subdomain, check_deployment, check_deployment_update },
    { "apps", "ReplicaSet", true, text_dns_subdomain, check_replicaset, check_replicaset_update },
    { "apps", "StatefulSet", true, text_dns_label, check_statefulset, check_statefulset_update },
    { "autoscaling", "HorizontalPodAutoscaler", true, text_dns_subdomain, check_autoscaler,
      check_autoscaler_update },
    { "batch", "CronJob", true, text_dns_subdomain, check_cronjob, check_cronjob_update },
    { "batch", "Job", true, text_dns_subdomain, check_job, check_job_update },
    { "coordination.k8s.io", "Lease", true, text_dns_subdomain, check_lease, NULL },
    { "discovery.k8s.io", "EndpointSlice", true, text_dns_subdomain, check_endpoint_slice,
      check_endpoint_slice_update },
    { "kwok.x-k8s.io", "Stage", false, text_dns_subdomain, check_stage, NULL },
    { "networking.k8s.io", "NetworkPolicy", true, text_dns_subdomain, check_network_policy, NULL },
    { "policy", "PodDisruptionBudget", true, NULL, check_disruption_budget, NULL },
    { "scheduling.k8s.io", "PriorityClass", false, text_dns_subdomain, check_priority_class,
      check_priority_class_update },
    { "storage.k8s.io", "StorageClass", false, text_dns_subdomain, check_storage_class,
      check_storage_class_update },
};

static const struct kind_rules *find_rules(const struct schema_kind *kind)
{
    static const struct kind_rules of_chaos = {
        "chaos-mesh.org", NULL, true, text_dns_subdomain, check_chaos, check_chaos_update
    };
    if (kind != NULL && strcmp(kind->group, of_chaos.group) == 0)
        return &of_chaos;
    for (size_t i = 0; kind != NULL && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].group, kind->group) == 0 && strcmp(kinds[i].kind, kind->kind) == 0)
            return &kinds[i];
    return NULL;
}

static void any_text(struct complaints *complaints, const char *text)
{
    (void)complaints;
    (void)text;
}

/* Names are parts of URLs; only our Images are named by what containers call them: "shop/web:2". */
static text_rule *least_name_rule(const struct value *document)
{
    const bool is_image = strcmp(text_at(document, "kind"), "Image") == 0 &&
                          strncmp(text_at(document, "apiVersion"), "seatrial.dev/", 13) == 0;
    return is_image ? any_text : text_path_segment;
}

void validate_create(const struct value *document, const struct schema_kind *kind,
                     struct field_errors *errors)
{
    const struct kind_rules *rules = find_rules(kind);
    const struct value *meta = value_get(document, "metadata");
    const struct field_path *at_meta = CHILD(NULL, "metadata");
    size_t faults = errors->count;
    if (rules != NULL && rules->name != NULL)
        check_meta(errors, meta, at_meta, (struct meta_rules){ rules->namespaced, rules->name });
    if (rules != NULL)
        rules->create(errors, document);
    if (errors->count == faults)
        check_any_meta(
            errors, meta, at_meta,
            (struct meta_rules){ *text_at(meta, "namespace") != '\0', least_name_rule(document) });
}

void validate_update(const struct value *document, const struct value *old,
                     const struct schema_kind *kind, struct field_errors *errors)
{
    const struct kind_rules *rules = find_rules(kind);
    check_meta_update(errors, value_get(document, "metadata"), value_get(old, "metadata"),
                      CHILD(NULL, "metadata"));
    if (rules != NULL && rules->update != NULL)
        rules->update(errors, document, old);
    else if (rules != NULL)
        rules->create(errors, document);
}

char *validation_message(const struct field_errors *errors, const struct value *document)
{
    const char *version = text_at(document, "apiVersion");
    const char *slash = strchr(version, '/');
    int length = slash ? (int)(slash - version) : 0;
    char *kind =
        mem_format("%s%s%.*s", text_at(document, "kind"), slash ? "." : "", length, version);
    char *message =
        field_errors_message(errors, kind, text_at(value_get(document, "metadata"), "name"));
    free(kind);
    return message;
}
