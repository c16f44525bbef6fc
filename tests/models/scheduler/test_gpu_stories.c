/* Shared GPUs in a whole cluster: pods get an index with their binding, what is left follows from it,
 * and a pod that leaves gives its part back. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "models/scheduler/snapshot/gpus.h"
#include "tests/support/measured.h"

#define POD(at, name, annotations)                                                                 \
    "  - {at: " at ", apply: {apiVersion: v1, kind: Pod, metadata: {name: " name                   \
    ", annotations: {" annotations "}}, spec: {containers: [{name: c, image: i, resources: "       \
    "{requests: {cpu: 1}}}]}}}\n"
#define MILLI(milli) "alibabacloud.com/gpu-milli: '" milli "'"
#define T4           ", alibabacloud.com/gpu-card-model: T4"

static const char scenario_text[] =
    "apiVersion: seatrial.dev/v1alpha1\n"
    "kind: Scenario\n"
    "metadata: {name: gpus}\n"
    "spec:\n"
    "  nodes:\n"
    "  - {name: t4, capacity: {cpu: 16, alibabacloud.com/gpu-count: 2},\n"
    "     labels: {alibabacloud.com/gpu-card-model: T4}}\n"
    "  - {name: p100, capacity: {cpu: 16, alibabacloud.com/gpu-count: 4},\n"
    "     labels: {alibabacloud.com/gpu-card-model: P100}}\n"
    "  schedulerConfiguration:\n"
    "    apiVersion: kubescheduler.config.k8s.io/v1\n"
    "    kind: KubeSchedulerConfiguration\n"
    "    profiles: [{plugins: {multiPoint: {enabled: [{name: Open-Gpu-Share}]}}}]\n"
    "  timeline:\n" POD("1s", "a", MILLI("600") T4) POD("2s", "b", MILLI("600") T4)
        POD("10s", "c", MILLI("400") T4) POD("11s", "d", MILLI("1000") T4) POD(
            "12s", "e", MILLI("1000") ", alibabacloud.com/gpu-card-model: V100|A10")
            POD("13s", "f", MILLI("half")) POD(
                "14s", "g",
                "alibabacloud.com/gpu-count: '3', "
                "alibabacloud.com/gpu-card-model: G2|P100") "  - {at: 60s, delete: {target: "
                                                            "[pod/a, pod/c], gracePeriod: 1}}\n";

struct story {
    struct scenario scenario;
    struct simulation *simulation;
};

static const struct pod *find_pod(const struct story *story, const char *name)
{
    const struct cluster *cluster = simulation_cluster(story->simulation);
    const struct texts *texts = simulation_run(story->simulation)->texts;
    const struct object_key key = { KIND_POD, text_find(texts, "default"), text_find(texts, name) };
    const struct object *pod = store_get(cluster->store, key);
    cr_assert_not_null(pod, "%s", name);
    return pod_of(pod);
}

static void expect_index(const struct story *story, const char *name, const char *want)
{
    const char *have = labels_get(find_pod(story, name)->meta.annotations, GPU_INDEX_ANNOTATION);
    cr_expect(want == NULL ? have == NULL : have != NULL && strcmp(have, want) == 0,
              "%s has GPU %s", name, have != NULL ? have : "none");
}

/* What is said begins with this. */
static void expect_message(const struct story *story, const char *name, const char *want)
{
    const struct pod *pod = find_pod(story, name);
    const char *message = pod_condition_message(pod, POD_SCHEDULED);
    cr_expect(strncmp(message, want, strlen(want)) == 0, "%s: %s", name, message);
}

Test(gpu_stories, pods_share_gpus_and_give_their_part_back)
{
    struct story story;
    scenario_given(&story.scenario, scenario_text, "gpus");
    story.simulation = simulation_of(&story.scenario, (struct simulation_options){ 0 });
    simulation_advance(story.simulation, 30 * SIM_SECOND);
    expect_index(&story, "a", "0");
    expect_index(&story, "b", "1");     /* 400 are left on GPU 0 */
    expect_index(&story, "c", "0");     /* 400 are left on both */
    expect_index(&story, "d", NULL);    /* none is idle */
    expect_index(&story, "g", "0-1-2"); /* of the other node */
    expect_message(&story, "d",
                   "0/2 nodes are available: 1 Insufficient alibabacloud.com/gpu-milli, 1 node(s) "
                   "didn't have the pod's GPU model. ");
    expect_message(&story, "e",
                   "0/2 nodes are available: 2 node(s) didn't have the pod's GPU model. ");
    expect_message(&story, "f",
                   "0/2 nodes are available: alibabacloud.com/gpu-milli is not a whole number from "
                   "0 to 1000. ");
    simulation_advance(story.simulation, 90 * SIM_SECOND);
    expect_index(&story, "d", "0"); /* a and c had it together */
    expect_index(&story, "e", NULL);
    simulation_free(story.simulation);
    scenario_close(&story.scenario);
}
