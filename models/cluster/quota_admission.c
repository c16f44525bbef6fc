#include "models/cluster/quota_admission.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/quota.h"
#include "models/cluster/client_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* The quotas of one request, and what each would have used after it. */
struct charge {
    const struct object *object; /* borrowed from the store */
    struct quota quota;
    struct amounts after; /* empty: it has no say */
};
struct charges {
    struct charge *items;
    size_t count, capacity;
};

static void charges_load(struct charges *charges, struct client *client, const struct text *space)
{
    struct cache_cursor cursor =
        client_list_namespace(&client->cluster->admin, KIND_RESOURCEQUOTA, space);
    while (cache_next(&cursor)) {
        const struct object *stored = store_get(client->cluster->store, object_key(cursor.object));
        if (stored == NULL)
            continue;
        MEM_GROW(charges->items, charges->count, charges->capacity);
        charges->items[charges->count++] =
            (struct charge){ .object = stored, .quota = quota_read(stored) };
    }
}

static void charges_close(struct charges *charges)
{
    for (size_t i = 0; i < charges->count; i++) {
        quota_close(&charges->items[i].quota);
        amounts_close(&charges->items[i].after);
    }
    free(charges->items);
}

/* ── refusals ── */

static enum reply refuse(struct error *error, const struct object *object, const char *reason,
                         const char *quota, const char *detail)
{
    char resource[RESOURCE_TEXT];
    return reply_refuse(error, REPLY_FORBIDDEN, "%s \"%s\" is forbidden: %s quota: %s%s",
                        resource_text(object_key(object), resource), own_name(object_key(object)),
                        reason, quota, detail);
}

/* "cpu=900m,pods=1": of the named amounts, in the order of the names. */
static void write_amounts(struct writer *out, const struct amounts *names,
                          const struct amounts *amounts)
{
    for (size_t i = 0; i < names->count; i++) {
        char text[QUANTITY_TEXT];
        writer_format(out, "%s%s=%s", i > 0 ? "," : "", names->items[i].name,
                      quantity_print(amounts_get(amounts, names->items[i].name), text));
    }
}

static enum reply refuse_exceeding(struct error *error, const struct object *object,
                                   const struct charge *charge, struct amounts *exceeding)
{
    struct writer detail = { 0 };
    amounts_sort(exceeding);
    writer_add(&detail, ", requested: ");
    write_amounts(&detail, exceeding, exceeding);
    writer_add(&detail, ", used: ");
    write_amounts(&detail, exceeding, &charge->quota.used);
    writer_add(&detail, ", limited: ");
    write_amounts(&detail, exceeding, &charge->quota.hard);
    const enum reply reply =
        refuse(error, object, "exceeded", name_of(charge->object), detail.bytes);
    writer_close(&detail);
    return reply;
}

/* ── what a quota says ── */

/* Has the quota a name that objects like this one use, and do its scopes fit? */
static bool concerns(const struct codec *codec, const struct quota *quota,
                     const struct object *object)
{
    bool tracked = false;
    for (size_t i = 0; i < quota->hard.count && !tracked; i++)
        tracked = quota_tracks(codec, object, quota->hard.items[i].name);
    return tracked && quota_scopes_fit(quota, object);
}

/* A name of the quota that has not been counted is a reason to refuse. */
static enum reply check_counted(struct error *error, const struct codec *codec,
                                const struct charge *charge, const struct object *object)
{
    struct writer names = { 0 };
    bool counted = true;
    for (size_t i = 0; i < charge->quota.hard.count; i++) {
        const char *name = charge->quota.hard.items[i].name;
        if (!quota_tracks(codec, object, name))
            continue;
        counted &= amounts_find(&charge->quota.used, name) != NULL;
        writer_format(&names, "%s%s", names.length > 0 ? "," : ", resources: ", name);
    }
    const enum reply reply =
        counted ? REPLY_OK
                : refuse(error, object, "status unknown for", name_of(charge->object), names.bytes);
    writer_close(&names);
    return reply;
}

static enum reply check_said(struct error *error, const struct charge *charge,
                             const struct object *object)
{
    if (object->kind != KIND_POD)
        return REPLY_OK;
    char *missing = quota_missing(&charge->quota, (const struct pod *)object);
    if (missing == NULL)
        return REPLY_OK;
    char *detail = mem_format(": must specify %s", missing);
    const enum reply reply = refuse(error, object, "failed", name_of(charge->object), detail);
    free(detail);
    free(missing);
    return reply;
}

/* What the quota would have used, or which of it is too much. */
static enum reply check_amounts(struct error *error, struct charge *charge,
                                const struct amounts *delta, const struct object *object)
{
    const struct quota *quota = &charge->quota;
    struct amounts exceeding = { 0 };
    for (size_t i = 0; i < quota->used.count; i++)
        amounts_set(&charge->after, quota->used.items[i].name, quota->used.items[i].quantity);
    for (size_t i = 0; i < delta->count; i++) {
        const char *name = delta->items[i].name;
        const struct quantity *hard = amounts_find(&quota->hard, name);
        if (hard == NULL)
            continue;
        const struct quantity sum =
            quantity_add(amounts_get(&quota->used, name), delta->items[i].quantity);
        amounts_set(&charge->after, name, sum);
        if (quantity_compare(sum, *hard) > 0)
            amounts_set(&exceeding, name, delta->items[i].quantity);
    }
    const enum reply reply =
        exceeding.count > 0 ? refuse_exceeding(error, object, charge, &exceeding) : REPLY_OK;
    amounts_close(&exceeding);
    return reply;
}

/* ── a request ── */

/* What the request adds: nothing is given back here, that is the controller's. */
static struct usage usage_added(const struct codec *codec, const struct object *object,
                                const struct object *before, sim_time now)
{
    struct usage usage = usage_of(codec, object, now);
    struct usage was = before != NULL ? usage_of(codec, before, now) : (struct usage){ 0 };
    size_t kept = 0;
    for (size_t i = 0; i < usage.amounts.count; i++) {
        struct amount item = usage.amounts.items[i];
        struct quantity old = amounts_get(&was.amounts, item.name);
        old.nano = -old.nano;
        item.quantity = quantity_add(item.quantity, old);
        if (item.quantity.nano > 0)
            usage.amounts.items[kept++] = item;
    }
    usage.amounts.count = kept;
    usage_close(&was);
    return usage;
}

static enum reply check(struct client *client, struct charges *charges, const struct object *object,
                        const struct amounts *delta, struct error *error)
{
    const struct codec *codec = &client->cluster->codec;
    enum reply reply = REPLY_OK;
    bool *concerned = mem_new((charges->count + 1) * sizeof *concerned);
    for (size_t i = 0; i < charges->count && reply == REPLY_OK; i++) {
        struct charge *charge = &charges->items[i];
        concerned[i] = concerns(codec, &charge->quota, object);
        if (!concerned[i])
            continue;
        reply = check_said(error, charge, object);
        if (reply == REPLY_OK)
            reply = check_counted(error, codec, charge, object);
    }
    for (size_t i = 0; i < charges->count && delta->count > 0 && reply == REPLY_OK; i++)
        if (concerned[i])
            reply = check_amounts(error, &charges->items[i], delta, object);
    free(concerned);
    return reply;
}

static void write_usage(struct client *client, struct charge *charge)
{
    if (charge->after.count == 0 || amounts_equal(&charge->after, &charge->quota.used))
        return;
    struct object *changed = object_copy(charge->object);
    quota_set_status(changed, &charge->quota.hard, &charge->after);
    client_store(client, "update-status", charge->object, changed);
}

/* Does the plugin look at a change of such an object? Of a pod only a resize would count. */
static bool looks_at_changes(enum kind kind)
{
    return kind == KIND_SERVICE || kind == KIND_PERSISTENTVOLUMECLAIM;
}

enum reply quota_admit(struct client *client, const struct object *object,
                       const struct object *before, struct error *error)
{
    if (object->space == NULL || !quota_counts_kind(object->kind) ||
        (before != NULL && !looks_at_changes(object->kind)) ||
        cache_count(client->cluster->cache, KIND_RESOURCEQUOTA) == 0)
        return REPLY_OK;
    struct charges charges = { 0 };
    charges_load(&charges, client, object->space);
    enum reply reply = REPLY_OK;
    if (charges.count > 0) {
        struct usage usage = usage_added(&client->cluster->codec, object, before, client->now);
        reply = check(client, &charges, object, &usage.amounts, error);
        for (size_t i = 0; i < charges.count && reply == REPLY_OK; i++)
            write_usage(client, &charges.items[i]);
        usage_close(&usage);
    }
    charges_close(&charges);
    return reply;
}
