/* The summary as one self-contained page: no script, no network, light and dark, printable. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html_private.h"
#include "tools/report/report.h"
#include "tools/report/tables.h"

enum { MOST_OUTAGES = 40, MOST_NODES = 200 };

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1a2330;--paper:#fdfdfc;--faint:#68717d;--rule:#d8dce1;"
    "--ready:#1f6fb2;--wanted:#8a94a0;--outage:#c8372d}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ed;--paper:#14181d;--faint:#98a2ad;"
    "--rule:#333b44;--ready:#5aa9e6;--wanted:#7b8794;--outage:#ef6a5e}}\n"
    "@media print{:root{--ink:#000;--paper:#fff;--faint:#444;--rule:#bbb}section{break-inside:"
    "avoid}}\n"
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:1000px;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .4rem;border-bottom:1px "
    "solid var(--rule)}h3{font-size:1rem;margin:1.2rem 0 .2rem}\n"
    "p{margin:.3rem 0}.faint{color:var(--faint)}code{font-size:.9em}\n"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}th{text-align:left;font-weight:600}"
    "th,td{padding:.15rem .5rem .15rem 0;vertical-align:top;border-bottom:1px solid var(--rule)}"
    ".number{text-align:right;font-variant-numeric:tabular-nums}\n"
    "svg{display:block;width:100%;height:auto}svg text{font-size:11px;fill:var(--faint)}"
    "svg.bar{height:14px}td svg.bar{height:5px}\n"
    "path.ready{fill:none;stroke:var(--ready);stroke-width:2}path.wanted{fill:none;stroke:"
    "var(--wanted);stroke-width:1.5;stroke-dasharray:5 3}rect.ready{fill:var(--ready)}"
    "rect.outage{fill:var(--outage);opacity:.45}.tick{stroke:var(--rule)}\n"
    ".legend{list-style:none;padding:0;margin:.2rem 0;display:flex;flex-wrap:wrap;gap:.2rem "
    "1.2rem;font-size:.85rem}.swatch{display:inline-block;width:.8em;height:.8em;margin-right:"
    ".35em}\n"
    ".cause0{fill:#c8372d;background:#c8372d}.cause1{fill:#e3a008;background:#e3a008}"
    ".cause2{fill:#7a5cc7;background:#7a5cc7}.cause3{fill:#2f9e77;background:#2f9e77}"
    ".cause4{fill:#4b7bd0;background:#4b7bd0}.cause5{fill:#b0568e;background:#b0568e}"
    ".cause6{fill:#7d8f2b;background:#7d8f2b}.cause7{fill:#8b8f96;background:#8b8f96}\n";

void html_text(struct writer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *escaped = *text == '<'   ? "&lt;"
                              : *text == '>' ? "&gt;"
                              : *text == '&' ? "&amp;"
                              : *text == '"' ? "&quot;"
                                             : NULL;
        if (escaped != NULL)
            writer_add(out, escaped);
        else
            writer_add_char(out, *text);
    }
}

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

static void cell(struct writer *out, bool number, char *owned)
{
    writer_add(out, number ? "<td class=\"number\">" : "<td>");
    html_text(out, owned);
    writer_add(out, "</td>");
    free(owned);
}

static void head(struct writer *out, const char *const *names, size_t count)
{
    writer_add(out, "<table><thead><tr>");
    for (size_t i = 0; i < count; i++)
        writer_format(out, "<th%s>%s</th>", names[i][0] == '-' ? " class=\"number\"" : "",
                      names[i] + (names[i][0] == '-'));
    writer_add(out, "</tr></thead><tbody>\n");
}
#define HEAD(out, ...)                                                                             \
    head(out, (const char *const[]){ __VA_ARGS__ },                                                \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static char *print_name(const struct value *row)
{
    return mem_format("%s/%s", text_of(row, "kind"), text_of(row, "name"));
}

/* ---- the tables on top ---- */

static void availability_table(struct writer *out, const struct value *rows)
{
    HEAD(out, "", "namespace", "-ready", "-available", "-down", "-outages", "-degraded",
         "lost to, and why now");
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        const struct value *row = rows->items[i], *outages = value_get(row, "outages");
        char *causes = print_causes(value_get(row, "causes"));
        const char *reason = value_text(value_get(row, "reason"), NULL);
        writer_add(out, "<tr>");
        cell(out, false, print_name(row));
        cell(out, false, mem_format("%s", text_of(row, "namespace")));
        cell(out, true,
             mem_format("%lld/%lld", (long long)value_int(value_get(row, "ready"), 0),
                        (long long)value_int(value_get(row, "wanted"), 0)));
        cell(out, true, print_availability(value_get(row, "availability")));
        cell(out, true, print_duration(value_get(row, "downtimeSeconds")));
        cell(out, true, mem_format("%zu", outages ? outages->count : 0));
        cell(out, true, print_duration(value_get(row, "degradedSeconds")));
        cell(out, false,
             mem_format("%s%s%s", causes ? causes : "", causes && reason ? "; " : "",
                        reason ? reason : ""));
        writer_add(out, "</tr>\n");
        free(causes);
    }
    writer_add(out, "</tbody></table>\n");
}

/* ---- a section for each workload ---- */

static void workload_section(struct writer *out, const struct value *row,
                             const struct palette *palette, double duration)
{
    const struct named_tally tallies[] = {
        { "to detect a lost replica", value_get(row, "detect") },
        { "to place its replacement", value_get(row, "reschedule") },
        { "to have it ready", value_get(row, "recover") },
    };
    writer_add(out, "<section><h3>");
    char *name = print_name(row);
    html_text(out, name);
    free(name);
    writer_add(out, "</h3>\n");
    html_curve(out, row, palette, duration);
    html_causes(out, row, palette);
    html_quantiles(out, tallies, sizeof tallies / sizeof *tallies);
    writer_add(out, "</section>\n");
}

static void workload_sections(struct writer *out, const struct value *summary, double duration)
{
    const struct value *rows = value_get(summary, "workloads");
    struct palette palette = palette_of(summary);
    writer_add(out, "<h2>Ready against wanted</h2>\n<p class=\"faint\">Solid line: ready replicas. "
                    "Dashed line: wanted. Shaded: none ready. Triangles: where something began "
                    "that cost replicas (hover for its name).</p>\n");
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        workload_section(out, rows->items[i], &palette, duration);
}

/* ---- rollouts, outages, nodes, pods ---- */

static void rollout_rows(struct writer *out, const struct value *row)
{
    const struct value *rollouts = value_get(row, "rollouts");
    for (size_t i = 0; rollouts != NULL && i < rollouts->count; i++) {
        const struct value *rollout = rollouts->items[i];
        bool missed = value_truth(value_get(rollout, "missedProgressDeadline"), false);
        writer_add(out, "<tr>");
        cell(out, false, print_name(row));
        cell(out, true, print_duration(value_get(rollout, "startSeconds")));
        cell(out, true, print_duration(value_get(rollout, "seconds")));
        cell(out, false,
             mem_format("%s%s", text_of(rollout, "outcome"),
                        missed ? ", missed its progress deadline" : ""));
        cell(out, false, mem_format("%s", text_of(rollout, "cause")));
        writer_add(out, "</tr>\n");
    }
}

static void outage_rows(struct writer *out, const struct value *row, size_t *left)
{
    const struct value *outages = value_get(row, "outages");
    for (size_t i = 0; outages != NULL && i<outages->count && * left> 0; i++, --*left) {
        const struct value *outage = outages->items[i];
        char *start = print_duration(value_get(outage, "startSeconds"));
        writer_add(out, "<tr>");
        cell(out, false, print_name(row));
        cell(out, true, print_duration(value_get(outage, "startSeconds")));
        cell(out, true, print_duration(value_get(outage, "seconds")));
        cell(out, false, mem_format("%s", text_of(outage, "cause")));
        writer_add(out, "<td><code>");
        html_text(out, "seatrial why OUT ");
        html_text(out, text_of(row, "name"));
        writer_format(out, " --at %s</code></td></tr>\n", start);
        free(start);
    }
}

static void tables_of_workloads(struct writer *out, const struct value *rows)
{
    size_t left = MOST_OUTAGES;
    writer_add(out, "<h2>Rollouts</h2>\n");
    HEAD(out, "", "-started", "-took", "outcome", "cause");
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        rollout_rows(out, rows->items[i]);
    writer_add(out, "</tbody></table>\n<h2>Outages</h2>\n");
    HEAD(out, "", "-began", "-lasted", "cause", "the whole chain");
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        outage_rows(out, rows->items[i], &left);
    writer_add(out, "</tbody></table>\n");
    if (left == 0)
        writer_format(out, "<p class=\"faint\">The first %d; summary.json has all.</p>\n",
                      MOST_OUTAGES);
}

static void list_row(struct writer *out, const struct report_table *from,
                     const struct table_row *row, size_t columns)
{
    writer_add(out, "<tr>");
    for (size_t i = 0; i < columns; i++)
        cell(out, from->heads[i][0] == '-', mem_format("%s", row->cells[i] ? row->cells[i] : ""));
    writer_add(out, "</tr>\n");
    if (row->note == NULL)
        return;
    writer_format(out, "<tr><td class=\"faint\" colspan=\"%zu\">", columns);
    html_text(out, row->note);
    writer_add(out, "</td></tr>\n");
}

/* Heads are written for a terminal, in capitals. */
static void lists(struct writer *out, const struct value *summary)
{
    for (const struct report_table *from = report_tables; from->list != NULL; from++) {
        struct text_table table = report_table_of(from, summary);
        size_t columns = 0;
        while (from->heads[columns] != NULL)
            columns++;
        if (table.count > 0) {
            writer_format(out, "<h2>%s</h2>\n", from->title);
            head(out, from->heads, columns);
        }
        for (size_t i = 0; i < table.count; i++)
            list_row(out, from, &table.rows[i], columns);
        if (table.count > 0)
            writer_add(out, "</tbody></table>\n");
        text_table_close(&table);
    }
}

/* When requests failed, under the table that says how many. */
static void failure_sections(struct writer *out, const struct value *rows, double duration)
{
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        if (value_double(value_get(rows->items[i], "failed"), 0) <= 0)
            continue;
        writer_add(out, "<section><h3>Failed a second: ");
        html_text(out, text_of(rows->items[i], "name"));
        writer_add(out, "</h3>\n");
        html_failures(out, rows->items[i], duration);
        writer_add(out, "</section>\n");
    }
}

static char *print_percent(const struct value *fraction)
{
    return mem_format("%.1f %%", 100 * value_double(fraction, 0));
}

static void node_table(struct writer *out, const struct value *rows)
{
    size_t count = rows ? rows->count : 0;
    writer_add(out, "<h2>Nodes</h2>\n");
    HEAD(out, "", "zone", "-ready", "-cpu requested", "-memory requested", "-pods",
         "-fragmentation");
    for (size_t i = 0; i < count && i < MOST_NODES; i++) {
        const struct value *row = rows->items[i];
        writer_add(out, "<tr>");
        cell(out, false, mem_format("%s", text_of(row, "name")));
        cell(out, false, mem_format("%s", text_of(row, "zone")));
        cell(out, true, print_percent(value_get(row, "ready")));
        cell(out, true, print_percent(value_get(row, "cpuUtilisation")));
        cell(out, true, print_percent(value_get(row, "memoryUtilisation")));
        cell(out, true, mem_format("%.1f", value_double(value_get(row, "pods"), 0)));
        cell(out, true, print_percent(value_get(row, "fragmentation")));
        writer_add(out, "</tr>\n");
    }
    writer_add(out, "</tbody></table>\n");
    if (count > MOST_NODES)
        writer_format(out, "<p class=\"faint\">The first %d of %zu; summary.json has all.</p>\n",
                      MOST_NODES, count);
}

static void pod_section(struct writer *out, const struct value *pods)
{
    const struct named_tally latency = { "from creation to binding",
                                         value_get(pods, "schedulingLatency") };
    writer_add(out, "<h2>Scheduling latency</h2>\n");
    writer_format(out, "<p>%lld pods made, %lld bound, %lld pending at the end.</p>\n",
                  (long long)value_int(value_get(pods, "created"), 0),
                  (long long)value_int(value_get(pods, "bound"), 0),
                  (long long)value_int(value_get(pods, "pending"), 0));
    html_quantiles(out, &latency, 1);
}

static void title(struct writer *out, const struct value *summary)
{
    char *duration = print_duration(value_get(summary, "durationSeconds"));
    writer_add(out, "<h1>");
    html_text(out, text_of(summary, "scenario"));
    writer_format(
        out,
        "</h1>\n<p class=\"faint\">%s of virtual time · seed %lld · seatrial %s, following "
        "Kubernetes %s · trace <code>%s</code></p>\n",
        duration, (long long)value_int(value_get(summary, "seed"), 0), text_of(summary, "version"),
        text_of(summary, "kubernetes"), text_of(summary, "traceHash"));
    free(duration);
    writer_add(out, "<p>");
    html_text(out, text_of(summary, "question"));
    writer_add(out, "</p>\n");
}

static void kept_section(struct writer *out, const struct value *kept)
{
    if (kept == NULL || kept->count == 0)
        return;
    writer_add(out, "<h2>Kept, not simulated</h2>\n<p>");
    for (size_t i = 0; i < kept->count; i++) {
        writer_format(out, "%s%lld ", i ? ", " : "",
                      (long long)value_int(kept->entries[i].value, 0));
        html_text(out, kept->entries[i].key);
    }
    writer_add(out, "</p>\n");
}

static void html_write(const struct value *summary, struct writer *out)
{
    const struct value *workloads = value_get(summary, "workloads");
    double duration = value_double(value_get(summary, "durationSeconds"), 0);
    writer_add(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    html_text(out, text_of(summary, "scenario"));
    writer_format(out, " · seatrial</title>\n<style>\n%s</style></head><body>\n", style);
    title(out, summary);
    html_expectations(out, summary);
    writer_add(out, "<h2>Workloads</h2>\n");
    availability_table(out, workloads);
    writer_add(out, "<h2>Services</h2>\n");
    availability_table(out, value_get(summary, "services"));
    workload_sections(out, summary, duration);
    tables_of_workloads(out, workloads);
    lists(out, summary);
    failure_sections(out, value_get(summary, "traffic"), duration);
    pod_section(out, value_get(summary, "pods"));
    node_table(out, value_get(summary, "nodes"));
    kept_section(out, value_get(summary, "kept"));
    writer_add(out, "</body></html>\n");
}

const struct report html_report = { .name = "html", .write = html_write };
