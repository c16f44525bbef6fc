/* Tables on a terminal. */
#include "tools/report/table.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

enum { GAP = 2, NARROWEST = 12, INDENT = 4 };

size_t text_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

struct table_row *text_table_row(struct text_table *table)
{
    MEM_GROW(table->rows, table->count, table->capacity);
    table->rows[table->count] = (struct table_row){ 0 };
    return &table->rows[table->count++];
}

static bool is_right(const struct text_table *table, size_t column)
{
    return table->heads[column][0] == '-';
}

static const char *head_of(const struct text_table *table, size_t column)
{
    return table->heads[column] + is_right(table, column);
}

static size_t measure(const struct text_table *table, size_t widths[TABLE_COLUMNS])
{
    size_t columns = 0, sum = 0;
    for (; table->heads[columns] != NULL; columns++) {
        widths[columns] = text_width(head_of(table, columns));
        for (size_t row = 0; row < table->count; row++) {
            const char *cell = table->rows[row].cells[columns];
            if (cell != NULL && text_width(cell) > widths[columns])
                widths[columns] = text_width(cell);
        }
        sum += widths[columns] + (columns ? GAP : 0);
    }
    if (sum > TERMINAL_WIDTH) {
        size_t excess = sum - TERMINAL_WIDTH;
        widths[0] = widths[0] > excess + NARROWEST ? widths[0] - excess : NARROWEST;
    }
    return columns;
}

/* The first `width` columns of a text, with an ellipsis if it is longer. */
static void print_cut(const char *text, size_t width, struct writer *out)
{
    bool cut = text_width(text) > width;
    size_t columns = 0;
    for (; *text != '\0' && columns < width - cut; text++) {
        writer_add_char(out, *text);
        if (((unsigned char)text[1] & 0xC0) != 0x80)
            columns++;
    }
    if (cut)
        writer_add(out, "…");
}

static void print_blanks(size_t count, struct writer *out)
{
    while (count-- > 0)
        writer_add_char(out, ' ');
}

static void print_line(const struct text_table *table, const size_t *widths, size_t columns,
                       char *const *cells, struct writer *out)
{
    size_t owed = 0; /* blanks at the end of a line are not written */
    for (size_t i = 0; i < columns; i++) {
        const char *cell = cells == NULL ? head_of(table, i) : cells[i] ? cells[i] : "";
        size_t width = text_width(cell) < widths[i] ? text_width(cell) : widths[i];
        size_t before = is_right(table, i) ? widths[i] - width : 0;
        if (width > 0) {
            print_blanks(owed + before, out);
            print_cut(cell, widths[i], out);
            owed = GAP + widths[i] - width - before;
        } else {
            owed += GAP + widths[i];
        }
    }
    writer_add_char(out, '\n');
}

/* A name that is too long for its column has a line of its own. */
static void print_row(const struct text_table *table, const size_t *widths, size_t columns,
                      const struct table_row *row, struct writer *out)
{
    char *cells[TABLE_COLUMNS];
    memcpy(cells, row->cells, sizeof cells);
    if (cells[0] != NULL && text_width(cells[0]) > widths[0]) {
        print_cut(cells[0], TERMINAL_WIDTH, out);
        writer_add_char(out, '\n');
        cells[0] = NULL;
    }
    print_line(table, widths, columns, cells, out);
}

void text_wrapped(const char *note, size_t indent, struct writer *out)
{
    size_t column = 0;
    while (*note != '\0') {
        size_t length = strcspn(note, " ");
        if (column > 0 && column + 1 + length > TERMINAL_WIDTH) {
            writer_add_char(out, '\n');
            column = 0;
        }
        if (column == 0)
            print_blanks(column = indent, out);
        else
            writer_add_char(out, ' '), column++;
        writer_add_bytes(out, note, length);
        column += length;
        note += length + strspn(note + length, " ");
    }
    writer_add_char(out, '\n');
}

void text_table_print(const struct text_table *table, struct writer *out)
{
    size_t widths[TABLE_COLUMNS] = { 0 };
    size_t columns = measure(table, widths);
    print_line(table, widths, columns, NULL, out);
    for (size_t row = 0; row < table->count; row++) {
        print_row(table, widths, columns, &table->rows[row], out);
        if (table->rows[row].note != NULL)
            text_wrapped(table->rows[row].note, INDENT, out);
    }
}

void text_table_close(struct text_table *table)
{
    for (size_t row = 0; row < table->count; row++) {
        for (size_t i = 0; i < TABLE_COLUMNS; i++)
            free(table->rows[row].cells[i]);
        free(table->rows[row].note);
    }
    free(table->rows);
    table->rows = NULL;
    table->count = table->capacity = 0;
}
