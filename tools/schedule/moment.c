/* Playing a scenario up to a moment; see moment.h. */
#include "tools/schedule/moment.h"

#include <stdlib.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tools/files.h"
#include "tools/inputs.h"
#include "tools/schedule/cluster_load.h"

bool moment_read(const struct command_line *line, const char *command, sim_time *at)
{
    const char *text = command_line_option(line, "at");
    struct error error = { 0 };
    *at = -1;
    if (text == NULL || (sim_time_parse(text, (struct place){ 0 }, at, &error) && *at >= 0))
        return true;
    fprintf(stderr, "seatrial %s: --at: %s\n", command,
            error.text != NULL ? error.text : "a time is not negative");
    error_close(&error);
    return false;
}

char *moment_path(const char *operand)
{
    char *path = path_join(operand, "scenario.json");
    if (directory_is_one(operand) && access(path, R_OK) == 0)
        return path;
    free(path);
    return mem_format("%s", operand);
}

struct simulation *moment_begin(const struct scenario *scenario)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct simulation *simulation = simulation_new(
        scenario, (struct simulation_options){ .without_metrics = true }, &faults, &warnings);
    errors_print(&faults);
    error_list_close(&warnings);
    error_list_close(&faults);
    return simulation;
}

struct trial *moment_trial(const struct scenario *scenario, sim_time at)
{
    struct error_list faults = { 0 };
    struct simulation *simulation = moment_begin(scenario);
    if (simulation == NULL)
        return NULL;
    simulation_advance(simulation, at);
    struct trial *trial = trial_new(scenario->settings.scheduler_configuration, &faults);
    if (trial != NULL)
        cluster_copy(trial, simulation_cluster(simulation));
    errors_print(&faults);
    error_list_close(&faults);
    simulation_free(simulation);
    return trial;
}

void moment_unbind(struct trial *trial, const struct pod *pod)
{
    struct pod *waiting = (struct pod *)object_copy(&pod->meta.object);
    text_assign(&waiting->node_name, NULL);
    waiting->phase = POD_PENDING;
    waiting->conditions_present = waiting->conditions_true = 0;
    trial_remove(trial, object_key(&waiting->meta.object));
    trial_put(trial, &waiting->meta.object);
}
