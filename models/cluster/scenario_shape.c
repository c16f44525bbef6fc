/* Every field of a Scenario: what it is, and what it means. docs/scenario.md says the same with
 * examples; docs/scenario.schema.json is printed from here. */
#include "models/cluster/image_shape.h"
#include "models/cluster/scenario_private.h"

/* ── nodes ── */

static const struct shape_field node_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT,
                "of the node; of a group, what its nodes' names begin with (worker-0, worker-1)",
                .standard = "node"),
    SHAPE_FIELD("count", SHAPE_COUNT, "how many; absent: one node of just this name", .least = 1,
                .most = 100000),
    SHAPE_FIELD("capacity", SHAPE_QUANTITIES, "its resources",
                .standard = "cpu: 8, memory: 32Gi, pods: 110, ephemeral-storage: 100Gi"),
    SHAPE_FIELD("allocatable", SHAPE_QUANTITIES, "what pods may use; absent: the capacity"),
    SHAPE_FIELD("labels", SHAPE_TEXT_MAP, "labels beside those that every node has"),
    SHAPE_FIELD("annotations", SHAPE_TEXT_MAP, "annotations"),
    SHAPE_FIELD("zone", SHAPE_TEXT, "the zone of all nodes of the group"),
    SHAPE_FIELD("zones", SHAPE_TEXT, "zones, which the nodes of the group take in turn",
                .form = SHAPE_LIST),
    SHAPE_FIELD("taints", SHAPE_TEXT, "taints: key=value:Effect or key:Effect", .form = SHAPE_LIST),
    SHAPE_FIELD("unschedulable", SHAPE_BOOL, "cordoned from the start", .standard = "false"),
    SHAPE_END,
};
static const struct shape node_shape = { .name = "NodeGroup", .fields = node_fields };

/* ── failures: models/failures/failures.h ── */

static const struct shape_field spread_fields[] = {
    SHAPE_FIELD("to", SHAPE_TEXT,
                "the label that its nodes have in common: a rack's, or the zone's",
                .standard = "topology.kubernetes.io/zone"),
    SHAPE_FIELD("probability", SHAPE_NUMBER, "for each of the other nodes of the group", .least = 0,
                .most = 1, .standard = "1"),
    SHAPE_FIELD("within", SHAPE_DISTRIBUTION, "how much later; absent: up to 120 s, uniform"),
    SHAPE_END,
};
static const struct shape spread_shape = { .name = "Spread", .fields = spread_fields };

static const struct shape_field network_end_fields[] = {
    SHAPE_FIELD("controlPlane", SHAPE_BOOL, "the API server", .standard = "false"),
    SHAPE_FIELD("registry", SHAPE_BOOL, "where images come from", .standard = "false"),
    SHAPE_FIELD("clients", SHAPE_BOOL, "whoever sends requests", .standard = "false"),
    SHAPE_FIELD("pods", SHAPE_TEXT, "a label selector: requests from, and to, such pods"),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "of those; absent: any"),
    SHAPE_END,
};
static const struct shape network_end_shape = { .name = "NetworkEnd",
                                                .fields = network_end_fields };

static const struct shape_field trace_row_fields[] = {
    SHAPE_FIELD("target", SHAPE_TEXT, "a node, zone or group", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("at", SHAPE_DURATION, "when it strikes", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("lasts", SHAPE_DURATION, "until it is mended; absent: for ever"),
    SHAPE_END,
};
static const struct shape trace_row_shape = { .name = "TraceRow", .fields = trace_row_fields };

static const struct shape_field trace_fields[] = {
    SHAPE_FIELD("file", SHAPE_TEXT, "rows node,time,lasts"),
    SHAPE_FIELD("rows", SHAPE_STRUCT, "the same, written out", .of = &trace_row_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("from", SHAPE_DURATION, "where in the trace to begin", .standard = "0s"),
    SHAPE_FIELD("repeat", SHAPE_DURATION, "begin anew after so long; absent: once"),
    SHAPE_END,
};
static const struct shape trace_shape = { .name = "FailureTrace", .fields = trace_fields };

static const struct shape_field failure_fields[] = {
    SHAPE_FIELD("kind", SHAPE_TEXT,
                "node-crash, zone-outage, group-outage, slow-node, network-fault, disk-fault, "
                "spot-reclaim, cascade, container-crash, bad-release, bad-rollout or api-outage",
                .form = SHAPE_REQUIRED),
    SHAPE_FIELD("name", SHAPE_TEXT, "to tell entries apart; its luck goes by it"),
    SHAPE_FIELD("enabled", SHAPE_BOOL, "false: it never happens, and nobody else's luck changes",
                .standard = "true"),
    SHAPE_FIELD("luck", SHAPE_TEXT, "each target's own, or one that all of them share",
                .choices = (const char *const[]){ "independent", "shared", NULL },
                .standard = "independent"),
    SHAPE_FIELD("at", SHAPE_DURATION, "when it strikes", .form = SHAPE_OR_LIST),
    SHAPE_FIELD("every", SHAPE_DISTRIBUTION,
                "from the start, or from being mended, until it strikes (again)"),
    SHAPE_FIELD("trace", SHAPE_STRUCT, "when and for how long, as it was recorded",
                .of = &trace_shape),
    SHAPE_FIELD("lasts", SHAPE_DISTRIBUTION, "until it is mended; absent: for ever"),
    SHAPE_FIELD("nodes", SHAPE_TEXT, "names of nodes, * for any text; absent: all",
                .form = SHAPE_OR_LIST),
    SHAPE_FIELD("zones", SHAPE_TEXT, "names of zones, * for any text; absent: all",
                .form = SHAPE_OR_LIST),
    SHAPE_FIELD("by", SHAPE_TEXT, "the label of nodes that makes groups of them: a rack's",
                .standard = "topology.kubernetes.io/zone"),
    SHAPE_FIELD("groups", SHAPE_TEXT, "values of that label, * for any text; absent: all",
                .form = SHAPE_OR_LIST),
    SHAPE_FIELD("share", SHAPE_NUMBER, "of a zone or group: the probability of each node",
                .least = 0, .most = 1, .standard = "1"),
    SHAPE_FIELD("spreads", SHAPE_STRUCT, "of what strikes nodes: it takes others with it",
                .of = &spread_shape),
    SHAPE_FIELD("network", SHAPE_BOOL,
                "node-crash, zone-outage, group-outage: only the network goes, containers run on",
                .standard = "false"),
    SHAPE_FIELD("pods", SHAPE_TEXT,
                "container-crash, slow-node, network-fault, disk-fault: a label selector"),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "of those pods, or of a workload; absent: any"),
    SHAPE_FIELD("container", SHAPE_TEXT, "container-crash: its name; absent: the first one"),
    SHAPE_FIELD("count", SHAPE_COUNT,
                "how many of the pods at once; absent: 1 of container-crash, all of others",
                .least = 1, .most = 1e6),
    SHAPE_FIELD("exitCode", SHAPE_COUNT, "container-crash: 137 is reported as OOMKilled",
                .most = 255, .standard = "1"),
    SHAPE_FIELD("image", SHAPE_TEXT, "bad-release: the image that goes wrong"),
    SHAPE_FIELD("effect", SHAPE_TEXT, "bad-release (not slow), bad-rollout (not pull): how",
                .choices = (const char *const[]){ "never-ready", "crash", "pull", "slow", NULL },
                .standard = "never-ready"),
    SHAPE_FIELD("workload", SHAPE_TEXT, "bad-rollout: whose, as deployment/web; absent: all"),
    SHAPE_FIELD("probability", SHAPE_NUMBER,
                "bad-rollout: of each roll-out; cascade: of a node that is full", .least = 0,
                .most = 1, .standard = "1"),
    SHAPE_FIELD("factor", SHAPE_NUMBER, "slow-node, bad-rollout: so many times as slow", .least = 1,
                .most = 1e6, .standard = "2"),
    SHAPE_FIELD("latency", SHAPE_AMOUNT,
                "network-fault: added to each packet; disk-fault: a factor, from 1 on"),
    SHAPE_FIELD("jitter", SHAPE_DURATION, "network-fault: latency is that much more or less"),
    SHAPE_FIELD("loss", SHAPE_NUMBER, "network-fault: share of packets that are lost", .least = 0,
                .most = 1),
    SHAPE_FIELD("partition", SHAPE_BOOL,
                "network-fault: nothing passes; what is meant if nothing "
                "else is said"),
    SHAPE_FIELD("direction", SHAPE_TEXT, "network-fault: packets that are sent, received, or both",
                .choices = (const char *const[]){ "both", "to", "from", NULL }, .standard = "both"),
    SHAPE_FIELD("to", SHAPE_STRUCT, "network-fault: the other end; absent: everybody",
                .of = &network_end_shape),
    SHAPE_FIELD("errors", SHAPE_NUMBER, "disk-fault: share of reads that fail", .least = 0,
                .most = 1),
    SHAPE_FIELD("lost", SHAPE_BOOL,
                "disk-fault: nothing can be read; what is meant if nothing else "
                "is said"),
    SHAPE_FIELD("notice", SHAPE_DURATION, "spot-reclaim: how long before the machine goes",
                .standard = "120s"),
    SHAPE_FIELD("handler", SHAPE_TEXT, "spot-reclaim: what is done at the notice",
                .choices = (const char *const[]){ "drain", "none", NULL }, .standard = "drain"),
    SHAPE_FIELD("after", SHAPE_TEXT,
                "cascade: names or kinds of entries that it follows; absent: "
                "all that take nodes",
                .form = SHAPE_OR_LIST),
    SHAPE_FIELD("within", SHAPE_DISTRIBUTION, "cascade: how much later; absent: up to 5 min"),
    SHAPE_FIELD("threshold", SHAPE_NUMBER, "cascade: no node below this utilisation is lost",
                .least = 0, .most = 0.999, .standard = "0.8"),
    SHAPE_END,
};
static const struct shape failure_shape = { .name = "Failure", .fields = failure_fields };

/* ── storage ── */

static const struct shape_field driver_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "of the driver, as classes name their provisioner",
                .form = SHAPE_REQUIRED),
    SHAPE_FIELD("attachRequired", SHAPE_BOOL,
                "its volumes are attached to a node before they are mounted", .standard = "true"),
    SHAPE_FIELD("volumesPerNode", SHAPE_COUNT,
                "how many of its volumes may be attached to a node; absent: any number", .least = 1,
                .most = 2147483647),
    SHAPE_FIELD(
        "topologyKeys", SHAPE_TEXT,
        "labels of nodes by which its volumes are reached; absent: the zone of the node for "
        "which a volume is made",
        .form = SHAPE_LIST),
    SHAPE_END,
};
static const struct shape driver_shape = { .name = "Driver", .fields = driver_fields };

static const struct shape_field storage_fields[] = {
    SHAPE_FIELD("drivers", SHAPE_STRUCT, "CSI drivers, each of them on all nodes",
                .of = &driver_shape, .form = SHAPE_LIST),
    SHAPE_END,
};
static const struct shape storage_shape = { .name = "Storage", .fields = storage_fields };

/* ── traffic: models/traffic/traffic.h ── */

static const struct shape_field client_fields[] = {
    SHAPE_FIELD("labels", SHAPE_TEXT_MAP, "of the pods that send them", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "of those pods; absent: the entry's"),
    SHAPE_END,
};
static const struct shape client_shape = { .name = "Client", .fields = client_fields };

static const struct shape_field traffic_fields[] = {
    SHAPE_FIELD("service", SHAPE_TEXT, "the Service the requests are for", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("from", SHAPE_STRUCT,
                "who sends them: what network faults go by; absent: somebody "
                "outside",
                .of = &client_shape),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "of the Service", .standard = "default"),
    SHAPE_FIELD("name", SHAPE_TEXT, "to tell sources of one Service apart; absent: the Service's"),
    SHAPE_FIELD("rate", SHAPE_VALUE, "requests per second: a number, or a signal of time"),
    SHAPE_FIELD("arrivals", SHAPE_VALUE,
                "how they come: poisson, even, batches, bursts, times or file",
                .standard = "poisson"),
    SHAPE_FIELD("serviceTime", SHAPE_DISTRIBUTION, "until an answer is given", .standard = "50ms"),
    SHAPE_FIELD("cpuPerRequest", SHAPE_DURATION, "CPU time of the pod that takes it",
                .standard = "0"),
    SHAPE_FIELD("timeout", SHAPE_DURATION, "how long a client waits for an answer",
                .standard = "10s"),
    SHAPE_FIELD("retries", SHAPE_COUNT, "attempts after the first", .most = 5, .standard = "0"),
    SHAPE_FIELD("backoff", SHAPE_DURATION,
                "from a failed attempt to the first retry; before each further one twice as long",
                .standard = "100ms"),
    SHAPE_FIELD("shutdown", SHAPE_TEXT, "what the application does on SIGTERM",
                .choices = (const char *const[]){ "drain", "reset", "ignore", NULL },
                .standard = "drain"),
    SHAPE_FIELD("concurrency", SHAPE_COUNT,
                "requests a pod works on at a time; others queue; 0: all at once", .most = 100000,
                .standard = "0"),
    SHAPE_FIELD("proxies", SHAPE_COUNT,
                "kube-proxies the clients are behind, each with delays of its own", .least = 1,
                .most = 1000, .standard = "10"),
    SHAPE_FIELD("mode", SHAPE_TEXT, "count what is expected, or draw each request",
                .choices = (const char *const[]){ "expected", "requests", NULL },
                .standard = "expected"),
    SHAPE_END,
};
static const struct shape traffic_shape = { .name = "Traffic", .fields = traffic_fields };

/* ── load: models/load/load.h ── */

static const struct shape_field series_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "of the metric", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("labels", SHAPE_TEXT_MAP, "of the series"),
    SHAPE_FIELD("value", SHAPE_VALUE, "a quantity, or a signal of them", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape series_shape = { .name = "Series", .fields = series_fields };

static const struct shape_field per_pod_fields[] = {
    SHAPE_FIELD("cpu", SHAPE_VALUE, "cores: a quantity, or a signal of them"),
    SHAPE_FIELD("memory", SHAPE_VALUE, "bytes: a quantity, or a signal of them"),
    SHAPE_FIELD("metrics", SHAPE_STRUCT, "custom metrics", .of = &series_shape, .form = SHAPE_LIST),
    SHAPE_END,
};
static const struct shape per_pod_shape = { .name = "LoadPerPod", .fields = per_pod_fields };

static const struct shape_field load_fields[] = {
    SHAPE_FIELD("workload", SHAPE_TEXT, "whose pods it is of: deployment/web"),
    SHAPE_FIELD("service", SHAPE_TEXT, "the Service behind which the pods are"),
    SHAPE_FIELD("pods", SHAPE_TEXT, "a label selector of the pods; empty: all",
                .form = SHAPE_OR_EMPTY),
    SHAPE_FIELD("object", SHAPE_TEXT, "what the metrics are of: ingress/main"),
    SHAPE_FIELD("external", SHAPE_STRUCT, "metrics of no object", .of = &series_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "of all that", .standard = "default"),
    SHAPE_FIELD("container", SHAPE_TEXT, "which container works; absent: the first"),
    SHAPE_FIELD("cpu", SHAPE_VALUE,
                "cores that the ready pods share: a quantity, or a signal of them"),
    SHAPE_FIELD("memory", SHAPE_VALUE,
                "bytes that the ready pods share: a quantity, or a signal of them"),
    SHAPE_FIELD("metrics", SHAPE_STRUCT,
                "custom metrics, which the ready pods share, or of the object", .of = &series_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("perPod", SHAPE_STRUCT, "what each running pod uses besides", .of = &per_pod_shape),
    SHAPE_END,
};
static const struct shape load_shape = { .name = "Load", .fields = load_fields };

/* ── the timeline: kubectl's verbs ── */

static const struct shape_field target_fields[] = {
    SHAPE_FIELD("target", SHAPE_TEXT, "what it is done to: deployment/web",
                .form = SHAPE_REQUIRED | SHAPE_OR_LIST),
    SHAPE_END,
};
static const struct shape target_shape = { .name = "Target", .fields = target_fields };

static const struct shape_field delete_fields[] = {
    SHAPE_FIELD("gracePeriod", SHAPE_COUNT, "seconds; 0 with force: at once", .most = 1e9),
    SHAPE_FIELD("cascade", SHAPE_TEXT, "what becomes of dependents",
                .choices = (const char *const[]){ "background", "foreground", "orphan", NULL },
                .standard = "background"),
    SHAPE_FIELD("force", SHAPE_BOOL, "do not wait for the kubelet", .standard = "false"),
    SHAPE_END,
};
static const struct shape delete_shape = { .name = "Delete",
                                           .fields = delete_fields,
                                           .also = &target_shape };

static const struct shape_field scale_fields[] = {
    SHAPE_FIELD("replicas", SHAPE_COUNT, "how many from now on", .form = SHAPE_REQUIRED,
                .most = 1e6),
    SHAPE_END,
};
static const struct shape scale_shape = { .name = "Scale",
                                          .fields = scale_fields,
                                          .also = &target_shape };

static const struct shape_field set_image_fields[] = {
    SHAPE_FIELD("images", SHAPE_TEXT_MAP, "images by container; * for all containers",
                .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape set_image_shape = { .name = "SetImage",
                                              .fields = set_image_fields,
                                              .also = &target_shape };

static const struct shape_field rollout_fields[] = {
    SHAPE_FIELD("undo", SHAPE_TEXT, "go back to the revision before", .form = SHAPE_OR_LIST),
    SHAPE_FIELD("toRevision", SHAPE_COUNT, "undo: to this revision", .most = 1e9),
    SHAPE_FIELD("restart", SHAPE_TEXT, "replace all pods", .form = SHAPE_OR_LIST),
    SHAPE_FIELD("pause", SHAPE_TEXT, "roll no further", .form = SHAPE_OR_LIST),
    SHAPE_FIELD("resume", SHAPE_TEXT, "roll on", .form = SHAPE_OR_LIST),
    SHAPE_END,
};
static const struct shape rollout_shape = { .name = "Rollout", .fields = rollout_fields };

static const struct shape_field drain_fields[] = {
    SHAPE_FIELD("node", SHAPE_TEXT, "which node", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("ignoreDaemonsets", SHAPE_BOOL, "leave the pods of DaemonSets",
                .standard = "false"),
    SHAPE_FIELD("deleteEmptydirData", SHAPE_BOOL, "evict pods with emptyDir volumes, too",
                .standard = "false"),
    SHAPE_FIELD("force", SHAPE_BOOL, "delete pods that nothing will replace, too",
                .standard = "false"),
    SHAPE_FIELD("gracePeriod", SHAPE_COUNT, "seconds; absent: the pods' own", .most = 1e9),
    SHAPE_FIELD("timeout", SHAPE_DURATION, "when to give up; absent: never"),
    SHAPE_END,
};
static const struct shape drain_shape = { .name = "Drain", .fields = drain_fields };

static const struct shape_field taint_fields[] = {
    SHAPE_FIELD("node", SHAPE_TEXT, "which node", .form = SHAPE_REQUIRED | SHAPE_OR_LIST),
    SHAPE_FIELD("taints", SHAPE_TEXT, "key=value:Effect; with - behind it, to take it away",
                .form = SHAPE_REQUIRED | SHAPE_OR_LIST),
    SHAPE_END,
};
static const struct shape taint_shape = { .name = "Taint", .fields = taint_fields };

static const struct shape_field label_fields[] = {
    SHAPE_FIELD("labels", SHAPE_LABELS, "to set; null takes away", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape label_shape = { .name = "Label",
                                          .fields = label_fields,
                                          .also = &target_shape };

static const struct shape_field annotate_fields[] = {
    SHAPE_FIELD("annotations", SHAPE_LABELS, "to set; null takes away", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape annotate_shape = { .name = "Annotate",
                                             .fields = annotate_fields,
                                             .also = &target_shape };

static const struct shape_field patch_fields[] = {
    SHAPE_FIELD("type", SHAPE_TEXT, "how the patch is meant",
                .choices = (const char *const[]){ "strategic", "merge", "json", NULL },
                .standard = "strategic"),
    SHAPE_FIELD("patch", SHAPE_VALUE, "the patch itself", .form = SHAPE_REQUIRED),
    SHAPE_END,
};
static const struct shape patch_shape = { .name = "Patch",
                                          .fields = patch_fields,
                                          .also = &target_shape };

static const struct shape_field fail_fields[] = {
    SHAPE_FIELD("kind", SHAPE_TEXT, "the kind of failure", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("target", SHAPE_TEXT, "the node, zone or image it strikes", .form = SHAPE_OR_LIST),
    SHAPE_END,
};
static const struct shape fail_shape = { .name = "Fail", .fields = fail_fields };

static const struct shape_field action_fields[] = {
    SHAPE_FIELD("at", SHAPE_DURATION, "when, since the start", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "for the command", .standard = "default"),
    SHAPE_FIELD("kubectl", SHAPE_TEXT,
                "any command line, as behind `kubectl` in a shell, or its words",
                .form = SHAPE_OR_LIST),
    SHAPE_FIELD("manifest", SHAPE_OBJECT, "what the command reads as -f -", .form = SHAPE_OR_LIST),
    SHAPE_FIELD("stdin", SHAPE_TEXT, "the same as text"),
    SHAPE_FIELD("apply", SHAPE_OBJECT, "objects, or the path of a file or directory of them",
                .form = SHAPE_OR_LIST | SHAPE_OR_TEXT),
    SHAPE_FIELD("delete", SHAPE_STRUCT, "what to delete: deployment/web", .of = &delete_shape,
                .form = SHAPE_OR_LIST | SHAPE_OR_TEXT),
    SHAPE_FIELD("scale", SHAPE_STRUCT, "another number of replicas", .of = &scale_shape),
    SHAPE_FIELD("setImage", SHAPE_STRUCT, "a new release", .of = &set_image_shape),
    SHAPE_FIELD("rollout", SHAPE_STRUCT, "what becomes of a release", .of = &rollout_shape),
    SHAPE_FIELD("cordon", SHAPE_TEXT, "nodes that get no more pods", .form = SHAPE_OR_LIST),
    SHAPE_FIELD("uncordon", SHAPE_TEXT, "nodes that get pods again", .form = SHAPE_OR_LIST),
    SHAPE_FIELD("drain", SHAPE_STRUCT, "a node to empty", .of = &drain_shape,
                .form = SHAPE_OR_TEXT),
    SHAPE_FIELD("taint", SHAPE_STRUCT, "taints of a node", .of = &taint_shape),
    SHAPE_FIELD("label", SHAPE_STRUCT, "labels of an object", .of = &label_shape),
    SHAPE_FIELD("annotate", SHAPE_STRUCT, "annotations of an object", .of = &annotate_shape),
    SHAPE_FIELD("patch", SHAPE_STRUCT, "a change of an object", .of = &patch_shape),
    SHAPE_FIELD("fail", SHAPE_STRUCT, "a failure that strikes now", .of = &fail_shape),
    SHAPE_FIELD("restore", SHAPE_STRUCT, "a failure that is mended now", .of = &fail_shape),
    SHAPE_END,
};
static const struct shape action_shape = { .name = "Action", .fields = action_fields };

/* ── what is expected ── */

static const struct shape_field expectation_fields[] = {
    SHAPE_FIELD("that", SHAPE_TEXT, "what is expected, as a sentence", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("path", SHAPE_TEXT, "where it stands: workloads[deployment/web].downtimeSeconds",
                .form = SHAPE_REQUIRED),
    SHAPE_FIELD("object", SHAPE_TEXT,
                "the object whose document is meant: pod/db-0; absent: the summary"),
    SHAPE_FIELD("namespace", SHAPE_TEXT, "of the object, or of the rows of the summary",
                .standard = "default"),
    SHAPE_FIELD("at", SHAPE_DURATION, "when, since the start; absent: at the end"),
    SHAPE_FIELD("is", SHAPE_VALUE, "a number, a duration, a text, a boolean, or null"),
    SHAPE_FIELD("atLeast", SHAPE_AMOUNT, "a number or a duration"),
    SHAPE_FIELD("atMost", SHAPE_AMOUNT, "a number or a duration"),
    SHAPE_FIELD("between", SHAPE_AMOUNT, "two of them: the least and the most", .form = SHAPE_LIST),
    SHAPE_END,
};
static const struct shape expectation_shape = { .name = "Expectation",
                                                .fields = expectation_fields };

/* ── the whole ── */

static const struct shape_field measure_fields[] = {
    SHAPE_FIELD("from", SHAPE_DURATION, "what happens earlier is not counted", .standard = "0"),
    SHAPE_END,
};
static const struct shape measure_shape = { .name = "Measure", .fields = measure_fields };

static const struct shape_field spec_fields[] = {
    SHAPE_FIELD("question", SHAPE_TEXT, "what the scenario is to answer"),
    SHAPE_FIELD("duration", SHAPE_DURATION, "of the run, in virtual time", .standard = "1d"),
    SHAPE_FIELD("seed", SHAPE_COUNT, "of all luck", .most = 9007199254740991, .standard = "1"),
    SHAPE_FIELD("mirrored", SHAPE_BOOL, "the antithetic run of the seed: each draw u is 1 - u",
                .standard = "false"),
    SHAPE_FIELD("startTime", SHAPE_TIME, "the date at which the run begins",
                .standard = "2026-01-01T00:00:00Z"),
    SHAPE_FIELD("manifests", SHAPE_TEXT, "paths of files and directories, from the scenario's own",
                .form = SHAPE_OR_LIST),
    SHAPE_FIELD("objects", SHAPE_OBJECT, "objects, as in a manifest", .form = SHAPE_LIST),
    SHAPE_FIELD("nodes", SHAPE_STRUCT, "groups of nodes, or texts like 6x8cpu,32Gi",
                .of = &node_shape, .form = SHAPE_OR_LIST | SHAPE_OR_TEXT),
    SHAPE_FIELD("images", SHAPE_STRUCT, "what containers of an image do", .of = &image_entry_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("timing", SHAPE_TIMINGS, "how long things take"),
    SHAPE_FIELD("settings", SHAPE_SETTINGS,
                "flags of kube-controller-manager, kube-scheduler and kubelet"),
    SHAPE_FIELD("schedulerConfiguration", SHAPE_VALUE,
                "a KubeSchedulerConfiguration, or the path of a file with one"),
    SHAPE_FIELD("failures", SHAPE_STRUCT, "what breaks", .of = &failure_shape, .form = SHAPE_LIST),
    SHAPE_FIELD("load", SHAPE_STRUCT, "what pods use, and other metrics", .of = &load_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("storage", SHAPE_STRUCT, "what stores volumes", .of = &storage_shape),
    SHAPE_FIELD("traffic", SHAPE_STRUCT, "requests to Services", .of = &traffic_shape,
                .form = SHAPE_LIST),
    SHAPE_FIELD("workload", SHAPE_TEXT,
                "pods that come and go: the path of a CSV file, or its text of several lines"),
    SHAPE_FIELD("timeline", SHAPE_STRUCT, "what users do", .of = &action_shape, .form = SHAPE_LIST),
    SHAPE_FIELD("objectives", SHAPE_OBJECT, "documents of OpenSLO (openslo/v1)",
                .form = SHAPE_LIST),
    SHAPE_FIELD("measure", SHAPE_STRUCT, "what is measured", .of = &measure_shape),
    SHAPE_FIELD("expect", SHAPE_STRUCT, "what is to come out", .of = &expectation_shape,
                .form = SHAPE_LIST),
    SHAPE_END,
};
static const struct shape spec_shape = { .name = "ScenarioSpec", .fields = spec_fields };

static const struct shape_field metadata_fields[] = {
    SHAPE_FIELD("name", SHAPE_TEXT, "of the scenario", .form = SHAPE_REQUIRED),
    SHAPE_FIELD("labels", SHAPE_TEXT_MAP, "labels"),
    SHAPE_FIELD("annotations", SHAPE_TEXT_MAP, "annotations"),
    SHAPE_END,
};
static const struct shape metadata_shape = { .name = "Metadata", .fields = metadata_fields };

static const struct shape_field scenario_fields[] = {
    SHAPE_FIELD("apiVersion", SHAPE_TEXT, "the version of this format", .form = SHAPE_REQUIRED,
                .choices = (const char *const[]){ "seatrial.dev/v1alpha1", NULL }),
    SHAPE_FIELD("kind", SHAPE_TEXT, "Scenario", .form = SHAPE_REQUIRED,
                .choices = (const char *const[]){ "Scenario", NULL }),
    SHAPE_FIELD("metadata", SHAPE_STRUCT, "its name", .form = SHAPE_REQUIRED,
                .of = &metadata_shape),
    SHAPE_FIELD("spec", SHAPE_STRUCT, "the scenario", .form = SHAPE_REQUIRED, .of = &spec_shape),
    SHAPE_END,
};
const struct shape scenario_shape = { .name = "Scenario", .fields = scenario_fields };
