/* The arithmetic and the rules of single plugins, row by row. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/decision/decision.h"
#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/plugins/scoring_strategy.h"
#include "tests/support/rows.h"
#include "tests/support/scheduler_objects.h"

/* --- one node, one pod that may run there, one pod that asks ---------------------------------- */

struct scene {
    struct run *run;
    struct codec codec;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct prepared prepared;
    const struct pod *pod;
};

static struct scene scene_new(const char *configuration)
{
    struct scene scene = { .run = run_new(1) };
    struct error_list errors = { 0 };
    struct value *document = configuration != NULL ? rows_parse(configuration) : NULL;
    scene.codec = codec_new(scene.run);
    scene.configuration = scheduler_configuration_load(scene.run->texts, document, &errors);
    cr_assert_not_null(scene.configuration);
    scene.snapshot = snapshot_new(scene.run->texts, NULL);
    value_drop(document);
    return scene;
}

/* `spec` and `status` are the insides of a Node's in JSON. */
static void add_node(struct scene *scene, const char *name, const char *spec, const char *status)
{
    char *text =
        mem_format("{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"%s\","
                   "\"labels\":{\"disk\":\"ssd\",\"rack\":\"7\"}},\"spec\":{%s},"
                   "\"status\":{\"allocatable\":{\"cpu\":\"4\",\"memory\":\"8Gi\","
                   "\"pods\":\"2\"}%s}}",
                   name, spec, status);
    struct value *document = rows_parse(text);
    struct object *node = kind_infos[KIND_NODE].load(&scene->codec, document);
    snapshot_set_node(scene->snapshot, node_of(node));
    object_drop(node);
    value_drop(document);
    free(text);
}

static void run_there(struct scene *scene, const char *spec)
{
    const struct pod *pod = pod_make(&scene->codec, "running", spec);
    const struct text *node = text_intern(scene->run->texts, "n");
    snapshot_place(scene->snapshot, pod, node, false);
    text_drop(node);
    object_drop(&pod->meta.object);
}

static const struct node_info *ask(struct scene *scene, const char *spec)
{
    scene->pod = pod_make(&scene->codec, "asking", spec);
    snapshot_refresh(scene->snapshot);
    prepared_init(&scene->prepared, scene->configuration->profiles[0], scene->pod, scene->snapshot);
    prepared_count_all(&scene->prepared);
    prepared_begin(&scene->prepared);
    return scene->snapshot->nodes[scene->snapshot->order[0]];
}

static void scene_close(struct scene *scene)
{
    prepared_close(&scene->prepared);
    object_drop(&scene->pod->meta.object);
    snapshot_free(scene->snapshot);
    scheduler_configuration_free(scene->configuration);
    codec_close(&scene->codec);
    run_free(scene->run);
}

static int64_t score_of(const struct scene *scene, const char *plugin, const struct node_info *node)
{
    for (size_t i = 0; i < scene->prepared.score_count; i++) {
        const struct sched_plugin *scorer = prepared_scorer(&scene->prepared, i);
        const struct sched_call call = prepared_call(&scene->prepared, scene->prepared.scores[i]);
        if (strcmp(scorer->name, plugin) == 0)
            return scorer->score(&call, node);
    }
    return -1; /* it does not score this template */
}

/* --- filters ------------------------------------------------------------------------------------ */

#define ASKS(cpu, memory)                                                                          \
    "\"containers\":[{\"name\":\"c\",\"image\":\"a\",\"resources\":{\"requests\":{\"cpu\":\"" cpu  \
    "\",\"memory\":\"" memory "\"}}}]"
#define PORT(ip, protocol)                                                                         \
    "\"containers\":[{\"name\":\"c\",\"image\":\"a\",\"ports\":[{\"containerPort\":80,"            \
    "\"hostPort\":"                                                                                \
    "80" ip ",\"protocol\":\"" protocol "\"}]}]"
#define TOLERATES(toleration) ASKS("1", "1Gi") ",\"tolerations\":[{" toleration "}]"
#define TAINT(effect)         "\"taints\":[{\"key\":\"team\",\"value\":\"b\",\"effect\":\"" effect "\"}]"
#define REQUIRES(expression)                                                                       \
    ASKS("1", "1Gi")                                                                               \
    ",\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{"        \
    "\"nodeSelectorTerms\":[{" expression "}]}}}"

static const struct {
    const char *why, *node, *running, *asking;
    const char *plugin; /* that rejects; NULL: the pod fits */
    enum rejection_code code;
    const char *first_reason;
} filters[] = {
    { "3 of 4 cpus are taken, 1 fits", "", ASKS("3", "1Gi"), ASKS("1", "1Gi"), NULL, 0, NULL },
    { "2 do not, but would without the other pod", "", ASKS("3", "1Gi"), ASKS("2", "1Gi"),
      "NodeResourcesFit", UNSCHEDULABLE, "Insufficient cpu" },
    { "5 never will: the node has 4", "", ASKS("3", "1Gi"), ASKS("5", "1Gi"), "NodeResourcesFit",
      UNRESOLVABLE, "Insufficient cpu" },
    { "a port of all addresses is taken", "", PORT("", "TCP"),
      PORT(",\"hostIP\":\"10.0.0.1\"", "TCP"), "NodePorts", UNSCHEDULABLE,
      "node(s) didn't have free ports for the requested pod ports" },
    { "one address does not take another's port", "", PORT(",\"hostIP\":\"10.0.0.2\"", "TCP"),
      PORT(",\"hostIP\":\"10.0.0.1\"", "TCP"), NULL, 0, NULL },
    { "nor does another protocol", "", PORT("", "UDP"), PORT("", "TCP"), NULL, 0, NULL },
    { "a cordoned node", "\"unschedulable\":true", NULL, ASKS("1", "1Gi"), "NodeUnschedulable",
      UNRESOLVABLE, "node(s) were unschedulable" },
    { "a cordon is tolerated as if it were a taint", "\"unschedulable\":true", NULL,
      TOLERATES("\"key\":\"node.kubernetes.io/unschedulable\",\"operator\":\"Exists\""), NULL, 0,
      NULL },
    { "a taint nobody tolerates", TAINT("NoExecute"), NULL, ASKS("1", "1Gi"), "TaintToleration",
      UNRESOLVABLE, "node(s) had untolerated taint(s)" },
    { "another value is not tolerated", TAINT("NoSchedule"), NULL,
      TOLERATES("\"key\":\"team\",\"value\":\"a\""), "TaintToleration", UNRESOLVABLE,
      "node(s) had untolerated taint(s)" },
    { "no effect tolerates every effect", TAINT("NoSchedule"), NULL,
      TOLERATES("\"key\":\"team\",\"value\":\"b\""), NULL, 0, NULL },
    { "a soft taint rejects nobody", TAINT("PreferNoSchedule"), NULL, ASKS("1", "1Gi"), NULL, 0,
      NULL },
    { "7 is greater than 6", "", NULL,
      REQUIRES("\"matchExpressions\":[{\"key\":\"rack\",\"operator\":\"Gt\",\"values\":[\"6\"]}]"),
      NULL, 0, NULL },
    { "a label that is no number is greater than none", "", NULL,
      REQUIRES("\"matchExpressions\":[{\"key\":\"disk\",\"operator\":\"Gt\",\"values\":[\"6\"]}]"),
      "NodeAffinity", UNRESOLVABLE, "node(s) didn't match Pod's node affinity/selector" },
    { "an empty term matches nothing", "", NULL, REQUIRES(""), "NodeAffinity", UNRESOLVABLE,
      "node(s) didn't match Pod's node affinity/selector" },
};

Test(plugins, reject_for_the_reasons_of_the_real_ones)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct scene scene = scene_new(NULL);
        struct rejection rejection = { 0 };
        add_node(&scene, "n", filters[i].node, "");
        if (filters[i].running != NULL)
            run_there(&scene, filters[i].running);
        const struct node_info *node = ask(&scene, filters[i].asking);
        const int by = prepared_filter(&scene.prepared, node, &rejection);
        const char *plugin = by < 0 ? "nobody" : scene.prepared.profile->plugins[by].plugin->name;
        cr_expect_str_eq(plugin, filters[i].plugin != NULL ? filters[i].plugin : "nobody", "%s",
                         filters[i].why);
        if (by >= 0 && filters[i].plugin != NULL) {
            cr_expect_eq(rejection.code, filters[i].code, "%s", filters[i].why);
            cr_expect_str_eq(rejection.reasons[0].text, filters[i].first_reason, "%s",
                             filters[i].why);
        }
        scene_close(&scene);
    }
}

Test(plugins, list_every_resource_that_is_short_the_number_of_pods_first)
{
    static const char *const want[] = { "Too many pods", "Insufficient cpu",
                                        "Insufficient memory" };
    struct scene scene = scene_new(NULL);
    struct rejection rejection = { 0 };
    add_node(&scene, "n", "", "");
    run_there(&scene, ASKS("3", "6Gi"));
    const struct text *node = text_intern(scene.run->texts, "n");
    const struct pod *second = pod_make(&scene.codec, "second", "\"containers\":[]");
    snapshot_place(scene.snapshot, second, node, true);
    const struct node_info *info = ask(&scene, ASKS("2", "4Gi"));
    prepared_filter(&scene.prepared, info, &rejection);
    cr_assert_eq(rejection.count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_expect_str_eq(rejection.reasons[i].text, want[i]);
    object_drop(&second->meta.object);
    text_drop(node);
    scene_close(&scene);
}

/* --- scores --------------------------------------------------------------------------------------- */

static const struct {
    const char *why, *strategy;
    int64_t requested, allocatable, want;
} strategies[] = {
    { "floor((4000 - 2600) * 100 / 4000)", "{\"type\":\"LeastAllocated\"}", 2600, 4000, 35 },
    { "an overfull node scores zero", "{\"type\":\"LeastAllocated\"}", 4100, 4000, 0 },
    { "floor(2650 * 100 / 4000)", "{\"type\":\"MostAllocated\"}", 2650, 4000, 66 },
    { "an overfull node is full", "{\"type\":\"MostAllocated\"}", 4100, 4000, 100 },
    { "35 % between (20, 3) and (80, 9): 30 + (90 - 30) * 15 / 60",
      "{\"type\":\"RequestedToCapacityRatio\",\"requestedToCapacityRatio\":{\"shape\":["
      "{\"utilization\":20,\"score\":3},{\"utilization\":80,\"score\":9}]}}",
      1400, 4000, 45 },
    { "level before the first point",
      "{\"type\":\"RequestedToCapacityRatio\",\"requestedToCapacityRatio\":{\"shape\":["
      "{\"utilization\":20,\"score\":3},{\"utilization\":80,\"score\":9}]}}",
      400, 4000, 30 },
    { "and after the last one, where more than all is all",
      "{\"type\":\"RequestedToCapacityRatio\",\"requestedToCapacityRatio\":{\"shape\":["
      "{\"utilization\":20,\"score\":3},{\"utilization\":80,\"score\":9}]}}",
      4400, 4000, 90 },
};

Test(plugins, score_one_resource_by_three_strategies)
{
    for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
        struct value *document = rows_parse(strategies[i].strategy);
        struct scoring_strategy strategy = { 0 };
        struct error error = { 0 };
        cr_assert(scoring_strategy_load(document, &strategy, &error));
        cr_expect_eq(
            scoring_strategy_score(&strategy, strategies[i].requested, strategies[i].allocatable),
            strategies[i].want, "%s", strategies[i].why);
        value_drop(document);
    }
}

#define IMAGE(size) ",\"images\":[{\"names\":[\"a:latest\"],\"sizeBytes\":" size "}]"

static const struct {
    const char *why, *plugin, *node_spec, *node_status, *running, *asking;
    int64_t want; /* before normalizing; -1: not scored */
} scores[] = {
    { "cpu (4000-3000)/4000 = 25, memory (8-4)/8 = 50: their mean", "NodeResourcesFit", "", "",
      ASKS("2", "2Gi"), ASKS("1", "2Gi"), 37 },
    { "who asks for nothing counts as 100m and 200 MiB: (97 + 97) / 2", "NodeResourcesFit", "", "",
      NULL, "\"containers\":[{\"name\":\"c\",\"image\":\"a\"}]", 97 },
    { "from 1/2 and 1/4 to 3/4 and 1/2: as uneven as before", "NodeResourcesBalancedAllocation", "",
      "", ASKS("2", "2Gi"), ASKS("1", "2Gi"), 75 },
    { "from 1/2 and 0 to 1/2 and 1/2: 50 + (50 + 100 - 75) / 2", "NodeResourcesBalancedAllocation",
      "", "", ASKS("2", "0"), ASKS("0", "4Gi"), 87 },
    { "a pod that asks for nothing is not balanced", "NodeResourcesBalancedAllocation", "", "",
      NULL, "\"containers\":[{\"name\":\"c\",\"image\":\"a\"}]", -1 },
    { "one soft taint is not tolerated", "TaintToleration", TAINT("PreferNoSchedule"), "", NULL,
      ASKS("1", "1Gi"), 1 },
    { "a toleration of hard taints does not help with soft ones", "TaintToleration",
      TAINT("PreferNoSchedule"), "", NULL,
      TOLERATES("\"key\":\"team\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\""), 1 },
    { "one of soft taints does", "TaintToleration", TAINT("PreferNoSchedule"), "", NULL,
      TOLERATES("\"key\":\"team\",\"operator\":\"Exists\",\"effect\":\"PreferNoSchedule\""), 0 },
    { "no tag means latest: (500 - 23) * 100 / (1000 - 23), the only node has it", "ImageLocality",
      "", IMAGE("524288000"), NULL, ASKS("1", "1Gi"), 48 },
    { "below 23 MiB an image is not worth moving for", "ImageLocality", "", IMAGE("20000000"), NULL,
      ASKS("1", "1Gi"), 0 },
    { "without preferred terms there is nothing to prefer", "NodeAffinity", "", "", NULL,
      ASKS("1", "1Gi"), -1 },
};

Test(plugins, score_as_the_real_ones)
{
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        struct scene scene = scene_new(NULL);
        add_node(&scene, "n", scores[i].node_spec, scores[i].node_status);
        if (scores[i].running != NULL)
            run_there(&scene, scores[i].running);
        const struct node_info *node = ask(&scene, scores[i].asking);
        const int64_t got = score_of(&scene, scores[i].plugin, node);
        cr_expect_eq(got, scores[i].want, "%s: got %ld", scores[i].why, (long)got);
        scene_close(&scene);
    }
}

Test(plugins, count_an_image_the_less_the_fewer_nodes_have_it)
{
    struct scene scene = scene_new(NULL);
    add_node(&scene, "n", "", IMAGE("1048576000"));
    add_node(&scene, "other", "", "");
    const struct node_info *node = ask(&scene, ASKS("1", "1Gi"));
    /* 1000 MiB on one of two nodes count as 500: (500 - 23) * 100 / (1000 - 23) */
    cr_expect_eq(score_of(&scene, "ImageLocality", node), 48);
    scene_close(&scene);
}

Test(plugins, normalize_to_the_highest)
{
    static const struct {
        const char *why;
        bool reverse;
        int64_t scores[3], want[3];
    } rows[] = {
        { "shares of the highest, cut to integers", false, { 0, 2, 3 }, { 0, 66, 100 } },
        { "reversed: the most is the worst", true, { 0, 2, 3 }, { 100, 34, 0 } },
        { "all zero stays zero", false, { 0, 0, 0 }, { 0, 0, 0 } },
        { "all zero reversed is all perfect", true, { 0, 0, 0 }, { 100, 100, 100 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t scores_now[3];
        memcpy(scores_now, rows[i].scores, sizeof scores_now);
        normalize_to_highest(scores_now, 3, rows[i].reverse);
        for (size_t j = 0; j < 3; j++)
            cr_expect_eq(scores_now[j], rows[i].want[j], "%s", rows[i].why);
    }
}

/* --- configurations ----------------------------------------------------------------------------------- */

static void expect_scores(const char *configuration, const char *want)
{
    struct scene scene = scene_new(configuration);
    const struct profile *profile = scene.configuration->profiles[0];
    const struct point *point = &profile->points[POINT_SCORE];
    struct writer got = { 0 };
    for (size_t i = 0; i < point->count; i++)
        writer_format(&got, "%s%s*%ld", i > 0 ? " " : "",
                      profile->plugins[point->items[i].plugin].plugin->name,
                      (long)point->items[i].weight);
    cr_expect_str_eq(got.bytes, want);
    writer_close(&got);
    add_node(&scene, "n", "", "");
    ask(&scene, ASKS("1", "1Gi"));
    scene_close(&scene);
}

Test(profile, merges_a_users_plugins_with_the_default_ones)
{
    expect_scores(
        NULL,
        "TaintToleration*3 NodeAffinity*2 NodeResourcesFit*1 VolumeBinding*1 PodTopologySpread*2 "
        "InterPodAffinity*2 "
        "DynamicResources*2 "
        "NodeResourcesBalancedAllocation*1 ImageLocality*1");
    expect_scores("{\"profiles\":[{\"plugins\":{\"score\":{\"disabled\":[{\"name\":\"*\"}],"
                  "\"enabled\":[{\"name\":\"ImageLocality\",\"weight\":5}]}}}]}",
                  "ImageLocality*5");
    expect_scores(
        "{\"profiles\":[{\"plugins\":{\"multiPoint\":{\"disabled\":[{\"name\":"
        "\"DynamicResources\"},{\"name\":\"ImageLocality\"}],\"enabled\":[{\"name\":"
        "\"NodeAffinity\",\"weight\":7}]}}}]}",
        "TaintToleration*3 NodeAffinity*7 NodeResourcesFit*1 VolumeBinding*1 PodTopologySpread*2 "
        "InterPodAffinity*2 "
        "NodeResourcesBalancedAllocation*1");
    expect_scores(
        "{\"profiles\":[{\"plugins\":{\"score\":{\"enabled\":[{\"name\":"
        "\"NodeResourcesFit\",\"weight\":9}]}}}]}",
        "NodeResourcesFit*9 TaintToleration*3 NodeAffinity*2 VolumeBinding*1 PodTopologySpread*2 "
        "InterPodAffinity*2 "
        "DynamicResources*2 "
        "NodeResourcesBalancedAllocation*1 ImageLocality*1");
}

Test(profile, names_the_plugins_there_are_when_one_is_unknown)
{
    struct run *run = run_new(1);
    struct error_list errors = { 0 };
    struct value *document = rows_parse(
        "{\"profiles\":[{\"plugins\":{\"filter\":{\"enabled\":[{\"name\":\"NodeName2\"}]}}}]}");
    cr_expect_null(scheduler_configuration_load(run->texts, document, &errors));
    cr_assert_eq(errors.count, 1);
    cr_expect_not_null(strstr(errors.items[0].text, "unknown scheduler plugin \"NodeName2\""));
    cr_expect_not_null(strstr(errors.items[0].text, "TaintToleration"));
    error_list_close(&errors);
    value_drop(document);
    run_free(run);
}
