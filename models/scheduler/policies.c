/* The table of policies; see policies.h. */
#include "models/scheduler/policies.h"

#include <assert.h>
#include <string.h>

#include "models/api/yaml.h"

/* The default profile that asks one plugin for scores instead of its own ones. */
#define SCORED_BY(plugin)                                                                          \
    "profiles: [{plugins: {score: {disabled: [{name: '*'}], enabled: [{name: " plugin              \
    ", weight: 1}]}}}]"

const struct scheduling_policy scheduling_policies[] = {
    { "default", "the default profile of kube-scheduler", "{}" },
    { "most-allocated", "the default profile, preferring nodes that are full (MostAllocated)",
      "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: "
      "{type: MostAllocated, resources: [{name: cpu, weight: 1}, {name: memory, weight: "
      "1}]}}}]}]" },
    { "least-allocated", "free room only: NodeResourcesFit's LeastAllocated, no other score",
      SCORED_BY("NodeResourcesFit") },
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
