/* Plays stages: one that waits for each object, drawn anew whenever the object changes.
 *
 * Follows KWOK's pkg/kwok/controllers (pod_controller.go, node_controller.go): a new version of an object
 * is matched afresh and its delay begins again; what stands in the way of a write leaves the object as it
 * is until its next change. */
#include "models/kubelet/kwok.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kwok_stage.h"
#include "models/api/machine.h"
#include "models/api/yaml.h"
#include "models/cluster/patch_request.h"
#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"

/* An object that a stage waits for, or has played with: its stream goes on from stage to stage. */
struct played {
    struct table_node by_key;
    struct kwok *kwok;
    struct played *previous, *next;
    struct object_key key; /* held */
    struct uid uid;
    uint64_t version; /* that was matched */
    const struct kwok_stage *stage;
    struct stream luck;
    struct cause cause;
    event_id due;
};

struct kwok {
    struct cluster *cluster;
    struct client client;
    struct pod_addresses own_addresses; /* where no kubelet gives any */
    struct table by_key;
    struct played *first;
    struct pool pool;
    struct kwok_stage **stages[2]; /* of Pods, of Nodes; owned */
    size_t counts[2], capacities[2];
    bool has_fakes; /* some node says that it is fake */
    event_id reload;
    struct cause cause; /* of the reload */
    const struct text **texts;
    size_t text_count, text_capacity; /* words of events, kept for the recorder */
};

static int row_of(unsigned kind)
{
    return kind == KIND_POD ? 0 : 1;
}

/* ---- what is waited for ---- */

static struct played *played_find(const struct kwok *kwok, struct object_key key)
{
    struct table_node *node = table_first(&kwok->by_key, object_key_hash(key));
    for (; node != NULL; node = table_again(node)) {
        struct played *played = (struct played *)node; /* by_key is its first member */
        if (object_key_equal(played->key, key))
            return played;
    }
    return NULL;
}

static void played_drop(struct played *played)
{
    struct kwok *kwok = played->kwok;
    run_cancel(kwok->cluster->run, &played->due);
    table_remove(&kwok->by_key, &played->by_key);
    *(played->previous != NULL ? &played->previous->next : &kwok->first) = played->next;
    if (played->next != NULL)
        played->next->previous = played->previous;
    object_key_drop(played->key);
    pool_give(&kwok->pool, played);
}

static struct played *played_new(struct kwok *kwok, const struct object *object)
{
    struct played *played = pool_take(&kwok->pool);
    char *entity = mem_format("%s/%s/%s", kind_infos[object->kind].name, text_s(object->space),
                              text_s(object->name));
    played->kwok = kwok;
    played->key = object_key_hold(object_key(object));
    played->uid = meta_of(object)->uid;
    played->luck = run_stream(kwok->cluster->run, kwok->cluster->id, entity, "stage", 0);
    played->next = kwok->first;
    if (kwok->first != NULL)
        kwok->first->previous = played;
    kwok->first = played;
    table_add(&kwok->by_key, &played->by_key, object_key_hash(played->key));
    free(entity);
    return played;
}

/* ---- whom stages play with ---- */

static bool is_fake(const struct object *node)
{
    static const char key[] = "kwok.x-k8s.io/node";
    const char *annotation = labels_get(meta_of(node)->annotations, key);
    const char *label = labels_get(meta_of(node)->labels, key);
    return (annotation != NULL && strcmp(annotation, "fake") == 0) ||
           (label != NULL && strcmp(label, "fake") == 0);
}

static bool has_stages(const struct kwok *kwok, enum kind kind)
{
    struct cache_cursor stages = client_list(&kwok->client, KIND_STAGE);
    while (cache_next(&stages))
        if (kwok_stage_is_of(meta_of(stages.object)->document, kind_infos[kind].name))
            return true;
    return false;
}

static bool plays(void *context, enum kind kind, const struct text *node_name)
{
    const struct kwok *kwok = context;
    if (node_name == NULL || !has_stages(kwok, kind))
        return false;
    const struct object *node = client_get(&kwok->client, KIND_NODE, NULL, node_name);
    return node != NULL && (!kwok->has_fakes || is_fake(node));
}

/* Of a node whose machine is down or cut off nothing is heard. */
static bool is_reached(const struct kwok *kwok, const struct text *node)
{
    const struct object *object = client_get(&kwok->client, KIND_MACHINE, NULL, node);
    const struct machine *machine = (const struct machine *)object;
    return machine == NULL || (machine->powered && machine->connected);
}

static bool is_ours(const struct kwok *kwok, const struct object *object)
{
    const bool is_pod = object->kind == KIND_POD;
    const struct text *node = is_pod ? pod_of(object)->node_name : object->name;
    const struct kubelet *kubelet = cluster_component(kwok->cluster, "kubelet");
    if (!plays((void *)kwok, object->kind, node) || !is_reached(kwok, node))
        return false;
    return !is_pod || kubelet == NULL ||
           pod_worker_find(kubelet, meta_of(object)->uid) == NULL; /* it began before the stages */
}

/* ---- functions of templates ---- */

struct work {
    struct kwok *kwok;
    const struct object *object;
};

static struct value *address_text(uint32_t address)
{
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &(struct in_addr){ htonl(address) }, text, sizeof text);
    return value_new_string(text);
}

/* The InternalIP that a Node says; otherwise that of KWOK's controller. */
static struct value *node_address(const struct kwok *kwok, const char *name)
{
    const struct text *text = text_find(kwok->cluster->run->texts, name);
    const struct object *node =
        text != NULL ? client_get(&kwok->client, KIND_NODE, NULL, text) : NULL;
    const struct value *list =
        node != NULL ? value_path(meta_of(node)->document, "status", "addresses", NULL) : NULL;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (strcmp(value_text(value_get(list->items[i], "type"), ""), "InternalIP") == 0)
            return value_hold(value_get(list->items[i], "address"));
    return value_new_string("10.255.255.254");
}

/* Asked for again, a pod keeps its address. */
static struct value *pod_address(const struct work *work, struct value *const *arguments,
                                 size_t count)
{
    struct kwok *kwok = work->kwok;
    struct kubelet *kubelet = cluster_component(kwok->cluster, "kubelet");
    if (count > 1 && value_truth(arguments[1], false))
        return node_address(kwok, value_text(arguments[0], ""));
    if (work->object->kind == KIND_POD && pod_of(work->object)->pod_ip != 0)
        return address_text(pod_of(work->object)->pod_ip);
    return address_text(
        pod_addresses_next(kubelet != NULL ? &kubelet->addresses : &kwok->own_addresses));
}

static struct value *list_of(struct value *item)
{
    struct value *list = value_new_list();
    value_add(list, item);
    return list;
}

static struct value *node_conditions(void)
{
    static const char *const rows[][4] = {
        { "Ready", "True", "KubeletReady", "kubelet is posting ready status" },
        { "MemoryPressure", "False", "KubeletHasSufficientMemory",
          "kubelet has sufficient memory available" },
        { "DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure" },
        { "PIDPressure", "False", "KubeletHasSufficientPID",
          "kubelet has sufficient PID available" },
        { "NetworkUnavailable", "False", "RouteCreated", "RouteController created a route" },
    };
    struct value *list = value_new_list();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value *row = value_new_map();
        value_set(row, "type", value_new_string(rows[i][0]));
        value_set(row, "status", value_new_string(rows[i][1]));
        value_set(row, "reason", value_new_string(rows[i][2]));
        value_set(row, "message", value_new_string(rows[i][3]));
        value_add(list, row);
    }
    return list;
}

static struct value *call(void *context, const char *name, struct value *const *arguments,
                          size_t count)
{
    const struct work *work = context;
    const struct kwok *kwok = work->kwok;
    const char *first = count > 0 ? value_text(arguments[0], "") : "";
    char time[TIME_TEXT];
    if (strcmp(name, "Now") == 0)
        return value_new_string(
            time_print_micro(kwok->client.now, kwok->cluster->codec.epoch_seconds, time));
    if (strcmp(name, "NodeConditions") == 0)
        return node_conditions();
    if (strcmp(name, "NodeName") == 0)
        return value_new_string(name_of(work->object));
    if (strcmp(name, "NodePort") == 0)
        return value_new_int(10247);
    if (strcmp(name, "Version") == 0)
        return value_new_string("v0.8.0");
    if (strcmp(name, "NodeIP") == 0)
        return node_address(kwok, name_of(work->object));
    if (strcmp(name, "NodeIPWith") == 0)
        return node_address(kwok, first);
    if (strcmp(name, "NodeIPsWith") == 0)
        return list_of(node_address(kwok, first));
    if (strcmp(name, "PodIPWith") == 0)
        return pod_address(work, arguments, count);
    return list_of(pod_address(work, arguments, count)); /* PodIPsWith */
}

/* ---- steps ---- */

static const char *kept(struct kwok *kwok, const struct value *value)
{
    const struct text *text = text_intern(kwok->cluster->run->texts, value_text(value, ""));
    if (text == NULL)
        return "";
    MEM_GROW(kwok->texts, kwok->text_count, kwok->text_capacity);
    return (kwok->texts[kwok->text_count++] = text)->s;
}

struct finalizing {
    struct texts *texts;
    const struct value *change;
};

static bool change_finalizers(struct object *object, void *context)
{
    const struct finalizing *finalizing = context;
    const struct value *add = value_get(finalizing->change, "add");
    const struct value *remove = value_get(finalizing->change, "remove");
    struct meta *meta = (struct meta *)object;
    const struct finalizers *now = value_truth(value_get(finalizing->change, "empty"), false)
                                       ? NULL
                                       : finalizers_hold(meta->finalizers);
    for (int adds = 0; adds < 2; adds++) {
        const struct value *list = adds ? add : remove;
        for (size_t i = 0; list != NULL && i < list->count; i++) {
            const char *name = value_text(value_get(list->items[i], "value"), "");
            if (finalizers_have(now, name) == adds)
                continue;
            const struct finalizers *with = adds ? finalizers_with(finalizing->texts, now, name)
                                                 : finalizers_without(now, name);
            finalizers_drop(now);
            now = with;
        }
    }
    const bool changes = !finalizers_equal(now, meta->finalizers);
    finalizers_drop(meta->finalizers);
    meta->finalizers = now;
    return changes;
}

/* What a template gives, as the patch it is. NULL: it gives no YAML. */
static struct value *patch_of(struct work *work, const struct kwok_step *step,
                              const struct value *document)
{
    const struct go_functions functions = { kwok_functions, call, work };
    struct writer text = { 0 };
    struct error error = { 0 };
    go_template_run(step->template, document, &functions, &text);
    struct value *patch =
        yaml_read((struct yaml_piece){ text.bytes != NULL ? text.bytes : "", text.length, { 0 } },
                  NULL, NULL, &error);
    error_close(&error);
    writer_close(&text);
    if (patch == NULL || *step->root == '\0')
        return patch;
    struct value *whole = value_new_map();
    value_set(whole, step->root, patch);
    return whole;
}

static void play_patch(struct work *work, const struct kwok_step *step,
                       const struct value *document)
{
    struct kwok *kwok = work->kwok;
    const struct field_manager manager = { "kwok", *step->subresource != '\0' ? "status" : NULL,
                                           NULL };
    const struct patch_request request = {
        .type = strcmp(step->type, "json") == 0    ? PATCH_JSON
                : strcmp(step->type, "merge") == 0 ? PATCH_MERGE
                                                   : PATCH_STRATEGIC,
        .name = name_of(work->object),
        .space = work->object->space != NULL ? namespace_of(work->object) : NULL,
        .manager = &manager,
    };
    struct value *patch = patch_of(work, step, document);
    struct error_list warnings = { 0 };
    struct error error = { 0 };
    if (patch != NULL)
        patch_carry_out(&kwok->client, object_key(work->object), patch, &request, false, &warnings,
                        &error);
    error_list_close(&warnings);
    error_close(&error); /* refused: the object stays as it is */
    value_drop(patch);
}

static void play_steps(struct work *work, const struct kwok_stage *stage)
{
    struct kwok *kwok = work->kwok;
    size_t count;
    const struct kwok_step *steps = kwok_stage_steps(stage, &count);
    const struct object_key key = object_key(work->object);
    struct value *document = cluster_print(kwok->cluster, work->object);
    const struct uid uid = meta_of(work->object)->uid;
    bool removed = false;
    for (size_t i = 0; i < count; i++) {
        struct finalizing finalizing = { kwok->cluster->run->texts, steps[i].finalizers };
        if (steps[i].event != NULL) {
            const bool warning =
                strcmp(value_text(value_get(steps[i].event, "type"), ""), "Warning") == 0;
            client_event(&kwok->client, work->object, warning,
                         kept(kwok, value_get(steps[i].event, "reason")), "%s",
                         value_text(value_get(steps[i].event, "message"), ""));
        }
        if (removed)
            continue;
        if (steps[i].finalizers != NULL)
            client_patch(&kwok->client, key, change_finalizers, &finalizing, NULL);
        removed = steps[i].remove;
        if (removed)
            client_delete(&kwok->client, key,
                          (struct delete_options){ .grace_seconds = 0, .uid = &uid }, NULL);
        else if (steps[i].template != NULL)
            play_patch(work, &steps[i], document);
    }
    value_drop(document);
}

static void consider(struct kwok *kwok, const struct object *object);

/* Its time has come. */
static void play(void *subject, sim_time now)
{
    (void)now;
    struct played *played = subject;
    struct kwok *kwok = played->kwok;
    const struct kwok_stage *stage = played->stage;
    const struct object_key key = object_key_hold(played->key);
    played->due = 0;
    played->stage = NULL;
    client_begin(&kwok->client, played->cause);
    const struct object *object = client_read(&kwok->client, key);
    if (object != NULL && uid_equal(meta_of(object)->uid, played->uid)) {
        struct object *held = client_edit(object);
        struct work work = { kwok, held };
        play_steps(&work, stage);
        object_drop(held);
        object = client_read(&kwok->client, key);
        if (kwok_stage_is_immediate(stage) && object != NULL)
            consider(kwok, object);
    }
    object_key_drop(key);
}

/* Match a version of an object, and wait for what it draws. */
static void consider(struct kwok *kwok, const struct object *object)
{
    struct run *run = kwok->cluster->run;
    const int row = row_of(object->kind);
    struct played *played = played_find(kwok, object_key(object));
    if (played != NULL && !uid_equal(played->uid, meta_of(object)->uid)) {
        played_drop(played);
        played = NULL;
    }
    if (!is_ours(kwok, object)) {
        if (played != NULL)
            run_cancel(run, &played->due);
        return;
    }
    if (played == NULL)
        played = played_new(kwok, object);
    else if (played->version == object->version && (played->due != 0 || played->stage == NULL) &&
             played->version != 0)
        return;
    struct value *document = cluster_print(kwok->cluster, object);
    run_cancel(run, &played->due);
    played->version = object->version;
    played->cause = object->cause;
    played->stage =
        kwok_stage_choose(kwok->stages[row], kwok->counts[row], document, &played->luck);
    if (played->stage != NULL) {
        const sim_time now = run_now(run);
        const sim_time delay = kwok_stage_delay(played->stage, document, now,
                                                kwok->cluster->codec.epoch_seconds, &played->luck);
        played->due = run_at(run, sim_time_after(now, delay), PRIORITY_WORLD, play, played);
    }
    value_drop(document);
}

/* ---- what is heard ---- */

static void stages_close(struct kwok *kwok)
{
    for (int row = 0; row < 2; row++) {
        for (size_t i = 0; i < kwok->counts[row]; i++)
            kwok_stage_free(kwok->stages[row][i]);
        kwok->counts[row] = 0;
    }
}

static void stages_read(struct kwok *kwok)
{
    struct cache_cursor objects = client_list(&kwok->client, KIND_STAGE);
    while (cache_next(&objects)) {
        struct value *document = cluster_print(kwok->cluster, objects.object);
        for (int row = 0; row < 2; row++) {
            struct kwok_stage *stage = kwok_stage_is_of(document, row == 0 ? "Pod" : "Node")
                                           ? kwok_stage_new(document, NULL, NULL)
                                           : NULL;
            if (stage == NULL)
                continue;
            MEM_GROW(kwok->stages[row], kwok->counts[row], kwok->capacities[row]);
            kwok->stages[row][kwok->counts[row]++] = stage;
        }
        value_drop(document);
    }
}

static void consider_all(struct kwok *kwok)
{
    for (int row = 0; row < 2; row++) {
        struct cache_cursor objects = client_list(&kwok->client, row == 0 ? KIND_POD : KIND_NODE);
        while (cache_next(&objects))
            consider(kwok, objects.object);
    }
}

/* Stages are others than before: everything is matched anew. */
static void reload(void *subject, sim_time now)
{
    (void)now;
    struct kwok *kwok = subject;
    kwok->reload = 0;
    client_begin(&kwok->client, kwok->cause);
    for (struct played *played = kwok->first; played != NULL; played = played->next) {
        run_cancel(kwok->cluster->run, &played->due);
        played->stage = NULL;
        played->version = 0;
    }
    stages_close(kwok);
    stages_read(kwok);
    consider_all(kwok);
}

/* What was left alone, or played with, may now be the other way round. */
static void machine_heard(struct kwok *kwok, const struct object *machine)
{
    struct cache_cursor pods = client_list_on_node(&kwok->client, machine->name);
    const struct object *node = client_get(&kwok->client, KIND_NODE, NULL, machine->name);
    while (cache_next(&pods)) {
        struct played *played = played_find(kwok, object_key(pods.object));
        if (played != NULL && played->due == 0)
            played->version = 0;
        consider(kwok, pods.object);
    }
    struct played *played = node != NULL ? played_find(kwok, object_key(node)) : NULL;
    if (played != NULL && played->due == 0)
        played->version = 0;
    if (node != NULL)
        consider(kwok, node);
}

static void reload_soon(struct kwok *kwok, struct cause cause)
{
    struct run *run = kwok->cluster->run;
    kwok->cause = cause;
    if (kwok->reload == 0)
        kwok->reload = run_at(run, run_now(run), PRIORITY_WORLD, reload, kwok);
}

static void deliver(void *self, const struct watch_event *event)
{
    struct kwok *kwok = self;
    const struct object *object = event->object;
    const bool gone = event->type == WATCH_DELETED;
    if (object->kind == KIND_STAGE)
        reload_soon(kwok, event->cause);
    if (object->kind == KIND_NODE && !gone && !kwok->has_fakes && is_fake(object)) {
        kwok->has_fakes = true;
        if (kwok->counts[0] + kwok->counts[1] > 0)
            reload_soon(kwok, event->cause);
    }
    if (kwok->counts[0] + kwok->counts[1] == 0 || kwok->reload != 0)
        return;
    if (object->kind == KIND_MACHINE && object->space == NULL && !gone)
        machine_heard(kwok, object);
    if (object->kind != KIND_POD && object->kind != KIND_NODE)
        return;
    struct played *played = gone ? played_find(kwok, object_key(object)) : NULL;
    if (played != NULL)
        played_drop(played);
    else if (!gone)
        consider(kwok, object);
}

static void *kwok_start(struct cluster *cluster)
{
    struct kwok *kwok = mem_new(sizeof *kwok);
    kwok->cluster = cluster;
    client_init(&kwok->client, cluster, "kubelet", 0, 0, kwok);
    table_init(&kwok->by_key);
    pool_init(&kwok->pool, sizeof(struct played));
    cache_watch(kwok->client.cache, (struct watcher){ kwok, deliver });
    cluster->plays_stages = plays;
    cluster->stages_context = kwok;
    return kwok;
}

static void kwok_stop(void *state)
{
    struct kwok *kwok = state;
    while (kwok->first != NULL)
        played_drop(kwok->first);
    run_cancel(kwok->cluster->run, &kwok->reload);
    stages_close(kwok);
    free(kwok->stages[0]);
    free(kwok->stages[1]);
    for (size_t i = 0; i < kwok->text_count; i++)
        text_drop(kwok->texts[i]);
    free(kwok->texts);
    table_close(&kwok->by_key);
    pool_close(&kwok->pool);
    client_close(&kwok->client);
    free(kwok);
}

const struct component kwok_controller = {
    .name = "kwok",
    .start = kwok_start,
    .stop = kwok_stop,
};
