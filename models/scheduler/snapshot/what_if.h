/* What if some pods were, or were not, on a node? A copy of it on which the filters can be asked.
 *
 * Preemption removes pods from the copy and brings them back one by one; nominated pods are added
 * to it. Plugins that count over the cluster hear of every change (PreFilterExtensions), and of
 * its opposite when the trial ends, so that their counts are as before. The copy is right in
 * everything a filter may read: amounts, ports, pods, populations. */
#ifndef MODELS_SCHEDULER_WHAT_IF_H
#define MODELS_SCHEDULER_WHAT_IF_H

#include "models/scheduler/decision/prepared.h"

struct what_if {
    const struct prepared *prepared;
    const struct pod *pod; /* whom the filters are asked for; borrowed */
    struct node_info node; /* the copy */

    /* private: memory of the copy, kept for the next one */
    struct placed_pod **placed; /* those that are on the copy, or were */
    size_t placed_count, placed_capacity;
    struct population **guests; /* of pods that are not on the real node */
    size_t guest_count, guest_capacity;
    struct what_if_change {
        struct placed_pod *placed;
        int sign;
    } * changes; /* so far, oldest first */
    size_t change_count, change_capacity;
};

/* All zero before the first one; close() gives the memory back. */
void what_if_begin(struct what_if *trial, const struct prepared *prepared, const struct pod *pod,
                   const struct node_info *node);
void what_if_end(struct what_if *trial);
void what_if_close(struct what_if *trial);

/* The pods of the copy are `trial->node.first` and what follows; they keep their addresses until the
 * trial ends, on the node or off it. A pod that was removed comes to the end of the list. */
void what_if_remove(struct what_if *trial, struct placed_pod *placed);
void what_if_restore(struct what_if *trial, struct placed_pod *placed);

/* Does the pod fit? The filters are asked as RunFilterPluginsWithNominatedPods asks them: where other
 * pods that it has to respect are nominated to the node, with them first, then without. The plugin
 * that rejects, or -1. */
int what_if_filter(struct what_if *trial, struct rejection *rejection);

/* The same for a node as it is; cheap where nobody is nominated. */
int what_if_filter_node(struct what_if *trial, const struct prepared *prepared,
                        const struct pod *pod, const struct node_info *node,
                        struct rejection *rejection);

#endif
