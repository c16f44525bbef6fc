/* Where a provisioned volume can be reached from.
 *
 * A driver that has topology says in each CSINode by which labels of the node (topologyKeys). The volume
 * of a claim with a selected node has that node's; any other has one of the class's allowedTopologies
 * or, without those, of the cluster's, taken in turn by the claim's name, so that the claims of a
 * StatefulSet are spread. Of drivers without CSINodes we take it that their volumes belong to the zone
 * of the selected node, if it has one. Follows external-provisioner, pkg/controller/topology.go. */
#ifndef MODELS_CONTROLLERS_VOLUME_TOPOLOGY_H
#define MODELS_CONTROLLERS_VOLUME_TOPOLOGY_H

#include "models/api/storage.h"
#include "models/cluster/cluster.h"

/* The labels by which nodes reach the volume: a map, NULL: every node does; a new reference. O(nodes) for
 * a claim without a selected node. `node`: the selected one, or NULL. */
struct value *volume_topology(const struct client *client,
                              const struct persistent_volume_claim *claim,
                              const struct storage_class *class, const struct object *node);

#endif
