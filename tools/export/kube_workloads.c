/* Deployments, ReplicaSets, StatefulSets and DaemonSets, as kube-state-metrics names them
 * (docs/metrics/workload). */
#include "models/api/daemonset.h"
#include "models/api/statefulset.h"
#include "models/api/workloads.h"
#include "tools/export/family.h"

#define OF_DEPLOYMENT  "namespace", "deployment"
#define OF_REPLICASET  "namespace", "replicaset"
#define OF_STATEFULSET "namespace", "statefulset"
#define OF_DAEMONSET   "namespace", "daemonset"

static void deployment_conditions(struct collector *to, const void *record)
{
    const struct conditions *all = ((const struct deployment *)record)->conditions;
    for (uint32_t i = 0; all != NULL && i < all->count; i++) {
        const struct condition *one = &all->items[i];
        const char *reason = text_s(one->reason), *type = text_s(one->type);
        TELL(to, one->status == CONDITION_TRUE, reason, type, "true");
        TELL(to, one->status == CONDITION_FALSE, reason, type, "false");
        TELL(to, one->status == CONDITION_UNKNOWN, reason, type, "unknown");
    }
}

/* As counts of pods: unavailable rounds down, surge up. */
static void max_unavailable(struct collector *to, const void *record)
{
    const struct deployment *deployment = record;
    if (deployment->strategy == ROLLING_UPDATE)
        tell(to, (double)intstr_scaled(deployment->max_unavailable, deployment->replicas, false));
}

static void max_surge(struct collector *to, const void *record)
{
    const struct deployment *deployment = record;
    if (deployment->strategy == ROLLING_UPDATE)
        tell(to, (double)intstr_scaled(deployment->max_surge, deployment->replicas, true));
}

const struct family kube_deployment_families[] = {
    { "kube_deployment_created", "When a Deployment was created, in Unix time.",
      .labels = { OF_DEPLOYMENT }, .collect = tell_created, .is_time = true },
    { "kube_deployment_spec_replicas", "Pods that are wanted.", .labels = { OF_DEPLOYMENT },
      MEMBER(FROM_INT32, struct deployment, replicas) },
    { "kube_deployment_spec_paused", "Whether a Deployment is paused.", .labels = { OF_DEPLOYMENT },
      MEMBER(FROM_BOOL, struct deployment, paused) },
    { "kube_deployment_spec_strategy_rollingupdate_max_unavailable",
      "Pods that may be unavailable during a rolling update.", .labels = { OF_DEPLOYMENT },
      .collect = max_unavailable },
    { "kube_deployment_spec_strategy_rollingupdate_max_surge",
      "Pods above those wanted during a rolling update.", .labels = { OF_DEPLOYMENT },
      .collect = max_surge },
    { "kube_deployment_metadata_generation", "The generation of what is wanted.",
      .labels = { OF_DEPLOYMENT }, MEMBER(FROM_INT64, struct deployment, meta.generation) },
    { "kube_deployment_status_observed_generation", "The generation that the controller has seen.",
      .labels = { OF_DEPLOYMENT }, MEMBER(FROM_INT64, struct deployment, observed_generation) },
    { "kube_deployment_status_replicas", "Pods of a Deployment.", .labels = { OF_DEPLOYMENT },
      MEMBER(FROM_INT32, struct deployment, status_replicas) },
    { "kube_deployment_status_replicas_ready", "Pods that are ready.", .labels = { OF_DEPLOYMENT },
      MEMBER(FROM_INT32, struct deployment, ready_replicas) },
    { "kube_deployment_status_replicas_available", "Pods that are available.",
      .labels = { OF_DEPLOYMENT }, MEMBER(FROM_INT32, struct deployment, available_replicas) },
    { "kube_deployment_status_replicas_unavailable", "Pods that are missing or not available.",
      .labels = { OF_DEPLOYMENT }, MEMBER(FROM_INT32, struct deployment, unavailable_replicas) },
    { "kube_deployment_status_replicas_updated", "Pods of the present template.",
      .labels = { OF_DEPLOYMENT }, MEMBER(FROM_INT32, struct deployment, updated_replicas) },
    { "kube_deployment_status_condition", "The conditions of a Deployment.",
      .labels = { OF_DEPLOYMENT, "reason", "condition", "status" },
      .collect = deployment_conditions },
    { 0 },
};

const struct family kube_replicaset_families[] = {
    { "kube_replicaset_created", "When a ReplicaSet was created, in Unix time.",
      .labels = { OF_REPLICASET }, .collect = tell_created, .is_time = true },
    { "kube_replicaset_owner", "Who owns a ReplicaSet.",
      .labels = { OF_REPLICASET, "owner_kind", "owner_name", "owner_is_controller" },
      .collect = tell_owners },
    { "kube_replicaset_spec_replicas", "Pods that are wanted.", .labels = { OF_REPLICASET },
      MEMBER(FROM_INT32, struct replicaset, replicas) },
    { "kube_replicaset_metadata_generation", "The generation of what is wanted.",
      .labels = { OF_REPLICASET }, MEMBER(FROM_INT64, struct replicaset, meta.generation) },
    { "kube_replicaset_status_observed_generation", "The generation that the controller has seen.",
      .labels = { OF_REPLICASET }, MEMBER(FROM_INT64, struct replicaset, observed_generation) },
    { "kube_replicaset_status_replicas", "Pods of a ReplicaSet.", .labels = { OF_REPLICASET },
      MEMBER(FROM_INT32, struct replicaset, status_replicas) },
    { "kube_replicaset_status_fully_labeled_replicas", "Pods with all labels of the template.",
      .labels = { OF_REPLICASET }, MEMBER(FROM_INT32, struct replicaset, fully_labeled_replicas) },
    { "kube_replicaset_status_ready_replicas", "Pods that are ready.", .labels = { OF_REPLICASET },
      MEMBER(FROM_INT32, struct replicaset, ready_replicas) },
    { 0 },
};

static void current_revision(struct collector *to, const void *record)
{
    const struct statefulset *set = record;
    TELL(to, 1, text_s(set->current_revision));
}

static void update_revision(struct collector *to, const void *record)
{
    const struct statefulset *set = record;
    TELL(to, 1, text_s(set->update_revision));
}

const struct family kube_statefulset_families[] = {
    { "kube_statefulset_created", "When a StatefulSet was created, in Unix time.",
      .labels = { OF_STATEFULSET }, .collect = tell_created, .is_time = true },
    { "kube_statefulset_replicas", "Pods that are wanted.", .labels = { OF_STATEFULSET },
      MEMBER(FROM_INT32, struct statefulset, replicas) },
    { "kube_statefulset_metadata_generation", "The generation of what is wanted.",
      .labels = { OF_STATEFULSET }, MEMBER(FROM_INT64, struct statefulset, meta.generation) },
    { "kube_statefulset_status_observed_generation", "The generation that the controller has seen.",
      .labels = { OF_STATEFULSET }, MEMBER(FROM_INT64, struct statefulset, observed_generation) },
    { "kube_statefulset_status_replicas", "Pods of a StatefulSet.", .labels = { OF_STATEFULSET },
      MEMBER(FROM_INT32, struct statefulset, status_replicas) },
    { "kube_statefulset_status_replicas_ready", "Pods that are ready.",
      .labels = { OF_STATEFULSET }, MEMBER(FROM_INT32, struct statefulset, ready) },
    { "kube_statefulset_status_replicas_available", "Pods that are available.",
      .labels = { OF_STATEFULSET }, MEMBER(FROM_INT32, struct statefulset, available) },
    { "kube_statefulset_status_replicas_current", "Pods of the revision that is left.",
      .labels = { OF_STATEFULSET }, MEMBER(FROM_INT32, struct statefulset, current) },
    { "kube_statefulset_status_replicas_updated", "Pods of the revision that is wanted.",
      .labels = { OF_STATEFULSET }, MEMBER(FROM_INT32, struct statefulset, updated) },
    { "kube_statefulset_status_current_revision", "The revision that is left.",
      .labels = { OF_STATEFULSET, "revision" }, .collect = current_revision },
    { "kube_statefulset_status_update_revision", "The revision that is wanted.",
      .labels = { OF_STATEFULSET, "revision" }, .collect = update_revision },
    { 0 },
};

const struct family kube_daemonset_families[] = {
    { "kube_daemonset_created", "When a DaemonSet was created, in Unix time.",
      .labels = { OF_DAEMONSET }, .collect = tell_created, .is_time = true },
    { "kube_daemonset_metadata_generation", "The generation of what is wanted.",
      .labels = { OF_DAEMONSET }, MEMBER(FROM_INT64, struct daemonset, meta.generation) },
    { "kube_daemonset_status_observed_generation", "The generation that the controller has seen.",
      .labels = { OF_DAEMONSET }, MEMBER(FROM_INT64, struct daemonset, observed_generation) },
    { "kube_daemonset_status_desired_number_scheduled", "Nodes that should have a pod.",
      .labels = { OF_DAEMONSET }, MEMBER(FROM_INT32, struct daemonset, desired) },
    { "kube_daemonset_status_current_number_scheduled", "Nodes that have one and should.",
      .labels = { OF_DAEMONSET }, MEMBER(FROM_INT32, struct daemonset, current) },
    { "kube_daemonset_status_number_misscheduled", "Nodes that have one and should not.",
      .labels = { OF_DAEMONSET }, MEMBER(FROM_INT32, struct daemonset, misscheduled) },
    { "kube_daemonset_status_number_ready", "Nodes whose pod is ready.", .labels = { OF_DAEMONSET },
      MEMBER(FROM_INT32, struct daemonset, ready) },
    { "kube_daemonset_status_number_available", "Nodes whose pod is available.",
      .labels = { OF_DAEMONSET }, MEMBER(FROM_INT32, struct daemonset, available) },
    { "kube_daemonset_status_number_unavailable", "Nodes without an available pod.",
      .labels = { OF_DAEMONSET }, MEMBER(FROM_INT32, struct daemonset, unavailable) },
    { "kube_daemonset_status_updated_number_scheduled", "Nodes with a pod of the present template.",
      .labels = { OF_DAEMONSET }, MEMBER(FROM_INT32, struct daemonset, updated) },
    { 0 },
};
