/* Nodes and namespaces, as kube-state-metrics names them (docs/metrics/cluster). */
#include <string.h>

#include "models/api/node.h"
#include "models/api/policy.h"
#include "tools/export/family.h"

/* status.nodeInfo stands in the document. */
static const char *node_info(const struct node *node, const char *key)
{
    return value_text(value_path(node->meta.document, "status", "nodeInfo", key, NULL), "");
}

static void info(struct collector *to, const void *record)
{
    const struct node *node = record;
    TELL(to, 1, node_info(node, "kernelVersion"), node_info(node, "osImage"),
         node_info(node, "containerRuntimeVersion"), node_info(node, "kubeletVersion"),
         text_s(node->provider_id), node_info(node, "systemUUID"));
}

/* Of the labels the well-known ones, as with kube-state-metrics' --metric-labels-allowlist. */
static void labels(struct collector *to, const void *record)
{
    const struct labels *all = ((const struct node *)record)->meta.labels;
    TELL(to, 1, labels_get(all, "kubernetes.io/arch"), labels_get(all, "kubernetes.io/os"),
         labels_get(all, "node.kubernetes.io/instance-type"),
         labels_get(all, "topology.kubernetes.io/region"),
         labels_get(all, "topology.kubernetes.io/zone"));
}

static void role(struct collector *to, const void *record)
{
    static const char prefix[] = "node-role.kubernetes.io/";
    const struct labels *all = ((const struct node *)record)->meta.labels;
    for (uint32_t i = 0; all != NULL && i < all->count; i++)
        if (strncmp(text_s(all->items[i].key), prefix, strlen(prefix)) == 0)
            TELL(to, 1, text_s(all->items[i].key) + strlen(prefix));
}

static void taints(struct collector *to, const void *record)
{
    const struct taints *all = ((const struct node *)record)->taints;
    for (uint32_t i = 0; all != NULL && i < all->count; i++)
        TELL(to, 1, text_s(all->items[i].key), text_s(all->items[i].value),
             taint_effect_name(all->items[i].effect));
}

static void conditions(struct collector *to, const void *record)
{
    const struct conditions *all = ((const struct node *)record)->conditions;
    for (uint32_t i = 0; all != NULL && i < all->count; i++)
        tell_condition(to, text_s(all->items[i].type), all->items[i].status);
}

static void resources(struct collector *to, const struct node_resources *of)
{
    if (of == NULL)
        return;
    tell_resources(to, &of->resources, NULL, NULL);
    TELL(to, (double)of->pods, "pods", "integer");
}

static void capacity(struct collector *to, const void *record)
{
    resources(to, ((const struct node *)record)->capacity);
}

static void allocatable(struct collector *to, const void *record)
{
    resources(to, ((const struct node *)record)->allocatable);
}

static void deletion(struct collector *to, const void *record)
{
    const struct meta *meta = record;
    if (meta->deleting)
        tell_time(to, meta->deletion);
}

const struct family kube_node_families[] = {
    { "kube_node_info", "Information about a node.",
      .labels = { "node", "kernel_version", "os_image", "container_runtime_version",
                  "kubelet_version", "provider_id", "system_uuid" },
      .collect = info },
    { "kube_node_created", "When a node was created, in Unix time.", .labels = { "node" },
      .collect = tell_created, .is_time = true },
    { "kube_node_deletion_timestamp", "When a node was deleted, in Unix time.",
      .labels = { "node" }, .collect = deletion, .is_time = true },
    { "kube_node_labels", "Well-known labels of a node.",
      .labels = { "node", "label_kubernetes_io_arch", "label_kubernetes_io_os",
                  "label_node_kubernetes_io_instance_type", "label_topology_kubernetes_io_region",
                  "label_topology_kubernetes_io_zone" },
      .collect = labels },
    { "kube_node_role", "The role of a node.", .labels = { "node", "role" }, .collect = role },
    { "kube_node_spec_unschedulable", "Whether a node takes no new pods.", .labels = { "node" },
      MEMBER(FROM_BOOL, struct node, unschedulable) },
    { "kube_node_spec_taint", "The taints of a node.",
      .labels = { "node", "key", "value", "effect" }, .collect = taints },
    { "kube_node_status_condition", "The conditions of a node.",
      .labels = { "node", "condition", "status" }, .collect = conditions },
    { "kube_node_status_capacity", "The resources of a node.",
      .labels = { "node", "resource", "unit" }, .collect = capacity },
    { "kube_node_status_allocatable", "The resources of a node that pods may have.",
      .labels = { "node", "resource", "unit" }, .collect = allocatable },
    { 0 },
};

/* ---- namespaces ---- */

static void namespace_phase(struct collector *to, const void *record)
{
    const bool terminating = ((const struct namespace_object *)record)->terminating;
    TELL(to, !terminating, "Active");
    TELL(to, terminating, "Terminating");
}

const struct family kube_namespace_families[] = {
    { "kube_namespace_created", "When a namespace was created, in Unix time.",
      .labels = { "namespace" }, .collect = tell_created, .is_time = true },
    { "kube_namespace_status_phase", "The phase of a namespace.",
      .labels = { "namespace", "phase" }, .collect = namespace_phase },
    { 0 },
};
