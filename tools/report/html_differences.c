/* Differences from the baseline on the same luck, and how far the luck was common. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html_experiment_private.h"
#include "tools/report/report.h"

enum {
    MOST_RESPONSES = 12,
    MOST_SCATTERS = 4,
    MOST_SERIES = 8,
    MOST_PAIRS = 200, /* of one series */
};

/* "the same luck made the interval 2.3 times narrower"; the caller frees. */
static char *print_luck(const struct value *comparison)
{
    const double correlation = number_of(comparison, "correlation");
    const double independent = number_of(comparison, "independentHalfWidth");
    const double half = (number_of(comparison, "high") - number_of(comparison, "low")) / 2;
    if (!isfinite(correlation))
        return mem_text("no common luck to be seen", 25);
    return isfinite(independent) && half > 0 ? mem_format("correlation %.2f: the interval is %.2f "
                                                          "of what it would be on luck of its own",
                                                          correlation, half / independent)
                                             : mem_format("correlation %.2f", correlation);
}

/* ---- differences ---- */

static void add_difference(struct value *chart, struct value *series, struct text_table *table,
                           const struct value *point, const struct value *comparison,
                           const struct response_view *response)
{
    const bool significant = value_truth(value_get(comparison, "significant"), false);
    const double independent = number_of(comparison, "independentHalfWidth");
    const double correlation = number_of(comparison, "correlation");
    char *luck = print_luck(comparison);
    char *p = print_probability(number_of(comparison, "adjusted"));
    char *verdict = mem_format("%s, p %s%s", significant ? "significant" : "not significant",
                               *p == '<' ? "" : "= ", p);
    struct value *notes = value_new_list();
    value_add(notes, value_new_string(verdict));
    value_add(notes, value_new_string(luck));
    chart_category(chart, text_of(point, "name"));
    chart_add(series, "values",
              CHART_NUMBERS(number_of(comparison, "low"), number_of(comparison, "difference"),
                            number_of(comparison, "high")));
    chart_add(series, "hollow", value_new_bool(!significant));
    chart_add(series, "notes", notes);
    struct table_row *line = text_table_row(table);
    line->cells[0] = mem_format("%s", text_of(point, "name"));
    line->cells[1] = print_estimate(comparison, "difference", response->unit);
    line->cells[2] = p;
    line->cells[3] = mem_format("%s", significant ? "yes" : "no");
    line->cells[4] = mem_format("%lld", (long long)value_int(value_get(comparison, "pairs"), 0));
    line->cells[5] = isfinite(correlation) ? mem_format("%.2f", correlation) : mem_text("-", 1);
    line->cells[6] =
        isfinite(independent)
            ? mem_format("%.2f", (number_of(comparison, "high") - number_of(comparison, "low")) /
                                     (2 * independent))
            : mem_text("-", 1);
    free(verdict);
    free(luck);
}

static void differences_of(struct html_page *page, const struct study_view *study,
                           const struct response_view *response)
{
    struct text_table table = { .heads = { "POINT", "-LESS THE BASELINE", "-P", "SIGNIFICANT",
                                           "-PAIRS", "-CORRELATION", "-WIDTH BY COMMON LUCK" } };
    char *label = mem_format("%s: differences from the baseline", response->title);
    struct value *chart = chart_new("intervals", label);
    struct value *series = chart_series(chart, "difference");
    chart_axis(chart, "x", "less the baseline", response->unit);
    value_set(chart, "reference", value_new_int(0));
    for (size_t i = 0; i < study->points->count; i++) {
        const struct value *point = study->points->items[i];
        const struct value *comparison = comparison_of(study, point, response);
        if (comparison != NULL && is_of_design(point) &&
            isfinite(number_of(comparison, "difference")))
            add_difference(chart, series, &table, point, comparison, response);
    }
    html_titled_figure(
        page, response->title, chart,
        response->better > 0   ? "Right of the line is better. Filled: significant; hollow: not."
        : response->better < 0 ? "Left of the line is better. Filled: significant; hollow: not."
                               : "Filled: significant; hollow: not.",
        &table, label);
    text_table_close(&table);
    free(label);
}

void html_differences(struct html_page *page, const struct study_view *study)
{
    const struct value *baseline = baseline_of(study);
    if (study->comparisons == NULL || study->comparisons->count == 0)
        return;
    html_section(page, "differences", "Differences from the baseline");
    writer_add(&page->body, "<p class=\"faint\">");
    html_format(&page->body, "Replication by replication, against %s.", text_of(baseline, "name"));
    writer_add(&page->body, "</p>\n");
    for (size_t i = 0; i < study->shown && i < MOST_RESPONSES; i++) {
        struct response_view response = response_view(study, i);
        differences_of(page, study, &response);
        response_view_close(&response);
    }
}

/* ---- pairs ---- */

static void add_pairs(struct value *chart, const struct value *baseline, const struct value *point,
                      size_t response)
{
    const struct value *left = value_get(estimate_of(baseline, response), "values");
    const struct value *right = value_get(estimate_of(point, response), "values");
    struct value *series = chart_series(chart, text_of(point, "name"));
    value_set(series, "hidden", value_new_bool(value_get(chart, "series")->count > 2));
    value_set(series, "points", value_new_list());
    const size_t count = left != NULL && right != NULL
                             ? (left->count < right->count ? left->count : right->count)
                             : 0;
    for (size_t i = 0; i < count && i < MOST_PAIRS; i++)
        chart_add(
            series, "points",
            value_is_null(left->items[i]) || value_is_null(right->items[i])
                ? value_new_null()
                : CHART_NUMBERS(value_double(left->items[i], 0), value_double(right->items[i], 0)));
}

static void scatter_of(struct html_page *page, const struct study_view *study,
                       const struct response_view *response)
{
    struct text_table table = { .heads = { "POINT", "-PAIRS", "-CORRELATION", "WHAT IT BROUGHT" } };
    const struct value *baseline = baseline_of(study);
    char *label = mem_format("%s at each point against the baseline, run by run", response->title);
    char *across = mem_format("at %s", text_of(baseline, "name"));
    struct value *chart = chart_new("scatter", label);
    chart_axis(chart, "x", across, response->unit);
    chart_axis(chart, "y", "at the other point", response->unit);
    for (size_t i = 0; i < study->points->count && table.count < MOST_SERIES; i++) {
        const struct value *point = study->points->items[i];
        const struct value *comparison = comparison_of(study, point, response);
        if (comparison == NULL || !is_of_design(point))
            continue;
        const double correlation = number_of(comparison, "correlation");
        struct table_row *line = text_table_row(&table);
        line->cells[0] = mem_format("%s", text_of(point, "name"));
        line->cells[1] =
            mem_format("%lld", (long long)value_int(value_get(comparison, "pairs"), 0));
        line->cells[2] = isfinite(correlation) ? mem_format("%.2f", correlation) : mem_text("-", 1);
        line->cells[3] = print_luck(comparison);
        add_pairs(chart, baseline, point, response->number);
    }
    html_titled_figure(page, response->title, chart, NULL, &table, label);
    text_table_close(&table);
    free(label);
    free(across);
}

void html_common_luck(struct html_page *page, const struct study_view *study)
{
    if (study->comparisons == NULL || study->comparisons->count == 0 ||
        !value_truth(value_get(study->results, "commonRandomNumbers"), false))
        return;
    html_section(page, "luck", "How far the luck was common");
    writer_add(
        &page->body,
        "<p class=\"faint\">Each mark is one replication, played at both points with the same "
        "luck. The closer the marks keep to a line, the more of the luck cancels out of the "
        "difference. On the dashed line both came to the same.</p>\n");
    for (size_t i = 0; i < study->shown && i < MOST_SCATTERS; i++) {
        struct response_view response = response_view(study, i);
        scatter_of(page, study, &response);
        response_view_close(&response);
    }
}
