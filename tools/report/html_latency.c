/* How long things took, as quantiles: until a lost replica was noticed, had a new place and was replaced; until
 * pods had a node; until requests were answered. */
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tools/report/html.h"
#include "tools/report/report.h"

enum { MOST_WORKLOADS = 15 };

static const char *const quantiles[] = { "p50", "p95", "p99", "max" };
enum { QUANTILES = sizeof quantiles / sizeof *quantiles };

/* A chart of quantiles and its table, row by row. */
struct latencies {
    struct value *chart;
    struct text_table table;
};

static struct latencies latencies_new(const char *label)
{
    struct latencies latencies = {
        .chart = chart_new("quantiles", label),
        .table = { .heads = { "WHAT", "-COUNT", "-MEAN", "-P50", "-P95", "-P99", "-MAX" } },
    };
    struct value *x = chart_axis(latencies.chart, "x", NULL, "seconds");
    value_set(x, "log", value_new_bool(true));
    for (size_t i = 0; i < QUANTILES; i++)
        chart_add(latencies.chart, "marks", value_new_string(quantiles[i]));
    return latencies;
}

/* Takes the name. Tallies without observations are left out; times of 0, which a logarithmic axis has not, are shown
 * as a tenth of a millisecond. */
static void add_tally(struct latencies *latencies, char *name, const struct value *tally)
{
    if (value_is_null(tally)) {
        free(name);
        return;
    }
    struct value *points = value_new_list();
    for (size_t i = 0; i < QUANTILES; i++) {
        const double seconds = value_double(value_get(tally, quantiles[i]), 0);
        value_add(points, chart_number(seconds > 1e-4 ? seconds : 1e-4));
    }
    chart_category(latencies->chart, name);
    chart_add(latencies->chart, "values", points);
    struct table_row *line = text_table_row(&latencies->table);
    line->cells[0] = name;
    line->cells[1] = mem_format("%lld", (long long)value_int(value_get(tally, "count"), 0));
    line->cells[2] = print_duration(value_get(tally, "mean"));
    for (size_t i = 0; i < QUANTILES; i++)
        line->cells[3 + i] = print_duration(value_get(tally, quantiles[i]));
}

static void print(struct html_page *page, struct latencies *latencies, const char *title,
                  const char *caption)
{
    struct writer table = { 0 };
    if (latencies->table.count == 0) {
        value_drop(latencies->chart);
    } else {
        html_table(&table, &latencies->table, title);
        writer_format(&page->body, "<h3>%s</h3>\n", title);
        html_figure(page, latencies->chart, caption, table.bytes);
        writer_close(&table);
    }
    text_table_close(&latencies->table);
}

static void of_workloads(struct latencies *latencies, const struct value *rows, const char *key)
{
    for (size_t i = 0, shown = 0; rows != NULL && i < rows->count && shown < MOST_WORKLOADS; i++) {
        const struct value *tally = value_get(rows->items[i], key);
        shown += !value_is_null(tally);
        add_tally(latencies, html_row_name(rows->items[i], rows), tally);
    }
}

void html_latency(struct html_page *page, const struct value *summary)
{
    const struct value *workloads = value_get(summary, "workloads");
    const struct value *traffic = value_get(summary, "traffic");
    struct latencies mended = latencies_new("How long lost replicas were missing");
    struct latencies noticed = latencies_new("How long it took to notice that replicas were lost");
    struct latencies placed = latencies_new("How long pods waited for a node");
    struct latencies answered = latencies_new("How long requests took");
    of_workloads(&mended, workloads, "recover");
    of_workloads(&noticed, workloads, "detect");
    add_tally(&placed, mem_format("all pods"),
              value_path(summary, "pods", "schedulingLatency", NULL));
    of_workloads(&placed, workloads, "schedulingLatency");
    for (size_t i = 0; traffic != NULL && i < traffic->count; i++)
        add_tally(&answered, mem_format("%s", text_of(traffic->items[i], "name")),
                  value_get(traffic->items[i], "latency"));
    if (answered.table.count + mended.table.count + noticed.table.count + placed.table.count > 0)
        html_section(page, "latency", "How long things took");
    print(page, &answered, "Requests", "From the first attempt to the answer.");
    print(page, &mended, "Until a lost replica was replaced",
          "From a failure until as many were ready as before.");
    print(page, &noticed, "Until its loss was noticed",
          "From a failure until a replica that it took counts as not ready.");
    print(page, &placed, "Until pods had a node", "From creation to binding.");
}
