/* Follow encoding/json over the types of k8s.io/api v0.36.4, and the MarshalJSON of
 * Quantity, Time, MicroTime and IntOrString in apimachinery. */
#include "models/api/schema_print.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/scalar.h"
#include "sim/base/memory.h"

static const struct schema_type *type_of_child(const struct schema_type *type, const char *key)
{
    if (type->shape != SCHEMA_STRUCT)
        return type->element;
    const struct schema_field *field = schema_field(type, key);
    return field ? field->type : NULL;
}

static struct value *print_zero(const struct schema_type *type)
{
    switch (type->shape) {
    case SCHEMA_STRING:
        return value_new_string("");
    case SCHEMA_BOOL:
        return value_new_bool(false);
    case SCHEMA_INT:
    case SCHEMA_INT_OR_STRING:
        return value_new_int(0);
    case SCHEMA_QUANTITY:
        return value_new_string("0");
    default:
        return value_new_null();
    }
}

/* What Go's decoder makes of null in a list or a map: the zero value of the type. */
static struct value *decode_null(const struct value *null, const struct schema_type *type)
{
    struct value *zero = type->shape == SCHEMA_STRUCT ? value_new_map() : print_zero(type);
    zero->at = null->at;
    return zero;
}

static struct value *prune_map(const struct value *map, const struct schema_type *type)
{
    struct value *pruned = value_hold(map);
    for (size_t i = 0; i < map->count; i++) {
        const struct value_entry *entry = &map->entries[i];
        const struct schema_type *child = type_of_child(type, entry->key);
        if (child == NULL || (value_is_null(entry->value) && type->shape == SCHEMA_STRUCT)) {
            value_remove(value_own(&pruned), entry->key);
            continue;
        }
        struct value *kept = value_is_null(entry->value) ? decode_null(entry->value, child)
                                                         : schema_prune(entry->value, child);
        if (kept == entry->value)
            value_drop(kept);
        else
            value_set(value_own(&pruned), entry->key, kept);
    }
    return pruned;
}

static struct value *prune_list(const struct value *list, const struct schema_type *type)
{
    struct value *pruned = value_hold(list);
    for (size_t i = 0; i < list->count; i++) {
        struct value *kept = value_is_null(list->items[i])
                                 ? decode_null(list->items[i], type->element)
                                 : schema_prune(list->items[i], type->element);
        if (kept == list->items[i]) {
            value_drop(kept);
            continue;
        }
        struct value *own = value_own(&pruned);
        value_drop(own->items[i]);
        own->items[i] = kept;
    }
    return pruned;
}

struct value *schema_prune(const struct value *tree, const struct schema_type *type)
{
    type = schema_pointee(type);
    if (tree->type == VALUE_MAP && (type->shape == SCHEMA_STRUCT || type->shape == SCHEMA_MAP))
        return prune_map(tree, type);
    if (tree->type == VALUE_LIST && type->shape == SCHEMA_LIST)
        return prune_list(tree, type);
    return value_hold(tree);
}

/* What Go's omitempty leaves out. A struct is never empty; a pointer is when it is nil. */
static bool is_empty(const struct value *value, const struct schema_type *type)
{
    if (value_is_null(value))
        return type->shape != SCHEMA_STRUCT && type->shape != SCHEMA_QUANTITY &&
               type->shape != SCHEMA_INT_OR_STRING && type->shape != SCHEMA_TIME &&
               type->shape != SCHEMA_MICRO_TIME;
    switch (type->shape) {
    case SCHEMA_STRING:
    case SCHEMA_BYTES:
    case SCHEMA_LIST:
    case SCHEMA_MAP:
        return value->count == 0;
    case SCHEMA_BOOL:
        return !value->truth;
    case SCHEMA_INT:
        return value_int(value, 1) == 0;
    default:
        return false;
    }
}

static struct value *print_scalar(const struct value *value, const struct schema_type *type)
{
    char *text = NULL;
    if (type->shape == SCHEMA_QUANTITY)
        text = scalar_quantity_print(value);
    else if (type->shape == SCHEMA_TIME || type->shape == SCHEMA_MICRO_TIME)
        text = scalar_time_print(value_text(value, ""), type->shape == SCHEMA_MICRO_TIME);
    if (text == NULL)
        return value_hold(value);
    struct value *printed = value_new_string(text);
    free(text);
    return printed;
}

static struct value *print_struct(const struct value *tree, const struct schema_type *type)
{
    struct value *printed = value_new_map();
    for (size_t i = 0; i < type->member_count; i++) {
        const struct schema_field *field = type->members[i];
        const struct value *child = value_get(tree, field->json);
        if (field->omitempty && is_empty(child, field->type))
            continue;
        if (field->omitzero && value_is_null(child))
            continue;
        value_set(printed, field->json, schema_print(child, field->type));
    }
    return printed;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Go prints a map in the order of its keys. */
static struct value *print_entries(const struct value *map, const struct schema_type *type)
{
    struct value *printed = value_new_map();
    const char **keys = mem_new((map->count + 1) * sizeof *keys);
    for (size_t i = 0; i < map->count; i++)
        keys[i] = map->entries[i].key;
    qsort(keys, map->count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < map->count; i++)
        value_set(printed, keys[i], schema_print(value_get(map, keys[i]), type->element));
    free(keys);
    return printed;
}

static struct value *print_items(const struct value *list, const struct schema_type *type)
{
    struct value *printed = value_new_list();
    for (size_t i = 0; i < list->count; i++)
        value_add(printed, schema_print(list->items[i], type->element));
    return printed;
}

struct value *schema_print(const struct value *tree, const struct schema_type *type)
{
    if (type->shape == SCHEMA_POINTER && value_is_null(tree))
        return value_new_null();
    type = schema_pointee(type);
    if (type->shape == SCHEMA_STRUCT)
        return print_struct(tree, type);
    if (value_is_null(tree))
        return print_zero(type);
    if (type->shape == SCHEMA_MAP && tree->type == VALUE_MAP)
        return print_entries(tree, type);
    if (type->shape == SCHEMA_LIST && tree->type == VALUE_LIST)
        return print_items(tree, type);
    return print_scalar(tree, type);
}
