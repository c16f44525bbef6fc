/* The admission plugin ResourceQuota: charge what a request would use, or refuse it.
 *
 * Follows k8s.io/apiserver pkg/admission/plugin/resourcequota (controller.go, CheckRequest) of the
 * release named in docs/fidelity.md. Quotas that are not counted yet have no say. Of several quotas
 * the oldest speaks first. Without quotas in the namespace a call costs one look. */
#ifndef MODELS_CLUSTER_QUOTA_ADMISSION_H
#define MODELS_CLUSTER_QUOTA_ADMISSION_H

#include "models/cluster/client.h"

/* Write what `object` adds to the usage of the quotas of its namespace: of a new one all
 * (`before` NULL), of a changed one the difference. REPLY_OK, or REPLY_FORBIDDEN with nothing
 * written. The object has its name. */
enum reply quota_admit(struct client *client, const struct object *object,
                       const struct object *before, struct error *error);

#endif
