/* DefaultPreemption: where no node will do, find one on which pods of lower priority can give way.
 *
 * Says whom it would cost and which node it proposes; the scheduler carries it out. A pod whose
 * victims are still being deleted is not tried again before (PreEnqueue). Follows pkg/scheduler/
 * framework/preemption and plugins/defaultpreemption of the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/decision/decision.h"
#include "models/scheduler/decision/fit_error.h"
#include "models/scheduler/plugins/default_preemption_private.h"
#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/decision/post_filter.h"

/* --- arguments --------------------------------------------------------------------------- */

/* DefaultPreemptionArgs, which have been checked: how many candidates are enough. */
struct preemption_args {
    int64_t percentage, absolute;
};

static void *default_preemption_configure(struct texts *texts, const struct value *args,
                                          struct error_list *errors)
{
    struct preemption_args *preemption = mem_new(sizeof *preemption);
    (void)texts;
    (void)errors;
    preemption->percentage = value_int(value_get(args, "minCandidateNodesPercentage"), 10);
    preemption->absolute = value_int(value_get(args, "minCandidateNodesAbsolute"), 100);
    return preemption;
}

static size_t candidates_wanted(const struct preemption_args *args, size_t nodes)
{
    const size_t share = nodes * (size_t)args->percentage / 100;
    const size_t wanted = share < (size_t)args->absolute ? (size_t)args->absolute : share;
    return wanted < nodes ? wanted : nodes;
}

/* --- may the pod preempt at all? ------------------------------------------------------------ */

/* What was said of a node; nodes that were not looked at cannot be helped. */
static enum rejection_code code_of(const struct decision *decision, uint32_t slot)
{
    if (decision->before_filters != 0)
        return decision->rejections->items[decision->before_filters].code;
    for (size_t i = 0; i < decision->rejected_count; i++)
        if (decision->rejected[i].slot == slot)
            return decision->rejections->items[decision->rejected[i].rejection].code;
    return UNRESOLVABLE;
}

static bool is_leaving_by_preemption(const struct pod *pod)
{
    return pod->meta.deleting && pod_condition_is_true(pod, POD_DISRUPTION_TARGET) &&
           strcmp(pod_condition_reason(pod, POD_DISRUPTION_TARGET), "PreemptionByScheduler") == 0;
}

/* Victims are on their way out of the node it was promised: others need not go. */
static bool waits_for_victims(const struct decision *decision, const struct pod *pod)
{
    const struct node_info *node = snapshot_find_node(decision->snapshot, pod_nominated_node(pod));
    if (node == NULL || code_of(decision, node->slot) == UNRESOLVABLE)
        return false;
    for (const struct placed_pod *placed = node->first; placed != NULL; placed = placed->next)
        if (placed->pod->spec->priority < pod->spec->priority &&
            is_leaving_by_preemption(placed->pod))
            return true;
    return false;
}

/* --- candidates ----------------------------------------------------------------------------- */

/* The nodes that might be helped, in the order visited; the caller frees. */
static uint32_t *potential_nodes(const struct decision *decision, size_t *count)
{
    uint32_t *slots = mem_new((decision->all_nodes + 1) * sizeof *slots);
    *count = 0;
    if (decision->before_filters != 0) {
        if (decision->rejections->items[decision->before_filters].code == UNSCHEDULABLE)
            for (; *count < decision->all_nodes; (*count)++)
                slots[*count] = decision->snapshot->order[*count];
        return slots;
    }
    for (size_t i = 0; i < decision->rejected_count; i++) {
        const struct rejected_node *rejected = &decision->rejected[i];
        if (decision->rejections->items[rejected->rejection].code == UNSCHEDULABLE)
            slots[(*count)++] = rejected->slot;
    }
    return slots;
}

static uint32_t choose(const struct post_filter_round *round, const struct question *question)
{
    if (round->chooser.choose == NULL || question->options < 2)
        return 0;
    return round->chooser.choose(round->chooser.self, question);
}

/* Where among the nodes the dry runs begin: anywhere. It matters only where not all are tried. */
static size_t choose_offset(const struct post_filter_round *round, size_t nodes, size_t wanted)
{
    const struct question question = { .purpose = "preemption-offset",
                                       .entity = name_of(round->pod),
                                       .options = (uint32_t)nodes };
    return wanted < nodes ? choose(round, &question) : 0;
}

/* Dry runs until there are enough candidates, at least one of which violates no budget. Returns a
 * node that needs no victims, if there is any: it was somebody else who rejected it. */
static const struct node_info *find_candidates(struct post_filter_round *round,
                                               const struct preemption_args *args,
                                               struct fit_error *error)
{
    const struct decision *decision = round->decision;
    struct preemption *preemption = &round->preemption;
    const struct node_info *doubtful = NULL;
    struct victim_search search;
    size_t nodes, harmless = 0;
    uint32_t *slots = potential_nodes(decision, &nodes);
    const size_t wanted = candidates_wanted(args, nodes);
    const size_t offset = choose_offset(round, nodes, wanted);
    preemption->candidates = mem_new((nodes + 1) * sizeof *preemption->candidates);
    victim_search_init(&search, decision->prepared, round->pod);
    for (size_t i = 0; i < nodes && (harmless == 0 || preemption->count < wanted); i++) {
        const struct node_info *node = decision->snapshot->nodes[slots[(offset + i) % nodes]];
        struct extender_victims *found = &preemption->candidates[preemption->count];
        struct rejection rejection;
        if (!victim_search_node(&search, node, found, &rejection)) {
            for (size_t j = 0; j < rejection.count; j++)
                fit_error_add(error, rejection.reasons[j], 1);
        } else if (found->count == 0) {
            free(found->pods);
            doubtful = node;
        } else {
            harmless += found->pdb_violations == 0;
            preemption->count++;
        }
    }
    fit_error_add(error, (struct reason){ "Preemption is not helpful for scheduling", NULL },
                  decision->all_nodes - nodes);
    victim_search_close(&search);
    free(slots);
    return doubtful;
}

/* --- the choice ------------------------------------------------------------------------------- */

static const char *name_of_tie(const void *context, uint32_t option)
{
    const struct post_filter_round *round = context;
    const struct preemption *preemption = &round->preemption;
    const uint32_t slot = preemption->candidates[preemption->ties[option]].slot;
    return round->decision->snapshot->nodes[slot]->name->s;
}

static void choose_candidate(struct post_filter_round *round)
{
    struct preemption *preemption = &round->preemption;
    preemption->ties = mem_new(preemption->count * sizeof *preemption->ties);
    preemption->tie_count =
        victims_choose(preemption->candidates, preemption->count, preemption->ties);
    const struct question question = { .purpose = "preemption-node",
                                       .entity = name_of(round->pod),
                                       .options = (uint32_t)preemption->tie_count,
                                       .name = name_of_tie,
                                       .context = round };
    preemption->chosen = preemption->ties[choose(round, &question)];
    round->node =
        round->decision->snapshot->nodes[preemption->candidates[preemption->chosen].slot]->name;
    round->nomination = NOMINATION_SET;
}

/* Something went wrong: only that is said. */
static enum post_filter fail(struct post_filter_round *round, const char *text)
{
    writer_clear(&round->message);
    writer_format(&round->message, "preemption: %s", text);
    return POST_FILTER_END;
}

/* Which candidate it is to be; those whom the extenders' say concerns may refuse all. */
static enum post_filter propose(struct post_filter_round *round)
{
    struct preemption *preemption = &round->preemption;
    struct error error = { 0 };
    if (!extenders_preempt(round->decision->prepared->profile->extenders, round->decision->snapshot,
                           round->pod, preemption->candidates, &preemption->count, &error)) {
        const enum post_filter answer = fail(round, error.text);
        error_close(&error);
        return answer;
    }
    error_close(&error);
    if (preemption->count == 0) {
        writer_add(&round->message, "no candidate node for preemption");
        return POST_FILTER_NEXT;
    }
    choose_candidate(round);
    return POST_FILTER_HELPED;
}

static enum post_filter preempt(struct post_filter_round *round, const struct preemption_args *args)
{
    struct fit_error error = { 0 };
    const struct node_info *doubtful = find_candidates(round, args, &error);
    enum post_filter answer;
    if (round->preemption.count > 0) {
        answer = propose(round);
    } else if (doubtful != NULL) {
        char *text =
            mem_format("expected at least one victim pod on node \"%s\"", doubtful->name->s);
        answer = fail(round, text);
        free(text);
    } else {
        round->nomination = NOMINATION_CLEARED;
        fit_error_print(&error, round->decision->all_nodes, &round->message);
        answer = POST_FILTER_NEXT;
    }
    fit_error_close(&error);
    return answer;
}

static enum post_filter default_preemption_post_filter(const struct sched_call *call,
                                                       struct post_filter_round *round)
{
    writer_add(&round->message, "preemption: ");
    if (!call->spec->preempts)
        writer_add(&round->message, "not eligible due to preemptionPolicy=Never.");
    else if (waits_for_victims(round->decision, round->pod))
        writer_add(&round->message, "not eligible due to a terminating pod on the nominated node.");
    else
        return preempt(round, call->args);
    return POST_FILTER_NEXT;
}

/* --- the queue ---------------------------------------------------------------------------------- */

static bool default_preemption_pre_enqueue(const struct pod *pod, const struct nominator *nominator,
                                           struct writer *why)
{
    if (!nominator_is_preempting(nominator, pod->meta.uid))
        return true;
    writer_add(why, "waiting for the preemption for this pod to be finished");
    return false;
}

/* Whoever rejected the pod knows better whether a pod's going is of use to it. */
static bool never(const void *args, const struct pod *pod, const struct object *before,
                  const struct object *after)
{
    (void)args;
    (void)pod;
    (void)before;
    (void)after;
    return false;
}

const struct sched_plugin default_preemption_plugin = {
    .name = "DefaultPreemption",
    .configure = default_preemption_configure,
    .release = free,
    .pre_enqueue = default_preemption_pre_enqueue,
    .events = { { KIND_POD, EVENT_DELETE, never } },
    .post_filter = default_preemption_post_filter,
};
