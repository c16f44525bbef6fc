/* Plays a stage table: one pending stage per object, started and withdrawn by watches.
 *
 * Follows KWOK's stage controllers (v0.8.0, pkg/kwok/controllers) in what a stage sees and
 * does. An object that changes while its stage waits keeps its place if the same stage still
 * applies. */
#include "models/kubelet/stages.h"

#include <assert.h>
#include <stdlib.h>

#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/cluster/cluster.h"
#include "models/kubelet/heartbeat.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

/* An object that waits for its stage. */
struct waiting {
    struct table_node by_key;
    struct stage_player *player;
    struct object_key key; /* held */
    struct uid uid;
    const struct stage *stage;
    event_id due;
    struct cause cause;
    struct waiting *previous, *next;
};

/* A node the player manages or has managed. */
struct staged_node {
    struct table_node by_name;
    struct staged_node *next; /* in order of appearance, for freeing */
    struct stage_player *player;
    struct heartbeat heartbeat;
    bool managed; /* as last seen; its heart follows in an event of its own */
    event_id due;
    struct cause cause;
};

struct stage_player {
    struct cluster *cluster;
    const struct stage_table *table;
    struct client client;
    struct pod_addresses addresses;
    struct table by_key;
    struct waiting *first;
    struct pool pool;
    struct table nodes_by_name;
    struct staged_node *nodes;
};

/* --- requirements ---------------------------------------------------------------------- */

static const char *node_field(const struct node *node, const char *field)
{
    if (strcmp(field, "status.ready") != 0)
        return NULL;
    const struct condition *ready = conditions_find(node->conditions, "Ready");
    return ready ? condition_status_name(ready->status) : NULL;
}

static const char *pod_field(const struct pod *pod, const char *field)
{
    static const char *const policies[] = { "Always", "OnFailure", "Never" };
    if (strcmp(field, "status.phase") == 0)
        return pod_phase_name(pod->phase);
    if (strcmp(field, "spec.nodeName") == 0)
        return pod->node_name ? pod->node_name->s : NULL;
    if (strcmp(field, "spec.restartPolicy") == 0)
        return policies[pod->spec->restart_policy];
    return NULL;
}

/* The value of a field, NULL when absent. */
static const char *field_of(const struct object *object, const char *field)
{
    const struct meta *meta = meta_of(object);
    if (strncmp(field, "labels:", 7) == 0)
        return labels_get(meta->labels, field + 7);
    if (strncmp(field, "annotations:", 12) == 0)
        return labels_get(meta->annotations, field + 12);
    if (strcmp(field, "metadata.deletionTimestamp") == 0)
        return meta->deleting ? "set" : NULL;
    return object->kind == KIND_POD ? pod_field(pod_of(object), field)
                                    : node_field(node_of(object), field);
}

static bool is_among(const char *value, const char *const *values)
{
    for (size_t i = 0; value != NULL && i < STAGE_VALUES && values[i] != NULL; i++)
        if (strcmp(value, values[i]) == 0)
            return true;
    return false;
}

static bool requirement_holds(const struct stage_requirement *requirement,
                              const struct object *object)
{
    const char *value = field_of(object, requirement->field);
    switch (requirement->operator) {
    case OPERATOR_IN:
        return is_among(value, requirement->values);
    case OPERATOR_NOT_IN:
        return !is_among(value, requirement->values);
    case OPERATOR_EXISTS:
        return value != NULL;
    case OPERATOR_DOES_NOT_EXIST:
        return value == NULL;
    default:
        assert(!"an operator that stages do not have");
        return false;
    }
}

bool stage_applies(const struct stage *stage, const struct object *object)
{
    if (stage->kind != (enum kind)object->kind)
        return false;
    for (size_t i = 0; i < STAGE_REQUIREMENTS && stage->when[i].field != NULL; i++)
        if (!requirement_holds(&stage->when[i], object))
            return false;
    return true;
}

/* --- what waits ------------------------------------------------------------------------ */

static struct waiting *waiting_find(const struct stage_player *player, struct object_key key)
{
    struct table_node *node = table_first(&player->by_key, object_key_hash(key));
    for (; node != NULL; node = table_again(node)) {
        struct waiting *waiting = (struct waiting *)node; /* by_key is its first member */
        if (object_key_equal(waiting->key, key))
            return waiting;
    }
    return NULL;
}

static void waiting_drop(struct waiting *waiting)
{
    struct stage_player *player = waiting->player;
    run_cancel(player->cluster->run, &waiting->due);
    table_remove(&player->by_key, &waiting->by_key);
    if (waiting->previous)
        waiting->previous->next = waiting->next;
    else
        player->first = waiting->next;
    if (waiting->next)
        waiting->next->previous = waiting->previous;
    object_key_drop(waiting->key);
    pool_give(&player->pool, waiting);
}

static struct waiting *waiting_new(struct stage_player *player, const struct object *object)
{
    struct waiting *waiting = pool_take(&player->pool);
    waiting->player = player;
    waiting->key = object_key_hold(object_key(object));
    waiting->uid = meta_of(object)->uid;
    waiting->next = player->first;
    if (player->first)
        player->first->previous = waiting;
    player->first = waiting;
    table_add(&player->by_key, &waiting->by_key, object_key_hash(waiting->key));
    return waiting;
}

/* Its time has come: change the object, or delete it. */
static void stage_play(void *subject, sim_time now)
{
    struct waiting *waiting = subject;
    struct stage_player *player = waiting->player;
    const struct stage *stage = waiting->stage;
    const struct uid uid = waiting->uid;
    const struct object_key key = object_key_hold(waiting->key);
    client_begin(&player->client, waiting->cause);
    waiting->due = 0;
    waiting_drop(waiting);
    struct error error = { 0 };
    struct stage_work work = { player->cluster->run->texts, &player->addresses, now };
    if (stage->next != NULL)
        client_patch(&player->client, key, stage->next, &work, &error);
    if (stage->remove)
        client_delete(&player->client, key,
                      (struct delete_options){ .grace_seconds = 0, .uid = &uid }, &error);
    error_close(&error); /* gone meanwhile: nothing left to do */
    object_key_drop(key);
}

static sim_time stage_delay(const struct stage *stage, const struct object *object)
{
    const char *text = NULL;
    if (stage->delay_annotation != NULL)
        text = labels_get(meta_of(object)->annotations, stage->delay_annotation);
    sim_time delay = stage->delay;
    struct error error = { 0 };
    if (text != NULL)
        sim_time_parse(text, (struct place){ 0 }, &delay, &error);
    error_close(&error); /* not a duration: the stage's own delay stands */
    return delay < 0 ? 0 : delay;
}

static bool is_managed(const struct stage_player *player, const struct text *node_name)
{
    const struct object *node =
        node_name ? client_get(&player->client, KIND_NODE, NULL, node_name) : NULL;
    return node != NULL && requirement_holds(&player->table->manages, node);
}

static const struct stage *stage_for(const struct stage_player *player, const struct object *object)
{
    const struct text *node = object->kind == KIND_POD ? pod_of(object)->node_name : object->name;
    if (!is_managed(player, node))
        return NULL;
    for (size_t i = 0; i < player->table->count; i++)
        if (stage_applies(&player->table->stages[i], object))
            return &player->table->stages[i];
    return NULL;
}

/* Let an object wait for the stage that applies to it now, if any. */
static void consider(struct stage_player *player, const struct object *object)
{
    struct run *run = player->cluster->run;
    const struct stage *stage = stage_for(player, object);
    struct waiting *waiting = waiting_find(player, object_key(object));
    if (waiting != NULL && waiting->stage == stage && waiting->uid.low == meta_of(object)->uid.low)
        return;
    if (waiting != NULL)
        waiting_drop(waiting);
    if (stage == NULL)
        return;
    waiting = waiting_new(player, object);
    waiting->stage = stage;
    waiting->cause = object->cause;
    waiting->due =
        run_at(run, run_now(run) + stage_delay(stage, object), PRIORITY_WORLD, stage_play, waiting);
}

/* --- nodes ----------------------------------------------------------------------------- */

static struct staged_node *node_find(const struct stage_player *player, const struct text *name)
{
    struct table_node *node = table_first(&player->nodes_by_name, name->hash);
    for (; node != NULL; node = table_again(node)) {
        struct staged_node *staged = (struct staged_node *)node; /* its first member */
        if (staged->heartbeat.node == name)
            return staged;
    }
    return NULL;
}

static struct staged_node *node_add(struct stage_player *player, const struct text *name)
{
    struct staged_node *node = mem_new(sizeof *node);
    node->player = player;
    heartbeat_init(&node->heartbeat, &player->client, name, player->table->lease_duration_seconds,
                   player->table->lease_period);
    node->next = player->nodes;
    player->nodes = node;
    table_add(&player->nodes_by_name, &node->by_name, name->hash);
    return node;
}

/* Start or stop a node's heart. */
static void node_turn(void *subject, sim_time now)
{
    (void)now;
    struct staged_node *node = subject;
    node->due = 0;
    client_begin(&node->player->client, node->cause);
    if (node->managed)
        heartbeat_begin(&node->heartbeat);
    else
        heartbeat_end(&node->heartbeat);
}

/* A node came under management, or left it, or went: so do the stages of its pods. */
static void node_changed(struct stage_player *player, const struct object *object, bool managed)
{
    struct run *run = player->cluster->run;
    struct staged_node *node = node_find(player, object->name);
    if (node == NULL && !managed)
        return;
    if (node == NULL)
        node = node_add(player, object->name);
    if (node->managed == managed)
        return;
    node->managed = managed;
    node->cause = object->cause;
    run_cancel(run, &node->due);
    node->due = run_at(run, run_now(run), PRIORITY_WORLD, node_turn, node);
    struct cache_cursor pods = client_list_on_node(&player->client, object->name);
    while (cache_next(&pods))
        consider(player, pods.object);
}

static void player_deliver(void *self, const struct watch_event *event)
{
    struct stage_player *player = self;
    const struct object *object = event->object;
    if (object->kind != KIND_POD && object->kind != KIND_NODE)
        return;
    const bool gone = event->type == WATCH_DELETED;
    if (object->kind == KIND_NODE)
        node_changed(player, object, !gone && is_managed(player, object->name));
    struct waiting *waiting = gone ? waiting_find(player, object_key(object)) : NULL;
    if (waiting != NULL)
        waiting_drop(waiting);
    if (!gone)
        consider(player, object);
}

struct stage_player *stage_player_new(struct cluster *cluster, const struct stage_table *table)
{
    struct stage_player *player = mem_new(sizeof *player);
    player->cluster = cluster;
    player->table = table;
    client_init(&player->client, cluster, "kubelet", 0, 0, player);
    table_init(&player->by_key);
    table_init(&player->nodes_by_name);
    pool_init(&player->pool, sizeof(struct waiting));
    cache_watch(player->client.cache, (struct watcher){ player, player_deliver });
    return player;
}

void stage_player_free(struct stage_player *player)
{
    while (player->first != NULL)
        waiting_drop(player->first);
    while (player->nodes != NULL) {
        struct staged_node *node = player->nodes;
        player->nodes = node->next;
        run_cancel(player->cluster->run, &node->due);
        heartbeat_close(&node->heartbeat);
        free(node);
    }
    table_close(&player->by_key);
    table_close(&player->nodes_by_name);
    pool_close(&player->pool);
    client_close(&player->client);
    free(player);
}

static void *stage_kubelet_start(struct cluster *cluster)
{
    return cluster->settings.stage_kubelet ? stage_player_new(cluster, &recorded_stages) : NULL;
}

static void stage_kubelet_stop(void *state)
{
    if (state != NULL)
        stage_player_free(state);
}

const struct component stage_kubelet = {
    .name = "stage-kubelet",
    .start = stage_kubelet_start,
    .stop = stage_kubelet_stop,
};
