/* The load that moves kills the next: some time after nodes were lost, each of the others may be lost
 * as well, the likelier the fuller it is by then.
 *
 * With u the largest share of CPU or memory that pods on the node request of what it can give,
 *
 *     P(lost) = probability * max(0, (u - threshold) / (1 - threshold)) ,  at most `probability`:
 *
 * nothing below the threshold (0.8), and `probability` (1) where it is full. A node that is lost so may
 * take others with it in turn. What is lost is its power; it has it back after `lasts`. */
#include "models/api/node.h"
#include "models/failures/patients.h"

static double share(int64_t used, int64_t of)
{
    return of > 0 ? (double)used / (double)of : 0;
}

static double utilisation(const struct blow *blow, const struct node *node)
{
    int64_t cpu = 0, memory = 0;
    struct cache_cursor pods = client_list_on_node(blow->client, node->meta.object.name);
    while (cache_next(&pods)) {
        const struct pod *pod = pod_of(pods.object);
        if (pod_is_terminal(pod))
            continue;
        cpu += pod_requests(pod)->cpu_milli;
        memory += pod_requests(pod)->memory_bytes;
    }
    const struct resources *all = &node->allocatable->resources;
    const double a = share(cpu, all->cpu_milli), b = share(memory, all->memory_bytes);
    return a > b ? a : b;
}

static double cascade_probability(struct blow *blow)
{
    const struct text *name = cluster_text(blow->client->cluster, blow->target);
    const struct object *node = client_get(blow->client, KIND_NODE, NULL, name);
    const double most = value_double(value_get(blow->options, "probability"), 1);
    const double threshold = value_double(value_get(blow->options, "threshold"), 0.8);
    text_drop(name);
    if (node == NULL || node_of(node)->allocatable == NULL)
        return 0;
    const double u = utilisation(blow, node_of(node));
    if (u >= 1)
        return most;
    return u > threshold ? most * (u - threshold) / (1 - threshold) : 0;
}

static void cascade_strike(struct blow *blow)
{
    const struct text *node = cluster_text(blow->client->cluster, blow->target);
    machine_take(blow, machine_of_node(node), false);
    text_drop(node);
}

static void cascade_mend(struct blow *blow)
{
    const struct text *node = cluster_text(blow->client->cluster, blow->target);
    machine_give(blow, machine_of_node(node), false);
    text_drop(node);
}

const struct failure cascade = {
    .name = "cascade",
    .targets = TARGET_NODES,
    .follows = true,
    .probability = cascade_probability,
    .strike = cascade_strike,
    .mend = cascade_mend,
};
