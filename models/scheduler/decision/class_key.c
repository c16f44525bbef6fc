/* Labels, namespace, owner and traits, as far as plugins go by them; see class_key.h. */
#include "models/scheduler/decision/class_key.h"

#include <assert.h>
#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t part)
{
    hash = (hash ^ part) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* The plugins that go by the pod's identity, as bits. */
static uint64_t who_goes_by_identity(const struct profile *profile, const struct pod *pod,
                                     const struct snapshot *snapshot)
{
    uint64_t plugins = 0;
    for (size_t i = 0; i < profile->plugin_count; i++) {
        const struct sched_plugin *plugin = profile->plugins[i].plugin;
        if (plugin->by_identity == NULL)
            continue;
        const struct sched_call call = { .profile = profile,
                                         .spec = pod->spec,
                                         .pod = pod,
                                         .has_identity = true,
                                         .snapshot = snapshot,
                                         .args = profile->plugins[i].args };
        plugins |= (uint64_t)plugin->by_identity(&call) << i;
    }
    return plugins;
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
        if (plugin->traits == NULL || traits_are_known(key->profile, i))
            continue;
        const struct sched_call call = { .profile = key->profile,
                                         .spec = pod->spec,
                                         .pod = pod,
                                         .has_identity = true,
                                         .snapshot = snapshot,
                                         .args = key->profile->plugins[i].args };
        assert(key->trait_count + TRAIT_WORDS <= CLASS_TRAITS);
        key->trait_count += plugin->traits(&call, key->traits + key->trait_count);
    }
}

struct class_key class_key_of(const struct profile *profile, const struct pod *pod,
                              const struct snapshot *snapshot)
{
    struct class_key key = { .profile = profile, .spec = pod->spec };
    read_traits(pod, snapshot, &key);
    key.by_identity = who_goes_by_identity(profile, pod, snapshot);
    if (key.by_identity == 0)
        return key;
    key.labels = pod->meta.labels;
    key.space = pod->meta.object.space;
    key.controller = meta_controller(&pod->meta);
    return key;
}

uint64_t class_key_hash(const struct class_key *key)
{
    uint64_t hash = mix(key->profile->number, key->spec->id);
    for (size_t i = 0; i < key->trait_count; i++)
        hash = mix(hash, key->traits[i]);
    if (key->by_identity == 0)
        return hash;
    hash = mix(hash, key->by_identity);
    for (uint32_t i = 0; key->labels != NULL && i < key->labels->count; i++) {
        const struct label *label = &key->labels->items[i];
        hash = mix(hash, label->key->hash);
        hash = mix(hash, label->value != NULL ? label->value->hash : 0);
    }
    if (key->controller != NULL && key->controller->name != NULL)
        hash = mix(hash, key->controller->name->hash);
    return mix(hash, key->space != NULL ? key->space->hash : 0);
}

/* By name as well: whoever makes pods by hand gives owners no uid, or one and the same. */
static bool same_controller(const struct owner *a, const struct owner *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->name == b->name && a->kind == b->kind && a->api_version == b->api_version &&
           uid_equal(a->uid, b->uid);
}

bool class_key_equal(const struct class_key *a, const struct class_key *b)
{
    return a->spec == b->spec && a->profile == b->profile && a->by_identity == b->by_identity &&
           a->space == b->space && same_controller(a->controller, b->controller) &&
           a->trait_count == b->trait_count &&
           memcmp(a->traits, b->traits, a->trait_count * sizeof *a->traits) == 0 &&
           labels_equal(a->labels, b->labels);
}
