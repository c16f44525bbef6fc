/* What a run leaves for Perfetto, Prometheus and spreadsheets: well formed, and with the summary's numbers.
 * tests/prometheus/check.py asks a real Prometheus. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tests/support/chrome_trace_check.h"
#include "tests/support/csv.h"
#include "tests/support/openmetrics.h"
#include "tests/support/program.h"

#define SCENARIO "tests/prometheus/scenario.yaml"
#define START    1772431200.0 /* 2026-03-02T06:00:00Z */

static struct value *run(const char *folder, const char *options)
{
    char *arguments = mem_format("run " SCENARIO " --output json --out %s/out %s", folder, options);
    struct program_run run = program_run(arguments);
    cr_assert_eq(run.status, 0, "%s", run.err.bytes);
    struct value *summary = program_run_json(&run);
    program_run_close(&run);
    free(arguments);
    return summary;
}

static char *path_in(const char *folder, const char *name)
{
    return mem_format("%s/%s", folder, name);
}

static bool is_there(const char *folder, const char *name)
{
    char *path = path_in(folder, name);
    const bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static struct om_text read_metrics(const char *folder, const char *name, bool times)
{
    char *path = path_in(folder, name);
    struct om_text text = om_read(path, times);
    cr_assert_str_empty(text.fault, "%s", text.fault);
    cr_assert_gt(text.count, 0);
    free(path);
    return text;
}

static const struct value *row(const struct value *summary, const char *list, const char *name)
{
    const struct value *rows = value_get(summary, list);
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(value_text(value_get(value_at(rows, i), "name"), ""), name) == 0)
            return value_at(rows, i);
    cr_assert_fail("no %s in %s", name, list);
    return NULL;
}

static double number(const struct value *row, const char *key)
{
    return value_double(value_get(row, key), NAN);
}

Test(exports, change_nothing_of_a_run)
{
    char *folder = folder_new();
    struct value *without = run(folder, "--exports none");
    cr_expect_not(is_there(folder, "out/metrics.om"));
    cr_expect_not(is_there(folder, "out/trace.perfetto.json"));
    cr_expect_not(is_there(folder, "out/csv"));
    struct value *with = run(folder, "--metrics-step 30s");
    cr_expect(is_there(folder, "out/metrics.om") && is_there(folder, "out/trace.perfetto.json") &&
              is_there(folder, "out/csv/metrics.csv"));
    cr_expect(value_equal(without, with));
    value_drop(without);
    value_drop(with);
    folder_remove(folder);
}

Test(exports, are_the_same_bytes_each_time)
{
    char *folder = folder_new();
    value_drop(run(folder, ""));
    char *command = mem_format("mv %s/out %s/first", folder, folder);
    cr_assert_eq(system(command), 0);
    value_drop(run(folder, ""));
    char *compare = mem_format("diff -r %s/out %s/first", folder, folder);
    cr_expect_eq(system(compare), 0);
    free(command);
    free(compare);
    folder_remove(folder);
}

/* A series, and the row and field of the summary that its last value is. */
static const struct {
    const char *series, *list, *name, *key;
} same[] = {
    { "seatrial_downtime_seconds_total{kind=\"Deployment\",namespace=\"default\",name=\"web\"}",
      "workloads", "web", "downtimeSeconds" },
    { "seatrial_observed_seconds_total{kind=\"Deployment\",namespace=\"default\",name=\"web\"}",
      "workloads", "web", "observedSeconds" },
    { "seatrial_degraded_seconds_total{kind=\"Deployment\",namespace=\"default\",name=\"api\"}",
      "workloads", "api", "degradedSeconds" },
    { "seatrial_missing_replica_seconds_total{kind=\"Deployment\",namespace=\"default\",name="
      "\"api\"}",
      "workloads", "api", "notReadyReplicaSeconds" },
    { "seatrial_restarts_total{kind=\"Deployment\",namespace=\"default\",name=\"api\"}",
      "workloads", "api", "restarts" },
    { "seatrial_replicas_ready{kind=\"Deployment\",namespace=\"default\",name=\"api\"}",
      "workloads", "api", "ready" },
    { "seatrial_downtime_seconds_total{kind=\"Service\",namespace=\"default\",name=\"web\"}",
      "services", "web", "downtimeSeconds" },
    { "kube_deployment_status_replicas_ready{namespace=\"default\",deployment=\"api\"}",
      "workloads", "api", "ready" },
    { "kube_poddisruptionbudget_status_current_healthy{namespace=\"default\","
      "poddisruptionbudget=\"api\"}",
      "disruptionBudgets", "api", "currentHealthy" },
    { "seatrial_evictions_total{namespace=\"default\",poddisruptionbudget=\"api\",answer="
      "\"granted\"}",
      "disruptionBudgets", "api", "granted" },
    { "seatrial_request_attempts_total{namespace=\"default\",name=\"web\",service=\"web\"}",
      "traffic", "web", "attempts" },
};

Test(exports, series_end_with_the_numbers_of_the_summary)
{
    char *folder = folder_new();
    struct value *summary = run(folder, "");
    struct om_text text = read_metrics(folder, "out/metrics.om", true);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const double want = number(row(summary, same[i].list, same[i].name), same[i].key);
        cr_expect_float_eq(om_last(&text, same[i].series), want, 1e-9 * (1 + fabs(want)), "%s: %g",
                           same[i].series, want);
    }
    om_close(&text);
    value_drop(summary);
    folder_remove(folder);
}

Test(exports, the_mean_of_the_availability_of_steps_is_the_availability)
{
    char *folder = folder_new();
    struct value *summary = run(folder, "");
    struct om_text text = read_metrics(folder, "out/metrics.om", true);
    size_t count;
    const struct om_sample *steps =
        om_find(&text,
                "seatrial_availability_ratio{kind=\"Deployment\",namespace=\"default\",name="
                "\"web\"}",
                &count);
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += steps[i].value;
    cr_assert_eq(count, 288); /* each 5 minutes of a day */
    /* The first step is shorter by the bring-up, but counts as much: 4 s of a day. */
    cr_expect_float_eq(sum / (double)count,
                       number(row(summary, "workloads", "web"), "availability"), 1e-6);
    om_close(&text);
    value_drop(summary);
    folder_remove(folder);
}

static double sum_of(const struct om_text *text, const char *name, const char *label)
{
    double sum = 0;
    for (size_t i = 0; i < text->count; i++) {
        const struct om_sample *sample = &text->samples[i];
        const bool last =
            i + 1 == text->count || text->samples[i + 1].series_length != sample->series_length ||
            memcmp(text->samples[i + 1].series, sample->series, sample->series_length) != 0;
        if (last && strncmp(sample->series, name, strlen(name)) == 0 &&
            sample->series[strlen(name)] == '{' && strstr(sample->series, label) != NULL)
            sum += sample->value;
    }
    return sum;
}

Test(exports, requests_and_pods_add_up)
{
    char *folder = folder_new();
    struct value *summary = run(folder, "");
    struct om_text text = read_metrics(folder, "out/metrics.om", true);
    const struct value *web = row(summary, "traffic", "web");
    const double answered = sum_of(&text, "seatrial_requests_total", "outcome=\"answered\"");
    const double all = sum_of(&text, "seatrial_requests_total", "namespace=");
    const double waiting = sum_of(&text, "seatrial_requests_waiting", "namespace=");
    cr_expect_float_eq(all + waiting, number(web, "requests"), 1e-3);
    cr_expect_float_eq(all - answered, number(web, "failed"), 1e-3);
    const double pods = number(value_get(summary, "pods"), "created");
    cr_expect_eq(om_last(&text, "seatrial_pods_total{what=\"created\"}"), pods);
    cr_expect_eq(om_last(&text, "scheduler_pod_scheduling_sli_duration_seconds_count"),
                 number(value_get(summary, "pods"), "bound"));
    cr_expect_eq(om_last(&text, "scheduler_schedule_attempts_total{result=\"scheduled\",profile="
                                "\"default-scheduler\"}"),
                 number(value_get(summary, "pods"), "bound"));
    /* What is gone is told as 0: those that are Running at the end are the summary's. */
    cr_expect_eq(sum_of(&text, "kube_pod_status_phase", "phase=\"Running\""),
                 number(value_get(summary, "pods"), "running"));
    om_close(&text);
    value_drop(summary);
    folder_remove(folder);
}

Test(exports, with_a_step_every_series_has_a_sample_at_every_step)
{
    char *folder = folder_new();
    struct value *summary = run(folder, "--metrics-step 7m --exports metrics");
    struct om_text text = read_metrics(folder, "out/metrics.om", true);
    size_t count;
    const struct om_sample *node =
        om_find(&text, "kube_node_spec_unschedulable{node=\"node-0\"}", &count);
    cr_assert_eq(count, 24 * 60 / 7 + 2); /* from 0 on, and at the end */
    for (size_t i = 0; i < text.count; i++) {
        const double seconds = text.samples[i].time - START;
        cr_assert(fmod(seconds, 7 * 60) == 0 || seconds == 86400, "%g", seconds);
    }
    for (size_t i = 1; i + 1 < count; i++)
        cr_assert_eq(node[i].time - node[i - 1].time, 7 * 60);
    om_close(&text);
    value_drop(summary);
    folder_remove(folder);
}

Test(exports, a_snapshot_has_the_last_value_of_what_is_left)
{
    char *folder = folder_new();
    char *options = mem_format("--metrics-snapshot %s/snapshot.prom", folder);
    value_drop(run(folder, options));
    struct om_text series = read_metrics(folder, "out/metrics.om", true);
    struct om_text snapshot = read_metrics(folder, "snapshot.prom", false);
    cr_expect_lt(snapshot.count, series.count);
    for (size_t i = 0; i < snapshot.count; i++) {
        char *name = mem_text(snapshot.samples[i].series, snapshot.samples[i].series_length);
        cr_expect_eq(om_last(&series, name), snapshot.samples[i].value, "%s", name);
        free(name);
    }
    om_close(&series);
    om_close(&snapshot);
    free(options);
    folder_remove(folder);
}

Test(exports, a_snapshot_needs_no_folder)
{
    char *folder = folder_new();
    char *arguments = mem_format("run " SCENARIO " --metrics-snapshot %s/snapshot.prom", folder);
    struct program_run run = program_run(arguments);
    cr_expect_eq(run.status, 0, "%s", run.err.bytes);
    struct om_text snapshot = read_metrics(folder, "snapshot.prom", false);
    cr_expect_eq(om_last(&snapshot, "kube_deployment_spec_replicas{namespace=\"default\","
                                    "deployment=\"api\"}"),
                 3);
    om_close(&snapshot);
    program_run_close(&run);
    free(arguments);
    folder_remove(folder);
}

Test(exports, pods_above_a_number_have_no_series_but_count)
{
    char *folder = folder_new();
    struct value *summary = run(folder, "--metrics-pods 3");
    struct om_text text = read_metrics(folder, "out/metrics.om", true);
    size_t pods = 0;
    for (size_t i = 0; i < text.count; i++)
        pods += strncmp(text.samples[i].series, "kube_pod_created{", 17) == 0 &&
                !isnan(text.samples[i].value);
    cr_expect_eq(pods, 3);
    const double created = number(value_get(summary, "pods"), "created");
    cr_expect_eq(om_last(&text, "seatrial_export_pods_left_out_total"), created - 3);
    cr_expect_eq(om_last(&text, "scheduler_pod_scheduling_sli_duration_seconds_count"), created);
    om_close(&text);
    value_drop(summary);
    folder_remove(folder);
}

/* ---- the trace ---- */

static const struct value *argument(const struct value *event, const char *key)
{
    return value_path(event, "args", key, NULL);
}

/* From the slice in which an arrow ends to that in which it begins; NULL: none ends there. */
static const struct value *arrow_back(const struct value *trace, const struct value *slice)
{
    const struct value *events = value_get(trace, "traceEvents");
    const struct value *thread = value_get(slice, "tid"), *at = value_get(slice, "ts");
    int64_t id = -1;
    for (size_t i = 0; i < events->count && id < 0; i++) {
        const struct value *event = value_at(events, i);
        if (strcmp(value_text(value_get(event, "ph"), ""), "f") == 0 && i > 0 &&
            value_equal(value_get(event, "tid"), thread) && value_equal(value_get(event, "ts"), at))
            id = value_int(value_get(event, "id"), -1);
    }
    for (size_t i = 0, last = 0; i < events->count; i++) {
        const struct value *event = value_at(events, i);
        const char *ph = value_text(value_get(event, "ph"), "");
        last = strcmp(ph, "X") == 0 ? i : last;
        if (strcmp(ph, "s") == 0 && value_int(value_get(event, "id"), -1) == id)
            return value_at(events, last);
    }
    return NULL;
}

Test(exports, a_trace_keeps_the_rules_of_its_format)
{
    char *folder = folder_new();
    value_drop(run(folder, "--exports trace"));
    cr_expect_not(is_there(folder, "out/metrics.om"));
    char *path = path_in(folder, "out/trace.perfetto.json");
    struct value *trace = chrome_trace_read(path);
    cr_expect_gt(chrome_trace_count(trace, "s", "cause"), 100);
    cr_expect_eq(chrome_trace_count(trace, "s", NULL), chrome_trace_count(trace, "f", NULL));
    cr_expect_gt(chrome_trace_count(trace, "C", "replicas"), 5);
    cr_expect_gt(chrome_trace_count(trace, "C", "pending pods"), 5);
    cr_expect_gt(chrome_trace_count(trace, "X", "Running, ready"), 4);
    cr_expect_gt(chrome_trace_count(trace, "i", NULL), 50); /* Kubernetes Events */
    value_drop(trace);
    free(path);
    folder_remove(folder);
}

Test(exports, a_trace_shows_how_long_and_why_a_node_was_away)
{
    char *folder = folder_new();
    value_drop(run(folder, "--exports trace"));
    char *path = path_in(folder, "out/trace.perfetto.json");
    struct value *trace = chrome_trace_read(path);
    const struct value *away = chrome_trace_find(trace, "X", "without power");
    cr_assert_not_null(away);
    cr_expect_eq(value_int(value_get(away, "ts"), -1), INT64_C(7200) * 1000000);
    cr_expect_eq(value_int(value_get(away, "dur"), -1), INT64_C(3600) * 1000000);
    /* Back along the arrows stands what began it. */
    const struct value *cause = away;
    for (int steps = 0; steps < 10 && strcmp(value_text(value_get(cause, "cat"), ""), "cause") != 0;
         steps++) {
        cause = arrow_back(trace, cause);
        cr_assert_not_null(cause);
    }
    cr_expect_str_eq(value_text(value_get(cause, "name"), ""), "node-crash/node-1");
    cr_expect_not_null(argument(cause, "line"));
    value_drop(trace);
    free(path);
    folder_remove(folder);
}

/* ---- CSV ---- */

Test(exports, a_spreadsheet_has_the_same_samples)
{
    char *folder = folder_new();
    value_drop(run(folder, "--exports metrics,csv --metrics-step 1h"));
    struct om_text text = read_metrics(folder, "out/metrics.om", true);
    char *path = path_in(folder, "out/csv/metrics.csv");
    struct csv csv;
    cr_assert(csv_read(&csv, path));
    cr_expect_eq(csv.rows, text.count);
    cr_expect_str_eq(csv_cell(&csv, 0, csv_column(&csv, "time")), "2026-03-02T06:00:00.000000Z");
    const size_t metric = csv_column(&csv, "metric"), node = csv_column(&csv, "node");
    cr_assert_lt(node, csv.columns);
    cr_expect_eq(csv_column(&csv, "value"), csv.columns - 1);
    size_t rows = 0;
    for (size_t i = 0; i < csv.rows; i++)
        rows += strcmp(csv_cell(&csv, i, metric), "kube_node_spec_unschedulable") == 0 &&
                strcmp(csv_cell(&csv, i, node), "node-2") == 0;
    cr_expect_eq(rows, 25);
    csv_close(&csv);
    om_close(&text);
    free(path);
    folder_remove(folder);
}

Test(exports, lists_of_the_summary_are_tables)
{
    char *folder = folder_new();
    struct value *summary = run(folder, "--exports csv");
    char *path = path_in(folder, "out/csv/workloads.csv");
    struct csv csv;
    cr_assert(csv_read(&csv, path));
    const struct value *rows = value_get(summary, "workloads");
    cr_assert_eq(csv.rows, rows->count);
    for (size_t i = 0; i < csv.rows; i++)
        cr_expect_eq(
            csv_double(&csv, i, csv_column(&csv, "schedulingLatency.p95")),
            value_double(value_path(value_at(rows, i), "schedulingLatency", "p95", NULL), -1));
    csv_close(&csv);
    free(path);
    path = path_in(folder, "out/csv/workloads_outages.csv");
    cr_assert(csv_read(&csv, path));
    cr_expect_eq(csv.rows, value_get(row(summary, "workloads", "web"), "outages")->count);
    cr_expect_str_eq(csv_cell(&csv, 0, csv_column(&csv, "of.name")), "web");
    csv_close(&csv);
    free(path);
    value_drop(summary);
    folder_remove(folder);
}

/* ---- what cannot be done ---- */

static const struct {
    const char *options, *complaint;
} refused[] = {
    { "--exports traces", "seatrial run: --exports traces: try all, none, or some of "
                          "trace,metrics,csv\n" },
    { "--exports ''", NULL },
    { "--metrics-step 5", "seatrial run: --metrics-step: " },
    { "--metrics-step 10ms", "seatrial run: --metrics-step 10ms: at least 1s\n" },
    { "--metrics-step -1h", "seatrial run: --metrics-step -1h: at least 1s\n" },
    { "--metrics-pods many", "seatrial run: --metrics-pods many: not a number\n" },
};

Test(exports, mistakes_are_told_before_anything_is_written)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char *folder = folder_new();
        char *arguments =
            mem_format("run " SCENARIO " --out %s/out %s", folder, refused[i].options);
        struct program_run run = program_run(arguments);
        if (refused[i].complaint == NULL) {
            cr_expect_eq(run.status, 0, "nothing is a list, too");
        } else {
            cr_expect_eq(run.status, 2);
            cr_expect_eq(strncmp(run.err.bytes, refused[i].complaint, strlen(refused[i].complaint)),
                         0, "%s", run.err.bytes);
            cr_expect_not(is_there(folder, "out"));
        }
        program_run_close(&run);
        free(arguments);
        folder_remove(folder);
    }
}
