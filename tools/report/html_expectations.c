/* What was expected, and whether it held: in words, so that it needs no colour. */
#include <stdlib.h>

#include "tools/report/expectations.h"
#include "tools/report/html_private.h"

void html_expectations(struct writer *out, const struct value *summary)
{
    const struct value *verdicts = value_get(summary, "expectations");
    if (verdicts == NULL || verdicts->count == 0)
        return;
    writer_format(out, "<h2>Expected</h2>\n<p>%zu of %zu held.</p>\n<table><tbody>\n",
                  verdicts->count - expectations_not_held(summary), verdicts->count);
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct value *verdict = verdicts->items[i];
        const bool held = value_truth(value_get(verdict, "held"), false);
        char *found = expectation_found(verdict);
        writer_format(out, "<tr><td>%s</td><td>", held ? "held" : "<strong>NOT&nbsp;HELD</strong>");
        html_text(out, value_text(value_get(verdict, "that"), ""));
        writer_add(out, "<br><code class=\"faint\">");
        html_text(out, found);
        writer_add(out, "</code></td></tr>\n");
        free(found);
    }
    writer_add(out, "</tbody></table>\n");
}
