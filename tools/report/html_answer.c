/* What a reader wants to know first: how available everything was and what took it down, in sentences;
 * and a few figures. Everything else on the page is evidence. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/expectations.h"
#include "tools/report/html.h"
#include "tools/report/report.h"

enum { MOST_SENTENCES = 5 };

/* All workloads of a summary, those that were down longest first; ties as the summary has them. */
struct ranking {
    const struct value **rows; /* owned list, borrowed rows */
    size_t count, down, measured;
};

static double downtime(const struct value *row)
{
    return value_double(value_get(row, "downtimeSeconds"), 0);
}

static struct ranking rank(const struct value *rows)
{
    struct ranking ranking = { 0 };
    const size_t count = rows != NULL ? rows->count : 0;
    ranking.rows = mem_resize(NULL, (count + 1) * sizeof(struct value *));
    for (size_t i = 0; i < count; i++) {
        size_t place = ranking.count++;
        for (; place > 0 && downtime(ranking.rows[place - 1]) < downtime(rows->items[i]); place--)
            ranking.rows[place] = ranking.rows[place - 1];
        ranking.rows[place] = rows->items[i];
        ranking.down += downtime(rows->items[i]) > 0;
        ranking.measured += !value_is_null(value_get(rows->items[i], "availability"));
    }
    return ranking;
}

static size_t outages_of(const struct value *row)
{
    const struct value *outages = value_get(row, "outages");
    return outages != NULL ? outages->count : 0;
}

/* "mail: 99.94 %, 98 % of the downtime from node-crash, 2 % from container-crash: 9 outages, 25m16s" */
static void tell_row(struct writer *out, const struct value *row)
{
    char *availability = print_availability(value_get(row, "availability"));
    char *down = print_duration(value_get(row, "downtimeSeconds"));
    char *causes = print_causes(value_get(row, "causes"));
    const size_t outages = outages_of(row);
    writer_add(out, "<strong>");
    html_text(out, text_of(row, "name"));
    writer_add(out, "</strong> was available ");
    writer_format(out, "<strong>%s</strong> of the time: down %s in %zu outage%s", availability,
                  down, outages, outages == 1 ? "" : "s");
    if (causes != NULL) {
        writer_add(out, ", ");
        html_text(out, causes);
    }
    writer_add(out, ".");
    free(availability);
    free(down);
    free(causes);
}

/* Where there are pods but no workloads, as when a trace is played. */
static void tell_pods(struct writer *out, const struct value *pods)
{
    const long long created = value_int(value_get(pods, "created"), 0);
    char *median = print_duration(value_path(pods, "schedulingLatency", "p50", NULL));
    char *most = print_duration(value_path(pods, "schedulingLatency", "p99", NULL));
    writer_format(
        out,
        "<p class=\"first\">Of %lld pods <strong>%lld got a node</strong>, after %s (half of "
        "them) to %s (99 %%).</p>\n",
        created, (long long)value_int(value_get(pods, "bound"), 0), median, most);
    free(median);
    free(most);
}

static void tell_availability(struct writer *out, const struct ranking *ranking,
                              const struct value *pods)
{
    const size_t told = ranking->down < MOST_SENTENCES ? ranking->down : MOST_SENTENCES;
    if (ranking->count == 0 && value_int(value_get(pods, "bound"), 0) > 0) {
        tell_pods(out, pods);
        return;
    }
    if (ranking->count == 0) {
        writer_add(out, "<p class=\"first\">There was no workload whose availability could be "
                        "measured.</p>\n");
        return;
    }
    writer_add(out, "<p class=\"first\">");
    if (told > 0)
        tell_row(out, ranking->rows[0]);
    else if (ranking->measured == 0)
        writer_add(out, "No workload was ever fully ready.");
    else
        writer_format(out, "No workload was ever without a ready replica (%zu measured).",
                      ranking->measured);
    writer_add(out, "</p>\n<ul>\n");
    for (size_t i = 1; i < told; i++) {
        writer_add(out, "<li>");
        tell_row(out, ranking->rows[i]);
        writer_add(out, "</li>\n");
    }
    if (ranking->down > told)
        writer_format(out, "<li>%zu more were down for shorter times.</li>\n",
                      ranking->down - told);
    if (ranking->down > 0 && ranking->measured > ranking->down)
        writer_format(out, "<li>%zu of %zu workloads were never without a ready replica.</li>\n",
                      ranking->measured - ranking->down, ranking->count);
    if (ranking->measured > 0 && ranking->count > ranking->measured)
        writer_format(out, "<li>%zu of %zu workloads were never fully ready.</li>\n",
                      ranking->count - ranking->measured, ranking->count);
}

/* What is not as it should be at the end. */
static void tell_the_end(struct writer *out, const struct ranking *ranking)
{
    for (size_t i = 0, told = 0; i < ranking->count && told < MOST_SENTENCES; i++) {
        const struct value *row = ranking->rows[i];
        const char *reason = value_text(value_get(row, "reason"), NULL);
        if (reason == NULL)
            continue;
        told++;
        writer_add(out, "<li>At the end ");
        html_format(out, "%s has %lld of %lld ready: %s.", text_of(row, "name"),
                    (long long)value_int(value_get(row, "ready"), 0),
                    (long long)value_int(value_get(row, "wanted"), 0), reason);
        writer_add(out, "</li>\n");
    }
}

static void tell_requests(struct writer *out, const struct value *rows)
{
    for (size_t i = 0; rows != NULL && i < rows->count && i < MOST_SENTENCES; i++) {
        const struct value *row = rows->items[i], *losses = value_get(row, "losses");
        const double failed = value_double(value_get(row, "failed"), 0);
        const struct value *first = value_at(losses, 0);
        writer_add(out, "<li>Of ");
        html_format(out, "%.0f requests to %s ", value_double(value_get(row, "requests"), 0),
                    text_of(row, "name"));
        if (failed == 0)
            writer_add(out, "none failed.");
        else
            html_format(out, "%.*f failed (%.3g %%)%s%s%s.", failed < 10 ? 1 : 0, failed,
                        100 * value_double(value_get(row, "failedShare"), 0),
                        first != NULL ? ", first by " : "",
                        first != NULL ? text_of(first, "cause") : "",
                        losses != NULL && losses->count > 1 ? " and others" : "");
        writer_add(out, "</li>\n");
    }
}

static void tell_missed_rollouts(struct writer *out, const struct ranking *ranking)
{
    for (size_t i = 0; i < ranking->count; i++) {
        const struct value *rollouts = value_get(ranking->rows[i], "rollouts");
        for (size_t j = 0; rollouts != NULL && j < rollouts->count; j++) {
            if (!value_truth(value_get(rollouts->items[j], "missedProgressDeadline"), false))
                continue;
            char *at = print_duration(value_get(rollouts->items[j], "startSeconds"));
            writer_add(out, "<li>The rollout of ");
            html_format(out, "%s at %s missed its progress deadline (%s).",
                        text_of(ranking->rows[i], "name"), at,
                        text_of(rollouts->items[j], "cause"));
            writer_add(out, "</li>\n");
            free(at);
        }
    }
}

static void tell_expectations(struct writer *out, const struct value *summary)
{
    const struct value *verdicts = value_get(summary, "expectations");
    const size_t missed = expectations_not_held(summary);
    if (verdicts == NULL || verdicts->count == 0)
        return;
    writer_format(out, "<li>Of %zu expectations <span class=\"%s\">%zu held</span>.</li>\n",
                  verdicts->count, missed == 0 ? "good" : "bad", verdicts->count - missed);
}

static void tell_objectives(struct writer *out, const struct value *summary)
{
    const struct value *rows = value_get(summary, "objectives");
    for (size_t i = 0; rows != NULL && i < rows->count && i < MOST_SENTENCES; i++) {
        const bool attained = value_truth(value_get(rows->items[i], "attained"), false);
        const struct value *left = value_path(rows->items[i], "budget", "leftShare", NULL);
        char *attainment = print_availability(value_get(rows->items[i], "attainment"));
        char *target = print_availability(value_get(rows->items[i], "target"));
        writer_format(out,
                      "<li>Objective <span class=\"%s\">%s</span>: ", attained ? "good" : "bad",
                      attained ? "attained" : "MISSED");
        html_format(out, "%s, %s of at least %s", text_of(rows->items[i], "name"), attainment,
                    target);
        if (!value_is_null(left))
            html_format(out, "; %.3g %% of the error budget left", 100 * value_double(left, 0));
        writer_add(out, ".</li>\n");
        free(attainment);
        free(target);
    }
}

void html_gates(struct writer *out, const struct value *document)
{
    const struct value *gates = value_get(document, "gates");
    for (size_t i = 0; gates != NULL && i < gates->count; i++) {
        const bool failed = value_truth(value_get(gates->items[i], "failed"), false);
        writer_format(out, "<li>Gate <span class=\"%s\">%s</span>: <code>", failed ? "bad" : "good",
                      failed ? "FAILED" : "passed");
        html_text(out, text_of(gates->items[i], "expression"));
        writer_add(out, "</code></li>\n");
    }
}

/* ---- figures ---- */

void html_fact(struct writer *out, const char *name, char *value)
{
    writer_add(out, "<div><dt>");
    html_text(out, name);
    writer_add(out, "</dt><dd>");
    html_text(out, value);
    writer_add(out, "</dd></div>\n");
    free(value);
}

static void facts(struct writer *out, const struct ranking *ranking, const struct value *summary)
{
    const struct value *pods = value_get(summary, "pods"), *nodes = value_get(summary, "nodes");
    double down = 0;
    size_t outages = 0;
    for (size_t i = 0; i < ranking->count; i++) {
        down += downtime(ranking->rows[i]);
        outages += outages_of(ranking->rows[i]);
    }
    struct value *total = chart_number(down);
    writer_add(out, "<dl class=\"facts\">\n");
    html_fact(out, "of virtual time", print_duration(value_get(summary, "durationSeconds")));
    if (ranking->count > 0) {
        html_fact(out, "workloads", mem_format("%zu", ranking->count));
        html_fact(out, outages == 1 ? "outage" : "outages", mem_format("%zu", outages));
        html_fact(out, "down, all together", print_duration(total));
    }
    html_fact(out, "nodes", mem_format("%zu", nodes != NULL ? nodes->count : 0));
    html_fact(out, "pods made",
              mem_format("%lld", (long long)value_int(value_get(pods, "created"), 0)));
    html_fact(out, "pending at the end",
              mem_format("%lld", (long long)value_int(value_get(pods, "pending"), 0)));
    writer_add(out, "</dl>\n");
    value_drop(total);
}

static void tell_stopped(struct writer *out, const struct value *summary)
{
    const struct value *stopped = value_get(summary, "stopped");
    if (stopped == NULL)
        return;
    char *at = print_duration(value_get(stopped, "atSeconds"));
    writer_add(out, "<p class=\"bad\">");
    html_format(out, "The run ended at %s: %s", at, text_of(stopped, "policy"));
    writer_add(out, "</p>\n");
    free(at);
}

void html_answer(struct writer *out, const struct value *summary)
{
    struct ranking ranking = rank(value_get(summary, "workloads"));
    tell_stopped(out, summary);
    tell_availability(out, &ranking, value_get(summary, "pods"));
    if (ranking.count == 0)
        writer_add(out, "<ul>\n");
    tell_requests(out, value_get(summary, "traffic"));
    tell_missed_rollouts(out, &ranking);
    tell_the_end(out, &ranking);
    tell_objectives(out, summary);
    html_gates(out, summary);
    tell_expectations(out, summary);
    writer_add(out, "</ul>\n");
    facts(out, &ranking, summary);
    free(ranking.rows);
}
