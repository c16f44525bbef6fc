/* Entries in one hash table, linked into a list per kind and one per index and key.
 *
 * An entry does not point to the groups it is in: they are found again from its object,
 * which is needed only when a key changes. Empty groups are released. */
#include "sim/store/view.h"

#include <assert.h>

struct entry {
    struct table_node node; /* first: a node is its entry */
    const struct object *object;
    struct view_link links[]; /* [0] among its kind, [1 + i] among its group of index i */
};

struct group {
    struct table_node node; /* first: a node is its group */
    uint64_t key;
    uint16_t kind;
    uint16_t index;
    struct view_list list;
};

void view_init(struct view *view, uint16_t kinds)
{
    *view = (struct view){ .kind_count = kinds };
    view->kinds = mem_new(kinds * sizeof *view->kinds);
    table_init(&view->entries);
    table_init(&view->groups);
    for (size_t i = 0; i <= CACHE_INDEXES; i++)
        pool_init(&view->entry_pools[i], sizeof(struct entry) + (1 + i) * sizeof(struct view_link));
    pool_init(&view->group_pool, sizeof(struct group));
}

void view_close(struct view *view)
{
    for (uint16_t kind = 0; kind < view->kind_count; kind++)
        for (struct cache_cursor c = view_list_all(view, kind); cache_next(&c);)
            object_drop(c.object);
    for (size_t i = 0; i <= CACHE_INDEXES; i++)
        pool_close(&view->entry_pools[i]);
    pool_close(&view->group_pool);
    table_close(&view->entries);
    table_close(&view->groups);
    free(view->kinds);
}

int view_add_index(struct view *view, uint16_t kind, index_fn *key)
{
    struct view_kind *known = &view->kinds[kind];
    for (int i = 0; i < known->index_count; i++)
        if (known->indexes[i] == key)
            return i;
    assert(known->all.count == 0 && known->index_count < CACHE_INDEXES);
    known->indexes[known->index_count] = key;
    return known->index_count++;
}

/* ---- lists ---- */

static void list_add(struct view_list *list, struct view_link *link)
{
    link->before = list->last;
    link->after = NULL;
    *(list->last ? &list->last->after : &list->first) = link;
    list->last = link;
    list->count++;
}

static void list_remove(struct view_list *list, struct view_link *link)
{
    *(link->before ? &link->before->after : &list->first) = link->after;
    *(link->after ? &link->after->before : &list->last) = link->before;
    list->count--;
}

/* ---- groups ---- */

static uint64_t group_hash(uint16_t kind, int index, uint64_t key)
{
    uint64_t hash = (key ^ (uint64_t)kind << 8 ^ (uint64_t)index) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

static struct group *group_find(const struct view *view, uint16_t kind, int index, uint64_t key)
{
    struct table_node *node = table_first(&view->groups, group_hash(kind, index, key));
    for (; node != NULL; node = table_again(node)) {
        struct group *group = (struct group *)node;
        if (group->key == key && group->kind == kind && group->index == index)
            return group;
    }
    return NULL;
}

static struct group *group_of(struct view *view, uint16_t kind, int index, uint64_t key)
{
    struct group *group = group_find(view, kind, index, key);
    if (group != NULL)
        return group;
    group = pool_take(&view->group_pool);
    group->key = key;
    group->kind = kind;
    group->index = (uint16_t)index;
    table_add(&view->groups, &group->node, group_hash(kind, index, key));
    return group;
}

static void group_join(struct view *view, struct entry *entry, int index, uint64_t key)
{
    if (key != 0)
        list_add(&group_of(view, entry->object->kind, index, key)->list, &entry->links[1 + index]);
}

static void group_leave(struct view *view, struct entry *entry, int index, uint64_t key)
{
    if (key == 0)
        return;
    struct group *group = group_find(view, entry->object->kind, index, key);
    list_remove(&group->list, &entry->links[1 + index]);
    if (group->list.count > 0)
        return;
    table_remove(&view->groups, &group->node);
    pool_give(&view->group_pool, group);
}

/* ---- entries ---- */

static struct entry *entry_find(const struct view *view, struct object_key key)
{
    struct table_node *node = table_first(&view->entries, object_key_hash(key));
    for (; node != NULL; node = table_again(node)) {
        struct entry *entry = (struct entry *)node;
        if (object_key_equal(object_key(entry->object), key))
            return entry;
    }
    return NULL;
}

static void entry_add(struct view *view, const struct object *object)
{
    struct view_kind *kind = &view->kinds[object->kind];
    struct entry *entry = pool_take(&view->entry_pools[kind->index_count]);
    entry->object = object_hold(object);
    table_add(&view->entries, &entry->node, object_key_hash(object_key(object)));
    list_add(&kind->all, &entry->links[0]);
    for (int i = 0; i < kind->index_count; i++)
        group_join(view, entry, i, kind->indexes[i](object));
}

static void entry_replace(struct view *view, struct entry *entry, const struct object *object)
{
    const struct view_kind *kind = &view->kinds[object->kind];
    const struct object *before = entry->object;
    for (int i = 0; i < kind->index_count; i++) {
        const uint64_t from = kind->indexes[i](before), to = kind->indexes[i](object);
        if (from == to)
            continue;
        group_leave(view, entry, i, from);
        group_join(view, entry, i, to);
    }
    entry->object = object_hold(object);
    object_drop(before);
}

void view_put(struct view *view, const struct object *object)
{
    struct entry *entry = entry_find(view, object_key(object));
    if (entry != NULL)
        entry_replace(view, entry, object);
    else
        entry_add(view, object);
}

void view_remove(struct view *view, struct object_key key)
{
    struct view_kind *kind = &view->kinds[key.kind];
    struct entry *entry = entry_find(view, key);
    const struct object *object = entry->object;
    for (int i = 0; i < kind->index_count; i++)
        group_leave(view, entry, i, kind->indexes[i](object));
    list_remove(&kind->all, &entry->links[0]);
    table_remove(&view->entries, &entry->node);
    pool_give(&view->entry_pools[kind->index_count], entry);
    object_drop(object);
}

const struct object *view_get(const struct view *view, struct object_key key)
{
    const struct entry *entry = entry_find(view, key);
    return entry ? entry->object : NULL;
}

/* ---- walks ---- */

struct cache_cursor view_list_all(const struct view *view, uint16_t kind)
{
    return (struct cache_cursor){ .next = view->kinds[kind].all.first, .index = 0 };
}

struct cache_cursor view_list_group(const struct view *view, uint16_t kind, int index, uint64_t key)
{
    const struct group *group = group_find(view, kind, index, key);
    return (struct cache_cursor){ .next = group ? group->list.first : NULL, .index = 1 + index };
}

bool cache_next(struct cache_cursor *cursor)
{
    const struct view_link *link = cursor->next;
    if (link == NULL)
        return false;
    const char *links = (const char *)(link - cursor->index);
    cursor->object = ((const struct entry *)(links - offsetof(struct entry, links)))->object;
    cursor->next = link->after;
    return true;
}

size_t view_group_count(const struct view *view, uint16_t kind, int index, uint64_t key)
{
    const struct group *group = group_find(view, kind, index, key);
    return group ? group->list.count : 0;
}
