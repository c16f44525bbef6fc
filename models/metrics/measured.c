/* Rows by uid, in the order in which their objects appeared. */
#include "models/metrics/measured.h"

void measured_init(struct measured_rows *rows)
{
    rows->first = NULL;
    rows->last = &rows->first;
    table_init(&rows->by_uid);
}

void measured_close(struct measured_rows *rows, void (*free_row)(struct measured *row))
{
    while (rows->first != NULL) {
        struct measured *row = rows->first;
        rows->first = row->next;
        object_key_drop(row->key);
        free_row(row);
    }
    table_close(&rows->by_uid);
}

struct measured *measured_find(const struct measured_rows *rows, struct uid uid)
{
    struct table_node *node = table_first(&rows->by_uid, uid.low);
    while (node != NULL && ((struct measured *)node)->uid.high != uid.high)
        node = table_again(node);
    return (struct measured *)node;
}

void measured_add(struct measured_rows *rows, struct measured *row, const struct object *object)
{
    row->key = object_key_hold(object_key(object));
    row->uid = meta_of(object)->uid;
    *rows->last = row;
    rows->last = &row->next;
    table_add(&rows->by_uid, &row->node, row->uid.low);
}

void measured_sweep(struct measured_rows *rows, bool (*keep)(const struct measured *row),
                    void (*free_row)(struct measured *row))
{
    struct measured **at = &rows->first;
    while (*at != NULL) {
        struct measured *row = *at;
        if (keep(row)) {
            at = &row->next;
            continue;
        }
        *at = row->next;
        table_remove(&rows->by_uid, &row->node);
        object_key_drop(row->key);
        free_row(row);
    }
    rows->last = at;
}

void measured_print(const struct measured *row, struct value *map)
{
    value_set(map, "namespace", value_new_string(text_s(row->key.space)));
    value_set(map, "name", value_new_string(text_s(row->key.name)));
    value_set(map, "deleted", value_new_bool(row->deleted));
}
