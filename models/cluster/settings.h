/* What a scenario may say about how the control plane behaves, with Kubernetes' defaults.
 *
 * Names follow the flags of kube-controller-manager, kube-scheduler and kubelet. A flag that
 * several programs have may be written with its program in front: "kubelet/kube-api-qps";
 * alone it means the first of the programs in that order. One table in settings.c holds
 * names, defaults, bounds and sources. */
#ifndef MODELS_CLUSTER_SETTINGS_H
#define MODELS_CLUSTER_SETTINGS_H

#include "sim/chance/distribution.h"

struct extenders;

/* What an attempt of the scheduler costs, unless `scheduling_cycle` says how long it takes:
 * the median, of which times are spread log-normally. */
struct attempt_cost {
    sim_time attempt;       /* whatever the pod */
    sim_time node_filtered; /* for each node looked at until enough were found */
    sim_time node_scored;   /* for each node that passed the filters, if there are several */
    /* More, of pods under topology spread: for each node of the cluster, each that is scored. */
    sim_time node_spread, node_spread_scored;
    /* For each running pod with preferred terms of affinity, when nodes are scored; for each with
     * required anti-affinity. */
    sim_time pod_preferring, pod_repelling;
    double sigma; /* of the times' logarithm */
};

struct settings {
    int64_t epoch_seconds; /* Unix time of the run's start */

    /* kube-controller-manager */
    double kube_api_qps;                                           /* 20 */
    int kube_api_burst;                                            /* 30 */
    sim_time node_monitor_period;                                  /* 5 s */
    sim_time node_monitor_grace_period;                            /* 50 s */
    sim_time node_startup_grace_period;                            /* 60 s */
    double node_eviction_rate;                                     /* 0.1 per second */
    double secondary_node_eviction_rate;                           /* 0.01 per second */
    double unhealthy_zone_threshold;                               /* 0.55 */
    int large_cluster_size_threshold;                              /* 50 */
    int concurrent_deployment_syncs, concurrent_rs_syncs;          /* 5, 5 */
    int concurrent_statefulset_syncs;                              /* 5 */
    bool max_unavailable_stateful_set;                             /* a feature gate: false */
    int concurrent_service_endpoint_syncs, concurrent_gc_syncs;    /* 5, 20 */
    int concurrent_job_syncs, concurrent_ttl_after_finished_syncs; /* 5, 5 */
    int concurrent_cron_job_syncs;                                 /* 5 */
    int concurrent_hpa_syncs;                                      /* 5 */
    sim_time hpa_sync_period;                                      /* 15 s */
    sim_time hpa_downscale_stabilization;                          /* 5 min */
    sim_time hpa_cpu_initialization_period;                        /* 5 min */
    sim_time hpa_initial_readiness_delay;                          /* 30 s */
    double hpa_tolerance;                                          /* 0.1 */
    bool hpa_configurable_tolerance;                               /* a feature gate: true */
    int concurrent_namespace_syncs;                                /* 10 */
    bool leader_elect;                                             /* true; scheduler too */
    sim_time leader_elect_lease_duration;                          /* 15 s */
    sim_time leader_elect_renew_deadline;                          /* 10 s */
    sim_time leader_elect_retry_period;                            /* 2 s */
    int concurrent_resource_quota_syncs;                           /* 5 */
    sim_time resource_quota_sync_period;                           /* 5 min */
    int terminated_pod_gc_threshold;                               /* 12500 */
    bool disable_force_detach_on_timeout;                          /* false */

    /* kube-scheduler */
    double scheduler_qps;                          /* 50 */
    int scheduler_burst;                           /* 100 */
    int percentage_of_nodes_to_score;              /* 0: adaptive */
    sim_time pod_initial_backoff, pod_max_backoff; /* 1 s, 10 s */

    /* kubelet */
    double kubelet_qps;                           /* 50 */
    int kubelet_burst;                            /* 100 */
    sim_time node_lease_duration;                 /* 40 s; renewed every quarter */
    sim_time node_status_update_frequency;        /* 10 s */
    sim_time node_status_report_frequency;        /* 5 min */
    sim_time max_container_backoff;               /* 5 min */
    bool serialize_image_pulls;                   /* true */
    double eviction_hard_memory;                  /* 100 Mi: bytes that are to stay available */
    sim_time eviction_pressure_transition_period; /* 5 min */

    /* timing models; constants unless the scenario says otherwise. Owned. */
    struct distribution *api_write;        /* one API call that writes */
    struct distribution *cache_lag;        /* NULL: none */
    struct distribution *scheduling_cycle; /* one attempt of the scheduler; NULL: attempt_cost */
    struct distribution *container_start;  /* sandbox and container creation */
    struct distribution *container_ready;  /* process start until it would pass its probes */
    struct distribution *probe_answer;     /* of an application to one probe */
    struct distribution *container_stop;   /* SIGTERM until exit, capped by the grace period */
    struct distribution *pre_stop;         /* preStop hooks that do not say how long */
    struct distribution *endpoint_propagation; /* an EndpointSlice write until a kube-proxy obeys */
    struct distribution *image_size;           /* bytes of an image nobody described */
    /* what CSI drivers take to do, call by call */
    struct distribution *volume_provision, *volume_delete; /* CreateVolume, DeleteVolume */
    struct distribution *volume_attach, *volume_detach;    /* Controller(Un)PublishVolume */
    struct distribution *volume_mount;            /* NodeStageVolume and NodePublishVolume */
    struct distribution *volume_unmount;          /* the way back */
    double image_bandwidth;                       /* bytes per second of one pull */
    double cpu_hour_price, memory_gib_hour_price; /* dollars for a core, a GiB, for an hour */
    struct attempt_cost attempt_cost;

    /* kube-scheduler's own file, a KubeSchedulerConfiguration that has been checked; owned. NULL:
     * the default. What it says goes before the flags above. */
    struct value *scheduler_configuration;
    struct value
        *csi_drivers; /* of a scenario's `storage`, checked; owned. NULL: nothing is said */
    /* Reads the tz database, a zone_reader of sim/base/zone.h; NULL: UTC is the only zone. */
    bool (*zones)(const char *name, unsigned char **data, size_t *size);
    struct extenders *extenders; /* whom it asks outside the library; borrowed; NULL: nobody */

    /* metrics-server */
    sim_time metric_resolution; /* 15 s; 0: whoever asks is told what is so at the moment */
    sim_time metric_delay;      /* 0 */

    /* ours */
    double volume_provision_failures, volume_attach_failures; /* chance that such a call fails */
    bool keep_events;         /* store Events and Endpoints, which nothing here reads */
    bool tick_heartbeats;     /* reference mode: an event per heartbeat and probe */
    bool reference_scheduler; /* reference mode: every plugin is asked about every node */
    bool stage_kubelet;       /* nodes are run by the stage-table kubelet (recordings, KWOK) */
};

/* The defaults above. Release with settings_close(). */
void settings_init(struct settings *settings);
/* The same settings, sharing nothing. Release as well. */
struct settings settings_copy(const struct settings *settings);
void settings_close(struct settings *settings);

/* Set a controller, scheduler or kubelet setting by its flag's name without dashes in front
 * ("node-monitor-grace-period", "10s"). False with an error (and the nearest name) when
 * there is no such flag or the value does not fit. */
bool settings_set(struct settings *settings, const char *flag, const char *value, struct place at,
                  struct error *error);
/* A timing model by its name in a scenario's `timing`: "apiWrite", "containerStart", ... */
bool settings_set_timing(struct settings *settings, const char *name, const struct value *model,
                         struct error *error);

/* The names above by number, in the order of the table; NULL at the end. A flag's name has its
 * program in front where another program has the same flag. */
const char *settings_flag(size_t index);
const char *settings_timing(size_t index);

/* A map {settings: {flag: value}, timing: {name: model}} of everything, as a scenario
 * writes it; a new reference. */
struct value *settings_print(const struct settings *settings);

#endif
