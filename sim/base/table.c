/* Chained buckets, doubled when there are as many nodes as buckets. */
#include "sim/base/table.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"

void table_init(struct table *table)
{
    *table = (struct table){ .mask = 15 };
    table->buckets = mem_new((table->mask + 1) * sizeof *table->buckets);
}

void table_close(struct table *table)
{
    free(table->buckets);
    *table = (struct table){ 0 };
}

static void push(struct table *table, struct table_node *node)
{
    struct table_node **bucket = &table->buckets[node->hash & table->mask];
    node->next = *bucket;
    *bucket = node;
}

static void grow(struct table *table)
{
    struct table_node **old = table->buckets;
    const size_t count = table->mask + 1;
    table->mask = count * 2 - 1;
    table->buckets = mem_new(count * 2 * sizeof *old);
    for (size_t i = 0; i < count; i++)
        for (struct table_node *node = old[i], *next; node != NULL; node = next) {
            next = node->next;
            push(table, node);
        }
    free(old);
}

void table_add(struct table *table, struct table_node *node, uint64_t hash)
{
    if (table->count > table->mask)
        grow(table);
    node->hash = hash;
    push(table, node);
    table->count++;
}

void table_remove(struct table *table, struct table_node *node)
{
    struct table_node **link = &table->buckets[node->hash & table->mask];
    while (*link != node) {
        assert(*link != NULL);
        link = &(*link)->next;
    }
    *link = node->next;
    table->count--;
}

static struct table_node *same(struct table_node *node, uint64_t hash)
{
    while (node != NULL && node->hash != hash)
        node = node->next;
    return node;
}

struct table_node *table_first(const struct table *table, uint64_t hash)
{
    return same(table->buckets[hash & table->mask], hash);
}

struct table_node *table_again(const struct table_node *node)
{
    return same(node->next, node->hash);
}
