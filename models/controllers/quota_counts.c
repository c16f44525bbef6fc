#include "models/controllers/quota_counts.h"

#include <stdlib.h>

#include "models/cluster/cluster.h"
#include "sim/base/memory.h"

void quota_counts_init(struct quota_counts *counts)
{
    *counts = (struct quota_counts){ .count = 0 };
    table_init(&counts->table);
}

static void close_names(struct quota_count *count)
{
    for (size_t i = 0; i < count->name_count; i++)
        text_drop(count->names[i]);
    free(count->names);
    count->names = NULL;
    count->name_count = 0;
    amounts_close(&count->sums);
}

static struct quota_count *first_of(const struct quota_counts *counts, const struct text *space)
{
    return counts->count > 0 ? (struct quota_count *)table_first(&counts->table, space->hash)
                             : NULL;
}

static struct quota_count *next_of(const struct quota_count *count)
{
    return (struct quota_count *)table_again(&count->node);
}

static struct quota_count *find(const struct quota_counts *counts, struct object_key key)
{
    struct quota_count *count = first_of(counts, key.space);
    while (count != NULL && !object_key_equal(count->key, key))
        count = next_of(count);
    return count;
}

static void drop(struct quota_counts *counts, struct quota_count *count)
{
    table_remove(&counts->table, &count->node);
    counts->count--;
    close_names(count);
    object_key_drop(count->key);
    free(count);
}

void quota_counts_close(struct quota_counts *counts)
{
    for (size_t i = 0; counts->count > 0 && i <= counts->table.mask; i++)
        while (counts->table.buckets[i] != NULL)
            drop(counts, (struct quota_count *)counts->table.buckets[i]);
    table_close(&counts->table);
}

void quota_counts_renew(struct quota_counts *counts, const struct object *quota)
{
    struct quota_count *count = find(counts, object_key(quota));
    if (count == NULL) {
        count = mem_new(sizeof *count);
        count->key = object_key_hold(object_key(quota));
        table_add(&counts->table, &count->node, quota->space->hash);
        counts->count++;
    }
    count->stale = true;
}

void quota_counts_forget(struct quota_counts *counts, struct object_key key)
{
    struct quota_count *count = find(counts, key);
    if (count != NULL)
        drop(counts, count);
}

/* ── change by change ── */

static void shift(struct quota_count *count, const struct codec *codec, const struct quota *quota,
                  const struct object *object, int sign)
{
    if (object == NULL || !quota_scopes_fit(quota, object))
        return;
    struct usage usage = usage_of(codec, object, count->as_of);
    for (size_t i = 0; i < count->sums.count; i++) {
        struct amount *sum = &count->sums.items[i];
        struct quantity amount = amounts_get(&usage.amounts, sum->name);
        amount.nano *= sign;
        sum->quantity = quantity_add(sum->quantity, amount);
    }
    usage_close(&usage);
    if (sign > 0 && object->kind == KIND_POD && !pod_is_terminal(pod_of(object))) {
        const sim_time expires = quota_pod_expires(pod_of(object));
        if (expires >= count->as_of && expires < count->expires)
            count->expires = expires;
    }
}

/* Can a change of such an object change what it uses? */
static bool matters(const struct watch_event *event)
{
    const struct object *object = event->object, *before = event->before;
    if (event->type != WATCH_MODIFIED)
        return true;
    if (object->kind == KIND_POD) {
        const struct pod *is = pod_of(object), *was = pod_of(before);
        return is->spec != was->spec || pod_is_terminal(is) != pod_is_terminal(was) ||
               quota_pod_expires(is) != quota_pod_expires(was);
    }
    return (object->kind == KIND_SERVICE || object->kind == KIND_PERSISTENTVOLUMECLAIM) &&
           meta_of(object)->document != meta_of(before)->document;
}

void quota_counts_note(struct quota_counts *counts, const struct client *client,
                       const struct watch_event *event)
{
    const struct object *object = event->object;
    if (object->space == NULL || !quota_counts_kind(object->kind))
        return;
    struct quota_count *count = first_of(counts, object->space);
    if (count == NULL || !matters(event))
        return;
    for (; count != NULL; count = next_of(count)) {
        const struct object *stored = cache_get(client->cache, count->key);
        if (count->stale || count->key.space != object->space || stored == NULL)
            continue;
        struct quota quota = quota_read(stored);
        shift(count, &client->cluster->codec, &quota, event->before, -1);
        shift(count, &client->cluster->codec, &quota, event->type != WATCH_DELETED ? object : NULL,
              1);
        quota_close(&quota);
    }
}

/* ── all of it ── */

/* Names that quotas have before anything is counted. */
static void begin(struct quota_count *count, struct texts *texts, const struct quota *quota,
                  sim_time now)
{
    close_names(count);
    count->names = mem_new((quota->spec_hard.count + 1) * sizeof *count->names);
    count->as_of = now;
    count->expires = SIM_FOREVER;
    count->stale = false;
    for (size_t i = 0; i < quota->spec_hard.count; i++) {
        const struct text *name = text_intern(texts, quota->spec_hard.items[i].name);
        count->names[count->name_count++] = name;
        amounts_set(&count->sums, name->s, quantity_of_units(0, QUANTITY_DECIMAL_SI));
    }
}

/* Only the kinds that the quota has names of are walked: a quota of pods does not look at Secrets. */
static bool has_name_of(const struct codec *codec, const struct quota *quota,
                        const struct object *example)
{
    for (size_t i = 0; i < quota->spec_hard.count; i++)
        if (quota_tracks(codec, example, quota->spec_hard.items[i].name))
            return true;
    return false;
}

static void recount(struct quota_count *count, const struct client *client,
                    const struct quota *quota)
{
    const struct codec *codec = &client->cluster->codec;
    begin(count, codec->texts, quota, client->now);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        if (!quota_counts_kind(kind) || client->cluster->by_namespace[kind] < 0)
            continue;
        struct cache_cursor cursor = client_list_namespace(client, kind, count->key.space);
        bool first = true;
        while (cache_next(&cursor)) {
            /* Objects of one kind have one set of names, but those of kinds without a row. */
            if (first && kind != KIND_OTHER && !has_name_of(codec, quota, cursor.object))
                break;
            first = false;
            shift(count, codec, quota, cursor.object, 1);
        }
    }
}

const struct amounts *quota_counts_used(struct quota_counts *counts, const struct client *client,
                                        const struct object *stored)
{
    struct quota_count *count = find(counts, object_key(stored));
    if (count == NULL)
        return NULL;
    if (count->stale || client->now > count->expires) {
        struct quota quota = quota_read(stored);
        recount(count, client, &quota);
        quota_close(&quota);
    }
    return &count->sums;
}
