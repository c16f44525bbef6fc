/* Objectives as text, and as a table whose bars show how much of the error budget is spent. */
#include "tools/report/objectives.h"

#include <stdlib.h>

#include "sim/base/memory.h"
#include "tools/report/report.h"

/* "99.9 %", of a share; "-" for null. */
static char *print_share(const struct value *share, const char *format)
{
    if (value_is_null(share))
        return mem_format("-");
    return mem_format(format, 100 * value_double(share, 0));
}

/* An amount in the unit of the row. */
static char *print_amount(const struct value *row, const char *key)
{
    const struct value *amount = value_path(row, "budget", key, NULL);
    if (value_is_null(amount))
        return mem_format("-");
    if (strcmp(text_of(row, "unit"), "seconds") == 0)
        return print_duration(amount);
    return mem_format("%.4g", value_double(amount, 0));
}

static size_t firings(const struct value *row)
{
    const struct value *alerts = value_get(row, "alerts");
    size_t count = 0;
    for (size_t i = 0; alerts != NULL && i < alerts->count; i++)
        count += (size_t)value_int(value_get(alerts->items[i], "count"), 0);
    return count;
}

void objective_row_fill(struct table_row *line, const struct value *row)
{
    const struct value *rate = value_get(row, "burnRate");
    const bool attained = value_truth(value_get(row, "attained"), false);
    line->cells[1] = mem_format("%s", attained ? "attained" : "MISSED");
    line->cells[2] = print_share(value_get(row, "target"), "%.6g %%");
    line->cells[3] = print_availability(value_get(row, "attainment"));
    line->cells[4] = print_amount(row, "total");
    line->cells[5] = print_amount(row, "spent");
    line->cells[6] = print_share(value_path(row, "budget", "leftShare", NULL), "%.1f %%");
    line->cells[7] = print_duration(value_path(row, "budget", "exhaustedSeconds", NULL));
    line->cells[8] =
        value_is_null(rate) ? mem_format("-") : mem_format("%.3g", value_double(rate, 0));
    line->cells[9] = mem_format("%zu", firings(row));
}

char *objective_found(const struct value *row)
{
    char *attainment = print_availability(value_get(row, "attainment"));
    char *target = print_share(value_get(row, "target"), "%.6g %%");
    char *left = print_share(value_path(row, "budget", "leftShare", NULL), "%.1f %%");
    char *found = mem_format("%s: %s, wanted %s; error budget left %s", text_of(row, "name"),
                             attainment, target, left);
    free(attainment);
    free(target);
    free(left);
    return found;
}

/* How much of the budget is spent, as a bar that is full at all of it. */
static void write_bar(struct writer *out, const struct value *row)
{
    const struct value *left = value_path(row, "budget", "leftShare", NULL);
    double spent = 1 - value_double(left, 1);
    if (value_is_null(left)) {
        html_cell(out, false, "-");
        return;
    }
    const bool over = spent > 1;
    spent = over ? 1 : spent < 0 ? 0 : spent;
    writer_format(out,
                  "<td><meter min=\"0\" max=\"100\" low=\"75\" high=\"99\" optimum=\"0\" "
                  "value=\"%.1f\"",
                  100 * spent);
    html_format(out, " aria-label=\"error budget of %s spent\"", text_of(row, "name"));
    writer_format(out, ">%.1f %%</meter>%s</td>", 100 * spent, over ? " overspent" : "");
}

void html_objectives(struct html_page *page, const struct value *summary)
{
    static const char *const heads[] = { "OBJECTIVE",  "",        "-TARGET",      "-ATTAINED",
                                         "-BUDGET",    "-SPENT",  "-LEFT",        "-SPENT AT",
                                         "-BURN RATE", "-ALERTS", "BUDGET SPENT", NULL };
    const struct value *rows = value_get(summary, "objectives");
    struct writer *out = &page->body;
    if (rows == NULL || rows->count == 0)
        return;
    html_section(page, "objectives", "Objectives");
    html_table_begin(out, heads, "Objectives");
    for (size_t i = 0; i < rows->count; i++) {
        struct text_table table = { 0 };
        struct table_row *line = text_table_row(&table);
        objective_row_fill(line, rows->items[i]);
        html_row_begin(out, "");
        writer_add(out, "<th scope=\"row\">");
        html_text(out, text_of(rows->items[i], "name"));
        writer_add(out, "</th>");
        for (size_t j = 1; j < TABLE_COLUMNS; j++)
            html_cell(out, heads[j][0] == '-', line->cells[j]);
        write_bar(out, rows->items[i]);
        html_row_end(out);
        text_table_close(&table);
    }
    html_table_end(out);
}
