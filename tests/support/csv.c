/* Comma-separated values; see csv.h. */
#include "tests/support/csv.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"

static char *read_all(const char *path)
{
    gzFile file = gzopen(path, "rb");
    struct writer text = { 0 };
    char bytes[1 << 16];
    int length;
    if (file == NULL)
        return NULL;
    while ((length = gzread(file, bytes, sizeof bytes)) > 0)
        writer_add_bytes(&text, bytes, (size_t)length);
    gzclose(file);
    return text.bytes;
}

static size_t count_of(const char *text, size_t length, char wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += text[i] == wanted;
    return count;
}

/* Cut one line into cells; returns where the next begins. */
static char *cut_line(struct csv *csv, char *line, const char **cells)
{
    char *end = strchr(line, '\n'), *next = end != NULL ? end + 1 : line + strlen(line);
    if (end != NULL)
        *end = '\0';
    line[strcspn(line, "\r")] = '\0';
    for (size_t i = 0; i < csv->columns; i++) {
        char *comma = strchr(line, ',');
        cells[i] = line;
        if (comma != NULL)
            *comma = '\0';
        line = comma != NULL ? comma + 1 : line + strlen(line);
    }
    return next;
}

bool csv_read(struct csv *csv, const char *path)
{
    *csv = (struct csv){ .text = read_all(path) };
    if (csv->text == NULL)
        return false;
    csv->columns = count_of(csv->text, strcspn(csv->text, "\n"), ',') + 1;
    const size_t lines = count_of(csv->text, strlen(csv->text), '\n') + 1;
    csv->cells = mem_new(lines * csv->columns * sizeof *csv->cells);
    size_t line = 0;
    for (char *at = csv->text; *at != '\0'; line++)
        at = cut_line(csv, at, csv->cells + line * csv->columns);
    csv->rows = line > 0 ? line - 1 : 0;
    return true;
}

void csv_close(struct csv *csv)
{
    free(csv->text);
    free(csv->cells);
    *csv = (struct csv){ 0 };
}

size_t csv_column(const struct csv *csv, const char *name)
{
    size_t column = 0;
    while (column < csv->columns && strcmp(csv->cells[column], name) != 0)
        column++;
    return column;
}

const char *csv_cell(const struct csv *csv, size_t row, size_t column)
{
    return column < csv->columns ? csv->cells[(row + 1) * csv->columns + column] : "";
}

int64_t csv_int(const struct csv *csv, size_t row, size_t column)
{
    return strtoll(csv_cell(csv, row, column), NULL, 10);
}

double csv_double(const struct csv *csv, size_t row, size_t column)
{
    return strtod(csv_cell(csv, row, column), NULL);
}
