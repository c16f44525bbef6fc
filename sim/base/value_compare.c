/* Equality and hashes of documents: maps without regard to order, numbers by value. */
#include <string.h>

#include "sim/base/decimal.h"
#include "sim/base/hash.h"
#include "sim/base/value.h"

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
        return hash_mix(VALUE_NULL + 1);
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
        hash = hash_bytes(value->text, value->count);
        break;
    case VALUE_LIST:
        for (size_t i = 0; i < value->count; i++)
            hash = hash_mix(hash + value_hash(value->items[i]));
        break;
    case VALUE_MAP: /* a sum, because equal maps may list their keys in another order */
        for (size_t i = 0; i < value->count; i++) {
            const struct value_entry *entry = &value->entries[i];
            hash +=
                hash_mix(hash_bytes(entry->key, strlen(entry->key)) + 3 * value_hash(entry->value));
        }
        break;
    }
    return hash_mix(hash + (uint64_t)value->type * 0x9e3779b97f4a7c15U);
}
