/* Ailments of machines: what they come to, and what they do to pods. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/ailment.h"
#include "models/api/machine.h"
#include "models/cluster/client.h"
#include "models/failures/machines.h"
#include "tests/support/kubelet_stories.h"

static const struct uid node = { 0 }, web = { 1, 2 }, other = { 1, 3 };

static struct ailment network(int peers, int direction, sim_time latency, double loss)
{
    struct ailment ailment = ailment_none();
    ailment.network = (struct network_ailment){
        .peers = peers, .direction = direction, .latency = latency, .loss = loss
    };
    return ailment;
}

Test(ailments, multiply_add_up_and_take_their_share_of_what_others_leave)
{
    struct ailment slow = ailment_none(), bad = ailment_none();
    slow.slowness = 2;
    slow.disk.slowness = 3;
    bad.slowness = 1.5;
    bad.disk.errors = 0.5;
    const struct ailment far = network(PEER_ALL, NETWORK_BOTH, SIM_MILLISECOND, 0.5);
    const struct ailments *one = ailments_with(NULL, &slow), *two = ailments_with(one, &bad),
                          *three = ailments_with(two, &far), *four = ailments_with(three, &far);
    const struct strain strain = ailments_strain(four, node, PEER_CLIENTS, NULL);
    cr_expect_eq(strain.slowness, 3);
    cr_expect_eq(strain.disk_slowness, 3);
    cr_expect_eq(strain.disk_errors, 0.5);
    cr_expect_eq(strain.latency, 4 * SIM_MILLISECOND, "two of 1 ms, there and back");
    cr_expect_eq(strain.loss_in, 0.75, "1 - 0.5 * 0.5");
    cr_expect_eq(strain.loss_out, 0.75);
    cr_expect_not(strain.cut);
    ailments_drop(one);
    ailments_drop(two);
    ailments_drop(three);
    ailments_drop(four);
}

Test(ailments, are_of_a_pod_or_of_all_on_the_node_and_of_some_of_their_connections)
{
    const struct {
        const char *why;
        bool of_pod;
        int peers, direction;
        struct uid asked;
        enum machine_peer peer;
        sim_time latency;
    } rows[] = {
        { "a node's are its pods', too", false, PEER_ALL, NETWORK_OUT, web, PEER_CLIENTS, 7 },
        { "but not on the way to the kubelet beside them", false, PEER_ALL, NETWORK_OUT, web,
          PEER_KUBELET, 0 },
        { "a pod's are its own", true, PEER_ALL, NETWORK_OUT, web, PEER_KUBELET, 7 },
        { "and nobody else's", true, PEER_ALL, NETWORK_OUT, other, PEER_KUBELET, 0 },
        { "nor the node's", true, PEER_ALL, NETWORK_OUT, node, PEER_REGISTRY, 0 },
        { "to some peers only", false, PEER_REGISTRY, NETWORK_OUT, web, PEER_CLIENTS, 0 },
        { "packets both ways", false, PEER_ALL, NETWORK_BOTH, web, PEER_CLIENTS, 14 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ailment ailment = network(rows[i].peers, rows[i].direction, 7, 0);
        if (rows[i].of_pod)
            ailment.pod = web;
        const struct ailments *list = ailments_with(NULL, &ailment);
        cr_expect_eq(ailments_strain(list, rows[i].asked, rows[i].peer, NULL).latency,
                     rows[i].latency, "%s", rows[i].why);
        ailments_drop(list);
    }
}

/* --- stories --------------------------------------------------------------------------- */

/* A Machine with ailments in YAML, from the start. */
#define AILING(ailments)                                                                           \
    "---\n{apiVersion: seatrial.dev/v1alpha1, kind: Machine, metadata: {name: n0}, spec: "         \
    "{ailments: [" ailments "]}}\n"

/* Started after 2.5 * 1 s; answers 2.5 * 2 s later, which the probe finds at its next tick: 8 s; told
 * to stop at 20 s, it takes 2.5 * 3 s. */
Test(ailments, a_slow_node_takes_longer_over_everything)
{
    struct world *w =
        given_nodes(AILING("{id: 1, slowness: 2.5}") NODE("n0")
                        POD("web", ONE(", readinessProbe: {periodSeconds: 1, httpGet: "
                                       "{port: 80}}")),
                    "");
    until(w, 20);
    delete_object(w, "pod/default/web", PROPAGATE_BACKGROUND);
    until(w, 40);
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   0.000 pod/default/web patch\n"
                 "   2.500 pod/default/web patch Running\n"
                 "   8.000 pod/default/web patch ready\n"
                 "  20.000 pod/default/web delete grace 30s\n"
                 "  27.500 pod/default/web patch Failed, not ready\n"
                 "  27.500 pod/default/web remove\n");
    done(w);
}

/* A heartbeat waits 10 s for its answer. */
Test(ailments, a_node_whose_control_plane_does_not_answer_in_time_renews_no_lease)
{
    static const struct {
        const char *why, *network;
        bool silent;
    } rows[] = {
        { "cut", "peers: [controlPlane], cut: true", true },
        { "4 s there and 4 s back", "peers: [controlPlane], direction: both, latency: 4s", false },
        { "5 s there and 5 s back", "peers: [controlPlane], direction: both, latency: 5s", true },
        { "half is lost: sent again", "peers: [controlPlane], direction: both, loss: 0.5", false },
        { "all is lost", "peers: [controlPlane], direction: out, loss: 1", true },
        { "cut from the registry", "peers: [registry], cut: true", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char machine[400];
        snprintf(machine, sizeof machine, AILING("{id: 1, network: {%s}}"), rows[i].network);
        struct world *w = given_nodes(NODE("n0"), "");
        until(w, 12);
        create(w, machine);
        until(w, 40);
        const struct lease *lease = (const struct lease *)find(w, "lease/kube-node-lease/n0");
        cr_expect_eq(lease->silent, rows[i].silent, "%s", rows[i].why);
        done(w);
    }
}

/* 100 MB at 100 MB/s. A disk twice as slow: 2 s. Of 1 % lost each way p = 0.0199: a packet takes
 *     0.01 sqrt(4 p / 3) + 0.2 * 3 sqrt(6 p / 8) p (1 + 32 p^2) = 0.00162891 + 0.00147704 s
 * (RTT 10 ms), so 100 MB take 1e8 / 1460 times that: 212.745 s. */
Test(ailments, pulls_take_as_long_as_disk_and_network_let_them)
{
    static const struct {
        const char *ailment;
        double seconds;
    } rows[] = {
        { "disk: {slowness: 2}", 2 },
        { "slowness: 3, disk: {slowness: 2}", 6 },
        { "network: {peers: [registry], direction: both, latency: 250ms}", 1.5 },
        { "network: {peers: [registry], direction: both, loss: 0.01}", 212.745 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char machine[400];
        snprintf(machine, sizeof machine, AILING("{id: 1, %s}"), rows[i].ailment);
        struct world *w = given_nodes(NODE("n0"), "image-bandwidth=100000000");
        create(w, machine);
        create(w, IMAGE("app:1", "sizeBytes: 100000000") POD("web", ONE("")));
        until(w, 1000);
        double pulled = -1;
        for (size_t k = 0; k < w->line_count; k++)
            if (strstr(w->lines[k].text, "Running") != NULL)
                pulled = w->lines[k].at;
        const double sandbox = i == 0 ? 2 : i == 1 ? 6 : 1;
        cr_expect_float_eq(pulled - sandbox, rows[i].seconds, 0.005, "%s: %f", rows[i].ailment,
                           pulled - sandbox);
        done(w);
    }
}

/* --- probes ---------------------------------------------------------------------------- */

#define READINESS                                                                                  \
    ", readinessProbe: {periodSeconds: 2, failureThreshold: 3, successThreshold: 2, "              \
    "timeoutSeconds: 1, httpGet: {port: 80}}"
#define LIVENESS ", livenessProbe: {periodSeconds: 5, failureThreshold: 3, timeoutSeconds: 1, %s}"

/* The pod is taken at 0 s, so that probes tick at even seconds, and has run since 1 s. From 21 s to 31 s no
 * answer comes in time: it fails at 22, 24 and 26 s, and is not ready. At 32 and 34 s it passes again, which
 * is twice. An HTTP probe opens a connection first: two exchanges of 2 * 250 ms are not over in less than
 * 1 s; 2 * 240 ms are. */
Test(ailments, probes_fail_that_are_not_answered_in_time)
{
    static const char usual[] = "   0.000 pod/default/web create\n"
                                "   1.000 pod/default/web patch Running\n"
                                "   6.000 pod/default/web patch ready\n";
    static const char lost[] = "   0.000 pod/default/web create\n"
                               "   1.000 pod/default/web patch Running\n"
                               "   6.000 pod/default/web patch ready\n"
                               "  26.000 pod/default/web patch not ready\n"
                               "  34.000 pod/default/web patch ready\n";
    static const struct {
        const char *entry, *trace;
    } rows[] = {
        { "kind: network-fault, pods: app=web", lost },
        { "kind: network-fault, pods: app=web, latency: 260ms", lost },
        { "kind: network-fault, pods: app=web, latency: 240ms", usual },
        { "kind: network-fault, pods: app=web, latency: 480ms, direction: to", usual },
        { "kind: network-fault, pods: app=web, to: {clients: true}", usual },
        { "kind: network-fault, nodes: n0, latency: 2s", usual }, /* the kubelet is beside it */
        { "kind: disk-fault, nodes: n0, errors: 1", lost },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char entry[300];
        snprintf(entry, sizeof entry, "{%s, at: 21s, lasts: 10s}", rows[i].entry);
        struct world *w = given_nodes(
            NODE(
                "n0") "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, "
                      "spec: {nodeName: n0, " ONE(READINESS) "}}\n",
            "");
        plan(w, entry);
        until(w, 100);
        expect_trace(w, "pod/", rows[i].trace);
        done(w);
    }
}

/* An application that takes 0.3 s to answer has 3 s on a node that is ten times as slow: killed at its
 * third attempt, 25 + 10 s; after 3 s it is gone, and starts anew. */
Test(ailments, a_slow_node_kills_containers_whose_liveness_probe_is_strict)
{
    static const struct {
        const char *handler, *factor, *restarts;
    } rows[] = {
        { "httpGet: {port: 80}", "10", "1" },
        { "exec: {command: [check]}", "10", "1" },
        { "httpGet: {port: 80}", "3", "0" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char entry[200], pod[600];
        snprintf(entry, sizeof entry, "{kind: slow-node, at: 21s, lasts: 15s, factor: %s}",
                 rows[i].factor);
        snprintf(pod, sizeof pod, POD("web", ONE(LIVENESS)), rows[i].handler);
        struct world *w = given_nodes(NODE("n0"), "");
        set_time(&w->cluster->settings.probe_answer, 0.3);
        create(w, pod);
        plan(w, entry);
        until(w, 34.9);
        expect_field(w, "pod/default/web", "status.containerStatuses.0.restartCount", "0");
        until(w, 200);
        expect_field(w, "pod/default/web", "status.containerStatuses.0.restartCount",
                     rows[i].restarts);
        done(w);
    }
}

/* Answers that come late by chance: ticking, and looking ahead, find the same. */
Test(ailments, counting_ahead_is_ticking)
{
    char *traces[2] = { NULL, NULL };
    for (int k = 0; k < 2; k++) {
        struct world *w = given_nodes(NODE("n0"), k == 0 ? "" : "tick-heartbeats=true");
        create(w, POD("web", ONE(READINESS)));
        plan(w, "{kind: network-fault, pods: '', at: 100.5s, lasts: 3000s, loss: 0.35}");
        until(w, 4000);
        size_t length = 0, capacity = 1 << 20;
        traces[k] = calloc(1, capacity);
        for (size_t i = 0; i < w->line_count; i++)
            if (strcmp(w->lines[i].subject, "pod/default/web") == 0)
                length += (size_t)snprintf(traces[k] + length, capacity - length, "%.3f %s\n",
                                           w->lines[i].at, w->lines[i].text);
        done(w);
    }
    cr_expect_str_eq(traces[0], traces[1]);
    int changes = 0;
    for (const char *at = traces[0]; (at = strstr(at, "not ready")) != NULL; at++)
        changes++;
    cr_expect(changes > 5, "%d: there was something to compare", changes);
    free(traces[0]);
    free(traces[1]);
}
