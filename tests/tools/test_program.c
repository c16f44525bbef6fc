/* The program itself on broken input: exit status 2, a line on standard error for each fault,
 * nothing on standard output. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* build/seatrial, from build/tests/tools/test_program. */
static char *program(void)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    cr_assert(length > 0);
    path[length] = '\0';
    for (int i = 0; i < 3; i++)
        *strrchr(path, '/') = '\0';
    return mem_format("%s/seatrial", path);
}

/* A folder with a file "in.yaml" of this text in it (none for NULL). */
static char *folder_with(const char *text)
{
    char *folder = mem_format("/tmp/seatrial-test-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    if (text != NULL) {
        char *path = mem_format("%s/in.yaml", folder);
        FILE *file = fopen(path, "wb");
        fputs(text, file);
        fclose(file);
        free(path);
    }
    return folder;
}

static void remove_folder(char *folder)
{
    char *path = mem_format("%s/in.yaml", folder);
    unlink(path);
    rmdir(folder);
    free(path);
    free(folder);
}

/* Run it in the folder; the exit status, and what it printed on both streams. */
static int run(const char *folder, const char *arguments, struct writer *printed)
{
    char *name = program();
    char *command = mem_format("cd %s && %s %s 2>&1 </dev/null", folder, name, arguments);
    FILE *pipe = popen(command, "r");
    char block[4096];
    size_t length;
    writer_add(printed, "");
    while ((length = fread(block, 1, sizeof block, pipe)) > 0)
        writer_add_bytes(printed, block, length);
    free(command);
    free(name);
    return pclose(pipe);
}

#define POD      "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
#define SCENARIO "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"

static const struct {
    const char *text, *arguments, *want;
} rows[] = {
    { NULL, "run -f .",
      ".: no *.yaml, *.yml or *.json file in this directory (folders below it are read with "
      "-R)\n" },
    { NULL, "run -f none.yaml", "none.yaml: No such file or directory\n" },
    { NULL, "run none.yaml", "none.yaml: No such file or directory\n" },
    { NULL, "run -f -", "<stdin>: no Kubernetes objects in it\n" },
    { "kind: [", "run -f in.yaml", "in.yaml:2:1: did not find expected node content\n" },
    { "kind: Pod\n---\napiVersion: v1\n", "validate -f in.yaml",
      "in.yaml:1:1: an object without apiVersion (is it a Kubernetes manifest?)\n"
      "in.yaml:3:1: an object without kind (is it a Kubernetes manifest?)\n" },
    { "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n", "run -f in.yaml",
      "in.yaml:4:7: Pod p: spec.containers: Required value\n" },
    { SCENARIO "  duraton: 1h\n  manifests: [none]\n", "run in.yaml",
      "in.yaml:5:3: spec.duraton: unknown field (did you mean duration?)\n" },
    { SCENARIO "  manifests: [none.yaml]\n", "run in.yaml",
      "in.yaml:5:15: none.yaml: No such file or directory\n" },
    { SCENARIO "  duration: 1h\n", "run in.yaml --nodes 6y",
      "--nodes: \"6y\" does not describe nodes (try 6, 6x8cpu,32Gi or 6x8cpu,32Gi,3zones; in "
      "quotes inside [])\n" },
    { SCENARIO "  expect: [{that: x, path: pods.creatd, is: 1}]\n", "run in.yaml",
      "in.yaml:5:28: expect: there is no field creatd (did you mean created?)\n" },
    { SCENARIO "  expect: [{that: x, path: pods.creatd, is: 1}]\n", "validate in.yaml",
      "in.yaml:5:28: expect: there is no field creatd (did you mean created?)\n" },
    { NULL, "schedule",
      "seatrial schedule: nothing to schedule: give files with nodes and pods; see seatrial help "
      "schedule\n" },
    { NULL, "schedule none.yaml", "none.yaml: No such file or directory\n" },
    { NULL, "schedule --script none.json", "none.json: No such file or directory\n" },
    { "{\"input\":{\"podz\":[],\"steps\":[]}}", "schedule --script in.yaml",
      "in.yaml:1:11: input has no podz (did you mean pods?)\n" },
    { "{\"input\":{\"steps\":[{\"op\":\"schedule\",\"pod\":\"p\"},{\"op\":\"shedule\"}]}}",
      "schedule --script in.yaml",
      "in.yaml:1:48: steps[1]: no such op (try schedule, deletePod, ungate, addNode, updateNode or "
      "deleteNode)\n" },
    { "{\"config\":{\"profiles\":[{\"plugins\":1}]},\"input\":{\"steps\":[]}}",
      "schedule --script in.yaml",
      "in.yaml:1:35: profiles[0].plugins: expected a map, got a number\n" },
    { "\x1f\x8b\x08nonsense", "schedule --script in.yaml",
      "in.yaml: the gzipped text is damaged\n" },
    { "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {}}\n---\n" POD
      "spec: {containers: []}\n",
      "schedule in.yaml",
      "in.yaml:1:1: Deployment: metadata.name: Required value\n"
      "in.yaml:8:7: Pod p: spec.containers: Required value\n" },
    { POD "spec: {containers: [{name: c, image: x}]}\n", "schedule in.yaml --explain=q",
      "seatrial schedule: --explain q: no such file, nor a pending pod\n" },
    { POD "spec: {containers: [{name: c, image: x}]}\n", "schedule in.yaml --scheduler slow",
      "seatrial schedule: --scheduler is fast or reference; see seatrial help schedule\n" },
    { POD "spec: {containers: [{name: c, image: x}]}\n",
      "schedule in.yaml --scheduler-config in.yaml",
      "in.yaml:1:1: no KubeSchedulerConfiguration (it begins with apiVersion: "
      "kubescheduler.config.k8s.io/v1, kind: KubeSchedulerConfiguration)\n" },
    { POD "spec: {containers: [{name: c, image: x}]}\n", "why-pending in.yaml q",
      "seatrial why-pending: no pod q (did you mean p?)\n" },
    { POD "spec: {containers: [{name: c, image: x}]}\n", "why-pending in.yaml p --at 1h",
      "seatrial why-pending: --at is for runs; here no time passes\n" },
    { SCENARIO "  duration: 1m\n", "why-pending in.yaml p",
      "seatrial why-pending: there never was a pod p\n" },
    { NULL, "cron next '0 0 * * 7'", "\"0 0 * * 7\": end of range (7) above maximum (6): 7\n" },
    { NULL, "cron next '@daily' --from yesterday",
      "--from: \"yesterday\" is no time (try 2026-03-29T00:00:00Z or @1774742400)\n" },
};

Test(program, broken_input_is_told_line_by_line_and_ends_with_status_2)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = folder_with(rows[i].text);
        struct writer printed = { 0 };
        int status = run(folder, rows[i].arguments, &printed);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 2, "%s: status %x", rows[i].arguments,
                  (unsigned)status);
        cr_expect_str_eq(printed.bytes, rows[i].want, "%s: %s", rows[i].arguments, printed.bytes);
        writer_close(&printed);
        remove_folder(folder);
    }
}

/* Two pods are made, and that is judged; the status says whether all is as expected. */
Test(program, an_expectation_that_does_not_hold_ends_with_status_1)
{
    static const struct {
        const char *expect, *arguments, *want;
        int status;
    } cases[] = {
        { "{that: two pods, path: pods.created, is: 2}", "run in.yaml",
          "EXPECTED: 1 of 1 held\n  held: two pods\n      pods.created: 2, expected 2\n", 0 },
        { "{that: three pods, path: pods.created, atLeast: 3}", "run in.yaml",
          "EXPECTED: 0 of 1 held\n  NOT HELD: three pods\n"
          "      pods.created: 2, expected at least 3\n",
          1 },
        { "{that: three pods, path: pods.created, between: [3, 4]}", "run in.yaml -o json",
          "  \"expectations\": [\n    {\n      \"that\": \"three pods\",\n"
          "      \"path\": \"pods.created\",\n      \"between\": [\n        3,\n        4\n"
          "      ],\n      \"value\": 2,\n      \"held\": false\n    }\n  ]",
          1 },
        { "{that: three pods, path: pods.created, is: 3}", "run in.yaml --no-metrics", "0 pods",
          0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = mem_format(SCENARIO "  duration: 1m\n  expect:\n  - %s\n---\n" POD
                                         "spec: {containers: [{name: c, image: x}]}\n---\n"
                                         "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\n"
                                         "spec: {containers: [{name: c, image: x}]}\n",
                                cases[i].expect);
        char *folder = folder_with(text);
        struct writer printed = { 0 };
        const int status = run(folder, cases[i].arguments, &printed);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == cases[i].status, "%s: status %x",
                  cases[i].expect, (unsigned)status);
        cr_expect(strstr(printed.bytes, cases[i].want) != NULL, "%s: %s", cases[i].expect,
                  printed.bytes);
        writer_close(&printed);
        remove_folder(folder);
        free(text);
    }
}

/* Clocks in Berlin go from 2 to 3 on 29 March 2026, and from 3 to 2 on 25 October. */
static const struct {
    const char *why, *arguments, *want;
} fires[] = {
    { "a time that is skipped does not fire on that day",
      "cron next '30 2 * * *' --tz Europe/Berlin --from 2026-03-28T01:00:00Z -n 2",
      "Sat 2026-03-28 02:30:00 +0100  @1774661400\nMon 2026-03-30 02:30:00 +0200  @1774830600\n" },
    { "a time that is repeated fires twice",
      "cron next '30 2 * * *' --tz Europe/Berlin --from 2026-10-25T00:00:00Z -n 2 -o json",
      "{\"next\":[1792888200,1792891800]}\n" },
    { "a day that never comes", "cron next '0 0 31 4 *' -o json", "{\"next\":[]}\n" },
    { "leap days", "cron next '0 0 29 2 *' --from 2026-01-01T00:00:00Z -n 2",
      "Tue 2028-02-29 00:00:00 +0000  @1835395200\nSun 2032-02-29 00:00:00 +0000  @1961625600\n" },
    { "@every counts from the start", "cron next '@every 90s' --from @10 -n 2 -o json",
      "{\"next\":[100,190]}\n" },
};

Test(program, cron_says_when_a_schedule_fires)
{
    for (size_t i = 0; i < sizeof fires / sizeof *fires; i++) {
        char *folder = folder_with(NULL);
        struct writer printed = { 0 };
        cr_expect_eq(run(folder, fires[i].arguments, &printed), 0, "%s", fires[i].why);
        cr_expect_str_eq(printed.bytes, fires[i].want, "%s: %s", fires[i].why, printed.bytes);
        writer_close(&printed);
        remove_folder(folder);
    }
}

/* A pod of a run is bound by then: it is looked at as if it were to be placed at that moment. */
Test(program, schedule_explains_a_pod_at_a_moment_of_a_run)
{
    char *folder = folder_with(
        SCENARIO "  nodes: [{name: a, capacity: {cpu: 4}}, {name: b, capacity: {cpu: 2}}]\n"
                 "  objects:\n"
                 "  - apiVersion: v1\n"
                 "    kind: Pod\n"
                 "    metadata: {name: p}\n"
                 "    spec:\n"
                 "      containers: [{name: c, image: i, resources: {requests: {cpu: 3}}}]\n");
    struct writer printed = { 0 };
    cr_expect_eq(run(folder, "schedule in.yaml --at 1m --explain p", &printed), 0);
    cr_expect(strstr(printed.bytes, "default/p  a     only one") != NULL, "%s", printed.bytes);
    cr_expect(strstr(printed.bytes, "Insufficient cpu") != NULL, "%s", printed.bytes);
    writer_clear(&printed);
    cr_expect_eq(run(folder, "schedule in.yaml --at 1m", &printed), 0);
    cr_expect_str_eq(printed.bytes, "0 pods\n", "nobody waits by then: %s", printed.bytes);
    writer_close(&printed);
    remove_folder(folder);
}
