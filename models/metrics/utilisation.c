/* How full the cluster was over time: what its pods request of what its nodes have to give.
 *
 * Averages over equal stretches, so that a long run is told as shortly as a short one; of the whole
 * run, whatever is measured of it. What pods request counts from binding until they have
 * finished or are gone, as in nodes.c. */
#include <stdlib.h>

#include "models/api/node.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/stat/history.h"

struct utilisation {
    struct {
        int64_t cpu_milli, memory_bytes;
    } have, requested;
    int64_t pods, ready_nodes;
    struct history cpu, memory, bound, ready;
};

static double fraction(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

static void settle(struct utilisation *of, sim_time now)
{
    history_set(&of->cpu, now, fraction(of->requested.cpu_milli, of->have.cpu_milli));
    history_set(&of->memory, now, fraction(of->requested.memory_bytes, of->have.memory_bytes));
    history_set(&of->bound, now, (double)of->pods);
    history_set(&of->ready, now, (double)of->ready_nodes);
}

static void count_node(struct utilisation *of, const struct node *node, int sign)
{
    if (node == NULL)
        return;
    if (node->allocatable != NULL) {
        of->have.cpu_milli += sign * node->allocatable->resources.cpu_milli;
        of->have.memory_bytes += sign * node->allocatable->resources.memory_bytes;
    }
    of->ready_nodes += sign * node_is_ready(node);
}

static void count_pod(struct utilisation *of, const struct pod *pod, int sign)
{
    of->requested.cpu_milli += sign * pod->spec->requests.cpu_milli;
    of->requested.memory_bytes += sign * pod->spec->requests.memory_bytes;
    of->pods += sign;
}

static void notice(void *self, const struct watch_event *event)
{
    struct utilisation *of = self;
    const bool is_there = event->type != WATCH_DELETED;
    if (event->object->kind == KIND_NODE) {
        count_node(of, event->before != NULL ? node_of(event->before) : NULL, -1);
        count_node(of, is_there ? node_of(event->object) : NULL, 1);
        settle(of, event->at);
    } else if (event->object->kind == KIND_POD) {
        const struct pod *before = pod_of(event->before);
        const bool did = pod_occupies(before),
                   does = is_there && pod_occupies(pod_of(event->object));
        if (did == does)
            return;
        count_pod(of, does ? pod_of(event->object) : before, does ? 1 : -1);
        settle(of, event->at);
    }
}

static void *start(struct cluster *cluster)
{
    struct utilisation *of = mem_new(sizeof *of);
    struct history *histories[] = { &of->cpu, &of->memory, &of->bound, &of->ready };
    for (size_t i = 0; i < sizeof histories / sizeof *histories; i++)
        history_init(histories[i], SIM_SECOND);
    store_watch_kinds(cluster->store, (struct watcher){ .self = of, .deliver = notice },
                      1u << KIND_POD | 1u << KIND_NODE);
    return of;
}

static struct value *history_print(const struct history *history)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < history_count(history); i++)
        value_add(list, number_print(history_mean(history, i)));
    return list;
}

static struct value *summary(void *state, sim_time now)
{
    struct utilisation *of = state;
    struct value *map = value_new_map();
    settle(of, now);
    value_set(map, "everySeconds", seconds_print(of->cpu.length));
    value_set(map, "cpu", history_print(&of->cpu));
    value_set(map, "memory", history_print(&of->memory));
    value_set(map, "pods", history_print(&of->bound));
    value_set(map, "readyNodes", history_print(&of->ready));
    return map;
}

static void restart(void *state, sim_time now)
{
    (void)state; /* all of the run is told */
    (void)now;
}

const struct metric utilisation_metric = {
    .name = "utilisation",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = free,
};
