/* What the pods of one node ask for: sums of requests, GPUs, and the set of host ports in use.
 *
 * Follows NodeInfo and HostPortInfo in pkg/scheduler/framework/types.go of the release named in
 * docs/fidelity.md. Ports are a set there, too: a pod that goes takes its ports out even if
 * another one claims them. */
#include <stdlib.h>

#include "models/scheduler/snapshot/snapshot_private.h"

static const struct extended_resource *find_extended(const struct resources *resources,
                                                     const struct text *name)
{
    for (size_t i = 0; i < resources->extended_count; i++)
        if (resources->extended[i].name == name)
            return &resources->extended[i];
    return NULL;
}

/* Extended resources stay listed with 0 once a pod has asked for them. */
static void add_extended(struct resources *sum, const struct extended_resource *part, int sign)
{
    struct extended_resource *found = (struct extended_resource *)find_extended(sum, part->name);
    if (found == NULL) {
        sum->extended = mem_resize(sum->extended, (sum->extended_count + 1) * sizeof *found);
        found = &sum->extended[sum->extended_count++];
        *found = (struct extended_resource){ .name = text_hold(part->name) };
    }
    found->amount += sign * part->amount;
}

static void count_requests(struct node_info *info, const struct pod *pod, int sign)
{
    const struct resources *requests = pod_requests(pod);
    const struct pod_spec *spec = pod->spec;
    struct resources *requested = &info->requested;
    requested->cpu_milli += sign * requests->cpu_milli;
    requested->memory_bytes += sign * requests->memory_bytes;
    requested->ephemeral_storage_bytes += sign * requests->ephemeral_storage_bytes;
    for (size_t i = 0; i < requests->extended_count; i++)
        add_extended(requested, &requests->extended[i], sign);
    if (pod->resized != NULL) {
        info->nonzero_cpu_milli += sign * pod->resized->nonzero_cpu_milli;
        info->nonzero_memory_bytes += sign * pod->resized->nonzero_memory_bytes;
    } else {
        info->nonzero_cpu_milli += sign * spec->nonzero_cpu_milli;
        info->nonzero_memory_bytes += sign * spec->nonzero_memory_bytes;
    }
}

static bool same_port(const struct used_port *used, const struct host_port *port)
{
    return used->port == port->port && used->ip == port->ip && used->protocol == port->protocol;
}

static size_t find_port(const struct node_info *info, const struct host_port *port)
{
    size_t at = 0;
    while (at < info->port_count && !same_port(&info->ports[at], port))
        at++;
    return at;
}

static void use_ports(struct node_info *info, const struct pod_spec *spec)
{
    for (size_t i = 0; i < spec->host_port_count; i++) {
        const struct host_port *port = &spec->host_ports[i];
        if (find_port(info, port) < info->port_count)
            continue;
        MEM_GROW(info->ports, info->port_count, info->port_capacity);
        info->ports[info->port_count++] =
            (struct used_port){ .ip = port->ip, .protocol = port->protocol, .port = port->port };
    }
}

static void free_ports(struct node_info *info, const struct pod_spec *spec)
{
    for (size_t i = 0; i < spec->host_port_count; i++) {
        const size_t at = find_port(info, &spec->host_ports[i]);
        if (at < info->port_count)
            info->ports[at] = info->ports[--info->port_count];
    }
}

void node_info_count(struct node_info *info, const struct pod *pod)
{
    count_requests(info, pod, 1);
    use_ports(info, pod->spec);
    node_gpus_count(&info->gpus, pod, 1);
    info->pod_count++;
}

void node_info_uncount(struct node_info *info, const struct pod *pod)
{
    count_requests(info, pod, -1);
    free_ports(info, pod->spec);
    node_gpus_count(&info->gpus, pod, -1);
    info->pod_count--;
}

void node_info_close_amounts(struct node_info *info)
{
    for (size_t i = 0; i < info->requested.extended_count; i++)
        text_drop(info->requested.extended[i].name);
    free(info->requested.extended);
    free(info->ports);
    node_gpus_free(info->gpus);
}
