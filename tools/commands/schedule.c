/* seatrial schedule: where would these pods go, and why? No time passes. */
#include <stdlib.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/commands/commands.h"
#include "tools/files.h"
#include "tools/inputs.h"
#include "tools/policies/policy_options.h"
#include "tools/schedule/cluster_load.h"
#include "tools/schedule/moment.h"
#include "tools/schedule/placement_print.h"
#include "tools/schedule/script.h"

static int usage(const char *text)
{
    fprintf(stderr, "seatrial schedule: %s; see seatrial help schedule\n", text);
    return EXIT_BAD_INPUT;
}

/* Takes the document. */
static void print_json(struct value *document, int indent)
{
    struct writer out = { 0 };
    json_print(&out, document, (struct json_style){ .indent = indent });
    puts(out.bytes);
    writer_close(&out);
    value_drop(document);
}

/* --- scripts -------------------------------------------------------------------------------- */

/* The one JSON document of a file; NULL with the error. */
static struct value *read_document(const char *path, char **bytes, struct error_list *faults)
{
    struct error error = { 0 };
    size_t length;
    *bytes = file_read(path, &length, &error);
    struct value *document =
        *bytes != NULL ? json_read(*bytes, length, (struct place){ path, 1, 1 }, NULL, &error)
                       : NULL;
    error_list_take(faults, &error);
    return document;
}

static int play_script(const char *path)
{
    struct error_list faults = { 0 };
    char *bytes = NULL;
    struct value *document = read_document(path, &bytes, &faults);
    struct value *answer = document != NULL ? script_run(document, NULL, &faults) : NULL;
    const int status = answer != NULL ? EXIT_OK : EXIT_BAD_INPUT;
    if (answer != NULL)
        print_json(answer, 1);
    errors_print(&faults);
    error_list_close(&faults);
    value_drop(document);
    free(bytes);
    return status;
}

/* --- what the command line asks for ------------------------------------------------------------ */

struct request {
    char **paths;      /* owned */
    const char **pods; /* owned array of borrowed texts */
    size_t path_count, pod_count;
    sim_time at; /* of a run; -1: no time passes */
    struct placement_options options;
};

/* Behind --explain, what is no file names a pod. */
static void read_operands(const struct command_line *line, struct request *request)
{
    size_t count, explained;
    const char *const *operands = command_line_operands(line, &count);
    const char *const *values = command_line_options(line, "explain", &explained);
    request->paths = mem_new((count + 1) * sizeof *request->paths);
    request->pods = mem_new((count + explained + 1) * sizeof *request->pods);
    for (size_t i = 0; i < explained; i++)
        if (*values[i] != '\0')
            request->pods[request->pod_count++] = values[i];
    for (size_t i = 0; i < count; i++)
        if (explained > 0 && strcmp(operands[i], "-") != 0 && access(operands[i], F_OK) != 0)
            request->pods[request->pod_count++] = operands[i];
        else
            request->paths[request->path_count++] =
                request->at >= 0 ? moment_path(operands[i]) : mem_format("%s", operands[i]);
    request->options.explained = request->pods;
    request->options.explained_count = request->pod_count;
    request->options.explains_all =
        request->pod_count == 0 &&
        (explained > 0 || command_line_option(line, "annotations") != NULL);
}

static bool read_request(const struct command_line *line, struct request *request)
{
    const char *scheduler = command_line_option(line, "scheduler");
    *request = (struct request){ 0 };
    if (scheduler != NULL && strcmp(scheduler, "fast") != 0 &&
        strcmp(scheduler, "reference") != 0) {
        usage("--scheduler is fast or reference");
        return false;
    }
    if (!moment_read(line, "schedule", &request->at))
        return false;
    read_operands(line, request);
    request->options.plainly = scheduler != NULL && strcmp(scheduler, "reference") == 0;
    return true;
}

static void close_request(struct request *request)
{
    for (size_t i = 0; i < request->path_count; i++)
        free(request->paths[i]);
    free(request->paths);
    free(request->pods);
}

/* A pod to be explained that was not tried is a mistake of the user's. */
static bool has_all_pods(const struct request *request, const struct placements *placements)
{
    bool good = true;
    for (size_t i = 0; i < request->pod_count; i++) {
        bool found = false;
        for (size_t j = 0; j < placements->count && !found; j++)
            found = placement_is_named(placements->items[j].pod, request->pods[i]);
        if (!found)
            fprintf(stderr, "seatrial schedule: --explain %s: no such file, nor a pending pod\n",
                    request->pods[i]);
        good = good && found;
    }
    return good;
}

/* --- answering ------------------------------------------------------------------------------------ */

static void print_answer(const struct command_line *line, const struct request *request,
                         const struct trial *trial, const struct placements *placements)
{
    struct writer out = { 0 };
    if (command_line_option(line, "annotations") != NULL) {
        print_json(placements_annotated(trial, placements), 2);
    } else if (command_line_wants_json(line)) {
        print_json(placements_value(placements), 2);
    } else {
        placements_print(placements, request->pod_count > 0, &out);
        fputs(out.bytes, stdout);
    }
    writer_close(&out);
}

/* The trial of the scenario's scheduler; NULL after the faults were printed. */
static struct trial *load_trial(const struct scenario *scenario)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    const struct settings *settings = &scenario->settings;
    struct trial *trial = trial_new(settings->scheduler_configuration, &faults);
    bool fine = trial != NULL;
    if (fine) {
        trial_ask_extenders(trial, settings->extenders);
        fine = cluster_load(trial, scenario, &faults, &warnings);
    }
    warnings_print(&warnings);
    errors_print(&faults);
    error_list_close(&warnings);
    error_list_close(&faults);
    if (fine)
        return trial;
    trial_free(trial);
    return NULL;
}

static const struct pod *find_pod(const struct trial *trial, const char *name)
{
    for (struct cache_cursor c = cache_list(trial->cluster->cache, KIND_POD); cache_next(&c);)
        if (placement_is_named(pod_of(c.object), name))
            return pod_of(c.object);
    return NULL;
}

/* The run at its moment; the pods that are asked about are looked for as if they were to be placed
 * then. NULL after the faults were printed. */
static struct trial *play_trial(const struct request *request, const struct scenario *scenario)
{
    struct trial *trial = moment_trial(scenario, request->at);
    if (trial == NULL)
        return NULL;
    trial_ask_extenders(trial, scenario->settings.extenders);
    for (size_t i = 0; i < request->pod_count; i++) {
        const struct pod *pod = find_pod(trial, request->pods[i]);
        if (pod != NULL && pod->node_name != NULL)
            moment_unbind(trial, pod);
    }
    return trial;
}

static int answer(const struct command_line *line, const struct request *request,
                  const struct scenario *scenario)
{
    struct trial *trial = request->at < 0 ? load_trial(scenario) : play_trial(request, scenario);
    if (trial == NULL)
        return EXIT_BAD_INPUT;
    struct placements placements = placements_make(trial, &request->options);
    const bool good = has_all_pods(request, &placements);
    if (good)
        print_answer(line, request, trial, &placements);
    placements_close(&placements);
    trial_free(trial);
    return good ? EXIT_OK : EXIT_BAD_INPUT;
}

static int schedule_files(const struct command_line *line, const struct request *request)
{
    struct inputs inputs;
    struct policy *policy = NULL;
    int status = EXIT_BAD_INPUT;
    if (inputs_read_cluster(&inputs, line, (const char *const *)request->paths,
                            request->path_count) &&
        policy_take(line, "schedule", &inputs.scenario, &policy)) {
        if (request->at >= 0 && !inputs.has_scenario)
            usage("--at is for runs: give a Scenario or the folder of one");
        else
            status = answer(line, request, &inputs.scenario);
    }
    if (policy_failure(policy) != NULL) {
        fprintf(stderr, "seatrial schedule: policy %s\n", policy_failure(policy));
        status = EXIT_POLICY_FAILED;
    }
    policy_close(policy);
    inputs_close(&inputs);
    return status;
}

static int schedule(const struct command_line *line)
{
    const char *script = command_line_option(line, "script");
    struct request request;
    size_t manifests;
    if (!read_request(line, &request))
        return EXIT_BAD_INPUT;
    command_line_options(line, "filename", &manifests);
    int status;
    if (script != NULL)
        status = request.path_count + manifests == 0 ? play_script(script)
                                                     : usage("--script is given alone");
    else if (request.path_count + manifests == 0)
        status = usage("nothing to schedule: give files with nodes and pods");
    else
        status = schedule_files(line, &request);
    close_request(&request);
    return status;
}

const struct command schedule_command = {
    .name = "schedule",
    .operands = "FILE... [POD...]",
    .summary = "tell where pods would go, and why; no time passes",
    .description =
        "Reads a cluster (manifests, directories of them, what `kubectl get nodes,pods -A -o "
        "json`\n"
        "prints, a dump, a Scenario) and tells where its pending pods would go, one after the\n"
        "other in the order in which the scheduler's queue pops them. Workloads that were never "
        "in\n"
        "a cluster (a Deployment of a manifest) bring their pods.\n\n"
        "    seatrial schedule cluster.yaml pods.yaml\n"
        "    seatrial schedule snapshot.json --explain web-1\n"
        "    seatrial schedule snapshot.json -o json --explain=default/web-1\n"
        "    seatrial schedule out/shop --at 3d4h --explain web-7984c657f-x2x4z\n"
        "    seatrial schedule --script case.json -o json\n\n"
        "With --at a run is played up to a moment; a pod that is asked about is looked for as if "
        "it\n"
        "were to be placed then. "
        "--explain tells for each of the pods named behind it, or for all, what every plugin says\n"
        "of every node. --script plays a recorded case and prints what happened in the form of "
        "its\n"
        "`expected`.",
    .options =
        (const struct option_info[]){
            { "filename", 'f', "PATH", "as an operand (may be repeated)" },
            { "recursive", 'R', NULL, "read folders below a directory as well" },
            { "nodes", 'n', "NODES", "6, 6x8cpu,32Gi or 6x8cpu,32Gi,3zones (may be repeated)" },
            { "strict", 0, NULL, "unknown fields are errors" },
            { "at", 0, "TIME", "play a Scenario or the folder of a run up to this moment" },
            { "explain", 0, "[POD]", "why: all pods, or NAME or NAMESPACE/NAME" },
            { "annotations", 0, NULL,
              "print the explained pods with kube-scheduler-simulator's annotations" },
            { "scheduler-config", 0, "FILE", "a KubeSchedulerConfiguration" },
            { "scheduler", 0, "WAY", "fast (the default) or reference, which remembers nothing" },
            { "script", 0, "FILE", "play a recorded case: JSON, perhaps gzipped" },
            POLICY_OPTIONS,
            { 0 },
        },
    .operands_most = 1000000,
    .run = schedule,
};
