/* Nodes by the value of one label; see snapshot.h.
 *
 * A topology is made when somebody first asks for its key, and from then on follows every node that
 * joins, changes its labels or leaves. */
#include <stdlib.h>

#include "models/scheduler/snapshot/snapshot_private.h"

/* Has the node the label? Its value may be the empty text, NULL. */
static bool has_label(const struct node *node, const struct text *key, const struct text **value)
{
    const struct labels *labels = node != NULL ? node->meta.labels : NULL;
    for (uint32_t i = 0; labels != NULL && i < labels->count; i++) {
        if (labels->items[i].key != key)
            continue;
        *value = labels->items[i].value;
        return true;
    }
    return false;
}

static uint64_t hash_of(const struct text *value)
{
    return value != NULL ? value->hash : 1;
}

static uint32_t find_domain(const struct topology *topology, const struct text *value)
{
    struct table_node *found = table_first(&topology->by_value, hash_of(value));
    for (; found != NULL; found = table_again(found)) {
        const struct domain_name *name = (const struct domain_name *)found;
        if (topology->domains[name->domain].value == value)
            return name->domain;
    }
    return 0;
}

static uint32_t new_domain(struct topology *topology, const struct text *value)
{
    uint32_t number;
    if (topology->free_count > 0) {
        number = topology->free_domains[--topology->free_count];
    } else {
        MEM_GROW(topology->domains, topology->domain_limit, topology->domain_capacity);
        number = (uint32_t)topology->domain_limit++;
        topology->domains[number] = (struct topology_domain){ 0 };
    }
    struct domain_name *name = mem_new(sizeof *name);
    name->domain = number;
    topology->domains[number].value = text_hold(value);
    topology->domains[number].name = name;
    table_add(&topology->by_value, &name->by_value, hash_of(value));
    topology->domain_count++;
    return number;
}

static void end_domain(struct topology *topology, uint32_t number)
{
    struct topology_domain *domain = &topology->domains[number];
    table_remove(&topology->by_value, &domain->name->by_value);
    free(domain->name);
    text_drop(domain->value);
    domain->name = NULL;
    domain->value = NULL;
    MEM_GROW(topology->free_domains, topology->free_count, topology->free_capacity);
    topology->free_domains[topology->free_count++] = number;
    topology->domain_count--;
}

static void leave_domain(struct topology *topology, uint32_t slot)
{
    const uint32_t number = topology->domain_of[slot];
    struct topology_domain *domain = &topology->domains[number];
    const uint32_t at = topology->place_of[slot], last = domain->slots[--domain->count];
    domain->slots[at] = last;
    topology->place_of[last] = at;
    topology->domain_of[slot] = 0;
    if (domain->count == 0)
        end_domain(topology, number);
}

static void join_domain(struct topology *topology, uint32_t slot, uint32_t number)
{
    struct topology_domain *domain = &topology->domains[number];
    MEM_GROW(domain->slots, domain->count, domain->capacity);
    topology->domain_of[slot] = number;
    topology->place_of[slot] = (uint32_t)domain->count;
    domain->slots[domain->count++] = slot;
}

static void make_room(struct topology *topology, size_t slots)
{
    if (slots <= topology->slot_capacity)
        return;
    const size_t capacity = slots * 2, fresh = capacity - topology->slot_capacity;
    topology->domain_of = mem_resize(topology->domain_of, capacity * sizeof *topology->domain_of);
    topology->place_of = mem_resize(topology->place_of, capacity * sizeof *topology->place_of);
    memset(topology->domain_of + topology->slot_capacity, 0, fresh * sizeof *topology->domain_of);
    topology->slot_capacity = capacity;
}

static void follow(const struct snapshot *snapshot, struct topology *topology,
                   const struct node_info *info)
{
    const struct text *value = NULL;
    uint32_t after = 0;
    make_room(topology, snapshot->slot_capacity);
    const uint32_t before = topology->domain_of[info->slot];
    if (has_label(info->node, topology->key, &value) && (after = find_domain(topology, value)) == 0)
        after = new_domain(topology, value);
    if (before == after)
        return;
    if (before != 0)
        leave_domain(topology, info->slot);
    if (after != 0)
        join_domain(topology, info->slot, after);
}

void snapshot_follow_node(struct snapshot *snapshot, const struct node_info *info)
{
    for (size_t i = 0; i < snapshot->topology_count; i++)
        follow(snapshot, snapshot->topologies[i], info);
}

const struct topology *snapshot_topology(struct snapshot *snapshot, const struct text *key)
{
    for (size_t i = 0; i < snapshot->topology_count; i++)
        if (snapshot->topologies[i]->key == key)
            return snapshot->topologies[i];
    struct topology *topology = mem_new(sizeof *topology);
    topology->key = text_hold(key);
    table_init(&topology->by_value);
    MEM_GROW(topology->domains, topology->domain_limit, topology->domain_capacity);
    topology->domains[topology->domain_limit++] = (struct topology_domain){ 0 };
    MEM_GROW(snapshot->topologies, snapshot->topology_count, snapshot->topology_capacity);
    snapshot->topologies[snapshot->topology_count++] = topology;
    make_room(topology, snapshot->slot_capacity);
    for (size_t slot = 0; slot < snapshot->slot_count; slot++)
        if (snapshot->nodes[slot] != NULL)
            follow(snapshot, topology, snapshot->nodes[slot]);
    return topology;
}

static void free_topology(struct topology *topology)
{
    for (size_t i = 1; i < topology->domain_limit; i++) {
        text_drop(topology->domains[i].value);
        free(topology->domains[i].name);
        free(topology->domains[i].slots);
    }
    table_close(&topology->by_value);
    text_drop(topology->key);
    free(topology->domains);
    free(topology->domain_of);
    free(topology->place_of);
    free(topology->free_domains);
    free(topology);
}

void snapshot_close_topologies(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->topology_count; i++)
        free_topology(snapshot->topologies[i]);
    free(snapshot->topologies);
}
