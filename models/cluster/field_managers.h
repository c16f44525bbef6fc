/* Who owns which fields of an object: metadata.managedFields, and server-side apply.
 *
 * Follows apimachinery pkg/util/managedfields and structured-merge-diff's merge.Updater. An entry is a
 * manager with what it applied (operation Apply), or what it changed (Update), on the object
 * itself or through a subresource. Objects that nobody ever wrote as a named manager have no entries:
 * the first apply finds "before-first-apply" as the owner of all there is. */
#ifndef MODELS_CLUSTER_FIELD_MANAGERS_H
#define MODELS_CLUSTER_FIELD_MANAGERS_H

#include "models/cluster/admission.h"
#include "models/cluster/typed.h"

/* Who writes. Texts are borrowed. */
struct field_manager {
    const char *name;
    const char *subresource; /* "status", "scale"; NULL: the object itself */
    const char *time;        /* of the entry, RFC 3339; NULL: none is noted */
};

/* The managedFields after an update from `old` (NULL: a creation) to `new`, both with their defaults;
 * a new reference, NULL: none. The entries that count are those of `old`, unless `new` says
 * [{}], which forgets all; an object without entries gets none by an update. */
struct value *managers_updated(const struct value *old, const struct value *new,
                               const struct schema_kind *kind, struct field_manager manager);

/* What applying a document over `live` (NULL: there is none) gives, with its new managedFields
 * (an empty list where nobody is left); a new reference. NULL with the refusal: conflicts (409) unless `force`, or a document that does not
 * fit (500, 400). */
struct value *managers_applied(const struct value *live, const struct value *document,
                               const struct schema_kind *kind, struct field_manager manager,
                               bool force, struct refusal *refusal);

#endif
