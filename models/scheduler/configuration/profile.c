/* From a profile of a KubeSchedulerConfiguration to lists of plugins; see profile.h. */
#include "models/scheduler/configuration/profile_private.h"

#include <assert.h>
#include <stdlib.h>

#include "models/cluster/shape.h"
#include "models/scheduler/plugins/plugins.h"

/* The default profile, ended by NULL: its multiPoint set, in its order and with its weights
 * (apis/config/v1/default_plugins.go). */
static const struct {
    const struct sched_plugin *plugin;
    int64_t weight; /* when a configuration gives none; 0: 1 */
} table[] = {
    { &scheduling_gates_plugin, 0 },
    { &priority_sort_plugin, 0 },
    { &node_unschedulable_plugin, 0 },
    { &node_name_plugin, 0 },
    { &taint_toleration_plugin, 3 },
    { &node_affinity_plugin, 2 },
    { &node_ports_plugin, 0 },
    { &node_resources_fit_plugin, 1 },
    { &volume_restrictions_plugin, 0 },
    { &node_volume_limits_plugin, 0 },
    { &volume_binding_plugin, 1 },
    { &volume_zone_plugin, 0 },
    { &pod_topology_spread_plugin, 2 },
    { &inter_pod_affinity_plugin, 2 },
    { &dynamic_resources_plugin, 2 },
    { &default_preemption_plugin, 0 },
    { &balanced_allocation_plugin, 1 },
    { &image_locality_plugin, 1 },
    { &default_binder_plugin, 0 },
    { &node_declared_features_plugin, 0 },
    { NULL, 0 },
};

/* Those that a configuration must enable, ended by NULL. */
static const struct sched_plugin *const on_demand[] = {
    &open_gpu_share_plugin,
    &random_score_plugin,
    &first_fit_score_plugin,
    &best_fit_score_plugin,
    &worst_fit_score_plugin,
    &dot_product_score_plugin,
    &cosine_similarity_score_plugin,
    &gpu_clustering_score_plugin,
    &gpu_packing_score_plugin,
    &fgd_score_plugin,
    NULL,
};

const char *const extension_point_names[EXTENSION_POINTS] = {
    [POINT_QUEUE_SORT] = "queueSort",
    [POINT_PRE_ENQUEUE] = "preEnqueue",
    [POINT_PRE_FILTER] = "preFilter",
    [POINT_FILTER] = "filter",
    [POINT_POST_FILTER] = "postFilter",
    [POINT_PRE_SCORE] = "preScore",
    [POINT_SCORE] = "score",
    [POINT_RESERVE] = "reserve",
    [POINT_PERMIT] = "permit",
    [POINT_PRE_BIND] = "preBind",
    [POINT_BIND] = "bind",
    [POINT_POST_BIND] = "postBind",
};

const struct sched_plugin *sched_plugin_at(size_t index)
{
    const size_t defaults = sizeof table / sizeof *table - 1;
    if (index < defaults)
        return table[index].plugin;
    index -= defaults;
    return index < sizeof on_demand / sizeof *on_demand ? on_demand[index] : NULL;
}

const struct sched_plugin *sched_plugin_find(const char *name)
{
    for (size_t i = 0; sched_plugin_at(i) != NULL; i++)
        if (strcmp(sched_plugin_at(i)->name, name) == 0)
            return sched_plugin_at(i);
    return NULL;
}

bool sched_plugin_takes_part(const struct sched_plugin *plugin, enum extension_point point)
{
    switch (point) {
    case POINT_QUEUE_SORT:
        return plugin->compare != NULL;
    case POINT_PRE_ENQUEUE:
        return plugin->pre_enqueue != NULL;
    case POINT_PRE_FILTER:
        return plugin->pre_filter != NULL;
    case POINT_FILTER:
        return plugin->filter != NULL;
    case POINT_POST_FILTER:
        return plugin->post_filter != NULL;
    case POINT_PRE_SCORE:
        return plugin->pre_score != NULL;
    case POINT_SCORE:
        return plugin->score != NULL;
    case POINT_RESERVE:
        return plugin->reserve != NULL;
    case POINT_PERMIT:
        return plugin->permit != NULL;
    case POINT_PRE_BIND:
        return plugin->pre_bind != NULL;
    case POINT_BIND:
        return plugin->bind != NULL;
    case POINT_POST_BIND:
        return plugin->post_bind != NULL;
    default:
        return false;
    }
}

/* --- sets of plugins as a configuration writes them -------------------------------------- */

struct plugin_set {
    struct {
        const struct sched_plugin *plugin;
        int64_t weight; /* 0: not given */
    } items[PROFILE_PLUGINS];
    size_t count;
};

static bool set_has(const struct plugin_set *set, const struct sched_plugin *plugin)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].plugin == plugin)
            return true;
    return false;
}

static void set_add(struct plugin_set *set, const struct sched_plugin *plugin, int64_t weight)
{
    assert(set->count < PROFILE_PLUGINS);
    set->items[set->count].plugin = plugin;
    set->items[set->count++].weight = weight;
}

/* Before v1beta3 all weights but one were 1. */
static struct plugin_set default_plugins(bool old_weights)
{
    struct plugin_set set = { 0 };
    for (size_t i = 0; table[i].plugin != NULL; i++)
        set_add(&set, table[i].plugin,
                old_weights && table[i].plugin != &pod_topology_spread_plugin ? 0
                                                                              : table[i].weight);
    return set;
}

/* The names have been checked: see configuration_check.h. */
static struct plugin_set load_enabled(const struct value *point)
{
    struct plugin_set set = { 0 };
    const struct value *list = value_get(point, "enabled");
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct value *item = value_at(list, i);
        set_add(&set, sched_plugin_find(value_text(value_get(item, "name"), "")),
                value_int(value_get(item, "weight"), 0));
    }
    return set;
}

static bool is_disabled(const struct value *point, const char *name)
{
    const struct value *list = value_get(point, "disabled");
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const char *disabled = value_text(value_get(value_at(list, i), "name"), "");
        if (strcmp(disabled, "*") == 0 || strcmp(disabled, name) == 0)
            return true;
    }
    return false;
}

/* The default multiPoint set under a user's: disabled ones go, one that is enabled again keeps
 * its place, new ones follow. */
static struct plugin_set multi_point(const struct value *plugins, bool old_weights)
{
    const struct value *point = value_get(plugins, "multiPoint");
    const struct plugin_set defaults = default_plugins(old_weights), enabled = load_enabled(point);
    struct plugin_set set = { 0 };
    for (size_t i = 0; i < defaults.count; i++) {
        const struct sched_plugin *plugin = defaults.items[i].plugin;
        int64_t weight = defaults.items[i].weight;
        if (is_disabled(point, plugin->name))
            continue;
        for (size_t j = 0; j < enabled.count; j++)
            if (enabled.items[j].plugin == plugin)
                weight = enabled.items[j].weight;
        set_add(&set, plugin, weight);
    }
    for (size_t i = 0; i < enabled.count; i++)
        if (!set_has(&set, enabled.items[i].plugin))
            set_add(&set, enabled.items[i].plugin, enabled.items[i].weight);
    return set;
}

/* --- profiles ------------------------------------------------------------------------------ */

static size_t profile_index(const struct profile *profile, const struct sched_plugin *plugin)
{
    size_t at = 0;
    while (at < profile->plugin_count && profile->plugins[at].plugin != plugin)
        at++;
    return at;
}

static void join_point(struct profile *profile, enum extension_point at,
                       const struct sched_plugin *plugin, int64_t weight)
{
    struct point *point = &profile->points[at];
    const size_t index = profile_index(profile, plugin);
    if (index == profile->plugin_count)
        profile->plugins[profile->plugin_count++].plugin = plugin;
    point->items[point->count].plugin = (uint8_t)index;
    point->items[point->count++].weight = weight != 0 ? weight : 1;
}

/* A multiPoint plugin takes part here, unless it is disabled here. */
static bool joins(const struct plugin_set *multi, const struct value *point,
                  const struct sched_plugin *plugin)
{
    return set_has(multi, plugin) && !is_disabled(point, plugin->name);
}

/* Three parts: multiPoint plugins that are enabled here again, in the order given here; the
 * other multiPoint plugins; those that are enabled only here. */
static void fill_point(struct profile *profile, enum extension_point at,
                       const struct plugin_set *multi, const struct value *point)
{
    const struct plugin_set own = load_enabled(point);
    for (size_t i = 0; i < own.count; i++)
        if (joins(multi, point, own.items[i].plugin) &&
            sched_plugin_takes_part(own.items[i].plugin, at))
            join_point(profile, at, own.items[i].plugin, own.items[i].weight);
    for (size_t i = 0; i < multi->count; i++) {
        const struct sched_plugin *plugin = multi->items[i].plugin;
        if (sched_plugin_takes_part(plugin, at) && !set_has(&own, plugin) &&
            !is_disabled(point, plugin->name))
            join_point(profile, at, plugin, multi->items[i].weight);
    }
    for (size_t i = 0; i < own.count; i++)
        if (!joins(multi, point, own.items[i].plugin) &&
            sched_plugin_takes_part(own.items[i].plugin, at))
            join_point(profile, at, own.items[i].plugin, own.items[i].weight);
}

static const struct value *args_of(const struct value *profile, const char *name)
{
    const struct value *list = value_get(profile, "pluginConfig");
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (strcmp(value_text(value_get(value_at(list, i), "name"), ""), name) == 0)
            return shape_get(value_at(list, i), "args");
    return NULL;
}

/* Resources that an extender manages alone are none of NodeResourcesFit's: a new reference. */
static struct value *args_with_ignored(const struct value *args, const char *plugin,
                                       const struct value *left_to_extenders)
{
    struct value *own = value_hold(args);
    if (left_to_extenders->count == 0 || strcmp(plugin, "NodeResourcesFit") != 0)
        return own;
    if (own == NULL)
        own = value_new_map();
    value_own(&own);
    struct value **ignored = value_slot(own, "ignoredResources");
    if ((*ignored)->type != VALUE_LIST) {
        value_drop(*ignored);
        *ignored = value_new_list();
    }
    value_own(ignored);
    for (size_t i = 0; i < left_to_extenders->count; i++)
        value_add(*ignored, value_hold(value_at(left_to_extenders, i)));
    return own;
}

static void configure_plugins(struct profile *profile, struct texts *texts,
                              const struct value *from, const struct value *left_to_extenders,
                              struct error_list *errors)
{
    for (size_t i = 0; i < profile->plugin_count; i++) {
        struct profile_plugin *plugin = &profile->plugins[i];
        if (plugin->plugin->configure == NULL)
            continue;
        const char *name = plugin->plugin->name;
        struct value *args = args_with_ignored(args_of(from, name), name, left_to_extenders);
        plugin->args = plugin->plugin->configure(texts, args, errors);
        value_drop(args);
    }
}

struct profile *profile_load(struct texts *texts, const struct value *from,
                             const struct profile_base *base, struct error_list *errors)
{
    struct profile *profile = mem_new(sizeof *profile);
    const struct value *plugins = value_get(from, "plugins");
    const struct plugin_set multi = multi_point(plugins, base->old_weights);
    profile->scheduler_name =
        text_intern(texts, value_text(value_get(from, "schedulerName"), "default-scheduler"));
    profile->percentage_of_nodes_to_score = (int)value_int(
        value_get(from, "percentageOfNodesToScore"), base->percentage_of_nodes_to_score);
    for (int at = 0; at < EXTENSION_POINTS; at++)
        fill_point(profile, at, &multi, value_get(plugins, extension_point_names[at]));
    configure_plugins(profile, texts, from, base->left_to_extenders, errors);
    return profile;
}

void profile_free(struct profile *profile)
{
    for (size_t i = 0; i < profile->plugin_count; i++)
        if (profile->plugins[i].plugin->release != NULL)
            profile->plugins[i].plugin->release(profile->plugins[i].args);
    text_drop(profile->scheduler_name);
    free(profile);
}
