/* Published traces through `seatrial convert` and a run: against the figures that their READMEs give, and
 * sums over the files themselves. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/support/converted.h"
#include "tests/support/csv.h"
#include "tests/support/program.h"
#include "tests/support/shared.h"

#define TRACES "data/traces"

/* A path in the traces; NULL, saying so, when they are not there. The caller frees. */
static char *trace(const char *below)
{
    char *name = mem_format(TRACES "/%s", below), *path = shared_path(name);
    const bool found = access(path, R_OK) == 0;
    free(name);
    if (found)
        return path;
    printf("NOT RUN: %s, for want of the shared data (SEATRIAL_SHARED)\n", below);
    free(path);
    return NULL;
}

static double number(const struct value *summary, const char *list, const char *key)
{
    return value_double(value_path(summary, list, key, NULL), NAN);
}

static void expect_count(const struct value *answer, const char *what, int64_t want)
{
    cr_expect_eq(converted_count(answer, what), want, "%s: %ld, not %ld", what,
                 (long)converted_count(answer, what), (long)want);
}

/* Seconds of CPU that all nodes had given away, by the summary and the nodes' own cores. */
static double cpu_seconds_of(const struct value *summary, double (*cores)(const char *))
{
    const struct value *nodes = value_get(summary, "nodes");
    const double length = value_double(value_get(summary, "durationSeconds"), NAN);
    double sum = 0;
    for (size_t i = 0; i < nodes->count; i++)
        sum += value_double(value_get(nodes->items[i], "cpuUtilisation"), NAN) * length *
               cores(value_text(value_get(nodes->items[i], "name"), ""));
    return sum;
}

/* ── openb ── */

static struct csv openb_nodes; /* of the test that runs: tests are processes of their own */

static double openb_cores(const char *name)
{
    const size_t sn = csv_column(&openb_nodes, "sn");
    for (size_t i = 0; i < openb_nodes.rows; i++)
        if (strcmp(csv_cell(&openb_nodes, i, sn), name) == 0)
            return csv_double(&openb_nodes, i, csv_column(&openb_nodes, "cpu_milli")) / 1000;
    return NAN;
}

/* What the pods of a list ask for, times how long they ran. */
static double cpu_seconds_in(const char *path)
{
    struct csv pods;
    double sum = 0;
    cr_assert(csv_read(&pods, path));
    const size_t cpu = csv_column(&pods, "cpu_milli"), begin = csv_column(&pods, "scheduled_time");
    const size_t created = csv_column(&pods, "creation_time"),
                 end = csv_column(&pods, "deletion_time");
    for (size_t i = 0; i < pods.rows; i++) {
        const bool was_scheduled = csv_cell(&pods, i, begin)[0] != '\0';
        const double ran =
            csv_double(&pods, i, end) - csv_double(&pods, i, was_scheduled ? begin : created);
        sum += csv_double(&pods, i, cpu) / 1000 * ran;
    }
    csv_close(&pods);
    return sum;
}

Test(convert, plays_openb_as_its_table_says)
{
    char *pods = trace("openb/openb_pod_list_default.csv");
    char *nodes = trace("openb/openb_node_list_gpu_node.csv"), *folder = folder_new();
    if (pods == NULL || nodes == NULL)
        return;
    char *arguments = mem_format("%s %s", pods, nodes);
    struct value *answer = converted(folder, arguments);
    expect_count(answer, "pods", 8152);
    expect_count(answer, "pods that the trace never scheduled", 897);
    expect_count(answer, "pods that fail at their end", 1870);
    expect_count(answer, "nodes", 1213);
    expect_count(answer, "GPUs of them", 6212);

    struct value *summary = converted_run(folder, "");
    cr_expect_eq(number(summary, "pods", "created"), 8152);
    cr_expect_eq(number(summary, "pods", "succeeded"), 8152 - 1870);
    cr_expect_eq(number(summary, "pods", "failed"), 1870);
    cr_expect_eq(number(summary, "pods", "running"), 0);
    cr_assert(csv_read(&openb_nodes, nodes));
    const double want = cpu_seconds_in(pods), have = cpu_seconds_of(summary, openb_cores);
    cr_expect_lt(fabs(have - want) / want, 1e-4, "%.0f CPU-seconds, not %.0f", have, want);
    csv_close(&openb_nodes);
    value_drop(summary);
    value_drop(answer);
    free(arguments);
    free(pods);
    free(nodes);
    folder_remove(folder);
}

Test(convert, reads_every_list_of_openb)
{
    static const struct {
        const char *pods, *nodes;
        int64_t want_pods, want_nodes;
    } rows[] = {
        { "cpu0.csv.gz", "all_node.csv", 7064, 1523 },
        { "cpu037.csv.gz", "gpu_node.yaml.gz", 7336, 1213 },
        { "cpu300.csv.gz", "gpu_node.csv", 10094, 1213 },
        { "gpushare40.csv.gz", "gpu_node.csv", 8152, 1213 },
        { "gpuspec33.csv.gz", "gpu_node.csv", 8152, 1213 },
        { "multigpu50.csv.gz", "gpu_node.csv", 9061, 1213 }, /* has no times */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *below = mem_format("openb/openb_pod_list_%s", rows[i].pods), *pods = trace(below);
        char *beside = mem_format("openb/openb_node_list_%s", rows[i].nodes);
        char *nodes = trace(beside), *folder = folder_new();
        if (pods != NULL && nodes != NULL) {
            char *arguments = mem_format("openb %s %s --in-order", nodes, pods);
            struct value *answer = converted(folder, arguments);
            expect_count(answer, "pods", rows[i].want_pods);
            expect_count(answer, "nodes", rows[i].want_nodes);
            expect_count(answer, "GPUs of them", 6212);
            value_drop(answer);
            free(arguments);
        }
        free(below);
        free(beside);
        free(pods);
        free(nodes);
        folder_remove(folder);
    }
}

/* ── Alibaba 2017 ── */

Test(convert, counts_the_tasks_of_alibaba_2017)
{
    char *tasks = trace("other/alibaba-v2017/batch_task.csv.gz");
    char *machines = trace("other/alibaba-v2017/server_event.csv"), *folder = folder_new();
    if (tasks == NULL || machines == NULL)
        return;
    char *arguments = mem_format("%s %s", tasks, machines);
    struct value *answer = converted(folder, arguments);
    expect_count(answer, "tasks", 67013 + 8847 + 3567 + 1126);
    expect_count(answer, "tasks without requests: left out", 8847 + 159 + 10 + 1);
    expect_count(answer, "arrivals", 80553 - 9017);
    expect_count(answer, "machines", 1313);
    expect_count(answer, "soft errors of machines: left out", 39);
    value_drop(answer);
    free(arguments);
    free(tasks);
    free(machines);
    folder_remove(folder);
}

static double cores_of_2017(const char *name)
{
    (void)name;
    return 64; /* of every machine of the trace */
}

Test(convert, plays_an_hour_of_alibaba_2017)
{
    enum { FROM = 3600, UNTIL = 7200 };
    char *jobs = trace("other/alibaba-v2017/cloudsimpy_jobs.csv.gz");
    char *machines = trace("other/alibaba-v2017/server_event.csv"), *folder = folder_new();
    struct csv table;
    double pods = 0, want = 0;
    if (jobs == NULL || machines == NULL)
        return;
    cr_assert(csv_read(&table, jobs));
    for (size_t i = 0; i < table.rows; i++) {
        const double at = csv_double(&table, i, csv_column(&table, "submit_time"));
        const double count = csv_double(&table, i, csv_column(&table, "instances_num"));
        if (at < FROM || at >= UNTIL)
            continue;
        pods += count;
        want += count * csv_double(&table, i, csv_column(&table, "cpu")) *
                csv_double(&table, i, csv_column(&table, "duration"));
    }
    csv_close(&table);
    char *arguments = mem_format("%s %s --from 1h --until 2h", jobs, machines);
    struct value *answer = converted(folder, arguments);
    expect_count(answer, "pods", (int64_t)pods);
    struct value *summary = converted_run(folder, "--duration 3h");
    cr_expect_eq(number(summary, "pods", "created"), pods);
    cr_expect_eq(number(summary, "pods", "succeeded"), pods,
                 "all are through, an hour after the last came");
    /* A pod holds its node two or three seconds longer than its container runs: it is started, and
     * reported. */
    const double have = cpu_seconds_of(summary, cores_of_2017);
    cr_expect(have > want && have < want + 3 * pods, "%.0f CPU-seconds for %.0f of %.0f pods", have,
              want, pods);
    value_drop(summary);
    value_drop(answer);
    free(arguments);
    free(jobs);
    free(machines);
    folder_remove(folder);
}

Test(convert, takes_instances_of_alibaba_2017_with_what_their_tasks_ask_for)
{
    char *folder = folder_new();
    folder_write(folder, "task.csv", "10,90,7,1,2,Terminated,50,0.25\n12,90,7,2,1,Waiting,,\n");
    folder_write(folder, "instance.csv",
                 "15,45,7,1,99,Terminated,1,2,0.4,0.2,0.1,0.1\n"
                 "20,90,7,1,98,Failed,2,2,,,,\n"
                 "0,0,7,2,98,Waiting,1,1,,,,\n");
    folder_write(folder, "event.csv",
                 "0,99,add,,64,0.5,1\n0,98,add,,64,1,1\n"
                 "60,98,harderror,disk_full,0,0,0\n");
    char *arguments = mem_format("%s/task.csv %s/instance.csv %s/event.csv --machine-memory 64Gi",
                                 folder, folder, folder);
    struct value *answer = converted(folder, arguments);
    char *workload = converted_text(folder, "workload.csv");
    cr_expect_str_eq(
        workload,
        "arrival_s,cpu_milli,mem_bytes,duration_s,name,labels[job],labels[task],exit_code\n"
        "15,500,17179869184,30,j7-t1-i1-1,7,1,\n"
        "20,500,17179869184,70,j7-t1-i2-2,7,1,1\n");
    expect_count(answer, "instances", 3);
    expect_count(answer, "hard errors of machines: node-crash", 1);
    struct value *summary = converted_run(folder, "");
    cr_expect_eq(number(summary, "pods", "created"), 2);
    value_drop(summary);
    value_drop(answer);
    free(workload);
    free(arguments);
    folder_remove(folder);
}

/* ── Philly ── */

/* Two attempts of a job of two machines, of which the second passes; one that was killed; one that
 * never ran. */
static const char philly_log[] =
    "[{\"status\": \"Pass\", \"vc\": \"ee9e8c\", \"jobid\": \"application_1506638472019_14199\",\n"
    "  \"attempts\": [\n"
    "   {\"start_time\": \"2017-10-07 01:12:09\", \"end_time\": \"2017-10-07 01:13:09\", "
    "\"detail\": [\n"
    "     {\"ip\": \"m47\", \"gpus\": [\"gpu0\", \"gpu1\"]}, {\"ip\": \"m9\", \"gpus\": "
    "[\"gpu3\"]}]},\n"
    "   {\"start_time\": \"2017-10-07 01:13:30\", \"end_time\": \"2017-10-07 01:23:30\", "
    "\"detail\": [\n"
    "     {\"ip\": \"m412\", \"gpus\": [\"gpu0\", \"gpu1\", \"gpu2\"]}]}],\n"
    "  \"submitted_time\": \"2017-10-07 01:11:39\", \"user\": \"ce2f4c\"},\n"
    " {\"status\": \"Killed\", \"vc\": \"a\", \"jobid\": \"x_2\", \"attempts\": [\n"
    "   {\"start_time\": \"2017-10-07 01:11:20\", \"end_time\": \"2017-10-07 01:12:20\", "
    "\"detail\": [\n"
    "     {\"ip\": \"m9\", \"gpus\": [\"gpu0\"]}]},\n"
    "   {\"start_time\": null, \"end_time\": \"None\", \"detail\": []}],\n"
    "  \"submitted_time\": \"2017-10-07 01:11:09\", \"user\": \"u\"},\n"
    " {\"status\": \"Failed\", \"vc\": \"a\", \"jobid\": \"x_3\", \"attempts\": [],\n"
    "  \"submitted_time\": \"2017-10-07 01:20:00\", \"user\": \"u\"}]\n";

Test(convert, makes_pods_of_the_attempts_of_philly)
{
    char *folder = folder_new(), *arguments = mem_format("%s/log.json", folder);
    folder_write(folder, "log.json", philly_log);
    struct value *answer = converted(folder, arguments);
    char *workload = converted_text(folder, "workload.csv");
    char *scenario = converted_text(folder, "scenario.yaml");
    cr_expect_str_eq(workload, "arrival_s,cpu_milli,mem_bytes,duration_s,name,requests[nvidia.com/"
                               "gpu],labels[job],labels[vc],"
                               "labels[user],exit_code\n"
                               "0,4000,34359738368,60,x-2-0-0,1,x-2,a,u,1\n"
                               "30,8000,68719476736,60,application-1506638472019-14199-0-0,2,"
                               "application-1506638472019-14199,"
                               "ee9e8c,ce2f4c,1\n"
                               "30,4000,34359738368,60,application-1506638472019-14199-0-1,1,"
                               "application-1506638472019-14199,"
                               "ee9e8c,ce2f4c,1\n"
                               "120,12000,103079215104,600,application-1506638472019-14199-1-0,3,"
                               "application-1506638472019-14199,ee9e8c,ce2f4c,\n");
    cr_expect_not_null(strstr(scenario, "startTime: \"2017-10-07T01:11:09Z\""));
    expect_count(answer, "jobs", 3);
    expect_count(answer, "attempts", 3);
    expect_count(answer, "machines", 3);
    expect_count(answer, "GPUs of them", 2 + 1 + 3);
    expect_count(answer, "GPU-seconds of work", 60 + 3 * 60 + 3 * 600);
    expect_count(answer, "jobs that never ran: left out", 1);
    struct value *summary = converted_run(folder, "");
    cr_expect_eq(number(summary, "pods", "succeeded"), 1);
    cr_expect_eq(number(summary, "pods", "failed"), 3);
    value_drop(summary);
    value_drop(answer);
    free(workload);
    free(scenario);
    free(arguments);
    folder_remove(folder);
}

Test(convert, takes_the_machines_of_philly_from_their_list)
{
    char *folder = folder_new();
    char *arguments = mem_format("%s/list.csv %s/log.json --nodes 2x64cpu,256Gi", folder, folder);
    folder_write(folder, "log.json", philly_log);
    folder_write(folder, "list.csv",
                 "machineId,number of GPUs, single GPU mem\nm9,8, 24GB\nm47,2, 12GB\n");
    struct value *answer = converted(folder, arguments);
    char *scenario = converted_text(folder, "scenario.yaml");
    expect_count(answer, "machines", 2);
    expect_count(answer, "GPUs of them", 10);
    cr_expect_not_null(strstr(scenario, "nodes:\n  - \"2x64cpu,256Gi\"\n"),
                       "what --nodes says goes first");
    cr_expect_null(converted_text(folder, "nodes.json"));
    value_drop(answer);
    free(scenario);
    free(arguments);
    folder_remove(folder);
}

/* ── spot ── */

Test(convert, has_the_nodes_of_the_spot_trace)
{
    char *nodes = trace("other/alibaba-v2026-spot-gpu/node_info_df.csv"), *folder = folder_new();
    if (nodes == NULL)
        return;
    struct csv table;
    int64_t gpus = 0;
    cr_assert(csv_read(&table, nodes));
    for (size_t i = 0; i < table.rows; i++)
        gpus += csv_int(&table, i, csv_column(&table, "gpu_capacity_num"));
    csv_close(&table);
    struct value *answer = converted(folder, nodes);
    expect_count(answer, "nodes", 4278);
    expect_count(answer, "GPUs of them", gpus);
    value_drop(answer);
    free(nodes);
    folder_remove(folder);
}

Test(convert, lets_high_priority_preempt_spot_which_comes_again)
{
    char *folder = folder_new();
    char *arguments = mem_format("%s/node.csv %s/job.csv", folder, folder);
    folder_write(folder, "node.csv",
                 "gpu_model,gpu_capacity_num,cpu_num,node_name\nA10,2,64,0\nH800,8,64,1\n");
    folder_write(
        folder, "job.csv",
        "job_name,organization,gpu_model,cpu_request,gpu_request,worker_num,submit_time,duration,"
        "job_type\n1,13,A10,8,1,2,0,1000,Spot\n2,57,A10,8,1,1,500,300,HP\n");
    struct value *answer = converted(folder, arguments);
    expect_count(answer, "GPU-seconds of work", 2300);
    struct value *summary = converted_run(folder, "--duration 1h");
    const struct value *jobs = value_get(summary, "jobs");
    cr_expect_eq(number(summary, "pods", "preempted"), 1);
    cr_expect_eq(number(summary, "pods", "created"), 4, "the one that was preempted comes again");
    cr_assert_eq(jobs->count, 2);
    for (size_t i = 0; i < 2; i++)
        cr_expect_eq(value_int(value_get(jobs->items[i], "succeeded"), 0),
                     strcmp(value_text(value_get(jobs->items[i], "name"), ""), "job-1") == 0 ? 2
                                                                                             : 1);
    value_drop(summary);
    value_drop(answer);
    free(arguments);
    folder_remove(folder);
}

Test(convert, takes_spot_nodes_back_when_asked)
{
    char *folder = folder_new();
    char *arguments = mem_format("%s/node.csv %s/job.csv --reclaim-every 6h", folder, folder);
    folder_write(folder, "node.csv",
                 "gpu_model,gpu_capacity_num,cpu_num,node_name\nA10,2,64,0\nA10,2,64,1\n");
    folder_write(folder, "job.csv",
                 "job_name,organization,gpu_model,cpu_request,gpu_request,worker_num,submit_time,"
                 "duration,job_type\n1,13,A10,8,1,3,0,36000,Spot\n");
    value_drop(converted(folder, arguments));
    struct value *summary = converted_run(folder, "--duration 5d");
    cr_expect_gt(number(summary, "pods", "created"), 3, "what was evicted comes again");
    cr_expect_eq(value_int(value_get(value_at(value_get(summary, "jobs"), 0), "succeeded"), 0), 3);
    value_drop(summary);
    free(arguments);
    folder_remove(folder);
}

/* ── the folder, and what cannot be read ── */

Test(convert, names_the_place_of_each_fault_and_writes_nothing)
{
    static const char pods[] = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,"
                               "creation_time,deletion_time,scheduled_time\n";
    static const struct {
        const char *why, *format, *text, *want; /* behind the folder */
    } rows[] = {
        { "a word for a number", "openb", "p,x,1,0,0,,LS,Running,0,1,0\n",
          "/in:2:3: cpu_milli: \"x\" is not a number" },
        { "two faults", "openb", "p,1,-1,0,0,,LS,Running,0,1,0\np,1,1,0,0,,LS,Running,,1,0\n",
          "/in:3:23: creation_time is missing" },
        { "an open quote", "openb", "\"p,1,1\n", "/in:2:1: the quote is not closed" },
        { "another file", "philly", "p,1,1,0,0,,LS,Running,0,1,0\n",
          "/in: this is nothing that philly knows (it takes cluster_job_log (JSON), also "
          "cluster_machine_list)" },
        { "no format at all", "", NULL,
          "/in: no format is recognised in this file (say which: seatrial convert FORMAT ...; "
          "`seatrial convert --list` prints them)" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = folder_new(), *out = mem_format("%s/out", folder);
        char *text =
            rows[i].text != NULL ? mem_format("%s%s", pods, rows[i].text) : mem_format("hello\n");
        folder_write(folder, "in", text);
        char *line = mem_format("convert %s %s/in --out %s", rows[i].format, folder, out);
        struct program_run run = program_run(line);
        char *want = mem_format("%s%s\n", folder, rows[i].want);
        cr_expect_eq(run.status, 2, "%s", rows[i].why);
        cr_expect_not_null(strstr(run.err.bytes, want), "%s: %s", rows[i].why, run.err.bytes);
        cr_expect_str_empty(run.out.bytes, "%s", rows[i].why);
        cr_expect_neq(access(out, F_OK), 0, "%s: something was written", rows[i].why);
        program_run_close(&run);
        free(want);
        free(line);
        free(text);
        free(out);
        folder_remove(folder);
    }
}

Test(convert, says_where_a_log_of_philly_is_broken)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "[{\"attempts\": []},\n {\"attempts\": 5}]",
          "/in:2:2: a job of Philly is a map with a list of attempts" },
        { "[{\"attempts\": [],\n \"submitted_time\": \"soon\"}]",
          "/in:2:20: \"soon\" is no time (2017-10-07 01:11:39)" },
        { "[{\"attempts\": []} {", "/in:1:19: a comma or the end of the list is expected" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = folder_new(),
             *line = mem_format("convert %s/in --out %s/out", folder, folder);
        folder_write(folder, "in", rows[i].text);
        struct program_run run = program_run(line);
        char *want = mem_format("%s%s\n", folder, rows[i].want);
        cr_expect_eq(run.status, 2);
        cr_expect_str_eq(run.err.bytes, want);
        program_run_close(&run);
        free(want);
        free(line);
        folder_remove(folder);
    }
}

Test(convert, replaces_only_what_a_conversion_made)
{
    char *folder = folder_new(), *out = mem_format("%s/out", folder);
    char *line = mem_format("convert %s/in --out %s", folder, out);
    char *force = mem_format("%s --force", line);
    folder_write(folder, "in", "gpu_model,gpu_capacity_num,cpu_num,node_name\nA10,2,64,0\n");
    struct program_run first = program_run(line), second = program_run(line);
    cr_expect_eq(first.status, 0, "%s", first.err.bytes);
    cr_expect_eq(second.status, 2);
    cr_expect_not_null(strstr(second.err.bytes, "there is something in this folder"));
    char *before = converted_text(folder, "nodes.json");
    struct program_run third = program_run(force);
    cr_expect_eq(third.status, 0, "%s", third.err.bytes);
    char *after = converted_text(folder, "nodes.json");
    cr_expect_str_eq(before, after, "the same input, the same bytes");
    folder_write(out, "scenario.yaml", "mine: true\n");
    struct program_run fourth = program_run(force);
    cr_expect_eq(fourth.status, 2);
    cr_expect_not_null(strstr(fourth.err.bytes, "was not made by seatrial convert"));
    char *mine = converted_text(folder, "scenario.yaml");
    cr_expect_str_eq(mine, "mine: true\n");
    char *listing = mem_format("[ \"$(ls %s | tr '\\n' ' ')\" = 'in out ' ]", folder);
    cr_expect_eq(system(listing), 0, "nothing else lies about");
    program_run_close(&first);
    program_run_close(&second);
    program_run_close(&third);
    program_run_close(&fourth);
    free(listing);
    free(mine);
    free(before);
    free(after);
    free(force);
    free(line);
    free(out);
    folder_remove(folder);
}
