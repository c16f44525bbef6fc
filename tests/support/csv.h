/* Tables of comma-separated values without quotes, plain or gzipped: traces and published figures. */
#ifndef TESTS_SUPPORT_CSV_H
#define TESTS_SUPPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv {
    char *text; /* owned: what the cells point into */
    const char **cells;
    size_t columns, rows; /* without the head */
};

/* False when the file is not there. A row that is shorter than the head has empty cells. */
bool csv_read(struct csv *csv, const char *path);
void csv_close(struct csv *csv);

/* A column by its name; `columns` when there is none. */
size_t csv_column(const struct csv *csv, const char *name);
const char *csv_cell(const struct csv *csv, size_t row, size_t column); /* "" beyond the head */
int64_t csv_int(const struct csv *csv, size_t row, size_t column);      /* 0 where it is empty */
double csv_double(const struct csv *csv, size_t row, size_t column);

#endif
