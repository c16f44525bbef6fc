/* The templates a StatefulSet has had, as ControllerRevisions.
 *
 * Follows getStatefulSetRevisions and truncateHistory of
 * pkg/controller/statefulset/stateful_set_control.go, and pkg/controller/history, of the release
 * named in docs/fidelity.md. Unlike a DaemonSet's, the hash in the name is taken over the revision's
 * data, and pods bear the whole name as their label. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/pod_template_hash.h"
#include "models/api/schema_print.h"
#include "models/cluster/cluster.h"
#include "models/controllers/ownership.h"
#include "models/controllers/statefulset_private.h"
#include "sim/base/memory.h"

enum { PREFIX_LENGTH = 223 }; /* of the set's name in that of a revision */

static int64_t number_of(const struct object *revision)
{
    return value_int(value_get(meta_of(revision)->document, "revision"), 0);
}

static struct value *data_of(const struct object *revision)
{
    return value_get(meta_of(revision)->document, "data");
}

/* ---- data and hash ---- */

/* A patch that puts this template in the place of another. */
struct value *stateful_revision_data(const struct value *template)
{
    struct value *printed = schema_print(template, schema_type("core/v1.PodTemplateSpec"));
    struct value *data = NULL;
    value_set(value_own(&printed), "$patch", value_new_string("replace"));
    value_put(&data, printed, "spec", "template", NULL);
    return data;
}

static uint32_t fnv1(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash * 16777619u) ^ (unsigned char)*text;
    return hash;
}

/* FNV-1, not 1a, over the data and then the number of collisions in decimal. */
void stateful_revision_hash(const struct value *data, int32_t collision_count, char hash[11])
{
    char *text = json_text(data, (struct json_style){ .sort_keys = true, .escape_html = true });
    char count[16];
    snprintf(count, sizeof count, "%" PRId32, collision_count);
    pod_template_hash_encode(fnv1(fnv1(2166136261u, text), count), hash);
    free(text);
}

/* ---- finding ---- */

static int compare(const void *a, const void *b)
{
    const struct object *left = *(const struct object *const *)a;
    const struct object *right = *(const struct object *const *)b;
    const int64_t by_number = number_of(left) - number_of(right);
    const sim_time by_age =
        meta_of(left)->created / SIM_SECOND - meta_of(right)->created / SIM_SECOND;
    if (by_number != 0)
        return by_number < 0 ? -1 : 1;
    if (by_age != 0)
        return by_age < 0 ? -1 : 1;
    return strcmp(name_of(left), name_of(right));
}

static void add(struct stateful_sync *sync, size_t *capacity, const struct object *revision)
{
    MEM_GROW(sync->revisions, sync->revision_count, *capacity);
    sync->revisions[sync->revision_count++] = revision;
}

/* Those it controls. */
static void take_owned(struct stateful_sync *sync, const struct claim *claim, size_t *capacity)
{
    struct cache_cursor owned =
        client_list_owned(sync->client, KIND_CONTROLLERREVISION, sync->set->meta.uid);
    while (cache_next(&owned))
        if (claim_matches(claim, meta_of(owned.object)))
            add(sync, capacity, owned.object);
}

bool stateful_history_look(struct stateful_sync *sync)
{
    struct claim claim = { .client = sync->client,
                           .owner = &sync->set->meta,
                           .api_version = "apps/v1",
                           .kind = "StatefulSet",
                           .selector = sync->set->selector };
    struct error error = { 0 };
    size_t capacity = 0;
    bool done = true, adopted;
    take_owned(sync, &claim, &capacity);
    struct cache_cursor orphans =
        client_list_orphans(sync->client, KIND_CONTROLLERREVISION, sync->set->meta.object.space);
    while (done && cache_next(&orphans)) {
        const struct meta *meta = meta_of(orphans.object);
        if (!claim_matches(&claim, meta))
            continue;
        done = claim_adopt(&claim, meta, &adopted, &error);
        add(sync, &capacity, orphans.object);
    }
    if (sync->revision_count > 1)
        qsort((void *)sync->revisions, sync->revision_count, sizeof *sync->revisions, compare);
    error_close(&error);
    return done;
}

/* ---- making and renumbering ---- */

static struct object *revision_new(const struct stateful_sync *sync, int64_t number,
                                   struct value *data)
{
    struct texts *texts = sync->client->cluster->run->texts;
    const struct statefulset *set = sync->set;
    char hash[POD_TEMPLATE_HASH_SIZE];
    stateful_revision_hash(data, sync->collision_count, hash);
    struct object *object = object_new(object_kinds, KIND_CONTROLLERREVISION);
    struct meta *meta = (struct meta *)object;
    object->space = text_hold(set->meta.object.space);
    object->name = text_format(texts, "%.*s-%s", PREFIX_LENGTH, name_of(set), hash);
    meta->labels = labels_with(texts, set->template->labels, "controller.kubernetes.io/hash", hash);
    meta->annotations = labels_hold(set->meta.annotations);
    meta->owners = owners_of_controller(texts, &set->meta, "apps/v1", "StatefulSet");
    value_put(&meta->document, value_hold(data), "data", NULL);
    value_put(&meta->document, value_new_int(number), "revision", NULL);
    return object;
}

/* Its name once it is there; NULL: try again. A name that is taken by the same data is ours, by
 * other data it is a collision, and the next hash is tried. */
static const struct text *make(struct stateful_sync *sync, int64_t number, struct value *data)
{
    for (;;) {
        struct object *revision = revision_new(sync, number, data);
        const struct object_key key = object_key_hold(object_key(revision));
        const enum reply reply = client_create(sync->client, revision, NULL, NULL);
        const struct object *taken =
            reply == REPLY_ALREADY_EXISTS ? client_read(sync->client, key) : NULL;
        const bool ours =
            reply == REPLY_CREATED || (taken != NULL && value_equal(data_of(taken), data));
        const struct text *name = ours ? text_hold(key.name) : NULL;
        object_key_drop(key);
        if (ours || taken == NULL)
            return name;
        sync->collision_count++;
    }
}

static bool renumber(struct object *object, void *number)
{
    struct meta *meta = (struct meta *)object;
    value_put(&meta->document, value_new_int(*(const int64_t *)number), "revision", NULL);
    return true;
}

/* Revisions are equal when their data are; of several the newest counts. */
static const struct object *find_equal(const struct stateful_sync *sync, const struct value *data)
{
    for (size_t i = sync->revision_count; i > 0; i--)
        if (value_equal(data_of(sync->revisions[i - 1]), data))
            return sync->revisions[i - 1];
    return NULL;
}

static const struct text *find_or_make(struct stateful_sync *sync, struct value *data)
{
    const size_t count = sync->revision_count;
    const struct object *newest = count > 0 ? sync->revisions[count - 1] : NULL;
    const struct object *equal = find_equal(sync, data);
    int64_t next = newest != NULL ? number_of(newest) + 1 : 1;
    if (equal == NULL)
        return make(sync, next, data);
    if (equal != newest &&
        client_patch(sync->client, object_key(equal), renumber, &next, NULL) != REPLY_OK)
        return NULL;
    return text_hold(equal->name);
}

/* The template that a revision puts in place. */
static const struct pod_template *template_of(const struct stateful_sync *sync,
                                              const struct object *revision)
{
    struct value *template = value_hold(value_path(data_of(revision), "spec", "template", NULL));
    if (template == NULL)
        return pod_template_hold(sync->set->template);
    value_remove(value_own(&template), "$patch");
    const struct pod_template *compiled =
        pod_template_compile(&sync->client->cluster->codec, template);
    value_drop(template);
    return compiled;
}

bool stateful_history_construct(struct stateful_sync *sync)
{
    const struct statefulset *set = sync->set;
    struct value *data = stateful_revision_data(set->template->document);
    sync->collision_count = set->collision_count > 0 ? set->collision_count : 0;
    sync->update.name = find_or_make(sync, data);
    sync->update.template = pod_template_hold(set->template);
    value_drop(data);
    if (sync->update.name == NULL)
        return false;
    for (size_t i = 0; i < sync->revision_count && sync->current.name == NULL; i++) {
        const struct object *revision = sync->revisions[i];
        if (revision->name != set->current_revision || revision->name == sync->update.name)
            continue;
        sync->current.name = text_hold(revision->name);
        sync->current.template = template_of(sync, revision);
    }
    if (sync->current.name == NULL) {
        sync->current.name = text_hold(sync->update.name);
        sync->current.template = pod_template_hold(sync->update.template);
    }
    return true;
}

/* ---- cleaning ---- */

static bool is_live(const struct stateful_sync *sync, const struct text *name)
{
    if (name == sync->current.name || name == sync->update.name)
        return true;
    for (size_t i = 0; i < sync->pods.count; i++)
        if (strcmp(stateful_pod_revision(sync->pods.items[i]), text_s(name)) == 0)
            return true;
    return false;
}

void stateful_history_truncate(struct stateful_sync *sync)
{
    int64_t excess = -(int64_t)sync->set->revision_history_limit;
    if (sync->set->revision_history_limit < 0)
        return;
    for (size_t i = 0; i < sync->revision_count; i++)
        excess += !is_live(sync, sync->revisions[i]->name);
    for (size_t i = 0; i < sync->revision_count && excess > 0; i++) {
        if (is_live(sync, sync->revisions[i]->name))
            continue;
        client_delete(sync->client, object_key(sync->revisions[i]), delete_options_default(), NULL);
        excess--;
    }
}
