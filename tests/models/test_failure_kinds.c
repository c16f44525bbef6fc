/* Kinds of failures, each as a story with the answer worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/machine.h"
#include "models/api/pod.h"
#include "models/failures/failures.h"
#include "tests/support/desk.h"
#include "tests/support/kubelet_stories.h"

#define IN_RACK(name, rack, more)                                                                  \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {rack: " rack            \
    "}}, status: {allocatable: {cpu: '4', memory: 8Gi, pods: '10'}" more "}}\n"
#define PROBED "{periodSeconds: 1, httpGet: {port: 80}}"

static void expect_machines(struct world *w, const char *text)
{
    expect_trace(w, "machine/", text);
}

/* --- luck ------------------------------------------------------------------------------ */

/* When a machine first lost its power; -1: it never did. */
static double first_off(struct world *w, const char *machine)
{
    for (size_t i = 0; i < w->line_count; i++)
        if (strcmp(w->lines[i].subject, machine) == 0 &&
            strstr(w->lines[i].text, "power off") != NULL)
            return w->lines[i].at;
    return -1;
}

#define CRASHES(more) "{kind: node-crash, every: {exponential: {mean: 1h}}, lasts: 1m, " more "}"

static double first_crash_with(const char *const *entries)
{
    struct world *w = given_nodes(NODE("a") NODE("b"), "");
    for (size_t i = 0; entries[i] != NULL; i++)
        plan(w, entries[i]);
    until(w, 200000);
    const double at = first_off(w, "machine/b");
    done(w);
    return at;
}

Test(failure_kinds, an_entry_that_is_switched_off_or_left_out_changes_nobody_elses_luck)
{
    static const char *const both[] = { CRASHES("name: x, nodes: a"), CRASHES("name: y, nodes: b"),
                                        NULL };
    static const char *const off[] = { CRASHES("name: x, nodes: a, enabled: false"),
                                       CRASHES("name: y, nodes: b"), NULL };
    static const char *const out[] = { CRASHES("name: y, nodes: b"), NULL };
    static const char *const other[] = { CRASHES("name: z, nodes: b"), NULL };
    static const char *const unnamed[] = { CRASHES("nodes: a"), CRASHES("nodes: b"), NULL };
    static const char *const unnamed_off[] = { CRASHES("nodes: a, enabled: false"),
                                               CRASHES("nodes: b"), NULL };
    const double at = first_crash_with(both);
    cr_expect(at > 0);
    cr_expect_eq(first_crash_with(off), at);
    cr_expect_eq(first_crash_with(out), at);
    cr_expect_neq(first_crash_with(other), at, "the luck goes by the name");
    cr_expect_eq(first_crash_with(unnamed_off), first_crash_with(unnamed));
}

Test(failure_kinds, an_entry_that_is_switched_off_never_happens)
{
    struct world *w = given_nodes(NODE("a"), "");
    plan(w, "{kind: node-crash, at: 10s, enabled: false}");
    until(w, 100);
    expect_machines(w, "");
    done(w);
}

Test(failure_kinds, targets_may_share_their_luck)
{
    struct world *w = given_nodes(NODE("a") NODE("b"), "");
    plan(w, CRASHES("name: x, luck: shared"));
    until(w, 200000);
    cr_expect(first_off(w, "machine/a") > 0);
    cr_expect_eq(first_off(w, "machine/a"), first_off(w, "machine/b"));
    done(w);
}

/* --- groups, bursts and cascades ------------------------------------------------------- */

Test(failure_kinds, a_rack_goes_and_comes_back_as_a_whole)
{
    struct world *w =
        given_nodes(IN_RACK("a", "r1", "") IN_RACK("b", "r2", "") IN_RACK("c", "r1", ""), "");
    plan(w, "{kind: group-outage, by: rack, groups: r1, at: 10s, lasts: 5s}");
    until(w, 100);
    expect_machines(w, "  10.000 machine/a create\n"
                       "  10.000 machine/a patch power off\n"
                       "  10.000 machine/c create\n"
                       "  10.000 machine/c patch power off\n"
                       "  15.000 machine/a patch power on\n"
                       "  15.000 machine/c patch power on\n");
    done(w);
}

/* Of 2000 strikes of a group of two at a share of 0.3 each, 1200 nodes are hit, with a standard
 * deviation of sqrt(4000 * 0.21) = 29. */
Test(failure_kinds, a_share_of_a_group_is_each_nodes_probability)
{
    struct world *w = given_nodes(IN_RACK("a", "r1", "") IN_RACK("b", "r1", ""), "");
    plan(w, "{kind: group-outage, by: rack, share: 0.3, every: 10s, lasts: 10s}");
    until(w, 2000 * 20);
    int hit = 0;
    for (size_t i = 0; i < w->line_count; i++)
        hit += strstr(w->lines[i].text, "power off") != NULL;
    cr_expect(abs(hit - 1200) < 4 * 29, "%d", hit);
    done(w);
}

enum { MOST_CRASHES = 1000 };

static size_t crashes_of(struct world *w, const char *machine, double times[MOST_CRASHES])
{
    size_t count = 0;
    for (size_t i = 0; i < w->line_count && count < MOST_CRASHES; i++)
        if (strcmp(w->lines[i].subject, machine) == 0 &&
            strcmp(w->lines[i].text, "patch power off") == 0)
            times[count++] = w->lines[i].at;
    return count;
}

/* a and b are in one rack: when one goes, the other does 7 s later, and not the first one again. c
 * goes alone. */
Test(failure_kinds, a_burst_takes_the_rest_of_the_rack_and_no_more)
{
    static double a[MOST_CRASHES], b[MOST_CRASHES], c[MOST_CRASHES];
    struct world *w =
        given_nodes(IN_RACK("a", "r1", "") IN_RACK("b", "r1", "") IN_RACK("c", "r2", ""), "");
    plan(w, "{kind: node-crash, every: {exponential: {mean: 1000d}}, lasts: 30s,"
            " spreads: {to: rack, within: 7s}}");
    until(w, 3600.0 * 24 * 20000);
    const size_t bursts = crashes_of(w, "machine/a", a), alone = crashes_of(w, "machine/c", c);
    cr_assert_eq(crashes_of(w, "machine/b", b), bursts);
    cr_expect(bursts > 20 && alone > 5, "%zu and %zu", bursts, alone);
    for (size_t i = 0; i < bursts; i++) {
        cr_expect_float_eq(fabs(a[i] - b[i]), 7, 1e-6, "%f and %f", a[i], b[i]);
        for (size_t k = 0; k < alone; k++)
            cr_expect(fabs(a[i] - c[k]) > 8);
    }
    done(w);
}

/* b is full (4 of 4 CPUs) and goes 60 s after a; c holds half of that and stays. When b goes, c is
 * asked again. */
Test(failure_kinds, a_cascade_takes_the_nodes_that_are_full)
{
    struct world *w = given_nodes(NODE("a") NODE("b") NODE("c"), "");
    create(w,
           "---\n{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: b, containers: "
           "[{name: c, image: 'app:1', resources: {requests: {cpu: '4'}}}]}}\n"
           "---\n{apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {nodeName: c, containers: "
           "[{name: c, image: 'app:1', resources: {requests: {cpu: '2'}}}]}}\n");
    plan(w, "{kind: cascade, within: 60s, lasts: 100s}");
    plan(w, "{kind: node-crash, nodes: a, at: 10s, lasts: 300s}");
    until(w, 400);
    expect_machines(w, "  10.000 machine/a create\n"
                       "  10.000 machine/a patch power off\n"
                       "  70.000 machine/b create\n"
                       "  70.000 machine/b patch power off\n"
                       " 170.000 machine/b patch power on\n"
                       " 310.000 machine/a patch power on\n");
    const struct root *root = run_root_of(w->run, find(w, "machine/b")->cause);
    cr_expect_str_eq(root->kind, "node-crash", "all of it began with a");
    done(w);
}

/* --- ailments -------------------------------------------------------------------------- */

Test(failure_kinds, ailments_come_and_go)
{
    static const struct {
        const char *entry, *trace;
    } rows[] = {
        { "{kind: slow-node, at: 10s, lasts: 5s, factor: 3}",
          "  10.000 machine/n0 create\n"
          "  10.000 machine/n0 patch 3 times as slow\n"
          "  15.000 machine/n0 patch well\n" },
        { "{kind: network-fault, at: 10s, lasts: 5s, latency: 100ms, loss: 0.1}",
          "  10.000 machine/n0 create\n"
          "  10.000 machine/n0 patch network delay 100ms, network loss 0.1\n"
          "  15.000 machine/n0 patch well\n" },
        { "{kind: network-fault, at: 10s, lasts: 5s, to: {controlPlane: true}}",
          "  10.000 machine/n0 create\n"
          "  10.000 machine/n0 patch network cut\n"
          "  15.000 machine/n0 patch well\n" },
        { "{kind: disk-fault, at: 10s, lasts: 5s, latency: 4, errors: 0.5}",
          "  10.000 machine/n0 create\n"
          "  10.000 machine/n0 patch disk 4 times as slow, disk errors 0.5\n"
          "  15.000 machine/n0 patch well\n" },
        { "{kind: disk-fault, at: 10s, lasts: 5s}", "  10.000 machine/n0 create\n"
                                                    "  10.000 machine/n0 patch disk lost\n"
                                                    "  15.000 machine/n0 patch well\n" },
        { "{kind: network-fault, pods: 'app=web', at: 10s, lasts: 5s}",
          "  10.000 machine/n0 create\n"
          "  10.000 machine/n0 patch of a pod, network cut\n"
          "  10.000 machine/kube-system/clients create\n"
          "  10.000 machine/kube-system/clients patch network cut\n"
          "  15.000 machine/n0 patch well\n"
          "  15.000 machine/kube-system/clients patch well\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = given_nodes(
            NODE(
                "n0") "---\n{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, "
                      "spec: {nodeName: n0, " ONE("") "}}\n",
            "");
        plan(w, rows[i].entry);
        until(w, 100);
        expect_machines(w, rows[i].trace);
        done(w);
    }
}

/* The disk is replaced at 20 s; the image (100 MB at 50 MB/s) is pulled anew in 2 s for a pod of 21 s. */
Test(failure_kinds, a_disk_that_was_replaced_holds_no_images)
{
    struct world *w =
        given_nodes(NODE("n0") IMAGE("app:1", "sizeBytes: 100000000") POD("one", ONE("")), "");
    plan(w, "{kind: disk-fault, at: 10s, lasts: 10s}");
    until(w, 21);
    forget(w);
    create(w, POD("two", ONE("")));
    until(w, 60);
    expect_trace(w, "pod/default/two",
                 "  21.000 pod/default/two create\n"
                 "  22.000 pod/default/two patch\n"
                 "  24.000 pod/default/two patch Running, ready\n");
    done(w);
}

/* While nothing can be read, starts fail: at 3 s, at 4 s again, and 10 s of back-off later it is well. */
Test(failure_kinds, containers_cannot_start_from_a_bad_disk)
{
    struct world *w = given_nodes(NODE("n0"), "");
    plan(w, "{kind: disk-fault, at: 1s, lasts: 10s, errors: 1}");
    until(w, 2);
    create(w, POD("web", ONE("")));
    until(w, 60);
    expect_field(w, "pod/default/web", "status.containerStatuses.0.restartCount", "2");
    expect_field(w, "pod/default/web", "status.containerStatuses.0.lastState.terminated.exitCode",
                 "1");
    expect_field(w, "pod/default/web", "status.phase", "Running");
    done(w);
}

/* --- spot nodes ------------------------------------------------------------------------ */

/* Notice at 10 s: the pod is evicted at once and stops in 3 s. The machine goes at 40 s and its Node with
 * it; 20 s later there is another of that name. */
Test(failure_kinds, a_spot_node_is_drained_goes_and_is_replaced)
{
    struct world *w = given_nodes(IN_RACK("n0", "r1", "") POD("web", ONE("")), "");
    plan(w, "{kind: spot-reclaim, at: 10s, notice: 30s, lasts: 20s}");
    until(w, 9);
    const struct uid old = meta_of(find(w, "node/n0"))->uid;
    forget(w);
    until(w, 12);
    expect_field(w, "node/n0", "spec.unschedulable", "true");
    expect_field(w, "node/n0", "spec.taints.1.key", "aws-node-termination-handler/spot-itn");
    until(w, 50);
    cr_expect_null(find(w, "node/n0"));
    until(w, 100);
    expect_trace(w, "pod/",
                 "  10.000 pod/default/web evict\n"
                 "  10.000 pod/default/web delete grace 30s\n"
                 "  13.000 pod/default/web patch Failed, not ready\n"
                 "  13.000 pod/default/web remove\n");
    const struct object *new = find(w, "node/n0");
    cr_assert_not_null(new);
    cr_expect_not(uid_equal(meta_of(new)->uid, old), "it is another");
    expect_field(w, "node/n0", "metadata.labels.rack", "r1");
    expect_field(w, "node/n0", "spec.unschedulable", NULL);
    expect_field(w, "node/n0", "status.allocatable.cpu", "4");
    expect_machines(w, "  40.000 machine/n0 create\n"
                       "  40.000 machine/n0 patch power off\n"
                       "  40.000 machine/n0 patch disk lost\n"
                       "  60.000 machine/n0 patch well\n"
                       "  60.000 machine/n0 patch power on\n");
    done(w);
}

Test(failure_kinds, without_a_handler_pods_run_to_the_last)
{
    struct world *w = given_nodes(NODE("n0") POD("web", ONE("")), "");
    plan(w, "{kind: spot-reclaim, at: 10s, handler: none}");
    until(w, 129);
    expect_field(w, "pod/default/web", "status.phase", "Running");
    expect_field(w, "node/n0", "spec.unschedulable", NULL);
    until(w, 131);
    cr_expect_null(find(w, "node/n0"));
    done(w);
}

Test(failure_kinds, a_reclaim_that_is_called_off_leaves_the_node_as_it_was)
{
    struct world *w = given_nodes(NODE("n0"), "");
    fail(w, "spot-reclaim", "n0");
    until(w, 50);
    expect_field(w, "node/n0", "spec.unschedulable", "true");
    restore(w, "spot-reclaim", "n0");
    until(w, 300);
    expect_field(w, "node/n0", "spec.unschedulable", NULL);
    expect_field(w, "node/n0", "spec.taints.1.key", NULL);
    done(w);
}

/* --- bad input ------------------------------------------------------------------------- */

Test(failure_kinds, say_what_is_wrong_with_an_entry)
{
    static const struct {
        const char *entry, *fault;
    } rows[] = {
        { "{kind: cascade, at: 10s}",
          "failure: cascade follows from what others do and has no times of its own" },
        { "{kind: bad-rollout, lasts: 10s}", "lasts: a bad revision stays bad; roll it back" },
        { "{kind: bad-rollout, effect: pull}",
          "effect: \"pull\" is not one of never-ready, crash, slow" },
        { "{kind: group-outage, at: 10s, spreads: {to: rack}}",
          "failure: only what strikes nodes spreads" },
        { "{kind: network-fault, at: 10s, to: {}}",
          "to: names nobody (controlPlane, registry, clients: true, or pods)" },
        { "{kind: network-fault, at: 10s, latency: '4 apples'}",
          "failure: latency: \"4 apples\" is not a duration (try 30d, 1h30m, 2.5s or 250ms)" },
        { "{kind: disk-fault, at: 10s, latency: 0.5}",
          "latency: of a disk it is a factor of at least 1 (4: four times as long)" },
        { "{kind: slow-node, pods: 'a in', at: 10s}", "pods:" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = given_nodes(NODE("n0"), "");
        struct error_list faults = { 0 };
        cr_expect_not(plan_entry(w, rows[i].entry, &faults), "%s", rows[i].entry);
        cr_assert(faults.count > 0, "%s", rows[i].entry);
        cr_expect(strncmp(faults.items[0].text, rows[i].fault, strlen(rows[i].fault)) == 0,
                  "%s: %s", rows[i].entry, faults.items[0].text);
        error_list_close(&faults);
        done(w);
    }
}

/* --- roll-outs ------------------------------------------------------------------------- */

#define DEPLOYMENT                                                                                 \
    "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 2, "     \
    "selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: "       \
    "{containers: [{name: c, image: 'app:1'}]}}}}\n"

static int ready_pods(struct world *w)
{
    int ready = 0;
    for (struct cache_cursor pods = client_list(w->user, KIND_POD); cache_next(&pods);)
        ready += pod_is_ready(pod_of(pods.object));
    return ready;
}

/* A restart keeps the image, and is a new revision all the same. Where each one is bad, its first pod is
 * never ready and the old ones stay; undone, all is well, for the first revision was good. */
Test(failure_kinds, a_roll_out_goes_wrong_and_is_rolled_back)
{
    static const struct {
        const char *entry;
        bool bad;
    } rows[] = {
        { "{kind: bad-rollout, probability: 1}", true },
        { "{kind: bad-rollout, probability: 1, effect: crash, workload: deployment/web}", true },
        { "{kind: bad-rollout, probability: 0}", false },
        { "{kind: bad-rollout, probability: 1, workload: deployment/other}", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = given(NODE("n0"));
        set_plain_times(w, 1);
        struct desk *desk = desk_at(w);
        plan(w, rows[i].entry);
        create(w, DEPLOYMENT);
        until(w, 30);
        cr_expect_eq(ready_pods(w), 2, "the first revision is good");
        kubectl(desk, "rollout restart deployment/web", NULL);
        until(w, 100);
        const bool bad = rows[i].bad;
        expect_field(w, "deployment/default/web", "status.updatedReplicas", bad ? "1" : "2");
        expect_field(w, "deployment/default/web", "status.unavailableReplicas", bad ? "1" : NULL);
        cr_expect_eq(ready_pods(w), 2, "%s", rows[i].entry);
        if (bad) {
            kubectl(desk, "rollout undo deployment/web", NULL);
            until(w, 200);
            expect_field(w, "deployment/default/web", "status.updatedReplicas", "2");
            expect_field(w, "deployment/default/web", "status.unavailableReplicas", NULL);
        }
        desk_leave(desk);
        done(w);
    }
}
