/* Shared by the files that check Services. */
#ifndef MODELS_API_VALIDATION_SERVICE_PRIVATE_H
#define MODELS_API_VALIDATION_SERVICE_PRIVATE_H

#include "models/api/validation/validation_private.h"

/* Is spec.type this one? */
bool service_is(const struct value *spec, const char *type);
bool service_is_headless(const struct value *spec);
bool service_is_reached_from_outside(const struct value *spec);
/* Does an earlier port say the same in one member, and (unless NULL) in the other? */
bool service_port_is_taken(const struct value *ports, size_t index, const char *key,
                           const char *other);

check_fn check_cluster_addresses; /* of a spec */
/* What allocation refuses, before any other rule is looked at: each step only when the last found
 * nothing. False when one did. */
bool check_allocation(struct field_errors *errors, const struct value *spec);
/* The first address and family of a service stay, unless it leaves the network. */
void check_kept_addresses(struct field_errors *errors, const struct value *spec,
                          const struct value *before);

#endif
