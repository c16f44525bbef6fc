/* DotProductScore: the node whose free amounts and the pod's requests have the smallest dot
 * product, so that what is scarce on the node is not what the pod asks for most.
 *
 * After the alignment score of Grandl, Ananthanarayanan, Kandula, Rao, Akella: "Multi-Resource
 * Packing for Cluster Schedulers" (Tetris), SIGCOMM 2014; with the sign and the merged GPUs of
 * the FGD paper. */
#include <stdlib.h>

#include "models/scheduler/plugins/gpu_policy.h"

static int64_t dot_product_score(const struct sched_call *call, const struct node_info *node)
{
    const struct largest_node *largest = call->args;
    const struct packed left = packed_left(node), asked = packed_request(call);
    const double cpu = left.cpu_milli / largest->cpu_milli * (asked.cpu_milli / largest->cpu_milli);
    const double gpu = left.gpu_milli / largest->gpu_milli * (asked.gpu_milli / largest->gpu_milli);
    const int64_t score = (int64_t)(MAX_NODE_SCORE * (1 - (cpu + gpu) / 2));
    return score > 0 ? score : 0; /* a node larger than the largest */
}

const struct sched_plugin dot_product_score_plugin = {
    .name = "DotProductScore",
    .configure = largest_node_configure,
    .release = free,
    .compile = gpu_class_compile,
    .discard = gpu_class_discard,
    .traits = gpu_class_traits,
    .score = dot_product_score,
};
