/* HorizontalPodAutoscalers in a cluster: sources of metrics, what is reported, and syncs that are left
 * out. What CPU does to a Deployment is compared with recordings in tests/validation/test_replay.c. */
#include "models/api/autoscaler.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/event.h"
#include "models/api/workloads.h"
#include "models/load/load.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/kubelet_stories.h"
#include "tests/support/measured.h"
#include "tests/support/rows.h"

#define ROOM                                                                                       \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: n0}, status: {allocatable: {cpu: '64', "   \
    "memory: 64Gi, pods: '500'}}}\n"
#define TARGET(kind, name, replicas, resources)                                                    \
    "---\n{apiVersion: apps/v1, kind: " kind ", metadata: {name: " name                            \
    "}, spec: {replicas: " replicas ", selector: {matchLabels: {app: " name                        \
    "}}, template: {metadata: {labels: {app: " name                                                \
    "}}, spec: {containers: [{name: c, image: 'app:1', resources: {" resources "}}, {name: "       \
    "side, image: 'app:1', resources: {requests: {cpu: 100m}}}]}}}}\n"
#define HPA(name, target, spec)                                                                    \
    "---\n{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: " name      \
    "}, spec: {scaleTargetRef: {" target "}, maxReplicas: 9, " spec "}}\n"
#define WEB "apiVersion: apps/v1, kind: Deployment, name: web"
#define TWO TARGET("Deployment", "web", "2", "requests: {cpu: 200m}")
#define EXTERNAL(target)                                                                           \
    "metrics: [{type: External, external: {metric: {name: q, selector: {matchLabels: {of: "        \
    "orders}}}, target: {" target "}}}]"

/* Calls take no time; pods are ready 1 s after they are made. Entries of load are a JSON list. */
static struct world *given_autoscaler(const char *objects, const char *load, const char *settings)
{
    struct world *w = given_with("", NULL, settings);
    struct settings *set = &w->cluster->settings;
    struct error_list faults = { 0 };
    set_time(&set->api_write, 0);
    set_time(&set->image_size, 0);
    set_time(&set->scheduling_cycle, 0);
    set_time(&set->container_start, 1);
    set_time(&set->container_ready, 0);
    set_time(&set->container_stop, 1);
    struct value *entries = rows_parse(load);
    for (size_t i = 0; i < entries->count; i++)
        cr_assert(load_plan(w->cluster, entries->items[i], &faults), "%s", faults.items[0].text);
    value_drop(entries);
    create(w, ROOM);
    create(w, objects);
    until(w, 0);
    return w;
}

#define KEEP "keep-events=true"

/* What the autoscaler h says of one condition: "True Reason: message". */
static void expect_condition(struct world *w, const char *type, const char *want)
{
    const struct autoscaler *h = autoscaler_of(find(w, "horizontalpodautoscaler/default/h"));
    const struct condition *condition = conditions_find(h->conditions, type);
    char *have = condition == NULL
                     ? mem_text("", 0)
                     : mem_format("%s %s: %s", condition_status_name(condition->status),
                                  text_s(condition->reason), text_s(condition->message));
    cr_expect_str_eq(have, want, "%s", have);
    free(have);
}

/* An Event of this reason and message, as often. */
static void expect_event(struct world *w, const char *reason, const char *message, int64_t count)
{
    int64_t found = 0;
    struct cache_cursor events = client_list(w->user, KIND_EVENT);
    while (cache_next(&events)) {
        const struct event_record *event = (const struct event_record *)events.object;
        if (strcmp(text_s(event->reason), reason) == 0 &&
            strcmp(text_s(event->message), message) == 0)
            found += event->count;
    }
    cr_expect_eq(found, count, "%s %s: %lld", reason, message, (long long)found);
}

#define REPLICAS(w, n) expect_field(w, "deployment/default/web", "spec.replicas", n)
#define STATUS(w, path, want)                                                                      \
    expect_field(w, "horizontalpodautoscaler/default/h", "status." path, want)

#define QUEUES                                                                                     \
    "[{\"external\": [{\"name\": \"q\", \"labels\": {\"of\": \"orders\"}, \"value\": 30}, "        \
    "{\"name\": \"q\", \"labels\": {\"of\": \"mails\"}, \"value\": 500}, {\"name\": \"q\", "       \
    "\"labels\": {\"of\": \"orders\", \"day\": \"2\"}, \"value\": \"20500m\"}]}]"

Test(autoscaler, external_metrics_add_up_over_their_series)
{
    struct world *w = given_autoscaler(
        TWO HPA("h", WEB, EXTERNAL("type: AverageValue, averageValue: '10'")), QUEUES, KEEP);
    until(w, 14.9);
    STATUS(w, "currentReplicas", NULL);
    until(w, 15); /* ceil(50.5 / 10) = 6, but at most four from two */
    REPLICAS(w, "4");
    expect_condition(w, "ScalingLimited",
                     "True ScaleUpLimit: the desired replica count is increasing faster than the "
                     "maximum scale rate");
    expect_condition(
        w, "ScalingActive",
        "True ValidMetricFound: the HPA was able to successfully calculate a replica "
        "count from external metric q(&LabelSelector{MatchLabels:map[string]string{of: "
        "orders,},MatchExpressions:[]LabelSelectorRequirement{},})");
    STATUS(w, "currentMetrics.0.external.current.averageValue", "25250m"); /* 50.5 / 2 */
    STATUS(w, "currentMetrics.0.external.metric.selector.matchLabels.of", "orders");
    until(w, 30);
    REPLICAS(w, "6");
    STATUS(w, "desiredReplicas", "6");
    until(w, 45);
    STATUS(w, "currentMetrics.0.external.current.averageValue", "8417m"); /* 50.5 / 6, up */
    expect_condition(w, "AbleToScale",
                     "True ReadyForNewScale: recommended size matches current size");
    expect_event(
        w, "SuccessfulRescale",
        "New size: 6; reason: external metric q(&LabelSelector{MatchLabels:map[string]string"
        "{of: orders,},MatchExpressions:[]LabelSelectorRequirement{},}) above target",
        1);
    done(w);
}

Test(autoscaler, a_value_is_in_proportion_to_the_ready_pods)
{
    struct world *w = given_autoscaler(
        TARGET("StatefulSet", "web", "2", "requests: {cpu: 200m}")
            HPA("h", "apiVersion: apps/v1, kind: StatefulSet, name: web",
                "metrics: [{type: Object, object: {describedObject: {apiVersion: "
                "networking.k8s.io/v1, kind: Ingress, name: main}, metric: {name: rate}, target: "
                "{type: Value, value: 1k}}}]"),
        "[{\"object\": \"ingress/main\", \"metrics\": [{\"name\": \"rate\", \"value\": 1500}]}]",
        KEEP);
    until(w, 15); /* 1500/1000 * 2 */
    expect_field(w, "statefulset/default/web", "spec.replicas", "3");
    STATUS(w, "currentMetrics.0.object.current.value", "1500");
    STATUS(w, "currentMetrics.0.object.describedObject.name", "main");
    expect_event(w, "SuccessfulRescale", "New size: 3; reason: Ingress metric rate above target",
                 1);
    done(w);
}

Test(autoscaler, metrics_of_pods_are_averaged_and_the_highest_proposal_wins)
{
    struct world *w = given_autoscaler(
        TARGET("ReplicaSet", "web", "2", "requests: {cpu: 200m}")
            HPA("h", "apiVersion: apps/v1, kind: ReplicaSet, name: web",
                "metrics: [{type: Pods, pods: {metric: {name: busy}, target: {type: AverageValue, "
                "averageValue: '10'}}}, {type: Pods, pods: {metric: {name: open}, target: {type: "
                "AverageValue, averageValue: '2'}}}]"),
        "[{\"pods\": \"app=web\", \"metrics\": [{\"name\": \"busy\", \"value\": 24}, {\"name\": "
        "\"open\", \"value\": 6}]}]",
        KEEP);
    until(w, 15); /* 12/10 * 2 = 2.4, 3/2 * 2 = 3 */
    expect_field(w, "replicaset/default/web", "spec.replicas", "3");
    STATUS(w, "currentMetrics.0.pods.current.averageValue", "12");
    expect_event(w, "SuccessfulRescale", "New size: 3; reason: pods metric busy above target", 1);
    done(w);
}

Test(autoscaler, one_container_may_be_looked_at_alone)
{
    struct world *w = given_autoscaler(
        TWO HPA("h", WEB,
                "metrics: [{type: ContainerResource, containerResource: {name: cpu, container: "
                "side, target: {type: Utilization, averageUtilization: 50}}}]"),
        "[{\"workload\": \"deployment/web\", \"container\": \"side\", \"cpu\": \"150m\"}]", KEEP);
    until(w, 60); /* CPU counts from the window after readiness on: 75m of 100m */
    REPLICAS(w, "3");
    STATUS(w, "currentMetrics.0.containerResource.container", "side");
    expect_event(w, "SuccessfulRescale",
                 "New size: 3; reason: cpu container resource utilization (percentage of request) "
                 "above target",
                 1);
    done(w);
}

#define RESOURCE(name)                                                                             \
    "metrics: [{type: Resource, resource: {name: " name                                            \
    ", target: {type: Utilization, averageUtilization: 50}}}]"

static const struct {
    const char *why, *objects, *load, *condition, *message, *reason;
    int64_t times; /* in a minute */
    const char *event;
} failure_rows[] = {
    { "nothing is known of the first sync's pods", TWO HPA("h", WEB, RESOURCE("nvidia.com/gpu")),
      "[]", "ScalingActive",
      "the HPA was unable to compute the replica count: failed to get nvidia.com/gpu utilization: "
      "did "
      "not receive metrics for targeted pods (pods might be unready)",
      "FailedGetResourceMetric", 4,
      "failed to get nvidia.com/gpu utilization: did not receive metrics for targeted pods (pods "
      "might be unready)" },
    { "a container without a request",
      TARGET("Deployment", "web", "2", "") HPA("h", WEB, RESOURCE("memory")), "[]", "ScalingActive",
      NULL, "FailedGetResourceMetric", 0, "" },
    { "nobody serves custom metrics",
      TWO HPA("h", WEB,
              "metrics: [{type: Pods, pods: {metric: {name: q}, target: {type: AverageValue, "
              "averageValue: '1'}}}]"),
      "[]", "ScalingActive", NULL, "FailedGetPodsMetric", 4,
      "unable to get metric q: unable to fetch metrics from custom metrics API: no custom metrics "
      "API "
      "(custom.metrics.k8s.io) registered" },
    { "somebody does, but not this one",
      TWO HPA(
          "h", WEB,
          "metrics: [{type: Object, object: {describedObject: {kind: Service, name: s}, metric: "
          "{name: q}, target: {type: Value, value: '1'}}}]"),
      "[{\"object\": \"service/other\", \"metrics\": [{\"name\": \"q\", \"value\": 1}]}]",
      "ScalingActive", NULL, "FailedGetObjectMetric", 4,
      "unable to get metric q: unable to fetch metrics from custom metrics API: the server could "
      "not "
      "find the metric q for Service s on Service default/s" },
    { "nobody serves external metrics", TWO HPA("h", WEB, EXTERNAL("type: Value, value: '1'")),
      "[]", "ScalingActive", NULL, "FailedGetExternalMetric", 4,
      "unable to get external metric default/q/&LabelSelector{MatchLabels:map[string]string{of: "
      "orders,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from "
      "external metrics API: the server could not find the requested resource (get "
      "q.external.metrics.k8s.io)" },
    { "no such series", TWO HPA("h", WEB, EXTERNAL("type: Value, value: '1'")),
      "[{\"external\": [{\"name\": \"q\", \"value\": 1}]}]", "ScalingActive", NULL,
      "FailedComputeMetricsReplicas", 4,
      "invalid metrics (1 invalid out of 1), first error is: failed to get q external metric "
      "value: "
      "failed to get external metric q: unable to get external metric default/q/&LabelSelector{"
      "MatchLabels:map[string]string{of: orders,},MatchExpressions:[]LabelSelectorRequirement{},}: "
      "no "
      "metrics returned from external metrics API" },
    { "no such kind", HPA("h", "apiVersion: apps/v1, kind: Deploy, name: web", RESOURCE("cpu")),
      "[]", "AbleToScale", NULL, "FailedGetScale", 4,
      "no matches for kind \"Deploy\" in group \"apps\"" },
    { "a kind that cannot be scaled",
      HPA("h", "apiVersion: apps/v1, kind: DaemonSet, name: web", RESOURCE("cpu")), "[]",
      "AbleToScale", NULL, "FailedGetScale", 4,
      "the server could not find the requested resource" },
    { "two of one target", TWO HPA("h", WEB, RESOURCE("cpu")) HPA("i", WEB, RESOURCE("cpu")), "[]",
      "ScalingActive", NULL, "AmbiguousSelector", 7,
      "pods by selector app=web are controlled by multiple HPAs: [{h default} {i default}]" },
};

Test(autoscaler, tells_what_it_cannot_do)
{
    for (size_t i = 0; i < sizeof failure_rows / sizeof *failure_rows; i++) {
        struct world *w = given_autoscaler(failure_rows[i].objects, failure_rows[i].load, KEEP);
        until(w, 60);
        const struct autoscaler *h = autoscaler_of(find(w, "horizontalpodautoscaler/default/h"));
        const struct condition *condition =
            conditions_find(h->conditions, failure_rows[i].condition);
        cr_assert_not_null(condition, "%s", failure_rows[i].why);
        cr_expect_eq(condition->status, CONDITION_FALSE, "%s", failure_rows[i].why);
        if (failure_rows[i].message != NULL)
            cr_expect(strncmp(text_s(condition->message), failure_rows[i].message,
                              strlen(failure_rows[i].message)) == 0,
                      "%s", text_s(condition->message));
        if (failure_rows[i].times > 0)
            expect_event(w, failure_rows[i].reason, failure_rows[i].event, failure_rows[i].times);
        done(w);
    }
}

/* ---- syncs that are left out ---- */

/* The trace about autoscalers and what they scale, and how many events it took. */
static char *traced(const char *objects, const char *load, const char *settings, double end,
                    uint64_t *events)
{
    struct writer out = { 0 };
    struct world *w = given_autoscaler(objects, load, settings);
    until(w, end);
    for (size_t i = 0; i < w->line_count; i++)
        if (strncmp(w->lines[i].subject, "horizontalpod", 13) == 0 ||
            strncmp(w->lines[i].subject, "deployment", 10) == 0 ||
            strncmp(w->lines[i].subject, "replicaset", 10) == 0)
            writer_format(&out, "%.3f %s %s\n", w->lines[i].at, w->lines[i].subject,
                          w->lines[i].text);
    *events = w->run->events;
    done(w);
    return writer_take(&out);
}

static const struct {
    const char *why, *objects, *load;
} idle_rows[] = {
    { "steps, with an hour of nothing between them", TWO HPA("h", WEB, RESOURCE("cpu")),
      "[{\"workload\": \"deployment/web\", \"cpu\": {\"steps\": [{\"at\": 0, \"value\": \"500m\"}, "
      "{\"at\": 3607, \"value\": \"900m\"}, {\"at\": 7300, \"value\": \"100m\"}, {\"at\": 7401, "
      "\"value\": \"500m\"}]}}]" },
    { "spikes, with a behavior",
      TWO HPA("h", WEB,
              RESOURCE("cpu") ", behavior: {scaleDown: {stabilizationWindowSeconds: 60}}"),
      "[{\"workload\": \"deployment/web\", \"cpu\": {\"spikes\": {\"base\": \"300m\", \"height\": "
      "\"1\", \"at\": 1803, \"lasts\": 77, \"every\": 2500}}}]" },
    { "an external metric, and memory", TWO HPA("h", WEB, EXTERNAL("type: Value, value: '20'")),
      "[{\"external\": [{\"name\": \"q\", \"labels\": {\"of\": \"orders\"}, \"value\": {\"steps\": "
      "[{\"at\": 0, \"value\": 20}, {\"at\": 5000, \"value\": 40}]}}]}]" },
};

Test(autoscaler, syncs_that_would_find_nothing_new_are_left_out_and_nothing_else_changes)
{
    for (size_t i = 0; i < sizeof idle_rows / sizeof *idle_rows; i++) {
        uint64_t few, many;
        char *idle = traced(idle_rows[i].objects, idle_rows[i].load, "", 14400, &few);
        char *ticked =
            traced(idle_rows[i].objects, idle_rows[i].load, "tick-heartbeats=true", 14400, &many);
        cr_expect_str_eq(idle, ticked, "%s", idle_rows[i].why);
        cr_expect(strstr(idle, "horizontalpodautoscaler/default/h update-status") != NULL);
        cr_expect_gt(many, few + 700, "%s: %llu of %llu", idle_rows[i].why, (unsigned long long)few,
                     (unsigned long long)many);
        free(idle);
        free(ticked);
    }
}

static bool set_replicas(struct object *object, void *replicas)
{
    ((struct deployment *)object)->replicas = *(int32_t *)replicas;
    return true;
}

Test(autoscaler, a_user_who_scales_is_corrected_at_the_next_sync)
{
    int32_t replicas = 12;
    struct world *w =
        given_autoscaler(TWO HPA("h", WEB, EXTERNAL("type: Value, value: '50'")), QUEUES, "");
    until(w, 100000.5); /* 30 + 20.5 is within */
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, "deployment/default/web"), set_replicas, &replicas, NULL);
    until(w, 100004.9); /* 6667 * 15 = 100005 */
    REPLICAS(w, "12");
    until(w, 100005);
    REPLICAS(w, "9");
    until(w, 100020 + 330);
    REPLICAS(w, "9");
    done(w);
}

Test(autoscaler, tolerances_of_its_own_are_behind_a_gate)
{
    static const char loose[] = TWO HPA(
        "h", WEB, EXTERNAL("type: Value, value: '40'") ", behavior: {scaleUp: {tolerance: '0.5'}}");
    struct world *w = given_autoscaler(loose, QUEUES, "");
    until(w, 60); /* 50.5 / 40 = 1.26 */
    REPLICAS(w, "2");
    done(w);
    w = given_autoscaler(loose, QUEUES, "feature-gates/HPAConfigurableTolerance=false");
    expect_field(w, "horizontalpodautoscaler/default/h", "spec.behavior.scaleUp.tolerance", NULL);
    until(w, 15);
    REPLICAS(w, "3");
    done(w);
}

Test(autoscaler, forgets_what_it_was_when_it_goes)
{
    struct world *w =
        given_autoscaler(TWO HPA("h", WEB, EXTERNAL("type: Value, value: '50'")), QUEUES, "");
    until(w, 1000);
    delete_object(w, "horizontalpodautoscaler/default/h", PROPAGATE_DEFAULT);
    until(w, 1100);
    create(w, HPA("h", WEB, EXTERNAL("type: Value, value: '10'")));
    until(w, 1116);
    REPLICAS(w, "4");
    delete_object(w, "deployment/default/web", PROPAGATE_DEFAULT);
    until(w, 1200);
    expect_condition(
        w, "AbleToScale",
        "False FailedGetScale: the HPA controller was unable to get the target's current "
        "scale: deployments.apps \"web\" not found");
    done(w);
}

/* ---- what is measured ---- */

#define SCENARIO                                                                                   \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: x}\nspec:\n"              \
    "  duration: 1h\n  timing: {apiWrite: 0s, schedulingCycle: 0s, imageSize: 0}\n  objects:\n"    \
    "  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, "      \
    "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "       \
    "{containers: [{name: c, image: 'app:1'}]}}}}\n"                                               \
    "  - {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: "  \
    "{" WEB_TARGET                                                                                 \
    ", minReplicas: 2, maxReplicas: 4, metrics: [{type: External, external: {metric: "             \
    "{name: q}, target: {type: AverageValue, averageValue: 10}}}]}}\n"
#define WEB_TARGET "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}"

Test(autoscaler, what_it_wanted_is_measured)
{
    /* 2 from 15 s on; at 600 s 50/10 = 5, of which 4 may be; that is remembered for 300 s, and limits.
     * At 1200 s 25/10 = 3, while the last 4 of 1185 s holds until 1485 s:
     * (585*2 + 885*4 + 2115*3) / 3585. */
    struct value *summary = play_text(
        SCENARIO "  load: [{external: [{name: q, value: {steps: [{at: 0, value: 20}, {at: 600, "
                 "value: 50}, {at: 615, value: 35}, {at: 1200, value: 25}]}}]}]\n");
    const struct value *row = value_at(value_get(summary, "autoscalers"), 0);
    static const struct {
        const char *key, *want;
    } fields[] = {
        { "leastDesired", "2" }, { "mostDesired", "4" },     { "rescales", "2" },
        { "scaleUps", "1" },     { "scaleDowns", "1" },      { "desiredReplicas", "3" },
        { "maxReplicas", "4" },  { "inactiveSeconds", "0" }, { "limitedSeconds", "300" },
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        cr_expect_str_eq(value_get(row, fields[i].key)->text, fields[i].want, "%s: %s",
                         fields[i].key, value_get(row, fields[i].key)->text);
    const double mean = value_double(value_get(row, "meanDesired"), 0);
    cr_expect(mean > 3.08368 && mean < 3.08369, "%.12g", mean);
    cr_expect_str_eq(value_text(value_get(row, "target"), ""), "Deployment/web");
    value_drop(summary);
}

Test(autoscaler, one_of_the_first_version_asks_for_cpu)
{
    struct value *summary = play_text(
        "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: x}\nspec:\n"
        "  duration: 10m\n  nodes: ['6']\n  objects:\n"
        "  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, "
        "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "
        "{containers: [{name: c, image: 'app:1', resources: {requests: {cpu: 100m}}}]}}}}\n"
        "  - {apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: h}, "
        "spec: {" WEB_TARGET ", maxReplicas: 9, targetCPUUtilizationPercentage: 60}}\n"
        "  timeline: [{at: 5m, apply: {apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, "
        "metadata: {name: h}, spec: {" WEB_TARGET ", maxReplicas: 9, minReplicas: 5, "
        "targetCPUUtilizationPercentage: 40}}}]\n"
        "  load: [{service: none, cpu: 1}, {workload: deployment/web, cpu: 240m}]\n"
        "  expect:\n"
        "  - {that: 240m of 60m each, path: spec.replicas, object: deployment/web, at: 4m, is: 4}\n"
        "  - {that: 240m of 40m each, path: spec.replicas, object: deployment/web, atLeast: 6}\n"
        "  - {that: it is of the second version, path: 'spec.metrics[0].resource.target."
        "averageUtilization', object: hpa/h, is: 40}\n");
    expect_held(summary);
    value_drop(summary);
}
