/* VolumeRestrictions: a disk that cannot be mounted twice, and claims of a single pod.
 *
 * Disks of Kubernetes' own plugins exclude each other on one node, unless both pods only read.
 * A claim with the access mode ReadWriteOncePod excludes every other pod of the cluster; how
 * many such claims of the pod are in use is counted. Follows pkg/scheduler/framework/plugins/
 * volumerestrictions of the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/volumes/claims.h"
#include "models/scheduler/snapshot/listers.h"
#include "models/scheduler/plugins/plugins.h"

/* --- disks ----------------------------------------------------------------------------------- */

static bool plugin_is(const struct pod_volume *volume, const char *source)
{
    return volume->type == POD_VOLUME_DISK && strcmp(volume->plugin->source, source) == 0;
}

/* A volume that may exclude another. */
static bool is_exclusive(const struct pod_volume *volume)
{
    return volume->type == POD_VOLUME_ISCSI || volume->type == POD_VOLUME_RBD ||
           plugin_is(volume, "gcePersistentDisk") || plugin_is(volume, "awsElasticBlockStore");
}

static bool share_monitor(const struct pod_volume *a, const struct pod_volume *b)
{
    for (size_t i = 0; i < a->monitor_count; i++)
        for (size_t j = 0; j < b->monitor_count; j++)
            if (a->monitors[i] == b->monitors[j])
                return true;
    return false;
}

static bool volumes_conflict(const struct pod_volume *a, const struct pod_volume *b)
{
    if (a->type != b->type || a->plugin != b->plugin || a->id != b->id || !is_exclusive(a))
        return false;
    if (a->type == POD_VOLUME_RBD && (a->pool != b->pool || !share_monitor(a, b)))
        return false;
    return plugin_is(a, "awsElasticBlockStore") || !(a->read_only && b->read_only);
}

static bool specs_conflict(const struct pod_spec *a, const struct pod_spec *b)
{
    for (size_t i = 0; i < a->volume_count; i++)
        for (size_t j = 0; j < b->volume_count; j++)
            if (volumes_conflict(&a->volumes[i], &b->volumes[j]))
                return true;
    return false;
}

static bool node_conflicts(const struct pod_spec *spec, const struct node_info *node)
{
    for (size_t i = 0; i < node->population_count; i++)
        if (specs_conflict(spec, node->populations[i].population->spec))
            return true;
    return false;
}

/* --- claims of a single pod ------------------------------------------------------------------ */

struct restrictions {
    const struct text *why;      /* held: no node will do; NULL: some may */
    bool has_disks;              /* volumes that may exclude others */
    const struct text **singles; /* held: names of claims with ReadWriteOncePod */
    size_t single_count;
};

static bool is_single(const struct restrictions *restrictions, const struct text *claim)
{
    for (size_t i = 0; i < restrictions->single_count; i++)
        if (restrictions->singles[i] == claim)
            return true;
    return false;
}

static void add_claim(struct restrictions *restrictions, const struct sched_call *call,
                      const struct pod_volume *volume)
{
    const struct persistent_volume_claim *claim = volume_claim(call->snapshot, call->pod, volume);
    if (claim == NULL)
        restrictions->why = text_format(
            call->snapshot->texts, "persistentvolumeclaim \"%s\" not found", text_s(volume->id));
    else if ((claim->access_modes & READ_WRITE_ONCE_POD) != 0 &&
             !is_single(restrictions, volume->id))
        restrictions->singles[restrictions->single_count++] = text_hold(volume->id);
}

static void *volume_restrictions_compile(const struct sched_call *call)
{
    const struct pod_spec *spec = call->spec;
    if (spec->volume_count == 0)
        return NULL;
    struct restrictions *restrictions = mem_new(sizeof *restrictions);
    restrictions->singles = mem_new(spec->volume_count * sizeof *restrictions->singles);
    for (size_t i = 0; i < spec->volume_count; i++) {
        restrictions->has_disks |= is_exclusive(&spec->volumes[i]);
        if (spec->volumes[i].type == POD_VOLUME_CLAIM && restrictions->why == NULL)
            add_claim(restrictions, call, &spec->volumes[i]);
    }
    return restrictions;
}

static void volume_restrictions_discard(void *compiled)
{
    struct restrictions *restrictions = compiled;
    for (size_t i = 0; i < restrictions->single_count; i++)
        text_drop(restrictions->singles[i]);
    text_drop(restrictions->why);
    free(restrictions->singles);
    free(restrictions);
}

static uint64_t volume_restrictions_epoch(const struct sched_call *call)
{
    static const enum kind kinds[] = { KIND_PERSISTENTVOLUMECLAIM, KIND_COUNT };
    return claims_are_mounted(call->spec, false) ? lister_epoch(call->snapshot, kinds) : 0;
}

/* --- how many of them are in use -------------------------------------------------------------- */

struct single_uses {
    size_t *uses;     /* owned: by single, of all nodes */
    uint32_t *shares; /* owned: by slot, then single */
    size_t slots;
    int64_t in_use; /* singles that are, while nothing is tried */
    int64_t moved;  /* by what is tried: mounts that came less those that went */
};

static void *single_uses_new(const struct sched_call *call)
{
    const struct restrictions *restrictions = call->compiled;
    if (restrictions == NULL || restrictions->single_count == 0)
        return NULL;
    struct single_uses *uses = mem_new(sizeof *uses);
    uses->uses = mem_new(restrictions->single_count * sizeof *uses->uses);
    return uses;
}

static void single_uses_free(void *counts)
{
    struct single_uses *uses = counts;
    free(uses->uses);
    free(uses->shares);
    free(uses);
}

static uint32_t mounts_of(const struct pod_spec *spec, const struct text *claim)
{
    uint32_t mounts = 0;
    for (size_t i = 0; i < spec->volume_count; i++)
        mounts += spec->volumes[i].type == POD_VOLUME_CLAIM && spec->volumes[i].id == claim;
    return mounts;
}

static uint32_t uses_on(const struct node_info *node, const struct text *space,
                        const struct text *claim)
{
    uint32_t uses = 0;
    for (size_t i = 0; node->node != NULL && i < node->population_count; i++) {
        const struct node_population *share = &node->populations[i];
        if (share->population->space == space)
            uses += share->pods * mounts_of(share->population->spec, claim);
    }
    return uses;
}

static void make_room(struct single_uses *uses, size_t singles, size_t slot)
{
    if (slot < uses->slots)
        return;
    const size_t slots = slot * 2 + 64;
    uses->shares = mem_resize(uses->shares, slots * singles * sizeof *uses->shares);
    memset(uses->shares + uses->slots * singles, 0,
           (slots - uses->slots) * singles * sizeof *uses->shares);
    uses->slots = slots;
}

/* What is in use anywhere is common to all nodes: no other node's group changes. */
static void count_singles(const struct sched_call *call, const struct node_info *node,
                          struct slot_list *others)
{
    const struct restrictions *restrictions = call->compiled;
    struct single_uses *uses = call->counts;
    (void)others;
    make_room(uses, restrictions->single_count, node->slot);
    uint32_t *shares = uses->shares + node->slot * restrictions->single_count;
    uses->in_use = 0;
    for (size_t i = 0; i < restrictions->single_count; i++) {
        const uint32_t now = uses_on(node, call->pod->meta.object.space, restrictions->singles[i]);
        uses->uses[i] += now;
        uses->uses[i] -= shares[i];
        shares[i] = now;
        uses->in_use += uses->uses[i] > 0;
    }
}

/* Like the real one, this does not look at the namespace of a pod that might go. */
static void move_pod(const struct sched_call *call, const struct node_info *node,
                     const struct pod *pod, int sign)
{
    const struct restrictions *restrictions = call->compiled;
    struct single_uses *uses = call->counts;
    (void)node;
    for (size_t i = 0; uses != NULL && i < restrictions->single_count; i++)
        uses->moved += (int64_t)sign * mounts_of(pod->spec, restrictions->singles[i]);
}

static size_t group_node(const struct sched_call *call, const struct node_info *node,
                         uint32_t *words)
{
    const struct restrictions *restrictions = call->compiled;
    words[0] = restrictions->has_disks && node_conflicts(call->spec, node);
    return 1;
}

/* --- filters ----------------------------------------------------------------------------------- */

static enum pre_filter volume_restrictions_pre_filter(const struct sched_call *call,
                                                      struct narrowed *narrowed,
                                                      struct rejection *rejection)
{
    const struct restrictions *restrictions = call->compiled;
    const struct single_uses *uses = call->counts;
    (void)narrowed;
    if (restrictions != NULL && restrictions->why != NULL) {
        reject_about(rejection, UNRESOLVABLE, "", restrictions->why);
        return PRE_FILTER_REJECTED;
    }
    if (restrictions == NULL || (!restrictions->has_disks && (uses == NULL || uses->in_use == 0)))
        return PRE_FILTER_SKIP;
    return PRE_FILTER_GO;
}

static bool volume_restrictions_filter(const struct sched_call *call, const struct node_info *node,
                                       struct rejection *rejection)
{
    const struct restrictions *restrictions = call->compiled;
    const struct single_uses *uses = call->counts;
    if (restrictions->has_disks && node_conflicts(call->spec, node))
        return reject(rejection, UNSCHEDULABLE, "node(s) had no available disk");
    if (uses != NULL && uses->in_use + uses->moved > 0)
        return reject(rejection, UNSCHEDULABLE,
                      "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod "
                      "access mode already in-use by another pod");
    return true;
}

/* --- hints -------------------------------------------------------------------------------------- */

static bool claim_added(const void *args, const struct pod *pod, const struct object *before,
                        const struct object *after)
{
    (void)args;
    (void)before;
    return claim_is_of_pod(after, pod, false);
}

static bool shares_claim(const struct pod_spec *a, const struct pod_spec *b)
{
    for (size_t i = 0; i < a->volume_count; i++)
        if (a->volumes[i].type == POD_VOLUME_CLAIM && mounts_of(b, a->volumes[i].id) > 0)
            return true;
    return false;
}

/* A pod with a volume in common is gone. */
static bool volume_freed(const void *args, const struct pod *pod, const struct object *before,
                         const struct object *after)
{
    (void)args;
    (void)after;
    const struct pod *gone = pod_of(before);
    if (!pod_held_room(gone))
        return false;
    return gone->meta.object.space == pod->meta.object.space &&
           (specs_conflict(pod->spec, gone->spec) || shares_claim(pod->spec, gone->spec));
}

const struct sched_plugin volume_restrictions_plugin = {
    .name = "VolumeRestrictions",
    .compile = volume_restrictions_compile,
    .discard = volume_restrictions_discard,
    .traits = claims_traits,
    .epoch = volume_restrictions_epoch,
    .count_new = single_uses_new,
    .count_free = single_uses_free,
    .count_node = count_singles,
    .group = group_node,
    .pod_moved = move_pod,
    .events = { { KIND_POD, EVENT_DELETE, volume_freed },
                { KIND_NODE, EVENT_ADD, NULL },
                { KIND_NODE, EVENT_UPDATE_NODE_TAINT, NULL },
                { KIND_PERSISTENTVOLUMECLAIM, EVENT_ADD, claim_added } },
    .pre_filter = volume_restrictions_pre_filter,
    .filter = volume_restrictions_filter,
};
