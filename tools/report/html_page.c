/* The frame of a page: what stands around its sections, the same in every report. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "tools/report/html.h"
#include "tools/report/page_parts.h"

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

void html_format(struct writer *out, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    const int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        abort(); /* out of memory */
    html_text(out, text);
    free(text);
}

static void end_section(struct html_page *page)
{
    if (page->in_section)
        writer_add(&page->body, "</section>\n");
    page->in_section = false;
}

void html_section(struct html_page *page, const char *id, const char *title)
{
    end_section(page);
    page->in_section = true;
    writer_format(&page->body, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n", id, id);
    writer_format(&page->body, "<h2 id=\"%s-title\">", id);
    html_text(&page->body, title);
    writer_add(&page->body, "</h2>\n");
    writer_format(&page->contents, "<li><a href=\"#%s\">", id);
    html_text(&page->contents, title);
    writer_add(&page->contents, "</a></li>\n");
}

static void write_head(const struct html_page *page, const struct html_head *head,
                       struct writer *out)
{
    writer_format(out, "<!doctype html>\n<html lang=\"en\" data-seconds=\"%.10g\">\n<head>\n",
                  head->seconds);
    writer_add(out, "<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
                    "<title>");
    html_text(out, head->title);
    writer_add(out, " · seatrial</title>\n<style>\n");
    writer_add(out, page_style);
    writer_add(out, "</style>\n</head>\n<body>\n<header>\n<div class=\"title\"><h1>");
    html_text(out, head->title);
    writer_add(out, "</h1><button type=\"button\" id=\"theme\" hidden>Dark page</button></div>\n");
    if (*head->question != '\0') {
        writer_add(out, "<p class=\"question\">");
        html_text(out, head->question);
        writer_add(out, "</p>\n");
    }
    writer_format(out, "<section class=\"answer\" aria-label=\"Summary\">\n%s</section>\n",
                  head->answer);
    if (page->contents.length > 0)
        writer_format(out, "<nav aria-label=\"Sections\"><ul>\n%s</ul></nav>\n",
                      page->contents.bytes);
    writer_add(out, "</header>\n");
}

void html_print(struct html_page *page, const struct html_head *head, struct writer *out)
{
    end_section(page);
    write_head(page, head, out);
    writer_add(out, "<main>\n");
    if (page->body.length > 0)
        writer_add_bytes(out, page->body.bytes, page->body.length);
    writer_format(out, "</main>\n<footer>\n<p>%s</p>\n</footer>\n", head->about);
    writer_add(out, "<script>\n");
    writer_add(out, page_chart_licence);
    writer_add(out, page_chart_library);
    writer_add(out, "</script>\n<script>\n");
    writer_add(out, "(function () {\n");
    writer_add(out, page_scripts);
    writer_add(out, "})();\n</script>\n</body>\n</html>\n");
    writer_close(&page->body);
    writer_close(&page->contents);
}
