/* The arithmetic of the policies for shared GPUs, row by row. The nodes are in parts of the largest
 * one, 128 cpus and 8 GPUs. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/plugins/fragmentation.h"
#include "models/scheduler/plugins/gpu_policy.h"
#include "tests/support/rows.h"

/* One node and one pod that asks, by themselves. */
struct scene {
    struct texts *texts;
    struct node_resources offers;
    struct node node;
    struct node_gpus gpus;
    struct node_info info;
    struct pod_spec spec;
    struct gpu_class class;
    struct sched_call call;
};

static void scene_open(struct scene *scene, int64_t cpu_left, int gpus, const int *used,
                       int64_t cpu, int count, int milli)
{
    *scene = (struct scene){ .texts = texts_new() };
    scene->offers.resources.cpu_milli = cpu_left + 3000;
    scene->node.allocatable = &scene->offers;
    scene->gpus.count = gpus;
    memcpy(scene->gpus.used, used, 4 * sizeof *used);
    scene->info = (struct node_info){ .node = &scene->node, .gpus = &scene->gpus };
    scene->info.requested.cpu_milli = 3000;
    scene->spec.requests.cpu_milli = cpu;
    scene->class.request = (struct gpu_request){ .count = count, .milli = milli };
    scene->call = (struct sched_call){ .spec = &scene->spec, .compiled = &scene->class };
}

static int64_t score_by(struct scene *scene, const struct sched_plugin *plugin,
                        const struct value *args)
{
    struct error_list errors = { 0 };
    void *made = plugin->configure != NULL ? plugin->configure(scene->texts, args, &errors) : NULL;
    scene->call.args = made;
    const int64_t score = plugin->score(&scene->call, &scene->info);
    if (plugin->release != NULL)
        plugin->release(made);
    return score;
}

/* --- scores of the node alone ----------------------------------------------------------------- */

static const struct {
    const char *why;
    const struct sched_plugin *plugin;
    int64_t cpu_left;
    int gpus, used[4];
    uint32_t share, one, two; /* pods that have a part, one GPU, two */
    int64_t cpu;              /* the pod's */
    int count, milli;
    int64_t want;
} scores[] = {
    { "cut(100 (1 - (.5 * .0625 + .25 * .0625) / 2)) = cut(97.65)",
      &dot_product_score_plugin,
      64000,
      2,
      { 0 },
      0,
      0,
      0,
      8000,
      1,
      500,
      97 },
    { "all of the largest node: 1 - (1 + .5) / 2",
      &dot_product_score_plugin,
      128000,
      4,
      { 0 },
      0,
      0,
      0,
      128000,
      8,
      1000,
      25 },
    { "a node larger than the largest does not score below 0",
      &dot_product_score_plugin,
      512000,
      4,
      { 0 },
      0,
      0,
      0,
      512000,
      0,
      0,
      0 },
    { "cut(100 (1 - .5 * 56 / 128 - .5 * 1.5 / 8)) = cut(68.75)",
      &best_fit_score_plugin,
      64000,
      2,
      { 0 },
      0,
      0,
      0,
      8000,
      1,
      500,
      68 },
    { "nothing would be left: 100",
      &best_fit_score_plugin,
      8000,
      1,
      { 500 },
      1,
      0,
      0,
      8000,
      1,
      500,
      100 },
    { "cut(100 (.5 * 56 / 128 + .5 * 1.5 / 8)) = cut(31.25)",
      &worst_fit_score_plugin,
      64000,
      2,
      { 0 },
      0,
      0,
      0,
      8000,
      1,
      500,
      31 },
    { "(.5, .25) and (.0625, .0625): .046875 / .0494106 = cos 18.4 degrees",
      &cosine_similarity_score_plugin,
      64000,
      2,
      { 0 },
      0,
      0,
      0,
      8000,
      1,
      500,
      94 },
    { "the same proportions: half of both",
      &cosine_similarity_score_plugin,
      64000,
      4,
      { 0 },
      0,
      0,
      0,
      8000,
      1,
      500,
      100 },
    { "only cpu is asked for, only GPUs are left",
      &cosine_similarity_score_plugin,
      0,
      4,
      { 0 },
      0,
      0,
      0,
      8000,
      0,
      0,
      0 },
    { "nothing asked for has no direction",
      &cosine_similarity_score_plugin,
      64000,
      4,
      { 0 },
      0,
      0,
      0,
      0,
      0,
      0,
      0 },
    { "25 * 6500 div 8000 = 20, and only its kind: 75 more",
      &gpu_clustering_score_plugin,
      64000,
      2,
      { 500 },
      1,
      0,
      0,
      8000,
      1,
      500,
      95 },
    { "25 * 7500 div 8000 = 23, and its kind among others: 50 more",
      &gpu_clustering_score_plugin,
      64000,
      2,
      { 500, 1000 },
      1,
      1,
      0,
      8000,
      1,
      500,
      73 },
    { "25 * 6000 div 8000 = 18, and nobody has a GPU: 25 more",
      &gpu_clustering_score_plugin,
      64000,
      2,
      { 0 },
      0,
      0,
      0,
      8000,
      2,
      1000,
      43 },
    { "25 * 7000 div 8000 = 21, and only others",
      &gpu_clustering_score_plugin,
      64000,
      2,
      { 1000, 0 },
      0,
      1,
      0,
      8000,
      1,
      500,
      21 },
    { "pods of two GPUs are not of the kind of those of one",
      &gpu_clustering_score_plugin,
      64000,
      4,
      { 1000, 1000, 0, 0 },
      0,
      0,
      1,
      8000,
      1,
      1000,
      18 },
    { "a pod without GPU does not care",
      &gpu_clustering_score_plugin,
      64000,
      2,
      { 500 },
      1,
      0,
      0,
      8000,
      0,
      0,
      0 },
    { "an idle node of 2: max(33 - 2, 2)",
      &gpu_packing_score_plugin,
      64000,
      2,
      { 0 },
      0,
      0,
      0,
      8000,
      1,
      500,
      31 },
    { "of two in use the fuller: 600 left, 100 - 60 div 10",
      &gpu_packing_score_plugin,
      64000,
      3,
      { 100, 400, 0 },
      2,
      0,
      0,
      8000,
      1,
      500,
      94 },
    { "600 are not enough, 900 are: 100 - 90 div 10",
      &gpu_packing_score_plugin,
      64000,
      3,
      { 100, 400, 0 },
      2,
      0,
      0,
      8000,
      1,
      700,
      91 },
    { "955 milli are 95 %: 100 - 9",
      &gpu_packing_score_plugin,
      64000,
      1,
      { 45 },
      1,
      0,
      0,
      8000,
      1,
      500,
      91 },
    { "an idle GPU of a node in use: 50 - 1",
      &gpu_packing_score_plugin,
      64000,
      2,
      { 100, 0 },
      1,
      0,
      0,
      8000,
      1,
      1000,
      49 },
    { "three of them: 50 - 3",
      &gpu_packing_score_plugin,
      64000,
      4,
      { 100, 0, 0, 0 },
      1,
      0,
      0,
      8000,
      3,
      1000,
      47 },
    { "a pod without GPU does not care",
      &gpu_packing_score_plugin,
      64000,
      2,
      { 0 },
      0,
      0,
      0,
      8000,
      0,
      0,
      0 },
    { "chance has no opinion", &random_score_plugin, 64000, 2, { 0 }, 0, 0, 0, 8000, 1, 500, 0 },
};

Test(gpu_policies, score_as_their_formulas_say)
{
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        struct scene scene;
        scene_open(&scene, scores[i].cpu_left, scores[i].gpus, scores[i].used, scores[i].cpu,
                   scores[i].count, scores[i].milli);
        scene.gpus.pods[0] = scores[i].share;
        scene.gpus.pods[1] = scores[i].one;
        scene.gpus.pods[2] = scores[i].two;
        cr_expect_eq(score_by(&scene, scores[i].plugin, NULL), scores[i].want, "%s: %s",
                     scores[i].plugin->name, scores[i].why);
        texts_free(scene.texts);
    }
}

/* --- fragmentation ------------------------------------------------------------------------------ */

/* Three pods of half a GPU and 4 cpus, one of a GPU and 8 cpus that must be a T4, and one without GPU
 * that 20 of the others make too rare to be typical. */
#define TYPICAL                                                                                    \
    "{\"typicalPods\":[{\"cpuMilli\":4000,\"gpuMilli\":500,\"pods\":15},"                          \
    "{\"cpuMilli\":8000,\"gpuCount\":1,\"gpuSpec\":\"T4\",\"pods\":5},{\"cpuMilli\":1000}]}"

static const struct {
    const char *why;
    const char *model;
    int64_t cpu_milli;
    int count, left[4];
    double want;
} fragmented[] = {
    { "both can run, nothing is too small", "T4", 16000, 2, { 1000, 1000 }, 0 },
    { "500 are too small for a quarter of the pods", "T4", 16000, 2, { 500, 1000 }, 125 },
    { "no whole GPU: all 1000 are lost to them", "T4", 16000, 2, { 500, 500 }, 250 },
    { "another model: all 2000 are lost to them", "P100", 16000, 2, { 1000, 1000 }, 500 },
    { "so if nothing is said of the model", NULL, 16000, 2, { 1000, 1000 }, 500 },
    { "7.999 cpus: as if it were another model", "T4", 7999, 2, { 1000, 1000 }, 500 },
    { "8 cpus are enough", "T4", 8000, 2, { 1000, 1000 }, 0 },
    { "3 cpus: lost to everybody", "T4", 3000, 2, { 1000, 1000 }, 2000 },
    { "400 are too small for everybody: 3/4 of 400 + 1/4 of 900",
      "T4",
      16000,
      2,
      { 400, 500 },
      0.75 * 400 + 0.25 * 900 },
};

static struct typical_pods *typical_of(struct texts *texts)
{
    static const struct {
        int64_t cpu_milli, pods;
        const char *milli, *models;
    } sorts[] = { { 4000, 15, "500", NULL }, { 8000, 5, "1000", "T4" }, { 1000, 1, "0", NULL } };
    struct typical_pods *typical = typical_pods_new();
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
        struct gpu_request request;
        const char *fault;
        gpu_request_parse(texts, "1", sorts[i].milli, sorts[i].models, &request, &fault);
        typical_pods_add(typical, sorts[i].cpu_milli, request, sorts[i].pods);
    }
    typical_pods_choose(typical, 95); /* 20 of 21 are 95.2 % */
    return typical;
}

Test(fragmentation, is_what_typical_pods_could_not_use)
{
    struct texts *texts = texts_new();
    struct typical_pods *typical = typical_of(texts);
    cr_expect_eq(typical_pods_count(typical), 2);
    for (size_t i = 0; i < sizeof fragmented / sizeof *fragmented; i++) {
        struct gpu_room room = { .cpu_milli = fragmented[i].cpu_milli,
                                 .count = fragmented[i].count };
        const struct text *model = text_intern(texts, fragmented[i].model);
        room.model = model;
        memcpy(room.left, fragmented[i].left, sizeof fragmented[i].left);
        cr_expect_float_eq(fragmentation_of(typical, &room), fragmented[i].want, 1e-9, "%s: %g",
                           fragmented[i].why, fragmentation_of(typical, &room));
        text_drop(model);
    }
    typical_pods_free(typical);
    texts_free(texts);
}

static const struct {
    const char *why;
    int64_t cpu_left;
    int gpus, used[4];
    int64_t cpu;
    int count, milli;
    int64_t want;
} gradients[] = {
    { "F from 0 to 125: 100 / (1 + e^.125) = 46.9", 16000, 2, { 0 }, 4000, 1, 500, 46 },
    { "into the half: F from 125 to 0, 53.1; the other GPU would give 46.9",
      16000,
      2,
      { 500 },
      4000,
      1,
      500,
      53 },
    { "whole GPUs: F from 125 to 3/4 of 0 + 1/4 of 500 = 125",
      16000,
      2,
      { 500 },
      4000,
      1,
      1000,
      50 },
    { "cpu only: from 8 to 7 cpus, F from 0 to 1/4 of 2000, 37.8", 8000, 2, { 0 }, 1000, 0, 0, 37 },
    { "cpu only, and all can still run", 16000, 2, { 0 }, 1000, 0, 0, 50 },
};

Test(fragmentation, goes_down_its_gradient)
{
    for (size_t i = 0; i < sizeof gradients / sizeof *gradients; i++) {
        struct scene scene;
        struct value *args = rows_parse(TYPICAL);
        scene_open(&scene, gradients[i].cpu_left, gradients[i].gpus, gradients[i].used,
                   gradients[i].cpu, gradients[i].count, gradients[i].milli);
        const struct text *model = text_intern(scene.texts, "T4");
        scene.gpus.model = model;
        const int64_t score = score_by(&scene, &fgd_score_plugin, args);
        cr_expect_eq(score, gradients[i].want, "%s: %ld", gradients[i].why, (long)score);
        text_drop(model);
        value_drop(args);
        texts_free(scene.texts);
    }
}

Test(fragmentation, says_what_is_wrong_with_typical_pods)
{
    struct texts *texts = texts_new();
    struct error_list errors = { 0 };
    struct value *args = rows_parse("{\"typicalPods\":[{\"gpuMilli\":1500},{\"pods\":0}]}");
    cr_expect_null(fgd_score_plugin.configure(texts, args, &errors));
    cr_assert_eq(errors.count, 2);
    cr_expect_str_eq(errors.items[0].text,
                     "FGDScoreArgs.typicalPods: alibabacloud.com/gpu-milli is not a whole number "
                     "from 0 to 1000");
    cr_expect_str_eq(errors.items[1].text, "FGDScoreArgs.typicalPods: cpuMilli is negative, or "
                                           "pods not positive");
    error_list_close(&errors);
    value_drop(args);
    texts_free(texts);
}

/* --- normalizing ---------------------------------------------------------------------------------- */

Test(gpu_policies, spread_scores_over_the_range_or_say_who_is_first)
{
    int64_t range[] = { 68, 31, 68, 50 }, equal[] = { 7, 7 }, first[] = { -4, -2, -9 };
    best_fit_score_plugin.normalize(NULL, range, 4);
    best_fit_score_plugin.normalize(NULL, equal, 2);
    first_fit_score_plugin.normalize(NULL, first, 3);
    cr_expect(range[0] == 100 && range[1] == 0 && range[2] == 100);
    cr_expect_eq(range[3], 51, "19 * 100 div 37");
    cr_expect(equal[0] == 0 && equal[1] == 0);
    cr_expect(first[0] == 0 && first[1] == 100 && first[2] == 0);
}
