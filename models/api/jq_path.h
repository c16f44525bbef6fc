/* The part of jq that selectors of KWOK are written in: paths and select().
 *
 *     .metadata.labels["app.kubernetes.io/name"]
 *     .metadata.ownerReferences.[].kind
 *     .status.conditions.[] | select( .type == "Ready" ) | .status
 *
 * Follows gojq, which KWOK uses (".[]" may stand behind a name, which jq 1.6 refuses): a member of null is
 * null, items of what has none are an error. What else jq can do is refused by name. */
#ifndef MODELS_API_JQ_PATH_H
#define MODELS_API_JQ_PATH_H

#include "sim/base/error.h"
#include "sim/base/value.h"

struct jq_path;

/* Read an expression. NULL with the error at `at` that names what is not understood. Release with
 * jq_path_free(). */
struct jq_path *jq_path_parse(const char *text, struct place at, struct error *error);
void jq_path_free(struct jq_path *path);

/* What an expression gives, nulls left out: borrowed from the document. */
struct jq_values {
    const struct value **items; /* owned */
    size_t count, capacity;
};

/* Run it. False where jq has an error; the values are none then. Release with jq_values_close(). */
bool jq_path_run(const struct jq_path *path, const struct value *root, struct jq_values *values);
void jq_values_close(struct jq_values *values);

#endif
