/* Nothing is collected whose owner lives, and nothing is left whose owners are gone.
 *
 * The garbage collector asks the API server itself, so that what it reads late is no excuse: an owner that is
 * there with the uid of the reference, and does not wait for its dependents, keeps what it owns. */
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static const struct meta *find_owner(const struct cluster *cluster, const struct meta *object,
                                     const struct owner *owner, enum kind *kind)
{
    *kind = kind_find(text_s(owner->api_version), text_s(owner->kind));
    const struct object_key key = { (uint16_t)*kind,
                                    kind_infos[*kind].namespaced ? object->object.space : NULL,
                                    owner->name };
    const struct object *found = store_get(cluster->store, key);
    return found != NULL && uid_equal(meta_of(found)->uid, owner->uid) ? meta_of(found) : NULL;
}

static bool waits_for_dependents(const struct meta *owner)
{
    return owner->deleting && finalizers_have(owner->finalizers, "foregroundDeletion");
}

static void written(struct inspection *inspection, const struct write *write)
{
    if (write->before == NULL || !written_by(write, "garbage-collector-controller"))
        return;
    const struct meta *object = meta_of(write->before);
    const bool deleted =
        !object->deleting && (write->after == NULL || meta_of(write->after)->deleting);
    if (!deleted)
        return;
    if (object->owners == NULL)
        invariant_broken(inspection, "%s %s is collected and has no owner",
                         kind_infos[object->object.kind].name, name_of(object));
    for (uint32_t i = 0; object->owners != NULL && i < object->owners->count; i++) {
        enum kind kind;
        const struct owner *owner = &object->owners->items[i];
        const struct meta *present = find_owner(inspection->cluster, object, owner, &kind);
        if (present != NULL && !waits_for_dependents(present))
            invariant_broken(inspection, "%s %s is collected although its owner %s %s is there",
                             kind_infos[object->object.kind].name, name_of(object),
                             kind_infos[kind].name, name_of(present));
    }
}

static void check_left(void *context, const struct object *object)
{
    struct inspection *inspection = context;
    const struct meta *meta = meta_of(object);
    for (uint32_t i = 0; meta->owners != NULL && i < meta->owners->count; i++) {
        enum kind kind;
        const struct owner *owner = &meta->owners->items[i];
        const bool known = find_owner(inspection->cluster, meta, owner, &kind) != NULL;
        if (!known && kind != KIND_OTHER)
            invariant_broken(inspection, "%s %s is left without its owner %s %s",
                             kind_infos[object->kind].name, name_of(object), text_s(owner->kind),
                             text_s(owner->name));
    }
    if (meta->deleting && object->kind != KIND_POD)
        invariant_broken(inspection, "%s %s is being deleted for ever",
                         kind_infos[object->kind].name, name_of(object));
}

static void rest(struct inspection *inspection)
{
    for (uint16_t kind = 0; kind < KIND_COUNT; kind++)
        store_each(inspection->cluster->store, kind, check_left, inspection);
}

const struct invariant invariant_living_owner = {
    .name = "living-owner",
    .rule = "nothing is collected whose owner lives, and nothing is left without one",
    .kinds = ~UINT64_C(0),
    .written = written,
    .rest = rest,
};
