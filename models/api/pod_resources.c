/* What a pod requests as a whole, and its QoS class.
 *
 * Sums are made of exact quantities and rounded up once, at the end. Follows component-helpers
 * resource/helpers.go (PodRequests), pkg/scheduler/framework/types.go (calculateResource) and
 * pkg/apis/core/v1/helper/qos/qos.go of the release named in docs/fidelity.md. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/amounts.h"
#include "models/api/pod_spec_private.h"
#include "sim/base/memory.h"

enum { DEFAULT_CPU_MILLI = 100, DEFAULT_MEMORY_BYTES = 200 << 20 };

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

bool resources_equal(const struct resources *a, const struct resources *b)
{
    if (a->cpu_milli != b->cpu_milli || a->memory_bytes != b->memory_bytes ||
        a->ephemeral_storage_bytes != b->ephemeral_storage_bytes ||
        a->extended_count != b->extended_count)
        return false;
    for (size_t i = 0; i < a->extended_count; i++)
        if (a->extended[i].name != b->extended[i].name ||
            a->extended[i].amount != b->extended[i].amount)
            return false;
    return true;
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
    bool limits; /* sum limits, which have none of the other cases */
    bool by_container;
    const struct value *status; /* of a pod that is there; NULL: only the spec counts */
};

/* A resize that the node can never do does not count: only what is. */
static bool resize_is_infeasible(const struct value *status)
{
    const struct value *conditions = value_get(status, "conditions");
    for (size_t i = 0; conditions != NULL && i < conditions->count; i++)
        if (strcmp(value_text(value_get(conditions->items[i], "type"), ""), "PodResizePending") ==
            0)
            return strcmp(value_text(value_get(conditions->items[i], "reason"), ""),
                          "Infeasible") == 0;
    return false;
}

static void raise_to(struct amounts *amounts, const struct value *list)
{
    struct amounts other = amounts_load(list);
    amounts_raise(amounts, &other);
    amounts_close(&other);
}

/* In the middle of a resize, the most of what is wanted, what the kubelet has allocated, and what
 * is in force. `reported` is a container's status, or that of a whole pod. */
static void raise_to_reported(struct amounts *amounts, const struct value *reported,
                              bool infeasible)
{
    if (value_is_null(value_get(reported, "resources")))
        return;
    if (infeasible)
        amounts->count = 0;
    raise_to(amounts, value_path(reported, "resources", "requests", NULL));
    raise_to(amounts, value_get(reported, "allocatedResources"));
}

static struct amounts container_amounts(const struct value *container, const struct value *reported,
                                        struct filling filling)
{
    if (filling.limits)
        return amounts_load(value_path(container, "resources", "limits", NULL));
    struct amounts amounts = amounts_load(value_path(container, "resources", "requests", NULL));
    raise_to_reported(&amounts, reported, resize_is_infeasible(filling.status));
    if (filling.cpu && amounts_find(&amounts, "cpu") == NULL)
        amounts_set(&amounts, "cpu", quantity_of_milli(DEFAULT_CPU_MILLI));
    if (filling.memory && amounts_find(&amounts, "memory") == NULL)
        amounts_set(&amounts, "memory",
                    quantity_of_units(DEFAULT_MEMORY_BYTES, QUANTITY_BINARY_SI));
    return amounts;
}

/* An init container runs beside the sidecars before it, and before everything else. Only sidecars
 * are resized. */
static void add_init_containers(struct amounts *total, const struct value *containers,
                                struct filling filling)
{
    const struct value *statuses = value_get(filling.status, "initContainerStatuses");
    struct amounts sidecars = { 0 }, peak = { 0 };
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        const struct value *container = containers->items[i];
        const char *policy = value_text(value_get(container, "restartPolicy"), "");
        const bool sidecar = strcmp(policy, "Always") == 0;
        struct amounts own =
            container_amounts(container, sidecar ? value_at(statuses, i) : NULL, filling);
        if (sidecar) {
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

/* Overhead adds to what is limited only. */
static void add_overhead(struct amounts *total, const struct value *spec, bool limits)
{
    struct amounts overhead = amounts_load(value_get(spec, "overhead"));
    for (size_t i = 0; limits && i < overhead.count; i++)
        if (amounts_find(total, overhead.items[i].name) == NULL)
            overhead.items[i--] = overhead.items[--overhead.count];
    amounts_add(total, &overhead);
    amounts_close(&overhead);
}

static struct amounts total_of(const struct value *spec, struct filling filling)
{
    struct amounts total = { 0 };
    const struct value *containers = value_get(spec, "containers");
    const struct value *statuses = value_get(filling.status, "containerStatuses");
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        struct amounts own =
            container_amounts(containers->items[i], value_at(statuses, i), filling);
        amounts_add(&total, &own);
        amounts_close(&own);
    }
    add_init_containers(&total, value_get(spec, "initContainers"), filling);
    struct amounts whole = pod_level(spec, filling.limits ? "limits" : "requests");
    if (whole.count > 0 && !filling.limits)
        raise_to_reported(&whole, filling.status, resize_is_infeasible(filling.status));
    for (size_t i = 0; i < whole.count && !filling.by_container; i++)
        if (is_pod_level(whole.items[i].name))
            amounts_set(&total, whole.items[i].name, whole.items[i].quantity);
    add_overhead(&total, spec, filling.limits);
    amounts_close(&whole);
    return total;
}

static void sum_filled(const struct value *spec, struct filling filling, int64_t *cpu_milli,
                       int64_t *memory_bytes)
{
    struct amounts total = total_of(spec, filling);
    const struct quantity *cpu = amounts_find(&total, "cpu");
    const struct quantity *memory = amounts_find(&total, "memory");
    *cpu_milli = cpu ? quantity_milli(*cpu) : 0;
    *memory_bytes = memory ? quantity_value(*memory) : 0;
    amounts_close(&total);
}

/* Where the pod as a whole requests something, the load of a node counts defaults only for what
 * nobody in the pod requests. The scores of NodeResourcesFit do not know of it: they go by
 * containers, each with the defaults. */
static void sum_requests(const struct value *spec, const struct value *status, struct texts *texts,
                         struct resized *sums)
{
    struct amounts total = total_of(spec, (struct filling){ .status = status });
    struct amounts whole = pod_level(spec, "requests");
    struct filling filling = { .cpu = true, .memory = true, .status = status };
    if (whole.count > 0) {
        filling.cpu = amounts_find(&total, "cpu") == NULL;
        filling.memory = amounts_find(&total, "memory") == NULL;
    }
    sum_filled(spec, filling, &sums->nonzero_cpu_milli, &sums->nonzero_memory_bytes);
    amounts_compact(&total, texts, &sums->requests);
    amounts_close(&whole);
    amounts_close(&total);
}

struct amounts pod_spec_requests(const struct value *spec)
{
    return total_of(spec, (struct filling){ .limits = false });
}

struct amounts pod_spec_limits(const struct value *spec)
{
    return total_of(spec, (struct filling){ .limits = true });
}

bool pod_spec_has_pod_level(const struct value *spec)
{
    struct amounts requests = pod_level(spec, "requests"), limits = pod_level(spec, "limits");
    const bool has = requests.count + limits.count > 0;
    amounts_close(&requests);
    amounts_close(&limits);
    return has;
}

static bool reports_resources(const struct value *status)
{
    static const char *const lists[] = { "containerStatuses", "initContainerStatuses" };
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const struct value *list = value_get(status, lists[k]);
        for (size_t i = 0; list != NULL && i < list->count; i++)
            if (!value_is_null(value_get(list->items[i], "resources")))
                return true;
    }
    return !value_is_null(value_get(status, "resources"));
}

static bool same_requests(const struct pod_spec *spec, const struct resized *resized)
{
    return resources_equal(&spec->requests, &resized->requests) &&
           spec->nonzero_cpu_milli == resized->nonzero_cpu_milli &&
           spec->nonzero_memory_bytes == resized->nonzero_memory_bytes;
}

struct resized *pod_spec_resized(const struct pod_spec *spec, const struct value *status)
{
    if (!reports_resources(status))
        return NULL;
    struct resized *resized = mem_new(sizeof *resized);
    resized->refs = 1;
    sum_requests(spec->document, status, pod_spec_texts(spec), resized);
    if (!same_requests(spec, resized))
        return resized;
    resized_drop(resized);
    return NULL;
}

struct resized *resized_hold(struct resized *resized)
{
    if (resized != NULL)
        resized->refs++;
    return resized;
}

void resized_drop(struct resized *resized)
{
    if (resized == NULL || --resized->refs > 0)
        return;
    resources_close(&resized->requests);
    free(resized);
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
    struct resized sums = { 0 };
    sum_requests(spec->document, NULL, texts, &sums);
    spec->requests = sums.requests;
    spec->nonzero_cpu_milli = sums.nonzero_cpu_milli;
    spec->nonzero_memory_bytes = sums.nonzero_memory_bytes;
    sum_filled(spec->document, (struct filling){ true, true, .by_container = true },
               &spec->scored_cpu_milli, &spec->scored_memory_bytes);
    spec->qos = classify(spec->document);
}
