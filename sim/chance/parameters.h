/* The parameters of a distribution or a signal in a document: which there are, and which must be. */
#ifndef SIM_CHANCE_PARAMETERS_H
#define SIM_CHANCE_PARAMETERS_H

#include <stdbool.h>

#include "sim/base/error.h"
#include "sim/base/value.h"

/* Every key of the map is one of `names` (ends with NULL); else the error is at the key, with the
 * nearest name. */
bool parameters_check(const struct value *map, const char *const *names, struct error *error);

/* The value of a key, borrowed; NULL with the error when there is none. */
const struct value *parameters_need(const struct value *map, const char *name, struct error *error);

#endif
