/* A scenario as one document that needs no other file: the resolved inputs of a run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/meta.h"
#include "models/cluster/scenario_private.h"
#include "sim/base/memory.h"

static struct value *duration_value(sim_time time)
{
    char text[SIM_TIME_TEXT];
    return value_new_string(sim_time_print(time, text));
}

static struct value *all_documents(const struct documents *documents)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < documents->count; i++)
        value_add(list, value_hold(documents->items[i]));
    return list;
}

/* Nodes first: objects may be meant for one of them. */
static struct value *all_objects(const struct scenario *scenario)
{
    struct value *list = all_documents(&scenario->nodes);
    for (size_t i = 0; i < scenario->objects.count; i++)
        value_add(list, value_hold(scenario->objects.items[i].document));
    return list;
}

static struct value *action_value(const struct scenario_action *action)
{
    struct value *entry = value_new_map(), *words = value_new_list();
    for (size_t i = 0; i < action->argc; i++)
        value_add(words, value_new_string(action->argv[i]));
    value_set(entry, "at", duration_value(action->at));
    value_set(entry, "kubectl", words);
    if (action->documents.count > 0)
        value_set(entry, "manifest", all_documents(&action->documents));
    return entry;
}

static struct value *all_actions(const struct scenario *scenario)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < scenario->action_count; i++)
        value_add(list, action_value(&scenario->actions[i]));
    return list;
}

static struct value *all_expectations(const struct scenario *scenario)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < scenario->expectation_count; i++)
        value_add(list, value_hold(scenario->expectations[i].entry));
    return list;
}

/* As text, or where that would be longer than a text may be, as the file that `seatrial run --out`
 * writes beside the scenario. */
static struct value *workload_value(const struct workload *workload)
{
    struct writer text = { 0 };
    const bool whole = workload_print(workload, 0, JSON_STRING_BYTES / 2, &text) == workload->count;
    struct value *value =
        whole ? value_new_text(text.bytes, text.length) : value_new_string("workload.csv");
    writer_close(&text);
    return value;
}

static struct value *seed_value(uint64_t seed)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, seed);
    return value_new_number(text);
}

static struct value *spec_value(const struct scenario *scenario)
{
    struct value *spec = value_new_map(), *settings = settings_print(&scenario->settings);
    char start[TIME_TEXT];
    if (scenario->question != NULL)
        value_set(spec, "question", value_new_string(scenario->question));
    value_set(spec, "duration", duration_value(scenario->duration));
    value_set(spec, "seed", seed_value(scenario->seed));
    if (scenario->mirrored)
        value_set(spec, "mirrored", value_new_bool(true));
    value_set(spec, "startTime",
              value_new_string(time_print(0, scenario->settings.epoch_seconds, start)));
    value_set(spec, "timing", value_hold(value_get(settings, "timing")));
    value_set(spec, "settings", value_hold(value_get(settings, "settings")));
    if (scenario->settings.scheduler_configuration != NULL)
        value_set(spec, "schedulerConfiguration",
                  value_hold(scenario->settings.scheduler_configuration));
    value_set(spec, "objects", all_objects(scenario));
    value_set(spec, "failures", all_documents(&scenario->failures));
    if (scenario->load.count > 0)
        value_set(spec, "load", all_documents(&scenario->load));
    if (scenario->settings.csi_drivers != NULL)
        value_put(&spec, value_hold(scenario->settings.csi_drivers), "storage", "drivers", NULL);
    if (scenario->traffic.count > 0)
        value_set(spec, "traffic", all_documents(&scenario->traffic));
    if (scenario->workload.count > 0)
        value_set(spec, "workload", workload_value(&scenario->workload));
    value_set(spec, "timeline", all_actions(scenario));
    if (scenario->objects.objectives.count > 0)
        value_set(spec, "objectives", all_documents(&scenario->objects.objectives));
    value_put(&spec, duration_value(scenario->measure_from), "measure", "from", NULL);
    if (scenario->expectation_count > 0)
        value_set(spec, "expect", all_expectations(scenario));
    value_drop(settings);
    return spec;
}

struct value *scenario_print(const struct scenario *scenario)
{
    struct value *document = value_new_map();
    value_set(document, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(document, "kind", value_new_string("Scenario"));
    value_put(&document, value_new_string(scenario->name), "metadata", "name", NULL);
    value_set(document, "spec", spec_value(scenario));
    return document;
}
