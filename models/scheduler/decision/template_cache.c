/* Classes by key, and by last use; see template_cache.h. */
#include "models/scheduler/decision/template_cache.h"

#include <stdlib.h>

/* Of some forty bytes each. What a class has besides its cells costs as much as so many. */
enum { MOST_CELLS = 1 << 20, CLASS_OVERHEAD = 256 };

static size_t cells_of(const struct pod_class *class)
{
    return class->nodes.slots + CLASS_OVERHEAD;
}

struct template_cache *template_cache_new(void)
{
    struct template_cache *cache = mem_new(sizeof *cache);
    rejection_table_init(&cache->rejections);
    table_init(&cache->by_key);
    return cache;
}

static void unlink_class(struct template_cache *cache, struct pod_class *class)
{
    *(class->older != NULL ? &class->older->newer : &cache->oldest) = class->newer;
    *(class->newer != NULL ? &class->newer->older : &cache->newest) = class->older;
}

static void link_newest(struct template_cache *cache, struct pod_class *class)
{
    class->newer = NULL;
    class->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = class;
    cache->newest = class;
}

static void forget_class(struct template_cache *cache, struct pod_class *class)
{
    unlink_class(cache, class);
    table_remove(&cache->by_key, &class->by_key);
    cache->cells -= cells_of(class);
    pod_class_free(class);
}

void template_cache_free(struct template_cache *cache)
{
    while (cache->oldest != NULL)
        forget_class(cache, cache->oldest);
    table_close(&cache->by_key);
    rejection_table_close(&cache->rejections);
    free(cache);
}

static struct pod_class *find_class(struct template_cache *cache, const struct class_key *key,
                                    uint64_t hash)
{
    struct table_node *found = table_first(&cache->by_key, hash);
    for (; found != NULL; found = table_again(found)) {
        struct pod_class *class = (struct pod_class *)found;
        if (class_key_equal(&class->key, key))
            return class;
    }
    return NULL;
}

static struct pod_class *new_class(struct template_cache *cache, const struct class_key *key,
                                   uint64_t hash, const struct pod *pod,
                                   const struct snapshot *snapshot)
{
    struct pod_class *class = pod_class_new(key, pod, snapshot);
    while (cache->oldest != NULL && cache->cells + cells_of(class) > MOST_CELLS)
        forget_class(cache, cache->oldest);
    cache->cells += cells_of(class);
    table_add(&cache->by_key, &class->by_key, hash);
    link_newest(cache, class);
    return class;
}

struct pod_class *template_cache_class(struct template_cache *cache, const struct profile *profile,
                                       const struct pod *pod, const struct snapshot *snapshot)
{
    const struct class_key key = class_key_of(profile, pod, snapshot);
    const uint64_t hash = class_key_hash(&key);
    struct pod_class *class = find_class(cache, &key, hash);
    if (class != NULL && pod_class_is_stale(class)) {
        forget_class(cache, class);
        class = NULL;
    }
    if (class == NULL)
        class = new_class(cache, &key, hash, pod, snapshot);
    unlink_class(cache, class);
    link_newest(cache, class);
    pod_class_catch_up(class, &cache->rejections);
    return class;
}
