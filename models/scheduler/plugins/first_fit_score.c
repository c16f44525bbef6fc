/* FirstFitScore: the first node on which the pod fits, in the order in which the scheduler came to
 * know them (a node that takes the place of one that left counts as that one).
 *
 * First fit of Johnson: "Fast Algorithms for Bin Packing", J. Comput. Syst. Sci. 8, 1974. */
#include "models/scheduler/plugins/plugins.h"

static int64_t first_fit_score(const struct sched_call *call, const struct node_info *node)
{
    (void)call;
    return -(int64_t)node->slot;
}

/* The first has 100, all others 0: a hundred scores would not tell many nodes apart. */
static void first_fit_normalize(const struct sched_call *call, int64_t *scores, size_t count)
{
    (void)call;
    int64_t first = count > 0 ? scores[0] : 0;
    for (size_t i = 0; i < count; i++)
        first = scores[i] > first ? scores[i] : first;
    for (size_t i = 0; i < count; i++)
        scores[i] = scores[i] == first ? MAX_NODE_SCORE : 0;
}

const struct sched_plugin first_fit_score_plugin = {
    .name = "FirstFitScore",
    .score = first_fit_score,
    .normalize = first_fit_normalize,
};
