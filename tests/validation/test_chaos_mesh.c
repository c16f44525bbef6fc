/* Documents of Chaos Mesh as its documentation describes them, run as they are: what comes of them, worked
 * out by hand.
 *
 * They are in tests/chaos_mesh, and are applied at 60 s to a Deployment of three pods on three nodes,
 * app.yaml. A write to the API server takes 10 ms, an attempt of the scheduler 1 ms, sandbox and container
 * 1 s to start, a container 1 s to stop; images are there. Readiness is asked every 5 s from when the kubelet
 * took the pod, and once when a container has started. Requests come at 100 a second, take 50 ms, and their
 * clients wait for 1 s. What every experiment goes through:
 *
 *     60       it is created
 *     60.010   has its finalizer
 *     60.020   its desired phase, Run
 *     60.030   its first conditions; then acts, which takes 10 ms where it is a call of the API
 *
 * and after a duration d, counted from its creation,
 *
 *     60 + d          it looks again
 *     60.010 + d      its desired phase is Stop; it recovers
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/document_path.h"
#include "models/cluster/cluster.h"
#include "models/cluster/simulation.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/support/measured.h"
#include "tools/command.h"
#include "tools/files.h"
#include "tools/inputs.h"

#define HEAD                                                                                       \
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"              \
    "  duration: 5m\n  measure: {from: 30s}\n"                                                     \
    "  timing: {apiWrite: 10ms, schedulingCycle: 1ms, containerStart: 1s, containerReady: 0, "     \
    "containerStop: 1s, imageSize: 0, endpointPropagation: 0}\n"                                   \
    "  nodes: [{name: node, count: 3}]\n"
#define TRAFFIC(more) "  traffic: [{service: web, rate: 100, timeout: 1s" more "}]\n"

/* What is looked at when the run is over. */
struct check {
    const char *object; /* "podchaos/pod-kill-example"; NULL: the summary */
    const char *path;
    const char *text; /* a number is compared to within 1e-9 of it */
};

struct story {
    const char *why, *file;
    const char *more; /* of the scenario's spec; NULL: nothing */
    struct check checks[9];
};

/* ---- playing ---- */

static void add_indented(struct writer *into, const char *path)
{
    struct error error = { 0 };
    size_t length;
    char *bytes = file_read(path, &length, &error), *rest = NULL;
    cr_assert(bytes != NULL, "%s: %s", path, error.text);
    for (char *line = strtok_r(bytes, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        writer_format(into, "      %s\n", line);
    free(bytes);
}

/* `then` follows in the timeline. */
static char *scenario_of(const struct story *story, const char *then)
{
    struct writer yaml = { 0 };
    char *path = mem_format("tests/chaos_mesh/%s", story->file);
    writer_format(&yaml, "%s%s  timeline:\n  - at: 0s\n    kubectl: apply -f -\n    stdin: |\n",
                  HEAD, story->more != NULL ? story->more : "");
    add_indented(&yaml, "tests/chaos_mesh/app.yaml");
    writer_format(&yaml, "  - at: 60s\n    kubectl: apply -f -\n    stdin: |\n");
    add_indented(&yaml, path);
    writer_format(&yaml, "%s", then);
    free(path);
    return writer_take(&yaml);
}

/* ---- looking ---- */

static struct value *document_of(struct cluster *cluster, const char *object)
{
    const char *slash = strchr(object, '/');
    char *type = mem_text(object, (size_t)(slash - object));
    const enum kind kind = kind_of_resource(type);
    struct object_key key = { (uint16_t)kind,
                              kind_infos[kind].namespaced ? cluster_text(cluster, "default") : NULL,
                              cluster_text(cluster, slash + 1) };
    const struct object *found = client_read(&cluster->admin, key);
    struct value *document = found != NULL ? cluster_print(cluster, found) : value_new_null();
    object_key_drop(key);
    free(type);
    return document;
}

static void expect_check(const struct check *check, struct cluster *cluster,
                         const struct value *summary, const char *why)
{
    struct error error = { 0 };
    struct value *document =
        check->object != NULL ? document_of(cluster, check->object) : value_hold(summary);
    struct document_path *path = document_path_parse(check->path, (struct place){ 0 }, &error);
    const struct value *found = NULL;
    cr_assert(path != NULL, "%s", error.text);
    cr_expect(document_path_find(path, (struct document_view){ .root = document }, &found,
                                 (struct place){ 0 }, &error),
              "%s: %s", why, error.text);
    error_close(&error);
    const char *text = found == NULL               ? "null"
                       : found->type == VALUE_BOOL ? (found->truth ? "true" : "false")
                       : found->type == VALUE_LIST ? "a list"
                       : found->type == VALUE_MAP  ? "a map"
                       : found->type == VALUE_NULL ? "null"
                                                   : found->text;
    char *end;
    const double wanted = strtod(check->text, &end);
    if (found != NULL && found->type == VALUE_NUMBER && *end == '\0')
        cr_expect(fabs(strtod(text, NULL) - wanted) <= 1e-9 * (1 + fabs(wanted)),
                  "%s: %s %s is %s, not %s", why, check->object ? check->object : "", check->path,
                  text, check->text);
    else
        cr_expect_str_eq(text, check->text, "%s: %s %s is %s, not %s", why,
                         check->object ? check->object : "", check->path, text, check->text);
    document_path_free(path);
    value_drop(document);
}

static void expect_story(const struct story *story, const char *then)
{
    char *yaml = scenario_of(story, then);
    struct scenario scenario;
    scenario_given(&scenario, yaml, "scenario");
    struct simulation *simulation = simulation_of(&scenario, (struct simulation_options){ 0 });
    simulation_advance(simulation, scenario.duration);
    struct value *summary = simulation_summary(simulation);
    char *why = mem_format("%s: %s", story->file, story->why);
    for (size_t i = 0; i < sizeof story->checks / sizeof *story->checks; i++)
        if (story->checks[i].path != NULL)
            expect_check(&story->checks[i], simulation_cluster(simulation), summary, why);
    free(why);
    value_drop(summary);
    simulation_free(simulation);
    scenario_close(&scenario);
    free(yaml);
}

#define EXPECT(stories)                                                                            \
    for (size_t i = 0; i < sizeof(stories) / sizeof *(stories); i++)                               \
    expect_story(&(stories)[i], "")

#define DEPLOYMENT "workloads[deployment/web]."

/* The condition of an experiment. */
#define CONDITION(type) "status.conditions[type=" type "].status"
#define RECORD(field)   "status.experiment.containerRecords[0]." field
#define FRONT           ", from: {labels: {app: front}}"
#define FAILED          "traffic[web].failed"
#define REASON(reason)  "traffic[web].reasons." reason
#define CAUSE           DEPLOYMENT "losses[0].cause"

Test(chaos_mesh, pods_are_killed_fail_and_restart)
{
    static const struct story stories[] = {
        { "the pod goes at 60.040; another is made at 60.050, bound at 60.061, runs at 61.061, and "
          "its "
          "readiness is asked at once: reported at 61.071, 1.031 s later. A third of the requests "
          "in "
          "flight, 5 / 3, is reset, and a third of those of the 10 ms until the slice is written "
          "is refused",
          "pod-kill.yaml",
          TRAFFIC(""),
          { { NULL, DEPLOYMENT "notReadyReplicaSeconds", "1.031" },
            { NULL, DEPLOYMENT "podsCreated", "1" },
            { NULL, CAUSE, "pod-chaos/default/pod-kill-example" },
            { NULL, FAILED, "2" },
            { "podchaos/pod-kill-example", CONDITION("AllInjected"), "True" },
            { "podchaos/pod-kill-example", CONDITION("AllRecovered"), "False" },
            { "podchaos/pod-kill-example", RECORD("phase"), "Injected" },
            { "podchaos/pod-kill-example", RECORD("events[0].timestamp"), "2026-01-01T00:01:00Z" },
            { "podchaos/pod-kill-example", "status.experiment.desiredPhase", "Run" } } },
        { "two pods get the pause image at 60.040 and 60.050; their containers stop within 1 s, "
          "which is "
          "reported 10 ms later. They have their images back at 90.020 and 90.030, 2 s later run, "
          "and are "
          "reported after 10 ms more: 92.030 - 61.050 = 30.98 s each, and two restarts each. From "
          "SIGTERM to "
          "the slice are refused (0.010 / 3 + 1.010 2 / 3 + 0.010 / 2) 100 = 68 1/6",
          "pod-failure.yaml",
          TRAFFIC(""),
          { { NULL, DEPLOYMENT "notReadyReplicaSeconds", "61.96" },
            { NULL, DEPLOYMENT "degradedSeconds", "30.99" },
            { NULL, DEPLOYMENT "restarts", "4" },
            { NULL, DEPLOYMENT "podsCreated", "0" },
            { NULL, REASON("refused"), "68.166666666667" },
            { NULL, FAILED, "68.166666666667" },
            { "podchaos/pod-failure-example", CONDITION("AllRecovered"), "True" },
            { "podchaos/pod-failure-example", RECORD("recoveredCount"), "1" },
            { "podchaos/pod-failure-example", "status.experiment.desiredPhase", "Stop" } } },
        { "67 % of three are two; killed at 60.030, reported 10 ms later, running again 1 s later, "
          "without "
          "back-off as the first time: 1 s each. 10 / 3 are reset, and 100 2 / 3 a second refused "
          "for 20 ms",
          "container-kill.yaml",
          TRAFFIC(""),
          { { NULL, DEPLOYMENT "notReadyReplicaSeconds", "2" },
            { NULL, DEPLOYMENT "restarts", "2" },
            { NULL, REASON("reset"), "3.3333333333333" },
            { NULL, REASON("refused"), "1.3333333333333" },
            { NULL, CAUSE, "pod-chaos/default/container-kill-example" },
            { "podchaos/container-kill-example", RECORD("injectedCount"), "1" },
            { "podchaos/container-kill-example", CONDITION("AllInjected"), "True" } } },
    };
    EXPECT(stories);
}

Test(chaos_mesh, networks_and_requests_are_disturbed)
{
    static const struct story stories[] = {
        { "a third of the requests of `front` for 9.98 s, and the 5 / 3 in flight",
          "network-partition.yaml",
          TRAFFIC(FRONT),
          { { NULL, REASON("timed-out"), "334.33333333333" },
            { NULL, FAILED, "334.33333333333" },
            { NULL, "traffic[web].losses[0].cause", "network-chaos/default/partition" },
            { NULL, DEPLOYMENT "notReadyReplicaSeconds", "0" },
            { "networkchaos/partition", RECORD("selectorKey"), "." },
            { "networkchaos/partition", "status.experiment.containerRecords[1].selectorKey",
              ".Target" },
            { "networkchaos/partition", "status.experiment.containerRecords[1].id",
              "default/front" } } },
        { "who comes from elsewhere is none of the target's",
          "network-partition.yaml",
          TRAFFIC(""),
          { { NULL, FAILED, "0" },
            { "networkchaos/partition", CONDITION("AllRecovered"), "True" } } },
        { "from everybody, the kubelet as well, which took the pod at 0.031 and asks every 5 s "
          "from then on: "
          "the attempts at 60.031, 65.031 and 70.031 fail, it is not ready at 70.041 and out of "
          "the Service at "
          "70.051. Recovered at 120.010, asked at 120.031, ready at 120.041. A third of 10.021 s, "
          "and 5 / 3",
          "network-partition-all.yaml",
          TRAFFIC(""),
          { { NULL, DEPLOYMENT "notReadyReplicaSeconds", "50" },
            { NULL, DEPLOYMENT "restarts", "0" },
            { NULL, FAILED, "335.7" },
            { NULL, CAUSE, "network-chaos/default/isolated" } } },
        { "960 ms + 50 ms are more than 1 s: a third of 9.98 s",
          "network-delay.yaml",
          TRAFFIC(""),
          { { NULL, REASON("timed-out"), "332.66666666667" },
            { NULL, FAILED, "332.66666666667" },
            { NULL, "traffic[web].losses[0].cause", "network-chaos/default/delay" } } },
        { "what `front` sends to one of three: as late",
          "network-delay-between.yaml",
          TRAFFIC(FRONT),
          { { NULL, REASON("timed-out"), "332.66666666667" },
            { NULL, FAILED, "332.66666666667" },
            { NULL, "traffic[web].losses[0].cause", "network-chaos/default/delay-to-web" } } },
        { "what `front` sends to anybody",
          "network-delay-of-clients.yaml",
          TRAFFIC(FRONT),
          { { NULL, REASON("timed-out"), "998" },
            { NULL, FAILED, "998" },
            { NULL, "traffic[web].losses[0].cause", "network-chaos/default/delay-front" } } },
        { "each answer is lost k times with 1 / 2^(k + 1), and late by 200 ms (2^k - 1): more than "
          "1 s with "
          "the 50 ms of the service from k = 3 on, 1 / 8 of 998",
          "network-loss.yaml",
          TRAFFIC(""),
          { { NULL, REASON("timed-out"), "124.75" },
            { NULL, FAILED, "124.75" },
            { NULL, "traffic[web].losses[0].cause", "network-chaos/default/loss" } } },
        { "all requests of 9.98 s are reset",
          "http-abort.yaml",
          TRAFFIC(""),
          { { NULL, REASON("reset"), "998" },
            { NULL, FAILED, "998" },
            { NULL, "traffic[web].losses[0].cause", "http-chaos/default/test-http-chaos" },
            { "httpchaos/test-http-chaos", CONDITION("AllRecovered"), "True" } } },
        { "half of a third of 998",
          "io-fault.yaml",
          TRAFFIC(""),
          { { NULL, REASON("reset"), "166.33333333333" },
            { NULL, "traffic[web].losses[0].cause", "io-chaos/default/io-fault-example" } } },
    };
    EXPECT(stories);
}

#define AUTOSCALER                                                                                 \
    "  objects:\n  - {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: "       \
    "{name: web}, "                                                                                \
    "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 3, "  \
    "maxReplicas: 10, metrics: [{type: Resource, resource: {name: cpu, target: {type: "            \
    "Utilization, averageUtilization: 50}}}]}}\n"

Test(chaos_mesh, containers_are_under_stress)
{
    static const struct story stories[] = {
        { "600 MB are more than the limit of 512 Mi: killed at once, reported at 60.040, and "
          "running again "
          "at 61.030, reported at 61.040. What was put under stress is gone with the process",
          "memory-stress.yaml",
          NULL,
          { { NULL, DEPLOYMENT "notReadyReplicaSeconds", "1" },
            { NULL, DEPLOYMENT "restarts", "1" },
            { NULL, CAUSE, "stress-chaos/default/memory-stress-example" },
            { "stresschaos/memory-stress-example", RECORD("phase"), "Not Injected" },
            { "stresschaos/memory-stress-example", RECORD("recoveredCount"), "1" } } },
        { "half a core of each pod, of which 14.97 s of 15 are measured at 75 s: 99.8 % of the "
          "request of "
          "500 m where 50 % are wanted: ceil(3 99.8 / 50) = 6 pods. The three new ones are idle: "
          "50 %",
          "cpu-stress.yaml",
          AUTOSCALER,
          { { NULL, "autoscalers[web].desiredReplicas", "6" },
            { NULL, "autoscalers[web].rescales", "1" },
            { NULL, DEPLOYMENT "wanted", "6" },
            { "stresschaos/burn-cpu", "status.experiment.containerRecords[2].phase",
              "Not Injected" } } },
    };
    EXPECT(stories);
}

#define INSTANCE                                                                                   \
    "  objects:\n  - {apiVersion: v1, kind: Node, metadata: {name: worker}, spec: {providerID: "   \
    "'aws:///us-east-2a/i-0abc'}, status: {capacity: {cpu: 8, memory: 32Gi, pods: 110}, "          \
    "allocatable: {cpu: 8, memory: 32Gi, pods: 110}}}\n"

Test(chaos_mesh, nodes_are_stopped_restarted_and_cut_off)
{
    static const struct story stories[] = {
        { "without power from 60.030 to 80.010, which is too short to be missed: a third of 19.98 "
          "s, and 5 / "
          "3 in flight. The kubelet finds its container dead and says so at 80.020; refused for 20 "
          "ms until "
          "the slice is written; running again at 81.010, reported at 81.020",
          "gcp-node-stop.yaml",
          TRAFFIC(""),
          { { NULL, REASON("timed-out"), "667.66666666667" },
            { NULL, REASON("refused"), "0.66666666667" },
            { NULL, DEPLOYMENT "notReadyReplicaSeconds", "1" },
            { NULL, DEPLOYMENT "restarts", "1" },
            { NULL, CAUSE, "gcp-chaos/default/node-stop-example" },
            { "gcpchaos/node-stop-example", CONDITION("AllRecovered"), "True" } } },
        { "the node of this providerID is off for 30 s, until 90.030: its pod is found dead at "
          "90.040, ready "
          "at 91.040. Restarted, it is injected for good",
          "aws-ec2-restart.yaml",
          INSTANCE,
          { { NULL, DEPLOYMENT "notReadyReplicaSeconds", "1" },
            { NULL, DEPLOYMENT "restarts", "1" },
            { NULL, CAUSE, "aws-chaos/default/ec2-restart-example" },
            { "awschaos/ec2-restart-example", RECORD("phase"), "Injected" },
            { "awschaos/ec2-restart-example", RECORD("id"),
              "{\"awsRegion\":\"us-east-2\",\"ec2Instance\":\"i-0abc\"}" } } },
        { "cut off from 60.030 to 80.010: a third of 19.98 s, and 5 / 3 in flight; its containers "
          "run on",
          "physical-machine.yaml",
          TRAFFIC(""),
          { { NULL, REASON("timed-out"), "667.66666666667" },
            { NULL, FAILED, "667.66666666667" },
            { NULL, DEPLOYMENT "notReadyReplicaSeconds", "0" },
            { NULL, "traffic[web].losses[0].cause",
              "physical-machine-chaos/default/physical-network-down" } } },
    };
    EXPECT(stories);
}

Test(chaos_mesh, experiments_are_scheduled_and_walked_through)
{
    static const struct story stories[] = {
        { "at 120, 180 and 240 s an experiment is made, 10 ms later than one by hand; a fourth at "
          "300 s, when "
          "the run ends. Two are kept. All are told under the Schedule's name",
          "schedule.yaml",
          NULL,
          { { NULL, DEPLOYMENT "notReadyReplicaSeconds", "3.093" },
            { NULL, DEPLOYMENT "podsCreated", "3" },
            { NULL, DEPLOYMENT "losses[2].cause", "pod-chaos/default/schedule-pod-kill-example" },
            { NULL, DEPLOYMENT "causes[0].roots", "3" },
            { "schedule/schedule-pod-kill-example", "status.time", "2026-01-01T00:05:00Z" },
            { "schedule/schedule-pod-kill-example", "status.active[1].kind", "PodChaos" },
            { "schedule/schedule-pod-kill-example", "status.active[2]", "null" } } },
        { "the check has two successes 6 s after its start, at 66.010; the suspension that is made "
          "at 66.030 "
          "ends 10 s after its whole second, at 76; the experiment made at 76.050 gives its three "
          "pods the "
          "pause image from 76.090 on, 10 ms apart, and is deleted at 96.010, its node's deadline. "
          "They are "
          "not ready from 77.100 and back at 98.040: 20.94 s each; all are away from 77.120 to "
          "98.040",
          "workflow.yaml",
          NULL,
          { { NULL, DEPLOYMENT "notReadyReplicaSeconds", "62.82" },
            { NULL, DEPLOYMENT "downtimeSeconds", "20.92" },
            { NULL, CAUSE, "pod-chaos/default/try-workflow-serial" },
            { "workflow/try-workflow-serial", CONDITION("Accomplished"), "True" },
            { "workflow/try-workflow-serial", "status.startTime", "2026-01-01T00:01:00Z" },
            { "workflow/try-workflow-serial", "status.endTime", "2026-01-01T00:01:36Z" } } },
        { "clocks are not simulated: accepted, injected, and nothing comes of it",
          "time.yaml",
          TRAFFIC(""),
          { { NULL, FAILED, "0" },
            { NULL, DEPLOYMENT "notReadyReplicaSeconds", "0" },
            { "timechaos/time-shift-example", CONDITION("Selected"), "True" },
            { "timechaos/time-shift-example", RECORD("injectedCount"), "1" },
            { "timechaos/time-shift-example", CONDITION("AllRecovered"), "True" } } },
    };
    EXPECT(stories);
}

Test(chaos_mesh, experiments_are_paused_and_deleted_by_hand)
{
    static const struct story story = {
        "paused at 62 s: Stop at 62.010, the condition Paused at 62.020, when it recovers; resumed "
        "at 64 s, "
        "injected again at 64.020; deleted at 65 s, recovered at 65.010 and gone. A third of 1.99 "
        "s and of "
        "0.99 s, and 5 / 3 in flight twice",
        "network-partition.yaml",
        TRAFFIC(FRONT),
        { { NULL, REASON("timed-out"), "102.66666666667" },
          { NULL, FAILED, "102.66666666667" },
          { "networkchaos/partition", "metadata.name", "null" } },
    };
    expect_story(&story, "  - {at: 62s, annotate: {target: networkchaos/partition, annotations: "
                         "{experiment.chaos-mesh.org/pause: 'true'}}}\n"
                         "  - {at: 64s, annotate: {target: networkchaos/partition, annotations: "
                         "{experiment.chaos-mesh.org/pause: null}}}\n"
                         "  - {at: 65s, delete: networkchaos/partition}\n");
}

/* ---- luck, and documents that are refused ---- */

static char *killed_pods(uint64_t seed, const char *more)
{
    struct story story = { "luck", "pod-failure.yaml", more, { { 0 } } };
    struct scenario scenario;
    char *yaml = scenario_of(&story, ""), *records;
    scenario_given(&scenario, yaml, "scenario");
    scenario.seed = seed;
    struct simulation *simulation = simulation_of(&scenario, (struct simulation_options){ 0 });
    simulation_advance(simulation, 61 * SIM_SECOND);
    struct value *document =
        document_of(simulation_cluster(simulation), "podchaos/pod-failure-example");
    const struct value *list =
        value_path(document, "status", "experiment", "containerRecords", NULL);
    cr_assert_eq(list->count, 2);
    records = mem_format("%s %s", value_text(value_get(list->items[0], "id"), ""),
                         value_text(value_get(list->items[1], "id"), ""));
    value_drop(document);
    simulation_free(simulation);
    scenario_close(&scenario);
    free(yaml);
    return records;
}

Test(chaos_mesh, the_same_seed_means_the_same_pods_whatever_else_there_is)
{
    bool any_other = false;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        char *alone = killed_pods(seed, NULL);
        char *beside =
            killed_pods(seed, "  failures: [{kind: container-crash, pods: app=front, at: 50s}]\n");
        char *next = killed_pods(seed + 1, NULL);
        cr_expect_str_eq(alone, beside);
        any_other |= strcmp(alone, next) != 0;
        free(alone);
        free(beside);
        free(next);
    }
    cr_expect(any_other, "five seeds chose the same pods");
}

#define CHAOS(kind, spec)                                                                          \
    "apiVersion: chaos-mesh.org/v1alpha1\nkind: " kind                                             \
    "\nmetadata: {name: x}\nspec:\n  mode: all\n"                                                  \
    "  selector: {labelSelectors: {app: web}}\n" spec

Test(chaos_mesh, what_a_webhook_refuses_is_a_fault_at_its_place)
{
    static const struct {
        const char *why, *yaml;
        int line, column;
        const char *text;
    } rows[] = {
        { "no such action", CHAOS("PodChaos", "  action: pod-die\n"), 7, 11,
          "spec.action: Unsupported value: \"pod-die\"" },
        { "no duration", CHAOS("PodChaos", "  action: pod-failure\n  duration: 30x\n"), 8, 13,
          "spec.duration: Invalid value: \"30x\"" },
        { "days are none of Go's units",
          CHAOS("PodChaos", "  action: pod-failure\n  duration: 1d\n"), 8, 13,
          "spec.duration: Invalid value: \"1d\"" },
        { "whose container", CHAOS("PodChaos", "  action: container-kill\n"), 7, 11,
          "the name of container is empty on container-kill action" },
        { "a share is at most all",
          CHAOS("NetworkChaos", "  action: loss\n  loss: {loss: '101'}\n"), 8, 16,
          "spec.loss.loss: Invalid value: \"101\": must be between 0 and 100" },
        { "a share is a number", CHAOS("NetworkChaos", "  action: loss\n  loss: {loss: much}\n"), 8,
          16, "spec.loss.loss: Invalid value: \"much\"" },
        { "memory of no unit",
          CHAOS("StressChaos", "  stressors: {memory: {workers: 1, size: 5 apples}}\n"), 7, 42,
          "spec.stressors.memory.size: Invalid value: \"5 apples\"" },
        { "nothing to stress", CHAOS("StressChaos", ""), 6, 0, "missing stressors" },
        { "ports are small numbers",
          CHAOS("HTTPChaos", "  target: Request\n  port: 70000\n  abort: true\n"), 8, 9,
          "spec.port: Invalid value: 70000" },
        { "no cron expression",
          "apiVersion: chaos-mesh.org/v1alpha1\nkind: Schedule\nmetadata: {name: x}\nspec:\n"
          "  schedule: every day\n  type: PodChaos\n  podChaos: {action: pod-kill, mode: one, "
          "selector: {}}\n",
          5, 13, "spec.schedule: Invalid value: \"every day\"" },
        { "within a Schedule",
          "apiVersion: chaos-mesh.org/v1alpha1\nkind: Schedule\nmetadata: {name: x}\nspec:\n"
          "  schedule: '@every 5s'\n  type: PodChaos\n"
          "  podChaos: {action: pod-kill, mode: fixed, value: none, selector: {}}\n",
          7, 52, "spec.podChaos.value: Invalid value: \"none\"" },
        { "a template that is not there",
          "apiVersion: chaos-mesh.org/v1alpha1\nkind: Workflow\nmetadata: {name: x}\nspec:\n"
          "  entry: start\n  templates:\n  - {name: start, templateType: Serial, children: "
          "[end]}\n",
          7, 52, "spec.templates[0].children[0]: Invalid value: \"end\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *yaml = mem_format("%s---\n%s", HEAD, rows[i].yaml);
        const int before = 9; /* lines of the head, and of the three dashes */
        struct scenario scenario;
        struct error_list faults = { 0 }, warnings = { 0 };
        scenario_given(&scenario, yaml, "scenario");
        struct simulation *simulation =
            simulation_new(&scenario, (struct simulation_options){ 0 }, &faults, &warnings);
        cr_expect_null(simulation, "%s", rows[i].why);
        cr_assert_eq(faults.count, 1, "%s: %zu faults", rows[i].why, faults.count);
        cr_expect(strstr(faults.items[0].text, rows[i].text) != NULL, "%s: %s", rows[i].why,
                  faults.items[0].text);
        if (rows[i].column > 0) {
            cr_expect_eq((int)faults.items[0].at.line, rows[i].line + before, "%s: line %d",
                         rows[i].why, (int)faults.items[0].at.line - before);
            cr_expect_eq((int)faults.items[0].at.column, rows[i].column, "%s: column %d",
                         rows[i].why, (int)faults.items[0].at.column);
        }
        error_list_close(&faults);
        error_list_close(&warnings);
        simulation_free(simulation);
        scenario_close(&scenario);
        free(yaml);
    }
}

Test(chaos_mesh, numbers_may_be_texts_and_what_has_no_effect_is_told)
{
    static const struct {
        const char *yaml, *warning;
    } rows[] = {
        { CHAOS("PodChaos", "  action: pod-kill\n"), NULL },
        { CHAOS("NetworkChaos", "  action: loss\n  loss: {loss: 12.5, correlation: 0}\n"), NULL },
        { CHAOS("NetworkChaos", "  action: loss\n  loss: {loss: '12.5', correlation: '25'}\n"),
          "loss.correlation has no effect here" },
        { CHAOS(
              "NetworkChaos",
              "  action: bandwidth\n  bandwidth: {rate: 1mbps, limit: 20971520, buffer: 10000}\n"),
          "bandwidth has no effect here" },
        { CHAOS("DNSChaos", "  action: error\n  patterns: [google.com]\n"),
          "a DNSChaos has no effect here" },
        { CHAOS("TimeChaos", "  timeOffset: '-10m'\n"), "this has no effect here" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *yaml = mem_format("%s---\n%s", HEAD, rows[i].yaml);
        struct scenario scenario;
        struct error_list faults = { 0 }, warnings = { 0 };
        scenario_given(&scenario, yaml, "scenario");
        struct simulation *simulation =
            simulation_new(&scenario, (struct simulation_options){ 0 }, &faults, &warnings);
        bool told = false;
        cr_expect_eq(faults.count, 0, "%s: %s", rows[i].yaml,
                     faults.count > 0 ? faults.items[0].text : "");
        for (size_t k = 0; k < warnings.count && rows[i].warning != NULL; k++)
            told |= strstr(warnings.items[k].text, rows[i].warning) != NULL;
        cr_expect(rows[i].warning != NULL ? told : warnings.count == 0, "%s", rows[i].yaml);
        error_list_close(&faults);
        error_list_close(&warnings);
        simulation_free(simulation);
        scenario_close(&scenario);
        free(yaml);
    }
}

/* ---- scenarios ---- */

static void expect_scenario(const char *path)
{
    char verb[] = "run", *copy = mem_text(path, strlen(path)), *argv[] = { verb, copy, NULL };
    struct inputs inputs;
    struct command_line *line = command_line_read(command_find(verb), 2, argv);
    cr_assert(line != NULL && inputs_read(&inputs, line), "%s cannot be read", path);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        inputs.scenario.seed = seed;
        struct simulation *simulation =
            simulation_of(&inputs.scenario, (struct simulation_options){ 0 });
        simulation_advance(simulation, inputs.scenario.duration);
        struct value *summary = simulation_summary(simulation);
        expect_held(summary);
        value_drop(summary);
        simulation_free(simulation);
    }
    inputs_close(&inputs);
    command_line_free(line);
    free(copy);
}

Test(chaos_mesh, what_its_scenarios_expect_holds_with_any_of_five_seeds)
{
    static const char *const patterns[] = { "scenarios/chaos/*/scenario.yaml",
                                            "scenarios/chaos/*/what_if_*.yaml" };
    glob_t found = { 0 };
    for (int i = 0; i < 2; i++)
        cr_assert_eq(glob(patterns[i], i > 0 ? GLOB_APPEND : 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        expect_scenario(found.gl_pathv[i]);
    cr_expect_geq(found.gl_pathc, 5);
    globfree(&found);
}
