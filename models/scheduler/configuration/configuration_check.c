/* The rules that one field alone does not show; see configuration_check.h. */
#include "models/scheduler/configuration/configuration_check.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/schema_check.h"
#include "models/api/text_rules.h"
#include "models/scheduler/configuration/configuration_shape.h"
#include "models/scheduler/configuration/profile.h"
#include "sim/base/nearest.h"

#define GROUP "kubescheduler.config.k8s.io/"

static bool fault(const struct field_path *path, const struct value *at, struct error_list *errors,
                  const char *text)
{
    char *where = field_path_text(path);
    error_list_add(errors, at->at, "%s: %s", where, text);
    free(where);
    return false;
}

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* --- versions ------------------------------------------------------------------------------- */

static const char *const versions[] = { "v1", "v1beta3", "v1beta2", "v1beta1" };

/* How old it is: 0 for v1. */
static size_t version_of(const struct value *version)
{
    const char *text = value_text(version, GROUP "v1");
    size_t i = 0;
    if (strncmp(text, GROUP, strlen(GROUP)) != 0)
        return sizeof versions / sizeof *versions;
    while (i < sizeof versions / sizeof *versions && strcmp(text + strlen(GROUP), versions[i]) != 0)
        i++;
    return i;
}

static bool check_version(const struct value *version, const struct field_path *up,
                          struct error_list *errors)
{
    const struct field_path path = field_child(up, "apiVersion");
    if (version_of(version) < sizeof versions / sizeof *versions)
        return true;
    return fault(&path, version, errors, "no version that is read (use " GROUP "v1)");
}

bool configuration_has_old_weights(const struct value *document)
{
    return version_of(value_get(document, "apiVersion")) >= 2;
}

/* --- names of plugins ------------------------------------------------------------------------- */

/* Plugins that Kubernetes once had, and what does their work today. */
static const struct {
    const char *name, *advice;
} former_plugins[] = {
    { "NodeResourcesLeastAllocated", "NodeResourcesFit with scoringStrategy LeastAllocated" },
    { "NodeResourcesMostAllocated", "NodeResourcesFit with scoringStrategy MostAllocated" },
    { "RequestedToCapacityRatio",
      "NodeResourcesFit with scoringStrategy RequestedToCapacityRatio" },
    { "SelectorSpread", "PodTopologySpread" },
    { "DefaultPodTopologySpread", "PodTopologySpread" },
    { "EvenPodsSpread", "PodTopologySpread" },
    { "ServiceAffinity", "InterPodAffinity" },
    { "NodeLabel", "NodeAffinity with addedAffinity" },
    { "NodePreferAvoidPods", "taints" },
    { "EBSLimits", "NodeVolumeLimits" },
    { "GCEPDLimits", "NodeVolumeLimits" },
    { "AzureDiskLimits", "NodeVolumeLimits" },
    { "CinderLimits", "NodeVolumeLimits" },
};

static const char *former_plugin_advice(const char *name)
{
    for (size_t i = 0; i < sizeof former_plugins / sizeof *former_plugins; i++)
        if (strcmp(former_plugins[i].name, name) == 0)
            return former_plugins[i].advice;
    return NULL;
}

static bool unknown_plugin(const struct field_path *path, const struct value *name,
                           struct error_list *errors)
{
    const char *advice = former_plugin_advice(name->text);
    struct nearest near = nearest_to(name->text);
    struct writer text = { 0 };
    writer_format(&text, "unknown scheduler plugin \"%s\" (", name->text);
    for (size_t i = 0; sched_plugin_at(i) != NULL; i++)
        nearest_offer(&near, sched_plugin_at(i)->name);
    if (advice != NULL)
        writer_format(&text, "of an old version; today there is %s", advice);
    else if (near.found != NULL)
        writer_format(&text, "did you mean %s? ", near.found);
    for (size_t i = 0; advice == NULL && sched_plugin_at(i) != NULL; i++)
        writer_format(&text, "%s%s", i > 0 ? ", " : "known: ", sched_plugin_at(i)->name);
    writer_add(&text, ")");
    fault(path, name, errors, text.bytes);
    writer_close(&text);
    return false;
}

/* --- sets of plugins ---------------------------------------------------------------------------- */

/* Where plugins of Kubernetes take part and ours have nothing to do. */
static const struct {
    const char *plugin, *points;
} real_points[] = {
    { "DefaultPreemption", "preEnqueue postFilter" },
    { "DynamicResources", "preEnqueue preFilter filter postFilter score reserve preBind" },
    { "InterPodAffinity", "preFilter filter preScore score" },
    { "NodeAffinity", "preFilter filter preScore score" },
    { "NodePorts", "preFilter filter" },
    { "NodeResourcesBalancedAllocation", "preScore score" },
    { "NodeResourcesFit", "preFilter filter preScore score" },
    { "NodeVolumeLimits", "preFilter filter" },
    { "PodTopologySpread", "preFilter filter preScore score" },
    { "TaintToleration", "filter preScore score" },
    { "VolumeBinding", "preFilter filter preScore score reserve preBind" },
    { "VolumeRestrictions", "preFilter filter" },
    { "VolumeZone", "preFilter filter" },
};

static bool has_word(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static bool has_point(const struct sched_plugin *plugin, int point)
{
    if (point == EXTENSION_POINTS || sched_plugin_takes_part(plugin, point))
        return true;
    for (size_t i = 0; i < sizeof real_points / sizeof *real_points; i++)
        if (strcmp(real_points[i].plugin, plugin->name) == 0)
            return has_word(real_points[i].points, extension_point_names[point]);
    return false;
}

static bool stands_before(const struct value *list, size_t index)
{
    const char *name = text_of(list->items[index], "name");
    for (size_t i = 0; i < index; i++)
        if (strcmp(text_of(list->items[i], "name"), name) == 0)
            return true;
    return false;
}

static void check_enabled(const struct value *list, size_t index, int point,
                          const struct field_path *path, struct error_list *errors)
{
    const struct value *name = value_get(list->items[index], "name");
    const struct sched_plugin *plugin = sched_plugin_find(name->text);
    if (plugin == NULL) {
        unknown_plugin(path, name, errors);
    } else if (stands_before(list, index)) {
        fault(path, name, errors, "is enabled here before");
    } else if (!has_point(plugin, point)) {
        char *text =
            mem_format("%s has nothing to do at %s", plugin->name, extension_point_names[point]);
        fault(path, name, errors, text);
        free(text);
    }
}

static void check_list(const struct value *set, const char *key, int point,
                       const struct field_path *up, struct error_list *errors)
{
    const struct value *list = value_get(set, key);
    const struct field_path list_path = field_child(up, key);
    const bool enables = strcmp(key, "enabled") == 0;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct field_path item = field_item(&list_path, i), path = field_child(&item, "name");
        const struct value *name = value_get(list->items[i], "name");
        if (enables)
            check_enabled(list, i, point, &path, errors);
        else if (strcmp(name->text, "*") != 0 && sched_plugin_find(name->text) == NULL &&
                 former_plugin_advice(name->text) == NULL)
            unknown_plugin(&path, name, errors); /* kube-scheduler does not mind */
    }
}

static void check_plugins(const struct value *plugins, const struct field_path *path,
                          struct error_list *errors)
{
    for (int point = 0; point <= EXTENSION_POINTS; point++) {
        const char *name = point < EXTENSION_POINTS ? extension_point_names[point] : "multiPoint";
        const struct field_path child = field_child(path, name);
        const struct value *set = value_get(plugins, name);
        check_list(set, "enabled", point, &child, errors);
        check_list(set, "disabled", point, &child, errors);
    }
}

/* --- arguments ------------------------------------------------------------------------------------ */

static void check_preemption(const struct value *args, const struct field_path *path,
                             struct error_list *errors)
{
    const struct field_path child = field_child(path, "minCandidateNodesPercentage");
    const struct value *percentage = value_get(args, "minCandidateNodesPercentage");
    if (value_int(percentage, 10) == 0 &&
        value_int(value_get(args, "minCandidateNodesAbsolute"), 100) == 0)
        fault(&child, percentage, errors, "is 0, as minCandidateNodesAbsolute: no candidates");
}

/* A value of one of Kubernetes' own types. */
static void check_type(const struct value *value, const char *type, const struct field_path *path,
                       struct error_list *errors)
{
    struct error_list faults = { 0 };
    char *where = field_path_text(path);
    schema_check(value, schema_type(type), true, &faults, NULL);
    for (size_t i = 0; i < faults.count; i++) {
        error_wrap(&faults.items[i], "%s", where);
        error_list_take(errors, &faults.items[i]);
    }
    error_list_close(&faults);
    free(where);
}

static void check_affinity(const struct value *args, const struct field_path *path,
                           struct error_list *errors)
{
    const struct field_path child = field_child(path, "addedAffinity");
    const struct value *affinity = value_get(args, "addedAffinity");
    if (!value_is_null(affinity))
        check_type(affinity, "core/v1.NodeAffinity", &child, errors);
}

static bool is_rising(const struct value *shape, const struct field_path *path,
                      struct error_list *errors)
{
    for (size_t i = 1; i < shape->count; i++) {
        const struct field_path item = field_item(path, i);
        const struct field_path child = field_child(&item, "utilization");
        if (value_int(value_get(shape->items[i - 1], "utilization"), 0) >=
            value_int(value_get(shape->items[i], "utilization"), 0))
            return fault(&child, shape->items[i], errors, "utilization does not rise");
    }
    return shape->count > 0 || fault(path, shape, errors, "has no points");
}

static void check_strategy(const struct value *strategy, const struct field_path *path,
                           struct error_list *errors)
{
    const bool needs = strcmp(text_of(strategy, "type"), "RequestedToCapacityRatio") == 0;
    const struct value *ratio = value_get(strategy, "requestedToCapacityRatio");
    const struct field_path child = field_child(path, "requestedToCapacityRatio");
    const struct field_path shape = field_child(&child, "shape");
    if (needs && value_is_null(ratio))
        fault(&child, strategy, errors, "is missing: the type is RequestedToCapacityRatio");
    else if (!needs && !value_is_null(ratio))
        fault(&child, ratio, errors, "goes with the type RequestedToCapacityRatio only");
    else if (needs)
        is_rising(value_get(ratio, "shape"), &shape, errors);
}

static void check_names(const struct value *args, const char *key, bool groups,
                        const struct field_path *path, struct error_list *errors)
{
    const struct value *list = value_get(args, key);
    const struct field_path list_path = field_child(path, key);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct field_path item = field_item(&list_path, i);
        if (groups && strchr(list->items[i]->text, '/') != NULL)
            fault(&item, list->items[i], errors, "the name of a group has no /");
        else if (!text_fits(list->items[i]->text, text_label_key))
            fault(&item, list->items[i], errors, "is no name of a resource");
    }
}

static void check_fit(const struct value *args, const struct field_path *path,
                      struct error_list *errors)
{
    const struct field_path child = field_child(path, "scoringStrategy");
    const struct value *strategy = value_get(args, "scoringStrategy");
    check_names(args, "ignoredResources", false, path, errors);
    check_names(args, "ignoredResourceGroups", true, path, errors);
    if (!value_is_null(strategy))
        check_strategy(strategy, &child, errors);
}

static void check_balanced(const struct value *args, const struct field_path *path,
                           struct error_list *errors)
{
    const struct value *list = value_get(args, "resources");
    const struct field_path list_path = field_child(path, "resources");
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct field_path item = field_item(&list_path, i);
        if (stands_before(list, i))
            fault(&item, list->items[i], errors, "this resource stands here before");
    }
}

static bool repeats(const struct value *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (value_equal(value_get(list->items[i], "topologyKey"),
                        value_get(list->items[index], "topologyKey")) &&
            value_equal(value_get(list->items[i], "whenUnsatisfiable"),
                        value_get(list->items[index], "whenUnsatisfiable")))
            return true;
    return false;
}

static void check_constraint(const struct value *list, size_t index, const struct field_path *path,
                             struct error_list *errors)
{
    const struct value *constraint = list->items[index];
    const char *when = text_of(constraint, "whenUnsatisfiable");
    const size_t before = errors->count;
    check_type(constraint, "core/v1.TopologySpreadConstraint", path, errors);
    if (errors->count > before)
        return;
    if (value_int(value_get(constraint, "maxSkew"), 0) <= 0)
        fault(path, constraint, errors, "maxSkew is not above 0");
    if (!text_fits(text_of(constraint, "topologyKey"), text_label_key))
        fault(path, constraint, errors, "topologyKey is no key of a label");
    if (strcmp(when, "DoNotSchedule") != 0 && strcmp(when, "ScheduleAnyway") != 0)
        fault(path, constraint, errors,
              "whenUnsatisfiable is neither DoNotSchedule nor ScheduleAnyway");
    if (!value_is_null(value_get(constraint, "labelSelector")))
        fault(path, constraint, errors,
              "labelSelector must not be there: it follows from each pod's Services");
    if (repeats(list, index))
        fault(path, constraint, errors,
              "topologyKey and whenUnsatisfiable are those of one before");
}

static void check_spread(const struct value *args, const struct field_path *path,
                         struct error_list *errors)
{
    const struct value *list = value_get(args, "defaultConstraints");
    const struct field_path list_path = field_child(path, "defaultConstraints");
    if (value_is_null(list))
        return;
    if (list->type != VALUE_LIST) {
        fault(&list_path, list, errors, "is no list");
        return;
    }
    if (list->count > 0 &&
        strcmp(value_text(value_get(args, "defaultingType"), "System"), "List") != 0)
        fault(&list_path, list, errors, "go with defaultingType: List only");
    for (size_t i = 0; i < list->count; i++) {
        const struct field_path item = field_item(&list_path, i);
        check_constraint(list, i, &item, errors);
    }
}

static void check_volumes(const struct value *args, const struct field_path *path,
                          struct error_list *errors)
{
    const struct field_path child = field_child(path, "shape");
    const struct value *shape = value_get(args, "shape");
    if (!value_is_null(shape))
        fault(&child, shape, errors, "needs the feature gate StorageCapacityScoring, which is off");
}

static const struct {
    const char *plugin;
    void (*check)(const struct value *args, const struct field_path *path,
                  struct error_list *errors);
} args_checks[] = {
    { "DefaultPreemption", check_preemption },
    { "NodeAffinity", check_affinity },
    { "NodeResourcesFit", check_fit },
    { "NodeResourcesBalancedAllocation", check_balanced },
    { "PodTopologySpread", check_spread },
    { "VolumeBinding", check_volumes },
};

/* Arguments that say what they are say so of this plugin. */
static void check_args_kind(const struct value *args, const char *plugin,
                            const struct field_path *up, struct error_list *errors)
{
    const struct value *version = value_get(args, "apiVersion"), *kind = value_get(args, "kind");
    const struct field_path path = field_child(up, "kind");
    char *wanted = mem_format("%sArgs", plugin);
    if (version != NULL)
        check_version(version, up, errors);
    if (kind != NULL && strcmp(value_text(kind, ""), wanted) != 0) {
        char *text = mem_format("is not %s, the arguments of this plugin", wanted);
        fault(&path, kind, errors, text);
        free(text);
    }
    free(wanted);
}

static void check_args(const struct value *args, const char *plugin, const struct field_path *path,
                       struct error_list *errors)
{
    const struct shape *shape = plugin_args_shape(plugin);
    if (value_is_null(args) || shape == NULL || !shape_check(args, shape, path, errors))
        return;
    check_args_kind(args, plugin, path, errors);
    for (size_t i = 0; i < sizeof args_checks / sizeof *args_checks; i++)
        if (strcmp(args_checks[i].plugin, plugin) == 0)
            args_checks[i].check(args, path, errors);
}

static void check_plugin_config(const struct value *list, const struct field_path *path,
                                struct error_list *errors)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct field_path item = field_item(path, i);
        const struct field_path name_path = field_child(&item, "name");
        const struct field_path args_path = field_child(&item, "args");
        const struct value *name = value_get(list->items[i], "name");
        if (stands_before(list, i))
            fault(&name_path, name, errors, "has arguments before");
        else if (sched_plugin_find(name->text) == NULL)
            unknown_plugin(&name_path, name, errors);
        else
            check_args(value_get(list->items[i], "args"), name->text, &args_path, errors);
    }
}

/* --- profiles and extenders ------------------------------------------------------------------------- */

static void check_scheduler_name(const struct value *list, size_t index,
                                 const struct field_path *up, struct error_list *errors)
{
    const struct value *profile = list->items[index], *name = value_get(profile, "schedulerName");
    const struct field_path path = field_child(up, "schedulerName");
    if (name == NULL && list->count > 1)
        fault(&path, profile, errors, "is missing: there are several profiles");
    for (size_t i = 0; name != NULL && i < index; i++)
        if (value_equal(name, value_get(list->items[i], "schedulerName")))
            fault(&path, name, errors, "is that of another profile");
}

static void check_profiles(const struct value *list, struct error_list *errors)
{
    const struct field_path path = field_child(NULL, "profiles");
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct field_path item = field_item(&path, i);
        const struct field_path plugins = field_child(&item, "plugins");
        const struct field_path config = field_child(&item, "pluginConfig");
        check_scheduler_name(list, i, &item, errors);
        check_plugins(value_get(list->items[i], "plugins"), &plugins, errors);
        check_plugin_config(value_get(list->items[i], "pluginConfig"), &config, errors);
    }
}

static void check_backoff(const struct value *document, struct error_list *errors)
{
    const struct field_path path = field_child(NULL, "podMaxBackoffSeconds");
    const struct value *first = value_get(document, "podInitialBackoffSeconds");
    const struct value *last = value_get(document, "podMaxBackoffSeconds");
    if (value_int(last, 10) < value_int(first, 1))
        fault(&path, last != NULL ? last : first, errors, "is less than podInitialBackoffSeconds");
}

bool configuration_check(const struct value *document, struct error_list *errors)
{
    const size_t before = errors->count;
    const struct value *version = value_get(document, "apiVersion");
    if (!shape_check(document, &configuration_shape, NULL, errors))
        return false;
    if (version != NULL)
        check_version(version, NULL, errors);
    check_backoff(document, errors);
    check_profiles(value_get(document, "profiles"), errors);
    return errors->count == before;
}
