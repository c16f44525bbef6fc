/* The table of metrics, and all of them at work. */
#include "models/metrics/metric.h"

#include <stdlib.h>

#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"

const struct metric *const metrics[] = {
    &workloads_metric,
    &services_metric,
    &traffic_metric,
    &autoscalers_metric,
    &jobs_metric,
    &cronjobs_metric,
    &budgets_metric,
    &pods_metric,
    &nodes_metric,
    &utilisation_metric,
    &event_reasons_metric,
    NULL,
};

enum { METRICS = sizeof metrics / sizeof *metrics - 1 };

struct metrics_run {
    void *states[METRICS];
};

struct metrics_run *metrics_start(struct cluster *cluster)
{
    struct metrics_run *run = mem_new(sizeof *run);
    for (size_t i = 0; i < METRICS; i++)
        run->states[i] = metrics[i]->start(cluster);
    return run;
}

void metrics_stop(struct metrics_run *run)
{
    for (size_t i = 0; i < METRICS; i++)
        metrics[i]->stop(run->states[i]);
    free(run);
}

void metrics_restart(struct metrics_run *run, sim_time now)
{
    for (size_t i = 0; i < METRICS; i++)
        metrics[i]->restart(run->states[i], now);
}

struct value *metrics_summary(struct metrics_run *run, sim_time now)
{
    struct value *summary = value_new_map();
    for (size_t i = 0; i < METRICS; i++)
        value_set(summary, metrics[i]->name, metrics[i]->summary(run->states[i], now));
    return summary;
}
