#include "models/api/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/autoscaler.h"
#include "models/api/cronjob.h"
#include "models/api/daemonset.h"
#include "models/api/event.h"
#include "models/api/image.h"
#include "models/api/job.h"
#include "models/api/kinds_private.h"
#include "models/api/machine.h"
#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/api/policy.h"
#include "models/api/quota.h"
#include "models/api/service.h"
#include "models/api/statefulset.h"
#include "models/api/storage.h"
#include "models/api/workloads.h"
#include "sim/base/memory.h"

/* Members of a kind that has a record of its own, and of one that is kept as its document. */
#define SIMULATED(record)                                                                          \
    .simulated = true, .type = &record##_kind, .load = record##_load, .print = record##_print
#define DOCUMENT .type = &document_kind, .load = document_load, .print = document_print
/* One that is simulated although its record is its document. */
#define SIMULATED_DOCUMENT(record)                                                                 \
    .simulated = true, .type = &record##_kind, .load = document_load, .print = document_print
/* The same for a kind of Chaos Mesh: nothing but its document, whose spec and status are told apart. */
#define CHAOS(kind, plural, short_names)                                                           \
    "chaos-mesh.org/v1alpha1", kind, plural, short_names, true,                                    \
        .simulated = true, DOCUMENT, .spec_changed = document_spec_changed,                        \
        .take_status = document_take_status
/* A document whose spec and status are told apart. */
#define DOCUMENT_WITH_STATUS                                                                       \
    DOCUMENT, .spec_changed = document_spec_changed, .take_status = document_take_status

const struct kind_info kind_infos[KIND_COUNT] = {
    [KIND_NAMESPACE] = { "v1", "Namespace", "namespaces", "ns", SIMULATED(namespace),
                         .take_status = namespace_take_status },
    [KIND_NODE] = { "v1", "Node", "nodes", "no", SIMULATED(node), .take_status = node_take_status },
    [KIND_POD] = { "v1", "Pod", "pods", "po", true, SIMULATED(pod),
                   .spec_changed = pod_spec_changed, .take_status = pod_take_status },
    [KIND_REPLICASET] = { "apps/v1", "ReplicaSet", "replicasets", "rs", true, SIMULATED(replicaset),
                          .spec_changed = replicaset_spec_changed,
                          .take_status = replicaset_take_status },
    [KIND_DEPLOYMENT] = { "apps/v1", "Deployment", "deployments", "deploy", true,
                          SIMULATED(deployment), .spec_changed = deployment_spec_changed,
                          .take_status = deployment_take_status },
    [KIND_DAEMONSET] = { "apps/v1", "DaemonSet", "daemonsets", "ds", true, SIMULATED(daemonset),
                         .spec_changed = daemonset_spec_changed,
                         .take_status = daemonset_take_status },
    [KIND_STATEFULSET] = { "apps/v1", "StatefulSet", "statefulsets", "sts", true,
                           SIMULATED(statefulset), .spec_changed = statefulset_spec_changed,
                           .take_status = statefulset_take_status },
    [KIND_SERVICE] = { "v1", "Service", "services", "svc", true, SIMULATED(service),
                       .take_status = document_take_status },
    [KIND_ENDPOINTSLICE] = { "discovery.k8s.io/v1", "EndpointSlice", "endpointslices", "", true,
                             SIMULATED(endpoint_slice), .spec_changed = endpoint_slice_changed },
    [KIND_PODDISRUPTIONBUDGET] = { "policy/v1", "PodDisruptionBudget", "poddisruptionbudgets",
                                   "pdb", true, SIMULATED(pod_disruption_budget),
                                   .spec_changed = pod_disruption_budget_spec_changed,
                                   .take_status = pod_disruption_budget_take_status },
    [KIND_PRIORITYCLASS] = { "scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", "pc",
                             SIMULATED(priority_class), .spec_changed = priority_class_changed },
    [KIND_EVENT] = { "v1", "Event", "events", "ev", true, SIMULATED(event) },
    [KIND_LEASE] = { "coordination.k8s.io/v1", "Lease", "leases", "", true, SIMULATED(lease) },
    [KIND_MACHINE] = { "seatrial.dev/v1alpha1", "Machine", "machines", "", SIMULATED(machine) },
    [KIND_IMAGE] = { "seatrial.dev/v1alpha1", "Image", "images", "", SIMULATED(image) },
    [KIND_PERSISTENTVOLUMECLAIM] = { "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc",
                                     true, SIMULATED(persistent_volume_claim),
                                     .take_status = persistent_volume_claim_take_status },
    [KIND_PERSISTENTVOLUME] = { "v1", "PersistentVolume", "persistentvolumes", "pv",
                                SIMULATED(persistent_volume),
                                .take_status = persistent_volume_take_status },
    [KIND_STORAGECLASS] = { "storage.k8s.io/v1", "StorageClass", "storageclasses", "sc",
                            SIMULATED(storage_class) },
    [KIND_CSIDRIVER] = { "storage.k8s.io/v1", "CSIDriver", "csidrivers", "",
                         SIMULATED(csi_driver) },
    [KIND_CSINODE] = { "storage.k8s.io/v1", "CSINode", "csinodes", "", SIMULATED(csi_node) },
    [KIND_CSISTORAGECAPACITY] = { "storage.k8s.io/v1", "CSIStorageCapacity", "csistoragecapacities",
                                  "", true, SIMULATED(csi_storage_capacity) },
    [KIND_VOLUMEATTACHMENT] = { "storage.k8s.io/v1", "VolumeAttachment", "volumeattachments", "",
                                SIMULATED(volume_attachment),
                                .take_status = volume_attachment_take_status },
    [KIND_JOB] = { "batch/v1", "Job", "jobs", "", true, SIMULATED(job),
                   .spec_changed = job_spec_changed, .take_status = job_take_status },
    [KIND_ENDPOINTS] = { "v1", "Endpoints", "endpoints", "ep", true, DOCUMENT },
    [KIND_CONFIGMAP] = { "v1", "ConfigMap", "configmaps", "cm", true, DOCUMENT },
    [KIND_SECRET] = { "v1", "Secret", "secrets", "", true, DOCUMENT },
    [KIND_SERVICEACCOUNT] = { "v1", "ServiceAccount", "serviceaccounts", "sa", true,
                              SIMULATED_DOCUMENT(service_account) },
    [KIND_CONTROLLERREVISION] = { "apps/v1", "ControllerRevision", "controllerrevisions", "", true,
                                  DOCUMENT },
    [KIND_CRONJOB] = { "batch/v1", "CronJob", "cronjobs", "cj", true, SIMULATED(cronjob),
                       .spec_changed = cronjob_spec_changed, .take_status = cronjob_take_status },
    [KIND_REPLICATIONCONTROLLER] = { "v1", "ReplicationController", "replicationcontrollers", "rc",
                                     true, DOCUMENT_WITH_STATUS },
    [KIND_HORIZONTALPODAUTOSCALER] = { "autoscaling/v2", "HorizontalPodAutoscaler",
                                       "horizontalpodautoscalers", "hpa", true,
                                       SIMULATED(autoscaler),
                                       .take_status = autoscaler_take_status },
    [KIND_LIMITRANGE] = { "v1", "LimitRange", "limitranges", "limits", true,
                          SIMULATED_DOCUMENT(limit_range) },
    [KIND_RESOURCEQUOTA] = { "v1", "ResourceQuota", "resourcequotas", "quota", true,
                             SIMULATED_DOCUMENT(resource_quota),
                             .take_status = document_take_status },
    [KIND_NETWORKPOLICY] = { "networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "netpol",
                             true, DOCUMENT, .spec_changed = document_spec_changed },
    [KIND_INGRESS] = { "networking.k8s.io/v1", "Ingress", "ingresses", "ing", true,
                       DOCUMENT_WITH_STATUS },
    [KIND_PODCHAOS] = { CHAOS("PodChaos", "podchaos", "") },
    [KIND_NETWORKCHAOS] = { CHAOS("NetworkChaos", "networkchaos", "") },
    [KIND_STRESSCHAOS] = { CHAOS("StressChaos", "stresschaos", "") },
    [KIND_IOCHAOS] = { CHAOS("IOChaos", "iochaos", "") },
    [KIND_TIMECHAOS] = { CHAOS("TimeChaos", "timechaos", "") },
    [KIND_DNSCHAOS] = { CHAOS("DNSChaos", "dnschaos", "") },
    [KIND_HTTPCHAOS] = { CHAOS("HTTPChaos", "httpchaos", "") },
    [KIND_KERNELCHAOS] = { CHAOS("KernelChaos", "kernelchaos", "") },
    [KIND_JVMCHAOS] = { CHAOS("JVMChaos", "jvmchaos", "") },
    [KIND_BLOCKCHAOS] = { CHAOS("BlockChaos", "blockchaos", "") },
    [KIND_AWSCHAOS] = { CHAOS("AWSChaos", "awschaos", "") },
    [KIND_GCPCHAOS] = { CHAOS("GCPChaos", "gcpchaos", "") },
    [KIND_AZURECHAOS] = { CHAOS("AzureChaos", "azurechaos", "") },
    [KIND_PHYSICALMACHINECHAOS] = { CHAOS("PhysicalMachineChaos", "physicalmachinechaos", "") },
    [KIND_PHYSICALMACHINE] = { CHAOS("PhysicalMachine", "physicalmachines", "") },
    [KIND_CHAOSSCHEDULE] = { CHAOS("Schedule", "schedules", "") },
    [KIND_WORKFLOW] = { CHAOS("Workflow", "workflows", "wf") },
    [KIND_WORKFLOWNODE] = { CHAOS("WorkflowNode", "workflownodes", "wfn") },
    [KIND_STATUSCHECK] = { CHAOS("StatusCheck", "statuschecks", "") },
    [KIND_STAGE] = { "kwok.x-k8s.io/v1alpha1", "Stage", "stages", "", false, .simulated = true,
                     DOCUMENT, .spec_changed = document_spec_changed },
    [KIND_OTHER] = { NULL, "Object", "objects", "", true, .type = &document_kind,
                     .load = other_load, .print = other_print },
};

const struct object_kind *const object_kinds[KIND_COUNT] = {
    [KIND_NAMESPACE] = &namespace_kind,
    [KIND_NODE] = &node_kind,
    [KIND_POD] = &pod_kind,
    [KIND_REPLICASET] = &replicaset_kind,
    [KIND_DEPLOYMENT] = &deployment_kind,
    [KIND_DAEMONSET] = &daemonset_kind,
    [KIND_STATEFULSET] = &statefulset_kind,
    [KIND_SERVICE] = &service_kind,
    [KIND_ENDPOINTSLICE] = &endpoint_slice_kind,
    [KIND_PODDISRUPTIONBUDGET] = &pod_disruption_budget_kind,
    [KIND_PRIORITYCLASS] = &priority_class_kind,
    [KIND_EVENT] = &event_kind,
    [KIND_LEASE] = &lease_kind,
    [KIND_MACHINE] = &machine_kind,
    [KIND_IMAGE] = &image_kind,
    [KIND_PERSISTENTVOLUMECLAIM] = &persistent_volume_claim_kind,
    [KIND_PERSISTENTVOLUME] = &persistent_volume_kind,
    [KIND_STORAGECLASS] = &storage_class_kind,
    [KIND_CSIDRIVER] = &csi_driver_kind,
    [KIND_CSINODE] = &csi_node_kind,
    [KIND_CSISTORAGECAPACITY] = &csi_storage_capacity_kind,
    [KIND_VOLUMEATTACHMENT] = &volume_attachment_kind,
    [KIND_JOB] = &job_kind,
    [KIND_ENDPOINTS... KIND_SECRET] = &document_kind,
    [KIND_SERVICEACCOUNT] = &service_account_kind,
    [KIND_CONTROLLERREVISION] = &document_kind,
    [KIND_CRONJOB] = &cronjob_kind,
    [KIND_REPLICATIONCONTROLLER] = &document_kind,
    [KIND_HORIZONTALPODAUTOSCALER] = &autoscaler_kind,
    [KIND_LIMITRANGE] = &limit_range_kind,
    [KIND_RESOURCEQUOTA] = &resource_quota_kind,
    [KIND_NETWORKPOLICY... KIND_OTHER] = &document_kind,
};

enum kind kind_find(const char *api_version, const char *kind)
{
    for (int i = 0; i < KIND_OTHER; i++)
        if (strcmp(kind_infos[i].name, kind) == 0 &&
            strcmp(kind_infos[i].api_version, api_version) == 0)
            return i;
    return KIND_OTHER;
}

/* Is the word among the space-separated ones of a list? */
static bool among(const char *list, const char *word, size_t length)
{
    while (*list != '\0') {
        const size_t next = strcspn(list, " ");
        if (next == length && strncasecmp(list, word, length) == 0)
            return true;
        list += next + strspn(list + next, " ");
    }
    return false;
}

/* The API group of a kind: "" for the core. */
static size_t group_of(const struct kind_info *info)
{
    const char *slash = strchr(info->api_version, '/');
    return slash ? (size_t)(slash - info->api_version) : 0;
}

/* "apps", "v1.apps" and "apps/v1" are what may follow the first dot. */
static bool group_matches(const struct kind_info *info, const char *suffix)
{
    const size_t group = group_of(info);
    const char *version = info->api_version + (group > 0 ? group + 1 : 0);
    const size_t length = strlen(version);
    if (strncmp(suffix, version, length) == 0 && suffix[length] == '.')
        suffix += length + 1;
    return strncmp(suffix, info->api_version, group) == 0 && suffix[group] == '\0';
}

enum kind kind_of_resource(const char *resource)
{
    const size_t length = strcspn(resource, ".");
    for (int i = 0; i < KIND_OTHER; i++) {
        const struct kind_info *info = &kind_infos[i];
        if (!among(info->name, resource, length) && !among(info->plural, resource, length) &&
            !among(info->short_names, resource, length))
            continue;
        if (resource[length] == '\0' || group_matches(info, resource + length + 1))
            return i;
    }
    return KIND_COUNT;
}

static char *print_name(const char *kind, size_t kind_length, const char *group,
                        size_t group_length, const char *name)
{
    char *lower = mem_text(kind, kind_length);
    for (char *c = lower; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
    char *printed = mem_format("%s%s%.*s/%s", lower, group_length > 0 ? "." : "", (int)group_length,
                               group, name);
    free(lower);
    return printed;
}

char *kind_print_name(enum kind kind, const char *name)
{
    const struct kind_info *info = &kind_infos[kind];
    if (kind != KIND_OTHER)
        return print_name(info->name, strlen(info->name), info->api_version, group_of(info), name);
    /* The name of its record is "group/Kind/name". */
    const char *own = strchr(name, '/'), *rest = own != NULL ? strchr(own + 1, '/') : NULL;
    if (rest == NULL)
        return mem_text(name, strlen(name));
    return print_name(own + 1, (size_t)(rest - own - 1), name, (size_t)(own - name), rest + 1);
}
