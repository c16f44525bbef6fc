/* The table of YAML texts: how they are cut, what each piece is as JSON, and whether a
 * strict reader takes it. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/yaml.h"
#include "tests/support/tables.h"

/* The recorded text without "yaml: " and "line 3: ", which we say in another way. */
static const char *bare(const char *text)
{
    if (strncmp(text, "yaml: ", 6) == 0)
        text += 6;
    if (strncmp(text, "line ", 5) == 0 && strstr(text, ": ") != NULL)
        text = strstr(text, ": ") + 2;
    return text;
}

static void remark_error(const struct value *doc, const struct error *error, struct writer *why)
{
    const char *want = bare(table_text(doc, "error"));
    if (strncmp(error->text, want, strlen(want)) != 0)
        table_expect(why, "error", error->text, want);
}

static bool document_agrees(const struct value *doc, const struct value *got,
                            const struct error *error, bool strict_ok, struct writer *why)
{
    bool ok = value_truth(value_get(doc, "ok"), false);
    if (got == NULL || !ok) {
        if (got == NULL && !ok)
            remark_error(doc, error, why);
        else
            writer_add(why, ok ? error->text : "taken, want it refused");
        return got == NULL && !ok;
    }
    if (!value_equal(got, value_get(doc, "json"))) {
        char *text = json_text(got, (struct json_style){ 0 });
        writer_format(why, "got %s", text);
        free(text);
        return false;
    }
    if (strict_ok == value_truth(value_get(doc, "strict_ok"), false))
        return true;
    writer_format(why, "a strict reader %s it here", strict_ok ? "takes" : "refuses");
    return false;
}

/* One piece, or the separator that could not be cut at. */
static bool next_agrees(struct yaml_stream *stream, const struct value *doc, struct writer *why)
{
    struct yaml_piece piece;
    struct error error = { 0 };
    struct error_list twice = { 0 };
    struct value *got = NULL;
    bool agrees;
    if (yaml_stream_next(stream, &piece, &error))
        got = yaml_read(piece, &twice, &twice, &error);
    if (got == NULL && error.text == NULL) {
        writer_add(why, "fewer documents");
        agrees = false;
    } else {
        agrees = document_agrees(doc, got, &error, twice.count == 0, why);
    }
    value_drop(got);
    error_list_close(&twice);
    error_close(&error);
    return agrees;
}

static bool yaml_agrees(const struct value *row, struct writer *why)
{
    const struct value *text = value_get(row, "yaml"), *docs = value_get(row, "docs");
    struct yaml_stream stream = yaml_stream_of(text->text, text->count, "row");
    for (size_t i = 0; i < docs->count; i++)
        if (!next_agrees(&stream, docs->items[i], why))
            return false;
    struct yaml_piece piece;
    struct error error = { 0 };
    bool more = yaml_stream_next(&stream, &piece, &error) || error.text != NULL;
    error_close(&error);
    if (more)
        writer_add(why, "more documents");
    return !more;
}

const struct table yaml_table = {
    .name = "yaml",
    .columns = { "yaml", "docs" },
    .agrees = yaml_agrees,
};
