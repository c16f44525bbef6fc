/* The YAML reader beyond its table: places, limits, aliases, merges, and what is JSON after all. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/yaml.h"
#include "sim/base/memory.h"

/* All documents as JSON lines, then all faults. */
static char *read_all(const char *text, size_t length)
{
    struct documents documents = { 0 };
    struct error_list faults = { 0 };
    struct writer out = { 0 };
    documents_read(&documents, text, length, "in.yaml", &faults);
    for (size_t i = 0; i < documents.count; i++) {
        json_print(&out, documents.items[i], (struct json_style){ 0 });
        writer_add(&out, "\n");
    }
    for (size_t i = 0; i < faults.count; i++) {
        char *line = error_print(&faults.items[i]);
        writer_format(&out, "%s\n", line);
        free(line);
    }
    documents_close(&documents);
    error_list_close(&faults);
    return writer_take(&out);
}

static const struct {
    const char *why, *text, *want;
} rows[] = {
    { "several documents, and one of comments", "a: 1\n---\n# nothing\n---\nb: 2\n",
      "{\"a\":1}\n{\"b\":2}\n" },
    { "line ends of Windows", "a: |\r\n  x\r\n  y\r\nb: 2\r\n---\r\nc: 3\r\n",
      "{\"a\":\"x\\ny\\n\",\"b\":2}\n{\"c\":3}\n" },
    { "a byte order mark", "\xEF\xBB\xBF{\"a\": 1}", "{\"a\":1}\n" },
    { "JSON documents one after the other", "{\"a\":1}\n{\"a\":2} {\"a\":3}",
      "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n" },
    { "JSON keeps its number texts", "{\"a\":12345678901234567890123, \"b\": 1.20}",
      "{\"a\":12345678901234567890123,\"b\":1.20}\n" },
    { "what begins like JSON may be YAML", "{a: yes, \"b\": [1,],}", "{\"a\":true,\"b\":[1]}\n" },
    { "but JSON's fault is shown where JSON was meant", "{\"a\": [1,}",
      "in.yaml:1:10: invalid character '}' looking for beginning of value\n" },
    { "the faults of all documents are shown", "a: [\n---\nb: 1\n---\nc: @\n",
      "{\"b\":1}\n"
      "in.yaml:2:1: did not find expected node content\n"
      "in.yaml:5:4: found character that cannot start any token\n" },
    { "a fault far from where it began", "a: 1\nb: \"x\n\n\n",
      "in.yaml:5:1: found unexpected end of stream while scanning a quoted scalar that begins in "
      "line 2\n" },
    { "a key twice", "a: 1\nb: 2\na: 3\n",
      "in.yaml:3:1: key \"a\" already set in map at line 1\n" },
    { "merged keys may be set again", "x: &x {a: 1, b: 1}\nz: {<<: *x, b: 2}\n",
      "{\"x\":{\"a\":1,\"b\":1},\"z\":{\"a\":1,\"b\":2}}\n" },
    { "but not twice", "x: &x {b: 1}\ny: {<<: *x, b: 2, b: 3}\n",
      "in.yaml:2:19: key \"b\" already set in map at line 2\n" },
    { "an alias of a list with a list", "a: &a [[1]]\nb: [*a]\n", "{\"a\":[[1]],\"b\":[[[1]]]}\n" },
    { "a cycle", "a: &a {b: [*a]}\n", "in.yaml:1:12: anchor 'a' value contains itself\n" },
    { "keys of other types", "1: a\n1.5: b\ntrue: c\n0x10: d\n1e30: e\n",
      "{\"1\":\"a\",\"1.5\":\"b\",\"true\":\"c\",\"16\":\"d\",\"1e+30\":\"e\"}\n" },
    { "large numbers as keys keep what a float holds", "123456789.0: a\n-0.5: b\n",
      "{\"1.2345679e+08\":\"a\",\"-0.5\":\"b\"}\n" },
    { "a quote may be escaped", "a: [\"it\\'s\", \"\\'\", b]\nc: \"\\'\"\nd: 'x\\'\n",
      "{\"a\":[\"it's\",\"'\",\"b\"],\"c\":\"'\",\"d\":\"x\\\\\"}\n" },
    { "a colon may end a text in a list", "a: [b:, {c:}]\nd: @\n",
      "in.yaml:2:4: found character that cannot start any token\n" },
    { "and a key in a map", "a: [b:, {c:}, d]\n", "{\"a\":[\"b:\",{\"c:\":null},\"d\"]}\n" },
    { "a bare tag makes a text", "a: ! 5\nb: &x ! yes\nc: *x\n",
      "{\"a\":\"5\",\"b\":\"yes\",\"c\":\"yes\"}\n" },
    { "times are checked where a tag says so",
      "a: !!timestamp 2001-1-1\nb: !!timestamp 2001-2-30\n",
      "in.yaml:2:4: cannot decode !!str `2001-2-30` as a !!timestamp\n" },
    { "underscores", "a: [.5_0, ._5, 1_0, 0x_f, 1_0.5]\n", "{\"a\":[0.5,\"._5\",10,15,10.5]}\n" },
    { "binary is text, as far as it is UTF-8", "a: !!binary aGk=\nb: !!binary aP9p\n",
      "{\"a\":\"hi\",\"b\":\"h\xEF\xBF\xBDi\"}\n" },
    { "no key at all", "? \n: 1\n",
      "in.yaml:1:2: \"\" cannot be a key: keys are texts, numbers or booleans\n" },
    { "a tab for indentation", "a:\n\tb: 1\n",
      "in.yaml:2:1: found character that cannot start any token (indent with blanks, not with "
      "tabs)\n" },
    { "a template", "a: {{ .x }}\n",
      "in.yaml:1:5: invalid map key: a map (a Helm template? read what `helm template` prints)\n" },
    { "bytes that are no text", "a: 1\nb: \xFF\n", "in.yaml:2:4: invalid leading UTF-8 octet\n" },
    { "a NUL in a key", "\"a\\0\": 1\n", "in.yaml:1:1: a key holds a NUL character\n" },
    { "a question mark ends a plain text in a list", "a: [b?c]\n",
      "in.yaml:1:5: did not find expected ',' or ']' (quote a text with a question mark)\n" },
    { "a bad separator ends the stream", "a: 1\n--- b\nc: 2\n",
      "in.yaml:2:1: invalid Yaml document separator: b\n" },
};

Test(yaml, documents_are_read_or_their_faults_told)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = read_all(rows[i].text, strlen(rows[i].text));
        cr_expect_str_eq(got, rows[i].want, "%s: got\n%s", rows[i].why, got);
        free(got);
    }
}

Test(yaml, every_node_and_key_knows_its_place)
{
    const char text[] = "# first\n---\na:\n  - b: xyz\n    \xC3\xA9: {c: 1}\n";
    struct documents documents = { 0 };
    struct error_list faults = { 0 };
    documents_read(&documents, text, strlen(text), "in.yaml", &faults);
    cr_assert_eq(documents.count, 1);
    const struct value *item = value_at(value_get(documents.items[0], "a"), 0);
    const struct value_entry *entry = value_find(item, "\xC3\xA9");
    cr_expect_eq(entry->at.line, 5);
    cr_expect_eq(entry->at.column, 5);
    cr_expect_eq(value_get(entry->value, "c")->at.column, 12);
    cr_expect_eq(value_get(item, "b")->at.line, 4);
    cr_expect_str_eq(entry->at.file, "in.yaml");
    documents_close(&documents);
}

static void expect_first_line(struct writer *text, const char *want)
{
    char *got = read_all(text->bytes, text->length);
    cr_expect_eq(strncmp(got, want, strlen(want)), 0, "want %s, got %.200s", want, got);
    free(got);
    writer_close(text);
}

Test(yaml, aliases_have_a_budget)
{
    struct writer bomb = { 0 };
    writer_add(&bomb, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++)
        writer_format(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n",
                      i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    expect_first_line(&bomb, "in.yaml:7:10: aliases stand for more than 1000000 nodes\n");
}

Test(yaml, nesting_and_strings_have_a_limit)
{
    struct writer deep = { 0 };
    for (int i = 0; i < JSON_DEPTH + 1; i++)
        writer_add(&deep, "[ ");
    expect_first_line(&deep, "in.yaml:1:1001: maps and lists are nested more than 500 deep\n");

    struct writer far = { 0 }; /* each list holds the one before: deep by aliases */
    writer_add(&far, "- &a0 []\n");
    for (int i = 1; i < JSON_DEPTH + 1; i++)
        writer_format(&far, "- &a%d [*a%d]\n", i, i - 1);
    expect_first_line(&far, "in.yaml:500:10: maps and lists are nested more than 500 deep\n");

    struct writer longest = { 0 };
    writer_add(&longest, "a: |\n");
    for (int i = 0; i < JSON_STRING_BYTES / 16 + 1; i++)
        writer_add(&longest, "  sixteen letters\n");
    expect_first_line(&longest, "in.yaml:1:4: a string is longer than 8 MiB\n");

    struct writer wide = { 0 };
    writer_add(&wide, "a: 1\nb: ");
    for (int i = 0; i < YAML_LINE_BYTES / 16; i++)
        writer_add(&wide, "sixteen letters.");
    expect_first_line(&wide, "in.yaml:2:1: a line is longer than 8 MiB\n");

    struct error error = { 0 };
    struct yaml_piece huge = { "", (size_t)YAML_DOCUMENT_BYTES + 1, { "in.yaml", 1, 1 } };
    cr_expect_null(yaml_read(huge, NULL, NULL, &error));
    cr_expect_str_eq(error.text, "a document is longer than 256 MiB");
    error_close(&error);
}
