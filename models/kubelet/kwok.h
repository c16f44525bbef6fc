/* KWOK's controller: plays the Stages of a cluster with its Pods and Nodes.
 *
 * Nodes with the annotation or label kwok.x-k8s.io/node: fake are played with, or all if no node has it.
 * While there are Stages for Pods, kubelets leave the pods of these nodes to them; while there are Stages
 * for Nodes, they leave what the Node says of itself to them, too. Leases are renewed as ever. What is on
 * a machine without power or network is not played with. */
#ifndef MODELS_KUBELET_KWOK_H
#define MODELS_KUBELET_KWOK_H

#include "models/cluster/cluster.h"

/* Does nothing until there is a Stage. */
extern const struct component kwok_controller;

#endif
