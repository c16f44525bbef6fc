/* Rows of CSV as RFC 4180 has them, but for line breaks within quotes. */
#include "tools/convert/trace_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

enum { BLOCK_BYTES = 64 << 10 };

void trace_table_open(struct trace_table *table, struct trace_input *input,
                      struct error_list *faults)
{
    *table = (struct trace_table){ .input = input,
                                   .faults = faults,
                                   .faults_before = faults->count,
                                   .block = mem_new(BLOCK_BYTES) };
}

void trace_table_close(struct trace_table *table)
{
    free(table->block);
    writer_close(&table->line);
    writer_close(&table->names);
    writer_close(&table->text);
    *table = (struct trace_table){ 0 };
}

static struct place line_place(const struct trace_table *table, int column)
{
    return (struct place){ table->input->name, table->line_number, column };
}

/* ── lines ── */

static bool fill(struct trace_table *table)
{
    struct error error = { 0 };
    table->block_at = 0;
    table->block_length = trace_input_read(table->input, table->block, BLOCK_BYTES, &error);
    if (error.text != NULL)
        error_list_take(table->faults, &error);
    return table->block_length > 0;
}

/* The next line without its end. */
static bool read_line(struct trace_table *table)
{
    bool any = false;
    writer_clear(&table->line);
    writer_add(&table->line, "");
    table->line_number++;
    while (table->block_at < table->block_length || fill(table)) {
        const char *begin = table->block + table->block_at;
        const size_t left = table->block_length - table->block_at;
        const char *newline = memchr(begin, '\n', left);
        const size_t count = newline != NULL ? (size_t)(newline - begin) : left;
        any = true;
        writer_add_bytes(&table->line, begin, count);
        table->block_at += count + (newline != NULL);
        if (table->line.length > TRACE_LINE_BYTES)
            return error_list_add(table->faults, line_place(table, 1),
                                  "a line is longer than %d bytes", TRACE_LINE_BYTES);
        if (newline != NULL)
            break;
    }
    if (table->line.length > 0 && table->line.bytes[table->line.length - 1] == '\r')
        table->line.bytes[--table->line.length] = '\0';
    return any;
}

/* ── cells ── */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One cell from *at on, which then stands at the comma or the end. */
static bool cut_cell(struct trace_table *table, size_t *at)
{
    const char *line = table->line.bytes;
    const size_t length = table->line.length;
    const int column = (int)*at + 1;
    while (*at < length && is_blank(line[*at]))
        (*at)++;
    if (table->cells == TRACE_COLUMNS)
        return error_list_add(table->faults, line_place(table, column), "more than %d columns",
                              TRACE_COLUMNS);
    table->columns_at[table->cells] = (int)*at + 1;
    table->starts[table->cells++] = table->text.length;
    if (*at < length && line[*at] == '"') {
        for ((*at)++; *at < length; (*at)++) {
            if (line[*at] == '"' && !(*at + 1 < length && line[*at + 1] == '"'))
                break;
            writer_add_char(&table->text, line[*at]);
            *at += line[*at] == '"';
        }
        if (*at >= length)
            return error_list_add(table->faults, line_place(table, column),
                                  "the quote is not closed");
        for ((*at)++; *at < length && is_blank(line[*at]);)
            (*at)++;
        if (*at < length && line[*at] != ',')
            return error_list_add(table->faults, line_place(table, (int)*at + 1),
                                  "text behind the closing quote");
    } else {
        size_t end = *at;
        while (end < length && line[end] != ',')
            end++;
        size_t last = end;
        while (last > *at && is_blank(line[last - 1]))
            last--;
        writer_add_bytes(&table->text, line + *at, last - *at);
        *at = end;
    }
    writer_add_char(&table->text, '\0');
    return true;
}

static bool cut_line(struct trace_table *table)
{
    size_t at = 0;
    table->cells = 0;
    writer_clear(&table->text);
    if (memchr(table->line.bytes, '\0', table->line.length) != NULL)
        return error_list_add(table->faults, line_place(table, 1), "a NUL byte: this is no text");
    for (;;) {
        if (!cut_cell(table, &at))
            return false;
        if (at >= table->line.length)
            return true;
        at++;
    }
}

bool trace_table_next(struct trace_table *table)
{
    while (!table->ended && table->faults->count < table->faults_before + TRACE_FAULTS) {
        const size_t before = table->faults->count;
        if (!read_line(table)) {
            table->ended = true;
            return false;
        }
        if (table->line_number == 1 && strncmp(table->line.bytes, "\xEF\xBB\xBF", 3) == 0) {
            memmove(table->line.bytes, table->line.bytes + 3, table->line.length - 2);
            table->line.length -= 3;
        }
        if (table->faults->count == before && table->line.length > 0 && cut_line(table)) {
            table->rows++;
            return true;
        }
    }
    return false;
}

bool trace_table_name_columns(struct trace_table *table)
{
    if (!trace_table_next(table))
        return error_list_add(table->faults, (struct place){ .file = table->input->name },
                              "an empty table");
    writer_add_bytes(&table->names, table->text.bytes, table->text.length);
    memcpy(table->name_starts, table->starts, sizeof table->starts);
    table->named = table->cells;
    table->rows = 0;
    return true;
}

size_t trace_table_column(struct trace_table *table, const char *name, bool needed)
{
    for (size_t i = 0; i < table->named; i++)
        if (strcmp(table->names.bytes + table->name_starts[i], name) == 0)
            return i;
    if (needed)
        error_list_add(table->faults, (struct place){ table->input->name, 1, 1 },
                       "no column is called %s", name);
    return SIZE_MAX;
}

const char *trace_table_cell(const struct trace_table *table, size_t column)
{
    return column < table->cells ? table->text.bytes + table->starts[column] : "";
}

struct place trace_table_place(const struct trace_table *table, size_t column)
{
    const int end = (int)table->line.length + 1;
    return line_place(table, column < table->cells ? table->columns_at[column] : end);
}

bool trace_table_number(struct trace_table *table, size_t column, const char *what, double least,
                        double most, double *number)
{
    const char *cell = trace_table_cell(table, column);
    const struct place place = trace_table_place(table, column);
    char *end;
    *number = strtod(cell, &end);
    if (*cell == '\0')
        return error_list_add(table->faults, place, "%s is missing", what);
    if (*end != '\0' || !isfinite(*number))
        return error_list_add(table->faults, place, "%s: \"%.60s\" is not a number", what, cell);
    if (*number < least || *number > most)
        return error_list_add(table->faults, place, "%s: %.60s is not between %g and %g", what,
                              cell, least, most);
    return true;
}

size_t trace_head_cells(const struct trace_input *input, char cells[][64], size_t most)
{
    const char *end = memchr(input->head, '\n', input->head_length);
    const char *at = input->head;
    const char *stop = end != NULL ? end : at + input->head_length;
    size_t count = 0;
    if (stop - at >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        at += 3;
    for (; count < most; at++) {
        size_t length = 0;
        while (at < stop && is_blank(*at))
            at++;
        for (; at < stop && *at != ',' && *at != '\r'; at++)
            if (length < 63)
                cells[count][length++] = *at;
        while (length > 0 && is_blank(cells[count][length - 1]))
            length--;
        cells[count++][length] = '\0';
        while (at < stop && *at != ',')
            at++;
        if (at >= stop)
            break;
    }
    return count;
}
