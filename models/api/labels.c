/* Sorted arrays: an object has a handful of labels, so looking one up is a short walk. */
#include "models/api/labels.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static struct labels *labels_new(size_t count)
{
    struct labels *labels = mem_new(sizeof *labels + count * sizeof labels->items[0]);
    labels->refs = 1;
    labels->count = (uint32_t)count;
    return labels;
}

static int compare_keys(const void *a, const void *b)
{
    const struct label *left = a, *right = b;
    return strcmp(text_s(left->key), text_s(right->key));
}

const struct labels *labels_from_value(struct texts *texts, const struct value *map)
{
    if (map == NULL || map->type != VALUE_MAP || map->count == 0)
        return NULL;
    struct labels *labels = labels_new(map->count);
    labels->count = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct value_entry *entry = &map->entries[i];
        if (entry->value->type != VALUE_STRING)
            continue;
        labels->items[labels->count++] = (struct label){
            .key = text_intern(texts, entry->key),
            .value = text_intern_length(texts, entry->value->text, entry->value->count),
        };
    }
    qsort(labels->items, labels->count, sizeof labels->items[0], compare_keys);
    if (labels->count > 0)
        return labels;
    free(labels);
    return NULL;
}

struct value *labels_to_value(const struct labels *labels)
{
    if (labels == NULL)
        return NULL;
    struct value *map = value_new_map();
    for (size_t i = 0; i < labels->count; i++)
        value_set(map, text_s(labels->items[i].key),
                  value_new_string(text_s(labels->items[i].value)));
    return map;
}

const struct labels *labels_hold(const struct labels *labels)
{
    if (labels != NULL)
        ((struct labels *)labels)->refs++;
    return labels;
}

void labels_drop(const struct labels *shared)
{
    struct labels *labels = (struct labels *)shared;
    if (labels == NULL || --labels->refs > 0)
        return;
    for (size_t i = 0; i < labels->count; i++) {
        text_drop(labels->items[i].key);
        text_drop(labels->items[i].value);
    }
    free(labels);
}

const char *labels_get(const struct labels *labels, const char *key)
{
    for (size_t i = 0; labels != NULL && i < labels->count; i++)
        if (strcmp(text_s(labels->items[i].key), key) == 0)
            return text_s(labels->items[i].value);
    return NULL;
}

static void append(struct labels *labels, const struct text *key, const struct text *value)
{
    labels->items[labels->count++] = (struct label){ key, value };
}

const struct labels *labels_with(struct texts *texts, const struct labels *labels, const char *key,
                                 const char *value)
{
    const char *present = labels_get(labels, key);
    if (value == NULL ? present == NULL : present != NULL && strcmp(present, value) == 0)
        return labels_hold(labels);
    const size_t count = labels ? labels->count : 0;
    struct labels *copy = labels_new(count + 1);
    copy->count = 0;
    bool placed = value == NULL;
    for (size_t i = 0; i < count; i++) {
        const struct label *item = &labels->items[i];
        const int order = strcmp(text_s(item->key), key);
        if (order >= 0 && !placed) {
            append(copy, text_intern(texts, key), text_intern(texts, value));
            placed = true;
        }
        if (order != 0)
            append(copy, text_hold(item->key), text_hold(item->value));
    }
    if (!placed)
        append(copy, text_intern(texts, key), text_intern(texts, value));
    if (copy->count > 0)
        return copy;
    labels_drop(copy);
    return NULL;
}

void labels_take_over(struct texts *texts, const struct labels **labels, const struct labels *more)
{
    for (size_t i = 0; more != NULL && i < more->count; i++) {
        const struct labels *with =
            labels_with(texts, *labels, text_s(more->items[i].key), text_s(more->items[i].value));
        labels_drop(*labels);
        *labels = with;
    }
}

static bool have_one(const struct labels *labels, const struct label *wanted)
{
    for (size_t i = 0; labels != NULL && i < labels->count; i++)
        if (labels->items[i].key == wanted->key)
            return labels->items[i].value == wanted->value;
    return false;
}

bool labels_have(const struct labels *labels, const struct labels *wanted)
{
    for (size_t i = 0; wanted != NULL && i < wanted->count; i++)
        if (!have_one(labels, &wanted->items[i]))
            return false;
    return true;
}

bool labels_equal(const struct labels *a, const struct labels *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].key != b->items[i].key || a->items[i].value != b->items[i].value)
            return false;
    return true;
}

const char *labels_lookup(const void *labels, const char *key)
{
    return labels_get(labels, key);
}
