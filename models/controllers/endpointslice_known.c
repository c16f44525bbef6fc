/* The pods of each Service as the controller last saw them, and which have changed since.
 *
 * The real controller walks all pods of a Service at each look at it. What comes of that differs from
 * the slices only by the pods that have changed, and here it is found by these. */
#include <stdlib.h>

#include "models/controllers/endpointslice_private.h"
#include "sim/base/memory.h"

void slice_knowledge_init(struct slice_knowledge *knowledge)
{
    *knowledge = (struct slice_knowledge){ .last = &knowledge->first };
    table_init(&knowledge->services);
    table_init(&knowledge->pods);
    pool_init(&knowledge->pod_pool, sizeof(struct known_pod));
}

static struct known_service *find(const struct slice_knowledge *knowledge, struct object_key key)
{
    struct table_node *node = table_first(&knowledge->services, object_key_hash(key));
    while (node != NULL && !object_key_equal(((struct known_service *)node)->key, key))
        node = table_again(node);
    return (struct known_service *)node;
}

struct known_service *slice_knowledge_find(const struct slice_knowledge *knowledge,
                                           struct object_key service)
{
    return find(knowledge, service);
}

struct known_service *slice_knowledge_of(struct slice_knowledge *knowledge,
                                         struct object_key service)
{
    struct known_service *known = find(knowledge, service);
    if (known != NULL)
        return known;
    known = mem_new(sizeof *known);
    known->key = object_key_hold(service);
    known->id = ++knowledge->services_seen;
    known->link = knowledge->last;
    *knowledge->last = known;
    knowledge->last = &known->next;
    table_add(&knowledge->services, &known->by_key, object_key_hash(service));
    return known;
}

static uint64_t pod_hash(const struct known_service *service, uint64_t uid)
{
    return uid ^ service->id * 0x9E3779B97F4A7C15u;
}

struct known_pod *slice_knowledge_pod(const struct slice_knowledge *knowledge,
                                      const struct known_service *service, uint64_t uid)
{
    struct table_node *node = table_first(&knowledge->pods, pod_hash(service, uid));
    for (; node != NULL; node = table_again(node)) {
        struct known_pod *pod = (struct known_pod *)node;
        if (pod->service == service && pod->uid == uid)
            return pod;
    }
    return NULL;
}

struct known_pod *slice_knowledge_add(struct slice_knowledge *knowledge,
                                      struct known_service *service, const struct object *pod)
{
    const uint64_t uid = meta_of(pod)->uid.low;
    struct known_pod *known = slice_knowledge_pod(knowledge, service, uid);
    if (known != NULL)
        return known;
    known = pool_take(&knowledge->pod_pool);
    known->service = service;
    known->uid = uid;
    known->name = text_hold(pod->name);
    known->number = ++knowledge->pods_seen;
    known->next = service->pods;
    known->link = &service->pods;
    if (known->next != NULL)
        known->next->link = &known->next;
    service->pods = known;
    table_add(&knowledge->pods, &known->by_uid, pod_hash(service, uid));
    return known;
}

void slice_knowledge_change(struct known_pod *pod)
{
    struct known_service *service = pod->service;
    if (pod->changed)
        return;
    pod->changed = true;
    MEM_GROW(service->changed, service->changed_count, service->changed_capacity);
    service->changed[service->changed_count++] = pod;
}

void slice_knowledge_remove(struct slice_knowledge *knowledge, struct known_pod *pod)
{
    *pod->link = pod->next;
    if (pod->next != NULL)
        pod->next->link = pod->link;
    table_remove(&knowledge->pods, &pod->by_uid);
    text_drop(pod->name);
    pool_give(&knowledge->pod_pool, pod);
}

void slice_knowledge_forget_pods(struct slice_knowledge *knowledge, struct known_service *service)
{
    while (service->pods != NULL)
        slice_knowledge_remove(knowledge, service->pods);
    service->changed_count = 0;
    service->complete = false;
}

void slice_knowledge_forget(struct slice_knowledge *knowledge, struct known_service *service)
{
    slice_knowledge_forget_pods(knowledge, service);
    *service->link = service->next;
    *(service->next != NULL ? &service->next->link : &knowledge->last) = service->link;
    table_remove(&knowledge->services, &service->by_key);
    object_key_drop(service->key);
    free(service->changed);
    free(service);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t left = (*(struct known_pod *const *)a)->number;
    const uint64_t right = (*(struct known_pod *const *)b)->number;
    return (left > right) - (left < right);
}

void slice_knowledge_sort(struct known_service *service)
{
    if (service->changed_count > 1)
        qsort(service->changed, service->changed_count, sizeof *service->changed, by_number);
}

void slice_knowledge_close(struct slice_knowledge *knowledge)
{
    while (knowledge->first != NULL)
        slice_knowledge_forget(knowledge, knowledge->first);
    table_close(&knowledge->services);
    table_close(&knowledge->pods);
    pool_close(&knowledge->pod_pool);
}
