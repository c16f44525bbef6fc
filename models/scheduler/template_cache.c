/* Remembered answers; see template_cache.h. */
#include "models/scheduler/template_cache.h"

#include <assert.h>
#include <stdlib.h>

enum { CLASSES = 256 }; /* remembered at most */

struct template_cache *template_cache_new(void)
{
    struct template_cache *cache = mem_new(sizeof *cache);
    rejection_table_init(&cache->rejections);
    table_init(&cache->by_key);
    return cache;
}

/* --- the list by last use ------------------------------------------------------------- */

static void unlink_class(struct template_cache *cache, struct pod_class *class)
{
    *(class->older != NULL ? &class->older->newer : &cache->oldest) = class->newer;
    *(class->newer != NULL ? &class->newer->older : &cache->newest) = class->older;
}

static void link_newest(struct template_cache *cache, struct pod_class *class)
{
    class->newer = NULL;
    class->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = class;
    cache->newest = class;
}

/* --- classes ---------------------------------------------------------------------------- */

static void forget_class(struct template_cache *cache, struct pod_class *class)
{
    unlink_class(cache, class);
    table_remove(&cache->by_key, &class->by_key);
    cache->count--;
    prepared_close(&class->prepared);
    for (size_t i = 0; i < PROFILE_PLUGINS; i++)
        free(class->raw[i]);
    free(class->answers);
    free(class->failure.message);
    free(class);
}

void template_cache_free(struct template_cache *cache)
{
    while (cache->oldest != NULL)
        forget_class(cache, cache->oldest);
    table_close(&cache->by_key);
    rejection_table_close(&cache->rejections);
    free(cache);
}

/* Does any plugin go by the pod's identity? */
static bool goes_by_identity(const struct profile *profile, const struct pod *pod,
                             const struct snapshot *snapshot)
{
    for (size_t i = 0; i < profile->plugin_count; i++) {
        const struct sched_plugin *plugin = profile->plugins[i].plugin;
        const struct sched_call call = { .profile = profile,
                                         .spec = pod->spec,
                                         .pod = pod,
                                         .snapshot = snapshot,
                                         .args = profile->plugins[i].args };
        if (plugin->by_identity != NULL && plugin->by_identity(&call))
            return true;
    }
    return false;
}

/* Has a plugin before this one the same function? */
static bool traits_are_known(const struct profile *profile, size_t plugin)
{
    for (size_t i = 0; i < plugin; i++)
        if (profile->plugins[i].plugin->traits == profile->plugins[plugin].plugin->traits)
            return true;
    return false;
}

static void read_traits(const struct pod *pod, const struct snapshot *snapshot,
                        struct class_key *key)
{
    for (size_t i = 0; i < key->profile->plugin_count; i++) {
        const struct sched_plugin *plugin = key->profile->plugins[i].plugin;
        const struct sched_call call = { .profile = key->profile,
                                         .spec = pod->spec,
                                         .pod = pod,
                                         .snapshot = snapshot,
                                         .args = key->profile->plugins[i].args };
        if (plugin->traits == NULL || traits_are_known(key->profile, i))
            continue;
        assert(key->trait_count + TRAIT_WORDS <= CLASS_TRAITS);
        key->trait_count += plugin->traits(&call, key->traits + key->trait_count);
    }
}

static struct class_key key_of(const struct profile *profile, const struct pod *pod,
                               const struct snapshot *snapshot)
{
    struct class_key key = { .profile = profile, .spec = pod->spec };
    read_traits(pod, snapshot, &key);
    if (!goes_by_identity(profile, pod, snapshot))
        return key;
    const struct owner *controller = meta_controller(&pod->meta);
    key.by_identity = true;
    key.labels = pod->meta.labels;
    key.space = pod->meta.object.space;
    key.controller = controller != NULL ? controller->uid.low : 0;
    return key;
}

static uint64_t mix(uint64_t hash, uint64_t part)
{
    hash = (hash ^ part) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

static uint64_t key_hash(const struct class_key *key)
{
    uint64_t hash = mix(key->profile->number, key->spec->id);
    for (size_t i = 0; i < key->trait_count; i++)
        hash = mix(hash, key->traits[i]);
    if (!key->by_identity)
        return hash;
    for (uint32_t i = 0; key->labels != NULL && i < key->labels->count; i++) {
        const struct label *label = &key->labels->items[i];
        hash = mix(hash, label->key->hash);
        hash = mix(hash, label->value != NULL ? label->value->hash : 0);
    }
    return mix(mix(hash, key->space != NULL ? key->space->hash : 0), key->controller);
}

static bool same_key(const struct class_key *a, const struct class_key *b)
{
    return a->spec == b->spec && a->profile == b->profile && a->by_identity == b->by_identity &&
           a->space == b->space && a->controller == b->controller &&
           a->trait_count == b->trait_count &&
           memcmp(a->traits, b->traits, a->trait_count * sizeof *a->traits) == 0 &&
           labels_equal(a->labels, b->labels);
}

static struct pod_class *find_class(struct template_cache *cache, const struct class_key *key,
                                    uint64_t hash)
{
    struct table_node *found = table_first(&cache->by_key, hash);
    for (; found != NULL; found = table_again(found)) {
        struct pod_class *class = (struct pod_class *)found;
        if (same_key(&class->key, key))
            return class;
    }
    return NULL;
}

/* Forget every answer and make room for all slots of the snapshot. */
static void renew_answers(struct pod_class *class, const struct snapshot *snapshot)
{
    class->slots = snapshot->slot_capacity;
    free(class->answers);
    class->answers = mem_new(class->slots * sizeof *class->answers);
    for (size_t i = 0; i < PROFILE_PLUGINS; i++) {
        free(class->raw[i]);
        class->raw[i] = NULL;
    }
    for (size_t i = 0; i < class->prepared.score_count; i++)
        if (prepared_scorer(&class->prepared, i)->normalize != NULL)
            class->raw[i] = mem_new(class->slots * sizeof *class->raw[i]);
}

static struct pod_class *new_class(struct template_cache *cache, const struct class_key *key,
                                   uint64_t hash, const struct pod *pod,
                                   const struct snapshot *snapshot)
{
    if (cache->count == CLASSES)
        forget_class(cache, cache->oldest);
    struct pod_class *class = mem_new(sizeof *class);
    class->key = *key; /* the labels are those of the pod that is held */
    prepared_init(&class->prepared, key->profile, pod, snapshot);
    renew_answers(class, snapshot);
    table_add(&cache->by_key, &class->by_key, hash);
    link_newest(cache, class);
    cache->count++;
    return class;
}

struct pod_class *template_cache_class(struct template_cache *cache, const struct profile *profile,
                                       const struct pod *pod, const struct snapshot *snapshot)
{
    const struct class_key key = key_of(profile, pod, snapshot);
    const uint64_t hash = key_hash(&key);
    struct pod_class *class = find_class(cache, &key, hash);
    if (class != NULL && prepared_is_stale(&class->prepared)) {
        forget_class(cache, class);
        class = NULL;
    }
    if (class == NULL)
        return new_class(cache, &key, hash, pod, snapshot);
    unlink_class(cache, class);
    link_newest(cache, class);
    if (class->slots < snapshot->slot_count)
        renew_answers(class, snapshot);
    return class;
}

/* --- answers ---------------------------------------------------------------------------- */

static void ask_scores(struct pod_class *class, const struct node_info *node, struct answer *answer)
{
    const struct prepared *prepared = &class->prepared;
    answer->fixed = 0;
    for (size_t i = 0; i < prepared->score_count; i++) {
        const struct sched_call call = prepared_call(prepared, prepared->scores[i]);
        const int64_t score = prepared_scorer(prepared, i)->score(&call, node);
        if (class->raw[i] != NULL)
            class->raw[i][node->slot] = score;
        else
            answer->fixed += score * prepared_weight(prepared, i);
    }
}

void pod_class_ask(struct template_cache *cache, struct pod_class *class, uint32_t slot)
{
    const struct prepared *prepared = &class->prepared;
    const struct node_info *node = prepared->snapshot->nodes[slot];
    struct answer *answer = &class->answers[slot];
    struct rejection rejection;
    rejection.count = 0;
    answer->generation = prepared->snapshot->generations[slot];
    answer->rejection = 0;
    const int by = prepared_filter(prepared, node, &rejection);
    if (by < 0) {
        ask_scores(class, node, answer);
        return;
    }
    const struct sched_plugin *plugin = prepared->profile->plugins[by].plugin;
    answer->rejected_by = (uint8_t)by;
    answer->rejection = rejection_table_add(&cache->rejections, plugin, &rejection);
}
