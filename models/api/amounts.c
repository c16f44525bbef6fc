#include "models/api/amounts.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

struct amounts amounts_load(const struct value *list)
{
    struct amounts amounts = { 0 };
    for (size_t i = 0; list != NULL && list->type == VALUE_MAP && i < list->count; i++) {
        struct quantity quantity;
        struct error error = { 0 };
        if (quantity_load(list->entries[i].value, &quantity, &error))
            amounts_set(&amounts, list->entries[i].key, quantity);
        error_close(&error);
    }
    return amounts;
}

void amounts_close(struct amounts *amounts)
{
    free(amounts->items);
    *amounts = (struct amounts){ 0 };
}

struct quantity *amounts_find(const struct amounts *amounts, const char *name)
{
    for (size_t i = 0; i < amounts->count; i++)
        if (strcmp(amounts->items[i].name, name) == 0)
            return &amounts->items[i].quantity;
    return NULL;
}

struct quantity amounts_get(const struct amounts *amounts, const char *name)
{
    const struct quantity *present = amounts_find(amounts, name);
    return present != NULL ? *present : (struct quantity){ .nano = 0 };
}

void amounts_set(struct amounts *amounts, const char *name, struct quantity quantity)
{
    struct quantity *present = amounts_find(amounts, name);
    if (present != NULL) {
        *present = quantity;
        return;
    }
    MEM_GROW(amounts->items, amounts->count, amounts->capacity);
    amounts->items[amounts->count++] = (struct amount){ name, quantity };
}

void amounts_add(struct amounts *to, const struct amounts *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct amount *item = &from->items[i];
        const struct quantity *present = amounts_find(to, item->name);
        amounts_set(to, item->name,
                    present ? quantity_add(*present, item->quantity) : item->quantity);
    }
}

void amounts_raise(struct amounts *to, const struct amounts *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct amount *item = &from->items[i];
        const struct quantity *present = amounts_find(to, item->name);
        if (present == NULL || quantity_compare(item->quantity, *present) > 0)
            amounts_set(to, item->name, item->quantity);
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct amount *)a)->name, ((const struct amount *)b)->name);
}

void amounts_sort(struct amounts *amounts)
{
    if (amounts->count > 1)
        qsort(amounts->items, amounts->count, sizeof *amounts->items, compare_names);
}

bool amounts_equal(const struct amounts *a, const struct amounts *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct quantity *other = amounts_find(b, a->items[i].name);
        if (other == NULL || quantity_compare(a->items[i].quantity, *other) != 0)
            return false;
    }
    return true;
}

struct value *amounts_print(const struct amounts *amounts)
{
    struct value *map = value_new_map();
    for (size_t i = 0; i < amounts->count; i++) {
        char text[QUANTITY_TEXT];
        value_set(map, amounts->items[i].name,
                  value_new_string(quantity_print(amounts->items[i].quantity, text)));
    }
    return map;
}
