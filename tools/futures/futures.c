/* Playing two futures in processes of their own. A run holds no file descriptor and shares nothing, so
 * that fork(2) is all it takes to have it twice. */
#include "tools/futures/futures.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/api/json.h"
#include "models/api/schema.h"
#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "tools/output.h"
#include "tools/version.h"

/* Who reads the trace: the folders, and who compares the futures. */
struct reader {
    struct output *outputs[FUTURES]; /* NULL: none */
    int comparer;                    /* a pipe; -1: nobody compares any more */
};

static void write_all(int *fd, const char *bytes, size_t length)
{
    while (*fd >= 0 && length > 0) {
        const ssize_t written = write(*fd, bytes, length);
        if (written <= 0) { /* they differ by now, and nobody reads on */
            close(*fd);
            *fd = -1;
            return;
        }
        bytes += written;
        length -= (size_t)written;
    }
}

static void read_line(void *context, const struct trace_line *line)
{
    struct reader *reader = context;
    for (int i = 0; i < FUTURES; i++)
        if (reader->outputs[i] != NULL)
            output_trace(reader->outputs[i], line);
    if (reader->comparer < 0)
        return;
    char *text = mem_format("%lld %s: %s\n", (long long)line->at, line->subject, line->text);
    write_all(&reader->comparer, text, strlen(text));
    free(text);
}

/* ---- in a future's own process ---- */

struct past {
    const struct futures_plan *plan;
    struct simulation *simulation;
    struct reader reader;
};

static struct value *summary_of(const struct past *past)
{
    struct value *summary = simulation_summary(past->simulation);
    value_set(summary, "version", value_new_string(SEATRIAL_VERSION));
    value_set(summary, "kubernetes", value_new_string(schema_release));
    return summary;
}

/* The changed future's own inputs have the change in their timeline. The process ends with it. */
static void put_change(struct scenario *scenario, const struct scenario *change)
{
    for (size_t i = 0; i < change->action_count; i++) {
        MEM_GROW(scenario->actions, scenario->action_count, scenario->action_capacity);
        size_t at = scenario->action_count++;
        for (; at > 0 && scenario->actions[at - 1].at > change->actions[i].at; at--)
            scenario->actions[at] = scenario->actions[at - 1];
        scenario->actions[at] = change->actions[i];
    }
}

/* Live it, and tell the summary through the pipe; the process's exit status. */
static int live(struct past *past, int future, size_t replication, int pipe_end)
{
    const struct futures_plan *plan = past->plan;
    struct output *output = replication == 0 ? past->reader.outputs[future] : NULL;
    struct error error = { 0 };
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < FUTURES; i++)
        past->reader.outputs[i] = i == future ? output : NULL;
    if (replication > 0)
        run_reseed(simulation_run(past->simulation), replication);
    for (size_t i = 0; future == CHANGED && i < plan->change->action_count; i++)
        simulation_do(past->simulation, &plan->change->actions[i]);
    simulation_advance(past->simulation, plan->inputs->scenario.duration);
    if (past->reader.comparer >= 0)
        close(past->reader.comparer);
    warnings_print(simulation_problems(past->simulation));
    struct value *summary = summary_of(past);
    if (future == CHANGED)
        put_change(&plan->inputs->scenario, plan->change);
    if (output != NULL && !output_finish(output, plan->inputs, summary, &error)) {
        fprintf(stderr, "seatrial fork: %s\n", error.text);
        return 1;
    }
    char *text = json_text(summary, (struct json_style){ 0 });
    write_all(&pipe_end, text, strlen(text));
    fflush(stderr);
    return pipe_end < 0;
}

/* ---- in the parent ---- */

struct child {
    pid_t pid;
    int summary; /* pipes to read from */
    FILE *trace; /* NULL: not compared */
};

/* The pipes of the others are not this one's: an end left open here would keep them waiting. */
static void close_others(const struct child *children, int count)
{
    for (int i = 0; i < count; i++) {
        close(children[i].summary);
        if (children[i].trace != NULL)
            close(fileno(children[i].trace));
    }
}

static bool begin(struct past *past, int future, size_t replication, struct child *children)
{
    struct child *child = &children[future];
    int summary[2], trace[2] = { -1, -1 };
    if (pipe(summary) != 0)
        return false;
    if (replication == 0 && pipe(trace) != 0) {
        close(summary[0]);
        close(summary[1]);
        return false;
    }
    fflush(NULL); /* what is buffered is written once */
    child->pid = fork();
    if (child->pid == 0) {
        close_others(children, future);
        close(summary[0]);
        if (trace[0] >= 0)
            close(trace[0]);
        past->reader.comparer = trace[1];
        _exit(live(past, future, replication, summary[1]));
    }
    close(summary[1]);
    if (trace[1] >= 0)
        close(trace[1]);
    child->summary = summary[0];
    child->trace = trace[0] >= 0 ? fdopen(trace[0], "r") : NULL;
    return child->pid > 0;
}

/* Without the line's time and end. */
static void take_line(struct divergence *into, int future, char *line, ssize_t length)
{
    char *text;
    if (length <= 0)
        return;
    into->times[future] = strtoll(line, &text, 10);
    line[length - (line[length - 1] == '\n')] = '\0';
    into->lines[future] = mem_text(text + 1, strlen(text + 1));
}

/* Read both traces until they part. */
static void compare(struct child children[FUTURES], struct divergence *divergence)
{
    char *lines[FUTURES] = { NULL, NULL };
    size_t sizes[FUTURES] = { 0, 0 };
    ssize_t lengths[FUTURES];
    for (;;) {
        for (int i = 0; i < FUTURES; i++)
            lengths[i] = getline(&lines[i], &sizes[i], children[i].trace);
        if (lengths[UNCHANGED] <= 0 && lengths[CHANGED] <= 0)
            break;
        if (lengths[UNCHANGED] == lengths[CHANGED] && strcmp(lines[UNCHANGED], lines[CHANGED]) == 0)
            continue;
        divergence->differs = true;
        divergence->at = SIM_FOREVER;
        for (int i = 0; i < FUTURES; i++) {
            take_line(divergence, i, lines[i], lengths[i]);
            if (divergence->lines[i] != NULL && divergence->times[i] < divergence->at)
                divergence->at = divergence->times[i];
        }
        break;
    }
    for (int i = 0; i < FUTURES; i++) {
        fclose(children[i].trace);
        children[i].trace = NULL;
        free(lines[i]);
    }
}

/* The summary, a new reference; NULL when the process came to a bad end. */
static struct value *end(struct child *child)
{
    struct writer text = { 0 };
    char block[65536];
    ssize_t length;
    int status;
    struct error error = { 0 };
    while ((length = read(child->summary, block, sizeof block)) > 0)
        writer_add_bytes(&text, block, (size_t)length);
    close(child->summary);
    waitpid(child->pid, &status, 0);
    struct value *summary = NULL;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && text.length > 0)
        summary = json_read(text.bytes, text.length, (struct place){ 0 }, NULL, &error);
    error_close(&error);
    writer_close(&text);
    return summary;
}

static bool play_pair(struct past *past, size_t replication, struct futures *futures)
{
    struct child children[FUTURES] = { { 0 }, { 0 } };
    for (int i = 0; i < FUTURES; i++)
        if (!begin(past, i, replication, children)) {
            perror("seatrial fork");
            return false;
        }
    if (replication == 0)
        compare(children, &futures->divergence);
    bool fine = true;
    for (int i = 0; i < FUTURES; i++) {
        struct value *summary = end(&children[i]);
        futures->summaries[replication * FUTURES + (size_t)i] = summary;
        fine = fine && summary != NULL;
    }
    if (!fine)
        fputs("seatrial fork: a future came to a bad end\n", stderr);
    return fine;
}

/* The run up to where the futures part. */
static bool begin_past(struct past *past)
{
    const struct futures_plan *plan = past->plan;
    struct error_list faults = { 0 }, warnings = { 0 };
    struct error error = { 0 };
    for (int i = 0; i < FUTURES && error.text == NULL; i++)
        if (plan->directories[i] != NULL)
            past->reader.outputs[i] = output_begin(plan->directories[i], &error);
    error_list_take(&faults, &error);
    if (faults.count == 0) {
        const struct simulation_options options = {
            .sink = read_line,
            .context = &past->reader,
            .workload = plan->inputs->has_workload ? &plan->inputs->workload : NULL,
        };
        past->simulation = simulation_new(&plan->inputs->scenario, options, &faults, &warnings);
        if (past->simulation != NULL && simulation_check(past->simulation, &faults))
            simulation_advance(past->simulation, plan->at);
    }
    const bool fine = faults.count == 0;
    errors_print(&faults);
    error_list_close(&faults);
    error_list_close(&warnings);
    return fine;
}

bool futures_play(const struct futures_plan *plan, struct futures *futures)
{
    struct past past = { .plan = plan, .reader = { .comparer = -1 } };
    *futures = (struct futures){ .replications = plan->replications };
    futures->summaries = mem_new(plan->replications * FUTURES * sizeof(struct value *));
    bool fine = begin_past(&past);
    for (size_t i = 0; fine && i < plan->replications; i++)
        fine = play_pair(&past, i, futures);
    simulation_free(past.simulation);
    for (int i = 0; i < FUTURES; i++)
        output_free(past.reader.outputs[i]); /* what a future has finished stays */
    return fine;
}

void futures_close(struct futures *futures)
{
    for (size_t i = 0; i < futures->replications * FUTURES && futures->summaries != NULL; i++)
        value_drop(futures->summaries[i]);
    free(futures->summaries);
    for (int i = 0; i < FUTURES; i++)
        free(futures->divergence.lines[i]);
    *futures = (struct futures){ 0 };
}
