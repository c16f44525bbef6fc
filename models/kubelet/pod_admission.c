/* Whether a node takes a pod that was bound to it.
 *
 * Follows pkg/kubelet/lifecycle/predicate.go of the release named in docs/fidelity.md: node
 * affinity and resources. Host ports and taints are left to the scheduler. */
#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"

static int64_t amount_of(const struct resources *resources, enum resource resource)
{
    switch (resource) {
    case CPU:
        return resources->cpu_milli;
    case MEMORY:
        return resources->memory_bytes;
    default:
        return resources->ephemeral_storage_bytes;
    }
}

/* Room taken by the pods that were admitted and have not ended. */
void pod_worker_charge(struct pod_worker *worker, bool taken)
{
    struct room *room = &worker->node->room;
    const struct resources *requests = &worker->pod->spec->requests;
    const int64_t sign = taken ? 1 : -1;
    if (worker->charged == taken)
        return;
    worker->charged = taken;
    room->pods += sign;
    for (enum resource resource = CPU; resource < RESOURCES; resource++)
        room->used[resource] += sign * amount_of(requests, resource);
}

static bool refuse(const char **reason, char **message, const char *constant, char *text)
{
    *reason = constant;
    *message = text;
    return false;
}

static char *shortage(const char *resource, int64_t requested, int64_t used, int64_t capacity)
{
    return mem_format("Node didn't have enough resource: %s, requested: %lld, used: %lld, "
                      "capacity: %lld",
                      resource, (long long)requested, (long long)used, (long long)capacity);
}

static bool resource_fits(const struct kubelet_node *node, const struct pod *pod,
                          enum resource resource, int64_t capacity, const char **reason,
                          char **message)
{
    static const char *const names[] = { "cpu", "memory", "ephemeral-storage" };
    static const char *const reasons[] = { "OutOfcpu", "OutOfmemory", "OutOfephemeral-storage" };
    const int64_t requested = amount_of(&pod->spec->requests, resource);
    const int64_t used = node->room.used[resource];
    return requested == 0 || requested <= capacity - used ||
           refuse(reason, message, reasons[resource],
                  shortage(names[resource], requested, used, capacity));
}

static bool pods_fit(const struct kubelet_node *node, int64_t capacity, const char **reason,
                     char **message)
{
    return node->room.pods < capacity ||
           refuse(reason, message, "OutOfpods", shortage("pods", 1, node->room.pods, capacity));
}

static bool affinity_fits(const struct node *node, const struct pod *pod, const char **reason,
                          char **message)
{
    return node_is_selected(node, pod->spec) ||
           refuse(reason, message, "NodeAffinity",
                  mem_format("Predicate NodeAffinity failed: node(s) didn't match Pod's "
                             "node affinity/selector"));
}

/* The eviction manager's own look at a pod: without memory the node takes nobody who asked for none. */
static bool pressure_allows(const struct kubelet_node *node, const struct pod *pod,
                            const char **reason, char **message)
{
    static const struct taint memory_pressure = { .effect = NO_SCHEDULE };
    struct texts *texts = node->kubelet->cluster->run->texts;
    if (!node->memory.pressure || pod->spec->priority >= CRITICAL_PRIORITY ||
        pod->spec->qos != QOS_BEST_EFFORT)
        return true;
    struct taint taint = memory_pressure;
    taint.key = text_intern(texts, "node.kubernetes.io/memory-pressure");
    const bool tolerated = taint_is_tolerated(&taint, pod->spec);
    text_drop(taint.key);
    return tolerated || refuse(reason, message, "Evicted",
                               mem_format("The node had condition: [MemoryPressure]. "));
}

bool pod_fits(const struct kubelet_node *node, const struct pod *pod, const char **reason,
              char **message)
{
    const struct object *object = client_get(&node->client, KIND_NODE, NULL, node->name);
    if (object == NULL)
        return true;
    if (!pressure_allows(node, pod, reason, message))
        return false;
    const struct node_resources *capacity = node_of(object)->allocatable;
    if (capacity != NULL && !pods_fit(node, capacity->pods, reason, message))
        return false;
    for (enum resource resource = CPU; capacity != NULL && resource < RESOURCES; resource++)
        if (!resource_fits(node, pod, resource, amount_of(&capacity->resources, resource), reason,
                           message))
            return false;
    return affinity_fits(node_of(object), pod, reason, message);
}
