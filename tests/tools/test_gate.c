/* Gates: what they say of a summary, what is wrong with them, and the program's exit status and JUnit
 * XML. */
#include "tools/gate.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/measured.h"
#include "tests/support/program.h"

/* As in tests/validation/test_hand_checked.c: 308.041 s down of 1796.959, by one crash. */
#define SCENARIO                                                                                   \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: \"a <b> & 'c'\"}\n"       \
    "spec:\n  duration: 30m\n"                                                                     \
    "  nodes:\n  - {name: large, count: 1, capacity: {cpu: 8, memory: 32Gi}}\n"                    \
    "  - {name: small, count: 1, capacity: {cpu: 4, memory: 16Gi}}\n"                              \
    "  timing: {apiWrite: 10ms, schedulingCycle: 1ms}\n"                                           \
    "  objects:\n  - apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n"       \
    "    spec:\n      selector: {matchLabels: {app: web}}\n"                                       \
    "      template:\n        metadata: {labels: {app: web}}\n"                                    \
    "        spec: {containers: [{name: web, image: 'web:1'}]}\n"                                  \
    "  - {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, "     \
    "ports: [{port: 80}]}}\n"                                                                      \
    "  - {apiVersion: v1, kind: Pod, metadata: {name: same, namespace: a}, spec: {containers: "    \
    "[{name: c, image: i}]}}\n"                                                                    \
    "  - {apiVersion: v1, kind: Pod, metadata: {name: same, namespace: b}, spec: {containers: "    \
    "[{name: c, image: i}]}}\n"                                                                    \
    "  traffic: [{service: web, rate: 10}]\n"                                                      \
    "  failures: [{kind: node-crash, nodes: large-0, at: 604}]\n"                                  \
    "  expect:\n  - {that: it is \"<down>\", path: 'workloads[deployment/web].downtimeSeconds', "  \
    "is: 308.041}\n"                                                                               \
    "  - {that: it is up, path: 'workloads[deployment/web].downtimeSeconds', is: 0}\n"             \
    "  objectives:\n  - apiVersion: openslo/v1\n    kind: SLO\n    metadata: {name: web-up}\n"     \
    "    spec:\n      service: web\n      indicator: {spec: {ratioMetric: {rawType: success, "     \
    "raw: {metricSource: {type: seatrial, spec: {query: "                                          \
    "'available{workload=\"deployment/web\"}'}}}}}}\n"                                             \
    "      timeWindow: [{duration: 28d, isRolling: true}]\n"                                       \
    "      budgetingMethod: Occurrences\n      objectives: [{target: 0.8}]\n"

/* 1 - 308.041 / 1796.957 is 0.82857631; the bare pods on the dead node are gone for good. */
static const struct {
    const char *expression;
    bool failed;
    const char *value; /* as people read it; NULL: there is none */
} rows[] = {
    { "availability(web) < 99.9", true, "82.857631 %" },
    { "availability(web) < 82.857630", false, "82.857631 %" },
    { "availability(web) < 82.857632%", true, "82.857631 %" },
    { " availability( deployment/web )>=82 ", true, "82.857631 %" },
    { "availability(default/web) > 99", false, "82.857631 %" },
    { "availability(default/deploy/web) < 99", true, "82.857631 %" },
    { "downtime(web) > 5m8s", true, "5m8s" },
    { "downtime(web) > 308.041", false, "5m8s" },
    { "downtime(web) >= 308.041", true, "5m8s" },
    { "downtime(web) == 308.041s", true, "5m8s" },
    { "downtime(web) != 5m8s41ms", false, "5m8s" },
    { "downtime() > 0", true, "19m10s" },
    { "availability() < 90", true, "35.933284 %" },
    { "outages(web) > 0", true, "1" },
    { "outages(service/web) > 1", false, "1" },
    { "restarts(web) > 0", false, "0" },
    { "requests(web) < 18000", false, "18000" },
    { "requests_failed(web) > 10%", true, NULL },
    { "requests_failed(web) > 17999", false, NULL },
    { "objective(web-up) < 82", false, "82.857631 %" },
    { "budget_left(web-up) < 20%", true, "14.288155 %" },
    { "burn_rate(web-up) > 1", false, NULL },
    { "pods_pending() > 0", false, "0" },
    { "'workloads[deployment/web].availability' < 0.83", true, "82.857631 %" },
    { "\"workloads[deployment/web].outages\" > 1", false, "1" },
    { "'pods.created' <= 4", true, "4" },
    { "availability(a/same) < 0", false, "100 %" },
    { "latency_p99(web) > 1s", true, "none" },
};

Test(gates, say_what_is_true_of_a_run)
{
    struct value *summary = play_text(SCENARIO);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = { 0 };
        struct gate *gate = gate_read(rows[i].expression, &error);
        cr_assert_not_null(gate, "%s: %s", rows[i].expression, error.text);
        cr_expect(gate_check(gate, summary, NULL, &error), "%s: %s", rows[i].expression,
                  error.text ? error.text : "");
        struct value *verdict = gate_judge(gate, summary);
        cr_expect_eq(value_truth(value_get(verdict, "failed"), false), rows[i].failed, "%s",
                     rows[i].expression);
        double value = 0;
        const bool there = gate_value(gate, summary, &value);
        char *text = there ? gate_print(gate, value) : mem_text("none", 4);
        if (rows[i].value != NULL)
            cr_expect(strncmp(text, rows[i].value, strlen(text)) == 0, "%s: %s", rows[i].expression,
                      text);
        cr_expect(!there || gate_is_true(gate, value) == rows[i].failed, "%s", rows[i].expression);
        free(text);
        value_drop(verdict);
        gate_free(gate);
        error_close(&error);
    }
    value_drop(summary);
}

static const struct {
    const char *expression;
    int column;
    const char *fault;
} faults[] = {
    { "availabilty(web) < 99", 1, "there is no availabilty() (did you mean availability?)" },
    { "availability(wbe) < 99", 14,
      "nothing among workloads and services is called wbe (did you "
      "mean web?)" },
    { "availability(deploymnet/web) < 99", 14, "is called web" },
    { "availability(a/dpeloyment/web) < 99", 16, "no resource type is called \"dpeloyment\"" },
    { "availability(a/b/c/d) < 99", 14, "is none of NAME, TYPE/NAME" },
    { "availability(same) < 99", 14, "same is meant by several: a/Pod/same and b/Pod/same" },
    { "availability web < 99", 14, "expected a name in parentheses: availability(web)" },
    { "availability(web < 99", 13, "expected a name in parentheses" },
    { "availability(web) 99", 19, "expected one of <, <=, >, >=, == and !=" },
    { "availability(web) <", 20, "is no percentage" },
    { "availability(web) < 0.999", 21, "availability() is in percent" },
    { "downtime(web) > 5x", 17, "\"5x\" is no duration" },
    { "downtime(web) > 5%", 17, "a duration is no percentage" },
    { "downtime(web) > -5m", 17, "\"-5m\" is negative" },
    { "restarts(web) > many", 17, "\"many\" is no number" },
    { "restarts(web) > 5%", 17, "restarts() is a number, not a percentage" },
    { "restarts(service/web) > 5", 10, "nothing among workloads is called web" },
    { "pods_pending(web) > 0", 14, "takes no name" },
    { "'pods.creatd' > 0", 2, "there is no field creatd (did you mean created?)" },
    { "'pods.created > 0", 1, "a quote is open at the end" },
    { "'pods..created' > 0", 2, "" },
    { "", 1, "expected a function or a path in quotes" },
    { "objective(web-upp) < 99", 11,
      "nothing among objectives is called web-upp (did you mean web-up?)" },
};

Test(gates, that_make_no_sense_are_told_with_their_column)
{
    struct value *summary = play_text(SCENARIO);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct error error = { 0 };
        struct gate *gate = gate_read(faults[i].expression, &error);
        if (gate != NULL)
            gate_check(gate, summary, NULL, &error);
        cr_assert_not_null(error.text, "%s", faults[i].expression);
        cr_expect(strstr(error.text, faults[i].fault) != NULL, "%s: %s", faults[i].expression,
                  error.text);
        cr_expect_eq(error.at.column, faults[i].column, "%s: column %d", faults[i].expression,
                     error.at.column);
        gate_free(gate);
        error_close(&error);
    }
    value_drop(summary);
}

/* Standard output of a command; the caller closes it. */
static struct writer output_of(const char *command)
{
    struct writer out = { 0 };
    char block[4096];
    size_t length;
    FILE *pipe = popen(command, "r");
    writer_add(&out, "");
    while ((length = fread(block, 1, sizeof block, pipe)) > 0)
        writer_add_bytes(&out, block, length);
    cr_expect_eq(pclose(pipe), 0, "%s", command);
    return out;
}

static void expect_junit(const char *folder, const char *want)
{
    char *command = mem_format("python3 tests/support/junit_check.py %s/junit.xml", folder);
    struct writer said = output_of(command);
    cr_expect_str_eq(said.bytes, want, "%s", said.bytes);
    writer_close(&said);
    free(command);
}

Test(gates, decide_the_exit_status_and_are_told_as_junit)
{
    char *folder = folder_new();
    folder_write(folder, "s.yaml", SCENARIO);
    char *failing = mem_format("run %s/s.yaml --fail-on 'availability(web) < 99.9' --fail-on "
                               "'downtime(web) > 1h' --junit %s/junit.xml --output json",
                               folder, folder);
    struct program_run run = program_run(failing);
    cr_expect_eq(run.status, 1);
    cr_expect(strstr(run.err.bytes, "failed: availability(web) < 99.9: 82.857631 %\n") != NULL,
              "%s", run.err.bytes);
    cr_expect(strstr(run.err.bytes, "1h") == NULL);
    struct value *summary = program_run_json(&run);
    cr_expect_eq(value_get(summary, "gates")->count, 2);
    value_drop(summary);
    program_run_close(&run);
    expect_junit(folder,
                 "a <b> & 'c'.gates: availability(web) < 99.9: 82.857631 %\n"
                 "a <b> & 'c'.gates: downtime(web) > 1h: passed\n"
                 "a <b> & 'c'.expectations: it is \"<down>\": passed\n"
                 "a <b> & 'c'.expectations: it is up: workloads[deployment/web].downtimeSeconds: "
                 "308.041, expected 0\n"
                 "a <b> & 'c'.objectives: web-up: passed\n");
    free(failing);

    char *wrong = mem_format("run %s/s.yaml --fail-on 'availability(wbe) < 99.9' --out %s/out",
                             folder, folder);
    run = program_run(wrong);
    cr_expect_eq(run.status, 2);
    cr_expect_eq(run.out.length, 0);
    cr_expect_str_eq(run.err.bytes,
                     "--fail-on:1:14: availability(): nothing among workloads and "
                     "services is called wbe (did you mean web?)\n",
                     "%s", run.err.bytes);
    program_run_close(&run);
    free(wrong);

    /* Behind the name is a device without room: it is told, and the link is left. */
    char *full = mem_format("%s/full.xml", folder);
    char *no_room = mem_format("run %s/s.yaml --junit %s", folder, full);
    cr_assert_eq(symlink("/dev/full", full), 0);
    run = program_run(no_room);
    cr_expect_eq(run.status, 2);
    cr_expect(strstr(run.err.bytes, "full.xml: No space left on device") != NULL, "%s",
              run.err.bytes);
    struct stat info;
    cr_expect(lstat(full, &info) == 0 && S_ISLNK(info.st_mode));
    program_run_close(&run);
    free(no_room);
    free(full);
    folder_remove(folder);
}

static const struct {
    const char *expression, *path;
    bool is_of;
} paths[] = {
    { "availability(web) < 99", "workloads[deployment/web].availability", true },
    { "availability(web) < 99", "workloads[web].availability", true },
    { "availability(deploy/web) < 99", "workloads[deployment/web].availability", true },
    { "availability(statefulset/web) < 99", "workloads[deployment/web].availability", false },
    { "availability(web) < 99", "workloads[deployment/api].availability", false },
    { "availability() < 99", "services[service/api].availability", true },
    { "downtime(web) > 5m", "workloads[deployment/web].availability", false },
    { "recover(web) > 5m", "workloads[deployment/web].recover.max", true },
    { "requests_failed(web) > 1%", "traffic[web].failedShare", true },
    { "requests_failed(web) > 100", "traffic[web].failedShare", false },
    { "scheduling_p99() > 5s", "pods.schedulingLatency.p99", true },
    { "objective(web-up) < 99", "objectives[web-up].attainment", true },
    { "'pods.created' > 3", "pods.created", true },
};

Test(gates, know_the_response_of_a_study_that_they_are_about)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct error error = { 0 };
        struct gate *gate = gate_read(paths[i].expression, &error);
        cr_assert_not_null(gate, "%s: %s", paths[i].expression, error.text);
        cr_expect_eq(gate_is_of(gate, paths[i].path), paths[i].is_of, "%s of %s",
                     paths[i].expression, paths[i].path);
        gate_free(gate);
    }
}

Test(gates, hold_a_study_against_its_means)
{
    char *folder = folder_new();
    folder_write(folder, "s.yaml", SCENARIO);
    folder_write(
        folder, "study.yaml",
        "apiVersion: seatrial.dev/v1alpha1\nkind: Experiment\nmetadata: {name: e}\nspec:\n"
        "  scenario: s.yaml\n  replications: 3\n  factors:\n"
        "  - {name: replicas, target: deployment/web, path: spec.replicas, levels: [1, 2]}\n"
        "  responses: ['workloads[deployment/web].availability', "
        "'objectives[web-up].attained']\n");
    char *arguments = mem_format("experiment %s/study.yaml --out %s/out --fail-on "
                                 "'availability(web) < 90' --output json",
                                 folder, folder);
    struct program_run run = program_run(arguments);
    struct value *results = program_run_json(&run);
    const struct value *gates = value_get(results, "gates");
    cr_expect_eq(run.status, 1, "%s", run.err.bytes);
    cr_assert_eq(gates->count, 2);
    cr_expect(value_truth(value_get(gates->items[0], "failed"), false));
    cr_expect(!value_truth(value_get(gates->items[1], "failed"), true));
    cr_expect(strstr(run.err.bytes, "failed: availability(web) < 90, at replicas=1: 82.857") !=
                  NULL,
              "%s", run.err.bytes);
    value_drop(results);
    program_run_close(&run);
    free(arguments);

    arguments = mem_format("experiment %s/study.yaml --out %s/other --fail-on 'downtime(web) > 5m'",
                           folder, folder);
    run = program_run(arguments);
    cr_expect_eq(run.status, 2);
    cr_expect(strstr(run.err.bytes, "no response of the study is that") != NULL, "%s",
              run.err.bytes);
    program_run_close(&run);
    free(arguments);
    folder_remove(folder);
}
