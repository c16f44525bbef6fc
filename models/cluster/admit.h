/* What admission asks, answered by a cluster: for the files that admit. */
#ifndef MODELS_CLUSTER_ADMIT_H
#define MODELS_CLUSTER_ADMIT_H

#include "models/cluster/admission.h"
#include "models/cluster/cluster.h"

/* Of a document that names no namespace, `default_namespace` is meant; borrowed. */
struct admission cluster_admission(struct cluster *cluster, const char *default_namespace);

/* Does an account say nothing of pods: no pull secrets, a token, any Secret? */
bool account_is_silent(const struct object *account);

#endif
