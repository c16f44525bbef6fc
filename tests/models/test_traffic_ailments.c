/* What requests suffer from machines and networks that are not well, worked out by hand.
 *
 * Three pods that take their requests in turn, 100 a second, a service time of 50 ms; from 60 s to 70 s
 * something is the matter. A third of 100 a second for 10 s is 1000 / 3, and 5 / 3 are in flight. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/scenario_private.h"
#include "models/traffic/traffic.h"
#include "sim/base/memory.h"
#include "tests/support/lost_requests.h"
#include "tests/support/measured.h"
#include "tests/support/rows.h"

#define FAULT(kind, more) "  failures: [{kind: " kind ", at: 60s, lasts: 10s, " more "}]\n"

#define USUAL TIMING("containerStart: 1s, endpointPropagation: 1s, containerStop: 1s")

Test(traffic_ailments, slow_machines_and_bad_networks_lose_what_is_late)
{
    static const struct request_story stories[] = {
        { "100 times as slow: 5 s, and the client waits for 10 s",
          USUAL,
          TRAFFIC(""),
          THREE(""),
          FAULT("slow-node", "nodes: node-0, factor: 100"),
          { { NULL, NULL, 0 } } },
        { "and when it waits for 4 s",
          USUAL,
          TRAFFIC(", timeout: 4s"),
          THREE(""),
          FAULT("slow-node", "nodes: node-0, factor: 100"),
          { { "timed-out", "degraded", 1000 / 3. } } },
        { "of a pod alone",
          USUAL,
          TRAFFIC(", timeout: 4s"),
          THREE("") POD("d", "node-0", ""),
          FAULT("slow-node", "pods: app=web, count: 1, factor: 100"),
          { { "timed-out", "degraded", 1000 / 4. } } },
        { "half of the answers are lost, each time: 50 ms + 200 ms (2^k - 1) is over 1 s for k = 3",
          USUAL,
          TRAFFIC(", timeout: 1s"),
          THREE(""),
          FAULT("network-fault", "nodes: node-0, direction: to, loss: 0.5"),
          { { "timed-out", "degraded", 1000 / 3. / 8 } } },
        { "470 ms there and 470 ms back",
          USUAL,
          TRAFFIC(", timeout: 1s"),
          THREE(""),
          FAULT("network-fault", "latency: 470ms"),
          { { NULL, NULL, 0 } } },
        { "480 ms there and 480 ms back",
          USUAL,
          TRAFFIC(", timeout: 1s"),
          THREE(""),
          FAULT("network-fault", "latency: 480ms, to: {clients: true}"),
          { { "timed-out", "degraded", 1000 } } },
        { "the answers only",
          USUAL,
          TRAFFIC(", timeout: 1s"),
          THREE(""),
          FAULT("network-fault", "latency: 480ms, direction: to, to: {clients: true}"),
          { { NULL, NULL, 0 } } },
    };
    EXPECT(stories);
}

Test(traffic_ailments, cut_networks_lose_what_is_in_flight_as_well)
{
    static const struct request_story stories[] = {
        { "a node from whoever sends",
          USUAL,
          TRAFFIC(""),
          THREE(""),
          FAULT("network-fault", "nodes: node-0, to: {clients: true}"),
          { { "timed-out", "network-cut", 1000 / 3. + 5 / 3. } } },
        { "a node from the registry",
          USUAL,
          TRAFFIC(""),
          THREE(""),
          FAULT("network-fault", "nodes: node-0, to: {registry: true}"),
          { { NULL, NULL, 0 } } },
        { "pods from the pods that send",
          USUAL,
          TRAFFIC(", from: {labels: {app: front}}"),
          THREE(""),
          FAULT("network-fault", "pods: app=web, to: {pods: app=front}"),
          { { "timed-out", "network-cut", 1005 } } },
        { "pods from other pods",
          USUAL,
          TRAFFIC(", from: {labels: {app: front}}"),
          THREE(""),
          FAULT("network-fault", "pods: app=web, to: {pods: app=back}"),
          { { NULL, NULL, 0 } } },
        { "pods from pods of another namespace",
          USUAL,
          TRAFFIC(", from: {labels: {app: front}}"),
          THREE(""),
          FAULT("network-fault", "pods: app=web, to: {pods: app=front, namespace: other}"),
          { { NULL, NULL, 0 } } },
        { "somebody outside is no pod",
          USUAL,
          TRAFFIC(""),
          THREE(""),
          FAULT("network-fault", "pods: app=web, to: {pods: app=front}"),
          { { NULL, NULL, 0 } } },
        { "those that send, from everybody",
          USUAL,
          TRAFFIC(", from: {labels: {app: front}}"),
          THREE(""),
          FAULT("network-fault", "pods: app=front"),
          { { "timed-out", "network-cut", 1005 } } },
        { "those that send, from the pods they send to: the same from the other side",
          USUAL,
          TRAFFIC(", from: {labels: {app: front}}"),
          THREE(""),
          FAULT("network-fault", "pods: app=front, to: {pods: app=web}"),
          { { "timed-out", "network-cut", 1005 } } },
    };
    EXPECT(stories);
}

/* ---- one by one ---- */

static double lost_of(const char *mode, int replication)
{
    char more[400];
    snprintf(more, sizeof more,
             "  traffic: [{service: web, rate: 100, timeout: 1s, serviceTime: {exponential: {mean: "
             "100ms}}, mode: %s}]\n  seed: %d\n",
             mode, replication);
    char *yaml = mem_format("%s%s%s%s%s%s", HEAD, USUAL, more,
                            "  failures: [{kind: network-fault, at: 40s, latency: 100ms, jitter: "
                            "90ms, loss: 0.2}, {kind: slow-node, at: 40s, nodes: node-1}]\n",
                            SERVICE, THREE(""));
    struct value *summary = play_text(yaml);
    const double failed = requests_number(value_at(value_get(summary, "traffic"), 0), "failed");
    value_drop(summary);
    free(yaml);
    return failed;
}

/* Jitter, losses both ways and a slow node at once: what is expected is what is drawn. Of 8000
 * requests some 500 are late, with a standard deviation of about 22; the mean of five runs has 10. */
Test(traffic_ailments, expected_and_drawn_requests_suffer_alike)
{
    const double expected = lost_of("expected", 1);
    double drawn = 0;
    for (int i = 1; i <= 5; i++)
        drawn += lost_of("requests", i) / 5;
    cr_expect(expected > 200, "%f", expected);
    cr_expect(fabs(expected - drawn) < 4 * sqrt(expected / 5), "%f and %f", expected, drawn);
}
