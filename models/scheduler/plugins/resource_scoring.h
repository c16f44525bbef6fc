/* The resources that NodeResourcesFit and NodeResourcesBalancedAllocation score by.
 *
 * Follows pkg/scheduler/framework/plugins/noderesources/resource_allocation.go of the
 * release named in docs/fidelity.md. */
#ifndef MODELS_SCHEDULER_PLUGINS_RESOURCE_SCORING_H
#define MODELS_SCHEDULER_PLUGINS_RESOURCE_SCORING_H

#include "models/scheduler/plugins/plugins.h"

enum resource_kind { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_EPHEMERAL_STORAGE, RESOURCE_EXTENDED };

struct scored_resource {
    enum resource_kind kind;
    const struct text *name; /* held */
    int64_t weight;
};

enum { SCORED_RESOURCES = 16 };

struct scored_resources {
    size_t count;
    struct scored_resource items[SCORED_RESOURCES];
};

/* From `resources` of the plugin's arguments: cpu and memory with weight 1 when absent. */
bool scored_resources_load(struct texts *texts, const struct value *list,
                           struct scored_resources *resources, struct error *error);
void scored_resources_close(struct scored_resources *resources);

/* What a template asks for of each resource. With `nonzero`, containers that say nothing of
 * cpu or memory count with the scoring defaults. */
struct scored_requests {
    int64_t amounts[SCORED_RESOURCES];
};
struct scored_requests scored_requests_of(const struct scored_resources *resources,
                                          const struct pod_spec *spec, bool nonzero);

/* What a node has of resource `i`, and what its pods ask for. */
void node_amounts(const struct scored_resource *resource, const struct node_info *node,
                  bool nonzero, int64_t *allocatable, int64_t *requested);

#endif
