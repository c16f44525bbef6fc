/* When a pod that PodTopologySpread rejected is worth trying again. */
#ifndef MODELS_SCHEDULER_PLUGINS_SPREAD_HINTS_H
#define MODELS_SCHEDULER_PLUGINS_SPREAD_HINTS_H

#include "models/scheduler/plugin.h"

bool spread_hint_of_pod(const void *args, const struct pod *pod, const struct object *before,
                        const struct object *after);
bool spread_hint_of_node(const void *args, const struct pod *pod, const struct object *before,
                         const struct object *after);

#endif
