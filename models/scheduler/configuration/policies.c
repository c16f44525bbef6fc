/* The table of policies; see policies.h. */
#include "models/scheduler/configuration/policies.h"

#include <assert.h>
#include <string.h>

#include "models/api/yaml.h"

/* The default profile that asks one plugin for scores instead of its own ones. */
#define SCORED_BY(plugin)                                                                          \
    "profiles: [{plugins: {score: {disabled: [{name: '*'}], enabled: [{name: " plugin              \
    ", weight: 1}]}}}]"

/* The same where pods may share GPUs, over every node: policies for research are compared so. GPUs
 * are filtered first: a filter behind those that count over the cluster is asked plainly. */
#define GPUS_SCORED_BY(plugin)                                                                     \
    "profiles: [{percentageOfNodesToScore: 100, plugins: {multiPoint: {enabled: [{name: "          \
    "Open-Gpu-Share}]}, filter: {enabled: [{name: Open-Gpu-Share}]}, score: {disabled: [{name: "   \
    "'*'}], enabled: [{name: " plugin ", weight: 1}]}}}]"

const struct scheduling_policy scheduling_policies[] = {
    { "default", "the default profile of kube-scheduler", "{}" },
    { "most-allocated", "the default profile, preferring nodes that are full (MostAllocated)",
      "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: "
      "{type: MostAllocated, resources: [{name: cpu, weight: 1}, {name: memory, weight: "
      "1}]}}}]}]" },
    { "least-allocated", "free room only: NodeResourcesFit's LeastAllocated, no other score",
      SCORED_BY("NodeResourcesFit") },
    { "random", "any node that fits", GPUS_SCORED_BY("RandomScore") },
    { "first-fit", "the first node that fits", GPUS_SCORED_BY("FirstFitScore") },
    { "best-fit", "the node with least cpu and GPUs left", GPUS_SCORED_BY("BestFitScore") },
    { "worst-fit", "the node with most cpu and GPUs left", GPUS_SCORED_BY("WorstFitScore") },
    { "dot-product", "smallest dot product of free room and requests",
      GPUS_SCORED_BY("DotProductScore") },
    { "cosine", "free room most nearly in the proportions of the requests",
      GPUS_SCORED_BY("CosineSimilarityScore") },
    { "gpu-clustering", "nodes of pods with as many GPUs", GPUS_SCORED_BY("GpuClusteringScore") },
    { "gpu-packing", "GPUs in use, then nodes in use, then idle ones",
      GPUS_SCORED_BY("GpuPackingScore") },
    { "fgd", "fragmentation gradient descent: least fragmentation of GPUs",
      GPUS_SCORED_BY("FGDScore") },
    { 0 },
};

const struct scheduling_policy *scheduling_policy_find(const char *name)
{
    for (const struct scheduling_policy *policy = scheduling_policies; policy->name != NULL;
         policy++)
        if (strcmp(policy->name, name) == 0)
            return policy;
    return NULL;
}

struct value *scheduling_policy_read(const struct scheduling_policy *policy)
{
    const struct yaml_piece piece = { policy->configuration,
                                      strlen(policy->configuration),
                                      { policy->name, 1, 1 } };
    struct error error = { 0 };
    struct value *document = yaml_read(piece, NULL, NULL, &error);
    assert(document != NULL); /* the table's own */
    return document;
}
