/* Sets of volume names in a node's status; see node_volumes.h. */
#include "models/api/node_volumes.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static int compare(const void *a, const void *b)
{
    const struct text *const *left = a, *const *right = b;
    return strcmp((*left)->s, (*right)->s);
}

const struct node_volumes *node_volumes_new(const struct text **names, size_t count)
{
    if (count == 0)
        return NULL;
    struct node_volumes *volumes = mem_new(sizeof *volumes + count * sizeof volumes->items[0]);
    volumes->refs = 1;
    qsort(names, count, sizeof *names, compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || names[i] != names[i - 1])
            volumes->items[volumes->count++] = text_hold(names[i]);
    return volumes;
}

const struct node_volumes *node_volumes_hold(const struct node_volumes *volumes)
{
    if (volumes != NULL)
        ((struct node_volumes *)volumes)->refs++;
    return volumes;
}

void node_volumes_drop(const struct node_volumes *shared)
{
    struct node_volumes *volumes = (struct node_volumes *)shared;
    if (volumes == NULL || --volumes->refs > 0)
        return;
    for (uint32_t i = 0; i < volumes->count; i++)
        text_drop(volumes->items[i]);
    free(volumes);
}

bool node_volumes_have(const struct node_volumes *volumes, const struct text *name)
{
    for (uint32_t i = 0; volumes != NULL && i < volumes->count; i++)
        if (volumes->items[i] == name)
            return true;
    return false;
}

bool node_volumes_equal(const struct node_volumes *a, const struct node_volumes *b)
{
    if (a == b || a == NULL || b == NULL)
        return a == b;
    return a->count == b->count && memcmp(a->items, b->items, a->count * sizeof *a->items) == 0;
}

const struct node_volumes *node_volumes_load(struct texts *texts, const struct value *list)
{
    if (list == NULL || list->type != VALUE_LIST || list->count == 0)
        return NULL;
    const struct text **names = mem_new(list->count * sizeof *names);
    for (size_t i = 0; i < list->count; i++) {
        const struct value *item = list->items[i];
        const struct value *name = item->type == VALUE_MAP ? value_get(item, "name") : item;
        names[i] = text_intern(texts, value_text(name, ""));
    }
    const struct node_volumes *volumes = node_volumes_new(names, list->count);
    for (size_t i = 0; i < list->count; i++)
        text_drop(names[i]);
    free(names);
    return volumes;
}

struct value *node_volumes_print_in_use(const struct node_volumes *volumes)
{
    struct value *list = value_new_list();
    for (uint32_t i = 0; i < volumes->count; i++)
        value_add(list, value_new_string(volumes->items[i]->s));
    return list;
}

struct value *node_volumes_print_attached(const struct node_volumes *volumes)
{
    struct value *list = value_new_list();
    for (uint32_t i = 0; i < volumes->count; i++) {
        struct value *item = value_new_map();
        value_set(item, "name", value_new_string(volumes->items[i]->s));
        value_set(item, "devicePath", value_new_string(""));
        value_add(list, item);
    }
    return list;
}
