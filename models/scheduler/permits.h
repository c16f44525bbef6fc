/* Pods between their decision and their binding, of which some wait for a Permit plugin.
 *
 * Follows pkg/scheduler/framework/runtime/waiting_pods_map.go of the release named in
 * docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_PERMITS_H
#define MODELS_SCHEDULER_PERMITS_H

#include "models/api/meta.h"

struct binding;
struct sched_plugin;

struct permits {
    struct binding *first, *last; /* in the order in which they were decided on */
};

/* The plugin lets the pod go, or does not want it any more (`message` is a constant): false when the
 * pod does not wait for it. It takes effect in an event of its own. */
bool permits_allow(struct permits *permits, struct uid pod, const struct sched_plugin *plugin);
bool permits_reject(struct permits *permits, struct uid pod, const struct sched_plugin *plugin,
                    const char *message);

#endif
