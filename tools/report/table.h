/* Tables on a terminal: columns as wide as their cells, no line wider than 100 columns. */
#ifndef TOOLS_REPORT_TABLE_H
#define TOOLS_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/writer.h"

enum { TABLE_COLUMNS = 10, TERMINAL_WIDTH = 100 };

struct table_row {
    char *cells[TABLE_COLUMNS]; /* owned; NULL: empty */
    char *note;                 /* owned; stands below the row, indented; NULL: none */
};

struct text_table {
    const char *heads[TABLE_COLUMNS + 1]; /* ends with NULL; "-NAME" is aligned to the right */
    struct table_row *rows;
    size_t count, capacity;
};

/* An empty row at the end, to be filled with mem_format() and the like. */
struct table_row *text_table_row(struct text_table *table);

/* Write the table. The first column gives way when the line would be too wide: what does not fit
 * in it stands on a line of its own. Notes are broken between words. */
void text_table_print(const struct text_table *table, struct writer *out);
void text_table_close(struct text_table *table);

/* Write a text indented, broken between words so that no line is wider than the terminal. */
void text_wrapped(const char *text, size_t indent, struct writer *out);

/* Columns that a UTF-8 text takes (one for each code point). */
size_t text_width(const char *text);

#endif
