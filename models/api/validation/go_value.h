/* A document as json.Marshal prints the API server's internal structs.
 *
 * Internal types have no JSON tags: every field shows under its Go name, null when it is nil. Types
 * of apimachinery (label selectors, owner references) keep their tags. */
#ifndef MODELS_API_VALIDATION_GO_VALUE_H
#define MODELS_API_VALIDATION_GO_VALUE_H

#include "models/api/schema.h"
#include "sim/base/value.h"

/* The caller frees the text. NULL prints the zero value of the type. */
char *go_value_print(const struct value *value, const struct schema_type *type);

/* What changed between two such texts, as the API server tells it: laid out one member a line, in
 * hunks of unified diffs with three lines around each change. The caller frees. */
char *go_value_diff(const char *before, const char *after);

#endif
