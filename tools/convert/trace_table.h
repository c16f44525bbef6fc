/* A table of a trace, CSV, read row by row: memory is that of one row.
 *
 *     struct trace_table table;
 *     trace_table_open(&table, input, faults);
 *     trace_table_name_columns(&table);
 *     const size_t cpu = trace_table_column(&table, "cpu_milli", true);
 *     while (trace_table_next(&table)) ... trace_table_cell(&table, cpu) ...
 *     trace_table_close(&table); */
#ifndef TOOLS_CONVERT_TRACE_TABLE_H
#define TOOLS_CONVERT_TRACE_TABLE_H

#include <stdint.h>

#include "sim/base/writer.h"
#include "tools/convert/trace_input.h"

enum {
    TRACE_COLUMNS = 64,
    TRACE_LINE_BYTES = 1 << 20, /* a longer line is a fault */
    TRACE_FAULTS = 20           /* after so many the rest is not read */
};

struct trace_table {
    struct trace_input *input; /* borrowed */
    struct error_list *faults; /* borrowed: each fault is appended, with its place */
    size_t rows;               /* that were read, without the one of names */
    char *block;               /* private from here on */
    size_t block_at, block_length, faults_before;
    struct writer line, names, text; /* the row's cells stand in text, each with a NUL */
    size_t starts[TRACE_COLUMNS], name_starts[TRACE_COLUMNS];
    int columns_at[TRACE_COLUMNS]; /* where a cell begins in its line */
    size_t cells, named;
    int line_number;
    bool ended;
};

void trace_table_open(struct trace_table *table, struct trace_input *input,
                      struct error_list *faults);
void trace_table_close(struct trace_table *table);

/* The next line with anything in it; false at the end and when it is not worth going on. Blanks around
 * cells are cut. */
bool trace_table_next(struct trace_table *table);

/* Take the first row as the names of columns. False with a fault when there is none. */
bool trace_table_name_columns(struct trace_table *table);
/* The number of a column; SIZE_MAX when it is not there, which is a fault if it is needed. */
size_t trace_table_column(struct trace_table *table, const char *name, bool needed);

/* A cell of the row, "" where it has none. Borrowed until the next row. */
const char *trace_table_cell(const struct trace_table *table, size_t column);
struct place trace_table_place(const struct trace_table *table, size_t column);

/* A cell as a number. False with a fault when it is none, or not from `least` to `most`. */
bool trace_table_number(struct trace_table *table, size_t column, const char *what, double least,
                        double most, double *number);

/* The first line of an input, cut into cells as a row would be: to recognise what it is. */
size_t trace_head_cells(const struct trace_input *input, char cells[][64], size_t most);

#endif
