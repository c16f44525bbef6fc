/* The table of settings: names, defaults, bounds, and where each default comes from.
 *
 * Defaults of flags are those of pkg/controller/apis/config, pkg/scheduler/apis/config and
 * pkg/kubelet/apis/config (v1 defaults) of the release named in docs/fidelity.md. The timing models
 * are ours; each row says what it rests on. */
#include "models/cluster/settings.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/nearest.h"

enum setting_type { SETTING_TIME, SETTING_NUMBER, SETTING_COUNT, SETTING_SWITCH };

struct setting {
    const char *program;
    const char *flag; /* with its program in front where an earlier row has the same flag */
    enum setting_type type;
    size_t offset;
    const char *standard; /* the default, as a user would write it */
    double least, most;   /* of times in seconds */
};

#define AT(member) offsetof(struct settings, member)

static const char manager[] = "kube-controller-manager", scheduler[] = "kube-scheduler",
                  kubelet[] = "kubelet", metrics[] = "metrics-server", ours[] = "seatrial";

enum { A_DAY = 86400, ANY_COUNT = INT_MAX };

static const struct setting table[] = {
    { manager, "kube-api-qps", SETTING_NUMBER, AT(kube_api_qps), "20", 0, 1e6 },
    { manager, "kube-api-burst", SETTING_COUNT, AT(kube_api_burst), "30", 1, ANY_COUNT },
    { manager, "node-monitor-period", SETTING_TIME, AT(node_monitor_period), "5s", 1e-3, A_DAY },
    { manager, "node-monitor-grace-period", SETTING_TIME, AT(node_monitor_grace_period), "50s",
      1e-3, A_DAY },
    { manager, "node-startup-grace-period", SETTING_TIME, AT(node_startup_grace_period), "1m", 1e-3,
      A_DAY },
    { manager, "node-eviction-rate", SETTING_NUMBER, AT(node_eviction_rate), "0.1", 0, 1e6 },
    { manager, "secondary-node-eviction-rate", SETTING_NUMBER, AT(secondary_node_eviction_rate),
      "0.01", 0, 1e6 },
    { manager, "unhealthy-zone-threshold", SETTING_NUMBER, AT(unhealthy_zone_threshold), "0.55", 0,
      1 },
    { manager, "large-cluster-size-threshold", SETTING_COUNT, AT(large_cluster_size_threshold),
      "50", 0, ANY_COUNT },
    { manager, "concurrent-deployment-syncs", SETTING_COUNT, AT(concurrent_deployment_syncs), "5",
      1, 10000 },
    { manager, "concurrent-replicaset-syncs", SETTING_COUNT, AT(concurrent_rs_syncs), "5", 1,
      10000 },
    { manager, "concurrent-statefulset-syncs", SETTING_COUNT, AT(concurrent_statefulset_syncs), "5",
      1, 10000 },
    { manager, "feature-gates/MaxUnavailableStatefulSet", SETTING_SWITCH,
      AT(max_unavailable_stateful_set), "false", 0, 1 },
    { manager, "concurrent-service-endpoint-syncs", SETTING_COUNT,
      AT(concurrent_service_endpoint_syncs), "5", 1, 10000 },
    { manager, "concurrent-gc-syncs", SETTING_COUNT, AT(concurrent_gc_syncs), "20", 1, 10000 },
    { manager, "concurrent-job-syncs", SETTING_COUNT, AT(concurrent_job_syncs), "5", 1, 10000 },
    { manager, "concurrent-cron-job-syncs", SETTING_COUNT, AT(concurrent_cron_job_syncs), "5", 1,
      10000 },
    { manager, "concurrent-horizontal-pod-autoscaler-syncs", SETTING_COUNT,
      AT(concurrent_hpa_syncs), "5", 1, 10000 },
    { manager, "horizontal-pod-autoscaler-sync-period", SETTING_TIME, AT(hpa_sync_period), "15s",
      1e-3, A_DAY },
    { manager, "horizontal-pod-autoscaler-downscale-stabilization", SETTING_TIME,
      AT(hpa_downscale_stabilization), "5m", 0, A_DAY },
    { manager, "horizontal-pod-autoscaler-cpu-initialization-period", SETTING_TIME,
      AT(hpa_cpu_initialization_period), "5m", 0, A_DAY },
    { manager, "horizontal-pod-autoscaler-initial-readiness-delay", SETTING_TIME,
      AT(hpa_initial_readiness_delay), "30s", 0, A_DAY },
    { manager, "horizontal-pod-autoscaler-tolerance", SETTING_NUMBER, AT(hpa_tolerance), "0.1", 0,
      1e6 },
    { manager, "feature-gates/HPAConfigurableTolerance", SETTING_SWITCH,
      AT(hpa_configurable_tolerance), "true", 0, 1 },
    { manager, "concurrent-ttl-after-finished-syncs", SETTING_COUNT,
      AT(concurrent_ttl_after_finished_syncs), "5", 1, 10000 },
    { manager, "concurrent-namespace-syncs", SETTING_COUNT, AT(concurrent_namespace_syncs), "10", 1,
      10000 },
    { manager, "leader-elect", SETTING_SWITCH, AT(leader_elect), "true", 0, 1 },
    { manager, "leader-elect-lease-duration", SETTING_TIME, AT(leader_elect_lease_duration), "15s",
      1, A_DAY },
    { manager, "leader-elect-renew-deadline", SETTING_TIME, AT(leader_elect_renew_deadline), "10s",
      1, A_DAY },
    { manager, "leader-elect-retry-period", SETTING_TIME, AT(leader_elect_retry_period), "2s", 1e-3,
      A_DAY },
    { manager, "concurrent-resource-quota-syncs", SETTING_COUNT,
      AT(concurrent_resource_quota_syncs), "5", 1, 10000 },
    { manager, "resource-quota-sync-period", SETTING_TIME, AT(resource_quota_sync_period), "5m",
      1e-3, A_DAY },
    { manager, "terminated-pod-gc-threshold", SETTING_COUNT, AT(terminated_pod_gc_threshold),
      "12500", 0, ANY_COUNT },
    { manager, "disable-force-detach-on-timeout", SETTING_SWITCH,
      AT(disable_force_detach_on_timeout), "false", 0, 1 },
    { scheduler, "kube-scheduler/kube-api-qps", SETTING_NUMBER, AT(scheduler_qps), "50", 0, 1e6 },
    { scheduler, "kube-scheduler/kube-api-burst", SETTING_COUNT, AT(scheduler_burst), "100", 1,
      ANY_COUNT },
    { scheduler, "percentage-of-nodes-to-score", SETTING_COUNT, AT(percentage_of_nodes_to_score),
      "0", 0, 100 },
    { scheduler, "pod-initial-backoff", SETTING_TIME, AT(pod_initial_backoff), "1s", 1e-3, A_DAY },
    { scheduler, "pod-max-backoff", SETTING_TIME, AT(pod_max_backoff), "10s", 1e-3, A_DAY },
    { kubelet, "kubelet/kube-api-qps", SETTING_NUMBER, AT(kubelet_qps), "50", 0, 1e6 },
    { kubelet, "kubelet/kube-api-burst", SETTING_COUNT, AT(kubelet_burst), "100", 1, ANY_COUNT },
    { kubelet, "node-lease-duration", SETTING_TIME, AT(node_lease_duration), "40s", 1e-3, A_DAY },
    { kubelet, "node-status-update-frequency", SETTING_TIME, AT(node_status_update_frequency),
      "10s", 1e-3, A_DAY },
    { kubelet, "node-status-report-frequency", SETTING_TIME, AT(node_status_report_frequency), "5m",
      1e-3, A_DAY },
    { kubelet, "max-container-restart-period", SETTING_TIME, AT(max_container_backoff), "5m", 1,
      A_DAY },
    { kubelet, "serialize-image-pulls", SETTING_SWITCH, AT(serialize_image_pulls), "true", 0, 1 },
    { kubelet, "eviction-pressure-transition-period", SETTING_TIME,
      AT(eviction_pressure_transition_period), "5m", 0, A_DAY },
    /* Of --eviction-hard, what it says of memory.available, in bytes. */
    { ours, "eviction-hard-memory", SETTING_NUMBER, AT(eviction_hard_memory), "104857600", 0,
      1e18 },
    /* As its published manifests start it. */
    { metrics, "metric-resolution", SETTING_TIME, AT(metric_resolution), "15s", 0, A_DAY },
    { ours, "metric-delay", SETTING_TIME, AT(metric_delay), "0s", 0, A_DAY },
    /* Fitted to measurements of kube-scheduler 1.36.4 with its 16 workers: see docs/scenario.md. */
    { ours, "scheduling-attempt-cost", SETTING_TIME, AT(attempt_cost.attempt), "50us", 0, A_DAY },
    { ours, "scheduling-filter-cost", SETTING_TIME, AT(attempt_cost.node_filtered), "1850ns", 0,
      A_DAY },
    { ours, "scheduling-score-cost", SETTING_TIME, AT(attempt_cost.node_scored), "2450ns", 0,
      A_DAY },
    { ours, "scheduling-spread-cost", SETTING_TIME, AT(attempt_cost.node_spread), "900ns", 0,
      A_DAY },
    { ours, "scheduling-spread-score-cost", SETTING_TIME, AT(attempt_cost.node_spread_scored),
      "3050ns", 0, A_DAY },
    { ours, "scheduling-preference-cost", SETTING_TIME, AT(attempt_cost.pod_preferring), "1900ns",
      0, A_DAY },
    { ours, "scheduling-anti-affinity-cost", SETTING_TIME, AT(attempt_cost.pod_repelling), "1300ns",
      0, A_DAY },
    { ours, "scheduling-cost-sigma", SETTING_NUMBER, AT(attempt_cost.sigma), "0.55", 0, 10 },
    /* 50 MB/s: half a 1 Gbit/s link, which is what one pull from a near registry gets. */
    { ours, "image-bandwidth", SETTING_NUMBER, AT(image_bandwidth), "50000000", 1, 1e15 },
    { ours, "volume-provision-failures", SETTING_NUMBER, AT(volume_provision_failures), "0", 0, 1 },
    { ours, "volume-attach-failures", SETTING_NUMBER, AT(volume_attach_failures), "0", 0, 1 },
    /* OpenCost's default prices of a provider without a price list, in dollars (configs/default.json). */
    { ours, "cpu-hour-price", SETTING_NUMBER, AT(cpu_hour_price), "0.031611", 0, 1e9 },
    { ours, "memory-gib-hour-price", SETTING_NUMBER, AT(memory_gib_hour_price), "0.004237", 0,
      1e9 },
    { ours, "keep-events", SETTING_SWITCH, AT(keep_events), "false", 0, 1 },
    { ours, "tick-heartbeats", SETTING_SWITCH, AT(tick_heartbeats), "false", 0, 1 },
    { ours, "reference-scheduler", SETTING_SWITCH, AT(reference_scheduler), "false", 0, 1 },
    { ours, "stage-kubelet", SETTING_SWITCH, AT(stage_kubelet), "false", 0, 1 },
};

enum { SETTINGS = sizeof table / sizeof *table };

struct timing {
    const char *name;
    size_t offset;
    double standard; /* a constant, in seconds or bytes; negative: none */
};

static const struct timing timings[] = {
    /* One write and its watch event: two writes of one controller in the recordings of the real
     * control plane on a quiet machine are 4 to 10 ms apart. */
    { "apiWrite", AT(api_write), 0.005 },
    { "cacheLag", AT(cache_lag), -1 },
    { "schedulingCycle", AT(scheduling_cycle), -1 }, /* by what it costs */
    /* Sandbox, network and container: what is left of the 5 s that the pod start-up objective
     * of sig-scalability allows at p99, taken at the order seen at p50. */
    { "containerStart", AT(container_start), 1 },
    { "containerReady", AT(container_ready), 1 },
    { "containerStop", AT(container_stop), 1 },
    { "probeAnswer", AT(probe_answer), 0 },
    { "preStop", AT(pre_stop), 5 },
    /* kube-proxy programs its rules at most once in minSyncPeriod, 1 s by default. */
    { "endpointPropagation", AT(endpoint_propagation), 1 },
    { "imageSize", AT(image_size), 100e6 },
    /* The order of a cloud's disks, not a measurement: seconds to make, attach and detach one, less
     * to delete it, stage it and mount it. */
    { "volumeProvision", AT(volume_provision), 3 },
    { "volumeDelete", AT(volume_delete), 1 },
    { "volumeAttach", AT(volume_attach), 3 },
    { "volumeDetach", AT(volume_detach), 3 },
    { "volumeMount", AT(volume_mount), 0.5 },
    { "volumeUnmount", AT(volume_unmount), 0.5 },
};

enum { TIMINGS = sizeof timings / sizeof *timings };

static void *member(const struct settings *settings, size_t offset)
{
    return (char *)settings + offset;
}

static struct distribution **model_of(const struct settings *settings, const struct timing *timing)
{
    return member(settings, timing->offset);
}

/* --- names ---------------------------------------------------------------------------- */

/* By its name in the table, or by any flag with its program in front. */
static bool is_named(const struct setting *setting, const char *flag)
{
    if (strcmp(setting->flag, flag) == 0)
        return true;
    const size_t length = strlen(setting->program);
    return strncmp(setting->program, flag, length) == 0 && flag[length] == '/' &&
           strcmp(setting->flag, flag + length + 1) == 0;
}

static const struct setting *find_flag(const char *flag)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (is_named(&table[i], flag))
            return &table[i];
    return NULL;
}

static const struct timing *find_timing(const char *name)
{
    for (size_t i = 0; i < TIMINGS; i++)
        if (strcmp(timings[i].name, name) == 0)
            return &timings[i];
    return NULL;
}

const char *settings_flag(size_t index)
{
    return index < SETTINGS ? table[index].flag : NULL;
}

const char *settings_timing(size_t index)
{
    return index < TIMINGS ? timings[index].name : NULL;
}

/* "there is no WHAT NAME", with the nearest of the names that name_at() lists. */
static bool no_such(const char *what, const char *name, const char *name_at(size_t),
                    struct place at, struct error *error)
{
    struct nearest near = nearest_to(name);
    for (size_t i = 0; name_at(i) != NULL; i++)
        nearest_offer(&near, name_at(i));
    if (near.found == NULL)
        return error_set(error, at, "there is no %s \"%s\"", what, name);
    return error_set(error, at, "there is no %s \"%s\" (did you mean \"%s\"?)", what, name,
                     near.found);
}

/* --- values --------------------------------------------------------------------------- */

static bool out_of_bounds(const struct setting *setting, const char *value, struct place at,
                          struct error *error)
{
    const char *unit = setting->type == SETTING_TIME ? "s" : "";
    return error_set(error, at, "%s: \"%s\" is not between %.15g%s and %.15g%s", setting->flag,
                     value, setting->least, unit, setting->most, unit);
}

static bool is_within(const struct setting *setting, double value)
{
    return value >= setting->least && value <= setting->most;
}

static bool set_time(const struct setting *setting, sim_time *time, const char *value,
                     struct place at, struct error *error)
{
    sim_time read;
    if (!sim_time_parse(value, at, &read, error))
        return error_wrap(error, "%s", setting->flag);
    if (!is_within(setting, sim_time_to_seconds(read)))
        return out_of_bounds(setting, value, at, error);
    *time = read;
    return true;
}

static bool read_number(const struct setting *setting, double *number, const char *value,
                        struct place at, struct error *error)
{
    char *end;
    *number = strtod(value, &end);
    const bool whole = setting->type == SETTING_COUNT;
    if (end == value || *end != '\0' || !isfinite(*number) || (whole && *number != floor(*number)))
        return error_set(error, at, "%s: \"%s\" is not a %snumber", setting->flag, value,
                         whole ? "whole " : "");
    if (!is_within(setting, *number))
        return out_of_bounds(setting, value, at, error);
    return true;
}

static bool set_switch(const struct setting *setting, bool *on, const char *value, struct place at,
                       struct error *error)
{
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return error_set(error, at, "%s: \"%s\" is neither true nor false", setting->flag, value);
    *on = value[0] == 't';
    return true;
}

static bool set_member(const struct setting *setting, void *into, const char *value,
                       struct place at, struct error *error)
{
    double number;
    switch (setting->type) {
    case SETTING_TIME:
        return set_time(setting, into, value, at, error);
    case SETTING_SWITCH:
        return set_switch(setting, into, value, at, error);
    case SETTING_NUMBER:
        if (!read_number(setting, &number, value, at, error))
            return false;
        *(double *)into = number;
        return true;
    case SETTING_COUNT:
        if (!read_number(setting, &number, value, at, error))
            return false;
        *(int *)into = (int)number;
        return true;
    }
    return false;
}

bool settings_set(struct settings *settings, const char *flag, const char *value, struct place at,
                  struct error *error)
{
    const struct setting *setting = find_flag(flag);
    if (setting == NULL)
        return no_such("setting", flag, settings_flag, at, error);
    return set_member(setting, member(settings, setting->offset), value, at, error);
}

bool settings_set_timing(struct settings *settings, const char *name, const struct value *model,
                         struct error *error)
{
    const struct timing *timing = find_timing(name);
    if (timing == NULL)
        return no_such("timing model", name, settings_timing, model->at, error);
    struct distribution *loaded = distribution_load(model, error);
    if (loaded == NULL)
        return error_wrap(error, "%s", name);
    distribution_free(*model_of(settings, timing));
    *model_of(settings, timing) = loaded;
    return true;
}

/* --- the whole ------------------------------------------------------------------------ */

void settings_init(struct settings *settings)
{
    *settings = (struct settings){ 0 };
    for (size_t i = 0; i < SETTINGS; i++) {
        struct error error = { 0 };
        const bool fits = set_member(&table[i], member(settings, table[i].offset),
                                     table[i].standard, (struct place){ 0 }, &error);
        assert(fits);
    }
    for (size_t i = 0; i < TIMINGS; i++)
        if (timings[i].standard >= 0)
            *model_of(settings, &timings[i]) = distribution_new_constant(timings[i].standard);
}

struct settings settings_copy(const struct settings *settings)
{
    struct settings copy = *settings;
    for (size_t i = 0; i < TIMINGS; i++) {
        struct distribution *model = *model_of(settings, &timings[i]);
        *model_of(&copy, &timings[i]) = model ? distribution_copy(model) : NULL;
    }
    if (settings->scheduler_configuration != NULL)
        copy.scheduler_configuration = value_copy(settings->scheduler_configuration);
    if (settings->csi_drivers != NULL)
        copy.csi_drivers = value_copy(settings->csi_drivers);
    return copy;
}

void settings_close(struct settings *settings)
{
    for (size_t i = 0; i < TIMINGS; i++) {
        distribution_free(*model_of(settings, &timings[i]));
        *model_of(settings, &timings[i]) = NULL;
    }
    value_drop(settings->scheduler_configuration);
    settings->scheduler_configuration = NULL;
    value_drop(settings->csi_drivers);
    settings->csi_drivers = NULL;
}

static struct value *print_member(const struct setting *setting, const void *from)
{
    char text[SIM_TIME_TEXT];
    switch (setting->type) {
    case SETTING_TIME:
        return value_new_string(sim_time_print(*(const sim_time *)from, text));
    case SETTING_SWITCH:
        return value_new_bool(*(const bool *)from);
    case SETTING_COUNT:
        return value_new_int(*(const int *)from);
    case SETTING_NUMBER:
        snprintf(text, sizeof text, "%.15g", *(const double *)from);
        if (strtod(text, NULL) != *(const double *)from)
            snprintf(text, sizeof text, "%.17g", *(const double *)from);
        return value_new_number(text);
    }
    return NULL;
}

struct value *settings_print(const struct settings *settings)
{
    struct value *flags = value_new_map(), *models = value_new_map(), *all = value_new_map();
    for (size_t i = 0; i < SETTINGS; i++)
        value_set(flags, table[i].flag, print_member(&table[i], member(settings, table[i].offset)));
    for (size_t i = 0; i < TIMINGS; i++)
        if (*model_of(settings, &timings[i]) != NULL)
            value_set(models, timings[i].name,
                      distribution_print(*model_of(settings, &timings[i])));
    value_set(all, "settings", flags);
    value_set(all, "timing", models);
    return all;
}
