/* Alibaba's cluster-trace-v2017 (ClusterData201708): batch tasks, their instances, and machines.
 *
 * The tables have no line of names; copies of batch_task.csv with one exist, and are read as well. So is
 * CloudSimPy's list of the finished tasks, which has the mean duration of instances. Field
 * numbers are those of the trace's own schema.csv. Memory is a share of the largest machine's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/table.h"
#include "tools/convert/formats.h"
#include "tools/convert/trace_table.h"

/* The instances of tasks stand in one of three files, of which the first is used that is there. */
enum { NOTHING, TASKS, MACHINES, INSTANCES };

enum { CREATED, ENDED, JOB, TASK, COUNT, STATUS, CPU, MEMORY, TASK_COLUMNS };
enum { STARTED, STOPPED, OF_JOB, OF_TASK, MACHINE, HOW, SEQUENCE, INSTANCE_COLUMNS = 12 };
enum { AT, NAME, EVENT, DETAIL, CORES, MACHINE_MEMORY, MACHINE_COLUMNS = 7 };

#define MOST_SECONDS 1e9

/* A second: a scheduler at its usual limit of 50 would bind pods for days. */
enum { MOST_BINDINGS = 10000 };

static bool is_one_of(const char *text, const char *const *texts)
{
    for (; *texts != NULL; texts++)
        if (strcmp(text, *texts) == 0)
            return true;
    return false;
}

static bool is_status(const char *text)
{
    return is_one_of(text, (const char *const[]){ "Terminated", "Waiting", "Running", "Failed",
                                                  "Ready", "Interrupted", "Cancelled", NULL });
}

/* A table of CloudSimPy, by its names of columns. */
static bool is_cloudsimpy(const struct trace_input *input)
{
    char cells[9][64];
    return trace_head_cells(input, cells, 9) == 9 && strcmp(cells[1], "submit_time") == 0 &&
           strcmp(cells[7], "instances_num") == 0;
}

static int role(const struct trace_input *input)
{
    char cells[13][64];
    const size_t count = trace_head_cells(input, cells, 13);
    if (count == TASK_COLUMNS &&
        (strcmp(cells[0], "task_create_time") == 0 || is_status(cells[STATUS])))
        return TASKS;
    if (is_cloudsimpy(input))
        return TASKS;
    if (count == INSTANCE_COLUMNS && is_status(cells[HOW]))
        return INSTANCES;
    if (count == MACHINE_COLUMNS &&
        is_one_of(cells[EVENT], (const char *const[]){ "add", "softerror", "harderror", NULL }))
        return MACHINES;
    return NOTHING;
}

/* ── machines ── */

struct machines {
    struct trace_table table;
    struct conversion *conversion;
    struct value *known; /* names to true */
};

static void add_machine(struct machines *machines, double at)
{
    struct conversion *conversion = machines->conversion;
    double cores, memory;
    if (!trace_table_number(&machines->table, CORES, "number of cpus", 0, 1e6, &cores) ||
        !trace_table_number(&machines->table, MACHINE_MEMORY, "normalized memory", 0, 1, &memory))
        return;
    char *id = name_of_trace(trace_table_cell(&machines->table, NAME));
    char *name = mem_format("machine-%s", id);
    if (value_get(machines->known, name) != NULL) {
        conversion_count(conversion, "machines added again: left out", 1);
    } else {
        struct value *capacity = value_new_map();
        value_set(capacity, "cpu", milli_value((int64_t)(cores * 1000)));
        value_set(capacity, "memory",
                  bytes_value((int64_t)(memory * conversion->options->machine_memory)));
        value_set(capacity, "pods", milli_value(1000 * 1000));
        value_set(machines->known, name, value_new_bool(true));
        value_add(conversion->nodes, node_of_trace(name, capacity, NULL));
        conversion_count(conversion, "machines", 1);
        if (at > 0)
            conversion_count(conversion, "machines that were added later: there from the start", 1);
    }
    free(name);
    free(id);
}

/* A hard error is the end of the machine; after a soft one it gets no more work until it is added
 * again, which this trace never does. */
static void break_machine(struct machines *machines, double at, bool hard)
{
    struct conversion *conversion = machines->conversion;
    const struct convert_options *options = conversion->options;
    const sim_time when = sim_time_from_seconds(at);
    char *id = name_of_trace(trace_table_cell(&machines->table, NAME)), text[SIM_TIME_TEXT];
    char *name = mem_format("machine-%s", id);
    if (!hard) {
        conversion_count(conversion, "soft errors of machines: left out", 1);
    } else if (options->node_count == 0 && when >= options->from && when < options->until) {
        struct value *failure = value_new_map(),
                     **failures = value_slot(conversion->spec, "failures");
        value_set(failure, "kind", value_new_string("node-crash"));
        value_set(failure, "nodes", value_new_string(name));
        value_set(failure, "at", value_new_string(sim_time_print(when - options->from, text)));
        if ((*failures)->type != VALUE_LIST) {
            value_drop(*failures);
            *failures = value_new_list();
        }
        value_add(*failures, failure);
        conversion_count(conversion, "hard errors of machines: node-crash", 1);
    }
    free(name);
    free(id);
}

static void read_machines(struct conversion *conversion, struct trace_input *input)
{
    struct machines machines = { .conversion = conversion, .known = value_new_map() };
    double at;
    trace_table_open(&machines.table, input, conversion->faults);
    while (trace_table_next(&machines.table)) {
        const char *event = trace_table_cell(&machines.table, EVENT);
        if (!trace_table_number(&machines.table, AT, "timestamp", 0, MOST_SECONDS, &at))
            continue;
        if (strcmp(event, "add") == 0)
            add_machine(&machines, at);
        else if (strcmp(event, "softerror") == 0 || strcmp(event, "harderror") == 0)
            break_machine(&machines, at, event[0] == 'h');
        else
            error_list_add(conversion->faults, trace_table_place(&machines.table, EVENT),
                           "\"%.40s\" is no event of a machine (add, softerror, harderror)", event);
    }
    value_drop(machines.known);
    trace_table_close(&machines.table);
}

/* ── tasks ── */

/* What the instances of a task ask for, when they stand in a table of their own. */
struct task {
    struct table_node node;
    int64_t job, task, memory_bytes;
    int32_t cpu_milli;
};

struct tasks {
    struct table by_number;
    struct task **items;
    size_t count, capacity;
};

static uint64_t task_hash(int64_t job, int64_t task)
{
    char text[48];
    const int length = snprintf(text, sizeof text, "%lld/%lld", (long long)job, (long long)task);
    return text_hash(text, (size_t)length);
}

static struct task *task_find(const struct tasks *tasks, int64_t job, int64_t task)
{
    for (struct table_node *node = table_first(&tasks->by_number, task_hash(job, task));
         node != NULL; node = table_again(node))
        if (((struct task *)node)->job == job && ((struct task *)node)->task == task)
            return (struct task *)node;
    return NULL;
}

static void tasks_add(struct tasks *tasks, int64_t job, int64_t task, double cpu, double memory)
{
    struct task *known = task_find(tasks, job, task);
    if (known == NULL) {
        known = mem_new(sizeof *known);
        known->job = job;
        known->task = task;
        table_add(&tasks->by_number, &known->node, task_hash(job, task));
        MEM_GROW(tasks->items, tasks->count, tasks->capacity);
        tasks->items[tasks->count++] = known;
    }
    known->cpu_milli = (int32_t)cpu;
    known->memory_bytes = (int64_t)memory;
}

static void tasks_close(struct tasks *tasks)
{
    table_close(&tasks->by_number);
    for (size_t i = 0; i < tasks->count; i++)
        free(tasks->items[i]);
    free(tasks->items);
}

/* A row of the workload; `instance` is the end of its name, "" for all of a task. */
static void add_work(struct conversion *conversion, double at, double end, double cpu,
                     double memory, double count, const char *job, const char *task,
                     const char *instance, bool failed)
{
    struct writer cells = { 0 };
    char *job_name = name_of_trace(job), *task_name = name_of_trace(task);
    char *name = mem_format("j%s-t%s%s", job_name, task_name, instance);
    if (at < 0) { /* it was under way when the trace began */
        conversion_count(conversion, "of them before time 0: cut", 1);
        at = 0;
        end = end < 0 ? 0 : end;
    }
    add_cell(&cells, job_name);
    add_cell(&cells, task_name);
    add_cell(&cells, failed ? "1" : "");
    const size_t rows = conversion->row_count;
    conversion_add_row(conversion, sim_time_from_seconds(at), sim_time_from_seconds(end - at),
                       (int64_t)cpu, (int64_t)memory, (uint32_t)count, name, cells.bytes);
    if (conversion->row_count > rows) {
        conversion_count(conversion, "arrivals", 1);
        conversion_count(conversion, "pods", count > 0 ? (int64_t)count : 1);
    }
    writer_close(&cells);
    free(name);
    free(job_name);
    free(task_name);
}

/* Numbers of a task's line. False with a fault, or when it says nothing that could run. */
static bool read_task(struct conversion *conversion, struct trace_table *table, double *created,
                      double *ended, double *count, double *cpu, double *memory)
{
    const double machine = conversion->options->machine_memory;
    const char *status = trace_table_cell(table, STATUS);
    if (!is_status(status))
        return error_list_add(conversion->faults, trace_table_place(table, STATUS),
                              "\"%.40s\" is no status of a task", status);
    if (!trace_table_number(table, CREATED, "create time", -MOST_SECONDS, MOST_SECONDS, created) ||
        !trace_table_number(table, ENDED, "end time", -MOST_SECONDS, MOST_SECONDS, ended) ||
        !trace_table_number(table, COUNT, "number of instances", 0, 1000000, count))
        return false;
    if (*trace_table_cell(table, CPU) == '\0' || *trace_table_cell(table, MEMORY) == '\0') {
        conversion_count(conversion, "tasks without requests: left out", 1);
        conversion_count(conversion, "instances of those", (int64_t)*count);
        return false;
    }
    if (!trace_table_number(table, CPU, "cpus", 0, 1e6, cpu) ||
        !trace_table_number(table, MEMORY, "normalized memory", 0, 1, memory))
        return false;
    *cpu *= 10; /* of hundredths of a core */
    *memory *= machine;
    return true;
}

static void read_tasks(struct conversion *conversion, struct trace_input *input,
                       struct tasks *tasks, bool has_instances)
{
    struct trace_table table;
    double created = 0, ended = 0, count = 0, cpu, memory;
    trace_table_open(&table, input, conversion->faults);
    while (trace_table_next(&table)) {
        if (table.rows == 1 && strcmp(trace_table_cell(&table, CREATED), "task_create_time") == 0)
            continue;
        conversion_count(conversion, "tasks", 1);
        if (!read_task(conversion, &table, &created, &ended, &count, &cpu, &memory))
            continue;
        const char *job = trace_table_cell(&table, JOB), *task = trace_table_cell(&table, TASK);
        const char *status = trace_table_cell(&table, STATUS);
        if (has_instances) {
            tasks_add(tasks, atoll(job), atoll(task), cpu, memory);
            continue;
        }
        if (count == 0) {
            conversion_count(conversion, "tasks of no instances: left out", 1);
            continue;
        }
        if (ended < created)
            conversion_count(conversion, "tasks that end before they begin: they run 0 s", 1);
        if (strcmp(status, "Running") == 0)
            conversion_count(conversion, "tasks still running when they were last seen", 1);
        add_work(conversion, created, ended < created ? created : ended, cpu, memory, count, job,
                 task, "", strcmp(status, "Failed") == 0);
    }
    trace_table_close(&table);
}

static void read_instances(struct conversion *conversion, struct trace_input *input,
                           struct tasks *tasks)
{
    struct trace_table table;
    double started, stopped;
    trace_table_open(&table, input, conversion->faults);
    while (trace_table_next(&table)) {
        const char *job = trace_table_cell(&table, OF_JOB);
        const char *task = trace_table_cell(&table, OF_TASK), *how = trace_table_cell(&table, HOW);
        const struct task *asks = task_find(tasks, atoll(job), atoll(task));
        conversion_count(conversion, "instances", 1);
        if (!is_status(how)) {
            error_list_add(conversion->faults, trace_table_place(&table, HOW),
                           "\"%.40s\" is no status of an instance", how);
            continue;
        }
        if (!trace_table_number(&table, STARTED, "start time", -MOST_SECONDS, MOST_SECONDS,
                                &started))
            continue;
        stopped = started;
        if (*trace_table_cell(&table, STOPPED) != '\0' &&
            !trace_table_number(&table, STOPPED, "end time", -MOST_SECONDS, MOST_SECONDS, &stopped))
            continue;
        if (asks == NULL || stopped < started || started == 0) {
            conversion_count(conversion, "instances of unknown tasks or without times: left out",
                             1);
            continue;
        }
        char *sequence = name_of_trace(trace_table_cell(&table, SEQUENCE));
        char *instance = mem_format("-i%s-%zu", sequence, table.rows); /* it may be tried again */
        free(sequence);
        add_work(conversion, started, stopped, asks->cpu_milli, (double)asks->memory_bytes, 0, job,
                 task, instance, strcmp(how, "Failed") == 0);
        free(instance);
    }
    trace_table_close(&table);
}

/* Tasks that finished, with the mean time of their instances; CPU in cores. */
static void read_cloudsimpy(struct conversion *conversion, struct trace_input *input)
{
    struct trace_table table;
    double at, duration, cpu, memory, count;
    trace_table_open(&table, input, conversion->faults);
    trace_table_name_columns(&table);
    while (trace_table_next(&table)) {
        conversion_count(conversion, "tasks", 1);
        if (!trace_table_number(&table, 1, "submit_time", 0, MOST_SECONDS, &at) ||
            !trace_table_number(&table, 2, "duration", 0, MOST_SECONDS, &duration) ||
            !trace_table_number(&table, 3, "cpu", 0, 1e6, &cpu) ||
            !trace_table_number(&table, 4, "memory", 0, 1, &memory) ||
            !trace_table_number(&table, 7, "instances_num", 1, 1000000, &count))
            continue;
        add_work(conversion, at, at + duration, cpu * 1000,
                 memory * conversion->options->machine_memory, count, trace_table_cell(&table, 5),
                 trace_table_cell(&table, 6), "", false);
    }
    trace_table_close(&table);
}

static void add_notes(struct conversion *conversion, bool has_instances, bool has_means)
{
    conversion_note(conversion,
                    "CPU is in cores; memory is normalised, and 1 is taken for %.4g GiB "
                    "(--machine-memory), for machines and requests alike.",
                    conversion->options->machine_memory / 0x1p30);
    if (has_instances)
        conversion_note(conversion, "An instance is a pod that arrives when it started and runs "
                                    "until it ended; what it asks for stands at its task.");
    else if (has_means)
        conversion_note(conversion, "A line is as many pods as the task has instances; all arrive "
                                    "with the task, each runs for the mean time of them.");
    else
        conversion_note(conversion,
                        "A task is as many pods as it has instances; all arrive with it, and each "
                        "runs as long as the whole task took: the table does not say how long "
                        "instances took, so the work is an upper bound (batch_instance.csv and "
                        "CloudSimPy's list say it).");
    conversion_note(conversion, "Pods of Failed work end with exit code 1. Tasks depend on one "
                                "another in the trace; here they only keep their times.");
    conversion_note(conversion,
                    "The scheduler's client may make %d calls a second; at kube-scheduler's "
                    "50 it could not bind a tenth of these pods in time.",
                    MOST_BINDINGS);
    conversion_note(conversion, "Lost: on-line services (container_event.csv), which shared the "
                                "machines, what instances really used, disks, priorities.");
}

static void convert(struct conversion *conversion)
{
    struct trace_input *input;
    struct tasks tasks = { 0 };
    const bool has_instances = conversion_input(conversion, role, INSTANCES, 0) != NULL;
    bool has_means = false;
    conversion->columns = ",labels[job],labels[task],exit_code";
    table_init(&tasks.by_number);
    for (size_t i = 0; (input = conversion_input(conversion, role, MACHINES, i)) != NULL; i++)
        read_machines(conversion, input);
    for (size_t i = 0; (input = conversion_input(conversion, role, TASKS, i)) != NULL; i++) {
        if (!is_cloudsimpy(input)) {
            read_tasks(conversion, input, &tasks, has_instances);
            continue;
        }
        has_means = true;
        read_cloudsimpy(conversion, input);
    }
    for (size_t i = 0; (input = conversion_input(conversion, role, INSTANCES, i)) != NULL; i++)
        read_instances(conversion, input, &tasks);
    value_put(&conversion->spec, value_new_int(MOST_BINDINGS), "settings",
              "kube-scheduler/kube-api-qps", NULL);
    value_put(&conversion->spec, value_new_int(MOST_BINDINGS), "settings",
              "kube-scheduler/kube-api-burst", NULL);
    add_notes(conversion, has_instances, has_means);
    tasks_close(&tasks);
}

const struct trace_format alibaba_2017_format = {
    .name = "alibaba-2017",
    .summary = "Alibaba v2017: batch tasks or their instances, and machines",
    .inputs = "batch_task.csv or CloudSimPy's jobs.csv; also batch_instance.csv, server_event.csv",
    .role = role,
    .convert = convert,
};
