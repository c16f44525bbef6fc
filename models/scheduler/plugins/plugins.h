/* The plugins, one file each; the table in profile.c lists them. */
#ifndef MODELS_SCHEDULER_PLUGINS_PLUGINS_H
#define MODELS_SCHEDULER_PLUGINS_PLUGINS_H

#include "models/scheduler/plugin.h"

extern const struct sched_plugin priority_sort_plugin, scheduling_gates_plugin,
    node_unschedulable_plugin, node_name_plugin, taint_toleration_plugin, node_affinity_plugin,
    node_ports_plugin, node_resources_fit_plugin, dynamic_resources_plugin,
    default_preemption_plugin, balanced_allocation_plugin, image_locality_plugin,
    volume_restrictions_plugin, node_volume_limits_plugin, volume_binding_plugin,
    volume_zone_plugin, node_declared_features_plugin, pod_topology_spread_plugin,
    inter_pod_affinity_plugin, default_binder_plugin;

/* Policies for research: none is part of the default profile. */
extern const struct sched_plugin open_gpu_share_plugin, random_score_plugin, first_fit_score_plugin,
    best_fit_score_plugin, worst_fit_score_plugin, dot_product_score_plugin,
    cosine_similarity_score_plugin, gpu_clustering_score_plugin, gpu_packing_score_plugin,
    fgd_score_plugin;

#endif
