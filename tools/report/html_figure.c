/* Figures of a page: a chart as data for its script, and the same as a table for who sees no chart. */
#include <string.h>

#include "models/api/json.h"
#include "tools/report/html.h"

unsigned html_figure(struct html_page *page, struct value *chart, const char *caption,
                     const char *table)
{
    struct writer *out = &page->body;
    const unsigned number = ++page->charts;
    writer_format(out, "<figure class=\"chart\" id=\"chart-%u\">\n", number);
    if (caption != NULL) {
        writer_add(out, "<figcaption>");
        html_text(out, caption);
        writer_add(out, "</figcaption>\n");
    }
    writer_add(out, "<script type=\"application/json\">");
    json_print(out, chart, (struct json_style){ .escape_html = true });
    writer_add(out, "</script>\n<details><summary>The same as a table</summary>\n");
    writer_add(out, table);
    writer_add(out, "</details>\n</figure>\n");
    value_drop(chart);
    return number;
}

void palette_add(struct palette *palette, const char *kind)
{
    for (size_t i = 0; i < CAUSE_COLOURS - 1; i++) {
        if (palette->kinds[i] == NULL)
            palette->kinds[i] = kind;
        if (strcmp(palette->kinds[i], kind) == 0)
            return;
    }
}

int palette_colour(const struct palette *palette, const char *kind)
{
    int colour = 0;
    while (colour < CAUSE_COLOURS - 1 &&
           (palette->kinds[colour] == NULL || strcmp(palette->kinds[colour], kind) != 0))
        colour++;
    return colour;
}

void html_titled_figure(struct html_page *page, const char *title, struct value *chart,
                        const char *caption, const struct text_table *table, const char *label)
{
    struct writer text = { 0 };
    if (table->count == 0) {
        value_drop(chart);
        return;
    }
    html_table(&text, table, label);
    writer_add(&page->body, "<h3>");
    html_text(&page->body, title);
    writer_add(&page->body, "</h3>\n");
    html_figure(page, chart, caption, text.bytes);
    writer_close(&text);
}
