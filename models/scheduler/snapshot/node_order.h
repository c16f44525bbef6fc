/* The order in which the scheduler looks at nodes: round robin over the zones.
 *
 * Zones stand in the order in which they first appeared; a zone keeps its nodes in the
 * order in which they joined. The list takes one node of each zone in turn. Follows
 * pkg/scheduler/backend/cache/node_tree.go of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_NODE_ORDER_H
#define MODELS_SCHEDULER_NODE_ORDER_H

#include "models/api/node.h"

struct node_order {
    struct node_zone {
        const struct text *key; /* held; NULL: nodes without zone and region */
        uint32_t *slots;        /* owned */
        size_t count, capacity;
    } * zones;
    size_t zone_count, zone_capacity;
    size_t node_count;
};

void node_order_close(struct node_order *order);

/* The zone of a node: its region and zone labels together. NULL when it has neither; the
 * caller drops it. */
const struct text *node_zone_key(struct texts *texts, const struct node *node);

void node_order_add(struct node_order *order, const struct text *zone, uint32_t slot);
/* The slot must be in that zone. A zone without nodes loses its place. */
void node_order_remove(struct node_order *order, const struct text *zone, uint32_t slot);

/* Write the slots of all nodes, node_count of them. O(nodes + zones of unequal size). */
void node_order_list(const struct node_order *order, uint32_t *slots);

#endif
