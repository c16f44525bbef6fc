/* From options to policies, and from their faults to people. */
#include "tools/policies/policy_options.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tools/inputs.h"

bool outside_options_read(const struct command_line *line, const struct scenario *scenario,
                          struct outside_options *options, struct error *error)
{
    const char *timeout = command_line_option(line, "policy-timeout");
    const struct place at = { .file = "--policy-timeout" };
    *options = (struct outside_options){ .scenario = scenario->name, .seed = scenario->seed };
    if (timeout == NULL)
        return true;
    if (!sim_time_parse(timeout, at, &options->limit, error))
        return false;
    options->start_limit = 6 * options->limit;
    return options->limit > 0 || error_set(error, at, "%s is no time at all", timeout);
}

static struct policy *open_for(const struct command_line *line, const struct scenario *scenario,
                               const struct outside_options *options, struct error_list *faults)
{
    const char *text = command_line_option(line, "policy");
    if (text != NULL)
        return policy_open(text, options, faults);
    if (scenario->settings.scheduler_configuration != NULL)
        return policy_open_configuration(scenario->settings.scheduler_configuration, options,
                                         faults);
    return NULL;
}

bool policy_take(const struct command_line *line, const char *command, struct scenario *scenario,
                 struct policy **policy)
{
    struct outside_options options;
    struct error error = { 0 };
    struct error_list faults = { 0 };
    *policy = NULL;
    if (!outside_options_read(line, scenario, &options, &error)) {
        fprintf(stderr, "seatrial %s: %s: %s\n", command, error.at.file, error.text);
        error_close(&error);
        return false;
    }
    *policy = open_for(line, scenario, &options, &faults);
    if (*policy != NULL)
        policy_apply(*policy, &scenario->settings);
    const bool fine = faults.count == 0;
    errors_print(&faults);
    error_list_close(&faults);
    return fine;
}

static void put_stop(struct value *summary, const struct policy *policy, sim_time now)
{
    struct value *stopped = value_new_map();
    char *at = mem_format("%.9g", (double)now / SIM_SECOND);
    value_set(stopped, "atSeconds", value_new_number(at));
    value_set(stopped, "policy", value_new_string(policy_failure(policy)));
    value_set(summary, "stopped", stopped);
    free(at);
}

void policy_tell(struct policy *policy, const char *command, struct simulation *simulation,
                 struct value *summary)
{
    if (policy == NULL)
        return;
    const sim_time now = run_now(simulation_run(simulation));
    const char *failure = policy_failure(policy);
    size_t ignored_count;
    const char *ignored = policy_ignored(policy, &ignored_count);
    if (ignored != NULL) {
        fprintf(stderr, "warning: policy %s", ignored);
        if (ignored_count > 1)
            fprintf(stderr, " (and %zu more)", ignored_count - 1);
        fputs("; it is ignorable\n", stderr);
    }
    if (failure != NULL) {
        char time[SIM_TIME_TEXT];
        put_stop(summary, policy, now);
        fprintf(stderr, "seatrial %s: policy %s; the run ends at %s\n", command, failure,
                sim_time_print(now, time));
    }
    policy_end(policy, now, value_get(summary, "pods"));
}
