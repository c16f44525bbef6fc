/* The explorer finds each of eight mistakes that were made on purpose (models/api/planted.h), and
 * nothing where none was made; what it finds it shrinks, and its replay shows it again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/planted.h"
#include "sim/base/memory.h"
#include "tests/support/program.h"

enum { MOST_RUNS = 2000, CLEAN_RUNS = 150 };

static struct program_run explore(const char *program, const char *format, const char *one,
                                  const char *other)
{
    char *arguments = mem_format(format, one, other);
    struct program_run run = program_run_of(program, arguments);
    free(arguments);
    return run;
}

/* ---- the eight mistakes ---- */

static const struct {
    enum planted mistake;
    const char *scenario, *invariant;
} rows[] = {
    { PLANTED_EXPECTATIONS_IGNORED, "scaling", "replicas" },
    { PLANTED_READY_IS_AVAILABLE, "rolling_min_ready", "available" },
    { PLANTED_ONE_MORE_UNAVAILABLE, "rolling", "max-unavailable" },
    { PLANTED_TERMINATING_FORGOTTEN, "recreate", "recreate" },
    { PLANTED_ORDINAL_TWICE, "stateful", "ordinal" },
    { PLANTED_STALE_BUDGET, "budgets", "budget" },
    { PLANTED_JOB_COUNTS_TWICE, "jobs", "job-count" },
    { PLANTED_OWNER_UNCHECKED, "owners", "living-owner" },
};

static void plant(enum planted mistake)
{
    char number[8];
    snprintf(number, sizeof number, "%d", (int)mistake);
    setenv("SEATRIAL_PLANT", number, 1);
}

static const struct value *first_finding(const struct value *document)
{
    const struct value *findings = value_get(document, "findings");
    cr_assert_gt(findings->count, 0);
    return findings->items[0];
}

Test(explorer, finds_each_planted_mistake_within_two_thousand_runs)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        plant(rows[i].mistake);
        char *arguments =
            mem_format("explore tests/exploration/%s.yaml --runs %d --no-shrink -o json",
                       rows[i].scenario, MOST_RUNS);
        struct program_run run = program_run_of("seatrial-planted", arguments);
        cr_expect_eq(run.status, 1, "%s: mistake %d: %s", rows[i].scenario, (int)rows[i].mistake,
                     run.err.bytes);
        struct value *document = program_run_json(&run);
        const char *invariant = value_text(value_get(first_finding(document), "invariant"), "");
        cr_expect_str_eq(invariant, rows[i].invariant);
        cr_expect_leq(value_int(value_get(document, "runs"), 0), MOST_RUNS);
        value_drop(document);
        program_run_close(&run);
        free(arguments);
    }
}

Test(explorer, finds_nothing_in_the_same_scenarios_without_a_mistake)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char runs[16];
        snprintf(runs, sizeof runs, "%d", CLEAN_RUNS);
        struct program_run run = explore("seatrial", "explore tests/exploration/%s.yaml --runs %s",
                                         rows[i].scenario, runs);
        cr_expect_eq(run.status, 0, "%s: %s", rows[i].scenario, run.out.bytes);
        program_run_close(&run);
    }
}

/* The program with the mistakes in it, and none chosen, is the program. */
Test(explorer, the_planted_program_without_a_mistake_is_like_any_other)
{
    plant(PLANTED_NOTHING);
    static const char format[] = "explore tests/exploration/%s.yaml --runs 20 --jobs %s";
    struct program_run run = explore("seatrial-planted", format, "mixed", "1");
    cr_expect_eq(run.status, 0, "%s", run.out.bytes);
    program_run_close(&run);
}

/* ---- the result does not depend on who works ---- */

Test(explorer, finds_the_same_with_any_number_of_jobs)
{
    plant(PLANTED_JOB_COUNTS_TWICE);
    static const char format[] =
        "explore tests/exploration/%s.yaml --runs 60 --no-shrink -o json %s";
    struct program_run alone = explore("seatrial-planted", format, "jobs", "--jobs 1");
    struct program_run three = explore("seatrial-planted", format, "jobs", "--jobs 3");
    struct program_run all = explore("seatrial-planted", format, "jobs", "--jobs 7 --keep-going");
    struct program_run again = explore("seatrial-planted", format, "jobs", "--jobs 2 --keep-going");
    cr_expect_eq(alone.status, 1);
    cr_expect_str_eq(alone.out.bytes, three.out.bytes);
    cr_expect_str_eq(all.out.bytes, again.out.bytes);
    program_run_close(&alone);
    program_run_close(&three);
    program_run_close(&all);
    program_run_close(&again);
}

/* ---- shrinking and replaying ---- */

/* The arguments behind "seatrial " of a printed command. */
static const char *arguments_of(const char *command)
{
    cr_assert_eq(strncmp(command, "seatrial ", 9), 0, "%s", command);
    return command + 9;
}

static void check_replay(const struct value *shrunk)
{
    const char *command = value_text(value_get(shrunk, "replay"), "");
    char *arguments = mem_format("%s -o json", arguments_of(command));
    struct program_run run = program_run_of("seatrial-planted", arguments);
    cr_expect_eq(run.status, 1, "%s: %s", command, run.err.bytes);
    struct value *document = program_run_json(&run);
    const struct value *finding = first_finding(document);
    static const char *const same[] = { "invariant", "at", "text", "traceHash" };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        cr_expect(value_equal(value_get(finding, same[i]), value_get(shrunk, same[i])), "%s: %s",
                  command, same[i]);
    value_drop(document);
    program_run_close(&run);
    free(arguments);
}

static size_t lines_of(const char *path)
{
    size_t lines = 0;
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    for (int c; (c = fgetc(file)) != EOF;)
        lines += c == '\n';
    fclose(file);
    return lines;
}

/* Of twelve objects, nodes included, and two actions, one Deployment with a node or two is enough. */
Test(explorer, shrinks_to_what_the_mistake_needs_and_replays_it)
{
    plant(PLANTED_READY_IS_AVAILABLE);
    char *folder = folder_new(), *found = mem_format("%s/found.yaml", folder);
    struct program_run run =
        explore("seatrial-planted",
                "explore tests/exploration/mixed.yaml --runs %s -o json --found %s", "2000", found);
    cr_assert_eq(run.status, 1, "%s", run.err.bytes);
    struct value *document = program_run_json(&run);
    const struct value *shrunk = value_get(document, "shrunk");
    cr_expect_str_eq(value_text(value_get(shrunk, "invariant"), ""), "available");
    cr_expect_gt(value_get(shrunk, "chain")->count, 1);
    cr_expect_lt(lines_of(found), 75);
    check_replay(shrunk);
    value_drop(document);
    program_run_close(&run);
    free(found);
    folder_remove(folder);
}

/* What is varied is part of what is shrunk: this mistake shows only to who reads late. */
Test(explorer, keeps_what_has_to_be_varied)
{
    plant(PLANTED_EXPECTATIONS_IGNORED);
    char *folder = folder_new(), *found = mem_format("%s/found.yaml", folder);
    struct program_run run = explore(
        "seatrial-planted", "explore tests/exploration/scaling.yaml --runs %s -o json --found %s",
        "2000", found);
    cr_assert_eq(run.status, 1, "%s", run.err.bytes);
    struct value *document = program_run_json(&run);
    const struct value *shrunk = value_get(document, "shrunk");
    const char *command = value_text(value_get(shrunk, "replay"), "");
    cr_expect_not_null(strstr(command, "watch-l"), "%s", command);
    cr_expect_not_null(strstr(command, "gate-off:replicaset-controller"), "%s", command);
    check_replay(shrunk);
    value_drop(document);
    program_run_close(&run);
    free(found);
    folder_remove(folder);
}

/* ---- what users get wrong ---- */

Test(explorer, bad_input_is_told_and_ends_with_two)
{
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        { "explore nowhere.yaml", "nowhere.yaml" },
        { "explore tests/exploration/rolling.yaml --runs none", "is no count" },
        { "explore tests/exploration/rolling.yaml --runs 0", "is no count" },
        { "explore tests/exploration/rolling.yaml --jobs -1", "is no count" },
        { "explore tests/exploration/rolling.yaml --replay seed", "is no seed" },
        { "explore tests/exploration/rolling.yaml --replay ''", "there is no seed" },
        { "explore tests/exploration/rolling.yaml --replay '1 late'", "neither WHAT:WHOSE" },
        { "explore tests/exploration/rolling.yaml --replay '1 2..x'", "2" },
        { "explore tests/exploration/rolling.yaml --replay 1 --trace /no/where", "/no/where" },
        { "explore --wild", "wild" },
        { "explore tests/exploration/rolling.yaml --replay '1 watch-lat:x/pod'",
          "did you mean watch-late" },
        { "explore tests/exploration/rolling.yaml --workload w.csv", "not explored" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct program_run run = program_run(bad[i].arguments);
        cr_expect_eq(run.status, 2, "%s: %d", bad[i].arguments, run.status);
        cr_expect(run.err.length > 0 && strstr(run.err.bytes, bad[i].says) != NULL, "%s: %s",
                  bad[i].arguments, run.err.bytes);
        program_run_close(&run);
    }
}

Test(explorer, a_replay_without_a_finding_is_well)
{
    struct program_run run = program_run("explore tests/exploration/rolling.yaml --replay "
                                         "'3 watch-late:controllers-1/pod 10s..20s'");
    cr_expect_eq(run.status, 0, "%s", run.out.bytes);
    cr_expect_not_null(strstr(run.out.bytes, "every invariant holds"));
    program_run_close(&run);
}
