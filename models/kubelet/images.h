/* The images of one node: what is there, and how long a pull takes.
 *
 * A pull takes size / bandwidth. Under settings.serialize_image_pulls one waits for the other;
 * two pods that want one image wait for one pull. Nothing is ever removed. */
#ifndef MODELS_KUBELET_IMAGES_H
#define MODELS_KUBELET_IMAGES_H

#include "models/api/image.h"
#include "models/cluster/client.h"

struct cached_image {
    const struct text *name; /* held */
    int64_t size_bytes;
    sim_time ready_at; /* when its pull ends or ended */
};

struct image_cache {
    struct cached_image *items; /* in the order of their pulls */
    size_t count, capacity;
    sim_time free_at; /* when the last serialized pull ends */
};

void image_cache_close(struct image_cache *cache);

/* Is the image there? */
bool image_cache_has(const struct image_cache *cache, const struct text *name, sim_time now);

/* Pull an image from now on, unless it is there or on its way: when it will be there. */
sim_time image_cache_pull(struct image_cache *cache, const struct client *client,
                          const struct text *name, sim_time now);

/* The power went: what was not complete is lost. */
void image_cache_cut(struct image_cache *cache, sim_time now);

/* What is said of an image; NULL: nobody described it. Borrowed. */
const struct image *image_description(const struct client *client, const struct text *name);

#endif
