/* The network of nodes or pods is slow, loses packets, or is cut: to everybody, or to some.
 *
 * The entry names one side (`nodes`, `zones`, `groups`, or `pods`) and, with `to`, the other:
 *
 *     to: {controlPlane: true}              what kubelets say to and hear from the API server
 *     to: {registry: true}                  image pulls
 *     to: {clients: true}                   whoever sends requests (`traffic`)
 *     to: {pods: "app=front", namespace: shop}     requests whose source says that they come `from`
 *                                           clients with such labels; and those of the entry's own pods to them
 *
 * Without `to` it is everybody, and requests that pods of the entry's selector send, too. `direction` says
 * which packets: those that the named side sends (`to`), those that it is sent (`from`), or `both`.
 * An entry that says nothing else cuts the network (`partition: true`). */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/shape.h"
#include "models/failures/patients.h"

static sim_time time_of(const struct value *options, const char *field)
{
    const struct value *from = value_get(options, field);
    sim_time time = 0;
    if (from != NULL)
        shape_duration(from, &time, NULL);
    return time;
}

static int direction_of(const struct value *options)
{
    const char *text = value_text(value_get(options, "direction"), "both");
    return strcmp(text, "to") == 0     ? NETWORK_OUT
           : strcmp(text, "from") == 0 ? NETWORK_IN
                                       : NETWORK_BOTH;
}

/* The same packets as the other end sees them. */
static int turned(int direction)
{
    return (direction & NETWORK_OUT ? NETWORK_IN : 0) | (direction & NETWORK_IN ? NETWORK_OUT : 0);
}

static int peers_of(const struct value *to)
{
    int peers = 0;
    if (value_is_null(to))
        return PEER_ALL;
    peers |= value_truth(value_get(to, "controlPlane"), false) ? PEER_CONTROL_PLANE : 0;
    peers |= value_truth(value_get(to, "registry"), false) ? PEER_REGISTRY : 0;
    peers |= value_truth(value_get(to, "clients"), false) ? PEER_CLIENTS : 0;
    return peers;
}

static struct ailment ailment_of(const struct value *options)
{
    const struct value *loss = value_get(options, "loss");
    const sim_time latency = time_of(options, "latency"), jitter = time_of(options, "jitter");
    struct ailment ailment = ailment_none();
    ailment.network = (struct network_ailment){
        .peers = peers_of(value_get(options, "to")),
        .direction = direction_of(options),
        .latency = latency,
        .jitter = jitter,
        .loss = value_double(loss, 0),
        .cut = value_truth(value_get(options, "partition"),
                           latency == 0 && jitter == 0 && loss == NULL),
    };
    return ailment;
}

/* Only requests from clients with these labels. */
static void set_clients(struct blow *blow, struct ailment *ailment, const char *selector,
                        const char *space)
{
    struct cluster *cluster = blow->client->cluster;
    struct error error = { 0 };
    ailment->network.peers = PEER_CLIENTS;
    ailment->network.clients =
        selector_parse(cluster->run->texts, selector, (struct place){ 0 }, &error);
    ailment->network.clients_space = space != NULL ? cluster_text(cluster, space) : NULL;
    error_close(&error);
}

static void drop_clients(struct ailment *ailment)
{
    selector_drop(ailment->network.clients);
    text_drop(ailment->network.clients_space);
    ailment->network.clients = NULL;
    ailment->network.clients_space = NULL;
}

/* Requests from pods with these labels to the entry's own, and from the entry's own to them. */
static void part_from_pods(struct blow *blow, const char *others, const char *space)
{
    struct ailment ailment = ailment_of(blow->options);
    set_clients(blow, &ailment, others, space);
    patients_add_all(blow, ailment);
    drop_clients(&ailment);
    if (blow->targets != TARGET_NAMED)
        return;
    ailment.network.direction = turned(ailment.network.direction);
    set_clients(blow, &ailment, blow->target,
                value_text(value_get(blow->options, "namespace"), NULL));
    struct victims servers = victims_matching(blow, others, space);
    for (size_t i = 0; i < servers.count; i++)
        patients_add_pod(blow, servers.items[i], ailment);
    free(servers.items);
    drop_clients(&ailment);
}

static void network_fault_strike(struct blow *blow)
{
    const struct value *to = value_get(blow->options, "to");
    const char *others = value_text(value_get(to, "pods"), NULL);
    struct ailment ailment = ailment_of(blow->options);
    if (others != NULL)
        part_from_pods(blow, others, value_text(value_get(to, "namespace"), NULL));
    if (ailment.network.peers != 0)
        patients_add_all(blow, ailment);
    if (!value_is_null(to) || blow->targets != TARGET_NAMED || blow->options == NULL)
        return;
    set_clients(blow, &ailment, blow->target,
                value_text(value_get(blow->options, "namespace"), NULL));
    patients_add_clients(blow, ailment);
    drop_clients(&ailment);
}

static void network_fault_check(const struct value *options, struct error_list *faults)
{
    const struct value *to = value_get(options, "to");
    struct error error = { 0 };
    sim_time time;
    selector_check(options, "pods", faults);
    if (value_get(options, "latency") != NULL &&
        !shape_duration(value_get(options, "latency"), &time, &error)) {
        error_wrap(&error, "failure: latency");
        error_list_take(faults, &error);
    }
    if (value_is_null(to))
        return;
    selector_check(to, "pods", faults);
    if (peers_of(to) == 0 && value_get(to, "pods") == NULL)
        error_list_add(faults, to->at,
                       "to: names nobody (controlPlane, registry, clients: true, or pods)");
}

const struct failure network_fault = {
    .name = "network-fault",
    .targets = TARGET_AS_SAID,
    .check = network_fault_check,
    .strike = network_fault_strike,
    .mend = patients_heal,
};
