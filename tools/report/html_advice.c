/* Advice as a page: what would help most, at which cost, before anything else. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html_experiment_private.h"
#include "tools/report/report.h"

enum { MOST_SENTENCES = 4 };

static const char minutes[] = "min";

static bool helps(const struct value *advice)
{
    return value_truth(value_get(advice, "significant"), false) &&
           number_of(advice, "savedMinutesPerMonth") > 0;
}

static char *print_workload(const struct value *map)
{
    const char *space = text_of(map, "namespace");
    const bool is_plain = strcmp(space, "default") == 0 || *space == '\0';
    return mem_format("%s%s%s", is_plain ? "" : space, is_plain ? "" : "/",
                      text_of(map, "workload"));
}

/* "cost: +12.00 $ a month, +1.00 pods", "no cost added" */
static char *print_cost(const struct value *advice)
{
    const double cost = number_of(advice, "costPerMonth"), pods = number_of(advice, "podsAdded");
    const bool costs = isfinite(cost) && fabs(cost) >= 0.005;
    const bool adds = isfinite(pods) && fabs(pods) >= 0.005;
    if (!costs && !adds)
        return mem_text("no cost added", 13);
    if (!costs)
        return mem_format("cost: %+.2f pods", pods);
    return adds ? mem_format("cost: %+.2f $ a month, %+.2f pods", cost, pods)
                : mem_format("cost: %+.2f $ a month", cost);
}

/* ---- the answer ---- */

static void tell_fix(struct writer *out, const struct value *advice)
{
    char *workload = print_workload(advice), *cost = print_cost(advice);
    char *saved = print_estimate(advice, "savedMinutesPerMonth", minutes);
    writer_add(out, "<strong>");
    html_format(out, "%s: %s", workload, text_of(advice, "fix"));
    writer_add(out, "</strong> saves ");
    html_format(out, "%s a month; %s.", saved, cost);
    free(workload);
    free(cost);
    free(saved);
}

static void tell_lead(struct writer *out, const struct value *lead)
{
    if (value_is_null(lead))
        return;
    char *more = print_estimate(lead, "minutesPerMonth", minutes);
    char *p = print_probability(number_of(lead, "p"));
    writer_add(out, "<li>");
    html_format(out, "The first saves %s more than the second for the same workload (p %s%s).",
                more, *p == '<' ? "" : "= ", p);
    writer_add(out, "</li>\n");
    free(more);
    free(p);
}

static void tell(struct writer *out, const struct value *document, const struct value *all)
{
    size_t helping = 0, told = 0;
    for (size_t i = 0; all != NULL && i < all->count; i++)
        helping += helps(all->items[i]);
    writer_add(out, "<p class=\"first\">");
    if (all == NULL || all->count == 0)
        writer_add(out, "Nothing was lost in any run: there is nothing to advise.");
    else if (helping == 0)
        html_format(out, "None of %zu fixes tried saves surely anything.", all->count);
    for (size_t i = 0; helping > 0 && told < MOST_SENTENCES && i < all->count; i++) {
        if (!helps(all->items[i]))
            continue;
        writer_add(out, told == 1 ? "</p>\n<ul>\n<li>" : told > 1 ? "</li>\n<li>" : "");
        tell_fix(out, all->items[i]);
        told++;
    }
    writer_add(out, told > 1 ? "</li>\n" : "</p>\n<ul>\n");
    tell_lead(out, value_get(document, "lead"));
    if (all != NULL && helping < all->count && helping > 0)
        writer_format(out, "<li>%zu of %zu fixes tried do not surely save anything.</li>\n",
                      all->count - helping, all->count);
    writer_add(out, "</ul>\n");
}

/* ---- rankings ---- */

/* Minutes with their interval, one row for each entry: what is saved or lost. */
struct ranking {
    struct value *chart, *series;
    const char *key;
};

static struct ranking ranking_new(const char *label, const char *title, const char *key)
{
    struct ranking ranking = { .chart = chart_new("intervals", label), .key = key };
    ranking.series = chart_series(ranking.chart, "minutes a month");
    chart_axis(ranking.chart, "x", title, minutes);
    value_set(ranking.chart, "reference", value_new_int(0));
    return ranking;
}

/* Takes the name. The note may be NULL. */
static void ranking_add(struct ranking *ranking, char *name, const struct value *entry, bool hollow,
                        const char *note)
{
    struct value *notes = value_new_list();
    if (note != NULL)
        value_add(notes, value_new_string(note));
    chart_category(ranking->chart, name);
    chart_add(ranking->series, "values",
              CHART_NUMBERS(number_of(entry, "low"), number_of(entry, ranking->key),
                            number_of(entry, "high")));
    chart_add(ranking->series, "hollow", value_new_bool(hollow));
    chart_add(ranking->series, "notes", notes);
    free(name);
}

static void ranking_print(struct html_page *page, struct ranking *ranking, struct text_table *table,
                          const char *caption)
{
    struct writer text = { 0 };
    html_table(&text, table, value_text(value_get(ranking->chart, "label"), ""));
    html_figure(page, ranking->chart, caption, text.bytes);
    writer_close(&text);
    text_table_close(table);
}

static void fixes(struct html_page *page, const struct value *all)
{
    struct text_table table = { .heads = { "FIX", "-SAVED A MONTH", "-P", "-COST A MONTH",
                                           "-PODS ADDED" } };
    struct ranking ranking =
        ranking_new("What each fix saves", "minutes saved a month", "savedMinutesPerMonth");
    html_section(page, "fixes", "What would help");
    for (size_t i = 0; i < all->count; i++) {
        const struct value *advice = all->items[i];
        char *workload = print_workload(advice), *cost = print_cost(advice);
        char *name = mem_format("%s: %s", workload, text_of(advice, "fix"));
        struct table_row *line = text_table_row(&table);
        line->cells[0] = mem_text(name, strlen(name));
        line->cells[1] = print_estimate(advice, "savedMinutesPerMonth", minutes);
        line->cells[2] = print_probability(number_of(advice, "adjusted"));
        line->cells[3] = mem_format("%+.2f $", number_of(advice, "costPerMonth"));
        line->cells[4] = mem_format("%+.2f", number_of(advice, "podsAdded"));
        line->note = mem_format("%s", text_of(advice, "says"));
        ranking_add(&ranking, name, advice, !value_truth(value_get(advice, "significant"), false),
                    cost);
        free(workload);
        free(cost);
    }
    ranking_print(
        page, &ranking, &table,
        "Each fix tried in simulation, on the same luck as without it. Right of the line it "
        "saves; filled: significant, corrected for all that were tried; hollow: not.");
}

static void causes(struct html_page *page, const struct value *all)
{
    struct text_table table = { .heads = { "WITHOUT", "WORKLOAD", "-SAVED A MONTH", "-P" } };
    struct ranking ranking = ranking_new("What would be saved without each cause",
                                         "minutes saved a month", "savedMinutesPerMonth");
    html_section(page, "counterfactual", "If a cause were not there");
    for (size_t i = 0; i < all->count; i++) {
        const struct value *cause = all->items[i];
        struct table_row *line = text_table_row(&table);
        line->cells[0] = mem_format("%s", text_of(cause, "cause"));
        line->cells[1] = print_workload(cause);
        line->cells[2] = print_estimate(cause, "savedMinutesPerMonth", minutes);
        line->cells[3] = print_probability(number_of(cause, "p"));
        ranking_add(&ranking, mem_format("%s: no %s", line->cells[1], line->cells[0]), cause,
                    number_of(cause, "low") <= 0 && number_of(cause, "high") >= 0, NULL);
    }
    ranking_print(
        page, &ranking, &table,
        "Each cause of failure switched off in turn. Filled: the interval is clear of zero.");
}

static void losses(struct html_page *page, const struct value *all)
{
    struct text_table table = { .heads = { "WORKLOAD", "-LOST A MONTH", "MEASURED BY" } };
    struct ranking ranking =
        ranking_new("What each workload loses", "minutes lost a month", "minutesPerMonth");
    html_section(page, "losses", "What is lost as it is");
    for (size_t i = 0; i < all->count; i++) {
        struct table_row *line = text_table_row(&table);
        line->cells[0] = print_workload(all->items[i]);
        line->cells[1] = print_estimate(all->items[i], "minutesPerMonth", minutes);
        line->cells[2] = mem_format("%s", text_of(all->items[i], "measure"));
        ranking_add(&ranking, print_workload(all->items[i]), all->items[i], false, line->cells[2]);
    }
    ranking_print(page, &ranking, &table, NULL);
}

static bool has_rows(const struct value *list)
{
    return list != NULL && list->count > 0;
}

static void html_write(const struct value *document, struct writer *out)
{
    struct html_page page = { 0 };
    struct writer answer = { 0 }, about = { 0 };
    const struct value *all = value_get(document, "advice");
    char *title = mem_format("Advice for %s", text_of(document, "scenario"));
    tell(&answer, document, all);
    if (has_rows(all))
        fixes(&page, all);
    if (has_rows(value_get(document, "counterfactual")))
        causes(&page, value_get(document, "counterfactual"));
    if (has_rows(value_get(document, "losses")))
        losses(&page, value_get(document, "losses"));
    html_format(
        &about,
        "%lld runs with and without each fix, on the same luck; %.4g %% intervals; seed %lld; "
        "seatrial %s. All numbers stand in advice.json.",
        (long long)value_int(value_get(document, "replications"), 0),
        100 * value_double(value_get(document, "confidence"), 0.95),
        (long long)value_int(value_get(document, "seed"), 0), text_of(document, "version"));
    const struct html_head head = {
        .title = title, .question = "", .answer = answer.bytes, .about = about.bytes, .seconds = 0
    };
    html_print(&page, &head, out);
    writer_close(&answer);
    writer_close(&about);
    free(title);
}

const struct report html_advice_report = { .name = "html", .write = html_write };
