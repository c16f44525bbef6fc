/* The part of the PV controller when a pod is bound in a trial: its claims have their volumes at
 * once. The rule is that of the recorded decisions. */
#include <stdlib.h>

#include "models/scheduler/pod_volumes.h"
#include "models/scheduler/trial.h"

static bool binds_volumes(const struct profile *profile)
{
    for (size_t i = 0; i < profile->plugin_count; i++)
        if (profile->plugins[i].plugin == sched_plugin_find("VolumeBinding"))
            return true;
    return false;
}

/* Provisioned for a class on a node: the volume belongs to the node's zone. */
static struct object *provision(const struct trial *trial,
                                const struct persistent_volume_claim *claim,
                                const struct node *node)
{
    const struct object *class =
        trial_find(trial, KIND_STORAGECLASS, "", text_s(claim->class_name));
    char *name = mem_format("pvc-%s-%s", namespace_of(claim), name_of(claim));
    struct object *volume = persistent_volume_provision(
        &trial->cluster->codec, name, claim, (const struct storage_class *)class,
        labels_get(node->meta.labels, "topology.kubernetes.io/zone"));
    free(name);
    return volume;
}

static struct object *bound_volume(const struct trial *trial, const struct volume_choice *choice,
                                   const struct node *node)
{
    if (choice->volume == NULL)
        return provision(trial, choice->claim, node);
    struct object *copy = object_copy(&choice->volume->meta.object);
    persistent_volume_set_claim((struct persistent_volume *)copy, trial->run->texts, choice->claim);
    persistent_volume_set_phase((struct persistent_volume *)copy, VOLUME_BOUND);
    return copy;
}

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

static void write(struct trial *trial, const struct volume_choice *choice, const struct node *node)
{
    struct object *volume = bound_volume(trial, choice, node);
    struct object *claim = object_copy(&choice->claim->meta.object);
    claim_set_volume((struct persistent_volume_claim *)claim, trial->run->texts,
                     persistent_volume_of(volume));
    trial_put(trial, volume);
    trial_put(trial, claim);
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
            write(trial, &choices[i], info->node);
        }
    }
    pod_volumes_free(volumes);
    set_unless_empty(&told, "staticBindings", bound);
    set_unless_empty(&told, "dynamicProvisions", provisioned);
    return told;
}
