/* The shape of every Kubernetes object, as data: one table read by everything that loads,
 * checks, defaults, prints or hashes documents, so that no field is described twice.
 *
 * The table is generated at build time from models/api/types.json (Kubernetes 1.36.4) by
 * tools/schemagen. All of it is constant and lives as long as the program. */
#ifndef MODELS_API_SCHEMA_H
#define MODELS_API_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

enum schema_shape {
    SCHEMA_STRING,
    SCHEMA_BOOL,
    SCHEMA_INT,   /* `bits` wide */
    SCHEMA_BYTES, /* base64 in JSON */
    SCHEMA_QUANTITY,
    SCHEMA_INT_OR_STRING,
    SCHEMA_TIME,       /* whole seconds */
    SCHEMA_MICRO_TIME, /* microseconds */
    SCHEMA_ANY,        /* kept as it was read */
    SCHEMA_POINTER,    /* absent and zero differ */
    SCHEMA_LIST,
    SCHEMA_MAP, /* keys are strings */
    SCHEMA_STRUCT
};

struct schema_type {
    const char *name;    /* as in types.json: "core/v1.PodSpec", "[]string" */
    const char *go_name; /* as Go's %T prints it: "v1.PodSpec" */
    enum schema_shape shape;
    int bits;                          /* of SCHEMA_INT */
    const struct schema_type *element; /* of a pointer, list or map */
    const char *map_type;              /* "atomic", or NULL */
    const struct schema_field *fields; /* as in the Go struct: inline structs are one field */
    size_t field_count;
    const struct schema_field *const *members; /* as in JSON: inline structs are spread */
    size_t member_count;
};

struct schema_field {
    const char *go;   /* name in the Go struct */
    const char *json; /* NULL when not in JSON */
    const struct schema_type *type;
    const struct schema_type *owner; /* the struct it stands in */
    bool omitempty, omitzero, is_inline, required;
    const char *hash_text;    /* "Name:(string)": what the pod-template-hash prints before it */
    const char *default_json; /* structural default, or NULL */
    const char *const *enumeration;
    const char *patch_strategy, *patch_merge_key;
    const char *list_type, *map_type;
    const char *const *list_map_keys; /* lists end with NULL; NULL when there are none */
    const char *format;
    int protobuf; /* field number; 0 when it has none */
};

struct schema_kind {
    const char *group, *version, *kind; /* the core group is "" */
    const struct schema_type *type;
};

/* The Kubernetes release that the table describes: "1.36.4". */
extern const char schema_release[];

/* The kind that a document names: schema_kind("apps/v1", "Deployment"). NULL when it is
 * not a built-in kind, or an argument is NULL. O(log kinds). */
const struct schema_kind *schema_kind(const char *api_version, const char *kind);

/* All kinds, by group, version and kind in byte order. */
size_t schema_kind_count(void);
const struct schema_kind *schema_kind_at(size_t index);

/* A type by the name it has in types.json; NULL when there is none. */
const struct schema_type *schema_type(const char *name);

/* The member of a struct with this JSON name, NULL when there is none. Case matters. */
const struct schema_field *schema_field(const struct schema_type *type, const char *json);

/* The type behind any number of pointers. */
const struct schema_type *schema_pointee(const struct schema_type *type);

/* Follow JSON names from a type through structs, and through the elements of lists and
 * maps of structs: schema_follow(pod, "spec", "containers", NULL) is the Container. NULL when a
 * name is unknown. */
const struct schema_type *schema_follow(const struct schema_type *type, ...)
    __attribute__((sentinel));

#endif
