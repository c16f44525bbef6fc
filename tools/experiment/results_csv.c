/* Results as rows of a spreadsheet: one for each replication and response. */
#include <string.h>

#include "models/api/json.h"
#include "tools/experiment/print.h"

/* A field, in quotes where it needs them (RFC 4180). */
static void add_field(struct writer *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        writer_add(out, text);
        return;
    }
    writer_add_char(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            writer_add_char(out, '"');
        writer_add_char(out, *c);
    }
    writer_add_char(out, '"');
}

static void write_head(const struct value *results, struct writer *out)
{
    const struct value *factors = value_get(results, "factors");
    writer_add(out, "point");
    for (size_t i = 0; i < factors->count; i++) {
        writer_add_char(out, ',');
        add_field(out, value_text(value_get(factors->items[i], "name"), ""));
    }
    writer_add(out, ",without,replication,response,value\r\n");
}

static void write_values(const struct value *point, const struct value *estimate,
                         struct writer *out)
{
    const struct value *values = value_get(estimate, "values"),
                       *levels = value_get(point, "levels");
    for (size_t r = 0; r < values->count; r++) {
        writer_format(out, "%lld", (long long)value_int(value_get(point, "number"), 0));
        for (size_t i = 0; i < levels->count; i++) {
            writer_add_char(out, ',');
            add_field(out, value_text(levels->entries[i].value, ""));
        }
        writer_add_char(out, ',');
        add_field(out, value_text(value_get(point, "without"), ""));
        writer_format(out, ",%zu,", r);
        add_field(out, value_text(value_get(estimate, "response"), ""));
        writer_add_char(out, ',');
        if (values->items[r]->type == VALUE_NUMBER)
            writer_add(out, values->items[r]->text);
        writer_add(out, "\r\n");
    }
}

void results_print_csv(const struct value *results, struct writer *out)
{
    const struct value *points = value_get(results, "points");
    write_head(results, out);
    for (size_t i = 0; i < points->count; i++) {
        const struct value *estimates = value_get(points->items[i], "estimates");
        for (size_t j = 0; j < estimates->count; j++)
            write_values(points->items[i], estimates->items[j], out);
    }
}
