/* Asking extenders one after the other; see extender.h.
 *
 * Follows findNodesThatPassExtenders, prioritizeNodes and extendersBinding in
 * pkg/scheduler/schedule_one.go and callExtenders in framework/preemption/preemption.go of the
 * release named in docs/fidelity.md. */
#include "models/scheduler/extender.h"

#include <stdlib.h>

void extenders_close(struct extenders *extenders)
{
    error_close(&extenders->failure);
    error_close(&extenders->ignored);
    extenders->ignored_count = 0;
}

static bool is_interested(const struct extender *extender, const struct pod *pod)
{
    return extender->is_interested == NULL || extender->is_interested(extender->state, pod);
}

bool extenders_filter_pod(const struct extenders *extenders, const struct pod *pod)
{
    for (size_t i = 0; extenders != NULL && i < extenders->count; i++)
        if (extenders->items[i]->filter != NULL && is_interested(extenders->items[i], pod))
            return true;
    return false;
}

bool extenders_score_pod(const struct extenders *extenders, const struct pod *pod)
{
    for (size_t i = 0; extenders != NULL && i < extenders->count; i++)
        if (extenders->items[i]->prioritize != NULL && is_interested(extenders->items[i], pod))
            return true;
    return false;
}

/* After an answer that is none: true when everybody goes on without this extender. */
static bool goes_on(struct extenders *extenders, const struct extender *extender,
                    enum extender_reply reply, struct error *error)
{
    error_wrap(error, "%s", extender->name);
    if (extender->ignorable) {
        if (extenders->ignored_count++ == 0)
            error_set(&extenders->ignored, error->at, "%s", error->text);
        error_close(error);
        return true;
    }
    if (reply == EXTENDER_BROKEN)
        error_set(&extenders->failure, error->at, "%s", error->text);
    return false;
}

static struct extender_call call_of(const struct extenders *extenders,
                                    const struct snapshot *snapshot, const struct pod *pod,
                                    const uint32_t *slots, size_t count)
{
    return (struct extender_call){ .snapshot = snapshot,
                                   .codec = extenders->codec,
                                   .pod = pod,
                                   .now = extenders->now,
                                   .waiting = extenders->waiting,
                                   .slots = slots,
                                   .count = count };
}

/* --- behind the filters ------------------------------------------------------------------- */

/* Cut the slots down to what one extender keeps; returns how many. */
static size_t keep(const struct extender *extender, uint32_t *slots, size_t count,
                   const struct extender_verdict *verdicts, extender_reject *reject, void *context)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (verdicts[i].sort == EXTENDER_KEEPS)
            slots[kept++] = slots[i];
        else
            reject(context, slots[i], extender, &verdicts[i]);
    return kept;
}

bool extenders_filter(struct extenders *extenders, const struct snapshot *snapshot,
                      const struct pod *pod, uint32_t *slots, size_t *count,
                      extender_reject *reject, void *context, struct error *error)
{
    bool fine = true;
    for (size_t i = 0; fine && *count > 0 && i < extenders->count; i++) {
        const struct extender *extender = extenders->items[i];
        const size_t asked = *count;
        if (extender->filter == NULL || !is_interested(extender, pod))
            continue;
        struct extender_verdict *verdicts = mem_new(asked * sizeof *verdicts);
        const struct extender_call call = call_of(extenders, snapshot, pod, slots, asked);
        const enum extender_reply reply = extender->filter(extender->state, &call, verdicts, error);
        if (reply == EXTENDER_ANSWERED)
            *count = keep(extender, slots, asked, verdicts, reject, context);
        else
            fine = goes_on(extenders, extender, reply, error);
        for (size_t j = 0; j < asked; j++)
            text_drop(verdicts[j].reason);
        free(verdicts);
    }
    return fine;
}

/* --- behind the scores -------------------------------------------------------------------- */

bool extenders_prioritize(struct extenders *extenders, const struct snapshot *snapshot,
                          const struct pod *pod, const uint32_t *slots, size_t count,
                          int64_t *totals, int64_t *scores, struct error *error)
{
    const struct extender_call call = call_of(extenders, snapshot, pod, slots, count);
    for (size_t i = 0; i < extenders->count; i++) {
        const struct extender *extender = extenders->items[i];
        if (extender->prioritize == NULL || !is_interested(extender, pod))
            continue;
        memset(scores, 0, count * sizeof *scores);
        const enum extender_reply reply =
            extender->prioritize(extender->state, &call, scores, error);
        if (reply != EXTENDER_ANSWERED && !goes_on(extenders, extender, reply, error))
            return false;
        for (size_t j = 0; reply == EXTENDER_ANSWERED && j < count; j++)
            totals[j] += scores[j];
    }
    return true;
}

/* --- in preemption ------------------------------------------------------------------------ */

static enum extender_reply ask_victims(const struct extender *extender,
                                       const struct extender_call *call,
                                       struct extender_victims *candidates, struct error *error)
{
    const enum extender_reply reply = extender->preempt(extender->state, call, candidates, error);
    for (size_t i = 0; reply == EXTENDER_ANSWERED && i < call->count; i++) {
        if (!candidates[i].kept || candidates[i].count > 0)
            continue;
        candidates[i].kept = false;
        if (extender->ignorable)
            continue;
        error_set(error, (struct place){ 0 }, "expected at least one victim pod on node \"%s\"",
                  call->snapshot->nodes[call->slots[i]]->name->s);
        return EXTENDER_REFUSED;
    }
    return reply;
}

/* Those that are kept come first; the others are released. */
static size_t keep_candidates(struct extender_victims *candidates, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (candidates[i].kept)
            candidates[kept++] = candidates[i];
        else
            free(candidates[i].pods);
    return kept;
}

bool extenders_preempt(struct extenders *extenders, const struct snapshot *snapshot,
                       const struct pod *pod, struct extender_victims *candidates, size_t *count,
                       struct error *error)
{
    bool fine = true;
    for (size_t i = 0; fine && extenders != NULL && *count > 0 && i < extenders->count; i++) {
        const struct extender *extender = extenders->items[i];
        if (extender->preempt == NULL || !is_interested(extender, pod))
            continue;
        uint32_t *slots = mem_new(*count * sizeof *slots);
        for (size_t j = 0; j < *count; j++) {
            slots[j] = candidates[j].slot;
            candidates[j].kept = true;
        }
        const struct extender_call call = call_of(extenders, snapshot, pod, slots, *count);
        const enum extender_reply reply = ask_victims(extender, &call, candidates, error);
        if (reply == EXTENDER_ANSWERED)
            *count = keep_candidates(candidates, *count);
        else
            fine = goes_on(extenders, extender, reply, error);
        free(slots);
    }
    return fine;
}

/* --- instead of the binder ---------------------------------------------------------------- */

bool extenders_bind(struct extenders *extenders, const struct pod *pod, const struct text *node,
                    struct error *error)
{
    for (size_t i = 0; extenders != NULL && i < extenders->count; i++) {
        const struct extender *extender = extenders->items[i];
        if (extender->bind == NULL || !is_interested(extender, pod))
            continue;
        const enum extender_reply reply = extender->bind(extender->state, pod, node, error);
        if (reply == EXTENDER_ANSWERED)
            return true;
        if (!goes_on(extenders, extender, reply, error))
            return false;
    }
    return true;
}
