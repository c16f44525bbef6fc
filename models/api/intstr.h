/* IntOrString: a count or a percentage of one. apimachinery pkg/util/intstr. */
#ifndef MODELS_API_INTSTR_H
#define MODELS_API_INTSTR_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/error.h"
#include "sim/base/value.h"

struct int_or_percent {
    bool percent;
    int32_t number;
};

/* Read 3 or "25%". The error stands at the node. */
bool intstr_load(const struct value *from, struct int_or_percent *into, struct error *error);
struct value *intstr_print(struct int_or_percent number);

/* The count out of `total`: GetScaledValueFromIntOrPercent. */
int64_t intstr_scaled(struct int_or_percent number, int64_t total, bool round_up);

/* What a rolling update may do, from the two bounds and the wanted replicas: surge rounds up,
 * unavailable down, both 0 makes unavailable 1, unavailable is at most `replicas`
 * (deploymentutil.ResolveFenceposts, MaxUnavailable). */
struct fenceposts {
    int32_t surge, unavailable;
};
struct fenceposts fenceposts_resolve(struct int_or_percent max_surge,
                                     struct int_or_percent max_unavailable, int32_t replicas);

#endif
