/* What the parts of the HTML reports share: the frame of a page, its tables and figures, and the parts of
 * the report of a run.
 *
 * A page is one file that needs nothing beside it: style, script and the library of its charts stand in
 * it, and its Content-Security-Policy forbids the network. It reads well without its script. */
#ifndef TOOLS_REPORT_HTML_H
#define TOOLS_REPORT_HTML_H

#include "sim/base/value.h"
#include "sim/base/writer.h"
#include "tools/report/chart.h"
#include "tools/report/table.h"

/* A string of a map; "" when it has none. */
static inline const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* --- the frame: html_page.c ------------------------------------------------------------------ */

/* All zero is a page without sections. */
struct html_page {
    struct writer body, contents; /* sections so far, and their names as a list of links */
    bool in_section;
    unsigned charts; /* how many there are */
};

/* Text with <, >, & and " escaped. */
void html_text(struct writer *out, const char *text);
/* The same of a format; for short texts. */
void html_format(struct writer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Begin a section that the list on top of the page leads to. */
void html_section(struct html_page *page, const char *id, const char *title);

/* What stands above the sections. */
struct html_head {
    const char *title, *question; /* "": none */
    const char *answer;           /* HTML: the summary */
    const char *about;            /* HTML: of what, and how it is played again */
    double seconds;               /* of virtual time that charts of time show */
};
/* Write the page, and release it. */
void html_print(struct html_page *page, const struct html_head *head, struct writer *out);

/* --- tables: html_table.c -------------------------------------------------------------------- */

/* A table of rows as a terminal has them: the first cell names its row, a note stands below. In a box of
 * its own that scrolls where it is too wide. Heads in capitals become small. Nothing without rows. */
void html_table(struct writer *out, const struct text_table *table, const char *caption);

/* The same row by row, for rows with more than text in them. `attributes` of a row may be "". */
void html_table_begin(struct writer *out, const char *const *heads, const char *caption);
void html_row_begin(struct writer *out, const char *attributes);
void html_cell(struct writer *out, bool is_number, const char *text);
void html_row_end(struct writer *out);
void html_table_end(struct writer *out);

/* --- parts of an answer: html_answer.c ------------------------------------------------------- */

/* A figure of the list of facts; takes the value. */
void html_fact(struct writer *out, const char *name, char *value);
/* An entry for each gate of a document: whether it failed. */
void html_gates(struct writer *out, const struct value *document);

/* --- figures: html_figure.c ------------------------------------------------------------------ */

/* A figure: how to read it (NULL: nothing), the chart, and the same as a table behind it. Takes the
 * chart's reference; the table is HTML. Returns its number, which its id has: "chart-3". */
unsigned html_figure(struct html_page *page, struct value *chart, const char *caption,
                     const char *table);

/* The same under a heading of its own, with the table as a terminal has it; nothing when that is empty. */
void html_titled_figure(struct html_page *page, const char *title, struct value *chart,
                        const char *caption, const struct text_table *table, const char *label);

/* Kinds of causes in the order in which a summary first has them: each keeps its colour
 * throughout the page. */
enum { CAUSE_COLOURS = 8 };
struct palette {
    const char *kinds[CAUSE_COLOURS]; /* borrowed; the last colour is for the rest */
};
void palette_add(struct palette *palette, const char *kind);
int palette_colour(const struct palette *palette, const char *kind);

/* --- the parts of the report of a run -------------------------------------------------------- */

/* "deploy/web", with its namespace before it unless all rows of the list have the same; the caller frees. */
char *html_row_name(const struct value *row, const struct value *rows);

/* What a reader wants to know first, in sentences and figures: html_answer.c. */
void html_answer(struct writer *out, const struct value *summary);
/* What the scenario expected, with the values found: html_expectations.c. */
void html_expectations(struct html_page *page, const struct value *summary);
/* How available workloads and Services were, and what was lost to what: html_availability.c. */
void html_availability(struct html_page *page, const struct value *summary,
                       const struct palette *palette);
/* Ready against wanted over time; outages and rollouts: html_timelines.c. */
void html_timelines(struct html_page *page, const struct value *summary,
                    const struct palette *palette);
/* When requests failed, and why: html_requests.c. */
void html_requests(struct html_page *page, const struct value *summary);
/* How full the nodes were: html_nodes.c. */
void html_nodes(struct html_page *page, const struct value *summary);
/* How long it took to mend what was lost, and to place pods: html_latency.c. */
void html_latency(struct html_page *page, const struct value *summary);

#endif
