/* A ResourceList in exact quantities: amounts by the name of a resource.
 *
 * Names are borrowed: from the document the list was read from, or from constants. Lists are short,
 * so everything here is linear. Follows k8s.io/apiserver/pkg/quota/v1/resources.go of the
 * release named in docs/fidelity.md. */
#ifndef MODELS_API_AMOUNTS_H
#define MODELS_API_AMOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "models/api/quantity.h"
#include "sim/base/value.h"

struct amount {
    const char *name;
    struct quantity quantity;
};

/* All zero is an empty list. */
struct amounts {
    struct amount *items; /* owned */
    size_t count, capacity;
};

/* Read a map; what is no quantity is left out (the schema check has refused it). */
struct amounts amounts_load(const struct value *list);
void amounts_close(struct amounts *amounts);

/* Borrowed until the next change of the list; NULL when it is not there. */
struct quantity *amounts_find(const struct amounts *amounts, const char *name);
/* Zero where it is not there. */
struct quantity amounts_get(const struct amounts *amounts, const char *name);
void amounts_set(struct amounts *amounts, const char *name, struct quantity quantity);

/* Add each amount, or raise each to the larger of the two. */
void amounts_add(struct amounts *to, const struct amounts *from);
void amounts_raise(struct amounts *to, const struct amounts *from);

/* Put the names into byte order, as Go prints a map. */
void amounts_sort(struct amounts *amounts);
/* Equal amounts under equal names, in whatever order. */
bool amounts_equal(const struct amounts *a, const struct amounts *b);
/* As a map in canonical form, in the order of the list; a new reference. */
struct value *amounts_print(const struct amounts *amounts);

#endif
