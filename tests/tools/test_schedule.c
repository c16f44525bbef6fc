/* seatrial schedule, from texts to its tables: what is read how, where pods go, and why. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tools/report/table.h"
#include "tools/schedule/cluster_load.h"
#include "tools/schedule/placement_print.h"

/* --- a cluster in YAML ------------------------------------------------------------------------ */

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

static void expect_table(const char *text, const char *want)
{
    struct trial *trial = given(text);
    struct placements placements = placements_make(trial, &(struct placement_options){ 0 });
    struct writer out = { 0 };
    placements_print(&placements, false, &out);
    cr_expect_str_eq(out.bytes, want, "got\n%s", out.bytes);
    writer_close(&out);
    placements_close(&placements);
    trial_free(trial);
}

#define NODE(name, cpu)                                                                            \
    "---\napiVersion: v1\nkind: Node\nmetadata: {name: " name "}\n"                                \
    "status: {allocatable: {cpu: \"" cpu "\", memory: 8Gi, pods: \"110\"}}\n"
#define POD(name, spec, cpu)                                                                       \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec: {" spec                     \
    "containers: [{name: c, image: x, resources: {requests: {cpu: " cpu "}}}]}\n"

Test(schedule, the_emptier_node_is_better_and_the_other_one_runs_up)
{
    /* a is empty: LeastAllocated ((4000-1000)*100/4000 + (8Gi-200Mi)*100/8Gi)/2 = (75+97)/2 = 86;
     * on b 2000m and 400Mi are asked for: (50+95)/2 = 72. Balanced is 50 + (50 + with - without)/2:
     * on a (25 % and 2.4 %; no cost of memory in real requests: 0 %) std 12.5: 50+(50+87-100)/2=68;
     * on b std 25 against 12.5: 50+(50+75-87)/2=69. Taints 300 for both, no images. */
    expect_table(NODE("a", "4") NODE("b", "4") POD("old", "nodeName: b, ", "1") POD("new", "", "1"),
                 "POD          NODE  SCORE  TIES  RUNNER-UP  ITS SCORE\n"
                 "default/new  a       454        b                441\n"
                 "\n"
                 "1 pod, 1 scheduled\n");
}

Test(schedule, pods_go_in_the_order_of_the_queue_and_of_equal_nodes_the_first_to_join_is_taken)
{
    expect_table(NODE("b", "4") NODE("a", "4") POD("late", "", "1")
                     POD("urgent", "priorityClassName: system-node-critical, ", "1"),
                 "POD             NODE  SCORE  TIES  RUNNER-UP  ITS SCORE\n"
                 "default/urgent  b       454     2  a                454\n"
                 "default/late    a       454        b                441\n"
                 "\n"
                 "2 pods, 2 scheduled\n");
}

Test(schedule, what_has_no_node_says_why_and_what_preempts_says_whom)
{
    expect_table(
        NODE("a", "4") POD("old", "nodeName: a, ", "3") POD("wide", "", "5") POD("small", "", "2")
            POD("boss", "priorityClassName: system-node-critical, ", "3500m")
                POD("shy", "schedulerName: other, ", "1")
                    POD("gated", "schedulingGates: [{name: example.com/quota}], ", "1"),
        "POD            NODE                SCORE  TIES  RUNNER-UP  ITS SCORE\n"
        "default/boss   a                only one\n"
        "    preempts default/old\n"
        "default/wide   (unschedulable)\n"
        "    0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: "
        "0/1 nodes\n"
        "    are available: 1 Preemption is not helpful for scheduling.\n"
        "default/small  (unschedulable)\n"
        "    0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: "
        "0/1 nodes\n"
        "    are available: 1 No preemption victims found for incoming pod.\n"
        "default/shy    (ignored)\n"
        "    no profile has the schedulerName \"other\" of this pod\n"
        "default/gated  (gated)\n"
        "    waiting for scheduling gates: [example.com/quota]\n"
        "\n"
        "5 pods, 1 scheduled, 2 unschedulable, 1 gated, 1 ignored\n");
}

#define CLAIM(name, rest)                                                                          \
    "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " name rest "}\n"          \
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"

Test(schedule, claims_that_somebody_wrote_are_bound_before_and_those_of_a_dump_are_as_they_are)
{
    expect_table(
        NODE("a", "4") CLAIM("written", "") CLAIM("dumped",
                                                  ", uid: 0f8fad5b-d9cb-469f-a165-70867728950e")
            POD("one", "volumes: [{name: v, persistentVolumeClaim: {claimName: written}}], ", "1")
                POD("two", "volumes: [{name: v, persistentVolumeClaim: {claimName: dumped}}], ",
                    "1")
                    POD("three",
                        "volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: "
                        "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}], ",
                        "1"),
        "POD            NODE                SCORE  TIES  RUNNER-UP  ITS SCORE\n"
        "default/one    a                only one\n"
        "default/two    (unschedulable)\n"
        "    0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found\n"
        "default/three  a                only one\n"
        "\n"
        "3 pods, 2 scheduled, 1 unschedulable\n");
}

/* --- what is read how ----------------------------------------------------------------------------- */

/* The pending pods, "namespace/name" each, in the order of the queue. */
static void expect_pending(const char *why, const char *text, const char *want)
{
    struct trial *trial = given(text);
    struct writer out = { 0 };
    size_t count;
    const struct pod **pods = trial_queue(trial, &count);
    for (size_t i = 0; i < count; i++)
        writer_format(&out, "%s%s/%s", i > 0 ? " " : "", namespace_of(pods[i]), name_of(pods[i]));
    cr_expect_str_eq(out.length > 0 ? out.bytes : "", want, "%s: %s", why, out.bytes);
    writer_close(&out);
    free(pods);
    trial_free(trial);
}

#define TEMPLATE                                                                                   \
    "selector: {matchLabels: {app: w}}, template: {metadata: {labels: {app: w}}, "                 \
    "spec: {containers: [{name: c, image: x}]}}"

static const struct {
    const char *why, *text, *want;
} read_rows[] = {
    { "a Deployment through its ReplicaSet, whose name has the hash of the template",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w, namespace: shop}\n"
      "spec: {replicas: 2, " TEMPLATE "}\n",
      "shop/w-75fb754c84-00001 shop/w-75fb754c84-00002" },
    { "ordinals begin where they are told to",
      "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: w}\n"
      "spec: {replicas: 2, ordinals: {start: 5}, " TEMPLATE "}\n",
      "default/w-5 default/w-6" },
    { "a DaemonSet has a pod for each node",
      NODE("a", "1") NODE("b", "1") "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: "
                                    "{name: w}\nspec: {" TEMPLATE "}\n",
      "default/w-a default/w-b" },
    { "a Job runs no more pods than it has completions",
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: w}\nspec: {parallelism: 5, completions: "
      "2, template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}\n",
      "default/w-00001 default/w-00002" },
    { "what was stored in a cluster has its pods there already",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w, uid: "
      "5e3b8c3e-0000-4000-8000-000000000001}\nspec: {replicas: 2, " TEMPLATE "}\n",
      "" },
    { "what a scheduler does not look at is left out",
      "apiVersion: seatrial.dev/v1alpha1\nkind: Image\nmetadata: {name: x}\n---\n"
      "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\n" POD("p", "", "1"),
      "default/p" },
    { "pods that run, have a node or have ended wait for nothing",
      NODE("a", "1") "---\napiVersion: v1\nkind: List\nitems:\n"
                     "- {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: a, "
                     "containers: [{name: c, image: x}]}, status: {phase: Running}}\n"
                     "- {apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {containers: "
                     "[{name: c, image: x}]}, status: {phase: Failed}}\n"
                     "- {apiVersion: v1, kind: Pod, metadata: {name: r}, spec: {containers: "
                     "[{name: c, image: x}]}, status: {phase: Pending}}\n",
      "default/r" },
};

Test(schedule, reads_manifests_and_dumps)
{
    for (size_t i = 0; i < sizeof read_rows / sizeof *read_rows; i++)
        expect_pending(read_rows[i].why, read_rows[i].text, read_rows[i].want);
}

/* --- explanations ------------------------------------------------------------------------------------ */

static const char two_nodes[] = NODE("a", "4") NODE(
    "b", "4") "---\napiVersion: v1\nkind: Node\nmetadata: {name: t}\n"
              "spec: {taints: [{key: k, effect: NoSchedule}]}\n"
              "status: {allocatable: {cpu: 500m, memory: 8Gi, pods: \"110\"}}\n" POD("p", "", "1");

static struct placements explained(struct trial *trial)
{
    return placements_make(trial, &(struct placement_options){ .explains_all = true });
}

Test(schedule, explains_filters_and_scores_as_the_annotations_of_the_simulator)
{
    static const struct {
        const char *key, *want;
    } rows[] = {
        { "filter-result",
          "{\"a\":{\"NodeResourcesFit\":\"passed\",\"NodeUnschedulable\":\"passed\","
          "\"TaintToleration\":\"passed\"},\"b\":{\"NodeResourcesFit\":\"passed\","
          "\"NodeUnschedulable\":\"passed\",\"TaintToleration\":\"passed\"},\"t\":{"
          "\"NodeUnschedulable\":\"passed\",\"TaintToleration\":\"node(s) had untolerated "
          "taint(s)\"}}" },
        { "selected-node", "a" },
        { "bind-result", "{\"DefaultBinder\":\"success\"}" },
    };
    struct trial *trial = given(two_nodes);
    struct placements placements = explained(trial);
    struct value *list = placements_annotated(trial, &placements);
    const struct value *annotations =
        value_path(value_at(value_get(list, "items"), 0), "metadata", "annotations", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *key = mem_format("kube-scheduler-simulator.sigs.k8s.io/%s", rows[i].key);
        cr_expect_str_eq(value_text(value_get(annotations, key), "(absent)"), rows[i].want);
        free(key);
    }
    const char *final = value_text(
        value_get(annotations, "kube-scheduler-simulator.sigs.k8s.io/finalscore-result"), "");
    cr_expect_not_null(strstr(final, "\"TaintToleration\":\"300\""), "scores are texts: %s", final);
    value_drop(list);
    placements_close(&placements);
    trial_free(trial);
}

Test(schedule, an_explanation_asks_filters_behind_the_one_that_rejects_as_well)
{
    struct trial *trial = given(two_nodes);
    struct placements placements = explained(trial);
    const struct value *nodes = value_get(placements.items[0].explanation, "nodes");
    const struct value *tainted = value_at(nodes, 2), *chosen = value_at(nodes, 0);
    cr_expect_str_eq(value_text(value_get(tainted, "rejectedBy"), ""), "TaintToleration");
    cr_expect_str_eq(value_text(value_path(tainted, "filters", "NodeResourcesFit", NULL), ""),
                     "Insufficient cpu");
    int64_t sum = 0;
    const struct value *scores = value_get(chosen, "scores");
    for (size_t i = 0; i < scores->count; i++) {
        const struct value *score = scores->entries[i].value;
        const int64_t weighted = value_int(value_get(score, "weighted"), -1);
        cr_expect_eq(weighted, value_int(value_get(score, "normalized"), 0) *
                                   value_int(value_get(score, "weight"), 0));
        sum += weighted;
    }
    cr_expect_eq(sum, value_int(value_get(chosen, "total"), -1));
    cr_expect_eq(sum, placements.items[0].score);
    placements_close(&placements);
    trial_free(trial);
}

Test(schedule, an_explanation_fits_on_a_terminal)
{
    struct trial *trial = given(two_nodes);
    struct placements placements = explained(trial);
    struct writer out = { 0 };
    placements_print(&placements, true, &out);
    for (char *line = out.bytes; *line != '\0'; line += strcspn(line, "\n") + 1)
        cr_expect_leq(strcspn(line, "\n"), TERMINAL_WIDTH, "%s", line);
    cr_expect_not_null(strstr(out.bytes, "TaintToleration      1  node(s) had untolerated "
                                         "taint(s)\n    t\n"),
                       "%s", out.bytes);
    cr_expect_not_null(strstr(out.bytes, "(1) a: 454, chosen\n(2) b: 454\n"), "%s", out.bytes);
    cr_expect_not_null(strstr(out.bytes, "0 > 100 > 300"), "%s", out.bytes);
    writer_close(&out);
    placements_close(&placements);
    trial_free(trial);
}
