/* Policies of users' own: each of the three ways in which one is asked, and each way in which it can
 * go wrong. A policy that fails is named with what it did, the status is 3, and what was played until
 * then is there: a summary on standard output, a folder whose every line can be read. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/program.h"
#include "tools/policies/policy.h"

/* A run may wait for a policy that hangs, on a busy machine. */
TestSuite(policies, .timeout = 120);

static const char scenario[] = "tests/policies/scenario.yaml";

/* `seatrial run` of the scenario with these options, leaving a folder. */
static struct program_run play(const char *options, const char *folder)
{
    char *arguments = mem_format("run %s -o json --out %s %s", scenario, folder, options);
    struct program_run run = program_run(arguments);
    free(arguments);
    return run;
}

static int64_t bound(const struct value *summary)
{
    return value_int(value_path(summary, "pods", "bound", NULL), -1);
}

/* A policy that behaves places all twelve pods. */
static void expect_placed(const char *options, const char *why)
{
    char *folder = folder_new();
    struct program_run run = play(options, folder);
    cr_expect_eq(run.status, 0, "%s: status %d: %s", why, run.status, run.err.bytes);
    if (run.status == 0) {
        struct value *summary = program_run_json(&run);
        cr_expect_eq(bound(summary), 12, "%s", why);
        cr_expect_null(value_get(summary, "stopped"), "%s", why);
        value_drop(summary);
        folder_check_events(folder);
    }
    program_run_close(&run);
    folder_remove(folder);
}

/* One that fails at its third attempt has placed two. */
static void expect_failed(const char *options, const char *why, const char *want)
{
    char *folder = folder_new();
    struct program_run run = play(options, folder);
    cr_expect_eq(run.status, 3, "%s: status %d: %s", why, run.status, run.err.bytes);
    cr_expect_not_null(strstr(run.err.bytes, want), "%s: not \"%s\" but %s", why, want,
                       run.err.bytes);
    if (run.status == 3) {
        struct value *summary = program_run_json(&run);
        const char *stopped = value_text(value_path(summary, "stopped", "policy", NULL), "");
        cr_expect_eq(bound(summary), 2, "%s: %ld are bound", why, (long)bound(summary));
        cr_expect_not_null(strstr(stopped, want), "%s: summary says \"%s\"", why, stopped);
        cr_expect_gt(folder_check_events(folder), 10, "%s", why);
        value_drop(summary);
    }
    program_run_close(&run);
    folder_remove(folder);
}

/* One that does not even begin is bad input: nothing is played. */
static void expect_refused(const char *options, const char *why, const char *want)
{
    char *folder = folder_new();
    struct program_run run = play(options, folder);
    cr_expect_eq(run.status, 2, "%s: status %d", why, run.status);
    cr_expect_not_null(strstr(run.err.bytes, want), "%s: not \"%s\" but %s", why, want,
                       run.err.bytes);
    cr_expect_eq(run.out.length, 0, "%s: %s", why, run.out.bytes);
    program_run_close(&run);
    folder_remove(folder);
}

/* --- a shared object ----------------------------------------------------------------------- */

static char *misbehaving_object(const char *limit)
{
    char *path = build_path("tests/policies/misbehaving.so");
    char *options = mem_format("--policy %s --policy-timeout %s", path, limit);
    free(path);
    return options;
}

Test(policies, a_shared_object_that_goes_wrong_is_named)
{
    static const struct {
        const char *how, *want;
    } rows[] = {
        { "crash",
          "misbehaving.so: crashed: Segmentation fault (signal 11) in score() of pod web-" },
        { "crash in filter",
          "misbehaving.so: crashed: Segmentation fault (signal 11) in filter()" },
        { "divide", "crashed: Floating point exception (signal 8) in score()" },
        { "abort", "crashed: Aborted (signal 6) in score()" },
        { "exit", "misbehaving.so: ended with status 7 in score()" },
        { "not a number", "misbehaving.so: score() answered nan for pod web-" },
        { "infinite", "misbehaving.so: score() answered -inf for pod web-" },
        { "too large", "score() answered 1e+13 for pod web-" },
        { "choose", "answered a node that it was not offered" },
    };
    char *options = misbehaving_object("60s");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setenv("SEATRIAL_TEST_POLICY", rows[i].how, 1);
        expect_failed(options, rows[i].how, rows[i].want);
    }
    free(options);
}

Test(policies, a_shared_object_that_hangs_is_given_up)
{
    static const struct {
        const char *how, *want;
    } rows[] = {
        { "hang", "misbehaving.so: did not answer within 500ms in score() of pod web-" },
        { "hang in filter", "did not answer within 500ms in filter() of pod web-" },
        { "hang in choose", "did not answer within 500ms in choose() of pod web-" },
    };
    char *options = misbehaving_object("500ms");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setenv("SEATRIAL_TEST_POLICY", rows[i].how, 1);
        expect_failed(options, rows[i].how, rows[i].want);
    }
    setenv("SEATRIAL_TEST_POLICY", "hang when opened", 1);
    expect_refused(options, "hang when opened",
                   "misbehaving.so: did not answer within 3s in open()");
    free(options);
}

Test(policies, a_shared_object_that_is_no_policy_is_refused)
{
    static const struct {
        const char *how, *want;
    } rows[] = {
        { "refuse", "misbehaving.so: refuses to work: open() returned NULL" },
        { "crash when opened",
          "misbehaving.so: crashed: Segmentation fault (signal 11) in open()" },
        { "of the future",
          "misbehaving.so: was built for version 2 of policy.h, this program has 1" },
    };
    char *options = misbehaving_object("60s");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setenv("SEATRIAL_TEST_POLICY", rows[i].how, 1);
        expect_refused(options, rows[i].how, rows[i].want);
    }
    free(options);

    char *empty = build_path("tests/policies/empty.so");
    options = mem_format("--policy %s", empty);
    expect_refused(options, "another library",
                   "empty.so: is no policy: it has no function seatrial_policy()");
    free(options);
    free(empty);

    char *folder = folder_new();
    folder_write(folder, "text.so", "not an object\n");
    options = mem_format("--policy %s/text.so", folder);
    expect_refused(options, "no object at all", "text.so: cannot be loaded: ");
    free(options);
    folder_remove(folder);
    expect_refused("--policy ./none.so", "no file", "--policy: ./none.so: no such file");
}

Test(policies, a_shared_object_decides_and_may_leave_pods_waiting)
{
    char *options = misbehaving_object("60s");
    setenv("SEATRIAL_TEST_POLICY", "", 1);
    expect_placed(options, "the first of equal nodes");
    setenv("SEATRIAL_TEST_POLICY", "reject all", 1);
    char *folder = folder_new();
    struct program_run run = play(options, folder);
    cr_expect_eq(run.status, 0);
    cr_expect_not_null(strstr(run.out.bytes, "misbehaving.so"), "the reason of the pods names it");
    struct value *summary = program_run_json(&run);
    cr_expect_eq(bound(summary), 2);
    cr_expect_eq(value_int(value_path(summary, "pods", "pending", NULL), -1), 10);
    value_drop(summary);
    program_run_close(&run);
    folder_remove(folder);
    free(options);
}

/* A pod of a colour, and of a priority of its own, as YAML; the caller frees. */
static char *pod_text(const char *name, const char *colour, int priority, const char *limits)
{
    return mem_format(
        "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: %s}\nvalue: %d\n"
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {colour: %s}}\n"
        "spec:\n  priorityClassName: %s\n  containers:\n"
        "  - {name: c, image: i, resources: {limits: {%s}}}\n",
        name, priority, name, colour, name, limits);
}

Test(policies, a_shared_object_sees_pods_and_nodes_as_the_header_says)
{
    char *folder = folder_new(), *object = build_path("tests/policies/reading.so");
    char *pods[] = { pod_text("first", "blue", 30, "cpu: 1500m, memory: 1Gi"),
                     pod_text("second", "blue", 20, "cpu: 500m, memory: 1Gi, nvidia.com/gpu: 2"),
                     pod_text("third", "red", -5, "cpu: 250m, memory: 1Gi") };
    char *scenario_text =
        mem_format("apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: coloured}\n"
                   "spec:\n  duration: 1m\n  timing: {schedulingCycle: 1ms}\n  nodes:\n"
                   "  - {name: red, count: 1, labels: {colour: red},\n"
                   "     capacity: {cpu: 4, memory: 8Gi, pods: 7}}\n"
                   "  - {name: blue, count: 1, labels: {colour: blue},\n"
                   "     capacity: {cpu: 8, memory: 8Gi, pods: 9, nvidia.com/gpu: 3}}\n"
                   "---\n%s---\n%s---\n%s",
                   pods[2], pods[0], pods[1]);
    folder_write(folder, "coloured.yaml", scenario_text);
    char *arguments = mem_format("run %s/coloured.yaml -o json --policy %s", folder, object);
    struct program_run run = program_run(arguments);
    cr_expect_eq(run.status, 0, "%s", run.err.bytes);
    /* now, pod, its colour, a label it has not, priority, cpu, GPUs, pods, a resource nobody has |
     * node, its colour, free and allocatable cpu, GPUs, pods. The pod that is there first is tried at
     * once, then they go by priority; the second fits on one node only. */
    static const char *const lines[] = {
        "0 default/third red - p-5 250 0 1 0 | red-0 red 4000/4000 0/0 7/7\n",
        "0 default/third red - p-5 250 0 1 0 | blue-0 blue 8000/8000 3/3 9/9\n",
        "0 default/first blue - p30 1500 0 1 0 | red-0 red 3750/4000 0/0 6/7\n",
        "0 default/first blue - p30 1500 0 1 0 | blue-0 blue 8000/8000 3/3 9/9\n",
        "0 default/second blue - p20 500 2 1 0 | blue-0 blue 6500/8000 3/3 8/9\n",
    };
    const char *at = run.err.bytes;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_expect_eq(strncmp(at, lines[i], strlen(lines[i])), 0, "not %sbut %s", lines[i], at);
        at += strcspn(at, "\n") + 1;
    }
    struct value *summary = program_run_json(&run);
    cr_expect_eq(value_int(value_get(value_at(value_get(summary, "nodes"), 0), "maxPods"), -1), 1,
                 "the third is on the node of its colour");
    value_drop(summary);
    program_run_close(&run);
    for (size_t i = 0; i < 3; i++)
        free(pods[i]);
    free(arguments);
    free(scenario_text);
    free(object);
    folder_remove(folder);
}

/* --- a process behind a pipe --------------------------------------------------------------- */

static void with_script(void (*expect)(const char *options, const char *why, const char *want),
                        const char *how, const char *limit, const char *want)
{
    char *options = mem_format("--policy 'exec python3 tests/policies/misbehaving.py \"%s\"' "
                               "--policy-timeout %s",
                               how, limit);
    expect(options, how, want);
    free(options);
}

Test(policies, a_process_that_goes_wrong_is_named)
{
    static const struct {
        const char *how, *want;
    } rows[] = {
        { "crash", "misbehaving.py \"crash\": crashed: Segmentation fault (signal 11)" },
        { "exit", "misbehaving.py \"exit\": ended with status 4" },
        { "raise", "misbehaving.py \"raise\": ended with status 1" },
        { "half a line", "ended with status 0" },
        { "nonsense", "answered nonsense (" },
        { "a list", "answered nonsense (it is no JSON object): [1, 2, 3]" },
        { "deep", "answered nonsense (" },
        { "unknown node", "answered the unknown node \"node-99\" for pod web-" },
        { "unknown number", "answered the unknown node number 17 of 4 for pod web-" },
        { "not feasible", "answered node small-0 for pod web-" },
        { "another attempt", "answered nonsense (not to attempt 3)" },
        { "too few", "answered nonsense (1 scores for 4 nodes)" },
        { "not a number", "answered nonsense (" },
        { "infinite", "answered a score for node node-0 that is not a number from -1e12 to 1e12" },
        { "words", "answered a score for node node-0 that is not a number" },
        { "no answer in it", "answered nonsense (neither node nor scores)" },
        { "endless", "answered with more than 64 MiB" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        with_script(expect_failed, rows[i].how, "60s", rows[i].want);
}

Test(policies, a_process_that_hangs_is_given_up)
{
    with_script(expect_failed, "hang", "700ms", "\"hang\": did not answer within 700ms");
    with_script(expect_failed, "close", "700ms", "closed its output");
    with_script(expect_refused, "no hello", "500ms", "\"no hello\": did not answer within 3s");
    expect_failed("--policy 'python3 tests/policies/misbehaving.py crash; exit $?'",
                  "a crash behind a shell", "crashed: Segmentation fault (signal 11)");
}

Test(policies, a_process_that_cannot_be_spoken_with_is_refused)
{
    with_script(expect_refused, "of the future", "60s", "speaks protocol 2, this program 1");
    expect_refused("--policy 'no-such-program --at-all'", "no such command",
                   "policy no-such-program --at-all: ended with status 127: no such command?");
    expect_refused("--policy 'echo hello; exec sleep 600'", "no protocol",
                   "policy echo hello; exec sleep 600: answered nonsense (");
    expect_refused("--policy fd:77,78", "descriptors that are not there", "policy fd:77,78: ");
    expect_refused("--policy beast-fit", "no such name",
                   "--policy: unknown policy \"beast-fit\": did you mean best-fit? (try default, ");
}

static void placed(const char *options, const char *why, const char *want)
{
    (void)want;
    expect_placed(options, why);
}

Test(policies, a_process_decides_with_answers_of_any_shape)
{
    with_script(placed, "", "60s", "");
    with_script(placed, "slow halves", "60s", "");
    with_script(placed, "long", "60s", "");
}

Test(policies, a_process_may_leave_a_pod_waiting_and_say_why)
{
    char *folder = folder_new();
    struct program_run run = play("--policy 'python3 tests/policies/misbehaving.py none'", folder);
    cr_expect_eq(run.status, 0, "%s", run.err.bytes);
    cr_expect_not_null(strstr(run.out.bytes, "on a whim"), "the reason reaches the pod");
    program_run_close(&run);
    folder_remove(folder);
}

/* --- the same policy, twice ----------------------------------------------------------------- */

Test(policies, the_examples_agree_to_the_last_line)
{
    char *object = build_path("examples/best_fit.so");
    char *first = mem_format("run %s -o json --policy %s", scenario, object);
    char *second =
        mem_format("run %s -o json --policy examples/policy_python/best_fit.py", scenario);
    char *third = mem_format("%s --scheduler reference", first);
    struct program_run in_c = program_run(first), in_python = program_run(second),
                       plainly = program_run(third);
    cr_assert_eq(in_c.status, 0, "%s", in_c.err.bytes);
    cr_assert_eq(in_python.status, 0, "%s", in_python.err.bytes);
    cr_expect_str_eq(in_c.out.bytes, in_python.out.bytes);
    cr_expect_str_eq(in_c.out.bytes, plainly.out.bytes, "whatever way the scheduler decides");
    struct value *summary = program_run_json(&in_c);
    const struct value *nodes = value_get(summary, "nodes");
    cr_expect_eq(bound(summary), 12);
    cr_expect_eq(value_int(value_get(value_at(nodes, 0), "maxPods"), -1), 12,
                 "best fit fills one node");
    value_drop(summary);
    program_run_close(&in_c);
    program_run_close(&in_python);
    program_run_close(&plainly);
    free(third);
    free(first);
    free(second);
    free(object);
}

/* --- nothing is left behind ------------------------------------------------------------------ */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

Test(policies, whatever_a_policy_does_no_child_is_left)
{
    static const char *const texts[] = {
        "trap '' TERM HUP; read hello; echo '{\"protocol\": 1}'; sleep 600; sleep 600",
        "read hello; echo '{\"protocol\": 1}'; exit 3",
        "sleep 600; true",
        "exec cat",
    };
    const struct outside_options options = { .scenario = "s",
                                             .seed = 1,
                                             .start_limit = 300 * SIM_MILLISECOND,
                                             .limit = 300 * SIM_MILLISECOND };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct error_list faults = { 0 };
        const double before = seconds();
        struct policy *policy = policy_open(texts[i], &options, &faults);
        cr_expect_eq(policy == NULL, faults.count == 1, "%s", texts[i]);
        if (policy != NULL)
            policy_end(policy, SIM_SECOND, NULL);
        policy_close(policy);
        cr_expect_lt(seconds() - before, 20, "%s", texts[i]);
        cr_expect(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "%s left a child", texts[i]);
        error_list_close(&faults);
    }
}
