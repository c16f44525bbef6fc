/* How full each node is, by what its pods request; and how much of what is free goes together.
 *
 * A node's free CPU and memory can only be used together, so what one has left over is
 * stranded: fragmentation = 1 - min(free cpu, free memory) / max(free cpu, free memory), in
 * fractions of allocatable; 0 for an empty or an exactly full node. All are time-weighted. */
#include <math.h>
#include <stdlib.h>

#include "models/api/node.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"
#include "sim/stat/level.h"

struct row {
    struct table_node node; /* by name */
    struct row *next;       /* in order of creation */
    const struct text *name, *zone;
    bool deleted;
    int64_t cpu_milli, memory_bytes;                     /* allocatable */
    int64_t used_cpu_milli, used_memory_bytes, pods_now; /* requested */
    struct level cpu, memory, pods, fragmentation, ready;
};

struct nodes {
    struct cluster *cluster;
    struct row *first, **last;
    struct table by_name;
};

static struct row *row_named(const struct nodes *nodes, const struct text *name)
{
    struct table_node *node = table_first(&nodes->by_name, name->hash);
    while (node != NULL && ((struct row *)node)->name != name)
        node = table_again(node);
    return (struct row *)node;
}

static double fraction(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static double fragmentation(double cpu, double memory)
{
    double more = fmax(1 - cpu, 1 - memory), less = fmin(1 - cpu, 1 - memory);
    return more > 0 ? 1 - fmax(less, 0) / more : 0;
}

static void settle(struct row *row, sim_time now)
{
    double cpu = fraction(row->used_cpu_milli, row->cpu_milli);
    double memory = fraction(row->used_memory_bytes, row->memory_bytes);
    level_set(&row->cpu, now, cpu);
    level_set(&row->memory, now, memory);
    level_set(&row->pods, now, (double)row->pods_now);
    level_set(&row->fragmentation, now, fragmentation(cpu, memory));
}

static struct row *row_new(struct nodes *nodes, const struct text *name, sim_time now)
{
    struct row *row = mem_new(sizeof *row);
    row->name = text_hold(name);
    *nodes->last = row;
    nodes->last = &row->next;
    table_add(&nodes->by_name, &row->node, name->hash);
    level_init(&row->cpu, now, 0);
    level_init(&row->memory, now, 0);
    level_init(&row->pods, now, 0);
    level_init(&row->fragmentation, now, 0);
    level_init(&row->ready, now, 0);
    return row;
}

static void node_changed(struct nodes *nodes, const struct watch_event *event)
{
    const struct node *node = node_of(event->object);
    struct row *row = row_named(nodes, event->object->name);
    if (row == NULL)
        row = row_new(nodes, event->object->name, event->at);
    row->deleted = event->type == WATCH_DELETED;
    text_assign(&row->zone, text_hold(node->zone));
    row->cpu_milli = node->allocatable ? node->allocatable->resources.cpu_milli : 0;
    row->memory_bytes = node->allocatable ? node->allocatable->resources.memory_bytes : 0;
    level_set(&row->ready, event->at, !row->deleted && node_is_ready(node));
    settle(row, event->at);
}

static void occupy(struct nodes *nodes, const struct pod *pod, int sign, sim_time now)
{
    struct row *row = row_named(nodes, pod->node_name);
    if (row == NULL)
        return; /* bound to a node that never was */
    row->used_cpu_milli += sign * pod->spec->requests.cpu_milli;
    row->used_memory_bytes += sign * pod->spec->requests.memory_bytes;
    row->pods_now += sign;
    settle(row, now);
}

static void notice(void *self, const struct watch_event *event)
{
    if (event->object->kind == KIND_NODE)
        node_changed(self, event);
    if (event->object->kind != KIND_POD)
        return;
    const struct pod *before = pod_of(event->before);
    bool did = pod_occupies(before);
    bool does = event->type != WATCH_DELETED && pod_occupies(pod_of(event->object));
    if (did && !does)
        occupy(self, before, -1, event->at);
    if (does && !did)
        occupy(self, pod_of(event->object), 1, event->at);
}

static void *start(struct cluster *cluster)
{
    struct nodes *nodes = mem_new(sizeof *nodes);
    nodes->cluster = cluster;
    nodes->last = &nodes->first;
    table_init(&nodes->by_name);
    store_watch_kinds(cluster->store, (struct watcher){ .self = nodes, .deliver = notice },
                      1u << KIND_POD | 1u << KIND_NODE);
    return nodes;
}

static struct value *row_print(struct row *row, sim_time now)
{
    struct value *map = value_new_map();
    value_set(map, "name", value_new_string(text_s(row->name)));
    value_set(map, "zone", row->zone ? value_new_string(text_s(row->zone)) : value_new_null());
    value_set(map, "deleted", value_new_bool(row->deleted));
    value_set(map, "ready", number_print(level_mean(&row->ready, now)));
    value_set(map, "cpuUtilisation", number_print(level_mean(&row->cpu, now)));
    value_set(map, "memoryUtilisation", number_print(level_mean(&row->memory, now)));
    value_set(map, "pods", number_print(level_mean(&row->pods, now)));
    value_set(map, "maxPods", number_print(row->pods.most));
    value_set(map, "fragmentation", number_print(level_mean(&row->fragmentation, now)));
    return map;
}

static struct value *summary(void *state, sim_time now)
{
    struct nodes *nodes = state;
    struct value *list = value_new_list();
    for (struct row *row = nodes->first; row != NULL; row = row->next)
        value_add(list, row_print(row, now));
    return list;
}

static void restart(void *state, sim_time now)
{
    struct nodes *nodes = state;
    for (struct row *row = nodes->first; row != NULL; row = row->next) {
        level_restart(&row->cpu, now);
        level_restart(&row->memory, now);
        level_restart(&row->pods, now);
        level_restart(&row->fragmentation, now);
        level_restart(&row->ready, now);
    }
}

static void stop(void *state)
{
    struct nodes *nodes = state;
    while (nodes->first != NULL) {
        struct row *row = nodes->first;
        nodes->first = row->next;
        text_drop(row->name);
        text_drop(row->zone);
        free(row);
    }
    table_close(&nodes->by_name);
    free(nodes);
}

const struct metric nodes_metric = {
    .name = "nodes",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
};
