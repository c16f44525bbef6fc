/* What the metrics share. */
#ifndef MODELS_METRICS_METRICS_PRIVATE_H
#define MODELS_METRICS_METRICS_PRIVATE_H

#include "models/metrics/availability.h"
#include "models/metrics/metric.h"
#include "sim/stat/tally.h"

extern const struct metric workloads_metric, services_metric, traffic_metric, autoscalers_metric,
    jobs_metric, cronjobs_metric, budgets_metric, pods_metric, nodes_metric, utilisation_metric,
    event_reasons_metric, cost_metric, objectives_metric;

/* A replica counts while it is Ready and not on its way out: what an endpoint needs. */
static inline bool pod_serves(const struct pod *pod)
{
    return pod_is_ready(pod) && !pod->meta.deleting && !pod_is_terminal(pod);
}

/* A pod takes its requests from binding until it has finished or is gone. */
static inline bool pod_occupies(const struct pod *pod)
{
    return pod != NULL && pod->node_name != NULL && !pod_is_terminal(pod);
}

/* Did nobody mean this to happen? True of the roots that failures begin, and of a container's that
 * ends by itself. */
bool root_is_failure(const struct run *run, uint32_t root);

/* "node-crash/worker-3"; the caller frees. */
char *root_print(const struct run *run, uint32_t root);

/* A double as a JSON number of twelve digits; null when it is not finite. */
struct value *number_print(double number);

/* {count, mean, p50, p95, p99, max} of a tally of seconds; null when it is empty. */
struct value *tally_print(struct tally *tally);

/* Put the fields of an availability into a map: see docs/summary.md. Complete up to `now`. */
void availability_print(struct availability *of, const struct run *run, struct value *into);

/* How long losses took to show, to find another place, and to mend: from the failure on, in
 * seconds. Release with recovery_close(). */
struct recovery {
    struct tally detect, reschedule, recover;
};
void recovery_init(struct recovery *recovery);
void recovery_close(struct recovery *recovery);

/* A vacancy was filled at `now` by a replica that got its node at `scheduled`. Counts if a failure
 * left it, while that was counted. */
void recovery_note(struct recovery *recovery, const struct run *run, const struct availability *of,
                   const struct vacancy *filled, uint64_t replica, sim_time scheduled,
                   sim_time now);
void recovery_print(struct recovery *recovery, struct value *into);

/* Tell a sampler one number: sample_take(to, "seatrial_restarts_total", number, label, ...). */
#define sample_take(to, family, number, ...)                                                       \
    ((to)->take((to)->context, (family), (const char *const[]){ __VA_ARGS__, NULL }, (number)))

/* The same of an availability, complete up to `now`. */
void availability_sample(struct availability *of, const struct run *run, struct object_key key,
                         const struct sampler *to);

/* What rows of workloads and of Services have in common, their name included: a new map. */
struct value *row_head_print(const struct run *run, struct object_key key, bool deleted,
                             struct availability *availability, struct recovery *recovery);

/* The availability of the workload (of a kind; KIND_COUNT: of any) or Service of a name (`space` NULL: in any namespace), in the state of
 * its metric: of the last one, if it was made again. NULL when there was none; `near`, if there is one, is
 * offered the names there are. Complete up to its last change. */
struct nearest;
struct availability *workloads_availability(void *state, enum kind kind, const char *space,
                                            const char *name, struct nearest *near);
struct availability *services_availability(void *state, const char *space, const char *name,
                                           struct nearest *near);

/* What the objectives look into: the states of the other two metrics. And what they are: NULL when there
 * are none. */
struct slo_list;
void objectives_join(void *state, void *workloads, void *services);
bool objectives_plan(void *state, struct value *const *documents, size_t count,
                     struct error_list *faults, struct error_list *warnings);
bool objectives_check(void *state, struct error_list *faults);

/* The rollouts of a Deployment, StatefulSet or DaemonSet. All zero: none yet. Release with rollouts_close(). */
struct rollouts {
    struct rollout *items; /* owned; the last one may be under way */
    size_t count, capacity;
};
void rollouts_follow(struct rollouts *rollouts, const struct watch_event *event);
void rollouts_restart(struct rollouts *rollouts);
struct value *rollouts_print(const struct rollouts *rollouts, const struct run *run);
void rollouts_close(struct rollouts *rollouts);

/* Why fewer pods than wanted are ready, in the words of `kubectl describe`: what the workload's
 * conditions or the first of its unready pods have to say. The caller frees; NULL when nothing is
 * said. */
char *diagnose_workload(const struct cluster *cluster, struct object_key key);
char *diagnose_pod(const struct pod *pod);
/* What is said while nobody says anything. */
static const char nothing_said[] = "Pending: its pods are being made";
/* Why no simulated workload has pods of a selector: they belong to one that is kept, or to none. */
char *diagnose_selector(const struct cluster *cluster, const struct text *space,
                        const struct labels *selector);

#endif
