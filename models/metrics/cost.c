/* What the cluster costs: what its pods request, and what its nodes have, at a price for each core and GiB of
 * memory and hour.
 *
 * The prices are settings; the pods' part is what the OpenCost specification charges to workloads where
 * usage is not known, and the rest of the nodes is idle. */
#include <stdlib.h>

#include "models/api/node.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/stat/level.h"

/* Cores and GiB over time. */
struct charged {
    struct level cpu, memory;
};

struct cost {
    const struct cluster *cluster;
    struct level pods;
    struct charged requested, allocatable;
};

static void add(struct charged *amount, const struct resources *resources, int sign, sim_time now)
{
    level_add(&amount->cpu, now, sign * (double)resources->cpu_milli / 1000);
    level_add(&amount->memory, now, sign * (double)resources->memory_bytes / (1 << 30));
}

static void count_node(struct cost *cost, const struct node *node, int sign, sim_time now)
{
    if (node != NULL && node->allocatable != NULL)
        add(&cost->allocatable, &node->allocatable->resources, sign, now);
}

static void count_pod(struct cost *cost, const struct pod *pod, int sign, sim_time now)
{
    add(&cost->requested, &pod->spec->requests, sign, now);
    level_add(&cost->pods, now, sign);
}

static void notice(void *self, const struct watch_event *event)
{
    struct cost *cost = self;
    const bool is_there = event->type != WATCH_DELETED;
    if (event->object->kind == KIND_NODE) {
        count_node(cost, event->before != NULL ? node_of(event->before) : NULL, -1, event->at);
        count_node(cost, is_there ? node_of(event->object) : NULL, 1, event->at);
    } else if (event->object->kind == KIND_POD) {
        const struct pod *before = pod_of(event->before);
        const bool did = pod_occupies(before),
                   does = is_there && pod_occupies(pod_of(event->object));
        if (did != does)
            count_pod(cost, does ? pod_of(event->object) : before, does ? 1 : -1, event->at);
    }
}

static void *start(struct cluster *cluster)
{
    struct cost *cost = mem_new(sizeof *cost);
    struct level *levels[] = { &cost->pods, &cost->requested.cpu, &cost->requested.memory,
                               &cost->allocatable.cpu, &cost->allocatable.memory };
    cost->cluster = cluster;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        level_init(levels[i], 0, 0);
    store_watch_kinds(cluster->store, (struct watcher){ .self = cost, .deliver = notice },
                      1u << KIND_POD | 1u << KIND_NODE);
    return cost;
}

static struct value *charged_print(const struct cost *cost, const struct charged *amount,
                                   sim_time now)
{
    const struct settings *settings = &cost->cluster->settings;
    const double hours_of_month = 730.5; /* a twelfth of 365.25 days */
    const double cores = level_mean(&amount->cpu, now), memory = level_mean(&amount->memory, now);
    const double an_hour =
        cores * settings->cpu_hour_price + memory * settings->memory_gib_hour_price;
    struct value *map = value_new_map();
    value_set(map, "cpuCores", number_print(cores));
    value_set(map, "memoryGib", number_print(memory));
    value_set(map, "perMonth", number_print(an_hour * hours_of_month));
    return map;
}

static struct value *summary(void *state, sim_time now)
{
    const struct cost *cost = state;
    struct value *map = value_new_map();
    value_set(map, "pods", number_print(level_mean(&cost->pods, now)));
    value_set(map, "requested", charged_print(cost, &cost->requested, now));
    value_set(map, "nodes", charged_print(cost, &cost->allocatable, now));
    return map;
}

static void restart(void *state, sim_time now)
{
    struct cost *cost = state;
    level_restart(&cost->pods, now);
    level_restart(&cost->requested.cpu, now);
    level_restart(&cost->requested.memory, now);
    level_restart(&cost->allocatable.cpu, now);
    level_restart(&cost->allocatable.memory, now);
}

const struct metric cost_metric = {
    .name = "cost",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = free,
};
