/* Lookups in the scheduler's cache; see listers.h. */
#include "models/scheduler/snapshot/listers.h"

#include <assert.h>

void listers_index(struct cache *cache, int by_namespace[KIND_COUNT])
{
    for (uint16_t kind = 0; kind < KIND_COUNT; kind++)
        by_namespace[kind] =
            kind_infos[kind].namespaced ? cache_add_index(cache, kind, object_namespace_key) : -1;
}

const struct object *lister_get(const struct snapshot *snapshot, enum kind kind,
                                const struct text *space, const struct text *name)
{
    if (snapshot->objects == NULL || name == NULL)
        return NULL;
    return cache_get(snapshot->objects,
                     (struct object_key){ .kind = (uint16_t)kind, .space = space, .name = name });
}

struct cache_cursor lister_all(const struct snapshot *snapshot, enum kind kind)
{
    if (snapshot->objects == NULL)
        return (struct cache_cursor){ 0 };
    return cache_list(snapshot->objects, (uint16_t)kind);
}

struct cache_cursor lister_in(const struct snapshot *snapshot, enum kind kind,
                              const struct text *space)
{
    if (snapshot->objects == NULL || space == NULL)
        return (struct cache_cursor){ 0 };
    assert(snapshot->by_namespace[kind] >= 0);
    return cache_listed(snapshot->objects, (uint16_t)kind, snapshot->by_namespace[kind],
                        space->hash);
}

uint64_t lister_epoch(const struct snapshot *snapshot, const enum kind *kinds)
{
    uint64_t changes = 0;
    for (; *kinds != KIND_COUNT; kinds++)
        changes += snapshot->object_changes[*kinds];
    return changes;
}
