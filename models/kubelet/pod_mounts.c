/* The volumes of pods on their node: waited for, mounted, and unmounted again.
 *
 * Follows pkg/kubelet/volumemanager (volume_manager.go, reconciler) and
 * pkg/volume/util/operationexecutor of the release named in docs/fidelity.md. Only volumes of claims take
 * time, and of these only those of CSI drivers.
 *
 * A volume that has to be attached is first named in the node's volumesInUse, at the kubelet's next
 * status update; then the kubelet looks for it in volumesAttached, at once and, as long as it is not
 * there, after 0.5 s, 1 s, ... 122 s more; then it is mounted. The pod notices at its next look, every
 * 300 ms for 123 s, and after a pause of 10 to 15 s again. None of these looks is an event: the one that
 * finds something is computed. */
#include <stdlib.h>

#include "models/cluster/claim_binding.h"
#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"

#define LOOP            (100 * SIM_MILLISECOND) /* reconcilerLoopSleepPeriod */
#define POLL            (300 * SIM_MILLISECOND) /* podAttachAndMountRetryInterval */
#define LONGEST_WAIT    (123 * SIM_SECOND)      /* podAttachAndMountTimeout */
#define PAUSE           (10 * SIM_SECOND)       /* backOffPeriod of the pod workers */
#define FIRST_BACK_OFF  (500 * SIM_MILLISECOND)
#define LONGEST_BACKOFF (122 * SIM_SECOND)

/* --- times --------------------------------------------------------------------------------- */

/* The volume manager's first look at or after `at`. */
static sim_time look_from(sim_time at)
{
    return (at + LOOP - 1) / LOOP * LOOP;
}

/* Of the looks of an operation that fails again and again since `first`, the first one not before
 * `at`: each is at the first loop after more than the back-off has passed. */
static sim_time try_from(sim_time first, sim_time at)
{
    sim_time wait = FIRST_BACK_OFF, next = first;
    while (next < at) {
        if (wait == LONGEST_BACKOFF) {
            const sim_time step = look_from(wait + 1);
            return next + (at - next + step - 1) / step * step;
        }
        next += look_from(wait + 1);
        wait = 2 * wait < LONGEST_BACKOFF ? 2 * wait : LONGEST_BACKOFF;
    }
    return next;
}

/* 10 to 15 s: the pause before the pod is looked at again, for the `number`-th time. */
static sim_time pause_of(const struct pod_worker *worker, const char *purpose, uint64_t number)
{
    struct stream luck = pod_stream(worker, purpose, 0, number);
    return (sim_time)((double)PAUSE * (1 + stream_uniform(&luck) / 2));
}

/* The pod's first look at or after `at`; its looks began when it was accepted. */
static sim_time poll_from(const struct pod_worker *worker, sim_time at)
{
    sim_time from = worker->mounts->began;
    for (uint64_t i = 0; at > from + LONGEST_WAIT; i++)
        from += LONGEST_WAIT + pause_of(worker, "mount-retry", i);
    return at <= from ? from : from + (at - from + POLL - 1) / POLL * POLL;
}

static sim_time sample(const struct pod_worker *worker, const char *purpose, size_t volume,
                       const struct distribution *distribution)
{
    struct stream stream = { .counter = 0 };
    if (!distribution_is_constant(distribution)) /* which does not ask its stream */
        stream = pod_stream(worker, purpose, volume, 0);
    return distribution_sample_time(distribution, &stream);
}

/* --- beginning ----------------------------------------------------------------------------- */

static bool has_claim(const struct pod_volume *volume)
{
    return volume->type == POD_VOLUME_CLAIM || volume->type == POD_VOLUME_EPHEMERAL;
}

static size_t count_claims(const struct pod_spec *spec)
{
    size_t count = 0;
    for (size_t i = 0; i < spec->volume_count; i++)
        count += has_claim(&spec->volumes[i]);
    return count;
}

/* The volume behind one of the pod's claims; NULL with the reason, which the caller frees. */
static const struct persistent_volume *find_volume(const struct pod_worker *worker,
                                                   const struct pod_volume *mounted, char **why)
{
    const struct client *client = &worker->node->client;
    const struct pod *pod = worker->pod;
    const struct persistent_volume_claim *claim =
        claim_of_pod_volume(client->cache, worker_run(worker)->texts, pod, mounted);
    const char *name = text_s(mounted->type == POD_VOLUME_CLAIM ? mounted->id : mounted->name);
    const struct object *volume =
        claim != NULL && claim_is_bound(claim)
            ? client_get(client, KIND_PERSISTENTVOLUME, NULL, claim->volume_name)
            : NULL;
    if (volume != NULL && !claim->meta.deleting)
        return persistent_volume_of(volume);
    if (claim == NULL)
        *why = mem_format("failed to fetch PVC from API server: persistentvolumeclaims \"%s\" not "
                          "found",
                          name);
    else if (claim->meta.deleting)
        *why = mem_format("can't start pod because PVC %s/%s is being deleted", namespace_of(pod),
                          name);
    else
        *why = mem_format("PVC is not bound");
    return NULL;
}

/* WaitForAttachAndMount gives up at once where a claim cannot be used, and is called again. */
static void complain(const struct pod_worker *worker, const struct pod_volume *mounted,
                     const char *why)
{
    const char *volume = text_s(mounted->name);
    const char *claim = text_s(mounted->type == POD_VOLUME_CLAIM ? mounted->id : mounted->name);
    WORKER_EVENT(
        worker, true, "FailedMount",
        "Unable to attach or mount volumes: unmounted volumes=[%s], unattached volumes=[], "
        "failed to process volumes=[%s]: error processing PVC %s/%s: %s",
        volume, volume, namespace_of(worker->pod), claim, why);
}

static void add_mount(struct pod_worker *worker, const struct persistent_volume *volume,
                      sim_time now)
{
    struct pod_mounts *mounts = worker->mounts;
    struct pod_mount *mount = &mounts->items[mounts->count];
    const struct cache *cache = worker->node->client.cache;
    if (volume->csi.driver == NULL)
        return;
    mount->name = text_hold(volume->meta.object.name);
    mount->of_one_pod = volume->access_modes == READ_WRITE_ONCE_POD;
    mount->volume = node_volume_take(worker->node, volume, volume_is_attached(cache, volume), now);
    mount->first_try = look_from(now);
    mount->state =
        mount->volume->attached && !mount->volume->reported ? MOUNT_UNREPORTED : MOUNT_UNATTACHED;
    mounts->count++;
}

static void begin(struct pod_worker *worker, sim_time now)
{
    const struct pod_spec *spec = worker->pod->spec;
    struct pod_mounts *mounts = worker->mounts;
    char *why = NULL;
    mounts->began = now;
    mounts->retry = SIM_FOREVER;
    for (size_t i = 0; i < spec->volume_count && why == NULL; i++)
        if (has_claim(&spec->volumes[i]) && find_volume(worker, &spec->volumes[i], &why) == NULL)
            complain(worker, &spec->volumes[i], why);
    if (why != NULL)
        mounts->retry = now + pause_of(worker, "claim-retry", mounts->retries++);
    for (size_t i = 0; i < spec->volume_count && why == NULL; i++)
        if (has_claim(&spec->volumes[i]))
            add_mount(worker, find_volume(worker, &spec->volumes[i], &why), now);
    free(why);
}

bool pod_mounts_begin(struct pod_worker *worker, sim_time now)
{
    const size_t count = count_claims(worker->pod->spec);
    if (count == 0)
        return false;
    worker->mounts = mem_new(sizeof *worker->mounts + count * sizeof worker->mounts->items[0]);
    worker->mounts->retry = now;
    return true;
}

/* --- going on ------------------------------------------------------------------------------- */

/* Is the volume another pod's on this node, which nobody else may use then? */
static bool is_taken(const struct pod_worker *worker, const struct pod_mount *mount, sim_time now)
{
    for (const struct pod_worker *other = worker->node->first; other != NULL; other = other->next)
        for (size_t i = 0; other != worker && other->mounts != NULL && i < other->mounts->count;
             i++)
            if (other->mounts->items[i].volume == mount->volume &&
                other->mounts->items[i].state >= MOUNT_UNDERWAY)
                return true;
    return mount->volume->free_at > now;
}

static bool is_attached(const struct pod_worker *worker, const struct pod_mount *mount)
{
    const struct object *node =
        client_get(&worker->node->client, KIND_NODE, NULL, worker->node->name);
    return !mount->volume->attached ||
           (node != NULL &&
            node_volumes_have(node_of(node)->volumes_attached, mount->volume->name));
}

/* Its volume is attached: mount it, at one of the looks. */
static void try_mount(struct pod_worker *worker, size_t i, sim_time now)
{
    struct pod_mount *mount = &worker->mounts->items[i];
    mount->due = try_from(mount->first_try, now);
    if (mount->due > now)
        return;
    if (mount->of_one_pod && is_taken(worker, mount, now)) {
        if (!mount->told)
            WORKER_EVENT(worker, true, "FailedMount",
                         "MountVolume.SetUp failed for volume \"%s\" : volume uses the "
                         "ReadWriteOncePod access mode and is already in use by another pod",
                         text_s(mount->name));
        mount->told = true;
        mount->due = try_from(mount->first_try, now + 1);
        return;
    }
    mount->state = MOUNT_UNDERWAY;
    mount->due = now + sample(worker, "volume-mount", i, worker_settings(worker)->volume_mount);
}

static void mount_advance(struct pod_worker *worker, size_t i, sim_time now)
{
    struct pod_mount *mount = &worker->mounts->items[i];
    if (mount->state == MOUNT_UNREPORTED && mount->volume->reported) {
        mount->state = MOUNT_UNATTACHED;
        mount->first_try = look_from(now);
    }
    if (mount->state == MOUNT_UNATTACHED) {
        mount->due = SIM_FOREVER;
        if (is_attached(worker, mount))
            try_mount(worker, i, now);
    }
    if (mount->state == MOUNT_UNDERWAY && mount->due <= now)
        mount->state = MOUNT_DONE;
}

/* When the pod is to be looked at next; `now` when all is mounted and the pod has seen that. */
sim_time pod_mounts_advance(struct pod_worker *worker, sim_time now)
{
    struct pod_mounts *mounts = worker->mounts;
    sim_time next = SIM_FOREVER, last = now;
    bool done = true;
    if (mounts->retry <= now)
        begin(worker, now);
    if (mounts->retry != SIM_FOREVER)
        return mounts->retry;
    for (size_t i = 0; i < mounts->count; i++) {
        const struct pod_mount *mount = &mounts->items[i];
        mount_advance(worker, i, now);
        done = done && mount->state == MOUNT_DONE;
        if (mount->state == MOUNT_DONE)
            last = mount->due > last ? mount->due : last;
        else if (mount->state != MOUNT_UNREPORTED)
            next = mount->due < next ? mount->due : next;
    }
    return done ? poll_from(worker, last) : next;
}

/* --- the end --------------------------------------------------------------------------------- */

void pod_mounts_end(struct pod_worker *worker, sim_time now)
{
    struct pod_mounts *mounts = worker->mounts;
    if (mounts == NULL)
        return;
    sim_time gone = now;
    for (size_t i = 0; i < mounts->count; i++) {
        struct pod_mount *mount = &mounts->items[i];
        const sim_time lasts =
            sample(worker, "volume-unmount", i, worker_settings(worker)->volume_unmount);
        const sim_time free_at = mount->state >= MOUNT_UNDERWAY ? look_from(now) + lasts : now;
        gone = free_at > gone ? free_at : gone;
        node_volume_give(worker->node, mount->volume, free_at, now);
        text_drop(mount->name);
    }
    mounts->count = 0;
    mounts->gone = now + (gone - now + POLL - 1) / POLL * POLL;
}

void pod_mounts_free(struct pod_worker *worker)
{
    struct pod_mounts *mounts = worker->mounts;
    for (size_t i = 0; mounts != NULL && i < mounts->count; i++)
        text_drop(mounts->items[i].name);
    free(mounts);
    worker->mounts = NULL;
}
