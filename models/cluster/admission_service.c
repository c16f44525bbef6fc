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

static bool has_health_port(const struct value *spec)
{
    return is_type(spec, "LoadBalancer") &&
           strcmp(text_of(spec, "externalTrafficPolicy"), "Local") == 0;
}

static int64_t node_port_of(const struct value *port)
{
    return value_int(value_get(port, "nodePort"), 0);
}

/* Is there a port with this node port? */
static bool uses_node_port(const struct value *ports, int64_t number)
{
    for (size_t i = 0; i < size_of(ports); i++)
        if (node_port_of(ports->items[i]) == number)
            return true;
    return false;
}

/* A port without a node port keeps the one that its name had, unless another took it. */
static void keep_node_ports(struct value *spec, const struct value *was)
{
    const struct value *old = value_get(was, "ports");
    if (size_of(value_get(spec, "ports")) == 0)
        return;
    struct value *given = value_hold(value_get(spec, "ports"));
    struct value *ports = value_own(value_slot(spec, "ports"));
    for (size_t i = 0; i < ports->count; i++) {
        int64_t number = 0;
        for (size_t j = 0; j < size_of(old); j++)
            if (strcmp(text_of(ports->items[i], "name"), text_of(old->items[j], "name")) == 0)
                number = node_port_of(old->items[j]);
        if (number != 0 && node_port_of(ports->items[i]) == 0 && !uses_node_port(given, number))
            value_set(value_own(&ports->items[i]), "nodePort", value_new_int(number));
    }
    value_drop(given);
}

static void keep_member(struct value *spec, const struct value *was, const char *key)
{
    if (value_get(spec, key) == NULL && value_get(was, key) != NULL)
        value_set(spec, key, value_hold(value_get(was, key)));
}

static void keep_allocated(struct value *spec, const struct value *was)
{
    static const char *const members[] = { "clusterIP", "clusterIPs", "ipFamilies",
                                           "ipFamilyPolicy" };
    if (has_node_ports(spec) && has_node_ports(was))
        keep_node_ports(spec, was);
    if (has_health_port(spec) && has_health_port(was))
        keep_member(spec, was, "healthCheckNodePort");
    if (!has_addresses(spec) || !has_addresses(was))
        return;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        keep_member(spec, was, members[i]);
}

/* ── what the new type has no use for ── */

static bool has_traffic_policy(const struct value *spec)
{
    return has_node_ports(spec) || size_of(value_get(spec, "externalIPs")) > 0;
}

static bool is_balanced(const struct value *spec)
{
    return is_type(spec, "LoadBalancer");
}

/* Members that go with the type that used them, unless the user changed them, too. */
static const struct {
    const char *key;
    bool (*is_used)(const struct value *spec);
} dependents[] = {
    { "clusterIP", has_addresses },
    { "clusterIPs", has_addresses },
    { "ipFamilies", has_addresses },
    { "ipFamilyPolicy", has_addresses },
    { "internalTrafficPolicy", has_addresses },
    { "healthCheckNodePort", has_health_port },
    { "allocateLoadBalancerNodePorts", is_balanced },
    { "loadBalancerClass", is_balanced },
    { "externalTrafficPolicy", has_traffic_policy },
};

/* Does every node port of the one list stand in the other? */
static bool has_all_node_ports(const struct value *some, const struct value *all)
{
    for (size_t i = 0; i < size_of(some); i++)
        if (!uses_node_port(all, node_port_of(some->items[i])))
            return false;
    return true;
}

static void drop_node_ports(struct value *spec, const struct value *was)
{
    const struct value *now = value_get(spec, "ports"), *old = value_get(was, "ports");
    if (size_of(now) == 0 || !has_all_node_ports(now, old) || !has_all_node_ports(old, now))
        return;
    struct value *ports = value_own(value_slot(spec, "ports"));
    for (size_t i = 0; i < ports->count; i++)
        value_remove(value_own(&ports->items[i]), "nodePort");
}

static void drop_dependents(struct value *spec, const struct value *was)
{
    for (size_t i = 0; i < sizeof dependents / sizeof *dependents; i++) {
        const char *key = dependents[i].key;
        if (dependents[i].is_used(was) && !dependents[i].is_used(spec) &&
            value_equal(value_get(spec, key), value_get(was, key)))
            value_remove(spec, key);
    }
    if (has_node_ports(was) && !has_node_ports(spec))
        drop_node_ports(spec, was);
}

/* ── both ── */

/* The list of addresses follows the single one that came first. */
static void align_addresses(struct value *spec, const struct value *was)
{
    const char *first = text_of(spec, "clusterIP");
    const struct value *all = value_get(spec, "clusterIPs");
    bool changed = was != NULL && strcmp(first, text_of(was, "clusterIP")) != 0 &&
                   value_equal(all, value_get(was, "clusterIPs"));
    if (*first != '\0' && (size_of(all) == 0 || changed))
        value_set(spec, "clusterIPs", texts(first, NULL));
}

void service_normalize(struct value **document, const struct value *old)
{
    struct value *spec = value_own(value_slot(value_own(document), "spec"));
    const struct value *was = old != NULL ? value_get(old, "spec") : NULL;
    if (was != NULL)
        keep_allocated(spec, was);
    align_addresses(spec, was);
    if (was != NULL)
        drop_dependents(spec, was);
}

/* ── what is left open ── */

static bool is_headless(const struct value *spec)
{
    return strcmp(text_of(spec, "clusterIP"), "None") == 0;
}

/* Headless services that select nothing may have the family that the cluster lacks. */
static void set_families(struct value *spec)
{
    const struct value *selector = value_get(spec, "selector");
    bool any = is_headless(spec) && (selector == NULL || selector->count == 0);
    if (*text_of(spec, "ipFamilyPolicy") == '\0')
        value_set(spec, "ipFamilyPolicy",
                  value_new_string(any ? "RequireDualStack" : "SingleStack"));
    if (size_of(value_get(spec, "ipFamilies")) == 0)
        value_set(spec, "ipFamilies", texts("IPv4", NULL));
    const struct value *families = value_get(spec, "ipFamilies");
    if (!any || families->count > 1 || strcmp(text_of(spec, "ipFamilyPolicy"), "SingleStack") == 0)
        return;
    bool is_v4 = strcmp(value_text(families->items[0], ""), "IPv4") == 0;
    value_set(spec, "ipFamilies", is_v4 ? texts("IPv4", "IPv6") : texts("IPv6", "IPv4"));
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
        if (node_port_of(ports->items[i]) == 0)
            value_set(value_own(&ports->items[i]), "nodePort",
                      value_new_int(new_port(admission, ports, ports->items[i])));
}

static void set_health_port(const struct admission *admission, struct value *spec)
{
    static const struct value no_ports = { .type = VALUE_LIST };
    if (!has_health_port(spec) || value_int(value_get(spec, "healthCheckNodePort"), 0) != 0)
        return;
    const struct value *ports = value_get(spec, "ports");
    struct value *probe = value_new_map();
    value_set(spec, "healthCheckNodePort",
              value_new_int(new_port(admission, ports ? ports : &no_ports, probe)));
    value_drop(probe);
}

void service_check_ports(const struct admission *admission, const struct value *document,
                         struct field_errors *errors)
{
    enum { LOWEST = 30000, HIGHEST = 32767 };
    const struct value *ports = value_path(document, "spec", "ports", NULL);
    const struct field_path spec = { .name = "spec" }, at = { .up = &spec, .name = "ports" };
    for (size_t i = 0; admission->allocate_node_port != NULL && i < size_of(ports); i++) {
        const struct value *port = value_get(ports->items[i], "nodePort");
        const struct field_path item = { .up = &at, .index = i };
        const struct field_path path = { .up = &item, .name = "nodePort" };
        const int64_t number = value_int(port, 0);
        if (number != 0 && (number < LOWEST || number > HIGHEST))
            field_invalid(errors, &path, port,
                          "provided port is not in the valid range. The range of valid ports is "
                          "%d-%d",
                          LOWEST, HIGHEST);
    }
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
