/* seatrial advise: the usual fixes tried in simulation, ranked by downtime saved. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/advise/advice.h"
#include "tools/commands/commands.h"
#include "tools/experiment/conduct.h"
#include "tools/experiment/runner.h"
#include "tools/experiment/variants.h"
#include "tools/files.h"
#include "tools/report/report.h"

enum { USUAL_REPLICATIONS = 40 };

/* Conduct one of the two experiments, in a folder of its own below --out. The results, a new reference; NULL with
 * *status after what went wrong was printed. */
static struct value *conduct_part(const struct command_line *line, const struct value *document,
                                  const struct experiment_options *options, int *status)
{
    const char *out = command_line_option(line, "out");
    char *directory =
        out != NULL ? path_join(out, value_path(document, "metadata", "name", NULL)->text) : NULL;
    struct error_list faults = { 0 }, warnings = { 0 };
    struct experiment experiment = { 0 };
    struct base base = { 0 };
    struct value *results = NULL;
    *status = EXIT_BAD_INPUT;
    if (variants_base(&base, line, &faults) &&
        experiment_make(&experiment, &base, document, options, &faults, &warnings))
        results = conduct(&experiment, line, "advise", directory, status);
    if (runner_is_first())
        errors_print(&faults);
    if (results != NULL && directory != NULL && !conduct_write(results, "advise", directory)) {
        value_drop(results);
        results = NULL;
        *status = EXIT_BAD_INPUT;
    }
    base_close(&base);
    experiment_close(&experiment);
    error_list_close(&faults);
    error_list_close(&warnings);
    free(directory);
    return results;
}

static int print_advice(const struct command_line *line, const struct value *document)
{
    const char *directory = command_line_option(line, "out");
    struct error error = { 0 };
    struct writer out = { 0 };
    char *json = json_text(document, (struct json_style){ .indent = 2 });
    bool fine = true;
    if (command_line_wants_json(line))
        writer_format(&out, "%s\n", json);
    else
        advice_print(document, &out);
    if (directory != NULL) {
        struct writer page = { 0 };
        html_advice_report.write(document, &page);
        fine = file_write(directory, "report.html", page.bytes, page.length, &error) &&
               file_write(directory, "advice.json", json, strlen(json), &error);
        writer_close(&page);
    }
    if (fine)
        fwrite(out.bytes, 1, out.length, stdout);
    else
        fprintf(stderr, "seatrial advise: %s\n", error.text);
    error_close(&error);
    writer_close(&out);
    free(json);
    return fine ? EXIT_OK : EXIT_BAD_INPUT;
}

/* Both experiments, one after the other. */
static int advise(const struct command_line *line, struct advice *advice,
                  const struct experiment_options *options)
{
    const int64_t replications =
        options->replications > 0 ? (int64_t)options->replications : USUAL_REPLICATIONS;
    int status;
    struct value *document = advice_baseline(advice, replications);
    struct value *results = conduct_part(line, document, options, &status);
    value_drop(document);
    if (results == NULL)
        return status;
    advice_take_baseline(advice, results);
    value_drop(results);
    document = advice_trials(advice, replications);
    if (document != NULL) {
        results = conduct_part(line, document, options, &status);
        value_drop(document);
        if (results == NULL)
            return status;
        advice_take_trials(advice, results);
        value_drop(results);
    }
    document = advice_document(advice);
    status = print_advice(line, document);
    value_drop(document);
    return status;
}

static int run(const struct command_line *line)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct experiment_options options;
    struct base base = { 0 };
    struct inputs inputs = { 0 };
    int status = EXIT_BAD_INPUT;
    if (!conduct_options(line, &options))
        return status;
    const char *only = command_line_option(line, "target");
    const bool good = variants_base(&base, line, &faults) &&
                      inputs_read_base(&inputs, &base, &base.documents, &faults, &warnings);
    if (runner_is_first()) {
        warnings_print(&warnings);
        errors_print(&faults);
    }
    if (good && options.duration > 0)
        inputs.scenario.duration = options.duration;
    struct advice *advice = good ? advice_new(&inputs.scenario, only) : NULL;
    if (advice != NULL && advice_candidates(advice) == 0)
        fprintf(stderr,
                only != NULL ? "seatrial advise: --target: no Deployment or StatefulSet %s\n"
                             : "seatrial advise: no Deployment or StatefulSet%s to advise on\n",
                only != NULL ? only : "");
    else if (advice != NULL)
        status = advise(line, advice, &options);
    advice_free(advice);
    inputs_close(&inputs);
    base_close(&base);
    error_list_close(&faults);
    error_list_close(&warnings);
    return status;
}

const struct command advise_command = {
    .name = "advise",
    .operands = "[SCENARIO]",
    .summary = "try the usual fixes in simulation, and rank them by the downtime they save",
    .description = "Plays the scenario as it is, and without each of its failures, to tell what is "
                   "lost to what; then\n"
                   "with each of the usual fixes of the workloads that lost something, on the same "
                   "luck: one replica\n"
                   "more, topology spread, a disruption budget, a readiness probe, requests and "
                   "limits of memory, a\n"
                   "pause before SIGTERM, surge, a shorter toleration of lost nodes. They are "
                   "ranked by the minutes of\n"
                   "downtime (or of failed requests, where there is traffic) that they save in a "
                   "month; what they cost\n"
                   "is what more is requested, at the prices of the scenario (docs/advise.md).\n\n"
                   "    seatrial advise scenario.yaml\n"
                   "    seatrial advise -f shop/ --nodes 6x8cpu,32Gi --target deployment/web "
                   "--replications 100\n",
    .options =
        (const struct option_info[]){
            INPUT_OPTIONS,
            { "target", 't', "WORKLOAD", "only this one: deployment/web" },
            CONDUCT_OPTIONS,
            { "out", 'O', "DIR", "leave report.html, advice.json and both experiments" },
            { 0 },
        },
    .operands_most = 1,
    .run = run,
};
