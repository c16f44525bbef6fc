/* The fields that the API server fills in before it stores an object.
 *
 * Structural defaults stand in the schema table; the others are code, one file per group
 * (defaults_pod.c, defaults_workloads.c, ...), following pkg/apis/<group>/<version>/defaults.go of
 * the release named in docs/fidelity.md. */
#ifndef MODELS_API_DEFAULTS_H
#define MODELS_API_DEFAULTS_H

#include "models/api/schema.h"
#include "sim/base/value.h"

/* The document with defaults; a new reference that shares what did not change. The document fits
 * its kind (schema_check()) and holds no nulls (schema_prune()). Applying twice changes
 * nothing. */
struct value *defaults_apply(const struct value *document, const struct schema_kind *kind);

#endif
