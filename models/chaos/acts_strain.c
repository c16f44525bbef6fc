/* Experiments on the network, the requests, the files and the resources of a pod: ailments of its
 * machine that are the pod's (models/api/ailment.h).
 *
 * What is simulated of a network is requests of clients to Services, probes, and heartbeats of nodes. An
 * answer is one packet, and so is a request. Directions are those of the pods that the selector means:
 * `to` is what they send. As in Chaos Mesh, tc works on what goes out only, so that delays and losses
 * `from` somewhere are put where they are sent, at the targets; without targets they do nothing. */
#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "models/chaos/acts_private.h"
#include "models/failures/machines.h"

static void ail(const struct act *act, const struct pod *pod, struct ailment ailment)
{
    const struct object_key machine = { KIND_MACHINE, NULL, pod->node_name };
    struct deed deed = act_deed(act);
    ailment.pod = pod->meta.uid;
    daemon_ail(act->daemon, deed, machine, ailment);
    free((char *)deed.id);
}

/* A delay of the document; a negative one is none. */
static void read_delay(const struct value *text, sim_time *delay)
{
    if (!chaos_duration(text, delay) || *delay < 0)
        *delay = 0;
}

static double share(const struct value *percent, double otherwise)
{
    return chaos_amount(percent, otherwise) / 100;
}

/* ---- NetworkChaos ---- */

/* netem's parameters: `netem` may combine several. */
static bool read_netem(const struct value *spec, struct network_ailment *network)
{
    const struct value *delay = value_get(spec, "delay"), *loss = value_get(spec, "loss"),
                       *corrupt = value_get(spec, "corrupt");
    read_delay(value_get(delay, "latency"), &network->latency);
    read_delay(value_get(delay, "jitter"), &network->jitter);
    /* A corrupt packet is dropped by the checksum of whoever gets it. */
    network->loss =
        1 - (1 - share(value_get(loss, "loss"), 0)) * (1 - share(value_get(corrupt, "corrupt"), 0));
    return delay != NULL || loss != NULL || corrupt != NULL ||
           value_get(spec, "duplicate") != NULL || value_get(spec, "bandwidth") != NULL ||
           value_get(spec, "rate") != NULL;
}

/* Which packets of a pod with this record are meant. What a target gets is delayed where it is sent, at the
 * others; without targets nothing is, as tc works on what goes out. */
static int direction_of(const struct act *act, bool both_ways)
{
    const char *direction = value_text(value_get(act->spec, "direction"), "to");
    const bool is_target = strcmp(act->key, ".Target") == 0;
    const bool both = strcmp(direction, "both") == 0;
    const bool to = both || strcmp(direction, "from") != 0, from = both || !to;
    const bool out = is_target ? from : to, in = is_target ? to : from;
    return (out ? NETWORK_OUT : 0) | (in && both_ways ? NETWORK_IN : 0);
}

/* The pods that a selector means, by their labels; NULL: it is not by labels. */
static const struct selector *selector_of(const struct act *act, const struct value *holder)
{
    const struct value *selector = value_get(holder, "selector");
    struct error error = { 0 };
    struct value *both = value_new_map();
    if (value_get(selector, "labelSelectors") != NULL)
        value_set(both, "matchLabels", value_hold(value_get(selector, "labelSelectors")));
    if (value_get(selector, "expressionSelectors") != NULL)
        value_set(both, "matchExpressions", value_hold(value_get(selector, "expressionSelectors")));
    const struct selector *read =
        both->count > 0 ? selector_load(act->client->cluster->run->texts, both, &error) : NULL;
    error_close(&error);
    value_drop(both);
    return read;
}

/* The labels by which the other side is known among the clients. */
static const struct selector *other_side(const struct act *act)
{
    const bool is_target = strcmp(act->key, ".Target") == 0;
    return selector_of(act, is_target ? act->spec : value_get(act->spec, "target"));
}

/* The selected pods ask others, too: their requests suffer, wherever they go. Requests tell whose they are by
 * labels, so that this is for experiments on all pods of some labels; it is the first record's. */
static void ail_clients(const struct act *act, struct ailment ailment)
{
    const struct value *first = value_at(act->records, 0);
    const struct selector *selected =
        text_is(act->spec, "mode", "all") && text_is(first, "id", act->id)
            ? selector_of(act, act->spec)
            : NULL;
    if (selected == NULL || ailment.network.direction == 0)
        return;
    const struct object_key machine = machine_of_clients(act->client->cluster);
    struct deed deed = act_deed(act);
    ailment.network.peers = PEER_CLIENTS;
    ailment.network.clients = selected;
    daemon_ail(act->daemon, deed, machine, ailment);
    object_key_drop(machine);
    selector_drop(selected);
    free((char *)deed.id);
}

char *network_apply(const struct act *act)
{
    char *why = NULL;
    const struct pod *pod = act_running_pod(act, &why);
    const bool partition = text_is(act->spec, "action", "partition");
    const bool has_target = value_get(act->spec, "target") != NULL;
    struct ailment ailment = ailment_none();
    if (pod == NULL)
        return why;
    ailment.network.direction = direction_of(act, partition || has_target);
    ailment.network.cut = partition;
    if (!partition && !read_netem(act->spec, &ailment.network))
        return mem_format("spec.%s is missing", value_text(value_get(act->spec, "action"), ""));
    const bool external = value_count(value_get(act->spec, "externalTargets")) > 0;
    ailment.network.peers = PEER_CLIENTS | PEER_KUBELET;
    if (has_target) {
        ailment.network.peers = PEER_CLIENTS;
        ailment.network.clients = other_side(act);
    }
    if (ailment.network.direction != 0 && (!has_target || ailment.network.clients != NULL) &&
        !(external && !has_target))
        ail(act, pod, ailment);
    if (ailment.network.clients != NULL)
        selector_drop(ailment.network.clients);
    if (!has_target && !external)
        ail_clients(act, ailment);
    return NULL;
}

/* ---- HTTPChaos ---- */

char *http_apply(const struct act *act)
{
    char *why = NULL;
    const struct pod *pod = act_running_pod(act, &why);
    struct ailment ailment = ailment_none();
    if (pod == NULL)
        return why;
    ailment.network.peers = PEER_CLIENTS | PEER_KUBELET;
    ailment.network.direction = NETWORK_OUT;
    read_delay(value_get(act->spec, "delay"), &ailment.network.latency);
    if (value_truth(value_get(act->spec, "abort"), false))
        ailment.network.resets = 1;
    if (ailment.network.resets > 0 || ailment.network.latency > 0)
        ail(act, pod, ailment);
    return NULL;
}

/* ---- IOChaos ---- */

/* A request, and a probe, is one call of the injected methods: it is late in the mean by the share of
 * calls that are, or goes wrong with the probability that the call does. */
char *io_apply(const struct act *act)
{
    char *why = NULL;
    const struct pod *pod = act_running_pod(act, &why);
    const double percent = share(value_get(act->spec, "percent"), 100);
    struct ailment ailment = ailment_none();
    sim_time delay = 0;
    if (pod == NULL)
        return why;
    ailment.network.peers = PEER_CLIENTS | PEER_KUBELET;
    ailment.network.direction = NETWORK_OUT;
    if (text_is(act->spec, "action", "latency"))
        read_delay(value_get(act->spec, "delay"), &delay);
    ailment.network.latency = (sim_time)((double)delay * percent);
    if (text_is(act->spec, "action", "fault"))
        ailment.network.resets = percent;
    if (ailment.network.resets > 0 || ailment.network.latency > 0)
        ail(act, pod, ailment);
    return NULL;
}

/* ---- StressChaos ---- */

/* Of which a share is meant by "50%": the container's limit, or what its node has. */
static double memory_of(const struct act *act, const struct pod *pod, int container)
{
    const int64_t limit = pod->spec->containers[container].limits.memory_bytes;
    const struct object *node = client_get(act->client, KIND_NODE, NULL, pod->node_name);
    if (limit > 0)
        return (double)limit;
    const struct node_resources *all = node != NULL ? node_of(node)->capacity : NULL;
    return all != NULL ? (double)all->resources.memory_bytes : 0;
}

char *stress_apply(const struct act *act)
{
    char *why = NULL;
    const struct pod *pod = act_running_pod(act, &why);
    const struct value *stressors = value_get(act->spec, "stressors");
    const struct value *memory = value_get(stressors, "memory"), *cpu = value_get(stressors, "cpu");
    struct ailment ailment = ailment_none();
    double bytes = 0;
    if (pod == NULL)
        return why;
    ailment.container = act_container(act, pod);
    if (ailment.container < 0)
        return mem_format("container is not running");
    if (memory != NULL)
        chaos_bytes(value_text(value_get(memory, "size"), "100%"),
                    memory_of(act, pod, ailment.container), &bytes);
    ailment.memory = bytes < 1e18 ? (int64_t)bytes : INT64_MAX / 8;
    if (cpu != NULL)
        ailment.cores =
            (double)value_int(value_get(cpu, "workers"), 0) * share(value_get(cpu, "load"), 100);
    const int64_t limit = pod->spec->containers[ailment.container].cpu_milli_limit;
    if (limit > 0 && ailment.cores > (double)limit / 1000)
        ailment.cores = (double)limit / 1000;
    if (ailment.memory > 0 || ailment.cores > 0)
        ail(act, pod, ailment);
    return NULL;
}
