/* A node loses its power (or only its network) and gets it back. */
#include "models/failures/machines.h"

static bool is_network(const struct blow *blow)
{
    return value_truth(value_get(blow->options, "network"), false);
}

static void node_crash_strike(struct blow *blow)
{
    const struct text *node = cluster_text(blow->client->cluster, blow->target);
    machine_take(blow, machine_of_node(node), is_network(blow));
    text_drop(node);
}

static void node_crash_mend(struct blow *blow)
{
    const struct text *node = cluster_text(blow->client->cluster, blow->target);
    machine_give(blow, machine_of_node(node), is_network(blow));
    text_drop(node);
}

const struct failure node_crash = {
    .name = "node-crash",
    .targets = TARGET_NODES,
    .strike = node_crash_strike,
    .mend = node_crash_mend,
};
