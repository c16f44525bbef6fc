/* A scheduler extender behind HTTP (k8s.io/kube-scheduler/extender/v1), as an extender.
 *
 * Verbs, weight, nodeCacheCapable, managedResources, ignorable and httpTimeout are those of its
 * configuration. Follows pkg/scheduler/extender.go of the release named in docs/fidelity.md. */
#ifndef TOOLS_POLICIES_HTTP_EXTENDER_H
#define TOOLS_POLICIES_HTTP_EXTENDER_H

#include "models/scheduler/extender.h"
#include "models/scheduler/configuration/extender_configuration.h"

struct http_extender;

/* Nothing is sent yet. The configuration outlives it. */
struct http_extender *http_extender_open(const struct extender_configuration *configuration);
/* NULL is fine. */
void http_extender_close(struct http_extender *extender);

const struct extender *http_extender_extender(struct http_extender *extender);

#endif
