/* The rest of a document that its record does not hold, and kinds that are nothing but a document. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "models/api/schema.h"
#include "models/api/schema_print.h"
#include "sim/base/memory.h"

/* ---- loading ---- */

struct object *record_new(const struct codec *codec, enum kind kind, const struct value *tree)
{
    struct object *object = object_new(object_kinds, kind);
    struct meta *meta = (struct meta *)object;
    meta_load(meta, codec->texts, value_get(tree, "metadata"), codec->epoch_seconds);
    meta->document = value_hold(tree);
    document_cut(&meta->document, "apiVersion", NULL);
    document_cut(&meta->document, "kind", NULL);
    document_cut(&meta->document, "metadata", NULL);
    return object;
}

enum { PATH_DEPTH = 8 };

static void cut(struct value **slot, const char *const *path, size_t depth)
{
    if (value_find(*slot, path[0]) == NULL)
        return;
    value_own(slot);
    if (depth > 1) {
        struct value **child = value_slot(*slot, path[0]);
        cut(child, path + 1, depth - 1);
        if (*child != NULL && ((*child)->type != VALUE_MAP || (*child)->count > 0))
            return;
    }
    value_remove(*slot, path[0]);
}

static void drop_if_empty(struct value **root)
{
    if (*root == NULL || (*root)->count > 0)
        return;
    value_drop(*root);
    *root = NULL;
}

void document_cut(struct value **root, ...)
{
    const char *path[PATH_DEPTH];
    size_t depth = 0;
    va_list keys;
    va_start(keys, root);
    for (const char *key; (key = va_arg(keys, const char *)) != NULL;)
        path[depth++] = key;
    va_end(keys);
    cut(root, path, depth);
    drop_if_empty(root);
}

void document_cut_keys(struct value **root, const char *key, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        document_cut(root, key, *keys, NULL);
}

const struct text *intern_value(const struct codec *codec, const struct value *value)
{
    return text_intern(codec->texts, value_text(value, ""));
}

bool time_of_value(const struct codec *codec, const struct value *value, sim_time *at)
{
    return time_parse(value_text(value, ""), codec->epoch_seconds, at);
}

/* ---- printing ---- */

struct value *text_value(const struct text *text)
{
    return text ? value_new_text(text->s, text->length) : value_new_string("");
}

struct value *time_value(const struct codec *codec, sim_time at)
{
    char text[TIME_TEXT];
    return value_new_string(time_print(at, codec->epoch_seconds, text));
}

struct value *record_print_begin(const struct codec *codec, const struct object *object)
{
    const struct meta *meta = meta_of(object);
    const struct kind_info *info = &kind_infos[object->kind];
    struct value *tree = value_new_map();
    if (info->api_version != NULL) {
        value_set(tree, "apiVersion", value_new_string(info->api_version));
        value_set(tree, "kind", value_new_string(info->name));
    }
    value_set(tree, "metadata", meta_print(meta, codec->epoch_seconds));
    for (size_t i = 0; meta->document != NULL && i < meta->document->count; i++)
        value_set(tree, meta->document->entries[i].key,
                  value_hold(meta->document->entries[i].value));
    return tree;
}

struct value *record_print_end(struct value *tree)
{
    const struct schema_kind *kind = schema_kind(value_text(value_get(tree, "apiVersion"), NULL),
                                                 value_text(value_get(tree, "kind"), NULL));
    if (kind == NULL)
        return tree;
    struct value *printed = schema_print(tree, kind->type);
    value_drop(tree);
    return printed;
}

/* ---- kinds that are kept as their document ---- */

static void document_hold(struct object *copy)
{
    meta_hold((struct meta *)copy);
}

static void document_close(struct object *object)
{
    meta_close((struct meta *)object);
}

const struct object_kind document_kind = {
    .name = "document",
    .size = sizeof(struct document_object),
    .hold = document_hold,
    .close = document_close,
};

struct object *document_load(const struct codec *codec, const struct value *tree)
{
    const enum kind kind = kind_find(value_text(value_get(tree, "apiVersion"), ""),
                                     value_text(value_get(tree, "kind"), ""));
    return record_new(codec, kind, tree);
}

struct value *document_print(const struct codec *codec, const struct object *object)
{
    return record_print_end(record_print_begin(codec, object));
}

/* An object of a kind without a row is named group/Kind/name, so that names of two kinds do not
 * meet. Its document keeps apiVersion and kind. */
struct object *other_load(const struct codec *codec, const struct value *tree)
{
    struct object *object = object_new(object_kinds, KIND_OTHER);
    struct meta *meta = (struct meta *)object;
    meta_load(meta, codec->texts, value_get(tree, "metadata"), codec->epoch_seconds);
    meta->document = value_hold(tree);
    document_cut(&meta->document, "metadata", NULL);
    const char *version = value_text(value_get(tree, "apiVersion"), "");
    const char *slash = strchr(version, '/');
    const int group = slash ? (int)(slash - version) : 0;
    text_assign(&object->name,
                text_format(codec->texts, "%.*s/%s/%s", group, version,
                            value_text(value_get(tree, "kind"), ""), name_of(object)));
    return object;
}

struct value *other_print(const struct codec *codec, const struct object *object)
{
    const char *kind = strchr(name_of(object), '/');
    const char *name = kind ? strchr(kind + 1, '/') : NULL;
    struct value *tree = record_print_begin(codec, object);
    value_put(&tree, value_new_string(name ? name + 1 : name_of(object)), "metadata", "name", NULL);
    return record_print_end(tree);
}

bool document_spec_changed(const struct object *before, const struct object *after)
{
    const struct value *old = meta_of(before)->document, *new = meta_of(after)->document;
    return old != new && !value_equal(value_get(old, "spec"), value_get(new, "spec"));
}

void document_take_status(struct object *into, const struct object *from)
{
    struct value **document = &((struct meta *)into)->document;
    struct value *status = value_get(meta_of(from)->document, "status");
    if (status != NULL)
        value_put(document, value_hold(status), "status", NULL);
    else
        document_cut(document, "status", NULL);
}
