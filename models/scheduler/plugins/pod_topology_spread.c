/* PodTopologySpread: the pods that a selector takes are spread over the domains of a label. Hard
 * constraints (DoNotSchedule) filter, soft ones (ScheduleAnyway) score; pods without constraints
 * get the profile's defaults.
 *
 * spread_rules.h says which pods are counted, spread_counts.h how many there are; the queueing
 * hints are in spread_hints.c. Follows filtering.go and scoring.go of
 * pkg/scheduler/framework/plugins/podtopologyspread of the release named in docs/fidelity.md. */
#include <math.h>

#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/plugins/spread_counts.h"
#include "models/scheduler/plugins/spread_hints.h"

enum { LEFT_OUT = -1 }; /* the score of a node that lacks a key, until they are normalized */

static enum pre_filter spread_pre_filter(const struct sched_call *call, struct narrowed *narrowed,
                                         struct rejection *rejection)
{
    (void)narrowed;
    (void)rejection;
    const struct spread_rules *rules = call->compiled;
    return rules->hard_count == 0 ? PRE_FILTER_SKIP : PRE_FILTER_GO;
}

#define NOT_MATCHED "node(s) didn't match pod topology spread constraints"

/* pods there + the pod itself - fewest anywhere <= maxSkew. The first rule that does not hold is
 * the reason. */
static bool spread_filter(const struct sched_call *call, const struct node_info *node,
                          struct rejection *rejection)
{
    const struct spread_rules *rules = call->compiled;
    const struct spread_counts *counts = call->counts;
    const struct spread_share *shares = spread_shares(call, node->slot);
    for (size_t i = 0; i < rules->hard_count; i++) {
        const struct spread_rule *rule = &rules->items[i];
        const struct spread_count *count = &counts->items[i];
        if (shares[i].domain == 0)
            return reject(rejection, UNRESOLVABLE, NOT_MATCHED " (missing required label)");
        const int64_t skew = spread_count_pods(count, shares[i].domain) + rule->counts_itself -
                             spread_count_least(count, rule);
        if (skew > rule->max_skew)
            return reject(rejection, UNSCHEDULABLE, NOT_MATCHED);
    }
    return true;
}

/* --- scores --------------------------------------------------------------------------------- */

static bool is_left_out(const struct spread_rules *rules, const struct spread_share *shares)
{
    for (size_t i = rules->hard_count; rules->needs_all_keys && i < rules->count; i++)
        if (shares[i].domain == 0)
            return true;
    return false;
}

/* The weight of a rule grows with the number of domains among the candidates, so that many small
 * domains are not drowned by few large ones; that of the hostname with the number of candidates. */
static bool spread_pre_score(const struct sched_call *call, const struct candidates *candidates)
{
    const struct spread_rules *rules = call->compiled;
    struct spread_counts *counts = call->counts;
    if (rules->hard_count == rules->count)
        return false;
    const uint64_t attempt = ++counts->attempt;
    size_t nodes = 0;
    for (size_t i = rules->hard_count; i < rules->count; i++)
        counts->items[i].candidate_domains = 0;
    for (size_t k = 0; k < candidates->count; k++) {
        const struct spread_share *shares = spread_shares(call, candidates->items[k].node->slot);
        if (is_left_out(rules, shares))
            continue;
        nodes += candidates->items[k].count;
        for (size_t i = rules->hard_count; i < rules->count; i++) {
            struct spread_count *count = &counts->items[i];
            if (!count->summed)
                continue;
            count->candidate_domains += count->domains[shares[i].domain].seen != attempt;
            count->domains[shares[i].domain].seen = attempt;
        }
    }
    for (size_t i = rules->hard_count; i < rules->count; i++) {
        struct spread_count *count = &counts->items[i];
        count->weight =
            log((double)(rules->items[i].by_node ? nodes : count->candidate_domains) + 2);
    }
    return true;
}

/* A pod counts as much as its rule weighs; maxSkew - 1 waters differences down. */
static int64_t spread_score(const struct sched_call *call, const struct node_info *node)
{
    const struct spread_rules *rules = call->compiled;
    const struct spread_counts *counts = call->counts;
    const struct spread_share *shares = spread_shares(call, node->slot);
    double score = 0;
    if (is_left_out(rules, shares))
        return LEFT_OUT;
    for (size_t i = rules->hard_count; i < rules->count; i++) {
        const struct spread_rule *rule = &rules->items[i];
        const struct spread_count *count = &counts->items[i];
        if (!spread_has_label(count, node->slot))
            continue;
        const int64_t pods = rule->by_node ? shares[i].pods : count->domains[shares[i].domain].pods;
        score += (double)pods * count->weight + (double)(rule->max_skew - 1);
    }
    return (int64_t)round(score);
}

/* The fewest pods score 100, the most what is left of 100 at their distance. */
static void spread_normalize(const struct sched_call *call, int64_t *scores, size_t count)
{
    (void)call;
    int64_t least = INT64_MAX, most = 0;
    for (size_t i = 0; i < count; i++) {
        if (scores[i] == LEFT_OUT)
            continue;
        least = scores[i] < least ? scores[i] : least;
        most = scores[i] > most ? scores[i] : most;
    }
    for (size_t i = 0; i < count; i++)
        if (scores[i] == LEFT_OUT)
            scores[i] = 0;
        else
            scores[i] =
                most == 0 ? MAX_NODE_SCORE : MAX_NODE_SCORE * (most + least - scores[i]) / most;
}

const struct sched_plugin pod_topology_spread_plugin = {
    .name = "PodTopologySpread",
    .configure = spread_args_load,
    .release = spread_args_free,
    .compile = spread_rules_compile,
    .discard = spread_rules_free,
    .by_identity = spread_rules_by_identity,
    .traits = spread_rules_traits,
    .epoch = spread_rules_epoch,
    .count_new = spread_counts_new,
    .count_free = spread_counts_free,
    .count_node = spread_counts_node,
    .count_all = spread_counts_all,
    .count_soon = spread_counts_soon,
    .group = spread_counts_group,
    .pod_moved = spread_counts_move,
    .events = { { KIND_POD,
                  EVENT_ADD | EVENT_DELETE | EVENT_UPDATE_POD_LABEL | EVENT_UPDATE_POD_TOLERATION,
                  spread_hint_of_pod },
                { KIND_NODE,
                  EVENT_ADD | EVENT_DELETE | EVENT_UPDATE_NODE_LABEL | EVENT_UPDATE_NODE_TAINT,
                  spread_hint_of_node } },
    .pre_filter = spread_pre_filter,
    .filter = spread_filter,
    .pre_score = spread_pre_score,
    .score = spread_score,
    .normalize = spread_normalize,
};
