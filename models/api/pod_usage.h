/* What a quota charges for a pod of a template, under the names quotas have for it.
 *
 * Follows podComputeUsageHelper() of pkg/quota/v1/evaluator/core/pods.go of the release named in
 * docs/fidelity.md. */
#ifndef MODELS_API_POD_USAGE_H
#define MODELS_API_POD_USAGE_H

#include "models/api/amounts.h"
#include "sim/base/text.h"

/* Amounts whose names are held as long as they are. */
struct pod_usage {
    struct amounts amounts;
    const struct text **names;
    size_t name_count;
};

/* From requests and limits. Close it. */
struct pod_usage pod_usage_of(struct texts *texts, const struct amounts *requests,
                              const struct amounts *limits);
void pod_usage_close(struct pod_usage *usage);

/* The usage of a template's pods, computed when first asked for; borrowed from the template. */
struct pod_spec;
const struct amounts *pod_spec_usage(const struct pod_spec *spec);

#endif
