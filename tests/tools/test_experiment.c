/* `seatrial experiment`: a study as its user has it. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tests/support/program.h"
#include "tools/experiment/experiment.h"
#include "tools/experiment/print.h"
#include "tools/files.h"
#include "tools/report/table.h"

TestSuite(experiment, .timeout = 120);

/* Two replicas that crash often enough to tell something in a few days; the rest of the spec follows. */
static const char head[] =
    "apiVersion: seatrial.dev/v1alpha1\n"
    "kind: Experiment\n"
    "metadata: {name: nines}\n"
    "spec:\n"
    "  scenario:\n"
    "    duration: 5d\n"
    "    nodes: [{name: worker, count: 3, capacity: {cpu: 4, memory: 16Gi}}]\n"
    "    objects:\n"
    "    - apiVersion: apps/v1\n"
    "      kind: Deployment\n"
    "      metadata: {name: web}\n"
    "      spec:\n"
    "        replicas: 1\n"
    "        selector: {matchLabels: {app: web}}\n"
    "        template:\n"
    "          metadata: {labels: {app: web}}\n"
    "          spec: {containers: [{name: web, image: web}]}\n"
    "    failures:\n"
    "    - {kind: node-crash, name: crashes, every: {exponential: {mean: 1d}}, lasts: 30m}\n"
    "    - {kind: container-crash, name: faults, every: {exponential: {mean: 6h}}}\n";

/* The study with a spec behind the scenario, in a folder that the caller removes. */
static char *folder_with(const char *spec)
{
    char *folder = folder_new(), *text = mem_format("%s%s", head, spec);
    folder_write(folder, "study.yaml", text);
    free(text);
    return folder;
}

static struct program_run play(const char *folder, const char *options)
{
    char *arguments =
        mem_format("experiment %s/study.yaml --out %s/out %s", folder, folder, options);
    struct program_run run = program_run(arguments);
    free(arguments);
    return run;
}

/* The results of a study that ends well; the caller drops them. */
static struct value *results_of(const char *spec, const char *options)
{
    char *folder = folder_with(spec), *all = mem_format("-o json %s", options);
    struct program_run run = play(folder, all);
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    struct value *results = program_run_json(&run);
    program_run_close(&run);
    folder_remove(folder);
    free(all);
    return results;
}

/* What is said on standard error of a study that is refused. */
static void expect_refusal(const char *spec, const char *said)
{
    char *folder = folder_with(spec);
    struct program_run run = play(folder, "");
    cr_expect_eq(run.status, 2, "%s", spec);
    cr_expect_not_null(strstr(run.err.bytes ? run.err.bytes : "", said), "wanted: %s\ngot: %s",
                       said, run.err.bytes);
    cr_expect_eq(run.out.length, 0);
    program_run_close(&run);
    folder_remove(folder);
}

static const struct value *point(const struct value *results, size_t number)
{
    return value_at(value_get(results, "points"), number);
}

static double mean(const struct value *results, size_t number, size_t response)
{
    return value_double(
        value_get(value_at(value_get(point(results, number), "estimates"), response), "mean"), -1);
}

static const char *name(const struct value *results, size_t number)
{
    return value_text(value_get(point(results, number), "name"), "");
}

static const char replicas[] =
    "  factors:\n"
    "  - {name: replicas, target: deployment/web, path: spec.replicas, levels: [1, 2]}\n";

Test(experiment, more_replicas_are_more_available_and_it_says_how_surely)
{
    char *spec = mem_format("%s  replications: 12\n", replicas);
    struct value *results = results_of(spec, "");
    const struct value *comparison = value_at(value_get(results, "comparisons"), 0);
    cr_assert_eq(value_get(results, "points")->count, 2);
    cr_expect_str_eq(name(results, 1), "replicas=2");
    cr_expect_str_eq(
        value_text(value_path(value_at(value_get(results, "responses"), 0), "path", NULL), ""),
        "workloads[deployment/web].availability", "what is usual");
    cr_expect_gt(mean(results, 1, 0), mean(results, 0, 0));
    cr_expect(value_truth(value_get(comparison, "significant"), false));
    cr_expect_gt(value_double(value_get(comparison, "low"), -1), 0);
    cr_expect_eq(value_int(value_get(results, "replications"), 0), 24);
    value_drop(results);
    free(spec);
}

/* Copies change nothing of what the one run that is no copy shows, and nothing depends on who plays what. */
Test(experiment, splitting_is_of_one_row_and_the_same_with_any_number_of_workers)
{
    static const char spec[] =
        "  responses: [\"workloads[deployment/web].downtimeSeconds\", pods.created]\n"
        "  replications: 4\n";
    char *split = mem_format("%s  estimate: {splitting: {level: "
                             "\"workloads[deployment/web].missing\", thresholds: [1], "
                             "copies: [3]}}\n",
                             spec);
    struct value *plain = results_of(spec, ""), *one = results_of(split, "--workers 1");
    struct value *three = results_of(split, "--workers 3");
    cr_expect(value_equal(value_get(one, "points"), value_get(three, "points")));
    cr_expect_str_eq(value_text(value_get(one, "estimate"), ""), "splitting");
    cr_expect_eq(mean(one, 0, 1), mean(plain, 0, 1));
    cr_expect_neq(mean(one, 0, 0), mean(plain, 0, 0));
    cr_expect_gt(mean(one, 0, 0), 0);
    cr_expect_gt(value_int(value_get(one, "events"), 0), value_int(value_get(plain, "events"), 0));
    value_drop(plain);
    value_drop(one);
    value_drop(three);
    free(split);
    expect_refusal("  estimate: {splitting: {level: pods.created, thresholds: [1], copies: [2]}}\n",
                   "splitting.level: \"pods.created\" is no level");
    expect_refusal(
        "  estimate: {splitting: {level: \"workloads[deployment/web].missing\", "
        "thresholds: [1], copies: [2]}}\n"
        "  factors: [{name: who, levels: [{name: a, policy: \"http://localhost:1\"}]}]\n",
        "splitting copies runs");
}

Test(experiment, replication_0_is_the_run_that_seatrial_run_plays)
{
    struct value *results =
        results_of("  responses: [\"workloads[deployment/web].downtimeSeconds\", events]\n"
                   "  replications: 2\n",
                   "--seed 77");
    char *folder = folder_with("");
    /* The same scenario as one of its own. */
    char *text = mem_new(sizeof head + 100), *scenario = strstr(head, "    duration");
    strcpy(text,
           "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: web}\nspec:\n");
    strcat(text, scenario);
    folder_write(folder, "scenario.yaml", text);
    char *arguments = mem_format("run %s/scenario.yaml --seed 77 -o json", folder);
    struct program_run run = program_run(arguments);
    struct value *summary = program_run_json(&run);
    const struct value *web = value_at(value_get(summary, "workloads"), 0);
    const struct value *estimate = value_at(value_get(point(results, 0), "estimates"), 0);
    cr_expect_float_eq(value_double(value_at(value_get(estimate, "values"), 0), -1),
                       value_double(value_get(web, "downtimeSeconds"), -2), 1e-6);
    const struct value *events = value_at(value_get(point(results, 0), "estimates"), 1);
    cr_expect_eq(value_double(value_at(value_get(events, "values"), 0), -1),
                 value_double(value_get(summary, "events"), -2));
    value_drop(summary);
    value_drop(results);
    program_run_close(&run);
    folder_remove(folder);
    free(arguments);
    free(text);
}

Test(experiment, levels_may_change_anything_about_the_scenario)
{
    struct value *results = results_of(
        "  factors:\n"
        "  - name: what\n"
        "    levels:\n"
        "    - {name: as-it-is}\n"
        "    - {name: grace, set: {spec.settings.node-monitor-grace-period: 20s}}\n"
        "    - {name: nodes, scenario: {nodes: [{name: w, count: 9}]}}\n"
        "    - {name: patched, patches: [{target: deployment/web, patch: {spec: {replicas: 3}}}]}\n"
        "    - {name: safe, without: [crashes, container-crash]}\n"
        "    - {name: gone, delete: deployment/web}\n"
        "    - name: more\n"
        "      objects:\n"
        "      - {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, "
        "image: c}]}}\n"
        "    - {name: packed, policy: most-allocated}\n"
        "  responses: [pods.maxLive, nodes, \"workloads[deployment/web].availability\"]\n"
        "  replications: 3\n",
        "");
    static const struct {
        const char *level;
        double live, nodes;
    } want[] = { { "what=as-it-is", -1, 3 }, { "what=grace", -1, 3 }, { "what=nodes", -1, 9 },
                 { "what=patched", -1, 3 },  { "what=safe", 1, 3 },   { "what=gone", 0, 3 },
                 { "what=more", -1, 3 },     { "what=packed", -1, 3 } };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        cr_expect_str_eq(name(results, i), want[i].level);
        cr_expect_eq(mean(results, i, 1), want[i].nodes, "%s", want[i].level);
        if (want[i].live >= 0)
            cr_expect_eq(mean(results, i, 0), want[i].live, "%s", want[i].level);
    }
    cr_expect_eq(mean(results, 4, 2), 1, "nothing happens to it");
    cr_expect_gt(mean(results, 3, 0), mean(results, 0, 0));
    const struct value *gone = value_at(value_get(point(results, 5), "estimates"), 2);
    cr_expect_eq(value_int(value_get(gone, "missing"), 0), 3, "there is no such row");
    value_drop(results);
}

Test(experiment, switching_one_cause_off_leaves_the_luck_of_the_others)
{
    struct value *results = results_of("  responses: [\"workloads[deployment/web].restarts\"]\n"
                                       "  replications: 10\n  counterfactual: true\n",
                                       "");
    const struct value *savings = value_get(results, "counterfactual");
    cr_assert_eq(savings->count, 2);
    cr_expect_str_eq(value_text(value_get(savings->items[0], "cause"), ""), "crashes");
    cr_expect_str_eq(value_text(value_get(savings->items[1], "cause"), ""), "faults");
    cr_expect_eq(value_double(value_get(savings->items[1], "mean"), -1), 0);
    const struct value *baseline = value_at(value_get(point(results, 0), "estimates"), 0);
    const struct value *without = value_at(value_get(point(results, 1), "estimates"), 0);
    size_t alike = 0;
    for (size_t i = 0; i < 10; i++)
        alike += value_equal(value_at(value_get(baseline, "values"), i),
                             value_at(value_get(without, "values"), i));
    cr_expect_geq(alike, 4, "most faults strike whether or not nodes crash");
    value_drop(results);
}

Test(experiment, tables_fit_a_terminal_and_the_folder_has_them_all)
{
    char *spec = mem_format("%s  replications: 4\n  counterfactual: true\n", replicas);
    char *folder = folder_with(spec);
    struct program_run run = play(folder, "");
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    for (char *line = strtok(run.out.bytes, "\n"); line != NULL; line = strtok(NULL, "\n"))
        cr_expect_leq(text_width(line), TERMINAL_WIDTH, "%s", line);
    static const char *const files[] = { "results.json", "results.csv", "results.txt",
                                         "results.db" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *test = mem_format("%s/out/%s", folder, files[i]);
        FILE *file = fopen(test, "r");
        cr_expect_not_null(file, "%s", files[i]);
        if (file != NULL)
            fclose(file);
        free(test);
    }
    program_run_close(&run);
    folder_remove(folder);
    free(spec);
}

Test(experiment, more_replications_go_on_from_those_that_are_there)
{
    char *folder = folder_with(replicas);
    struct program_run few = play(folder, "--replications 3 -o json"),
                       more = play(folder, "--replications 6 -o json");
    struct value *three = program_run_json(&few), *six = program_run_json(&more);
    for (size_t i = 0; i < 3; i++)
        cr_expect(value_equal(
            value_at(value_get(value_at(value_get(point(three, 1), "estimates"), 0), "values"), i),
            value_at(value_get(value_at(value_get(point(six, 1), "estimates"), 0), "values"), i)));
    cr_expect_eq(value_int(value_get(point(six, 1), "replications"), 0), 6);
    value_drop(three);
    value_drop(six);
    program_run_close(&few);
    program_run_close(&more);
    folder_remove(folder);
}

Test(experiment, one_long_run_gives_intervals_by_batches_and_by_cycles)
{
    static const char *const estimates[] = {
        "{batchMeans: {every: 2h}}",
        "{regenerative: {every: 20m, when: \"workloads[deployment/web].ready\", is: 1}}",
    };
    struct value *many = results_of("  replications: 150\n", "--duration 20d");
    const double want = mean(many, 0, 0);
    for (size_t i = 0; i < 2; i++) {
        char *spec = mem_format("  replications: 1\n  estimate: %s\n", estimates[i]);
        struct value *results = results_of(spec, "--duration 160d");
        const struct value *estimate = value_at(value_get(point(results, 0), "estimates"), 0);
        const double half = value_double(value_get(estimate, "halfWidth"), 0);
        cr_expect_gt(half, 0);
        cr_expect_gt(value_int(value_get(estimate, "batches"), 0), 15);
        cr_expect_float_eq(mean(results, 0, 0), want, 2 * half, "%s: %.6f, %.6f", estimates[i],
                           mean(results, 0, 0), want);
        value_drop(results);
        free(spec);
    }
    value_drop(many);
}

Test(experiment, mirrored_luck_and_luck_of_their_own_change_what_is_drawn_not_what_is_true)
{
    struct value *plain = results_of("  replications: 60\n", ""),
                 *mirrored = results_of("  replications: 60\n  antithetic: true\n", "");
    cr_expect(value_truth(value_get(mirrored, "antithetic"), false));
    cr_expect_float_eq(mean(plain, 0, 0), mean(mirrored, 0, 0), 0.004);
    const struct value *values =
        value_get(value_at(value_get(point(mirrored, 0), "estimates"), 0), "values");
    cr_expect_not(value_equal(value_at(values, 0), value_at(values, 1)));
    value_drop(plain);
    value_drop(mirrored);
}

Test(experiment, what_is_wrong_is_told_with_its_place_before_anything_is_played)
{
    expect_refusal(
        "  factors: [{name: a, path: spec.replicas, target: deployment/wbe, levels: [1]}]\n",
        "study.yaml:21:52: a=1: the scenario has no deployment/wbe");
    expect_refusal("  factors: [{name: a, path: \"spec.nodes[7].count\", levels: [1]}]\n",
                   "study.yaml:21:29: a=1: spec.nodes[7].count: there is no row [7]");
    expect_refusal("  factors: [{name: a, path: spec.nodez, levels: [1]}]\n", "nodez");
    expect_refusal("  factors: [{name: a, levels: [1]}]\n", "factor a has no path");
    expect_refusal("  factors: [{name: a, path: spec.seed}]\n", "needs one of levels");
    expect_refusal("  factors: [{name: a, levels: [{name: x, without: crashs}]}]\n",
                   "did you mean crashes?");
    expect_refusal("  responses: [\"workloads[deployment/web].availabilty\"]\n",
                   "did you mean availability?");
    expect_refusal("  responses: [scenario]\n", "is a text, and a response is a number");
    expect_refusal("  replications: 0\n", "from 1 to 1000000");
    expect_refusal("  replications: {first: 9, most: 3}\n", "fewer than the first");
    expect_refusal("  replications: {until: {of: [x]}}\n", "no response is called \"x\"");
    expect_refusal("  baseline: {a: 1}\n", "no factor is called a");
    expect_refusal("  design: latin\n", "none of fullFactorial");
    expect_refusal("  design: {latinHypercube: {points: 3}}\n"
                   "  factors: [{name: a, path: spec.seed, range: {from: 3, to: 1}}]\n",
                   "the range is empty");
    expect_refusal(
        "  design: {latinHypercube: {points: 3}}\n"
        "  factors: [{name: a, path: spec.seed, range: {from: -1.7e308, to: 1.7e308}}]\n",
        "the range is wider than numbers go");
    expect_refusal("  factors: [{name: a, levels: [{name: x, scenario: 5}]}]\n",
                   "scenario: a map is expected");
    expect_refusal(
        "  factors: [{name: a, levels: [{name: x, set: {spec: 5}, without: crashes}]}]\n", "spec");
    expect_refusal("  estimate: {batchMeans: {every: 1h}}\n", "need replications: 1");
    expect_refusal("  facters: []\n", "factors");
    expect_refusal("  factors: [{name: p, policies: [defautl]}]\n", "did you mean default?");
    expect_refusal("  factors: [{name: p, policies: [\"-\"]}]\n", "unknown policy");
    expect_refusal(
        "  factors: [{name: a, path: spec.replicas, target: deployment/web, levels: [-1]}]\n",
        "must be greater than or equal to 0");
}

Test(experiment, a_measure_has_as_many_digits_as_its_interval_deserves)
{
    static const struct {
        double mean, low, high;
        const char *unit, *want;
    } rows[] = {
        { 0.99931, 0.99902, 0.99951, "share", "99.931 % [99.902, 99.951]" },
        { 0.5, 0.2, 0.8, "share", "50 % [20, 80]" },
        { 123.456, 120.1, 126.9, "s", "123.5 s [120.1, 126.9]" },
        { 12345.6, 12000, 12700, NULL, "12346 [12000, 12700]" },
        { 3, NAN, NAN, "s", "3 s" },
        { 1, 1, 1, "share", "100.0 % (all alike)" },
        { NAN, NAN, NAN, NULL, "-" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = print_measure(rows[i].mean, rows[i].low, rows[i].high, rows[i].unit);
        cr_expect_str_eq(text, rows[i].want);
        free(text);
    }
}

Test(experiment, the_schema_is_what_the_loader_checks)
{
    struct value *schema = experiment_schema();
    struct error error = { 0 };
    size_t length;
    char *text = json_text(schema, (struct json_style){ .indent = 2 });
    char *kept = file_read("docs/experiment.schema.json", &length, &error);
    cr_assert_not_null(kept, "%s", error.text);
    cr_expect(strncmp(kept, text, strlen(text)) == 0,
              "docs/experiment.schema.json is not what the loader checks: run make schema");
    value_drop(schema);
    free(text);
    free(kept);
}
