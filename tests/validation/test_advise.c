/* Scenarios with a fix that is known to be the best: it is ranked first, surely, and before the second. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/program.h"
#include "tools/report/table.h"

TestSuite(advise, .timeout = 240);

static const struct {
    const char *scenario, *fix, *why;
} rows[] = {
    { "lonely_replica", "replicas+1", "nothing else keeps it up while its node is lost" },
    { "packed_into_a_zone", "topology-spread", "a fourth is packed onto the others" },
    { "pool_drained", "disruption-budget", "all are evicted at once, however many there are" },
    { "recreated", "surge", "Recreate stops all of them, however many there are" },
    { "not_ready_yet", "readiness-probe", "requests come to what still starts" },
    { "stopped_too_soon", "grace-period", "proxies learn of the end a second late" },
};

static struct value *advise(const char *scenario, const char *options)
{
    char *arguments = mem_format("advise scenarios/advice/%s.yaml -o json %s", scenario, options);
    struct program_run run = program_run(arguments);
    cr_assert_eq(run.status, 0, "%s: %s", scenario, run.err.bytes);
    struct value *document = program_run_json(&run);
    program_run_close(&run);
    free(arguments);
    return document;
}

static double number(const struct value *map, const char *key)
{
    return value_double(value_get(map, key), -1e9);
}

Test(advise, the_best_fix_is_ranked_first_and_surely_so)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value *document = advise(rows[i].scenario, "--replications 30");
        const struct value *first = value_at(value_get(document, "advice"), 0);
        const struct value *lead = value_get(document, "lead");
        cr_expect_str_eq(value_text(value_get(first, "fix"), ""), rows[i].fix, "%s: %s",
                         rows[i].scenario, rows[i].why);
        cr_expect(value_truth(value_get(first, "significant"), false), "%s", rows[i].scenario);
        cr_expect_gt(number(first, "low"), 0, "%s", rows[i].scenario);
        cr_expect_gt(number(lead, "low"), 0, "%s: the second is as good", rows[i].scenario);
        cr_expect_lt(number(lead, "p"), 0.05, "%s", rows[i].scenario);
        value_drop(document);
    }
}

Test(advise, causes_are_switched_off_and_costs_are_told)
{
    struct value *document = advise("lonely_replica", "--replications 30");
    const struct value *loss = value_at(value_get(document, "losses"), 0);
    const struct value *cause = value_at(value_get(document, "counterfactual"), 0);
    const struct value *first = value_at(value_get(document, "advice"), 0);
    cr_expect_str_eq(value_text(value_get(cause, "cause"), ""), "crashes");
    cr_expect_float_eq(number(cause, "savedMinutesPerMonth"), number(loss, "minutesPerMonth"), 1e-6,
                       "there is no other cause");
    /* A quarter of a core and of a GiB for 730.5 hours. */
    cr_expect_float_eq(number(first, "costPerMonth"), 730.5 * (0.031611 + 0.004237) / 4, 0.05);
    cr_expect_float_eq(number(first, "podsAdded"), 1, 0.01);
    value_drop(document);
}

Test(advise, tables_fit_a_terminal)
{
    struct program_run run = program_run("advise scenarios/advice/recreated.yaml --replications 4");
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    for (char *line = strtok(run.out.bytes, "\n"); line != NULL; line = strtok(NULL, "\n"))
        cr_expect_leq(text_width(line), TERMINAL_WIDTH, "%s", line);
    program_run_close(&run);
}

Test(advise, what_cannot_be_advised_on_is_told)
{
    static const struct {
        const char *arguments, *said;
    } bad[] = {
        { "advise scenarios/advice/recreated.yaml --target deployment/wbe",
          "no Deployment or StatefulSet deployment/wbe" },
        { "advise no_such_file.yaml", "no_such_file.yaml" },
        { "advise scenarios/advice/recreated.yaml --replications x", "from 1 to 1000000" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct program_run run = program_run(bad[i].arguments);
        cr_expect_eq(run.status, 2, "%s", bad[i].arguments);
        cr_expect_not_null(strstr(run.err.bytes ? run.err.bytes : "", bad[i].said), "%s",
                           run.err.bytes);
        program_run_close(&run);
    }
}
