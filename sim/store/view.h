/* A view: the objects somebody knows, by key, in the order in which they were added, and
 * listed under the keys of indexes. What the store shows, and what a lagging cache knows.
 *
 * An object costs an entry of 40 bytes, a share of the table, and 16 bytes for each index
 * over its kind; entries come from pools. */
#ifndef SIM_STORE_VIEW_H
#define SIM_STORE_VIEW_H

#include "sim/base/memory.h"
#include "sim/base/table.h"
#include "sim/store/cache.h"

struct view_link {
    struct view_link *before, *after;
};

struct view_list {
    struct view_link *first, *last;
    size_t count;
};

struct view_kind {
    struct view_list all;
    int index_count;
    index_fn *indexes[CACHE_INDEXES];
};

struct view {
    struct table entries; /* by the hash of the object's key */
    struct table groups;  /* by the hash of (kind, index, key) */
    struct view_kind *kinds;
    uint16_t kind_count;
    struct pool entry_pools[CACHE_INDEXES + 1]; /* by the number of indexes */
    struct pool group_pool;
};

void view_init(struct view *view, uint16_t kinds);
void view_close(struct view *view);

/* See cache_add_index(). */
int view_add_index(struct view *view, uint16_t kind, index_fn *key);

/* Know this version: added last if its key is new, else in the place of the version before.
 * The view holds it. */
void view_put(struct view *view, const struct object *object);
/* Forget a key that is known. */
void view_remove(struct view *view, struct object_key key);

/* Borrowed; NULL when unknown. */
const struct object *view_get(const struct view *view, struct object_key key);

/* See cache_list() and cache_listed(); the cursors are for cache_next(). */
struct cache_cursor view_list_all(const struct view *view, uint16_t kind);
struct cache_cursor view_list_group(const struct view *view, uint16_t kind, int index,
                                    uint64_t key);
size_t view_group_count(const struct view *view, uint16_t kind, int index, uint64_t key);

#endif
