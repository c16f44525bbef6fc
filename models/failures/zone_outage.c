/* Every node of a zone loses its power (or only its network) at once.
 *
 * A node that joins the zone meanwhile is not struck; those that were get back what they lost,
 * even if their label has changed since. */
#include "models/failures/machines.h"

#include "models/api/node.h"
#include "sim/base/memory.h"

/* The nodes that were struck, by name. */
struct struck {
    size_t count;
    const struct text *nodes[]; /* borrowed: the holds keep them */
};

static bool is_network(const struct blow *blow)
{
    return value_truth(value_get(blow->options, "network"), false);
}

static bool is_in(const struct node *node, const char *zone)
{
    return node->zone != NULL && strcmp(text_s(node->zone), zone) == 0;
}

static void zone_outage_strike(struct blow *blow)
{
    size_t count = 0;
    for (struct cache_cursor all = client_list(blow->client, KIND_NODE); cache_next(&all);)
        count += is_in(node_of(all.object), blow->target);
    struct struck *struck = mem_new(sizeof *struck + count * sizeof *struck->nodes);
    for (struct cache_cursor all = client_list(blow->client, KIND_NODE); cache_next(&all);)
        if (is_in(node_of(all.object), blow->target))
            struck->nodes[struck->count++] = all.object->name;
    for (size_t i = 0; i < struck->count; i++)
        machine_take(blow, machine_of_node(struck->nodes[i]), is_network(blow));
    blow->memory = struck;
}

static void zone_outage_mend(struct blow *blow)
{
    const struct struck *struck = blow->memory;
    for (size_t i = 0; i < struck->count; i++)
        machine_give(blow, machine_of_node(struck->nodes[i]), is_network(blow));
}

const struct failure zone_outage = {
    .name = "zone-outage",
    .targets = TARGET_ZONES,
    .strike = zone_outage_strike,
    .mend = zone_outage_mend,
};
