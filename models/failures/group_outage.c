/* All nodes that share a label's value lose their power (or only their network) at once: a rack, a power
 * distribution unit, a hall. With `share`, each of them with that probability.
 *
 * A node that joins the group meanwhile is not struck; those that were get back what they lost. */
#include <stdlib.h>

#include "models/failures/patients.h"
#include "sim/base/memory.h"

/* The nodes that were struck, by name. */
struct struck {
    size_t count;
    struct object_key machines[]; /* borrowed: the holds keep them */
};

static bool is_network(const struct blow *blow)
{
    return value_truth(value_get(blow->options, "network"), false);
}

static void group_outage_strike(struct blow *blow)
{
    size_t count;
    const struct text **nodes = nodes_find(blow, &count);
    struct struck *struck = mem_new(sizeof *struck + count * sizeof *struck->machines);
    for (size_t i = 0; i < count; i++)
        struck->machines[struck->count++] = machine_keep(blow, machine_of_node(nodes[i]));
    for (size_t i = 0; i < count; i++)
        machine_take(blow, struck->machines[i], is_network(blow));
    free(nodes);
    blow->memory = struck;
}

static void group_outage_mend(struct blow *blow)
{
    const struct struck *struck = blow->memory;
    for (size_t i = 0; i < struck->count; i++)
        machine_give(blow, struck->machines[i], is_network(blow));
}

const struct failure group_outage = {
    .name = "group-outage",
    .targets = TARGET_GROUPS,
    .strike = group_outage_strike,
    .mend = group_outage_mend,
};
