/* The tables of the attach/detach controller; see attach_detach_private.h. */
#include <stdlib.h>
#include <string.h>

#include "models/controllers/attach_detach_private.h"
#include "sim/base/memory.h"

void attach_detach_init(void *state, struct cluster *cluster)
{
    struct attach_detach *world = state;
    (void)cluster;
    *world = (struct attach_detach){ 0 };
    table_init(&world->volumes);
    table_init(&world->nodes);
    table_init(&world->pods);
}

/* Each of the three kinds has its hash first, and stands in a list for closing. */
#define FIND(type, member, table, hash, same)                                                      \
    do {                                                                                           \
        struct table_node *node = table_first((table), (hash));                                    \
        for (; node != NULL; node = table_again(node)) {                                           \
            struct type *found = (struct type *)node;                                              \
            if (same)                                                                              \
                return found;                                                                      \
        }                                                                                          \
        return NULL;                                                                               \
    } while (0)

#define LINK_IN(first, thing)                                                                      \
    do {                                                                                           \
        (thing)->next = (first);                                                                   \
        if ((first) != NULL)                                                                       \
            (first)->previous = (thing);                                                           \
        (first) = (thing);                                                                         \
    } while (0)

#define LINK_OUT(first, thing)                                                                     \
    do {                                                                                           \
        if ((thing)->previous != NULL)                                                             \
            (thing)->previous->next = (thing)->next;                                               \
        else                                                                                       \
            (first) = (thing)->next;                                                               \
        if ((thing)->next != NULL)                                                                 \
            (thing)->next->previous = (thing)->previous;                                           \
    } while (0)

struct linked_volume *linked_volume_find(const struct attach_detach *world, const struct text *name)
{
    FIND(linked_volume, by_name, &world->volumes, name->hash, found->name == name);
}

struct linked_node *linked_node_find(const struct attach_detach *world, const struct text *name)
{
    FIND(linked_node, by_name, &world->nodes, name->hash, found->name == name);
}

struct linked_pod *linked_pod_find(const struct attach_detach *world, struct uid uid)
{
    FIND(linked_pod, by_uid, &world->pods, uid.low, uid_equal(found->uid, uid));
}

struct link *link_find(const struct linked_volume *volume, const struct text *node)
{
    struct link *link = volume != NULL ? volume->first : NULL;
    while (link != NULL && link->node->name != node)
        link = link->of_volume;
    return link;
}

/* --- links --------------------------------------------------------------------------------- */

static struct linked_volume *take_volume(struct attach_detach *world, const struct text *name)
{
    struct linked_volume *volume = linked_volume_find(world, name);
    if (volume != NULL)
        return volume;
    volume = mem_new(sizeof *volume);
    volume->name = text_hold(name);
    LINK_IN(world->first_volume, volume);
    table_add(&world->volumes, &volume->by_name, name->hash);
    return volume;
}

static struct linked_node *take_node(struct attach_detach *world, const struct text *name)
{
    struct linked_node *node = linked_node_find(world, name);
    if (node != NULL)
        return node;
    node = mem_new(sizeof *node);
    node->name = text_hold(name);
    LINK_IN(world->first_node, node);
    table_add(&world->nodes, &node->by_name, name->hash);
    return node;
}

struct link *link_take(struct attach_detach *world, const struct text *volume_name,
                       const struct text *node_name)
{
    struct linked_volume *volume = take_volume(world, volume_name);
    struct link *link = link_find(volume, node_name);
    if (link != NULL)
        return link;
    link = mem_new(sizeof *link);
    link->volume = volume;
    link->node = take_node(world, node_name);
    link->unwanted = -1;
    struct link **end = &volume->first; /* the order of appearance */
    while (*end != NULL)
        end = &(*end)->of_volume;
    *end = link;
    for (end = &link->node->first; *end != NULL;)
        end = &(*end)->of_node;
    *end = link;
    return link;
}

static void free_volume(struct attach_detach *world, struct linked_volume *volume)
{
    LINK_OUT(world->first_volume, volume);
    table_remove(&world->volumes, &volume->by_name);
    text_drop(volume->name);
    free(volume);
}

static void free_node(struct attach_detach *world, struct linked_node *node)
{
    LINK_OUT(world->first_node, node);
    table_remove(&world->nodes, &node->by_name);
    text_drop(node->name);
    free(node);
}

static void free_link(struct attach_detach *world, struct link *link)
{
    struct link **at = &link->volume->first;
    while (*at != link)
        at = &(*at)->of_volume;
    *at = link->of_volume;
    for (at = &link->node->first; *at != link;)
        at = &(*at)->of_node;
    *at = link->of_node;
    if (link->volume->first == NULL)
        free_volume(world, link->volume);
    if (link->node->first == NULL)
        free_node(world, link->node);
    for (size_t i = 0; i < link->pod_count; i++)
        object_key_drop(link->pods[i]);
    free(link->pods);
    free(link);
}

void link_forget_idle(struct attach_detach *world, struct link *link)
{
    if (link->pod_count == 0 && link->state == LINK_DETACHED)
        free_link(world, link);
}

/* --- pods ---------------------------------------------------------------------------------- */

void linked_pod_add(struct attach_detach *world, const struct pod *pod, struct link *const *links,
                    size_t count)
{
    struct linked_pod *linked = mem_new(sizeof *linked + count * sizeof links[0]);
    linked->key = object_key_hold(object_key(&pod->meta.object));
    linked->uid = pod->meta.uid;
    linked->count = count;
    memcpy(linked->links, links, count * sizeof links[0]);
    LINK_IN(world->first_pod, linked);
    table_add(&world->pods, &linked->by_uid, linked->uid.low);
    for (size_t i = 0; i < count; i++) {
        MEM_GROW(links[i]->pods, links[i]->pod_count, links[i]->pod_capacity);
        links[i]->pods[links[i]->pod_count++] = object_key_hold(linked->key);
    }
}

static void unwant(struct link *link, struct object_key pod)
{
    size_t at = 0;
    while (!object_key_equal(link->pods[at], pod))
        at++;
    object_key_drop(link->pods[at]);
    link->pod_count--;
    memmove(&link->pods[at], &link->pods[at + 1], (link->pod_count - at) * sizeof *link->pods);
    link->conflict_told = link->conflict_told && link->pod_count > 0;
}

void linked_pod_drop(struct attach_detach *world, struct linked_pod *pod)
{
    for (size_t i = 0; i < pod->count; i++)
        unwant(pod->links[i], pod->key);
    LINK_OUT(world->first_pod, pod);
    table_remove(&world->pods, &pod->by_uid);
    object_key_drop(pod->key);
    free(pod);
}

void attach_detach_wait(struct attach_detach *world, const struct pod *pod)
{
    const struct object_key key = object_key(&pod->meta.object);
    for (size_t i = 0; i < world->waiting_count; i++)
        if (object_key_equal(world->waiting[i], key))
            return;
    MEM_GROW(world->waiting, world->waiting_count, world->waiting_capacity);
    world->waiting[world->waiting_count++] = object_key_hold(key);
}

void attach_detach_stop_waiting(struct attach_detach *world, struct object_key pod)
{
    for (size_t i = 0; i < world->waiting_count; i++)
        if (object_key_equal(world->waiting[i], pod)) {
            object_key_drop(world->waiting[i]);
            world->waiting_count--;
            memmove(&world->waiting[i], &world->waiting[i + 1],
                    (world->waiting_count - i) * sizeof *world->waiting);
            return;
        }
}

void attach_detach_close(void *state)
{
    struct attach_detach *world = state;
    while (world->first_pod != NULL)
        linked_pod_drop(world, world->first_pod);
    while (world->first_volume != NULL)
        free_link(world, world->first_volume->first);
    for (size_t i = 0; i < world->waiting_count; i++)
        object_key_drop(world->waiting[i]);
    free(world->waiting);
    table_close(&world->volumes);
    table_close(&world->nodes);
    table_close(&world->pods);
}
