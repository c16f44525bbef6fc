/* Unions and differences of sets of fields. */
#include "models/cluster/field_set.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

bool field_set_holds(const struct value *node)
{
    return node != NULL && (node->count == 0 || value_get(node, ".") != NULL);
}

struct value *field_set_node(bool held, struct value *steps)
{
    if (steps == NULL || steps->count == 0) {
        value_drop(steps);
        return held ? value_new_map() : NULL;
    }
    if (held)
        value_set(steps, ".", value_new_map());
    return steps;
}

void field_set_put(struct value **steps, const char *step, struct value *node)
{
    if (node == NULL)
        return;
    if (*steps == NULL)
        *steps = value_new_map();
    value_set(*steps, step, node);
}

static bool is_step(const struct value_entry *entry)
{
    return strcmp(entry->key, ".") != 0;
}

struct value *field_set_union(const struct value *a, const struct value *b)
{
    struct value *steps = NULL;
    for (size_t i = 0; a != NULL && i < a->count; i++)
        if (is_step(&a->entries[i]))
            field_set_put(&steps, a->entries[i].key,
                          field_set_union(a->entries[i].value, value_get(b, a->entries[i].key)));
    for (size_t i = 0; b != NULL && i < b->count; i++)
        if (is_step(&b->entries[i]) && value_get(a, b->entries[i].key) == NULL)
            field_set_put(&steps, b->entries[i].key, value_hold(b->entries[i].value));
    return field_set_node(field_set_holds(a) || field_set_holds(b), steps);
}

/* What two nodes have in common, or what the first has alone; `whole`: with what is below. */
enum operation { COMMON, ALONE, ALONE_WHOLE };

static struct value *combine(const struct value *a, const struct value *b, enum operation operation)
{
    struct value *steps = NULL;
    const bool left = field_set_holds(a), right = field_set_holds(b);
    if (a == NULL || (operation == ALONE_WHOLE && right))
        return NULL;
    for (size_t i = 0; i < a->count; i++)
        if (is_step(&a->entries[i]))
            field_set_put(&steps, a->entries[i].key,
                          combine(a->entries[i].value, value_get(b, a->entries[i].key), operation));
    return field_set_node(left && right == (operation == COMMON), steps);
}

struct value *field_set_difference(const struct value *a, const struct value *b)
{
    return combine(a, b, ALONE);
}

struct value *field_set_intersection(const struct value *a, const struct value *b)
{
    return combine(a, b, COMMON);
}

struct value *field_set_without(const struct value *a, const struct value *b)
{
    return b == NULL ? value_hold(a) : combine(a, b, ALONE_WHOLE);
}

static struct value *with_parents(const struct value *set, bool is_member)
{
    struct value *steps = NULL;
    if (set == NULL)
        return NULL;
    for (size_t i = 0; i < set->count; i++)
        if (is_step(&set->entries[i]))
            field_set_put(
                &steps, set->entries[i].key,
                with_parents(set->entries[i].value, strncmp(set->entries[i].key, "f:", 2) == 0));
    return field_set_node(field_set_holds(set) || is_member, steps);
}

struct value *field_set_with_parents(const struct value *set)
{
    return with_parents(set, false);
}

/* ---- paths ---- */

/* {"containerPort":80,"protocol":"TCP"} as [containerPort=80,protocol="TCP"]. */
static void print_keys(struct writer *out, const char *text)
{
    struct error error = { 0 };
    struct value *keys = json_read(text, strlen(text), (struct place){ 0 }, NULL, &error);
    writer_add_char(out, '[');
    for (size_t i = 0; keys != NULL && keys->type == VALUE_MAP && i < keys->count; i++) {
        writer_format(out, "%s%s=", i > 0 ? "," : "", keys->entries[i].key);
        json_print(out, keys->entries[i].value, (struct json_style){ .indent = 0 });
    }
    writer_add_char(out, ']');
    value_drop(keys);
    error_close(&error);
}

void field_step_print(struct writer *out, const char *step)
{
    if (strncmp(step, "f:", 2) == 0)
        writer_format(out, ".%s", step + 2);
    else if (strncmp(step, "v:", 2) == 0)
        writer_format(out, "[=%s]", step + 2);
    else if (strncmp(step, "k:", 2) == 0)
        print_keys(out, step + 2);
}

/* Members before items; numbers by their value. */
static int by_step(const void *a, const void *b)
{
    const struct value_entry *const *x = a, *const *y = b;
    if ((*x)->key[0] != (*y)->key[0])
        return (*x)->key[0] - (*y)->key[0];
    return (*x)->key[0] == 'f' ? strcmp((*x)->key, (*y)->key) : strverscmp((*x)->key, (*y)->key);
}

static void see_path(const struct writer *prefix, const char *step, field_seen_fn *see,
                     void *context)
{
    struct writer path = { 0 };
    writer_add_bytes(&path, prefix->bytes ? prefix->bytes : "", prefix->length);
    field_step_print(&path, step);
    see(context, path.bytes);
    writer_close(&path);
}

/* First the steps that are fields of the set, then what is below each step. */
static void each(const struct value *node, struct writer *prefix, field_seen_fn *see, void *context)
{
    const size_t count = node != NULL ? node->count : 0, length = prefix->length;
    const struct value_entry **order = mem_new((count + 1) * sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = &node->entries[i];
    if (count > 1)
        qsort(order, count, sizeof *order, by_step);
    for (size_t i = 0; i < count; i++)
        if (is_step(order[i]) && field_set_holds(order[i]->value))
            see_path(prefix, order[i]->key, see, context);
    for (size_t i = 0; i < count; i++) {
        if (!is_step(order[i]))
            continue;
        field_step_print(prefix, order[i]->key);
        each(order[i]->value, prefix, see, context);
        prefix->length = length;
    }
    free(order);
}

void field_set_each(const struct value *set, field_seen_fn *see, void *context)
{
    struct writer prefix = { 0 };
    each(set, &prefix, see, context);
    writer_close(&prefix);
}
