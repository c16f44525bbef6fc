/* Philly: Microsoft's trace of DNN training (Jeon et al., USENIX ATC 2019), github.com/msr-fiddle/
 * philly-traces: cluster_job_log (JSON) and cluster_machine_list (CSV).
 *
 * A job has attempts; an attempt ran on one or several machines at once, on so many GPUs of each. An
 * attempt becomes a pod for each machine, all of which arrive together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/meta.h"
#include "sim/base/memory.h"
#include "tools/convert/formats.h"
#include "tools/convert/trace_table.h"

enum { NOTHING, JOBS, MACHINES };

static int role(const struct trace_input *input)
{
    char cells[3][64];
    size_t at = 0;
    while (at < input->head_length && strchr(" \t\r\n", input->head[at]) != NULL)
        at++;
    if (at < input->head_length && input->head[at] == '[' &&
        memmem(input->head, input->head_length, "\"attempts\"", 10) != NULL)
        return JOBS;
    if (trace_head_cells(input, cells, 3) == 3 && strcmp(cells[0], "machineId") == 0 &&
        strcmp(cells[1], "number of GPUs") == 0)
        return MACHINES;
    return NOTHING;
}

/* What is known while jobs are read. */
struct reading {
    struct conversion *conversion;
    bool has_machines;      /* by their list; otherwise they are what attempts used */
    struct value *machines; /* names to the most GPUs that were seen */
    int64_t epoch;          /* Unix seconds of time 0, */
    bool has_epoch;
    struct writer cells;
};

/* ── machines ── */

static void add_node(struct conversion *conversion, const char *machine, int64_t gpus)
{
    struct value *capacity = value_new_map();
    char *name = name_of_trace(machine);
    const double cores = (double)gpus * conversion->options->cpu_per_gpu;
    const double bytes = (double)gpus * conversion->options->memory_per_gpu;
    value_set(capacity, "cpu", milli_value((int64_t)(cores * 1000)));
    value_set(capacity, "memory", bytes_value((int64_t)bytes));
    value_set(capacity, "nvidia.com/gpu", milli_value(1000 * gpus));
    value_add(conversion->nodes, node_of_trace(name, capacity, NULL));
    conversion_count(conversion, "machines", 1);
    conversion_count(conversion, "GPUs of them", gpus);
    free(name);
}

static void read_machines(struct conversion *conversion, struct trace_input *input)
{
    struct trace_table table;
    double gpus;
    trace_table_open(&table, input, conversion->faults);
    trace_table_name_columns(&table);
    while (trace_table_next(&table))
        if (trace_table_number(&table, 1, "number of GPUs", 0, 64, &gpus))
            add_node(conversion, trace_table_cell(&table, 0), (int64_t)gpus);
    trace_table_close(&table);
}

static int by_number(const void *a, const void *b)
{
    const char *first = *(char *const *)a, *second = *(char *const *)b;
    const size_t lengths[] = { strlen(first), strlen(second) };
    if (lengths[0] != lengths[1])
        return lengths[0] < lengths[1] ? -1 : 1;
    return strcmp(first, second);
}

/* Those that attempts used: m2 before m10. */
static void add_seen_machines(struct reading *reading)
{
    const struct value *seen = reading->machines;
    char **names = mem_new((seen->count + 1) * sizeof *names);
    for (size_t i = 0; i < seen->count; i++)
        names[i] = seen->entries[i].key;
    qsort(names, seen->count, sizeof *names, by_number);
    for (size_t i = 0; i < seen->count; i++)
        add_node(reading->conversion, names[i], value_int(value_get(seen, names[i]), 0));
    free(names);
}

/* ── jobs ── */

/* "2017-10-07 01:11:39", in the zone of the cluster, which is taken for UTC; false where there is none. */
static bool read_date(const struct value *value, int64_t *seconds, struct error *error)
{
    const char *text = value_text(value, "");
    char iso[32];
    sim_time at;
    if (value_is_null(value) || *text == '\0' || strcmp(text, "None") == 0)
        return false;
    if (strlen(text) == 19 && text[10] == ' ') {
        snprintf(iso, sizeof iso, "%.10sT%.8sZ", text, text + 11);
        if (time_parse(iso, 0, &at)) {
            *seconds = at / SIM_SECOND;
            return true;
        }
    }
    return error_set(error, value->at, "\"%.40s\" is no time (2017-10-07 01:11:39)", text);
}

struct attempt {
    const struct value *document, *detail;
    int64_t begin, end;
    bool has_begin, has_end;
};

static bool read_attempt(const struct value *document, struct attempt *attempt, struct error *error)
{
    *attempt = (struct attempt){ .document = document, .detail = value_get(document, "detail") };
    if (document->type != VALUE_MAP ||
        (attempt->detail != NULL && attempt->detail->type != VALUE_LIST))
        return error_set(error, document->at, "this is no attempt");
    attempt->has_begin = read_date(value_get(document, "start_time"), &attempt->begin, error);
    attempt->has_end = read_date(value_get(document, "end_time"), &attempt->end, error);
    return error->text == NULL;
}

/* A pod on each machine of an attempt. */
static bool add_attempt(struct reading *reading, const struct value *job,
                        const struct attempt *attempt, size_t number, int64_t arrives,
                        int exit_code, struct error *error)
{
    struct conversion *conversion = reading->conversion;
    const struct convert_options *options = conversion->options;
    const int64_t length = attempt->end - attempt->begin;
    char *id = name_of_trace(value_text(value_get(job, "jobid"), "job"));
    char code[24] = "";
    if (exit_code != 0)
        snprintf(code, sizeof code, "%d", exit_code);
    for (size_t i = 0; i < attempt->detail->count; i++) {
        const struct value *part = attempt->detail->items[i], *gpus = value_get(part, "gpus");
        const char *machine = value_text(value_get(part, "ip"), "");
        const int64_t count = gpus != NULL && gpus->type == VALUE_LIST ? (int64_t)gpus->count : -1;
        if (*machine == '\0' || count < 0 || count > 64) {
            free(id);
            return error_set(error, part->at, "a part of an attempt has an ip and a list of gpus");
        }
        const int64_t most = value_int(value_get(reading->machines, machine), 0);
        if (!reading->has_machines && count > most)
            value_set(reading->machines, machine, value_new_int(count));
        char *name = mem_format("%s-%zu-%zu", id, number, i), gpu_text[24];
        snprintf(gpu_text, sizeof gpu_text, "%lld", (long long)count);
        writer_clear(&reading->cells);
        add_cell(&reading->cells, count > 0 ? gpu_text : "");
        add_cell(&reading->cells, id);
        add_cell(&reading->cells, value_text(value_get(job, "vc"), ""));
        add_cell(&reading->cells, value_text(value_get(job, "user"), ""));
        add_cell(&reading->cells, code);
        const size_t rows = conversion->row_count;
        conversion_add_row(conversion, (arrives - reading->epoch) * SIM_SECOND, length * SIM_SECOND,
                           (int64_t)((double)count * options->cpu_per_gpu * 1000),
                           (int64_t)((double)count * options->memory_per_gpu), 0, name,
                           reading->cells.bytes);
        if (conversion->row_count > rows) {
            conversion_count(conversion, "pods", 1);
            conversion_count(conversion, "GPU-seconds of work", count * length);
        }
        free(name);
    }
    free(id);
    return true;
}

/* How the last attempt ended, by the status of the job; those before it failed. */
static int exit_code_of(const char *status)
{
    return strcmp(status, "Pass") == 0 ? 0 : strcmp(status, "Killed") == 0 ? 143 : 1;
}

static bool read_job(struct reading *reading, const struct value *job, struct error *error)
{
    struct conversion *conversion = reading->conversion;
    const struct value *attempts = value_get(job, "attempts");
    const char *status = value_text(value_get(job, "status"), "");
    int64_t arrives = 0;
    if (job->type != VALUE_MAP || attempts == NULL || attempts->type != VALUE_LIST)
        return error_set(error, job->at, "a job of Philly is a map with a list of attempts");
    conversion_count(conversion, "jobs", 1);
    if (!read_date(value_get(job, "submitted_time"), &arrives, error)) {
        conversion_count(conversion, "jobs without a time of submission: left out", 1);
        return error->text == NULL;
    }
    if (attempts->count == 0)
        conversion_count(conversion, "jobs that never ran: left out", 1);
    for (size_t i = 0; i < attempts->count; i++) {
        struct attempt attempt;
        if (!read_attempt(attempts->items[i], &attempt, error))
            return false;
        if (!attempt.has_begin || !attempt.has_end || attempt.end < attempt.begin ||
            attempt.detail == NULL || attempt.detail->count == 0) {
            conversion_count(conversion, "attempts without times or machines: left out", 1);
            continue;
        }
        const int code = i + 1 < attempts->count ? 1 : exit_code_of(status);
        conversion_count(conversion, "attempts", 1);
        if (!add_attempt(reading, job, &attempt, i, arrives, code, error))
            return false;
        arrives = attempt.end; /* the next one is submitted when this one has ended */
    }
    return true;
}

static void skip_blanks(const char **at, size_t *length, struct place *place)
{
    for (; *length > 0 && strchr(" \t\r\n", **at) != NULL; (*at)++, (*length)--) {
        place->column++;
        if (**at == '\n') {
            place->line++;
            place->column = 1;
        }
    }
}

/* Time 0 is the earliest submission, which may stand anywhere in the log. */
static void find_epoch(struct reading *reading, const char *bytes, size_t length)
{
    static const char key[] = "\"submitted_time\"";
    const char *stop = bytes + length;
    for (const char *at = bytes; (at = memmem(at, (size_t)(stop - at), key, sizeof key - 1));) {
        struct error ignored = { 0 };
        int64_t seconds = 0;
        at += sizeof key - 1;
        const char *open = memchr(at, '"', (size_t)(stop - at));
        if (open == NULL || stop - open < 21)
            break;
        struct value *text = value_new_text(open + 1, 19);
        if (read_date(text, &seconds, &ignored) &&
            (!reading->has_epoch || seconds < reading->epoch)) {
            reading->epoch = seconds;
            reading->has_epoch = true;
        }
        error_close(&ignored);
        value_drop(text);
    }
}

/* The array is read job by job: a document at a time is in memory. */
static void read_jobs(struct reading *reading, struct trace_input *input)
{
    struct error_list *faults = reading->conversion->faults;
    struct error error = { 0 };
    size_t length;
    char *bytes = trace_input_read_all(input, &length, &error);
    const char *at = bytes;
    struct place place = { input->name, 1, 1 };
    const size_t before = faults->count;
    bool more = bytes != NULL;
    if (more) {
        find_epoch(reading, bytes, length);
        skip_blanks(&at, &length, &place);
        at++, length--, place.column++; /* the bracket, by which it was recognised */
        skip_blanks(&at, &length, &place);
        more = length == 0 || *at != ']';
    }
    while (more && faults->count < before + TRACE_FAULTS) {
        struct value *job = json_read_next(&at, &length, &place, NULL, &error);
        more = job != NULL;
        if (job != NULL && !read_job(reading, job, &error))
            error_list_take(faults, &error);
        value_drop(job);
        if (more && (length == 0 || (*at != ',' && *at != ']'))) {
            error_set(&error, place, "a comma or the end of the list is expected");
            more = false;
        } else if (more) {
            more = *at == ',';
            at++, length--, place.column++;
            skip_blanks(&at, &length, &place);
        }
    }
    error_list_take(faults, &error);
    free(bytes);
}

static void set_start(struct reading *reading)
{
    struct conversion *conversion = reading->conversion;
    char text[TIME_TEXT];
    const int64_t from = conversion->options->from / SIM_SECOND;
    if (reading->has_epoch)
        value_set(conversion->spec, "startTime",
                  value_new_string(time_print(0, reading->epoch + from, text)));
}

static void convert(struct conversion *conversion)
{
    struct trace_input *input;
    struct reading reading = { .conversion = conversion, .machines = value_new_map() };
    conversion->columns = ",requests[nvidia.com/gpu],labels[job],labels[vc],labels[user],exit_code";
    reading.has_machines = conversion_input(conversion, role, MACHINES, 0) != NULL;
    for (size_t i = 0; (input = conversion_input(conversion, role, MACHINES, i)) != NULL; i++)
        read_machines(conversion, input);
    if ((input = conversion_input(conversion, role, JOBS, 1)) != NULL)
        error_list_add(conversion->faults, (struct place){ .file = input->name },
                       "a second cluster_job_log (one is read)");
    read_jobs(&reading, conversion_input(conversion, role, JOBS, 0));
    if (!reading.has_machines)
        add_seen_machines(&reading);
    set_start(&reading);
    conversion_note(conversion, "An attempt of a job is a pod for each machine it ran on, with as "
                                "many GPUs (nvidia.com/gpu); they arrive together, but nothing "
                                "holds them until all have a place: gangs are not simulated.");
    conversion_note(conversion,
                    "The first attempt arrives when the job was submitted, each further "
                    "one when the one before it ended in the trace; it runs as long as "
                    "it did there. Time 0 is the first submission; times are read as "
                    "UTC.");
    conversion_note(conversion, "Pods of the last attempt exit with 0 (Pass), 143 (Killed) or 1 "
                                "(Failed), those of earlier ones with 1.");
    conversion_note(conversion,
                    "The trace has neither CPU nor memory: a GPU brings %.4g cores and %.4g GiB "
                    "(--cpu-per-gpu, --memory-per-gpu), of machines and of pods alike.%s",
                    conversion->options->cpu_per_gpu, conversion->options->memory_per_gpu / 0x1p30,
                    reading.has_machines ? ""
                                         : " No list of machines was given: they are those that "
                                           "attempts ran on, with the most GPUs that one took.");
    conversion_note(conversion, "Lost: on which machines attempts ran, which GPUs, quotas of "
                                "virtual clusters (kept as the label vc), memory of GPUs.");
    value_drop(reading.machines);
    writer_close(&reading.cells);
}

const struct trace_format philly_format = {
    .name = "philly",
    .summary = "Microsoft Philly: jobs, their attempts on machines with GPUs",
    .inputs = "cluster_job_log (JSON), also cluster_machine_list",
    .role = role,
    .convert = convert,
};
