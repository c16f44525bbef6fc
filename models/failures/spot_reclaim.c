/* A spot node is taken back, with notice.
 *
 * At the notice a termination handler (`handler: drain`, as clouds' own do) cordons the node, taints it
 * and evicts its pods, again every 5 s those that a budget keeps, but not those of DaemonSets;
 * `handler: none` does nothing. After `notice` (120 s) the machine is gone, and its Node with it, as the
 * cloud's node controller sees to. `lasts` later there is a new one: of the same name, labels and
 * size, with an empty disk.
 *
 * Follows aws-node-termination-handler: its taint and its cordon; evictions as kubectl drain's. */
#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "models/cluster/shape.h"
#include "models/failures/patients.h"
#include "sim/base/memory.h"

#define USUAL_NOTICE (120 * SIM_SECOND)
#define TRY_AGAIN    (5 * SIM_SECOND)

static const char taint_key[] = "aws-node-termination-handler/spot-itn";

/* Of one reclaim. */
struct reclaim {
    sim_time gone_at;
    bool gone;
    uint64_t disk;       /* the ailment that empties it */
    struct object *node; /* held: as it will be made anew; NULL: there was none, or it is made */
};

static sim_time notice_of(const struct value *options)
{
    const struct value *notice = value_get(options, "notice");
    sim_time time = USUAL_NOTICE;
    if (notice != NULL)
        shape_duration(notice, &time, NULL);
    return time;
}

static struct object_key key_of(const struct blow *blow, enum kind kind)
{
    return (struct object_key){ kind, NULL, cluster_text(blow->client->cluster, blow->target) };
}

/* --- the handler ----------------------------------------------------------------------- */

static bool drains(const struct blow *blow)
{
    return strcmp(value_text(value_get(blow->options, "handler"), "drain"), "drain") == 0;
}

static bool cordon(struct object *object, void *context)
{
    struct blow *blow = context;
    struct node *node = (struct node *)object;
    const struct taint taint = { .key = cluster_text(blow->client->cluster, taint_key), /* kept */
                                 .effect = NO_SCHEDULE };
    const struct taints *before = node->taints;
    node->unschedulable = true;
    node->taints = taints_with(before, taint);
    taints_drop(before);
    return true;
}

static bool is_left(const struct pod *pod)
{
    const struct owner *controller = meta_controller(&pod->meta);
    return pod->meta.deleting || pod_is_terminal(pod) ||
           (controller != NULL && strcmp(text_s(controller->kind), "DaemonSet") == 0);
}

/* It is called off. */
static bool uncordon(struct object *object, void *context)
{
    struct node *node = (struct node *)object;
    const struct taints *before = node->taints;
    (void)context;
    if (taints_find(before, taint_key, NO_SCHEDULE) == NULL)
        return false;
    node->unschedulable = false;
    node->taints = taints_without(before, taint_key, NO_SCHEDULE);
    taints_drop(before);
    return true;
}

/* Evict what is there; true when nothing is left that could be. Not while the API server is away. */
static bool evict_all(struct blow *blow)
{
    const struct object_key node = key_of(blow, KIND_NODE);
    struct cache_cursor pods = client_list_on_node(blow->client, node.name);
    struct object_key *keys = NULL;
    size_t count = 0, capacity = 0;
    bool all = !blow->client->cluster->api_server.away;
    while (all && cache_next(&pods)) {
        if (is_left(pod_of(pods.object)))
            continue;
        MEM_GROW(keys, count, capacity);
        keys[count++] = object_key_hold(object_key(pods.object));
    }
    for (size_t i = 0; i < count; i++) {
        struct error error = { 0 };
        all &= client_evict(blow->client, keys[i], -1, &error) == REPLY_OK;
        error_close(&error);
        object_key_drop(keys[i]);
    }
    free(keys);
    object_key_drop(node);
    return all;
}

/* --- the machine ----------------------------------------------------------------------- */

static bool is_the_users(const struct value *taint)
{
    const char *key = value_text(value_get(taint, "key"), "");
    return strncmp(key, "node.kubernetes.io/", 19) != 0 && strcmp(key, taint_key) != 0;
}

/* What is copied of a map of the old Node. */
static void copy(struct value **into, const struct value *tree, const char *map, const char *key)
{
    const struct value *value = value_get(value_get(tree, map), key);
    if (value != NULL)
        value_put(into, (struct value *)value_hold(value), map, key, NULL);
}

/* The Node of the machine that will take its place. */
static struct object *node_anew(struct blow *blow, const struct object *object)
{
    struct cluster *cluster = blow->client->cluster;
    struct value *old = cluster_print(cluster, object), *new = value_new_map();
    const struct value *taints = value_get(value_get(old, "spec"), "taints");
    struct value *kept = value_new_list();
    value_set(new, "apiVersion", value_new_string("v1"));
    value_set(new, "kind", value_new_string("Node"));
    copy(&new, old, "metadata", "name");
    copy(&new, old, "metadata", "labels");
    copy(&new, old, "status", "capacity");
    copy(&new, old, "status", "allocatable");
    for (size_t i = 0; taints != NULL && i < taints->count; i++)
        if (is_the_users(taints->items[i]))
            value_add(kept, (struct value *)value_hold(taints->items[i]));
    value_put(&new, kept, "spec", "taints", NULL);
    struct object *node = kind_infos[KIND_NODE].load(&cluster->codec, new);
    value_drop(old);
    value_drop(new);
    return node;
}

static void take_machine(struct blow *blow, struct reclaim *reclaim)
{
    const struct object_key machine = key_of(blow, KIND_MACHINE), node = key_of(blow, KIND_NODE);
    struct ailment disk = ailment_none();
    struct error error = { 0 };
    disk.disk.lost = true;
    reclaim->gone = true;
    machine_take(blow, machine, false);
    reclaim->disk = machine_ail(blow, machine, disk);
    client_delete(blow->client, node, delete_options_default(), &error);
    error_close(&error);
    object_key_drop(machine);
    object_key_drop(node);
}

static void spot_reclaim_strike(struct blow *blow)
{
    const sim_time now = run_now(blow->client->cluster->run);
    const struct object_key key = key_of(blow, KIND_NODE);
    const struct object *node = client_get(blow->client, KIND_NODE, NULL, key.name);
    struct reclaim *reclaim = mem_new(sizeof *reclaim);
    reclaim->gone_at = sim_time_after(now, notice_of(blow->options));
    blow->memory = reclaim;
    if (node != NULL)
        reclaim->node = node_anew(blow, node);
    if (drains(blow))
        client_patch(blow->client, key, cordon, blow, NULL);
    object_key_drop(key);
}

static sim_time spot_reclaim_next(struct blow *blow, sim_time now)
{
    struct reclaim *reclaim = blow->memory;
    if (now >= reclaim->gone_at) {
        take_machine(blow, reclaim);
        return SIM_FOREVER;
    }
    if (!drains(blow) || evict_all(blow) || reclaim->gone_at - now < TRY_AGAIN)
        return reclaim->gone_at;
    return now + TRY_AGAIN;
}

static void spot_reclaim_mend(struct blow *blow)
{
    struct reclaim *reclaim = blow->memory;
    const struct object_key machine = key_of(blow, KIND_MACHINE);
    struct error error = { 0 };
    if (reclaim->gone) {
        machine_heal(blow, machine, reclaim->disk);
        machine_give(blow, machine, false);
        if (reclaim->node != NULL)
            client_create(blow->client, reclaim->node, NULL, &error);
        reclaim->node = NULL;
    } else if (drains(blow)) {
        const struct object_key node = key_of(blow, KIND_NODE);
        client_patch(blow->client, node, uncordon, NULL, &error);
        object_key_drop(node);
    }
    error_close(&error); /* somebody has made one meanwhile: just as well */
    object_drop(reclaim->node);
    object_key_drop(machine);
}

static void spot_reclaim_check(const struct value *options, struct error_list *faults)
{
    const struct value *handler = value_get(options, "handler");
    const char *text = value_text(handler, "drain");
    if (strcmp(text, "drain") != 0 && strcmp(text, "none") != 0)
        error_list_add(faults, handler->at, "handler: \"%s\" is neither drain nor none", text);
}

const struct failure spot_reclaim = {
    .name = "spot-reclaim",
    .targets = TARGET_NODES,
    .check = spot_reclaim_check,
    .strike = spot_reclaim_strike,
    .next = spot_reclaim_next,
    .notice = notice_of,
    .mend = spot_reclaim_mend,
};
