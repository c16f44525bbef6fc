/* What a field is, and the set of the fields of a document. */
#include "models/cluster/typed.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/cluster/field_set.h"
#include "models/cluster/typed_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

struct typed typed_of(const struct schema_kind *kind)
{
    return (struct typed){ kind != NULL ? kind->type : NULL, NULL };
}

const struct value *typed_present(const struct value *value)
{
    return value_is_null(value) ? NULL : value;
}

static bool is_atomic(struct typed typed)
{
    const char *of_field = typed.field != NULL ? typed.field->map_type : NULL;
    return (of_field != NULL && strcmp(of_field, "atomic") == 0) ||
           (typed.type->map_type != NULL && strcmp(typed.type->map_type, "atomic") == 0);
}

enum structure typed_structure(struct typed typed, const struct value *value)
{
    if (typed.type == NULL)
        return value != NULL && value->type == VALUE_MAP ? TYPED_MAP : TYPED_LEAF;
    const char *list = typed.field != NULL ? typed.field->list_type : NULL;
    switch (typed.type->shape) {
    case SCHEMA_STRUCT:
    case SCHEMA_MAP:
        return is_atomic(typed) ? TYPED_LEAF : TYPED_MAP;
    case SCHEMA_LIST:
        return list != NULL && strcmp(list, "atomic") != 0 ? TYPED_LIST : TYPED_LEAF;
    default:
        return TYPED_LEAF;
    }
}

struct typed typed_member(struct typed typed, const char *key)
{
    if (typed.type == NULL)
        return (struct typed){ NULL, NULL };
    if (typed.type->shape == SCHEMA_MAP)
        return (struct typed){ schema_pointee(typed.type->element), NULL };
    const struct schema_field *field = schema_field(typed.type, key);
    return (struct typed){ field != NULL ? schema_pointee(field->type) : NULL, field };
}

struct typed typed_item(struct typed typed)
{
    const bool is_list = typed.type != NULL && typed.type->shape == SCHEMA_LIST;
    return (struct typed){ is_list ? schema_pointee(typed.type->element) : NULL, NULL };
}

/* ---- steps ---- */

char *typed_member_step(const char *key)
{
    return mem_format("f:%s", key);
}

/* The value of a key of an item, or its default. A new reference; NULL when it has neither. */
static struct value *key_value(struct typed item, const struct value *value, const char *key)
{
    const struct value *given = value_get(value, key);
    const struct schema_field *field = item.type != NULL ? schema_field(item.type, key) : NULL;
    if (!value_is_null(given) || field == NULL || field->default_json == NULL)
        return value_is_null(given) ? NULL : value_hold(given);
    struct error error = { 0 };
    return json_read(field->default_json, strlen(field->default_json), (struct place){ 0 }, NULL,
                     &error);
}

char *typed_item_step(struct typed list, const struct value *item)
{
    static const struct json_style style = { .sort_keys = true };
    struct writer out = { 0 };
    if (list.field->list_map_keys == NULL) {
        writer_add(&out, "v:");
        json_print(&out, item, style);
        return writer_take(&out);
    }
    struct value *keys = value_new_map();
    for (size_t i = 0; list.field->list_map_keys[i] != NULL; i++) {
        struct value *key = key_value(typed_item(list), item, list.field->list_map_keys[i]);
        if (key != NULL)
            value_set(keys, list.field->list_map_keys[i], key);
    }
    writer_add(&out, "k:");
    json_print(&out, keys, style);
    value_drop(keys);
    return writer_take(&out);
}

const struct value *typed_find_item(struct typed typed, const struct value *list, const char *step)
{
    const struct value *found = NULL;
    for (size_t i = 0; found == NULL && list != NULL && list->type == VALUE_LIST && i < list->count;
         i++) {
        char *other = typed_item_step(typed, list->items[i]);
        if (strcmp(other, step) == 0)
            found = list->items[i];
        free(other);
    }
    return found;
}

/* ---- checking ---- */

static bool check(struct typed typed, const struct value *value, struct writer *path,
                  struct error *error);

static bool fault(struct error *error, const struct value *value, const struct writer *path,
                  const char *text)
{
    return error_set(error, value->at, "%.*s: %s", (int)path->length,
                     path->bytes ? path->bytes : "", text);
}

static bool check_step(struct typed typed, const char *step, const struct value *value,
                       struct writer *path, struct error *error)
{
    const size_t length = path->length;
    field_step_print(path, step);
    const bool good = check(typed, value, path, error);
    path->length = length;
    return good;
}

static bool check_members(struct typed typed, const struct value *map, struct writer *path,
                          struct error *error)
{
    bool good = true;
    for (size_t i = 0; good && i < map->count; i++) {
        char *step = typed_member_step(map->entries[i].key);
        const struct typed member = typed_member(typed, map->entries[i].key);
        if (typed.type != NULL && typed.type->shape == SCHEMA_STRUCT && member.field == NULL) {
            struct writer whole = { 0 };
            writer_add_bytes(&whole, path->bytes ? path->bytes : "", path->length);
            field_step_print(&whole, step);
            good = fault(error, map->entries[i].value, &whole, "field not declared in schema");
            writer_close(&whole);
        } else {
            good = check_step(member, step, map->entries[i].value, path, error);
        }
        free(step);
    }
    return good;
}

static bool has_keys(struct typed list, const struct value *item)
{
    bool any = list.field->list_map_keys == NULL;
    for (size_t i = 0; !any && list.field->list_map_keys[i] != NULL; i++) {
        struct value *key = key_value(typed_item(list), item, list.field->list_map_keys[i]);
        any = key != NULL;
        value_drop(key);
    }
    return any;
}

static bool duplicate(struct error *error, const struct value *item, const struct writer *path,
                      const char *step)
{
    struct writer text = { 0 };
    writer_add(&text, "duplicate entries for key ");
    field_step_print(&text, step);
    fault(error, item, path, text.bytes);
    writer_close(&text);
    return false;
}

static bool check_items(struct typed typed, const struct value *list, struct writer *path,
                        struct error *error)
{
    bool good = true;
    for (size_t i = 0; good && i < list->count; i++) {
        const struct value *item = list->items[i];
        if (!has_keys(typed, item)) {
            char *text = mem_format("element %zu: associative list with keys has an element that "
                                    "omits all key fields [\"%s\"] (and doesn't have default "
                                    "values for any key fields)",
                                    i, typed.field->list_map_keys[0]);
            good = fault(error, item, path, text);
            free(text);
            continue;
        }
        char *step = typed_item_step(typed, item);
        const bool first = typed_find_item(typed, list, step) == item;
        good = first ? check_step(typed_item(typed), step, item, path, error)
                     : duplicate(error, item, path, step);
        free(step);
    }
    return good;
}

static bool fits_scalar(const struct schema_type *type, const struct value *value)
{
    return type == NULL || value->type == VALUE_STRING ||
           (type->shape != SCHEMA_STRING && type->shape != SCHEMA_BYTES);
}

static bool check(struct typed typed, const struct value *value, struct writer *path,
                  struct error *error)
{
    const bool is_map = value->type == VALUE_MAP, is_list = value->type == VALUE_LIST;
    const struct schema_type *type = typed.type;
    if (value_is_null(value) || type == NULL)
        return true;
    if (type->shape == SCHEMA_STRUCT || type->shape == SCHEMA_MAP)
        return is_map ? check_members(typed, value, path, error)
                      : fault(error, value, path, "expected map");
    if (type->shape == SCHEMA_LIST && !is_list)
        return fault(error, value, path, "expected list");
    if (type->shape == SCHEMA_LIST && typed_structure(typed, value) == TYPED_LIST)
        return check_items(typed, value, path, error);
    if (fits_scalar(type, value))
        return true;
    char *printed = json_text(value, (struct json_style){ 0 });
    char *text = mem_format("expected string, got &value.valueUnstructured{Value:%s}", printed);
    fault(error, value, path, text);
    free(text);
    free(printed);
    return false;
}

bool typed_check(struct typed typed, const struct value *document, struct error *error)
{
    struct writer path = { 0 };
    const bool good = check(typed, document, &path, error);
    writer_close(&path);
    return good;
}

/* ---- all fields ---- */

static struct value *member_fields(struct typed typed, const struct value *map)
{
    struct value *steps = NULL;
    const bool is_struct = typed.type != NULL && typed.type->shape == SCHEMA_STRUCT;
    for (size_t i = 0; i < map->count; i++) {
        const struct value *value = map->entries[i].value;
        struct value *below = typed_fields(typed_member(typed, map->entries[i].key), value);
        const bool held =
            value_is_null(value) || !is_struct || (value->type == VALUE_MAP && value->count == 0);
        struct value *self = field_set_node(held, NULL);
        char *step = typed_member_step(map->entries[i].key);
        field_set_put(&steps, step, field_set_union(below, self));
        free(step);
        value_drop(below);
        value_drop(self);
    }
    return steps;
}

static struct value *item_fields(struct typed typed, const struct value *list)
{
    struct value *steps = NULL, *self = value_new_map();
    for (size_t i = 0; i < list->count; i++) {
        struct value *below = typed_fields(typed_item(typed), list->items[i]);
        char *step = typed_item_step(typed, list->items[i]);
        field_set_put(&steps, step, field_set_union(below, self));
        free(step);
        value_drop(below);
    }
    value_drop(self);
    return steps;
}

struct value *typed_fields(struct typed typed, const struct value *document)
{
    if (value_is_null(document))
        return NULL;
    switch (typed_structure(typed, document)) {
    case TYPED_MAP:
        return document->type == VALUE_MAP ? member_fields(typed, document) : NULL;
    case TYPED_LIST:
        return document->type == VALUE_LIST ? item_fields(typed, document) : NULL;
    default:
        return value_new_map();
    }
}
