/* seatrial run: play a scenario, or manifests with sensible defaults, and say how it went. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "models/api/schema.h"
#include "models/cluster/simulation.h"
#include "tools/commands/commands.h"
#include "tools/export/exports.h"
#include "tools/gate.h"
#include "tools/inputs.h"
#include "tools/output.h"
#include "tools/policies/policy_options.h"
#include "tools/progress.h"
#include "tools/report/expectations.h"
#include "tools/report/report.h"
#include "tools/version.h"

enum { SLICES = 256 }; /* of a run, between which progress is shown */

/* What the machine spent, for standard error only: it differs from run to run. */
struct cost {
    double cpu_before;
    long resident_before; /* bytes after loading */
};

static long resident_bytes(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm != NULL && fscanf(statm, "%*s %ld", &pages) != 1)
        pages = 0;
    if (statm != NULL)
        fclose(statm);
    return pages * sysconf(_SC_PAGESIZE);
}

static void print_cost(const struct cost *before, const struct value *summary)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double seconds = cpu_seconds() - before->cpu_before;
    double events = value_double(value_get(summary, "events"), 0);
    int64_t pods = value_int(value_path(summary, "pods", "maxLive", NULL), 0);
    long grown = usage.ru_maxrss * 1024 - before->resident_before;
    fprintf(stderr, "%.0f events in %.3f CPU seconds: %.0f events per second; %.1f MiB", events,
            seconds, seconds > 0 ? events / seconds : 0, (double)usage.ru_maxrss / 1024);
    if (pods > 0)
        fprintf(stderr, ", %ld bytes per pod at %" PRId64 " live pods",
                grown > 0 ? grown / (long)pods : 0, pods);
    fputc('\n', stderr);
}

static bool queue_from(const struct command_line *line, struct queue **queue)
{
    const char *name = command_line_option(line, "queue");
    *queue = NULL;
    if (name == NULL || strcmp(name, "ladder") == 0)
        return true;
    if (strcmp(name, "list") == 0) {
        *queue = queue_new_list();
        return true;
    }
    fprintf(stderr, "seatrial run: --queue %s: try ladder or list\n", name);
    return false;
}

/* The scheduler that remembers, or the one that asks every plugin about every node. */
static bool choose_scheduler(const struct command_line *line, struct settings *settings)
{
    const char *name = command_line_option(line, "scheduler");
    if (name == NULL)
        return true;
    settings->reference_scheduler = strcmp(name, "reference") == 0;
    if (settings->reference_scheduler || strcmp(name, "fast") == 0)
        return true;
    fprintf(stderr, "seatrial run: --scheduler %s: try fast or reference\n", name);
    return false;
}

/* The same, from sample to sample of what is exported. */
static void play_by_steps(struct simulation *simulation, sim_time duration,
                          const struct policy *policy, struct exports *exports)
{
    struct progress progress = progress_begin();
    const sim_time step = exports_step(exports);
    sim_time now = 0;
    exports_sample(exports);
    while (now < duration && policy_failure(policy) == NULL) {
        now = duration - now > step ? now + step : duration;
        simulation_advance(simulation, now);
        exports_sample(exports);
        progress_show(&progress, (double)now / (double)duration);
    }
    progress_end(&progress);
}

/* To the end, or to where the policy fails. */
static void play(struct simulation *simulation, sim_time duration, const struct policy *policy,
                 struct exports *exports)
{
    if (exports != NULL) {
        play_by_steps(simulation, duration, policy, exports);
        return;
    }
    struct progress progress = progress_begin();
    for (int i = 1; i <= SLICES && policy_failure(policy) == NULL; i++) {
        sim_time slice = duration / SLICES;
        simulation_advance(simulation, i == SLICES ? duration : i * slice);
        progress_show(&progress, (double)i / SLICES);
    }
    progress_end(&progress);
}

static void print_summary(const struct command_line *line, const struct value *summary)
{
    struct writer out = { 0 };
    (command_line_wants_json(line) ? &json_report : &text_report)->write(summary, &out);
    fwrite(out.bytes, 1, out.length, stdout);
    fflush(stdout); /* before what standard error says of its cost */
    writer_close(&out);
}

static void put_versions(struct value *summary)
{
    value_set(summary, "version", value_new_string(SEATRIAL_VERSION));
    value_set(summary, "kubernetes", value_new_string(schema_release));
}

/* Find mistakes of what is expected, and of gates, before the run goes on. */
static bool check(struct simulation *simulation, const struct scenario *scenario,
                  const struct gates *gates, struct error_list *faults)
{
    if (!simulation_check(simulation, faults))
        return false;
    struct value *summary = gates->count > 0 ? simulation_summary(simulation) : NULL;
    const bool well = gates_check(gates, summary, scenario, faults);
    value_drop(summary);
    return well;
}

/* Who reads the trace. */
struct readers {
    struct output *output;   /* NULL: none is left */
    struct exports *exports; /* NULL: nothing */
};

static void read_line(void *context, const struct trace_line *line)
{
    const struct readers *readers = context;
    if (readers->output != NULL)
        output_trace(readers->output, line);
    exports_trace(readers->exports, line);
}

static int run_inputs(const struct command_line *line, struct inputs *inputs, struct policy *policy,
                      struct queue *queue, struct readers *readers, const struct gates *gates)
{
    struct output *output = readers->output;
    struct error_list faults = { 0 }, warnings = { 0 };
    struct simulation_options options = {
        .queue = queue,
        .sink = output != NULL ? read_line : NULL,
        .context = readers,
        .without_metrics = command_line_option(line, "no-metrics") != NULL,
        .workload = inputs->has_workload ? &inputs->workload : NULL,
    };
    struct cost cost = { cpu_seconds(), resident_bytes() };
    struct simulation *simulation = simulation_new(&inputs->scenario, options, &faults, &warnings);
    if (simulation != NULL)
        exports_watch(readers->exports, simulation, inputs->scenario.duration);
    const bool good = simulation != NULL && check(simulation, &inputs->scenario, gates, &faults);
    warnings_print(&warnings);
    errors_print(&faults);
    error_list_close(&warnings);
    error_list_close(&faults);
    if (!good) {
        exports_unwatch(readers->exports);
        simulation_free(simulation);
        return EXIT_BAD_INPUT;
    }
    if (output == NULL)
        scenario_forget_objects(&inputs->scenario);
    cost.resident_before = resident_bytes();
    play(simulation, inputs->scenario.duration, policy, readers->exports);
    warnings_print(simulation_problems(simulation));
    struct value *summary = simulation_summary(simulation);
    put_versions(summary);
    policy_tell(policy, "run", simulation, summary);
    const bool passed = gates_judge(gates, summary) == 0;
    struct error error = { 0 };
    bool fine = (output == NULL || output_finish(output, inputs, summary, &error)) &&
                exports_write(readers->exports, summary, &error);
    exports_unwatch(readers->exports);
    if (fine) {
        print_summary(line, summary);
        print_cost(&cost, summary);
    } else {
        fprintf(stderr, "seatrial run: %s\n", error.text);
    }
    const bool held = passed && expectations_not_held(summary) == 0;
    fine = gates_write_junit(line, "run", summary) && fine;
    error_close(&error);
    value_drop(summary);
    simulation_free(simulation);
    if (!fine)
        return EXIT_BAD_INPUT;
    if (policy_failure(policy) != NULL)
        return EXIT_POLICY_FAILED;
    return held ? EXIT_OK : EXIT_CHECK_FAILED;
}

static int run(const struct command_line *line)
{
    struct inputs inputs;
    struct queue *queue;
    struct readers readers = { 0 };
    struct policy *policy = NULL;
    struct gates gates = { 0 };
    struct error error = { 0 };
    const char *directory = command_line_option(line, "out");
    int status = EXIT_BAD_INPUT;
    if (!queue_from(line, &queue))
        return status;
    const bool gated = gates_read(&gates, line);
    if (!inputs_read(&inputs, line) || !gated || !choose_scheduler(line, &inputs.scenario.settings))
        goto done;
    if (!exports_read(line, "run", directory, &readers.exports))
        goto done;
    if (directory != NULL && (readers.output = output_begin(directory, &error)) == NULL) {
        fprintf(stderr, "seatrial run: %s: %s\n", error.at.file ? error.at.file : "", error.text);
        error_close(&error);
        goto done;
    }
    if (!policy_take(line, "run", &inputs.scenario, &policy))
        goto done;
    status = run_inputs(line, &inputs, policy, queue, &readers, &gates);
    queue = NULL;                                      /* the run had it */
    if (status != EXIT_BAD_INPUT && directory != NULL) /* JSON stays JSON */
        fprintf(command_line_wants_json(line) ? stderr : stdout, "report: %s/report.html\n",
                directory);
done:
    gates_close(&gates);
    queue_free(queue);
    output_free(readers.output);
    exports_free(readers.exports);
    policy_close(policy);
    inputs_close(&inputs);
    return status;
}

const struct command run_command = {
    .name = "run",
    .operands = "[SCENARIO]",
    .summary = "play a scenario or manifests in virtual time and report availability",
    .description =
        "Plays a Scenario (docs/scenario.md), or Kubernetes manifests given with -f on nodes "
        "given\n"
        "with --nodes, in virtual time, and reports availability, its causes and timings.\n\n"
        "    seatrial run scenarios/first_steps/shop/scenario.yaml --out out/shop\n"
        "    seatrial run -f manifests/ --nodes 6x8cpu,32Gi --duration 30d\n"
        "    helm template x | seatrial run -f - --nodes 3x4cpu,16Gi\n"
        "    seatrial run --workload w1.csv --nodes 1000x64cpu,256Gi\n"
        "    seatrial run scenario.yaml --policy ./my_policy.so\n\n"
        "The same program, inputs and seed give the same output to the byte. The status is 1 when\n"
        "something that the scenario expects does not hold, or an expression of --fail-on is "
        "true:\n\n"
        "    seatrial run scenario.yaml --fail-on 'availability(web) < 99.9' --junit out.xml\n\n"
        "docs/gates.md lists what can be asked.",
    .options =
        (const struct option_info[]){
            INPUT_OPTIONS,
            { "out", 'O', "DIR", "leave events, summary, report and resolved inputs in a folder" },
            EXPORT_OPTIONS,
            GATE_OPTIONS,
            POLICY_OPTIONS,
            { "queue", 0, "KIND",
              "future event list: ladder (default) or list, the plain reference" },
            { "scheduler", 0, "KIND",
              "fast (default) or reference, which asks every plugin about every node" },
            { "no-metrics", 0, NULL, "measure nothing (the trace is the same)" },
            { 0 },
        },
    .operands_most = 1,
    .run = run,
};
