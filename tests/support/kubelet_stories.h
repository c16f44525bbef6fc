/* Stories about nodes and their pods, without controllers and scheduler. */
#ifndef TESTS_SUPPORT_KUBELET_STORIES_H
#define TESTS_SUPPORT_KUBELET_STORIES_H

#include "tests/support/world.h"

/* YAML of what such stories are about; `spec` and `more` in flow style. Pods are bound to n0. */
#define NODE(name)                                                                                 \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name "}, status: {allocatable: {cpu: "   \
    "'4', memory: 8Gi, pods: '10'}}}\n"
#define POD(name, spec)                                                                            \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {nodeName: n0, "           \
    "terminationGracePeriodSeconds: 30, " spec "}}\n"
#define RUNNING_FOR(name, time, spec)                                                              \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", annotations: "                    \
    "{seatrial.dev/run-time: " time "}}, spec: {nodeName: n0, "                                    \
    "terminationGracePeriodSeconds: 30, " spec "}}\n"
#define ONE(more) "containers: [{name: c, image: 'app:1'" more "}]"
#define IMAGE(name, spec)                                                                          \
    "---\n{apiVersion: seatrial.dev/v1alpha1, kind: Image, metadata: {name: '" name                \
    "'}, spec: {" spec "}}\n"

/* Kubelets and failures alone, with times that are easy to add up: writes take none, images
 * neither, a container 1 s to start, 2 s until its process answers, 3 s to stop, a preStop
 * hook 5 s. */
struct world *given_nodes(const char *manifests, const char *settings);

/* Set a timing model to a constant. */
void set_time(struct distribution **model, double seconds);

/* Of a whole cluster: calls, attempts of the scheduler and images take no time, a process answers at
 * once; a container takes 1 s to start and so many to stop. */
void set_plain_times(struct world *world, double stop);

/* A strike or its mending, by hand, which must succeed. */
void fail(struct world *world, const char *kind, const char *target);
void restore(struct world *world, const char *kind, const char *target);

/* Plan an entry of a scenario's `failures`, which must be a good one; or collect its faults. */
void plan(struct world *world, const char *entry);
bool plan_entry(struct world *world, const char *entry, struct error_list *faults);

#endif
