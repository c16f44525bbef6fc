/* Stories of random parts. Everything is drawn from one stream of the seed, parts first and their
 * switches later, so that a part is the same whichever others are left out. */
#include "tests/support/soak_story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "sim/chance/stream.h"

enum section { SETTINGS, TIMING, NODES, IMAGES, FAILURES, TIMELINE, OBJECTS, SECTIONS };

static const char *const section_names[] = { "settings", "timing",   "nodes",  "images",
                                             "failures", "timeline", "objects" };

/* What is being made, and of what. */
struct teller {
    struct soak_story *story;
    struct stream luck;
    int node_groups, nodes, zones, workloads, bare_pods;
    sim_time quiet; /* from when on nothing is done or breaks */
};

/* ---- luck ---- */

static int below(struct teller *teller, int limit)
{
    return (int)stream_below(&teller->luck, (uint64_t)limit);
}

static int between(struct teller *teller, int least, int most)
{
    return least + below(teller, most - least + 1);
}

static bool one_in(struct teller *teller, int chances)
{
    return below(teller, chances) == 0;
}

#define ONE_OF(teller, list) (list)[below(teller, (int)(sizeof(list) / sizeof *(list)))]

/* An instant before everything is quiet, in seconds; often at one of few instants, so that much
 * happens at once. */
static int moment(struct teller *teller)
{
    const int end = (int)(teller->quiet / SIM_SECOND);
    if (one_in(teller, 4))
        return 60 * between(teller, 0, end / 60 < 10 ? end / 60 : 10);
    return below(teller, end);
}

static void add_part(struct teller *teller, enum section section, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add_part(struct teller *teller, enum section section, const char *format, ...)
{
    struct soak_story *story = teller->story;
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    MEM_GROW(story->parts, story->count, story->capacity);
    story->parts[story->count++] = (struct soak_part){ .section = (int)section, .text = text };
}

/* ---- distributions, settings, timing ---- */

/* A distribution of times about `scale` seconds; the caller frees. */
static char *times(struct teller *teller, double scale)
{
    switch (below(teller, 7)) {
    case 0:
        return mem_format("{exponential: {mean: %.3fs}}", scale);
    case 1:
        return mem_format("{uniform: {lower: %.3fs, upper: %.3fs}}", scale / 2, scale * 2);
    case 2:
        return mem_format("{weibull: {shape: 0.7, scale: %.3fs}}", scale);
    case 3:
        return mem_format("{lognormal: {p50: %.3fs, p99: %.3fs}}", scale, scale * 9);
    case 4:
        return mem_format("{gamma: {shape: 2, scale: %.3fs}}", scale / 2);
    case 5:
        return mem_format("{empirical: {values: [%.3fs, %.3fs], weights: [3, 1]}}", scale,
                          scale * 5);
    default:
        return mem_format("%.3fs", scale);
    }
}

static void tell_timing(struct teller *teller)
{
    static const struct {
        const char *name;
        double scale;
    } models[] = {
        { "apiWrite", 0.02 },    { "cacheLag", 0.2 },     { "schedulingCycle", 0.01 },
        { "containerStart", 2 }, { "containerReady", 6 }, { "containerStop", 4 },
        { "preStop", 3 },
    };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (one_in(teller, 4)) {
            char *model = one_in(teller, 6) ? mem_text("0s", 2) : times(teller, models[i].scale);
            add_part(teller, TIMING, "%s: %s", models[i].name, model);
            free(model);
        }
}

static void tell_settings(struct teller *teller)
{
    static const char *const settings[] = {
        "node-monitor-grace-period: 20s",
        "node-monitor-period: 1s",
        "kube-controller-manager/kube-api-qps: 2",
        "kube-scheduler/kube-api-qps: 1",
        "kubelet/kube-api-qps: 1",
        "concurrent-deployment-syncs: 1",
        "concurrent-replicaset-syncs: 1",
        "concurrent-service-endpoint-syncs: 1",
        "concurrent-gc-syncs: 1",
        "terminated-pod-gc-threshold: 5",
        "pod-max-backoff: 60s",
        "percentage-of-nodes-to-score: 5",
        "node-eviction-rate: 1",
        "large-cluster-size-threshold: 3",
        "serialize-image-pulls: false",
        "image-bandwidth: 1000000",
        "max-container-restart-period: 20s",
        "keep-events: true",
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (one_in(teller, 12))
            add_part(teller, SETTINGS, "%s", settings[i]);
}

/* ---- nodes ---- */

static void tell_nodes(struct teller *teller)
{
    const bool roomy = teller->story->mood == SOAK_ROLLING;
    static const char *const zones[] = { "zones: [a]", "zones: [a, b]", "zones: [a, b, c]",
                                         "zones: [a, b, c, d]" };
    static const char *const taints[] = { "dedicated=web:NoSchedule", "spot=yes:PreferNoSchedule",
                                          "bad=disk:NoExecute" }; /* the last: pods come and go */
    teller->node_groups = roomy ? 1 : between(teller, 1, 3);
    for (int i = 0; i < teller->node_groups; i++) {
        const int count = roomy ? 10 : between(teller, 1, one_in(teller, 3) ? 10 : 4);
        struct writer more = { 0 };
        if (!roomy && i > 0 && one_in(teller, 3))
            writer_format(&more, ", taints: [\"%s\"]",
                          taints[below(teller, teller->story->mood == SOAK_WILD ? 3 : 2)]);
        if (!roomy && one_in(teller, 12))
            writer_add(&more, ", unschedulable: true");
        if (one_in(teller, 3))
            writer_format(&more, ", labels: {disk: %s}", one_in(teller, 2) ? "ssd" : "slow");
        add_part(teller, NODES,
                 "{name: n%d, count: %d, %s, capacity: {cpu: %d, memory: %dGi, pods: %d}%s}", i,
                 count, ONE_OF(teller, zones), roomy ? 16 : between(teller, 1, 8),
                 roomy ? 64 : between(teller, 1, 16), roomy || !one_in(teller, 5) ? 110 : 4,
                 more.bytes ? more.bytes : "");
        writer_close(&more);
    }
}

/* The name of a node that probably exists; the caller frees. */
static char *some_node(struct teller *teller)
{
    return mem_format("n%d-%d", below(teller, teller->node_groups), below(teller, 4));
}

/* ---- images ---- */

static void tell_images(struct teller *teller)
{
    static const char *const tricks[] = {
        "neverReady: true",
        "pullFails: true",
        "startProbability: 0.6",
        "runTime: 5m, exitCode: 3",
        "runTime: {exponential: {mean: 10m}}",
        "startProbability: 0",
        "ready: 30s, sizeBytes: 5000000000",
        "runTime: 0s",
    };
    const bool good = teller->story->mood == SOAK_ROLLING;
    for (int i = 0; i < 4; i++)
        if (one_in(teller, 2))
            add_part(teller, IMAGES, "{name: \"app:%d\", %s}", i + 5,
                     good ? "ready: 3s" : ONE_OF(teller, tricks));
}

static const char *some_image(struct teller *teller)
{
    static const char *const good[] = { "app:1", "app:2", "app:3" };
    static const char *const any[] = { "app:5", "app:6", "app:7", "app:8" };
    return one_in(teller, 4) ? ONE_OF(teller, any) : ONE_OF(teller, good);
}

/* ---- pods ---- */

static void write_probes(struct teller *teller, struct writer *out)
{
    static const char *const kinds[] = { "readinessProbe", "livenessProbe", "startupProbe" };
    for (size_t i = 0; i < 3; i++)
        if (one_in(teller, 4))
            writer_format(out,
                          ", %s: {tcpSocket: {port: 80}, periodSeconds: %d, initialDelaySeconds: "
                          "%d, failureThreshold: %d}",
                          kinds[i], between(teller, 1, 20), between(teller, 0, 9),
                          between(teller, 1, 30));
}

static void write_container(struct teller *teller, struct writer *out, const char *name)
{
    writer_format(out, "{name: %s, image: \"%s\"", name, some_image(teller));
    if (!one_in(teller, 3))
        writer_format(out, ", resources: {requests: {cpu: %dm, memory: %dMi}}",
                      between(teller, 10, teller->story->mood == SOAK_ROLLING ? 500 : 2500),
                      between(teller, 8, 800));
    write_probes(teller, out);
    if (teller->story->mood != SOAK_ROLLING && one_in(teller, 12))
        writer_format(out, ", ports: [{containerPort: 80, hostPort: %d}]",
                      between(teller, 8000, 8001) + 100 * (strcmp(name, "main") == 0));
    if (one_in(teller, 8))
        writer_format(out, ", lifecycle: {preStop: {sleep: {seconds: %d}}}", between(teller, 1, 9));
    writer_add(out, "}");
}

static void write_init_containers(struct teller *teller, struct writer *out)
{
    if (!one_in(teller, 4))
        return;
    const bool good = teller->story->mood == SOAK_ROLLING;
    const bool sidecar = one_in(teller, 2) || good;
    writer_format(out, "initContainers: [{name: before, image: \"%s\"%s}], ",
                  sidecar ? "app:1" : "init:1", sidecar ? ", restartPolicy: Always" : "");
}

static void write_tolerations(struct teller *teller, struct writer *out)
{
    static const char *const tolerations[] = {
        "{operator: Exists}",
        "{key: dedicated, operator: Equal, value: web, effect: NoSchedule}",
        "{key: bad, operator: Exists, effect: NoExecute, tolerationSeconds: 30}",
        "{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, "
        "tolerationSeconds: 20}",
        "{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, "
        "tolerationSeconds: 0}",
    };
    if (one_in(teller, 3))
        writer_format(out, "tolerations: [%s], ", ONE_OF(teller, tolerations));
}

static void write_placement(struct teller *teller, struct writer *out)
{
    static const char *const affinities[] = {
        "requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: "
        "[{key: disk, operator: In, values: [ssd]}]}]}",
        "preferredDuringSchedulingIgnoredDuringExecution: [{weight: 7, preference: "
        "{matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [b, c]}]}}]",
        "requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: "
        "[{key: topology.kubernetes.io/zone, operator: NotIn, values: [a]}]}]}",
    };
    if (teller->story->mood == SOAK_ROLLING)
        return;
    if (one_in(teller, 5))
        writer_format(out, "affinity: {nodeAffinity: {%s}}, ", ONE_OF(teller, affinities));
    if (one_in(teller, 10))
        writer_add(out, "nodeSelector: {disk: slow}, ");
    if (one_in(teller, 8))
        writer_format(out, "priorityClassName: %s, ", one_in(teller, 2) ? "low" : "high");
}

static void write_pod_spec(struct teller *teller, struct writer *out, const char *restart_policy)
{
    writer_add(out, "{");
    write_init_containers(teller, out);
    write_tolerations(teller, out);
    write_placement(teller, out);
    if (one_in(teller, 3))
        writer_format(out, "terminationGracePeriodSeconds: %d, ", between(teller, 10, 60));
    if (restart_policy != NULL)
        writer_format(out, "restartPolicy: %s, ", restart_policy);
    if (restart_policy != NULL && one_in(teller, 4))
        writer_format(out, "activeDeadlineSeconds: %d, ", between(teller, 1, 900));
    writer_add(out, "containers: [");
    write_container(teller, out, "main");
    if (one_in(teller, 5)) {
        writer_add(out, ", ");
        write_container(teller, out, "side");
    }
    writer_add(out, "]}");
}

/* ---- objects ---- */

/* A count, or a percentage; the caller frees. */
static char *share(struct teller *teller, int least)
{
    if (one_in(teller, 3))
        return mem_format("\"%d%%\"", 10 * between(teller, least, 10));
    return mem_format("%d", between(teller, least, 3));
}

static void write_strategy(struct teller *teller, struct writer *out)
{
    if (one_in(teller, 5) && teller->story->mood != SOAK_ROLLING) {
        writer_add(out, "strategy: {type: Recreate}, ");
    } else if (one_in(teller, 2)) {
        const bool surges = one_in(teller, 2);
        char *surge = share(teller, surges), *unavailable = share(teller, !surges);
        writer_format(out,
                      "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: %s, "
                      "maxUnavailable: %s}}, ",
                      surge, unavailable);
        free(surge);
        free(unavailable);
    }
    if (one_in(teller, 3))
        writer_format(out, "minReadySeconds: %d, ", between(teller, 1, 40));
    if (one_in(teller, 4))
        writer_format(out, "progressDeadlineSeconds: %d, ", between(teller, 60, 400));
    if (one_in(teller, 4))
        writer_format(out, "revisionHistoryLimit: %d, ", between(teller, 0, 2));
}

/* A Deployment with the name d<number> as one line; the caller frees. */
static char *deployment(struct teller *teller, int number)
{
    struct writer out = { 0 };
    writer_format(&out,
                  "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d%d}, spec: {replicas: "
                  "%d, ",
                  number, between(teller, 0, one_in(teller, 4) ? 12 : 4));
    write_strategy(teller, &out);
    writer_format(&out,
                  "selector: {matchLabels: {app: d%d}}, template: {metadata: {labels: {app: d%d, "
                  "tier: t%d}}, spec: ",
                  number, number, below(teller, 3));
    write_pod_spec(teller, &out, NULL);
    writer_add(&out, "}}}");
    return writer_take(&out);
}

static void tell_replicaset(struct teller *teller, int number)
{
    struct writer out = { 0 };
    writer_format(&out,
                  "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: r%d}, spec: {replicas: "
                  "%d, minReadySeconds: %d, selector: {matchLabels: {app: r%d}}, template: "
                  "{metadata: {labels: {app: r%d, tier: t0}}, spec: ",
                  number, between(teller, 0, 5), below(teller, 5), number, number);
    write_pod_spec(teller, &out, NULL);
    add_part(teller, OBJECTS, "%s}}}", out.bytes);
    writer_close(&out);
}

static void tell_daemonset(struct teller *teller, int number)
{
    struct writer out = { 0 };
    writer_format(&out,
                  "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: s%d}, spec: {selector: "
                  "{matchLabels: {app: s%d}}, updateStrategy: {type: %s}, template: {metadata: "
                  "{labels: {app: s%d}}, spec: ",
                  number, number, one_in(teller, 4) ? "OnDelete" : "RollingUpdate", number);
    write_pod_spec(teller, &out, NULL);
    add_part(teller, OBJECTS, "%s}}}", out.bytes);
    writer_close(&out);
}

static void tell_pod(struct teller *teller, int number)
{
    static const char *const policies[] = { "Always", "OnFailure", "Never" };
    struct writer out = { 0 };
    writer_format(&out,
                  "{apiVersion: v1, kind: Pod, metadata: {name: p%d, labels: {app: p%d, tier: "
                  "t1}}, spec: ",
                  number, number);
    write_pod_spec(teller, &out, ONE_OF(teller, policies));
    add_part(teller, OBJECTS, "%s}", out.bytes);
    writer_close(&out);
}

static void tell_budget(struct teller *teller, int number)
{
    char *amount = share(teller, 0);
    add_part(teller, OBJECTS,
             "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b%d}, spec: {%s: "
             "%s, selector: {matchLabels: {%s%d}}%s}}",
             number, one_in(teller, 2) ? "minAvailable" : "maxUnavailable", amount,
             one_in(teller, 3) ? "tier: t" : "app: d", below(teller, 3),
             one_in(teller, 3) ? ", unhealthyPodEvictionPolicy: AlwaysAllow" : "");
    free(amount);
}

static void tell_service(struct teller *teller, int number)
{
    add_part(teller, OBJECTS,
             "{apiVersion: v1, kind: Service, metadata: {name: v%d}, spec: {ports: [{port: 80}], "
             "selector: {%s%d}%s}}",
             number, one_in(teller, 2) ? "tier: t" : "app: d", below(teller, 4),
             one_in(teller, 4) ? ", publishNotReadyAddresses: true" : "");
}

static void tell_objects(struct teller *teller)
{
    const bool rolling = teller->story->mood == SOAK_ROLLING;
    add_part(teller, OBJECTS,
             "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: low}, "
             "value: 5}");
    add_part(teller, OBJECTS,
             "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, "
             "value: 500}");
    teller->workloads = between(teller, 1, 6);
    for (int i = 0; i < teller->workloads; i++) {
        char *text = deployment(teller, i);
        add_part(teller, OBJECTS, "%s", text);
        free(text);
    }
    for (int i = 0; i < 3; i++) {
        if (!rolling && one_in(teller, 3))
            tell_replicaset(teller, i);
        if (!rolling && one_in(teller, 3))
            tell_daemonset(teller, i);
        if (!rolling && one_in(teller, 2))
            tell_pod(teller, i);
        if (one_in(teller, 2))
            tell_budget(teller, i);
        if (one_in(teller, 2))
            tell_service(teller, i);
    }
}

/* ---- failures ---- */

/* When a failure strikes and is mended; in a calming story before half time. The caller frees. */
static char *when(struct teller *teller)
{
    if (teller->story->mood == SOAK_WILD && one_in(teller, 2)) {
        char *every = times(teller, 60 * between(teller, 1, 60));
        char *lasts = times(teller, between(teller, 1, 900));
        char *text = mem_format("every: %s, lasts: %s", every, lasts);
        free(every);
        free(lasts);
        return text;
    }
    if (teller->story->mood == SOAK_WILD && one_in(teller, 5))
        return mem_format("at: %ds", moment(teller));
    const int at = moment(teller);
    const int left = (int)(teller->quiet / SIM_SECOND) - at;
    return mem_format("at: %ds, lasts: %ds", at,
                      one_in(teller, 6) ? left : below(teller, left + 1));
}

static void tell_failure(struct teller *teller)
{
    char *time = when(teller), *node = some_node(teller);
    const char *network = one_in(teller, 3) ? ", network: true" : "";
    switch (below(teller, 4)) {
    case 0:
        add_part(teller, FAILURES, "{kind: node-crash, nodes: \"%s\", %s%s}",
                 one_in(teller, 4) ? "*" : node, time, network);
        break;
    case 1:
        add_part(teller, FAILURES, "{kind: zone-outage, zones: %s, %s%s}",
                 one_in(teller, 2) ? "a" : "b", time, network);
        break;
    case 2:
        add_part(teller, FAILURES,
                 "{kind: container-crash, pods: \"app in (d0,d1,r0,p0)\", count: %d, exitCode: %d, "
                 "at: %ds}",
                 between(teller, 1, 4), one_in(teller, 2) ? 137 : 0, moment(teller));
        break;
    default:
        add_part(teller, FAILURES, "{kind: bad-release, image: \"app:%d\", effect: %s, %s}",
                 between(teller, 1, 6),
                 one_in(teller, 3) ? "crash" : (one_in(teller, 2) ? "pull" : "never-ready"), time);
    }
    free(time);
    free(node);
}

/* ---- the timeline ---- */

static void tell_release(struct teller *teller, int at, int number)
{
    switch (below(teller, 6)) {
    case 0:
        add_part(teller, TIMELINE, "{at: %ds, rollout: {undo: deployment/d%d}}", at, number);
        break;
    case 1:
        add_part(teller, TIMELINE, "{at: %ds, rollout: {restart: deployment/d%d}}", at, number);
        break;
    case 2:
        add_part(teller, TIMELINE, "{at: %ds, rollout: {pause: deployment/d%d}}", at, number);
        add_part(teller, TIMELINE, "{at: %ds, rollout: {resume: deployment/d%d}}",
                 at + below(teller, (int)(teller->quiet / SIM_SECOND) - at + 1), number);
        break;
    default:
        add_part(teller, TIMELINE,
                 "{at: %ds, setImage: {target: deployment/d%d, images: {%s: "
                 "\"%s\"}}}",
                 at, number, one_in(teller, 2) ? "main" : "\"*\"", some_image(teller));
    }
}

static void tell_change(struct teller *teller, int at, int number)
{
    static const char *const changes[] = {
        "{maxSurge: 0, maxUnavailable: 1}",
        "{maxSurge: 2, maxUnavailable: 0}",
        "{maxSurge: \"100%\", maxUnavailable: \"50%\"}",
    };
    char *text;
    switch (below(teller, 4)) {
    case 0:
        text = deployment(teller, number);
        add_part(teller, TIMELINE, "{at: %ds, apply: [%s]}", at, text);
        free(text);
        break;
    case 1:
        add_part(teller, TIMELINE,
                 "{at: %ds, patch: {target: deployment/d%d, type: merge, patch: {spec: {strategy: "
                 "{rollingUpdate: %s}}}}}",
                 at, number, ONE_OF(teller, changes));
        break;
    case 2:
        add_part(teller, TIMELINE,
                 "{at: %ds, patch: {target: deployment/d%d, patch: {spec: {minReadySeconds: %d, "
                 "template: {spec: {terminationGracePeriodSeconds: %d}}}}}}",
                 at, number, below(teller, 20), between(teller, 10, 50));
        break;
    default:
        add_part(teller, TIMELINE, "{at: %ds, scale: {target: %s%d, replicas: %d}}", at,
                 one_in(teller, 4) ? "replicaset/r" : "deployment/d", number, below(teller, 9));
    }
}

static void tell_deletion(struct teller *teller, int at, int number)
{
    static const char *const targets[] = { "deployment/d",         "deployment/d", "replicaset/r",
                                           "daemonset/s",          "pod/p",        "service/v",
                                           "poddisruptionbudget/b" };
    static const char *const cascades[] = { "background", "foreground", "orphan" };
    const char *target = ONE_OF(teller, targets);
    if (one_in(teller, 4))
        add_part(teller, TIMELINE, "{at: %ds, kubectl: \"delete pod -l tier=t%d%s\"}", at, number,
                 one_in(teller, 2) ? " --grace-period=0 --force" : "");
    else
        add_part(teller, TIMELINE, "{at: %ds, delete: {target: %s%d, cascade: %s}}", at, target,
                 number, ONE_OF(teller, cascades));
    if (one_in(teller, 2) && target[0] == 'd' && target[1] == 'e') {
        char *text = deployment(teller, number);
        add_part(teller, TIMELINE, "{at: %ds, apply: [%s]}", at + below(teller, 60), text);
        free(text);
    }
}

static void tell_node_action(struct teller *teller, int at)
{
    char *node = some_node(teller);
    const int later = at + below(teller, (int)(teller->quiet / SIM_SECOND) - at + 1);
    switch (below(teller, 6)) {
    case 0:
        add_part(teller, TIMELINE,
                 "{at: %ds, drain: {node: %s, ignoreDaemonsets: true, force: %s, timeout: %ds}}",
                 at, node, one_in(teller, 2) ? "true" : "false", later - at + 1);
        add_part(teller, TIMELINE, "{at: %ds, uncordon: %s}", later, node);
        break;
    case 1:
        add_part(teller, TIMELINE, "{at: %ds, taint: {node: %s, taints: [\"bad=disk:NoExecute\"]}}",
                 at, node);
        add_part(teller, TIMELINE, "{at: %ds, taint: {node: %s, taints: [\"bad-\"]}}", later, node);
        break;
    case 2:
        add_part(teller, TIMELINE, "{at: %ds, label: {target: node/%s, labels: {disk: %s}}}", at,
                 node, one_in(teller, 2) ? "ssd" : "null");
        break;
    case 3:
        add_part(teller, TIMELINE, "{at: %ds, fail: {kind: node-crash, target: %s}}", at, node);
        add_part(teller, TIMELINE, "{at: %ds, restore: {kind: node-crash, target: %s}}", later,
                 node);
        break;
    case 4:
        add_part(teller, TIMELINE, "{at: %ds, cordon: %s}", at, node);
        add_part(teller, TIMELINE, "{at: %ds, uncordon: %s}", later, node);
        break;
    default:
        if (one_in(teller, 3))
            add_part(teller, TIMELINE, "{at: %ds, delete: node/%s}", at, node);
        else
            add_part(teller, TIMELINE,
                     "{at: %ds, annotate: {target: node/%s, annotations: {note: x}}}", at, node);
    }
    free(node);
}

static void tell_timeline(struct teller *teller)
{
    const int count = below(teller, one_in(teller, 3) ? 20 : 6);
    for (int i = 0; i < count; i++) {
        const int at = moment(teller), number = below(teller, teller->workloads);
        if (teller->story->mood == SOAK_ROLLING || one_in(teller, 3))
            tell_release(teller, at, number);
        else if (one_in(teller, 3))
            tell_change(teller, at, number);
        else if (one_in(teller, 3))
            tell_deletion(teller, at, number);
        else
            tell_node_action(teller, at);
    }
}

/* ---- the whole ---- */

void soak_story_init(struct soak_story *story, uint64_t seed)
{
    struct teller teller = { .story = story, .luck = stream_of(seed, "", "soak", "story", 0) };
    *story = (struct soak_story){ .seed = seed };
    story->mood = (enum soak_mood)below(&teller, SOAK_MOODS);
    story->duration = between(&teller, 1, 4) * SIM_HOUR;
    teller.quiet = story->duration / 2;
    tell_settings(&teller);
    tell_timing(&teller);
    tell_nodes(&teller);
    tell_images(&teller);
    tell_objects(&teller);
    tell_timeline(&teller);
    const int failures = story->mood == SOAK_ROLLING ? 0 : below(&teller, 5);
    for (int i = 0; i < failures; i++)
        tell_failure(&teller);
}

void soak_story_close(struct soak_story *story)
{
    for (size_t i = 0; i < story->count; i++)
        free(story->parts[i].text);
    free(story->parts);
    *story = (struct soak_story){ 0 };
}

static void print_section(const struct soak_story *story, enum section section, struct writer *out)
{
    const char *lead = section == SETTINGS || section == TIMING ? "    " : "  - ";
    bool begun = false;
    for (size_t i = 0; i < story->count; i++) {
        const struct soak_part *part = &story->parts[i];
        if (part->off || part->section != (int)section)
            continue;
        if (!begun)
            writer_format(out, "  %s:\n", section_names[section]);
        begun = true;
        writer_format(out, "%s%s\n", lead, part->text);
    }
}

char *soak_story_print(const struct soak_story *story)
{
    struct writer out = { 0 };
    char duration[SIM_TIME_TEXT];
    writer_format(&out,
                  "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: soak-%llu}\n"
                  "spec:\n  duration: %s\n  seed: %llu\n",
                  (unsigned long long)story->seed, sim_time_print(story->duration, duration),
                  (unsigned long long)story->seed);
    for (enum section section = 0; section < SECTIONS; section++)
        print_section(story, section, &out);
    return writer_take(&out);
}
