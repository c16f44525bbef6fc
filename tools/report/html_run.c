/* The summary of a run as a page. */
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds.h"
#include "sim/base/memory.h"
#include "tools/report/html.h"
#include "tools/report/objectives.h"
#include "tools/report/report.h"
#include "tools/report/tables.h"

char *html_row_name(const struct value *row, const struct value *rows)
{
    const char *space = text_of(row, "namespace");
    bool is_common = true;
    for (size_t i = 0; is_common && i < rows->count; i++)
        is_common = strcmp(text_of(rows->items[i], "namespace"), space) == 0;
    return mem_format("%s%s%s/%s", is_common ? "" : space, is_common ? "" : "/",
                      short_kind(text_of(row, "kind")), text_of(row, "name"));
}

static void add_kinds(struct palette *palette, const struct value *rows)
{
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        const struct value *causes = value_get(rows->items[i], "causes");
        for (size_t j = 0; causes != NULL && j < causes->count; j++)
            palette_add(palette, text_of(causes->items[j], "kind"));
    }
}

/* Lists that a terminal shows alike; requests and objectives have sections of their own. */
static void other_lists(struct html_page *page, const struct value *summary)
{
    for (const struct report_table *from = report_tables; from->list != NULL; from++) {
        struct text_table table = report_table_of(from, summary);
        if (table.count > 0 && strcmp(from->list, "traffic") != 0 &&
            strcmp(from->list, "objectives") != 0) {
            html_section(page, from->list, from->title);
            html_table(&page->body, &table, from->title);
        }
        text_table_close(&table);
    }
}

static void kept(struct html_page *page, const struct value *summary)
{
    const struct value *kept = value_get(summary, "kept");
    if (kept == NULL || kept->count == 0)
        return;
    html_section(page, "kept", "Kept, not simulated");
    writer_add(&page->body, "<p>");
    for (size_t i = 0; i < kept->count; i++)
        html_format(&page->body, "%s%lld %s", i > 0 ? ", " : "",
                    (long long)value_int(kept->entries[i].value, 0), kept->entries[i].key);
    writer_add(&page->body, "</p>\n");
}

static char *print_about(const struct value *summary)
{
    struct writer about = { 0 };
    char *duration = print_duration(value_get(summary, "durationSeconds"));
    html_format(&about,
                "One run of %s: %s of virtual time, seed %lld; seatrial %s, following "
                "Kubernetes %s; trace ",
                text_of(summary, "scenario"), duration,
                (long long)value_int(value_get(summary, "seed"), 0), text_of(summary, "version"),
                text_of(summary, "kubernetes"));
    writer_add(&about, "<code>");
    html_text(&about, text_of(summary, "traceHash"));
    writer_add(&about, "</code>. The same program, scenario and seed give the same page. All that "
                       "was measured stands in summary.json; seeds and intervals of many runs, in "
                       "an experiment.");
    free(duration);
    return writer_take(&about);
}

static void html_write(const struct value *summary, struct writer *out)
{
    struct html_page page = { 0 };
    struct palette palette = { 0 };
    struct writer answer = { 0 };
    add_kinds(&palette, value_get(summary, "workloads"));
    add_kinds(&palette, value_get(summary, "services"));
    html_answer(&answer, summary);
    html_expectations(&page, summary);
    html_objectives(&page, summary);
    html_availability(&page, summary, &palette);
    html_timelines(&page, summary, &palette);
    html_requests(&page, summary);
    html_nodes(&page, summary);
    html_latency(&page, summary);
    other_lists(&page, summary);
    kept(&page, summary);
    char *about = print_about(summary);
    const struct html_head head = {
        .title = text_of(summary, "scenario"),
        .question = text_of(summary, "question"),
        .answer = answer.bytes != NULL ? answer.bytes : "",
        .about = about,
        .seconds = value_double(value_get(summary, "durationSeconds"), 0),
    };
    html_print(&page, &head, out);
    writer_close(&answer);
    free(about);
}

const struct report html_report = { .name = "html", .write = html_write };
