/* Lists of maps become tables: columns in the order in which rows first have them. */
#include "tools/export/summary_csv.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/export/csv.h"
#include "tools/files.h"

struct cell {
    char *column, *text; /* owned */
};
struct row {
    struct cell *cells; /* owned */
    size_t count, capacity;
};
struct sheet {
    char *name; /* owned */
    struct row *rows;
    size_t count, capacity;
    char **columns; /* owned, each */
    size_t column_count, column_capacity;
};
struct sheets {
    struct sheet *items;
    size_t count, capacity;
};

static struct sheet *sheet_named(struct sheets *sheets, const char *name)
{
    for (size_t i = 0; i < sheets->count; i++)
        if (strcmp(sheets->items[i].name, name) == 0)
            return &sheets->items[i];
    MEM_GROW(sheets->items, sheets->count, sheets->capacity);
    struct sheet *sheet = &sheets->items[sheets->count++];
    *sheet = (struct sheet){ .name = mem_text(name, strlen(name)) };
    return sheet;
}

static char *scalar_text(const struct value *value)
{
    switch (value->type) {
    case VALUE_BOOL:
        return mem_format("%s", value->truth ? "true" : "false");
    case VALUE_NUMBER:
    case VALUE_STRING:
        return mem_text(value->text, value->count);
    default:
        return mem_text("", 0);
    }
}

static void row_put(struct row *row, const char *column, const struct value *value)
{
    MEM_GROW(row->cells, row->count, row->capacity);
    row->cells[row->count++] =
        (struct cell){ mem_text(column, strlen(column)), scalar_text(value) };
}

static bool is_table(const struct value *value)
{
    return value->type == VALUE_LIST && value->count > 0 && value->items[0]->type == VALUE_MAP;
}

/* Scalars of a map, and those of maps in it, under "a.b". */
static void row_fill(struct row *row, const char *prefix, const struct value *map)
{
    for (size_t i = 0; i < map->count; i++) {
        char *column = mem_format("%s%s", prefix, map->entries[i].key);
        const struct value *value = map->entries[i].value;
        if (value->type == VALUE_MAP) {
            char *below = mem_format("%s.", column);
            row_fill(row, below, value);
            free(below);
        } else if (value->type != VALUE_LIST) {
            row_put(row, column, value);
        }
        free(column);
    }
}

/* What says of a nested table's rows whose they are. */
static void row_name(struct row *row, const struct value *parent)
{
    static const char *const names[] = { "kind", "namespace", "name" };
    for (size_t i = 0; parent != NULL && i < sizeof names / sizeof *names; i++) {
        const struct value *value = value_get(parent, names[i]);
        char *column = mem_format("of.%s", names[i]);
        if (value != NULL)
            row_put(row, column, value);
        free(column);
    }
}

static void add_list(struct sheets *sheets, const char *name, const struct value *list,
                     const struct value *parent)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct value *map = list->items[i];
        if (map->type != VALUE_MAP)
            continue;
        struct row row = { 0 };
        row_name(&row, parent);
        row_fill(&row, "", map);
        struct sheet *sheet = sheet_named(sheets, name);
        MEM_GROW(sheet->rows, sheet->count, sheet->capacity);
        sheet->rows[sheet->count++] = row;
        for (size_t k = 0; k < map->count; k++)
            if (is_table(map->entries[k].value)) {
                char *below = mem_format("%s_%s", name, map->entries[k].key);
                add_list(sheets, below, map->entries[k].value, map);
                free(below);
            }
    }
}

static bool column_known(const struct sheet *sheet, const char *column)
{
    for (size_t i = 0; i < sheet->column_count; i++)
        if (strcmp(sheet->columns[i], column) == 0)
            return true;
    return false;
}

static void find_columns(struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->count; i++)
        for (size_t k = 0; k < sheet->rows[i].count; k++) {
            const char *column = sheet->rows[i].cells[k].column;
            if (column_known(sheet, column))
                continue;
            MEM_GROW(sheet->columns, sheet->column_count, sheet->column_capacity);
            sheet->columns[sheet->column_count++] = mem_text(column, strlen(column));
        }
}

static const char *cell_of(const struct row *row, const char *column)
{
    for (size_t i = 0; i < row->count; i++)
        if (strcmp(row->cells[i].column, column) == 0)
            return row->cells[i].text;
    return "";
}

static bool sheet_write(struct sheet *sheet, const char *directory, struct error *error)
{
    struct writer out = { 0 };
    find_columns(sheet);
    for (size_t i = 0; i < sheet->column_count; i++) {
        writer_add(&out, i > 0 ? "," : "");
        csv_add_cell(sheet->columns[i], &out);
    }
    writer_add_char(&out, '\n');
    for (size_t row = 0; row < sheet->count; row++) {
        for (size_t i = 0; i < sheet->column_count; i++) {
            writer_add(&out, i > 0 ? "," : "");
            csv_add_cell(cell_of(&sheet->rows[row], sheet->columns[i]), &out);
        }
        writer_add_char(&out, '\n');
    }
    char *name = mem_format("%s.csv", sheet->name);
    const bool fine = file_write(directory, name, out.bytes, out.length, error);
    free(name);
    writer_close(&out);
    return fine;
}

static void sheets_close(struct sheets *sheets)
{
    for (size_t i = 0; i < sheets->count; i++) {
        struct sheet *sheet = &sheets->items[i];
        for (size_t row = 0; row < sheet->count; row++) {
            for (size_t k = 0; k < sheet->rows[row].count; k++) {
                free(sheet->rows[row].cells[k].column);
                free(sheet->rows[row].cells[k].text);
            }
            free(sheet->rows[row].cells);
        }
        for (size_t k = 0; k < sheet->column_count; k++)
            free(sheet->columns[k]);
        free(sheet->columns);
        free(sheet->rows);
        free(sheet->name);
    }
    free(sheets->items);
}

bool summary_write_csv(const struct value *summary, const char *directory, struct error *error)
{
    struct sheets sheets = { 0 };
    bool fine = true;
    for (size_t i = 0; i < summary->count; i++)
        if (is_table(summary->entries[i].value))
            add_list(&sheets, summary->entries[i].key, summary->entries[i].value, NULL);
    for (size_t i = 0; fine && i < sheets.count; i++)
        fine = sheet_write(&sheets.items[i], directory, error);
    sheets_close(&sheets);
    return fine;
}
