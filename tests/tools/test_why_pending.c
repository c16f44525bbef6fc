/* seatrial why-pending: what is told of each reason for which nodes reject a pod. Every change that is
 * told was tried; that it is the least one follows from the comment of its row. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tools/schedule/cluster_load.h"
#include "tools/schedule/why_pending.h"

static struct trial *given(const char *text)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct scenario scenario;
    scenario_init(&scenario);
    manifest_load(&scenario.objects, text, strlen(text), "in.yaml", 0, &faults, &warnings);
    struct trial *trial = trial_new(NULL, &faults);
    cluster_load(trial, &scenario, &faults, &warnings);
    cr_assert_eq(faults.count, 0, "%s", faults.count > 0 ? faults.items[0].text : "");
    error_list_close(&warnings);
    scenario_close(&scenario);
    return trial;
}

/* "node: change" of every class, "; " between them, "?" behind what does not work. */
static char *changes_of(const struct value *answer)
{
    const struct value *classes = value_get(answer, "nodeClasses");
    struct writer out = { 0 };
    writer_add(&out, value_text(value_get(answer, "state"), ""));
    for (size_t i = 0; classes != NULL && i < classes->count; i++) {
        const struct value *changes = value_get(classes->items[i], "changes");
        const char *more = value_text(value_get(classes->items[i], "newNode"), NULL);
        for (size_t j = 0; j < changes->count; j++) {
            const struct value *one = changes->items[j];
            writer_format(&out, "; %s: %s%s", value_text(value_get(one, "node"), ""),
                          value_text(value_get(one, "change"), ""),
                          value_truth(value_get(one, "verified"), false) ? "" : "?");
        }
        if (more != NULL)
            writer_format(&out, "; one more %s", more);
    }
    return writer_take(&out);
}

#define NODE(name, labels, spec, cpu)                                                              \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {" labels                \
    "}}, spec: {" spec "}, status: {allocatable: {cpu: \"" cpu                                     \
    "\", memory: 8Gi, pods: \"110\"}}}\n"
#define POD(name, labels, spec, requests)                                                          \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {" labels                 \
    "}}, spec: {" spec "containers: [{name: c, image: x, resources: {requests: {" requests         \
    "}}}]}}\n"
#define OWNED(name, cpu)                                                                           \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {pod-template-hash: "     \
    "\"7\"}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-7, uid: "         \
    "5e3b8c3e-0000-4000-8000-000000000001, controller: true}]}, spec: {nodeName: a, containers: "  \
    "[{name: c, image: x, resources: {requests: {cpu: " cpu "}}}]}}\n"

static const struct {
    const char *why, *text, *want;
} rows[] = {
    { "of 4 cpus 600m are taken; who takes them is too small to matter, a new node is not",
      NODE("a", "", "", "4") POD("old", "", "nodeName: a, ", "cpu: 600m")
          POD("p", "", "", "cpu: 3500m"),
      "unschedulable; a: its cpu request is at most 3400m (now 3500m); a: default/old leaves a; "
      "one "
      "more a" },
    { "two of web's three pods are enough: 1 + 2 * 1 >= 3; one is not",
      NODE("a", "", "", "4") OWNED("web-7-x", "1") OWNED("web-7-y", "1") OWNED("web-7-z", "1")
          POD("p", "", "", "cpu: 3"),
      "unschedulable; a: its cpu request is at most 1000m (now 3000m); a: 2 of web's pods leave a; "
      "one more a" },
    { "more than the node has: nobody's leaving helps, nor another such node",
      NODE("a", "", "", "4") POD("old", "", "nodeName: a, ", "cpu: 1")
          POD("p", "", "", "cpu: 5, memory: 9Gi"),
      "unschedulable; a: its cpu request is at most 3000m (now 5000m) and its memory request is at "
      "most 8Gi (now 9Gi)" },
    { "the node with the greater part of what is wanted is the nearest",
      NODE("a", "", "", "2") NODE("b", "", "", "3") POD("p", "", "", "cpu: 4"),
      "unschedulable; b: its cpu request is at most 3000m (now 4000m)" },
    { "one of two taints is tolerated",
      NODE("a", "", "taints: [{key: k, value: v, effect: NoSchedule}, {key: l, effect: NoExecute}]",
           "4") POD("p", "", "tolerations: [{key: l, operator: Exists}], ", "cpu: 1"),
      "unschedulable; a: it tolerates k=v:NoSchedule; a: the taint k=v:NoSchedule is gone" },
    { "a label", NODE("a", "", "", "4") POD("p", "", "nodeSelector: {disk: ssd}, ", "cpu: 1"),
      "unschedulable; a: it has no nodeSelector; a: a has the label disk=ssd" },
    { "a label of a required affinity",
      NODE("a", "disk: hdd", "", "4")
          POD("p", "",
              "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
              "{nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd, "
              "nvme]}]}]}}}, ",
              "cpu: 1"),
      "unschedulable; a: it has no required node affinity; a: a has the label disk=ssd" },
    { "cordoned", NODE("a", "", "unschedulable: true", "4") POD("p", "", "", "cpu: 1"),
      "unschedulable; a: a is uncordoned" },
    { "two reasons at once", NODE("a", "", "unschedulable: true", "4") POD("p", "", "", "cpu: 5"),
      "unschedulable; a: a is uncordoned and its cpu request is at most 4000m (now 5000m)" },
    { "a host port",
      NODE("a", "", "", "4") "---\n{apiVersion: v1, kind: Pod, metadata: {name: old}, spec: "
                             "{nodeName: a, containers: [{name: c, image: x, ports: "
                             "[{containerPort: 80, hostPort: 80}]}]}}\n"
                             "---\n{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: "
                             "{containers: [{name: c, image: x, ports: [{containerPort: 80, "
                             "hostPort: 80}]}]}}\n",
      "unschedulable; a: default/old leaves a; one more a" },
    { "two pods on one of two zones, of which the other one is full: 3 - 0 is the skew",
      NODE("a", "z: one", "", "4") NODE("b", "z: two", "", "500m") POD(
          "x", "app: w", "nodeName: a, ", "cpu: 1") POD("w2", "app: w", "nodeName: a, ", "cpu: 1")
          POD("p", "app: w",
              "topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: "
              "DoNotSchedule, labelSelector: {matchLabels: {app: w}}}], ",
              "cpu: 1"),
      "unschedulable; a: maxSkew of its constraint on z is at least 3 (now 1); b: its cpu request "
      "is "
      "at most 500m (now 1000m)" },
    { "repelled by itself, and by whom",
      NODE("a", "z: one", "", "4") POD("x", "app: w", "nodeName: a, ", "cpu: 1")
          POD("p", "app: w",
              "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
              "[{topologyKey: z, labelSelector: {matchLabels: {app: w}}}]}}, ",
              "cpu: 1"),
      "unschedulable; a: it has no required pod anti-affinity; a: default/x leaves a" },
    { "gated", NODE("a", "", "", "4") POD("p", "", "schedulingGates: [{name: g}], ", "cpu: 1"),
      "gated" },
    { "nothing keeps it away", NODE("a", "", "", "4") POD("p", "", "", "cpu: 1"), "fits" },
    { "it does not wait", NODE("a", "", "", "4") POD("p", "", "nodeName: a, ", "cpu: 1"), "bound" },
};

Test(why_pending, tells_the_least_change_that_works)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trial *trial = given(rows[i].text);
        struct error error = { 0 };
        struct value *answer = why_pending(trial, why_pending_find(trial, "p", &error));
        char *got = changes_of(answer);
        cr_expect_str_eq(got, rows[i].want, "%s:\n got %s\nwant %s", rows[i].why, got,
                         rows[i].want);
        free(got);
        value_drop(answer);
        trial_free(trial);
    }
}

Test(why_pending, leaves_the_cluster_as_it_was)
{
    struct trial *trial = given(rows[1].text);
    struct error error = { 0 };
    struct value *first = why_pending(trial, why_pending_find(trial, "p", &error));
    struct value *again = why_pending(trial, why_pending_find(trial, "p", &error));
    cr_expect(value_equal(first, again));
    cr_expect_eq(cache_count(trial->cluster->cache, KIND_NODE), 1);
    cr_expect_eq(cache_count(trial->cluster->cache, KIND_POD), 4);
    value_drop(first);
    value_drop(again);
    trial_free(trial);
}

Test(why_pending, offers_the_nearest_name)
{
    struct trial *trial = given(rows[1].text);
    struct error error = { 0 };
    cr_expect_null(why_pending_find(trial, "web-7-w", &error));
    cr_expect_str_eq(error.text, "no pod web-7-w (did you mean web-7-x?)");
    error_close(&error);
    trial_free(trial);
}
