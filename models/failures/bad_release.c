/* A release goes wrong: containers of an image never become ready, crash, or cannot be had.
 *
 * What was said of the image before is said again when the failure is mended. Containers that
 * run by then are what they are: they came from the bad image. */
#include "models/failures/failure.h"

#include "models/api/image.h"
#include "sim/base/memory.h"

/* The image as it was before. */
struct before {
    bool described;
    bool never_ready, pull_fails;
    double start_probability;
};

static bool spoil(struct object *object, void *context)
{
    const struct blow *blow = context;
    struct image *image = (struct image *)object;
    const char *effect = value_text(value_get(blow->options, "effect"), "never-ready");
    if (strcmp(effect, "crash") == 0)
        image->start_probability = 0;
    else if (strcmp(effect, "pull") == 0)
        image->pull_fails = true;
    else
        image->never_ready = true;
    return true;
}

static struct object *image_new(const struct text *name)
{
    struct image *image = (struct image *)object_new(object_kinds, KIND_IMAGE);
    image->meta.object.name = text_hold(name);
    image->size_bytes = -1;
    image->start_probability = 1;
    return &image->meta.object;
}

static void bad_release_strike(struct blow *blow)
{
    const struct text *name = cluster_text(blow->client->cluster, blow->target);
    const struct object_key key = { KIND_IMAGE, NULL, name };
    const struct object *known = client_get(blow->client, KIND_IMAGE, NULL, name);
    struct before *before = mem_new(sizeof *before);
    if (known != NULL)
        *before = (struct before){ .described = true,
                                   .never_ready = image_of(known)->never_ready,
                                   .pull_fails = image_of(known)->pull_fails,
                                   .start_probability = image_of(known)->start_probability };
    else
        client_create(blow->client, image_new(name), NULL, NULL);
    client_patch(blow->client, key, spoil, blow, NULL);
    blow->memory = before;
    text_drop(name);
}

static bool restore(struct object *object, void *context)
{
    const struct before *before = context;
    struct image *image = (struct image *)object;
    image->never_ready = before->never_ready;
    image->pull_fails = before->pull_fails;
    image->start_probability = before->start_probability;
    return true;
}

static void bad_release_mend(struct blow *blow)
{
    const struct text *name = cluster_text(blow->client->cluster, blow->target);
    const struct object_key key = { KIND_IMAGE, NULL, name };
    const struct before *before = blow->memory;
    if (before->described)
        client_patch(blow->client, key, restore, blow->memory, NULL);
    else
        client_delete(blow->client, key, delete_options_default(), NULL);
    text_drop(name);
}

static void bad_release_check(const struct value *options, struct error_list *faults)
{
    const struct value *effect = value_get(options, "effect");
    const char *text = value_text(effect, "never-ready");
    if (strcmp(text, "never-ready") != 0 && strcmp(text, "crash") != 0 && strcmp(text, "pull") != 0)
        error_list_add(faults, effect->at, "effect: \"%s\" is not one of never-ready, crash, pull",
                       text);
}

const struct failure bad_release = {
    .name = "bad-release",
    .targets = TARGET_NAMED,
    .target_field = "image",
    .check = bad_release_check,
    .strike = bad_release_strike,
    .mend = bad_release_mend,
};
