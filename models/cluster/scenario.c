/* The scenario loader: the document is checked as a whole, then taken over part by part. */
#include "models/cluster/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/meta.h"
#include "models/cluster/csi_drivers.h"
#include "models/cluster/openslo.h"
#include "models/cluster/scenario_private.h"
#include "models/failures/failures.h"
#include "models/scheduler/configuration/profile.h"
#include "sim/base/memory.h"

#define USUAL_START INT64_C(1767225600) /* 2026-01-01T00:00:00Z */

void scenario_init(struct scenario *scenario)
{
    *scenario = (struct scenario){ .duration = SIM_DAY, .seed = 1 };
    scenario->name = mem_text("scenario", strlen("scenario"));
    settings_init(&scenario->settings);
    scenario->settings.epoch_seconds = USUAL_START;
}

void scenario_forget_objects(struct scenario *scenario)
{
    manifest_close(&scenario->objects);
}

void scenario_close(struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->action_count; i++)
        scenario_action_close(&scenario->actions[i]);
    for (size_t i = 0; i < scenario->expectation_count; i++)
        scenario_expectation_close(&scenario->expectations[i]);
    documents_close(&scenario->nodes);
    documents_close(&scenario->failures);
    documents_close(&scenario->traffic);
    documents_close(&scenario->load);
    workload_close(&scenario->workload);
    manifest_close(&scenario->objects);
    settings_close(&scenario->settings);
    words_free(scenario->file_names, scenario->file_count);
    free(scenario->actions);
    free(scenario->expectations);
    free(scenario->question);
    free(scenario->name);
}

void scenario_complete(struct scenario *scenario)
{
    bool has_nodes = scenario->nodes.count > 0;
    for (size_t i = 0; i < scenario->objects.count && !has_nodes; i++)
        has_nodes = scenario->objects.items[i].kind == KIND_NODE;
    if (!has_nodes)
        scenario_add_nodes(scenario, "6x8cpu,32Gi,3zones", (struct place){ 0 }, NULL);
}

/* ── files ── */

static const char *keep_name(struct scenario *scenario, const char *name)
{
    MEM_GROW(scenario->file_names, scenario->file_count, scenario->file_capacity);
    return scenario->file_names[scenario->file_count++] = mem_text(name, strlen(name));
}

void scenario_take_file(struct scenario_input *input, const char *bytes, size_t length,
                        const char *name)
{
    struct scenario *scenario = input->scenario;
    struct manifest read = { 0 }, *into = input->into == NULL ? &scenario->objects : &read;
    if (input->configures) {
        scenario_configure_scheduler(scenario, bytes, length, name, input->faults);
        return;
    }
    const char *kept = keep_name(scenario, name);
    if (input->text != NULL) {
        free(input->text->bytes);
        input->text->bytes = mem_text(bytes, length);
        input->text->length = length;
        input->text->name = kept;
        input->text->files++;
        return;
    }
    manifest_load(into, bytes, length, kept, input->strict, input->faults, input->warnings);
    if (read.objectives.count > 0)
        error_list_add(input->faults, read.objectives.items[0]->at,
                       "an objective is no object of a cluster: give it among spec.objectives");
    for (size_t i = 0; i < read.count; i++) {
        MEM_GROW(input->into->items, input->into->count, input->into->capacity);
        input->into->items[input->into->count++] = value_hold(read.items[i].document);
    }
    manifest_close(&read);
}

bool scenario_open(struct scenario_input *input, const struct value *path)
{
    struct error error = { 0 };
    size_t before = input->faults->count;
    if (input->opener == NULL)
        return error_list_add(input->faults, path->at, "\"%s\": files cannot be opened here",
                              path->text);
    if (input->opener->open(input->opener->context, path->text, input, &error))
        return input->faults->count == before;
    char *line = error_print(&error);
    error_list_add(input->faults, path->at, "%s", line);
    error_close(&error);
    free(line);
    return false;
}

/* ── the parts of spec ── */

static void load_run(struct scenario *scenario, const struct value *spec)
{
    const struct value *duration = shape_get(spec, "duration"),
                       *start = shape_get(spec, "startTime");
    const struct value *from = shape_get(value_get(spec, "measure"), "from");
    sim_time since_1970;
    if (duration != NULL)
        shape_duration(duration, &scenario->duration, NULL);
    if (from != NULL)
        shape_duration(from, &scenario->measure_from, NULL);
    if (start != NULL && time_parse(start->text, 0, &since_1970))
        scenario->settings.epoch_seconds = since_1970 / SIM_SECOND;
    scenario->seed = (uint64_t)value_int(value_get(spec, "seed"), 1);
    scenario->mirrored = value_truth(value_get(spec, "mirrored"), false);
    const char *question = value_text(value_get(spec, "question"), NULL);
    if (question != NULL)
        scenario->question = mem_text(question, strlen(question));
}

static void load_settings(struct settings *settings, const struct value *spec)
{
    const struct value *flags = shape_get(spec, "settings"), *models = shape_get(spec, "timing");
    for (size_t i = 0; flags != NULL && i < flags->count; i++) {
        char *text = shape_scalar_text(flags->entries[i].value);
        settings_set(settings, flags->entries[i].key, text, flags->entries[i].at, NULL);
        free(text);
    }
    for (size_t i = 0; models != NULL && i < models->count; i++)
        settings_set_timing(settings, models->entries[i].key, models->entries[i].value, NULL);
}

/* ── the scheduler's configuration ── */

static bool take_configuration(struct scenario *scenario, const struct value *document,
                               struct error_list *faults)
{
    if (!scheduler_configuration_check(document, faults))
        return false;
    value_drop(scenario->settings.scheduler_configuration);
    scenario->settings.scheduler_configuration = value_hold(document);
    return true;
}

bool scenario_configure_scheduler(struct scenario *scenario, const char *bytes, size_t length,
                                  const char *name, struct error_list *faults)
{
    struct documents documents = { 0 };
    const size_t before = faults->count;
    const char *kept = keep_name(scenario, name);
    documents_read(&documents, bytes, length, kept, faults);
    if (documents.count == 1)
        take_configuration(scenario, documents.items[0], faults);
    else if (faults->count == before)
        error_list_add(faults, (struct place){ .file = kept },
                       "one KubeSchedulerConfiguration is expected in this file, not %zu documents",
                       documents.count);
    documents_close(&documents);
    return faults->count == before;
}

static void load_configuration(struct scenario_input *input, const struct value *spec)
{
    const struct value *given = shape_get(spec, "schedulerConfiguration");
    if (given == NULL)
        return;
    if (given->type != VALUE_STRING) {
        take_configuration(input->scenario, given, input->faults);
        return;
    }
    input->configures = true;
    scenario_open(input, given);
    input->configures = false;
}

/* An entry of `images` as the object it stands for. */
static void load_image(struct scenario_input *input, const struct value *entry)
{
    struct value *image = value_new_map(), *spec = value_new_map();
    image->at = entry->at;
    value_set(image, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(image, "kind", value_new_string("Image"));
    value_put(&image, value_hold(value_get(entry, "name")), "metadata", "name", NULL);
    for (size_t i = 0; i < entry->count; i++)
        if (strcmp(entry->entries[i].key, "name") != 0)
            value_set(spec, entry->entries[i].key, value_hold(entry->entries[i].value));
    value_set(image, "spec", spec);
    manifest_add(&input->scenario->objects, image, input->strict, input->faults, input->warnings);
    value_drop(image);
}

/* A document of OpenSLO. */
static void load_objective(struct scenario_input *input, const struct value *document)
{
    if (openslo_is_one(document))
        manifest_add(&input->scenario->objects, document, input->strict, input->faults,
                     input->warnings);
    else
        error_list_add(input->faults, document->at,
                       "spec.objectives: expected documents of apiVersion: openslo/v1");
}

static void load_objects(struct scenario_input *input, const struct value *spec)
{
    const struct value *images = shape_get(spec, "images"), *objects = shape_get(spec, "objects");
    const struct value *paths = shape_get(spec, "manifests"), *nodes = shape_get(spec, "nodes");
    const struct value *objectives = shape_get(spec, "objectives");
    for (size_t i = 0; i < shape_count(images); i++)
        load_image(input, shape_at(images, i));
    for (size_t i = 0; i < shape_count(paths); i++)
        scenario_open(input, shape_at(paths, i));
    for (size_t i = 0; i < shape_count(objects); i++)
        manifest_add(&input->scenario->objects, shape_at(objects, i), input->strict, input->faults,
                     input->warnings);
    for (size_t i = 0; i < shape_count(objectives); i++)
        load_objective(input, shape_at(objectives, i));
    for (size_t i = 0; i < shape_count(nodes); i++)
        scenario_load_nodes(input, shape_at(nodes, i));
}

static void load_failures(struct scenario_input *input, const struct value *spec)
{
    const struct value *failures = shape_get(spec, "failures");
    struct documents *into = &input->scenario->failures;
    const struct signal_opener opener = scenario_signal_opener(input);
    for (size_t i = 0; i < shape_count(failures); i++) {
        struct value *entry = value_hold(shape_at(failures, i));
        struct error error = { 0 };
        if (!failures_open_files(&entry, &opener, &error) ||
            !failures_check(entry, input->faults)) {
            error_list_take(input->faults, &error);
            value_drop(entry);
            continue;
        }
        MEM_GROW(into->items, into->count, into->capacity);
        into->items[into->count++] = entry;
    }
}

static void load_load(struct scenario_input *input, const struct value *spec)
{
    const struct value *load = shape_get(spec, "load");
    for (size_t i = 0; i < shape_count(load); i++)
        scenario_load_load(input, shape_at(load, i));
}

static void load_storage(struct scenario_input *input, const struct value *spec)
{
    const struct value *drivers = shape_get(shape_get(spec, "storage"), "drivers");
    if (shape_count(drivers) > 0 && csi_drivers_check(drivers, input->faults))
        input->scenario->settings.csi_drivers = value_hold(drivers);
}

static void load_traffic(struct scenario_input *input, const struct value *spec)
{
    const struct value *traffic = shape_get(spec, "traffic");
    for (size_t i = 0; i < shape_count(traffic); i++)
        scenario_load_traffic(input, shape_at(traffic, i));
}

/* The text of a workload, or the path of a file with one. */
static void load_workload(struct scenario_input *input, const struct value *spec)
{
    const struct value *given = shape_get(spec, "workload");
    struct scenario_text text = { 0 };
    if (given == NULL)
        return;
    if (strchr(given->text, '\n') != NULL) {
        struct error_list faults = { 0 };
        workload_load(&input->scenario->workload, given->text, given->count, NULL, &faults);
        for (size_t i = 0; i < faults.count; i++) {
            error_list_add(input->faults, given->at, "workload, line %d, column %d: %s",
                           faults.items[i].at.line, faults.items[i].at.column,
                           faults.items[i].text);
        }
        error_list_close(&faults);
        return;
    }
    input->text = &text;
    const bool opened = scenario_open(input, given);
    input->text = NULL;
    if (opened && text.files == 1)
        workload_load(&input->scenario->workload, text.bytes, text.length, text.name,
                      input->faults);
    else if (opened)
        error_list_add(input->faults, given->at, "\"%s\": one file is expected, not %zu",
                       given->text, text.files);
    free(text.bytes);
}

/* By time; those at one time stay as they stand. */
static void sort_actions(struct scenario *scenario)
{
    for (size_t i = 1; i < scenario->action_count; i++) {
        struct scenario_action action = scenario->actions[i];
        size_t at = i;
        for (; at > 0 && scenario->actions[at - 1].at > action.at; at--)
            scenario->actions[at] = scenario->actions[at - 1];
        scenario->actions[at] = action;
    }
}

static void load_timeline(struct scenario_input *input, const struct value *spec)
{
    const struct value *timeline = shape_get(spec, "timeline");
    for (size_t i = 0; i < shape_count(timeline); i++)
        scenario_load_action(input, shape_at(timeline, i));
    sort_actions(input->scenario);
    for (size_t i = 0; i < input->scenario->action_count; i++) {
        const struct scenario_action *action = &input->scenario->actions[i];
        char at[SIM_TIME_TEXT], end[SIM_TIME_TEXT];
        if (action->at > input->scenario->duration)
            error_list_add(
                input->warnings, action->place, "timeline: at %s the run is over (it ends at %s)",
                sim_time_print(action->at, at), sim_time_print(input->scenario->duration, end));
    }
}

static void load_expectations(struct scenario_input *input, const struct value *spec)
{
    const struct value *expect = shape_get(spec, "expect");
    for (size_t i = 0; i < shape_count(expect); i++)
        scenario_load_expectation(input, shape_at(expect, i));
}

static void load_scenario(struct scenario_input *input, const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    const char *name = value_text(value_path(document, "metadata", "name", NULL), "");
    if (!shape_check(document, &scenario_shape, NULL, input->faults))
        return;
    free(input->scenario->name);
    input->scenario->name = mem_text(name, strlen(name));
    load_run(input->scenario, spec);
    load_settings(&input->scenario->settings, spec);
    load_configuration(input, spec);
    load_objects(input, spec);
    load_failures(input, spec);
    load_load(input, spec);
    load_storage(input, spec);
    load_traffic(input, spec);
    load_workload(input, spec);
    load_timeline(input, spec);
    load_expectations(input, spec);
}

/* ── texts ── */

bool scenario_document_is_one(const struct value *document)
{
    return strncmp(value_text(value_get(document, "apiVersion"), ""), "seatrial.dev/", 13) == 0 &&
           strcmp(value_text(value_get(document, "kind"), ""), "Scenario") == 0;
}

static void load_documents(struct scenario_input *input, const struct documents *documents,
                           const char *name)
{
    const struct value *found = NULL;
    for (size_t i = 0; i < documents->count; i++) {
        const struct value *document = documents->items[i];
        if (scenario_document_is_one(document) && found == NULL)
            load_scenario(input, found = document);
        else if (scenario_document_is_one(document))
            error_list_add(input->faults, document->at,
                           "a second Scenario (the first begins in line %d)", found->at.line);
        else if (scheduler_configuration_is_one(document))
            take_configuration(input->scenario, document, input->faults);
        else
            manifest_add(&input->scenario->objects, document, input->strict, input->faults,
                         input->warnings);
    }
    if (found == NULL && input->faults->count == 0)
        error_list_add(input->faults, (struct place){ .file = name },
                       "no Scenario in this file (apiVersion: seatrial.dev/v1alpha1, kind: "
                       "Scenario)");
}

bool scenario_load_documents(struct scenario *scenario, const struct documents *documents,
                             const char *name, const struct scenario_opener *opener, bool strict,
                             struct error_list *faults, struct error_list *warnings)
{
    struct scenario_input input = { .scenario = scenario,
                                    .opener = opener,
                                    .strict = strict,
                                    .faults = faults,
                                    .warnings = warnings };
    const size_t before = faults->count;
    load_documents(&input, documents, name);
    scenario_warn(&input);
    return faults->count == before;
}

bool scenario_load(struct scenario *scenario, const char *bytes, size_t length, const char *name,
                   const struct scenario_opener *opener, bool strict, struct error_list *faults,
                   struct error_list *warnings)
{
    struct documents documents = { 0 };
    const size_t before = faults->count;
    documents_read(&documents, bytes, length, name, faults);
    scenario_load_documents(scenario, &documents, name, opener, strict, faults, warnings);
    documents_close(&documents);
    return faults->count == before;
}

bool scenario_is_one(const char *bytes, size_t length)
{
    struct documents documents = { 0 };
    struct error_list faults = { 0 };
    bool found = false;
    if (memmem(bytes, length, "seatrial.dev/", 13) == NULL)
        return false;
    documents_read(&documents, bytes, length, NULL, &faults);
    for (size_t i = 0; i < documents.count && !found; i++)
        found = scenario_document_is_one(documents.items[i]);
    documents_close(&documents);
    error_list_close(&faults);
    return found;
}

struct value *scenario_schema(void)
{
    struct value *schema = shape_schema(&scenario_shape);
    value_set(schema, "$schema", value_new_string("https://json-schema.org/draft/2020-12/schema"));
    value_set(schema, "title", value_new_string("Scenario (seatrial.dev/v1alpha1)"));
    return schema;
}
