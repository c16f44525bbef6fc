/* seatrial experiment: a study of many runs, until it is precise enough. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/commands/commands.h"
#include "tools/experiment/conduct.h"
#include "tools/experiment/runner.h"
#include "tools/inputs.h"

static int conduct_it(const struct experiment *experiment, const struct command_line *line,
                      const struct gates *gates)
{
    const char *given = command_line_option(line, "out");
    char *directory =
        given != NULL ? mem_text(given, strlen(given)) : mem_format("out/%s", experiment->name);
    int status;
    struct value *results = conduct(experiment, line, "experiment", directory, &status);
    if (results != NULL)
        status = conduct_end(results, line, "experiment", directory, gates);
    value_drop(results);
    free(directory);
    return status;
}

static int run(const struct command_line *line)
{
    size_t count;
    const char *const *operands = command_line_operands(line, &count);
    struct error_list faults = { 0 }, warnings = { 0 };
    struct experiment_options options;
    struct experiment experiment;
    struct gates gates = { 0 };
    int status = EXIT_BAD_INPUT;
    if (!conduct_options(line, &options))
        return status;
    if (!gates_read(&gates, line)) {
        gates_close(&gates);
        return status;
    }
    bool good = experiment_load(&experiment, operands[0], &options, &faults, &warnings);
    good = good && conduct_check_gates(&experiment, &gates, &faults);
    if (runner_is_first())
        warnings_print(&warnings);
    if (!good && runner_is_first())
        errors_print(&faults);
    if (good)
        status = conduct_it(&experiment, line, &gates);
    gates_close(&gates);
    error_list_close(&faults);
    error_list_close(&warnings);
    experiment_close(&experiment);
    return status;
}

const struct command experiment_command = {
    .name = "experiment",
    .operands = "STUDY",
    .summary = "play a study of many runs until it is precise enough",
    .description =
        "Plays an Experiment (docs/experiment.md): a scenario, what is varied of it, what is "
        "measured, and how\n"
        "often, on every processor. All points have the same luck in replication r, so that "
        "differences\n"
        "between them are told by few runs. What was finished lies in the folder (out/NAME unless "
        "--out says\n"
        "otherwise); the same command again goes on from there.\n\n"
        "    seatrial experiment study.yaml\n"
        "    seatrial experiment study.yaml --replications 200 --workers 8 --out out/nines\n"
        "    mpirun -n 64 seatrial experiment study.yaml\n",
    .options =
        (const struct option_info[]){
            { "out", 'O', "DIR", "the folder of the study: results.db, results.json, report.html" },
            CONDUCT_OPTIONS,
            GATE_OPTIONS,
            { "seed", 's', "NUMBER", "the seed of the whole study" },
            { "duration", 'd', "TIME", "virtual time of every run" },
            { 0 },
        },
    .operands_least = 1,
    .operands_most = 1,
    .run = run,
};
