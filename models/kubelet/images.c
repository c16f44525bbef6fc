/* Image pulls of a node. Follows what pkg/kubelet/images/image_manager.go and puller.go of the
 * release named in docs/fidelity.md wait for; layers that images share are not modelled. */
#include "models/kubelet/images.h"

#include <math.h>
#include <stdlib.h>

#include "models/cluster/cluster.h"
#include "sim/base/memory.h"

void image_cache_close(struct image_cache *cache)
{
    for (size_t i = 0; i < cache->count; i++)
        text_drop(cache->items[i].name);
    free(cache->items);
    *cache = (struct image_cache){ 0 };
}

static const struct cached_image *image_cache_find(const struct image_cache *cache,
                                                   const struct text *name)
{
    for (size_t i = 0; i < cache->count; i++)
        if (cache->items[i].name == name)
            return &cache->items[i];
    return NULL;
}

bool image_cache_has(const struct image_cache *cache, const struct text *name, sim_time now)
{
    const struct cached_image *image = image_cache_find(cache, name);
    return image != NULL && image->ready_at <= now;
}

const struct image *image_description(const struct client *client, const struct text *name)
{
    const struct object *object = client_get(client, KIND_IMAGE, NULL, name);
    return object ? image_of(object) : NULL;
}

/* As described, or drawn from the model: the same size on every node. */
static int64_t image_size(const struct client *client, const struct text *name)
{
    const struct cluster *cluster = client->cluster;
    const struct image *image = image_description(client, name);
    if (image != NULL && image->size_bytes >= 0)
        return image->size_bytes;
    struct stream stream =
        stream_of(cluster->run->seed, cluster->id, text_s(name), "image-size", 0);
    const double bytes = distribution_sample(cluster->settings.image_size, &stream);
    return bytes > 0 ? llround(bytes) : 0;
}

sim_time image_cache_pull(struct image_cache *cache, const struct client *client,
                          const struct text *name, sim_time now)
{
    const struct settings *settings = &client->cluster->settings;
    const struct cached_image *known = image_cache_find(cache, name);
    if (known != NULL)
        return known->ready_at > now ? known->ready_at : now;
    const int64_t size = image_size(client, name);
    sim_time start = now;
    if (settings->serialize_image_pulls && cache->free_at > now)
        start = cache->free_at;
    const sim_time end =
        sim_time_after(start, sim_time_from_seconds((double)size / settings->image_bandwidth));
    cache->free_at = end > cache->free_at ? end : cache->free_at;
    MEM_GROW(cache->items, cache->count, cache->capacity);
    cache->items[cache->count++] = (struct cached_image){ text_hold(name), size, end };
    return end;
}

void image_cache_cut(struct image_cache *cache, sim_time now)
{
    size_t kept = 0;
    for (size_t i = 0; i < cache->count; i++) {
        if (cache->items[i].ready_at <= now)
            cache->items[kept++] = cache->items[i];
        else
            text_drop(cache->items[i].name);
    }
    cache->count = kept;
    cache->free_at = now;
}
