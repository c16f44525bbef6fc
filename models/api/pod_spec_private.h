/* What the files of pod templates share. */
#ifndef MODELS_API_POD_SPEC_PRIVATE_H
#define MODELS_API_POD_SPEC_PRIVATE_H

#include "models/api/pod_spec.h"

/* Read spec.volumes, and release what was read. */
void pod_spec_load_volumes(struct pod_spec *spec, struct texts *texts, const struct value *list);
void pod_spec_close_volumes(struct pod_spec *spec);

/* Fill in the sums of requests and the QoS class from the document. */
void pod_spec_sum_resources(struct pod_spec *spec, struct texts *texts);

/* Where its names are held. */
struct texts *pod_spec_texts(const struct pod_spec *spec);

#endif
