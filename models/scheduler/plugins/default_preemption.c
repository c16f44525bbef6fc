/* DefaultPreemption, as far as it does not evict anybody: says on which nodes preemption would
 * not help, and why.
 *
 * Pods are not preempted yet (docs/fidelity.md): where it would help, nothing is said, as
 * by the real one, but the pod keeps waiting. Follows pkg/scheduler/framework/preemption
 * and plugins/defaultpreemption of the release named in docs/fidelity.md. */
#include "models/scheduler/decision.h"
#include "models/scheduler/fit_error.h"
#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/post_filter.h"

/* Would the pod fit on the node without its pods of lower priority? If not, count why. */
static bool would_help(const struct decision *decision, uint32_t slot, struct fit_error *error)
{
    const struct prepared *prepared = decision->prepared;
    const int32_t priority = prepared->spec->priority;
    struct node_info without;
    struct rejection rejection = { 0 };
    if (!snapshot_has_lower(decision->snapshot, priority) ||
        !node_info_without(decision->snapshot->nodes[slot], priority, &without)) {
        fit_error_add(error,
                      (struct reason){ "No preemption victims found for incoming pod", NULL }, 1);
        return false;
    }
    const bool fits = prepared_filter(prepared, &without, &rejection) < 0;
    for (size_t i = 0; i < rejection.count; i++)
        fit_error_add(error, rejection.reasons[i], 1);
    node_info_close_copy(&without);
    return fits;
}

/* Try every node that might be helped; the reasons of those that would not be. */
static bool some_node_would_help(const struct decision *decision, struct fit_error *error)
{
    size_t tried = 0;
    for (size_t i = 0; i < decision->rejected_count; i++) {
        const struct rejected_node *rejected = &decision->rejected[i];
        if (decision->rejections->items[rejected->rejection].code == UNRESOLVABLE)
            continue;
        if (would_help(decision, rejected->slot, error))
            return true;
        tried++;
    }
    fit_error_add(error, (struct reason){ "Preemption is not helpful for scheduling", NULL },
                  decision->all_nodes - tried);
    return false;
}

static enum post_filter default_preemption_post_filter(const struct sched_call *call,
                                                       struct post_filter_round *round)
{
    const struct decision *decision = round->decision;
    writer_add(&round->message, "preemption: ");
    if (!call->spec->preempts) {
        writer_add(&round->message, "not eligible due to preemptionPolicy=Never.");
        return POST_FILTER_NEXT;
    }
    struct fit_error error = { 0 };
    const bool helps = some_node_would_help(decision, &error);
    round->nomination = NOMINATION_CLEARED;
    fit_error_print(&error, decision->all_nodes, &round->message);
    fit_error_close(&error);
    return helps ? POST_FILTER_HELPED : POST_FILTER_NEXT;
}

const struct sched_plugin default_preemption_plugin = {
    .name = "DefaultPreemption",
    .post_filter = default_preemption_post_filter,
};
