/* Where in an object something stands, as the API server writes it:
 * spec.containers[0].resources.limits[cpu].
 *
 * A path is a chain of steps on the stack of a walk, from the inner step to the outer one; it costs
 * nothing until somebody prints it. A step borrows the step above it and its name, and
 * lives as long as both. */
#ifndef MODELS_API_FIELD_PATH_H
#define MODELS_API_FIELD_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/writer.h"

struct field_path {
    const struct field_path *up; /* NULL above the first step */
    const char *name;            /* of a field, or a map's key; NULL for a list's item */
    size_t index;                /* of a list's item */
    bool is_key;
    bool is_embedded; /* a Go struct that JSON does not show: part of the names alone */
};

static inline struct field_path field_child(const struct field_path *up, const char *name)
{
    return (struct field_path){ .up = up, .name = name };
}

static inline struct field_path field_item(const struct field_path *up, size_t index)
{
    return (struct field_path){ .up = up, .index = index };
}

static inline struct field_path field_key(const struct field_path *up, const char *key)
{
    return (struct field_path){ .up = up, .name = key, .is_key = true };
}

static inline struct field_path field_embedded(const struct field_path *up, const char *go)
{
    return (struct field_path){ .up = up, .name = go, .is_embedded = true };
}

/* Write the path; nothing for NULL. */
void field_path_write(const struct field_path *path, struct writer *out);

/* The same with the names alone, as Go's JSON decoder does: spec.containers.image, and
 * spec.volumes.VolumeSource.secret for what stands in an embedded struct. */
void field_path_write_names(const struct field_path *path, struct writer *out);

/* The path as a new string, which the caller frees. */
char *field_path_text(const struct field_path *path);

#endif
