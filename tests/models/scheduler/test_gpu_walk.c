/* Two ways to one answer under the policies for shared GPUs: remembered decisions against asking every
 * plugin about every node, while pods with parts of GPUs come and go and nodes change. FGD is told
 * no typical pods here: it learns them. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/decision/assume.h"
#include "models/scheduler/decision/decision.h"
#include "models/scheduler/plugins/plugins.h"
#include "models/scheduler/configuration/policies.h"
#include "sim/kernel/run.h"
#include "tests/support/rows.h"
#include "tests/support/scheduler_objects.h"

enum { NODES = 40, PODS = 120, STEPS = 3000 };

struct walk {
    struct run *run;
    struct codec codec;
    struct scheduler_configuration *configuration;
    struct snapshot *snapshot;
    struct template_cache *templates;
    struct decision fast, plain;
    struct stream stream;
    const struct pod *pods[PODS]; /* placed; NULL: not there */
    size_t found, nowhere;        /* decisions of either outcome */
    int64_t least, most;          /* greatest totals of decisions */
};

static int below(struct walk *walk, uint64_t limit)
{
    return (int)stream_below(&walk->stream, limit);
}

static struct object *load(struct walk *walk, enum kind kind, char *text)
{
    struct value *document = rows_parse(text);
    struct object *object = kind_infos[kind].load(&walk->codec, document);
    value_drop(document);
    free(text);
    return object;
}

static void set_node(struct walk *walk, int number)
{
    static const char *const models[] = { "T4", "P100", "G2" };
    struct object *node =
        load(walk, KIND_NODE,
             mem_format(
                 "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n%d\","
                 "\"labels\":{\"alibabacloud.com/gpu-card-model\":\"%s\"}},\"spec\":{},"
                 "\"status\":{\"allocatable\":{\"cpu\":\"%d\",\"memory\":\"64Gi\",\"pods\":\"20\","
                 "\"alibabacloud.com/gpu-count\":\"%d\"}}}",
                 number, models[below(walk, 3)], 8 << below(walk, 4), below(walk, 4) * 2));
    snapshot_set_node(walk->snapshot, node_of(node));
    object_drop(node);
}

static const struct pod *draw_pod(struct walk *walk, int number)
{
    static const char *const asks[] = {
        "",
        "\"alibabacloud.com/gpu-milli\":\"300\"",
        "\"alibabacloud.com/gpu-milli\":\"700\",\"alibabacloud.com/gpu-card-model\":\"T4|G2\"",
        "\"alibabacloud.com/gpu-milli\":\"1000\"",
        "\"alibabacloud.com/gpu-count\":\"2\"",
        "\"alibabacloud.com/gpu-count\":\"2\",\"alibabacloud.com/gpu-milli\":\"500\"",
        "\"alibabacloud.com/gpu-count\":\"4\",\"alibabacloud.com/gpu-card-model\":\"P100\"",
    };
    return pod_of(load(
        walk, KIND_POD,
        mem_format("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p%d\","
                   "\"namespace\":\"default\",\"annotations\":{%s}},\"spec\":{\"schedulerName\":"
                   "\"default-scheduler\",\"containers\":[{\"name\":\"c\",\"image\":\"i\","
                   "\"resources\":{\"requests\":{\"cpu\":\"%d\"}}}]}}",
                   number, asks[below(walk, sizeof asks / sizeof *asks)], 1 + below(walk, 4))));
}

/* --- both ways ----------------------------------------------------------------------------------- */

static void expect_alike(const struct walk *walk, const char *policy, size_t step)
{
    const struct decision *fast = &walk->fast, *plain = &walk->plain;
    cr_assert_eq(fast->outcome, plain->outcome, "%s, step %zu", policy, step);
    cr_assert_eq(fast->feasible_count, plain->feasible_count, "%s, step %zu", policy, step);
    if (plain->outcome != DECISION_FOUND)
        return;
    cr_assert_eq(fast->top_total, plain->top_total, "%s, step %zu", policy, step);
    cr_assert_eq(fast->top_count, plain->top_count, "%s, step %zu", policy, step);
    for (size_t i = 0; i < plain->top_count; i++)
        cr_assert_eq(decision_top(fast, i), decision_top(plain, i), "%s, step %zu", policy, step);
}

/* Does Open-Gpu-Share reserve for a pod that counts in this version? */
static bool reserves(const struct walk *walk, const struct pod *pod)
{
    const struct sched_call call = { .profile = walk->configuration->profiles[0],
                                     .spec = pod->spec,
                                     .pod = pod,
                                     .snapshot = walk->snapshot };
    struct rejection rejection = { 0 };
    return open_gpu_share_plugin.reserve(&call, pod, NULL, &rejection);
}

static void place(struct walk *walk, const char *policy, size_t step, int number)
{
    const struct profile *profile = walk->configuration->profiles[0];
    const struct pod *pod = draw_pod(walk, number);
    decide(walk->templates, profile, walk->snapshot, pod, 0, &walk->fast);
    decide_plainly(walk->templates, profile, walk->snapshot, pod, 0, &walk->plain);
    expect_alike(walk, policy, step);
    if (walk->plain.outcome != DECISION_FOUND) {
        walk->nowhere++;
        object_drop(&pod->meta.object);
        return;
    }
    walk->least = walk->plain.top_total < walk->least ? walk->plain.top_total : walk->least;
    walk->most = walk->plain.top_total > walk->most ? walk->plain.top_total : walk->most;
    const size_t taken = (size_t)below(walk, walk->plain.top_count);
    const struct node_info *node = walk->snapshot->nodes[decision_top(&walk->plain, taken)];
    struct assumed assumed = assume_pod(profile, walk->snapshot, pod, node, walk->run);
    const bool asks = labels_get(pod->meta.annotations, GPU_MILLI_ANNOTATION) != NULL ||
                      labels_get(pod->meta.annotations, GPU_COUNT_ANNOTATION) != NULL;
    cr_assert_eq(asks, assumed.annotations != NULL, "who asks gets an index: %s", policy);
    snapshot_place(walk->snapshot, pod, node->name, true);
    cr_assert_eq(reserves(walk, pod), !asks, "without an index: %s", policy);
    snapshot_place(walk->snapshot, assumed.pod, node->name, true);
    cr_assert(reserves(walk, pod), "%s", policy);
    for (int i = 0; node->gpus != NULL && i < node->gpus->count; i++)
        cr_assert_geq(node_gpu_left(node->gpus, i), 0, "no GPU is given twice: %s", policy);
    object_drop(&pod->meta.object);
    walk->pods[number] = pod_of(object_hold(&assumed.pod->meta.object));
    assumed_close(&assumed);
    walk->found++;
}

static void leave(struct walk *walk, int number)
{
    const struct object *pod = &walk->pods[number]->meta.object;
    snapshot_remove_pod(walk->snapshot, pod->space, pod->name);
    object_drop(pod);
    walk->pods[number] = NULL;
}

/* A node changes only as long as it has no pods: GPUs in use do not go away. */
static void change_node(struct walk *walk)
{
    const int number = below(walk, NODES);
    const struct text *name = text_format(walk->run->texts, "n%d", number);
    const struct node_info *node = snapshot_find_node(walk->snapshot, name);
    if (node == NULL || node->pod_count == 0)
        set_node(walk, number);
    text_drop(name);
}

static void step(struct walk *walk, const char *policy, size_t number)
{
    const int pod = below(walk, PODS);
    if (below(walk, 10) == 0)
        change_node(walk);
    snapshot_refresh(walk->snapshot);
    if (walk->pods[pod] == NULL)
        place(walk, policy, number, pod);
    else if (below(walk, 3) == 0)
        leave(walk, pod);
}

static void walk_under(const struct scheduling_policy *policy)
{
    struct walk walk = { .run = run_new(7), .least = INT64_MAX };
    struct error_list errors = { 0 };
    struct value *document = scheduling_policy_read(policy);
    walk.codec = codec_new(walk.run);
    walk.configuration = scheduler_configuration_load(walk.run->texts, document, &errors);
    cr_assert_not_null(walk.configuration);
    walk.snapshot = snapshot_new(walk.run->texts, NULL);
    walk.templates = template_cache_new();
    walk.stream = stream_of(7, "", "gpu walk", policy->name, 0);
    value_drop(document);
    for (int i = 0; i < NODES; i++)
        set_node(&walk, i);
    for (size_t i = 0; i < STEPS; i++)
        step(&walk, policy->name, i);
    cr_expect_gt(walk.found, 50, "%s", policy->name);
    cr_expect_gt(walk.nowhere, 10, "%s", policy->name);
    if (strcmp(policy->name, "fgd") == 0)
        cr_expect(walk.least < 50 && walk.most > 50, "50 is what everything scores unlearned");
    for (int i = 0; i < PODS; i++)
        if (walk.pods[i] != NULL)
            leave(&walk, i);
    decision_close(&walk.fast);
    decision_close(&walk.plain);
    template_cache_free(walk.templates);
    snapshot_free(walk.snapshot);
    scheduler_configuration_free(walk.configuration);
    codec_close(&walk.codec);
    run_free(walk.run);
}

Test(gpu_walk, decides_alike_both_ways_and_gives_no_gpu_twice)
{
    static const char *const names[] = { "random",         "first-fit",   "best-fit",
                                         "worst-fit",      "dot-product", "cosine",
                                         "gpu-clustering", "gpu-packing", "fgd" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        walk_under(scheduling_policy_find(names[i]));
}
