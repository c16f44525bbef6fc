/* kube-scheduler: pops a pod, finds a node, assumes, binds; puts back what does not fit.
 *
 * One attempt at a time, each taking the time its model says; bindings run beside the next
 * attempts and share the client's rate limit. Ties between nodes are a free choice of the
 * run (purpose "node"). Follows pkg/scheduler/schedule_one.go and eventhandlers.go of the
 * release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_SCHEDULER_H
#define MODELS_SCHEDULER_SCHEDULER_H

#include "models/cluster/cluster.h"

extern const struct component scheduler_component;

#endif
