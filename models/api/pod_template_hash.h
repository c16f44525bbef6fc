/* The pod-template-hash of Deployments and DaemonSets, equal to the real one.
 *
 * The hash is taken over Go's dump of the whole template struct, so it depends on every field of
 * the API version, set or not: the dump is made by walking the schema table and is never
 * held as a whole. */
#ifndef MODELS_API_POD_TEMPLATE_HASH_H
#define MODELS_API_POD_TEMPLATE_HASH_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/value.h"

enum { POD_TEMPLATE_HASH_SIZE = 11 }; /* at most ten characters and a NUL */

/* Write the hash of a defaulted PodTemplateSpec, for example "7984c657f". collision_count is
 * that of the owner's status; NULL while it has none. About 10 microseconds. */
void pod_template_hash(const struct value *template, const int32_t *collision_count,
                       char hash[POD_TEMPLATE_HASH_SIZE]);

/* The alphabet without vowels that Kubernetes writes hashes in (rand.SafeEncodeString of the
 * decimal number). */
void pod_template_hash_encode(uint32_t number, char hash[POD_TEMPLATE_HASH_SIZE]);

/* Write the text that is hashed, to find out why two hashes differ. */
void pod_template_hash_text(const struct value *template, FILE *out);

#endif
