/* Scenarios: what becomes of nodes, images, failures and the timeline, and what is refused. */
#include "models/cluster/scenario.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/cluster/scenario_private.h"
#include "sim/base/memory.h"

#define HEAD "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"

/* One file, "web.yaml". */
static bool open_web(void *context, const char *path, struct scenario_input *input,
                     struct error *error)
{
    static const char text[] =
        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}";
    (void)context;
    if (strcmp(path, "web.yaml") != 0)
        return error_set(error, (struct place){ 0 }, "%s: No such file or directory", path);
    scenario_take_file(input, text, strlen(text), "dir/web.yaml");
    return true;
}

static const struct scenario_opener opener = { .open = open_web };

static void add_lines(struct writer *out, const char *before, struct error_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        char *line = error_print(&list->items[i]);
        writer_format(out, "%s%s\n", before, line);
        free(line);
    }
    error_list_close(list);
}

static void add_actions(struct writer *out, const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->action_count; i++) {
        const struct scenario_action *action = &scenario->actions[i];
        char at[SIM_TIME_TEXT];
        writer_format(out, "%s", sim_time_print(action->at, at));
        for (size_t w = 0; w < action->argc; w++)
            writer_format(out, " [%s]", action->argv[w]);
        for (size_t d = 0; d < action->documents.count; d++)
            writer_format(out, " < %s",
                          value_text(value_get(action->documents.items[d], "kind"), "?"));
        writer_add(out, "\n");
    }
}

static void add_names(struct writer *out, const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->nodes.count; i++) {
        const struct value *metadata = value_get(scenario->nodes.items[i], "metadata");
        writer_format(
            out, "node %s %s\n", value_text(value_get(metadata, "name"), "?"),
            value_text(value_path(metadata, "labels", "topology.kubernetes.io/zone", NULL), "-"));
    }
    for (size_t i = 0; i < scenario->objects.count; i++) {
        const struct value *document = scenario->objects.items[i].document;
        writer_format(out, "%s %s\n", value_text(value_get(document, "kind"), "?"),
                      value_text(value_path(document, "metadata", "name", NULL), "?"));
    }
}

/* Nodes, objects, failures and actions, one a line, then faults and warnings. */
static char *load(const char *text)
{
    struct scenario scenario;
    struct error_list faults = { 0 }, warnings = { 0 };
    struct writer out = { 0 };
    scenario_init(&scenario);
    scenario_load(&scenario, text, strlen(text), "s.yaml", &opener, false, &faults, &warnings);
    add_names(&out, &scenario);
    for (size_t i = 0; i < scenario.failures.count; i++)
        writer_format(&out, "failure %s\n",
                      value_text(value_get(scenario.failures.items[i], "kind"), "?"));
    add_actions(&out, &scenario);
    add_lines(&out, "fault: ", &faults);
    add_lines(&out, "warning: ", &warnings);
    scenario_close(&scenario);
    return writer_take(&out);
}

static const struct {
    const char *why, *text, *want;
} rows[] = {
    { "a group is numbered and its zones taken in turn",
      HEAD "  nodes:\n  - {name: worker, count: 3, zones: [a, b]}\n  - {name: big, zone: c}\n",
      "node worker-0 a\nnode worker-1 b\nnode worker-2 a\nnode big c\n" },
    { "the compact text, in three zones unless it says otherwise", HEAD "  nodes: 4x2cpu,4Gi\n",
      "node node-0 zone-a\nnode node-1 zone-b\nnode node-2 zone-c\nnode node-3 zone-a\n" },
    { "several compact texts are numbered on",
      HEAD "  nodes: ['1', '1x500mcpu,512Mi,9pods,1zone']\n",
      "node node-0 zone-a\nnode node-1 zone-a\n" },
    { "images come first, then manifests, then objects",
      HEAD "  objects: [{apiVersion: v1, kind: Secret, metadata: {name: s}}]\n"
           "  manifests: web.yaml\n  images: [{name: 'a:1', neverReady: true}]\n",
      "Image a:1\nService web\nSecret s\n" },
    { "other documents of the file are objects",
      HEAD "  duration: 1h\n---\n{apiVersion: v1, kind: Secret, metadata: {name: s}}\n",
      "Secret s\n" },
    { "verbs become kubectl's words, in order of time",
      HEAD "  timeline:\n"
           "  - {at: 2m, scale: {target: deployment/web, replicas: 5}, namespace: shop}\n"
           "  - {at: 1m, setImage: {target: deploy/web, images: {c: 'app:2', '*': 'x:1'}}}\n"
           "  - {at: 2m, rollout: {undo: deploy/web, toRevision: 3}}\n"
           "  - {at: 3m, cordon: [n1, n2]}\n"
           "  - {at: 3m, uncordon: n1}\n"
           "  - {at: 4m, drain: n1}\n"
           "  - {at: 4m, drain: {node: n1, force: true, ignoreDaemonsets: true, timeout: 30s}}\n"
           "  - {at: 5m, taint: {node: n1, taints: ['a=b:NoExecute', 'c-']}}\n"
           "  - {at: 6m, label: {target: node/n1, labels: {a: 1, b: null}}}\n"
           "  - {at: 7m, annotate: {target: [pod/a, pod/b], annotations: {k: v w}}}\n"
           "  - {at: 8m, patch: {target: deploy/web, type: merge, patch: {spec: {paused: true}}}}\n"
           "  - {at: 9m, fail: {kind: node-crash, target: n1}}\n"
           "  - {at: 10m, restore: {kind: node-crash, target: n1}}\n"
           "  - {at: 11m, delete: pod/a}\n"
           "  - {at: 12m, delete: {target: [pod/a, pod/b], gracePeriod: 0, force: true}}\n",
      "1m [set] [image] [deploy/web] [c=app:2] [*=x:1]\n"
      "2m [scale] [deployment/web] [--replicas=5] [-n] [shop]\n"
      "2m [rollout] [undo] [deploy/web] [--to-revision=3]\n"
      "3m [cordon] [n1] [n2]\n"
      "3m [uncordon] [n1]\n"
      "4m [drain] [n1]\n"
      "4m [drain] [n1] [--ignore-daemonsets] [--force] [--timeout=30s]\n"
      "5m [taint] [nodes] [n1] [a=b:NoExecute] [c-] [--overwrite]\n"
      "6m [label] [node/n1] [a=1] [b-] [--overwrite]\n"
      "7m [annotate] [pod/a] [pod/b] [k=v w] [--overwrite]\n"
      "8m [patch] [deploy/web] [--type=merge] [-p] [{\"spec\":{\"paused\":true}}]\n"
      "9m [fail] [node-crash] [n1]\n"
      "10m [restore] [node-crash] [n1]\n"
      "11m [delete] [pod/a]\n"
      "12m [delete] [pod/a] [pod/b] [--grace-period=0] [--force]\n" },
    { "apply takes objects, lists of them and files",
      HEAD "  timeline:\n"
           "  - {at: 0, apply: {apiVersion: v1, kind: Pod, metadata: {name: a}}}\n"
           "  - {at: 1.5, apply: [web.yaml, {apiVersion: v1, kind: PodList, items: [{}, {}]}]}\n",
      "0s [apply] [-f] [-] < Pod\n1.5s [apply] [-f] [-] < Service < Pod < Pod\n" },
    { "the general form: words, files, and what stands on standard input",
      HEAD "  timeline:\n"
           "  - {at: 1s, kubectl: \"kubectl set image deployment/web 'c d=app:2'\"}\n"
           "  - {at: 2s, kubectl: apply -f web.yaml --filename=web.yaml -n shop}\n"
           "  - {at: 3s, kubectl: [patch, svc/x, -p, '{}']}\n"
           "  - at: 4s\n    kubectl: replace -f -\n    stdin: |\n"
           "      {apiVersion: v1, kind: Pod, metadata: {name: a}}\n",
      "1s [set] [image] [deployment/web] [c d=app:2]\n"
      "2s [apply] [-n] [shop] [-f] [-] < Service < Service\n"
      "3s [patch] [svc/x] [-p] [{}]\n"
      "4s [replace] [-f] [-] < Pod\n" },
    { "all faults are told in one go",
      HEAD "  duration: -1h\n  sed: 1\n  seed: 1.5\n  nodes: [{count: 0, capacity: {cpu: 4x}}]\n"
           "  settings: {node-monitor-grace-perod: 10s}\n  timing: {apiWrite: {normal: {}}}\n"
           "  failures: [{at: 1h}]\n  startTime: yesterday\n",
      "fault: s.yaml:5:13: spec.duration: \"-1h\" is negative\n"
      "fault: s.yaml:6:3: spec.sed: unknown field (did you mean seed?)\n"
      "fault: s.yaml:7:9: spec.seed: 1.5 is no whole number\n"
      "fault: s.yaml:8:19: spec.nodes[0].count: 0 is not between 1 and 100000\n"
      "fault: s.yaml:8:38: spec.nodes[0].capacity.cpu: \"4x\" is not a quantity (try 4, 500m or "
      "2Gi)\n"
      "fault: s.yaml:9:40: spec.settings: " },
    { "faults of the timeline",
      HEAD "  timeline:\n  - {at: 1s}\n  - {at: 1s, cordon: a, drain: a}\n"
           "  - {at: 1s, kubectl: describe pod a}\n  - {at: 1s, kubectl: aply -f -}\n"
           "  - {at: 1s, kubectl: \"scale 'x\"}\n  - {at: 1s, apply: none.yaml}\n"
           "  - {at: 1s, rollout: {}}\n  - {at: 1s, kubectl: apply -f -, stdin: 'a: ['}\n",
      "fault: s.yaml:6:5: timeline: an entry without a verb (apply, scale, setImage, ...)\n"
      "fault: s.yaml:7:5: timeline: cordon and drain in one entry (give each its own)\n"
      "fault: s.yaml:8:23: kubectl: \"describe\" is no command that changes a cluster\n"
      "fault: s.yaml:9:23: kubectl: \"aply\" is no command that changes a cluster (did you mean "
      "apply?)\n"
      "fault: s.yaml:10:23: kubectl: a quote or backslash has no other half\n"
      "fault: s.yaml:11:21: none.yaml: No such file or directory\n"
      "fault: s.yaml:12:23: rollout: say one of undo, restart, pause and resume\n"
      "fault: s.yaml:13:42: stdin: line 2: did not find expected node content\n" },
    { "what comes too late deserves a warning",
      HEAD "  duration: 1h\n  timeline: [{at: 2h, cordon: n1}]\n",
      "2h [cordon] [n1]\n"
      "warning: s.yaml:6:14: timeline: at 2h the run is over (it ends at 1h)\n" },
    { "so do failures of what is not there",
      HEAD "  nodes: [{name: w, count: 2, zone: a}]\n  failures:\n"
           "  - {kind: node-crash, nodes: [w-1, w1, 'x-*'], at: 1h}\n"
           "  - {kind: zone-outage, zones: b, at: 1h}\n",
      "node w-0 a\nnode w-1 a\nfailure node-crash\nfailure zone-outage\n"
      "warning: s.yaml:7:37: failure: no node is called \"w1\" (did you mean w-1?)\n"
      "warning: s.yaml:8:32: failure: no zone is called \"b\"" },
    { "taints, names and zones of nodes",
      HEAD "  nodes:\n  - {taints: [a]}\n  - {name: A_b}\n  - {zone: a, zones: [b]}\n  - 6y\n"
           "  - 2x4,8Gi\n  - {name: x}\n  - {name: x}\n",
      "node x -\n"
      "fault: s.yaml:6:15: \"a\" is no taint (try dedicated=web:NoSchedule; effects are "
      "NoSchedule, PreferNoSchedule and NoExecute)\n"
      "fault: s.yaml:7:5: nodes: name \"A_b\": a lowercase RFC 1123 subdomain must consist of "
      "lower "
      "case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
      "character (e.g. 'example.com', regex used for validation is "
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\n"
      "fault: s.yaml:8:5: nodes: both zone and zones (give one of them)\n"
      "fault: s.yaml:9:5: \"6y\" does not describe nodes (try 6, 6x8cpu,32Gi or "
      "6x8cpu,32Gi,3zones; in quotes inside [])\n"
      "fault: s.yaml:10:5: \"2x4,8Gi\" does not describe nodes (try 6, 6x8cpu,32Gi or "
      "6x8cpu,32Gi,3zones; in quotes inside [])\n"
      "fault: s.yaml:12:5: nodes: two groups have the name \"x\"\n" },
    { "failures that make no sense",
      HEAD "  failures:\n  - {kind: node-crash}\n  - {kind: node-crush, at: 1h}\n"
           "  - {kind: bad-release, at: 1h}\n  - {kind: node-crash, every: 1h}\n"
           "  - {kind: container-crash, at: 1h, pods: 'a in'}\n",
      "fault: s.yaml:6:5: failure: node-crash says neither `at` nor `every`\n"
      "fault: s.yaml:7:12: \"node-crush\" is no kind of failure (did you mean node-crash?)\n"
      "fault: s.yaml:8:5: failure: bad-release has no `image`\n"
      "fault: s.yaml:9:5: failure: node-crash happens again and again (`every`), but never ends: "
      "it "
      "has no `lasts`\n"
      "fault: s.yaml:10:43: pods: " },
    { "expectations that make no sense",
      HEAD "  duration: 1h\n  expect:\n  - {path: pods.created, is: 1}\n"
           "  - {that: x, path: pods.created}\n",
      "fault: s.yaml:7:5: spec.expect[0].that: is missing (what is expected, as a sentence)\n" },
    { "each of them is told",
      HEAD "  duration: 1h\n  expect:\n  - {that: x, path: pods.created}\n"
           "  - {that: x, path: pods.created, is: 1, atMost: 3}\n"
           "  - {that: x, path: 'pods[', is: 1}\n  - {that: x, path: p, between: [1]}\n"
           "  - {that: x, path: p, between: [1m, 59]}\n"
           "  - {that: x, path: p, is: [1]}\n  - {that: x, path: p, is: 1, object: pod}\n"
           "  - {that: x, path: p, is: 1, object: pood/a}\n"
           "  - {that: x, path: p, is: 1, at: 2h}\n",
      "fault: s.yaml:7:5: expect: say one of is, atLeast, atMost and between\n"
      "fault: s.yaml:8:5: expect: say one of is, atLeast, atMost and between\n"
      "fault: s.yaml:9:21: expect: path: \"[\" has no closing bracket\n"
      "fault: s.yaml:10:33: expect: between: two bounds are expected, the least and the most\n"
      "fault: s.yaml:11:33: expect: between: the first bound, 1m, is more than the second\n"
      "fault: s.yaml:12:28: expect: is: expected a number, a text, a boolean or null\n"
      "fault: s.yaml:13:39: expect: object: \"pod\" is not TYPE/NAME\n"
      "fault: s.yaml:14:39: expect: object: no resource type is called \"pood\" (did you mean "
      "pods?)\n"
      "warning: s.yaml:15:35: expect: by then the run is over (it ends at 1h)\n" },
    { "bounds are numbers or durations",
      HEAD "  expect:\n  - {that: x, path: p, atLeast: many}\n  - {that: x, path: p, between: 3}\n",
      "fault: s.yaml:6:33: spec.expect[0].atLeast: \"many\" is not a duration (try 30d, 1h30m, "
      "2.5s or 250ms)\n"
      "fault: s.yaml:7:33: spec.expect[1].between: expected a list, got a number\n" },
    { "no Scenario", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n",
      "Secret s\nfault: s.yaml: no Scenario in this file (apiVersion: seatrial.dev/v1alpha1, kind: "
      "Scenario)\n" },
};

Test(scenario, becomes_nodes_objects_and_command_lines)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = load(rows[i].text);
        size_t length = strlen(rows[i].want);
        bool whole = rows[i].want[length - 1] == '\n';
        cr_expect(whole ? strcmp(got, rows[i].want) == 0 : strncmp(got, rows[i].want, length) == 0,
                  "%s: got\n%s", rows[i].why, got);
        free(got);
    }
}

static char *print_json(const struct scenario *scenario)
{
    struct value *document = scenario_print(scenario);
    char *text = json_text(document, (struct json_style){ .indent = 2 });
    value_drop(document);
    return text;
}

Test(scenario, printed_with_all_it_opened_it_reads_as_the_same)
{
    static const char text[] =
        HEAD "  seed: 7\n  mirrored: true\n  duration: 90m\n  manifests: [web.yaml]\n"
             "  nodes: 2x1cpu,1Gi\n"
             "  timing: {containerStart: {lognormal: {p50: 1s, p99: 5s}}}\n"
             "  settings: {node-monitor-grace-period: 40s}\n"
             "  schedulerConfiguration: {apiVersion: kubescheduler.config.k8s.io/v1, kind: "
             "KubeSchedulerConfiguration, percentageOfNodesToScore: 50}\n"
             "  storage: {drivers: [{name: d, volumesPerNode: 3, topologyKeys: [zone]}]}\n"
             "  failures: [{kind: node-crash, every: {exponential: {mean: 10h}}, lasts: 1h}]\n"
             "  timeline: [{at: 1m, apply: web.yaml}]\n"
             "  expect: [{that: x, path: pods.created, at: 1m, is: null}]\n";
    struct scenario first, second;
    struct error_list faults = { 0 }, warnings = { 0 };
    scenario_init(&first);
    scenario_init(&second);
    cr_expect(
        scenario_load(&first, text, strlen(text), "s.yaml", &opener, false, &faults, &warnings));
    char *printed = print_json(&first);
    cr_expect(
        scenario_load(&second, printed, strlen(printed), "p.json", NULL, true, &faults, &warnings));
    char *again = print_json(&second);
    cr_expect_str_eq(again, printed);
    cr_expect_eq(faults.count + warnings.count, 0);
    cr_expect_eq(second.seed, 7);
    cr_expect(second.mirrored);
    cr_expect_eq(second.duration, 90 * SIM_MINUTE);
    free(again);
    free(printed);
    scenario_close(&first);
    scenario_close(&second);
}

Test(scenario, without_nodes_there_are_six_usual_ones)
{
    struct scenario scenario;
    scenario_init(&scenario);
    scenario_complete(&scenario);
    cr_expect_eq(scenario.nodes.count, 6);
    scenario_complete(&scenario);
    cr_expect_eq(scenario.nodes.count, 6);
    const struct value *status = value_get(scenario.nodes.items[0], "status");
    cr_expect_str_eq(value_text(value_path(status, "capacity", "cpu", NULL), ""), "8");
    cr_expect_str_eq(value_text(value_path(status, "allocatable", "memory", NULL), ""), "32Gi");
    scenario_close(&scenario);
}

static const struct {
    const char *text, *want; /* NULL: refused */
} lines[] = {
    { "a  b\tc", "[a][b][c]" },
    { "'a b' \"c d\"e", "[a b][c de]" },
    { "a\\ b \"\\\"x\\\\\" '\\'", "[a b][\"x\\][\\]" },
    { "'' $HOME *", "[][$HOME][*]" },
    { "  ", "" },
    { "'a", NULL },
    { "a\\", NULL },
};

Test(words, are_parted_as_by_a_shell_and_nothing_is_expanded)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char **words;
        size_t count;
        struct error error = { 0 };
        struct writer out = { 0 };
        bool good = words_split(lines[i].text, (struct place){ 0 }, &words, &count, &error);
        writer_add(&out, "");
        for (size_t w = 0; good && w < count; w++)
            writer_format(&out, "[%s]", words[w]);
        cr_expect_eq(good, lines[i].want != NULL, "%s", lines[i].text);
        cr_expect_str_eq(out.bytes, good ? lines[i].want : "", "%s", lines[i].text);
        if (good)
            words_free(words, count);
        error_close(&error);
        writer_close(&out);
    }
}

/* The file that editors read is what the loader's table prints (make schema writes it). */
Test(scenario, the_json_schema_is_that_of_the_loader)
{
    struct value *schema = scenario_schema();
    char *want = json_text(schema, (struct json_style){ .indent = 2 });
    FILE *file = fopen("docs/scenario.schema.json", "rb");
    cr_assert_not_null(file);
    char *text = mem_new(1 << 20);
    size_t length = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    cr_expect(length == strlen(want) + 1 && strncmp(text, want, strlen(want)) == 0,
              "docs/scenario.schema.json is not what the loader checks: run make schema");
    free(text);
    free(want);
    value_drop(schema);
}
