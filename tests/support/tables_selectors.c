/* The table of label selectors, as texts and as documents. */
#include <stdlib.h>
#include <string.h>

#include "models/api/selector.h"
#include "tests/support/tables.h"

static const char *look_up(const void *labels, const char *key)
{
    return value_text(value_get(labels, key), NULL);
}

static const struct selector *selector_of(const struct value *row, struct texts *texts,
                                          struct error *error)
{
    if (strcmp(table_text(row, "kind"), "string") == 0)
        return selector_parse(texts, table_text(row, "selector"), (struct place){ 0 }, error);
    return selector_load(texts, value_get(row, "labelSelector"), error);
}

static bool matches_agree(const struct selector *selector, const struct value *cases,
                          struct writer *why)
{
    for (size_t i = 0; i < cases->count; i++) {
        const struct value *one = cases->items[i];
        bool want = value_truth(value_get(one, "match"), false);
        if (selector_matches(selector, look_up, value_get(one, "labels")) != want) {
            writer_format(why, "case %zu: want %s", i, want ? "a match" : "no match");
            return false;
        }
    }
    return true;
}

static bool selector_agrees(const struct value *row, struct writer *why)
{
    struct texts *texts = texts_new();
    struct error error = { 0 };
    const struct selector *selector = selector_of(row, texts, &error);
    bool ok = value_truth(value_get(row, "ok"), false), agrees = ok == (selector != NULL);
    if (selector == NULL)
        table_expect(why, "error", error.text, table_text(row, "error"));
    if (agrees && ok) {
        char *canonical = selector_print(selector);
        agrees = table_expect(why, "canonical", canonical, table_text(row, "canonical")) &&
                 matches_agree(selector, value_get(row, "cases"), why);
        free(canonical);
    }
    selector_drop(selector);
    error_close(&error);
    texts_free(texts);
    return agrees;
}

const struct table selectors_table = {
    .name = "selectors",
    .columns = { "kind", "ok", "cases" },
    .agrees = selector_agrees,
};
