/* An intrusive hash table: the node is a member of what is stored.
 *
 * Looks up by hash; the caller compares keys. It has no order, so nobody can iterate over
 * it: owners keep a list beside it in the order they want.
 *     for (struct table_node *n = table_first(&t, hash); n != NULL; n = table_again(n))
 *         if (same(thing_of(n), key)) ... */
#ifndef SIM_BASE_TABLE_H
#define SIM_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_node {
    struct table_node *next;
    uint64_t hash;
};

struct table {
    struct table_node **buckets;
    size_t mask, count;
};

void table_init(struct table *table);
void table_close(struct table *table); /* the nodes are the caller's */

void table_add(struct table *table, struct table_node *node, uint64_t hash);
void table_remove(struct table *table, struct table_node *node);

struct table_node *table_first(const struct table *table, uint64_t hash);
struct table_node *table_again(const struct table_node *node); /* next with the same hash */

#endif
