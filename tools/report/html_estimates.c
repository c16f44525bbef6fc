/* Estimates of an experiment: with their intervals, point by point; how far single runs spread; and how the interval
 * shrank while more was played. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/stat/interval.h"
#include "tools/report/html_experiment_private.h"
#include "tools/report/report.h"

enum {
    MOST_RESPONSES = 12,
    MOST_FURTHER = 4,    /* responses with charts of spread and convergence */
    MOST_SERIES = 8,     /* as many shapes and patterns as there are */
    MOST_CONVERGING = 6, /* points with a line of convergence */
    CONVERGENCE_STEPS = 40,
};

/* ---- which factor makes series ---- */

/* In a full factorial of two or more factors the levels of the last one stand side by side; NULL: every point
 * is a row. */
static const struct value *factor_of_series(const struct study_view *study)
{
    const struct value *factors = value_get(study->results, "factors");
    const size_t count = factors != NULL ? factors->count : 0;
    if (count < 2 || strcmp(text_of(study->results, "design"), "fullFactorial") != 0)
        return NULL;
    const struct value *last = factors->items[count - 1];
    const size_t levels = value_get(last, "levels")->count;
    return levels >= 2 && levels <= MOST_SERIES ? last : NULL;
}

/* "replicas=2 zones=3": a point's name without the factor of the series. */
static char *print_row(const struct value *point, const struct value *factor)
{
    const struct value *levels = value_get(point, "levels");
    struct writer out = { 0 };
    if (factor == NULL || levels == NULL)
        return mem_format("%s", *text_of(point, "name") ? text_of(point, "name") : "all runs");
    for (size_t i = 0; i < levels->count; i++)
        if (strcmp(levels->entries[i].key, text_of(factor, "name")) != 0)
            writer_format(&out, "%s%s=%s", out.length > 0 ? " " : "", levels->entries[i].key,
                          value_text(levels->entries[i].value, ""));
    return writer_take(&out);
}

static size_t row_of(struct value *chart, const char *name)
{
    const struct value *rows = value_get(chart, "categories");
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        if (strcmp(value_text(rows->items[i], ""), name) == 0)
            return i;
    chart_category(chart, name);
    return value_get(chart, "categories")->count - 1;
}

static struct value *series_of(struct value *chart, const char *name)
{
    struct value *all = value_get(chart, "series");
    for (size_t i = 0; all != NULL && i < all->count; i++)
        if (strcmp(text_of(all->items[i], "name"), name) == 0)
            return all->items[i];
    return chart_series(chart, name);
}

/* Nulls up to a row that the series has nothing of. */
static void fill_up(struct value *series, const char *key, size_t count)
{
    const struct value *list = value_get(series, key);
    for (size_t i = list != NULL ? list->count : 0; i < count; i++)
        chart_add(series, key, value_new_null());
}

/* ---- intervals ---- */

static void add_estimate(struct value *chart, const struct value *point, size_t response,
                         const struct value *factor)
{
    const struct value *estimate = estimate_of(point, response);
    char *row = print_row(point, factor);
    const size_t place = row_of(chart, row);
    char *name = factor == NULL
                     ? mem_format("estimate")
                     : mem_format("%s=%s", text_of(factor, "name"),
                                  text_of(value_get(point, "levels"), text_of(factor, "name")));
    struct value *series = series_of(chart, name), *notes = value_new_list();
    char *note = mem_format("%lld runs", (long long)value_int(value_get(estimate, "count"), 0));
    value_add(notes, value_new_string(note));
    fill_up(series, "values", place);
    fill_up(series, "notes", place);
    chart_add(series, "values",
              isfinite(number_of(estimate, "mean"))
                  ? CHART_NUMBERS(number_of(estimate, "low"), number_of(estimate, "mean"),
                                  number_of(estimate, "high"))
                  : value_new_null());
    chart_add(series, "notes", notes);
    free(note);
    free(name);
    free(row);
}

static void set_bounds(struct value *axis, const struct response_view *response)
{
    if (response->unit != NULL && strcmp(response->unit, "share") == 0)
        value_set(axis, "within", CHART_NUMBERS(0, 1));
}

static char *estimates_table(const struct study_view *study, const struct response_view *response)
{
    struct text_table table = { .heads = { "POINT", "-RUNS", "-ESTIMATE", "-DEVIATION", "-LEAST",
                                           "-MEDIAN", "-P95", "-MOST" } };
    static const char *const keys[] = { "standardDeviation", "least", "median", "p95", "most" };
    struct writer out = { 0 };
    for (size_t i = 0; i < study->points->count; i++) {
        const struct value *point = study->points->items[i];
        const struct value *estimate = estimate_of(point, response->number);
        if (!is_of_design(point))
            continue;
        struct table_row *line = text_table_row(&table);
        const long long missing = value_int(value_get(estimate, "missing"), 0);
        line->cells[0] = print_row(point, NULL);
        line->cells[1] = mem_format("%lld", (long long)value_int(value_get(estimate, "count"), 0));
        line->cells[2] = print_estimate(estimate, "mean", response->unit);
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            line->cells[3 + j] = print_value(number_of(estimate, keys[j]), response->unit);
        if (missing > 0)
            line->note =
                mem_format("%lld run%s without a value left out", missing, missing == 1 ? "" : "s");
    }
    html_table(&out, &table, response->title);
    text_table_close(&table);
    return writer_take(&out);
}

static void estimates_of(struct html_page *page, const struct study_view *study,
                         const struct response_view *response)
{
    char *label = mem_format("%s at each point, with intervals", response->title);
    char *caption = mem_format("%sThe whisker is the %.4g %% interval of the mean.",
                               response->better > 0   ? "Higher is better. "
                               : response->better < 0 ? "Lower is better. "
                                                      : "",
                               100 * value_double(value_get(study->results, "confidence"), 0.95));
    struct value *chart = chart_new("intervals", label);
    const struct value *factor = factor_of_series(study);
    set_bounds(chart_axis(chart, "x", NULL, response->unit), response);
    for (size_t i = 0; i < study->points->count; i++)
        if (is_of_design(study->points->items[i]))
            add_estimate(chart, study->points->items[i], response->number, factor);
    char *table = estimates_table(study, response);
    writer_add(&page->body, "<h3>");
    html_text(&page->body, response->title);
    writer_add(&page->body, "</h3>\n");
    html_figure(page, chart, caption, table);
    free(table);
    free(label);
    free(caption);
}

/* What needs no chart. */
static void tell_the_same(struct writer *out, const struct study_view *study)
{
    if (study->shown == study->responses->count)
        return;
    writer_add(out, "<p>The same in every run, at every point: ");
    for (size_t i = study->shown; i < study->responses->count; i++) {
        struct response_view response = response_view(study, i);
        char *value = print_value(
            number_of(estimate_of(baseline_of(study), response.number), "mean"), response.unit);
        html_format(out, "%s%s (%s)", i > study->shown ? ", " : "", response.title, value);
        free(value);
        response_view_close(&response);
    }
    writer_add(out, ".</p>\n");
}

void html_estimates(struct html_page *page, const struct study_view *study)
{
    if (study->points->count == 0 || study->responses->count == 0)
        return;
    html_section(page, "estimates", "Estimates with their intervals");
    for (size_t i = 0; i < study->shown && i < MOST_RESPONSES; i++) {
        struct response_view response = response_view(study, i);
        estimates_of(page, study, &response);
        response_view_close(&response);
    }
    tell_the_same(&page->body, study);
    if (study->shown > MOST_RESPONSES)
        writer_format(&page->body,
                      "<p class=\"faint\">The first %d of %zu; results.json has all.</p>\n",
                      MOST_RESPONSES, study->shown);
}

/* ---- spread ---- */

static void spread_of(struct html_page *page, const struct study_view *study,
                      const struct response_view *response)
{
    static const char *const marks[] = { "least", "median", "p95", "most" };
    char *label = mem_format("%s of single runs", response->title);
    struct value *chart = chart_new("quantiles", label);
    bool some = false;
    set_bounds(chart_axis(chart, "x", NULL, response->unit), response);
    for (size_t j = 0; j < sizeof marks / sizeof *marks; j++)
        chart_add(chart, "marks", value_new_string(marks[j]));
    for (size_t i = 0; i < study->points->count; i++) {
        const struct value *point = study->points->items[i];
        const struct value *estimate = estimate_of(point, response->number);
        if (!is_of_design(point) || !isfinite(number_of(estimate, "median")))
            continue;
        struct value *values = value_new_list();
        char *row = print_row(point, NULL);
        for (size_t j = 0; j < sizeof marks / sizeof *marks; j++)
            value_add(values, chart_number(number_of(estimate, marks[j])));
        chart_category(chart, row);
        chart_add(chart, "values", values);
        free(row);
        some = true;
    }
    free(label);
    if (!some) {
        value_drop(chart);
        return;
    }
    char *table = estimates_table(study, response);
    writer_add(&page->body, "<h3>");
    html_text(&page->body, response->title);
    writer_add(&page->body, "</h3>\n");
    html_figure(page, chart, NULL, table);
    free(table);
}

void html_spread(struct html_page *page, const struct study_view *study)
{
    if (study->points->count == 0 || study->responses->count == 0)
        return;
    html_section(page, "spread", "How far single runs spread");
    writer_add(&page->body, "<p class=\"faint\">An interval above says how well the mean is known. "
                            "This is what one month, or one run, may bring.</p>\n");
    for (size_t i = 0; i < study->shown && i < MOST_FURTHER; i++) {
        struct response_view response = response_view(study, i);
        spread_of(page, study, &response);
        response_view_close(&response);
    }
}

/* ---- convergence ---- */

/* The values of an estimate that are there, in the order of replications; the caller frees. */
static double *values_of(const struct value *estimate, size_t *count)
{
    const struct value *list = value_get(estimate, "values");
    double *values = mem_resize(NULL, (list != NULL ? list->count + 1 : 1) * sizeof *values);
    *count = 0;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (!value_is_null(list->items[i]))
            values[(*count)++] = value_double(list->items[i], 0);
    return values;
}

static bool add_convergence(struct value *chart, const struct study_view *study,
                            const struct value *point, const struct response_view *response,
                            struct text_table *table)
{
    size_t count;
    double *values = values_of(estimate_of(point, response->number), &count);
    const double confidence = value_double(value_get(study->results, "confidence"), 0.95);
    const bool in_pairs = value_truth(value_get(study->results, "antithetic"), false);
    if (count < 8) {
        free(values);
        return false;
    }
    char *row = print_row(point, NULL);
    struct value *series = chart_series(chart, row);
    value_set(series, "hidden", value_new_bool(value_get(chart, "series")->count > 2));
    const size_t steps = count - 4 < CONVERGENCE_STEPS ? count - 4 : CONVERGENCE_STEPS;
    for (size_t i = 1; i <= steps; i++) {
        const size_t n = 4 + (count - 4) * i / steps;
        const struct interval interval = in_pairs ? interval_of_pairs(values, n, confidence)
                                                  : interval_of(values, n, confidence);
        chart_add(series, "points",
                  CHART_NUMBERS((double)n, interval.mean, interval.mean - interval.half_width,
                                interval.mean + interval.half_width));
        if (i % 8 != 0 && i != steps)
            continue;
        struct table_row *line = text_table_row(table);
        line->cells[0] = mem_format("%s", row);
        line->cells[1] = mem_format("%zu", n);
        line->cells[2] = print_with_interval(interval.mean, interval.mean - interval.half_width,
                                             interval.mean + interval.half_width, response->unit);
    }
    free(row);
    free(values);
    return true;
}

static void convergence_of(struct html_page *page, const struct study_view *study,
                           const struct response_view *response)
{
    struct text_table table = { .heads = { "POINT", "-RUNS", "-ESTIMATE SO FAR" } };
    char *label = mem_format("Estimate of %s while more was played", response->title);
    struct value *chart = chart_new("convergence", label);
    size_t lines = 0;
    chart_axis(chart, "x", "replications", NULL);
    chart_axis(chart, "y", response->title, response->unit);
    for (size_t i = 0; i < study->points->count && lines < MOST_CONVERGING; i++)
        if (is_of_design(study->points->items[i]))
            lines += add_convergence(chart, study, study->points->items[i], response, &table);
    html_titled_figure(page, response->title, chart, NULL, &table, label);
    text_table_close(&table);
    free(label);
}

void html_convergence(struct html_page *page, const struct study_view *study)
{
    if (strncmp(text_of(study->results, "estimate"), "replications", 12) != 0 ||
        study->responses->count == 0)
        return;
    html_section(page, "convergence", "How the intervals shrank");
    writer_add(&page->body,
               "<p class=\"faint\">The mean and its interval after so many replications: "
               "the band should narrow around a line that has come to rest.</p>\n");
    for (size_t i = 0; i < study->shown && i < MOST_FURTHER; i++) {
        struct response_view response = response_view(study, i);
        convergence_of(page, study, &response);
        response_view_close(&response);
    }
}
