/* What pod_spec.c and pod_resources.c share. */
#ifndef MODELS_API_POD_SPEC_PRIVATE_H
#define MODELS_API_POD_SPEC_PRIVATE_H

#include "models/api/pod_spec.h"

/* Fill in the sums of requests and the QoS class from the document. */
void pod_spec_sum_resources(struct pod_spec *spec, struct texts *texts);

#endif
