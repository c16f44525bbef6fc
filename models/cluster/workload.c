/* Reading a workload. The first four columns are those of the shared workload generators. */
#include "models/cluster/workload.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/text_rules.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"

enum { MOST_FAULTS = 20, MOST_COLUMNS = 64, MOST_PODS = 1000000 };

static const char header[] = "arrival_s,cpu_milli,mem_bytes,duration_s";

/* ── columns behind the first four ── */

enum column_use {
    COLUMN_NAME,
    COLUMN_PODS,
    COLUMN_KIND,
    COLUMN_EXIT_CODE,
    COLUMN_NAMESPACE,
    COLUMN_SPEC,
    COLUMN_IMAGE,
    COLUMN_LABEL,
    COLUMN_ANNOTATION,
    COLUMN_REQUEST,
    COLUMN_NODE_SELECTOR
};

static const struct {
    const char *name; /* with a key in brackets where it ends with "[" */
    enum column_use use;
} column_table[] = {
    { "name", COLUMN_NAME },
    { "pods", COLUMN_PODS },
    { "kind", COLUMN_KIND },
    { "exit_code", COLUMN_EXIT_CODE },
    { "namespace", COLUMN_NAMESPACE },
    { "priorityClassName", COLUMN_SPEC },
    { "schedulerName", COLUMN_SPEC },
    { "nodeName", COLUMN_SPEC },
    { "image", COLUMN_IMAGE },
    { "labels[", COLUMN_LABEL },
    { "annotations[", COLUMN_ANNOTATION },
    { "requests[", COLUMN_REQUEST },
    { "nodeSelector[", COLUMN_NODE_SELECTOR },
};

struct column {
    enum column_use use;
    char *key; /* owned: what stands in brackets, or the name itself */
};

/* A line of the text and the field in it that is read next. */
struct csv_line {
    const char *begin, *at, *end;
    struct place place;
};

struct reading {
    struct workload *workload;
    struct column columns[MOST_COLUMNS];
    size_t column_count;
    struct writer shared;      /* the cells of a line that its kind is made of, as they stand */
    char *cells[MOST_COLUMNS]; /* of a line, without their quotes: owned */
};

static struct place place_at(const struct csv_line *line)
{
    struct place place = line->place;
    place.column = (int)(line->at - line->begin) + 1;
    return place;
}

static bool read_column(struct reading *reading, struct csv_line *line, struct error *error)
{
    const size_t length = strcspn(line->at, ",\r\n");
    struct column *column = &reading->columns[reading->column_count];
    const struct place place = place_at(line);
    if (reading->column_count == MOST_COLUMNS)
        return error_set(error, place, "more than %d columns", MOST_COLUMNS);
    for (size_t i = 0; i < sizeof column_table / sizeof *column_table; i++) {
        const char *name = column_table[i].name;
        const size_t whole = strlen(name), has_key = name[whole - 1] == '[';
        if (strncmp(line->at, name, whole) != 0 ||
            (has_key ? length < whole + 2 || line->at[length - 1] != ']' : length != whole))
            continue;
        *column = (struct column){ column_table[i].use,
                                   has_key ? mem_text(line->at + whole, length - whole - 1)
                                           : mem_text(name, whole) };
        for (size_t j = 0; j < reading->column_count; j++)
            if (reading->columns[j].use == column->use &&
                strcmp(reading->columns[j].key, column->key) == 0) {
                free(column->key);
                return error_set(error, place, "column %.*s stands twice", (int)length, line->at);
            }
        reading->column_count++;
        line->at += length;
        return true;
    }
    return error_set(error, place,
                     "no column is called \"%.*s\" (there are name, pods, kind, exit_code, "
                     "namespace, image, priorityClassName, schedulerName, nodeName, labels[KEY], "
                     "annotations[KEY], requests[RESOURCE] and nodeSelector[KEY])",
                     (int)(length > 60 ? 60 : length), line->at);
}

/* Is the column part of what lines have in common? */
static bool is_shared(const struct column *column)
{
    return column->use != COLUMN_NAME && column->use != COLUMN_PODS;
}

static bool read_header(struct reading *reading, struct csv_line *line, struct error *error)
{
    const size_t length = strlen(header);
    struct writer shared = { 0 };
    if ((size_t)(line->end - line->begin) < length || memcmp(line->begin, header, length) != 0 ||
        (line->begin + length < line->end && line->begin[length] != ','))
        return error_set(error, line->place, "the first line of a workload is %s", header);
    line->at = line->begin + length;
    writer_add(&shared, "");
    while (line->at < line->end) {
        const char *begin = line->at++; /* the comma */
        if (!read_column(reading, line, error)) {
            writer_close(&shared);
            return false;
        }
        if (is_shared(&reading->columns[reading->column_count - 1]))
            writer_add_bytes(&shared, begin, (size_t)(line->at - begin));
    }
    reading->workload->columns = writer_take(&shared);
    return true;
}

/* ── cells ── */

/* A number that a comma or the line's end follows. */
static bool next_number(struct csv_line *line, const char *what, double least, double most,
                        double *number, struct error *error)
{
    const struct place place = place_at(line);
    size_t length = strcspn(line->at, ",\r\n");
    char text[64], *end;
    if (line->at >= line->end || length == 0 || length >= sizeof text)
        return error_set(error, place, "%s is missing (a line is %s)", what, header);
    memcpy(text, line->at, length);
    text[length] = '\0';
    *number = strtod(text, &end);
    if (*end != '\0' || !isfinite(*number))
        return error_set(error, place, "%s: \"%s\" is not a number", what, text);
    if (*number < least || *number > most)
        return error_set(error, place, "%s: %s is not between %g and %g", what, text, least, most);
    line->at += length + (line->at[length] == ',');
    return true;
}

/* A cell without its quotes, and with no comma left behind it. NULL with the error where a quote is
 * open. The caller frees. */
static char *next_cell(struct csv_line *line, struct error *error)
{
    struct writer cell = { 0 };
    const struct place place = place_at(line);
    writer_add(&cell, "");
    if (line->at < line->end && *line->at == '"') {
        for (line->at++; line->at < line->end; line->at++) {
            if (*line->at == '"' && !(line->at + 1 < line->end && line->at[1] == '"'))
                break;
            writer_add_char(&cell, *line->at);
            line->at += *line->at == '"';
        }
        if (line->at >= line->end || (line->at + 1 < line->end && line->at[1] != ',')) {
            error_set(error, place,
                      line->at >= line->end ? "the quote is not closed"
                                            : "text behind the closing quote");
            writer_close(&cell);
            return NULL;
        }
        line->at++;
    } else {
        const char *begin = line->at;
        while (line->at < line->end && *line->at != ',')
            line->at++;
        writer_add_bytes(&cell, begin, (size_t)(line->at - begin));
    }
    if (memchr(cell.bytes, '\0', cell.length) != NULL) {
        error_set(error, place, "a NUL byte");
        writer_close(&cell);
        return NULL;
    }
    return writer_take(&cell);
}

static bool count_of(const char *cell, int64_t most, int64_t *count)
{
    char *end;
    *count = strtoll(cell, &end, 10);
    return *cell >= '0' && *cell <= '9' && *end == '\0' && *count <= most;
}

static bool check_cell(const struct column *column, const char *cell, struct place place,
                       struct error *error)
{
    int64_t count;
    if (*cell == '\0')
        return true;
    char *problem = column->use == COLUMN_NAME ? text_problem(cell, text_dns_subdomain) : NULL;
    if (problem != NULL) {
        error_set(error, place, "name: \"%.60s\": %s", cell, problem);
        free(problem);
        return false;
    }
    if (column->use == COLUMN_PODS && (!count_of(cell, MOST_PODS, &count) || count == 0))
        return error_set(error, place, "pods: \"%.60s\" is not a number from 1 to %d", cell,
                         MOST_PODS);
    if (column->use == COLUMN_EXIT_CODE && !count_of(cell, 255, &count))
        return error_set(error, place, "exit_code: \"%.60s\" is not a number from 0 to 255", cell);
    if (column->use == COLUMN_KIND && strcmp(cell, "Pod") != 0 && strcmp(cell, "Job") != 0)
        return error_set(error, place, "kind: \"%.60s\" is neither Pod nor Job", cell);
    return true;
}

static bool read_cells(struct reading *reading, struct csv_line *line, struct error *error)
{
    for (size_t i = 0; i < reading->column_count; i++) {
        const struct place place = place_at(line);
        const char *begin = line->at;
        char *cell = next_cell(line, error);
        if (cell == NULL)
            return false;
        reading->cells[i] = cell;
        if (!check_cell(&reading->columns[i], cell, place, error))
            return false;
        if (is_shared(&reading->columns[i])) {
            writer_add_char(&reading->shared, ',');
            writer_add_bytes(&reading->shared, begin, (size_t)(line->at - begin));
        }
        if (line->at < line->end)
            line->at++; /* the comma */
    }
    return true;
}

static void drop_cells(struct reading *reading)
{
    for (size_t i = 0; i < reading->column_count; i++) {
        free(reading->cells[i]);
        reading->cells[i] = NULL;
    }
}

static const char *cell_of(const struct reading *reading, enum column_use use)
{
    for (size_t i = 0; i < reading->column_count; i++)
        if (reading->columns[i].use == use && reading->cells[i][0] != '\0')
            return reading->cells[i];
    return NULL;
}

/* ── what a line stands for ── */

static void put_cell(struct value *pod, struct value *requests, const struct column *column,
                     const char *cell)
{
    struct value *text = value_new_string(cell);
    switch (column->use) {
    case COLUMN_SPEC:
        value_put(&pod, text, "spec", column->key, NULL);
        break;
    case COLUMN_LABEL:
        value_put(&pod, text, "metadata", "labels", column->key, NULL);
        break;
    case COLUMN_ANNOTATION:
        value_put(&pod, text, "metadata", "annotations", column->key, NULL);
        break;
    case COLUMN_EXIT_CODE:
        value_put(&pod, text, "metadata", "annotations", "seatrial.dev/exit-code", NULL);
        break;
    case COLUMN_REQUEST:
        value_set(requests, column->key, text);
        break;
    case COLUMN_NODE_SELECTOR:
        value_put(&pod, text, "spec", "nodeSelector", column->key, NULL);
        break;
    default:
        value_drop(text);
    }
}

/* Nothing may ask for more of an extended resource than its limit, or for less. */
static void put_limits(struct value **container, const struct value *requests)
{
    for (size_t i = 0; i < requests->count; i++)
        if (strchr(requests->entries[i].key, '/') != NULL)
            value_put(container, value_hold(requests->entries[i].value), "resources", "limits",
                      requests->entries[i].key, NULL);
}

static struct value *pod_document(const struct reading *reading, double cpu, double memory)
{
    struct value *pod = value_new_map(), *container = value_new_map();
    struct value *containers = value_new_list(), *requests = value_new_map();
    const char *image = cell_of(reading, COLUMN_IMAGE);
    value_put(&pod, value_new_string("v1"), "apiVersion", NULL);
    value_put(&pod, value_new_string("Pod"), "kind", NULL);
    value_put(&pod, value_new_string("pod"), "metadata", "name", NULL);
    value_put(&pod, value_new_string("workload"), "metadata", "labels", "seatrial.dev/source",
              NULL);
    value_put(&pod, value_new_string("Never"), "spec", "restartPolicy", NULL);
    value_put(&container, value_new_string("work"), "name", NULL);
    value_put(&container, value_new_string(image ? image : "seatrial.dev/work"), "image", NULL);
    char *cpu_text = mem_format("%dm", (int32_t)cpu);
    char *memory_text = mem_format("%lld", (long long)memory);
    value_set(requests, "cpu", value_new_string(cpu_text));
    value_set(requests, "memory", value_new_string(memory_text));
    free(cpu_text);
    free(memory_text);
    for (size_t i = 0; i < reading->column_count; i++)
        if (reading->cells[i][0] != '\0')
            put_cell(pod, requests, &reading->columns[i], reading->cells[i]);
    put_limits(&container, requests);
    value_put(&container, requests, "resources", "requests", NULL);
    value_add(containers, container);
    value_put(&pod, containers, "spec", "containers", NULL);
    return pod;
}

/* A Job of such pods: as many as `pods` says, all at once, each until it has succeeded. What was
 * evicted or died with its node comes again; what is to fail does so once. */
static struct value *job_of(struct value *pod, bool fails)
{
    struct value *job = value_new_map();
    value_put(&job, value_new_string("batch/v1"), "apiVersion", NULL);
    value_put(&job, value_new_string("Job"), "kind", NULL);
    value_put(&job, value_new_string("job"), "metadata", "name", NULL);
    value_put(&job, value_hold(value_path(pod, "metadata", "labels", NULL)), "metadata", "labels",
              NULL);
    value_put(&job, value_new_int(fails ? 0 : INT32_MAX), "spec", "backoffLimit", NULL);
    value_put(&job, value_new_int(0), "spec", "ttlSecondsAfterFinished", NULL);
    value_remove(value_own(value_slot(pod, "metadata")), "name");
    value_remove(pod, "apiVersion");
    value_remove(pod, "kind");
    value_put(&job, pod, "spec", "template", NULL);
    return job;
}

static uint32_t kind_for(struct reading *reading, double cpu, double memory, struct place at)
{
    struct workload *workload = reading->workload;
    const char *text = reading->shared.bytes;
    const uint64_t hash = text_hash(text, reading->shared.length);
    for (struct table_node *node = table_first(&workload->kinds_by_text, hash); node != NULL;
         node = table_again(node)) {
        const struct workload_kind *kind = (struct workload_kind *)node;
        if (strcmp(kind->text, text) == 0)
            return kind->number;
    }
    const char *space = cell_of(reading, COLUMN_NAMESPACE), *made = cell_of(reading, COLUMN_KIND);
    struct workload_kind *kind = mem_new(sizeof *kind);
    kind->text = mem_text(text, reading->shared.length);
    kind->is_job = made != NULL && strcmp(made, "Job") == 0;
    kind->document = pod_document(reading, cpu, memory);
    const char *exit_code = cell_of(reading, COLUMN_EXIT_CODE);
    if (kind->is_job)
        kind->document = job_of(kind->document, exit_code != NULL && atoi(exit_code) != 0);
    value_put(&kind->document, value_new_string(space ? space : "default"), "metadata", "namespace",
              NULL);
    kind->document->at = at;
    kind->number = (uint32_t)workload->kind_count;
    table_add(&workload->kinds_by_text, &kind->node, hash);
    MEM_GROW(workload->kinds, workload->kind_count, workload->kind_capacity);
    workload->kinds[workload->kind_count++] = kind;
    return kind->number;
}

static size_t keep_name(struct workload *workload, const char *name)
{
    const size_t begin = workload->names.length;
    if (name == NULL)
        return SIZE_MAX;
    writer_add_bytes(&workload->names, name, strlen(name) + 1);
    return begin;
}

static bool read_arrival(struct reading *reading, struct csv_line *line, sim_time after,
                         struct arrival *arrival, struct error *error)
{
    enum { MOST_SECONDS = 1000000000 };
    const struct place begin = line->place;
    double at, cpu, memory, duration;
    const char *cells;
    if (!next_number(line, "arrival_s", 0, MOST_SECONDS, &at, error))
        return false;
    cells = line->at;
    if (!next_number(line, "cpu_milli", 0, INT32_MAX, &cpu, error) ||
        !next_number(line, "mem_bytes", 0, 0x1p62, &memory, error))
        return false;
    writer_clear(&reading->shared);
    writer_add_bytes(&reading->shared, cells, (size_t)(line->at - cells - 1));
    if (!next_number(line, "duration_s", 0, MOST_SECONDS, &duration, error) ||
        !read_cells(reading, line, error))
        return false;
    if (line->at < line->end) {
        if (reading->column_count == 0)
            return error_set(error, place_at(line), "more than the four fields %s", header);
        return error_set(error, place_at(line), "more than the %zu columns of the first line",
                         reading->column_count + 4);
    }
    arrival->at = sim_time_from_seconds(at);
    arrival->duration = sim_time_from_seconds(duration);
    if (arrival->at < after)
        return error_set(error, begin, "arrivals are not in order of time (sort by arrival_s)");
    const char *pods = cell_of(reading, COLUMN_PODS);
    arrival->kind = kind_for(reading, cpu, memory, begin);
    arrival->pods = pods != NULL ? (uint32_t)strtoul(pods, NULL, 10) : 0;
    arrival->name = keep_name(reading->workload, cell_of(reading, COLUMN_NAME));
    return true;
}

static void read_line(struct reading *reading, struct csv_line *line, struct error_list *errors)
{
    struct workload *workload = reading->workload;
    struct error error = { 0 };
    if (line->place.line == 1) {
        if (!read_header(reading, line, &error))
            error_list_take(errors, &error);
        return;
    }
    if (line->begin == line->end)
        return;
    MEM_GROW(workload->arrivals, workload->count, workload->capacity);
    const sim_time after = workload->count ? workload->arrivals[workload->count - 1].at : 0;
    if (read_arrival(reading, line, after, &workload->arrivals[workload->count], &error))
        workload->count++;
    else
        error_list_take(errors, &error);
    drop_cells(reading);
}

bool workload_load(struct workload *workload, const char *bytes, size_t length, const char *name,
                   struct error_list *errors)
{
    size_t before = errors->count;
    const char *stop = bytes + length;
    struct place place = { name, 1, 1 };
    struct reading *reading = mem_new(sizeof *reading);
    *workload = (struct workload){ 0 };
    table_init(&workload->kinds_by_text);
    reading->workload = workload;
    for (const char *at = bytes; at < stop && errors->count < before + MOST_FAULTS; place.line++) {
        const char *newline = memchr(at, '\n', (size_t)(stop - at));
        const char *end = newline ? newline : stop;
        struct csv_line line = { at, at, end > at && end[-1] == '\r' ? end - 1 : end, place };
        at = newline ? newline + 1 : stop;
        read_line(reading, &line, errors);
        if (place.line == 1 && workload->columns == NULL)
            break; /* what the cells mean is unknown */
    }
    if (workload->count == 0 && errors->count == before)
        error_list_add(errors, (struct place){ .file = name }, "no pod in this workload");
    if (errors->count > before)
        workload_close(workload);
    for (size_t i = 0; i < reading->column_count; i++)
        free(reading->columns[i].key);
    writer_close(&reading->shared);
    free(reading);
    return errors->count == before;
}

void workload_close(struct workload *workload)
{
    for (size_t i = 0; i < workload->kind_count; i++) {
        value_drop(workload->kinds[i]->document);
        free(workload->kinds[i]->text);
        free(workload->kinds[i]);
    }
    if (workload->columns != NULL || workload->kinds_by_text.buckets != NULL)
        table_close(&workload->kinds_by_text);
    free(workload->kinds);
    free(workload->arrivals);
    free(workload->columns);
    writer_close(&workload->names);
    *workload = (struct workload){ 0 };
}

const char *arrival_name(const struct workload *workload, const struct arrival *arrival)
{
    return arrival->name == SIZE_MAX ? NULL : workload->names.bytes + arrival->name;
}

sim_time workload_end(const struct workload *workload)
{
    sim_time end = 0;
    for (size_t i = 0; i < workload->count; i++) {
        sim_time gone = sim_time_after(workload->arrivals[i].at, workload->arrivals[i].duration);
        if (gone > end)
            end = gone;
    }
    return end;
}

/* ── printing ── */

static void print_seconds(struct writer *out, sim_time time)
{
    writer_format(out, "%" PRId64 ".%09" PRId64, time / SIM_SECOND, time % SIM_SECOND);
}

size_t workload_print(const struct workload *workload, size_t from, size_t most, struct writer *out)
{
    bool has_names = false, has_pods = false;
    for (size_t i = 0; i < workload->count; i++) {
        has_names = has_names || workload->arrivals[i].name != SIZE_MAX;
        has_pods = has_pods || workload->arrivals[i].pods != 0;
    }
    writer_format(out, "%s%s%s%s\n", header, has_names ? ",name" : "", has_pods ? ",pods" : "",
                  workload->columns);
    const size_t limit = most > SIZE_MAX - out->length ? SIZE_MAX : out->length + most;
    for (; from < workload->count && out->length < limit; from++) {
        const struct arrival *arrival = &workload->arrivals[from];
        const char *cells = workload->kinds[arrival->kind]->text;
        const char *rest = strchr(strchr(cells, ',') + 1, ','); /* behind CPU and memory */
        if (rest == NULL)
            rest = cells + strlen(cells);
        print_seconds(out, arrival->at);
        writer_format(out, ",%.*s,", (int)(rest - cells), cells);
        print_seconds(out, arrival->duration);
        if (has_names)
            writer_format(out, ",%s",
                          arrival->name == SIZE_MAX ? "" : arrival_name(workload, arrival));
        if (has_pods && arrival->pods != 0)
            writer_format(out, ",%" PRIu32, arrival->pods);
        else if (has_pods)
            writer_add_char(out, ',');
        writer_format(out, "%s\n", rest);
    }
    return from;
}
