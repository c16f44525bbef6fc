/* When requests to Services failed, and why. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html.h"
#include "tools/report/report.h"
#include "tools/report/tables.h"

enum { MOST_EPISODES = 400 };

static double seconds_of(const struct value *map, const char *key)
{
    return value_double(value_get(map, key), 0);
}

/* Episodes shorter than that are shown as if they had lasted so long. */
static double length_of(const struct value *episode)
{
    return fmax(seconds_of(episode, "endSeconds") - seconds_of(episode, "startSeconds"), 0.1);
}

static void add_episode(struct value *chart, struct value *series, const struct value *episode)
{
    const double from = seconds_of(episode, "startSeconds"), to = from + length_of(episode);
    const double failed = seconds_of(episode, "failed");
    struct value *mark = value_new_map();
    char *count = mem_format("%.6g failed", failed);
    chart_add(series, "points", CHART_NUMBERS(from, failed / length_of(episode)));
    chart_add(series, "points", CHART_NUMBERS(to, 0));
    value_set(mark, "at", chart_number(from));
    value_set(mark, "kind", value_new_string("began to fail"));
    chart_add(mark, "text", value_new_string(count));
    chart_add(mark, "text", value_new_string(text_of(episode, "cause")));
    chart_add(chart, "marks", mark);
    free(count);
}

static struct value *failures(const struct value *row, double end)
{
    const struct value *episodes = value_get(row, "episodes");
    char *label = mem_format("Failed requests a second to %s over time", text_of(row, "name"));
    struct value *chart = chart_new("time", label), *kind = value_new_map();
    chart_axis(chart, "y", "failed a second", "a second");
    struct value *series = chart_series(chart, "failed a second");
    value_set(series, "style", value_new_string("outage"));
    value_set(series, "filled", value_new_bool(true));
    chart_add(series, "points", CHART_NUMBERS(0, 0));
    value_set(kind, "name", value_new_string("began to fail"));
    value_set(kind, "colour", value_new_int(0));
    chart_add(chart, "kinds", kind);
    for (size_t i = 0; episodes != NULL && i < episodes->count && i < MOST_EPISODES; i++)
        add_episode(chart, series, episodes->items[i]);
    chart_add(series, "points", CHART_NUMBERS(end, 0));
    free(label);
    return chart;
}

static char *episodes_table(const struct value *row)
{
    struct text_table table = { .heads = { "FROM", "-LASTED", "-FAILED", "CAUSE" } };
    const struct value *episodes = value_get(row, "episodes");
    struct writer out = { 0 };
    for (size_t i = 0; episodes != NULL && i < episodes->count && i < MOST_EPISODES; i++) {
        const struct value *episode = episodes->items[i];
        struct value *length =
            chart_number(seconds_of(episode, "endSeconds") - seconds_of(episode, "startSeconds"));
        struct table_row *line = text_table_row(&table);
        line->cells[0] = print_duration(value_get(episode, "startSeconds"));
        line->cells[1] = print_duration(length);
        line->cells[2] = mem_format("%.6g", seconds_of(episode, "failed"));
        line->cells[3] = mem_format("%s", text_of(episode, "cause"));
        value_drop(length);
    }
    html_table(&out, &table, "Times in which requests failed");
    if (episodes != NULL && episodes->count > MOST_EPISODES)
        writer_format(&out, "<p class=\"faint\">The first %d of %zu; summary.json has all.</p>\n",
                      MOST_EPISODES, episodes->count);
    text_table_close(&table);
    return writer_take(&out);
}

static const struct report_table *traffic_table(void)
{
    const struct report_table *from = report_tables;
    while (strcmp(from->list, "traffic") != 0)
        from++;
    return from;
}

void html_requests(struct html_page *page, const struct value *summary)
{
    const struct value *rows = value_get(summary, "traffic");
    if (rows == NULL || rows->count == 0)
        return;
    struct text_table table = report_table_of(traffic_table(), summary);
    html_section(page, "requests", "Requests");
    html_table(&page->body, &table, "Requests to Services");
    text_table_close(&table);
    for (size_t i = 0; i < rows->count; i++) {
        if (seconds_of(rows->items[i], "failed") <= 0)
            continue;
        char *episodes = episodes_table(rows->items[i]);
        writer_add(&page->body, "<h3>Failed: ");
        html_text(&page->body, text_of(rows->items[i], "name"));
        writer_add(&page->body, "</h3>\n");
        html_figure(page, failures(rows->items[i], seconds_of(summary, "durationSeconds")),
                    "Failed requests a second, in each time in which some failed.", episodes);
        free(episodes);
    }
}
