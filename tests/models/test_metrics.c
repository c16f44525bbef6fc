/* What is measured of workloads and Services: whose pods count for whom, and from when on. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/measured.h"

/* A second to start, nothing else takes time; one node, an hour. */
#define STORY(more)                                                                                \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"              \
    "  duration: 1h\n"                                                                             \
    "  timing: {apiWrite: 0, schedulingCycle: 0, containerStart: 1s, containerStop: 0, "           \
    "imageSize: 0}\n"                                                                              \
    "  nodes: [{name: worker, count: 1}]\n" more
#define POD_SPEC      "{containers: [{name: c, image: a}]}"
#define TEMPLATE(app) "{metadata: {labels: {app: " app "}}, spec: " POD_SPEC "}"
#define WEB_TEMPLATE  TEMPLATE("web")
#define SET(kind, name, app, replicas)                                                             \
    "---\n{apiVersion: apps/v1, kind: " kind ", metadata: {name: " name ", labels: {app: " app     \
    "}}, spec: {replicas: " replicas ", selector: {matchLabels: {app: " app                        \
    "}}, template: " TEMPLATE(app) "}}\n"
#define POD(name, labels)                                                                          \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {" labels                 \
    "}}, spec: " POD_SPEC "}\n"
#define SERVICE(name, spec)                                                                        \
    "---\n{apiVersion: v1, kind: Service, metadata: {name: " name "}, spec: {" spec "}}\n"

/* "wanted 2, ready 2, observed 3599, down 0" and the reason, if there is one. */
static void expect_row(const struct value *summary, const char *name, const char *text)
{
    const struct value *row = measured_row(summary, name);
    const char *reason = value_text(value_get(row, "reason"), NULL);
    char *told =
        mem_format("wanted %s, ready %s, observed %s, down %s%s%s%s",
                   value_get(row, "wanted")->text, value_get(row, "ready")->text,
                   value_get(row, "observedSeconds")->text, value_get(row, "downtimeSeconds")->text,
                   value_truth(value_get(row, "deleted"), false) ? ", deleted" : "",
                   reason ? ": " : "", reason ? reason : "");
    cr_expect_str_eq(told, text, "%s: %s", name, told);
    free(told);
}

/* Play the story that the texts make together; the last one is NULL. */
static __attribute__((sentinel)) struct value *play_parts(const char *text, ...)
{
    struct writer story = { 0 };
    va_list more;
    va_start(more, text);
    for (; text != NULL; text = va_arg(more, const char *))
        writer_add(&story, text);
    va_end(more);
    struct value *summary = play_text(story.bytes);
    writer_close(&story);
    return summary;
}

Test(metrics, count_the_pods_of_a_replicaset_for_the_deployment_that_adopts_it)
{
    struct value *summary = play_parts(
        STORY("  timeline:\n"
              "  - at: 10m\n"
              "    apply: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, "
              "spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: " WEB_TEMPLATE
              "}}]\n"),
        SET("ReplicaSet", "old", "web", "2"),
        SERVICE("web", "selector: {app: web}, "
                       "ports: [{port: 80}]"),
        NULL);
    expect_row(summary, "replicaset/old", "wanted 0, ready 0, observed 3599, down 0, deleted");
    expect_row(summary, "deployment/web", "wanted 2, ready 2, observed 3000, down 0");
    expect_row(summary, "service/web", "wanted 2, ready 2, observed 3599, down 0");
    value_drop(summary);
}

Test(metrics, make_a_released_replicaset_a_workload_of_its_own)
{
    struct value *summary =
        play_parts(STORY("  timeline:\n"
                         "  - {at: 10m, delete: {target: deployment/web, cascade: orphan}}\n"),
                   SET("Deployment", "web", "web", "2"), NULL);
    expect_row(summary, "deployment/web", "wanted 0, ready 0, observed 3599, down 0, deleted");
    const struct value *rows = value_get(summary, "workloads");
    cr_assert_eq(rows->count, 2);
    cr_expect_str_eq(value_text(value_get(rows->items[1], "kind"), ""), "ReplicaSet");
    cr_expect_eq(value_int(value_get(rows->items[1], "ready"), -1), 2);
    cr_expect_eq(measured_time(value_get(rows->items[1], "observedSeconds")), 3000 * SIM_SECOND);
    value_drop(summary);
}

Test(metrics, leave_out_what_is_deleted_and_end_its_rollout)
{
    struct value *summary = play_parts(STORY("  timeline:\n"
                                             "  - {at: 500ms, delete: deployment/web}\n"),
                                       SET("Deployment", "web", "web", "2"), NULL);
    expect_row(summary, "deployment/web", "wanted 0, ready 0, observed 0, down 0, deleted");
    expect_rollouts(summary, "deployment/web", "0 to 0.5 abandoned by bring-up\n");
    value_drop(summary);
}

Test(metrics, tell_a_bare_pod_that_was_lost_from_one_that_was_deleted)
{
    struct value *summary = play_parts(STORY("  failures: [{kind: node-crash, at: 10m}]\n"
                                             "  timeline:\n"
                                             "  - {at: 5m, delete: pod/b}\n"),
                                       POD("a", "app: a"), POD("b", "app: b"),
                                       SERVICE("a", "selector: {app: a}, ports: [{port: 80}]"),
                                       SERVICE("b", "selector: {app: b}, "
                                                    "ports: [{port: 80}]"),
                                       NULL);
    expect_measured(summary, "pod/a",
                    "observed 3599 after 1, availability 0.180327868852\n" /* 649 / 3599 */
                    "down 2950, degraded 2950, not ready 2950\n"
                    "outage 650 to - by node-crash/worker-0\n"
                    "node-crash: down 2950, not ready 2950, outages 1, replicas 1\n");
    expect_row(summary, "pod/b", "wanted 0, ready 0, observed 3599, down 0, deleted");
    expect_row(summary, "service/a",
               "wanted 1, ready 0, observed 3599, down 2950: NodeNotReady: Node is not ready");
    expect_row(summary, "service/b",
               "wanted 0, ready 0, observed 3599, down 0: "
               "Endpoints: <none> (nothing given here has pods labelled app=b)");
    value_drop(summary);
}

Test(metrics, count_a_pod_for_the_replicaset_that_adopts_it_until_it_is_released)
{
    struct value *summary = play_parts(
        STORY("  timeline:\n"
              "  - at: 10m\n"
              "    apply: [{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: "
              "{replicas: 1, selector: {matchLabels: {app: web}}, template: " WEB_TEMPLATE "}}]\n"
              "  - {at: 20m, label: {target: pod/a, labels: {app: other}}}\n"),
        POD("a", "app: web"), NULL);
    expect_row(summary, "pod/a", "wanted 0, ready 0, observed 3599, down 0, deleted");
    expect_measured(summary, "replicaset/web",
                    "observed 3000 after 600, availability 0.999666666667\n"
                    "down 1, degraded 1, not ready 1\n"
                    "outage 1200 to 1201 by label/pod/a app=other\n"
                    "label: down 1, not ready 1, outages 1, replicas 1\n");
    value_drop(summary);
}

Test(metrics, want_of_a_service_what_all_its_workloads_want)
{
    struct value *summary =
        play_parts(STORY("  timeline:\n"
                         "  - {at: 10m, scale: {target: deployment/v2, replicas: 0}}\n"
                         "  - {at: 20m, scale: {target: deployment/v1, replicas: "
                         "0}}\n"),
                   "---\n{apiVersion: apps/v1, kind: Deployment, "
                   "metadata: {name: v1}, spec: {replicas: 2, "
                   "selector: {matchLabels: {v: one}}, template: "
                   "{metadata: {labels: {app: web, v: one}}, "
                   "spec: " POD_SPEC "}}}\n"
                   "---\n{apiVersion: apps/v1, kind: Deployment, "
                   "metadata: {name: v2}, spec: {replicas: 1, "
                   "selector: {matchLabels: {v: two}}, template: "
                   "{metadata: {labels: {app: web, v: two}}, "
                   "spec: " POD_SPEC "}}}\n",
                   SERVICE("web", "clusterIP: None, selector: {app: web}, "
                                  "ports: [{port: 80}]"),
                   NULL);
    const struct value *curve = value_get(measured_row(summary, "service/web"), "curve");
    static const int64_t steps[][3] = { { 0, 3, 0 }, { 1, 3, 3 }, { 600, 2, 2 }, { 1200, 0, 0 } };
    cr_assert_eq(curve->count, 4);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++)
            cr_expect_eq(value_int(value_at(curve->items[i], j), -1), steps[i][j]);
    value_drop(summary);
}

Test(metrics, say_of_services_without_endpoints_of_ours_why)
{
    struct value *summary = play_parts(
        STORY(""), SERVICE("manual", "ports: [{port: 80}]"),
        SERVICE("away", "type: ExternalName, externalName: example.com, selector: {app: web}"),
        SERVICE("lost", "selector: {app: nobody}, ports: [{port: 80}]"),
        SET("Deployment", "web", "web", "1"), NULL);
    expect_row(summary, "service/manual",
               "wanted 0, ready 0, observed 0, down 0: Endpoints: <none> (it has no selector)");
    expect_row(summary, "service/away",
               "wanted 0, ready 0, observed 0, down 0: ExternalName: no endpoints of its own");
    expect_row(summary, "service/lost",
               "wanted 0, ready 0, observed 0, down 0: "
               "Endpoints: <none> (nothing given here has pods labelled app=nobody)");
    value_drop(summary);
}

Test(metrics, keep_a_service_apart_from_one_of_its_name_that_was_deleted)
{
    struct value *summary = play_parts(
        STORY("  timeline:\n"
              "  - {at: 10m, delete: service/web}\n"
              "  - at: 10m\n"
              "    apply: [{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: "
              "{app: web}, ports: [{port: 80}]}}]\n"),
        SET("Deployment", "web", "web", "2"),
        SERVICE("web", "selector: {app: web}, ports: [{port: 80}]"), NULL);
    const struct value *rows = value_get(summary, "services");
    cr_assert_eq(rows->count, 2);
    cr_expect(value_truth(value_get(rows->items[0], "deleted"), false));
    cr_expect_eq(value_int(value_get(rows->items[1], "ready"), -1), 2);
    cr_expect_eq(measured_time(value_get(rows->items[1], "observedSeconds")), 3000 * SIM_SECOND);
    value_drop(summary);
}

/* The container crashes at 300 s, at 904.5 s (after more than ten minutes, so at once it is started
 * again, which takes a second) and at 915 s (after a back-off of ten seconds). What happens before
 * 905 s does not count: of the second crash half a second of an outage is left, whose recovery
 * began too early to count. */
Test(metrics, count_from_when_they_are_told_to)
{
    struct value *summary =
        play_parts(STORY("  measure: {from: 905s}\n"
                         "  failures: [{kind: container-crash, at: [5m, 904500ms, 915s]}]\n"),
                   SET("Deployment", "web", "web", "1"), NULL);
    expect_measured(summary, "deployment/web",
                    "observed 2695 after 1, availability 0.99573283859\n"
                    "down 11.5, degraded 11.5, not ready 11.5\n"
                    "detect 0, recover 11\n"
                    "outage 905 to 905.5 by container-crash\n"
                    "outage 915 to 926 by container-crash\n"
                    "container-crash: down 11.5, not ready 11.5, outages 2, replicas 1\n");
    cr_expect_eq(value_int(value_get(measured_row(summary, "deployment/web"), "restarts"), -1), 2);
    cr_expect_eq(value_int(value_get(value_get(summary, "pods"), "created"), -1), 0);
    cr_expect_eq(measured_time(value_get(summary, "measuredFromSeconds")), 905 * SIM_SECOND);
    value_drop(summary);
}

static double average(const struct value *summary, const char *list, size_t index)
{
    return value_double(value_at(value_path(summary, "utilisation", list, NULL), index), -1);
}

/* 4 CPUs, of which one pod requests 1 from the start, and another 2 more from half time on. */
static struct value *play_filling(void)
{
    return play_parts(
        "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"
        "  duration: 2m\n"
        "  timing: {apiWrite: 0, schedulingCycle: 0, containerStart: 1s, containerStop: 0, "
        "imageSize: 0}\n"
        "  nodes: [{name: worker, count: 1, capacity: {cpu: 4, memory: 8Gi, pods: 10}}]\n"
        "  timeline:\n  - {at: 1m, scale: {target: deployment/web, replicas: 3}}\n",
        "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1, "
        "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "
        "{containers: [{name: c, image: a, resources: {requests: {cpu: 1, memory: 2Gi}}}]}}}}\n",
        NULL);
}

/* One pod for the whole time and two for half of it are two on average: 2 cores and 4 GiB. */
Test(metrics, tell_what_is_paid_for)
{
    struct value *summary = play_filling(), *cost = value_get(summary, "cost");
    const double month = 730.5 * (2 * 0.031611 + 4 * 0.004237);
    cr_expect_float_eq(value_double(value_get(cost, "pods"), 0), 2, 1e-9);
    cr_expect_float_eq(value_double(value_path(cost, "requested", "cpuCores", NULL), 0), 2, 1e-9);
    cr_expect_float_eq(value_double(value_path(cost, "requested", "perMonth", NULL), 0), month,
                       1e-9);
    cr_expect_float_eq(value_double(value_path(cost, "nodes", "perMonth", NULL), 0), 2 * month,
                       1e-9, "twice as much as is used");
    value_drop(summary);
}

Test(metrics, tell_how_full_the_cluster_was_over_time)
{
    struct value *summary = play_filling();
    cr_expect_eq(value_double(value_path(summary, "utilisation", "everySeconds", NULL), 0), 1);
    cr_expect_float_eq(average(summary, "cpu", 30), 0.25, 1e-9);
    cr_expect_float_eq(average(summary, "cpu", 90), 0.75, 1e-9);
    cr_expect_float_eq(average(summary, "memory", 90), 0.75, 1e-9);
    cr_expect_eq(average(summary, "pods", 30), 1);
    cr_expect_eq(average(summary, "pods", 119), 3);
    cr_expect_eq(average(summary, "readyNodes", 60), 1);
    cr_expect_eq(average(summary, "cpu", 120), -1, "the run has 120 seconds");
    value_drop(summary);
}
