/* Plugins and one class of pods; see prepared.h.
 *
 * Follows RunPreFilterPlugins and RunPreScorePlugins of pkg/scheduler/framework/runtime/
 * framework.go of the release named in docs/fidelity.md. */
#include "models/scheduler/decision/prepared.h"

#include <stdlib.h>

struct sched_call prepared_call(const struct prepared *prepared, size_t plugin)
{
    return (struct sched_call){ .profile = prepared->profile,
                                .spec = prepared->spec,
                                .pod = prepared->pod,
                                .has_identity = prepared->by_identity >> plugin & 1,
                                .snapshot = prepared->snapshot,
                                .args = prepared->profile->plugins[plugin].args,
                                .compiled = prepared->compiled[plugin],
                                .counts = prepared->counts[plugin] };
}

static const struct sched_plugin *plugin_of(const struct prepared *prepared, size_t plugin)
{
    return prepared->profile->plugins[plugin].plugin;
}

/* --- narrowing the search ---------------------------------------------------------------- */

static void widen(struct prepared *prepared)
{
    for (size_t i = 0; i < prepared->narrowed_count; i++)
        text_drop(prepared->narrowed[i]);
    free(prepared->narrowed);
    prepared->narrowed = NULL;
    prepared->narrowed_count = 0;
    prepared->narrowing = 0;
    text_assign(&prepared->about, NULL);
}

static bool names_node(const struct narrowed *narrowed, const struct text *name)
{
    for (size_t i = 0; i < narrowed->count; i++)
        if (narrowed->names[i] == name)
            return true;
    return false;
}

/* Of the nodes named so far, those that this plugin names as well. */
static void intersect(struct prepared *prepared, const struct narrowed *narrowed)
{
    size_t kept = 0;
    for (size_t i = 0; i < prepared->narrowed_count; i++)
        if (names_node(narrowed, prepared->narrowed[i]))
            prepared->narrowed[kept++] = prepared->narrowed[i];
        else
            text_drop(prepared->narrowed[i]);
    prepared->narrowed_count = kept;
}

static void narrow(struct prepared *prepared, const struct narrowed *narrowed)
{
    if (prepared->narrowed != NULL) {
        intersect(prepared, narrowed);
        return;
    }
    prepared->narrowed = mem_new((narrowed->count + 1) * sizeof *prepared->narrowed);
    for (size_t i = 0; i < narrowed->count; i++)
        prepared->narrowed[i] = text_hold(narrowed->names[i]);
    prepared->narrowed_count = narrowed->count;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void prepared_print_narrowing(const struct prepared *prepared, struct writer *into)
{
    const char *names[PROFILE_PLUGINS] = { 0 };
    size_t count = 0;
    for (size_t i = 0; i < prepared->profile->plugin_count; i++)
        if (prepared->narrowing >> i & 1)
            names[count++] = plugin_of(prepared, i)->name;
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++)
        writer_format(into, "%s%s", i > 0 ? " " : "", names[i]);
}

/* No node is named by all of them. */
static void reject_narrowed(struct prepared *prepared)
{
    struct writer names = { 0 };
    prepared_print_narrowing(prepared, &names);
    const bool several = (prepared->narrowing & (prepared->narrowing - 1)) != 0;
    text_drop(prepared->about);
    prepared->about = text_format(prepared->snapshot->texts,
                                  several ? "node(s) didn't satisfy plugin(s) [%s] simultaneously"
                                          : "node(s) didn't satisfy plugin %s",
                                  names.bytes);
    writer_close(&names);
    prepared->rejection = (struct rejection){ 0 };
    reject_about(&prepared->rejection, UNRESOLVABLE, "", prepared->about);
    prepared->rejected = true;
    prepared->rejected_by = -1;
}

/* --- who takes part ---------------------------------------------------------------------- */

/* One PreFilter plugin. False when nobody else needs to be asked: the pod is rejected, and
 * preemption cannot help. */
static bool pre_filter(struct prepared *prepared, uint8_t plugin)
{
    const struct sched_call call = prepared_call(prepared, plugin);
    struct narrowed narrowed = { 0 };
    struct rejection rejection;
    rejection.code = UNSCHEDULABLE;
    rejection.count = 0;
    const enum pre_filter answer =
        plugin_of(prepared, plugin)->pre_filter(&call, &narrowed, &rejection);
    if (answer != PRE_FILTER_GO)
        prepared->filtering &= ~((uint64_t)1 << plugin);
    if (answer == PRE_FILTER_REJECTED) {
        prepared->rejected = true;
        prepared->rejected_by = plugin;
        prepared->rejection = rejection;
        if (rejection.code == UNSCHEDULABLE)
            return true;
        prepared->narrowing = 0; /* only this plugin is told to have rejected the pod */
        return false;
    }
    if (!narrowed.set)
        return true;
    prepared->narrowing |= (uint64_t)1 << plugin;
    narrow(prepared, &narrowed);
    if (prepared->narrowed_count > 0)
        return true;
    reject_narrowed(prepared);
    return false;
}

static void list_filters(struct prepared *prepared)
{
    const struct point *filters = &prepared->profile->points[POINT_FILTER];
    prepared->filter_count = 0;
    for (size_t i = 0; i < filters->count; i++)
        if (prepared->filtering >> filters->items[i].plugin & 1)
            prepared->filters[prepared->filter_count++] = filters->items[i].plugin;
}

/* Ask every PreFilter plugin, or all but those in `unasked`, which do not take part. */
static void find_filters(struct prepared *prepared, uint64_t unasked)
{
    const struct point *pre = &prepared->profile->points[POINT_PRE_FILTER];
    bool go_on = true;
    widen(prepared);
    prepared->rejected = false;
    prepared->filtering = ~unasked;
    for (size_t i = 0; i < pre->count && go_on; i++)
        if (!(unasked >> pre->items[i].plugin & 1))
            go_on = pre_filter(prepared, pre->items[i].plugin);
    if (!go_on)
        prepared->filtering = 0; /* no node is asked about: the others have not begun */
    list_filters(prepared);
}

static bool pre_score(const struct prepared *prepared, uint8_t plugin,
                      const struct candidates *candidates)
{
    const struct sched_plugin *scorer = plugin_of(prepared, plugin);
    const struct sched_call call = prepared_call(prepared, plugin);
    return scorer->pre_score == NULL || scorer->pre_score(&call, candidates);
}

static void list_scores(struct prepared *prepared)
{
    const struct point *scores = &prepared->profile->points[POINT_SCORE];
    prepared->score_count = 0;
    for (size_t i = 0; i < scores->count; i++)
        if (prepared->scoring >> scores->items[i].plugin & 1) {
            prepared->score_points[prepared->score_count] = (uint8_t)i;
            prepared->scores[prepared->score_count++] = scores->items[i].plugin;
        }
}

/* Ask the Score plugins whose bit is set in `asked`; the answers of the others stay. */
static void find_scores(struct prepared *prepared, uint64_t asked,
                        const struct candidates *candidates)
{
    const struct point *scores = &prepared->profile->points[POINT_SCORE];
    prepared->scoring &= ~asked;
    for (size_t i = 0; i < scores->count; i++) {
        const uint8_t plugin = scores->items[i].plugin;
        if ((asked >> plugin & 1) && pre_score(prepared, plugin, candidates))
            prepared->scoring |= (uint64_t)1 << plugin;
    }
    list_scores(prepared);
}

/* --- life --------------------------------------------------------------------------------- */

static uint64_t epoch_of(const struct prepared *prepared, size_t plugin)
{
    const struct sched_call call = prepared_call(prepared, plugin);
    return plugin_of(prepared, plugin)->epoch(&call);
}

/* Epochs first: what is compiled is at least as new. */
static void compile(struct prepared *prepared, size_t plugin)
{
    const struct sched_plugin *asked = plugin_of(prepared, plugin);
    struct sched_call call = prepared_call(prepared, plugin);
    if (asked->epoch != NULL)
        prepared->epochs[plugin] = asked->epoch(&call);
    if (asked->compile != NULL)
        call.compiled = prepared->compiled[plugin] = asked->compile(&call);
    if (asked->count_new != NULL)
        prepared->counts[plugin] = asked->count_new(&call);
    if (prepared->counts[plugin] != NULL)
        prepared->counting |= (uint64_t)1 << plugin;
}

void prepared_init_class(struct prepared *prepared, const struct profile *profile,
                         const struct pod *pod, const struct snapshot *snapshot,
                         uint64_t by_identity)
{
    *prepared = (struct prepared){ .profile = profile,
                                   .pod = pod_of(object_hold(&pod->meta.object)),
                                   .by_identity = by_identity,
                                   .spec = pod->spec,
                                   .snapshot = snapshot };
    for (size_t i = 0; i < profile->plugin_count; i++)
        compile(prepared, i);
    find_filters(prepared, prepared->counting);
    find_scores(prepared, ~prepared->counting, NULL);
}

void prepared_init(struct prepared *prepared, const struct profile *profile, const struct pod *pod,
                   const struct snapshot *snapshot)
{
    prepared_init_class(prepared, profile, pod, snapshot, UINT64_MAX);
}

void prepared_close(struct prepared *prepared)
{
    for (size_t i = 0; i < prepared->profile->plugin_count; i++) {
        if (prepared->counts[i] != NULL)
            plugin_of(prepared, i)->count_free(prepared->counts[i]);
        if (prepared->compiled[i] != NULL)
            plugin_of(prepared, i)->discard(prepared->compiled[i]);
    }
    widen(prepared);
    object_drop(&prepared->pod->meta.object);
}

bool prepared_is_stale(const struct prepared *prepared)
{
    for (size_t i = 0; i < prepared->profile->plugin_count; i++)
        if (plugin_of(prepared, i)->epoch != NULL && epoch_of(prepared, i) != prepared->epochs[i])
            return true;
    return false;
}

/* --- attempts ------------------------------------------------------------------------------ */

void prepared_count(const struct prepared *prepared, const struct node_info *node,
                    struct slot_list *others)
{
    for (size_t i = 0; prepared->counting >> i != 0; i++)
        if (prepared_counts(prepared, i)) {
            const struct sched_call call = prepared_call(prepared, i);
            plugin_of(prepared, i)->count_node(&call, node, others);
        }
}

void prepared_count_all(const struct prepared *prepared)
{
    const struct snapshot *snapshot = prepared->snapshot;
    struct slot_list others = { 0 };
    for (size_t slot = 0; prepared->counting != 0 && slot < snapshot->slot_count; slot++) {
        const struct node_info *node = snapshot->nodes[slot];
        if (node != NULL && node->node != NULL)
            prepared_count(prepared, node, &others);
        others.count = 0;
    }
    free(others.items);
}

/* Usually only those that count need to be asked again. */
void prepared_begin(struct prepared *prepared)
{
    const struct point *pre = &prepared->profile->points[POINT_PRE_FILTER];
    if (prepared->counting == 0)
        return;
    bool alone = !prepared->rejected && prepared->narrowed == NULL;
    prepared->filtering |= prepared->counting;
    for (size_t i = 0; i < pre->count && alone; i++)
        if (prepared_counts(prepared, pre->items[i].plugin)) {
            pre_filter(prepared, pre->items[i].plugin);
            alone = !prepared->rejected && prepared->narrowed == NULL;
        }
    if (alone)
        list_filters(prepared);
    else
        find_filters(prepared, 0);
}

void prepared_begin_scores(struct prepared *prepared, const struct candidates *candidates)
{
    if (prepared->counting != 0)
        find_scores(prepared, prepared->counting, candidates);
}

bool prepared_check_scores(const struct prepared *prepared, struct error *error)
{
    const struct point *scores = &prepared->profile->points[POINT_SCORE];
    for (size_t i = 0; i < scores->count; i++) {
        const struct sched_plugin *scorer = plugin_of(prepared, scores->items[i].plugin);
        const struct sched_call call = prepared_call(prepared, scores->items[i].plugin);
        if (scorer->check_scores != NULL && !scorer->check_scores(&call, error))
            return error_wrap(error, "running PreScore plugin \"%s\"", scorer->name);
    }
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
