/* BestFitScore: the node on which least is left once the pod is placed, cpu and GPUs weighing the
 * same.
 *
 * Best fit over several resources as in Hadary et al.: "Protean: VM Allocation Service at Scale",
 * OSDI 2020, in the form the FGD paper compares with. */
#include <stdlib.h>

#include "models/scheduler/plugins/gpu_policy.h"

static int64_t best_fit_score(const struct sched_call *call, const struct node_info *node)
{
    const struct largest_node *largest = call->args;
    const struct packed left = packed_left(node), asked = packed_request(call);
    const double cpu = 0.5 * (left.cpu_milli - asked.cpu_milli) / largest->cpu_milli;
    const double gpu = 0.5 * (left.gpu_milli - asked.gpu_milli) / largest->gpu_milli;
    return (int64_t)(MAX_NODE_SCORE * (1 - cpu - gpu));
}

const struct sched_plugin best_fit_score_plugin = {
    .name = "BestFitScore",
    .configure = largest_node_configure,
    .release = free,
    .compile = gpu_class_compile,
    .discard = gpu_class_discard,
    .traits = gpu_class_traits,
    .score = best_fit_score,
    .normalize = normalize_to_range,
};
