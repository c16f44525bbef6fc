/* Availability of each Service, by its EndpointSlices.
 *
 * Ready endpoints over all slices against what the workloads want whose pods the selector picks:
 * Deployments, ReplicaSets without one, DaemonSets, bare pods that are meant to run for ever. An
 * endpoint's loss has the cause of the write that made its pod unready, which the slice's own
 * write may have bundled with others. Services of type ExternalName have no endpoints, of those
 * without a selector nothing is wanted: their endpoints are their user's. */
#include <stdlib.h>
#include <string.h>

#include "models/api/daemonset.h"
#include "models/api/service.h"
#include "models/api/statefulset.h"
#include "models/api/workloads.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/base/table.h"

struct row {
    struct row *next; /* in order of creation */
    struct object_key key;
    const struct labels *selector;
    bool external, deleted;
    struct availability availability;
    struct recovery recovery;
};

/* Why a pod is as it is: of its creation, and of its loss of readiness while that lasts. */
struct pod_cause {
    struct table_node node; /* by uid */
    uint64_t id;
    uint32_t created_for;
    int listed; /* slices that list it as ready */
    bool gone;  /* deleted; forgotten once no slice lists it */
    sim_time scheduled;
    struct cause lost;
};

/* Which Service a slice was counted for when it was seen first: a later one of the same name does
 * not inherit its endpoints. */
struct listing {
    struct table_node node; /* by the slice's uid */
    uint64_t id;
    struct row *row;
};

/* What a workload wants of its Services, and by which labels they find its pods. */
struct source {
    struct table_node node; /* by uid */
    struct source *next;    /* in order of creation */
    struct object_key key;
    const struct labels *labels;
    int32_t replicas;
};

struct services {
    struct cluster *cluster;
    struct row *first, **last;
    struct source *sources, **last_source;
    struct table sources_by_uid, pods, listings;
    struct pool pod_pool, listing_pool;
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
    return row->deleted || row->external ? 0 : wanted;
}

/* A source has other replicas or labels: Services that select neither hear nothing of it. */
static void want_again(struct services *all, const struct watch_event *event,
                       const struct labels *was, const struct labels *is)
{
    for (struct row *row = all->first; row != NULL; row = row->next)
        if (row->key.space == event->object->space &&
            (selects(row->selector, was) || selects(row->selector, is)))
            availability_want(&row->availability, event->at, wanted_of(all, row), event->cause);
}

static struct source *source_get(struct services *all, const struct object *object)
{
    const uint64_t id = meta_of(object)->uid.low;
    struct source *source = (struct source *)table_first(&all->sources_by_uid, id);
    if (source != NULL)
        return source;
    source = mem_new(sizeof *source);
    source->key = object_key_hold(object_key(object));
    table_add(&all->sources_by_uid, &source->node, id);
    *all->last_source = source;
    all->last_source = &source->next;
    return source;
}

static void source_wants(struct services *all, const struct watch_event *event, int32_t wanted,
                         const struct labels *labels)
{
    struct source *source = source_get(all, event->object);
    if (source->replicas == wanted && source->labels == labels)
        return;
    const struct labels *was = source->labels;
    source->replicas = wanted;
    source->labels = labels_hold(labels);
    want_again(all, event, was, labels);
    labels_drop(was);
}

static void source_changed(struct services *all, const struct watch_event *event, int32_t replicas,
                           const struct labels *labels)
{
    const bool ends = event->type == WATCH_DELETED || meta_of(event->object)->deleting;
    source_wants(all, event, ends ? 0 : replicas, labels);
}

/* One without a Deployment; one that was adopted wants nothing of its own any more. */
static void replicaset_changed(struct services *all, const struct watch_event *event)
{
    const struct replicaset *set = (const struct replicaset *)event->object;
    const uint64_t id = set->meta.uid.low;
    if (meta_controller(&set->meta) == NULL)
        source_changed(all, event, set->replicas, set->template->labels);
    else if (table_first(&all->sources_by_uid, id) != NULL)
        source_wants(all, event, 0, set->template->labels);
}

/* A bare pod is wanted until its user deletes it: one that a failure takes is missing for ever. */
static void bare_pod_changed(struct services *all, const struct watch_event *event)
{
    const struct meta *meta = meta_of(event->object);
    const bool known = table_first(&all->sources_by_uid, meta->uid.low) != NULL;
    const bool bare = meta_controller(meta) == NULL;
    const bool taken =
        event->type == WATCH_DELETED && root_is_failure(all->cluster->run, event->cause.root);
    if (known ? !taken : bare && event->type == WATCH_ADDED)
        source_wants(all, event, bare && event->type != WATCH_DELETED, meta->labels);
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

static struct pod_cause *pod_cause_new(struct services *all, const struct watch_event *event)
{
    struct pod_cause *pod = pool_take(&all->pod_pool);
    pod->id = meta_of(event->object)->uid.low;
    pod->created_for = event->cause.root;
    table_add(&all->pods, &pod->node, pod->id);
    return pod;
}

/* Pods that end by themselves serve nobody. */
static bool is_of_interest(const struct pod *pod)
{
    return meta_controller(&pod->meta) != NULL || pod->spec->restart_policy == RESTART_ALWAYS;
}

static void pod_changed(struct services *all, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    if (!is_of_interest(pod))
        return;
    if (pod->spec->restart_policy == RESTART_ALWAYS)
        bare_pod_changed(all, event);
    struct pod_cause *cause = pod_cause_find(all, pod->meta.uid.low);
    if (cause == NULL)
        cause = pod_cause_new(all, event);
    const bool did = event->before != NULL && pod_serves(pod_of(event->before));
    const bool does = event->type != WATCH_DELETED && pod_serves(pod);
    if (did && !does)
        cause->lost = event->cause;
    else if (does)
        cause->lost = (struct cause){ 0 };
    cause->scheduled = pod->transitions[POD_SCHEDULED];
    cause->gone = event->type == WATCH_DELETED;
    forget_if_gone(all, cause);
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
    const uint32_t created_for = pod ? pod->created_for : event->cause.root;
    struct vacancy filled;
    if (availability_gain(&row->availability, event->at, id, created_for, &filled))
        recovery_note(&row->recovery, all->cluster->run, &row->availability, &filled, id,
                      pod ? pod->scheduled : -1, event->at);
    if (pod != NULL)
        pod->listed++;
}

/* The Service of a slice; NULL when it has none yet. */
static struct listing *listing_of(struct services *all, const struct endpoint_slice *slice)
{
    const uint64_t id = slice->meta.uid.low;
    struct listing *listing = (struct listing *)table_first(&all->listings, id);
    struct row *row =
        listing == NULL ? row_named(all, slice->meta.object.space, slice->service) : NULL;
    if (row == NULL)
        return listing;
    listing = pool_take(&all->listing_pool);
    listing->id = id;
    listing->row = row;
    table_add(&all->listings, &listing->node, id);
    return listing;
}

/* What the slice lists now against what it was counted for before. */
static void compare_endpoints(struct services *all, struct row *row, const struct endpoints *before,
                              const struct endpoints *after, const struct watch_event *event)
{
    for (uint32_t i = 0; before != NULL && i < before->count; i++)
        if (before->items[i].ready && endpoint_find(after, before->items[i].uid.low) == NULL)
            endpoint_lost(all, row, before->items[i].uid.low, event);
    for (uint32_t i = 0; after != NULL && i < after->count; i++) {
        const uint64_t id = after->items[i].uid.low;
        if (after->items[i].ready && endpoint_find(before, id) == NULL)
            endpoint_gained(all, row, id, event);
    }
}

static void slice_changed(struct services *all, const struct watch_event *event)
{
    const struct endpoint_slice *slice = (const struct endpoint_slice *)event->object;
    const struct endpoint_slice *old = (const struct endpoint_slice *)event->before;
    const bool counted = table_first(&all->listings, slice->meta.uid.low) != NULL;
    const bool gone = event->type == WATCH_DELETED;
    struct listing *listing = listing_of(all, slice);
    if (listing == NULL)
        return;
    compare_endpoints(all, listing->row, counted ? old->endpoints : NULL,
                      gone ? NULL : slice->endpoints, event);
    if (!gone)
        return;
    table_remove(&all->listings, &listing->node);
    pool_give(&all->listing_pool, listing);
}

/* ---- Services ---- */

static void service_changed(struct services *all, const struct watch_event *event)
{
    const struct service *service = (const struct service *)event->object;
    struct row *row = row_named(all, service->meta.object.space, service->meta.object.name);
    if (row == NULL) {
        row = mem_new(sizeof *row);
        row->key = object_key_hold(object_key(event->object));
        recovery_init(&row->recovery);
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
        replicaset_changed(self, event);
        break;
    case KIND_DAEMONSET:
        source_changed(self, event, ((const struct daemonset *)object)->desired,
                       ((const struct daemonset *)object)->template->labels);
        break;
    case KIND_STATEFULSET:
        source_changed(self, event, statefulset_of(object)->replicas,
                       statefulset_of(object)->template->labels);
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
    table_init(&all->sources_by_uid);
    table_init(&all->pods);
    table_init(&all->listings);
    pool_init(&all->pod_pool, sizeof(struct pod_cause));
    pool_init(&all->listing_pool, sizeof(struct listing));
    store_watch_kinds(cluster->store, (struct watcher){ .self = all, .deliver = notice },
                      UINT64_C(1) << KIND_POD | UINT64_C(1) << KIND_ENDPOINTSLICE |
                          UINT64_C(1) << KIND_SERVICE | UINT64_C(1) << KIND_REPLICASET |
                          UINT64_C(1) << KIND_DEPLOYMENT | UINT64_C(1) << KIND_DAEMONSET |
                          UINT64_C(1) << KIND_STATEFULSET);
    return all;
}

static bool feeds(const struct source *source, const struct row *row)
{
    return source->key.space == row->key.space && source->replicas > 0 &&
           selects(row->selector, source->labels);
}

/* What the first of its workloads has to say that says anything. */
static char *diagnose_sources(const struct services *all, const struct row *row)
{
    const struct source *source = all->sources;
    for (; source != NULL; source = source->next) {
        char *text = feeds(source, row) ? diagnose_workload(all->cluster, source->key) : NULL;
        if (text != NULL)
            return text;
    }
    return mem_text(nothing_said, strlen(nothing_said));
}

/* Is it still there, with pods that the Service would have? */
static bool could_feed(const struct services *all, const struct source *source,
                       const struct row *row)
{
    return source->key.space == row->key.space && selects(row->selector, source->labels) &&
           client_get(&all->cluster->admin, (enum kind)source->key.kind, source->key.space,
                      source->key.name) != NULL;
}

static char *diagnose_unwanted(const struct services *all, const struct row *row)
{
    const struct source *source = all->sources;
    while (source != NULL && !could_feed(all, source, row))
        source = source->next;
    if (source == NULL)
        return diagnose_selector(all->cluster, row->key.space, row->selector);
    return mem_format("Endpoints: <none> (%s %s wants no pods)", kind_infos[source->key.kind].name,
                      text_s(source->key.name));
}

static char *diagnose(const struct services *all, const struct row *row)
{
    if (row->external)
        return mem_format("ExternalName: no endpoints of its own");
    if (row->availability.ready > 0 && row->availability.ready >= row->availability.wanted)
        return NULL;
    if (row->selector == NULL)
        return mem_format("Endpoints: <none> (it has no selector)");
    if (row->availability.wanted == 0)
        return diagnose_unwanted(all, row);
    return diagnose_sources(all, row);
}

static struct value *row_print(struct services *all, struct row *row)
{
    struct value *map = row_head_print(all->cluster->run, row->key, row->deleted,
                                       &row->availability, &row->recovery);
    char *reason = row->deleted ? NULL : diagnose(all, row);
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

static void restart(void *state, sim_time now)
{
    struct services *all = state;
    for (struct row *row = all->first; row != NULL; row = row->next) {
        availability_restart(&row->availability, now);
        recovery_close(&row->recovery);
        recovery_init(&row->recovery);
    }
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
        recovery_close(&row->recovery);
        free(row);
    }
    while (all->sources != NULL) {
        struct source *source = all->sources;
        all->sources = source->next;
        object_key_drop(source->key);
        labels_drop(source->labels);
        free(source);
    }
    table_close(&all->sources_by_uid);
    table_close(&all->pods);
    table_close(&all->listings);
    pool_close(&all->pod_pool);
    pool_close(&all->listing_pool);
    free(all);
}

struct availability *services_availability(void *state, const char *space, const char *name,
                                           struct nearest *near)
{
    struct services *all = state;
    struct availability *found = NULL;
    for (struct row *row = all->first; row != NULL; row = row->next) {
        if (space != NULL && strcmp(text_s(row->key.space), space) != 0)
            continue;
        if (strcmp(text_s(row->key.name), name) == 0)
            found = &row->availability;
        else if (near != NULL)
            nearest_offer(near, text_s(row->key.name));
    }
    return found;
}

static void sample(void *state, sim_time now, const struct sampler *to)
{
    struct services *all = state;
    (void)now;
    for (struct row *row = all->first; row != NULL; row = row->next)
        if (!row->deleted)
            availability_sample(&row->availability, all->cluster->run, row->key, to);
}

const struct metric services_metric = {
    .name = "services",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
    .sample = sample,
};
