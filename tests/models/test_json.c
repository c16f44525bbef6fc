/* The JSON reader and printer: places, exact numbers, escapes, and what is refused where. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"

static struct value *read_text(const char *text, struct error *error)
{
    struct place start = { "in.json", 1, 1 };
    return json_read(text, strlen(text), start, NULL, error);
}

/* Reads a text and prints it again, or gives the error's line. */
static char *echo(const char *text, struct json_style style)
{
    struct error error = { 0 };
    struct value *value = read_text(text, &error);
    char *out = value == NULL ? error_print(&error) : json_text(value, style);
    value_drop(value);
    error_close(&error);
    return out;
}

static void expect_echo(const char *text, struct json_style style, const char *want)
{
    char *got = echo(text, style);
    cr_expect_str_eq(got, want, "%s: %s, expected %s", text, got, want);
    free(got);
}

static const struct {
    const char *text, *want;
} documents[] = {
    { " {\"b\" : 1, \"a\": [true, false, null]} ", "{\"b\":1,\"a\":[true,false,null]}" },
    { "123456789012345678901234567890.10e+5", "123456789012345678901234567890.10e+5" },
    { "\"\\u00e9\\ud83d\\ude00 \\ud800x\"", "\"\xC3\xA9\xF0\x9F\x98\x80 \xEF\xBF\xBDx\"" },
    { "\"\\ud800\\u0041\"", "\"\xEF\xBF\xBD"
                            "A\"" },
    { "\"\xff\"", "\"\xEF\xBF\xBD\"" },
    { "\"\\u0000\\b\\f\\n\\r\\t\\/\\\\\\\"\"", "\"\\u0000\\b\\f\\n\\r\\t/\\\\\\\"\"" },
    { "\"\\u2028<&>\"", "\"\\u2028<&>\"" },
    { "{\"a\":1,\"a\":2}", "{\"a\":2}" },
    { "[]", "[]" },
    { "{\"a\" 1}", "in.json:1:6: invalid character '1' after object key" },
    { "{\"a\":1,}",
      "in.json:1:8: invalid character '}' looking for beginning of object key string" },
    { "[1,\n  2", "in.json:2:4: unexpected end of JSON input after array element" },
    { "01", "in.json:1:2: invalid character '1' after top-level value" },
    { "-", "in.json:1:2: unexpected end of JSON input in numeric literal" },
    { "1.", "in.json:1:3: unexpected end of JSON input after decimal point in numeric literal" },
    { "\"\xC3\xA9\xC3\xA9\" x", "in.json:1:6: invalid character 'x' after top-level value" },
    { "\"a\nb\"", "in.json:1:3: invalid character '\\x0a' in string literal" },
    { "\"\\q\"", "in.json:1:3: invalid character 'q' in string escape code" },
    { "\"\\u12x4\"", "in.json:1:6: invalid character 'x' in \\u hexadecimal character escape" },
    { "{\"a\\u0000b\":1}", "in.json:1:2: a key holds a NUL character" },
    { "nul", "in.json:1:1: invalid character 'n' looking for beginning of value" },
    { "", "in.json:1:1: unexpected end of JSON input looking for beginning of value" },
};

Test(json, what_is_read_is_printed_again_or_refused_with_its_place)
{
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        expect_echo(documents[i].text, (struct json_style){ 0 }, documents[i].want);
}

Test(json, printing_can_indent_sort_and_escape_for_html)
{
    expect_echo("{\"b\":[1,{}],\"a\":\"<&>\",\"c\":[]}",
                (struct json_style){ .indent = 4, .sort_keys = true, .escape_html = true },
                "{\n    \"a\": \"\\u003c\\u0026\\u003e\",\n    \"b\": [\n        1,\n"
                "        {}\n    ],\n    \"c\": []\n}");
}

Test(json, every_node_and_key_knows_its_place)
{
    struct error error = { 0 };
    struct value *value = read_text("{\n  \"\xC3\xA9\": {\"k\": [10,\n 20]}}", &error);
    const struct value *list = value_path(value, "\xC3\xA9", "k", NULL);
    cr_expect_eq(list->at.line, 2);
    cr_expect_eq(list->at.column, 14);
    cr_expect_eq(value_at(list, 1)->at.line, 3);
    cr_expect_eq(value_at(list, 1)->at.column, 2);
    cr_expect_eq(value_find(value, "\xC3\xA9")->at.column, 3);
    cr_expect_str_eq(list->at.file, "in.json");
    value_drop(value);
}

Test(json, a_key_given_twice_is_reported_and_the_last_counts)
{
    const char text[] = "{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}, \"a\": 3}";
    struct place start = { "in.json", 1, 1 };
    struct error_list duplicates = { 0 };
    struct error error = { 0 };
    struct value *value = json_read(text, strlen(text), start, &duplicates, &error);
    cr_expect_eq(value_int(value_get(value, "a"), 0), 3);
    cr_assert_eq(duplicates.count, 2);
    char *first = error_print(&duplicates.items[0]);
    cr_expect_str_eq(first, "in.json:2:16: key \"c\" already set in map at line 2");
    free(first);
    error_list_close(&duplicates);
    value_drop(value);
}

Test(json, a_sequence_of_documents_is_read_one_by_one)
{
    const char *at = "{\"a\":1}\n\n[2] 3";
    size_t length = strlen(at);
    struct place start = { "in.json", 1, 1 };
    struct error error = { 0 };
    int count = 0, line = 0;
    while (length > 0) {
        struct value *value = json_read_next(&at, &length, &start, NULL, &error);
        cr_assert_not_null(value);
        line = value->at.line;
        value_drop(value);
        count++;
    }
    cr_expect_eq(count, 3);
    cr_expect_eq(line, 3);
}

Test(json, nesting_and_strings_have_a_limit)
{
    char *deep = mem_new(JSON_DEPTH + 2);
    memset(deep, '[', JSON_DEPTH + 1);
    expect_echo(deep, (struct json_style){ 0 },
                "in.json:1:501: maps and lists are nested more than 500 deep");
    free(deep);
    char *longest = mem_new(JSON_STRING_BYTES + 3);
    memset(longest, 'x', JSON_STRING_BYTES + 1);
    longest[0] = longest[JSON_STRING_BYTES + 1] = '"';
    expect_echo(longest, (struct json_style){ 0 }, "in.json:1:1: a string is longer than 8 MiB");
    free(longest);
}
