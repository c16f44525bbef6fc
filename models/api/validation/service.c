/* Services: ports, addresses and what goes with each type.
 *
 * Follows ValidateService() and ValidateServiceUpdate() of pkg/apis/core/validation. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/address.h"
#include "models/api/validation/service_private.h"
#include "sim/base/memory.h"

#define SOURCE_RANGES  "service.beta.kubernetes.io/load-balancer-source-ranges"
#define TOPOLOGY_MODE  "service.kubernetes.io/topology-mode"
#define TOPOLOGY_HINTS "service.kubernetes.io/topology-aware-hints"

static const char *const types[] = { "ClusterIP", "ExternalName", "LoadBalancer", "NodePort",
                                     NULL };
static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const affinities[] = { "ClientIP", "None", NULL };
static const char *const traffic_policies[] = { "Cluster", "Local", NULL };
static const char *const distributions[] = { "PreferClose", "PreferSameNode", "PreferSameZone",
                                             NULL };

bool service_is(const struct value *spec, const char *type)
{
    return strcmp(text_at(spec, "type"), type) == 0;
}

bool service_is_headless(const struct value *spec)
{
    const struct value *ips = value_get(spec, "clusterIPs");
    return size_of(ips) == 1 && strcmp(value_text(ips->items[0], ""), "None") == 0;
}

bool service_is_reached_from_outside(const struct value *spec)
{
    return service_is(spec, "LoadBalancer") || service_is(spec, "NodePort") ||
           (service_is(spec, "ClusterIP") && size_of(value_get(spec, "externalIPs")) > 0);
}

/* Does an earlier port say the same in both members? */
bool service_port_is_taken(const struct value *ports, size_t index, const char *key,
                           const char *other)
{
    for (size_t i = 0; i < index; i++)
        if (value_equal(value_get(ports->items[i], key), value_get(ports->items[index], key)) &&
            (other == NULL ||
             strcmp(text_at(ports->items[i], other), text_at(ports->items[index], other)) == 0))
            return true;
    return false;
}

static bool needs_health_check(const struct value *spec)
{
    return service_is(spec, "LoadBalancer") &&
           strcmp(text_at(spec, "externalTrafficPolicy"), "Local") == 0;
}

static void check_hints(struct field_errors *errors, const struct value *annotations)
{
    const struct value *hints = value_get(annotations, TOPOLOGY_HINTS);
    const struct value *mode = value_get(annotations, TOPOLOGY_MODE);
    const struct field_path *path = CHILD(CHILD(NULL, "metadata"), "annotations");
    if (hints != NULL && mode != NULL && !value_equal(hints, mode))
        field_invalid(errors, KEY(path, TOPOLOGY_MODE), mode,
                      "must match annotations[" TOPOLOGY_HINTS "] when both are specified");
}

static void check_external_name(struct field_errors *errors, const struct value *spec,
                                const struct field_path *path)
{
    static const char *const unset[] = { "clusterIPs", "ipFamilies", "ipFamilyPolicy" };
    const struct value *name = value_get(spec, "externalName");
    const char *text = value_text(name, "");
    size_t length = strlen(text);
    for (size_t i = 0; i < 3; i++)
        if (has(spec, unset[i]) && value_get(spec, unset[i])->count > 0)
            field_forbidden(errors, CHILD(path, unset[i]), value_get(spec, unset[i]),
                            "may not be set for ExternalName services");
    length -= length > 0 && text[length - 1] == '.';
    if (length == 0) {
        field_required(errors, CHILD(path, "externalName"), spec, "%s", "");
        return;
    }
    struct value *bare = value_new_text(text, length);
    bare->at = name->at;
    check_text(errors, bare, CHILD(path, "externalName"), text_dns_subdomain);
    value_drop(bare);
}

static void check_type_and_addresses(struct field_errors *errors, const struct value *spec,
                                     const struct field_path *path)
{
    bool external = service_is(spec, "ExternalName");
    if (size_of(value_get(spec, "ports")) == 0 && !service_is_headless(spec) && !external)
        field_required(errors, CHILD(path, "ports"), spec, "%s", "");
    if (service_is_headless(spec) &&
        (service_is(spec, "LoadBalancer") || service_is(spec, "NodePort")))
        field_invalid(errors, ITEM(CHILD(path, "clusterIPs"), 0),
                      value_get(spec, "clusterIPs")->items[0],
                      "may not be set to 'None' for %s services", text_at(spec, "type"));
    if (external)
        check_external_name(errors, spec, path);
}

/* ── ports ── */

static void check_port_name(struct field_errors *errors, const struct value *ports, size_t index,
                            const struct field_path *path)
{
    const struct value *name = value_get(ports->items[index], "name");
    if (*value_text(name, "") == '\0') {
        if (ports->count > 1)
            field_required(errors, CHILD(path, "name"), ports->items[index], "%s", "");
        return;
    }
    check_text(errors, name, CHILD(path, "name"), text_dns_label);
    if (service_port_is_taken(ports, index, "name", NULL))
        field_duplicate(errors, CHILD(path, "name"), name, NULL);
}

static void check_service_ports(struct field_errors *errors, const struct value *ports,
                                const struct field_path *path)
{
    for (size_t i = 0; i < size_of(ports); i++) {
        const struct value *port = ports->items[i];
        const struct field_path *item = ITEM(path, i);
        check_port_name(errors, ports, i, item);
        check_port(errors, value_get(port, "port"), CHILD(item, "port"));
        check_choice(errors, port, "protocol", item, protocols, REQUIRED);
        check_port_or_name(errors, value_get(port, "targetPort"), CHILD(item, "targetPort"));
        if (has(port, "appProtocol"))
            check_text(errors, value_get(port, "appProtocol"), CHILD(item, "appProtocol"),
                       text_label_key);
    }
}

static void check_ports_once(struct field_errors *errors, const struct value *spec,
                             const struct field_path *path)
{
    const struct value *ports = value_get(spec, "ports");
    for (size_t i = 0; i < size_of(ports) && service_is(spec, "ClusterIP"); i++)
        if (number_at(ports->items[i], "nodePort") != 0)
            field_forbidden(errors, CHILD(ITEM(path, i), "nodePort"),
                            value_get(ports->items[i], "nodePort"),
                            "may not be used when `type` is 'ClusterIP'");
    for (size_t i = 0; i < size_of(ports); i++)
        if (number_at(ports->items[i], "nodePort") != 0 &&
            service_port_is_taken(ports, i, "nodePort", "protocol"))
            field_duplicate(errors, CHILD(ITEM(path, i), "nodePort"),
                            value_get(ports->items[i], "nodePort"), NULL);
    for (size_t i = 0; i < size_of(ports); i++) {
        if (!service_port_is_taken(ports, i, "port", "protocol"))
            continue;
        char *key = mem_format(
            "{\"Name\":\"\",\"Protocol\":\"%s\",\"AppProtocol\":null,\"Port\":%" PRId64 ","
            "\"TargetPort\":0,\"NodePort\":0}",
            text_at(ports->items[i], "protocol"), number_at(ports->items[i], "port"));
        field_duplicate(errors, ITEM(path, i), ports->items[i], key);
        free(key);
    }
}

/* ── session affinity ── */

static void check_affinity_timeout(struct field_errors *errors, const struct value *spec,
                                   const struct field_path *path)
{
    static const char *const steps[] = { "clientIP", "timeoutSeconds" };
    const struct value *node = value_get(spec, "sessionAffinityConfig");
    const struct field_path *at = CHILD(path, "sessionAffinityConfig");
    for (size_t i = 0; i < 2 && node != NULL; i++) {
        at = CHILD(at, steps[i]);
        node = value_get(node, steps[i]);
        if (node == NULL)
            break;
    }
    if (node == NULL)
        field_required(errors, CHILD(path, "sessionAffinityConfig"), spec,
                       "when session affinity type is ClientIP");
    else if (value_int(node, 0) <= 0 || value_int(node, 0) > 86400)
        field_invalid(
            errors,
            CHILD(CHILD(CHILD(path, "sessionAffinityConfig"), "clientIP"), "timeoutSeconds"), node,
            "must be greater than 0 and less than 86400");
}

static void check_session_affinity(struct field_errors *errors, const struct value *spec,
                                   const struct field_path *path)
{
    const char *affinity = text_at(spec, "sessionAffinity");
    check_choice(errors, spec, "sessionAffinity", path, affinities, REQUIRED);
    if (strcmp(affinity, "ClientIP") == 0)
        check_affinity_timeout(errors, spec, path);
    else if (strcmp(affinity, "None") == 0 && has(spec, "sessionAffinityConfig"))
        field_forbidden(errors, CHILD(path, "sessionAffinityConfig"),
                        value_get(spec, "sessionAffinityConfig"),
                        "must not be set when session affinity is None");
}

/* ── traffic from outside ── */

static void check_range_text(struct field_errors *errors, const struct value *node,
                             const char *text, const struct field_path *path)
{
    text += strspn(text, " \t");
    char *trimmed = mem_text(text, strcspn(text, " \t,"));
    check_cidr(errors, node, trimmed, path);
    free(trimmed);
}

/* The old form: an annotation with a list. */
static void check_annotated_ranges(struct field_errors *errors, const struct value *service)
{
    const struct value *list = value_path(service, "metadata", "annotations", SOURCE_RANGES, NULL);
    const struct field_path *path =
        KEY(CHILD(CHILD(NULL, "metadata"), "annotations"), SOURCE_RANGES);
    if (list == NULL)
        return;
    if (!service_is(value_get(service, "spec"), "LoadBalancer"))
        field_forbidden(errors, path, list, "may only be used when `type` is 'LoadBalancer'");
    const char *text = value_text(list, "");
    if (text[strspn(text, " \t")] == '\0')
        return;
    for (; text != NULL; text = strchr(text, ',') ? strchr(text, ',') + 1 : NULL)
        check_range_text(errors, list, text, path);
}

static void check_source_ranges(struct field_errors *errors, const struct value *service,
                                const struct field_path *path)
{
    const struct value *spec = value_get(service, "spec");
    const struct value *ranges = value_get(spec, "loadBalancerSourceRanges");
    const struct field_path *at = CHILD(path, "LoadBalancerSourceRanges");
    if (size_of(ranges) == 0) {
        check_annotated_ranges(errors, service);
        return;
    }
    if (!service_is(spec, "LoadBalancer"))
        field_forbidden(errors, at, ranges, "may only be used when `type` is 'LoadBalancer'");
    for (size_t i = 0; i < ranges->count; i++)
        check_range_text(errors, ranges->items[i], value_text(ranges->items[i], ""), ITEM(at, i));
}

static void check_balancer_members(struct field_errors *errors, const struct value *spec,
                                   const struct field_path *path)
{
    static const char *const members[] = { "allocateLoadBalancerNodePorts", "loadBalancerClass" };
    for (size_t i = 0; i < 2; i++)
        if (has(spec, members[i]) && !service_is(spec, "LoadBalancer"))
            field_forbidden(errors, CHILD(path, members[i]), value_get(spec, members[i]),
                            "may only be used when `type` is 'LoadBalancer'");
    if (service_is(spec, "LoadBalancer") && has(spec, "loadBalancerClass"))
        check_text(errors, value_get(spec, "loadBalancerClass"), CHILD(path, "loadBalancerClass"),
                   text_label_key);
}

static void check_traffic(struct field_errors *errors, const struct value *spec,
                          const struct field_path *path)
{
    const struct value *external = value_get(spec, "externalTrafficPolicy");
    const struct value *health = value_get(spec, "healthCheckNodePort");
    if (service_is_reached_from_outside(spec))
        check_choice(errors, spec, "externalTrafficPolicy", path, traffic_policies, REQUIRED);
    else if (*value_text(external, "") != '\0')
        field_invalid(errors, CHILD(path, "externalTrafficPolicy"), external,
                      "may only be set for externally-accessible services");
    if (value_int(health, 0) != 0) {
        if (needs_health_check(spec))
            check_port(errors, health, CHILD(path, "healthCheckNodePort"));
        else
            field_invalid(errors, CHILD(path, "healthCheckNodePort"), health,
                          "may only be set when `type` is 'LoadBalancer' and "
                          "`externalTrafficPolicy` is 'Local'");
    }
    check_choice(errors, spec, "internalTrafficPolicy", path, traffic_policies, OPTIONAL);
    check_choice(errors, spec, "trafficDistribution", path, distributions, OPTIONAL);
}

static void check_ports_and_addresses(struct field_errors *errors, const struct value *service)
{
    const struct value *spec = value_get(service, "spec");
    const struct value *ips = value_get(spec, "externalIPs");
    const struct field_path *path = CHILD(NULL, "spec");
    check_hints(errors, value_path(service, "metadata", "annotations", NULL));
    check_type_and_addresses(errors, spec, path);
    check_service_ports(errors, value_get(spec, "ports"), CHILD(path, "ports"));
    check_labels(errors, value_get(spec, "selector"), CHILD(path, "selector"));
    check_session_affinity(errors, spec, path);
    check_cluster_addresses(errors, spec, path);
    for (size_t i = 0; i < size_of(ips); i++) {
        struct address address;
        bool is_address = address_parse(value_text(ips->items[i], ""), &address);
        (is_address ? check_ordinary_ip : check_ip)(errors, ips->items[i],
                                                    ITEM(CHILD(path, "externalIPs"), i));
    }
    check_choice(errors, spec, "type", path, types, REQUIRED);
    check_ports_once(errors, spec, CHILD(path, "ports"));
    check_source_ranges(errors, service, path);
    check_balancer_members(errors, spec, path);
    check_traffic(errors, spec, path);
}

void check_service(struct field_errors *errors, const struct value *service)
{
    if (!check_allocation(errors, value_get(service, "spec")))
        return;
    check_meta(errors, value_get(service, "metadata"), CHILD(NULL, "metadata"),
               (struct meta_rules){ true, text_dns_label });
    check_ports_and_addresses(errors, service);
}

void check_service_update(struct field_errors *errors, const struct value *now,
                          const struct value *before)
{
    const struct value *spec = value_get(now, "spec"), *was = value_get(before, "spec");
    const struct field_path *path = CHILD(NULL, "spec");
    check_kept_addresses(errors, spec, was);
    if (service_is(spec, "LoadBalancer") && service_is(was, "LoadBalancer") &&
        !value_equal(value_get(spec, "loadBalancerClass"), value_get(was, "loadBalancerClass")))
        field_invalid(errors, CHILD(path, "loadBalancerClass"),
                      value_get(spec, "loadBalancerClass"), "may not change once set");
    if (needs_health_check(spec) && needs_health_check(was) &&
        number_at(spec, "healthCheckNodePort") != number_at(was, "healthCheckNodePort"))
        field_forbidden(errors, CHILD(path, "healthCheckNodePort"),
                        value_get(spec, "healthCheckNodePort"), "field is immutable");
    if (check_allocation(errors, spec))
        check_ports_and_addresses(errors, now);
}
