/* One run, by itself or in a process of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "tools/explore/course.h"

/* How long things may take to come to rest: expectations that are never met last five minutes, and
 * retries back off; and what is no rest, however long it lasts. */
static const sim_time settling = 45 * SIM_MINUTE, step = 10 * SIM_SECOND;
enum { SECONDS = 30, EVENTS_AT_FIRST = 100000, EVENTS_A_SECOND = 200 };

void kept_trace_close(struct kept_trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        free(trace->lines[i].subject);
        free(trace->lines[i].text);
    }
    free(trace->lines);
    *trace = (struct kept_trace){ 0 };
}

static void keep_line(void *context, const struct trace_line *line)
{
    struct kept_trace *trace = context;
    MEM_GROW(trace->lines, trace->count, trace->capacity);
    trace->lines[trace->count++] =
        (struct kept_line){ line->at, line->cause, mem_text(line->subject, strlen(line->subject)),
                            mem_text(line->text, strlen(line->text)) };
}

static void find(struct finding *finding, const char *invariant, const char *text, sim_time at,
                 uint64_t line)
{
    snprintf(finding->invariant, sizeof finding->invariant, "%s", invariant);
    snprintf(finding->text, sizeof finding->text, "%s", text);
    finding->at = at;
    finding->line = line;
}

static bool has_found(const struct invariants_run *watch, struct finding *finding)
{
    size_t count;
    const struct violation *found = invariants_found(watch, &count);
    if (count > 0)
        find(finding, found->invariant->name, found->text, found->at, found->cause.id);
    return count > 0 || finding_is_one(finding);
}

/* To a time, or the first violation, or until so much happens that it must go round in circles. */
static bool go_on(struct simulation *simulation, sim_time until, const struct invariants_run *watch,
                  struct finding *finding)
{
    const struct run *run = simulation_run(simulation);
    while (run_now(run) < until && !has_found(watch, finding)) {
        const sim_time next = run_now(run) + step;
        simulation_advance(simulation, next < until ? next : until);
        if (run->events > EVENTS_AT_FIRST + EVENTS_A_SECOND * (uint64_t)(run_now(run) / SIM_SECOND))
            find(finding, "endless", "so much happens that it must go round in circles",
                 run_now(run), run->trace.last);
    }
    return !has_found(watch, finding);
}

/* Until nothing is left to be done. What was made and gone while a watch was lost is never heard of, and a
 * controller that expects to hear of it waits for the next resync, as a real one does. */
static bool settle(struct simulation *simulation, const struct course *course,
                   const struct invariants_run *watch, struct finding *finding)
{
    const sim_time end = course->scenario.duration + settling;
    simulation_calm(simulation);
    if (!go_on(simulation, end, watch, finding))
        return false;
    if (!course->loses)
        return true;
    simulation_resync(simulation);
    return go_on(simulation, end + settling, watch, finding);
}

bool explore_once(const struct scenario *scenario, const struct variance *variance,
                  struct exploring exploring, struct finding *finding, struct error_list *faults)
{
    struct error_list warnings = { 0 };
    struct course course;
    *finding = (struct finding){ .seed = variance->seed };
    course_init(&course, scenario, variance, exploring.varied);
    const struct simulation_options options = { .sink = exploring.trace ? keep_line : NULL,
                                                .context = exploring.trace,
                                                .without_metrics = true,
                                                .variation = &course.variation };
    struct simulation *simulation = simulation_new(&course.scenario, options, faults, &warnings);
    error_list_close(&warnings);
    if (simulation != NULL) {
        struct invariants_run *watch = invariants_start(simulation_cluster(simulation), true);
        if (go_on(simulation, scenario->duration, watch, finding) &&
            settle(simulation, &course, watch, finding)) {
            invariants_rest(watch);
            has_found(watch, finding);
        }
        finding->hash = simulation_run(simulation)->trace.hash;
        finding->events = simulation_run(simulation)->events;
        invariants_stop(watch);
        simulation_free(simulation);
    }
    course_close(&course);
    return simulation != NULL;
}

/* ---- in a process of its own ---- */

static void child(const struct scenario *scenario, const struct variance *variance, int out)
{
    struct finding finding;
    struct error_list faults = { 0 };
    alarm(SECONDS);
    if (freopen("/dev/null", "w", stderr) == NULL)
        _exit(1);
    explore_once(scenario, variance, (struct exploring){ 0 }, &finding, &faults);
    _exit(write(out, &finding, sizeof finding) != sizeof finding);
}

struct finding explore_apart(const struct scenario *scenario, const struct variance *variance)
{
    struct finding finding = { .seed = variance->seed };
    int ends[2], status = 0;
    if (pipe(ends) != 0)
        abort();
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(scenario, variance, ends[1]);
    }
    close(ends[1]);
    const bool told = read(ends[0], &finding, sizeof finding) == sizeof finding;
    close(ends[0]);
    waitpid(pid, &status, 0);
    if (!told) {
        finding = (struct finding){ .seed = variance->seed };
        char text[64];
        snprintf(text, sizeof text, "the program ended: %s",
                 WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "no reason given");
        find(&finding, "crash", text, 0, 0);
    }
    return finding;
}

const char *finding_rule(const struct finding *finding)
{
    for (size_t i = 0; invariants[i] != NULL; i++)
        if (strcmp(invariants[i]->name, finding->invariant) == 0)
            return invariants[i]->rule;
    return strcmp(finding->invariant, "endless") == 0 ? "everything comes to rest"
                                                      : "the program does not crash";
}
