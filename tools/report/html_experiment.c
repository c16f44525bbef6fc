/* The results of an experiment as a page: what was found, then the evidence, then how it was found. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html_experiment_private.h"
#include "tools/report/report.h"

enum { MOST_SENTENCES = 4 };

/* ---- the answer ---- */

/* The point whose difference from the baseline is best, among those that differ significantly; NULL. */
static const struct value *best_of(const struct study_view *study,
                                   const struct response_view *response)
{
    const struct value *best = NULL;
    double most = 0;
    for (size_t i = 0; i < study->points->count; i++) {
        const struct value *point = study->points->items[i];
        const struct value *comparison = comparison_of(study, point, response);
        const double gain = number_of(comparison, "difference") * response->better;
        if (comparison != NULL && gain > most &&
            value_truth(value_get(comparison, "significant"), false)) {
            most = gain;
            best = comparison;
        }
    }
    return best;
}

static size_t compared(const struct study_view *study, const struct response_view *response,
                       bool significant_only)
{
    size_t count = 0;
    for (size_t i = 0; i < study->points->count; i++) {
        const struct value *comparison = comparison_of(study, study->points->items[i], response);
        count += comparison != NULL &&
                 (!significant_only || value_truth(value_get(comparison, "significant"), false));
    }
    return count;
}

/* Was the row that a response is of told of before? */
static bool is_told(const struct study_view *study, const struct response_view *response)
{
    const char *path = text_of(response->of, "path"), *end = strchr(path, ']');
    for (size_t i = 0; study->order[i] != response->number && end != NULL; i++)
        if (strncmp(text_of(study->responses->items[study->order[i]], "path"), path,
                    (size_t)(end - path)) == 0)
            return true;
    return false;
}

static void tell_baseline(struct writer *out, const struct study_view *study,
                          const struct response_view *response)
{
    const struct value *baseline = baseline_of(study);
    char *estimate =
        print_estimate(estimate_of(baseline, response->number), "mean", response->unit);
    char *causes = is_told(study, response) ? NULL : print_causes_of(baseline, response);
    html_text(out, response->title);
    writer_add(out, ": <strong>");
    html_text(out, estimate);
    writer_add(out, "</strong>");
    if (study->points->count > 1 && *text_of(baseline, "name") != '\0')
        html_format(out, " at the baseline (%s)", text_of(baseline, "name"));
    if (causes != NULL)
        html_format(out, "; of the downtime %s", causes);
    writer_add(out, ".");
    free(estimate);
    free(causes);
}

static void tell_best(struct writer *out, const struct study_view *study,
                      const struct response_view *response)
{
    const size_t all = compared(study, response, false);
    const struct value *best = response->better != 0 ? best_of(study, response) : NULL;
    if (all == 0)
        return;
    if (best == NULL) {
        const size_t significant = compared(study, response, true);
        if (significant == 0) {
            writer_add(out, " No other point differs significantly.");
            return;
        }
        html_format(out, " Of %zu compared with it, %zu differ%s significantly%s.", all,
                    significant, significant == 1 ? "s" : "",
                    response->better != 0 ? ", none for the better" : "");
        return;
    }
    const struct value *point = point_numbered(study, value_int(value_get(best, "point"), -1));
    char *estimate = print_estimate(estimate_of(point, response->number), "mean", response->unit);
    char *difference = print_estimate(best, "difference", response->unit);
    char *p = print_probability(number_of(best, "adjusted"));
    writer_add(out, " Best is <strong>");
    html_text(out, text_of(point, "name"));
    writer_add(out, "</strong>");
    html_format(out, " with %s: a difference of %s (p %s%s).", estimate, difference,
                *p == '<' ? "" : "= ", p);
    free(estimate);
    free(difference);
    free(p);
}

static void tell_responses(struct writer *out, const struct study_view *study)
{
    const size_t count = study->shown;
    for (size_t i = 0; i < count && i < MOST_SENTENCES; i++) {
        struct response_view response = response_view(study, i);
        writer_add(out, i == 0 ? "<p class=\"first\">" : i == 1 ? "<ul>\n<li>" : "<li>");
        tell_baseline(out, study, &response);
        tell_best(out, study, &response);
        writer_add(out, i == 0 ? "</p>\n" : "</li>\n");
        response_view_close(&response);
    }
    if (count < 2)
        writer_add(out, "<ul>\n");
}

/* What of the causes it would help most to be without, by the first response that has a direction. */
static void tell_counterfactual(struct writer *out, const struct study_view *study)
{
    const struct value *list = value_get(study->results, "counterfactual"), *best = NULL;
    for (size_t r = 0; r < study->shown && best == NULL; r++) {
        struct response_view response = response_view(study, r);
        for (size_t i = 0; list != NULL && i < list->count; i++) {
            const struct value *row = list->items[i];
            if (strcmp(text_of(row, "response"), text_of(response.of, "name")) == 0 &&
                -number_of(row, "saved") * response.better > 0 &&
                (best == NULL || fabs(number_of(row, "saved")) > fabs(number_of(best, "saved"))))
                best = row;
        }
        if (best != NULL) {
            char *without = print_value(number_of(best, "mean"), response.unit);
            writer_add(out, "<li>");
            html_format(out, "%s would be %s without %s, which of all causes costs most.",
                        response.title, without, text_of(best, "cause"));
            writer_add(out, "</li>\n");
            free(without);
        }
        response_view_close(&response);
    }
}

static char *print_stopped(const char *why)
{
    static const char *const words[][2] = {
        { "count", "all played" },          { "precision", "precise enough" },
        { "significance", "clear enough" }, { "most", "at its limit" },
        { "time", "out of time" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], why) == 0)
            why = words[i][1];
    return mem_text(why, strlen(why));
}

static size_t design_points(const struct study_view *study)
{
    size_t count = 0;
    for (size_t i = 0; i < study->points->count; i++)
        count += is_of_design(study->points->items[i]);
    return count;
}

void html_study_answer(struct writer *out, const struct study_view *study)
{
    tell_responses(out, study);
    tell_counterfactual(out, study);
    html_gates(out, study->results);
    writer_add(out, "</ul>\n<dl class=\"facts\">\n");
    html_fact(out, "points", mem_format("%zu", design_points(study)));
    html_fact(
        out, "runs",
        mem_format("%lld", (long long)value_int(value_get(study->results, "replications"), 0)));
    html_fact(out, "of virtual time each",
              print_duration(value_get(study->results, "durationSeconds")));
    html_fact(
        out, "intervals",
        mem_format("%.4g %%", 100 * value_double(value_get(study->results, "confidence"), 0)));
    html_fact(out, "why it stopped", print_stopped(text_of(study->results, "stopped")));
    writer_add(out, "</dl>\n");
}

/* ---- how it was found ---- */

static void method(struct html_page *page, const struct study_view *study)
{
    const struct value *results = study->results, *factors = value_get(results, "factors");
    struct text_table table = { .heads = { "FACTOR", "LEVELS" } };
    const bool is_common = value_truth(value_get(results, "commonRandomNumbers"), false);
    html_section(page, "method", "How it was found");
    html_format(&page->body, "Design: %s. Estimates: %s. ", text_of(results, "design"),
                text_of(results, "estimate"));
    writer_add(&page->body,
               is_common ? "Replication r has the same luck at every point, so that differences "
                           "are the points' doing. "
                         : "Every point has luck of its own. ");
    if (value_truth(value_get(results, "antithetic"), false))
        writer_add(&page->body, "Every second replication is the mirror of the one before. ");
    writer_add(&page->body, "Probabilities are corrected for all comparisons by Holm's method.\n");
    for (size_t i = 0; factors != NULL && i < factors->count; i++) {
        const struct value *levels = value_get(factors->items[i], "levels");
        struct writer text = { 0 };
        struct table_row *line = text_table_row(&table);
        for (size_t j = 0; levels != NULL && j < levels->count; j++)
            writer_format(&text, "%s%s", j > 0 ? ", " : "", value_text(levels->items[j], ""));
        line->cells[0] = mem_format("%s", text_of(factors->items[i], "name"));
        line->cells[1] = writer_take(&text);
    }
    html_table(&page->body, &table, "Factors");
    text_table_close(&table);
}

static char *print_about(const struct value *results)
{
    struct writer about = { 0 };
    html_format(&about,
                "Experiment %s of %s, seed %lld; seatrial %s, following Kubernetes %s. All numbers "
                "stand in results.json and results.csv; the same document, seed and program give "
                "the same page.",
                text_of(results, "name"), text_of(results, "scenario"),
                (long long)value_int(value_get(results, "seed"), 0), text_of(results, "version"),
                text_of(results, "kubernetes"));
    return writer_take(&about);
}

static void html_write(const struct value *results, struct writer *out)
{
    struct html_page page = { 0 };
    struct value *none = value_new_list();
    const struct value *points = value_get(results, "points");
    const struct value *responses = value_get(results, "responses");
    struct study_view study = {
        .results = results,
        .points = points != NULL ? points : none,
        .responses = responses != NULL ? responses : none,
        .comparisons = value_get(results, "comparisons"),
    };
    struct writer answer = { 0 };
    study_view_order(&study);
    html_study_answer(&answer, &study);
    html_estimates(&page, &study);
    html_differences(&page, &study);
    html_causes_of_points(&page, &study);
    html_counterfactual(&page, &study);
    html_spread(&page, &study);
    html_common_luck(&page, &study);
    html_convergence(&page, &study);
    method(&page, &study);
    char *about = print_about(results);
    const struct html_head head = {
        .title = text_of(results, "name"),
        .question = text_of(results, "question"),
        .answer = answer.bytes,
        .about = about,
        .seconds = value_double(value_get(results, "durationSeconds"), 0),
    };
    html_print(&page, &head, out);
    writer_close(&answer);
    value_drop(none);
    free(study.order);
    free(about);
}

const struct report html_experiment_report = { .name = "html", .write = html_write };
