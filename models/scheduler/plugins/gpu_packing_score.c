/* GpuPackingScore: GPUs in use first, then idle GPUs of nodes in use, then idle nodes.
 *
 * Packing as in Weng et al.: "MLaaS in the Wild: Workload Analysis and Scheduling in Large-Scale
 * Heterogeneous GPU Clusters", NSDI 2022, in the form the FGD paper compares with. */
#include "models/scheduler/plugins/gpu_policy.h"

/* Scores below the first are idle nodes, from the second on GPUs in use. */
enum { IDLE_NODE = 33, USED_GPUS = 50 };

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t gpu_packing_score(const struct sched_call *call, const struct node_info *node)
{
    const struct gpu_request *request = gpu_request_of(call);
    const struct node_gpus *gpus = node->gpus;
    int indexes[NODE_GPUS], idle = 0, taken_idle = 0, left_percent = 0;
    if (request->count == 0 || !node_gpus_best_fit(gpus, request, indexes))
        return 0;
    for (int i = 0; i < gpus->count; i++)
        idle += gpus->used[i] == 0;
    if (idle == gpus->count)
        return most(IDLE_NODE - idle, idle); /* smaller nodes first */
    for (int i = 0; i < request->count; i++) {
        taken_idle += gpus->used[indexes[i]] == 0;
        left_percent += node_gpu_left(gpus, indexes[i]) * 100 / GPU_MILLI;
    }
    if (taken_idle > 0)
        return most(USED_GPUS - taken_idle, IDLE_NODE);
    return most(MAX_NODE_SCORE - left_percent / 10, USED_GPUS);
}

const struct sched_plugin gpu_packing_score_plugin = {
    .name = "GpuPackingScore",
    .compile = gpu_class_compile,
    .discard = gpu_class_discard,
    .traits = gpu_class_traits,
    .score = gpu_packing_score,
};
