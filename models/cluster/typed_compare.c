/* Comparing, merging and cutting documents field by field. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/field_set.h"
#include "models/cluster/typed_private.h"
#include "sim/base/memory.h"

/* ---- comparing ---- */

static size_t count_of(const struct value *value)
{
    return value != NULL && (value->type == VALUE_MAP || value->type == VALUE_LIST) ? value->count
                                                                                    : 0;
}

/* Take a comparison of what is below a step into that of the whole. */
static void put_below(struct comparison *whole, const char *step, struct comparison below)
{
    field_set_put(&whole->added, step, below.added);
    field_set_put(&whole->modified, step, below.modified);
    field_set_put(&whole->removed, step, below.removed);
}

static struct comparison compare_leaf(const struct value *old, const struct value *new)
{
    struct comparison comparison = { 0 };
    if (old == NULL)
        comparison.added = value_new_map();
    else if (new == NULL)
        comparison.removed = value_new_map();
    else if (!value_equal(old, new))
        comparison.modified = value_new_map();
    return comparison;
}

static void compare_members(struct comparison *into, struct typed typed, const struct value *old,
                            const struct value *new)
{
    const struct value *const both[] = { old, new };
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < count_of(both[side]); i++) {
            const char *key = both[side]->entries[i].key;
            if (side == 1 && value_get(old, key) != NULL)
                continue;
            char *step = typed_member_step(key);
            put_below(
                into, step,
                typed_compare(typed_member(typed, key), value_get(old, key), value_get(new, key)));
            free(step);
        }
}

static void compare_items(struct comparison *into, struct typed typed, const struct value *old,
                          const struct value *new)
{
    const struct value *const both[] = { old, new };
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < count_of(both[side]); i++) {
            char *step = typed_item_step(typed, both[side]->items[i]);
            const struct value *was = typed_find_item(typed, old, step);
            const struct value *is = typed_find_item(typed, new, step);
            if (side == 0 || was == NULL)
                put_below(into, step, typed_compare(typed_item(typed), was, is));
            free(step);
        }
}

struct comparison typed_compare(struct typed typed, const struct value *old,
                                const struct value *new)
{
    struct comparison comparison = { 0 };
    old = typed_present(old);
    new = typed_present(new);
    if (old == NULL && new == NULL)
        return comparison;
    const enum structure structure = typed_structure(typed, new != NULL ? new : old);
    if (structure == TYPED_LEAF || count_of(old) + count_of(new) == 0)
        return compare_leaf(old, new);
    if (structure == TYPED_MAP)
        compare_members(&comparison, typed, old, new);
    else
        compare_items(&comparison, typed, old, new);
    comparison.added = field_set_node(old == NULL, comparison.added);
    comparison.removed = field_set_node(new == NULL, comparison.removed);
    return comparison;
}

void comparison_close(struct comparison *comparison)
{
    value_drop(comparison->added);
    value_drop(comparison->modified);
    value_drop(comparison->removed);
}

/* ---- merging ---- */

static struct value *merge_members(struct typed typed, const struct value *under,
                                   const struct value *over)
{
    struct value *merged = value_hold(under);
    value_own(&merged);
    for (size_t i = 0; i < over->count; i++) {
        const char *key = over->entries[i].key;
        value_set(
            merged, key,
            typed_merge(typed_member(typed, key), value_get(under, key), over->entries[i].value));
    }
    return merged;
}

/* The steps of a list's items, in order. */
struct steps {
    char **items; /* owned */
    size_t count;
};

static struct steps steps_of(struct typed typed, const struct value *list)
{
    struct steps steps = { mem_new((list->count + 1) * sizeof *steps.items), list->count };
    for (size_t i = 0; i < list->count; i++)
        steps.items[i] = typed_item_step(typed, list->items[i]);
    return steps;
}

static void steps_close(struct steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        free(steps->items[i]);
    free(steps->items);
}

static bool steps_have(const struct steps *steps, size_t end, const char *step)
{
    for (size_t i = 0; i < end; i++)
        if (strcmp(steps->items[i], step) == 0)
            return true;
    return false;
}

/* The next item of the new list, from `from` on, that the old one has, too; NULL: none. */
static const char *next_shared(const struct steps *old, const struct steps *new, size_t from)
{
    while (from < new->count && !steps_have(old, old->count, new->items[from]))
        from++;
    return from < new->count ? new->items[from] : NULL;
}

/* Items that both have stand in the order of the new list; those of the old one alone keep their
 * place between them, those of the new one alone come in its order (visitListItems() of merge.go). */
static struct value *merge_items(struct typed typed, const struct value *under,
                                 const struct value *over)
{
    struct steps old = steps_of(typed, under), new = steps_of(typed, over);
    struct value *merged = value_new_list();
    for (size_t i = 0, j = 0; i < old.count || j < new.count;) {
        const bool shared = i < old.count && steps_have(&new, new.count, old.items[i]);
        const char *next = next_shared(&old, &new, j);
        const bool same = i < old.count && j < new.count && !strcmp(old.items[i], new.items[j]);
        if (i < old.count && !shared) {
            value_add(merged, value_hold(under->items[i++]));
            continue;
        }
        if (shared && !same && j < new.count &&next != NULL &&strcmp(next, old.items[i]) != 0) {
            i++; /* another one that both have comes first */
            continue;
        }
        if (shared && !same && steps_have(&new, j, old.items[i]))
            i++; /* it is there already */
        if (j < new.count) {
            value_add(merged,
                      typed_merge(typed_item(typed), typed_find_item(typed, under, new.items[j]),
                                  over->items[j]));
            j++;
            i += same;
        }
    }
    steps_close(&old);
    steps_close(&new);
    return merged;
}

struct value *typed_merge(struct typed typed, const struct value *under, const struct value *over)
{
    /* A map or list that says null says nothing; a scalar is emptied. */
    if (over != NULL && value_is_null(over) && !value_is_null(under) &&
        typed_structure(typed, under) != TYPED_LEAF)
        return value_hold(under);
    if (over == NULL || under == NULL || value_is_null(over) || value_is_null(under) ||
        under->type != over->type)
        return value_hold(over != NULL ? over : under);
    switch (typed_structure(typed, over)) {
    case TYPED_MAP:
        return merge_members(typed, under, over);
    case TYPED_LIST:
        return merge_items(typed, under, over);
    default:
        return value_hold(over);
    }
}

/* ---- cutting ---- */

static struct value *remove_members(struct typed typed, const struct value *map,
                                    const struct value *fields)
{
    struct value *rest = value_hold(map);
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->entries[i].key;
        char *step = typed_member_step(key);
        const struct value *node = value_get(fields, step);
        free(step);
        if (node == NULL)
            continue;
        struct value *value = field_set_holds(node) ? NULL
                                                    : typed_remove(typed_member(typed, key),
                                                                   map->entries[i].value, node);
        const bool is_empty = value != NULL &&
                              (value->type == VALUE_MAP || value->type == VALUE_LIST) &&
                              value->count == 0;
        if (value != NULL && !is_empty) {
            value_set(value_own(&rest), key, value);
        } else {
            value_drop(value);
            value_remove(value_own(&rest), key);
        }
    }
    return rest;
}

static struct value *remove_items(struct typed typed, const struct value *list,
                                  const struct value *fields)
{
    struct value *rest = value_new_list();
    for (size_t i = 0; i < list->count; i++) {
        char *step = typed_item_step(typed, list->items[i]);
        const struct value *node = value_get(fields, step);
        if (node == NULL)
            value_add(rest, value_hold(list->items[i]));
        else if (!field_set_holds(node))
            value_add(rest, typed_remove(typed_item(typed), list->items[i], node));
        free(step);
    }
    return rest;
}

struct value *typed_remove(struct typed typed, const struct value *document,
                           const struct value *fields)
{
    const enum structure structure = typed_structure(typed, document);
    if (structure == TYPED_MAP && document != NULL && document->type == VALUE_MAP)
        return remove_members(typed, document, fields);
    if (structure == TYPED_LIST && document != NULL && document->type == VALUE_LIST)
        return remove_items(typed, document, fields);
    return value_hold(document);
}
