/* How available workloads and Services were, and what was lost to what. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html.h"
#include "tools/report/report.h"

static size_t count_of(const struct value *map, const char *key)
{
    const struct value *list = value_get(map, key);
    return list != NULL ? list->count : 0;
}

/* ---- downtime by cause ---- */

static bool has_downtime(const struct value *row)
{
    return value_double(value_get(row, "downtimeSeconds"), 0) > 0;
}

static const struct value *cause_of(const struct value *row, const char *kind)
{
    const struct value *causes = value_get(row, "causes");
    for (size_t i = 0; causes != NULL && i < causes->count; i++)
        if (strcmp(text_of(causes->items[i], "kind"), kind) == 0)
            return causes->items[i];
    return NULL;
}

static bool cost_downtime(const struct value *rows, const char *kind)
{
    for (size_t i = 0; i < rows->count; i++)
        if (value_double(value_get(cause_of(rows->items[i], kind), "downtimeSeconds"), 0) > 0)
            return true;
    return false;
}

/* A series for each kind of cause: what each of the rows with downtime lost to it. */
static void add_cause(struct value *chart, const struct value *rows, const char *kind, int colour)
{
    struct value *series = chart_series(chart, kind);
    value_set(series, "colour", value_new_int(colour));
    for (size_t i = 0; i < rows->count; i++) {
        if (!has_downtime(rows->items[i]))
            continue;
        const struct value *cause = cause_of(rows->items[i], kind);
        const double share = value_double(value_get(cause, "downtimeShare"), 0);
        char *note = mem_format("%.1f %% of its downtime, %lld outages", 100 * share,
                                (long long)value_int(value_get(cause, "outages"), 0));
        struct value *notes = value_new_list();
        value_add(notes, value_new_string(note));
        chart_add(series, "values",
                  chart_number(value_double(value_get(cause, "downtimeSeconds"), 0)));
        chart_add(series, "notes", notes);
        free(note);
    }
}

static char *causes_table(const struct value *rows)
{
    struct text_table table = { .heads = { "WORKLOAD", "CAUSE", "-DOWN", "-SHARE", "-OUTAGES",
                                           "-REPLICAS LOST", "-REPLICA TIME LOST" } };
    struct writer out = { 0 };
    for (size_t i = 0; i < rows->count; i++) {
        const struct value *causes = value_get(rows->items[i], "causes");
        for (size_t j = 0; causes != NULL && j < causes->count; j++) {
            const struct value *cause = causes->items[j];
            struct table_row *line = text_table_row(&table);
            line->cells[0] = html_row_name(rows->items[i], rows);
            line->cells[1] = mem_format("%s", text_of(cause, "kind"));
            line->cells[2] = print_duration(value_get(cause, "downtimeSeconds"));
            line->cells[3] =
                mem_format("%.1f %%", 100 * value_double(value_get(cause, "downtimeShare"), 0));
            line->cells[4] =
                mem_format("%lld", (long long)value_int(value_get(cause, "outages"), 0));
            line->cells[5] =
                mem_format("%lld", (long long)value_int(value_get(cause, "replicasLost"), 0));
            line->cells[6] = print_duration(value_get(cause, "notReadyReplicaSeconds"));
        }
    }
    html_table(&out, &table, "What was lost to what");
    text_table_close(&table);
    return writer_take(&out);
}

static void downtime_by_cause(struct html_page *page, const struct value *rows,
                              const struct palette *palette)
{
    struct value *chart = chart_new("bars", "Downtime of each workload by its causes");
    bool some = false;
    value_set(chart, "stacked", value_new_bool(true));
    chart_axis(chart, "x", "time without a ready replica", "seconds");
    for (size_t i = 0; i < rows->count; i++) {
        if (!has_downtime(rows->items[i]))
            continue;
        some = true;
        char *name = html_row_name(rows->items[i], rows);
        chart_category(chart, name);
        free(name);
    }
    for (size_t k = 0; k < CAUSE_COLOURS && palette->kinds[k] != NULL; k++)
        if (cost_downtime(rows, palette->kinds[k]))
            add_cause(chart, rows, palette->kinds[k], (int)k);
    if (!some) {
        value_drop(chart);
        return;
    }
    char *table = causes_table(rows);
    writer_add(&page->body, "<h3>Downtime by cause</h3>\n");
    html_figure(page, chart,
                "The attribution of this run: each second without a ready replica goes to what the "
                "longest missing replica was lost to, so that the parts add up.",
                table);
    free(table);
}

/* ---- tables ---- */

static void rows_table(struct writer *out, const struct value *rows, const char *head,
                       const char *caption)
{
    struct text_table table = { .heads = { head, "-READY", "-AVAILABLE", "-DOWN", "-OUTAGES",
                                           "-DEGRADED", "-BROUGHT UP IN", "-MENDED, P95" } };
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        const struct value *row = rows->items[i];
        struct table_row *line = text_table_row(&table);
        line->cells[0] = html_row_name(row, rows);
        line->cells[1] = mem_format("%lld/%lld", (long long)value_int(value_get(row, "ready"), 0),
                                    (long long)value_int(value_get(row, "wanted"), 0));
        line->cells[2] = print_availability(value_get(row, "availability"));
        line->cells[3] = print_duration(value_get(row, "downtimeSeconds"));
        line->cells[4] = mem_format("%zu", count_of(row, "outages"));
        line->cells[5] = print_duration(value_get(row, "degradedSeconds"));
        line->cells[6] = print_duration(value_get(row, "bringUpSeconds"));
        line->cells[7] = print_duration(value_path(row, "recover", "p95", NULL));
        line->note = print_row_note(row);
    }
    if (table.count > 0)
        writer_format(out, "<h3>%s</h3>\n", caption);
    html_table(out, &table, caption);
    text_table_close(&table);
}

void html_availability(struct html_page *page, const struct value *summary,
                       const struct palette *palette)
{
    const struct value *workloads = value_get(summary, "workloads");
    if (workloads == NULL || workloads->count == 0)
        return;
    html_section(page, "availability", "Availability");
    downtime_by_cause(page, workloads, palette);
    rows_table(&page->body, workloads, "WORKLOAD", "Workloads");
    rows_table(&page->body, value_get(summary, "services"), "SERVICE", "Services");
}
