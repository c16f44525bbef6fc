/* seatrial fork: the past is what it was, the unchanged future as well, and the changed one is what it
 * would be had the change stood in the scenario. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/program.h"

/* As in tests/validation/test_hand_checked.c: one pod, ready at 3.041 s, whose node dies at 604 s: down
 * from 650.020 to 958.061 s. */
#define SCENARIO(timeline)                                                                         \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"              \
    "  duration: 30m\n  nodes:\n  - {name: large, count: 1, capacity: {cpu: 8, memory: 32Gi}}\n"   \
    "  - {name: small, count: 1, capacity: {cpu: 4, memory: 16Gi}}\n"                              \
    "  timing: {apiWrite: 10ms, schedulingCycle: 1ms}\n"                                           \
    "  objects:\n  - apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n"       \
    "    spec:\n      selector: {matchLabels: {app: web}}\n"                                       \
    "      template:\n        metadata: {labels: {app: web}}\n"                                    \
    "        spec: {containers: [{name: web, image: 'web:1'}]}\n"                                  \
    "  failures: [{kind: node-crash, nodes: large-0, at: 604}, {kind: container-crash, every: "    \
    "{exponential: {mean: 5m}}}]\n" timeline
#define TWO                                                                                        \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"                               \
    "spec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n"                                \
    "  template:\n    metadata: {labels: {app: web}}\n"                                            \
    "    spec: {containers: [{name: web, image: 'web:1'}]}\n"

/* A folder with s.yaml, two.yaml, and the folder of a run. */
static char *folder_of_run(void)
{
    char *folder = folder_new();
    folder_write(folder, "s.yaml", SCENARIO(""));
    folder_write(folder, "later.yaml",
                 SCENARIO("  timeline: [{at: 5m, kubectl: scale deployment/web --replicas=2}]\n"));
    folder_write(folder, "two.yaml", TWO);
    char *arguments = mem_format("run %s/s.yaml --out %s/out", folder, folder);
    struct program_run run = program_run(arguments);
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    program_run_close(&run);
    free(arguments);
    return folder;
}

/* `fork FOLDER/out` with arguments behind it. */
static struct program_run fork_of(const char *folder, const char *arguments)
{
    char *all = mem_format("fork %s/out %s", folder, arguments);
    struct program_run run = program_run(all);
    free(all);
    return run;
}

static struct value *forked(const char *folder, const char *arguments)
{
    struct program_run run = fork_of(folder, arguments);
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    struct value *document = program_run_json(&run);
    program_run_close(&run);
    return document;
}

/* The difference of a measure of the workload; NULL: none. */
static const struct value *difference(const struct value *document, const char *measure)
{
    const struct value *list = value_get(document, "differences");
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "list"), ""), "workloads") == 0 &&
            strcmp(value_text(value_get(list->items[i], "measure"), ""), measure) == 0)
            return list->items[i];
    return NULL;
}

static double changed_of(const struct value *document, const char *measure)
{
    const struct value *entry = difference(document, measure);
    cr_assert_not_null(entry, "%s does not differ", measure);
    return value_double(value_get(entry, "changed"), -1);
}

static int same_files(const char *folder, const char *a, const char *b)
{
    char *command = mem_format("cmp -s %s/%s %s/%s", folder, a, folder, b);
    const int status = system(command);
    free(command);
    return status;
}

static bool is_there(const char *folder, const char *name)
{
    char *path = mem_format("%s/%s", folder, name);
    const bool there = access(path, R_OK) == 0;
    free(path);
    return there;
}

Test(fork, leaves_the_unchanged_future_as_it_was)
{
    char *folder = folder_of_run();
    char *arguments = mem_format("--at 5m --apply %s/two.yaml --out %s/futures", folder, folder);
    struct program_run run = fork_of(folder, arguments);
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    cr_expect_eq(same_files(folder, "out/events.jsonl", "futures/unchanged/events.jsonl"), 0);
    cr_expect_eq(same_files(folder, "out/summary.json", "futures/unchanged/summary.json"), 0);
    cr_expect_eq(same_files(folder, "out/scenario.json", "futures/unchanged/scenario.json"), 0);
    cr_expect_neq(same_files(folder, "out/summary.json", "futures/changed/summary.json"), 0);
    cr_expect(is_there(folder, "futures/comparison.json"));
    cr_expect(is_there(folder, "futures/comparison.html"));
    program_run_close(&run);
    free(arguments);
    folder_remove(folder);
}

Test(fork, comes_to_what_the_scenario_would_with_the_change_in_it)
{
    char *folder = folder_of_run();
    char *arguments = mem_format("run %s/later.yaml --output json", folder);
    struct program_run run = program_run(arguments);
    struct value *later = program_run_json(&run);
    const struct value *web = value_at(value_get(later, "workloads"), 0);
    struct value *document =
        forked(folder, "--at 5m --kubectl 'scale deployment/web --replicas=2' --output json");
    cr_expect_float_eq(changed_of(document, "availability"),
                       value_double(value_get(web, "availability"), 0), 1e-12);
    cr_expect_float_eq(changed_of(document, "downtime"),
                       value_double(value_get(web, "downtimeSeconds"), 0), 1e-9);
    cr_expect_float_eq(changed_of(document, "replica-seconds not ready"),
                       value_double(value_get(web, "notReadyReplicaSeconds"), 0), 1e-9);
    cr_expect_not_null(difference(document, "downtime by node-crash"));
    cr_expect_eq(value_int(value_path(document, "diverges", "atSeconds", NULL), 0), 300);
    cr_expect_str_eq(value_text(value_path(document, "diverges", "changed", "what", NULL), ""),
                     "scale/deployment/web: begins");
    value_drop(document);
    value_drop(later);
    program_run_close(&run);
    free(arguments);
    folder_remove(folder);
}

Test(fork, has_intervals_and_the_same_bytes_each_time)
{
    char *folder = folder_of_run();
    char *arguments =
        mem_format("--at 5m --apply %s/two.yaml --replications 12 --output json", folder);
    struct program_run first = fork_of(folder, arguments), second = fork_of(folder, arguments);
    cr_assert_eq(first.status, 0, "%s", first.err.bytes);
    cr_expect_str_eq(first.out.bytes, second.out.bytes);
    struct value *document = program_run_json(&first);
    const struct value *downtime = difference(document, "downtime");
    cr_assert_not_null(downtime);
    const double low = value_double(value_get(downtime, "low"), 0);
    const double high = value_double(value_get(downtime, "high"), 0);
    const double mean = value_double(value_get(downtime, "difference"), 0);
    /* A second replica on the other node saves the outage, whatever the luck of its containers. */
    cr_expect_eq(value_int(value_get(downtime, "pairs"), 0), 12);
    cr_expect(low < mean && mean < high && high < 0, "%g in %g to %g", mean, low, high);
    cr_expect(value_double(value_get(downtime, "p"), 1) < 1e-3);
    value_drop(document);
    program_run_close(&first);
    program_run_close(&second);
    free(arguments);
    folder_remove(folder);
}

static const struct {
    const char *arguments, *fault;
} faults[] = {
    { "--kubectl 'scale deployment/web --replicas=2'", "say when the futures part" },
    { "--at 31m --kubectl 'scale deployment/web --replicas=2'",
      "31m is not within the run, which ends at 30m" },
    { "--at 5x --kubectl 'scale deployment/web --replicas=2'", "5x" },
    { "--at 5m", "nothing is changed: say --apply FILE or --kubectl 'COMMAND'" },
    { "--at 5m --apply none.yaml", "none.yaml: No such file or directory" },
    { "--at 5m --kubectl 'scael deployment/web'", "did you mean scale" },
    { "--at 5m --kubectl 'scale deployment/web --replicas=2' --replications 0",
      "--replications: a number from 1 to 100000 is expected" },
};

Test(fork, says_what_is_wrong)
{
    char *folder = folder_of_run();
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct program_run run = fork_of(folder, faults[i].arguments);
        cr_expect_eq(run.status, 2, "%s: status %d", faults[i].arguments, run.status);
        cr_expect(strstr(run.err.bytes, faults[i].fault) != NULL, "%s: %s", faults[i].arguments,
                  run.err.bytes);
        cr_expect_eq(run.out.length, 0);
        program_run_close(&run);
    }
    struct program_run run = program_run("fork /nowhere --at 5m --kubectl 'get pods'");
    cr_expect_eq(run.status, 2);
    cr_expect(strstr(run.err.bytes, "/nowhere/scenario.json: No such file") != NULL, "%s",
              run.err.bytes);
    program_run_close(&run);

    /* A folder whose summary is of another run. */
    char *out = mem_format("%s/out", folder);
    folder_write(out, "summary.json", "{\"traceHash\": \"0123456789abcdef\"}");
    run = fork_of(folder, "--at 5m --kubectl 'scale deployment/web --replicas=2'");
    cr_expect_eq(run.status, 2);
    cr_expect(strstr(run.err.bytes, "cannot be played again: its trace was 0123456789abcdef") !=
                  NULL,
              "%s", run.err.bytes);
    program_run_close(&run);
    free(out);
    folder_remove(folder);
}
