/* Expectations of a summary as text. */
#include "tools/report/expectations.h"

#include <stdlib.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/report/table.h"

static bool is_held(const struct value *verdict)
{
    return value_truth(value_get(verdict, "held"), false);
}

size_t expectations_not_held(const struct value *summary)
{
    const struct value *verdicts = value_get(summary, "expectations");
    size_t count = 0;
    for (size_t i = 0; verdicts != NULL && i < verdicts->count; i++)
        count += !is_held(verdicts->items[i]);
    return count;
}

/* A text as it is, everything else as JSON. */
static void add_scalar(struct writer *out, const struct value *value)
{
    if (value_text(value, NULL) != NULL)
        writer_add(out, value_text(value, ""));
    else
        json_print(out, value, (struct json_style){ 0 });
}

static void add_bounds(struct writer *out, const struct value *verdict)
{
    static const struct {
        const char *field, *words;
    } bounds[] = { { "is", "" }, { "atLeast", "at least " }, { "atMost", "at most " } };
    const struct value *between = value_get(verdict, "between");
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const struct value *bound = value_get(verdict, bounds[i].field);
        if (bound == NULL)
            continue;
        writer_add(out, bounds[i].words);
        add_scalar(out, bound);
    }
    if (between != NULL) {
        writer_add(out, "between ");
        add_scalar(out, value_at(between, 0));
        writer_add(out, " and ");
        add_scalar(out, value_at(between, 1));
    }
}

char *expectation_found(const struct value *verdict)
{
    struct writer out = { 0 };
    const char *problem = value_text(value_get(verdict, "problem"), NULL);
    const char *object = value_text(value_get(verdict, "object"), NULL);
    const struct value *at = value_get(verdict, "at");
    writer_format(&out, "%s%s%s", object ? object : "", object ? " " : "",
                  value_text(value_get(verdict, "path"), ""));
    if (at != NULL) {
        writer_add(&out, " at ");
        add_scalar(&out, at);
        writer_add(&out, at->type == VALUE_NUMBER ? "s" : "");
    }
    writer_add(&out, ": ");
    add_scalar(&out, value_get(verdict, "value"));
    writer_add(&out, ", expected ");
    add_bounds(&out, verdict);
    if (problem != NULL)
        writer_format(&out, " (%s)", problem);
    return writer_take(&out);
}

void expectations_write(const struct value *summary, struct writer *out)
{
    const struct value *verdicts = value_get(summary, "expectations");
    if (verdicts == NULL || verdicts->count == 0)
        return;
    writer_format(out, "\nEXPECTED: %zu of %zu held\n",
                  verdicts->count - expectations_not_held(summary), verdicts->count);
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct value *verdict = verdicts->items[i];
        char *line = mem_format("%s: %s", is_held(verdict) ? "held" : "NOT HELD",
                                value_text(value_get(verdict, "that"), ""));
        char *found = expectation_found(verdict);
        text_wrapped(line, 2, out);
        text_wrapped(found, 6, out);
        free(line);
        free(found);
    }
}
