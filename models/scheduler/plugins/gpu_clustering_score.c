/* GpuClusteringScore: pods that share GPUs, and pods of one, two, four, ... whole GPUs, each keep to
 * nodes of their own kind, and fuller nodes are preferred within a kind.
 *
 * Affinity of jobs by their number of GPUs as in Xiao et al.: "Gandiva: Introspective Cluster
 * Scheduling for Deep Learning", OSDI 2018, in the form the FGD paper compares with. */
#include <stdlib.h>

#include "models/scheduler/plugins/gpu_policy.h"

enum { STEP = 25 }; /* between a node of other kinds, an empty one, a mixed one, one of its kind */

static int64_t gpu_clustering_score(const struct sched_call *call, const struct node_info *node)
{
    const struct gpu_request *request = gpu_request_of(call);
    const struct node_gpus *gpus = node->gpus;
    const int largest = (int)((const struct largest_node *)call->args)->gpu_milli;
    if (request->count == 0 || gpus == NULL)
        return 0;
    const int64_t fullness = STEP * (largest - node_gpus_left(gpus)) / largest;
    const int own = gpu_request_is_share(request) ? 0 : request->count;
    bool others = false;
    for (int kind = 0; kind <= NODE_GPUS && kind <= gpus->count; kind++)
        others |= kind != own && gpus->pods[kind] > 0;
    if (gpus->pods[own] > 0)
        return fullness + (others ? 2 : 3) * STEP;
    return fullness + (others ? 0 : STEP);
}

const struct sched_plugin gpu_clustering_score_plugin = {
    .name = "GpuClusteringScore",
    .configure = largest_node_configure,
    .release = free,
    .compile = gpu_class_compile,
    .discard = gpu_class_discard,
    .traits = gpu_class_traits,
    .score = gpu_clustering_score,
};
