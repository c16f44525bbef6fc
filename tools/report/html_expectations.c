/* What was expected, and whether it held: in words, so that it needs no colour. */
#include <stdlib.h>

#include "tools/report/expectations.h"
#include "tools/report/html.h"

void html_expectations(struct html_page *page, const struct value *summary)
{
    static const char *const heads[] = { "HELD", "EXPECTED", "FOUND", NULL };
    const struct value *verdicts = value_get(summary, "expectations");
    struct writer *out = &page->body;
    if (verdicts == NULL || verdicts->count == 0)
        return;
    html_section(page, "expected", "Expected");
    writer_format(out, "<p>%zu of %zu held.</p>\n",
                  verdicts->count - expectations_not_held(summary), verdicts->count);
    html_table_begin(out, heads, "What the scenario expected");
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct value *verdict = verdicts->items[i];
        const bool held = value_truth(value_get(verdict, "held"), false);
        char *found = expectation_found(verdict);
        html_row_begin(out, "");
        writer_format(out, "<td class=\"%s\">%s</td>", held ? "good" : "bad",
                      held ? "held" : "NOT&nbsp;HELD");
        html_cell(out, false, text_of(verdict, "that"));
        writer_add(out, "<td><code>");
        html_text(out, found);
        writer_add(out, "</code></td>");
        html_row_end(out);
        free(found);
    }
    html_table_end(out);
}
