/* NodeVolumeLimits: no more volumes of a CSI driver on a node than its CSINode allows.
 *
 * A volume counts once however many pods mount it; one that is attached without a pod counts,
 * too. A claim that has no volume yet counts for the driver of its class. Volumes of plugins
 * that have moved to a driver count as the driver's where there is a CSINode. Follows
 * pkg/scheduler/framework/plugins/nodevolumelimits/csi.go of the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/volumes/claims.h"
#include "models/scheduler/snapshot/listers.h"
#include "models/scheduler/plugins/plugins.h"

/* --- sets of volumes --------------------------------------------------------------------------- */

/* What tells volumes apart: driver and handle, or, while there is no volume, driver and claim.
 * All borrowed. */
struct attachable {
    const struct text *driver, *handle;
    const struct text *space, *claim;
};

struct attachables {
    struct attachable *items; /* owned */
    size_t count, capacity;
};

static bool attachable_equal(const struct attachable *a, const struct attachable *b)
{
    return a->driver == b->driver && a->handle == b->handle && a->space == b->space &&
           a->claim == b->claim;
}

static bool has(const struct attachables *set, const struct attachable *one)
{
    for (size_t i = 0; i < set->count; i++)
        if (attachable_equal(&set->items[i], one))
            return true;
    return false;
}

static void add(struct attachables *set, struct attachable one)
{
    if (one.driver == NULL || has(set, &one))
        return;
    MEM_GROW(set->items, set->count, set->capacity);
    set->items[set->count++] = one;
}

/* --- what a volume is to a driver ------------------------------------------------------------- */

/* The driver of a class that will provision the volume. */
static struct attachable of_class(const struct snapshot *snapshot,
                                  const struct persistent_volume_claim *claim, bool has_csi_node)
{
    const struct storage_class *class = (const struct storage_class *)lister_get(
        snapshot, KIND_STORAGECLASS, NULL, claim->class_name);
    if (class == NULL || class->provisioner == NULL)
        return (struct attachable){ 0 };
    const struct migrated_plugin *plugin = migrated_plugin_named(class->provisioner->s);
    if (plugin != NULL && !(plugin->counts && has_csi_node))
        return (struct attachable){ 0 };
    return (struct attachable){
        .driver = plugin == NULL ? class->provisioner : text_find(snapshot->texts, plugin->driver),
        .space = claim->meta.object.space,
        .claim = claim->meta.object.name,
    };
}

static struct attachable of_claim(const struct snapshot *snapshot,
                                  const struct persistent_volume_claim *claim, bool has_csi_node)
{
    const struct persistent_volume *volume =
        persistent_volume_of(lister_get(snapshot, KIND_PERSISTENTVOLUME, NULL, claim->volume_name));
    if (volume == NULL)
        return of_class(snapshot, claim, has_csi_node);
    if (volume->csi.handle == NULL || (volume->csi.in_tree != NULL && !has_csi_node))
        return (struct attachable){ 0 };
    return (struct attachable){ .driver = volume->csi.driver, .handle = volume->csi.handle };
}

/* A driver that nobody names has no limit: what is not found need not be counted. */
static struct attachable of_volume(const struct snapshot *snapshot, const struct pod *pod,
                                   const struct pod_volume *volume, bool has_csi_node)
{
    if (volume_has_claim(volume)) {
        const struct persistent_volume_claim *claim = volume_claim(snapshot, pod, volume);
        if (claim == NULL ||
            (volume->type == POD_VOLUME_EPHEMERAL && !claim_is_made_for(claim, pod)))
            return (struct attachable){ 0 };
        return of_claim(snapshot, claim, has_csi_node);
    }
    if (volume->type != POD_VOLUME_DISK || !volume->plugin->counts || !has_csi_node)
        return (struct attachable){ 0 };
    return (struct attachable){ .driver = text_find(snapshot->texts, volume->plugin->driver),
                                .handle = volume->handle };
}

static void add_pod(struct attachables *set, const struct snapshot *snapshot, const struct pod *pod,
                    bool has_csi_node)
{
    for (size_t i = 0; i < pod->spec->volume_count; i++)
        add(set, of_volume(snapshot, pod, &pod->spec->volumes[i], has_csi_node));
}

/* --- the class ---------------------------------------------------------------------------------- */

struct attached {
    const struct text *node;
    struct attachable volume;
};

struct volume_limits {
    const struct text *why;           /* held: a claim is missing; NULL: none is */
    struct attachables with, without; /* of the pod, on nodes with and without a CSINode */
    struct attached *attached;        /* owned: VolumeAttachments, sorted by node */
    size_t attached_count, attached_capacity;
};

static bool is_counted(const struct pod_volume *volume)
{
    return volume_has_claim(volume) || volume->type == POD_VOLUME_DISK;
}

static bool has_counted(const struct pod_spec *spec)
{
    for (size_t i = 0; i < spec->volume_count; i++)
        if (is_counted(&spec->volumes[i]))
            return true;
    return false;
}

static int by_node(const void *a, const void *b)
{
    return strcmp(((const struct attached *)a)->node->s, ((const struct attached *)b)->node->s);
}

static void list_attached(struct volume_limits *limits, const struct snapshot *snapshot)
{
    for (struct cache_cursor c = lister_all(snapshot, KIND_VOLUMEATTACHMENT); lister_next(&c);) {
        const struct volume_attachment *attachment = (const struct volume_attachment *)c.object;
        const struct persistent_volume *volume = persistent_volume_of(
            lister_get(snapshot, KIND_PERSISTENTVOLUME, NULL, attachment->volume_name));
        if (volume == NULL || volume->csi.driver == NULL || volume->csi.in_tree != NULL ||
            attachment->node_name == NULL)
            continue;
        MEM_GROW(limits->attached, limits->attached_count, limits->attached_capacity);
        limits->attached[limits->attached_count++] = (struct attached){
            attachment->node_name,
            { .driver = attachment->attacher, .handle = volume->csi.handle },
        };
    }
    if (limits->attached_count > 0)
        qsort(limits->attached, limits->attached_count, sizeof *limits->attached, by_node);
}

static const struct text *why_missing(const struct sched_call *call)
{
    for (size_t i = 0; i < call->spec->volume_count; i++) {
        const struct pod_volume *volume = &call->spec->volumes[i];
        if (!volume_has_claim(volume) || volume_claim(call->snapshot, call->pod, volume) != NULL)
            continue;
        char *name = volume_claim_name(call->pod, volume);
        const struct text *why = text_format(
            call->snapshot->texts, "looking up PVC %s/%s: persistentvolumeclaim \"%s\" not found",
            namespace_of(call->pod), name, name);
        free(name);
        return why;
    }
    return NULL;
}

static void *volume_limits_compile(const struct sched_call *call)
{
    if (!has_counted(call->spec))
        return NULL;
    struct volume_limits *limits = mem_new(sizeof *limits);
    limits->why = why_missing(call);
    add_pod(&limits->with, call->snapshot, call->pod, true);
    add_pod(&limits->without, call->snapshot, call->pod, false);
    list_attached(limits, call->snapshot);
    return limits;
}

static void volume_limits_discard(void *compiled)
{
    struct volume_limits *limits = compiled;
    text_drop(limits->why);
    free(limits->with.items);
    free(limits->without.items);
    free(limits->attached);
    free(limits);
}

/* What is borrowed above lives until one of these changes. */
static uint64_t volume_limits_epoch(const struct sched_call *call)
{
    static const enum kind kinds[] = { KIND_PERSISTENTVOLUMECLAIM, KIND_PERSISTENTVOLUME,
                                       KIND_STORAGECLASS,          KIND_CSINODE,
                                       KIND_VOLUMEATTACHMENT,      KIND_COUNT };
    return has_counted(call->spec) ? lister_epoch(call->snapshot, kinds) : 0;
}

/* --- filters ------------------------------------------------------------------------------------ */

static enum pre_filter volume_limits_pre_filter(const struct sched_call *call,
                                                struct narrowed *narrowed,
                                                struct rejection *rejection)
{
    (void)narrowed;
    (void)rejection;
    return call->compiled == NULL ? PRE_FILTER_SKIP : PRE_FILTER_GO;
}

static void add_attached(struct attachables *set, const struct volume_limits *limits,
                         const struct text *node)
{
    size_t low = 0, high = limits->attached_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(limits->attached[middle].node->s, node->s) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < limits->attached_count && limits->attached[low].node == node; low++)
        add(set, limits->attached[low].volume);
}

static int64_t limit_of(const struct csi_node *node, const struct text *driver)
{
    for (uint32_t i = 0; node->drivers != NULL && i < node->drivers->count; i++)
        if (node->drivers->items[i].name == driver)
            return node->drivers->items[i].limit;
    return -1;
}

static bool any_limit(const struct csi_node *node, const struct attachables *wanted)
{
    for (size_t i = 0; node != NULL && i < wanted->count; i++)
        if (limit_of(node, wanted->items[i].driver) >= 0)
            return true;
    return false;
}

/* Volumes of one driver: those that are there, and those of the pod that are not. */
static int64_t count_with_pod(const struct attachables *there, const struct attachables *wanted,
                              const struct text *driver)
{
    int64_t count = 0;
    for (size_t i = 0; i < there->count; i++)
        count += there->items[i].driver == driver;
    for (size_t i = 0; i < wanted->count; i++)
        count += wanted->items[i].driver == driver && !has(there, &wanted->items[i]);
    return count;
}

static bool brings_any(const struct attachables *there, const struct attachables *wanted,
                       const struct text *driver)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (wanted->items[i].driver == driver && !has(there, &wanted->items[i]))
            return true;
    return false;
}

static bool exceeds(const struct csi_node *node, const struct attachables *there,
                    const struct attachables *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const struct text *driver = wanted->items[i].driver;
        const int64_t limit = limit_of(node, driver);
        if (limit >= 0 && brings_any(there, wanted, driver) &&
            count_with_pod(there, wanted, driver) > limit)
            return true;
    }
    return false;
}

static bool volume_limits_filter(const struct sched_call *call, const struct node_info *node,
                                 struct rejection *rejection)
{
    const struct volume_limits *limits = call->compiled;
    const struct csi_node *csi_node =
        (const struct csi_node *)lister_get(call->snapshot, KIND_CSINODE, NULL, node->name);
    const struct attachables *wanted = csi_node != NULL ? &limits->with : &limits->without;
    if (limits->why != NULL)
        return reject_about(rejection, UNRESOLVABLE, "", limits->why);
    if (!any_limit(csi_node, wanted))
        return true;
    struct attachables there = { 0 };
    for (const struct placed_pod *placed = node->first; placed != NULL; placed = placed->next)
        add_pod(&there, call->snapshot, placed->pod, true);
    add_attached(&there, limits, node->name);
    const bool full = exceeds(csi_node, &there, wanted);
    free(there.items);
    return full ? reject(rejection, UNSCHEDULABLE, "node(s) exceed max volume count") : true;
}

/* --- hints --------------------------------------------------------------------------------------- */

static bool limit_raised(const void *args, const struct pod *pod, const struct object *before,
                         const struct object *after)
{
    const struct csi_node *old = (const struct csi_node *)before;
    const struct csi_node *new = (const struct csi_node *)after;
    (void)args;
    (void)pod;
    for (uint32_t i = 0; new->drivers != NULL &&i < new->drivers->count; i++) {
        const struct csi_node_driver *driver = &new->drivers->items[i];
        const int64_t limit = limit_of(old, driver->name); /* none counts as 0 here */
        if (driver->limit > (limit > 0 ? limit : 0))
            return true;
    }
    return false;
}

static bool volumes_detached(const void *args, const struct pod *pod, const struct object *before,
                             const struct object *after)
{
    (void)args;
    (void)pod;
    (void)after;
    const struct pod *gone = pod_of(before);
    if (!pod_held_room(gone))
        return false;
    return has_counted(gone->spec);
}

static bool claim_added(const void *args, const struct pod *pod, const struct object *before,
                        const struct object *after)
{
    (void)args;
    (void)before;
    return claim_is_of_pod(after, pod, true);
}

/* Any of the pod's claims may be the attachment's; of inline disks only those of its driver. */
static bool attachment_gone(const void *args, const struct pod *pod, const struct object *before,
                            const struct object *after)
{
    const struct volume_attachment *gone = (const struct volume_attachment *)before;
    (void)args;
    (void)after;
    for (size_t i = 0; i < pod->spec->volume_count; i++) {
        const struct pod_volume *volume = &pod->spec->volumes[i];
        if (volume->type == POD_VOLUME_CLAIM ||
            (volume->type == POD_VOLUME_DISK &&
             strcmp(volume->plugin->driver, text_s(gone->attacher)) == 0))
            return true;
    }
    return false;
}

const struct sched_plugin node_volume_limits_plugin = {
    .name = "NodeVolumeLimits",
    .compile = volume_limits_compile,
    .discard = volume_limits_discard,
    .traits = claims_traits,
    .epoch = volume_limits_epoch,
    .events = { { KIND_CSINODE, EVENT_ADD, NULL },
                { KIND_CSINODE, EVENT_UPDATE, limit_raised },
                { KIND_POD, EVENT_DELETE, volumes_detached },
                { KIND_PERSISTENTVOLUMECLAIM, EVENT_ADD, claim_added },
                { KIND_VOLUMEATTACHMENT, EVENT_DELETE, attachment_gone } },
    .pre_filter = volume_limits_pre_filter,
    .filter = volume_limits_filter,
};
