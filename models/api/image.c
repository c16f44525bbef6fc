#include "models/api/image.h"

#include <stdio.h>

#include "models/api/kinds_private.h"
#include "models/api/quantity.h"

static void image_hold(struct object *copy)
{
    struct image *image = (struct image *)copy;
    meta_hold(&image->meta);
    if (image->ready != NULL)
        image->ready = distribution_copy(image->ready);
    if (image->run_time != NULL)
        image->run_time = distribution_copy(image->run_time);
}

static void image_close(struct object *object)
{
    struct image *image = (struct image *)object;
    meta_close(&image->meta);
    distribution_free(image->ready);
    distribution_free(image->run_time);
}

const struct object_kind image_kind = {
    .name = "image",
    .size = sizeof(struct image),
    .hold = image_hold,
    .close = image_close,
};

/* NULL when the field is absent; what is no distribution has been refused when it was read. */
static struct distribution *load_distribution(const struct value *from)
{
    if (value_is_null(from))
        return NULL;
    struct error error = { 0 };
    struct distribution *distribution = distribution_load(from, &error);
    error_close(&error);
    return distribution;
}

/* 0 when the field is absent. */
static int64_t load_bytes(const struct value *from)
{
    struct quantity quantity = { 0 };
    struct error error = { 0 };
    if (!value_is_null(from))
        quantity_load(from, &quantity, &error);
    error_close(&error);
    return quantity_value(quantity);
}

static void put_bytes(struct value **tree, const char *field, int64_t bytes)
{
    char text[QUANTITY_TEXT];
    quantity_print(quantity_of_units(bytes, QUANTITY_BINARY_SI), text);
    if (bytes > 0)
        value_put(tree, value_new_string(text), "spec", field, NULL);
}

struct object *image_load(const struct codec *codec, const struct value *tree)
{
    static const char *const held[] = {
        "sizeBytes", "memory",           "memoryPerHour", "ready",     "runTime",
        "exitCode",  "startProbability", "neverReady",    "pullFails", NULL,
    };
    struct image *image = (struct image *)record_new(codec, KIND_IMAGE, tree);
    const struct value *spec = value_get(tree, "spec");
    image->size_bytes = value_int(value_get(spec, "sizeBytes"), -1);
    image->memory = load_bytes(value_get(spec, "memory"));
    image->memory_per_hour = load_bytes(value_get(spec, "memoryPerHour"));
    image->ready = load_distribution(value_get(spec, "ready"));
    image->run_time = load_distribution(value_get(spec, "runTime"));
    image->exit_code = (int32_t)value_int(value_get(spec, "exitCode"), 0);
    image->start_probability = value_double(value_get(spec, "startProbability"), 1.0);
    image->never_ready = value_truth(value_get(spec, "neverReady"), false);
    image->pull_fails = value_truth(value_get(spec, "pullFails"), false);
    document_cut_keys(&image->meta.document, "spec", held);
    return &image->meta.object;
}

struct value *image_print(const struct codec *codec, const struct object *object)
{
    const struct image *image = image_of(object);
    struct value *tree = record_print_begin(codec, object);
    if (image->size_bytes >= 0)
        PUT_INT(&tree, image->size_bytes, "spec", "sizeBytes");
    put_bytes(&tree, "memory", image->memory);
    put_bytes(&tree, "memoryPerHour", image->memory_per_hour);
    if (image->ready != NULL)
        value_put(&tree, distribution_print(image->ready), "spec", "ready", NULL);
    if (image->run_time != NULL)
        value_put(&tree, distribution_print(image->run_time), "spec", "runTime", NULL);
    PUT_INT(&tree, image->exit_code, "spec", "exitCode");
    char text[32];
    snprintf(text, sizeof text, "%.17g", image->start_probability);
    value_put(&tree, value_new_number(text), "spec", "startProbability", NULL);
    value_put(&tree, value_new_bool(image->never_ready), "spec", "neverReady", NULL);
    value_put(&tree, value_new_bool(image->pull_fails), "spec", "pullFails", NULL);
    return tree;
}
