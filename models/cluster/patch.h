/* Patches: a document and what is to change in it, to a new document.
 *
 * Strategic merge patches follow apimachinery pkg/util/strategicpatch, JSON merge patches RFC
 * 7386, JSON patches RFC 6902, apply what `kubectl apply` computes from its last-applied
 * annotation (kubectl pkg/cmd/apply), of the release named in docs/fidelity.md. What a
 * list is merged by comes from the schema table. Documents are shared where they do not
 * change. */
#ifndef MODELS_CLUSTER_PATCH_H
#define MODELS_CLUSTER_PATCH_H

#include "models/api/schema.h"
#include "sim/base/error.h"
#include "sim/base/value.h"

/* A new reference each. NULL with the error where the patch does not fit; the text is that of the
 * API server. `type` NULL: a kind without schema, whose lists are replaced whole. */
struct value *patch_strategic(const struct value *document, const struct value *patch,
                              const struct schema_type *type, struct error *error);
struct value *patch_json(const struct value *document, const struct value *operations,
                         struct error *error);
struct value *patch_merge(const struct value *document, const struct value *patch);

/* What `kubectl apply` makes of a live document: what the user's new text says, without what the
 * text applied before said and the new one does not; everything else stays. `applied` NULL:
 * nothing was applied before. */
struct value *patch_apply(const struct value *live, const struct value *applied,
                          const struct value *wanted, const struct schema_type *type);

#endif
