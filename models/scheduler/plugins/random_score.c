/* RandomScore: any node that fits, and on it any GPU that has enough left.
 *
 * All nodes score alike, and which of them is taken is a free choice of the run, as it is
 * wherever nodes tie. What everything else is compared with. */
#include "models/scheduler/plugins/gpu_policy.h"
#include "sim/kernel/run.h"

static int64_t random_score(const struct sched_call *call, const struct node_info *node)
{
    (void)call;
    (void)node;
    return 0;
}

/* A pod that takes whole GPUs has the lowest indexes: whole ones are all alike. */
static const struct labels *random_annotate(const struct sched_call *call,
                                            const struct node_info *node, struct run *run)
{
    struct gpu_request request = gpu_request_read(call);
    const bool share = gpu_request_is_share(&request);
    int fitting[NODE_GPUS];
    uint32_t count = 0;
    for (int i = 0; share && node->gpus != NULL && i < node->gpus->count; i++)
        if (node_gpu_left(node->gpus, i) >= request.milli)
            fitting[count++] = i;
    gpu_request_close(&request);
    if (count == 0)
        return gpu_index_by_best_fit(call, node);
    const uint32_t taken = run_choose(run, "gpu", name_of(call->pod), 0, count);
    return gpu_index_annotation(call, &fitting[taken], 1);
}

const struct sched_plugin random_score_plugin = {
    .name = "RandomScore",
    .score = random_score,
    .annotate = random_annotate,
};
