/* seatrial compare: one scenario under several policies, side by side. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/schema.h"
#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "tools/commands/commands.h"
#include "tools/comparison.h"
#include "tools/experiment/conduct.h"
#include "tools/experiment/runner.h"
#include "tools/experiment/variants.h"
#include "tools/files.h"
#include "tools/inputs.h"
#include "tools/output.h"
#include "tools/policies/policy_options.h"
#include "tools/report/report.h"
#include "tools/version.h"

/* What one invocation is about. */
struct comparing {
    const struct command_line *line;
    struct inputs inputs;
    struct outside_options options;
    const char *directory; /* for reports; NULL: none */
    struct value *comparison;
    bool some_failed; /* a policy failed, or could not be started */
};

/* Every policy there should be, before the first of them is played. */
static bool check_policies(const char *const *texts, size_t count)
{
    bool fine = true;
    if (count < 2) {
        fputs("seatrial compare: give two policies or more with --policy\n", stderr);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct error error = { 0 };
        if (policy_exists(texts[i], &error))
            continue;
        fprintf(stderr, "%s: %s\n", error.at.file, error.text);
        error_close(&error);
        fine = false;
    }
    return fine;
}

/* A folder's name for a policy: "2-my_policy.so". */
static char *folder_of(const struct comparing *comparing, const char *policy, size_t number)
{
    const char *slash = strrchr(policy, '/');
    char *name = mem_format("%zu-%s", number + 1, slash != NULL && slash[1] ? slash + 1 : policy);
    for (char *c = name; *c != '\0'; c++)
        if (strchr("/ '\"\\:*?$`&;|<>()", *c) != NULL)
            *c = '_';
    char *path = path_join(comparing->directory, name);
    free(name);
    return path;
}

/* Play to the end, or to where the policy fails; the summary, a new reference. */
static struct value *play(struct comparing *comparing, struct policy *policy, struct output *output)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    const struct simulation_options options = {
        .sink = output != NULL ? output_trace : NULL,
        .context = output,
        .workload = comparing->inputs.has_workload ? &comparing->inputs.workload : NULL,
    };
    struct simulation *simulation =
        simulation_new(&comparing->inputs.scenario, options, &faults, &warnings);
    struct value *summary = NULL;
    errors_print(&faults);
    if (simulation != NULL) {
        simulation_advance(simulation, comparing->inputs.scenario.duration);
        summary = simulation_summary(simulation);
        value_set(summary, "version", value_new_string(SEATRIAL_VERSION));
        value_set(summary, "kubernetes", value_new_string(schema_release));
        policy_tell(policy, "compare", simulation, summary);
    }
    simulation_free(simulation);
    error_list_close(&faults);
    error_list_close(&warnings);
    return summary;
}

/* Play with a folder of its own, if folders are wanted. False when nothing could be played at all. */
static bool play_into(struct comparing *comparing, struct policy *policy, const char *text,
                      size_t number)
{
    struct error error = { 0 };
    struct output *output = NULL;
    bool fine = true;
    if (comparing->directory != NULL) {
        char *folder = folder_of(comparing, text, number);
        output = output_begin(folder, &error);
        fine = output != NULL;
        free(folder);
    }
    struct value *summary = fine ? play(comparing, policy, output) : NULL;
    if (summary != NULL) {
        fine = output == NULL || output_finish(output, &comparing->inputs, summary, &error);
        comparison_add(comparing->comparison, text, summary, NULL);
    }
    if (error.text != NULL)
        fprintf(stderr, "seatrial compare: %s\n", error.text);
    error_close(&error);
    fine = fine && summary != NULL;
    output_free(output);
    value_drop(summary);
    return fine;
}

static bool compare_one(struct comparing *comparing, const char *text, size_t number)
{
    struct error_list faults = { 0 };
    struct policy *policy = policy_open(text, &comparing->options, &faults);
    bool fine = true;
    if (policy == NULL) {
        char *why = error_print(&faults.items[0]);
        errors_print(&faults);
        comparison_add(comparing->comparison, text, NULL, why);
        comparing->some_failed = true;
        free(why);
    } else {
        policy_apply(policy, &comparing->inputs.scenario.settings);
        fine = play_into(comparing, policy, text, number);
        comparing->some_failed |= policy_failure(policy) != NULL;
    }
    policy_close(policy);
    error_list_close(&faults);
    return fine;
}

/* The comparison itself, beside the folders of the policies. */
static bool write_files(const struct comparing *comparing, const struct writer *text,
                        const char *json)
{
    struct error error = { 0 };
    struct writer page = { 0 };
    if (comparing->directory == NULL)
        return true;
    html_comparison_report.write(comparing->comparison, &page);
    const bool fine =
        file_write(comparing->directory, "comparison.txt", text->bytes, text->length, &error) &&
        file_write(comparing->directory, "report.html", page.bytes, page.length, &error) &&
        file_write(comparing->directory, "comparison.json", json, strlen(json), &error);
    if (!fine)
        fprintf(stderr, "seatrial compare: %s\n", error.text);
    error_close(&error);
    writer_close(&page);
    return fine;
}

static int tell(const struct comparing *comparing)
{
    struct writer text = { 0 };
    comparison_print(comparing->comparison, &text);
    char *json = json_text(comparing->comparison, (struct json_style){ .indent = 2 });
    const bool fine = write_files(comparing, &text, json);
    if (command_line_wants_json(comparing->line))
        printf("%s\n", json);
    else
        fwrite(text.bytes, 1, text.length, stdout);
    free(json);
    writer_close(&text);
    if (!fine)
        return EXIT_BAD_INPUT;
    return comparing->some_failed ? EXIT_POLICY_FAILED : EXIT_OK;
}

/* ── variants, and many runs of each ── */

static bool wants_many(const struct command_line *line)
{
    return command_line_option(line, "vary") != NULL ||
           command_line_option(line, "replications") != NULL ||
           command_line_option(line, "until-significant") != NULL ||
           command_line_option(line, "fail-on") != NULL ||
           command_line_option(line, "response") != NULL;
}

/* The scenario as it is, and a level for each --vary; NULL without any. `kept` gets the texts. */
static struct value *levels_of(const struct command_line *line, char ***kept, size_t *count,
                               struct error_list *faults)
{
    const char *const *files = command_line_options(line, "vary", count);
    *kept = mem_new((*count + 1) * sizeof **kept);
    if (*count == 0)
        return NULL;
    struct value *levels = value_new_list(), *as_it_is = value_new_map();
    value_set(as_it_is, "name", value_new_string("as-it-is"));
    value_add(levels, as_it_is);
    for (size_t i = 0; i < *count; i++) {
        struct value *level = variant_level(files[i], &(*kept)[i], faults);
        if (level != NULL)
            value_add(levels, level);
    }
    return levels;
}

static struct value *policies_of(const struct command_line *line)
{
    size_t count;
    const char *const *policies = command_line_options(line, "policy", &count);
    struct value *list = count > 0 ? value_new_list() : NULL;
    for (size_t i = 0; i < count; i++)
        value_add(list, value_new_string(policies[i]));
    return list;
}

static int conduct_many(const struct experiment *experiment, const struct command_line *line,
                        const struct gates *gates)
{
    const char *directory = command_line_option(line, "out");
    int status;
    struct value *results = conduct(experiment, line, "compare", directory, &status);
    if (results != NULL)
        status = conduct_end(results, line, "compare", directory, gates);
    value_drop(results);
    return status;
}

static int compare_many(const struct command_line *line)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct experiment_options options;
    struct experiment experiment = { 0 };
    struct base base = { 0 };
    char **texts = NULL;
    size_t count = 0;
    int status = EXIT_BAD_INPUT;
    struct gates gates = { 0 };
    if (!conduct_options(line, &options) || !gates_read(&gates, line)) {
        gates_close(&gates);
        return status;
    }
    bool good = variants_base(&base, line, &faults);
    struct value *levels = levels_of(line, &texts, &count, &faults);
    struct value *document = variants_document(line, levels, policies_of(line));
    good = good && faults.count == 0 &&
           experiment_make(&experiment, &base, document, &options, &faults, &warnings) &&
           conduct_check_gates(&experiment, &gates, &faults);
    if (runner_is_first())
        warnings_print(&warnings);
    if (!good && runner_is_first())
        errors_print(&faults);
    if (good)
        status = conduct_many(&experiment, line, &gates);
    experiment_close(&experiment);
    gates_close(&gates);
    base_close(&base);
    value_drop(document);
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
    error_list_close(&faults);
    error_list_close(&warnings);
    return status;
}

static int run(const struct command_line *line)
{
    if (wants_many(line))
        return compare_many(line);
    size_t count;
    const char *const *policies = command_line_options(line, "policy", &count);
    struct comparing comparing = { .line = line, .directory = command_line_option(line, "out") };
    struct error error = { 0 };
    int status = EXIT_BAD_INPUT;
    if (!check_policies(policies, count))
        return status;
    if (inputs_read(&comparing.inputs, line)) {
        const struct scenario *scenario = &comparing.inputs.scenario;
        comparing.comparison = comparison_new(scenario->name, scenario->seed);
        bool fine = outside_options_read(line, scenario, &comparing.options, &error);
        if (!fine)
            fprintf(stderr, "seatrial compare: %s: %s\n", error.at.file, error.text);
        for (size_t i = 0; fine && i < count; i++)
            fine = compare_one(&comparing, policies[i], i);
        if (fine)
            status = tell(&comparing);
    }
    error_close(&error);
    value_drop(comparing.comparison);
    inputs_close(&comparing.inputs);
    return status;
}

const struct command compare_command = {
    .name = "compare",
    .operands = "[SCENARIO]",
    .summary = "compare variants of a scenario, or scheduling policies, on the same luck",
    .description =
        "With --vary: plays the scenario as it is and with each variant, again and again on the "
        "same\n"
        "luck, and tells what the differences are and how surely (docs/experiment.md). A variant "
        "is a\n"
        "file with objects, or parts of them, which are merged into those of the same name as "
        "kubectl\n"
        "patch does, or with a part of a Scenario.\n\n"
        "    seatrial compare scenario.yaml --vary surge.yaml --vary recreate.yaml "
        "--until-significant\n"
        "    seatrial compare -f shop/ --policy default --policy fgd --replications 50\n\n"
        "Without it: plays a Scenario, or manifests or a workload as `seatrial run` takes them, "
        "once for each\n"
        "policy, and prints one table. All have the same seed, and every entity draws from a "
        "stream\n"
        "of its own: what differs is the policies' doing. Of one run each there is no interval "
        "of\n"
        "confidence; other seeds (--seed) tell how much is luck.\n\n"
        "    seatrial compare scenario.yaml --policy default --policy fgd --policy "
        "./my_policy.so\n"
        "    seatrial compare scenario.yaml --policy my-config.yaml --policy "
        "http://localhost:8888\n\n"
        "docs/policies.md tells how to write a policy of your own.",
    .options =
        (const struct option_info[]){
            INPUT_OPTIONS,
            POLICY_OPTIONS,
            VARIANT_OPTIONS,
            CONDUCT_OPTIONS,
            GATE_OPTIONS,
            { "out", 'O', "DIR",
              "leave the comparison, its report.html, and a folder for each policy" },
            { 0 },
        },
    .operands_most = 1,
    .run = run,
};
