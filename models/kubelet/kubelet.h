/* The kubelets of all nodes: they run the pods that are bound to their nodes, and report.
 *
 * One component for a cluster, a kubelet for each Node. It reads bound Pods, Nodes, Machines
 * (the computer may lose power or network) and Images (what containers do), and writes pod
 * status, node status and Leases, each kubelet through a client of its own rate limit. Nothing
 * ticks: a pod sleeps until the next thing happens to one of its containers. */
#ifndef MODELS_KUBELET_KUBELET_H
#define MODELS_KUBELET_KUBELET_H

#include "models/cluster/cluster.h"

/* Does nothing where settings.stage_kubelet gives the nodes to the stage-table kubelet. */
extern const struct component kubelets;

#endif
