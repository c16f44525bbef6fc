/* seatrial explore: search for the interleaving that breaks an invariant. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/api/json.h"
#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "tools/commands/commands.h"
#include "tools/explore/found.h"
#include "tools/explore/story.h"
#include "tools/inputs.h"
#include "tools/progress.h"

static const char usual_runs[] = "1000", usual_found[] = "found.yaml";

struct request {
    const char *scenario; /* its path, as it was given */
    uint64_t runs, jobs;
    const char *replay, *found;
    const char *trace; /* a file for every line of a replay; NULL: none */
    bool keep_going, shrink, json;
};

static bool read_count(const struct command_line *line, const char *option, const char *otherwise,
                       uint64_t *into)
{
    const char *text = command_line_option(line, option);
    char *end;
    if (text == NULL)
        text = otherwise;
    errno = 0;
    *into = strtoull(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && *text != '-' && *into > 0)
        return true;
    fprintf(stderr, "seatrial explore: --%s %s: is no count (try %s)\n", option, text, otherwise);
    return false;
}

static bool read_request(const struct command_line *line, struct request *request)
{
    size_t count;
    char jobs[24];
    const char *const *operands = command_line_operands(line, &count);
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    snprintf(jobs, sizeof jobs, "%ld", processors > 0 ? processors : 1);
    *request = (struct request){
        .scenario = count > 0 ? operands[0] : "scenario.yaml",
        .replay = command_line_option(line, "replay"),
        .found = command_line_option(line, "found"),
        .trace = command_line_option(line, "trace"),
        .keep_going = command_line_option(line, "keep-going") != NULL,
        .shrink = command_line_option(line, "no-shrink") == NULL,
        .json = command_line_wants_json(line),
    };
    if (request->found == NULL)
        request->found = usual_found;
    return read_count(line, "runs", usual_runs, &request->runs) &&
           read_count(line, "jobs", jobs, &request->jobs);
}

/* What the API server refuses is refused in every run. */
static bool is_accepted(const struct scenario *scenario)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct simulation *simulation = simulation_new(
        scenario, (struct simulation_options){ .without_metrics = true }, &faults, &warnings);
    warnings_print(&warnings);
    errors_print(&faults);
    error_list_close(&warnings);
    error_list_close(&faults);
    simulation_free(simulation);
    return simulation != NULL;
}

static void show(void *context, double done)
{
    progress_show(context, done);
}

static void print(struct writer *out)
{
    fwrite(out->bytes, 1, out->length, stdout);
    writer_close(out);
}

/* ---- documents ---- */

static struct value *finding_value(const struct finding *finding)
{
    struct value *map = value_new_map();
    char time[SIM_TIME_TEXT], hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, finding->hash);
    value_set(map, "invariant", value_new_string(finding->invariant));
    value_set(map, "rule", value_new_string(finding_rule(finding)));
    value_set(map, "seed", value_new_int((int64_t)finding->seed));
    value_set(map, "at", value_new_string(sim_time_print(finding->at, time)));
    value_set(map, "text", value_new_string(finding->text));
    value_set(map, "traceHash", value_new_string(hash));
    return map;
}

static void print_document(struct value *document)
{
    char *text = json_text(document, (struct json_style){ .indent = 2 });
    puts(text);
    free(text);
    value_drop(document);
}

/* ---- one run ---- */

/* Every line, as its run says it. */
static bool write_trace(const char *path, const struct scenario *scenario,
                        const struct variance *variance)
{
    struct kept_trace trace = { 0 };
    struct finding finding;
    struct error_list faults = { 0 };
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fprintf(stderr, "seatrial explore: %s: %s\n", path, strerror(errno));
        return false;
    }
    explore_once(scenario, variance, (struct exploring){ .trace = &trace }, &finding, &faults);
    for (size_t i = 0; i < trace.count; i++)
        fprintf(file, "%zu\t%.6f\t%" PRIu64 "\t%s\t%s\n", i + 1,
                sim_time_to_seconds(trace.lines[i].at), trace.lines[i].cause,
                trace.lines[i].subject, trace.lines[i].text);
    error_list_close(&faults);
    kept_trace_close(&trace);
    return fclose(file) == 0;
}

static int replay(const struct request *request, const struct scenario *scenario)
{
    struct variance variance;
    struct error error = { 0 };
    if (!variance_read(&variance, request->replay, &error)) {
        fprintf(stderr, "seatrial explore: --replay: %s\n", error.text);
        error_close(&error);
        return EXIT_BAD_INPUT;
    }
    const struct finding finding = explore_apart(scenario, &variance);
    const bool found = finding_is_one(&finding);
    struct writer out = { 0 };
    if (request->trace != NULL && !write_trace(request->trace, scenario, &variance)) {
        variance_close(&variance);
        return EXIT_BAD_INPUT;
    }
    if (request->json) {
        struct value *document = value_new_map();
        value_set(document, "runs", value_new_int(1));
        value_set(document, "findings", value_new_list());
        if (found) {
            struct value *entry = finding_value(&finding);
            value_set(entry, "chain", story_chain(scenario, &variance, &finding));
            value_add(value_get(document, "findings"), entry);
        }
        print_document(document);
    } else if (found) {
        story_print(scenario, &variance, &finding, &out);
        print(&out);
    } else {
        puts("every invariant holds");
    }
    variance_close(&variance);
    return found ? EXIT_CHECK_FAILED : EXIT_OK;
}

/* ---- many ---- */

static size_t count_of(const struct value *document, const char *list)
{
    const struct value *value = value_path(document, "spec", list, NULL);
    return value != NULL ? value->count : 0;
}

static void tell_shrunk(const struct request *request, const struct scenario *scenario,
                        const struct shrunk *shrunk, struct writer *out)
{
    story_print(scenario, &shrunk->variance, &shrunk->finding, out);
    char *command = found_command(request->found, &shrunk->variance);
    writer_format(out,
                  "\nshrunk to %zu objects, %zu actions and %zu failures, with %zu things varied, "
                  "in %zu runs\nscenario: %s\nreplay:   %s\n",
                  count_of(shrunk->document, "objects"), count_of(shrunk->document, "timeline"),
                  count_of(shrunk->document, "failures"), shrunk->variance.count, shrunk->tried,
                  request->found, command);
    free(command);
}

static struct value *shrunk_value(const struct request *request, const struct scenario *scenario,
                                  const struct shrunk *shrunk)
{
    struct value *entry = finding_value(&shrunk->finding);
    char *command = found_command(request->found, &shrunk->variance);
    value_set(entry, "chain", story_chain(scenario, &shrunk->variance, &shrunk->finding));
    value_set(entry, "scenario", value_new_string(request->found));
    value_set(entry, "replay", value_new_string(command));
    free(command);
    return entry;
}

/* Shrink, write, and tell the first finding. */
static bool shrink(const struct request *request, const struct scenario *scenario,
                   const struct finding *finding, struct writer *out, struct value *document)
{
    struct progress progress = progress_begin();
    struct shrunk shrunk = explore_shrink(scenario, finding, show, &progress);
    struct scenario small;
    progress_end(&progress);
    struct error error = { 0 };
    bool well =
        found_read(&shrunk, scenario, &small) && found_write(&shrunk, request->found, &error);
    if (error.text != NULL)
        fprintf(stderr, "seatrial explore: %s: %s\n", request->found, error.text);
    error_close(&error);
    if (well && request->json)
        value_set(document, "shrunk", shrunk_value(request, &small, &shrunk));
    else if (well)
        tell_shrunk(request, &small, &shrunk, out);
    scenario_close(&small);
    shrunk_close(&shrunk);
    return well;
}

/* The first finding of each invariant, and how many there were. */
static void tell_all(const struct request *request, const struct scenario *scenario,
                     const struct exploration_result *result, struct writer *out)
{
    for (size_t i = 0; i < result->count; i++) {
        const struct finding *finding = &result->findings[i];
        size_t same = 0, before = 0;
        for (size_t j = 0; j < result->count; j++)
            if (strcmp(result->findings[j].invariant, finding->invariant) == 0) {
                same++;
                before += j < i;
            }
        if (before > 0)
            continue;
        const struct variance variance = { .seed = finding->seed };
        char *command = found_command(request->scenario, &variance);
        writer_format(out, "\n%zu × ", same);
        story_print(scenario, &variance, finding, out);
        writer_format(out, "replay: %s\n", command);
        free(command);
    }
}

static int explore(const struct request *request, const struct scenario *scenario)
{
    struct progress progress = progress_begin();
    const double began = wall_seconds();
    struct exploration_result result =
        explore_many(&(struct exploration){ .scenario = scenario,
                                            .first_seed = scenario->seed,
                                            .runs = request->runs,
                                            .jobs = request->jobs < 256 ? (int)request->jobs : 256,
                                            .keep_going = request->keep_going,
                                            .progress = show,
                                            .context = &progress });
    progress_end(&progress);
    const bool found = result.count > 0;
    bool well = true;
    struct writer out = { 0 };
    struct value *document = value_new_map(), *findings = value_new_list();
    value_set(document, "runs", value_new_int((int64_t)result.runs));
    for (size_t i = 0; i < result.count; i++)
        value_add(findings, finding_value(&result.findings[i]));
    value_set(document, "findings", findings);
    fprintf(stderr, "%" PRIu64 " events in %.1f seconds\n", result.events, wall_seconds() - began);
    if (!found)
        writer_format(&out, "%" PRIu64 " runs, and every invariant holds\n", result.runs);
    else if (request->keep_going)
        writer_format(&out, "%zu of %" PRIu64 " runs break an invariant\n", result.count,
                      result.runs);
    else
        writer_format(&out, "run %" PRIu64 " (seed %" PRIu64 ") breaks an invariant\n\n",
                      result.runs, result.findings[0].seed);
    if (found && request->keep_going)
        tell_all(request, scenario, &result, &out);
    else if (found && request->shrink)
        well = shrink(request, scenario, &result.findings[0], &out, document);
    else if (found)
        tell_all(request, scenario, &result, &out);
    if (request->json)
        print_document(document);
    else
        value_drop(document);
    if (!request->json)
        print(&out);
    else
        writer_close(&out);
    exploration_result_close(&result);
    if (!well)
        return EXIT_BAD_INPUT;
    return found ? EXIT_CHECK_FAILED : EXIT_OK;
}

static int run(const struct command_line *line)
{
    struct request request;
    struct inputs inputs;
    int status = EXIT_BAD_INPUT;
    if (!read_request(line, &request))
        return status;
    if (command_line_option(line, "workload") != NULL) {
        fputs("seatrial explore: --workload: a workload is not explored; write its pods into the "
              "scenario\n",
              stderr);
        return status;
    }
    if (inputs_read(&inputs, line) && is_accepted(&inputs.scenario))
        status = request.replay != NULL ? replay(&request, &inputs.scenario)
                                        : explore(&request, &inputs.scenario);
    inputs_close(&inputs);
    return status;
}

const struct command explore_command = {
    .name = "explore",
    .operands = "[SCENARIO]",
    .summary = "search for the order of things that breaks an invariant",
    .description =
        "Plays a scenario many times, each time with another seed, in which watches come late or\n"
        "are lost, queues are worked off in another order, calls are slow or fail, controllers\n"
        "restart, and what the scenario does happens earlier or later; and checks after every "
        "write\n"
        "what must hold whatever the order (docs/explore.md). What breaks an invariant is shrunk "
        "to a\n"
        "small scenario, written to a file, with the command that replays it.\n\n"
        "    seatrial explore scenario.yaml --runs 10000\n"
        "    seatrial explore found.yaml --replay '17 watch-late:controllers-1/pod 10s..20s'\n\n"
        "The result does not depend on the number of jobs.",
    .options =
        (const struct option_info[]){
            INPUT_OPTIONS,
            { "runs", 'r', "NUMBER", "how many runs (1000); their seeds follow one another" },
            { "jobs", 'j', "NUMBER", "how many at once (as many as there are processors)" },
            { "replay", 0, "WHAT", "play one run again: its seed, and what is varied" },
            { "trace", 0, "FILE",
              "with --replay: every line of the trace, with the line it follows from" },
            { "found", 0, "FILE", "where the shrunk scenario goes (found.yaml)" },
            { "no-shrink", 0, NULL, "tell the run that was found as it is" },
            { "keep-going", 0, NULL, "make all runs, and tell what each invariant's first was" },
            { 0 },
        },
    .operands_most = 1,
    .run = run,
};
