/* Ailments of machines: lists that never change, and what they come to. */
#include "models/api/ailment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/api/kinds.h"
#include "models/api/kinds_private.h"
#include "sim/base/memory.h"

struct ailment ailment_none(void)
{
    return (struct ailment){ .slowness = 1, .disk.slowness = 1 };
}

/* --- lists ----------------------------------------------------------------------------- */

static struct ailments *list_new(size_t count)
{
    struct ailments *list = mem_new(sizeof *list + count * sizeof *list->items);
    list->refs = 1;
    return list;
}

static void list_add(struct ailments *list, const struct ailment *ailment)
{
    struct ailment *own = &list->items[list->count++];
    *own = *ailment;
    if (own->network.clients != NULL)
        selector_hold(own->network.clients);
    if (own->network.clients_space != NULL)
        text_hold(own->network.clients_space);
}

const struct ailments *ailments_with(const struct ailments *list, const struct ailment *more)
{
    const size_t count = list != NULL ? list->count : 0;
    struct ailments *with = list_new(count + 1);
    for (size_t i = 0; i < count; i++)
        list_add(with, &list->items[i]);
    list_add(with, more);
    return with;
}

const struct ailments *ailments_without(const struct ailments *list, uint64_t id)
{
    const size_t count = list != NULL ? list->count : 0;
    struct ailments *without = list_new(count);
    for (size_t i = 0; i < count; i++)
        if (list->items[i].id != id)
            list_add(without, &list->items[i]);
    if (without->count > 0)
        return without;
    free(without);
    return NULL;
}

const struct ailments *ailments_hold(const struct ailments *list)
{
    if (list != NULL)
        ((struct ailments *)list)->refs++;
    return list;
}

void ailments_drop(const struct ailments *list)
{
    if (list == NULL || --((struct ailments *)list)->refs > 0)
        return;
    for (size_t i = 0; i < list->count; i++) {
        selector_drop(list->items[i].network.clients);
        text_drop(list->items[i].network.clients_space);
    }
    free((struct ailments *)list);
}

/* --- what they come to ----------------------------------------------------------------- */

struct strain strain_none(void)
{
    return (struct strain){ .slowness = 1, .disk_slowness = 1 };
}

bool strain_equal(const struct strain *a, const struct strain *b)
{
    return a->slowness == b->slowness && a->disk_slowness == b->disk_slowness &&
           a->disk_errors == b->disk_errors && a->disk_lost == b->disk_lost &&
           a->crash == b->crash && a->never_ready == b->never_ready && a->cut == b->cut &&
           a->latency == b->latency && a->jitter == b->jitter && a->loss_out == b->loss_out &&
           a->loss_in == b->loss_in && a->resets == b->resets;
}

/* Lost by one or by the other, independently. */
static double either(double a, double b)
{
    return 1 - (1 - a) * (1 - b);
}

static bool is_met(const struct network_ailment *network, enum machine_peer peer,
                   const struct client_labels *who)
{
    if ((network->peers & (int)peer) == 0)
        return false;
    if (peer != PEER_CLIENTS || network->clients == NULL)
        return true;
    return who != NULL && who->labels != NULL &&
           (network->clients_space == NULL || network->clients_space == who->space) &&
           selector_matches(network->clients, labels_lookup, who->labels);
}

static void add_network(struct strain *sum, const struct network_ailment *network)
{
    const int ways =
        ((network->direction & NETWORK_OUT) != 0) + ((network->direction & NETWORK_IN) != 0);
    sum->resets = either(sum->resets, network->resets);
    sum->cut |= network->cut || (network->loss >= 1 && ways > 0);
    sum->latency = sim_time_after(sum->latency, ways * network->latency);
    sum->jitter = sim_time_after(sum->jitter, ways * network->jitter);
    if (network->direction & NETWORK_OUT)
        sum->loss_out = either(sum->loss_out, network->loss);
    if (network->direction & NETWORK_IN)
        sum->loss_in = either(sum->loss_in, network->loss);
}

struct strain ailments_strain(const struct ailments *list, struct uid pod, enum machine_peer peer,
                              const struct client_labels *who)
{
    const struct uid nobody = { 0 };
    struct strain sum = strain_none();
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct ailment *ailment = &list->items[i];
        const bool of_node = uid_equal(ailment->pod, nobody);
        if (!of_node && !uid_equal(ailment->pod, pod))
            continue;
        const bool was_cut = sum.cut;
        const bool met = is_met(&ailment->network, peer, who) && !(of_node && peer == PEER_KUBELET);
        sum.slowness *= ailment->slowness;
        sum.disk_slowness *= ailment->disk.slowness;
        sum.disk_lost |= ailment->disk.lost;
        sum.crash |= ailment->crash;
        sum.never_ready |= ailment->never_ready;
        sum.disk_errors = either(sum.disk_errors, ailment->disk.lost ? 1 : ailment->disk.errors);
        if (met)
            add_network(&sum, &ailment->network);
        if (was_cut ? met && ailment->network.cut : met || ailment->slowness > 1)
            sum.cause = ailment->cause;
    }
    return sum;
}

struct strain strain_join(struct strain server, struct strain client)
{
    if (client.cut || (!server.cut && client.cause.id > server.cause.id))
        server.cause = client.cause;
    server.cut |= client.cut;
    server.latency = sim_time_after(server.latency, client.latency);
    server.jitter = sim_time_after(server.jitter, client.jitter);
    server.loss_out = either(server.loss_out, client.loss_in); /* what one sends, the other gets */
    server.loss_in = either(server.loss_in, client.loss_out);
    server.resets = either(server.resets, client.resets);
    return server;
}

sim_time strained(sim_time time, double slowness)
{
    if (slowness == 1 || time == SIM_FOREVER)
        return time;
    const double longer = round((double)time * slowness);
    return longer < (double)SIM_FOREVER ? (sim_time)longer : SIM_FOREVER;
}

/* --- documents ------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int bit;
} peer_names[] = {
    { "controlPlane", PEER_CONTROL_PLANE },
    { "registry", PEER_REGISTRY },
    { "clients", PEER_CLIENTS },
    { "kubelet", PEER_KUBELET },
};
static const char *const direction_names[] = { "none", "out", "in", "both" };

static void put_number(struct value *map, const char *key, double number)
{
    char text[40];
    int digits = 1; /* as few as read back as the same */
    do
        snprintf(text, sizeof text, "%.*g", digits, number);
    while (strtod(text, NULL) != number && ++digits <= 17);
    value_set(map, key, value_new_number(text));
}

static void put_time(struct value *map, const char *key, sim_time time)
{
    char text[SIM_TIME_TEXT];
    value_set(map, key, value_new_string(sim_time_print(time, text)));
}

static struct value *network_print(const struct network_ailment *network)
{
    struct value *map = value_new_map(), *peers = value_new_list();
    for (size_t i = 0; i < sizeof peer_names / sizeof *peer_names; i++)
        if (network->peers & peer_names[i].bit)
            value_add(peers, value_new_string(peer_names[i].name));
    value_set(map, "peers", peers);
    value_set(map, "direction", value_new_string(direction_names[network->direction & 3]));
    put_time(map, "latency", network->latency);
    put_time(map, "jitter", network->jitter);
    put_number(map, "loss", network->loss);
    value_set(map, "cut", value_new_bool(network->cut));
    if (network->resets > 0)
        put_number(map, "resets", network->resets);
    if (network->clients != NULL) {
        char *text = selector_print(network->clients);
        value_set(map, "clients", value_new_string(text));
        free(text);
    }
    if (network->clients_space != NULL)
        value_set(map, "clientsNamespace", value_new_string(text_s(network->clients_space)));
    return map;
}

static struct value *ailment_print(const struct ailment *ailment)
{
    struct value *map = value_new_map(), *disk = value_new_map();
    char uid[UID_TEXT];
    value_set(map, "id", value_new_int((int64_t)ailment->id));
    if (!uid_equal(ailment->pod, (struct uid){ 0 }))
        value_set(map, "pod", value_new_string(uid_print(ailment->pod, uid)));
    put_number(map, "slowness", ailment->slowness);
    if (ailment->crash)
        value_set(map, "crash", value_new_bool(true));
    if (ailment->never_ready)
        value_set(map, "neverReady", value_new_bool(true));
    if (ailment->network.peers != 0)
        value_set(map, "network", network_print(&ailment->network));
    put_number(disk, "slowness", ailment->disk.slowness);
    put_number(disk, "errors", ailment->disk.errors);
    value_set(disk, "lost", value_new_bool(ailment->disk.lost));
    value_set(map, "disk", disk);
    if (ailment->memory > 0 || ailment->cores > 0) {
        struct value *stress = value_new_map();
        value_set(stress, "container", value_new_int(ailment->container));
        value_set(stress, "memory", value_new_int(ailment->memory));
        put_number(stress, "cores", ailment->cores);
        value_set(map, "stress", stress);
    }
    return map;
}

struct value *ailments_print(const struct ailments *list)
{
    struct value *all = value_new_list();
    for (size_t i = 0; list != NULL && i < list->count; i++)
        value_add(all, ailment_print(&list->items[i]));
    return all;
}

static sim_time time_from(const struct value *from)
{
    sim_time time = 0;
    struct error error = { 0 };
    if (from != NULL && from->type == VALUE_STRING)
        sim_time_parse(value_text(from, ""), from->at, &time, &error);
    error_close(&error); /* not a duration: none */
    return time < 0 ? 0 : time;
}

static double share_from(const struct value *from)
{
    const double share = value_double(from, 0);
    return share > 0 ? share < 1 ? share : 1 : 0;
}

static double factor_from(const struct value *from)
{
    const double factor = value_double(from, 1);
    return factor > 1 && isfinite(factor) ? factor : 1;
}

static void network_load(const struct codec *codec, const struct value *from,
                         struct network_ailment *network)
{
    const struct value *peers = value_get(from, "peers"), *clients = value_get(from, "clients");
    const char *direction = value_text(value_get(from, "direction"), "both");
    struct error error = { 0 };
    for (size_t i = 0; peers != NULL && peers->type == VALUE_LIST && i < peers->count; i++)
        for (size_t k = 0; k < sizeof peer_names / sizeof *peer_names; k++)
            if (strcmp(value_text(peers->items[i], ""), peer_names[k].name) == 0)
                network->peers |= peer_names[k].bit;
    for (int i = 0; i < 4; i++)
        if (strcmp(direction, direction_names[i]) == 0)
            network->direction = i;
    network->latency = time_from(value_get(from, "latency"));
    network->jitter = time_from(value_get(from, "jitter"));
    network->loss = share_from(value_get(from, "loss"));
    network->cut = value_truth(value_get(from, "cut"), false);
    network->resets = share_from(value_get(from, "resets"));
    if (clients != NULL)
        network->clients =
            selector_parse(codec->texts, value_text(clients, ""), clients->at, &error);
    error_close(&error); /* no selector: whoever they are */
    network->clients_space = intern_value(codec, value_get(from, "clientsNamespace"));
}

static struct ailment ailment_load(const struct codec *codec, const struct value *from)
{
    struct ailment ailment = ailment_none();
    const struct value *disk = value_get(from, "disk");
    ailment.id = (uint64_t)value_int(value_get(from, "id"), 0);
    uid_parse(value_text(value_get(from, "pod"), ""), &ailment.pod);
    ailment.slowness = factor_from(value_get(from, "slowness"));
    ailment.crash = value_truth(value_get(from, "crash"), false);
    ailment.never_ready = value_truth(value_get(from, "neverReady"), false);
    ailment.disk.slowness = factor_from(value_get(disk, "slowness"));
    ailment.disk.errors = share_from(value_get(disk, "errors"));
    ailment.disk.lost = value_truth(value_get(disk, "lost"), false);
    network_load(codec, value_get(from, "network"), &ailment.network);
    const struct value *stress = value_get(from, "stress");
    const int64_t memory = value_int(value_get(stress, "memory"), 0);
    const double cores = value_double(value_get(stress, "cores"), 0);
    ailment.container = (int32_t)value_int(value_get(stress, "container"), 0);
    ailment.memory = memory > 0 ? memory : 0;
    ailment.cores = cores > 0 && isfinite(cores) ? cores : 0;
    return ailment;
}

const struct ailments *ailments_load(const struct codec *codec, const struct value *from)
{
    if (from == NULL || from->type != VALUE_LIST || from->count == 0)
        return NULL;
    struct ailments *list = list_new(from->count);
    for (size_t i = 0; i < from->count; i++) {
        const struct ailment ailment = ailment_load(codec, from->items[i]);
        list_add(list, &ailment);
        selector_drop(ailment.network.clients);
        text_drop(ailment.network.clients_space);
    }
    return list;
}
