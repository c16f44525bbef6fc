/* Pods one after the other; see placement.h. */
#include "tools/schedule/placement.h"

#include <stdlib.h>

#include "tools/schedule/explain.h"
#include "tools/schedule/preemption.h"

bool placement_is_named(const struct pod *pod, const char *name)
{
    const char *slash = strchr(name, '/');
    if (slash == NULL)
        return strcmp(name_of(pod), name) == 0;
    return strlen(namespace_of(pod)) == (size_t)(slash - name) &&
           strncmp(namespace_of(pod), name, (size_t)(slash - name)) == 0 &&
           strcmp(name_of(pod), slash + 1) == 0;
}

static bool is_explained(const struct placement_options *options, const struct pod *pod)
{
    for (size_t i = 0; i < options->explained_count; i++)
        if (placement_is_named(pod, options->explained[i]))
            return true;
    return options->explains_all;
}

/* --- one attempt -------------------------------------------------------------------------------- */

/* Of the nodes with the greatest total the one that joined first. */
static uint32_t first_of_top(const struct trial *trial, const struct decision *decision)
{
    uint32_t best = decision->top[0];
    for (size_t i = 1; i < decision->top_count; i++)
        if (trial_node_rank(trial, decision->top[i]) < trial_node_rank(trial, best))
            best = decision->top[i];
    return best;
}

/* The best of the other nodes, of equal ones that which joined first. */
static void note_runner_up(const struct trial *trial, const struct decision *decision,
                           uint32_t chosen, struct placement *placement)
{
    size_t best = decision->feasible_count;
    for (size_t i = 0; i < decision->feasible_count; i++) {
        const uint32_t slot = decision->feasible[i];
        if (slot == chosen)
            continue;
        if (best == decision->feasible_count || decision->totals[i] > decision->totals[best] ||
            (decision->totals[i] == decision->totals[best] &&
             trial_node_rank(trial, slot) < trial_node_rank(trial, decision->feasible[best])))
            best = i;
    }
    if (best == decision->feasible_count)
        return;
    text_assign(&placement->runner_up,
                text_hold(trial->snapshot->nodes[decision->feasible[best]]->name));
    placement->runner_up_score = decision->totals[best];
}

static void place(struct trial *trial, const struct decision *decision, const struct pod *pod,
                  struct placement *placement)
{
    const uint32_t chosen = first_of_top(trial, decision);
    const struct profile *profile = decision->prepared->profile;
    placement->result = PLACEMENT_SCHEDULED;
    placement->score = decision->top_total;
    placement->ties = decision->top_count;
    text_assign(&placement->node, text_hold(trial->snapshot->nodes[chosen]->name));
    note_runner_up(trial, decision, chosen, placement);
    value_drop(trial_bind_volumes(trial, profile, pod, placement->node));
    trial_bind(trial, profile, pod, placement->node, run_now(trial->run));
}

/* No node will do. True when somebody was preempted, so that it is worth while to try again. */
static bool look_for_help(struct trial *trial, struct decision *decision, const struct pod *pod,
                          struct placement *placement)
{
    struct post_filter_round round = { .decision = decision,
                                       .pod = pod,
                                       .chooser = { preemption_choose, trial } };
    placement->result = PLACEMENT_UNSCHEDULABLE;
    free(placement->message);
    placement->message = decision_message(decision, &round);
    const bool helped = round.nomination == NOMINATION_SET;
    if (helped && placement->preemption == NULL)
        placement->preemption = preemption_told(trial, &round);
    trial_carry_out(trial, &round, false);
    post_filter_close(&round);
    return helped;
}

static struct decision *decide_on(struct trial *trial, const struct profile *profile,
                                  const struct pod *pod, bool plainly)
{
    struct decision *decision = plainly ? &trial->plain : &trial->fast;
    if (plainly)
        trial_decide_plainly(trial, profile, pod);
    else
        trial_decide(trial, profile, pod);
    trial_next(trial, decision);
    return decision;
}

/* True when it is to be tried once more. */
static bool attempt(struct trial *trial, const struct profile *profile, const struct pod *pod,
                    const struct placement_options *options, struct placement *placement)
{
    const bool explains = placement->explanation == NULL && is_explained(options, pod);
    struct decision *decision = decide_on(trial, profile, pod, options->plainly || explains);
    placement->feasible = decision->feasible_count;
    placement->evaluated = decision_evaluated(decision);
    if (explains)
        placement->explanation = explain_decision(trial, pod);
    if (decision->outcome == DECISION_FOUND) {
        place(trial, decision, pod, placement);
        return false;
    }
    if (decision->outcome != DECISION_ERROR)
        return look_for_help(trial, decision, pod, placement);
    placement->result = PLACEMENT_FAILED;
    placement->message = mem_format("%s", decision->error.text);
    return false;
}

/* --- all of them ----------------------------------------------------------------------------------- */

/* The pod as it is stored now: preemption and nominations make new versions. */
static const struct pod *present(const struct trial *trial, const struct pod *pod)
{
    return pod_of(store_get(trial->cluster->store, object_key(&pod->meta.object)));
}

static void make_placement(struct trial *trial, const struct placement_options *options,
                           struct placement *placement)
{
    const struct profile *profile = scheduler_profile_of(trial->configuration, placement->pod);
    struct writer why = { 0 };
    if (profile == NULL) {
        placement->result = PLACEMENT_IGNORED;
        placement->message = mem_format("no profile has the schedulerName \"%s\" of this pod",
                                        text_s(placement->pod->spec->scheduler_name));
        return;
    }
    if (trial_gate(trial, profile, placement->pod, &why) != NULL) {
        placement->result = PLACEMENT_GATED;
        placement->message = writer_take(&why);
        return;
    }
    writer_close(&why);
    if (attempt(trial, profile, present(trial, placement->pod), options, placement))
        attempt(trial, profile, present(trial, placement->pod), options, placement);
    if (placement->result == PLACEMENT_SCHEDULED) {
        free(placement->message);
        placement->message = NULL;
    }
}

struct placements placements_make(struct trial *trial, const struct placement_options *options)
{
    struct placements placements = { 0 };
    const struct pod **queue = trial_queue(trial, &placements.count);
    placements.items = mem_new((placements.count + 1) * sizeof *placements.items);
    for (size_t i = 0; i < placements.count; i++)
        placements.items[i].pod = pod_of(object_hold(&queue[i]->meta.object));
    free(queue);
    for (size_t i = 0; i < placements.count; i++)
        make_placement(trial, options, &placements.items[i]);
    return placements;
}

void placements_close(struct placements *placements)
{
    for (size_t i = 0; i < placements->count; i++) {
        struct placement *placement = &placements->items[i];
        object_drop(&placement->pod->meta.object);
        text_drop(placement->node);
        text_drop(placement->runner_up);
        free(placement->message);
        value_drop(placement->preemption);
        value_drop(placement->explanation);
    }
    free(placements->items);
    *placements = (struct placements){ 0 };
}
