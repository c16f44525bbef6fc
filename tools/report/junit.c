/* The summary as JUnit XML. Without times: those of a run are virtual. */
#include "tools/report/junit.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/report/expectations.h"
#include "tools/report/objectives.h"

void xml_text(struct writer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        const char *escaped = c == '<'    ? "&lt;"
                              : c == '>'  ? "&gt;"
                              : c == '&'  ? "&amp;"
                              : c == '"'  ? "&quot;"
                              : c == '\'' ? "&apos;"
                              : c == '\n' ? "&#10;"
                              : c == '\t' ? "&#9;"
                              : c < 0x20  ? "?"
                                          : NULL;
        if (escaped != NULL)
            writer_add(out, escaped);
        else
            writer_add_char(out, *text);
    }
}

/* A sort of things that hold or do not: a suite of test cases. */
struct suite {
    const char *name, *list, *failure;
    bool (*failed)(const struct value *row);
    char *(*title)(const struct value *row);
    char *(*found)(const struct value *row);
};

static char *copy_of(const struct value *row, const char *key)
{
    const char *text = text_of(row, key);
    return mem_text(text, strlen(text));
}

static bool gate_failed(const struct value *row)
{
    return value_truth(value_get(row, "failed"), false);
}

static char *gate_title(const struct value *row)
{
    return copy_of(row, "expression");
}

static char *gate_found(const struct value *row)
{
    const struct value *value = value_get(row, "value");
    const char *unit = text_of(row, "unit");
    const double number = value_double(value, 0);
    if (value_is_null(value))
        return copy_of(row, "problem");
    if (strcmp(unit, "share") == 0)
        return mem_format("%.8g %%", 100 * number);
    return strcmp(unit, "seconds") == 0 ? print_duration(value) : mem_format("%.8g", number);
}

static bool expectation_failed(const struct value *row)
{
    return !value_truth(value_get(row, "held"), false);
}

static char *expectation_title(const struct value *row)
{
    return copy_of(row, "that");
}

static bool objective_failed(const struct value *row)
{
    return !value_truth(value_get(row, "attained"), false);
}

static char *objective_title(const struct value *row)
{
    return copy_of(row, "name");
}

static const struct suite suites[] = {
    { "gates", "gates", "gate", gate_failed, gate_title, gate_found },
    { "expectations", "expectations", "expectation", expectation_failed, expectation_title,
      expectation_found },
    { "objectives", "objectives", "objective", objective_failed, objective_title, objective_found },
};

enum { SUITES = sizeof suites / sizeof *suites };

static size_t count_failed(const struct suite *suite, const struct value *rows)
{
    size_t failed = 0;
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        failed += suite->failed(rows->items[i]);
    return failed;
}

static void write_case(struct writer *out, const struct suite *suite, const char *scenario,
                       const struct value *row)
{
    char *title = suite->title(row);
    writer_add(out, "    <testcase classname=\"");
    xml_text(out, scenario);
    writer_format(out, ".%s\" name=\"", suite->name);
    xml_text(out, title);
    free(title);
    if (!suite->failed(row)) {
        writer_add(out, "\"/>\n");
        return;
    }
    char *found = suite->found(row);
    writer_add(out, "\">\n      <failure message=\"");
    xml_text(out, found);
    writer_format(out, "\" type=\"%s\">", suite->failure);
    xml_text(out, found);
    writer_add(out, "</failure>\n    </testcase>\n");
    free(found);
}

/* What it takes to play the run again. */
static void write_properties(struct writer *out, const struct value *summary)
{
    static const char *const names[] = { "version", "kubernetes", "seed", "durationSeconds",
                                         "traceHash" };
    writer_add(out, "    <properties>\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct value *value = value_get(summary, names[i]);
        if (value == NULL || (value->type != VALUE_STRING && value->type != VALUE_NUMBER))
            continue;
        writer_format(out, "      <property name=\"%s\" value=\"", names[i]);
        xml_text(out, value->text);
        writer_add(out, "\"/>\n");
    }
    writer_add(out, "    </properties>\n");
}

static void junit_write(const struct value *summary, struct writer *out)
{
    const char *scenario = text_of(summary, "scenario");
    size_t tests = 0, failed = 0;
    for (size_t i = 0; i < SUITES; i++) {
        const struct value *rows = value_get(summary, suites[i].list);
        tests += rows != NULL ? rows->count : 0;
        failed += count_failed(&suites[i], rows);
    }
    writer_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"");
    xml_text(out, scenario);
    writer_format(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n", tests, failed);
    for (size_t i = 0; i < SUITES; i++) {
        const struct value *rows = value_get(summary, suites[i].list);
        if (rows == NULL || rows->count == 0)
            continue;
        writer_format(out,
                      "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
                      "skipped=\"0\">\n",
                      suites[i].name, rows->count, count_failed(&suites[i], rows));
        write_properties(out, summary);
        for (size_t j = 0; j < rows->count; j++)
            write_case(out, &suites[i], scenario, rows->items[j]);
        writer_add(out, "  </testsuite>\n");
    }
    writer_add(out, "</testsuites>\n");
}

const struct report junit_report = { .name = "junit", .write = junit_write };
