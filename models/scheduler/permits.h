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

/* The longest that a plugin may let a pod wait. */
#define MAX_PERMIT_TIMEOUT (15 * SIM_MINUTE)

/* The plugin lets the pod go: false when the pod does not wait for it. */
bool permits_allow(struct permits *permits, struct uid pod, const struct sched_plugin *plugin);
/* Somebody does not want the pod any more, be it a plugin that it waits for or another one (NULL, or
 * not of the pod's profile: it counts as the first that it waits for). `message` is a constant. False
 * when the pod does not wait. Either takes effect in an event of its own. */
bool permits_reject(struct permits *permits, struct uid pod, const struct sched_plugin *plugin,
                    const char *message);

#endif
