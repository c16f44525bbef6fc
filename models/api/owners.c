/* The shared lists of ObjectMeta: owner references and finalizers. */
#include "models/api/meta.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

/* ---- owner references ---- */

static struct owners *owners_new(size_t count)
{
    struct owners *owners = mem_new(sizeof *owners + count * sizeof owners->items[0]);
    owners->refs = 1;
    owners->count = (uint32_t)count;
    return owners;
}

const struct owner *meta_controller(const struct meta *meta)
{
    for (size_t i = 0; meta->owners != NULL && i < meta->owners->count; i++)
        if (meta->owners->items[i].controller)
            return &meta->owners->items[i];
    return NULL;
}

static struct owner owner_copy(const struct owner *owner)
{
    struct owner copy = *owner;
    text_hold(copy.api_version);
    text_hold(copy.kind);
    text_hold(copy.name);
    return copy;
}

const struct owners *owners_with_controller(struct texts *texts, const struct owners *from,
                                            const struct meta *owner, const char *api_version,
                                            const char *kind)
{
    const size_t count = from ? from->count : 0;
    struct owners *owners = owners_new(count + 1);
    for (size_t i = 0; i < count; i++)
        owners->items[i] = owner_copy(&from->items[i]);
    owners->items[count] = (struct owner){
        .api_version = text_intern(texts, api_version),
        .kind = text_intern(texts, kind),
        .name = text_hold(owner->object.name),
        .uid = owner->uid,
        .controller = true,
        .block_owner_deletion = true,
        .says_controller = true,
        .says_block = true,
    };
    return owners;
}

const struct owners *owners_of_controller(struct texts *texts, const struct meta *owner,
                                          const char *api_version, const char *kind)
{
    return owners_with_controller(texts, NULL, owner, api_version, kind);
}

const struct owners *owners_without(const struct owners *from, struct uid uid)
{
    size_t kept = 0;
    for (size_t i = 0; from != NULL && i < from->count; i++)
        kept += !uid_equal(from->items[i].uid, uid);
    if (kept == 0)
        return NULL;
    if (kept == from->count)
        return owners_hold(from);
    struct owners *owners = owners_new(kept);
    kept = 0;
    for (size_t i = 0; i < from->count; i++)
        if (!uid_equal(from->items[i].uid, uid))
            owners->items[kept++] = owner_copy(&from->items[i]);
    return owners;
}

static struct owner owner_from_value(struct texts *texts, const struct value *item)
{
    struct owner owner = {
        .api_version = text_intern(texts, value_text(value_get(item, "apiVersion"), "")),
        .kind = text_intern(texts, value_text(value_get(item, "kind"), "")),
        .name = text_intern(texts, value_text(value_get(item, "name"), "")),
        .controller = value_truth(value_get(item, "controller"), false),
        .block_owner_deletion = value_truth(value_get(item, "blockOwnerDeletion"), false),
        .says_controller = !value_is_null(value_get(item, "controller")),
        .says_block = !value_is_null(value_get(item, "blockOwnerDeletion")),
    };
    uid_parse(value_text(value_get(item, "uid"), ""), &owner.uid);
    return owner;
}

const struct owners *owners_from_value(struct texts *texts, const struct value *list)
{
    if (list == NULL || list->type != VALUE_LIST || list->count == 0)
        return NULL;
    struct owners *owners = owners_new(list->count);
    for (size_t i = 0; i < list->count; i++)
        owners->items[i] = owner_from_value(texts, list->items[i]);
    return owners;
}

static struct value *owner_to_value(const struct owner *owner)
{
    char uid[UID_TEXT];
    struct value *item = value_new_map();
    value_set(item, "apiVersion", value_new_string(text_s(owner->api_version)));
    value_set(item, "kind", value_new_string(text_s(owner->kind)));
    value_set(item, "name", value_new_string(text_s(owner->name)));
    value_set(item, "uid", value_new_string(uid_print(owner->uid, uid)));
    if (owner->controller || owner->says_controller)
        value_set(item, "controller", value_new_bool(owner->controller));
    if (owner->block_owner_deletion || owner->says_block)
        value_set(item, "blockOwnerDeletion", value_new_bool(owner->block_owner_deletion));
    return item;
}

struct value *owners_to_value(const struct owners *owners)
{
    if (owners == NULL)
        return NULL;
    struct value *list = value_new_list();
    for (size_t i = 0; i < owners->count; i++)
        value_add(list, owner_to_value(&owners->items[i]));
    return list;
}

const struct owners *owners_hold(const struct owners *owners)
{
    if (owners != NULL)
        ((struct owners *)owners)->refs++;
    return owners;
}

void owners_drop(const struct owners *shared)
{
    struct owners *owners = (struct owners *)shared;
    if (owners == NULL || --owners->refs > 0)
        return;
    for (size_t i = 0; i < owners->count; i++) {
        text_drop(owners->items[i].api_version);
        text_drop(owners->items[i].kind);
        text_drop(owners->items[i].name);
    }
    free(owners);
}

bool owners_equal(const struct owners *a, const struct owners *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct owner *left = &a->items[i], *right = &b->items[i];
        if (left->api_version != right->api_version || left->kind != right->kind ||
            left->name != right->name || !uid_equal(left->uid, right->uid) ||
            left->controller != right->controller ||
            left->says_controller != right->says_controller ||
            left->block_owner_deletion != right->block_owner_deletion ||
            left->says_block != right->says_block)
            return false;
    }
    return true;
}

/* ---- finalizers ---- */

static struct finalizers *finalizers_new(size_t count)
{
    struct finalizers *list = mem_new(sizeof *list + count * sizeof list->items[0]);
    list->refs = 1;
    list->count = (uint32_t)count;
    return list;
}

bool finalizers_have(const struct finalizers *finalizers, const char *name)
{
    for (size_t i = 0; finalizers != NULL && i < finalizers->count; i++)
        if (strcmp(text_s(finalizers->items[i]), name) == 0)
            return true;
    return false;
}

const struct finalizers *finalizers_with(struct texts *texts, const struct finalizers *from,
                                         const char *name)
{
    if (finalizers_have(from, name))
        return finalizers_hold(from);
    const size_t count = from ? from->count : 0;
    struct finalizers *list = finalizers_new(count + 1);
    for (size_t i = 0; i < count; i++)
        list->items[i] = text_hold(from->items[i]);
    list->items[count] = text_intern(texts, name);
    return list;
}

const struct finalizers *finalizers_without(const struct finalizers *from, const char *name)
{
    if (!finalizers_have(from, name))
        return finalizers_hold(from);
    struct finalizers *list = finalizers_new(from->count);
    list->count = 0;
    for (size_t i = 0; i < from->count; i++)
        if (strcmp(text_s(from->items[i]), name) != 0)
            list->items[list->count++] = text_hold(from->items[i]);
    if (list->count > 0)
        return list;
    finalizers_drop(list);
    return NULL;
}

const struct finalizers *finalizers_from_value(struct texts *texts, const struct value *list)
{
    if (list == NULL || list->type != VALUE_LIST || list->count == 0)
        return NULL;
    struct finalizers *finalizers = finalizers_new(list->count);
    for (size_t i = 0; i < list->count; i++)
        finalizers->items[i] = text_intern(texts, value_text(list->items[i], ""));
    return finalizers;
}

struct value *finalizers_to_value(const struct finalizers *finalizers)
{
    if (finalizers == NULL)
        return NULL;
    struct value *list = value_new_list();
    for (size_t i = 0; i < finalizers->count; i++)
        value_add(list, value_new_string(text_s(finalizers->items[i])));
    return list;
}

const struct finalizers *finalizers_hold(const struct finalizers *finalizers)
{
    if (finalizers != NULL)
        ((struct finalizers *)finalizers)->refs++;
    return finalizers;
}

void finalizers_drop(const struct finalizers *shared)
{
    struct finalizers *finalizers = (struct finalizers *)shared;
    if (finalizers == NULL || --finalizers->refs > 0)
        return;
    for (size_t i = 0; i < finalizers->count; i++)
        text_drop(finalizers->items[i]);
    free(finalizers);
}

static bool replace_finalizers(struct meta *meta, const struct finalizers *with)
{
    finalizers_drop(meta->finalizers);
    meta->finalizers = with;
    return true;
}

bool meta_add_finalizer(struct meta *meta, struct texts *texts, const char *name)
{
    return !finalizers_have(meta->finalizers, name) &&
           replace_finalizers(meta, finalizers_with(texts, meta->finalizers, name));
}

bool meta_drop_finalizer(struct meta *meta, const char *name)
{
    return finalizers_have(meta->finalizers, name) &&
           replace_finalizers(meta, finalizers_without(meta->finalizers, name));
}

bool finalizers_equal(const struct finalizers *a, const struct finalizers *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->count != b->count)
        return false;
    return memcmp(a->items, b->items, a->count * sizeof a->items[0]) == 0;
}
