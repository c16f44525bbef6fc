/* Documents whose fields are owned one by one: what a field is, by the schema, and the four things
 * that ownership asks of documents.
 *
 * Follows sigs.k8s.io/structured-merge-diff/v6/typed. Maps and structs are owned member by member,
 * lists with keys and sets item by item, all else (atomic) as a whole; of a custom kind, whose
 * schema is unknown, maps member by member. Documents are printed ones (schema_print()), in which
 * structs that are no pointers are never absent. Sets are those of field_set.h. */
#ifndef MODELS_CLUSTER_TYPED_H
#define MODELS_CLUSTER_TYPED_H

#include "models/api/schema.h"
#include "sim/base/error.h"
#include "sim/base/value.h"

/* What stands at a place of a document. Zero: unknown. */
struct typed {
    const struct schema_type *type;   /* without pointers */
    const struct schema_field *field; /* that holds it; NULL: none does */
};

/* The whole document of a kind (NULL: a custom one). */
struct typed typed_of(const struct schema_kind *kind);

/* Is it a document of this kind as far as ownership must know? False with the first fault:
 * ".spec.bogus: field not declared in schema". */
bool typed_check(struct typed typed, const struct value *document, struct error *error);

/* The set of all fields. A new reference; NULL: none. */
struct value *typed_fields(struct typed typed, const struct value *document);

/* What changes from one document to another; each a set, owned. */
struct comparison {
    struct value *added, *modified, *removed;
};
struct comparison typed_compare(struct typed typed, const struct value *old,
                                const struct value *new);
void comparison_close(struct comparison *comparison);

/* A document with what another one says put over it: a new reference. */
struct value *typed_merge(struct typed typed, const struct value *under, const struct value *over);

/* A document without the fields of a set: a new reference. */
struct value *typed_remove(struct typed typed, const struct value *document,
                           const struct value *fields);

#endif
