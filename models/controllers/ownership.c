/* Who controls an object. See ownership.h. */
#include "models/controllers/ownership.h"

#include <string.h>

#include "models/cluster/cluster.h"

const struct object *owner_object(const struct client *client, enum kind kind,
                                  const struct text *space, const struct owner *owner)
{
    if (owner == NULL || strcmp(text_s(owner->kind), kind_infos[kind].name) != 0)
        return NULL;
    const struct object *found = client_get(client, kind, space, owner->name);
    return found != NULL && uid_equal(meta_of(found)->uid, owner->uid) ? found : NULL;
}

bool claim_matches(const struct claim *claim, const struct meta *object)
{
    return selector_matches(claim->selector, labels_lookup, object->labels);
}

/* The owner in the cache may be older than its deletion, or its name taken by another. */
static bool may_adopt(struct claim *claim, struct error *error)
{
    if (!claim->checked) {
        const struct object *fresh = client_read(claim->client, object_key(&claim->owner->object));
        claim->checked = true;
        claim->may_adopt = fresh != NULL && uid_equal(meta_of(fresh)->uid, claim->owner->uid) &&
                           !meta_of(fresh)->deleting;
    }
    return claim->may_adopt ||
           error_set(error, (struct place){ 0 }, "%s %s/%s has just been deleted", claim->kind,
                     namespace_of(claim->owner), name_of(claim->owner));
}

struct change {
    struct claim *claim;
    struct uid uid; /* of the object as it was seen: another of its name is left alone */
};

static bool add_owner(struct object *object, void *context)
{
    const struct change *change = context;
    const struct claim *claim = change->claim;
    struct meta *meta = (struct meta *)object;
    if (!uid_equal(meta->uid, change->uid))
        return false;
    const struct owners *owners =
        owners_with_controller(claim->client->cluster->codec.texts, meta->owners, claim->owner,
                               claim->api_version, claim->kind);
    owners_drop(meta->owners);
    meta->owners = owners;
    if (claim->finalizer != NULL && !finalizers_have(meta->finalizers, claim->finalizer)) {
        const struct finalizers *before = meta->finalizers;
        meta->finalizers =
            finalizers_with(claim->client->cluster->codec.texts, before, claim->finalizer);
        finalizers_drop(before);
    }
    return true;
}

static bool remove_owner(struct object *object, void *context)
{
    const struct change *change = context;
    struct meta *meta = (struct meta *)object;
    if (!uid_equal(meta->uid, change->uid))
        return false;
    const struct owners *owners = owners_without(meta->owners, change->claim->owner->uid);
    owners_drop(meta->owners);
    meta->owners = owners;
    return true;
}

static enum reply patch(struct claim *claim, const struct meta *object, change_fn *how,
                        struct error *error)
{
    struct change change = { claim, object->uid };
    return client_patch(claim->client, object_key(&object->object), how, &change, error);
}

bool claim_adopt(struct claim *claim, const struct meta *orphan, bool *adopted, struct error *error)
{
    *adopted = false;
    if (claim->owner->deleting || orphan->deleting)
        return true;
    if (!may_adopt(claim, error))
        return false;
    struct error refused = { 0 };
    const enum reply reply = patch(claim, orphan, add_owner, &refused);
    *adopted = reply == REPLY_OK;
    const bool done = *adopted || reply == REPLY_NOT_FOUND;
    if (!done)
        error_set(error, refused.at, "%s", refused.text);
    error_close(&refused);
    return done;
}

bool claim_release(struct claim *claim, const struct meta *owned, struct error *error)
{
    if (claim->owner->deleting)
        return true;
    struct error refused = { 0 };
    const enum reply reply = patch(claim, owned, remove_owner, &refused);
    const bool done = reply == REPLY_OK || reply == REPLY_NOT_FOUND || reply == REPLY_INVALID;
    if (!done)
        error_set(error, refused.at, "%s", refused.text);
    error_close(&refused);
    return done;
}
