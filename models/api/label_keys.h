/* Terms that name label keys get their values from the labels of the pod itself.
 *
 * The API server does this once, when a pod is created: what a term of affinity or of topology
 * spread lists as matchLabelKeys and mismatchLabelKeys becomes part of its labelSelector. Follows
 * pkg/registry/core/pod/strategy.go of the release named in docs/fidelity.md. */
#ifndef MODELS_API_LABEL_KEYS_H
#define MODELS_API_LABEL_KEYS_H

#include "sim/base/value.h"

/* Merge the keys of a PodSpec for a pod with these labels (a map; NULL: none). A key that the pod
 * does not have, and one of a term without labelSelector, is left out. Shared parts are copied. */
/* Does a PodSpec have terms that may list keys? If not, labels do not matter. */
bool label_keys_matter(const struct value *spec);
void label_keys_merge(struct value **spec, const struct value *labels);

#endif
