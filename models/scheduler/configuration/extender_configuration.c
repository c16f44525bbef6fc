/* From `extenders:` to what an extender is; see extender_configuration.h. */
#include "models/scheduler/configuration/extender_configuration.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

enum { DEFAULT_TIMEOUT_SECONDS = 5 };

static char *text_of(const struct value *from, const char *key)
{
    const char *text = value_text(value_get(from, key), "");
    return *text != '\0' ? mem_text(text, strlen(text)) : NULL;
}

/* An extended resource is named with a domain, and that is not Kubernetes' own. */
static bool is_extended(const char *name)
{
    return strchr(name, '/') != NULL && strncmp(name, "kubernetes.io/", 14) != 0 &&
           strncmp(name, "requests.", 9) != 0;
}

static void load_managed(struct extender_configuration *extender,
                         struct extender_configurations *all, const struct value *list,
                         struct error_list *errors)
{
    if (list == NULL || list->count == 0)
        return;
    extender->managed_resources = mem_new(list->count * sizeof *extender->managed_resources);
    for (size_t i = 0; i < list->count; i++) {
        const struct value *item = value_at(list, i);
        char *name = text_of(item, "name");
        if (name == NULL || !is_extended(name)) {
            error_list_add(errors, item->at,
                           "managedResources: \"%s\" is not the name of an extended resource",
                           name != NULL ? name : "");
            free(name);
            continue;
        }
        extender->managed_resources[extender->managed_count++] = name;
        if (value_truth(value_get(item, "ignoredByScheduler"), false))
            value_add(all->ignored_resources, value_new_string(name));
    }
}

static sim_time load_timeout(const struct value *from, struct error_list *errors)
{
    const struct value *timeout = value_get(from, "httpTimeout");
    const char *text = value_text(timeout, "");
    sim_time time = 0;
    struct error error = { 0 };
    if (*text != '\0' && !sim_time_parse(text, timeout->at, &time, &error)) {
        error_wrap(&error, "httpTimeout");
        error_list_take(errors, &error);
    }
    return time > 0 ? time : DEFAULT_TIMEOUT_SECONDS * SIM_SECOND;
}

static void load_one(struct extender_configuration *extender, struct extender_configurations *all,
                     const struct value *from, struct error_list *errors)
{
    const struct value *weight = value_get(from, "weight");
    const struct value *tls = value_get(from, "tlsConfig");
    extender->at = from->at;
    extender->url_prefix = text_of(from, "urlPrefix");
    extender->filter_verb = text_of(from, "filterVerb");
    extender->prioritize_verb = text_of(from, "prioritizeVerb");
    extender->preempt_verb = text_of(from, "preemptVerb");
    extender->bind_verb = text_of(from, "bindVerb");
    extender->weight = value_int(weight, 0);
    extender->http_timeout = load_timeout(from, errors);
    extender->node_cache_capable = value_truth(value_get(from, "nodeCacheCapable"), false);
    extender->ignorable = value_truth(value_get(from, "ignorable"), false);
    extender->ca_file = text_of(tls, "caFile");
    extender->insecure =
        value_truth(value_get(tls, "insecure"), false) ||
        (value_truth(value_get(from, "enableHTTPS"), false) && extender->ca_file == NULL);
    load_managed(extender, all, value_get(from, "managedResources"), errors);
    if (extender->url_prefix == NULL)
        error_list_add(errors, from->at, "an extender has no urlPrefix");
    if (extender->prioritize_verb != NULL && extender->weight <= 0)
        error_list_add(errors, weight != NULL ? weight->at : from->at,
                       "an extender with a prioritizeVerb must have a positive weight");
}

void extender_configurations_load(struct extender_configurations *into, const struct value *list,
                                  struct error_list *errors)
{
    size_t binders = 0;
    *into = (struct extender_configurations){ .ignored_resources = value_new_list() };
    if (list == NULL || list->count == 0)
        return;
    into->items = mem_new(list->count * sizeof *into->items);
    for (size_t i = 0; i < list->count; i++) {
        struct extender_configuration *extender = &into->items[into->count++];
        load_one(extender, into, value_at(list, i), errors);
        if (extender->bind_verb != NULL && ++binders == 2)
            error_list_add(errors, extender->at, "more than one extender has a bindVerb");
    }
}

void extender_configurations_close(struct extender_configurations *extenders)
{
    for (size_t i = 0; i < extenders->count; i++) {
        struct extender_configuration *extender = &extenders->items[i];
        free(extender->url_prefix);
        free(extender->filter_verb);
        free(extender->prioritize_verb);
        free(extender->preempt_verb);
        free(extender->bind_verb);
        free(extender->ca_file);
        for (size_t j = 0; j < extender->managed_count; j++)
            free(extender->managed_resources[j]);
        free(extender->managed_resources);
    }
    free(extenders->items);
    value_drop(extenders->ignored_resources);
    *extenders = (struct extender_configurations){ 0 };
}

static bool names(const struct resources *resources, const char *name)
{
    for (size_t i = 0; i < resources->extended_count; i++)
        if (strcmp(text_s(resources->extended[i].name), name) == 0)
            return true;
    return false;
}

static bool some_names(const struct container *containers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (names(&containers[i].requests, name) || names(&containers[i].limits, name))
            return true;
    return false;
}

bool extender_configuration_wants(const struct extender_configuration *extender,
                                  const struct pod *pod)
{
    const struct pod_spec *spec = pod->spec;
    for (size_t i = 0; i < extender->managed_count; i++) {
        const char *name = extender->managed_resources[i];
        if (some_names(spec->containers, spec->container_count, name) ||
            some_names(spec->init_containers, spec->init_container_count, name))
            return true;
    }
    return extender->managed_count == 0;
}
