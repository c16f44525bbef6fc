/* Zones and their nodes; see node_order.h. */
#include "models/scheduler/snapshot/node_order.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"

void node_order_close(struct node_order *order)
{
    for (size_t i = 0; i < order->zone_count; i++) {
        text_drop(order->zones[i].key);
        free(order->zones[i].slots);
    }
    free(order->zones);
    *order = (struct node_order){ 0 };
}

/* The older of a label's two names counts when a node has both. */
static const char *either_label(const struct node *node, const char *old, const char *current)
{
    const char *value = labels_get(node->meta.labels, old);
    if (value == NULL)
        value = labels_get(node->meta.labels, current);
    return value != NULL ? value : "";
}

const struct text *node_zone_key(struct texts *texts, const struct node *node)
{
    const char *zone =
        either_label(node, "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone");
    const char *region = either_label(node, "failure-domain.beta.kubernetes.io/region",
                                      "topology.kubernetes.io/region");
    if (*zone == '\0' && *region == '\0')
        return NULL;
    return text_format(texts, "%s:\n:%s", region, zone);
}

static struct node_zone *find_zone(const struct node_order *order, const struct text *key)
{
    for (size_t i = 0; i < order->zone_count; i++)
        if (order->zones[i].key == key)
            return &order->zones[i];
    return NULL;
}

void node_order_add(struct node_order *order, const struct text *zone, uint32_t slot)
{
    struct node_zone *in = find_zone(order, zone);
    if (in == NULL) {
        MEM_GROW(order->zones, order->zone_count, order->zone_capacity);
        in = &order->zones[order->zone_count++];
        *in = (struct node_zone){ .key = text_hold(zone) };
    }
    MEM_GROW(in->slots, in->count, in->capacity);
    in->slots[in->count++] = slot;
    order->node_count++;
}

void node_order_remove(struct node_order *order, const struct text *zone, uint32_t slot)
{
    struct node_zone *in = find_zone(order, zone);
    assert(in != NULL);
    size_t at = 0;
    while (at < in->count && in->slots[at] != slot)
        at++;
    assert(at < in->count);
    memmove(&in->slots[at], &in->slots[at + 1], (in->count - at - 1) * sizeof *in->slots);
    order->node_count--;
    if (--in->count > 0)
        return;
    text_drop(in->key);
    free(in->slots);
    const size_t index = (size_t)(in - order->zones);
    memmove(in, in + 1, (order->zone_count - index - 1) * sizeof *in);
    order->zone_count--;
}

void node_order_list(const struct node_order *order, uint32_t *slots)
{
    size_t count = 0;
    for (size_t turn = 0; count < order->node_count; turn++)
        for (size_t i = 0; i < order->zone_count; i++)
            if (turn < order->zones[i].count)
                slots[count++] = order->zones[i].slots[turn];
}
