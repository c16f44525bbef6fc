/* Does a document fit its kind? Types, values that Go must parse, and unknown fields. */
#ifndef MODELS_API_SCHEMA_CHECK_H
#define MODELS_API_SCHEMA_CHECK_H

#include "models/api/schema.h"
#include "sim/base/error.h"
#include "sim/base/value.h"

/* Append each fault of the tree, with its field path and place in the user's text:
 *     spec.replicas: expected integer, got string
 * A field that the type does not have is a warning, or a fault when `strict`:
 *     spec.replica: unknown field (did you mean replicas?)
 * Null counts as absent. False when a fault was appended. */
bool schema_check(const struct value *tree, const struct schema_type *type, bool strict,
                  struct error_list *faults, struct error_list *warnings);

/* The message of the API server's 400 for this body, NULL when it decodes; the caller
 * frees it. `strict` is fieldValidation=Strict: unknown fields are errors. */
char *schema_decode_error(const struct value *tree, const struct schema_kind *kind, bool strict);

/* The member of the struct whose name is nearest to a mistyped one; NULL when none is near. */
const char *schema_nearest(const struct schema_type *type, const char *name);

#endif
