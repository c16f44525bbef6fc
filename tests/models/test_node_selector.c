/* Node selectors: terms are alternatives, and what a term is made of must all hold. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/api/selector.h"
#include "sim/base/writer.h"
#include "tests/support/rows.h"

static const char *look_up(const void *labels, const char *key)
{
    return value_text(value_get(labels, key), NULL);
}

/* The node is n1 in zone a, of size 8. */
static bool selects(const char *terms)
{
    struct texts *texts = texts_new();
    struct value *labels = rows_parse("{\"zone\":\"a\",\"size\":\"8\"}");
    struct value *list = value_new_map();
    value_set(list, "nodeSelectorTerms", rows_parse(terms));
    struct error error = { 0 };
    const struct node_selector *selector = node_selector_load(texts, list, &error);
    cr_assert_not_null(selector, "%s", error.text);
    bool matches = node_selector_matches(selector, look_up, labels, "n1");
    node_selector_drop(selector);
    value_drop(list);
    value_drop(labels);
    texts_free(texts);
    return matches;
}

static const struct {
    const char *why, *terms;
    bool want;
} rows[] = {
    { "no term", "[]", false },
    { "an empty term matches nothing", "[{}]", false },
    { "but does not spoil its neighbour",
      "[{},{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"Exists\"}]}]", true },
    { "8 > 7",
      "[{\"matchExpressions\":[{\"key\":\"size\",\"operator\":\"Gt\",\"values\":[\"7\"]}]}]",
      true },
    { "8 > 8",
      "[{\"matchExpressions\":[{\"key\":\"size\",\"operator\":\"Gt\",\"values\":[\"8\"]}]}]",
      false },
    { "a text is less than nothing",
      "[{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"Lt\",\"values\":[\"9\"]}]}]",
      false },
    { "all expressions must hold",
      "[{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"In\",\"values\":[\"a\"]},"
      "{\"key\":\"size\",\"operator\":\"DoesNotExist\"}]}]",
      false },
    { "an absent label is not in any set",
      "[{\"matchExpressions\":[{\"key\":\"gpu\",\"operator\":\"NotIn\",\"values\":[\"x\"]}]}]",
      true },
    { "fields know the name",
      "[{\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"n1\"]}]}]",
      true },
    { "and its opposite",
      "[{\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"NotIn\",\"values\":[\"n1\"]}]}"
      "]",
      false },
};

Test(node_selector, matches_when_one_term_holds_in_full)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(selects(rows[i].terms), rows[i].want, "%s", rows[i].why);
}

#define NAMED(operator, name)                                                                      \
    "{\"key\":\"metadata.name\",\"operator\":\"" operator"\",\"values\":[\"" name "\"]}"

static const struct {
    const char *why, *terms, *want; /* want NULL: any node may do */
} names[] = {
    { "one name", "[{\"matchFields\":[" NAMED("In", "n2") "]}]", "n2 " },
    { "one of two terms",
      "[{\"matchFields\":[" NAMED("In", "n2") "]},{\"matchFields\":[" NAMED("In", "n1") "]}]",
      "n2 n1 " },
    { "contradicting fields leave none",
      "[{\"matchFields\":[" NAMED("In", "n2") "," NAMED("In", "n1") "]}]", "" },
    { "a term without names lets every node in",
      "[{\"matchFields\":[" NAMED("In", "n2") "]},{\"matchFields\":[" NAMED("NotIn", "n1") "]}]",
      NULL },
    { "so does an empty term", "[{\"matchFields\":[" NAMED("In", "n2") "]},{}]", NULL },
    { "no term asks for nothing", "[]", NULL },
};

Test(node_selector, knows_the_only_nodes_it_can_match)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct texts *texts = texts_new();
        struct value *from = value_new_map();
        value_set(from, "nodeSelectorTerms", rows_parse(names[i].terms));
        struct error error = { 0 };
        const struct node_selector *selector = node_selector_load(texts, from, &error);
        const struct text *const *found;
        size_t count = 0;
        bool limited = node_selector_names(selector, &found, &count);
        struct writer list = { 0 };
        for (size_t n = 0; n < count; n++)
            writer_format(&list, "%s ", found[n]->s);
        cr_expect_eq(limited, names[i].want != NULL, "%s", names[i].why);
        cr_expect_str_eq(list.bytes == NULL ? "" : list.bytes, limited ? names[i].want : "", "%s",
                         names[i].why);
        writer_close(&list);
        node_selector_drop(selector);
        value_drop(from);
        texts_free(texts);
    }
}

Test(node_selector, refuses_what_the_api_server_refuses)
{
    struct texts *texts = texts_new();
    struct value *from = rows_parse("{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":"
                                    "\"zone\",\"operator\":\"Near\"}]}]}");
    struct error error = { 0 };
    cr_expect_null(node_selector_load(texts, from, &error));
    cr_expect_str_eq(error.text, "nodeSelectorTerms[0]: matchExpressions[0]: operator: Unsupported "
                                 "value: \"Near\": supported values: \"DoesNotExist\", \"Exists\", "
                                 "\"Gt\", \"In\", \"Lt\", \"NotIn\"");
    error_close(&error);
    value_drop(from);
    texts_free(texts);
}
