/* The generated tables, shared by schema.c and build/generated/models/api/schema_table.c. */
#ifndef MODELS_API_SCHEMA_PRIVATE_H
#define MODELS_API_SCHEMA_PRIVATE_H

#include "models/api/schema.h"

extern const struct schema_type schema_types[]; /* by name in byte order */
extern const size_t schema_type_total;
extern const struct schema_kind schema_kinds[]; /* by group, version, kind */
extern const size_t schema_kind_total;

#endif
