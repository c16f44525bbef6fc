/* The Experiment loader: the document is checked as a whole, then taken over part by part. */
#include "tools/experiment/experiment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/cluster/simulation.h"
#include "models/api/schema.h"
#include "sim/base/memory.h"
#include "sim/base/sha256.h"
#include "tools/experiment/experiment_private.h"
#include "tools/files.h"
#include "tools/version.h"

enum { USUAL_FIRST = 10, USUAL_BATCH = 10, USUAL_MOST = 1000, USUAL_COUNT = 30 };

const char *experiment_keep(struct experiment *experiment, char *text)
{
    MEM_GROW(experiment->texts, experiment->text_count, experiment->text_capacity);
    return experiment->texts[experiment->text_count++] = text;
}

const struct value *experiment_keep_document(struct experiment *experiment, struct value *document)
{
    struct documents *into = &experiment->documents;
    MEM_GROW(into->items, into->count, into->capacity);
    return into->items[into->count++] = document;
}

/* ── the scenario it is about ── */

static bool is_scenario_there(const struct documents *documents, struct place at,
                              struct error_list *faults)
{
    for (size_t i = 0; i < documents->count; i++)
        if (scenario_document_is_one(documents->items[i]))
            return true;
    return error_list_add(faults, at, "scenario: no Scenario in this file");
}

/* A Scenario around the spec that stands in the Experiment. */
static void take_inline(struct experiment *experiment, const struct value *spec)
{
    struct base *base = &experiment->base;
    struct value *document = value_new_map();
    document->at = spec->at;
    value_set(document, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(document, "kind", value_new_string("Scenario"));
    value_put(&document, value_new_string(experiment->name), "metadata", "name", NULL);
    value_set(document, "spec", value_hold(spec));
    MEM_GROW(base->documents.items, base->documents.count, base->documents.capacity);
    base->documents.items[base->documents.count++] = document;
}

/* `path` is the Experiment's own file. */
static bool read_base(struct experiment *experiment, const char *path, const struct value *spec,
                      struct error_list *faults)
{
    const struct value *scenario = shape_get(spec, "scenario");
    struct base *base = &experiment->base;
    if (scenario == NULL)
        return error_list_add(faults, spec->at,
                              "spec.scenario: required: the path of a Scenario, or its spec");
    if (scenario->type == VALUE_MAP) {
        base->name = mem_text(path, strlen(path));
        base->directory = path_directory(path);
        take_inline(experiment, scenario);
        return true;
    }
    if (scenario->type != VALUE_STRING)
        return error_list_add(faults, scenario->at,
                              "spec.scenario: expected a path, or the spec of a Scenario");
    char *directory = path_directory(path), *joined = path_join(directory, scenario->text);
    const size_t before = faults->count;
    const bool read = base_read(base, joined, faults);
    if (!read && faults->count > before && faults->items[before].at.line == 0)
        faults->items[before].at = scenario->at; /* where it was asked for */
    free(directory);
    free(joined);
    return read && is_scenario_there(&base->documents, scenario->at, faults);
}

/* ── when it is enough ── */

static bool is_named(const struct value *names, const char *name)
{
    for (size_t i = 0; i < shape_count(names); i++)
        if (strcmp(shape_at(names, i)->text, name) == 0)
            return true;
    return false;
}

/* The rule looks only at those. */
static void judge_only(struct experiment *experiment, const struct value *names,
                       struct error_list *faults)
{
    for (size_t i = 0; i < experiment->response_count; i++)
        experiment->responses[i].how.is_judged =
            names == NULL || is_named(names, experiment->responses[i].name);
    for (size_t i = 0; i < shape_count(names); i++) {
        bool found = false;
        for (size_t j = 0; j < experiment->response_count; j++)
            found = found || strcmp(shape_at(names, i)->text, experiment->responses[j].name) == 0;
        if (!found)
            error_list_add(faults, shape_at(names, i)->at,
                           "replications.until.of: no response is called \"%s\"",
                           shape_at(names, i)->text);
    }
}

static bool read_rule(struct experiment *experiment, const struct value *given,
                      struct error_list *faults)
{
    struct study_rule *rule = &experiment->rule;
    const struct value *until = shape_get(given, "until"), *time = shape_get(until, "time");
    int64_t count;
    *rule =
        (struct study_rule){ USUAL_COUNT, USUAL_BATCH, USUAL_MOST, 0.95, 0, false, false, true };
    if (given == NULL)
        return true;
    if (given->type != VALUE_MAP) {
        if (!value_as_int(given, &count) || count < 1 || count > 1000000)
            return error_list_add(
                faults, given->at,
                "spec.replications: expected a number from 1 to 1000000, or a map");
        rule->first = (size_t)count;
        return true;
    }
    const struct field_path up = field_child(NULL, "spec"), path = field_child(&up, "replications");
    if (!shape_check(given, &replications_shape, &path, faults))
        return false;
    rule->first = (size_t)value_int(value_get(given, "first"), USUAL_FIRST);
    rule->batch = (size_t)value_int(value_get(given, "batch"), USUAL_BATCH);
    rule->most = (size_t)value_int(value_get(given, "most"), USUAL_MOST);
    rule->confidence = value_double(value_get(given, "confidence"), 0.95);
    rule->relative = value_double(value_get(until, "relativeHalfWidth"), 0);
    rule->until_significant = value_truth(value_get(until, "significant"), false);
    if (time != NULL)
        shape_duration(time, &experiment->most_time, NULL);
    if (rule->most < rule->first)
        return error_list_add(faults, given->at,
                              "spec.replications: most is %zu, fewer than the first %zu",
                              rule->most, rule->first);
    return true;
}

/* ── estimates ── */

static bool read_estimate(struct experiment *experiment, const struct value *given,
                          struct error_list *faults)
{
    static const struct {
        const char *name;
        enum experiment_estimate estimate;
    } ways[] = { { "replications", BY_MSER5 },
                 { "batchMeans", BY_BATCH_MEANS },
                 { "regenerative", BY_REGENERATION },
                 { "splitting", BY_SPLITTING } };
    const struct value *how = NULL;
    struct error error = { 0 };
    if (given == NULL || (given->type == VALUE_STRING && strcmp(given->text, "replications") == 0))
        return true;
    for (size_t i = 0; i < sizeof ways / sizeof *ways && how == NULL; i++)
        if ((how = shape_get(given, ways[i].name)) != NULL)
            experiment->estimate = ways[i].estimate;
    if (how == NULL || given->count != 1)
        return error_list_add(faults, given->at,
                              "spec.estimate: one of replications, batchMeans, regenerative and "
                              "splitting is expected (try batchMeans: {every: 1h})");
    if (experiment->estimate == BY_SPLITTING)
        return split_plan_read(&experiment->split, how, NULL, faults);
    shape_duration(value_get(how, "every"), &experiment->every, NULL);
    if (experiment->every <= 0)
        return error_list_add(faults, how->at, "spec.estimate: every is 0");
    if (experiment->estimate != BY_REGENERATION)
        return true;
    const struct value *when = value_get(how, "when");
    experiment->when = document_path_parse(when->text, when->at, &error);
    experiment->when_is = value_get(how, "is");
    error_list_take(faults, &error);
    return experiment->when != NULL;
}

/* One long run each has no replications to stop at. */
static bool check_estimate(const struct experiment *experiment, struct error_list *faults)
{
    const struct study_rule *rule = &experiment->rule;
    if (experiment->estimate < BY_BATCH_MEANS || experiment->estimate == BY_SPLITTING)
        return true;
    if (rule->relative > 0 || rule->until_significant || rule->first != 1)
        return error_list_add(faults, experiment->document->at,
                              "estimates from one long run need replications: 1, and a longer "
                              "duration where the interval is too wide");
    return true;
}

/* ── the whole ── */

static void take_options(struct experiment *experiment, const struct experiment_options *options,
                         struct error_list *faults)
{
    struct study_rule *rule = &experiment->rule;
    if (options->replications > 0) {
        rule->first = rule->most = options->replications;
        rule->relative = 0;
        rule->until_significant = false;
        experiment->most_time = 0;
    }
    if (options->seed != NULL) {
        char *end;
        errno = 0;
        experiment->seed = strtoull(options->seed, &end, 10);
        if (*options->seed < '0' || *options->seed > '9' || *end != '\0' || errno != 0)
            error_list_add(faults, (struct place){ .file = "--seed" },
                           "\"%s\" is not a number from 0 to 18446744073709551615", options->seed);
    }
}

/* The scenario's seed, before any point is read: a Latin hypercube depends on it. */
static uint64_t seed_of_base(const struct base *base)
{
    for (size_t i = 0; i < base->documents.count; i++)
        if (scenario_document_is_one(base->documents.items[i]))
            return (uint64_t)value_int(value_path(base->documents.items[i], "spec", "seed", NULL),
                                       1);
    return 1;
}

/* Copies of a run cannot share a policy in another process with it. Built-in ones have plain names. */
static bool check_split(const struct experiment *experiment, struct error_list *faults)
{
    for (size_t i = 0; experiment->estimate == BY_SPLITTING && i < experiment->point_count; i++) {
        const char *policy = experiment->points[i].policy;
        if (policy != NULL && strpbrk(policy, "./: ") != NULL)
            return error_list_add(
                faults, experiment->document->at,
                "spec.estimate: splitting copies runs, which policy \"%s\" cannot "
                "follow (only policies with a name of ours can)",
                policy);
    }
    return true;
}

static bool fill_in(struct experiment *experiment, const struct value *spec,
                    const struct experiment_options *options, struct error_list *faults,
                    struct error_list *warnings)
{
    const size_t before = faults->count;
    experiment->seed =
        (uint64_t)value_int(value_get(spec, "seed"), (int64_t)seed_of_base(&experiment->base));
    experiment->wants_counterfactual = value_truth(value_get(spec, "counterfactual"), false);
    read_rule(experiment, shape_get(spec, "replications"), faults);
    read_estimate(experiment, shape_get(spec, "estimate"), faults);
    take_options(experiment, options, faults);
    experiment->rule.is_antithetic = value_truth(value_get(spec, "antithetic"), false);
    experiment->rule.is_paired = value_truth(value_get(spec, "commonRandomNumbers"), true);
    experiment->base.duration = options->duration;
    check_estimate(experiment, faults);
    if (!experiment_read_factors(experiment, spec, faults) || faults->count > before ||
        !experiment_make_points(experiment, spec, faults, warnings) ||
        !experiment_read_responses(experiment, spec, faults))
        return false;
    judge_only(experiment, shape_get(value_path(spec, "replications", "until", NULL), "of"),
               faults);
    experiment->question = value_text(value_get(spec, "question"),
                                      experiment_first(experiment)->inputs.scenario.question);
    return check_split(experiment, faults) && faults->count == before;
}

/* Points that the API server would refuse are told before anything is played. */
static bool check_points(const struct experiment *experiment, struct error_list *faults)
{
    const size_t before = faults->count;
    for (size_t i = 0; i < experiment->point_count && faults->count == before; i++) {
        struct error_list warnings = { 0 };
        const struct inputs *inputs = &experiment->points[i].inputs;
        const struct simulation_options options = {
            .workload = inputs->has_workload ? &inputs->workload : NULL,
            .without_metrics = true,
        };
        simulation_free(simulation_new(&inputs->scenario, options, faults, &warnings));
        error_list_close(&warnings);
        for (size_t j = before; j < faults->count && experiment->factor_count > 0; j++)
            error_wrap(&faults->items[j], "%s", experiment->points[i].name);
    }
    return faults->count == before;
}

bool experiment_make(struct experiment *experiment, struct base *base, const struct value *document,
                     const struct experiment_options *options, struct error_list *faults,
                     struct error_list *warnings)
{
    *experiment = (struct experiment){ .base = *base };
    *base = (struct base){ 0 };
    experiment->document = experiment_keep_document(experiment, value_hold(document));
    if (!shape_check(document, &experiment_shape, NULL, faults))
        return false;
    experiment->name = value_path(document, "metadata", "name", NULL)->text;
    return fill_in(experiment, value_get(document, "spec"), options, faults, warnings) &&
           check_points(experiment, faults);
}

static const struct value *find_experiment(const struct documents *documents, const char *name,
                                           struct error_list *faults)
{
    const struct value *found = NULL;
    for (size_t i = 0; i < documents->count; i++) {
        const struct value *document = documents->items[i];
        if (strcmp(value_text(value_get(document, "kind"), ""), "Experiment") != 0)
            error_list_add(faults, document->at, "an Experiment is expected, not %s",
                           value_text(value_get(document, "kind"), "a document without kind"));
        else if (found != NULL)
            error_list_add(faults, document->at, "a second Experiment in this file");
        else
            found = document;
    }
    if (documents->count == 0 && faults->count == 0)
        error_list_add(faults, (struct place){ .file = name },
                       "no Experiment in this file (apiVersion: seatrial.dev/v1alpha1, kind: "
                       "Experiment)");
    return faults->count == 0 ? found : NULL;
}

bool experiment_load(struct experiment *experiment, const char *path,
                     const struct experiment_options *options, struct error_list *faults,
                     struct error_list *warnings)
{
    struct error error = { 0 };
    size_t length;
    *experiment = (struct experiment){ 0 };
    const char *name = experiment_keep(experiment, mem_text(path, strlen(path)));
    char *bytes = file_read(path, &length, &error);
    if (bytes == NULL) {
        error_list_take(faults, &error);
        return false;
    }
    experiment_keep(experiment, bytes);
    documents_read(&experiment->documents, bytes, length, name, faults);
    const struct value *document = find_experiment(&experiment->documents, name, faults);
    if (document == NULL || !shape_check(document, &experiment_shape, NULL, faults))
        return false;
    const struct value *spec = value_get(document, "spec");
    experiment->document = document;
    experiment->name = value_path(document, "metadata", "name", NULL)->text;
    return read_base(experiment, path, spec, faults) &&
           fill_in(experiment, spec, options, faults, warnings) && check_points(experiment, faults);
}

void experiment_close(struct experiment *experiment)
{
    for (size_t i = 0; i < experiment->point_count; i++) {
        struct experiment_point *point = &experiment->points[i];
        inputs_close(&point->inputs);
        free(point->name);
        free(point->without);
        free(point->levels);
        free(point->edits);
    }
    for (size_t i = 0; i < experiment->factor_count; i++) {
        for (size_t j = 0; j < experiment->factors[i].count; j++)
            free(experiment->factors[i].levels[j].name);
        free(experiment->factors[i].levels);
    }
    for (size_t i = 0; i < experiment->response_count; i++)
        document_path_free(experiment->responses[i].path);
    for (size_t i = 0; i < experiment->text_count; i++)
        free(experiment->texts[i]);
    document_path_free(experiment->when);
    split_plan_close(&experiment->split);
    documents_close(&experiment->documents);
    base_close(&experiment->base);
    free(experiment->points);
    free(experiment->factors);
    free(experiment->responses);
    free(experiment->texts);
    *experiment = (struct experiment){ 0 };
}

/* ── what others make of it ── */

struct study *experiment_study(const struct experiment *experiment)
{
    enum study_part *parts = mem_new((experiment->point_count + 1) * sizeof *parts);
    struct study_response *how = mem_new((experiment->response_count + 1) * sizeof *how);
    for (size_t i = 0; i < experiment->point_count; i++)
        parts[i] = experiment->points[i].without != NULL ? STUDY_FOLLOWER
                   : i != experiment->baseline && experiment->baseline < experiment->point_count
                       ? STUDY_COMPARED
                       : STUDY_ALONE;
    for (size_t i = 0; i < experiment->response_count; i++)
        how[i] = experiment->responses[i].how;
    struct study *study = study_new(experiment->point_count, experiment->baseline, parts, how,
                                    experiment->response_count, experiment->rule);
    free(parts);
    free(how);
    return study;
}

/* The pods of a workload, which a printed scenario does not hold when there are many. */
static void add_workload(struct writer *all, const struct workload *workload)
{
    for (size_t at = 0; at < workload->count;)
        at = workload_print(workload, at, 1 << 20, all);
}

/* Who schedules: the name, and what stands in the file if it is one. */
static void add_policy(struct writer *all, const char *policy)
{
    struct error error = { 0 };
    size_t length;
    char *bytes = policy != NULL ? file_read(policy, &length, &error) : NULL;
    writer_format(all, "\npolicy %s ", policy != NULL ? policy : "-");
    if (bytes != NULL)
        writer_add_bytes(all, bytes, length);
    error_close(&error);
    free(bytes);
}

char *experiment_identity(const struct experiment *experiment)
{
    struct writer all = { 0 };
    struct value *decisive = value_hold(value_get(experiment->document, "spec"));
    value_own(&decisive);
    value_remove(decisive, "replications");
    value_remove(decisive, "question");
    writer_format(&all, "seatrial %s kubernetes %s seed %llu\n", SEATRIAL_VERSION, schema_release,
                  (unsigned long long)experiment->seed);
    json_print(&all, decisive, (struct json_style){ .sort_keys = true });
    value_drop(decisive);
    for (size_t i = 0; i < experiment->response_count; i++)
        writer_format(&all, "\n%s", experiment->responses[i].text);
    for (size_t i = 0; i < experiment->point_count; i++) {
        const struct experiment_point *point = &experiment->points[i];
        struct value *scenario = scenario_print(&point->inputs.scenario);
        writer_format(&all, "\n%s ", point->name);
        json_print(&all, scenario, (struct json_style){ .sort_keys = true });
        add_policy(&all, point->policy);
        add_workload(&all, &point->inputs.workload);
        add_workload(&all, &point->inputs.scenario.workload);
        value_drop(scenario);
    }
    char *digest = mem_new(SHA256_TEXT);
    sha256_print(all.bytes, all.length, digest);
    writer_close(&all);
    return digest;
}

struct value *experiment_schema(void)
{
    struct value *schema = shape_schema(&experiment_shape);
    value_set(schema, "$schema", value_new_string("https://json-schema.org/draft/2020-12/schema"));
    value_set(schema, "title", value_new_string("Experiment (seatrial.dev/v1alpha1)"));
    return schema;
}
