/* Nodes: heartbeats, loss of power and of network, faults; by hand. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/event.h"
#include "models/api/machine.h"
#include "sim/base/writer.h"
#include "tests/support/kubelet_stories.h"

#define WEB "pod/default/web"

static const struct lease *lease_of(struct world *w, const char *node)
{
    char name[64];
    snprintf(name, sizeof name, "lease/kube-node-lease/%s", node);
    return (const struct lease *)find(w, name);
}

static double renewed(struct world *w, double at)
{
    until(w, at);
    return sim_time_to_seconds(lease_renew_time(lease_of(w, "n0"), run_now(w->run)));
}

Test(kubelet_node, renews_its_lease_every_ten_seconds_without_a_write)
{
    struct world *w = given_nodes(NODE("n0"), "");
    cr_expect_eq(renewed(w, 9.9), 0);
    cr_expect_eq(renewed(w, 10), 10);
    cr_expect_eq(renewed(w, 9999), 9990);
    expect_trace(w, "lease/", "   0.000 lease/kube-node-lease/n0 create\n");
    done(w);
}

Test(kubelet_node, reports_ready_when_it_starts)
{
    struct world *w = given_nodes(NODE("n0"), "");
    until(w, 1);
    expect_trace(w, "node/",
                 "   0.000 node/n0 create\n"
                 "   0.000 node/n0 patch Ready=True KubeletReady\n");
    expect_field(w, "node/n0", "status.conditions.3.message", "kubelet is posting ready status");
    expect_field(w, "node/n0", "metadata.labels",
                 "{\"kubernetes.io/arch\":\"amd64\",\"kubernetes.io/hostname\":\"n0\","
                 "\"kubernetes.io/os\":\"linux\"}");
    done(w);
}

Test(kubelet_node, without_power_everything_stops_until_it_is_back)
{
    struct world *w = given_nodes(NODE("n0") POD("web", ONE("")), "");
    until(w, 25);
    fail(w, "node-crash", "n0");
    cr_expect_eq(renewed(w, 300), 20, "the last renewal before the crash");
    restore(w, "node-crash", "n0");
    cr_expect_eq(renewed(w, 311), 310, "renewed again from when it is back");
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch Running, ready\n"
                 " 300.000 pod/default/web patch not ready, exit code 255\n"
                 " 301.000 pod/default/web patch ready, restart 1\n");
    expect_field(w, WEB, "status.containerStatuses.0.lastState.terminated.reason", "Unknown");
    expect_field(w, WEB, "status.containerStatuses.0.lastState.terminated.exitCode", "255");
    expect_field(w, WEB, "status.startTime", "1970-01-01T00:00:00Z");
    done(w);
}

Test(kubelet_node, what_was_deleted_while_it_was_down_is_finished_when_it_is_back)
{
    struct world *w = given_nodes(NODE("n0") POD("web", ONE("")), "");
    until(w, 20);
    fail(w, "node-crash", "n0");
    until(w, 30);
    delete_object(w, WEB, PROPAGATE_BACKGROUND);
    create(w, POD("late", ONE("")));
    until(w, 100);
    restore(w, "node-crash", "n0");
    until(w, 200);
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch Running, ready\n"
                 "  30.000 pod/default/web delete grace 30s\n"
                 "  30.000 pod/default/late create\n"
                 " 100.000 pod/default/web patch Failed, not ready\n"
                 " 100.000 pod/default/web remove\n"
                 " 101.000 pod/default/late patch Running, ready\n");
    done(w);
}

Test(kubelet_node, without_a_network_containers_run_on_and_are_reported_later)
{
    struct world *w =
        given_nodes(NODE("n0") RUNNING_FOR("web", "50s", "restartPolicy: Never, " ONE("")), "");
    plan(w, "{kind: node-crash, nodes: n0, network: true, at: 20s, lasts: 80s}");
    until(w, 200);
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch Running, ready\n"
                 " 100.000 pod/default/web patch Succeeded, not ready\n");
    expect_field(w, WEB, "status.containerStatuses.0.state.terminated.finishedAt",
                 "1970-01-01T00:00:51Z");
    done(w);
}

Test(kubelet_node, a_fault_kills_one_container)
{
    struct world *w = given_nodes(NODE("n0") POD("web", ONE("")), "");
    plan(w, "{kind: container-crash, pods: '', exitCode: 137, at: 20s}");
    until(w, 50);
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch Running, ready\n"
                 "  20.000 pod/default/web patch not ready, exit code 137\n"
                 "  21.000 pod/default/web patch ready, restart 1\n");
    expect_field(w, WEB, "status.containerStatuses.0.lastState.terminated.reason", "OOMKilled");
    done(w);
}

Test(kubelet_node, two_faults_at_one_instant_kill_two_containers)
{
    struct world *w = given_nodes(NODE("n0") POD("a", ONE("")) POD("b", ONE("")), "");
    plan(w, "{kind: container-crash, pods: '', count: 2, at: 20s}");
    until(w, 20.5);
    expect_field(w, "pod/default/a", "status.containerStatuses.0.state.terminated.exitCode", "1");
    expect_field(w, "pod/default/b", "status.containerStatuses.0.state.terminated.exitCode", "1");
    done(w);
}

static const char *root_of(struct world *w, const char *name)
{
    return run_root_of(w->run, find(w, name)->cause)->name->s;
}

Test(kubelet_node, what_follows_from_a_fault_or_a_crash_is_traced_to_it)
{
    struct world *w =
        given_nodes(IMAGE("app:1", "runTime: 500s") NODE("n0") POD("web", ONE("")), "");
    plan(w, "{kind: container-crash, pods: '', at: 20s}");
    until(w, 30);
    cr_expect_str_eq(root_of(w, WEB), "container-crash");
    fail(w, "node-crash", "n0");
    until(w, 40);
    restore(w, "node-crash", "n0");
    until(w, 50);
    cr_expect_str_eq(root_of(w, WEB), "node-crash/n0");
    cr_expect_str_eq(root_of(w, "lease/kube-node-lease/n0"), "node-crash/n0");
    until(w, 600);
    cr_expect_str_eq(root_of(w, WEB), "container-exit/default/web");
    done(w);
}

/* The Events about a pod in the order in which they were first seen. */
static void expect_events(struct world *w, const char *text)
{
    struct writer lines = { 0 };
    for (struct cache_cursor all = client_list(w->user, KIND_EVENT); cache_next(&all);) {
        const struct event_record *event = (const struct event_record *)all.object;
        if (event->about.kind != NULL && strcmp(event->about.kind->s, "Pod") == 0)
            writer_format(&lines, "%s: %s\n", text_s(event->reason), text_s(event->message));
    }
    char *happened = writer_take(&lines);
    cr_expect_str_eq(happened, text, "happened:\n%sexpected:\n%s", happened, text);
    free(happened);
}

Test(kubelet_node, tells_users_what_it_does)
{
    struct world *w = given_nodes(
        IMAGE("app:1", "sizeBytes: 75000000, neverReady: true") NODE("n0"), "keep-events=true");
    create(w, POD("web", ONE(", livenessProbe: {periodSeconds: 5, tcpSocket: {port: 80}}")));
    until(w, 25);
    delete_object(w, WEB, PROPAGATE_BACKGROUND);
    until(w, 100);
    expect_events(w, "Pulling: Pulling image \"app:1\"\n"
                     "Pulled: Successfully pulled image \"app:1\" in 1.5s (1.5s including "
                     "waiting). Image size: 75000000 bytes.\n"
                     "Created: Container created\n"
                     "Started: Container started\n"
                     "Unhealthy: Liveness probe failed: connection refused\n"
                     "Killing: Container c failed liveness probe, will be restarted\n"
                     "Pulled: Container image \"app:1\" already present on machine and can be "
                     "accessed by the pod\n"
                     "Killing: Stopping container c\n");
    done(w);
}
