/* ImageLocality: prefers nodes that already hold the pod's images, big ones above all, but
 * not images that only few nodes hold.
 *
 * Follows pkg/scheduler/framework/plugins/imagelocality of the release named in
 * docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/plugins/plugins.h"

/* Between these, for each container, the score rises from 0 to 100. */
static const int64_t smallest_bytes = (int64_t)23 << 20, largest_bytes = (int64_t)1000 << 20;

/* Images of a template by the names nodes know them under. */
struct wanted_images {
    size_t count, containers;
    const struct text *names[]; /* held; NULL: no image */
};

/* "nginx" is "nginx:latest"; a port of a registry is not a tag. */
static const struct text *full_name(struct texts *texts, const char *image)
{
    const char *colon = strrchr(image, ':'), *slash = strrchr(image, '/');
    const bool tagged = colon != NULL && (slash == NULL || colon > slash);
    return text_format(texts, tagged ? "%s" : "%s:latest", image);
}

static void want(struct texts *texts, struct wanted_images *images, const char *image)
{
    images->names[images->count++] = full_name(texts, image);
}

/* Image volumes count as images, but not as containers. */
static void want_volumes(struct texts *texts, struct wanted_images *images,
                         const struct value *volumes)
{
    for (size_t i = 0; volumes != NULL && i < volumes->count; i++) {
        const char *reference =
            value_text(value_path(value_at(volumes, i), "image", "reference", NULL), NULL);
        if (reference != NULL)
            want(texts, images, reference);
    }
}

static void *image_locality_compile(const struct sched_call *call)
{
    const struct pod_spec *spec = call->spec;
    struct texts *texts = call->snapshot->texts;
    const struct value *volumes = value_get(spec->document, "volumes");
    const size_t containers = spec->init_container_count + spec->container_count;
    const size_t most = containers + (volumes != NULL ? volumes->count : 0);
    struct wanted_images *images = mem_new(sizeof *images + most * sizeof images->names[0]);
    images->containers = containers;
    for (size_t i = 0; i < spec->init_container_count; i++)
        want(texts, images, text_s(spec->init_containers[i].image));
    for (size_t i = 0; i < spec->container_count; i++)
        want(texts, images, text_s(spec->containers[i].image));
    want_volumes(texts, images, volumes);
    return images;
}

static void image_locality_discard(void *compiled)
{
    struct wanted_images *images = compiled;
    for (size_t i = 0; i < images->count; i++)
        text_drop(images->names[i]);
    free(images);
}

/* How widely an image is spread is counted against all nodes. */
static uint64_t image_locality_epoch(const struct sched_call *call)
{
    return call->snapshot->node_count;
}

/* The image's size, less the rarer it is. */
static int64_t scaled_size(const struct node_info *node, const struct text *name, size_t all_nodes)
{
    for (size_t i = 0; i < node->image_count; i++) {
        const struct held_image *held = &node->images[i];
        if (held->state->name == name)
            return (int64_t)((double)held->state->size_bytes *
                             ((double)held->node_count / (double)all_nodes));
    }
    return 0;
}

static int64_t image_locality_score(const struct sched_call *call, const struct node_info *node)
{
    const struct wanted_images *images = call->compiled;
    const int64_t least = smallest_bytes, most = largest_bytes * (int64_t)images->containers;
    int64_t sum = 0;
    for (size_t i = 0; node->image_count > 0 && i < images->count; i++)
        sum += scaled_size(node, images->names[i], call->snapshot->node_count);
    if (sum < least)
        sum = least;
    if (sum > most)
        sum = most;
    return MAX_NODE_SCORE * (sum - least) / (most - least);
}

const struct sched_plugin image_locality_plugin = {
    .name = "ImageLocality",
    .compile = image_locality_compile,
    .discard = image_locality_discard,
    .epoch = image_locality_epoch,
    .score = image_locality_score,
};
