/* From admission to deletion: pods on one node, with times worked out by hand. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "models/api/pod.h"
#include "tests/support/kubelet_stories.h"

#define WEB    "pod/default/web"
#define STATE  "status.containerStatuses.0.state"
#define LAST   "status.containerStatuses.0.lastState"
#define COUNT  "status.containerStatuses.0.restartCount"
#define REASON "status.containerStatuses.0.state.waiting.reason"

/* The kubelet's own writes: what happened to pods after they were made. */
static void expect_pods(struct world *w, const char *text)
{
    expect_trace(w, "pod/", text);
}

/* --- start ----------------------------------------------------------------------------- */

Test(pod_lifecycle, a_plain_pod_costs_one_write)
{
    struct world *w = given_nodes(NODE("n0") POD("web", ONE("")), "");
    until(w, 100);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch Running, ready\n");
    expect_field(w, WEB, STATE, "{\"running\":{\"startedAt\":\"1970-01-01T00:00:01Z\"}}");
    expect_field(w, WEB, "status.startTime", "1970-01-01T00:00:00Z");
    expect_field(w, WEB, "status.podIP", "10.0.0.2");
    done(w);
}

Test(pod_lifecycle, a_run_that_ends_costs_another)
{
    struct world *w =
        given_nodes(NODE("n0") RUNNING_FOR("web", "600.5s", ONE("") ", restartPolicy: Never"), "");
    until(w, 1000);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch Running, ready\n"
                   " 601.500 pod/default/web patch Succeeded, not ready\n");
    expect_field(w, WEB, "status.containerStatuses.0.state.terminated.reason", "Completed");
    expect_field(w, WEB, "status.conditions.0.status", "False");
    expect_field(w, WEB, "status.conditions.1.reason", "PodCompleted");
    expect_field(w, WEB, "status.conditions.2.reason", "PodCompleted");
    done(w);
}

Test(pod_lifecycle, an_annotation_says_how_a_run_ends)
{
    struct world *w = given_nodes(
        NODE(
            "n0") "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, annotations: "
                  "{seatrial.dev/run-time: 1m, seatrial.dev/exit-code: '7'}}, spec: {nodeName: n0, "
                  "restartPolicy: Never, " ONE("") "}}\n",
        "");
    until(w, 100);
    expect_field(w, WEB, "status.phase", "Failed");
    expect_field(w, WEB, "status.containerStatuses.0.state.terminated.exitCode", "7");
    expect_field(w, WEB, "status.containerStatuses.0.state.terminated.finishedAt",
                 "1970-01-01T00:01:01Z");
    expect_field(w, WEB, "status.conditions.2.reason", "PodFailed");
    done(w);
}

Test(pod_lifecycle, images_are_pulled_one_after_the_other_and_once)
{
    /* 100 MB at 50 MB/s: app:1 from 1 to 3 for both pods, app:2 from 3 to 5. */
    struct world *w = given_nodes(IMAGE("app:1", "sizeBytes: 100000000")
                                      IMAGE("app:2", "sizeBytes: 100000000") NODE("n0"),
                                  "");
    create(w, POD("web", ONE("")) POD("again", ONE(""))
                  POD("other", "containers: [{name: c, image: 'app:2'}]"));
    until(w, 1.5);
    expect_field(w, WEB, REASON, "ContainerCreating");
    expect_field(w, WEB, "status.conditions.0.status", "True");
    expect_field(w, WEB, "status.conditions.2.message", "containers with unready status: [c]");
    until(w, 10);
    expect_trace(w, "pod/default/web",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch\n"
                 "   3.000 pod/default/web patch Running, ready\n");
    expect_trace(w, "pod/default/again",
                 "   0.000 pod/default/again create\n"
                 "   1.000 pod/default/again patch\n"
                 "   3.000 pod/default/again patch Running, ready\n");
    expect_trace(w, "pod/default/other",
                 "   0.000 pod/default/other create\n"
                 "   1.000 pod/default/other patch\n"
                 "   5.000 pod/default/other patch Running, ready\n");
    done(w);
}

Test(pod_lifecycle, an_image_that_cannot_be_pulled_is_tried_again_with_back_off)
{
    struct world *w =
        given_nodes(IMAGE("app:1", "pullFails: true") NODE("n0") POD("web", ONE("")), "");
    until(w, 1000);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch ImagePullBackOff\n");
    expect_field(w, WEB, "status.phase", "Pending");
    expect_field(w, WEB, STATE,
                 "{\"waiting\":{\"message\":\"Back-off pulling image \\\"app:1\\\"\","
                 "\"reason\":\"ImagePullBackOff\"}}");
    done(w);
}

Test(pod_lifecycle, an_image_that_must_not_be_pulled_is_missed)
{
    struct world *w = given_nodes(NODE("n0") POD("web", ONE(", imagePullPolicy: Never")), "");
    until(w, 1000);
    expect_field(w, WEB, REASON, "ErrImageNeverPull");
    done(w);
}

/* --- init containers and sidecars ------------------------------------------------------ */

#define INIT                                                                                       \
    "initContainers: [{name: first, image: 'app:1'}, {name: side, image: 'app:1', "                \
    "restartPolicy: Always}], "

Test(pod_lifecycle, init_containers_run_in_order_and_sidecars_go_on)
{
    /* sandbox 1; first runs 1 to 3; side is created by 4, c by 5. */
    struct world *w = given_nodes(NODE("n0") POD("web", INIT ONE("")), "");
    until(w, 3.5);
    expect_field(w, WEB, REASON, "PodInitializing");
    expect_field(w, WEB, "status.conditions.1.message",
                 "containers with incomplete status: [first side]");
    until(w, 100);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch\n"
                   "   5.000 pod/default/web patch Running, ready\n");
    expect_field(w, WEB, "status.initContainerStatuses.0.state.terminated.finishedAt",
                 "1970-01-01T00:00:03Z");
    expect_field(w, WEB, "status.initContainerStatuses.1.state.running.startedAt",
                 "1970-01-01T00:00:04Z");
    done(w);
}

Test(pod_lifecycle, a_failed_init_container_fails_a_pod_that_never_restarts)
{
    struct world *w = given_nodes(
        IMAGE("bad:1", "startProbability: 0") NODE("n0")
            POD("web",
                "restartPolicy: Never, initContainers: [{name: first, image: 'bad:1'}], " ONE("")),
        "");
    until(w, 100);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch Failed\n");
    expect_field(w, WEB, REASON, "PodInitializing");
    expect_field(w, WEB, "status.initContainerStatuses.0.state.terminated.exitCode", "1");
    done(w);
}

Test(pod_lifecycle, sidecars_end_with_the_containers_they_serve)
{
    /* c runs from 4 to 14; the sidecar is stopped then, which takes 3. */
    struct world *w = given_nodes(
        NODE("n0") RUNNING_FOR("web", "10s",
                               "restartPolicy: Never, initContainers: [{name: side, image: "
                               "'app:1', restartPolicy: Always}], " ONE("")),
        "");
    until(w, 100);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   2.000 pod/default/web patch Running, ready\n"
                   "  12.000 pod/default/web patch not ready\n"
                   "  15.000 pod/default/web patch Succeeded\n");
    done(w);
}

/* --- restarts -------------------------------------------------------------------------- */

Test(pod_lifecycle, a_crashing_container_is_restarted_with_back_off)
{
    /* It fails as it starts: at 1, at once again at 2, then after 10 s (and 1 s of creation) at
     * 13, after 20 s at 34, after 40 s at 75. */
    struct world *w =
        given_nodes(IMAGE("app:1", "startProbability: 0") NODE("n0") POD("web", ONE("")), "");
    until(w, 1.5);
    expect_field(w, WEB, "status.containerStatuses.0.state.terminated.exitCode", "1");
    until(w, 12.5);
    expect_field(w, WEB, "status.phase", "Running");
    expect_field(w, WEB, REASON, "CrashLoopBackOff");
    expect_field(w, WEB, COUNT, "1");
    expect_field(w, WEB, LAST ".terminated.reason", "Error");
    expect_field(w, WEB, LAST ".terminated.finishedAt", "1970-01-01T00:00:02Z");
    until(w, 80);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch Running, exit code 1\n"
                   "   2.000 pod/default/web patch restart 1, CrashLoopBackOff\n"
                   "  13.000 pod/default/web patch restart 2\n"
                   "  34.000 pod/default/web patch restart 3\n"
                   "  75.000 pod/default/web patch restart 4\n");
    struct value *pod = cluster_print(w->cluster, find(w, WEB));
    const struct value *state =
        value_path(value_at(value_path(pod, "status", "containerStatuses", NULL), 0), "state",
                   "waiting", NULL);
    const char *message = value_text(value_get(state, "message"), "");
    const char *begin = "back-off 1m20s restarting failed container=c pod=web_default(";
    cr_expect_eq(strncmp(message, begin, strlen(begin)), 0, "%s", message);
    value_drop(pod);
    done(w);
}

Test(pod_lifecycle, on_failure_restarts_failures_only)
{
    struct world *w = given_nodes(
        IMAGE("bad:1", "runTime: 5s, exitCode: 3") IMAGE("app:1", "runTime: 5s") NODE("n0")
            POD("web", "restartPolicy: OnFailure, " ONE(""))
                POD("bad", "restartPolicy: OnFailure, containers: [{name: c, image: 'bad:1'}]"),
        "");
    until(w, 8);
    expect_trace(w, "pod/default/web",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch Running, ready\n"
                 "   6.000 pod/default/web patch Succeeded, not ready\n");
    expect_trace(w, "pod/default/bad",
                 "   0.000 pod/default/bad create\n"
                 "   1.000 pod/default/bad patch Running, ready\n"
                 "   6.000 pod/default/bad patch not ready, exit code 3\n"
                 "   7.000 pod/default/bad patch ready, restart 1\n");
    done(w);
}

/* --- probes ---------------------------------------------------------------------------- */

Test(pod_lifecycle, probes_tick_from_admission)
{
    /* It answers from 3 on; readiness ticks at 0, 10, ... */
    struct world *w = given_nodes(
        NODE("n0") POD("web", ONE(", readinessProbe: {periodSeconds: 10, tcpSocket: {port: 80}}")),
        "");
    until(w, 100);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch Running\n"
                   "  10.000 pod/default/web patch ready\n");
    done(w);
}

Test(pod_lifecycle, a_container_that_fails_its_liveness_probe_is_stopped_and_restarted)
{
    /* Ticks at 10, 20 and 30 fail; stopping takes 3, starting again 1. The next one fails at 40,
     * 50, 60, stops at 63, and waits 10 s. */
    struct world *w = given_nodes(
        IMAGE("app:1", "neverReady: true") NODE("n0")
            POD("web", ONE(", livenessProbe: {periodSeconds: 10, tcpSocket: {port: 80}}")),
        "");
    until(w, 40);
    expect_field(w, WEB, LAST ".terminated.exitCode", "143");
    until(w, 76);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch Running\n"
                   "  33.000 pod/default/web patch exit code 143\n"
                   "  34.000 pod/default/web patch restart 1\n"
                   "  63.000 pod/default/web patch CrashLoopBackOff\n"
                   "  74.000 pod/default/web patch restart 2\n");
    done(w);
}

/* --- the end --------------------------------------------------------------------------- */

static void expect_deletion_at_10(const char *manifests, const char *text)
{
    struct world *w = given_nodes(manifests, "");
    until(w, 10);
    delete_object(w, WEB, PROPAGATE_BACKGROUND);
    until(w, 100);
    expect_pods(w, text);
    done(w);
}

Test(pod_lifecycle, a_deleted_pod_stops_and_goes)
{
    expect_deletion_at_10(NODE("n0") POD("web", ONE("")),
                          "   0.000 pod/default/web create\n"
                          "   1.000 pod/default/web patch Running, ready\n"
                          "  10.000 pod/default/web delete grace 30s\n"
                          "  13.000 pod/default/web patch Failed, not ready\n"
                          "  13.000 pod/default/web remove\n");
}

Test(pod_lifecycle, pre_stop_hooks_come_first)
{
    expect_deletion_at_10(NODE("n0")
                              POD("web", ONE(", lifecycle: {preStop: {sleep: {seconds: 4}}}")),
                          "   0.000 pod/default/web create\n"
                          "   1.000 pod/default/web patch Running, ready\n"
                          "  10.000 pod/default/web delete grace 30s\n"
                          "  17.000 pod/default/web patch Failed, not ready\n"
                          "  17.000 pod/default/web remove\n");
}

Test(pod_lifecycle, sidecars_stop_last)
{
    expect_deletion_at_10(
        NODE("n0") POD("web", "initContainers: [{name: side, image: 'app:1', restartPolicy: "
                              "Always}], " ONE("")),
        "   0.000 pod/default/web create\n"
        "   2.000 pod/default/web patch Running, ready\n"
        "  10.000 pod/default/web delete grace 30s\n"
        "  13.000 pod/default/web patch not ready, exit code 143\n"
        "  16.000 pod/default/web patch Failed\n"
        "  16.000 pod/default/web remove\n");
}

Test(pod_lifecycle, a_process_that_does_not_heed_sigterm_is_killed)
{
    struct world *w = given_nodes(NODE("n0") POD("web", ONE("")), "");
    set_time(&w->cluster->settings.container_stop, 60);
    until(w, 10);
    delete_object(w, WEB, PROPAGATE_BACKGROUND);
    until(w, 39.9);
    expect_field(w, WEB, "status.phase", "Running");
    until(w, 100);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch Running, ready\n"
                   "  10.000 pod/default/web delete grace 30s\n"
                   "  40.000 pod/default/web patch Failed, not ready\n"
                   "  40.000 pod/default/web remove\n");
    done(w);
}

Test(pod_lifecycle, active_deadline_seconds_end_a_pod)
{
    struct world *w = given_nodes(
        NODE("n0") POD("web", "restartPolicy: Never, activeDeadlineSeconds: 20, " ONE("")), "");
    until(w, 100);
    expect_pods(w, "   0.000 pod/default/web create\n"
                   "   1.000 pod/default/web patch Running, ready\n"
                   "  23.000 pod/default/web patch Failed, not ready\n");
    expect_field(w, WEB, "status.reason", "DeadlineExceeded");
    done(w);
}

static bool fail_pod(struct object *object, void *context)
{
    (void)context;
    ((struct pod *)object)->phase = POD_FAILED;
    return true;
}

Test(pod_lifecycle, a_pod_that_somebody_else_failed_is_stopped)
{
    struct world *w =
        given_nodes(NODE("n0") POD("first", ONE(", resources: {requests: {cpu: '3'}}")), "");
    until(w, 10);
    client_begin(w->user, (struct cause){ 0 });
    client_patch(w->user, key_of(w, "pod/default/first"), fail_pod, NULL, NULL);
    until(w, 12.9);
    create(w, POD("early", ONE(", resources: {requests: {cpu: '3'}}")));
    until(w, 13);
    create(w, POD("late", ONE(", resources: {requests: {cpu: '3'}}")));
    until(w, 20);
    expect_field(w, "pod/default/early", "status.reason", "OutOfcpu");
    expect_field(w, "pod/default/late", "status.phase", "Running");
    done(w);
}

/* --- admission ------------------------------------------------------------------------- */

Test(pod_lifecycle, a_node_refuses_what_it_has_no_room_for)
{
    struct world *w =
        given_nodes(NODE("n0") POD("first", ONE(", resources: {requests: {cpu: '3'}}"))
                        POD("web", ONE(", resources: {requests: {cpu: 1500m}}")),
                    "");
    until(w, 10);
    expect_field(w, WEB, "status.phase", "Failed");
    expect_field(w, WEB, "status.reason", "OutOfcpu");
    expect_field(w, WEB, "status.message",
                 "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: "
                 "3000, capacity: 4000");
    done(w);
}

Test(pod_lifecycle, a_node_refuses_a_pod_that_wants_another)
{
    struct world *w = given_nodes(NODE("n0") POD("web", "nodeSelector: {disk: ssd}, " ONE("")), "");
    until(w, 10);
    expect_field(w, WEB, "status.reason", "NodeAffinity");
    expect_field(w, WEB, "status.message",
                 "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node "
                 "affinity/selector");
    done(w);
}

/* "1.0 starts, listens 3.0" and so on: what a pod's processes do, as it was told. */
struct told {
    struct run *run;
    char text[500];
};

static void hear(void *self, const struct process_event *event)
{
    static const char *const words[] = { "starts, listens", "stops, SIGTERM", "ends" };
    struct told *told = self;
    const size_t length = strlen(told->text);
    snprintf(told->text + length, sizeof told->text - length, "%.0f container %zu %s %.0f\n",
             sim_time_to_seconds(run_now(told->run)), event->container, words[event->change],
             sim_time_to_seconds(event->at));
}

Test(pod_lifecycle, what_processes_do_is_told_to_who_listens)
{
    struct world *w = given_nodes(
        NODE("n0") POD("web", ONE(", lifecycle: {preStop: {exec: {command: [sleep, '4']}}}")), "");
    struct told told = { .run = w->run };
    w->cluster->hear_process = hear;
    w->cluster->process_listener = &told;
    set_time(&w->cluster->settings.container_ready, 2);
    until(w, 10);
    delete_object(w, "pod/default/web", PROPAGATE_DEFAULT);
    until(w, 30);
    /* Stopping takes three seconds, once the hook is over. */
    cr_expect_str_eq(told.text, "1 container 0 starts, listens 3\n"
                                "10 container 0 stops, SIGTERM 14\n"
                                "17 container 0 ends 17\n");
    done(w);
}
