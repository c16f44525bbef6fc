/* Objects other than nodes and pods, as plugins look them up: Services, Namespaces, claims, ...
 *
 * What an informer's lister is in kube-scheduler. They are read from the cache that the snapshot
 * was given; without one there is nothing to be found. */
#ifndef MODELS_SCHEDULER_LISTERS_H
#define MODELS_SCHEDULER_LISTERS_H

#include "models/scheduler/snapshot/snapshot.h"
#include "sim/store/cache.h"

/* Keep what the listers need in a cache; before anything is stored. snapshot_new() does it. */
void listers_index(struct cache *cache, int by_namespace[KIND_COUNT]);

/* One object; NULL when there is none. Borrowed until the next event. `space` NULL: the kind has no
 * namespaces. */
const struct object *lister_get(const struct snapshot *snapshot, enum kind kind,
                                const struct text *space, const struct text *name);

/* Walk all of a kind, or those of one namespace, in the order in which they were added:
 *     for (struct cache_cursor c = lister_in(snapshot, KIND_SERVICE, space); lister_next(&c);)
 *         use(c.object); */
struct cache_cursor lister_all(const struct snapshot *snapshot, enum kind kind);
struct cache_cursor lister_in(const struct snapshot *snapshot, enum kind kind,
                              const struct text *space);
static inline bool lister_next(struct cache_cursor *cursor)
{
    return cursor->next != NULL && cache_next(cursor);
}

/* How often objects of these kinds have changed: an epoch. `kinds` ends at KIND_COUNT. */
uint64_t lister_epoch(const struct snapshot *snapshot, const enum kind *kinds);

#endif
