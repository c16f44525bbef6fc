/* The inside of the snapshot: what its files do to one node. */
#ifndef MODELS_SCHEDULER_SNAPSHOT_PRIVATE_H
#define MODELS_SCHEDULER_SNAPSHOT_PRIVATE_H

#include "models/scheduler/snapshot/snapshot.h"

/* --- snapshot_images.c: images, and how many nodes have them ------------------------------ */

void node_info_learn_images(struct snapshot *snapshot, struct node_info *info,
                            const struct node_images *images);
void node_info_forget_images(struct snapshot *snapshot, struct node_info *info);

/* --- node_amounts.c: what the pods of a node ask for -------------------------------------- */

/* A pod counts, or counts no longer. */
void node_info_count(struct node_info *info, const struct pod *pod);
void node_info_uncount(struct node_info *info, const struct pod *pod);
void node_info_close_amounts(struct node_info *info);

/* --- snapshot_populations.c: pods that are alike ------------------------------------------ */

/* A pod joins its population and its node's, or leaves it: O(populations of the node). */
void node_info_join(struct snapshot *snapshot, struct placed_pod *placed, const struct pod *pod);
void node_info_part(struct snapshot *snapshot, struct placed_pod *placed);
void snapshot_close_populations(struct snapshot *snapshot);

/* --- snapshot_topology.c: nodes by label --------------------------------------------------- */

/* A domain in the table by value. */
struct domain_name {
    struct table_node by_value;
    uint32_t domain;
};

/* The node joined, has other labels, or left (info->node is NULL). O(topologies). */
void snapshot_follow_node(struct snapshot *snapshot, const struct node_info *info);
void snapshot_close_topologies(struct snapshot *snapshot);

#endif
