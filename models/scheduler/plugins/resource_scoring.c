/* Amounts by resource; see resource_scoring.h. */
#include "models/scheduler/plugins/resource_scoring.h"

static enum resource_kind resource_kind_of(const char *name)
{
    if (strcmp(name, "cpu") == 0)
        return RESOURCE_CPU;
    if (strcmp(name, "memory") == 0)
        return RESOURCE_MEMORY;
    if (strcmp(name, "ephemeral-storage") == 0)
        return RESOURCE_EPHEMERAL_STORAGE;
    return RESOURCE_EXTENDED;
}

static void add_resource(struct texts *texts, struct scored_resources *resources, const char *name,
                         int64_t weight)
{
    resources->items[resources->count++] =
        (struct scored_resource){ .kind = resource_kind_of(name),
                                  .name = text_intern(texts, name),
                                  .weight = weight == 0 ? 1 : weight };
}

bool scored_resources_load(struct texts *texts, const struct value *list,
                           struct scored_resources *resources, struct error *error)
{
    if (list == NULL || list->count == 0) {
        add_resource(texts, resources, "cpu", 1);
        add_resource(texts, resources, "memory", 1);
        return true;
    }
    if (list->count > SCORED_RESOURCES)
        return error_set(error, list->at, "more than %d resources", SCORED_RESOURCES);
    for (size_t i = 0; i < list->count; i++) {
        const struct value *item = value_at(list, i);
        const char *name = value_text(value_get(item, "name"), NULL);
        if (name == NULL)
            return error_set(error, list->at, "a resource has no name");
        add_resource(texts, resources, name, value_int(value_get(item, "weight"), 1));
    }
    return true;
}

void scored_resources_close(struct scored_resources *resources)
{
    for (size_t i = 0; i < resources->count; i++)
        text_drop(resources->items[i].name);
}

static int64_t request_of(const struct scored_resource *resource, const struct pod_spec *spec,
                          bool nonzero)
{
    switch (resource->kind) {
    case RESOURCE_CPU:
        return nonzero ? spec->scored_cpu_milli : spec->requests.cpu_milli;
    case RESOURCE_MEMORY:
        return nonzero ? spec->scored_memory_bytes : spec->requests.memory_bytes;
    case RESOURCE_EPHEMERAL_STORAGE:
        return spec->requests.ephemeral_storage_bytes;
    default:
        return resources_get(&spec->requests, text_s(resource->name));
    }
}

struct scored_requests scored_requests_of(const struct scored_resources *resources,
                                          const struct pod_spec *spec, bool nonzero)
{
    struct scored_requests requests = { 0 };
    for (size_t i = 0; i < resources->count; i++)
        requests.amounts[i] = request_of(&resources->items[i], spec, nonzero);
    return requests;
}

void node_amounts(const struct scored_resource *resource, const struct node_info *node,
                  bool nonzero, int64_t *allocatable, int64_t *requested)
{
    static const struct resources nothing;
    const struct node_resources *has = node->node->allocatable;
    const struct resources *total = has != NULL ? &has->resources : &nothing;
    switch (resource->kind) {
    case RESOURCE_CPU:
        *allocatable = total->cpu_milli;
        *requested = nonzero ? node->nonzero_cpu_milli : node->requested.cpu_milli;
        return;
    case RESOURCE_MEMORY:
        *allocatable = total->memory_bytes;
        *requested = nonzero ? node->nonzero_memory_bytes : node->requested.memory_bytes;
        return;
    case RESOURCE_EPHEMERAL_STORAGE:
        *allocatable = total->ephemeral_storage_bytes;
        *requested = node->requested.ephemeral_storage_bytes;
        return;
    default:
        *allocatable = resources_get(total, text_s(resource->name));
        *requested = resources_get(&node->requested, text_s(resource->name));
    }
}
