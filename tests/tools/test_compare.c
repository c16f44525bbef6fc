/* `seatrial compare`: one scenario, several policies, the same luck. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/program.h"
#include "tools/comparison.h"
#include "tools/report/table.h"

TestSuite(compare, .timeout = 120);

static const char scenario[] = "tests/policies/scenario.yaml";

static struct program_run compare(const char *options)
{
    char *arguments = mem_format("compare %s %s", scenario, options);
    struct program_run run = program_run(arguments);
    free(arguments);
    return run;
}

static const struct value *arm(const struct value *comparison, size_t i)
{
    return value_at(value_get(comparison, "policies"), i);
}

static int64_t number(const struct value *arm, const char *map, const char *key)
{
    return value_int(value_path(arm, map, key, NULL), -1);
}

/* No line of a terminal is longer than 100 columns. */
static void expect_narrow(const char *text)
{
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        char *copy = mem_text(line, strcspn(line, "\n"));
        cr_expect_leq(text_width(copy), TERMINAL_WIDTH, "%s", copy);
        free(copy);
        if (line[strcspn(line, "\n")] == '\0')
            break;
    }
}

Test(compare, tells_what_each_policy_made_of_the_scenario)
{
    char *folder = folder_new();
    char *options = mem_format("--policy default --policy most-allocated "
                               "--policy examples/policy_python/best_fit.py -o json --out %s",
                               folder);
    struct program_run run = compare(options);
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    struct value *comparison = program_run_json(&run);
    cr_assert_eq(value_get(comparison, "policies")->count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(number(arm(comparison, i), "pods", "bound"), 12);
        cr_expect_eq(number(arm(comparison, i), "pods", "preempted"), 0);
    }
    cr_expect_eq(number(arm(comparison, 0), "nodes", "used"), 3, "the default spreads");
    cr_expect_eq(number(arm(comparison, 2), "nodes", "used"), 1, "best fit packs");

    /* An arm is what `run` says of the same policy, and has a folder of its own. */
    char *alone =
        mem_format("run %s -o json --policy examples/policy_python/best_fit.py", scenario);
    struct program_run single = program_run(alone);
    struct value *summary = program_run_json(&single);
    cr_expect(
        value_equal(value_get(summary, "traceHash"), value_get(arm(comparison, 2), "traceHash")));
    char *inner = mem_format("%s/3-best_fit.py", folder);
    folder_check_events(inner);
    free(inner);
    free(alone);
    value_drop(summary);
    value_drop(comparison);
    program_run_close(&single);
    program_run_close(&run);
    free(options);
    folder_remove(folder);
}

/* Common random numbers: a policy beside another has the luck that it has alone. */
Test(compare, the_same_policy_twice_makes_the_same_of_it)
{
    struct program_run run = compare("--policy random --policy random -o json");
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    struct value *comparison = program_run_json(&run);
    cr_expect(value_equal(arm(comparison, 0), arm(comparison, 1)));
    value_drop(comparison);
    program_run_close(&run);
}

Test(compare, goes_on_when_a_policy_fails_and_says_so)
{
    char *object = build_path("tests/policies/misbehaving.so");
    char *empty = build_path("tests/policies/empty.so");
    char *options = mem_format(
        "--policy %s --policy default --policy %s --policy 'ruby no-such-file.rb'", object, empty);
    setenv("SEATRIAL_TEST_POLICY", "crash", 1);
    struct program_run run = compare(options);
    cr_expect_eq(run.status, 3, "%s", run.err.bytes);
    cr_expect_not_null(strstr(run.out.bytes, "stopped at 10s: "), "%s", run.out.bytes);
    cr_expect_not_null(strstr(run.out.bytes, "not played: policy "), "%s", run.out.bytes);
    cr_expect_not_null(strstr(run.out.bytes, "\ndefault "), "%s", run.out.bytes);
    expect_narrow(run.out.bytes);
    program_run_close(&run);
    free(options);
    free(object);
    free(empty);
}

Test(compare, refuses_what_it_cannot_compare)
{
    static const struct {
        const char *options, *want;
    } rows[] = {
        { "--policy default", "give two policies or more" },
        { "--policy default --policy defualt",
          "unknown policy \"defualt\": did you mean default?" },
        { "--policy default --policy none.yaml", "--policy: none.yaml: no such file" },
        { "--policy default --policy random --policy-timeout soon",
          "--policy-timeout: \"soon\" is not a duration" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct program_run run = compare(rows[i].options);
        cr_expect_eq(run.status, 2, "%s", rows[i].options);
        cr_expect_not_null(strstr(run.err.bytes, rows[i].want), "%s", run.err.bytes);
        cr_expect_eq(run.out.length, 0);
        program_run_close(&run);
    }
}

/* --- the tables, from summaries made up here ------------------------------------------------- */

static struct value *summary_of(double availability, int64_t bound)
{
    struct value *summary = value_new_map(), *workloads = value_new_list();
    for (int i = 0; i < 2; i++) {
        struct value *row = value_new_map();
        char *share = mem_format("%g", i == 0 ? availability : 1.0);
        value_set(row, "kind", value_new_string("Deployment"));
        value_set(row, "name", value_new_string(i == 0 ? "web" : "mail"));
        value_set(row, "wanted", value_new_int(2));
        value_set(row, "ready", value_new_int(2));
        value_set(row, "availability", value_new_number(share));
        value_add(workloads, row);
        free(share);
    }
    value_set(summary, "workloads", workloads);
    value_put(&summary, value_new_int(bound), "pods", "bound", NULL);
    return summary;
}

Test(compare, lists_workloads_only_where_policies_differ)
{
    struct value *comparison = comparison_new("made-up", 1);
    struct value *good = summary_of(0.999, 7), *bad = summary_of(0.9, 5);
    struct writer text = { 0 };
    comparison_add(comparison, "./a/policy.so", good, NULL);
    comparison_add(comparison, "./b/policy.so", bad, NULL);
    comparison_add(comparison, "./b/other.so", good, NULL);
    comparison_print(comparison, &text);
    cr_expect_not_null(strstr(text.bytes, "Deployment/web  ./b/policy.so"), "%s", text.bytes);
    cr_expect_not_null(strstr(text.bytes, "Deployment/web  other.so"), "%s", text.bytes);
    cr_expect_null(strstr(text.bytes, "mail"), "it is the same under all of them");
    expect_narrow(text.bytes);
    writer_close(&text);
    value_drop(good);
    value_drop(bad);
    value_drop(comparison);
}

/* The lesson of scenarios/scheduling/packing.yaml: its expectation holds. */
Test(compare, the_default_spread_leaves_no_room_for_big_pods)
{
    static const struct {
        const char *why;
        int64_t bound, pending;
    } want[] = {
        { "four small pods stand on each node", 24, 3 },
        { "the spread outweighs MostAllocated", 24, 3 },
        { "three nodes are left empty", 27, 0 },
    };
    struct program_run run =
        program_run("compare scenarios/scheduling/packing.yaml --policy default "
                    "--policy most-allocated --policy best-fit -o json");
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    struct value *comparison = program_run_json(&run);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        cr_expect_eq(number(arm(comparison, i), "pods", "bound"), want[i].bound, "%s", want[i].why);
        cr_expect_eq(number(arm(comparison, i), "pods", "pending"), want[i].pending, "%s",
                     want[i].why);
    }
    value_drop(comparison);
    program_run_close(&run);
}

/* ── variants ── */

static const char shop[] =
    "apiVersion: seatrial.dev/v1alpha1\n"
    "kind: Scenario\n"
    "metadata: {name: web}\n"
    "spec:\n"
    "  duration: 10d\n"
    "  nodes: [{name: worker, count: 3}]\n"
    "  failures: [{kind: node-crash, every: {exponential: {mean: 2d}}, lasts: 20m}]\n"
    "  objects:\n"
    "  - apiVersion: apps/v1\n"
    "    kind: Deployment\n"
    "    metadata: {name: web}\n"
    "    spec:\n"
    "      replicas: 1\n"
    "      selector: {matchLabels: {app: web}}\n"
    "      template:\n"
    "        metadata: {labels: {app: web}}\n"
    "        spec: {containers: [{name: web, image: web}]}\n";

static struct program_run compare_in(const char *folder, const char *variant, const char *options)
{
    folder_write(folder, "scenario.yaml", shop);
    folder_write(folder, "variant.yaml", variant);
    char *arguments =
        mem_format("compare %s/scenario.yaml --vary %s/variant.yaml %s", folder, folder, options);
    struct program_run run = program_run(arguments);
    free(arguments);
    return run;
}

Test(compare, a_part_of_an_object_is_merged_and_the_difference_has_an_interval)
{
    char *folder = folder_new();
    struct program_run run = compare_in(folder,
                                        "apiVersion: apps/v1\nkind: Deployment\n"
                                        "metadata: {name: web}\nspec: {replicas: 2}\n",
                                        "--until-significant -o json");
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    struct value *results = program_run_json(&run);
    const struct value *comparison = value_at(value_get(results, "comparisons"), 0);
    cr_expect_str_eq(value_text(value_get(results, "stopped"), ""), "significance");
    cr_expect(value_truth(value_get(comparison, "significant"), false));
    cr_expect_gt(value_double(value_get(comparison, "low"), -1), 0);
    value_drop(results);
    program_run_close(&run);
    folder_remove(folder);
}

Test(compare, a_part_of_a_scenario_changes_the_scenario)
{
    char *folder = folder_new();
    struct program_run run =
        compare_in(folder,
                   "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: safe}\n"
                   "spec: {failures: []}\n",
                   "--replications 4 --response 'workloads[deployment/web].outages' -o json");
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    struct value *results = program_run_json(&run);
    const struct value *point = value_at(value_get(results, "points"), 1);
    const struct value *estimate = value_at(value_get(point, "estimates"), 0);
    cr_expect_str_eq(value_text(value_get(point, "name"), ""), "variant=variant");
    cr_expect_eq(value_double(value_get(estimate, "most"), -1), 0, "nothing fails");
    value_drop(results);
    program_run_close(&run);
    folder_remove(folder);
}

Test(compare, a_variant_that_does_not_fit_is_told_with_its_place)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        { "", "variant.yaml: nothing is varied in it" },
        { "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: two}\n",
          "variant.yaml:4:18:" },
        { "a: [\n", "variant.yaml:" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = folder_new();
        struct program_run run = compare_in(folder, rows[i].text, "--replications 2");
        cr_expect_eq(run.status, 2, "%s", rows[i].text);
        cr_expect_not_null(strstr(run.err.bytes ? run.err.bytes : "", rows[i].said), "%s: %s",
                           rows[i].said, run.err.bytes);
        program_run_close(&run);
        folder_remove(folder);
    }
}

Test(compare, gates_are_held_against_the_means_of_every_variant)
{
    char *folder = folder_new();
    struct program_run run =
        compare_in(folder,
                   "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
                   "spec: {replicas: 2}\n",
                   "--replications 4 --fail-on 'availability(web) < 99.99' -o json");
    cr_expect_eq(run.status, 1, "as it is, one replica is not enough: %s", run.err.bytes);
    struct value *results = program_run_json(&run);
    cr_expect_geq(value_get(results, "gates")->count, 1);
    value_drop(results);
    program_run_close(&run);
    folder_remove(folder);
}
