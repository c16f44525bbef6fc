/* The best nodes of one class of pods, without looking at all of them.
 *
 * A node's total is a value of its own and a bonus that all nodes of its group share: the
 * groups' boni change with every decision, the values of few nodes do. So every group keeps
 * the best value of each block of 64 slots and how many have it; a change costs O(1), or a
 * look at its block when the last of the best has gone. With more groups than pay, nothing
 * is kept and every slot is looked at.
 *
 * Order among equals is that of the slots. */
#ifndef MODELS_SCHEDULER_BEST_NODES_H
#define MODELS_SCHEDULER_BEST_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOCK_SLOTS = 64, NO_GROUP = UINT32_MAX };

struct best_group {
    size_t count; /* of members */
    int64_t bonus;
    bool open; /* takes part in the decision */

    /* private */
    bool stale;             /* best and ties are not known */
    int64_t best;           /* value */
    size_t ties;            /* members that have it */
    uint32_t witness;       /* was a member once */
    int64_t *best_of_block; /* owned; INT64_MIN: no member there; NULL: not kept */
    uint8_t *ties_of_block; /* in the same memory */
};

struct best_nodes {
    int64_t *values;  /* by slot */
    uint32_t *groups; /* by slot; NO_GROUP: not a member of any */
    size_t slots, blocks;
    struct best_group *items; /* by number; some may be empty */
    size_t item_count, item_capacity;
    size_t used; /* groups with members */
    bool plain;  /* too many of them, or nobody asked yet: blocks are not kept */
};

/* No nodes, with room for so many slots (a multiple of 64). Blocks are kept from the first
 * best_nodes_top() on: whoever never asks need not pay. */
void best_nodes_init(struct best_nodes *nodes, size_t slots);
void best_nodes_close(struct best_nodes *nodes);

/* A new, empty group with the next number. */
uint32_t best_nodes_add_group(struct best_nodes *nodes);

/* A slot is a member of a group with a value, and of no other group; or of none. */
void best_nodes_put(struct best_nodes *nodes, uint32_t slot, uint32_t group, int64_t value);
void best_nodes_take(struct best_nodes *nodes, uint32_t slot);

/* Some member of a group that has one. */
uint32_t best_nodes_member(struct best_nodes *nodes, uint32_t group);

/* The greatest total among the members of open groups, and how many have it; 0 when there is
 * none. O(groups), and O(blocks) for each group that has lost its best. */
size_t best_nodes_top(struct best_nodes *nodes, int64_t *total);
/* The k-th slot, from 0, of those that have it. */
uint32_t best_nodes_top_slot(const struct best_nodes *nodes, int64_t total, size_t k);

#endif
