/* Values in groups and blocks; see best_nodes.h. */
#include "models/scheduler/decision/best_nodes.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"

enum {
    MOST_GROUPS = 128, /* with members, for which blocks are kept */
    FEW_GROUPS = 64    /* blocks are kept again */
};

void best_nodes_init(struct best_nodes *nodes, size_t slots)
{
    assert(slots % BLOCK_SLOTS == 0);
    *nodes = (struct best_nodes){ .slots = slots,
                                  .blocks = slots / BLOCK_SLOTS,
                                  .values = mem_new(slots * sizeof *nodes->values),
                                  .groups = mem_new(slots * sizeof *nodes->groups),
                                  .plain = true };
    for (size_t slot = 0; slot < slots; slot++)
        nodes->groups[slot] = NO_GROUP;
}

void best_nodes_close(struct best_nodes *nodes)
{
    for (size_t i = 0; i < nodes->item_count; i++)
        free(nodes->items[i].best_of_block);
    free(nodes->items);
    free(nodes->values);
    free(nodes->groups);
}

uint32_t best_nodes_add_group(struct best_nodes *nodes)
{
    MEM_GROW(nodes->items, nodes->item_count, nodes->item_capacity);
    nodes->items[nodes->item_count] = (struct best_group){ .best = INT64_MIN };
    return (uint32_t)nodes->item_count++;
}

/* --- blocks ------------------------------------------------------------------------------- */

static void count_in_block(struct best_group *group, size_t block, int64_t value)
{
    if (value > group->best_of_block[block]) {
        group->best_of_block[block] = value;
        group->ties_of_block[block] = 1;
    } else if (value == group->best_of_block[block]) {
        group->ties_of_block[block]++;
    }
}

static void scan_block(const struct best_nodes *nodes, uint32_t number, size_t block)
{
    const uint32_t *groups = &nodes->groups[block * BLOCK_SLOTS];
    const int64_t *values = &nodes->values[block * BLOCK_SLOTS];
    int64_t best = INT64_MIN;
    uint8_t ties = 0;
    for (size_t i = 0; i < BLOCK_SLOTS; i++) {
        const int64_t value = groups[i] == number ? values[i] : INT64_MIN;
        ties = (uint8_t)(value > best ? 1 : ties + (value == best));
        best = value > best ? value : best;
    }
    nodes->items[number].best_of_block[block] = best;
    nodes->items[number].ties_of_block[block] = best == INT64_MIN ? 0 : ties;
}

/* Blocks for a group that had no members so far. */
static void keep_blocks(const struct best_nodes *nodes, struct best_group *group)
{
    group->best_of_block = mem_resize(NULL, nodes->blocks * (sizeof(int64_t) + 1));
    group->ties_of_block = (uint8_t *)&group->best_of_block[nodes->blocks];
    for (size_t block = 0; block < nodes->blocks; block++)
        group->best_of_block[block] = INT64_MIN;
    memset(group->ties_of_block, 0, nodes->blocks);
    group->stale = true;
}

/* More groups than pay, or few enough again. */
static void change_way(struct best_nodes *nodes, bool plain)
{
    nodes->plain = plain;
    for (uint32_t i = 0; i < nodes->item_count; i++) {
        free(nodes->items[i].best_of_block);
        nodes->items[i].best_of_block = NULL;
        if (plain || nodes->items[i].count == 0)
            continue;
        keep_blocks(nodes, &nodes->items[i]);
        for (size_t block = 0; block < nodes->blocks; block++)
            scan_block(nodes, i, block);
    }
}

/* --- members ------------------------------------------------------------------------------ */

static void add_member(struct best_nodes *nodes, uint32_t slot, uint32_t number, int64_t value)
{
    struct best_group *group = &nodes->items[number];
    nodes->groups[slot] = number;
    nodes->values[slot] = value;
    group->witness = slot;
    if (group->count++ == 0 && ++nodes->used > MOST_GROUPS && !nodes->plain)
        change_way(nodes, true);
    if (nodes->plain)
        return;
    if (group->best_of_block == NULL)
        keep_blocks(nodes, group);
    count_in_block(group, slot / BLOCK_SLOTS, value);
    if (group->stale)
        return;
    group->ties = value > group->best ? 1 : group->ties + (value == group->best);
    group->best = value > group->best ? value : group->best;
}

static void remove_member(struct best_nodes *nodes, uint32_t slot)
{
    const uint32_t number = nodes->groups[slot];
    const size_t block = slot / BLOCK_SLOTS;
    struct best_group *group = &nodes->items[number];
    const int64_t value = nodes->values[slot];
    nodes->groups[slot] = NO_GROUP;
    if (--group->count == 0)
        nodes->used--;
    if (nodes->plain)
        return;
    if (value == group->best_of_block[block] && --group->ties_of_block[block] == 0)
        scan_block(nodes, number, block);
    if (!group->stale && value == group->best && --group->ties == 0)
        group->stale = true;
}

void best_nodes_put(struct best_nodes *nodes, uint32_t slot, uint32_t group, int64_t value)
{
    if (nodes->groups[slot] == group && nodes->values[slot] == value)
        return;
    if (nodes->groups[slot] != NO_GROUP)
        remove_member(nodes, slot);
    add_member(nodes, slot, group, value);
}

void best_nodes_take(struct best_nodes *nodes, uint32_t slot)
{
    if (nodes->groups[slot] != NO_GROUP)
        remove_member(nodes, slot);
}

uint32_t best_nodes_member(struct best_nodes *nodes, uint32_t group)
{
    struct best_group *of = &nodes->items[group];
    assert(of->count > 0);
    if (nodes->groups[of->witness] == group)
        return of->witness;
    size_t slot = 0;
    if (!nodes->plain)
        while (of->best_of_block[slot / BLOCK_SLOTS] == INT64_MIN)
            slot += BLOCK_SLOTS;
    while (nodes->groups[slot] != group)
        slot++;
    of->witness = (uint32_t)slot;
    return of->witness;
}

/* --- the best ----------------------------------------------------------------------------- */

static void find_best(const struct best_nodes *nodes, struct best_group *group)
{
    int64_t best = INT64_MIN;
    size_t ties = 0;
    for (size_t block = 0; block < nodes->blocks; block++)
        if (group->best_of_block[block] > best)
            best = group->best_of_block[block];
    for (size_t block = 0; block < nodes->blocks; block++)
        if (group->best_of_block[block] == best)
            ties += group->ties_of_block[block];
    group->best = best;
    group->ties = ties;
    group->stale = false;
}

/* The number of slots whose total is the greatest, by looking at all of them. */
static size_t top_of_slots(const struct best_nodes *nodes, int64_t *total)
{
    size_t count = 0;
    for (size_t slot = 0; slot < nodes->slots; slot++) {
        if (nodes->groups[slot] == NO_GROUP || !nodes->items[nodes->groups[slot]].open)
            continue;
        const int64_t sum = nodes->values[slot] + nodes->items[nodes->groups[slot]].bonus;
        if (count > 0 && sum < *total)
            continue;
        count = count > 0 && sum == *total ? count + 1 : 1;
        *total = sum;
    }
    return count;
}

size_t best_nodes_top(struct best_nodes *nodes, int64_t *total)
{
    size_t count = 0;
    if (nodes->plain && nodes->used <= FEW_GROUPS)
        change_way(nodes, false);
    if (nodes->plain)
        return top_of_slots(nodes, total);
    for (size_t i = 0; i < nodes->item_count; i++) {
        struct best_group *group = &nodes->items[i];
        if (group->count == 0 || !group->open)
            continue;
        if (group->stale)
            find_best(nodes, group);
        const int64_t sum = group->best + group->bonus;
        if (count > 0 && sum < *total)
            continue;
        count = count > 0 && sum == *total ? count + group->ties : group->ties;
        *total = sum;
    }
    return count;
}

static bool has_total(const struct best_nodes *nodes, size_t slot, int64_t total)
{
    const uint32_t number = nodes->groups[slot];
    return number != NO_GROUP && nodes->items[number].open &&
           nodes->values[slot] + nodes->items[number].bonus == total;
}

/* The k-th in order from a slot on. */
static uint32_t slot_from(const struct best_nodes *nodes, size_t slot, int64_t total, size_t k)
{
    for (; slot < nodes->slots; slot++)
        if (has_total(nodes, slot, total) && k-- == 0)
            return (uint32_t)slot;
    abort(); /* there are not so many */
}

uint32_t best_nodes_top_slot(const struct best_nodes *nodes, int64_t total, size_t k)
{
    const struct best_group *tied[MOST_GROUPS];
    size_t count = 0;
    if (nodes->plain)
        return slot_from(nodes, 0, total, k);
    for (size_t i = 0; i < nodes->item_count; i++)
        if (nodes->items[i].count > 0 && nodes->items[i].open &&
            nodes->items[i].best + nodes->items[i].bonus == total)
            tied[count++] = &nodes->items[i];
    for (size_t block = 0; block < nodes->blocks; block++) {
        size_t ties = 0;
        for (size_t i = 0; i < count; i++)
            if (tied[i]->best_of_block[block] == tied[i]->best)
                ties += tied[i]->ties_of_block[block];
        if (k < ties)
            return slot_from(nodes, block * BLOCK_SLOTS, total, k);
        k -= ties;
    }
    abort(); /* there are not so many */
}
