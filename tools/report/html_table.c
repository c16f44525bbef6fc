/* Tables of a page. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html.h"

/* Heads for a terminal are in capitals, which a page has no need of. */
static void write_head(struct writer *out, const char *name)
{
    const bool is_number = name[0] == '-';
    char *text = mem_text(name + is_number, strlen(name + is_number));
    bool is_capital = true;
    for (const char *c = text; *c != '\0'; c++)
        is_capital = is_capital && !islower((unsigned char)*c);
    for (char *c = text; is_capital && *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    writer_format(out, "<th scope=\"col\"%s>", is_number ? " class=\"number\"" : "");
    html_text(out, text);
    writer_add(out, "</th>");
    free(text);
}

void html_table_begin(struct writer *out, const char *const *heads, const char *caption)
{
    writer_add(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    html_text(out, caption);
    writer_add(out, "\"><table><caption class=\"unseen\">");
    html_text(out, caption);
    writer_add(out, "</caption><thead><tr>");
    for (size_t i = 0; heads[i] != NULL; i++)
        write_head(out, heads[i]);
    writer_add(out, "</tr></thead><tbody>\n");
}

void html_row_begin(struct writer *out, const char *attributes)
{
    writer_format(out, "<tr%s%s>", *attributes != '\0' ? " " : "", attributes);
}

void html_cell(struct writer *out, bool is_number, const char *text)
{
    writer_add(out, is_number ? "<td class=\"number\">" : "<td>");
    html_text(out, text);
    writer_add(out, "</td>");
}

void html_row_end(struct writer *out)
{
    writer_add(out, "</tr>\n");
}

void html_table_end(struct writer *out)
{
    writer_add(out, "</tbody></table></div>\n");
}

static void write_row(struct writer *out, const struct text_table *table,
                      const struct table_row *row)
{
    size_t columns = 0;
    html_row_begin(out, row->note != NULL ? "class=\"noted\"" : "");
    for (; table->heads[columns] != NULL; columns++) {
        const char *text = row->cells[columns] != NULL ? row->cells[columns] : "";
        if (columns == 0) {
            writer_add(out, "<th scope=\"row\">");
            html_text(out, text);
            writer_add(out, "</th>");
        } else {
            html_cell(out, table->heads[columns][0] == '-', text);
        }
    }
    html_row_end(out);
    if (row->note == NULL)
        return;
    writer_format(out, "<tr><td class=\"note\" colspan=\"%zu\">", columns);
    html_text(out, row->note);
    writer_add(out, "</td></tr>\n");
}

void html_table(struct writer *out, const struct text_table *table, const char *caption)
{
    if (table->count == 0)
        return;
    html_table_begin(out, table->heads, caption);
    for (size_t i = 0; i < table->count; i++)
        write_row(out, table, &table->rows[i]);
    html_table_end(out);
}
