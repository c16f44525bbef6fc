/* Files of points: rows "time,value", a header and lines with # being left out. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/decimal.h"
#include "sim/base/memory.h"
#include "sim/chance/parameters.h"
#include "sim/chance/signal.h"

/* A field of a row without the blanks around it, and where it stands. */
struct field {
    char *text; /* owned */
    struct place at;
};

static struct field field_cut(const char *from, const char *end, const char *line, struct place at)
{
    while (from < end && isspace((unsigned char)*from))
        from++;
    while (end > from && isspace((unsigned char)end[-1]))
        end--;
    at.column = (int)(from - line) + 1;
    return (struct field){ mem_text(from, (size_t)(end - from)), at };
}

static struct value *field_print(const struct field *field)
{
    struct value *value = decimal_is_json(field->text) ? value_new_number(field->text)
                                                       : value_new_string(field->text);
    value->at = field->at;
    return value;
}

static bool looks_like_header(const struct field *time)
{
    return !isdigit((unsigned char)time->text[0]) && time->text[0] != '-';
}

/* Append the point of one line; `is_first` may be the names of the columns. */
static bool read_line(const char *line, size_t length, struct place at, bool is_first,
                      struct value *points, struct error *error)
{
    const char *end = line + length, *comma = memchr(line, ',', length);
    size_t blank = 0;
    while (blank < length && isspace((unsigned char)line[blank]))
        blank++;
    if (blank == length || line[blank] == '#')
        return true;
    at.column = (int)blank + 1;
    if (comma == NULL)
        return error_set(error, at, "the row has no comma (try 10m,250)");
    struct field time = field_cut(line, comma, line, at),
                 amount = field_cut(comma + 1, end, line, at);
    if (!is_first || !looks_like_header(&time)) {
        struct value *point = value_new_map();
        point->at = at;
        value_set(point, "at", field_print(&time));
        value_set(point, "value", field_print(&amount));
        value_add(points, point);
    }
    free(time.text);
    free(amount.text);
    return true;
}

static struct value *read_points(const char *bytes, size_t length, const char *name,
                                 struct error *error)
{
    struct value *points = value_new_list();
    struct place at = { .file = name, .line = 1, .column = 1 };
    points->at = (struct place){ .file = name };
    for (size_t start = 0; start < length; at.line++) {
        const char *newline = memchr(bytes + start, '\n', length - start);
        const size_t end = newline != NULL ? (size_t)(newline - bytes) : length;
        if (!read_line(bytes + start, end - start, at, at.line == 1, points, error)) {
            value_drop(points);
            return NULL;
        }
        start = end + 1;
    }
    if (points->count > 0)
        return points;
    error_set(error, points->at, "the file has no rows");
    value_drop(points);
    return NULL;
}

/* {path: F, interpolate: I, every: E} becomes {steps or line: {points: [...], every: E}}. */
static struct value *write_out(const struct value *file, const struct signal_opener *opener,
                               struct error *error)
{
    static const char *const names[] = { "path", "interpolate", "every", NULL };
    if (file->type != VALUE_MAP) {
        error_set(error, file->at, "has no parameters");
        return NULL;
    }
    const struct value *path, *how = value_get(file, "interpolate"),
                              *every = value_get(file, "every");
    if (!parameters_check(file, names, error) ||
        (path = parameters_need(file, "path", error)) == NULL)
        return NULL;
    const char *shape = how == NULL ? "step" : value_text(how, "");
    if (strcmp(shape, "step") != 0 && strcmp(shape, "linear") != 0) {
        error_set(error, how->at, "interpolate is step or linear");
        return NULL;
    }
    size_t length;
    const char *name;
    char *bytes = opener->open(opener->context, path, &length, &name, error);
    if (bytes == NULL)
        return NULL;
    struct value *points = read_points(bytes, length, name, error);
    free(bytes);
    if (points == NULL)
        return NULL;
    struct value *inner = value_new_map(), *signal = value_new_map();
    inner->at = signal->at = file->at;
    value_set(inner, "points", points);
    if (every != NULL)
        value_set(inner, "every", value_hold(every));
    value_set(signal, strcmp(shape, "linear") == 0 ? "line" : "steps", inner);
    return signal;
}

bool signal_open_files(struct value **document, const struct signal_opener *opener,
                       struct error *error)
{
    if ((*document)->type != VALUE_MAP || (*document)->count != 1)
        return true;
    const struct value *file = value_get(*document, "file");
    if (file != NULL) {
        struct value *points = write_out(file, opener, error);
        if (points == NULL)
            return error_wrap(error, "file");
        value_drop(*document);
        *document = points;
        return true;
    }
    const struct value *sum = value_get(*document, "sum");
    if (sum == NULL || sum->type != VALUE_LIST)
        return true;
    struct value *parts = value_own(value_slot(value_own(document), "sum"));
    for (size_t i = 0; i < parts->count; i++)
        if (!signal_open_files(&parts->items[i], opener, error))
            return error_wrap(error, "sum");
    return true;
}
