/* Keep the Endpoints of each Service, the older form of its EndpointSlices.
 *
 * Follows pkg/controller/endpoint/endpoints_controller.go and pkg/api/v1/endpoints/util.go
 * (RepackSubsets) of the release named in docs/fidelity.md. Nothing in the simulation reads
 * Endpoints, so they are kept only where Events are kept: for people who look. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "models/controllers/service_pods.h"
#include "sim/base/memory.h"

enum { MOST_ADDRESSES = 1000 };

static const char managed_by[] = "endpoints.kubernetes.io/managed-by";
static const char headless[] = "service.kubernetes.io/headless";
static const char trigger_time[] = "endpoints.kubernetes.io/last-change-trigger-time";
static const char over_capacity[] = "endpoints.kubernetes.io/over-capacity";

/* What one reconcile works on: pods, ports, and who serves which. */
struct sync {
    struct client *client;
    const struct service *service;
    const struct pod **pods; /* owned; by address */
    size_t pod_count, pod_capacity;
    struct value **ports; /* owned; each different port once */
    size_t port_count, port_capacity;
    bool *serves; /* owned; serves[port * pod_count + pod] */
};

/* ---- pods and ports ---- */

static bool belongs(const struct service *service, const struct pod *pod)
{
    return service_selects(service, pod) && pod_has_endpoint(pod) &&
           (service->publish_not_ready_addresses || !pod->meta.deleting);
}

static bool is_ready(const struct sync *sync, const struct pod *pod)
{
    return sync->service->publish_not_ready_addresses || pod_is_ready(pod);
}

static int by_address(const void *a, const void *b)
{
    const uint32_t left = (*(const struct pod *const *)a)->pod_ip;
    const uint32_t right = (*(const struct pod *const *)b)->pod_ip;
    return (left > right) - (left < right);
}

static void take_pods(struct sync *sync)
{
    struct cache_cursor cursor =
        client_list_namespace(sync->client, KIND_POD, sync->service->meta.object.space);
    while (cache_next(&cursor)) {
        const struct pod *pod = pod_of(cursor.object);
        if (!belongs(sync->service, pod))
            continue;
        MEM_GROW(sync->pods, sync->pod_count, sync->pod_capacity);
        sync->pods[sync->pod_count++] = pod;
    }
    if (sync->pod_count > 0)
        qsort(sync->pods, sync->pod_count, sizeof *sync->pods, by_address);
}

static size_t port_index(struct sync *sync, const struct value *port)
{
    size_t i = 0;
    while (i < sync->port_count && !value_equal(sync->ports[i], port))
        i++;
    if (i < sync->port_count)
        return i;
    MEM_GROW(sync->ports, sync->port_count, sync->port_capacity);
    sync->ports[sync->port_count++] = value_hold(port);
    sync->serves =
        mem_resize(sync->serves, sync->port_count * sync->pod_count * sizeof *sync->serves);
    memset(&sync->serves[i * sync->pod_count], 0, sync->pod_count * sizeof *sync->serves);
    return i;
}

/* A headless Service may have no ports: its pods serve "null". */
static void take_ports(struct sync *sync)
{
    for (size_t i = 0; i < sync->pod_count; i++) {
        struct value *list = service_ports(sync->service, sync->pods[i]->spec);
        if (list->count == 0 && sync->service->headless)
            value_add(list, value_new_null());
        for (size_t k = 0; k < list->count; k++) {
            const size_t port = port_index(sync, list->items[k]);
            sync->serves[port * sync->pod_count + i] = true;
        }
        value_drop(list);
    }
}

/* ---- subsets ---- */

static struct value *address_of(const struct sync *sync, const struct pod *pod)
{
    const struct text *hostname = service_hostname(sync->service, pod);
    char text[INET_ADDRSTRLEN > UID_TEXT ? INET_ADDRSTRLEN : UID_TEXT];
    struct value *address = value_new_map(), *target = value_new_map();
    inet_ntop(AF_INET, &(struct in_addr){ htonl(pod->pod_ip) }, text, sizeof text);
    value_set(address, "ip", value_new_string(text));
    if (hostname != NULL)
        value_set(address, "hostname", value_new_string(text_s(hostname)));
    if (pod->node_name != NULL)
        value_set(address, "nodeName", value_new_string(text_s(pod->node_name)));
    value_set(target, "kind", value_new_string("Pod"));
    value_set(target, "namespace", value_new_string(namespace_of(pod)));
    value_set(target, "name", value_new_string(name_of(pod)));
    value_set(target, "uid", value_new_string(uid_print(pod->meta.uid, text)));
    value_set(address, "targetRef", target);
    return address;
}

static void set_addresses(const struct sync *sync, const bool *serves, bool ready, size_t *room,
                          struct value *subset)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i<sync->pod_count && * room> 0; i++) {
        if (!serves[i] || is_ready(sync, sync->pods[i]) != ready)
            continue;
        value_add(list, address_of(sync, sync->pods[i]));
        --*room;
    }
    if (list->count > 0)
        value_set(subset, ready ? "addresses" : "notReadyAddresses", list);
    else
        value_drop(list);
}

/* All ports that exactly these pods serve, from `first` on. */
static struct value *ports_of(const struct sync *sync, size_t first)
{
    const size_t row = sync->pod_count * sizeof *sync->serves;
    struct value *list = value_new_list();
    for (size_t i = first; i < sync->port_count; i++)
        if (memcmp(&sync->serves[i * sync->pod_count], &sync->serves[first * sync->pod_count],
                   row) == 0 &&
            !value_is_null(sync->ports[i]))
            value_add(list, value_hold(sync->ports[i]));
    return list;
}

static bool is_repeated(const struct sync *sync, size_t port)
{
    const size_t row = sync->pod_count * sizeof *sync->serves;
    for (size_t i = 0; i < port; i++)
        if (memcmp(&sync->serves[i * sync->pod_count], &sync->serves[port * sync->pod_count],
                   row) == 0)
            return true;
    return false;
}

/* One subset for each set of pods that serve the same ports; NULL for none. Ready addresses first,
 * up to a thousand. */
static struct value *subsets_of(const struct sync *sync, bool *truncated)
{
    struct value *subsets = value_new_list();
    size_t room = MOST_ADDRESSES;
    for (size_t port = 0; port < sync->port_count; port++) {
        if (is_repeated(sync, port))
            continue;
        struct value *subset = value_new_map();
        const bool *serves = &sync->serves[port * sync->pod_count];
        set_addresses(sync, serves, true, &room, subset);
        set_addresses(sync, serves, false, &room, subset);
        struct value *ports = ports_of(sync, port);
        if (ports->count > 0)
            value_set(subset, "ports", ports);
        else
            value_drop(ports);
        value_add(subsets, subset);
    }
    *truncated = room == 0 && sync->pod_count > MOST_ADDRESSES;
    if (subsets->count > 0)
        return subsets;
    value_drop(subsets);
    return NULL;
}

/* ---- writing ---- */

static void set_label(struct texts *texts, const struct labels **labels, const char *key,
                      const char *value)
{
    const struct labels *old = *labels;
    *labels = labels_with(texts, old, key, value);
    labels_drop(old);
}

static const struct labels *labels_of(struct texts *texts, const struct service *service)
{
    const struct labels *labels = labels_hold(service->meta.labels);
    set_label(texts, &labels, managed_by, "endpoint-controller");
    set_label(texts, &labels, headless, service->headless ? "" : NULL);
    return labels;
}

/* The latest change of readiness among the pods, or the making of the Service. The real controller
 * takes the earliest since its last look (triggertimetracker.go). */
static sim_time triggered_at(const struct sync *sync, bool new)
{
    sim_time at = new ? sync->service->meta.created : -1;
    for (size_t i = 0; i < sync->pod_count; i++) {
        const struct pod *pod = sync->pods[i];
        if ((pod->conditions_present >> POD_READY & 1) && pod->transitions[POD_READY] > at)
            at = pod->transitions[POD_READY];
    }
    return at;
}

static void fill_in(const struct sync *sync, struct meta *meta, struct value *subsets,
                    bool truncated, bool new)
{
    struct texts *texts = sync->client->cluster->codec.texts;
    const sim_time at = triggered_at(sync, new);
    char text[TIME_TEXT];
    if (at >= 0)
        time_print(at, sync->client->cluster->settings.epoch_seconds, text);
    set_label(texts, &meta->annotations, trigger_time, at >= 0 ? text : NULL);
    set_label(texts, &meta->annotations, over_capacity, truncated ? "truncated" : NULL);
    labels_drop(meta->labels);
    meta->labels = labels_of(texts, sync->service);
    value_drop(meta->document);
    meta->document = value_new_map();
    if (subsets != NULL)
        value_set(meta->document, "subsets", subsets);
}

static bool is_current(const struct sync *sync, const struct object *present,
                       const struct value *subsets)
{
    const struct labels *labels = labels_of(sync->client->cluster->codec.texts, sync->service);
    const bool same = labels_equal(meta_of(present)->labels, labels) &&
                      value_equal(value_get(meta_of(present)->document, "subsets"), subsets);
    labels_drop(labels);
    return same;
}

static enum outcome write_endpoints(struct sync *sync, struct object_key key)
{
    const struct object_key own = { KIND_ENDPOINTS, key.space, key.name };
    const struct object *present = client_get(sync->client, KIND_ENDPOINTS, key.space, key.name);
    bool truncated;
    struct value *subsets = subsets_of(sync, &truncated);
    if (present != NULL && is_current(sync, present, subsets)) {
        value_drop(subsets);
        return RECONCILED;
    }
    struct object *object =
        present != NULL ? client_edit(present) : object_new(object_kinds, KIND_ENDPOINTS);
    if (present == NULL) {
        object->space = text_hold(own.space);
        object->name = text_hold(own.name);
    }
    fill_in(sync, (struct meta *)object, subsets, truncated, present == NULL);
    const enum reply reply = present != NULL ? client_update(sync->client, object, NULL)
                                             : client_create(sync->client, object, NULL, NULL);
    return reply == REPLY_OK || reply == REPLY_CREATED || reply == REPLY_FORBIDDEN ? RECONCILED
                                                                                   : RETRY;
}

static void sync_close(struct sync *sync)
{
    for (size_t i = 0; i < sync->port_count; i++)
        value_drop(sync->ports[i]);
    free(sync->ports);
    free((void *)sync->pods);
    free(sync->serves);
}

/* ---- the controller ---- */

static enum outcome endpoints_reconcile(struct client *client, struct object_key key)
{
    const struct object *service = client_get(client, KIND_SERVICE, key.space, key.name);
    const struct object_key own = { KIND_ENDPOINTS, key.space, key.name };
    if (service == NULL) {
        const enum reply reply = client_delete(client, own, delete_options_default(), NULL);
        return reply == REPLY_OK || reply == REPLY_NOT_FOUND ? RECONCILED : RETRY;
    }
    if (!service_has_pods(service_of(service)))
        return RECONCILED;
    struct sync sync = { .client = client, .service = service_of(service) };
    take_pods(&sync);
    take_ports(&sync);
    const enum outcome outcome = write_endpoints(&sync, key);
    sync_close(&sync);
    return outcome;
}

static bool is_kept(const struct controller_run *controller)
{
    return controller_client(controller)->cluster->settings.keep_events;
}

static void wake_service(struct controller_run *controller, const struct watch_event *event)
{
    if (is_kept(controller))
        wake_self(controller, event);
}

static void wake_services(struct controller_run *controller, const struct watch_event *event)
{
    if (is_kept(controller))
        wake_services_of_pod(controller, event);
}

/* Somebody deleted it. */
static void wake_service_of_endpoints(struct controller_run *controller,
                                      const struct watch_event *event)
{
    const struct object_key service = { KIND_SERVICE, event->object->space, event->object->name };
    if (is_kept(controller) && event->type == WATCH_DELETED &&
        client_get(controller_client(controller), KIND_SERVICE, service.space, service.name) !=
            NULL)
        controller_wake(controller, service, event->cause);
}

static int endpoints_workers(const struct settings *settings)
{
    return settings->concurrent_service_endpoint_syncs;
}

const struct controller endpoints_controller = {
    .name = "endpoints-controller",
    .source = "endpoint-controller",
    .reconciles = KIND_SERVICE,
    .wakes_on = { { KIND_SERVICE, wake_service },
                  { KIND_POD, wake_services },
                  { KIND_ENDPOINTS, wake_service_of_endpoints } },
    .reconcile = endpoints_reconcile,
    .workers = endpoints_workers,
};
