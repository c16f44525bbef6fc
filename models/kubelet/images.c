/* Image pulls of a node. Follows what pkg/kubelet/images/image_manager.go and puller.go of the
 * release named in docs/fidelity.md wait for; layers that images share are not modelled. */
#include "models/kubelet/images.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/cluster.h"
#include "sim/base/memory.h"

enum { REPORTED_IMAGES = 50 }; /* nodeStatusMaxImages */

/* --- names ----------------------------------------------------------------------------- */

/* Does the text before the first slash name a registry? */
static bool has_registry(const char *name)
{
    const char *slash = strchr(name, '/');
    const size_t length = slash ? (size_t)(slash - name) : 0;
    return memchr(name, '.', length) != NULL || memchr(name, ':', length) != NULL ||
           (length == 9 && memcmp(name, "localhost", length) == 0);
}

static bool has_tag(const char *name)
{
    const char *slash = strrchr(name, '/');
    return strpbrk(slash ? slash : name, ":@") != NULL;
}

/* Follows the normal form of github.com/distribution/reference, in which containerd keeps
 * images. */
const struct text *image_full_name(const struct text *name)
{
    const char *registry = "";
    if (!has_registry(text_s(name)))
        registry = strchr(text_s(name), '/') ? "docker.io/" : "docker.io/library/";
    return text_format(name->home, "%s%s%s", registry, name->s,
                       has_tag(text_s(name)) ? "" : ":latest");
}

/* --- the cache ------------------------------------------------------------------------- */

static void image_close(struct cached_image *image)
{
    text_drop(image->name);
    text_drop(image->alias);
}

void image_cache_close(struct image_cache *cache)
{
    for (size_t i = 0; i < cache->count; i++)
        image_close(&cache->items[i]);
    free(cache->items);
    *cache = (struct image_cache){ 0 };
}

static struct cached_image *find_full(struct image_cache *cache, const struct text *full)
{
    for (size_t i = 0; i < cache->count; i++)
        if (cache->items[i].name == full)
            return &cache->items[i];
    return NULL;
}

const struct cached_image *image_cache_find(struct image_cache *cache, const struct text *name)
{
    for (size_t i = 0; i < cache->count; i++)
        if (cache->items[i].alias == name)
            return &cache->items[i];
    const struct text *full = image_full_name(name);
    struct cached_image *found = find_full(cache, full);
    if (found != NULL)
        text_assign(&found->alias, text_hold(name)); /* found faster the next time */
    text_drop(full);
    return found;
}

bool image_cache_has(struct image_cache *cache, const struct text *name, sim_time now)
{
    const struct cached_image *image = image_cache_find(cache, name);
    return image != NULL && image->ready_at <= now;
}

static void add(struct image_cache *cache, struct cached_image image)
{
    if (cache->capacity == 0) {
        /* Many nodes hold little more than one image. */
        cache->capacity = 2;
        cache->items = mem_resize(NULL, cache->capacity * sizeof *cache->items);
    }
    MEM_GROW(cache->items, cache->count, cache->capacity);
    cache->items[cache->count++] = image;
}

void image_cache_add(struct image_cache *cache, const struct text *name, int64_t size_bytes)
{
    if (find_full(cache, name) == NULL)
        add(cache, (struct cached_image){ .name = text_hold(name), .size_bytes = size_bytes });
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
    struct stream stream = run_stream(cluster->run, cluster->id, text_s(name), "image-size", 0);
    const double bytes = distribution_sample(cluster->settings.image_size, &stream);
    return bytes > 0 ? llround(bytes) : 0;
}

/* Bytes per second that TCP gets through a network that loses a share p of its packets, at most the
 * bandwidth:
 *
 *     MSS / (RTT sqrt(2bp/3) + T0 min(1, 3 sqrt(3bp/8)) p (1 + 32 p^2)),  b = 2
 *
 * Padhye, Firoiu, Towsley and Kurose, Modeling TCP Throughput, SIGCOMM 1998, equation 30. Here MSS
 * is 1460 bytes, RTT 10 ms and what the network adds, T0 200 ms or the RTT if that is longer. */
static double throughput(const struct strain *strain, double bandwidth)
{
    const double mss = 1460, both = 2;
    const double p = 1 - (1 - strain->loss_in) * (1 - strain->loss_out);
    const double rtt = 0.01 + sim_time_to_seconds(strain->latency);
    const double t0 = fmax(0.2, rtt);
    const double often = fmin(1, 3 * sqrt(3 * both * p / 8));
    const double seconds =
        rtt * sqrt(2 * both * p / 3) + t0 * often * p * (1 + 32 * p * p); /* for a packet */
    return p > 0 ? fmin(bandwidth, mss / seconds) : bandwidth;
}

static sim_time pull_time(const struct strain *strain, double size, double bandwidth)
{
    const sim_time transfer = sim_time_from_seconds(size / throughput(strain, bandwidth));
    return sim_time_after(strained(transfer, strain->slowness * strain->disk_slowness),
                          strain->latency);
}

sim_time image_cache_pull(struct image_cache *cache, const struct client *client,
                          const struct strain *strain, const struct text *name, sim_time now)
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
        sim_time_after(start, pull_time(strain, (double)size, settings->image_bandwidth));
    cache->free_at = end > cache->free_at ? end : cache->free_at;
    add(cache, (struct cached_image){ .name = image_full_name(name),
                                      .alias = text_hold(name),
                                      .size_bytes = size,
                                      .asked_at = now,
                                      .begun_at = start,
                                      .ready_at = end });
    return end;
}

void image_cache_cut(struct image_cache *cache, sim_time now)
{
    size_t kept = 0;
    for (size_t i = 0; i < cache->count; i++) {
        if (cache->items[i].ready_at <= now)
            cache->items[kept++] = cache->items[i];
        else
            image_close(&cache->items[i]);
    }
    cache->count = kept;
    cache->free_at = now;
}

void image_cache_lose(struct image_cache *cache, sim_time now)
{
    size_t kept = 0;
    for (size_t i = 0; i < cache->count; i++) {
        if (cache->items[i].ready_at > now)
            cache->items[kept++] = cache->items[i];
        else
            image_close(&cache->items[i]);
    }
    cache->count = kept;
}

/* --- what a node says of it ------------------------------------------------------------ */

static int larger_first(const void *a, const void *b)
{
    const struct node_image *x = a, *y = b;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes > y->size_bytes ? -1 : 1;
    return strcmp(text_s(x->names[0]), text_s(y->names[0]));
}

struct node_images *image_cache_report(const struct image_cache *cache, sim_time now)
{
    struct node_images *images = mem_new(sizeof *images + cache->count * sizeof *images->items);
    images->refs = 1;
    for (size_t i = 0; i < cache->count; i++) {
        if (cache->items[i].ready_at > now)
            continue;
        const struct text **names = mem_new(sizeof *names);
        names[0] = text_hold(cache->items[i].name);
        images->items[images->count++] =
            (struct node_image){ names, 1, cache->items[i].size_bytes };
    }
    if (images->count > 1)
        qsort(images->items, images->count, sizeof *images->items, larger_first);
    while (images->count > REPORTED_IMAGES) {
        struct node_image *last = &images->items[--images->count];
        text_drop(last->names[0]);
        free(last->names);
    }
    return images;
}
