/* Typed scalars, shared by yaml.c and yaml_scalar.c. */
#ifndef MODELS_API_YAML_PRIVATE_H
#define MODELS_API_YAML_PRIVATE_H

#include "sim/base/error.h"
#include "sim/base/value.h"

/* A scalar as it stands in the text. */
struct yaml_scalar {
    const char *text;
    size_t length;
    const char *tag; /* in full, "tag:yaml.org,2002:int"; NULL when there is none */
    bool plain;      /* not quoted and without a tag */
};

/* The value that the Kubernetes reader makes of it; NULL with the error set at `at`. */
struct value *yaml_scalar_value(struct yaml_scalar scalar, struct place at, struct error *error);

/* The text of a scalar that stands as a key, as a new string; NULL with the error set. */
char *yaml_scalar_key(struct yaml_scalar scalar, struct place at, struct error *error);

#endif
