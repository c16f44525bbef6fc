/* InterPodAffinity: pods that want to be near others, or far from them, and what those that run
 * already want of the new one.
 *
 * Required terms filter: by the pod's own affinity and anti-affinity and by the anti-affinity of
 * pods that count. Preferred terms of both sides score, and so does the required affinity of pods
 * that count, with a weight of the profile. What lies in each domain is counted in
 * inter_pod_affinity_counts.c. Follows pkg/scheduler/framework/plugins/interpodaffinity of the
 * release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/plugins/inter_pod_affinity_private.h"
#include "models/scheduler/plugins/plugins.h"

/* --- arguments -------------------------------------------------------------------------------- */

static void *configure(struct texts *texts, const struct value *args, struct error_list *errors)
{
    enum { DEFAULT_WEIGHT = 1, GREATEST_WEIGHT = 100 };
    (void)texts;
    const struct value *given = value_get(args, "hardPodAffinityWeight");
    const int64_t weight = value_int(given, DEFAULT_WEIGHT);
    if (weight < 0 || weight > GREATEST_WEIGHT) {
        error_list_add(errors, given->at,
                       "InterPodAffinityArgs.hardPodAffinityWeight: %s is not in the range 0 to %d",
                       value_text(given, given->text), GREATEST_WEIGHT);
        return NULL;
    }
    struct affinity_args *made = mem_new(sizeof *made);
    made->hard_pod_affinity_weight = (int32_t)weight;
    made->ignore_preferred_terms_of_existing_pods =
        value_truth(value_get(args, "ignorePreferredTermsOfExistingPods"), false);
    return made;
}

/* --- filter ------------------------------------------------------------------------------------ */

/* Labels of Namespaces enter where a term selects by them. */
static uint64_t epoch(const struct sched_call *call)
{
    const struct pod_affinity *own = call->spec->pod_affinity;
    const bool selects =
        (own != NULL && own->has_namespace_selector) || call->snapshot->namespace_selectors > 0;
    return selects ? call->snapshot->object_changes[KIND_NAMESPACE] : 0;
}

static enum pre_filter pre_filter(const struct sched_call *call, struct narrowed *narrowed,
                                  struct rejection *rejection)
{
    (void)narrowed;
    (void)rejection;
    const struct affinity_counts *counts = call->counts;
    const struct pod_affinity *own = call->spec->pod_affinity;
    const bool requires = own != NULL && own->required.count + own->required_anti.count > 0;
    return requires || counts->totals[REPELLING] > 0 ? PRE_FILTER_GO : PRE_FILTER_SKIP;
}

/* Every domain must hold a pod that matches. Where none matches anywhere the first of a group of
 * pods may go to any node that has the labels, if they would match each other. */
static bool satisfies_affinity(const struct affinity_counts *counts, const struct node_info *node)
{
    bool present = true;
    for (size_t i = 0; i < counts->dimension_count; i++) {
        const struct dimension *dimension = &counts->dimensions[i];
        if (dimension->kind != MATCHING)
            continue;
        const uint32_t domain = affinity_domain(dimension, node);
        if (domain == 0)
            return false;
        present &= affinity_sum_of(dimension, domain).pods > 0;
    }
    return present || (counts->totals[MATCHING] == 0 && counts->matches_itself);
}

static bool lies_beside(const struct affinity_counts *counts, enum affinity_count kind,
                        const struct node_info *node)
{
    for (size_t i = 0; i < counts->dimension_count; i++) {
        const struct dimension *dimension = &counts->dimensions[i];
        if (dimension->kind == kind &&
            affinity_sum_of(dimension, affinity_domain(dimension, node)).pods > 0)
            return true;
    }
    return false;
}

static bool filter(const struct sched_call *call, const struct node_info *node,
                   struct rejection *rejection)
{
    const struct affinity_counts *counts = call->counts;
    if (!satisfies_affinity(counts, node))
        return reject(rejection, UNRESOLVABLE, "node(s) didn't match pod affinity rules");
    if (lies_beside(counts, REPELLED, node))
        return reject(rejection, UNSCHEDULABLE, "node(s) didn't match pod anti-affinity rules");
    if (lies_beside(counts, REPELLING, node))
        return reject(rejection, UNSCHEDULABLE,
                      "node(s) didn't satisfy existing pods anti-affinity rules");
    return true;
}

/* --- score ---------------------------------------------------------------------------------------- */

static bool pre_score(const struct sched_call *call, const struct candidates *candidates)
{
    (void)candidates;
    const struct affinity_counts *counts = call->counts;
    return counts->totals[PREFERENCE] > 0;
}

static int64_t score(const struct sched_call *call, const struct node_info *node)
{
    const struct affinity_counts *counts = call->counts;
    int64_t sum = 0;
    for (size_t i = 0; i < counts->dimension_count; i++) {
        const struct dimension *dimension = &counts->dimensions[i];
        if (dimension->kind == PREFERENCE)
            sum += affinity_sum_of(dimension, affinity_domain(dimension, node)).weight;
    }
    return sum;
}

/* From lowest to highest, in floating point and cut off. */
static void normalize(const struct sched_call *call, int64_t *scores, size_t count)
{
    (void)call;
    int64_t lowest = INT64_MAX, highest = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        lowest = scores[i] < lowest ? scores[i] : lowest;
        highest = scores[i] > highest ? scores[i] : highest;
    }
    for (size_t i = 0; i < count; i++) {
        const double above = (double)(scores[i] - lowest), range = (double)(highest - lowest);
        scores[i] = range > 0 ? (int64_t)(MAX_NODE_SCORE * (above / range)) : 0;
    }
}

const struct sched_plugin inter_pod_affinity_plugin = {
    .name = "InterPodAffinity",
    .configure = configure,
    .release = free,
    .by_identity = affinity_concerns,
    .epoch = epoch,
    .count_new = affinity_counts_new,
    .count_free = affinity_counts_free,
    .count_node = affinity_count_node,
    .group = affinity_group,
    .pod_moved = affinity_pod_moved,
    .events = { { KIND_POD, EVENT_ADD | EVENT_DELETE | EVENT_UPDATE_POD_LABEL, affinity_hint_pod },
                { KIND_NODE, EVENT_ADD | EVENT_UPDATE_NODE_LABEL, affinity_hint_node },
                { KIND_NODE, EVENT_UPDATE_NODE_TAINT, NULL } },
    .pre_filter = pre_filter,
    .filter = filter,
    .pre_score = pre_score,
    .score = score,
    .normalize = normalize,
};
