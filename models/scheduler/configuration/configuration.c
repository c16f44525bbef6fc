/* A whole KubeSchedulerConfiguration; see profile.h. */
#include <stdlib.h>

#include "models/scheduler/configuration/configuration_check.h"
#include "models/scheduler/configuration/profile_private.h"

/* --- what a profile cannot do without ------------------------------------------------------- */

static bool misses(const struct value *document, const struct profile *profile, const char *text,
                   struct error_list *errors)
{
    const struct value *from = value_at(value_get(document, "profiles"), profile->number);
    return error_list_add(errors, from != NULL ? from->at : (struct place){ 0 }, "profiles[%u]: %s",
                          profile->number, text);
}

/* All profiles share the queue, so that all sort it alike. */
static void check_profile(const struct scheduler_configuration *configuration,
                          const struct profile *profile, const struct value *document,
                          struct error_list *errors)
{
    const struct profile *first = configuration->profiles[0];
    const struct point *sort = &profile->points[POINT_QUEUE_SORT];
    const struct point *first_sort = &first->points[POINT_QUEUE_SORT];
    if (sort->count != 1)
        misses(document, profile, "exactly one QueueSort plugin is to be enabled", errors);
    else if (first_sort->count == 1 && profile->plugins[sort->items[0].plugin].plugin !=
                                           first->plugins[first_sort->items[0].plugin].plugin)
        misses(document, profile, "QueueSort is not that of the first profile", errors);
    if (profile->points[POINT_BIND].count == 0)
        misses(document, profile, "at least one Bind plugin is to be enabled", errors);
}

/* --- loading ----------------------------------------------------------------------------------- */

static void load_numbers(struct scheduler_configuration *configuration,
                         const struct value *document)
{
    const struct value *client = value_get(document, "clientConnection");
    configuration->pod_initial_backoff =
        value_int(value_get(document, "podInitialBackoffSeconds"), 1) * SIM_SECOND;
    configuration->pod_max_backoff =
        value_int(value_get(document, "podMaxBackoffSeconds"), 10) * SIM_SECOND;
    configuration->parallelism = (int)value_int(value_get(document, "parallelism"), 16);
    configuration->qps = value_double(value_get(client, "qps"), 0);
    configuration->burst = (int)value_int(value_get(client, "burst"), 0);
}

static void load_profiles(struct scheduler_configuration *configuration, struct texts *texts,
                          const struct value *document, struct error_list *errors)
{
    const struct value *list = value_get(document, "profiles");
    const size_t count = list != NULL && list->count > 0 ? list->count : 1;
    const struct profile_base base = {
        .percentage_of_nodes_to_score =
            (int)value_int(value_get(document, "percentageOfNodesToScore"), 0),
        .old_weights = configuration_has_old_weights(document),
        .left_to_extenders = configuration->extenders.ignored_resources,
    };
    configuration->profiles = mem_new(count * sizeof *configuration->profiles);
    for (size_t i = 0; i < count; i++) {
        struct profile *profile = profile_load(texts, value_at(list, i), &base, errors);
        profile->number = (uint32_t)i;
        configuration->profiles[configuration->profile_count++] = profile;
        check_profile(configuration, profile, document, errors);
    }
}

struct scheduler_configuration *scheduler_configuration_load(struct texts *texts,
                                                             const struct value *document,
                                                             struct error_list *errors)
{
    const size_t faults = errors->count;
    if (document != NULL && !configuration_check(document, errors))
        return NULL;
    struct scheduler_configuration *configuration = mem_new(sizeof *configuration);
    extender_configurations_load(&configuration->extenders, value_get(document, "extenders"),
                                 errors);
    load_numbers(configuration, document);
    load_profiles(configuration, texts, document, errors);
    if (errors->count == faults)
        return configuration;
    scheduler_configuration_free(configuration);
    return NULL;
}

void scheduler_configuration_free(struct scheduler_configuration *configuration)
{
    for (size_t i = 0; i < configuration->profile_count; i++)
        profile_free(configuration->profiles[i]);
    free(configuration->profiles);
    extender_configurations_close(&configuration->extenders);
    free(configuration);
}

const struct profile *scheduler_profile_of(const struct scheduler_configuration *configuration,
                                           const struct pod *pod)
{
    for (size_t i = 0; i < configuration->profile_count; i++)
        if (configuration->profiles[i]->scheduler_name == pod->spec->scheduler_name)
            return configuration->profiles[i];
    return NULL;
}

bool scheduler_configuration_is_one(const struct value *document)
{
    return strcmp(value_text(value_get(document, "kind"), ""), "KubeSchedulerConfiguration") == 0 &&
           value_text(value_get(document, "apiVersion"), NULL) != NULL;
}

bool scheduler_configuration_check(const struct value *document, struct error_list *errors)
{
    if (!scheduler_configuration_is_one(document))
        return error_list_add(errors, document->at,
                              "no KubeSchedulerConfiguration (it begins with apiVersion: "
                              "kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration)");
    struct texts *texts = texts_new();
    struct scheduler_configuration *loaded = scheduler_configuration_load(texts, document, errors);
    const bool good = loaded != NULL;
    if (good)
        scheduler_configuration_free(loaded);
    texts_free(texts);
    return good;
}
