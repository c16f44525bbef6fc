/* Services, ports of endpoints, network policies.
 *
 * Follows SetDefaults_Service() of pkg/apis/core/v1/defaults.go, pkg/apis/discovery/v1/defaults.go and
 * pkg/apis/networking/v1/defaults.go. */
#include <string.h>

#include "models/api/defaults/defaults_private.h"

enum { AFFINITY_SECONDS = 10800 };

static bool is_type(const struct value *spec, const char *type)
{
    return strcmp(default_reads(spec, "type"), type) == 0;
}

static void default_affinity(struct value **spec)
{
    default_text(spec, "sessionAffinity", "None");
    const char *affinity = default_reads(*spec, "sessionAffinity");
    if (strcmp(affinity, "None") == 0 && value_get(*spec, "sessionAffinityConfig") != NULL)
        value_remove(value_own(spec), "sessionAffinityConfig");
    if (strcmp(affinity, "ClientIP") == 0 &&
        value_path(*spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds", NULL) == NULL)
        value_put(spec, value_new_int(AFFINITY_SECONDS), "sessionAffinityConfig", "clientIP",
                  "timeoutSeconds", NULL);
}

/* A target port of 0 or "" means the port itself. */
static void default_target(struct value **port)
{
    const struct value *target = value_get(*port, "targetPort");
    const struct value *own = value_get(*port, "port");
    bool given = target != NULL &&
                 (target->type == VALUE_STRING ? target->count > 0 : value_int(target, 0) != 0);
    if (!given)
        value_set(value_own(port), "targetPort", own ? value_hold(own) : value_new_int(0));
}

void default_service(struct value **node)
{
    struct value **spec = value_slot(value_own(node), "spec");
    value_own(spec);
    default_affinity(spec);
    default_text(spec, "type", "ClusterIP");
    const struct value *ports = value_get(*spec, "ports");
    if (ports != NULL && ports->type == VALUE_LIST && ports->count > 0) {
        struct value *list = value_own(value_slot(*spec, "ports"));
        for (size_t i = 0; i < list->count; i++)
            default_target(&list->items[i]);
    }
    const struct value *ips = value_get(*spec, "externalIPs");
    bool balanced = is_type(*spec, "LoadBalancer");
    if (balanced || is_type(*spec, "NodePort") ||
        (is_type(*spec, "ClusterIP") && ips != NULL && ips->count > 0))
        default_text(spec, "externalTrafficPolicy", "Cluster");
    if (balanced || is_type(*spec, "NodePort") || is_type(*spec, "ClusterIP"))
        default_text(spec, "internalTrafficPolicy", "Cluster");
    if (balanced)
        default_bool(spec, "allocateLoadBalancerNodePorts", true);
}

void default_protocol(struct value **node)
{
    default_text(node, "protocol", "TCP");
}

void default_slice_port(struct value **node)
{
    if (value_is_null(value_get(*node, "name")))
        value_set(value_own(node), "name", value_new_string(""));
    default_text(node, "protocol", "TCP");
}

/* The directions a policy speaks of: ingress always, egress when it has rules for it. */
void default_network_policy(struct value **node)
{
    struct value **spec = value_slot(value_own(node), "spec");
    value_own(spec);
    const struct value *types = value_get(*spec, "policyTypes");
    const struct value *egress = value_get(*spec, "egress");
    if (types != NULL && types->count > 0)
        return;
    struct value *list = value_new_list();
    value_add(list, value_new_string("Ingress"));
    if (egress != NULL && egress->count > 0)
        value_add(list, value_new_string("Egress"));
    value_set(*spec, "policyTypes", list);
}
