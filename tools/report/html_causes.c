/* What downtime was lost to, at each point, as it was attributed; and what would be saved if a cause were not there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html_experiment_private.h"
#include "tools/report/report.h"

/* ---- as it was attributed ---- */

/* "replicas=1 · deployment/web", without the part that all have alike. */
static char *print_place(const struct study_view *study, const struct value *point,
                         const struct value *cause)
{
    const char *row = text_of(cause, "row"), *name = text_of(point, "name");
    bool is_only_row = true;
    for (size_t i = 0; i < study->points->count; i++) {
        const struct value *causes = value_get(study->points->items[i], "causes");
        for (size_t j = 0; causes != NULL && j < causes->count; j++)
            is_only_row &= strcmp(text_of(causes->items[j], "row"), row) == 0 &&
                           value_equal(value_get(causes->items[j], "namespace"),
                                       value_get(cause, "namespace"));
    }
    return is_only_row && *name != '\0' ? mem_format("%s", name)
                                        : mem_format("%s%s%s", name, *name ? " · " : "", row);
}

static size_t index_of(struct value *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(value_text(list->items[i], ""), name) == 0)
            return i;
    value_add(list, value_new_string(name));
    return list->count - 1;
}

static struct value *series_named(struct value *chart, const char *name)
{
    struct value *all = value_get(chart, "series");
    for (size_t i = 0; all != NULL && i < all->count; i++)
        if (strcmp(text_of(all->items[i], "name"), name) == 0)
            return all->items[i];
    return chart_series(chart, name);
}

static void add_cause(struct value *chart, struct text_table *table, char *place,
                      const struct value *cause)
{
    struct value *places = value_get(chart, "categories");
    const size_t at = index_of(places, place);
    struct value *series = series_named(chart, text_of(cause, "kind"));
    char *note = mem_format("%.1f %% of the downtime, %.3g outages a run",
                            100 * value_double(value_get(cause, "share"), 0),
                            value_double(value_get(cause, "outages"), 0));
    struct value *notes = value_new_list();
    value_add(notes, value_new_string(note));
    const struct value *before = value_get(series, "values");
    for (size_t i = before != NULL ? before->count : 0; i < at; i++) {
        chart_add(series, "values", value_new_int(0));
        chart_add(series, "notes", value_new_null());
    }
    chart_add(series, "values", chart_number(value_double(value_get(cause, "downtimeSeconds"), 0)));
    chart_add(series, "notes", notes);
    struct table_row *line = text_table_row(table);
    line->cells[0] = place;
    line->cells[1] = mem_format("%s", text_of(cause, "kind"));
    line->cells[2] = print_duration(value_get(cause, "downtimeSeconds"));
    line->cells[3] = mem_format("%.1f %%", 100 * value_double(value_get(cause, "share"), 0));
    line->cells[4] = mem_format("%.3g", value_double(value_get(cause, "outages"), 0));
    free(note);
}

void html_causes_of_points(struct html_page *page, const struct study_view *study)
{
    struct text_table table = { .heads = { "POINT", "CAUSE", "-DOWN", "-SHARE", "-OUTAGES" } };
    struct value *chart = chart_new("bars", "Downtime by cause at each point");
    value_set(chart, "stacked", value_new_bool(true));
    value_set(chart, "categories", value_new_list());
    chart_axis(chart, "x", "downtime of a run, on average", "seconds");
    for (size_t i = 0; i < study->points->count; i++) {
        const struct value *point = study->points->items[i], *causes = value_get(point, "causes");
        for (size_t j = 0; is_of_design(point) && causes != NULL && j < causes->count; j++)
            if (value_double(value_get(causes->items[j], "downtimeSeconds"), 0) > 0)
                add_cause(chart, &table, print_place(study, point, causes->items[j]),
                          causes->items[j]);
    }
    if (table.count == 0) {
        value_drop(chart);
    } else {
        struct writer text = { 0 };
        html_section(page, "causes", "Downtime by cause");
        html_table(&text, &table, "Downtime by cause at each point");
        html_figure(
            page, chart,
            "As it was attributed, run by run: the parts add up to the downtime. Points that "
            "were never down are left out.",
            text.bytes);
        writer_close(&text);
    }
    text_table_close(&table);
}

/* ---- as it would be without ---- */

/* What is better without the cause, as a number that is positive when it is. */
struct gain {
    const struct value *of;
    double low, mean, high;
};

static struct gain gain_of(const struct value *row, const struct response_view *response)
{
    const double low = number_of(row, "low"), high = number_of(row, "high");
    return response->better > 0 ? (struct gain){ row, -high, -number_of(row, "saved"), -low }
                                : (struct gain){ row, low, number_of(row, "saved"), high };
}

static int by_gain(const void *a, const void *b)
{
    const struct gain *left = a, *right = b;
    return left->mean != right->mean
               ? (left->mean < right->mean) - (left->mean > right->mean)
               : strcmp(text_of(left->of, "cause"), text_of(right->of, "cause"));
}

static size_t gains_of(const struct study_view *study, const struct response_view *response,
                       struct gain *gains)
{
    const struct value *list = value_get(study->results, "counterfactual");
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(text_of(list->items[i], "response"), text_of(response->of, "name")) == 0)
            gains[count++] = gain_of(list->items[i], response);
    qsort(gains, count, sizeof *gains, by_gain);
    return count;
}

static void ranking_of(struct html_page *page, const struct study_view *study,
                       const struct response_view *response, struct gain *gains)
{
    struct text_table table = { .heads = { "WITHOUT", "-BETTER BY", "-IT WOULD BE", "-P" } };
    const size_t count = gains_of(study, response, gains);
    char *label = mem_format("%s: what it would gain without each cause", response->title);
    struct value *chart = chart_new("intervals", label);
    struct value *series = chart_series(chart, "gain");
    struct writer text = { 0 };
    chart_axis(chart, "x", response->better != 0 ? "better by" : "baseline less what it would be",
               response->unit);
    value_set(chart, "reference", value_new_int(0));
    for (size_t i = 0; i < count; i++) {
        struct table_row *line = text_table_row(&table);
        char *p = print_probability(number_of(gains[i].of, "adjusted"));
        char *note = mem_format("p %s%s", *p == '<' ? "" : "= ", p);
        struct value *notes = value_new_list();
        value_add(notes, value_new_string(note));
        chart_category(chart, text_of(gains[i].of, "cause"));
        chart_add(series, "values", CHART_NUMBERS(gains[i].low, gains[i].mean, gains[i].high));
        chart_add(series, "hollow", value_new_bool(gains[i].low <= 0 && gains[i].high >= 0));
        chart_add(series, "notes", notes);
        line->cells[0] = mem_format("%s", text_of(gains[i].of, "cause"));
        line->cells[1] =
            print_with_interval(gains[i].mean, gains[i].low, gains[i].high, response->unit);
        line->cells[2] = print_value(number_of(gains[i].of, "mean"), response->unit);
        line->cells[3] = p;
        free(note);
    }
    html_table(&text, &table, label);
    if (count > 0) {
        writer_add(&page->body, "<h3>");
        html_text(&page->body, response->title);
        writer_add(&page->body, "</h3>\n");
        html_figure(page, chart, NULL, text.bytes);
    } else {
        value_drop(chart);
    }
    writer_close(&text);
    text_table_close(&table);
    free(label);
}

void html_counterfactual(struct html_page *page, const struct study_view *study)
{
    const struct value *list = value_get(study->results, "counterfactual");
    if (list == NULL || list->count == 0)
        return;
    struct gain *gains = mem_resize(NULL, list->count * sizeof *gains);
    html_section(page, "counterfactual", "If a cause were not there");
    writer_add(
        &page->body,
        "<p class=\"faint\">Each cause of failure switched off in turn, at the baseline and on the "
        "same luck. This need not be what was attributed to it: one cause may hide another. "
        "Filled: the interval is clear of zero.</p>\n");
    for (size_t i = 0; i < study->shown; i++) {
        struct response_view response = response_view(study, i);
        ranking_of(page, study, &response, gains);
        response_view_close(&response);
    }
    free(gains);
}
