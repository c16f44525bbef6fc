/* The templates a DaemonSet has had, as ControllerRevisions.
 *
 * Follows constructHistory, snapshot and cleanupHistory of pkg/controller/daemon/update.go of the
 * release named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_template_hash.h"
#include "models/cluster/cluster.h"
#include "models/controllers/daemonset_private.h"
#include "sim/base/memory.h"

static const char hash_label[] = "controller-revision-hash";

static int64_t revision_of(const struct object *revision)
{
    return value_int(value_get(meta_of(revision)->document, "revision"), 0);
}

/* What a revision keeps: a patch that puts this template in the place of another. */
static struct value *patch_of(const struct daemonset *set)
{
    struct value *template = value_hold(set->template->document), *patch = NULL;
    value_set(value_own(&template), "$patch", value_new_string("replace"));
    value_put(&patch, template, "spec", "template", NULL);
    return patch;
}

/* ---- renumbering and making ---- */

static bool renumber(struct object *object, void *revision)
{
    struct meta *meta = (struct meta *)object;
    value_put(&meta->document, value_new_int(*(const int64_t *)revision), "revision", NULL);
    return true;
}

static bool count_collision(struct object *object, void *context)
{
    struct daemonset *set = (struct daemonset *)object;
    (void)context;
    set->collision_count = set->collision_count < 0 ? 1 : set->collision_count + 1;
    return true;
}

/* Its name is taken: by an earlier attempt of ours, or by another template with the same hash. */
static bool resolve_collision(struct daemon_sync *sync, struct object_key key,
                              const struct value *patch)
{
    const struct object *taken = client_read(sync->client, key);
    if (taken != NULL && value_equal(value_get(meta_of(taken)->document, "data"), patch))
        return true;
    client_patch(sync->client, sync->key, count_collision, NULL, NULL);
    return false;
}

static struct object *revision_new(const struct daemon_sync *sync, const char *hash, int64_t number,
                                   struct value *patch)
{
    struct texts *texts = sync->client->cluster->codec.texts;
    const struct daemonset *set = sync->set;
    struct object *object = object_new(object_kinds, KIND_CONTROLLERREVISION);
    struct meta *meta = (struct meta *)object;
    object->space = text_hold(set->meta.object.space);
    object->name = text_format(texts, "%s-%s", name_of(set), hash);
    meta->labels = labels_with(texts, set->template->labels, hash_label, hash);
    meta->annotations = labels_hold(set->meta.annotations);
    meta->owners = owners_of_controller(texts, &set->meta, "apps/v1", "DaemonSet");
    value_put(&meta->document, value_hold(patch), "data", NULL);
    value_put(&meta->document, value_new_int(number), "revision", NULL);
    return object;
}

static bool snapshot(struct daemon_sync *sync, int64_t number, struct value *patch)
{
    const struct daemonset *set = sync->set;
    char hash[POD_TEMPLATE_HASH_SIZE];
    pod_template_hash(set->template->document,
                      set->collision_count >= 0 ? &set->collision_count : NULL, hash);
    struct object *object = revision_new(sync, hash, number, patch);
    const struct object_key key = object_key_hold(object_key(object));
    const enum reply reply = client_create(sync->client, object, NULL, NULL);
    const bool made = reply == REPLY_CREATED ||
                      (reply == REPLY_ALREADY_EXISTS && resolve_collision(sync, key, patch));
    object_key_drop(key);
    if (made)
        sync->hash = text_intern(sync->client->cluster->codec.texts, hash);
    return made;
}

bool daemon_history_construct(struct daemon_sync *sync)
{
    struct value *patch = patch_of(sync->set);
    const struct object *present = NULL;
    int64_t newest_other = 0;
    struct cache_cursor cursor =
        client_list_owned(sync->client, KIND_CONTROLLERREVISION, sync->set->meta.uid);
    while (cache_next(&cursor)) {
        const struct owner *owner = meta_controller(meta_of(cursor.object));
        if (owner == NULL || !uid_equal(owner->uid, sync->set->meta.uid))
            continue;
        const int64_t number = revision_of(cursor.object);
        if (!value_equal(value_get(meta_of(cursor.object)->document, "data"), patch))
            newest_other = number > newest_other ? number : newest_other;
        else if (present == NULL || number >= revision_of(present))
            present = cursor.object;
    }
    int64_t wanted = newest_other + 1;
    bool done = true;
    if (present == NULL) {
        done = snapshot(sync, wanted, patch);
    } else {
        const char *hash = labels_get(meta_of(present)->labels, hash_label);
        sync->hash = text_intern(sync->client->cluster->codec.texts, hash);
        if (revision_of(present) < wanted)
            client_patch(sync->client, object_key(present), renumber, &wanted, NULL);
    }
    value_drop(patch);
    return done;
}

/* ---- cleaning ---- */

static int by_revision(const void *a, const void *b)
{
    const int64_t left = revision_of(*(const struct object *const *)a);
    const int64_t right = revision_of(*(const struct object *const *)b);
    return (left > right) - (left < right);
}

static bool is_live(const struct daemon_sync *sync, const char *hash)
{
    struct cache_cursor cursor = client_list_owned(sync->client, KIND_POD, sync->set->meta.uid);
    while (hash != NULL && cache_next(&cursor)) {
        const char *of_pod = labels_get(meta_of(cursor.object)->labels, hash_label);
        if (of_pod != NULL && strcmp(of_pod, hash) == 0)
            return true;
    }
    return false;
}

void daemon_history_clean(struct daemon_sync *sync)
{
    const struct object **old = NULL;
    size_t count = 0, capacity = 0;
    struct cache_cursor cursor =
        client_list_owned(sync->client, KIND_CONTROLLERREVISION, sync->set->meta.uid);
    while (cache_next(&cursor)) {
        const struct owner *owner = meta_controller(meta_of(cursor.object));
        const char *hash = labels_get(meta_of(cursor.object)->labels, hash_label);
        if (owner == NULL || !uid_equal(owner->uid, sync->set->meta.uid) ||
            (hash != NULL && strcmp(hash, text_s(sync->hash)) == 0))
            continue;
        MEM_GROW(old, count, capacity);
        old[count++] = cursor.object;
    }
    int64_t excess = (int64_t)count - sync->set->revision_history_limit;
    if (excess > 0)
        qsort(old, count, sizeof *old, by_revision);
    for (size_t i = 0; i < count && excess > 0; i++) {
        if (is_live(sync, labels_get(meta_of(old[i])->labels, hash_label)))
            continue;
        client_delete(sync->client, object_key(old[i]), delete_options_default(), NULL);
        excess--;
    }
    free((void *)old);
}
