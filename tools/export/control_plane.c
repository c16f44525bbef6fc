/* Families of kube-scheduler (pkg/scheduler/metrics/metrics.go) and of client-go's work queues
 * (component-base/metrics/prometheus/workqueue), as far as they are measured. */
#include "tools/export/control_plane.h"

#include <stdio.h>
#include <string.h>

#include "models/controllers/controller.h"
#include "models/scheduler/scheduler.h"
#include "tools/export/family.h"

const struct family control_plane_families[] = {
    { "scheduler_pending_pods", "Pods that wait for a node, by queue.", .labels = { "queue" },
      .from = FROM_NOWHERE },
    { "scheduler_schedule_attempts_total", "Attempts to schedule pods, by result.", COUNTER,
      .labels = { "result", "profile" }, .from = FROM_NOWHERE },
    { "scheduler_pod_scheduling_sli_duration_seconds",
      "Time from the creation of a pod to its binding.", HISTOGRAM, .unit = "seconds",
      .labels = { "le" }, .from = FROM_NOWHERE },
    { "workqueue_depth", "Keys that wait in the queue of a controller.", .labels = { "name" },
      .from = FROM_NOWHERE },
    { "workqueue_adds_total", "Keys that were added to the queue of a controller.", COUNTER,
      .labels = { "name" }, .from = FROM_NOWHERE },
    { "workqueue_retries_total", "Keys that came back after a failure.", COUNTER,
      .labels = { "name" }, .from = FROM_NOWHERE },
    { 0 },
};

/* From 10 ms, each twice the one before. */
static double bucket_bound(size_t bucket)
{
    return 0.01 * (double)(UINT64_C(1) << bucket);
}

void waits_note(struct waits *waits, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object), *before = pod_of(event->before);
    if (pod->node_name == NULL || (before != NULL && before->node_name != NULL) ||
        event->type == WATCH_DELETED)
        return;
    const double waited = sim_time_to_seconds(event->at - pod->meta.created);
    waits->count++;
    waits->sum += waited;
    for (size_t i = 0; i < WAIT_BUCKETS; i++)
        waits->buckets[i] += waited <= bucket_bound(i);
}

#define TAKE(to, family, number, ...)                                                              \
    ((to)->take((to)->context, (family), (const char *const[]){ __VA_ARGS__, NULL },               \
                (double)(number)))

static void sample_waits(const struct waits *waits, const struct sampler *to)
{
    static const char family[] = "scheduler_pod_scheduling_sli_duration_seconds";
    for (size_t i = 0; i < WAIT_BUCKETS; i++) {
        char bound[32];
        snprintf(bound, sizeof bound, "%.2f", bucket_bound(i));
        TAKE(to, family, waits->buckets[i], "_bucket", bound);
    }
    TAKE(to, family, waits->count, "_bucket", "+Inf");
    TAKE(to, family, waits->count, "_count");
    TAKE(to, family, waits->sum, "_sum");
}

static void sample_queue(void *context, const char *controller, const struct workqueue *queue)
{
    const struct sampler *to = context;
    const struct workqueue_counts counts = workqueue_counts(queue);
    TAKE(to, "workqueue_depth", workqueue_length(queue), controller);
    TAKE(to, "workqueue_adds_total", counts.adds, controller);
    TAKE(to, "workqueue_retries_total", counts.retries, controller);
}

static void sample_scheduler(const struct scheduler *scheduler, const struct sampler *to)
{
    const struct scheduler_pending pending = scheduler_pending(scheduler);
    const struct scheduler_attempts attempts = scheduler_attempts(scheduler);
    static const char counted[] = "scheduler_schedule_attempts_total",
                      profile[] = "default-scheduler";
    TAKE(to, "scheduler_pending_pods", pending.active, "active");
    TAKE(to, "scheduler_pending_pods", pending.backoff, "backoff");
    TAKE(to, "scheduler_pending_pods", pending.unschedulable, "unschedulable");
    TAKE(to, "scheduler_pending_pods", pending.gated, "gated");
    TAKE(to, counted, attempts.scheduled, "scheduled", profile);
    TAKE(to, counted, attempts.unschedulable, "unschedulable", profile);
    TAKE(to, counted, attempts.error, "error", profile);
}

void control_plane_sample(const struct cluster *cluster, const struct waits *waits,
                          const struct sampler *to)
{
    const struct scheduler *scheduler = cluster_component(cluster, scheduler_component.name);
    if (scheduler != NULL)
        sample_scheduler(scheduler, to);
    sample_waits(waits, to);
    controller_manager_each_queue(cluster, sample_queue, (void *)to);
}
