/* The cost of an attempt; see attempt_cost.h.
 *
 * Which part of the work is whose follows findNodesThatFitPod and prioritizeNodes in
 * pkg/scheduler/schedule_one.go of the release named in docs/fidelity.md: a node is filtered at
 * most once, a single feasible one is not scored, and InterPodAffinity looks at every pod that
 * counts and has terms, whoever is scheduled. */
#include "models/scheduler/attempt_cost.h"

#include <math.h>

#include "models/scheduler/plugins/plugins.h"

static bool takes_part(const struct prepared *prepared, const uint8_t *plugins, size_t count,
                       const struct sched_plugin *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (prepared->profile->plugins[plugins[i]].plugin == wanted)
            return true;
    return false;
}

static double per(sim_time rate, size_t count)
{
    return sim_time_to_seconds(rate) * (double)count;
}

double attempt_cost_median(const struct attempt_cost *cost, const struct decision *decision)
{
    const struct prepared *prepared = decision->prepared;
    const struct snapshot *snapshot = decision->snapshot;
    const bool scored = decision->outcome == DECISION_FOUND && decision->feasible_count > 1;
    const bool spread_filters = takes_part(prepared, prepared->filters, prepared->filter_count,
                                           &pod_topology_spread_plugin);
    const bool spread_scores =
        scored &&
        takes_part(prepared, prepared->scores, prepared->score_count, &pod_topology_spread_plugin);
    double median = sim_time_to_seconds(cost->attempt);
    median += per(cost->node_filtered, decision_evaluated(decision));
    median += per(cost->pod_repelling, snapshot->pods_repelling);
    if (spread_filters || spread_scores)
        median += per(cost->node_spread, decision->all_nodes);
    if (!scored)
        return median;
    median += per(cost->node_scored, decision->feasible_count);
    median += per(cost->pod_preferring, snapshot->pods_preferring);
    if (spread_scores)
        median += per(cost->node_spread_scored, decision->feasible_count);
    return median;
}

sim_time attempt_cost_sample(const struct settings *settings, const struct decision *decision,
                             struct stream *stream)
{
    if (settings->scheduling_cycle != NULL)
        return distribution_sample_time(settings->scheduling_cycle, stream);
    const double median = attempt_cost_median(&settings->attempt_cost, decision);
    if (median <= 0)
        return 0;
    return sim_time_from_seconds(
        distribution_draw_lognormal(log(median), settings->attempt_cost.sigma, stream));
}
