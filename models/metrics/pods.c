/* How long pods wait for a node, and how many do. */
#include <stdlib.h>
#include <string.h>

#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/stat/level.h"

struct pods {
    struct cluster *cluster;
    struct tally latency; /* seconds from creation to binding */
    struct level live, pending, running;
    int64_t created, bound, succeeded, failed, preempted;
};

static void count(struct pods *pods, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object), *before = pod_of(event->before);
    bool was_pending = before != NULL && before->node_name == NULL;
    bool is_pending = event->type != WATCH_DELETED && pod->node_name == NULL;
    if (event->type != WATCH_MODIFIED)
        level_add(&pods->live, event->at, event->type == WATCH_ADDED ? 1 : -1);
    bool was_running = before != NULL && before->phase == POD_RUNNING;
    bool is_running = event->type != WATCH_DELETED && pod->phase == POD_RUNNING;
    if (was_pending != is_pending)
        level_add(&pods->pending, event->at, is_pending ? 1 : -1);
    if (was_running != is_running)
        level_add(&pods->running, event->at, is_running ? 1 : -1);
}

/* The scheduler took its place for a pod of higher priority. */
static bool is_preempted(const struct pod *pod)
{
    return pod_condition_is_true(pod, POD_DISRUPTION_TARGET) &&
           strcmp(pod_condition_reason(pod, POD_DISRUPTION_TARGET), "PreemptionByScheduler") == 0;
}

static void notice(void *self, const struct watch_event *event)
{
    struct pods *pods = self;
    if (event->object->kind != KIND_POD)
        return;
    const struct pod *pod = pod_of(event->object), *before = pod_of(event->before);
    count(pods, event);
    if (event->type == WATCH_ADDED)
        pods->created++;
    pods->preempted += is_preempted(pod) && (before == NULL || !is_preempted(before));
    if (pod->node_name != NULL && (before == NULL || before->node_name == NULL)) {
        pods->bound++;
        tally_add(&pods->latency, sim_time_to_seconds(event->at - pod->meta.created));
    }
    if (pod_is_terminal(pod) && before != NULL && !pod_is_terminal(before)) {
        pods->succeeded += pod->phase == POD_SUCCEEDED;
        pods->failed += pod->phase == POD_FAILED;
    }
}

static void *start(struct cluster *cluster)
{
    struct pods *pods = mem_new(sizeof *pods);
    pods->cluster = cluster;
    tally_init(&pods->latency, TALLY_EXACT);
    level_init(&pods->live, run_now(cluster->run), 0);
    level_init(&pods->pending, run_now(cluster->run), 0);
    level_init(&pods->running, run_now(cluster->run), 0);
    store_watch_kinds(cluster->store, (struct watcher){ .self = pods, .deliver = notice },
                      1u << KIND_POD);
    return pods;
}

static struct value *summary(void *state, sim_time now)
{
    struct pods *pods = state;
    struct value *map = value_new_map();
    value_set(map, "created", value_new_int(pods->created));
    value_set(map, "bound", value_new_int(pods->bound));
    value_set(map, "succeeded", value_new_int(pods->succeeded));
    value_set(map, "failed", value_new_int(pods->failed));
    value_set(map, "preempted", value_new_int(pods->preempted));
    value_set(map, "pending", value_new_int((int64_t)pods->pending.value));
    value_set(map, "running", value_new_int((int64_t)pods->running.value));
    value_set(map, "meanPending", number_print(level_mean(&pods->pending, now)));
    value_set(map, "meanRunning", number_print(level_mean(&pods->running, now)));
    value_set(map, "maxLive", number_print(pods->live.most));
    value_set(map, "maxRunning", number_print(pods->running.most));
    value_set(map, "schedulingLatency", tally_print(&pods->latency));
    return map;
}

static void restart(void *state, sim_time now)
{
    struct pods *pods = state;
    pods->created = pods->bound = pods->succeeded = pods->failed = pods->preempted = 0;
    tally_close(&pods->latency);
    tally_init(&pods->latency, TALLY_EXACT);
    level_restart(&pods->live, now);
    level_restart(&pods->pending, now);
    level_restart(&pods->running, now);
}

static void stop(void *state)
{
    struct pods *pods = state;
    tally_close(&pods->latency);
    free(pods);
}

static void sample(void *state, sim_time now, const struct sampler *to)
{
    const struct pods *pods = state;
    (void)now;
    const struct {
        const char *what;
        int64_t count;
    } counts[] = { { "created", pods->created },
                   { "bound", pods->bound },
                   { "succeeded", pods->succeeded },
                   { "failed", pods->failed },
                   { "preempted", pods->preempted } };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        sample_take(to, "seatrial_pods_total", (double)counts[i].count, counts[i].what);
}

const struct metric pods_metric = {
    .name = "pods",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
    .sample = sample,
};
