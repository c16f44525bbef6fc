/* seatrial why-pending: what would have to change so that a pod finds a node? */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "tools/commands/commands.h"
#include "tools/inputs.h"
#include "tools/schedule/cluster_load.h"
#include "tools/schedule/moment.h"
#include "tools/schedule/placement.h"
#include "tools/schedule/why_pending.h"

/* What is asked, and of what. */
struct pending_question {
    const char *pod;
    sim_time at; /* -1: the last moment at which it waited */
    struct inputs inputs;
};

/* --- runs ------------------------------------------------------------------------------------------- */

/* When the pod stopped waiting after it had been told that no node will do. */
struct last_wait {
    const char *pod;
    sim_time until; /* -1: never */
    bool exists;
    struct nearest near; /* of the names that there were */
    char *nearest;       /* owned */
};

static bool waits(const struct object *object)
{
    const struct pod *pod = object != NULL ? pod_of(object) : NULL;
    return pod != NULL && pod->node_name == NULL && !pod_is_terminal(pod) &&
           (pod->conditions_present >> POD_SCHEDULED & 1) != 0;
}

/* Names go with their pods: the nearest one is kept. */
static void offer_name(struct last_wait *last, const char *name)
{
    nearest_offer(&last->near, name);
    if (last->near.found != name)
        return;
    free(last->nearest);
    last->near.found = last->nearest = mem_format("%s", name);
}

static void hear(void *self, const struct watch_event *event)
{
    struct last_wait *last = self;
    if (!placement_is_named(pod_of(event->object), last->pod)) {
        offer_name(last, name_of(event->object));
        return;
    }
    last->exists = true;
    if (waits(event->before) && (event->type == WATCH_DELETED || !waits(event->object)))
        last->until = event->at - 1;
}

static bool is_waiting_now(const struct simulation *simulation, const char *name)
{
    const struct cluster *cluster = simulation_cluster(simulation);
    for (struct cache_cursor c = cache_list(cluster->cache, KIND_POD); cache_next(&c);)
        if (placement_is_named(pod_of(c.object), name) && trial_is_pending(pod_of(c.object)))
            return true;
    return false;
}

/* A first run to its end, to find the moment. False with the reason printed. */
static bool find_moment(struct pending_question *question)
{
    const char *slash = strchr(question->pod, '/');
    struct last_wait last = { .pod = question->pod,
                              .until = -1,
                              .near = nearest_to(slash != NULL ? slash + 1 : question->pod) };
    struct simulation *simulation = moment_begin(&question->inputs.scenario);
    if (simulation == NULL)
        return false;
    cache_watch_kinds(simulation_cluster(simulation)->cache, (struct watcher){ &last, hear },
                      (uint64_t)1 << KIND_POD);
    simulation_advance(simulation, question->inputs.scenario.duration);
    question->at =
        is_waiting_now(simulation, question->pod) ? question->inputs.scenario.duration : last.until;
    simulation_free(simulation);
    if (question->at < 0 && last.exists)
        fprintf(stderr, "seatrial why-pending: %s never waited for a node that it did not get\n",
                question->pod);
    else if (question->at < 0)
        fprintf(stderr, "seatrial why-pending: there never was a pod %s%s%s%s\n", question->pod,
                last.nearest != NULL ? " (did you mean " : "",
                last.nearest != NULL ? last.nearest : "", last.nearest != NULL ? "?)" : "");
    free(last.nearest);
    return question->at >= 0;
}

/* The cluster as it was at that moment. */
static struct trial *trial_of_run(struct pending_question *question)
{
    if (question->at < 0 && !find_moment(question))
        return NULL;
    return moment_trial(&question->inputs.scenario, question->at);
}

/* --- files --------------------------------------------------------------------------------------------- */

static struct trial *trial_of_files(const struct pending_question *question)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    const struct scenario *scenario = &question->inputs.scenario;
    struct trial *trial = trial_new(scenario->settings.scheduler_configuration, &faults);
    if (trial != NULL && !cluster_load(trial, scenario, &faults, &warnings)) {
        trial_free(trial);
        trial = NULL;
    }
    warnings_print(&warnings);
    errors_print(&faults);
    error_list_close(&warnings);
    error_list_close(&faults);
    return trial;
}

/* --- the command ------------------------------------------------------------------------------------------ */

static void print_answer(const struct command_line *line, const struct pending_question *question,
                         struct value *answer)
{
    struct writer out = { 0 };
    char time[SIM_TIME_TEXT];
    if (question->at >= 0)
        value_set(answer, "at", value_new_string(sim_time_print(question->at, time)));
    if (command_line_wants_json(line)) {
        json_print(&out, answer, (struct json_style){ .indent = 2 });
        puts(out.bytes);
    } else {
        if (question->at >= 0)
            printf("at %s: ", time);
        why_pending_print(answer, &out);
        fputs(out.bytes, stdout);
    }
    writer_close(&out);
}

static int ask(const struct command_line *line, struct pending_question *question, bool is_run)
{
    struct trial *trial = is_run ? trial_of_run(question) : trial_of_files(question);
    struct error error = { 0 };
    if (trial == NULL)
        return EXIT_BAD_INPUT;
    const struct pod *pod = why_pending_find(trial, question->pod, &error);
    if (pod != NULL) {
        struct value *answer = why_pending(trial, pod);
        print_answer(line, question, answer);
        value_drop(answer);
    } else {
        fprintf(stderr, "seatrial why-pending: %s\n", error.text);
    }
    error_close(&error);
    trial_free(trial);
    return pod != NULL ? EXIT_OK : EXIT_BAD_INPUT;
}

static int why_pending_run(const struct command_line *line)
{
    size_t count;
    const char *const *operands = command_line_operands(line, &count);
    char *path = moment_path(operands[0]);
    struct pending_question question = { .pod = operands[1] };
    int status = EXIT_BAD_INPUT;
    if (strncmp(question.pod, "pod/", 4) == 0)
        question.pod += 4;
    if (moment_read(line, "why-pending", &question.at)) {
        if (inputs_read_cluster(&question.inputs, line, (const char *const[]){ path }, 1)) {
            const bool is_run = question.inputs.has_scenario;
            if (question.at >= 0 && !is_run)
                fputs("seatrial why-pending: --at is for runs; here no time passes\n", stderr);
            else
                status = ask(line, &question, is_run);
        }
        inputs_close(&question.inputs);
    }
    free(path);
    return status;
}

const struct command why_pending_command = {
    .name = "why-pending",
    .operands = "OUT|SCENARIO|FILE POD",
    .summary = "tell why a pod has no node, and what would have to change",
    .description =
        "For each class of nodes that reject the pod for the same reasons it tells the least "
        "change\n"
        "of the pod, and of the cluster, with which one of them takes it; each was tried. Reads "
        "the\n"
        "folder of a run, a Scenario (which is played up to the moment), or a cluster as\n"
        "`seatrial schedule` does. Without --at it is the last moment at which the pod waited.\n\n"
        "    seatrial why-pending out/shop web-7984c657f-x2x4z --at 3d4h\n"
        "    seatrial why-pending snapshot.json default/web-1 -o json",
    .options =
        (const struct option_info[]){
            { "at", 0, "TIME", "the moment, in virtual time since the start of the run" },
            { "filename", 'f', "PATH", "more manifests (may be repeated)" },
            { "recursive", 'R', NULL, "read folders below a directory as well" },
            { "nodes", 'n', "NODES", "6, 6x8cpu,32Gi or 6x8cpu,32Gi,3zones (may be repeated)" },
            { "strict", 0, NULL, "unknown fields are errors" },
            { "scheduler-config", 0, "FILE", "a KubeSchedulerConfiguration" },
            { 0 },
        },
    .operands_least = 2,
    .operands_most = 2,
    .run = why_pending_run,
};
