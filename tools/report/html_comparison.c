/* What policies made of one scenario, side by side, as a page. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/comparison.h"
#include "tools/report/html.h"
#include "tools/report/report.h"

static bool was_played(const struct value *arm)
{
    return value_get(arm, "refused") == NULL;
}

/* ---- the answer ---- */

/* What policies are ranked by: the least is best. */
static const struct {
    const char *name, *map, *key, *further; /* `further`: a key below; NULL: none */
    enum { COUNT, SECONDS, SHARE } unit;
} measures[] = {
    { "Pods without a node at the end", "pods", "pending", NULL, COUNT },
    { "Nodes used", "nodes", "used", NULL, COUNT },
    { "Fragmentation", "nodes", "fragmentation", NULL, SHARE },
    { "Wait for a node (p99)", "pods", "schedulingLatency", "p99", SECONDS },
    { "Pods preempted", "pods", "preempted", NULL, COUNT },
};
enum { MEASURES = sizeof measures / sizeof *measures };

static const struct value *measured(const struct value *arm, size_t measure)
{
    const struct value *found = value_path(arm, measures[measure].map, measures[measure].key, NULL);
    return measures[measure].further != NULL ? value_get(found, measures[measure].further) : found;
}

static char *print_measured(const struct value *value, size_t measure)
{
    switch (measures[measure].unit) {
    case SECONDS:
        return print_duration(value);
    case SHARE:
        return mem_format("%.1f %%", 100 * value_double(value, 0));
    default:
        return mem_format("%.0f", value_double(value, 0));
    }
}

/* The least and the most of a measure among those that were played; false when there is none. */
static bool extremes(const struct value *arms, size_t measure, const struct value **least,
                     const struct value **most)
{
    *least = *most = NULL;
    for (size_t i = 0; i < arms->count; i++) {
        const struct value *value = measured(arms->items[i], measure);
        if (value_is_null(value))
            continue;
        if (*least == NULL || value_double(value, 0) < value_double(*least, 0))
            *least = value;
        if (*most == NULL || value_double(value, 0) > value_double(*most, 0))
            *most = value;
    }
    return *least != NULL;
}

static void tell_measure(struct writer *out, const struct value *arms, size_t measure)
{
    const struct value *least, *most;
    if (!extremes(arms, measure, &least, &most))
        return;
    char *best = print_measured(least, measure), *worst = print_measured(most, measure);
    writer_add(out, "<li>");
    html_format(out, "%s: ", measures[measure].name);
    if (value_double(least, 0) == value_double(most, 0)) {
        html_format(out, "%s under every policy", best);
    } else {
        const char *separator = "least under ";
        for (size_t i = 0; i < arms->count; i++) {
            const struct value *value = measured(arms->items[i], measure);
            if (value_is_null(value) || value_double(value, 0) != value_double(least, 0))
                continue;
            writer_format(out, "%s<strong>", separator);
            html_text(out, comparison_name(arms, arms->items[i]));
            writer_add(out, "</strong>");
            separator = ", ";
        }
        html_format(out, ", %s; at most %s", best, worst);
    }
    writer_add(out, ".</li>\n");
    free(best);
    free(worst);
}

static void tell_failures(struct writer *out, const struct value *arms)
{
    for (size_t i = 0; i < arms->count; i++) {
        const struct value *arm = arms->items[i], *stopped = value_get(arm, "stopped");
        if (was_played(arm) && stopped == NULL)
            continue;
        writer_add(out, "<li class=\"bad\">");
        html_format(out, "%s %s: %s", comparison_name(arms, arm),
                    was_played(arm) ? "ended its run early" : "was not played",
                    was_played(arm) ? text_of(stopped, "policy") : text_of(arm, "refused"));
        writer_add(out, "</li>\n");
    }
}

static void tell(struct writer *out, const struct value *arms)
{
    size_t played = 0;
    for (size_t i = 0; i < arms->count; i++)
        played += was_played(arms->items[i]);
    writer_format(out,
                  "<p class=\"first\">%zu policies played the same scenario with the same luck."
                  "</p>\n<ul>\n",
                  played);
    tell_failures(out, arms);
    for (size_t i = 0; i < MEASURES; i++)
        tell_measure(out, arms, i);
    writer_add(out, "<li>Of one run each there is no interval: other seeds, or an experiment with "
                    "policies as levels, tell how much is luck.</li>\n</ul>\n");
}

/* ---- charts ---- */

static void add_bars(struct value *chart, const struct value *arms, const char *name, int colour,
                     const char *map, const char *key)
{
    struct value *series = chart_series(chart, name);
    value_set(series, "colour", value_new_int(colour));
    for (size_t i = 0; i < arms->count; i++)
        if (was_played(arms->items[i]))
            chart_add(series, "values",
                      chart_number(value_double(value_path(arms->items[i], map, key, NULL), 0)));
}

static struct value *bars_new(const struct value *arms, const char *label, const char *title,
                              const char *unit)
{
    struct value *chart = chart_new("bars", label);
    chart_axis(chart, "x", title, unit);
    for (size_t i = 0; i < arms->count; i++)
        if (was_played(arms->items[i]))
            chart_category(chart, comparison_name(arms, arms->items[i]));
    return chart;
}

static void figure(struct html_page *page, struct value *chart, const char *title,
                   const char *caption, const char *table)
{
    writer_format(&page->body, "<h3>%s</h3>\n", title);
    html_figure(page, chart, caption, table);
}

static char *arms_table(const struct value *comparison)
{
    struct text_table table = comparison_arms(comparison);
    struct writer out = { 0 };
    html_table(&out, &table, "Policies");
    writer_add(&out,
               "<p class=\"faint\">p50, p99: from creation to binding. Nodes: that had pods; cpu, "
               "memory: what pods request of these, over time. Fragm.: of free CPU or memory, "
               "what the other leaves unusable, of all nodes.</p>\n");
    text_table_close(&table);
    return writer_take(&out);
}

static void placement(struct html_page *page, const struct value *arms, const char *table)
{
    struct value *placed =
        bars_new(arms, "Pods placed and pending under each policy", "pods", NULL);
    value_set(placed, "stacked", value_new_bool(true));
    add_bars(placed, arms, "placed", 1, "pods", "bound");
    add_bars(placed, arms, "pending at the end", 0, "pods", "pending");
    figure(page, placed, "Pods", NULL, table);
    struct value *used = bars_new(arms, "How full the used nodes were under each policy",
                                  "on average over time", "share");
    add_bars(used, arms, "cpu of used nodes", 1, "nodes", "cpuUtilisationOfUsed");
    add_bars(used, arms, "memory of used nodes", 2, "nodes", "memoryUtilisationOfUsed");
    add_bars(used, arms, "fragmentation of all", 3, "nodes", "fragmentation");
    figure(page, used, "Utilisation",
           "What pods request of the nodes that had pods; and of what is free, how much cannot be "
           "used "
           "since the other resource is used up.",
           table);
}

static void latency(struct html_page *page, const struct value *arms, const char *table)
{
    static const char *const quantiles[] = { "p50", "p95", "p99", "max" };
    struct value *chart =
        chart_new("quantiles", "How long pods waited for a node under each policy");
    struct value *x = chart_axis(chart, "x", NULL, "seconds");
    bool some = false;
    value_set(x, "log", value_new_bool(true));
    for (size_t j = 0; j < sizeof quantiles / sizeof *quantiles; j++)
        chart_add(chart, "marks", value_new_string(quantiles[j]));
    for (size_t i = 0; i < arms->count; i++) {
        const struct value *tally = value_path(arms->items[i], "pods", "schedulingLatency", NULL);
        struct value *points = value_new_list();
        if (value_is_null(tally)) {
            value_drop(points);
            continue;
        }
        for (size_t j = 0; j < sizeof quantiles / sizeof *quantiles; j++)
            value_add(points,
                      chart_number(fmax(value_double(value_get(tally, quantiles[j]), 0), 1e-4)));
        chart_category(chart, comparison_name(arms, arms->items[i]));
        chart_add(chart, "values", points);
        some = true;
    }
    if (some)
        figure(page, chart, "Wait for a node", "From creation to binding.", table);
    else
        value_drop(chart);
}

/* ---- workloads that fared differently ---- */

static const struct value *row_of(const struct value *arm, const struct value *like)
{
    const struct value *rows = value_get(arm, "workloads");
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        if (value_equal(value_get(rows->items[i], "kind"), value_get(like, "kind")) &&
            value_equal(value_get(rows->items[i], "namespace"), value_get(like, "namespace")) &&
            value_equal(value_get(rows->items[i], "name"), value_get(like, "name")))
            return rows->items[i];
    return NULL;
}

static bool availability_differs(const struct value *arms, const struct value *like)
{
    for (size_t i = 0; i < arms->count; i++) {
        const struct value *row = row_of(arms->items[i], like);
        if (row != NULL &&
            !value_equal(value_get(row, "availability"), value_get(like, "availability")))
            return true;
    }
    return false;
}

static void add_availability(struct value *chart, const struct value *arms, const struct value *arm,
                             const struct value *workloads)
{
    struct value *series = chart_series(chart, comparison_name(arms, arm));
    for (size_t i = 0; i < workloads->count; i++) {
        if (!availability_differs(arms, workloads->items[i]))
            continue;
        const double share =
            value_double(value_get(row_of(arm, workloads->items[i]), "availability"), NAN);
        chart_add(series, "values",
                  isfinite(share) ? CHART_NUMBERS(NAN, share, NAN) : value_new_null());
    }
}

static void availability(struct html_page *page, const struct value *comparison,
                         const struct value *arms)
{
    struct text_table table = comparison_workloads(comparison);
    const struct value *workloads = NULL;
    for (size_t i = 0; i < arms->count && workloads == NULL; i++)
        workloads = value_get(arms->items[i], "workloads");
    if (table.count > 0) {
        struct value *chart = chart_new("intervals", "Availability under each policy");
        struct value *x = chart_axis(chart, "x", NULL, "share");
        struct writer text = { 0 };
        bool some = false;
        value_set(x, "within", CHART_NUMBERS(0, 1));
        html_section(page, "workloads", "Workloads that fared differently");
        html_table(&text, &table, "Workloads that fared differently");
        for (size_t i = 0; i < workloads->count; i++) {
            if (!availability_differs(arms, workloads->items[i]))
                continue;
            char *name = html_row_name(workloads->items[i], workloads);
            chart_category(chart, name);
            free(name);
            some = true;
        }
        for (size_t i = 0; some && i < arms->count; i++)
            if (was_played(arms->items[i]))
                add_availability(chart, arms, arms->items[i], workloads);
        if (some) {
            html_figure(page, chart, "Availability of one run each.", text.bytes);
        } else {
            writer_add(&page->body, text.bytes);
            value_drop(chart);
        }
        writer_close(&text);
    }
    text_table_close(&table);
}

/* ---- the page ---- */

static void html_write(const struct value *comparison, struct writer *out)
{
    const struct value *arms = value_get(comparison, "policies");
    struct html_page page = { 0 };
    struct writer answer = { 0 }, about = { 0 };
    bool some = false;
    for (size_t i = 0; i < arms->count; i++)
        some |= was_played(arms->items[i]);
    char *table = arms_table(comparison),
         *title = mem_format("%s: policies side by side", text_of(comparison, "scenario"));
    tell(&answer, arms);
    html_section(&page, "policies", "Policies");
    writer_add(&page.body, table);
    if (some) {
        html_section(&page, "side-by-side", "Side by side");
        placement(&page, arms, table);
        latency(&page, arms, table);
        availability(&page, comparison, arms);
    }
    html_format(&about,
                "One run of %s under each policy, seed %lld. All numbers stand in "
                "comparison.json; each policy's own page in the folder of its name.",
                text_of(comparison, "scenario"),
                (long long)value_int(value_get(comparison, "seed"), 0));
    const struct html_head head = {
        .title = title, .question = "", .answer = answer.bytes, .about = about.bytes, .seconds = 0
    };
    html_print(&page, &head, out);
    writer_close(&answer);
    writer_close(&about);
    free(table);
    free(title);
}

const struct report html_comparison_report = { .name = "html", .write = html_write };
