/* The inside of the snapshot: what its files do to one node. */
#ifndef MODELS_SCHEDULER_SNAPSHOT_PRIVATE_H
#define MODELS_SCHEDULER_SNAPSHOT_PRIVATE_H

#include "models/scheduler/snapshot.h"

/* --- snapshot_images.c: images, and how many nodes have them ------------------------------ */

void node_info_learn_images(struct snapshot *snapshot, struct node_info *info,
                            const struct node_images *images);
void node_info_forget_images(struct snapshot *snapshot, struct node_info *info);

/* --- node_amounts.c: what the pods of a node ask for -------------------------------------- */

/* A pod of this template counts, or counts no longer. */
void node_info_count(struct node_info *info, const struct pod_spec *spec);
void node_info_uncount(struct node_info *info, const struct pod_spec *spec);
void node_info_close_amounts(struct node_info *info);

#endif
