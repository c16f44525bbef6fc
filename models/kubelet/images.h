/* The images of one node: what is there, and how long a pull takes.
 *
 * A pull takes size / bandwidth, and longer over a bad network or onto a bad disk. Under settings.serialize_image_pulls one waits for the other;
 * two pods that want one image wait for one pull. Nothing is ever removed. */
#ifndef MODELS_KUBELET_IMAGES_H
#define MODELS_KUBELET_IMAGES_H

#include "models/api/ailment.h"
#include "models/api/image.h"
#include "models/api/node.h"
#include "models/cluster/client.h"

struct cached_image {
    const struct text *name;  /* held: in full, "docker.io/library/nginx:1.27" */
    const struct text *alias; /* held: as a pod called it first; NULL: none did yet */
    int64_t size_bytes;
    sim_time asked_at, begun_at, ready_at; /* of its pull: first asked for, begun, ended */
};

struct image_cache {
    struct cached_image *items; /* in the order of their pulls */
    size_t count, capacity;
    sim_time free_at; /* when the last serialized pull ends */
};

void image_cache_close(struct image_cache *cache);

/* The image if it is there or on its way; NULL otherwise. Any name that means it will do. */
const struct cached_image *image_cache_find(struct image_cache *cache, const struct text *name);

/* Is the image there? */
bool image_cache_has(struct image_cache *cache, const struct text *name, sim_time now);

/* The image is there from the start, under its full name. */
void image_cache_add(struct image_cache *cache, const struct text *name, int64_t size_bytes);

/* Pull an image from now on, unless it is there or on its way: when it will be there. The strain is
 * the node's, with the registry. */
sim_time image_cache_pull(struct image_cache *cache, const struct client *client,
                          const struct strain *strain, const struct text *name, sim_time now);

/* The power went: what was not complete is lost. */
void image_cache_cut(struct image_cache *cache, sim_time now);

/* The disk was replaced: what was complete is gone. */
void image_cache_lose(struct image_cache *cache, sim_time now);

/* A new list of what is there at `now`, for a node's status: the largest first, 50 at most,
 * with one reference. */
struct node_images *image_cache_report(const struct image_cache *cache, sim_time now);

/* The full name of what a pod calls "nginx": with registry and tag. One reference. */
const struct text *image_full_name(const struct text *name);

/* What is said of an image; NULL: nobody described it. Borrowed. */
const struct image *image_description(const struct client *client, const struct text *name);

#endif
