/* Reading table files and counting the rows that agree. */
#include "tests/support/tables.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

static const struct table *const tables[] = {
    &quantity_table, &intstr_table, &fenceposts_table, &selectors_table,   &yaml_table,
    &creates_table,  &hashes_table, &builtin_table,    &podsecurity_table, &patches_table,
};

/* ── rows ── */

struct reader {
    const char *at, *end;
    struct value *columns; /* of a CSV file: its header as a list of texts; NULL for JSON lines */
};

static bool read_file(const char *path, struct writer *bytes)
{
    gzFile file = gzopen(path, "rb");
    char block[1 << 16];
    int length = -1;
    while (file != NULL && (length = gzread(file, block, sizeof block)) > 0)
        writer_add_bytes(bytes, block, (size_t)length);
    if (file != NULL)
        gzclose(file);
    return file != NULL && length == 0;
}

/* One CSV field: up to a comma or line end, or in quotes, of which two stand for one. */
static struct value *read_field(struct reader *reader)
{
    struct writer text = { 0 };
    bool quoted = reader->at < reader->end && *reader->at == '"';
    if (quoted)
        reader->at++;
    for (; reader->at < reader->end; reader->at++) {
        if (quoted && *reader->at == '"' &&
            (reader->at + 1 == reader->end || reader->at[1] != '"')) {
            reader->at++;
            break;
        }
        if (!quoted && (*reader->at == ',' || *reader->at == '\n'))
            break;
        reader->at += quoted && *reader->at == '"';
        writer_add_char(&text, *reader->at);
    }
    struct value *field = value_new_text(text.bytes == NULL ? "" : text.bytes, text.length);
    writer_close(&text);
    return field;
}

static struct value *read_fields(struct reader *reader)
{
    struct value *fields = value_new_list();
    for (;;) {
        value_add(fields, read_field(reader));
        if (reader->at == reader->end || *reader->at++ == '\n')
            return fields;
    }
}

static struct value *next_csv_row(struct reader *reader)
{
    struct value *fields = read_fields(reader), *row = value_new_map();
    for (size_t i = 0; i < fields->count && i < reader->columns->count; i++)
        value_set(row, reader->columns->items[i]->text, value_hold(fields->items[i]));
    value_drop(fields);
    return row;
}

/* One line, NULL when it cannot be read. */
static struct value *next_json_row(struct reader *reader)
{
    const char *line = reader->at;
    const char *newline = memchr(line, '\n', (size_t)(reader->end - line));
    size_t length = (size_t)((newline == NULL ? reader->end : newline) - line);
    struct error error = { 0 };
    struct value *row = json_read(line, length, (struct place){ NULL, 1, 1 }, NULL, &error);
    reader->at = newline == NULL ? reader->end : newline + 1;
    error_close(&error);
    return row;
}

/* False at the end. */
static bool next_row(struct reader *reader, struct value **row)
{
    if (reader->at == reader->end)
        return false;
    *row = reader->columns != NULL ? next_csv_row(reader) : next_json_row(reader);
    return true;
}

bool table_each(const char *path, table_row_fn *see, void *context)
{
    struct writer bytes = { 0 };
    bool read = read_file(path, &bytes);
    struct reader reader = { .at = bytes.bytes, .end = bytes.bytes + bytes.length };
    if (bytes.length > 0 && bytes.bytes[0] != '{')
        reader.columns = read_fields(&reader);
    bool more = read;
    for (struct value *row; more && next_row(&reader, &row); value_drop(row))
        more = see(context, row);
    value_drop(reader.columns);
    writer_close(&bytes);
    return read;
}

/* ── formats ── */

static const struct table *recognise(const struct value *row)
{
    for (size_t i = 0; row != NULL && i < sizeof tables / sizeof *tables; i++) {
        size_t found = 0;
        while (tables[i]->columns[found] != NULL && value_get(row, tables[i]->columns[found]))
            found++;
        if (tables[i]->columns[found] == NULL)
            return tables[i];
    }
    return NULL;
}

static void count_row(const struct table *table, const struct value *row,
                      struct table_counts *counts, struct writer *details)
{
    if (row == NULL) {
        counts->compared++;
        if (details != NULL)
            writer_format(details, "  %s row %zu cannot be read\n", table->name, counts->compared);
        return;
    }
    struct writer why = { 0 };
    bool agrees = table->agrees(row, &why);
    counts->compared++;
    counts->agreed += agrees;
    counts->remarks += agrees && why.length > 0;
    if ((!agrees || why.length > 0) && details != NULL) {
        char *text = json_text(row, (struct json_style){ 0 });
        writer_format(details, "  %s row %zu: %s\n    %.300s\n", table->name, counts->compared,
                      why.bytes == NULL ? "differs" : why.bytes, text);
        free(text);
    }
    writer_close(&why);
}

struct run_of_table {
    const struct table *table;
    struct table_counts *counts;
    struct writer *details;
};

static bool run_row(void *context, const struct value *row)
{
    struct run_of_table *run = context;
    if (run->table == NULL)
        run->table = recognise(row);
    if (run->table != NULL &&
        (row == NULL || run->table->applies == NULL || run->table->applies(row)))
        count_row(run->table, row, run->counts, run->details);
    return run->table != NULL;
}

bool table_run(const char *path, struct table_counts *counts, struct writer *details)
{
    struct run_of_table run = { NULL, counts, details };
    *counts = (struct table_counts){ 0 };
    bool read = table_each(path, run_row, &run);
    counts->name = run.table == NULL ? NULL : run.table->name;
    return read;
}

/* ── what rows need ── */

bool table_expect(struct writer *why, const char *what, const char *got, const char *want)
{
    if (strcmp(got, want) == 0)
        return true;
    writer_format(why, "%s: got %s, want %s; ", what, got, want);
    return false;
}

const char *table_text(const struct value *row, const char *column)
{
    return value_text(value_get(row, column), "");
}
