/* Experiments on nodes: instances of clouds, and physical machines.
 *
 * An instance is the node of this name, or the one whose spec.providerID ends with it
 * ("aws:///eu-west-1a/i-0123"). A machine's address names a node, or its InternalIP. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/node.h"
#include "models/chaos/acts_private.h"

#define USUAL_BOOT (30 * SIM_SECOND)
static const char boot_annotation[] = "seatrial.dev/boot-time";

static bool ends_with_part(const char *text, const char *part)
{
    const size_t length = strlen(text), end = strlen(part);
    return end > 0 && length > end && text[length - end - 1] == '/' &&
           strcmp(text + length - end, part) == 0;
}

static const struct node *node_of_instance(const struct client *client, const char *instance)
{
    for (struct cache_cursor all = client_list(client, KIND_NODE); cache_next(&all);) {
        const struct node *node = node_of(all.object);
        if (strcmp(name_of(node), instance) == 0 ||
            (node->provider_id != NULL && ends_with_part(text_s(node->provider_id), instance)))
            return node;
    }
    return NULL;
}

/* ---- instances ---- */

/* What Chaos Mesh calls such a target: its selector as JSON. */
struct value *instance_select(const struct object *experiment)
{
    static const char *const keys[] = {
        "endpoint",          "awsRegion", "ec2Instance", "volumeID",    "deviceName",
        "project",           "zone",      "instance",    "deviceNames", "subscriptionID",
        "resourceGroupName", "vmName",    "diskName",    "lun"
    };
    const struct value *spec = spec_of(experiment);
    struct value *selector = value_new_map(), *records = value_new_list();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (value_get(spec, keys[i]) != NULL)
            value_set(selector, keys[i], value_hold(value_get(spec, keys[i])));
    value_add(records,
              record_new_of(json_text(selector, (struct json_style){ .escape_html = true }), "."));
    value_drop(selector);
    return records;
}

static const char *instance_of(const struct value *spec)
{
    static const char *const keys[] = { "ec2Instance", "instance", "vmName" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (value_get(spec, keys[i]) != NULL)
            return value_text(value_get(spec, keys[i]), "");
    return "";
}

static sim_time boot_time(const struct object *experiment)
{
    const char *text = labels_get(meta_of(experiment)->annotations, boot_annotation);
    sim_time time = USUAL_BOOT;
    struct error error = { 0 };
    if (text != NULL)
        sim_time_parse(text, (struct place){ 0 }, &time, &error);
    error_close(&error); /* not a duration: the usual one */
    return time > 0 ? time : 0;
}

char *instance_apply(const struct act *act)
{
    const struct value *field;
    char *none = chaos_without_effect((enum kind)act->experiment->kind, act->spec, &field);
    if (none != NULL) {
        free(none);
        return NULL;
    }
    const struct node *node = node_of_instance(act->client, instance_of(act->spec));
    if (node == NULL)
        return mem_format("no instance \"%s\" (a node's name, or the end of its providerID)",
                          instance_of(act->spec));
    struct deed deed = act_deed(act);
    if (chaos_is_one_shot((enum kind)act->experiment->kind, act->spec))
        daemon_restart(act->daemon, deed, node->meta.object.name, boot_time(act->experiment));
    else
        daemon_take(act->daemon, deed, node->meta.object.name, false);
    free((char *)deed.id);
    return NULL;
}

/* ---- physical machines ---- */

static bool selects(const struct value *selector, const struct object *machine)
{
    const struct value *named = value_get(selector, "physicalMachines"),
                       *labels = value_get(selector, "labelSelectors");
    const struct value *names = value_get(named, namespace_of(machine));
    if (value_count(named) > 0) {
        for (size_t i = 0; i < value_count(names); i++)
            if (strcmp(value_text(names->items[i], ""), name_of(machine)) == 0)
                return true;
        return false;
    }
    for (size_t i = 0; i < value_count(labels); i++) {
        const char *present = labels_get(meta_of(machine)->labels, labels->entries[i].key);
        if (present == NULL || strcmp(present, value_text(labels->entries[i].value, "")) != 0)
            return false;
    }
    return list_allows(value_get(selector, "namespaces"), namespace_of(machine));
}

struct value *machine_select(struct client *client, const struct object *experiment, char **why)
{
    const struct value *spec = spec_of(experiment), *address = value_get(spec, "address");
    struct value *records = value_new_list();
    for (size_t i = 0; i < value_count(address); i++) {
        const char *text = value_text(address->items[i], "");
        value_add(records, record_new_of(mem_text(text, strlen(text)), "."));
    }
    if (records->count == 0) {
        char *entity =
            mem_format("PhysicalMachineChaos/%s/%s", namespace_of(experiment), name_of(experiment));
        for (struct cache_cursor all = client_list(client, KIND_PHYSICALMACHINE); cache_next(&all);)
            if (selects(value_get(spec, "selector"), all.object))
                value_add(records, record_new_of(mem_format("%s/%s", namespace_of(all.object),
                                                            name_of(all.object)),
                                                 "."));
        const size_t wanted = mode_count(client->cluster->run, spec, entity, records->count);
        while (records->count > wanted)
            value_cut(records, run_choose(client->cluster->run, "chaos-target", entity,
                                          records->count, (uint32_t)records->count));
        free(entity);
    }
    if (records->count > 0)
        return records;
    *why = mem_format("no physical machine is selected");
    value_drop(records);
    return NULL;
}

/* "http://10.0.0.7:31767" without all but the host. */
static char *host_of(const char *address)
{
    const char *start = strstr(address, "://");
    start = start != NULL ? start + 3 : address;
    return mem_text(start, strcspn(start, ":/"));
}

static bool has_address(const struct client *client, const struct object *node, const char *host)
{
    struct value *document = cluster_print(client->cluster, node);
    const struct value *list = value_path(document, "status", "addresses", NULL);
    bool found = false;
    for (size_t i = 0; i < value_count(list); i++)
        found |= text_is(list->items[i], "address", host);
    value_drop(document);
    return found;
}

/* The address of a record: as it stands there, or of the PhysicalMachine it names. */
static char *address_of(const struct act *act)
{
    const char *slash = strchr(act->id, '/');
    struct texts *texts = act->client->cluster->run->texts;
    if (slash == NULL || strstr(act->id, "://") != NULL)
        return host_of(act->id);
    struct object_key key = { KIND_PHYSICALMACHINE,
                              text_intern_length(texts, act->id, (size_t)(slash - act->id)),
                              text_intern(texts, slash + 1) };
    const struct object *machine = client_read(act->client, key);
    object_key_drop(key);
    return host_of(machine != NULL ? value_text(value_get(spec_of(machine), "address"), "") : "");
}

static const struct node *node_of_machine(const struct act *act, const char *host)
{
    for (struct cache_cursor all = client_list(act->client, KIND_NODE); cache_next(&all);)
        if (strcmp(name_of(all.object), host) == 0 || has_address(act->client, all.object, host))
            return node_of(all.object);
    return NULL;
}

char *machine_apply(const struct act *act)
{
    const struct value *field;
    char *none = chaos_without_effect(KIND_PHYSICALMACHINECHAOS, act->spec, &field);
    if (none != NULL) {
        free(none);
        return NULL;
    }
    char *host = address_of(act), *why = NULL;
    const struct node *node = node_of_machine(act, host);
    struct deed deed = act_deed(act);
    const struct value *block =
        value_get(act->spec, value_text(value_get(act->spec, "action"), ""));
    struct ailment ailment = ailment_none();
    if (node == NULL) {
        why = mem_format("no machine \"%s\" (a node's name or address)", host);
    } else if (text_is(act->spec, "action", "network-loss")) {
        ailment.network = (struct network_ailment){
            .peers = PEER_ALL,
            .direction = NETWORK_OUT,
            .loss = fmin(1, fmax(0, chaos_amount(value_get(block, "percent"), 0) / 100)),
        };
        daemon_ail(act->daemon, deed,
                   (struct object_key){ KIND_MACHINE, NULL, node->meta.object.name }, ailment);
    } else if (text_is(act->spec, "action", "network-delay")) {
        ailment.network = (struct network_ailment){ .peers = PEER_ALL, .direction = NETWORK_OUT };
        sim_time latency = 0, jitter = 0;
        chaos_duration(value_get(block, "latency"), &latency);
        chaos_duration(value_get(block, "jitter"), &jitter);
        ailment.network.latency = latency > 0 ? latency : 0;
        ailment.network.jitter = jitter > 0 ? jitter : 0;
        daemon_ail(act->daemon, deed,
                   (struct object_key){ KIND_MACHINE, NULL, node->meta.object.name }, ailment);
    } else {
        daemon_take(act->daemon, deed, node->meta.object.name, !text_is(act->spec, "action", "vm"));
    }
    free((char *)deed.id);
    free(host);
    return why;
}
