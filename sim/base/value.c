/* Documents: reference-counted trees of maps, lists and scalars.
 *
 * Maps keep their entries in insertion order in one array. From INDEX_FROM entries on,
 * the same allocation carries an open-addressing index behind the array, so that a
 * ConfigMap of ten thousand keys is not searched line by line; nothing ever iterates
 * over the index. Equality and hashes are in value_compare.c. */
#include "sim/base/value.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/decimal.h"
#include "sim/base/hash.h"
#include "sim/base/memory.h"

enum { FIRST_CAPACITY = 2, INDEX_FROM = 32 };

#define NOT_FOUND SIZE_MAX

/* ── new nodes ── */

static struct value *node_new(enum value_type type)
{
    struct value *node = mem_new(sizeof *node);
    node->refs = 1;
    node->type = type;
    return node;
}

/* The text stands behind the node, in the same allocation. */
static struct value *text_new(enum value_type type, const char *text, size_t length)
{
    struct value *node = mem_new(sizeof *node + length + 1);
    node->refs = 1;
    node->type = type;
    node->text = (char *)(node + 1);
    memcpy(node->text, text, length);
    node->count = length;
    return node;
}

struct value *value_new_null(void)
{
    return node_new(VALUE_NULL);
}

struct value *value_new_bool(bool truth)
{
    struct value *node = node_new(VALUE_BOOL);
    node->truth = truth;
    return node;
}

struct value *value_new_int(int64_t number)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", (long long)number);
    return text_new(VALUE_NUMBER, text, (size_t)length);
}

struct value *value_new_number(const char *text)
{
    assert(decimal_is_json(text));
    return text_new(VALUE_NUMBER, text, strlen(text));
}

struct value *value_new_double(double number)
{
    char text[40];
    if (!isfinite(number))
        return value_new_null();
    snprintf(text, sizeof text, "%.12g", number == 0 ? 0.0 : number); /* no -0 */
    return value_new_number(text);
}

struct value *value_new_string(const char *text)
{
    return text_new(VALUE_STRING, text, strlen(text));
}

struct value *value_new_text(const char *text, size_t length)
{
    return text_new(VALUE_STRING, text, length);
}

struct value *value_new_list(void)
{
    return node_new(VALUE_LIST);
}

struct value *value_new_map(void)
{
    return node_new(VALUE_MAP);
}

#define ALWAYS_THERE UINT32_MAX /* the count of references that are not counted */

static const char zero_text[] = "0";
static const struct value shared_null = { .refs = ALWAYS_THERE, .type = VALUE_NULL };
static const struct value shared_zero = {
    .refs = ALWAYS_THERE, .type = VALUE_NUMBER, .count = 1, .text = (char *)zero_text
};

struct value *value_shared_null(void)
{
    return (struct value *)&shared_null;
}

struct value *value_shared_zero(void)
{
    return (struct value *)&shared_zero;
}

struct value *value_hold(const struct value *value)
{
    struct value *held = (struct value *)value;
    if (held != NULL && held->refs != ALWAYS_THERE)
        held->refs++;
    return held;
}

void value_drop(struct value *value)
{
    if (value == NULL || value->refs == ALWAYS_THERE || --value->refs > 0)
        return;
    switch (value->type) {
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_NUMBER:
    case VALUE_STRING:
        break;
    case VALUE_LIST:
        for (size_t i = 0; i < value->count; i++)
            value_drop(value->items[i]);
        free(value->items);
        break;
    case VALUE_MAP:
        for (size_t i = 0; i < value->count; i++) {
            free(value->entries[i].key);
            value_drop(value->entries[i].value);
        }
        free(value->entries);
        break;
    }
    free(value);
}

/* ── the array of a map and the index behind it ── */

static bool is_indexed(const struct value *map)
{
    return map->capacity >= INDEX_FROM;
}

/* Two slots for each entry; a slot holds an entry's number plus one, 0 when empty. */
static uint32_t *index_of(const struct value *map)
{
    return (uint32_t *)(map->entries + map->capacity);
}

static size_t index_mask(const struct value *map)
{
    return map->capacity * 2 - 1;
}

static void index_add(struct value *map, size_t entry)
{
    const char *key = map->entries[entry].key;
    uint32_t *index = index_of(map);
    size_t mask = index_mask(map);
    size_t slot = hash_bytes(key, strlen(key)) & mask;
    while (index[slot] != 0)
        slot = (slot + 1) & mask;
    index[slot] = (uint32_t)entry + 1;
}

static void index_rebuild(struct value *map)
{
    memset(index_of(map), 0, map->capacity * 2 * sizeof(uint32_t));
    for (size_t i = 0; i < map->count; i++)
        index_add(map, i);
}

/* Room for `capacity` entries: with an index, a power of two. */
static void map_reserve(struct value *map, size_t capacity)
{
    size_t bytes = capacity * sizeof *map->entries;
    if (capacity >= INDEX_FROM)
        bytes += capacity * 2 * sizeof(uint32_t);
    assert(capacity <= UINT32_MAX / 2);
    map->entries = mem_resize(map->entries, bytes);
    map->capacity = capacity;
    if (is_indexed(map))
        index_rebuild(map);
}

/* Most maps have one or two entries. A row of a report has some twenty, and is not worth an index. */
static size_t next_capacity(size_t capacity)
{
    if (capacity == 0)
        return FIRST_CAPACITY;
    return capacity == INDEX_FROM / 2       ? INDEX_FROM / 4 * 3
           : capacity == INDEX_FROM / 4 * 3 ? INDEX_FROM
                                            : capacity * 2;
}

static size_t map_find(const struct value *map, const char *key)
{
    if (!is_indexed(map)) {
        for (size_t i = 0; i < map->count; i++)
            if (strcmp(map->entries[i].key, key) == 0)
                return i;
        return NOT_FOUND;
    }
    const uint32_t *index = index_of(map);
    size_t mask = index_mask(map);
    for (size_t slot = hash_bytes(key, strlen(key)) & mask; index[slot] != 0;
         slot = (slot + 1) & mask)
        if (strcmp(map->entries[index[slot] - 1].key, key) == 0)
            return index[slot] - 1;
    return NOT_FOUND;
}

static struct value_entry *map_append(struct value *map, char *key, struct place at,
                                      struct value *value)
{
    if (map->count == map->capacity)
        map_reserve(map, next_capacity(map->capacity));
    struct value_entry *entry = &map->entries[map->count++];
    *entry = (struct value_entry){ .key = key, .value = value, .at = at };
    if (is_indexed(map))
        index_add(map, map->count - 1);
    return entry;
}

/* ── reading ── */

struct value_entry *value_find(const struct value *map, const char *key)
{
    if (map == NULL || map->type != VALUE_MAP)
        return NULL;
    size_t found = map_find(map, key);
    return found == NOT_FOUND ? NULL : &map->entries[found];
}

struct value *value_get(const struct value *map, const char *key)
{
    const struct value_entry *entry = value_find(map, key);
    return entry == NULL ? NULL : entry->value;
}

struct value *value_at(const struct value *list, size_t index)
{
    if (list == NULL || list->type != VALUE_LIST || index >= list->count)
        return NULL;
    return list->items[index];
}

struct value *value_path(const struct value *root, ...)
{
    const struct value *node = root;
    va_list keys;
    va_start(keys, root);
    for (const char *key; node != NULL && (key = va_arg(keys, const char *)) != NULL;)
        node = value_get(node, key);
    va_end(keys);
    return (struct value *)node;
}

const char *value_text(const struct value *value, const char *otherwise)
{
    return value != NULL && value->type == VALUE_STRING ? value->text : otherwise;
}

bool value_truth(const struct value *value, bool otherwise)
{
    return value != NULL && value->type == VALUE_BOOL ? value->truth : otherwise;
}

bool value_as_int(const struct value *value, int64_t *number)
{
    return value != NULL && value->type == VALUE_NUMBER && decimal_int(value->text, number);
}

int64_t value_int(const struct value *value, int64_t otherwise)
{
    int64_t number;
    return value_as_int(value, &number) ? number : otherwise;
}

double value_double(const struct value *value, double otherwise)
{
    return value != NULL && value->type == VALUE_NUMBER ? strtod(value->text, NULL) : otherwise;
}

bool value_is_null(const struct value *value)
{
    return value == NULL || value->type == VALUE_NULL;
}

/* ── changing ── */

/* The same node, its children shared, with one reference. */
static struct value *copy_level(const struct value *from)
{
    const bool has_text = from->type == VALUE_NUMBER || from->type == VALUE_STRING;
    struct value *copy =
        has_text ? text_new(from->type, from->text, from->count) : node_new(from->type);
    copy->at = from->at;
    switch (from->type) {
    case VALUE_NULL:
    case VALUE_NUMBER:
    case VALUE_STRING:
        break;
    case VALUE_BOOL:
        copy->truth = from->truth;
        break;
    case VALUE_LIST:
        for (size_t i = 0; i < from->count; i++)
            value_add(copy, value_hold(from->items[i]));
        break;
    case VALUE_MAP:
        if (from->capacity > 0)
            map_reserve(copy, from->capacity);
        for (size_t i = 0; i < from->count; i++) {
            const struct value_entry *entry = &from->entries[i];
            map_append(copy, mem_text(entry->key, strlen(entry->key)), entry->at,
                       value_hold(entry->value));
        }
        break;
    }
    return copy;
}

struct value *value_own(struct value **slot)
{
    struct value *shared = *slot;
    assert(shared != NULL);
    if (shared->refs > 1) {
        *slot = copy_level(shared);
        value_drop(shared);
    }
    return *slot;
}

static void assert_own(const struct value *value, enum value_type type)
{
    assert(value->type == type);
    assert(value->refs == 1);
}

void value_set_at(struct value *map, char *key, struct place at, struct value *value)
{
    assert_own(map, VALUE_MAP);
    size_t found = map_find(map, key);
    if (found == NOT_FOUND) {
        map_append(map, key, at, value);
        return;
    }
    struct value_entry *entry = &map->entries[found];
    free(key);
    value_drop(entry->value);
    entry->value = value;
    entry->at = at;
}

void value_set(struct value *map, const char *key, struct value *value)
{
    const struct place nowhere = { 0 };
    const struct value_entry *entry = value_find(map, key);
    value_set_at(map, mem_text(key, strlen(key)), entry == NULL ? nowhere : entry->at, value);
}

struct value **value_slot(struct value *map, const char *key)
{
    assert_own(map, VALUE_MAP);
    size_t found = map_find(map, key);
    if (found != NOT_FOUND)
        return &map->entries[found].value;
    return &map_append(map, mem_text(key, strlen(key)), (struct place){ 0 }, value_new_map())
                ->value;
}

bool value_remove(struct value *map, const char *key)
{
    assert_own(map, VALUE_MAP);
    size_t found = map_find(map, key);
    if (found == NOT_FOUND)
        return false;
    struct value_entry *entry = &map->entries[found];
    free(entry->key);
    value_drop(entry->value);
    map->count--;
    memmove(entry, entry + 1, (map->count - found) * sizeof *entry);
    if (is_indexed(map))
        index_rebuild(map);
    return true;
}

void value_add(struct value *list, struct value *item)
{
    assert_own(list, VALUE_LIST);
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : FIRST_CAPACITY;
        list->items = mem_resize(list->items, list->capacity * sizeof(struct value *));
    }
    list->items[list->count++] = item;
}

void value_cut(struct value *list, size_t index)
{
    assert_own(list, VALUE_LIST);
    assert(index < list->count);
    value_drop(list->items[index]);
    list->count--;
    memmove(list->items + index, list->items + index + 1,
            (list->count - index) * sizeof(struct value *));
}

void value_put(struct value **root, struct value *value, ...)
{
    va_list keys;
    va_start(keys, value);
    struct value **slot = root;
    for (const char *key; (key = va_arg(keys, const char *)) != NULL;) {
        if (value_is_null(*slot)) {
            value_drop(*slot);
            *slot = value_new_map();
        }
        slot = value_slot(value_own(slot), key);
    }
    va_end(keys);
    value_drop(*slot);
    *slot = value;
}

struct value *value_copy(const struct value *value)
{
    if (value == NULL)
        return NULL;
    struct value *copy = copy_level(value);
    if (copy->type == VALUE_LIST) {
        for (size_t i = 0; i < copy->count; i++) {
            value_drop(copy->items[i]);
            copy->items[i] = value_copy(value->items[i]);
        }
    } else if (copy->type == VALUE_MAP) {
        for (size_t i = 0; i < copy->count; i++) {
            value_drop(copy->entries[i].value);
            copy->entries[i].value = value_copy(value->entries[i].value);
        }
    }
    return copy;
}
