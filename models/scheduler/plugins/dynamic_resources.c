/* DynamicResources, as far as it concerns pods without resource claims: it scores every node
 * 0 and has nothing to free for a pod that fits nowhere.
 *
 * Follows pkg/scheduler/framework/plugins/dynamicresources of the release named in
 * docs/fidelity.md. */
#include "models/scheduler/decision/decision.h"
#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/decision/post_filter.h"

/* After a PreFilter plugin rejected the pod the real one does not find its own state, fails
 * with this text, and the round ends. */
static enum post_filter dynamic_resources_post_filter(const struct sched_call *call,
                                                      struct post_filter_round *round)
{
    (void)call;
    if (round->decision->before_filters != 0) {
        writer_add(&round->message, "not found");
        return POST_FILTER_END;
    }
    writer_add(&round->message, "no new claims to deallocate");
    return POST_FILTER_NEXT;
}

static int64_t dynamic_resources_score(const struct sched_call *call, const struct node_info *node)
{
    (void)call;
    (void)node;
    return 0;
}

const struct sched_plugin dynamic_resources_plugin = {
    .name = "DynamicResources",
    .post_filter = dynamic_resources_post_filter,
    .score = dynamic_resources_score,
};
