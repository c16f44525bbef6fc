/* Every field of a KubeSchedulerConfiguration, and of the arguments of its plugins.
 *
 * Follows the types of k8s.io/kube-scheduler/config/v1 of the release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_CONFIGURATION_SHAPE_H
#define MODELS_SCHEDULER_CONFIGURATION_SHAPE_H

#include "models/cluster/shape.h"

extern const struct shape configuration_shape;

/* The arguments of a plugin of Kubernetes' own: {Name}Args. NULL: it has none, or its own
 * configure() judges them. */
const struct shape *plugin_args_shape(const char *plugin);

#endif
