/* Addresses and ports of a Service.
 *
 * Follows pkg/registry/core/service/storage (alloc.go, storage.go) for a cluster with IPv4
 * addresses alone, the service range 10.96.0.0/16 and node ports from 30000. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/admission_private.h"
#include "sim/base/memory.h"

enum { DRY_RUN_PORT = 32768 };

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

static bool is_type(const struct value *spec, const char *type)
{
    return strcmp(text_of(spec, "type"), type) == 0;
}

static size_t size_of(const struct value *list)
{
    return list != NULL && list->type == VALUE_LIST ? list->count : 0;
}

static struct value *texts(const char *first, const char *second)
{
    struct value *list = value_new_list();
    value_add(list, value_new_string(first));
    if (second != NULL)
        value_add(list, value_new_string(second));
    return list;
}

/* ── what stays of the old version ── */

static bool has_addresses(const struct value *spec)
{
    return !is_type(spec, "ExternalName");
}

static bool has_node_ports(const struct value *spec)
{
    return is_type(spec, "NodePort") || is_type(spec, "LoadBalancer");
}

static void keep_node_ports(struct value *spec, const struct value *was)
{
    const struct value *old = value_get(was, "ports");
    if (size_of(value_get(spec, "ports")) == 0)
        return;
    struct value *ports = value_own(value_slot(spec, "ports"));
    for (size_t i = 0; i < ports->count; i++) {
        if (value_int(value_get(ports->items[i], "nodePort"), 0) != 0)
            continue;
        for (size_t j = 0; j < size_of(old); j++) {
            const struct value *given = value_get(old->items[j], "nodePort");
            if (given == NULL ||
                strcmp(text_of(ports->items[i], "protocol"), text_of(old->items[j], "protocol")) ||
                !value_equal(value_get(ports->items[i], "port"), value_get(old->items[j], "port")))
                continue;
            value_set(value_own(&ports->items[i]), "nodePort", value_hold(given));
            break;
        }
    }
}

static void keep_member(struct value *spec, const struct value *was, const char *key)
{
    if (value_get(spec, key) == NULL && value_get(was, key) != NULL)
        value_set(spec, key, value_hold(value_get(was, key)));
}

static void keep_allocated(struct value *spec, const struct value *was)
{
    static const char *const members[] = { "clusterIP", "ipFamilies", "ipFamilyPolicy",
                                           "healthCheckNodePort" };
    if (has_node_ports(spec) && has_node_ports(was))
        keep_node_ports(spec, was);
    if (!has_addresses(spec) || !has_addresses(was))
        return;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        keep_member(spec, was, members[i]);
    if (strcmp(text_of(spec, "clusterIP"), text_of(was, "clusterIP")) == 0)
        keep_member(spec, was, "clusterIPs");
}

void service_normalize(struct value **document, const struct value *old)
{
    struct value *spec = value_own(value_slot(value_own(document), "spec"));
    if (old != NULL)
        keep_allocated(spec, value_get(old, "spec"));
    const char *first = text_of(spec, "clusterIP");
    const struct value *all = value_get(spec, "clusterIPs");
    if (*first != '\0' && size_of(all) == 0 && has_addresses(spec))
        value_set(spec, "clusterIPs", texts(first, NULL));
}

/* ── what is left open ── */

static bool is_headless(const struct value *spec)
{
    return strcmp(text_of(spec, "clusterIP"), "None") == 0;
}

static void set_families(struct value *spec)
{
    const struct value *selector = value_get(spec, "selector");
    bool any = is_headless(spec) && (selector == NULL || selector->count == 0);
    if (*text_of(spec, "ipFamilyPolicy") == '\0')
        value_set(spec, "ipFamilyPolicy",
                  value_new_string(any ? "RequireDualStack" : "SingleStack"));
    if (size_of(value_get(spec, "ipFamilies")) == 0)
        value_set(spec, "ipFamilies", any ? texts("IPv4", "IPv6") : texts("IPv4", NULL));
}

static void set_address(const struct admission *admission, struct value *spec)
{
    if (*text_of(spec, "clusterIP") != '\0')
        return;
    char *ip = admission->allocate_ip != NULL ? admission->allocate_ip(admission->context)
                                              : mem_format("10.96.0.0");
    value_set(spec, "clusterIP", value_new_string(ip));
    value_set(spec, "clusterIPs", texts(ip, NULL));
    free(ip);
}

/* Ports of one number share a node port when their protocols differ. */
static int64_t shared_port(const struct value *ports, const struct value *port)
{
    for (size_t i = 0; i < ports->count; i++) {
        const struct value *given = value_get(ports->items[i], "nodePort");
        if (value_int(given, 0) != 0 &&
            value_equal(value_get(ports->items[i], "port"), value_get(port, "port")) &&
            strcmp(text_of(ports->items[i], "protocol"), text_of(port, "protocol")) != 0)
            return value_int(given, 0);
    }
    return 0;
}

static int64_t new_port(const struct admission *admission, const struct value *ports,
                        const struct value *port)
{
    int64_t shared = shared_port(ports, port), last = 0;
    if (shared != 0)
        return shared;
    if (admission->allocate_node_port != NULL)
        return admission->allocate_node_port(admission->context, text_of(port, "protocol"));
    for (size_t i = 0; i < ports->count; i++) {
        int64_t given = value_int(value_get(ports->items[i], "nodePort"), 0);
        last = given > last ? given : last;
    }
    return (last != 0 ? last : DRY_RUN_PORT) + 1;
}

static void set_node_ports(const struct admission *admission, struct value *spec)
{
    bool wanted = is_type(spec, "NodePort") ||
                  (is_type(spec, "LoadBalancer") &&
                   value_truth(value_get(spec, "allocateLoadBalancerNodePorts"), true));
    if (!wanted || size_of(value_get(spec, "ports")) == 0)
        return;
    struct value *ports = value_own(value_slot(spec, "ports"));
    for (size_t i = 0; i < ports->count; i++)
        if (value_int(value_get(ports->items[i], "nodePort"), 0) == 0)
            value_set(value_own(&ports->items[i]), "nodePort",
                      value_new_int(new_port(admission, ports, ports->items[i])));
}

static void set_health_port(const struct admission *admission, struct value *spec)
{
    static const struct value no_ports = { .type = VALUE_LIST };
    if (!is_type(spec, "LoadBalancer") ||
        strcmp(text_of(spec, "externalTrafficPolicy"), "Local") != 0 ||
        value_int(value_get(spec, "healthCheckNodePort"), 0) != 0)
        return;
    const struct value *ports = value_get(spec, "ports");
    struct value *probe = value_new_map();
    value_set(spec, "healthCheckNodePort",
              value_new_int(new_port(admission, ports ? ports : &no_ports, probe)));
    value_drop(probe);
}

void service_allocate(const struct admission *admission, struct value **document)
{
    struct value *spec = value_own(value_slot(value_own(document), "spec"));
    if (!has_addresses(spec))
        return;
    set_address(admission, spec);
    set_families(spec);
    set_node_ports(admission, spec);
    set_health_port(admission, spec);
}
