/* Ready against wanted over time, what took replicas, outages and rollouts.
 *
 * A page has at most MOST_TIMELINES lines, of those that lost most, and about MOST_STEPS steps in all,
 * so that it opens at once on a telephone as well; the rest stands in summary.json. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html.h"
#include "tools/report/report.h"

enum {
    MOST_TIMELINES = 40,
    MOST_STEPS = 16000,
    MOST_STEPS_IN_TABLE = 60,
    MOST_MARKS = 400,
    MOST_OUTAGES = 60
};

/* The lines of one page. */
struct timelines {
    const struct value *rows;
    const struct value **sorted; /* those that lost most first */
    unsigned *charts;            /* the number of each one's figure, in that order; 0: none */
    const struct palette *palette;
    size_t most; /* steps of each */
    double end;  /* of the run, in seconds */
};

static double seconds_of(const struct value *map, const char *key)
{
    return value_double(value_get(map, key), 0);
}

static double number_at(const struct value *list, size_t index)
{
    return value_double(value_at(list, index), 0);
}

/* ---- which ones are shown ---- */

/* Those that were down longest first, then those that were degraded longest. */
static bool lost_more(const struct value *a, const struct value *b)
{
    const double down = seconds_of(a, "downtimeSeconds"), other = seconds_of(b, "downtimeSeconds");
    return down != other ? down > other
                         : seconds_of(a, "degradedSeconds") > seconds_of(b, "degradedSeconds");
}

static const struct value **by_loss(const struct value *rows)
{
    const struct value **sorted = mem_resize(NULL, (rows->count + 1) * sizeof *sorted);
    for (size_t i = 0; i < rows->count; i++) {
        size_t place = i;
        for (; place > 0 && lost_more(rows->items[i], sorted[place - 1]); place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = rows->items[i];
    }
    return sorted;
}

/* ---- the chart ---- */

/* One column of a curve, its repeated values left out. Of a long one, of each stretch the lowest value
 * and the last: no dip is lost. */
static void add_steps(struct value *series, const struct value *curve, size_t column, size_t most,
                      double end)
{
    const size_t stretch = curve->count / (most / 2 + 1) + 1;
    double last = -1;
    for (size_t i = 0; i < curve->count; i += stretch) {
        const size_t over = i + stretch < curve->count ? i + stretch : curve->count;
        size_t lowest = i;
        for (size_t j = i; j < over; j++)
            if (number_at(curve->items[j], column) < number_at(curve->items[lowest], column))
                lowest = j;
        const size_t shown[] = { lowest, over - 1 };
        for (size_t j = 0; j < 2; j++) {
            const struct value *step = curve->items[shown[j]];
            if (number_at(step, column) != last)
                chart_add(series, "points",
                          CHART_NUMBERS(number_at(step, 0), number_at(step, column)));
            last = number_at(step, column);
        }
    }
    chart_add(series, "points", CHART_NUMBERS(end, last));
}

static void add_mark(struct value *chart, double at, const char *kind, char *first, char *second)
{
    struct value *mark = value_new_map();
    value_set(mark, "at", chart_number(at));
    value_set(mark, "kind", value_new_string(kind));
    chart_add(mark, "text", value_new_string(first));
    chart_add(mark, "text", value_new_string(second));
    chart_add(chart, "marks", mark);
    free(first);
    free(second);
}

static void add_kind(struct value *chart, const char *kind, int colour)
{
    const struct value *kinds = value_get(chart, "kinds");
    for (size_t i = 0; kinds != NULL && i < kinds->count; i++)
        if (strcmp(text_of(kinds->items[i], "name"), kind) == 0)
            return;
    struct value *map = value_new_map();
    value_set(map, "name", value_new_string(kind));
    value_set(map, "colour", value_new_int(colour));
    chart_add(chart, "kinds", map);
}

static void add_losses(struct value *chart, const struct value *row, const struct palette *palette)
{
    const struct value *losses = value_get(row, "losses");
    for (size_t i = 0; losses != NULL && i < losses->count && i < MOST_MARKS; i++) {
        const struct value *loss = losses->items[i];
        char *down = print_duration(value_get(loss, "downtimeSeconds"));
        char *missing = print_duration(value_get(loss, "notReadyReplicaSeconds"));
        add_kind(chart, text_of(loss, "kind"), palette_colour(palette, text_of(loss, "kind")));
        add_mark(chart, seconds_of(loss, "atSeconds"), text_of(loss, "kind"),
                 mem_format("%s", text_of(loss, "cause")),
                 mem_format("cost %s of downtime, and %s of missing replicas", down, missing));
        free(down);
        free(missing);
    }
}

/* The first one of a workload, which nobody needs to be told of. */
static bool is_bring_up(const struct value *rollout)
{
    return strcmp(text_of(rollout, "cause"), "bring-up") == 0;
}

static void add_rollouts(struct value *chart, const struct value *row)
{
    const struct value *rollouts = value_get(row, "rollouts");
    for (size_t i = 0; rollouts != NULL && i < rollouts->count && i < MOST_MARKS; i++) {
        const struct value *rollout = rollouts->items[i];
        if (is_bring_up(rollout))
            continue;
        char *took = print_duration(value_get(rollout, "seconds"));
        add_kind(chart, "rollout", CAUSE_COLOURS - 1);
        add_mark(chart, seconds_of(rollout, "startSeconds"), "rollout",
                 mem_format("rollout: %s", text_of(rollout, "cause")),
                 mem_format("%s after %s", text_of(rollout, "outcome"), took));
        free(took);
    }
}

static void add_bands(struct value *chart, const struct value *row, double end)
{
    const struct value *outages = value_get(row, "outages");
    for (size_t i = 0; outages != NULL && i < outages->count; i++) {
        const struct value *outage = outages->items[i];
        const struct value *over = value_get(outage, "endSeconds");
        chart_add(chart, "bands",
                  CHART_NUMBERS(seconds_of(outage, "startSeconds"), value_double(over, end)));
    }
}

static struct value *timeline(const struct value *row, const struct palette *palette, size_t most,
                              double end)
{
    const struct value *curve = value_get(row, "curve");
    char *label = mem_format("Ready and wanted replicas of %s over time", text_of(row, "name"));
    struct value *chart = chart_new("time", label);
    struct value *y = chart_axis(chart, "y", NULL, NULL);
    value_set(y, "whole", value_new_bool(true));
    struct value *wanted = chart_series(chart, "wanted");
    value_set(wanted, "style", value_new_string("wanted"));
    add_steps(wanted, curve, 1, most, end);
    struct value *ready = chart_series(chart, "ready");
    value_set(ready, "style", value_new_string("ready"));
    add_steps(ready, curve, 2, most, end);
    add_bands(chart, row, end);
    add_losses(chart, row, palette);
    add_rollouts(chart, row);
    free(label);
    return chart;
}

/* ---- its tables ---- */

static void losses_table(struct writer *out, const struct value *row)
{
    struct text_table table = { .heads = { "WHAT TOOK REPLICAS", "-AT", "-DOWNTIME IT COST",
                                           "-REPLICA TIME IT COST" } };
    const struct value *losses = value_get(row, "losses");
    for (size_t i = 0; losses != NULL && i < losses->count && i < MOST_MARKS; i++) {
        struct table_row *line = text_table_row(&table);
        line->cells[0] = mem_format("%s", text_of(losses->items[i], "cause"));
        line->cells[1] = print_duration(value_get(losses->items[i], "atSeconds"));
        line->cells[2] = print_duration(value_get(losses->items[i], "downtimeSeconds"));
        line->cells[3] = print_duration(value_get(losses->items[i], "notReadyReplicaSeconds"));
    }
    char *caption = mem_format("What took replicas of %s", text_of(row, "name"));
    html_table(out, &table, caption);
    text_table_close(&table);
    free(caption);
}

static void steps_table(struct writer *out, const struct value *row)
{
    struct text_table table = { .heads = { "FROM", "-READY", "-WANTED" } };
    const struct value *curve = value_get(row, "curve");
    for (size_t i = 0; i < curve->count && i < MOST_STEPS_IN_TABLE; i++) {
        struct table_row *line = text_table_row(&table);
        line->cells[0] = print_duration(value_at(curve->items[i], 0));
        line->cells[1] = mem_format("%.0f", number_at(curve->items[i], 2));
        line->cells[2] = mem_format("%.0f", number_at(curve->items[i], 1));
    }
    char *caption = mem_format("Steps of %s", text_of(row, "name"));
    html_table(out, &table, caption);
    if (curve->count > MOST_STEPS_IN_TABLE)
        writer_format(out, "<p class=\"faint\">The first %d of %zu; summary.json has all.</p>\n",
                      MOST_STEPS_IN_TABLE, curve->count);
    text_table_close(&table);
    free(caption);
}

static unsigned workload(struct html_page *page, const struct timelines *of,
                         const struct value *row)
{
    struct writer tables = { 0 };
    char *name = html_row_name(row, of->rows),
         *available = print_availability(value_get(row, "availability"));
    char *causes = print_causes(value_get(row, "causes"));
    char *caption = mem_format("available %s%s%s", available, causes != NULL ? "; downtime: " : "",
                               causes != NULL ? causes : "");
    losses_table(&tables, row);
    steps_table(&tables, row);
    writer_add(&page->body, "<h3>");
    html_text(&page->body, name);
    writer_add(&page->body, "</h3>\n");
    const unsigned number =
        html_figure(page, timeline(row, of->palette, of->most, of->end), caption, tables.bytes);
    writer_close(&tables);
    free(name);
    free(available);
    free(causes);
    free(caption);
    return number;
}

/* ---- outages and rollouts, which lead to the lines ---- */

static void outage_row(struct writer *out, const struct timelines *of, size_t place,
                       const struct value *outage)
{
    const struct value *row = of->sorted[place];
    const unsigned chart = of->charts[place];
    char *name = html_row_name(row, of->rows),
         *start = print_duration(value_get(outage, "startSeconds"));
    char *length = print_duration(value_get(outage, "seconds"));
    const double from = seconds_of(outage, "startSeconds");
    char *attributes =
        mem_format("data-chart=\"chart-%u\" data-from=\"%.10g\" data-to=\"%.10g\"", chart, from,
                   value_double(value_get(outage, "endSeconds"), of->end));
    html_row_begin(out, chart > 0 ? attributes : "");
    writer_add(out, "<th scope=\"row\">");
    html_text(out, name);
    writer_add(out, "</th>");
    html_cell(out, true, start);
    html_cell(out, true, length);
    html_cell(out, false, text_of(outage, "cause"));
    writer_add(out, "<td><code>seatrial why OUT ");
    html_format(out, "%s --at %s", text_of(row, "name"), start);
    writer_add(out, "</code></td>");
    html_row_end(out);
    free(name);
    free(start);
    free(length);
    free(attributes);
}

static void outages(struct html_page *page, const struct timelines *of)
{
    static const char *const heads[] = { "WORKLOAD", "-BEGAN",          "-LASTED",
                                         "CAUSE",    "THE WHOLE CHAIN", NULL };
    size_t all = 0, shown = 0;
    for (size_t i = 0; i < of->rows->count; i++) {
        const struct value *list = value_get(of->sorted[i], "outages");
        all += list != NULL ? list->count : 0;
    }
    if (all == 0)
        return;
    html_section(page, "outages", "Outages");
    html_table_begin(&page->body, heads, "Outages");
    for (size_t i = 0; i < of->rows->count; i++) {
        const struct value *list = value_get(of->sorted[i], "outages");
        for (size_t j = 0; list != NULL && j < list->count && shown < MOST_OUTAGES; j++, shown++)
            outage_row(&page->body, of, i, list->items[j]);
    }
    html_table_end(&page->body);
    if (shown < all)
        writer_format(&page->body,
                      "<p class=\"faint\">The first %zu of %zu; summary.json has all.</p>\n", shown,
                      all);
}

static void rollouts(struct html_page *page, const struct value *rows)
{
    struct text_table table = { .heads = { "WORKLOAD", "-STARTED", "-TOOK", "OUTCOME", "CAUSE" } };
    for (size_t i = 0; i < rows->count; i++) {
        const struct value *list = value_get(rows->items[i], "rollouts");
        for (size_t j = 0; list != NULL && j < list->count; j++) {
            const struct value *rollout = list->items[j];
            if (is_bring_up(rollout))
                continue;
            const bool missed = value_truth(value_get(rollout, "missedProgressDeadline"), false);
            struct table_row *line = text_table_row(&table);
            line->cells[0] = html_row_name(rows->items[i], rows);
            line->cells[1] = print_duration(value_get(rollout, "startSeconds"));
            line->cells[2] = print_duration(value_get(rollout, "seconds"));
            line->cells[3] = mem_format("%s%s", text_of(rollout, "outcome"),
                                        missed ? ", missed its progress deadline" : "");
            line->cells[4] = mem_format("%s", text_of(rollout, "cause"));
        }
    }
    if (table.count > 0)
        html_section(page, "rollouts", "Rollouts");
    html_table(&page->body, &table, "Rollouts");
    text_table_close(&table);
}

static bool has_curve(const struct value *row)
{
    const struct value *curve = value_get(row, "curve");
    return curve != NULL && curve->count > 0;
}

void html_timelines(struct html_page *page, const struct value *summary,
                    const struct palette *palette)
{
    const struct value *rows = value_get(summary, "workloads");
    if (rows == NULL || rows->count == 0)
        return;
    const size_t shown = rows->count < MOST_TIMELINES ? rows->count : MOST_TIMELINES;
    struct timelines of = { .rows = rows,
                            .sorted = by_loss(rows),
                            .charts = mem_resize(NULL, rows->count * sizeof *of.charts),
                            .palette = palette,
                            .most = MOST_STEPS / shown,
                            .end = seconds_of(summary, "durationSeconds") };
    html_section(page, "timelines", "Ready against wanted");
    writer_add(&page->body,
               "<p class=\"faint\">Solid: ready replicas. Dashed: wanted. Shaded: none was "
               "ready. A mark stands where something began that took replicas: point at "
               "it, or go there with the arrow keys, and it says what it was and what it "
               "cost.</p>\n<div class=\"timebar\" hidden></div>\n");
    for (size_t i = 0; i < rows->count; i++)
        of.charts[i] = i < shown && has_curve(of.sorted[i]) ? workload(page, &of, of.sorted[i]) : 0;
    if (shown < rows->count)
        writer_format(
            &page->body,
            "<p class=\"faint\">The %zu of %zu that lost most; summary.json has all.</p>\n", shown,
            rows->count);
    outages(page, &of);
    rollouts(page, rows);
    free(of.sorted);
    free(of.charts);
}
