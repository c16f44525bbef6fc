#include "models/controllers/service_pods.h"

#include <string.h>

bool service_has_pods(const struct service *service)
{
    return service->selector != NULL && !service->external_name;
}

bool service_selects(const struct service *service, const struct pod *pod)
{
    return service->selector != NULL && labels_have(pod->meta.labels, service->selector);
}

bool pod_has_endpoint(const struct pod *pod)
{
    return pod->pod_ip != 0 && !pod_is_terminal(pod);
}

const struct text *service_hostname(const struct service *service, const struct pod *pod)
{
    return pod->spec->subdomain == service->meta.object.name ? pod->spec->hostname : NULL;
}

/* ---- waking ---- */

static bool endpoint_changed(const struct pod *was, const struct pod *is)
{
    return was->meta.deleting != is->meta.deleting || pod_is_ready(was) != pod_is_ready(is) ||
           pod_has_endpoint(was) != pod_has_endpoint(is) || was->pod_ip != is->pod_ip ||
           was->node_name != is->node_name;
}

/* A Service is listed under one label of its selector, so it is met once in the labels of a pod. */
static void wake_those_that_select(struct controller_run *controller,
                                   const struct watch_event *event, const struct pod *pod,
                                   service_of_pod_fn *hear)
{
    const struct client *client = controller_client(controller);
    const struct labels *labels = pod->meta.labels;
    for (uint32_t i = 0; labels != NULL && i < labels->count; i++) {
        struct cache_cursor cursor =
            client_list_selecting(client, pod->meta.object.space, &labels->items[i]);
        while (cache_next(&cursor)) {
            const struct service *service = service_of(cursor.object);
            if (cursor.object->space != pod->meta.object.space || !service_selects(service, pod))
                continue;
            if (hear != NULL)
                hear(controller, cursor.object, event);
            controller_wake(controller, object_key(cursor.object), event->cause);
        }
    }
}

void wake_services_of_pod_and(struct controller_run *controller, const struct watch_event *event,
                              service_of_pod_fn *hear)
{
    const struct pod *is = pod_of(event->object);
    const struct pod *was = event->type == WATCH_MODIFIED ? pod_of(event->before) : NULL;
    const bool relabelled = was != NULL && !labels_equal(was->meta.labels, is->meta.labels);
    if (was != NULL && !relabelled && !endpoint_changed(was, is))
        return;
    wake_those_that_select(controller, event, is, hear);
    if (relabelled)
        wake_those_that_select(controller, event, was, hear);
}

void wake_services_of_pod(struct controller_run *controller, const struct watch_event *event)
{
    wake_services_of_pod_and(controller, event, NULL);
}

/* ---- ports ---- */

static const struct value *ports_of(const struct service *service)
{
    return value_path(service->meta.document, "spec", "ports", NULL);
}

bool service_has_named_ports(const struct service *service)
{
    const struct value *ports = ports_of(service);
    for (size_t i = 0; ports != NULL && i < ports->count; i++) {
        const struct value *target = value_get(ports->items[i], "targetPort");
        if (target != NULL && target->type == VALUE_STRING)
            return true;
    }
    return false;
}

static const char *protocol_of(const struct value *port)
{
    return value_text(value_get(port, "protocol"), "TCP");
}

/* The number of a named port with this protocol among some containers; 0 when there is none. */
static int64_t find_named(const struct value *containers, const char *name, const char *protocol,
                          bool sidecars_only)
{
    for (size_t i = 0; containers != NULL && i < containers->count; i++) {
        const struct value *container = containers->items[i];
        const struct value *ports = value_get(container, "ports");
        const char *policy = value_text(value_get(container, "restartPolicy"), "");
        if (sidecars_only && strcmp(policy, "Always") != 0)
            continue;
        for (size_t k = 0; ports != NULL && k < ports->count; k++)
            if (strcmp(value_text(value_get(ports->items[k], "name"), ""), name) == 0 &&
                strcmp(protocol_of(ports->items[k]), protocol) == 0)
                return value_int(value_get(ports->items[k], "containerPort"), 0);
    }
    return 0;
}

static int64_t target_number(const struct value *port, const struct pod_spec *spec)
{
    const struct value *target = value_get(port, "targetPort");
    if (target == NULL || target->type != VALUE_STRING)
        return value_int(target, value_int(value_get(port, "port"), 0));
    const struct value *document = spec->document;
    const int64_t number =
        find_named(value_get(document, "containers"), target->text, protocol_of(port), false);
    return number != 0 ? number
                       : find_named(value_get(document, "initContainers"), target->text,
                                    protocol_of(port), true);
}

struct value *service_ports(const struct service *service, const struct pod_spec *spec)
{
    struct value *list = value_new_list();
    const struct value *ports = ports_of(service);
    for (size_t i = 0; ports != NULL && i < ports->count; i++) {
        const struct value *port = ports->items[i];
        const int64_t number = target_number(port, spec);
        if (number == 0)
            continue;
        struct value *item = value_new_map();
        value_set(item, "name", value_new_string(value_text(value_get(port, "name"), "")));
        value_set(item, "port", value_new_int(number));
        value_set(item, "protocol", value_new_string(protocol_of(port)));
        const struct value *application = value_get(port, "appProtocol");
        if (application != NULL)
            value_set(item, "appProtocol", value_hold(application));
        value_add(list, item);
    }
    return list;
}
