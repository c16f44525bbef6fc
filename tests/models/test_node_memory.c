/* Memory of nodes: limits, the end of it, and evictions before that. Times are added up by hand: a
 * pod's process starts 1 s after the pod was bound, kubelets look every 10 s from the start. */
#include <criterion/criterion.h>

#include "models/api/node.h"
#include "models/api/pod.h"
#include "tests/support/kubelet_stories.h"

#define USES(more) "containers: [{name: c, image: 'app:1', resources: {" more "}}]"

static struct world *given_memory(const char *manifests)
{
    return given_nodes(manifests, "keep-events=true");
}

/* 60 Mi at the start and 60 Mi more each hour: the limit of 61 Mi is reached after a minute. */
Test(node_memory, a_process_is_killed_at_its_limit)
{
    struct world *w = given_memory(NODE("n0") IMAGE("app:1", "memory: 60Mi, memoryPerHour: 60Mi")
                                       POD("web", USES("limits: {memory: 61Mi}")));
    until(w, 60.9);
    expect_field(w, "pod/default/web", "status.containerStatuses.0.restartCount", "0");
    until(w, 63);
    const char *last = "status.containerStatuses.0.lastState.terminated.";
    char path[100];
    expect_field(w, "pod/default/web", "status.containerStatuses.0.restartCount", "1");
    snprintf(path, sizeof path, "%sreason", last);
    expect_field(w, "pod/default/web", path, "OOMKilled");
    snprintf(path, sizeof path, "%sexitCode", last);
    expect_field(w, "pod/default/web", path, "137");
    snprintf(path, sizeof path, "%sfinishedAt", last);
    expect_field(w, "pod/default/web", path, "1970-01-01T00:01:01Z");
    done(w);
}

/* 8 Gi less 100 Mi is 8092 Mi; 8000 Mi and 3600 Mi an hour, that is one a second: below the threshold after
 * 92 s, at 93 s; seen at 100 s, when 8099 Mi are used and 93 Mi are left. It ends in the 3 s its process
 * takes, of which a hard eviction leaves 2. */
Test(node_memory, a_pod_is_evicted_below_the_threshold)
{
    struct world *w = given_memory(
        NODE("n0") IMAGE("app:1", "memory: 8000Mi, memoryPerHour: 3600Mi") POD("web", ONE("")));
    until(w, 99.9);
    expect_field(w, "node/n0", "status.conditions.0.status", "False");
    until(w, 101.9);
    expect_field(w, "pod/default/web", "status.phase", "Running");
    until(w, 102.1);
    expect_field(w, "pod/default/web", "status.phase", "Failed");
    expect_field(w, "pod/default/web", "status.reason", "Evicted");
    expect_field(w, "pod/default/web", "status.message",
                 "The node was low on resource: memory. Threshold quantity: 100Mi, available: "
                 "93Mi. Container c was using 8099Mi, request is 0, has larger consumption of "
                 "memory. ");
    const struct condition *pressure =
        conditions_find(node_of(find(w, "node/n0"))->conditions, "MemoryPressure");
    cr_expect_eq(pressure->status, CONDITION_FALSE); /* until the next status update */
    until(w, 110.1);
    pressure = conditions_find(node_of(find(w, "node/n0"))->conditions, "MemoryPressure");
    cr_expect_eq(pressure->status, CONDITION_TRUE);
    cr_expect_str_eq(pressure->reason->s, "KubeletHasInsufficientMemory");
    done(w);
}

/* Pressure is over five minutes after it was seen last: at 100 s, so at the look at 400 s. The next pod that
 * asks for nothing is turned away until then. */
Test(node_memory, pressure_turns_pods_away_until_it_is_over)
{
    struct world *w = given_memory(
        NODE("n0") IMAGE("app:1", "memory: 8000Mi, memoryPerHour: 3600Mi") POD("web", ONE("")));
    until(w, 200);
    create(w, "{apiVersion: v1, kind: Pod, metadata: {name: early}, spec: {nodeName: n0, "
              "containers: [{name: c, image: 'other:1'}]}}");
    create(w, "{apiVersion: v1, kind: Pod, metadata: {name: asks}, spec: {nodeName: n0, "
              "containers: [{name: c, image: 'other:1', resources: {requests: {memory: 1Mi}}}]}}");
    until(w, 390);
    expect_field(w, "pod/default/early", "status.phase", "Failed");
    expect_field(w, "pod/default/early", "status.reason", "Evicted");
    expect_field(w, "pod/default/early", "status.message",
                 "Pod was rejected: The node had condition: [MemoryPressure]. ");
    expect_field(w, "pod/default/asks", "status.phase", "Running");
    until(w, 409);
    const struct condition *pressure =
        conditions_find(node_of(find(w, "node/n0"))->conditions, "MemoryPressure");
    cr_expect_eq(pressure->status, CONDITION_TRUE);
    until(w, 411);
    pressure = conditions_find(node_of(find(w, "node/n0"))->conditions, "MemoryPressure");
    cr_expect_eq(pressure->status, CONDITION_FALSE);
    create(w, "{apiVersion: v1, kind: Pod, metadata: {name: late}, spec: {nodeName: n0, "
              "containers: [{name: c, image: 'other:1'}]}}");
    until(w, 420);
    expect_field(w, "pod/default/late", "status.phase", "Running");
    done(w);
}

static void expect_phases(struct world *w, const char *first, const char *second, const char *third)
{
    expect_field(w, "pod/default/a", "status.phase", first);
    expect_field(w, "pod/default/b", "status.phase", second);
    expect_field(w, "pod/default/d", "status.phase", third);
}

/* d uses what it asked for, a and b use more: b by more. The first look with 2 Gi too much is at 10 s, the
 * second as soon as b was seen to be gone, 3 s later. */
Test(node_memory, who_uses_more_than_it_asked_for_goes_first)
{
    struct world *w = given_memory(
        NODE("n0") IMAGE("app:1", "memory: 2040Mi") IMAGE("big:1", "memory: 4080Mi")
            POD("a", USES("requests: {memory: 1Gi}"))
                POD("b", "containers: [{name: c, image: 'big:1', resources: {requests: {memory: "
                         "1Gi}}}]") POD("d", USES("requests: {memory: 2040Mi}")));
    until(w, 11.9);
    expect_phases(w, "Running", "Running", "Running");
    until(w, 12.1);
    expect_phases(w, "Running", "Failed", "Running");
    until(w, 1000);
    expect_phases(w, "Running", "Failed", "Running");
    done(w);
}

/* The one of lower priority goes although the other uses more. */
Test(node_memory, priority_goes_before_use)
{
    struct world *w = given_memory(NODE("n0") IMAGE("app:1", "memory: 3000Mi") IMAGE(
        "big:1",
        "memory: 5160Mi") "---\n{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: "
                          "{name: high}, "
                          "value: 1000}\n" POD("a", ONE("")) POD(
                              "b",
                              "priorityClassName: high, containers: [{name: c, image: 'big:1'}]"));
    until(w, 100);
    expect_field(w, "pod/default/a", "status.phase", "Failed");
    expect_field(w, "pod/default/b", "status.phase", "Running");
    done(w);
}

/* More than there is, at once: the kernel kills before any look. a asked for all it uses. */
Test(node_memory, without_any_left_the_kernel_kills)
{
    struct world *w = given_memory(NODE("n0") IMAGE("app:1", "memory: 4096Mi")
                                       POD("a", USES("requests: {memory: 4Gi}, limits: {memory: "
                                                     "5Gi}")) POD("b", ONE("")));
    until(w, 1.5);
    expect_field(w, "pod/default/a", "status.containerStatuses.0.state.running.startedAt",
                 "1970-01-01T00:00:01Z");
    expect_field(w, "pod/default/b", "status.containerStatuses.0.state.terminated.reason",
                 "OOMKilled");
    done(w);
}

/* What is reserved is not the pods': 4 Gi of the 8 may be used, less nothing, as the threshold is part of what
 * is reserved. */
Test(node_memory, what_is_reserved_is_not_there)
{
    struct world *w = given_memory(
        "---\n{apiVersion: v1, kind: Node, metadata: {name: n0}, status: {capacity: {cpu: '4', "
        "memory: 8Gi, pods: '10'}, allocatable: {cpu: '4', memory: 4Gi, pods: '10'}}}\n" IMAGE(
            "app:1", "memory: 4090Mi, memoryPerHour: 3600Mi") POD("web", ONE("")));
    until(w, 9.9);
    expect_field(w, "pod/default/web", "status.phase", "Running");
    until(w, 12.1); /* 4096 Mi at 7 s; the look at 10 s */
    expect_field(w, "pod/default/web", "status.reason", "Evicted");
    done(w);
}

/* A node that loses its power forgets its pressure; nothing is left that uses memory. */
Test(node_memory, is_free_after_a_power_cut)
{
    struct world *w = given_memory(NODE("n0") IMAGE("app:1", "memory: 60Mi, memoryPerHour: 60Mi")
                                       POD("web", USES("limits: {memory: 61Mi}")));
    until(w, 31);
    fail(w, "node-crash", "n0");
    until(w, 100);
    restore(w, "node-crash", "n0");
    until(w, 160); /* it runs again at 101 s, and so until 161 s */
    expect_field(w, "pod/default/web", "status.containerStatuses.0.restartCount", "1");
    until(w, 173); /* the second restart waits for its back-off of 10 s */
    expect_field(w, "pod/default/web", "status.containerStatuses.0.restartCount", "2");
    done(w);
}

/* A leak in a Deployment: evicted on the node that is full, replaced on the other, where the taint does
 * not keep it out. */
Test(node_memory, what_is_evicted_is_replaced_elsewhere)
{
    struct world *w = given(NODE("n0") IMAGE(
        "app:1",
        "memory: 8000Mi, memoryPerHour: 3600Mi") "---\n{apiVersion: apps/v1, kind: Deployment, "
                                                 "metadata: {name: web}, spec: {replicas: "
                                                 "1, selector: {matchLabels: {app: web}}, "
                                                 "template: {metadata: {labels: {app: web}}, "
                                                 "spec: {containers: [{name: c, image: "
                                                 "'app:1'}]}}}}\n");
    until(w, 50);
    create(w, NODE("n1"));
    until(w, 115);
    const struct object *n0 = find(w, "node/n0");
    cr_expect_not_null(
        taints_find(node_of(n0)->taints, "node.kubernetes.io/memory-pressure", NO_SCHEDULE));
    expect_field(w, "deployment/default/web", "status.readyReplicas", "1");
    int failed = 0;
    for (struct cache_cursor c = cache_list(w->cluster->cache, KIND_POD); cache_next(&c);) {
        const struct pod *pod = pod_of(c.object);
        failed += pod->phase == POD_FAILED;
        cr_expect_str_eq(text_s(pod->node_name), pod->phase == POD_FAILED ? "n0" : "n1");
    }
    cr_expect_eq(failed, 1);
    done(w);
}
