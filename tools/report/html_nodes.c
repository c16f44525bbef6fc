/* How full the nodes were: all of them over time, and each on average. */
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tools/report/html.h"
#include "tools/report/report.h"

enum { MOST_BARS = 40, MOST_NODES = 200, MOST_STRETCHES_IN_TABLE = 60 };

static char *print_percent(const struct value *fraction)
{
    return mem_format("%.1f %%", 100 * value_double(fraction, 0));
}

/* ---- over time ---- */

static double middle_of(const struct value *utilisation, size_t index, double end)
{
    const double every = value_double(value_get(utilisation, "everySeconds"), 1);
    const double from = every * (double)index, to = from + every;
    return (from + (to < end ? to : end)) / 2;
}

static void add_history(struct value *chart, const struct value *utilisation, const char *list,
                        const char *name, int colour, double end)
{
    const struct value *means = value_get(utilisation, list);
    struct value *series = chart_series(chart, name);
    value_set(series, "smooth", value_new_bool(true));
    value_set(series, "colour", value_new_int(colour));
    value_set(series, "dash", value_new_int(colour == 1 ? 0 : 1));
    for (size_t i = 0; i < means->count; i++) {
        char *mean = mem_format("%.4g", value_double(means->items[i], 0));
        struct value *point = value_new_list();
        value_add(point, chart_number(middle_of(utilisation, i, end)));
        value_add(point, value_new_number(mean));
        chart_add(series, "points", point);
        free(mean);
    }
}

static char *history_table(const struct value *utilisation)
{
    struct text_table table = { .heads = { "FROM", "-CPU", "-MEMORY", "-PODS", "-READY NODES" } };
    const struct value *cpu = value_get(utilisation, "cpu");
    const double every = value_double(value_get(utilisation, "everySeconds"), 1);
    const size_t stride = cpu->count / MOST_STRETCHES_IN_TABLE + 1;
    struct writer out = { 0 };
    for (size_t i = 0; i < cpu->count; i += stride) {
        struct value *from = chart_number(every * (double)i);
        struct table_row *line = text_table_row(&table);
        line->cells[0] = print_duration(from);
        line->cells[1] = print_percent(cpu->items[i]);
        line->cells[2] = print_percent(value_at(value_get(utilisation, "memory"), i));
        line->cells[3] =
            mem_format("%.1f", value_double(value_at(value_get(utilisation, "pods"), i), 0));
        line->cells[4] =
            mem_format("%.2f", value_double(value_at(value_get(utilisation, "readyNodes"), i), 0));
        value_drop(from);
    }
    html_table(&out, &table, "Utilisation over time");
    text_table_close(&table);
    return writer_take(&out);
}

static void over_time(struct html_page *page, const struct value *summary)
{
    const struct value *utilisation = value_get(summary, "utilisation");
    const struct value *cpu = value_get(utilisation, "cpu");
    const double end = value_double(value_get(summary, "durationSeconds"), 0);
    if (cpu == NULL || cpu->count == 0)
        return;
    struct value *chart = chart_new("time", "Requested CPU and memory of all nodes over time");
    value_set(chart, "tall", value_new_bool(true));
    chart_axis(chart, "y", NULL, "share");
    add_history(chart, utilisation, "cpu", "cpu", 1, end);
    add_history(chart, utilisation, "memory", "memory", 2, end);
    char *every = print_duration(value_get(utilisation, "everySeconds"));
    char *caption = mem_format("What pods request, of what is allocatable on all nodes together: "
                               "averages over %s.",
                               every);
    char *table = history_table(utilisation);
    writer_add(&page->body, "<div class=\"timebar\" hidden></div>\n");
    html_figure(page, chart, caption, table);
    free(every);
    free(caption);
    free(table);
}

/* ---- each of them ---- */

static char *nodes_table(const struct value *rows)
{
    struct text_table table = { .heads = { "NODE", "ZONE", "-READY", "-CPU REQUESTED",
                                           "-MEMORY REQUESTED", "-PODS", "-FRAGMENTATION" } };
    struct writer out = { 0 };
    for (size_t i = 0; i < rows->count && i < MOST_NODES; i++) {
        const struct value *row = rows->items[i];
        struct table_row *line = text_table_row(&table);
        line->cells[0] = mem_format("%s", text_of(row, "name"));
        line->cells[1] = mem_format("%s", text_of(row, "zone"));
        line->cells[2] = print_availability(value_get(row, "ready"));
        line->cells[3] = print_percent(value_get(row, "cpuUtilisation"));
        line->cells[4] = print_percent(value_get(row, "memoryUtilisation"));
        line->cells[5] = mem_format("%.1f", value_double(value_get(row, "pods"), 0));
        line->cells[6] = print_percent(value_get(row, "fragmentation"));
    }
    html_table(&out, &table, "Nodes");
    if (rows->count > MOST_NODES)
        writer_format(&out, "<p class=\"faint\">The first %d of %zu; summary.json has all.</p>\n",
                      MOST_NODES, rows->count);
    text_table_close(&table);
    return writer_take(&out);
}

static void add_nodes(struct value *chart, const struct value *rows, const char *key,
                      const char *name, int colour)
{
    struct value *series = chart_series(chart, name);
    value_set(series, "colour", value_new_int(colour));
    for (size_t i = 0; i < rows->count; i++)
        chart_add(series, "values", chart_number(value_double(value_get(rows->items[i], key), 0)));
}

static void each_node(struct html_page *page, const struct value *rows)
{
    char *table = nodes_table(rows);
    if (rows->count > MOST_BARS) {
        writer_add(&page->body, table);
    } else {
        struct value *chart = chart_new("bars", "Requested CPU and memory of each node");
        chart_axis(chart, "x", "requested, on average over time", "share");
        for (size_t i = 0; i < rows->count; i++)
            chart_category(chart, text_of(rows->items[i], "name"));
        add_nodes(chart, rows, "cpuUtilisation", "cpu", 1);
        add_nodes(chart, rows, "memoryUtilisation", "memory", 2);
        html_figure(page, chart, "Each node on average, while it was there.", table);
    }
    free(table);
}

void html_nodes(struct html_page *page, const struct value *summary)
{
    const struct value *rows = value_get(summary, "nodes");
    if (rows == NULL || rows->count == 0)
        return;
    html_section(page, "nodes", "Utilisation of nodes");
    over_time(page, summary);
    each_node(page, rows);
}
