/* Documents: reference-counted trees of maps, lists and scalars.
 *
 * Maps keep their entries in insertion order in one array. From INDEX_FROM entries on,
 * the same allocation carries an open-addressing index behind the array, so that a
 * ConfigMap of ten thousand keys is not searched line by line; nothing ever iterates
 * over the index. Numbers are compared as exact decimals, digit by digit. */
#include "sim/base/value.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

enum { FIRST_CAPACITY = 4, INDEX_FROM = 32 };

#define NOT_FOUND SIZE_MAX

/* ── hashing ── */

static uint64_t mix(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdU;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53U;
    return hash ^ (hash >> 33);
}

/* FNV-1a, finished by a mixer because short keys differ in their last bits only. */
static uint64_t bytes_hash(const char *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3U;
    return mix(hash);
}

/* ── numbers as exact decimals ── */

/* A JSON number as 0.d1d2d3... times a power of ten, without zeros at either end. The
 * digits are borrowed from the text and may have a '.' between them. */
struct decimal {
    bool negative;
    const char *digits;
    size_t count;     /* digits, the point not counted; 0 for the number zero */
    int64_t exponent; /* power of ten by which 0.d1d2... is multiplied */
};

static const char *skip_digits(const char *at)
{
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

/* The value of an exponent part, capped: beyond the cap all numbers are out of reach. */
static int64_t exponent_of(const char *at)
{
    if (*at != 'e' && *at != 'E')
        return 0;
    at++;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    int64_t exponent = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (exponent < INT64_C(100000000000000000))
            exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

static struct decimal decimal_of(const char *text)
{
    struct decimal number = { .negative = *text == '-' };
    const char *whole = text + (*text == '-' || *text == '+');
    const char *end = skip_digits(whole);
    number.exponent = end - whole;
    if (*end == '.')
        end = skip_digits(end + 1);
    number.exponent += exponent_of(end);

    const char *first = whole;
    for (; first < end && (*first == '0' || *first == '.'); first++)
        if (*first == '0')
            number.exponent--;
    while (end > first && (end[-1] == '0' || end[-1] == '.'))
        end--;
    number.digits = first;
    for (const char *at = first; at < end; at++)
        number.count += *at != '.';
    if (number.count == 0)
        number = (struct decimal){ .digits = first }; /* zero has no sign */
    return number;
}

static int next_digit(const char **at)
{
    if (**at == '.')
        ++*at;
    return *(*at)++ - '0';
}

static bool decimal_equal(const char *a, const char *b)
{
    struct decimal x = decimal_of(a), y = decimal_of(b);
    if (x.negative != y.negative || x.count != y.count || x.exponent != y.exponent)
        return false;
    for (size_t i = 0; i < x.count; i++)
        if (next_digit(&x.digits) != next_digit(&y.digits))
            return false;
    return true;
}

static uint64_t decimal_hash(const char *text)
{
    struct decimal number = decimal_of(text);
    uint64_t hash = mix((uint64_t)number.exponent * 2 + number.negative);
    for (size_t i = 0; i < number.count; i++)
        hash = hash * 31 + (uint64_t)next_digit(&number.digits);
    return mix(hash);
}

static bool decimal_int(const char *text, int64_t *into)
{
    struct decimal number = decimal_of(text);
    if (number.exponent > 19 || number.exponent < (int64_t)number.count)
        return false;
    int64_t whole = 0; /* counted downwards: the negative side reaches one further */
    for (int64_t i = 0; i < number.exponent; i++) {
        int digit = i < (int64_t)number.count ? next_digit(&number.digits) : 0;
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_sub_overflow(whole, digit, &whole))
            return false;
    }
    if (!number.negative && whole == INT64_MIN)
        return false;
    *into = number.negative ? whole : -whole;
    return true;
}

static bool is_json_number(const char *at)
{
    at += *at == '-';
    const char *end = skip_digits(at);
    if (end == at || (*at == '0' && end > at + 1))
        return false;
    if (*end == '.') {
        at = end + 1;
        end = skip_digits(at);
        if (end == at)
            return false;
    }
    if (*end == 'e' || *end == 'E') {
        at = end + 1;
        at += *at == '-' || *at == '+';
        end = skip_digits(at);
        if (end == at)
            return false;
    }
    return *end == '\0';
}

/* ── new nodes ── */

static struct value *node_new(enum value_type type)
{
    struct value *node = mem_new(sizeof *node);
    node->refs = 1;
    node->type = type;
    return node;
}

static struct value *text_new(enum value_type type, const char *text, size_t length)
{
    struct value *node = node_new(type);
    node->text = mem_text(text, length);
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
    assert(is_json_number(text));
    return text_new(VALUE_NUMBER, text, strlen(text));
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

struct value *value_hold(const struct value *value)
{
    struct value *held = (struct value *)value;
    if (held != NULL)
        held->refs++;
    return held;
}

void value_drop(struct value *value)
{
    if (value == NULL || --value->refs > 0)
        return;
    switch (value->type) {
    case VALUE_NULL:
    case VALUE_BOOL:
        break;
    case VALUE_NUMBER:
    case VALUE_STRING:
        free(value->text);
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
    size_t slot = bytes_hash(key, strlen(key)) & mask;
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

/* Room for `capacity` entries, a power of two. */
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
    for (size_t slot = bytes_hash(key, strlen(key)) & mask; index[slot] != 0;
         slot = (slot + 1) & mask)
        if (strcmp(map->entries[index[slot] - 1].key, key) == 0)
            return index[slot] - 1;
    return NOT_FOUND;
}

static struct value_entry *map_append(struct value *map, char *key, struct place at,
                                      struct value *value)
{
    if (map->count == map->capacity)
        map_reserve(map, map->capacity ? map->capacity * 2 : FIRST_CAPACITY);
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
    struct value *copy = node_new(from->type);
    copy->at = from->at;
    switch (from->type) {
    case VALUE_NULL:
        break;
    case VALUE_BOOL:
        copy->truth = from->truth;
        break;
    case VALUE_NUMBER:
    case VALUE_STRING:
        copy->text = mem_text(from->text, from->count);
        copy->count = from->count;
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

/* ── comparing ── */

static bool lists_equal(const struct value *a, const struct value *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!value_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool maps_equal(const struct value *a, const struct value *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct value_entry *other = value_find(b, a->entries[i].key);
        if (other == NULL || !value_equal(a->entries[i].value, other->value))
            return false;
    }
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a == b || (value_is_null(a) && value_is_null(b)))
        return true;
    if (a == NULL || b == NULL || a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->truth == b->truth;
    case VALUE_NUMBER:
        return decimal_equal(a->text, b->text);
    case VALUE_STRING:
        return a->count == b->count && memcmp(a->text, b->text, a->count) == 0;
    case VALUE_LIST:
        return lists_equal(a, b);
    case VALUE_MAP:
        return maps_equal(a, b);
    }
    return false;
}

uint64_t value_hash(const struct value *value)
{
    if (value_is_null(value))
        return mix(VALUE_NULL + 1);
    uint64_t hash = 0;
    switch (value->type) {
    case VALUE_NULL:
        break;
    case VALUE_BOOL:
        hash = value->truth;
        break;
    case VALUE_NUMBER:
        hash = decimal_hash(value->text);
        break;
    case VALUE_STRING:
        hash = bytes_hash(value->text, value->count);
        break;
    case VALUE_LIST:
        for (size_t i = 0; i < value->count; i++)
            hash = mix(hash + value_hash(value->items[i]));
        break;
    case VALUE_MAP: /* a sum, because equal maps may list their keys in another order */
        for (size_t i = 0; i < value->count; i++) {
            const struct value_entry *entry = &value->entries[i];
            hash += mix(bytes_hash(entry->key, strlen(entry->key)) + 3 * value_hash(entry->value));
        }
        break;
    }
    return mix(hash + (uint64_t)value->type * 0x9e3779b97f4a7c15U);
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
