/* Availability of each Service, by its EndpointSlices.
 *
 * Ready endpoints over all slices against what the Deployments and ReplicaSets want whose pods the
 * selector picks. An endpoint's loss has the cause of the write that made its pod
 * unready, which the slice's own write may have bundled with others. Services of type
 * ExternalName have no endpoints, those without a selector only their user's. */
#include <stdlib.h>

#include "models/api/service.h"
#include "models/api/workloads.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

struct row {
    struct row *next; /* in order of creation */
    struct object_key key;
    const struct labels *selector;
    bool external, deleted;
    struct availability availability;
};

/* Why a pod is as it is: of its creation, and of its last loss of readiness. */
struct pod_cause {
    struct table_node node; /* by uid */
    uint64_t id;
    uint32_t created_for;
    int listed; /* slices that list it as ready */
    bool gone;  /* deleted; forgotten once no slice lists it */
    struct cause lost;
};

/* What a workload wants of its Services, and by which labels they find its pods. */
struct source {
    struct source *next;
    struct uid uid;
    struct object_key key;
    const struct labels *labels;
    int32_t replicas;
};

struct services {
    struct cluster *cluster;
    struct row *first, **last;
    struct source *sources, **last_source;
    struct table pods;
    struct pool pod_pool;
};

/* ---- what is wanted ---- */

static bool selects(const struct labels *selector, const struct labels *labels)
{
    for (uint32_t i = 0; selector != NULL && i < selector->count; i++) {
        const char *value = labels_get(labels, text_s(selector->items[i].key));
        if (value == NULL || strcmp(value, text_s(selector->items[i].value)) != 0)
            return false;
    }
    return selector != NULL;
}

static int32_t wanted_of(const struct services *all, const struct row *row)
{
    int32_t wanted = 0;
    for (const struct source *source = all->sources; source != NULL; source = source->next)
        if (source->key.space == row->key.space && selects(row->selector, source->labels))
            wanted += source->replicas;
    return row->deleted ? 0 : wanted;
}

static void want_again(struct services *all, const struct watch_event *event)
{
    for (struct row *row = all->first; row != NULL; row = row->next)
        if (row->key.space == event->object->space)
            availability_want(&row->availability, event->at, wanted_of(all, row), event->cause);
}

static struct source *source_find(struct services *all, const struct object *object)
{
    struct source *source = all->sources;
    while (source != NULL && source->uid.low != meta_of(object)->uid.low)
        source = source->next;
    return source;
}

static void source_changed(struct services *all, const struct watch_event *event, int32_t replicas,
                           const struct labels *labels)
{
    struct source *source = source_find(all, event->object);
    if (source == NULL) {
        source = mem_new(sizeof *source);
        source->uid = meta_of(event->object)->uid;
        source->key = object_key_hold(object_key(event->object));
        *all->last_source = source;
        all->last_source = &source->next;
    }
    bool ends = event->type == WATCH_DELETED || meta_of(event->object)->deleting;
    int32_t wanted = ends ? 0 : replicas;
    if (source->replicas == wanted && source->labels == labels)
        return;
    source->replicas = wanted;
    labels_drop(source->labels);
    source->labels = labels_hold(labels);
    want_again(all, event);
}

/* ---- who is ready ---- */

static struct pod_cause *pod_cause_find(const struct services *all, uint64_t id)
{
    return (struct pod_cause *)table_first(&all->pods, id);
}

static void forget_if_gone(struct services *all, struct pod_cause *pod)
{
    if (!pod->gone || pod->listed > 0)
        return;
    table_remove(&all->pods, &pod->node);
    pool_give(&all->pod_pool, pod);
}

static void pod_changed(struct services *all, const struct watch_event *event)
{
    uint64_t id = meta_of(event->object)->uid.low;
    struct pod_cause *pod = pod_cause_find(all, id);
    if (meta_controller(meta_of(event->object)) == NULL)
        return; /* a bare pod is wanted by no source */
    if (pod == NULL) {
        pod = pool_take(&all->pod_pool);
        pod->id = id;
        pod->created_for = event->cause.root;
        table_add(&all->pods, &pod->node, id);
    }
    if (event->before != NULL && pod_serves(pod_of(event->before)) &&
        (event->type == WATCH_DELETED || !pod_serves(pod_of(event->object))))
        pod->lost = event->cause;
    pod->gone = event->type == WATCH_DELETED;
    forget_if_gone(all, pod);
}

static const struct endpoint *endpoint_find(const struct endpoints *endpoints, uint64_t id)
{
    for (uint32_t i = 0; endpoints != NULL && i < endpoints->count; i++)
        if (endpoints->items[i].uid.low == id && endpoints->items[i].ready)
            return &endpoints->items[i];
    return NULL;
}

static struct row *row_named(struct services *all, const struct text *space,
                             const struct text *name)
{
    struct row *row = all->first;
    while (row != NULL && (row->key.space != space || row->key.name != name || row->deleted))
        row = row->next;
    return row;
}

static void endpoint_lost(struct services *all, struct row *row, uint64_t id,
                          const struct watch_event *event)
{
    struct pod_cause *pod = pod_cause_find(all, id);
    availability_lose(&row->availability, event->at, id,
                      pod != NULL && pod->lost.id != 0 ? pod->lost : event->cause);
    if (pod == NULL)
        return;
    pod->listed--;
    forget_if_gone(all, pod);
}

static void endpoint_gained(struct services *all, struct row *row, uint64_t id,
                            const struct watch_event *event)
{
    struct pod_cause *pod = pod_cause_find(all, id);
    availability_gain(&row->availability, event->at, id, pod ? pod->created_for : event->cause.root,
                      NULL);
    if (pod != NULL)
        pod->listed++;
}

static void slice_changed(struct services *all, const struct watch_event *event)
{
    const struct endpoint_slice *slice = (const struct endpoint_slice *)event->object;
    const struct endpoint_slice *old = (const struct endpoint_slice *)event->before;
    const struct endpoints *after = event->type == WATCH_DELETED ? NULL : slice->endpoints;
    const struct endpoints *before = event->type == WATCH_ADDED ? NULL : old->endpoints;
    struct row *row = row_named(all, slice->meta.object.space, slice->service);
    if (row == NULL || after == before)
        return;
    for (uint32_t i = 0; before != NULL && i < before->count; i++)
        if (before->items[i].ready && endpoint_find(after, before->items[i].uid.low) == NULL)
            endpoint_lost(all, row, before->items[i].uid.low, event);
    for (uint32_t i = 0; after != NULL && i < after->count; i++) {
        uint64_t id = after->items[i].uid.low;
        if (after->items[i].ready && endpoint_find(before, id) == NULL)
            endpoint_gained(all, row, id, event);
    }
}

/* ---- Services ---- */

static void service_changed(struct services *all, const struct watch_event *event)
{
    const struct service *service = (const struct service *)event->object;
    struct row *row = row_named(all, service->meta.object.space, service->meta.object.name);
    if (row == NULL) {
        row = mem_new(sizeof *row);
        row->key = object_key_hold(object_key(event->object));
        *all->last = row;
        all->last = &row->next;
    }
    labels_drop(row->selector);
    row->selector = labels_hold(service->selector);
    row->external = service->external_name;
    row->deleted = event->type == WATCH_DELETED;
    availability_want(&row->availability, event->at, wanted_of(all, row), event->cause);
}

static void notice(void *self, const struct watch_event *event)
{
    const struct object *object = event->object;
    switch (object->kind) {
    case KIND_POD:
        pod_changed(self, event);
        break;
    case KIND_ENDPOINTSLICE:
        slice_changed(self, event);
        break;
    case KIND_SERVICE:
        service_changed(self, event);
        break;
    case KIND_DEPLOYMENT:
        source_changed(self, event, ((const struct deployment *)object)->replicas,
                       ((const struct deployment *)object)->template->labels);
        break;
    case KIND_REPLICASET:
        if (meta_controller(meta_of(object)) == NULL)
            source_changed(self, event, ((const struct replicaset *)object)->replicas,
                           ((const struct replicaset *)object)->template->labels);
        break;
    }
}

/* ---- the metric ---- */

static void *start(struct cluster *cluster)
{
    struct services *all = mem_new(sizeof *all);
    all->cluster = cluster;
    all->last = &all->first;
    all->last_source = &all->sources;
    table_init(&all->pods);
    pool_init(&all->pod_pool, sizeof(struct pod_cause));
    cache_watch_kinds(cluster->cache, (struct watcher){ .self = all, .deliver = notice },
                      1u << KIND_POD | 1u << KIND_ENDPOINTSLICE | 1u << KIND_SERVICE |
                          1u << KIND_REPLICASET | 1u << KIND_DEPLOYMENT);
    return all;
}

static const struct source *source_of(const struct services *all, const struct row *row)
{
    const struct source *source = all->sources;
    while (source != NULL && !(source->key.space == row->key.space && source->replicas > 0 &&
                               selects(row->selector, source->labels)))
        source = source->next;
    return source;
}

static char *diagnose(const struct services *all, const struct row *row)
{
    if (row->external)
        return mem_format("ExternalName: no endpoints of its own");
    if (row->selector == NULL)
        return mem_format("no selector: its endpoints are its user's");
    const struct source *source = source_of(all, row);
    if (source == NULL)
        return mem_format("Endpoints: <none> (no simulated workload has pods of this selector)");
    if (row->availability.ready >= row->availability.wanted)
        return NULL;
    return diagnose_workload(all->cluster, source->key);
}

static struct value *row_print(struct services *all, struct row *row)
{
    struct value *map = value_new_map();
    char *reason = row->deleted ? NULL : diagnose(all, row);
    value_set(map, "kind", value_new_string("Service"));
    value_set(map, "namespace", value_new_string(text_s(row->key.space)));
    value_set(map, "name", value_new_string(text_s(row->key.name)));
    value_set(map, "deleted", value_new_bool(row->deleted));
    availability_print(&row->availability, all->cluster->run, map);
    value_set(map, "reason", reason ? value_new_string(reason) : value_new_null());
    free(reason);
    return map;
}

static struct value *summary(void *state, sim_time now)
{
    struct services *all = state;
    struct value *list = value_new_list();
    (void)now;
    for (struct row *row = all->first; row != NULL; row = row->next)
        value_add(list, row_print(all, row));
    return list;
}

static void stop(void *state)
{
    struct services *all = state;
    while (all->first != NULL) {
        struct row *row = all->first;
        all->first = row->next;
        object_key_drop(row->key);
        labels_drop(row->selector);
        availability_close(&row->availability);
        free(row);
    }
    while (all->sources != NULL) {
        struct source *source = all->sources;
        all->sources = source->next;
        object_key_drop(source->key);
        labels_drop(source->labels);
        free(source);
    }
    table_close(&all->pods);
    pool_close(&all->pod_pool);
    free(all);
}

const struct metric services_metric = {
    .name = "services",
    .start = start,
    .summary = summary,
    .stop = stop,
};
