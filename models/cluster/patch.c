/* Strategic merge patches, JSON merge patches, and apply. */
#include "models/cluster/patch.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"

#define MERGING_LISTS "merging lists cannot yet be specified in the patch"

/* How the value under a key merges. */
struct strategy {
    const struct schema_type *type; /* of the value, without pointers; NULL: unknown */
    const char *merge_key;          /* of a list of maps; NULL: none */
    bool merges, replaces, retains_keys;
};

static bool strategy_has(const struct schema_field *field, const char *name)
{
    return field->patch_strategy != NULL && strstr(field->patch_strategy, name) != NULL;
}

static struct strategy strategy_of(const struct schema_type *type, const char *key)
{
    struct strategy strategy = { 0 };
    if (type == NULL)
        return strategy;
    if (type->shape == SCHEMA_MAP) {
        strategy.type = schema_pointee(type->element);
        return strategy;
    }
    const struct schema_field *field =
        type->shape == SCHEMA_STRUCT ? schema_field(type, key) : NULL;
    if (field == NULL)
        return strategy;
    strategy.type = schema_pointee(field->type);
    strategy.merge_key = field->patch_merge_key;
    strategy.merges = strategy_has(field, "merge");
    strategy.replaces = strategy_has(field, "replace");
    strategy.retains_keys = strategy_has(field, "retainKeys");
    return strategy;
}

static const struct schema_type *element_of(const struct schema_type *list)
{
    return list != NULL && list->shape == SCHEMA_LIST ? schema_pointee(list->element) : NULL;
}

static const char *directive_of(const struct value *map)
{
    return value_text(value_get(map, "$patch"), NULL);
}

static bool is_directive(const char *key)
{
    return strcmp(key, "$patch") == 0 || strcmp(key, "$retainKeys") == 0 ||
           strncmp(key, "$setElementOrder/", 17) == 0 ||
           strncmp(key, "$deleteFromPrimitiveList/", 25) == 0;
}

/* ---- lists ---- */

static size_t patch_find(const struct value *list, const char *merge_key, const struct value *key)
{
    for (size_t i = 0; i < list->count; i++)
        if (value_equal(merge_key ? value_get(list->items[i], merge_key) : list->items[i], key))
            return i;
    return SIZE_MAX;
}

static struct value *merge_maps(const struct value *document, const struct value *patch,
                                const struct schema_type *type, struct error *error);

static int by_key(const void *a, const void *b)
{
    return strcmp((*(const struct value_entry *const *)a)->key,
                  (*(const struct value_entry *const *)b)->key);
}

static void go_print(struct writer *out, const struct value *value);

static void go_print_map(struct writer *out, const struct value *map)
{
    const struct value_entry **order = mem_new((map->count + 1) * sizeof *order);
    for (size_t i = 0; i < map->count; i++)
        order[i] = &map->entries[i];
    if (map->count > 1)
        qsort(order, map->count, sizeof *order, by_key);
    writer_add(out, "map[");
    for (size_t i = 0; i < map->count; i++) {
        writer_format(out, "%s%s:", i > 0 ? " " : "", order[i]->key);
        go_print(out, order[i]->value);
    }
    writer_add_char(out, ']');
    free(order);
}

/* As Go's %v prints what it decoded: map[image:img:9 name:a]. */
static void go_print(struct writer *out, const struct value *value)
{
    switch (value == NULL ? VALUE_NULL : value->type) {
    case VALUE_NULL:
        writer_add(out, "<nil>");
        break;
    case VALUE_BOOL:
        writer_add(out, value->truth ? "true" : "false");
        break;
    case VALUE_NUMBER:
    case VALUE_STRING:
        writer_add_bytes(out, value->text, value->count);
        break;
    case VALUE_LIST:
        writer_add_char(out, '[');
        for (size_t i = 0; i < value->count; i++) {
            writer_add(out, i > 0 ? " " : "");
            go_print(out, value->items[i]);
        }
        writer_add_char(out, ']');
        break;
    case VALUE_MAP:
        go_print_map(out, value);
        break;
    }
}

static char *go_text(const struct value *value)
{
    struct writer out = { 0 };
    go_print(&out, value);
    return writer_take(&out);
}

static bool missing_key(const struct value *item, const char *merge_key, struct error *error)
{
    char *text = go_text(item);
    error_set(error, item->at, "map: %s does not contain declared merge key: %s", text, merge_key);
    free(text);
    return false;
}

static bool unknown_directive(const struct value *map, struct error *error)
{
    char *text = go_text(map);
    error_set(error, map->at, "unknown patch type: %s in map: %s", directive_of(map), text);
    free(text);
    return false;
}

/* Replace item `index` by its merge with a patch item. */
static bool merge_item(struct value *list, size_t index, const struct value *item,
                       const struct schema_type *type, struct error *error)
{
    struct value *merged = merge_maps(list->items[index], item, type, error);
    if (merged == NULL)
        return false;
    value_drop(list->items[index]);
    list->items[index] = merged;
    return true;
}

/* One item of a patch to a list of maps; `is_new`: there was none before. */
static bool patch_item(struct value *list, const struct value *item,
                       const struct strategy *strategy, bool is_new, struct error *error)
{
    const struct schema_type *type = element_of(strategy->type);
    const char *directive = directive_of(item);
    const struct value *key = value_get(item, strategy->merge_key);
    if (directive != NULL && strcmp(directive, "replace") == 0)
        return true; /* the whole list: handled by the caller */
    if (directive != NULL && strcmp(directive, "merge") == 0)
        return error_set(error, item->at, MERGING_LISTS);
    if (directive != NULL && strcmp(directive, "delete") != 0)
        return unknown_directive(item, error);
    if (key == NULL && is_new) { /* nothing is merged: it is taken as it is */
        value_add(list, value_hold(item));
        return true;
    }
    if (key == NULL)
        return missing_key(item, strategy->merge_key, error);
    size_t index = patch_find(list, strategy->merge_key, key);
    if (directive != NULL && strcmp(directive, "delete") == 0) {
        for (; index != SIZE_MAX; index = patch_find(list, strategy->merge_key, key))
            value_cut(list, index);
        return true;
    }
    if (index != SIZE_MAX)
        return merge_item(list, index, item, type, error);
    value_add(list, value_hold(item));
    return true;
}

static bool replaces_list(const struct value *patch)
{
    for (size_t i = 0; i < patch->count; i++) {
        const char *directive = directive_of(patch->items[i]);
        if (directive != NULL && strcmp(directive, "replace") == 0)
            return true;
    }
    return false;
}

static struct value *without_directives(const struct value *list)
{
    struct value *result = value_new_list();
    for (size_t i = 0; i < list->count; i++)
        if (directive_of(list->items[i]) == NULL)
            value_add(result, value_hold(list->items[i]));
    return result;
}

static struct value *copy_list(const struct value *list)
{
    struct value *copy = value_new_list();
    for (size_t i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++)
        value_add(copy, value_hold(list->items[i]));
    return copy;
}

/* The key of an item, or the item itself. */
static const struct value *key_of(const struct value *item, const char *merge_key)
{
    return merge_key ? value_get(item, merge_key) : item;
}

/* Items that the order names, in its order, and the others in theirs, merged so that one of
 * the others comes before a named item if it stood before it in `server`. */
static struct value *merge_orders(const struct value *named, const struct value *others,
                                  const struct value *server, const char *merge_key)
{
    struct value *result = value_new_list();
    size_t i = 0, j = 0;
    while (i < named->count || j < others->count) {
        bool takes_named = j == others->count;
        if (i < named->count && j < others->count) {
            size_t left = patch_find(server, merge_key, key_of(named->items[i], merge_key));
            size_t right = patch_find(server, merge_key, key_of(others->items[j], merge_key));
            takes_named = left == SIZE_MAX || left < right; /* right is the server's: found */
        }
        value_add(result, value_hold(takes_named ? named->items[i++] : others->items[j++]));
    }
    return result;
}

static struct value *in_order(const struct value *list, const struct value *order,
                              const struct value *server, const char *merge_key)
{
    struct value *named = value_new_list(), *others = value_new_list(), *none = value_new_list();
    for (size_t i = 0; i < order->count; i++) {
        const struct value *key = key_of(order->items[i], merge_key);
        if (patch_find(named, merge_key, key) != SIZE_MAX)
            continue;
        for (size_t j = 0; j < list->count; j++) /* a key may stand twice, as ports' does */
            if (value_equal(key_of(list->items[j], merge_key), key))
                value_add(named, value_hold(list->items[j]));
    }
    for (size_t i = 0; i < list->count; i++)
        if (patch_find(order, merge_key, key_of(list->items[i], merge_key)) == SIZE_MAX)
            value_add(others, value_hold(list->items[i]));
    struct value *result = merge_orders(named, others, server ? server : none, merge_key);
    value_drop(named);
    value_drop(others);
    value_drop(none);
    return result;
}

static struct value *merge_lists(const struct value *document, const struct value *patch,
                                 const struct strategy *strategy, struct error *error)
{
    if (replaces_list(patch))
        return without_directives(patch);
    struct value *list = copy_list(document);
    for (size_t i = 0; i < patch->count; i++) {
        const struct value *item = patch->items[i];
        bool fine = true;
        if (strategy->merge_key != NULL)
            fine = patch_item(list, item, strategy, document == NULL, error);
        else if (patch_find(list, NULL, item) == SIZE_MAX)
            value_add(list, value_hold(item));
        if (!fine) {
            value_drop(list);
            return NULL;
        }
    }
    const bool is_list = document != NULL && document->type == VALUE_LIST;
    struct value *ordered = in_order(list, patch, is_list ? document : NULL, strategy->merge_key);
    value_drop(list);
    return ordered;
}

/* ---- the directives of a map ---- */

static void delete_from_lists(struct value *result, const struct value *patch)
{
    for (size_t i = 0; i < patch->count; i++) {
        const char *key = patch->entries[i].key;
        if (strncmp(key, "$deleteFromPrimitiveList/", 25) != 0)
            continue;
        const struct value *cuts = patch->entries[i].value;
        struct value *list = copy_list(value_get(result, key + 25));
        for (size_t j = 0; cuts->type == VALUE_LIST && j < cuts->count; j++) {
            size_t index;
            while ((index = patch_find(list, NULL, cuts->items[j])) != SIZE_MAX)
                value_cut(list, index);
        }
        value_set(result, key + 25, list);
    }
}

static void set_orders(struct value *result, const struct value *document,
                       const struct value *patch, const struct schema_type *type)
{
    for (size_t i = 0; i < patch->count; i++) {
        const char *key = patch->entries[i].key;
        if (strncmp(key, "$setElementOrder/", 17) != 0)
            continue;
        const struct value *list = value_get(result, key + 17), *order = patch->entries[i].value;
        const struct value *server = value_get(document, key + 17);
        if (server != NULL && server->type != VALUE_LIST)
            server = NULL;
        if (list != NULL && list->type == VALUE_LIST && order->type == VALUE_LIST)
            value_set(result, key + 17,
                      in_order(list, order, server, strategy_of(type, key + 17).merge_key));
    }
}

/* Is each item of a patch that is not to be deleted in the order list, in the same order? */
static bool fits_order(const struct value *items, const struct value *order, const char *merge_key,
                       struct error *error)
{
    size_t at = 0;
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(directive_of(items->items[i]) ? directive_of(items->items[i]) : "", "merge") ==
            0)
            return error_set(error, items->at, MERGING_LISTS);
    for (size_t i = 0; i < items->count; i++) {
        const char *directive = directive_of(items->items[i]);
        if (merge_key != NULL && directive != NULL && strcmp(directive, "delete") == 0)
            continue;
        while (at < order->count && !value_equal(key_of(order->items[at], merge_key),
                                                 key_of(items->items[i], merge_key)))
            at++;
        if (at++ < order->count)
            continue;
        char *given = go_text(items), *wanted = go_text(order);
        error_set(error, items->at,
                  "The order in patch list:\n%s\n doesn't match $setElementOrder list:\n%s\n",
                  given, wanted);
        free(given);
        free(wanted);
        return false;
    }
    return true;
}

static bool check_orders(const struct value *patch, const struct schema_type *type,
                         struct error *error)
{
    bool fine = true;
    for (size_t i = 0; fine && i < patch->count; i++) {
        const char *key = patch->entries[i].key;
        if (strncmp(key, "$setElementOrder/", 17) != 0)
            continue;
        const struct value *items = value_get(patch, key + 17), *order = patch->entries[i].value;
        if (items != NULL && items->type == VALUE_LIST && order->type == VALUE_LIST)
            fine = fits_order(items, order, strategy_of(type, key + 17).merge_key, error);
    }
    return fine;
}

static bool retain_keys(struct value *result, const struct value *patch, struct error *error)
{
    const struct value *kept = value_get(patch, "$retainKeys");
    if (kept == NULL)
        return true;
    if (kept->type != VALUE_LIST)
        return error_set(error, patch->at, "invalid patch format of retainKeys");
    for (size_t i = 0; i < patch->count; i++) {
        struct value *key = value_new_string(patch->entries[i].key);
        bool listed = is_directive(patch->entries[i].key) ||
                      value_is_null(patch->entries[i].value) ||
                      patch_find(kept, NULL, key) != SIZE_MAX;
        value_drop(key);
        if (!listed)
            return error_set(error, patch->at, "invalid patch format of retainKeys");
    }
    for (size_t i = result->count; i-- > 0;) {
        struct value *key = value_new_string(result->entries[i].key);
        if (patch_find(kept, NULL, key) == SIZE_MAX)
            value_remove(result, result->entries[i].key);
        value_drop(key);
    }
    return true;
}

/* ---- maps ---- */

static struct value *copy_map(const struct value *map)
{
    struct value *copy = value_new_map();
    for (size_t i = 0; map != NULL && map->type == VALUE_MAP && i < map->count; i++)
        value_set(copy, map->entries[i].key, value_hold(map->entries[i].value));
    if (map != NULL)
        copy->at = map->at;
    return copy;
}

/* Merge one value of a patch into the map under its key. */
static bool merge_key(struct value *result, const char *key, const struct value *change,
                      const struct schema_type *type, struct error *error)
{
    const struct value *old = value_get(result, key);
    struct strategy strategy = strategy_of(type, key);
    struct value *merged;
    if (value_is_null(change)) {
        value_remove(result, key);
        return true;
    }
    if (change->type == VALUE_MAP && !strategy.replaces)
        merged = merge_maps(old != NULL && old->type == VALUE_MAP ? old : NULL, change,
                            strategy.type, error);
    else if (change->type == VALUE_LIST && strategy.merges)
        merged = merge_lists(old, change, &strategy, error);
    else
        merged = value_hold(change);
    if (merged == NULL)
        return false;
    value_set(result, key, merged);
    return true;
}

static struct value *merge_maps(const struct value *document, const struct value *patch,
                                const struct schema_type *type, struct error *error)
{
    const char *directive = directive_of(patch);
    bool replaces = directive != NULL && strcmp(directive, "replace") == 0;
    bool deletes = directive != NULL && strcmp(directive, "delete") == 0;
    if (directive != NULL && !replaces && !deletes) {
        unknown_directive(patch, error);
        return NULL;
    }
    struct value *result = copy_map(replaces || deletes ? NULL : document);
    bool fine = replaces || deletes || check_orders(patch, type, error);
    for (size_t i = 0; fine && !deletes && i < patch->count; i++)
        if (!is_directive(patch->entries[i].key))
            fine = merge_key(result, patch->entries[i].key, patch->entries[i].value, type, error);
    if (fine && !deletes) {
        delete_from_lists(result, patch);
        set_orders(result, document, patch, type);
        fine = retain_keys(result, patch, error);
    }
    if (fine)
        return result;
    value_drop(result);
    return NULL;
}

struct value *patch_strategic(const struct value *document, const struct value *patch,
                              const struct schema_type *type, struct error *error)
{
    if (patch->type == VALUE_MAP)
        return merge_maps(document, patch, type, error);
    error_set(error, patch->at, "the patch is not a map");
    return NULL;
}

struct value *patch_merge(const struct value *document, const struct value *patch)
{
    if (patch->type != VALUE_MAP)
        return value_hold(patch);
    struct value *result = copy_map(document);
    for (size_t i = 0; i < patch->count; i++) {
        const char *key = patch->entries[i].key;
        const struct value *change = patch->entries[i].value;
        if (value_is_null(change))
            value_remove(result, key);
        else
            value_set(result, key, patch_merge(value_get(result, key), change));
    }
    return result;
}

/* ---- apply ---- */

static struct value *apply_lists(const struct value *live, const struct value *applied,
                                 const struct value *wanted, const struct strategy *strategy)
{
    if (!strategy->merges || live == NULL || live->type != VALUE_LIST)
        return value_hold(wanted);
    struct value *result = value_new_list();
    for (size_t i = 0; i < wanted->count; i++) {
        const struct value *item = wanted->items[i];
        const struct value *key = strategy->merge_key ? value_get(item, strategy->merge_key) : item;
        size_t mine = patch_find(live, strategy->merge_key, key);
        size_t before = applied ? patch_find(applied, strategy->merge_key, key) : SIZE_MAX;
        value_add(result, strategy->merge_key == NULL || mine == SIZE_MAX
                              ? value_hold(item)
                              : patch_apply(live->items[mine],
                                            before == SIZE_MAX ? NULL : applied->items[before],
                                            item, element_of(strategy->type)));
    }
    for (size_t i = 0; i < live->count; i++) {
        const struct value *key =
            strategy->merge_key ? value_get(live->items[i], strategy->merge_key) : live->items[i];
        bool was_applied =
            applied != NULL && patch_find(applied, strategy->merge_key, key) != SIZE_MAX;
        if (!was_applied && patch_find(wanted, strategy->merge_key, key) == SIZE_MAX)
            value_add(result, value_hold(live->items[i])); /* somebody else's */
    }
    return result;
}

struct value *patch_apply(const struct value *live, const struct value *applied,
                          const struct value *wanted, const struct schema_type *type)
{
    if (wanted->type != VALUE_MAP || live == NULL || live->type != VALUE_MAP)
        return value_hold(wanted);
    struct value *result = copy_map(live);
    for (size_t i = 0; i < wanted->count; i++) {
        const char *key = wanted->entries[i].key;
        const struct value *new = wanted->entries[i].value, *old = value_get(live, key);
        const struct value *before = value_get(applied, key);
        struct strategy strategy = strategy_of(type, key);
        if (value_is_null(new))
            value_remove(result, key);
        else if (new->type == VALUE_LIST)
            value_set(result, key, apply_lists(old, before, new, &strategy));
        else
            value_set(result, key, patch_apply(old, before, new, strategy.type));
        if (strategy.retains_keys && new->type == VALUE_MAP)
            value_set(result, key, value_hold(new)); /* what it leaves out is cleared */
    }
    for (size_t i = 0; applied != NULL && applied->type == VALUE_MAP && i < applied->count; i++)
        if (value_get(wanted, applied->entries[i].key) == NULL)
            value_remove(result, applied->entries[i].key);
    return result;
}
