/* Recorded failures: the file, its rows, and the next one of a target. */
#include "models/failures/failure_trace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/shape.h"
#include "sim/base/decimal.h"
#include "sim/base/memory.h"
#include "sim/chance/signal.h"

enum { COLUMNS = 3 };
static const char *const columns[COLUMNS] = { "target", "at", "lasts" };

/* --- the file -------------------------------------------------------------------------- */

static struct value *field_value(const char *from, const char *end, const char *line,
                                 struct place at)
{
    while (from < end && isspace((unsigned char)*from))
        from++;
    while (end > from && isspace((unsigned char)end[-1]))
        end--;
    char *text = mem_text(from, (size_t)(end - from));
    struct value *value = decimal_is_json(text) ? value_new_number(text) : value_new_string(text);
    at.column = (int)(from - line) + 1;
    value->at = at;
    free(text);
    return value;
}

/* The second column of a row is a time, of a header it is not. */
static bool is_header(const struct value *row)
{
    const struct value *at = value_get(row, "at");
    return at != NULL && at->type == VALUE_STRING && !isdigit((unsigned char)value_text(at, "")[0]);
}

static bool read_row(struct value *rows, const char *line, size_t length, struct place at,
                     struct error *error)
{
    const char *end = line + length, *from = line;
    struct value *row = value_new_map();
    size_t column = 0;
    row->at = at;
    for (; column < COLUMNS && from <= end; column++) {
        const char *comma = memchr(from, ',', (size_t)(end - from));
        const char *stop = comma != NULL && column < COLUMNS - 1 ? comma : end;
        struct value *value = field_value(from, stop, line, at);
        if (column == 2 && value->type == VALUE_STRING && value_text(value, "")[0] == '\0')
            value_drop(value);
        else
            value_set(row, columns[column], value);
        from = stop + 1;
    }
    if (column < 2) {
        value_drop(row);
        return error_set(error, at, "the row has no comma (try node-3,10m,90s)");
    }
    if (rows->count == 0 && at.line == 1 && is_header(row))
        value_drop(row);
    else
        value_add(rows, row);
    return true;
}

static struct value *read_rows(const char *bytes, size_t length, const char *name,
                               struct error *error)
{
    struct value *rows = value_new_list();
    struct place at = { .file = name, .line = 1, .column = 1 };
    rows->at = (struct place){ .file = name };
    for (size_t start = 0; start < length; at.line++) {
        const char *newline = memchr(bytes + start, '\n', length - start);
        const size_t end = newline != NULL ? (size_t)(newline - bytes) : length;
        size_t blank = start;
        while (blank < end && isspace((unsigned char)bytes[blank]))
            blank++;
        if (blank < end && bytes[blank] != '#' &&
            !read_row(rows, bytes + start, end - start, at, error)) {
            value_drop(rows);
            return NULL;
        }
        start = end + 1;
    }
    if (rows->count > 0)
        return rows;
    error_set(error, rows->at, "the file has no rows");
    value_drop(rows);
    return NULL;
}

bool failure_trace_open(struct value **entry, const struct signal_opener *opener,
                        struct error *error)
{
    const struct value *path = value_path(*entry, "trace", "file", NULL);
    size_t length;
    const char *name;
    if (path == NULL)
        return true;
    char *bytes = opener->open(opener->context, path, &length, &name, error);
    struct value *rows = bytes != NULL ? read_rows(bytes, length, name, error) : NULL;
    free(bytes);
    if (rows == NULL)
        return error_wrap(error, "failure: trace");
    struct value *trace = value_own(value_slot(value_own(entry), "trace"));
    value_remove(trace, "file");
    value_set(trace, "rows", rows);
    return true;
}

/* --- rows ------------------------------------------------------------------------------ */

static bool read_time(const struct value *from, const char *what, sim_time otherwise,
                      sim_time *time, struct error_list *faults)
{
    struct error error = { 0 };
    *time = otherwise;
    if (from == NULL || shape_duration(from, time, &error))
        return true;
    error_wrap(&error, "failure: trace: %s", what);
    error_list_take(faults, &error);
    return false;
}

static int by_target_and_time(const void *a, const void *b)
{
    const struct trace_row *x = a, *y = b;
    const int names = strcmp(x->target, y->target);
    return names != 0 ? names : (x->at > y->at) - (x->at < y->at);
}

static void add_row(struct failure_trace *trace, const struct value *row, sim_time from,
                    struct error_list *faults)
{
    const struct value *target = value_get(row, "target"), *at = value_get(row, "at");
    sim_time time, lasts;
    if (target == NULL || (target->type != VALUE_STRING && target->type != VALUE_NUMBER) ||
        at == NULL) {
        error_list_add(faults, row->at, "failure: trace: a row has a target and a time");
        return;
    }
    if (!read_time(at, "time", 0, &time, faults) ||
        !read_time(value_get(row, "lasts"), "lasts", SIM_FOREVER, &lasts, faults) || time < from)
        return;
    trace->rows[trace->count++] = (struct trace_row){ target->text, time - from, lasts };
}

void failure_trace_read(struct failure_trace *trace, const struct value *entry,
                        struct error_list *faults)
{
    const struct value *from = value_get(entry, "trace"), *rows = value_get(from, "rows");
    const struct value *repeat = value_get(from, "repeat");
    sim_time begins;
    if (value_is_null(from))
        return;
    if (rows == NULL) {
        error_list_add(faults, from->at, "failure: trace has no file");
        return;
    }
    read_time(value_get(from, "from"), "from", 0, &begins, faults);
    read_time(repeat, "repeat", 0, &trace->repeat, faults);
    trace->rows = mem_new((rows->count + 1) * sizeof *trace->rows);
    for (size_t i = 0; i < rows->count; i++)
        add_row(trace, rows->items[i], begins, faults);
    qsort(trace->rows, trace->count, sizeof *trace->rows, by_target_and_time);
    for (size_t i = 0; i < trace->count && trace->repeat > 0; i++)
        if (trace->rows[i].at >= trace->repeat) {
            error_list_add(faults, repeat->at,
                           "failure: trace: it is repeated before its last row (%s)",
                           trace->rows[i].target);
            return;
        }
}

void failure_trace_close(struct failure_trace *trace)
{
    free(trace->rows);
}

/* --- the next one ---------------------------------------------------------------------- */

static size_t first_of(const struct failure_trace *trace, const char *target)
{
    size_t low = 0, high = trace->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(trace->rows[middle].target, target) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

sim_time failure_trace_next(const struct failure_trace *trace, const char *target, sim_time after,
                            bool or_at, sim_time *lasts)
{
    const size_t first = first_of(trace, target);
    const sim_time round = trace->repeat > 0 ? after / trace->repeat * trace->repeat : 0;
    for (sim_time start = round; start <= round + trace->repeat; start += trace->repeat) {
        for (size_t i = first; i < trace->count && strcmp(trace->rows[i].target, target) == 0;
             i++) {
            const sim_time at = start + trace->rows[i].at;
            if (at < after || (at == after && !or_at))
                continue;
            *lasts = trace->rows[i].lasts;
            return at;
        }
        if (trace->repeat == 0)
            break;
    }
    return SIM_FOREVER;
}
