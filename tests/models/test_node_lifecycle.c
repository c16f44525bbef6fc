/* Nodes that fall silent, and the pods on them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/event.h"
#include "models/api/node.h"
#include "models/controllers/controller.h"
#include "models/failures/failures.h"
#include "models/kubelet/kubelet.h"
#include "sim/base/writer.h"
#include "tests/support/kubelet_stories.h"

#define IN_ZONE(name, zone)                                                                        \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name                                     \
    ", labels: {topology.kubernetes.io/zone: " zone "}}, status: {allocatable: {pods: '10'}}}\n"
#define TOLERATING(name, node, tolerations)                                                        \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {nodeName: " node          \
    ", terminationGracePeriodSeconds: 30, tolerations: [" tolerations "], " ONE("") "}}\n"
#define FOR_SECONDS(seconds)                                                                       \
    "{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, "                  \
    "tolerationSeconds: " seconds "}"

struct said {
    const char *reason;
    struct writer lines;
};

static void add_message(void *context, const struct object *object)
{
    const struct event_record *event = (const struct event_record *)object;
    struct said *said = context;
    if (strcmp(text_s(event->reason), said->reason) != 0)
        return;
    writer_format(&said->lines, "%s%s", said->lines.length > 0 ? "\n" : "", text_s(event->message));
}

/* The messages of all Events with a reason, in the order of their first appearance. */
static void expect_events(struct world *world, const char *reason, const char *messages)
{
    struct said said = { .reason = reason };
    store_each(world->cluster->store, KIND_EVENT, add_message, &said);
    char *lines = writer_take(&said.lines);
    cr_expect_str_eq(lines, messages);
    free(lines);
}

/* Kubelets, controllers and failures; calls take no time. */
static struct world *given_cluster(const char *manifests, const char *flags)
{
    static const struct component *const parts[] = { &controller_manager, &kubelets,
                                                     &failure_planner, NULL };
    struct world *world = given_with("", parts, flags);
    struct settings *settings = &world->cluster->settings;
    set_time(&settings->api_write, 0);
    set_time(&settings->image_size, 0);
    set_time(&settings->container_start, 1);
    set_time(&settings->container_ready, 0);
    set_time(&settings->container_stop, 3);
    create(world, manifests);
    until(world, 0);
    return world;
}

/* Passes are at 0, 5, 10, ...; n0 renews its Lease at 0, 10, 20, ...: the power fails at 12, the
 * renewal at 10 was seen at 10, and 50 s of grace are over at 60. Unknown nodes are queued for
 * their taint by the next pass, 65; it is tolerated for 300 s. */
Test(node_lifecycle, evicts_pods_after_grace_and_toleration)
{
    struct world *w =
        given_cluster(NODE("n0") NODE("n1") TOLERATING("web", "n0", FOR_SECONDS("300")), "");
    plan(w, "{kind: node-crash, nodes: n0, at: 12s}");
    until(w, 400);
    expect_trace(w, "node/n0",
                 "   0.000 node/n0 create\n"
                 "   0.000 node/n0 patch Ready=True KubeletReady\n"
                 "   0.000 node/n0 patch untainted node.kubernetes.io/not-ready:NoSchedule\n"
                 "   0.000 node/n0 patch\n" /* the TTL annotation, and the beta labels */
                 "   0.000 node/n0 patch\n"
                 "  10.000 node/n0 patch\n" /* the kubelet names the image */
                 "  60.000 node/n0 patch Ready=Unknown NodeStatusUnknown\n"
                 "  60.000 node/n0 patch tainted node.kubernetes.io/unreachable:NoSchedule\n"
                 "  65.000 node/n0 patch tainted node.kubernetes.io/unreachable:NoExecute\n");
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch Running, ready\n"
                 "  60.000 pod/default/web patch not ready\n"
                 " 365.000 pod/default/web patch\n" /* DisruptionTarget */
                 " 365.000 pod/default/web delete grace 30s\n");
    const struct pod *pod = pod_of(find(w, "pod/default/web"));
    cr_expect(pod_condition_is_true(pod, POD_DISRUPTION_TARGET));
    cr_expect_str_eq(pod_condition_reason(pod, POD_DISRUPTION_TARGET), "DeletionByTaintManager");
    cr_expect_str_eq(pod_condition_message(pod, POD_DISRUPTION_TARGET),
                     "Taint manager: deleting due to NoExecute taint");
    expect_field(w, "node/n0", "status.conditions.3.message",
                 "Kubelet stopped posting node status.");
    done(w);
}

Test(node_lifecycle, forgives_a_node_that_comes_back_in_time)
{
    struct world *w = given_cluster(
        NODE("n0") TOLERATING("web", "n0", FOR_SECONDS("300")) NODE("n1"), "keep-events=true");
    plan(w, "{kind: node-crash, nodes: n0, at: 12s, lasts: 60s}");
    until(w, 500);
    expect_trace(w, "pod/",
                 "   0.000 pod/default/web create\n"
                 "   1.000 pod/default/web patch Running, ready\n"
                 "  60.000 pod/default/web patch not ready\n"
                 "  72.000 pod/default/web patch exit code 255\n" /* its container is waiting */
                 "  73.000 pod/default/web patch ready, restart 1\n");
    expect_field(w, "node/n0", "spec.taints", NULL);
    expect_events(w, "TaintManagerEviction", "Cancelling deletion of Pod default/web");
    done(w);
}

/* Unreachable:NoSchedule goes with the condition, NoExecute with the next pass. */
Test(node_lifecycle, takes_the_taints_away_again)
{
    struct world *w = given_cluster(NODE("n0") NODE("n1"), "");
    until(w, 12);
    fail(w, "node-crash", "n0");
    until(w, 72);
    restore(w, "node-crash", "n0");
    until(w, 74);
    expect_field(w, "node/n0", "spec.taints",
                 "[{\"effect\":\"NoExecute\",\"key\":\"node.kubernetes.io/unreachable\","
                 "\"timeAdded\":\"1970-01-01T00:01:05Z\"}]");
    until(w, 76);
    expect_field(w, "node/n0", "spec.taints", NULL);
    done(w);
}

Test(node_lifecycle, says_what_it_sees)
{
    struct world *w = given_cluster(
        NODE("n0") NODE("n1") TOLERATING("web", "n0", FOR_SECONDS("30")), "keep-events=true");
    plan(w, "{kind: node-crash, nodes: n0, at: 12s}");
    until(w, 200);
    expect_events(w, "RegisteredNode",
                  "Node n0 event: Registered Node n0 in Controller\n"
                  "Node n1 event: Registered Node n1 in Controller");
    expect_events(w, "NodeNotReady", "Node n0 status is now: NodeNotReady\nNode is not ready");
    expect_events(w, "TaintManagerEviction", "Marking for deletion Pod default/web");
    delete_object(w, "node/n0", PROPAGATE_DEFAULT);
    until(w, 210);
    expect_events(w, "RemovingNode", "Node n0 event: Removing Node n0 from Controller");
    done(w);
}

Test(node_lifecycle, gives_a_new_node_a_minute_to_report)
{
    static const struct component *const no_kubelets[] = { &controller_manager, NULL };
    struct world *w = given_with(NODE("n0") TOLERATING("web", "n0", ""), no_kubelets, "");
    until(w, 200);
    const struct condition *ready =
        conditions_find(node_of(find(w, "node/n0"))->conditions, "Ready");
    cr_assert_not_null(ready);
    cr_expect_str_eq(text_s(ready->reason), "NodeStatusNeverUpdated");
    cr_expect_str_eq(text_s(ready->message), "Kubelet never posted node status.");
    cr_expect_eq(ready->transition / SIM_SECOND, 60);
    done(w);
}

/* A pod that the scheduler sent while the node was being found out. */
Test(node_lifecycle, marks_pods_that_come_late)
{
    struct world *w = given_cluster(NODE("n0") NODE("n1"), "");
    plan(w, "{kind: node-crash, nodes: n0, at: 12s}");
    until(w, 61);
    create(w, TOLERATING("late", "n0", FOR_SECONDS("300")));
    until(w, 62);
    expect_field(w, "pod/default/late", "status.conditions", NULL); /* no Ready to set to False */
    done(w);
}

/* ---- zones ---- */

#define TAINTED(at, node)                                                                          \
    "  " at " node/" node " patch tainted node.kubernetes.io/unreachable:NoExecute\n"

/* The lines about NoExecute taints. */
static void expect_evictions(struct world *world, const char *text)
{
    struct writer lines = { 0 };
    for (size_t i = 0; i < world->line_count; i++)
        if (strstr(world->lines[i].text, "unreachable:NoExecute") != NULL)
            writer_format(&lines, "%8.3f %s %s\n", world->lines[i].at, world->lines[i].subject,
                          world->lines[i].text);
    char *happened = writer_take(&lines);
    cr_expect_str_eq(happened, text, "happened:\n%s", happened);
    free(happened);
}

/* Zone a fails as a whole: its nodes are emptied one every 10 s as long as zone b is well. */
Test(node_lifecycle_zones, empties_one_node_every_ten_seconds)
{
    struct world *w = given_cluster(
        IN_ZONE("a0", "a") IN_ZONE("a1", "a") IN_ZONE("a2", "a") IN_ZONE("b0", "b"), "");
    plan(w, "{kind: zone-outage, zones: a, at: 12s}");
    until(w, 200);
    expect_evictions(w, TAINTED("65.000", "a0") TAINTED("75.000", "a1") TAINTED("85.000", "a2"));
    done(w);
}

/* Three of four nodes are more than 55 %: in a small zone evictions stop. */
Test(node_lifecycle_zones, stops_in_a_small_zone_that_is_partly_down)
{
    struct world *w = given_cluster(
        IN_ZONE("a0", "a") IN_ZONE("a1", "a") IN_ZONE("a2", "a") IN_ZONE("a3", "a"), "");
    plan(w, "{kind: node-crash, nodes: [a0, a1, a2], pick: each, at: 12s}");
    until(w, 300);
    expect_evictions(w, "");
    done(w);
}

Test(node_lifecycle_zones, slows_down_in_a_large_one)
{
    struct world *w =
        given_cluster(IN_ZONE("a0", "a") IN_ZONE("a1", "a") IN_ZONE("a2", "a") IN_ZONE("a3", "a"),
                      "large-cluster-size-threshold=3");
    plan(w, "{kind: node-crash, nodes: [a0, a1, a2], pick: each, at: 12s}");
    until(w, 300);
    expect_evictions(w, TAINTED("65.000", "a0") " 165.000 node/a1 patch tainted "
                                                "node.kubernetes.io/unreachable:NoExecute\n"
                                                " 265.000 node/a2 patch tainted "
                                                "node.kubernetes.io/unreachable:NoExecute\n");
    done(w);
}

/* Two of three are not "more than two", whatever the share. */
Test(node_lifecycle_zones, goes_on_when_two_nodes_are_down)
{
    struct world *w = given_cluster(IN_ZONE("a0", "a") IN_ZONE("a1", "a") IN_ZONE("a2", "a"), "");
    plan(w, "{kind: node-crash, nodes: [a0, a1], pick: each, at: 12s}");
    until(w, 200);
    expect_evictions(w, TAINTED("65.000", "a0") TAINTED("75.000", "a1"));
    done(w);
}

/* Nobody answers: more likely it is the control plane that is cut off. */
Test(node_lifecycle_zones, evicts_nobody_when_all_nodes_are_down)
{
    struct world *w = given_cluster(IN_ZONE("a0", "a") IN_ZONE("b0", "b"), "");
    plan(w, "{kind: node-crash, nodes: [a0, b0], pick: each, at: 12s}");
    until(w, 300);
    expect_evictions(w, "");
    done(w);
}

/* b0 is back at 200: a0 waits in the queue since then, and its zone has a full bucket again. */
Test(node_lifecycle_zones, resumes_when_one_node_answers)
{
    struct world *w = given_cluster(IN_ZONE("a0", "a") IN_ZONE("b0", "b"), "");
    plan(w, "{kind: node-crash, nodes: a0, at: 12s}");
    plan(w, "{kind: node-crash, nodes: b0, at: 12s, lasts: 186s}");
    until(w, 300);
    expect_evictions(w, " 210.000 node/a0 patch tainted "
                        "node.kubernetes.io/unreachable:NoExecute\n");
    done(w);
}

/* ---- conditions and taints ---- */

static bool cordon(struct object *object, void *yes)
{
    ((struct node *)object)->unschedulable = *(const bool *)yes;
    return true;
}

static void set_cordon(struct world *w, bool yes)
{
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, "node/n0"), cordon, &yes, NULL);
}

Test(node_lifecycle, taints_a_cordoned_node)
{
    struct world *w = given_cluster(NODE("n0") NODE("n1"), "");
    until(w, 33);
    set_cordon(w, true);
    until(w, 34);
    expect_field(w, "node/n0", "spec.taints",
                 "[{\"effect\":\"NoSchedule\",\"key\":\"node.kubernetes.io/unschedulable\","
                 "\"timeAdded\":\"1970-01-01T00:00:33Z\"}]");
    set_cordon(w, false);
    until(w, 35);
    expect_field(w, "node/n0", "spec.taints", NULL);
    done(w);
}

static bool press(struct object *object, void *world)
{
    struct node *node = (struct node *)object;
    struct condition pressure = *conditions_find(node->conditions, "MemoryPressure");
    pressure.type = cluster_text(((struct world *)world)->cluster, "MemoryPressure");
    text_hold(pressure.reason);
    text_hold(pressure.message);
    pressure.status = CONDITION_TRUE;
    const struct conditions *with = conditions_with(node->conditions, pressure);
    conditions_drop(node->conditions);
    node->conditions = with;
    return true;
}

Test(node_lifecycle, taints_a_node_under_pressure)
{
    struct world *w = given_cluster(NODE("n0") NODE("n1"), "");
    until(w, 10);
    client_begin(w->user, (struct cause){ 0, 0 });
    client_patch(w->user, key_of(w, "node/n0"), press, w, NULL);
    until(w, 11);
    expect_field(w, "node/n0", "spec.taints.0.key", "node.kubernetes.io/memory-pressure");
    done(w);
}

Test(node_lifecycle, repeats_the_labels_of_old)
{
    struct world *w = given_cluster(NODE("n0"), "");
    until(w, 1);
    const struct labels *labels = meta_of(find(w, "node/n0"))->labels;
    cr_expect_str_eq(labels_get(labels, "beta.kubernetes.io/os"), "linux");
    cr_expect_str_eq(labels_get(labels, "beta.kubernetes.io/arch"), "amd64");
    done(w);
}

/* ---- by the tick ---- */

/* The trace of nodes and pods as one text. */
static char *story(const char *flags)
{
    struct world *w = given_cluster(IN_ZONE("a0", "a") IN_ZONE("a1", "a") IN_ZONE("b0", "b")
                                        TOLERATING("web", "a0", FOR_SECONDS("40"))
                                            TOLERATING("db", "b0", FOR_SECONDS("7")),
                                    flags);
    plan(w, "{kind: node-crash, nodes: a0, at: 12s, lasts: 200s}");
    plan(w, "{kind: zone-outage, zones: a, at: 333s, lasts: 100s}");
    plan(w, "{kind: node-crash, nodes: b0, at: [47s, 61s, 500s], lasts: 9s}");
    until(w, 900);
    struct writer lines = { 0 };
    for (size_t i = 0; i < w->line_count; i++)
        if (strncmp(w->lines[i].subject, "lease/", 6) != 0)
            writer_format(&lines, "%.9f %s %s\n", w->lines[i].at, w->lines[i].subject,
                          w->lines[i].text);
    done(w);
    return writer_take(&lines);
}

Test(node_lifecycle, computes_what_ticking_would_give)
{
    char *computed = story(""), *ticked = story("tick-heartbeats=true");
    cr_expect_str_eq(computed, ticked);
    cr_expect(strlen(computed) > 1000);
    free(computed);
    free(ticked);
}
