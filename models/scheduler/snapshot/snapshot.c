/* Nodes and the pods that count on them; see snapshot.h.
 *
 * The order of nodes is made anew only when a node joins, leaves or changes its zone. What a
 * pod asks for is in its template, so placing one is a few additions. */
#include "models/scheduler/volumes/assumed_volumes.h"
#include "models/scheduler/snapshot/listers.h"
#include "models/scheduler/snapshot/snapshot_private.h"

#include <assert.h>
#include <stdlib.h>

struct snapshot *snapshot_new(struct texts *texts, struct cache *objects)
{
    struct snapshot *snapshot = mem_new(sizeof *snapshot);
    snapshot->texts = texts;
    snapshot->objects = objects;
    snapshot->assumed = mem_new(sizeof *snapshot->assumed);
    table_init(&snapshot->by_node_name);
    table_init(&snapshot->by_pod_name);
    table_init(&snapshot->by_image_name);
    pool_init(&snapshot->pods, sizeof(struct placed_pod));
    pool_init(&snapshot->infos, sizeof(struct node_info));
    pool_init(&snapshot->image_states, sizeof(struct image_state));
    table_init(&snapshot->by_content);
    table_init(&snapshot->owners_by_content);
    table_init(&snapshot->populations_by_label);
    pool_init(&snapshot->population_pool, sizeof(struct population));
    if (objects != NULL)
        listers_index(objects, snapshot->by_namespace);
    return snapshot;
}

/* --- what changed ------------------------------------------------------------------- */

/* Plugins can see a difference. */
static void node_info_changed(struct snapshot *snapshot, const struct node_info *info)
{
    snapshot->generations[info->slot] = ++snapshot->generation;
    snapshot->changes[snapshot->change_count++ % snapshot->change_capacity] = info->slot;
}

void snapshot_note_object(struct snapshot *snapshot, enum kind kind)
{
    snapshot->object_changes[kind]++;
}

/* As many changes are kept as there is room for nodes: whoever missed more had better look at
 * every node. Those kept so far keep their numbers. */
static void make_room_for_changes(struct snapshot *snapshot, size_t capacity)
{
    uint32_t *changes = mem_new(capacity * sizeof *changes);
    const size_t before = snapshot->change_capacity;
    const uint64_t count = snapshot->change_count;
    for (uint64_t number = count > before ? count - before : 0; number < count; number++)
        changes[number % capacity] = snapshot->changes[number % before];
    free(snapshot->changes);
    snapshot->changes = changes;
    snapshot->change_capacity = capacity;
}

/* Something of the node was written: its copy of the images' spread is renewed. */
static void node_info_touch(struct snapshot *snapshot, struct node_info *info)
{
    if (info->touched || info->image_count == 0)
        return;
    info->touched = true;
    MEM_GROW(snapshot->touched, snapshot->touched_count, snapshot->touched_capacity);
    snapshot->touched[snapshot->touched_count++] = info->slot;
}

static void refresh_images(struct snapshot *snapshot, struct node_info *info)
{
    bool changed = false;
    for (size_t i = 0; i < info->image_count; i++) {
        struct held_image *image = &info->images[i];
        changed |= image->node_count != image->state->node_count;
        image->node_count = image->state->node_count;
    }
    info->touched = false;
    if (changed)
        node_info_changed(snapshot, info);
}

void snapshot_refresh(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->touched_count; i++) {
        struct node_info *info = snapshot->nodes[snapshot->touched[i]];
        if (info != NULL && info->touched)
            refresh_images(snapshot, info);
    }
    snapshot->touched_count = 0;
    if (!snapshot->order_is_old)
        return;
    snapshot->node_count = snapshot->zones.node_count;
    if (snapshot->node_count > snapshot->order_capacity) {
        snapshot->order_capacity = snapshot->node_count * 2;
        snapshot->order =
            mem_resize(snapshot->order, snapshot->order_capacity * sizeof *snapshot->order);
    }
    node_order_list(&snapshot->zones, snapshot->order);
    snapshot->order_is_old = false;
}

/* --- nodes --------------------------------------------------------------------------- */

static struct node_info *find_info(const struct snapshot *snapshot, const struct text *name)
{
    struct table_node *found = table_first(&snapshot->by_node_name, name->hash);
    for (; found != NULL; found = table_again(found)) {
        struct node_info *info =
            (struct node_info *)((char *)found - offsetof(struct node_info, by_name));
        if (info->name == name)
            return info;
    }
    return NULL;
}

static uint32_t free_slot(struct snapshot *snapshot)
{
    if (snapshot->free_count > 0)
        return snapshot->free_slots[--snapshot->free_count];
    if (snapshot->slot_count == snapshot->slot_capacity) {
        snapshot->slot_capacity = snapshot->slot_capacity ? snapshot->slot_capacity * 2 : 64;
        snapshot->nodes =
            mem_resize(snapshot->nodes, snapshot->slot_capacity * sizeof *snapshot->nodes);
        snapshot->generations = mem_resize(snapshot->generations,
                                           snapshot->slot_capacity * sizeof *snapshot->generations);
        make_room_for_changes(snapshot, snapshot->slot_capacity);
    }
    return (uint32_t)snapshot->slot_count++;
}

static struct node_info *info_of(struct snapshot *snapshot, const struct text *name)
{
    struct node_info *info = find_info(snapshot, name);
    if (info != NULL)
        return info;
    info = pool_take(&snapshot->infos);
    info->slot = free_slot(snapshot);
    info->name = text_hold(name);
    snapshot->nodes[info->slot] = info;
    table_add(&snapshot->by_node_name, &info->by_name, name->hash);
    node_info_changed(snapshot, info);
    return info;
}

static void info_close(struct snapshot *snapshot, struct node_info *info)
{
    node_info_forget_images(snapshot, info);
    if (info->node != NULL)
        object_drop(&info->node->meta.object);
    node_info_close_amounts(info);
    free(info->populations);
    text_drop(info->zone);
    text_drop(info->name);
    pool_give(&snapshot->infos, info);
}

/* Neither a node nor a pod is left. */
static void release_if_empty(struct snapshot *snapshot, struct node_info *info)
{
    if (info->node != NULL || info->pod_count > 0)
        return;
    snapshot->nodes[info->slot] = NULL;
    MEM_GROW(snapshot->free_slots, snapshot->free_count, snapshot->free_capacity);
    snapshot->free_slots[snapshot->free_count++] = info->slot;
    table_remove(&snapshot->by_node_name, &info->by_name);
    info_close(snapshot, info);
}

static void set_zone(struct snapshot *snapshot, struct node_info *info, const struct node *node)
{
    const struct text *zone = node_zone_key(snapshot->texts, node);
    const bool listed = info->node != NULL;
    if (listed && zone == info->zone) {
        text_drop(zone);
        return;
    }
    if (listed)
        node_order_remove(&snapshot->zones, info->zone, info->slot);
    node_order_add(&snapshot->zones, zone, info->slot);
    text_assign(&info->zone, zone);
    snapshot->order_is_old = true;
}

void snapshot_set_node(struct snapshot *snapshot, const struct node *node)
{
    struct node_info *info = info_of(snapshot, node->meta.object.name);
    const struct node *before = info->node;
    set_zone(snapshot, info, node);
    if (before == NULL || before->images != node->images) {
        node_info_forget_images(snapshot, info);
        node_info_learn_images(snapshot, info, node->images);
    }
    info->node = node_of(object_hold(&node->meta.object));
    if (before == NULL || before->meta.labels != node->meta.labels)
        snapshot_follow_node(snapshot, info);
    if (before == NULL || before->meta.labels != node->meta.labels ||
        before->allocatable != node->allocatable)
        node_gpus_learn(&info->gpus, snapshot->texts, node);
    const bool same = before != NULL && before->images == node->images &&
                      before->taints == node->taints && before->allocatable == node->allocatable &&
                      before->unschedulable == node->unschedulable &&
                      before->meta.labels == node->meta.labels;
    if (before != NULL)
        object_drop(&before->meta.object);
    if (!same)
        node_info_changed(snapshot, info);
    node_info_touch(snapshot, info);
}

void snapshot_remove_node(struct snapshot *snapshot, const struct text *name)
{
    struct node_info *info = find_info(snapshot, name);
    if (info == NULL || info->node == NULL)
        return;
    node_order_remove(&snapshot->zones, info->zone, info->slot);
    snapshot->order_is_old = true;
    node_info_forget_images(snapshot, info);
    object_drop(&info->node->meta.object);
    info->node = NULL;
    snapshot_follow_node(snapshot, info);
    node_info_changed(snapshot, info);
    release_if_empty(snapshot, info);
}

const struct node_info *snapshot_find_node(const struct snapshot *snapshot, const struct text *name)
{
    const struct node_info *info = name == NULL ? NULL : find_info(snapshot, name);
    return info != NULL && info->node != NULL ? info : NULL;
}

/* --- pods ---------------------------------------------------------------------------- */

static uint64_t pod_name_hash(const struct text *space, const struct text *name)
{
    return object_key_hash((struct object_key){ .kind = KIND_POD, .space = space, .name = name });
}

static struct placed_pod *find_placed(const struct snapshot *snapshot, const struct text *space,
                                      const struct text *name)
{
    struct table_node *found = table_first(&snapshot->by_pod_name, pod_name_hash(space, name));
    for (; found != NULL; found = table_again(found)) {
        struct placed_pod *placed = (struct placed_pod *)found;
        const struct object *object = &placed->pod->meta.object;
        if (object->name == name && object->space == space)
            return placed;
    }
    return NULL;
}

const struct placed_pod *snapshot_find_pod(const struct snapshot *snapshot,
                                           const struct text *space, const struct text *name)
{
    return find_placed(snapshot, space, name);
}

static void count_priority(struct snapshot *snapshot, int32_t priority)
{
    size_t at = 0;
    while (at < snapshot->priority_count && snapshot->priorities[at].priority < priority)
        at++;
    if (at == snapshot->priority_count || snapshot->priorities[at].priority != priority) {
        MEM_GROW(snapshot->priorities, snapshot->priority_count, snapshot->priority_capacity);
        memmove(&snapshot->priorities[at + 1], &snapshot->priorities[at],
                (snapshot->priority_count - at) * sizeof *snapshot->priorities);
        snapshot->priority_count++;
        snapshot->priorities[at] = (struct priority_count){ .priority = priority };
    }
    snapshot->priorities[at].pods++;
}

static void uncount_priority(struct snapshot *snapshot, int32_t priority)
{
    size_t at = 0;
    while (snapshot->priorities[at].priority != priority)
        at++;
    if (--snapshot->priorities[at].pods > 0)
        return;
    snapshot->priority_count--;
    memmove(&snapshot->priorities[at], &snapshot->priorities[at + 1],
            (snapshot->priority_count - at) * sizeof *snapshot->priorities);
}

bool snapshot_has_lower(const struct snapshot *snapshot, int32_t priority)
{
    return snapshot->priority_count > 0 && snapshot->priorities[0].priority < priority;
}

static void count_pod(struct snapshot *snapshot, struct node_info *info, const struct pod *pod)
{
    node_info_count(info, pod);
    count_priority(snapshot, pod->spec->priority);
    node_info_changed(snapshot, info);
}

static void uncount_pod(struct snapshot *snapshot, struct node_info *info, const struct pod *pod)
{
    node_info_uncount(info, pod);
    uncount_priority(snapshot, pod->spec->priority);
    node_info_changed(snapshot, info);
}

static void link_pod(struct node_info *info, struct placed_pod *placed)
{
    placed->node = info;
    placed->next = NULL;
    placed->previous = info->last;
    *(info->last != NULL ? &info->last->next : &info->first) = placed;
    info->last = placed;
}

static void unlink_pod(struct placed_pod *placed)
{
    struct node_info *info = placed->node;
    *(placed->previous != NULL ? &placed->previous->next : &info->first) = placed->next;
    *(placed->next != NULL ? &placed->next->previous : &info->last) = placed->previous;
}

static void remove_placed(struct snapshot *snapshot, struct placed_pod *placed)
{
    struct node_info *info = placed->node;
    unlink_pod(placed);
    table_remove(&snapshot->by_pod_name, &placed->by_name);
    node_info_part(snapshot, placed);
    uncount_pod(snapshot, info, placed->pod);
    node_info_touch(snapshot, info);
    object_drop(&placed->pod->meta.object);
    pool_give(&snapshot->pods, placed);
    release_if_empty(snapshot, info);
}

/* A new version of a pod that stays where it is. */
static void replace_version(struct snapshot *snapshot, struct placed_pod *placed,
                            const struct pod *pod, bool assumed)
{
    const struct pod *before = placed->pod;
    placed->pod = pod_of(object_hold(&pod->meta.object));
    placed->assumed = assumed;
    if (before->spec != pod->spec || before->resized != pod->resized || !same_gpus(before, pod)) {
        uncount_pod(snapshot, placed->node, before);
        count_pod(snapshot, placed->node, pod);
    }
    if (before->spec != pod->spec || before->meta.labels != pod->meta.labels ||
        before->meta.deleting != pod->meta.deleting) {
        node_info_part(snapshot, placed);
        node_info_join(snapshot, placed, pod);
        node_info_changed(snapshot, placed->node);
    }
    node_info_touch(snapshot, placed->node);
    object_drop(&before->meta.object);
}

void snapshot_place(struct snapshot *snapshot, const struct pod *pod, const struct text *node,
                    bool assumed)
{
    const struct object *object = &pod->meta.object;
    struct placed_pod *placed = find_placed(snapshot, object->space, object->name);
    if (placed != NULL && placed->node->name == node) {
        replace_version(snapshot, placed, pod, assumed);
        return;
    }
    if (placed != NULL)
        remove_placed(snapshot, placed);
    placed = pool_take(&snapshot->pods);
    placed->pod = pod_of(object_hold(object));
    placed->assumed = assumed;
    link_pod(info_of(snapshot, node), placed);
    table_add(&snapshot->by_pod_name, &placed->by_name, pod_name_hash(object->space, object->name));
    node_info_join(snapshot, placed, pod);
    count_pod(snapshot, placed->node, pod);
    node_info_touch(snapshot, placed->node);
}

bool snapshot_remove_pod(struct snapshot *snapshot, const struct text *space,
                         const struct text *name)
{
    struct placed_pod *placed = find_placed(snapshot, space, name);
    if (placed == NULL)
        return false;
    remove_placed(snapshot, placed);
    return true;
}

/* --- end ------------------------------------------------------------------------------ */

static void close_node(struct snapshot *snapshot, struct node_info *info)
{
    for (struct placed_pod *placed = info->first, *next; placed != NULL; placed = next) {
        next = placed->next;
        table_remove(&snapshot->by_pod_name, &placed->by_name);
        object_drop(&placed->pod->meta.object);
    }
    info_close(snapshot, info);
}

void snapshot_free(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->slot_count; i++)
        if (snapshot->nodes[i] != NULL)
            close_node(snapshot, snapshot->nodes[i]);
    assumed_volumes_close(snapshot->assumed);
    free(snapshot->assumed);
    snapshot_close_topologies(snapshot);
    snapshot_close_populations(snapshot);
    node_order_close(&snapshot->zones);
    table_close(&snapshot->by_node_name);
    table_close(&snapshot->by_pod_name);
    table_close(&snapshot->by_image_name);
    pool_close(&snapshot->pods);
    pool_close(&snapshot->infos);
    pool_close(&snapshot->image_states);
    free(snapshot->nodes);
    free(snapshot->generations);
    free(snapshot->changes);
    free(snapshot->order);
    free(snapshot->priorities);
    free(snapshot->touched);
    free(snapshot->free_slots);
    free(snapshot);
}
