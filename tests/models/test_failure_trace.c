/* Recorded failures: files, rows, and what strikes when. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/failures/failure_trace.h"
#include "sim/base/memory.h"
#include "sim/chance/signal.h"
#include "tests/support/kubelet_stories.h"
#include "tests/support/rows.h"

/* A "file" is what its name says. */
static char *open_text(void *context, const struct value *path, size_t *length, const char **name,
                       struct error *error)
{
    (void)error;
    const char *text = context;
    *length = strlen(text);
    *name = path->text;
    return mem_text(text, *length);
}

/* As JSON, or the error with its place. */
static char *opened(const char *text)
{
    struct value *entry =
        rows_parse("{\"kind\": \"node-crash\", \"trace\": {\"file\": \"f.csv\"}}");
    const struct signal_opener opener = { open_text, (void *)text };
    struct error error = { 0 };
    struct error_list faults = { 0 };
    struct failure_trace trace = { 0 };
    char *said = NULL;
    if (failure_trace_open(&entry, &opener, &error))
        failure_trace_read(&trace, entry, &faults);
    if (error.text != NULL)
        said = mem_format("%d:%d: %s", error.at.line, error.at.column, error.text);
    else if (faults.count > 0)
        said = mem_format("%d:%d: %s", faults.items[0].at.line, faults.items[0].at.column,
                          faults.items[0].text);
    else
        said = rows_print(value_path(entry, "trace", "rows", NULL));
    failure_trace_close(&trace);
    error_list_close(&faults);
    error_close(&error);
    value_drop(entry);
    return said;
}

Test(failure_trace, reads_rows_and_says_where_one_is_wrong)
{
    static const struct {
        const char *file, *want;
    } rows[] = {
        { "node,time,lasts\nn0,10m,90s\n",
          "[{\"target\":\"n0\",\"at\":\"10m\",\"lasts\":\"90s\"}]" },
        { "# of last year\n\n  n0 , 600 , \r\nn1,1h",
          "[{\"target\":\"n0\",\"at\":600},{\"target\":\"n1\",\"at\":\"1h\"}]" },
        { "n0,10m\nn0\n", "2:1: failure: trace: the row has no comma (try node-3,10m,90s)" },
        { "n0,10m,5s\nn1, soon,5s\n",
          "2:5: failure: trace: time: \"soon\" is not a duration (try 30d, 1h30m, 2.5s or 250ms)" },
        { "n0,10m,5x\n",
          "1:8: failure: trace: lasts: \"5x\" is not a duration (try 30d, 1h30m, 2.5s or 250ms)" },
        { "node,time,lasts\n", "0:0: failure: trace: the file has no rows" },
        { "", "0:0: failure: trace: the file has no rows" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *said = opened(rows[i].file);
        cr_expect_str_eq(said, rows[i].want, "%s: %s", rows[i].file, said);
        free(said);
    }
}

#define ROWS                                                                                       \
    "rows: [{target: n1, at: 40s, lasts: 5s}, {target: n0, at: 10s, lasts: 20s}, "                 \
    "{target: n0, at: 15s, lasts: 100s}, {target: n0, at: 50s}]"

/* The row at 15 s finds n0 struck already. */
Test(failure_trace, strikes_as_it_was_recorded)
{
    struct world *w = given_nodes(NODE("n0") NODE("n1"), "");
    plan(w, "{kind: node-crash, trace: {" ROWS "}}");
    until(w, 100);
    expect_trace(w, "machine/",
                 "  10.000 machine/n0 create\n"
                 "  10.000 machine/n0 patch power off\n"
                 "  30.000 machine/n0 patch power on\n"
                 "  40.000 machine/n1 create\n"
                 "  40.000 machine/n1 patch power off\n"
                 "  45.000 machine/n1 patch power on\n"
                 "  50.000 machine/n0 patch power off\n");
    done(w);
}

Test(failure_trace, may_begin_later_and_be_repeated)
{
    struct world *w = given_nodes(NODE("n0") NODE("n1"), "");
    plan(w, "{kind: node-crash, trace: {rows: [{target: n0, at: 10s, lasts: 1s}, {target: n0, at: "
            "25s, lasts: 2s}], from: 20s, repeat: 30s}}");
    until(w, 70);
    expect_trace(w, "machine/",
                 "   5.000 machine/n0 create\n"
                 "   5.000 machine/n0 patch power off\n"
                 "   7.000 machine/n0 patch power on\n"
                 "  35.000 machine/n0 patch power off\n"
                 "  37.000 machine/n0 patch power on\n"
                 "  65.000 machine/n0 patch power off\n"
                 "  67.000 machine/n0 patch power on\n");
    done(w);
}

Test(failure_trace, is_not_repeated_before_it_is_over)
{
    struct world *w = given_nodes(NODE("n0"), "");
    struct error_list faults = { 0 };
    cr_expect_not(plan_entry(
        w, "{kind: node-crash, trace: {rows: [{target: n0, at: 10s}], repeat: 5s}}", &faults));
    cr_assert_eq(faults.count, 1);
    cr_expect_str_eq(faults.items[0].text,
                     "failure: trace: it is repeated before its last row (n0)");
    error_list_close(&faults);
    done(w);
}
