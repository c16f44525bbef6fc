/* The controllers of kube-controller-manager that are simulated, in the order in which they hear of
 * changes. */
#include <stddef.h>

#include "models/controllers/controller.h"

extern const struct controller deployment_controller, replicaset_controller, disruption_controller;
extern const struct controller garbage_collector_controller, namespace_controller;
extern const struct controller endpointslice_controller, node_lifecycle_controller;
extern const struct controller taint_eviction_controller, pod_garbage_collector_controller;
extern const struct controller persistent_volume_binder_controller, ephemeral_volume_controller;
extern const struct controller ttl_controller, endpoints_controller, daemonset_controller;
extern const struct controller statefulset_controller, pvc_protection_controller;
extern const struct controller job_controller, job_orphan_pods_controller;
extern const struct controller ttl_after_finished_controller, cronjob_controller;
extern const struct controller service_account_controller, root_ca_publisher_controller;
extern const struct controller resource_quota_controller;
extern const struct controller horizontal_pod_autoscaler_controller;
extern const struct controller pv_protection_controller, csi_provisioner_controller;
extern const struct controller attach_detach_controller, csi_attacher_controller;
/* of Chaos Mesh: models/chaos */
extern const struct controller chaos_experiment_controller, chaos_schedule_controller;
extern const struct controller chaos_workflow_controller, chaos_status_check_controller;

const struct controller *const controllers[] = {
    &deployment_controller,
    &replicaset_controller,
    &daemonset_controller,
    &statefulset_controller,
    &job_controller,
    &job_orphan_pods_controller,
    &ttl_after_finished_controller,
    &cronjob_controller,
    &horizontal_pod_autoscaler_controller,
    &disruption_controller,
    &garbage_collector_controller,
    &namespace_controller,
    &endpointslice_controller,
    &endpoints_controller,
    &node_lifecycle_controller,
    &taint_eviction_controller,
    &pod_garbage_collector_controller,
    &ttl_controller,
    &persistent_volume_binder_controller,
    &pvc_protection_controller,
    &ephemeral_volume_controller,
    &service_account_controller,
    &root_ca_publisher_controller,
    &resource_quota_controller,
    &pv_protection_controller,
    &csi_provisioner_controller,
    &attach_detach_controller,
    &csi_attacher_controller,
    &chaos_experiment_controller,
    &chaos_schedule_controller,
    &chaos_workflow_controller,
    &chaos_status_check_controller,
    NULL,
};
