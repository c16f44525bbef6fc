/* What a client knows: a copy of the store that is kept up to date by watching it.
 *
 * A cache may lag: an event reaches it `lag` after it became visible, drawn from a
 * distribution and never overtaking an earlier event. Clients with the same lag share one
 * cache; with no lag it shows every write at the instant it becomes visible, before any of
 * the cache's own watchers hear of it. Indexes list the objects that share a key (an owner,
 * a place), in the order in which they were added to the list. */
#ifndef SIM_STORE_CACHE_H
#define SIM_STORE_CACHE_H

#include "sim/chance/distribution.h"
#include "sim/store/store.h"

enum { CACHE_INDEXES = 4 }; /* at most, per kind */

struct cache;

/* The key under which an index lists an object; 0: not listed. */
typedef uint64_t index_fn(const struct object *object);

/* A cache of a store, empty but for what is written from now on. `lag` may be NULL (none);
 * it is copied, and drawn from a stream of the cache's name. Caches without lag cost nothing:
 * they share what the store keeps for them. Release with cache_free(), before the store. */
struct cache *cache_new(struct run *run, struct store *store, const char *name,
                        const struct distribution *lag);
void cache_free(struct cache *cache);

/* A cache for a run with a variation: every kind is watched by itself, may come late ("watch-late" of
 * "name/kind"), and may lose its watch ("watch-lost"): it then lists after a while, and hears of
 * each object only what has become of it. Kinds of which the bit is set in `prompt` are never late.
 * The name is borrowed. */
struct cache *cache_new_varied(struct run *run, struct store *store, const char *name,
                               uint64_t prompt);

/* Know at once all that is visible, without a word to the watchers. In an event of its own. */
void cache_relist(struct cache *cache);

/* Everything of a kind that was written before this time is known to the cache. O(changes under
 * way). */
sim_time cache_known(const struct cache *cache, uint16_t kind);

/* May it know less than is visible? And does it know everything visible of a kind up to a version?
 * O(changes under way). */
bool cache_lags(const struct cache *cache);
bool cache_has_seen(const struct cache *cache, uint16_t kind, uint64_t version);

/* Keep an index over one kind; returns its number. Before anything of it is stored. The same
 * function twice is one index. */
int cache_add_index(struct cache *cache, uint16_t kind, index_fn *key);

/* The version the cache knows; borrowed until the next event is dispatched. */
const struct object *cache_get(const struct cache *cache, struct object_key key);

/* Hear of every change after the cache has taken it in, or only of those of some kinds (bit k:
 * of kind k). In the order of registration, which without lag is that of all watchers of the
 * store. At one instant, watchers without lag come first, then the lagging caches in the
 * order they were made. */
void cache_watch(struct cache *cache, struct watcher watcher);
void cache_watch_kinds(struct cache *cache, struct watcher watcher, uint64_t kinds);

/* Walk objects: all of a kind, or those an index lists under a key. The objects are
 * borrowed; no event may be dispatched during the walk.
 *     for (struct cache_cursor c = cache_list(cache, KIND_SHIP); cache_next(&c);)
 *         use(c.object); */
struct cache_cursor {
    const struct object *object;
    const void *next; /* private */
    int index;        /* private */
};
struct cache_cursor cache_list(const struct cache *cache, uint16_t kind);
struct cache_cursor cache_listed(const struct cache *cache, uint16_t kind, int index, uint64_t key);
bool cache_next(struct cache_cursor *cursor);

/* How many objects of a kind, or under a key. O(1). */
size_t cache_count(const struct cache *cache, uint16_t kind);
size_t cache_listed_count(const struct cache *cache, uint16_t kind, int index, uint64_t key);

#endif
