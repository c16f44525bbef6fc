/* Paths into documents: read once into steps, then followed step by step. */
#include "models/api/document_path.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/kinds.h"
#include "sim/base/decimal.h"
#include "sim/base/memory.h"
#include "sim/base/nearest.h"

enum step_type {
    STEP_FIELD, /* .name */
    STEP_INDEX, /* [2], [-1] */
    STEP_NAMED, /* [web]: a row's name, or a key of a map */
    STEP_TYPED, /* [deployment/web]; or a key with a slash in it */
    STEP_WHERE, /* [type=Ready] */
};

struct step {
    enum step_type type;
    char *name;  /* owned: the field, or all that stands in the brackets */
    char *value; /* behind the slash or the sign of equality: in `name` */
    int64_t index;
    enum kind kind; /* of STEP_TYPED */
};

struct document_path {
    struct step *steps;
    size_t count, capacity;
};

void document_path_free(struct document_path *path)
{
    if (path == NULL)
        return;
    for (size_t i = 0; i < path->count; i++)
        free(path->steps[i].name);
    free(path->steps);
    free(path);
}

/* ── reading ── */

static bool refuse_type(const char *type, struct place at, struct error *error)
{
    struct nearest near = nearest_to(type);
    for (int kind = 0; kind < KIND_OTHER; kind++) {
        nearest_offer(&near, kind_infos[kind].plural);
        nearest_offer(&near, kind_infos[kind].name);
    }
    return near.found != NULL
               ? error_set(error, at, "no resource type is called \"%s\" (did you mean %s?)", type,
                           near.found)
               : error_set(error, at, "no resource type is called \"%s\"", type);
}

/* What stands in brackets: a text that is not empty. */
static struct step step_of(char *text)
{
    struct step step = { .type = STEP_NAMED, .name = text };
    char *equals = strchr(text, '='), *slash = strchr(text, '/');
    if (decimal_is_json(text) && decimal_int(text, &step.index)) {
        step.type = STEP_INDEX;
    } else if (equals != NULL) {
        step.type = STEP_WHERE;
        *equals = '\0';
        step.value = equals + 1;
    } else if (slash != NULL) {
        step.type = STEP_TYPED;
        step.value = slash + 1;
        *slash = '\0';
        step.kind = kind_of_resource(text);
        *slash = '/';
    }
    return step;
}

static void add_step(struct document_path *path, struct step step)
{
    MEM_GROW(path->steps, path->count, path->capacity);
    path->steps[path->count++] = step;
}

/* A name up to the next dot or bracket. */
static bool read_field(struct document_path *path, const char **text, struct place at,
                       struct error *error)
{
    const size_t length = strcspn(*text, ".[]");
    if (length == 0)
        return error_set(error, at, "a name is expected before \"%s\" (try pods.created)", *text);
    add_step(path, (struct step){ .name = mem_text(*text, length) });
    *text += length;
    return true;
}

static bool read_brackets(struct document_path *path, const char **text, struct place at,
                          struct error *error)
{
    const char *end = strchr(*text, ']');
    if (end == NULL)
        return error_set(error, at, "\"%s\" has no closing bracket", *text);
    if (end == *text + 1)
        return error_set(error, at,
                         "nothing stands in the brackets (try a number, TYPE/NAME, a name, "
                         "or FIELD=VALUE)");
    add_step(path, step_of(mem_text(*text + 1, (size_t)(end - *text - 1))));
    *text = end + 1;
    return true;
}

static bool read_steps(struct document_path *path, const char *text, struct place at,
                       struct error *error)
{
    if (!read_field(path, &text, at, error))
        return false;
    while (*text != '\0') {
        bool good = false;
        if (*text == '[') {
            good = read_brackets(path, &text, at, error);
        } else if (*text == '.') {
            text++;
            good = read_field(path, &text, at, error);
        } else {
            error_set(error, at, "a dot or a bracket is expected before \"%s\"", text);
        }
        if (!good)
            return false;
    }
    return true;
}

struct document_path *document_path_parse(const char *text, struct place at, struct error *error)
{
    struct document_path *path = mem_new(sizeof *path);
    if (read_steps(path, text, at, error))
        return path;
    document_path_free(path);
    return NULL;
}

/* ── following ── */

static const char *type_name(const struct value *value)
{
    static const char *const names[] = { "nothing", "a boolean", "a number",
                                         "a text",  "a list",    "a map" };
    return names[value->type];
}

static bool row_fits(const struct value *row, const struct step *step, const char *space)
{
    const char *its_space = value_text(value_get(row, "namespace"), NULL);
    const struct value *field;
    if (space != NULL && its_space != NULL && *its_space != '\0' && strcmp(its_space, space) != 0)
        return false;
    switch (step->type) {
    case STEP_TYPED:
        return strcmp(value_text(value_get(row, "kind"), ""), kind_infos[step->kind].name) == 0 &&
               strcmp(value_text(value_get(row, "name"), ""), step->value) == 0;
    case STEP_WHERE:
        field = value_get(row, step->name);
        return field != NULL && (field->type == VALUE_STRING || field->type == VALUE_NUMBER) &&
               strcmp(field->text, step->value) == 0;
    default:
        return strcmp(value_text(value_get(row, "name"), ""), step->name) == 0;
    }
}

static bool find_row(const struct value *list, const struct step *step, const char *space,
                     const struct value **found, struct place at, struct error *error)
{
    if (step->type == STEP_INDEX) {
        const int64_t count = (int64_t)list->count;
        const int64_t index = step->index < 0 ? count + step->index : step->index;
        *found = index >= 0 && index < count ? list->items[index] : NULL;
        return true;
    }
    if (step->type == STEP_TYPED && step->kind == KIND_COUNT) {
        char *type = mem_text(step->name, (size_t)(step->value - step->name - 1));
        refuse_type(type, at, error);
        free(type);
        return false;
    }
    *found = NULL;
    for (size_t i = 0; i < list->count && *found == NULL; i++)
        if (row_fits(list->items[i], step, space))
            *found = list->items[i];
    return true;
}

/* A list was followed by a name, or a scalar by anything. */
static bool does_not_fit(const struct value *here, const struct step *step, struct place at,
                         struct error *error)
{
    if (here->type == VALUE_LIST)
        return error_set(error, at,
                         "%s is asked of a list: say of which row (try [0], or its name)",
                         step->name);
    return error_set(error, at, "%s is asked of %s, which has no parts", step->name,
                     type_name(here));
}

static bool find_field(const struct value *map, const struct step *step, bool is_whole,
                       const struct value **found, struct place at, struct error *error)
{
    *found = value_get(map, step->name);
    if (*found != NULL || !is_whole || step->type != STEP_FIELD)
        return true;
    struct nearest near = nearest_to(step->name);
    for (size_t i = 0; i < map->count; i++)
        nearest_offer(&near, map->entries[i].key);
    return near.found != NULL ? error_set(error, at, "there is no field %s (did you mean %s?)",
                                          step->name, near.found)
                              : error_set(error, at, "there is no field %s", step->name);
}

static bool take_step(const struct step *step, struct document_view view, const struct value **here,
                      struct place at, struct error *error)
{
    const struct value *from = *here;
    if (from->type == VALUE_LIST && step->type != STEP_FIELD)
        return find_row(from, step, view.space, here, at, error);
    if (from->type == VALUE_MAP && step->type != STEP_WHERE)
        return find_field(from, step, view.is_whole, here, at, error);
    return does_not_fit(from, step, at, error);
}

bool document_path_find(const struct document_path *path, struct document_view view,
                        const struct value **found, struct place at, struct error *error)
{
    *found = view.root;
    for (size_t i = 0; i < path->count; i++) {
        if (value_is_null(*found)) {
            *found = NULL;
            return true;
        }
        if (!take_step(&path->steps[i], view, found, at, error))
            return false;
    }
    if (value_is_null(*found))
        *found = NULL;
    return true;
}

/* ── putting ── */

/* The slot that a step leads to, below a node that is nobody else's. NULL with the error. */
static struct value **slot_of(struct value *from, const struct step *step, const char *space,
                              struct place at, struct error *error)
{
    if (from->type == VALUE_MAP && step->type != STEP_WHERE)
        return value_slot(from, step->name);
    if (from->type != VALUE_LIST || step->type == STEP_FIELD) {
        does_not_fit(from, step, at, error);
        return NULL;
    }
    const struct value *row;
    if (!find_row(from, step, space, &row, at, error))
        return NULL;
    for (size_t i = 0; i < from->count; i++)
        if (from->items[i] == row)
            return &from->items[i];
    error_set(error, at, "there is no row [%s] in the list of %zu", step->name, from->count);
    return NULL;
}

bool document_path_put(const struct document_path *path, struct value **root, const char *space,
                       struct value *value, struct place at, struct error *error)
{
    struct value *changed = value_hold(*root), **slot = &changed;
    for (size_t i = 0; i < path->count && slot != NULL; i++) {
        if (value_is_null(*slot)) { /* a field on the way that is not there yet */
            value_drop(*slot);
            *slot = value_new_map();
        }
        slot = slot_of(value_own(slot), &path->steps[i], space, at, error);
    }
    if (slot == NULL) {
        value_drop(changed);
        value_drop(value);
        return false;
    }
    value_drop(*slot);
    *slot = value;
    value_drop(*root);
    *root = changed;
    return true;
}
