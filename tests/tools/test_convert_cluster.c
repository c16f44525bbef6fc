/* Snapshots of clusters and traces of SimKube through `seatrial convert` and a run. */
#include <criterion/criterion.h>
#include <math.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tests/support/converted.h"
#include "tests/support/desk.h"
#include "tests/support/program.h"
#include "tests/support/shared.h"

static double number(const struct value *summary, const char *list, const char *key)
{
    return value_double(value_path(summary, list, key, NULL), NAN);
}

static void expect_count(const struct value *answer, const char *what, int64_t want)
{
    cr_expect_eq(converted_count(answer, what), want, "%s: %ld, not %ld", what,
                 (long)converted_count(answer, what), (long)want);
}

/* The document of FOLDER/out/NAME; NULL when it is not there. */
static struct value *document(const char *folder, const char *name)
{
    struct error error = { 0 };
    char *text = converted_text(folder, name);
    struct value *value =
        text != NULL ? json_read(text, strlen(text), (struct place){ 0 }, NULL, &error) : NULL;
    error_close(&error);
    free(text);
    return value;
}

static const struct value *item(const struct value *list, const char *kind, const char *name)
{
    const struct value *items = value_get(list, "items");
    for (size_t i = 0; items != NULL && i < items->count; i++)
        if (strcmp(value_text(value_get(items->items[i], "kind"), ""), kind) == 0 &&
            strcmp(value_text(value_path(items->items[i], "metadata", "name", NULL), ""), name) ==
                0)
            return items->items[i];
    return NULL;
}

/* ── snapshots ── */

/* As kubectl prints it; what is not to come through stands here as well. */
static const char snapshot[] =
    "{apiVersion: v1, kind: List, items: [\n"
    "{apiVersion: v1, kind: Node, metadata: {name: n0, uid: u0, labels: {disk: ssd}, "
    "creationTimestamp: "
    "\"2026-03-01T00:00:00Z\"},\n"
    " spec: {podCIDR: 10.0.0.0/24, taints: [{key: dedicated, value: db, effect: NoSchedule}, {key: "
    "node.kubernetes.io/not-ready, effect: NoExecute, timeAdded: \"2026-03-01T00:00:00Z\"}]},\n"
    " status: {capacity: {cpu: '4', memory: 8Gi, pods: '110'}, allocatable: {cpu: 3900m, memory: "
    "7Gi, "
    "pods: '110'}, nodeInfo: {kubeletVersion: v1.30.0},\n"
    "  conditions: [{type: Ready, status: Unknown, lastHeartbeatTime: "
    "\"2026-03-04T05:06:07Z\"}]}},\n"
    "{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {capacity: {cpu: '4', memory: 8Gi, "
    "pods: "
    "'110'}, allocatable: {cpu: '4', memory: 8Gi, pods: '110'}}},\n"
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop, uid: d1, "
    "generation: "
    "3, annotations: {deployment.kubernetes.io/revision: '2', note: kept}},\n"
    " spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: "
    "web}}, spec: {priorityClassName: gold, serviceAccountName: web, containers: [{name: c, image: "
    "i}]}}},\n"
    " status: {replicas: 2}},\n"
    "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web-1, namespace: shop, uid: r1, "
    "ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: d1, controller: "
    "true}]},\n"
    " spec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: "
    "web}}, spec: {containers: [{name: c, image: i}]}}}},\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: web-1-a, namespace: shop, uid: p1, labels: {app: "
    "web}, "
    "ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-1, uid: r1, controller: "
    "true}]},\n"
    " spec: {nodeName: n1, priorityClassName: gold, priority: 700, containers: [{name: c, image: "
    "i}]}, "
    "status: {phase: Running}},\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: bare, namespace: shop, resourceVersion: '9'}, "
    "spec: "
    "{nodeName: n1, containers: [{name: c, image: i}]}, status: {phase: Running}},\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: etcd-n1, namespace: kube-system, annotations: "
    "{kubernetes.io/config.mirror: x}, ownerReferences: [{apiVersion: v1, kind: Node, name: n1, "
    "uid: u1, "
    "controller: true}]},\n"
    " spec: {nodeName: n1, containers: [{name: c, image: i}]}, status: {phase: Running}},\n"
    "{apiVersion: v1, kind: Pod, metadata: {name: over, namespace: shop}, spec: {containers: "
    "[{name: c, "
    "image: i}]}, status: {phase: Succeeded}},\n"
    "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {clusterIP: "
    "10.1.2.3, "
    "clusterIPs: [10.1.2.3], selector: {app: web}, ports: [{port: 80}]}},\n"
    "{apiVersion: v1, kind: Endpoints, metadata: {name: web, namespace: shop}},\n"
    "{apiVersion: v1, kind: Secret, metadata: {name: key, namespace: shop}, data: {a: c2VjcmV0}},\n"
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: kube-root-ca.crt, namespace: shop}, data: "
    "{a: "
    "b}},\n"
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: "
    "{password: "
    "hunter2}},\n"
    "{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: shop}},\n"
    "{apiVersion: batch/v1, kind: Job, metadata: {name: done, namespace: shop}, spec: {template: "
    "{spec: "
    "{restartPolicy: Never, containers: [{name: c, image: i}]}}}, status: {conditions: [{type: "
    "Complete, "
    "status: 'True'}]}},\n"
    "{apiVersion: batch/v1, kind: Job, metadata: {name: busy, namespace: shop, uid: j1, labels: "
    "{a: b}}, "
    "spec: {selector: {matchLabels: {batch.kubernetes.io/controller-uid: j1}}, template: "
    "{metadata: "
    "{labels: {batch.kubernetes.io/controller-uid: j1, controller-uid: j1, job-name: busy}}, spec: "
    "{restartPolicy: Never, containers: [{name: c, image: i}]}}}}\n"
    "]}\n";

Test(convert_cluster, takes_off_a_snapshot_what_is_the_clusters)
{
    char *folder = folder_new(), *arguments = mem_format("%s/all.yaml", folder);
    folder_write(folder, "all.yaml", snapshot);
    struct value *answer = converted(folder, arguments);
    struct value *objects = document(folder, "objects.json"),
                 *nodes = document(folder, "nodes.json");
    char *texts[] = { converted_text(folder, "objects.json"), converted_text(folder, "nodes.json"),
                      converted_text(folder, "scenario.yaml") };
    static const char *const gone[] = {
        "uid",       "resourceVersion", "creationTimestamp", "hunter2",   "c2VjcmV0",
        "10.1.2.3",  "web-1",           "kube-root-ca",      "\"over\"",  "\"done\"",
        "not-ready", "revision",        "kubeletVersion",    "Endpoints", "config.mirror"
    };
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        cr_expect(strstr(texts[0], gone[i]) == NULL && strstr(texts[1], gone[i]) == NULL,
                  "%s is still there", gone[i]);
    const struct value *node = item(nodes, "Node", "n0");
    cr_expect_str_eq(value_path(node, "status", "allocatable", "cpu", NULL)->text, "3900m");
    cr_expect_str_eq(value_path(node, "metadata", "labels", "disk", NULL)->text, "ssd");
    cr_expect_eq(value_path(node, "spec", "taints", NULL)->count, 1);
    cr_expect_str_eq(
        value_path(item(objects, "Deployment", "web"), "metadata", "annotations", "note", NULL)
            ->text,
        "kept");
    cr_expect_eq(value_int(value_get(item(objects, "PriorityClass", "gold"), "value"), 0), 700);
    cr_expect_not_null(item(objects, "ServiceAccount", "web"));
    cr_expect_null(value_path(item(objects, "Pod", "bare"), "spec", "nodeName", NULL));
    cr_expect_not_null(value_path(item(objects, "Pod", "etcd-n1"), "spec", "nodeName", NULL));
    cr_expect_not_null(strstr(texts[2], "startTime: \"2026-03-04T05:06:07Z\""));
    expect_count(answer, "Nodes that were not ready: they come up ready", 1);
    expect_count(answer, "Secrets: left out", 1);
    expect_count(answer, "pods and Jobs that have finished: left out", 2);
    expect_count(answer, "objects that their controllers make: left out", 2);

    struct value *summary = converted_run(folder, "--duration 10m");
    cr_expect_eq(number(summary, "pods", "created"), 5, "two of web, bare, etcd-n1, one of busy");
    cr_expect_eq(number(summary, "pods", "bound"), 5);
    value_drop(summary);
    for (size_t i = 0; i < 3; i++)
        free(texts[i]);
    value_drop(objects);
    value_drop(nodes);
    value_drop(answer);
    free(arguments);
    folder_remove(folder);
}

/* A cluster of our own, printed by kubectl, is one as before. */
static const char shop[] =
    "{apiVersion: v1, kind: Node, metadata: {name: n0, labels: {kubernetes.io/hostname: n0}}, "
    "status: "
    "{allocatable: {cpu: '4', memory: 8Gi, pods: '110'}, capacity: {cpu: '4', memory: 8Gi, pods: "
    "'110'}}}\n---\n"
    "{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {kubernetes.io/hostname: n1}}, "
    "status: "
    "{allocatable: {cpu: '4', memory: 8Gi, pods: '110'}, capacity: {cpu: '4', memory: 8Gi, pods: "
    "'110'}}}\n---\n"
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: default}, spec: "
    "{replicas: 3, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, "
    "spec: "
    "{containers: [{name: c, image: i, resources: {requests: {cpu: 500m}}}]}}}}\n---\n"
    "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: default}, spec: "
    "{replicas: "
    "2, serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: "
    "db}}, "
    "spec: {containers: [{name: c, image: j}]}}}}\n---\n"
    "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent, namespace: default}, spec: "
    "{selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: "
    "{containers: [{name: c, image: k}]}}}}\n";

/* kubectl get of a type prints one object by itself, or a List: one document each. */
static void write_cluster(struct world *world, const char *folder)
{
    static const char *const types[] = { "nodes",        "deployments", "replicasets",
                                         "statefulsets", "daemonsets",  "pods" };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char *command = mem_format("get %s -o json", types[i]),
             *name = mem_format("%s.json", types[i]);
        char *text = kubectl_prints(world, command);
        folder_write(folder, name, text);
        free(text);
        free(name);
        free(command);
    }
}

Test(convert_cluster, brings_a_printed_cluster_up_again)
{
    char *folder = folder_new(), *dump = mem_format("%s/dump", folder);
    char *arguments = mem_format("%s", dump);
    char *make = mem_format("mkdir %s", dump);
    cr_assert_eq(system(make), 0);
    struct world *w = given(shop);
    until(w, 120);
    write_cluster(w, dump);
    done(w);
    struct value *answer = converted(folder, arguments);
    expect_count(answer, "objects that their controllers make: left out", 1 + 3 + 2 + 2);
    expect_count(answer, "objects kept", 3);
    struct value *summary = converted_run(folder, "--duration 10m");
    cr_expect_eq(number(summary, "pods", "created"), 7);
    cr_expect_eq(number(summary, "pods", "running"), 7);
    value_drop(summary);
    value_drop(answer);
    free(make);
    free(arguments);
    free(dump);
    folder_remove(folder);
}

Test(convert_cluster, keeps_pods_on_their_nodes_when_asked)
{
    char *folder = folder_new(), *dump = mem_format("%s/dump", folder);
    char *arguments = mem_format("snapshot %s --keep-placement", dump);
    char *make = mem_format("mkdir %s", dump);
    cr_assert_eq(system(make), 0);
    struct world *w = given(shop);
    until(w, 120);
    create(
        w,
        "{apiVersion: v1, kind: Pod, metadata: {name: bare, namespace: default}, spec: {nodeName: "
        "n1, containers: [{name: c, image: i, resources: {requests: {cpu: '1'}}}]}}");
    until(w, 130);
    write_cluster(w, dump);
    done(w);
    struct value *answer = converted(folder, arguments);
    struct value *objects = document(folder, "objects.json");
    const struct value *items = value_get(objects, "items");
    struct value *summary = converted_run(folder, "--duration 10m");
    size_t per_node[2] = { 0 };
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(value_text(value_get(items->items[i], "kind"), ""), "Pod") == 0)
            per_node[value_path(items->items[i], "spec", "nodeName", NULL)->text[1] - '0']++;
    cr_expect_eq(per_node[0] + per_node[1], 8);
    cr_expect_eq(number(summary, "pods", "created"), 8,
                 "nobody makes any beside those that were there");
    cr_expect_eq(number(summary, "pods", "running"), 8);
    for (size_t i = 0; i < 2; i++) {
        const struct value *node = value_at(value_get(summary, "nodes"), i);
        cr_expect_eq(value_int(value_get(node, "maxPods"), -1), (int64_t)per_node[i], "node %zu",
                     i);
    }
    value_drop(summary);
    value_drop(objects);
    value_drop(answer);
    free(make);
    free(arguments);
    free(dump);
    folder_remove(folder);
}

Test(convert_cluster, plays_the_dumps_of_open_simulator)
{
    static const struct {
        const char *folder;
        int64_t nodes;
        double created;
    } rows[] = {
        { "cluster/demo_1", 4, 20 },
        { "application/complicate", 1, 45 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *below = mem_format("data/manifests/open-simulator-dumps/%s", rows[i].folder);
        char *path = shared_path(below), *folder = folder_new();
        if (access(path, R_OK) == 0) {
            struct value *answer = converted(folder, path);
            struct value *summary = converted_run(folder, "--duration 1h");
            expect_count(answer, "Nodes", rows[i].nodes);
            cr_expect_eq(number(summary, "pods", "created"), rows[i].created, "%s", rows[i].folder);
            value_drop(summary);
            value_drop(answer);
        } else {
            printf("NOT RUN: %s, for want of the shared data (SEATRIAL_SHARED)\n", below);
        }
        folder_remove(folder);
        free(path);
        free(below);
    }
}

/* ── SimKube ── */

/* Pack a document; a key that begins with [ is the list it spells, one of digits a number. */
static void pack(msgpack_packer *packer, const struct value *value);

static void pack_text(msgpack_packer *packer, const char *text)
{
    msgpack_pack_str(packer, strlen(text));
    msgpack_pack_str_body(packer, text, strlen(text));
}

static void pack_key(msgpack_packer *packer, const char *key)
{
    struct error error = { 0 };
    struct value *list =
        *key == '[' ? json_read(key, strlen(key), (struct place){ 0 }, NULL, &error) : NULL;
    char *end;
    const uint64_t number = strtoull(key, &end, 10);
    if (list != NULL)
        pack(packer, list);
    else if (*key >= '0' && *key <= '9' && *end == '\0')
        msgpack_pack_uint64(packer, number);
    else
        pack_text(packer, key);
    value_drop(list);
    error_close(&error);
}

static void pack(msgpack_packer *packer, const struct value *value)
{
    int64_t whole;
    switch (value->type) {
    case VALUE_BOOL:
        value->truth ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
        break;
    case VALUE_NUMBER:
        if (value_as_int(value, &whole))
            msgpack_pack_int64(packer, whole);
        else
            msgpack_pack_double(packer, value_double(value, 0));
        break;
    case VALUE_STRING:
        pack_text(packer, value->text);
        break;
    case VALUE_LIST:
        msgpack_pack_array(packer, value->count);
        for (size_t i = 0; i < value->count; i++)
            pack(packer, value->items[i]);
        break;
    case VALUE_MAP:
        msgpack_pack_map(packer, value->count);
        for (size_t i = 0; i < value->count; i++) {
            pack_key(packer, value->entries[i].key);
            pack(packer, value->entries[i].value);
        }
        break;
    default:
        msgpack_pack_nil(packer);
    }
}

/* Write FOLDER/in.sktrace: the document of a JSON text, but for its last `cut` bytes. */
static void write_trace(const char *folder, const char *json, size_t cut)
{
    struct error error = { 0 };
    struct value *value = json_read(json, strlen(json), (struct place){ 0 }, NULL, &error);
    cr_assert_not_null(value, "%s", error.text);
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    pack(&packer, value);
    char *path = mem_format("%s/in.sktrace", folder);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    fwrite(buffer.data, 1, buffer.size - cut, file);
    fclose(file);
    free(path);
    msgpack_sbuffer_destroy(&buffer);
    value_drop(value);
}

#define CRON_JOB(seconds)                                                                          \
    "{\"apiVersion\":\"batch/v1\",\"kind\":\"CronJob\",\"metadata\":{\"name\":\"hello\","          \
    "\"namespace\":\"testing\"},\"spec\":{\"schedule\":\"* * * * *\",\"jobTemplate\":{\"spec\":{"  \
    "\"template\":{\"spec\":{\"serviceAccountName\":\"robot\",\"containers\":[{\"name\":\"s\","    \
    "\"image\":\"busybox\",\"command\":[\"sleep\",\"" seconds                                      \
    "\"]}],\"restartPolicy\":\"Never\"}}}}}}"
#define DEPLOYMENT(replicas)                                                                       \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\","          \
    "\"namespace\":\"testing\"},\"spec\":{\"replicas\":" replicas ",\"selector\":{\"matchLabels\"" \
    ":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{"             \
    "\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}"
#define EVENTS                                                                                     \
    "\"events\":[{\"ts\":1780000000,\"applied_objs\":[" CRON_JOB("30") "," DEPLOYMENT(             \
        "2") "],\"deleted_objs\":[]},{\"ts\":1780000180,\"applied_objs\":"                         \
             "[" CRON_JOB("45") "," DEPLOYMENT("5") "]},{\"ts\":1780000400,"                       \
                                                    "\"deleted_objs\":"                            \
                                                    "[" CRON_JOB("45") "]}]"
#define LIFE(begin, end) "{\"Finished\":[1780000" begin ",1780000" end "]}"

static const char version_2[] =
    "{\"version\":2,\"config\":{\"trackedObjects\":{\"batch/"
    "v1.CronJob\":{\"podSpecTemplatePaths\":["
    "\"/spec/jobTemplate/spec/template\"],\"trackLifecycle\":true}}}," EVENTS
    ",\"index\":{\"batch/v1.CronJob\":{\"testing/hello\":15},\"apps/v1.Deployment\":{\"testing/"
    "web\":"
    "18446744073709551615}},\"pod_lifecycles\":{\"[\\\"batch/v1.CronJob\\\",\\\"testing/"
    "hello\\\"]\":{"
    "\"17\":[" LIFE("040", "070") "," LIFE("100", "130") "],\"18446744073709551615\":[" LIFE(
        "220",
        "265") ",{\"Running\":1780000390},\"Empty\"]},\"[\\\"apps/v1.Deployment\\\",\\\"testing/"
               "web\\\"]\":{\"3\":[" LIFE("001", "300") "]}}}";

/* The later form: lives stand in the index, and hashes are texts (here in front of a letter, for the
 * packer to leave them so). */
static const char merged[] =
    "{\"version\":3,\"config\":{}," EVENTS
    ",\"index\":{\"batch/v1.CronJob\":{\"testing/hello\":{\"h17\":[{\"lifecycle\":" LIFE(
        "040",
        "070") "},{\"lifecycle\":" LIFE("100",
                                        "130") "}],\"h18\":[{\"lifecycle\":" LIFE("220",
                                                                                  "265") "}]}},"
                                                                                         "\"apps/"
                                                                                         "v1."
                                                                                         "Deploymen"
                                                                                         "t\":{"
                                                                                         "\"testing"
                                                                                         "/web\":{}"
                                                                                         "}}}";

static void expect_simkube(const char *trace)
{
    char *folder = folder_new(), *arguments = mem_format("%s/in.sktrace --jsonl", folder);
    write_trace(folder, trace, 0);
    struct value *answer = converted(folder, arguments);
    char *scenario = converted_text(folder, "scenario.yaml");
    expect_count(answer, "events", 3);
    expect_count(answer, "objects applied", 4);
    expect_count(answer, "objects deleted", 1);
    expect_count(answer, "objects whose pods got a run time", 2);
    cr_expect_not_null(strstr(scenario, "startTime: \"2026-05-28T20:26:40Z\""));
    cr_expect_not_null(strstr(
        scenario, "{\"at\":\"6m40s\",\"namespace\":\"testing\",\"delete\":\"cronjob/hello\"}"));
    cr_expect_not_null(strstr(scenario, "\"seatrial.dev/run-time\":\"30s\""));
    cr_expect_not_null(strstr(scenario, "\"seatrial.dev/run-time\":\"45s\""));
    struct value *summary = converted_run(folder, "");
    /* It begins at second 40 of a minute, and is deleted after 6m40s: minutes 27 to 33. */
    const struct value *cron = value_at(value_get(summary, "cronJobs"), 0);
    const struct value *web = value_at(value_get(summary, "workloads"), 0);
    cr_expect_eq(value_int(value_get(cron, "jobs"), -1), 7);
    cr_expect_eq(value_int(value_get(web, "wanted"), -1), 5);
    cr_expect_eq(value_int(value_get(web, "ready"), -1), 5);
    value_drop(summary);
    value_drop(answer);
    free(scenario);
    free(arguments);
    folder_remove(folder);
}

Test(convert_cluster, plays_a_trace_of_simkube)
{
    expect_simkube(version_2);
}

Test(convert_cluster, plays_one_whose_lives_stand_in_the_index)
{
    expect_simkube(merged);
}

Test(convert_cluster, leaves_the_events_of_a_trace_as_lines)
{
    char *folder = folder_new(), *arguments = mem_format("%s/in.sktrace --jsonl", folder);
    write_trace(folder, version_2, 0);
    value_drop(converted(folder, arguments));
    char *lines = converted_text(folder, "trace.jsonl");
    cr_expect_not_null(
        strstr(lines, "{\"schema\":\"seatrial.dev/trace/v1\",\"source\":\"simkube\",\"version\":2,"
                      "\"start\":1780000000,"));
    cr_expect_not_null(strstr(lines, "{\"at\":180,\"apply\":{\"apiVersion\":\"batch/v1\""));
    cr_expect_not_null(strstr(lines, "{\"at\":400,\"delete\":{\"apiVersion\":\"batch/v1\""));
    cr_expect_not_null(
        strstr(lines, "{\"at\":220,\"pod\":{\"kind\":\"batch/v1.CronJob\",\"owner\":\"testing/"
                      "hello\",\"hash\":\"18446744073709551615\",\"until\":265}}"));
    cr_expect_not_null(strstr(lines, "\"hash\":\"18446744073709551615\"}}"), "one runs on");
    free(lines);
    free(arguments);
    folder_remove(folder);
}

Test(convert_cluster, says_at_which_byte_a_trace_is_broken)
{
    static const struct {
        const char *why, *trace, *want;
        size_t cut;
    } rows[] = {
        { "cut short", "{\"version\":2,\"events\":[]}", "in.sktrace: at byte 17: ", 1 },
        { "another version", "{\"version\":1,\"events\":[]}",
          "in.sktrace: not version 2 or 3 of SimKube's trace format", 0 },
        { "nothing in it", "{\"version\":2,\"events\":[]}", "in.sktrace: no events in this trace",
          0 },
        { "back in time", "{\"version\":2,\"events\":[{\"ts\":5},{\"ts\":4}]}",
          "in.sktrace: events[1]: earlier than the event before it", 0 },
        { "no object", "{\"version\":2,\"events\":[{\"ts\":5,\"applied_objs\":[7]}]}",
          "in.sktrace: events[0]: an applied object has no kind or no name", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *folder = folder_new();
        char *line = mem_format("convert %s/in.sktrace --out %s/out", folder, folder);
        write_trace(folder, rows[i].trace, rows[i].cut);
        struct program_run run = program_run(line);
        cr_expect_eq(run.status, 2, "%s", rows[i].why);
        cr_expect_not_null(strstr(run.err.bytes, rows[i].want), "%s: %s", rows[i].why,
                           run.err.bytes);
        char *out = mem_format("%s/out", folder);
        cr_expect_neq(access(out, F_OK), 0);
        program_run_close(&run);
        free(out);
        free(line);
        folder_remove(folder);
    }
}
