/* May this object be stored? The rules of the API server, with its messages.
 *
 * Follows pkg/apis/<group>/validation of the release named in docs/fidelity.md for the kinds that
 * are simulated and those that share their pod templates; of every other kind only the metadata
 * is looked at. Documents have passed the schema check, are pruned, defaulted and admitted. */
#ifndef MODELS_API_VALIDATION_H
#define MODELS_API_VALIDATION_H

#include "models/api/field_error.h"
#include "models/api/schema.h"
#include "sim/base/value.h"

/* Append each fault of a new object, in the order of the API server. `kind` may be NULL: a custom
 * kind, of which only the metadata is checked. */
void validate_create(const struct value *document, const struct schema_kind *kind,
                     struct field_errors *errors);

/* The same for what replaces `old`: what may not change, and the rules of the new object
 * that hold for it. */
void validate_update(const struct value *document, const struct value *old,
                     const struct schema_kind *kind, struct field_errors *errors);

/* The message of a Status with reason Invalid: Deployment.apps "x" is invalid: ... The caller frees
 * it. */
char *validation_message(const struct field_errors *errors, const struct value *document);

#endif
