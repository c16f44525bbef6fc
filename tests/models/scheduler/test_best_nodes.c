/* The index of the best nodes against a look at every slot, on a walk of changes. */
#include "models/scheduler/decision/best_nodes.h"

#include <criterion/criterion.h>

#include "sim/chance/stream.h"

enum { SLOTS = 640, STEPS = 4000 };

static int64_t total_of(const struct best_nodes *nodes, uint32_t slot)
{
    return nodes->values[slot] + nodes->items[nodes->groups[slot]].bonus;
}

static bool takes_part(const struct best_nodes *nodes, uint32_t slot)
{
    return nodes->groups[slot] != NO_GROUP && nodes->items[nodes->groups[slot]].open;
}

/* Every slot that has the greatest total, in order. */
static size_t look_at_all(const struct best_nodes *nodes, uint32_t *top, int64_t *total)
{
    size_t count = 0;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (!takes_part(nodes, slot) || (count > 0 && total_of(nodes, slot) < *total))
            continue;
        if (count > 0 && total_of(nodes, slot) > *total)
            count = 0;
        *total = total_of(nodes, slot);
        top[count++] = slot;
    }
    return count;
}

static void expect_same_top(struct best_nodes *nodes, size_t step)
{
    uint32_t top[SLOTS];
    int64_t expected = 0, total = 0;
    const size_t count = look_at_all(nodes, top, &expected);
    cr_assert_eq(best_nodes_top(nodes, &total), count, "step %zu", step);
    if (count > 0)
        cr_assert_eq(total, expected, "step %zu", step);
    for (size_t k = 0; k < count; k++)
        cr_assert_eq(best_nodes_top_slot(nodes, total, k), top[k], "step %zu, tie %zu", step, k);
}

static void expect_members(struct best_nodes *nodes, size_t step)
{
    for (uint32_t group = 0; group < nodes->item_count; group++)
        if (nodes->items[group].count > 0)
            cr_assert_eq(nodes->groups[best_nodes_member(nodes, group)], group, "step %zu", step);
}

/* So many groups with values from so small a range that many are equal; now and then a bonus or who
 * takes part changes, as from one decision to the next. */
static void walk(size_t groups, int64_t range, uint64_t seed)
{
    struct best_nodes nodes;
    struct stream luck = stream_of(seed, "", "best-nodes", "test", 0);
    best_nodes_init(&nodes, SLOTS);
    for (size_t i = 0; i < groups; i++)
        cr_assert_eq(best_nodes_add_group(&nodes), i);
    for (size_t step = 0; step < STEPS; step++) {
        const uint32_t slot = (uint32_t)stream_below(&luck, SLOTS);
        /* For a while most groups are empty, then all of them are in use again. */
        const size_t in_use = step / 1000 % 2 == 0 ? groups : 1 + groups / 10;
        struct best_group *group = &nodes.items[stream_below(&luck, groups)];
        group->bonus = (int64_t)stream_below(&luck, 3);
        group->open = stream_below(&luck, 4) > 0;
        if (stream_below(&luck, 5) == 0)
            best_nodes_take(&nodes, slot);
        else
            best_nodes_put(&nodes, slot, (uint32_t)stream_below(&luck, in_use),
                           (int64_t)stream_below(&luck, (uint64_t)range) - range / 2);
        expect_same_top(&nodes, step);
        expect_members(&nodes, step);
    }
    best_nodes_close(&nodes);
}

static const struct {
    const char *why;
    size_t groups;
    int64_t range;
} rows[] = {
    { "one group, many ties", 1, 3 },
    { "few groups", 5, 10 },
    { "few ties", 20, 1000 },
    { "as many groups as blocks are kept for, and more", 180, 20 },
};

Test(best_nodes, equal_a_look_at_every_slot)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        walk(rows[i].groups, rows[i].range, i + 1);
}
