/* The records of Services and EndpointSlices. */
#include "models/api/service.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "sim/base/memory.h"

/* ---- Services ---- */

static void service_hold(struct object *copy)
{
    struct service *service = (struct service *)copy;
    meta_hold(&service->meta);
    labels_hold(service->selector);
}

static void service_close(struct object *object)
{
    struct service *service = (struct service *)object;
    meta_close(&service->meta);
    labels_drop(service->selector);
}

const struct object_kind service_kind = {
    .name = "service",
    .size = sizeof(struct service),
    .hold = service_hold,
    .close = service_close,
};

/* The document stays whole: what the record has of it never changes without it. */
struct object *service_load(const struct codec *codec, const struct value *tree)
{
    struct service *service = (struct service *)record_new(codec, KIND_SERVICE, tree);
    const struct value *spec = value_get(tree, "spec");
    service->selector = labels_from_value(codec->texts, value_get(spec, "selector"));
    service->publish_not_ready_addresses =
        value_truth(value_get(spec, "publishNotReadyAddresses"), false);
    service->headless = strcmp(value_text(value_get(spec, "clusterIP"), ""), "None") == 0;
    service->external_name = strcmp(value_text(value_get(spec, "type"), ""), "ExternalName") == 0;
    return &service->meta.object;
}

struct value *service_print(const struct codec *codec, const struct object *object)
{
    return document_print(codec, object);
}

/* ---- EndpointSlices ---- */

static struct endpoints *endpoints_hold(const struct endpoints *endpoints)
{
    if (endpoints != NULL)
        ((struct endpoints *)endpoints)->refs++;
    return (struct endpoints *)endpoints;
}

void endpoints_drop(const struct endpoints *shared)
{
    struct endpoints *endpoints = (struct endpoints *)shared;
    if (endpoints == NULL || --endpoints->refs > 0)
        return;
    for (size_t i = 0; i < endpoints->count; i++) {
        text_drop(endpoints->items[i].pod);
        text_drop(endpoints->items[i].node);
        text_drop(endpoints->items[i].zone);
        text_drop(endpoints->items[i].hostname);
    }
    free(endpoints);
}

struct endpoints *endpoints_new(size_t count)
{
    struct endpoints *endpoints = mem_new(sizeof *endpoints + count * sizeof endpoints->items[0]);
    endpoints->refs = 1;
    endpoints->count = (uint32_t)count;
    return endpoints;
}

static bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
    return a->pod == b->pod && a->node == b->node && a->zone == b->zone &&
           a->hostname == b->hostname && uid_equal(a->uid, b->uid) && a->address == b->address &&
           a->ready == b->ready && a->serving == b->serving && a->terminating == b->terminating;
}

bool endpoints_equal(const struct endpoints *a, const struct endpoints *b)
{
    const size_t count = a ? a->count : 0;
    if (a == b || (b ? b->count : 0) != count)
        return a == b;
    for (size_t i = 0; i < count; i++)
        if (!endpoint_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

static void endpoint_slice_hold(struct object *copy)
{
    struct endpoint_slice *slice = (struct endpoint_slice *)copy;
    meta_hold(&slice->meta);
    text_hold(slice->service);
    endpoints_hold(slice->endpoints);
}

static void endpoint_slice_close(struct object *object)
{
    struct endpoint_slice *slice = (struct endpoint_slice *)object;
    meta_close(&slice->meta);
    text_drop(slice->service);
    endpoints_drop(slice->endpoints);
}

const struct object_kind endpoint_slice_kind = {
    .name = "endpointslice",
    .size = sizeof(struct endpoint_slice),
    .hold = endpoint_slice_hold,
    .close = endpoint_slice_close,
};

bool endpoint_slice_changed(const struct object *before, const struct object *after)
{
    const struct endpoint_slice *old = (const struct endpoint_slice *)before;
    const struct endpoint_slice *new = (const struct endpoint_slice *)after;
    return !endpoints_equal(old->endpoints, new->endpoints) ||
           !labels_equal(old->meta.labels, new->meta.labels) ||
           !value_equal(old->meta.document, new->meta.document);
}

/* Only endpoints that a controller made of pods are held; those that a user wrote (of another
 * address family, without a pod, with hints) stay in the document. */
static bool load_endpoint(const struct codec *codec, const struct value *from,
                          struct endpoint *endpoint)
{
    static const char *const held[] = { "addresses", "conditions", "targetRef",
                                        "nodeName",  "zone",       "hostname" };
    const struct value *addresses = value_get(from, "addresses");
    const struct value *target = value_get(from, "targetRef");
    const struct value *conditions = value_get(from, "conditions");
    size_t known = 0;
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        known += value_get(from, held[i]) != NULL;
    struct in_addr address = { 0 };
    if (addresses == NULL || addresses->count != 1 || known != from->count ||
        strcmp(value_text(value_get(target, "kind"), ""), "Pod") != 0 ||
        inet_pton(AF_INET, value_text(value_at(addresses, 0), ""), &address) != 1)
        return false;
    *endpoint = (struct endpoint){
        .pod = intern_value(codec, value_get(target, "name")),
        .node = intern_value(codec, value_get(from, "nodeName")),
        .zone = intern_value(codec, value_get(from, "zone")),
        .hostname = intern_value(codec, value_get(from, "hostname")),
        .address = ntohl(address.s_addr),
        .ready = value_truth(value_get(conditions, "ready"), true),
        .serving = value_truth(value_get(conditions, "serving"), true),
        .terminating = value_truth(value_get(conditions, "terminating"), false),
    };
    uid_parse(value_text(value_get(target, "uid"), ""), &endpoint->uid);
    return true;
}

static void load_endpoints(const struct codec *codec, struct endpoint_slice *slice,
                           const struct value *list)
{
    if (list == NULL || list->type != VALUE_LIST || list->count == 0)
        return;
    struct endpoints *endpoints = endpoints_new(list->count);
    for (size_t i = 0; i < list->count; i++) {
        endpoints->count = (uint32_t)i;
        if (!load_endpoint(codec, list->items[i], &endpoints->items[i])) {
            endpoints_drop(endpoints);
            return;
        }
    }
    endpoints->count = (uint32_t)list->count;
    slice->endpoints = endpoints;
    document_cut(&slice->meta.document, "endpoints", NULL);
}

struct object *endpoint_slice_load(const struct codec *codec, const struct value *tree)
{
    struct endpoint_slice *slice =
        (struct endpoint_slice *)record_new(codec, KIND_ENDPOINTSLICE, tree);
    slice->service =
        text_intern(codec->texts, labels_get(slice->meta.labels, "kubernetes.io/service-name"));
    load_endpoints(codec, slice, value_get(tree, "endpoints"));
    return &slice->meta.object;
}

static struct value *print_endpoint(const struct endpoint_slice *slice,
                                    const struct endpoint *endpoint)
{
    char text[UID_TEXT > INET_ADDRSTRLEN ? UID_TEXT : INET_ADDRSTRLEN];
    struct value *item = value_new_map();
    struct value *addresses = value_new_list();
    inet_ntop(AF_INET, &(struct in_addr){ htonl(endpoint->address) }, text, sizeof text);
    value_add(addresses, value_new_string(text));
    value_set(item, "addresses", addresses);
    value_put(&item, value_new_bool(endpoint->ready), "conditions", "ready", NULL);
    value_put(&item, value_new_bool(endpoint->serving), "conditions", "serving", NULL);
    value_put(&item, value_new_bool(endpoint->terminating), "conditions", "terminating", NULL);
    value_put(&item, value_new_string("Pod"), "targetRef", "kind", NULL);
    value_put(&item, text_value(slice->meta.object.space), "targetRef", "namespace", NULL);
    value_put(&item, text_value(endpoint->pod), "targetRef", "name", NULL);
    value_put(&item, value_new_string(uid_print(endpoint->uid, text)), "targetRef", "uid", NULL);
    PUT_TEXT(&item, endpoint->hostname, "hostname");
    PUT_TEXT(&item, endpoint->node, "nodeName");
    PUT_TEXT(&item, endpoint->zone, "zone");
    return item;
}

struct value *endpoint_slice_print(const struct codec *codec, const struct object *object)
{
    const struct endpoint_slice *slice = (const struct endpoint_slice *)object;
    struct value *tree = record_print_begin(codec, object);
    if (slice->endpoints != NULL) {
        struct value *list = value_new_list();
        for (size_t i = 0; i < slice->endpoints->count; i++)
            value_add(list, print_endpoint(slice, &slice->endpoints->items[i]));
        value_set(tree, "endpoints", list);
    }
    return record_print_end(tree);
}
