/* What a pod requests as a whole, and its QoS class.
 *
 * Sums are made of exact quantities and rounded up once, at the end. Follows component-helpers
 * resource/helpers.go (PodRequests), pkg/scheduler/framework/types.go (calculateResource) and
 * pkg/apis/core/v1/helper/qos/qos.go of the release named in docs/fidelity.md. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_spec_private.h"
#include "models/api/quantity.h"
#include "sim/base/memory.h"

enum { DEFAULT_CPU_MILLI = 100, DEFAULT_MEMORY_BYTES = 200 << 20 };

/* ---- lists of exact amounts ---- */

struct amount {
    const char *name; /* borrowed from the document */
    struct quantity quantity;
};

struct amounts {
    struct amount *items;
    size_t count, capacity;
};

static struct quantity *amounts_find(const struct amounts *amounts, const char *name)
{
    for (size_t i = 0; i < amounts->count; i++)
        if (strcmp(amounts->items[i].name, name) == 0)
            return &amounts->items[i].quantity;
    return NULL;
}

static void amounts_set(struct amounts *amounts, const char *name, struct quantity quantity)
{
    struct quantity *present = amounts_find(amounts, name);
    if (present != NULL) {
        *present = quantity;
        return;
    }
    MEM_GROW(amounts->items, amounts->count, amounts->capacity);
    amounts->items[amounts->count++] = (struct amount){ name, quantity };
}

static void amounts_add(struct amounts *to, const struct amounts *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct amount *item = &from->items[i];
        const struct quantity *present = amounts_find(to, item->name);
        amounts_set(to, item->name,
                    present ? quantity_add(*present, item->quantity) : item->quantity);
    }
}

static void amounts_raise(struct amounts *to, const struct amounts *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct amount *item = &from->items[i];
        const struct quantity *present = amounts_find(to, item->name);
        if (present == NULL || quantity_compare(item->quantity, *present) > 0)
            amounts_set(to, item->name, item->quantity);
    }
}

static struct amounts amounts_load(const struct value *list)
{
    struct amounts amounts = { 0 };
    for (size_t i = 0; list != NULL && list->type == VALUE_MAP && i < list->count; i++) {
        struct quantity quantity;
        struct error error = { 0 };
        if (quantity_load(list->entries[i].value, &quantity, &error))
            amounts_set(&amounts, list->entries[i].key, quantity);
        error_close(&error);
    }
    return amounts;
}

static void amounts_close(struct amounts *amounts)
{
    free(amounts->items);
    *amounts = (struct amounts){ 0 };
}

/* ---- compact amounts ---- */

static int compare_names(const void *a, const void *b)
{
    const struct extended_resource *left = a, *right = b;
    return strcmp(text_s(left->name), text_s(right->name));
}

static void amounts_compact(const struct amounts *amounts, struct texts *texts,
                            struct resources *resources)
{
    *resources = (struct resources){ 0 };
    for (size_t i = 0; i < amounts->count; i++) {
        const struct amount *item = &amounts->items[i];
        if (strcmp(item->name, "cpu") == 0) {
            resources->cpu_milli = quantity_milli(item->quantity);
        } else if (strcmp(item->name, "memory") == 0) {
            resources->memory_bytes = quantity_value(item->quantity);
        } else if (strcmp(item->name, "ephemeral-storage") == 0) {
            resources->ephemeral_storage_bytes = quantity_value(item->quantity);
        } else {
            const size_t count = resources->extended_count++;
            resources->extended =
                mem_resize(resources->extended, (count + 1) * sizeof *resources->extended);
            resources->extended[count] =
                (struct extended_resource){ text_intern(texts, item->name),
                                            quantity_value(item->quantity) };
        }
    }
    if (resources->extended_count > 1)
        qsort(resources->extended, resources->extended_count, sizeof *resources->extended,
              compare_names);
}

void resources_load(struct texts *texts, const struct value *list, struct resources *resources)
{
    struct amounts amounts = amounts_load(list);
    amounts_compact(&amounts, texts, resources);
    amounts_close(&amounts);
}

void resources_close(struct resources *resources)
{
    for (size_t i = 0; i < resources->extended_count; i++)
        text_drop(resources->extended[i].name);
    free(resources->extended);
    *resources = (struct resources){ 0 };
}

int64_t resources_get(const struct resources *resources, const char *name)
{
    if (strcmp(name, "cpu") == 0)
        return resources->cpu_milli;
    if (strcmp(name, "memory") == 0)
        return resources->memory_bytes;
    if (strcmp(name, "ephemeral-storage") == 0)
        return resources->ephemeral_storage_bytes;
    for (size_t i = 0; i < resources->extended_count; i++)
        if (strcmp(text_s(resources->extended[i].name), name) == 0)
            return resources->extended[i].amount;
    return 0;
}

/* ---- requests of a pod ---- */

/* What counts for a container that does not say what it requests, and whether what the pod
 * requests as a whole counts instead of its containers. */
struct filling {
    bool cpu, memory;
    bool by_container;
};

static struct amounts container_requests(const struct value *container, struct filling filling)
{
    struct amounts amounts = amounts_load(value_path(container, "resources", "requests", NULL));
    if (filling.cpu && amounts_find(&amounts, "cpu") == NULL)
        amounts_set(&amounts, "cpu", quantity_of_milli(DEFAULT_CPU_MILLI));
    if (filling.memory && amounts_find(&amounts, "memory") == NULL)
        amounts_set(&amounts, "memory",
                    quantity_of_units(DEFAULT_MEMORY_BYTES, QUANTITY_BINARY_SI));
    return amounts;
}

/* An init container runs beside the sidecars before it, and before everything else. */
static void add_init_containers(struct amounts *total, const struct value *containers,
                                struct filling filling)
{
    struct amounts sidecars = { 0 }, peak = { 0 };
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        const struct value *container = containers->items[i];
        struct amounts own = container_requests(container, filling);
        const char *policy = value_text(value_get(container, "restartPolicy"), "");
        if (strcmp(policy, "Always") == 0) {
            amounts_add(total, &own);
            amounts_add(&sidecars, &own);
            amounts_raise(&peak, &sidecars);
        } else {
            amounts_add(&own, &sidecars);
            amounts_raise(&peak, &own);
        }
        amounts_close(&own);
    }
    amounts_raise(total, &peak);
    amounts_close(&sidecars);
    amounts_close(&peak);
}

static bool is_pod_level(const char *name)
{
    return strcmp(name, "cpu") == 0 || strcmp(name, "memory") == 0 ||
           strncmp(name, "hugepages-", strlen("hugepages-")) == 0;
}

/* What is requested for the pod as a whole; empty when nothing is. */
static struct amounts pod_level(const struct value *spec, const char *requests_or_limits)
{
    struct amounts amounts = amounts_load(value_path(spec, "resources", requests_or_limits, NULL));
    size_t kept = 0;
    for (size_t i = 0; i < amounts.count; i++)
        if (is_pod_level(amounts.items[i].name))
            amounts.items[kept++] = amounts.items[i];
    amounts.count = kept;
    return amounts;
}

static struct amounts pod_requests(const struct value *spec, struct filling filling)
{
    struct amounts total = { 0 };
    const struct value *containers = value_get(spec, "containers");
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        struct amounts own = container_requests(containers->items[i], filling);
        amounts_add(&total, &own);
        amounts_close(&own);
    }
    add_init_containers(&total, value_get(spec, "initContainers"), filling);
    struct amounts whole = pod_level(spec, "requests");
    for (size_t i = 0; i < whole.count && !filling.by_container; i++)
        amounts_set(&total, whole.items[i].name, whole.items[i].quantity);
    struct amounts overhead = amounts_load(value_get(spec, "overhead"));
    amounts_add(&total, &overhead);
    amounts_close(&whole);
    amounts_close(&overhead);
    return total;
}

static void sum_filled(const struct value *spec, struct filling filling, int64_t *cpu_milli,
                       int64_t *memory_bytes)
{
    struct amounts total = pod_requests(spec, filling);
    const struct quantity *cpu = amounts_find(&total, "cpu");
    const struct quantity *memory = amounts_find(&total, "memory");
    *cpu_milli = cpu ? quantity_milli(*cpu) : 0;
    *memory_bytes = memory ? quantity_value(*memory) : 0;
    amounts_close(&total);
}

/* Where the pod as a whole requests something, the load of a node counts defaults only for what
 * nobody in the pod requests. The scores of NodeResourcesFit do not know of it: they go by
 * containers, each with the defaults. */
static void sum_requests(struct pod_spec *spec, struct texts *texts)
{
    const struct value *document = spec->document;
    struct amounts total = pod_requests(document, (struct filling){ false, false, false });
    struct amounts whole = pod_level(document, "requests");
    struct filling filling = { .cpu = true, .memory = true };
    sum_filled(document, (struct filling){ true, true, .by_container = true },
               &spec->scored_cpu_milli, &spec->scored_memory_bytes);
    if (whole.count > 0) {
        filling.cpu = amounts_find(&total, "cpu") == NULL;
        filling.memory = amounts_find(&total, "memory") == NULL;
    }
    sum_filled(document, filling, &spec->nonzero_cpu_milli, &spec->nonzero_memory_bytes);
    amounts_compact(&total, texts, &spec->requests);
    amounts_close(&whole);
    amounts_close(&total);
}

/* ---- QoS ---- */

/* Amounts of cpu and memory above zero, which alone make the class. */
static struct amounts qos_amounts(struct amounts from)
{
    size_t kept = 0;
    for (size_t i = 0; i < from.count; i++) {
        const char *name = from.items[i].name;
        const bool counts = strcmp(name, "cpu") == 0 || strcmp(name, "memory") == 0;
        if (counts && from.items[i].quantity.nano > 0)
            from.items[kept++] = from.items[i];
    }
    from.count = kept;
    return from;
}

struct qos_sums {
    struct amounts requests, limits;
    bool all_limited; /* cpu and memory, everywhere */
};

static void qos_add(struct qos_sums *sums, struct amounts requests, struct amounts limits)
{
    requests = qos_amounts(requests);
    limits = qos_amounts(limits);
    sums->all_limited = sums->all_limited && limits.count == 2;
    amounts_add(&sums->requests, &requests);
    amounts_add(&sums->limits, &limits);
    amounts_close(&requests);
    amounts_close(&limits);
}

static void qos_add_containers(struct qos_sums *sums, const struct value *containers)
{
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        const struct value *resources = value_get(containers->items[i], "resources");
        qos_add(sums, amounts_load(value_get(resources, "requests")),
                amounts_load(value_get(resources, "limits")));
    }
}

static enum qos_class qos_of(const struct qos_sums *sums)
{
    if (sums->requests.count == 0 && sums->limits.count == 0)
        return QOS_BEST_EFFORT;
    if (!sums->all_limited || sums->requests.count != sums->limits.count)
        return QOS_BURSTABLE;
    for (size_t i = 0; i < sums->requests.count; i++) {
        const struct amount *request = &sums->requests.items[i];
        const struct quantity *limit = amounts_find(&sums->limits, request->name);
        if (limit == NULL || quantity_compare(*limit, request->quantity) != 0)
            return QOS_BURSTABLE;
    }
    return QOS_GUARANTEED;
}

static enum qos_class classify(const struct value *spec)
{
    struct qos_sums sums = { .all_limited = true };
    struct amounts requests = pod_level(spec, "requests"), limits = pod_level(spec, "limits");
    if (requests.count + limits.count > 0) {
        qos_add(&sums, requests, limits);
    } else {
        amounts_close(&requests);
        amounts_close(&limits);
        qos_add_containers(&sums, value_get(spec, "containers"));
        qos_add_containers(&sums, value_get(spec, "initContainers"));
    }
    const enum qos_class class = qos_of(&sums);
    amounts_close(&sums.requests);
    amounts_close(&sums.limits);
    return class;
}

void pod_spec_sum_resources(struct pod_spec *spec, struct texts *texts)
{
    sum_requests(spec, texts);
    spec->qos = classify(spec->document);
}
