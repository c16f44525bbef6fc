/* VolumeZone: a volume with zone or region labels is used in one of those zones.
 *
 * Only volumes that claims are bound to; a label may name several zones ("a__b"). A node
 * without such labels takes every volume. Follows pkg/scheduler/framework/plugins/volumezone of
 * the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/volumes/claims.h"
#include "models/scheduler/snapshot/listers.h"
#include "models/scheduler/plugins/plugins.h"

/* The labels of topology, old ones first, and what the old ones are called today. */
static const struct {
    const char *key, *today;
} topology_labels[] = {
    { "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone" },
    { "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region" },
    { "topology.kubernetes.io/zone", "topology.kubernetes.io/zone" },
    { "topology.kubernetes.io/region", "topology.kubernetes.io/region" },
};
enum { TOPOLOGY_LABELS = 4 };

/* --- "a__b" ------------------------------------------------------------------------------- */

static size_t zone_length(const char *zones)
{
    const char *end = strstr(zones, "__");
    return end != NULL ? (size_t)(end - zones) : strlen(zones);
}

/* The zone behind the first one; NULL when it is the last. */
static const char *next_zone(const char *zones)
{
    zones += zone_length(zones);
    return *zones != '\0' ? zones + 2 : NULL;
}

static bool zones_have(const char *zones, const char *zone, size_t length)
{
    for (; zones != NULL; zones = next_zone(zones))
        if (zone_length(zones) == length && strncmp(zones, zone, length) == 0)
            return true;
    return false;
}

static bool zones_within(const char *zones, const char *others)
{
    for (; zones != NULL; zones = next_zone(zones))
        if (!zones_have(others, zones, zone_length(zones)))
            return false;
    return true;
}

/* A label with an empty zone in it says nothing. */
static const char *zones_of(const struct persistent_volume *volume, const char *key)
{
    const char *zones = labels_get(volume->meta.labels, key);
    return zones == NULL || zones_have(zones, "", 0) ? NULL : zones;
}

/* --- the pod's volumes -------------------------------------------------------------------- */

struct volume_zones {
    const struct text *why;                   /* held: no node will do; NULL: some may */
    const struct persistent_volume **volumes; /* held: with labels of topology */
    size_t count;
};

static bool has_topology(const struct persistent_volume *volume)
{
    for (size_t i = 0; i < TOPOLOGY_LABELS; i++)
        if (zones_of(volume, topology_labels[i].key) != NULL)
            return true;
    return false;
}

/* The claim names no volume: that is all right if it waits for the pod. */
static const struct text *why_unbound(const struct snapshot *snapshot,
                                      const struct persistent_volume_claim *claim)
{
    const struct text *name = claim->class_name;
    const struct storage_class *class =
        (const struct storage_class *)lister_get(snapshot, KIND_STORAGECLASS, NULL, name);
    if (name == NULL)
        return text_intern(snapshot->texts,
                           "PersistentVolumeClaim had no pv name and storageClass name");
    if (class == NULL)
        return text_format(snapshot->texts, "storageclass.storage.k8s.io \"%s\" not found",
                           name->s);
    return class->waits_for_consumer ? NULL
                                     : text_intern(snapshot->texts, "PersistentVolume had no name");
}

/* One of the pod's claims; NULL, or why no node will do. */
static const struct text *add_claim(struct volume_zones *zones, const struct sched_call *call,
                                    const struct pod_volume *mounted)
{
    const struct snapshot *snapshot = call->snapshot;
    const struct persistent_volume_claim *claim = volume_claim(snapshot, call->pod, mounted);
    if (claim == NULL)
        return text_format(snapshot->texts, "persistentvolumeclaim \"%s\" not found",
                           text_s(mounted->id));
    if (claim->volume_name == NULL)
        return why_unbound(snapshot, claim);
    const struct object *volume =
        lister_get(snapshot, KIND_PERSISTENTVOLUME, NULL, claim->volume_name);
    if (volume == NULL)
        return text_format(snapshot->texts, "persistentvolume \"%s\" not found",
                           claim->volume_name->s);
    if (has_topology(persistent_volume_of(volume)))
        zones->volumes[zones->count++] = persistent_volume_of(object_hold(volume));
    return NULL;
}

static void *volume_zone_compile(const struct sched_call *call)
{
    const struct pod_spec *spec = call->spec;
    if (!claims_are_mounted(spec, false))
        return NULL;
    struct volume_zones *zones = mem_new(sizeof *zones);
    zones->volumes = mem_new(spec->volume_count * sizeof *zones->volumes);
    for (size_t i = 0; i < spec->volume_count && zones->why == NULL; i++)
        if (spec->volumes[i].type == POD_VOLUME_CLAIM)
            zones->why = add_claim(zones, call, &spec->volumes[i]);
    return zones;
}

static void volume_zone_discard(void *compiled)
{
    struct volume_zones *zones = compiled;
    for (size_t i = 0; i < zones->count; i++)
        object_drop(&zones->volumes[i]->meta.object);
    text_drop(zones->why);
    free(zones->volumes);
    free(zones);
}

static uint64_t volume_zone_epoch(const struct sched_call *call)
{
    static const enum kind kinds[] = { KIND_PERSISTENTVOLUMECLAIM, KIND_PERSISTENTVOLUME,
                                       KIND_STORAGECLASS, KIND_COUNT };
    return claims_are_mounted(call->spec, false) ? lister_epoch(call->snapshot, kinds) : 0;
}

/* --- filters ------------------------------------------------------------------------------- */

static enum pre_filter volume_zone_pre_filter(const struct sched_call *call,
                                              struct narrowed *narrowed,
                                              struct rejection *rejection)
{
    const struct volume_zones *zones = call->compiled;
    (void)narrowed;
    if (zones != NULL && zones->why != NULL) {
        reject_about(rejection, UNRESOLVABLE, "", zones->why);
        return PRE_FILTER_REJECTED;
    }
    return zones == NULL || zones->count == 0 ? PRE_FILTER_SKIP : PRE_FILTER_GO;
}

static bool fits_zones(const struct persistent_volume *volume, const struct labels *node)
{
    for (size_t i = 0; i < TOPOLOGY_LABELS; i++) {
        const char *zones = zones_of(volume, topology_labels[i].key);
        if (zones == NULL)
            continue;
        const char *zone = labels_get(node, topology_labels[i].key);
        if (zone == NULL)
            zone = labels_get(node, topology_labels[i].today);
        if (zone == NULL || !zones_have(zones, zone, strlen(zone)))
            return false;
    }
    return true;
}

static bool has_zone(const struct labels *node)
{
    for (size_t i = 0; i < TOPOLOGY_LABELS; i++)
        if (labels_get(node, topology_labels[i].key) != NULL)
            return true;
    return false;
}

static bool volume_zone_filter(const struct sched_call *call, const struct node_info *node,
                               struct rejection *rejection)
{
    const struct volume_zones *zones = call->compiled;
    const struct labels *labels = node->node->meta.labels;
    if (!has_zone(labels))
        return true;
    for (size_t i = 0; i < zones->count; i++)
        if (!fits_zones(zones->volumes[i], labels))
            return reject(rejection, UNRESOLVABLE, "node(s) had no available volume zone");
    return true;
}

/* --- hints ---------------------------------------------------------------------------------- */

/* A new class is of use if it lets claims wait for their pods. */
static bool class_waits(const void *args, const struct pod *pod, const struct object *before,
                        const struct object *after)
{
    (void)args;
    (void)pod;
    (void)before;
    return ((const struct storage_class *)after)->waits_for_consumer;
}

static bool claim_changed(const void *args, const struct pod *pod, const struct object *before,
                          const struct object *after)
{
    (void)args;
    (void)before;
    return claim_is_of_pod(after, pod, false);
}

static bool topology_changed(const void *args, const struct pod *pod, const struct object *before,
                             const struct object *after)
{
    (void)args;
    (void)pod;
    for (size_t i = 0; before != NULL && i < TOPOLOGY_LABELS; i++) {
        const char *old = zones_of(persistent_volume_of(before), topology_labels[i].key);
        const char *new = zones_of(persistent_volume_of(after), topology_labels[i].key);
        if (old == NULL && new == NULL)
            continue;
        if (old == NULL || new == NULL || !zones_within(old, new) || !zones_within(new, old))
            return true;
    }
    return before == NULL;
}

const struct sched_plugin volume_zone_plugin = {
    .name = "VolumeZone",
    .compile = volume_zone_compile,
    .discard = volume_zone_discard,
    .traits = claims_traits,
    .epoch = volume_zone_epoch,
    .events = { { KIND_STORAGECLASS, EVENT_ADD, class_waits },
                { KIND_NODE, EVENT_ADD | EVENT_UPDATE_NODE_LABEL, NULL },
                { KIND_NODE, EVENT_UPDATE_NODE_TAINT, NULL },
                { KIND_PERSISTENTVOLUMECLAIM, EVENT_ADD | EVENT_UPDATE, claim_changed },
                { KIND_PERSISTENTVOLUME, EVENT_ADD | EVENT_UPDATE, topology_changed } },
    .pre_filter = volume_zone_pre_filter,
    .filter = volume_zone_filter,
};
