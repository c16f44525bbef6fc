/* Keep the EndpointSlices of each Service in step with the pods it selects.
 *
 * Follows pkg/controller/endpointslice and staging/src/k8s.io/endpointslice of the release named in
 * docs/fidelity.md. IPv4 only; no topology hints. A reconcile looks at what its cache shows: pods,
 * nodes, and its own slices; it waits when its own last writes are not among them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "models/controllers/endpointslice_private.h"
#include "models/controllers/service_pods.h"
#include "sim/base/memory.h"

static const char managed_by[] = "endpointslice.kubernetes.io/managed-by";
static const char manager[] = "endpointslice-controller.k8s.io";
static const char service_name[] = "kubernetes.io/service-name";
static const char headless[] = "service.kubernetes.io/headless";
static const char trigger_time[] = "endpoints.kubernetes.io/last-change-trigger-time";

/* A change of a slice that is not our own is looked at after this long. */
static const sim_time slice_change_delay = 1 * SIM_SECOND;

struct slice_state {
    struct slice_tracker tracker;
    struct slice_knowledge knowledge;
};

/* What one reconcile works on. */
struct sync {
    struct client *client;
    const struct service *service;
    struct slice_tracker *tracker;
    struct slice_knowledge *knowledge;
    struct known_service *known; /* what the last look left */
    bool all;                    /* pods are looked at, not only those that have changed */
    struct slice_plan plan;
    const struct endpoint **present; /* owned: what the slices show now, by uid */
    size_t present_count;
    struct value **ports; /* owned: the different lists of ports of the pods */
    size_t port_count;
    const struct labels *labels; /* of the slices; owned */
    sim_time triggered;          /* the earliest change that is not in the slices yet; -1: none */
    bool node_missing;
};

static const struct endpoint_slice *slice_of(const struct object *object)
{
    return (const struct endpoint_slice *)object;
}

static bool is_managed(const struct endpoint_slice *slice)
{
    const char *by = labels_get(slice->meta.labels, managed_by);
    return by != NULL && strcmp(by, manager) == 0;
}

/* ---- what is there ---- */

static bool is_our_slice(const struct sync *sync, const struct endpoint_slice *slice)
{
    return slice->service == sync->service->meta.object.name &&
           slice->meta.object.space == sync->service->meta.object.space && is_managed(slice) &&
           !slice->meta.deleting;
}

static void take_slices(struct sync *sync)
{
    struct cache_cursor cursor = client_list_slices_of(
        sync->client, sync->service->meta.object.space, sync->service->meta.object.name);
    while (cache_next(&cursor)) {
        const struct endpoint_slice *slice = slice_of(cursor.object);
        const struct owner *owner = meta_controller(&slice->meta);
        if (is_our_slice(sync, slice))
            slice_plan_take(&sync->plan, slice,
                            owner != NULL && uid_equal(owner->uid, sync->service->meta.uid));
    }
}

static int by_uid(const void *a, const void *b)
{
    const uint64_t left = (*(const struct endpoint *const *)a)->uid.low;
    const uint64_t right = (*(const struct endpoint *const *)b)->uid.low;
    return (left > right) - (left < right);
}

static void index_present(struct sync *sync)
{
    size_t count = 0;
    for (size_t i = 0; i < sync->plan.count; i++)
        count +=
            sync->plan.slices[i].old->endpoints ? sync->plan.slices[i].old->endpoints->count : 0;
    sync->present = mem_new((count + 1) * sizeof(const struct endpoint *));
    for (size_t i = 0; i < sync->plan.count; i++) {
        const struct endpoints *list = sync->plan.slices[i].old->endpoints;
        for (size_t k = 0; list != NULL && k < list->count; k++)
            sync->present[sync->present_count++] = &list->items[k];
    }
    qsort(sync->present, count, sizeof *sync->present, by_uid);
}

static struct planned_slice *find_slice(const struct sync *sync, uint64_t uid)
{
    for (size_t i = 0; i < sync->plan.count; i++)
        if (sync->plan.slices[i].uid == uid)
            return &sync->plan.slices[i];
    return NULL;
}

static const struct endpoint *find_in_its_slice(const struct sync *sync, const struct pod *pod)
{
    const struct known_pod *known =
        slice_knowledge_pod(sync->knowledge, sync->known, pod->meta.uid.low);
    const struct planned_slice *slice =
        known != NULL && known->slice != 0 ? find_slice(sync, known->slice) : NULL;
    const struct endpoints *list = slice != NULL ? slice->old->endpoints : NULL;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (uid_equal(list->items[i].uid, pod->meta.uid))
            return &list->items[i];
    return NULL;
}

/* How the slices show a pod now; NULL when they do not. */
static const struct endpoint *find_present(const struct sync *sync, const struct pod *pod)
{
    if (!sync->all)
        return find_in_its_slice(sync, pod);
    const struct endpoint key = { .uid = pod->meta.uid }, *at = &key;
    const struct endpoint **found =
        bsearch(&at, sync->present, sync->present_count, sizeof *sync->present, by_uid);
    return found != NULL ? *found : NULL;
}

/* ---- what should be there ---- */

/* The list of ports of a pod's spec, the same one for equal lists; NULL for none. */
static const struct value *ports_of_pod(struct sync *sync, const struct pod *pod)
{
    if (sync->port_count > 0 && !service_has_named_ports(sync->service))
        return sync->ports[0]->count > 0 ? sync->ports[0] : NULL;
    struct value *ports = service_ports(sync->service, pod->spec);
    size_t i = 0;
    while (i < sync->port_count && !value_equal(sync->ports[i], ports))
        i++;
    if (i < sync->port_count) {
        value_drop(ports);
    } else {
        sync->ports = mem_resize(sync->ports, (i + 1) * sizeof *sync->ports);
        sync->ports[sync->port_count++] = ports;
    }
    return sync->ports[i]->count > 0 ? sync->ports[i] : NULL;
}

static struct endpoint endpoint_of(const struct service *service, const struct pod *pod,
                                   const struct node *node)
{
    const bool serving = pod_is_ready(pod), terminating = pod->meta.deleting;
    return (struct endpoint){
        .pod = pod->meta.object.name,
        .node = pod->node_name,
        .zone = node != NULL ? node->zone : NULL,
        .hostname = service_hostname(service, pod),
        .uid = pod->meta.uid,
        .address = pod->pod_ip,
        .ready = service->publish_not_ready_addresses || (serving && !terminating),
        .serving = serving,
        .terminating = terminating,
    };
}

static void want_pod(struct sync *sync, const struct pod *pod)
{
    if (!pod_has_endpoint(pod))
        return;
    const struct object *node = client_get(sync->client, KIND_NODE, NULL, pod->node_name);
    if (node == NULL && !sync->service->publish_not_ready_addresses) {
        sync->node_missing = true; /* the pod garbage collector is about to take it */
        return;
    }
    slice_plan_want(&sync->plan, endpoint_of(sync->service, pod, (const struct node *)node),
                    ports_of_pod(sync, pod));
}

static void note_trigger(struct sync *sync, sim_time at)
{
    if (sync->triggered < 0 || at < sync->triggered)
        sync->triggered = at;
}

/* A pod has changed when its readiness is not what its endpoint shows. The real controller
 * remembers the times instead (triggertimetracker.go). */
static void note_change_of_pod(struct sync *sync, const struct pod *pod)
{
    if (!(pod->conditions_present >> POD_READY & 1))
        return;
    const struct endpoint *present = find_present(sync, pod);
    if (present == NULL ? pod_has_endpoint(pod) : present->serving != pod_is_ready(pod))
        note_trigger(sync, pod->transitions[POD_READY]);
}

static void look_at(struct sync *sync, const struct pod *pod)
{
    note_change_of_pod(sync, pod);
    want_pod(sync, pod);
}

static void look_at_all(struct sync *sync)
{
    slice_knowledge_forget_pods(sync->knowledge, sync->known);
    struct cache_cursor cursor =
        client_list_namespace(sync->client, KIND_POD, sync->service->meta.object.space);
    while (cache_next(&cursor)) {
        if (!service_selects(sync->service, pod_of(cursor.object)))
            continue;
        slice_knowledge_add(sync->knowledge, sync->known, cursor.object);
        look_at(sync, pod_of(cursor.object));
    }
}

/* The pod of that uid, if the Service still selects it. */
static const struct pod *find_pod(const struct sync *sync, const struct known_pod *known)
{
    const struct object *pod =
        client_get(sync->client, KIND_POD, sync->service->meta.object.space, known->name);
    return pod != NULL && meta_of(pod)->uid.low == known->uid &&
                   service_selects(sync->service, pod_of(pod))
               ? pod_of(pod)
               : NULL;
}

static bool has_changed(const void *context, uint64_t uid)
{
    const struct sync *sync = context;
    const struct known_pod *pod = slice_knowledge_pod(sync->knowledge, sync->known, uid);
    return pod == NULL || pod->changed;
}

static void look_at_changed(struct sync *sync)
{
    struct known_service *known = sync->known;
    sync->plan.has_changed = has_changed;
    sync->plan.context = sync;
    for (size_t i = 0; i < sync->plan.count; i++)
        sync->plan.slices[i].same = true;
    slice_knowledge_sort(known);
    for (size_t i = 0; i < known->changed_count; i++) {
        const struct pod *pod = find_pod(sync, known->changed[i]);
        struct planned_slice *slice =
            known->changed[i]->slice != 0 ? find_slice(sync, known->changed[i]->slice) : NULL;
        if (slice != NULL)
            slice->same = false;
        if (pod != NULL)
            look_at(sync, pod);
    }
}

static void want_pods(struct sync *sync)
{
    if (sync->plan.count == 0)
        note_trigger(sync, sync->service->meta.created);
    if (sync->all)
        look_at_all(sync);
    else
        look_at_changed(sync);
}

static const struct labels *add_label(struct texts *texts, const struct labels *labels,
                                      const char *key, const char *value)
{
    const struct labels *more = labels_with(texts, labels, key, value);
    labels_drop(labels);
    return more;
}

/* The Service's own labels, and those by which slices are found. */
static const struct labels *labels_of_slices(struct texts *texts, const struct service *service)
{
    const struct labels *labels = labels_hold(service->meta.labels);
    labels = add_label(texts, labels, headless, service->headless ? "" : NULL);
    labels = add_label(texts, labels, service_name, text_s(service->meta.object.name));
    return add_label(texts, labels, managed_by, manager);
}

/* ---- writing ---- */

static const struct endpoints *endpoints_of(const struct planned_slice *planned)
{
    if (planned->count == 0)
        return NULL;
    struct endpoints *endpoints = endpoints_new(planned->count);
    for (size_t i = 0; i < planned->count; i++) {
        endpoints->items[i] = planned->items[i];
        text_hold(planned->items[i].pod);
        text_hold(planned->items[i].node);
        text_hold(planned->items[i].zone);
        text_hold(planned->items[i].hostname);
    }
    return endpoints;
}

static void fill_in(const struct sync *sync, struct endpoint_slice *slice,
                    const struct planned_slice *planned)
{
    struct texts *texts = sync->client->cluster->codec.texts;
    char at[TIME_TEXT];
    const bool triggered = sync->triggered >= 0;
    if (triggered)
        time_print(sync->triggered, sync->client->cluster->settings.epoch_seconds, at);
    slice->meta.annotations =
        add_label(texts, slice->meta.annotations, trigger_time, triggered ? at : NULL);
    labels_drop(slice->meta.labels);
    slice->meta.labels = labels_hold(sync->labels);
    endpoints_drop(slice->endpoints);
    slice->endpoints = endpoints_of(planned);
    if (planned->ports != NULL &&
        value_equal(planned->ports, value_get(slice->meta.document, "ports")))
        return;
    value_own(&slice->meta.document);
    if (planned->ports != NULL)
        value_set(slice->meta.document, "ports", value_hold(planned->ports));
    else
        value_remove(slice->meta.document, "ports");
}

static bool report(struct sync *sync, enum reply reply, struct error *error, const char *verb)
{
    const bool done = reply == REPLY_OK || reply == REPLY_CREATED;
    if (!done)
        client_event(
            sync->client, &sync->service->meta.object, true, "FailedToUpdateEndpointSlices",
            "Error updating Endpoint Slices for Service %s/%s: failed to %s EndpointSlice "
            "for Service %s/%s: %s",
            namespace_of(sync->service), name_of(sync->service), verb, namespace_of(sync->service),
            name_of(sync->service), error->text != NULL ? error->text : "");
    error_close(error);
    return done;
}

static bool create_slice(struct sync *sync, struct planned_slice *planned)
{
    struct texts *texts = sync->client->cluster->codec.texts;
    const struct meta *service = &sync->service->meta;
    struct endpoint_slice *slice =
        (struct endpoint_slice *)object_new(object_kinds, KIND_ENDPOINTSLICE);
    slice->meta.object.space = text_hold(service->object.space);
    slice->meta.generate_name = text_format(texts, "%s-", text_s(service->object.name));
    slice->meta.owners = owners_of_controller(texts, service, "v1", "Service");
    slice->meta.document = value_new_map();
    value_set(slice->meta.document, "addressType", value_new_string("IPv4"));
    slice->service = text_hold(service->object.name);
    fill_in(sync, slice, planned);
    const struct object *stored;
    struct error error = { 0 };
    const enum reply reply = client_create(sync->client, &slice->meta.object, &stored, &error);
    if (reply == REPLY_CREATED) {
        planned->uid = meta_of(stored)->uid.low;
        slice_tracker_expect(sync->tracker, slice_of(stored), false);
    }
    return report(sync, reply, &error, "create");
}

static bool update_slice(struct sync *sync, const struct planned_slice *planned)
{
    struct endpoint_slice *slice = (struct endpoint_slice *)client_edit(&planned->old->meta.object);
    const struct object_key key = object_key(&planned->old->meta.object);
    const uint64_t before = planned->old->meta.object.version;
    fill_in(sync, slice, planned);
    struct error error = { 0 };
    const enum reply reply = client_update(sync->client, &slice->meta.object, &error);
    const struct object *stored = client_read(sync->client, key);
    if (reply == REPLY_OK && stored != NULL && stored->version != before)
        slice_tracker_expect(sync->tracker, slice_of(stored), false);
    return report(sync, reply, &error, "update");
}

static bool delete_slice(struct sync *sync, const struct planned_slice *planned)
{
    struct error error = { 0 };
    const struct object_key key = object_key(&planned->old->meta.object);
    enum reply reply = client_delete(sync->client, key, delete_options_default(), &error);
    if (reply == REPLY_OK)
        slice_tracker_expect(sync->tracker, planned->old, true);
    else if (reply == REPLY_NOT_FOUND)
        reply = REPLY_OK;
    return report(sync, reply, &error, "delete");
}

/* New slices, then changed ones, then those to go; the first failure ends it. The slices of a
 * Service that is being deleted are the garbage collector's, so none is made. */
static bool write_slices(struct sync *sync)
{
    struct slice_plan *plan = &sync->plan;
    bool well = true;
    for (size_t i = 0; i < plan->count && well; i++)
        if (plan->slices[i].old == NULL && !sync->service->meta.deleting)
            well = create_slice(sync, &plan->slices[i]);
    for (size_t i = 0; i < plan->count && well; i++)
        if (plan->slices[i].old != NULL && plan->slices[i].changed && !plan->slices[i].unwanted)
            well = update_slice(sync, &plan->slices[i]);
    for (size_t i = 0; i < plan->count && well; i++)
        if (plan->slices[i].unwanted)
            well = delete_slice(sync, &plan->slices[i]);
    return well;
}

/* ---- what is known the next time ---- */

static void note_slice(struct sync *sync, const struct planned_slice *slice)
{
    for (size_t i = 0; i < slice->count; i++) {
        struct known_pod *pod =
            slice_knowledge_pod(sync->knowledge, sync->known, slice->items[i].uid.low);
        if (pod != NULL)
            pod->slice = slice->uid;
    }
}

/* Nothing has changed any more; pods that are gone are forgotten. */
static void note_changed(struct sync *sync)
{
    struct known_service *known = sync->known;
    for (size_t i = 0; i < known->changed_count; i++) {
        known->changed[i]->changed = false;
        known->changed[i]->slice = 0;
        if (find_pod(sync, known->changed[i]) == NULL)
            slice_knowledge_remove(sync->knowledge, known->changed[i]);
    }
    known->changed_count = 0;
}

static void note_written(struct sync *sync, bool well)
{
    struct known_service *known = sync->known;
    known->complete = well;
    known->version = sync->service->meta.object.version;
    known->nodes = sync->knowledge->nodes;
    if (!well)
        return; /* the next look is at all pods */
    note_changed(sync);
    for (size_t i = 0; i < sync->plan.count; i++)
        if (!sync->plan.slices[i].same && !sync->plan.slices[i].unwanted)
            note_slice(sync, &sync->plan.slices[i]);
}

/* ---- the controller ---- */

static void sync_close(struct sync *sync)
{
    slice_plan_close(&sync->plan);
    for (size_t i = 0; i < sync->port_count; i++)
        value_drop(sync->ports[i]);
    free(sync->ports);
    free((void *)sync->present);
    labels_drop(sync->labels);
}

static enum outcome endpointslice_reconcile(struct client *client, struct object_key key)
{
    const struct object *object = client_get(client, KIND_SERVICE, key.space, key.name);
    if (object == NULL || !service_has_pods(service_of(object)))
        return RECONCILED; /* deleted, or its endpoints are the user's */
    struct slice_state *state = controller_state(client);
    if (slice_tracker_is_stale(&state->tracker, key.space, key.name))
        return RETRY;
    struct known_service *known = slice_knowledge_of(&state->knowledge, key);
    struct sync sync = {
        .client = client,
        .service = service_of(object),
        .tracker = &state->tracker,
        .knowledge = &state->knowledge,
        .known = known,
        .all = !known->complete || known->version != object->version ||
               known->nodes != state->knowledge.nodes,
        .triggered = -1,
    };
    sync.labels = labels_of_slices(client->cluster->codec.texts, sync.service);
    take_slices(&sync);
    if (sync.all)
        index_present(&sync);
    want_pods(&sync);
    slice_plan_decide(&sync.plan, sync.labels);
    const bool well = write_slices(&sync) && !sync.node_missing;
    note_written(&sync, well);
    sync_close(&sync);
    return well ? RECONCILED : RETRY;
}

/* Somebody else changed or deleted a slice of ours. */
static void wake_service_of_slice(struct controller_run *controller,
                                  const struct watch_event *event)
{
    const struct endpoint_slice *slice = slice_of(event->object);
    const bool deleted = event->type == WATCH_DELETED;
    struct slice_state *state = controller_run_state(controller);
    if (slice_tracker_saw(&state->tracker, slice, deleted) || slice->service == NULL)
        return;
    const struct object_key key = { KIND_SERVICE, slice->meta.object.space, slice->service };
    struct known_service *known = slice_knowledge_find(&state->knowledge, key);
    if (known != NULL)
        known->complete = false;
    if (!is_managed(slice))
        return;
    controller_wake_after(controller, key, slice_change_delay, event->cause);
}

static int endpointslice_workers(const struct settings *settings)
{
    return settings->concurrent_service_endpoint_syncs;
}

static void wake_service(struct controller_run *controller, const struct watch_event *event)
{
    struct slice_state *state = controller_run_state(controller);
    struct known_service *known =
        slice_knowledge_find(&state->knowledge, object_key(event->object));
    if (event->type == WATCH_DELETED && known != NULL)
        slice_knowledge_forget(&state->knowledge, known);
    wake_self(controller, event);
}

static void note_pod(struct controller_run *controller, const struct object *service,
                     const struct watch_event *event)
{
    struct slice_state *state = controller_run_state(controller);
    struct known_service *known = slice_knowledge_find(&state->knowledge, object_key(service));
    if (known != NULL && known->complete)
        slice_knowledge_change(slice_knowledge_add(&state->knowledge, known, event->object));
}

static void wake_services(struct controller_run *controller, const struct watch_event *event)
{
    wake_services_of_pod_and(controller, event, note_pod);
}

/* Whether there is a node, and its zone, are part of endpoints. */
static void note_node(struct controller_run *controller, const struct watch_event *event)
{
    struct slice_state *state = controller_run_state(controller);
    if (event->type != WATCH_MODIFIED ||
        ((const struct node *)event->object)->zone != ((const struct node *)event->before)->zone)
        state->knowledge.nodes++;
}

static void endpointslice_init(void *memory, struct cluster *cluster)
{
    struct slice_state *state = memory;
    (void)cluster;
    slice_knowledge_init(&state->knowledge);
}

static void endpointslice_close(void *memory)
{
    struct slice_state *state = memory;
    slice_tracker_close(&state->tracker);
    slice_knowledge_close(&state->knowledge);
}

const struct controller endpointslice_controller = {
    .name = "endpointslice-controller",
    .source = "endpoint-slice-controller",
    .reconciles = KIND_SERVICE,
    .wakes_on = { { KIND_SERVICE, wake_service },
                  { KIND_POD, wake_services },
                  { KIND_ENDPOINTSLICE, wake_service_of_slice },
                  { KIND_NODE, note_node } },
    .reconcile = endpointslice_reconcile,
    .workers = endpointslice_workers,
    .state_size = sizeof(struct slice_state),
    .init = endpointslice_init,
    .close = endpointslice_close,
};
