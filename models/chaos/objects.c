/* Objects of Chaos Mesh as its controllers change and create them. */
#include <stdlib.h>
#include <string.h>

#include "models/chaos/chaos_private.h"
#include "models/cluster/identity.h"

struct value *chaos_time(const struct client *client, sim_time at)
{
    char text[TIME_TEXT];
    return value_new_string(time_print(at, client->cluster->codec.epoch_seconds, text));
}

bool chaos_read_time(const struct client *client, const struct value *value, sim_time *at)
{
    return time_parse(value_text(value, ""), client->cluster->codec.epoch_seconds, at);
}

/* ---- status ---- */

struct putting {
    struct value *value;
    const char *member, *below;
};

static bool put(struct object *object, void *context)
{
    const struct putting *putting = context;
    struct value **document = &((struct meta *)object)->document;
    const struct value *present =
        value_path(*document, "status", putting->member, putting->below, NULL);
    if (value_equal(present, putting->value))
        return false;
    if (putting->below != NULL)
        value_put(document, value_hold(putting->value), "status", putting->member, putting->below,
                  NULL);
    else
        value_put(document, value_hold(putting->value), "status", putting->member, NULL);
    return true;
}

bool status_put(struct client *client, struct object_key key, struct value *value,
                const char *member, const char *below)
{
    struct putting putting = { value, member, below };
    struct error error = { 0 };
    const bool good = client_patch(client, key, put, &putting, &error) == REPLY_OK;
    error_close(&error);
    value_drop(value);
    return good;
}

static struct value *condition_new(const char *type, bool status, const char *reason)
{
    struct value *condition = value_new_map();
    value_set(condition, "type", value_new_string(type));
    value_set(condition, "status", value_new_string(status ? "True" : "False"));
    value_set(condition, "reason", value_new_string(reason));
    return condition;
}

bool condition_put(struct value **list, const char *type, bool status, const char *reason)
{
    struct value *condition = condition_new(type, status, reason);
    if (*list == NULL)
        *list = value_new_list();
    for (size_t i = 0; i < (*list)->count; i++) {
        if (!text_is((*list)->items[i], "type", type))
            continue;
        const bool same = value_equal((*list)->items[i], condition);
        if (same) {
            value_drop(condition);
            return false;
        }
        struct value **slot = &value_own(list)->items[i];
        value_drop(*slot);
        *slot = condition;
        return true;
    }
    value_add(value_own(list), condition);
    return true;
}

bool condition_holds(const struct object *object, const char *type)
{
    const struct value *list = value_get(status_of(object), "conditions");
    for (size_t i = 0; i < value_count(list); i++)
        if (text_is(list->items[i], "type", type))
            return text_is(list->items[i], "status", "True");
    return false;
}

/* ---- creation ---- */

static struct value *owner_reference(const struct object *owner)
{
    struct value *list = value_new_list(), *reference = value_new_map();
    char uid[UID_TEXT];
    value_set(reference, "apiVersion", value_new_string(CHAOS_API));
    value_set(reference, "kind", value_new_string(kind_infos[owner->kind].name));
    value_set(reference, "name", value_new_string(name_of(owner)));
    value_set(reference, "uid", value_new_string(uid_print(meta_of(owner)->uid, uid)));
    value_set(reference, "controller", value_new_bool(true));
    value_set(reference, "blockOwnerDeletion", value_new_bool(true));
    value_add(list, reference);
    return list;
}

static struct value *document_for(const struct object *owner, const char *kind, const char *prefix,
                                  struct value *labels, const struct value *spec)
{
    struct value *document = value_new_map();
    const bool is_pod = strcmp(kind, "Pod") == 0;
    value_set(document, "apiVersion", value_new_string(is_pod ? "v1" : CHAOS_API));
    value_set(document, "kind", value_new_string(kind));
    value_put(&document, value_new_string(prefix), "metadata", "generateName", NULL);
    value_put(&document, value_new_string(namespace_of(owner)), "metadata", "namespace", NULL);
    value_put(&document, labels, "metadata", "labels", NULL);
    value_put(&document, owner_reference(owner), "metadata", "ownerReferences", NULL);
    value_set(document, "spec", value_hold(spec));
    return document;
}

/* As if the name had been chosen by the controller. */
static void name_plainly(struct cluster *cluster, struct meta *meta)
{
    const struct text *name = identity_name(cluster->identities, meta);
    text_assign(&meta->object.name, name);
    text_assign(&meta->generate_name, NULL);
}

const struct object *chaos_create(struct client *client, const struct object *owner,
                                  const char *kind, const char *prefix, struct value *labels,
                                  const struct value *spec, bool plain, struct error *error)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    const struct object *stored = NULL;
    struct value *document = document_for(owner, kind, prefix, labels, spec);
    struct object *object =
        cluster_admit(client->cluster, document, namespace_of(owner), &faults, &warnings);
    if (object == NULL)
        error_set(error, (struct place){ 0 }, "%s", faults.count > 0 ? faults.items[0].text : "");
    if (object != NULL && plain)
        name_plainly(client->cluster, (struct meta *)object);
    if (object != NULL && client_create(client, object, &stored, error) != REPLY_CREATED)
        stored = NULL;
    error_list_close(&faults);
    error_list_close(&warnings);
    value_drop(document);
    return stored;
}
