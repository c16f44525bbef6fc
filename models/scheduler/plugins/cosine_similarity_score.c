/* CosineSimilarityScore: the node whose free amounts have most nearly the proportions of the pod's
 * requests, whatever their size: 100 times the cosine of the angle between the two.
 *
 * The dot product of Tetris (SIGCOMM 2014) without the lengths of the vectors, as compared in
 * Panigrahy, Talwar, Uyeda, Wieder: "Heuristics for Vector Bin Packing", Microsoft Research 2011;
 * with the merged GPUs of the FGD paper. */
#include <math.h>
#include <stdlib.h>

#include "models/scheduler/plugins/gpu_policy.h"

static int64_t cosine_similarity_score(const struct sched_call *call, const struct node_info *node)
{
    const struct largest_node *largest = call->args;
    const struct packed left = packed_left(node), asked = packed_request(call);
    const double free_cpu = left.cpu_milli / largest->cpu_milli;
    const double free_gpu = left.gpu_milli / largest->gpu_milli;
    const double cpu = asked.cpu_milli / largest->cpu_milli;
    const double gpu = asked.gpu_milli / largest->gpu_milli;
    const double lengths =
        sqrt((free_cpu * free_cpu + free_gpu * free_gpu) * (cpu * cpu + gpu * gpu));
    if (lengths <= 0)
        return 0; /* nothing is left, or nothing asked for */
    const int64_t score = (int64_t)(MAX_NODE_SCORE * (free_cpu * cpu + free_gpu * gpu) / lengths);
    return score < MAX_NODE_SCORE ? score : MAX_NODE_SCORE;
}

const struct sched_plugin cosine_similarity_score_plugin = {
    .name = "CosineSimilarityScore",
    .configure = largest_node_configure,
    .release = free,
    .compile = gpu_class_compile,
    .discard = gpu_class_discard,
    .traits = gpu_class_traits,
    .score = cosine_similarity_score,
};
