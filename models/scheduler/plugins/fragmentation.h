/* How much of what is left of a node's GPUs typical pods could not use.
 *
 * The fragmentation measure of Weng et al.: "Beware of Fragmentation", USENIX ATC 2023, section 4.
 * A node with t milli left on its GPUs is fragmented for a typical pod by all of t when the
 * pod cannot run there (it asks for no GPU; another model; not enough GPUs with enough left; not
 * enough cpu), and otherwise by what is left on GPUs that have too little left for it. The
 * fragmentation F of the node is the mean over the typical pods, by how frequent they are. */
#ifndef MODELS_SCHEDULER_PLUGINS_FRAGMENTATION_H
#define MODELS_SCHEDULER_PLUGINS_FRAGMENTATION_H

#include "models/scheduler/snapshot/gpus.h"

struct typical_pods;

/* None. Release with typical_pods_free(). */
struct typical_pods *typical_pods_new(void);
void typical_pods_free(struct typical_pods *typical); /* NULL is fine */

/* So many pods ask for this; takes the request over. Pods that ask for the same are one sort. */
void typical_pods_add(struct typical_pods *typical, int64_t cpu_milli, struct gpu_request request,
                      int64_t pods);

/* Of all pods added, keep the most frequent sorts until they cover so many percent of the pods;
 * of equally frequent ones first those that ask for more cpu, then more of a GPU, then more
 * GPUs, then by models. Once, before the first fragmentation_of(). */
void typical_pods_choose(struct typical_pods *typical, int percent);
size_t typical_pods_count(const struct typical_pods *typical); /* sorts */

/* The free GPUs and cpu of a node, as they are or as they would be. */
struct gpu_room {
    const struct text *model; /* NULL: not said */
    int64_t cpu_milli;
    int count;
    int left[NODE_GPUS]; /* milli, by index */
};

/* F, in milli-GPUs. O(sorts + GPUs). */
double fragmentation_of(struct typical_pods *typical, const struct gpu_room *room);

#endif
