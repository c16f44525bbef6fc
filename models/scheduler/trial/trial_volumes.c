/* The part of the PV controller in a trial: before pods are tried, for claims that nobody has to wait
 * for; and when one is bound, its claims have their volumes at once, by the rule of the recorded
 * decisions. */
#include <stdlib.h>

#include "models/cluster/claim_binding.h"
#include "models/scheduler/volumes/pod_volumes.h"
#include "models/scheduler/trial/trial.h"

static bool binds_volumes(const struct profile *profile)
{
    for (size_t i = 0; i < profile->plugin_count; i++)
        if (profile->plugins[i].plugin == sched_plugin_find("VolumeBinding"))
            return true;
    return false;
}

/* Made for the claim; on a node, it belongs to the node's zone. */
static struct object *provision(const struct trial *trial,
                                const struct persistent_volume_claim *claim,
                                const struct node *node)
{
    char *name = mem_format("pvc-%s-%s", namespace_of(claim), name_of(claim));
    struct value *topology = volume_topology_of_zone(
        node != NULL ? labels_get(node->meta.labels, "topology.kubernetes.io/zone") : NULL);
    struct object *volume = persistent_volume_provision(
        &trial->cluster->codec, name, claim, claim_class(trial->cluster->cache, claim), topology);
    persistent_volume_set_phase((struct persistent_volume *)volume, VOLUME_BOUND);
    value_drop(topology);
    free(name);
    return volume;
}

static struct object *bound_volume(const struct trial *trial,
                                   const struct persistent_volume *volume,
                                   const struct persistent_volume_claim *claim)
{
    struct object *copy = object_copy(&volume->meta.object);
    persistent_volume_set_claim((struct persistent_volume *)copy, trial->run->texts, claim);
    persistent_volume_set_phase((struct persistent_volume *)copy, VOLUME_BOUND);
    return copy;
}

/* Bind the claim to the volume (NULL: one is made for it, on this node if there is one). */
static void bind(struct trial *trial, const struct persistent_volume_claim *claim,
                 const struct persistent_volume *volume, const struct node *node)
{
    struct object *bound =
        volume != NULL ? bound_volume(trial, volume, claim) : provision(trial, claim, node);
    struct object *complete = object_copy(&claim->meta.object);
    claim_set_volume((struct persistent_volume_claim *)complete, trial->run->texts,
                     persistent_volume_of(bound));
    trial_put(trial, bound);
    trial_put(trial, complete);
}

/* --- before pods are tried ---------------------------------------------------------------------- */

static void take_default_class(struct trial *trial, struct object_key key)
{
    const struct object *claim = cache_get(trial->cluster->cache, key);
    const struct storage_class *class = claim_default_class(trial->cluster->cache, claim_of(claim));
    if (class == NULL)
        return;
    struct object *copy = object_copy(claim);
    claim_set_class((struct persistent_volume_claim *)copy, &class->meta);
    trial_put(trial, copy);
}

/* The volume that the claim names, unless it is another claim's. */
static void settle_named(struct trial *trial, const struct persistent_volume_claim *claim)
{
    const struct object_key key = { KIND_PERSISTENTVOLUME, NULL, claim->volume_name };
    const struct object *volume = cache_get(trial->cluster->cache, key);
    if (volume != NULL && !claim_is_bound(claim) &&
        (!persistent_volume_of(volume)->claimed ||
         persistent_volume_is_for(persistent_volume_of(volume), claim)))
        bind(trial, claim, persistent_volume_of(volume), NULL);
}

void trial_settle_claim(struct trial *trial, const struct text *space, const struct text *name)
{
    const struct object_key key = { KIND_PERSISTENTVOLUMECLAIM, space, name };
    const struct persistent_volume *volume = NULL;
    if (cache_get(trial->cluster->cache, key) == NULL)
        return;
    take_default_class(trial, key);
    const struct persistent_volume_claim *claim = claim_of(cache_get(trial->cluster->cache, key));
    if (claim->volume_name != NULL) {
        settle_named(trial, claim);
        return;
    }
    const enum claim_fate fate = claim_decide(trial->cluster->cache, claim, &volume);
    if (fate == CLAIM_GETS_VOLUME || fate == CLAIM_IS_PROVISIONED)
        bind(trial, claim, volume, NULL);
}

void trial_settle_ephemeral(struct trial *trial, const struct pod *pod)
{
    for (size_t i = 0; i < pod->spec->volume_count; i++) {
        if (pod->spec->volumes[i].type != POD_VOLUME_EPHEMERAL)
            continue;
        struct object *claim =
            claim_for_ephemeral(&trial->cluster->codec, pod, &pod->spec->volumes[i]);
        if (claim == NULL)
            continue;
        const struct object_key key = object_key(claim);
        if (cache_get(trial->cluster->cache, key) != NULL) {
            object_drop(claim);
            continue;
        }
        trial_put(trial, claim);
        trial_settle_claim(trial, key.space, key.name);
    }
}

/* --- when one is bound --------------------------------------------------------------------------- */

/* "default/data" */
static char *claim_key(const struct persistent_volume_claim *claim)
{
    return mem_format("%s/%s", namespace_of(claim), name_of(claim));
}

static void tell(const struct volume_choice *choice, struct value *bound, struct value *provisioned)
{
    char *key = claim_key(choice->claim);
    if (choice->volume != NULL)
        value_set(bound, key, value_new_string(name_of(choice->volume)));
    else
        value_add(provisioned, value_new_string(key));
    free(key);
}

static void set_unless_empty(struct value **told, const char *key, struct value *value)
{
    if (value->count == 0) {
        value_drop(value);
        return;
    }
    if (*told == NULL)
        *told = value_new_map();
    value_set(*told, key, value);
}

struct value *trial_bind_volumes(struct trial *trial, const struct profile *profile,
                                 const struct pod *pod, const struct text *node)
{
    const struct node_info *info = snapshot_find_node(trial->snapshot, node);
    struct pod_volumes *volumes =
        binds_volumes(profile) ? pod_volumes_new(trial->snapshot, pod) : NULL;
    struct value *told = NULL, *bound = value_new_map(), *provisioned = value_new_list();
    struct rejection rejection = { .count = 0 };
    if (volumes != NULL) {
        struct volume_choice choices[pod_volumes_unbound(volumes) + 1];
        size_t count;
        pod_volumes_choose(volumes, info->node, choices, &count, &rejection);
        for (size_t i = 0; i < count; i++) {
            tell(&choices[i], bound, provisioned);
            bind(trial, choices[i].claim, choices[i].volume, info->node);
        }
    }
    pod_volumes_free(volumes);
    set_unless_empty(&told, "staticBindings", bound);
    set_unless_empty(&told, "dynamicProvisions", provisioned);
    return told;
}
