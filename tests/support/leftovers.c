#include "tests/support/leftovers.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const struct value *row, const char *key)
{
    return value_text(value_get(row, key), "");
}

static bool is_stateful_pod(const struct value *row)
{
    const struct value *owners = value_get(row, "ownerReferences");
    return strcmp(text_of(row, "kind"), "Pod") == 0 && owners != NULL && owners->count > 0 &&
           strcmp(text_of(owners->items[0], "kind"), "StatefulSet") == 0;
}

static bool is_next_of(const struct value *row, const struct value *later)
{
    return strcmp(text_of(later, "kind"), "Pod") == 0 &&
           strcmp(text_of(later, "name"), text_of(row, "name")) == 0;
}

static size_t next_row(const struct value *rows, size_t from)
{
    for (size_t i = from + 1; i < rows->count; i++)
        if (is_next_of(rows->items[from], rows->items[i]))
            return i;
    return SIZE_MAX;
}

/* Where the life that begins at a row ends without grace, while still Pending and for the sake of
 * another one; SIZE_MAX: it is none of these. */
static size_t end_of_leftover(const struct value *rows, size_t begin)
{
    size_t at = begin;
    if (strcmp(text_of(rows->items[begin], "type"), "ADDED") != 0 ||
        !is_stateful_pod(rows->items[begin]))
        return SIZE_MAX;
    while (at != SIZE_MAX && strcmp(text_of(rows->items[at], "type"), "DELETED") != 0) {
        if (strcmp(text_of(rows->items[at], "phase"), "Pending") != 0 ||
            value_get(rows->items[at], "deletionTimestamp") != NULL)
            return SIZE_MAX;
        at = next_row(rows, at);
    }
    if (at == SIZE_MAX || value_get(rows->items[at], "deletionTimestamp") != NULL ||
        strcmp(text_of(rows->items[at], "phase"), "Pending") != 0)
        return SIZE_MAX;
    return next_row(rows, at) != SIZE_MAX ? at : SIZE_MAX;
}

static void cut_life(struct value *rows, size_t begin, size_t end)
{
    struct value *first = value_hold(rows->items[begin]);
    for (size_t i = end + 1; i > begin; i--)
        if (is_next_of(first, rows->items[i - 1]))
            value_cut(rows, i - 1);
    value_drop(first);
}

struct value *leftovers_cut(const struct value *rows, struct value *pods)
{
    struct value *left = value_new_list();
    for (size_t i = 0; i < rows->count; i++)
        value_add(left, value_hold(rows->items[i]));
    for (size_t i = 0; i < left->count;) {
        const size_t end = end_of_leftover(left, i);
        if (end == SIZE_MAX) {
            i++;
            continue;
        }
        value_add(pods, value_hold(value_get(left->items[i], "name")));
        cut_life(left, i, end);
    }
    return left;
}

bool leftovers_made(struct value *pods, const struct value *event)
{
    char pod[254];
    if (sscanf(text_of(event, "message"), "Create Pod %253s in StatefulSet", pod) != 1 ||
        strcmp(text_of(event, "reason"), "SuccessfulCreate") != 0)
        return false;
    for (size_t i = 0; i < pods->count; i++)
        if (strcmp(value_text(pods->items[i], ""), pod) == 0) {
            value_cut(pods, i);
            return true;
        }
    return false;
}
