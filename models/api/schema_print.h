/* Documents as the API server shows them: what Go's decoder followed by its encoder makes of
 * them. */
#ifndef MODELS_API_SCHEMA_PRINT_H
#define MODELS_API_SCHEMA_PRINT_H

#include "models/api/schema.h"
#include "sim/base/value.h"

/* The document without fields its type lacks and without nulls, at every depth. A new
 * reference; what did not change is shared. The document fits its type (schema_check()). */
struct value *schema_prune(const struct value *tree, const struct schema_type *type);

/* The document with its fields in Go's order, quantities, times and numbers in canonical form,
 * empty fields left out, and those that have no omitempty filled in: a struct shows as {},
 * a list as null. NULL stands for the zero value of the type. Leaves are shared. */
struct value *schema_print(const struct value *tree, const struct schema_type *type);

#endif
