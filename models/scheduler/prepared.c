/* Plugins and one template; see prepared.h.
 *
 * Follows RunPreFilterPlugins and RunPreScorePlugins of pkg/scheduler/framework/runtime/
 * framework.go of the release named in docs/fidelity.md. */
#include "models/scheduler/prepared.h"

#include <assert.h>

struct sched_call prepared_call(const struct prepared *prepared, size_t plugin)
{
    return (struct sched_call){ .profile = prepared->profile,
                                .spec = prepared->spec,
                                .snapshot = prepared->snapshot,
                                .args = prepared->profile->plugins[plugin].args,
                                .compiled = prepared->compiled[plugin] };
}

/* One PreFilter plugin; returns whether its Filter takes part. */
static bool pre_filter(struct prepared *prepared, uint8_t plugin)
{
    const struct sched_plugin *asked = prepared->profile->plugins[plugin].plugin;
    const struct sched_call call = prepared_call(prepared, plugin);
    struct narrowed narrowed = { 0 };
    const enum pre_filter answer = asked->pre_filter(&call, &narrowed, &prepared->rejection);
    if (answer == PRE_FILTER_REJECTED)
        prepared->rejected_by = plugin;
    if (!narrowed.set)
        return answer == PRE_FILTER_GO;
    assert(!prepared->narrowed.set); /* one plugin of ours narrows; two would intersect */
    prepared->narrowed = narrowed;
    prepared->narrowing |= (uint64_t)1 << plugin;
    return answer == PRE_FILTER_GO;
}

static void find_filters(struct prepared *prepared)
{
    const struct point *pre = &prepared->profile->points[POINT_PRE_FILTER];
    const struct point *filters = &prepared->profile->points[POINT_FILTER];
    uint64_t skipped = 0;
    prepared->narrowed = (struct narrowed){ 0 };
    prepared->narrowing = 0;
    prepared->rejected_by = -1;
    prepared->rejection = (struct rejection){ 0 };
    for (size_t i = 0; i < pre->count && prepared->rejected_by < 0; i++)
        if (!pre_filter(prepared, pre->items[i].plugin))
            skipped |= (uint64_t)1 << pre->items[i].plugin;
    prepared->filter_count = 0;
    for (size_t i = 0; i < filters->count; i++)
        if (!(skipped >> filters->items[i].plugin & 1))
            prepared->filters[prepared->filter_count++] = filters->items[i].plugin;
}

static void find_scores(struct prepared *prepared)
{
    const struct point *scores = &prepared->profile->points[POINT_SCORE];
    prepared->score_count = 0;
    for (size_t i = 0; i < scores->count; i++) {
        const uint8_t plugin = scores->items[i].plugin;
        const struct sched_plugin *scorer = prepared->profile->plugins[plugin].plugin;
        const struct sched_call call = prepared_call(prepared, plugin);
        if (scorer->pre_score != NULL && !scorer->pre_score(&call, NULL))
            continue;
        prepared->score_points[prepared->score_count] = (uint8_t)i;
        prepared->scores[prepared->score_count++] = plugin;
    }
}

/* Read every plugin's epoch; false when none is new. */
static bool read_epochs(struct prepared *prepared)
{
    bool changed = false;
    for (size_t i = 0; i < prepared->profile->plugin_count; i++) {
        const struct sched_plugin *plugin = prepared->profile->plugins[i].plugin;
        if (plugin->epoch == NULL)
            continue;
        const struct sched_call call = prepared_call(prepared, i);
        const uint64_t epoch = plugin->epoch(&call);
        changed |= epoch != prepared->epochs[i];
        prepared->epochs[i] = epoch;
    }
    return changed;
}

void prepared_init(struct prepared *prepared, const struct profile *profile,
                   const struct pod_spec *spec, const struct snapshot *snapshot)
{
    *prepared =
        (struct prepared){ .profile = profile, .spec = pod_spec_hold(spec), .snapshot = snapshot };
    for (size_t i = 0; i < profile->plugin_count; i++)
        if (profile->plugins[i].plugin->compile != NULL) {
            const struct sched_call call = prepared_call(prepared, i);
            prepared->compiled[i] = profile->plugins[i].plugin->compile(&call);
        }
    read_epochs(prepared);
    find_filters(prepared);
    find_scores(prepared);
}

void prepared_close(struct prepared *prepared)
{
    for (size_t i = 0; i < prepared->profile->plugin_count; i++)
        if (prepared->compiled[i] != NULL)
            prepared->profile->plugins[i].plugin->discard(prepared->compiled[i]);
    pod_spec_drop(prepared->spec);
}

bool prepared_renew(struct prepared *prepared)
{
    if (!read_epochs(prepared))
        return false;
    find_filters(prepared);
    find_scores(prepared);
    return true;
}

int prepared_filter(const struct prepared *prepared, const struct node_info *node,
                    struct rejection *rejection)
{
    for (size_t i = 0; i < prepared->filter_count; i++) {
        const uint8_t plugin = prepared->filters[i];
        const struct sched_call call = prepared_call(prepared, plugin);
        if (!prepared->profile->plugins[plugin].plugin->filter(&call, node, rejection))
            return plugin;
    }
    return -1;
}

const struct sched_plugin *prepared_scorer(const struct prepared *prepared, size_t i)
{
    return prepared->profile->plugins[prepared->scores[i]].plugin;
}

int64_t prepared_weight(const struct prepared *prepared, size_t i)
{
    return prepared->profile->points[POINT_SCORE].items[prepared->score_points[i]].weight;
}
