/* NodePorts: two pods of one node cannot have the same host port.
 *
 * The address 0.0.0.0 (none given) stands for all addresses. Follows
 * pkg/scheduler/framework/plugins/nodeports and HostPortInfo of the release named in
 * docs/fidelity.md. */
#include "models/scheduler/plugins/plugins.h"

static bool any_address(const struct text *ip)
{
    return ip == NULL || strcmp(ip->s, "0.0.0.0") == 0;
}

static bool conflict(const struct text *ip, const struct text *protocol, int port,
                     const struct host_port *wanted)
{
    return port == wanted->port && protocol == wanted->protocol &&
           (ip == wanted->ip || any_address(ip) || any_address(wanted->ip));
}

static enum pre_filter node_ports_pre_filter(const struct sched_call *call,
                                             struct narrowed *narrowed, struct rejection *rejection)
{
    (void)narrowed;
    (void)rejection;
    return call->spec->host_port_count == 0 ? PRE_FILTER_SKIP : PRE_FILTER_GO;
}

static bool node_ports_filter(const struct sched_call *call, const struct node_info *node,
                              struct rejection *rejection)
{
    for (size_t i = 0; i < node->port_count; i++)
        for (size_t j = 0; j < call->spec->host_port_count; j++)
            if (conflict(node->ports[i].ip, node->ports[i].protocol, node->ports[i].port,
                         &call->spec->host_ports[j]))
                return reject(rejection, UNSCHEDULABLE,
                              "node(s) didn't have free ports for the requested pod ports");
    return true;
}

/* A pod that held a port in common is gone. */
static bool port_freed(const void *args, const struct pod *pod, const struct object *before,
                       const struct object *after)
{
    (void)args;
    (void)after;
    const struct pod *gone = pod_of(before);
    if (!pod_held_room(gone))
        return false;
    for (size_t i = 0; i < gone->spec->host_port_count; i++)
        for (size_t j = 0; j < pod->spec->host_port_count; j++) {
            const struct host_port *held = &gone->spec->host_ports[i];
            if (conflict(held->ip, held->protocol, held->port, &pod->spec->host_ports[j]))
                return true;
        }
    return false;
}

const struct sched_plugin node_ports_plugin = {
    .name = "NodePorts",
    .events = { { KIND_POD, EVENT_DELETE, port_freed },
                { KIND_NODE, EVENT_ADD, NULL },
                { KIND_NODE, EVENT_UPDATE_NODE_TAINT, NULL } },
    .pre_filter = node_ports_pre_filter,
    .filter = node_ports_filter,
};
