/* Where extenders have their say in a decision; see extender.h.
 *
 * Follows findNodesThatPassExtenders and prioritizeNodes in pkg/scheduler/schedule_one.go of the
 * release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/decision/decision.h"

/* Reasons are remembered, each once. An extender that always finds a new one must not fill the
 * memory: later ones are only said to have come from it. */
enum { EXTENDER_REASONS = 4096, REASON_BYTES = 256 };

struct extender_rejections {
    struct decision *decision;
    struct template_cache *cache;
};

static const struct text *reason_of(const struct extender_rejections *rejections,
                                    const struct extender *by,
                                    const struct extender_verdict *verdict)
{
    struct texts *texts = rejections->decision->snapshot->texts;
    if (rejections->cache->rejections.count > EXTENDER_REASONS)
        return text_format(texts, "node(s) rejected by extender %s", by->name);
    if (verdict->reason->length > REASON_BYTES)
        return text_intern_length(texts, verdict->reason->s, REASON_BYTES);
    return text_hold(verdict->reason);
}

/* A node that goes without a reason adds nothing to the message, and preemption leaves it alone. */
static void note_rejected(void *context, uint32_t slot, const struct extender *by,
                          const struct extender_verdict *verdict)
{
    const struct extender_rejections *rejections = context;
    struct decision *decision = rejections->decision;
    const struct text *reason = NULL;
    struct rejection rejection = { .code = UNRESOLVABLE };
    if (verdict->reason != NULL) {
        reason = reason_of(rejections, by, verdict);
        reject_about(&rejection, verdict->sort == EXTENDER_REJECTS ? UNSCHEDULABLE : UNRESOLVABLE,
                     "", reason);
    }
    decision->rejected[decision->rejected_count++] =
        (struct rejected_node){ slot, rejection_table_add(&rejections->cache->rejections, NULL,
                                                          &rejection, 0) };
    decision->rejecting |= REJECTED_BY_EXTENDERS;
    text_drop(reason);
}

static bool fail(struct decision *decision)
{
    decision->outcome = DECISION_ERROR;
    return false;
}

bool decision_filter_outside(struct decision *decision, struct template_cache *cache,
                             const struct pod *pod)
{
    struct extenders *extenders = decision->prepared->profile->extenders;
    struct extender_rejections rejections = { decision, cache };
    size_t left = decision->feasible_count;
    if (left == 0 || !extenders_filter_pod(extenders, pod))
        return true;
    uint32_t *slots = mem_new(left * sizeof *slots);
    memcpy(slots, decision->feasible, left * sizeof *slots);
    const bool fine = extenders_filter(extenders, decision->snapshot, pod, slots, &left,
                                       note_rejected, &rejections, &decision->error);
    for (size_t i = 0, from = 0; fine && i < left; i++, from++) {
        while (decision->feasible[from] != slots[i])
            from++;
        decision->feasible[i] = slots[i];
        decision->totals[i] = decision->totals[from];
    }
    free(slots);
    if (!fine)
        return fail(decision);
    decision->failure = NULL; /* next time they may say something else */
    decision->feasible_count = left;
    return true;
}

bool decision_score_outside(struct decision *decision, const struct pod *pod)
{
    struct extenders *extenders = decision->prepared->profile->extenders;
    if (!extenders_score_pod(extenders, pod))
        return true;
    return extenders_prioritize(extenders, decision->snapshot, pod, decision->feasible,
                                decision->feasible_count, decision->totals, decision->normalized,
                                &decision->error) ||
           fail(decision);
}
