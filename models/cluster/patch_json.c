/* JSON patches: RFC 6902, with negative indexes as evanphx/json-patch has them. Whatever goes
 * wrong, the API server says the same sentence. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/cluster/patch.h"
#include "sim/base/memory.h"

enum { MOST_OPERATIONS = 10000 };

/* A JSON pointer, cut into its parts; owned. */
struct pointer {
    char **parts;
    size_t count, capacity;
};

static char *unescape(const char *from, size_t length)
{
    char *part = mem_text(from, length), *to = part;
    for (const char *at = part; *at != '\0'; at++)
        if (at[0] == '~' && (at[1] == '0' || at[1] == '1'))
            *to++ = *++at == '0' ? '~' : '/';
        else
            *to++ = *at;
    *to = '\0';
    return part;
}

static bool pointer_read(struct pointer *pointer, const char *text)
{
    *pointer = (struct pointer){ 0 };
    if (text == NULL)
        return false;
    if (*text != '\0' && (text = strchr(text, '/')) == NULL)
        return false; /* what stands before the first slash does not count */
    while (*text == '/') {
        size_t length = strcspn(text + 1, "/");
        MEM_GROW(pointer->parts, pointer->count, pointer->capacity);
        pointer->parts[pointer->count++] = unescape(text + 1, length);
        text += length + 1;
    }
    return true;
}

static void pointer_close(struct pointer *pointer)
{
    for (size_t i = 0; i < pointer->count; i++)
        free(pointer->parts[i]);
    free(pointer->parts);
}

/* The index that a part means in a list of `count` items (`end`: "-" and count are one past the
 * last); SIZE_MAX when it means none. */
static size_t index_of(const char *part, size_t count, bool end)
{
    char *rest;
    if (strcmp(part, "-") == 0)
        return end ? count : SIZE_MAX;
    long number = strtol(part, &rest, 10);
    if (*part == '\0' || *rest != '\0')
        return SIZE_MAX;
    if (number < 0) /* of an addition: among what will be there */
        number += (long)count + end;
    return number >= 0 && (size_t)number < count + end ? (size_t)number : SIZE_MAX;
}

static struct value *child_of(const struct value *parent, const char *part)
{
    if (parent != NULL && parent->type == VALUE_LIST)
        return value_at(parent, index_of(part, parent->count, false));
    return value_get(parent, part);
}

static struct value *look_up(struct value *root, const struct pointer *pointer)
{
    for (size_t i = 0; i < pointer->count && root != NULL; i++)
        root = child_of(root, pointer->parts[i]);
    return root;
}

/* The map or list in which the last part stands, made changeable on the way; NULL: there is none. */
static struct value *parent_of(struct value **root, const struct pointer *pointer)
{
    struct value *at = value_own(root);
    for (size_t i = 0; i + 1 < pointer->count; i++) {
        if (child_of(at, pointer->parts[i]) == NULL)
            return NULL;
        struct value **slot = at->type == VALUE_LIST
                                  ? &at->items[index_of(pointer->parts[i], at->count, false)]
                                  : &value_find(at, pointer->parts[i])->value;
        at = value_own(slot);
    }
    return at->type == VALUE_LIST || at->type == VALUE_MAP ? at : NULL;
}

/* Takes the reference to `value` in any case. */
static bool add(struct value **root, const struct pointer *pointer, struct value *value)
{
    if (pointer->count == 0) {
        value_drop(*root);
        *root = value;
        return true;
    }
    struct value *parent = parent_of(root, pointer);
    const char *last = pointer->parts[pointer->count - 1];
    size_t index = parent && parent->type == VALUE_LIST ? index_of(last, parent->count, true) : 0;
    if (parent == NULL || index == SIZE_MAX) {
        value_drop(value);
        return false;
    }
    if (parent->type == VALUE_MAP) {
        value_set(parent, last, value);
        return true;
    }
    value_add(parent, value);
    memmove(&parent->items[index + 1], &parent->items[index],
            (parent->count - 1 - index) * sizeof *parent->items);
    parent->items[index] = value;
    return true;
}

static bool take_away(struct value **root, const struct pointer *pointer)
{
    struct value *parent = pointer->count > 0 ? parent_of(root, pointer) : NULL;
    if (parent == NULL)
        return false;
    const char *last = pointer->parts[pointer->count - 1];
    if (parent->type == VALUE_MAP)
        return value_remove(parent, last);
    size_t index = index_of(last, parent->count, false);
    if (index == SIZE_MAX)
        return false;
    value_cut(parent, index);
    return true;
}

/* Of a key that is not there it is an addition, as the API server's library has it. */
static bool replace(struct value **root, const struct pointer *pointer, struct value *value)
{
    struct value *parent = pointer->count > 0 ? parent_of(root, pointer) : NULL;
    bool is_list = parent != NULL && parent->type == VALUE_LIST;
    if (!is_list || take_away(root, pointer))
        return add(root, pointer, value);
    value_drop(value);
    return false;
}

/* Equal as texts: 80 is not 80.0. A path that is not there is null. */
static bool same_json(const struct value *a, const struct value *b)
{
    static const struct json_style style = { .sort_keys = true };
    char *x = json_text(a, style), *y = json_text(b, style);
    const bool same = strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

/* What a move or copy takes; of a member that is not there a copy takes null. */
static struct value *taken_from(struct value *root, const struct pointer *from, bool copies)
{
    struct value *found = look_up(root, from);
    if (found != NULL || !copies || from->count == 0)
        return value_hold(found);
    const struct pointer above = { from->parts, from->count - 1, 0 };
    const struct value *parent = look_up(root, &above);
    return parent != NULL && parent->type == VALUE_MAP ? value_new_null() : NULL;
}

static bool operate(struct value **root, const struct value *operation)
{
    const char *op = value_text(value_get(operation, "op"), "");
    struct value *value = value_get(operation, "value");
    struct pointer path, from;
    bool has_path = pointer_read(&path, value_text(value_get(operation, "path"), NULL));
    bool has_from = pointer_read(&from, value_text(value_get(operation, "from"), NULL));
    bool fine = false;
    if (!has_path)
        fine = false;
    else if (strcmp(op, "add") == 0)
        fine = value != NULL && add(root, &path, value_hold(value));
    else if (strcmp(op, "remove") == 0)
        fine = take_away(root, &path);
    else if (strcmp(op, "replace") == 0)
        fine = value != NULL && replace(root, &path, value_hold(value));
    else if (strcmp(op, "test") == 0)
        fine = same_json(look_up(*root, &path), value);
    else if (has_from && (strcmp(op, "move") == 0 || strcmp(op, "copy") == 0)) {
        struct value *moved = taken_from(*root, &from, *op == 'c');
        bool taken = moved != NULL && (*op == 'c' || take_away(root, &from));
        fine = taken && add(root, &path, moved);
        if (!taken)
            value_drop(moved);
    }
    pointer_close(&path);
    pointer_close(&from);
    return fine;
}

struct value *patch_json(const struct value *document, const struct value *operations,
                         struct error *error)
{
    struct value *result = value_hold(document);
    bool fine = operations->type == VALUE_LIST && operations->count <= MOST_OPERATIONS;
    for (size_t i = 0; fine && i < operations->count; i++)
        fine = operate(&result, operations->items[i]);
    if (fine)
        return result;
    error_set(error, operations->at,
              "the server rejected our request due to an error in our request");
    value_drop(result);
    return NULL;
}
