/* The table of metrics, and all of them at work. */
#include "models/metrics/metric.h"

#include <stdlib.h>

#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"

const struct metric *const metrics[] = {
    &workloads_metric,  &services_metric,
    &traffic_metric,    &autoscalers_metric,
    &jobs_metric,       &cronjobs_metric,
    &budgets_metric,    &pods_metric,
    &nodes_metric,      &utilisation_metric,
    &cost_metric,       &event_reasons_metric,
    &objectives_metric, NULL,
};

enum { METRICS = sizeof metrics / sizeof *metrics - 1 };

struct metrics_run {
    void *states[METRICS];
};

static void *state_of(const struct metrics_run *run, const struct metric *metric)
{
    size_t i = 0;
    while (metrics[i] != metric)
        i++;
    return run->states[i];
}

struct metrics_run *metrics_start(struct cluster *cluster)
{
    struct metrics_run *run = mem_new(sizeof *run);
    for (size_t i = 0; i < METRICS; i++)
        run->states[i] = metrics[i]->start(cluster);
    objectives_join(state_of(run, &objectives_metric), state_of(run, &workloads_metric),
                    state_of(run, &services_metric));
    return run;
}

bool metrics_plan_objectives(struct metrics_run *run, struct value *const *documents, size_t count,
                             struct error_list *faults, struct error_list *warnings)
{
    return objectives_plan(state_of(run, &objectives_metric), documents, count, faults, warnings);
}

bool metrics_check(struct metrics_run *run, struct error_list *faults)
{
    return objectives_check(state_of(run, &objectives_metric), faults);
}

void metrics_stop(struct metrics_run *run)
{
    for (size_t i = METRICS; i-- > 0;) /* objectives look into others */
        metrics[i]->stop(run->states[i]);
    free(run);
}

void metrics_restart(struct metrics_run *run, sim_time now)
{
    for (size_t i = 0; i < METRICS; i++)
        metrics[i]->restart(run->states[i], now);
}

const struct availability *metrics_availability(const struct metrics_run *run, enum kind kind,
                                                const char *space, const char *name)
{
    if (kind == KIND_SERVICE)
        return services_availability(state_of(run, &services_metric), space, name, NULL);
    return workloads_availability(state_of(run, &workloads_metric), kind, space, name, NULL);
}

/* NULL: there is nothing to tell. */
static void put(struct value *summary, const char *name, struct value *told)
{
    if (told != NULL)
        value_set(summary, name, told);
}

void metrics_sample(struct metrics_run *run, sim_time now, const struct sampler *to)
{
    for (size_t i = 0; i < METRICS; i++)
        if (metrics[i]->sample != NULL)
            metrics[i]->sample(run->states[i], now, to);
}

struct value *metrics_summary(struct metrics_run *run, sim_time now)
{
    struct value *summary = value_new_map();
    for (size_t i = 0; i < METRICS; i++)
        put(summary, metrics[i]->name, metrics[i]->summary(run->states[i], now));
    return summary;
}
