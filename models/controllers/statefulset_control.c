/* What a StatefulSet does next: makes the pods that are missing, deletes those that are too many,
 * and replaces those of an old revision, one after the other or side by side.
 *
 * Follows updateStatefulSet of pkg/controller/statefulset/stateful_set_control.go of the release
 * named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/cluster.h"
#include "models/controllers/statefulset_private.h"
#include "sim/base/memory.h"

enum { MAX_BATCH = 500 };

/* What became of one pod of the walk. */
enum step {
    STEP_DONE, /* go on with the next one */
    STEP_WAIT, /* under OrderedReady nothing more can be done before this one is as it should be */
    STEP_FAIL
};

/* ---- what a pod is like ---- */

static bool is_running_and_ready(const struct pod *pod)
{
    return pod->phase == POD_RUNNING && pod_is_ready(pod);
}

static bool is_available(const struct stateful_sync *sync, const struct pod *pod)
{
    return pod_is_available(pod, sync->set->min_ready_seconds, sync->client->now);
}

static bool is_unavailable(const struct stateful_sync *sync, const struct pod *pod)
{
    return pod == NULL || pod->meta.deleting || !is_available(sync, pod);
}

static bool is_of(const struct pod *pod, const struct stateful_revision *revision)
{
    return strcmp(stateful_pod_revision(pod), text_s(revision->name)) == 0;
}

/* ---- the pods by ordinal ---- */

/* Ordinals below the partition keep their revision; without one, as many as still have it. */
static const struct stateful_revision *revision_for(const struct stateful_sync *sync,
                                                    int64_t ordinal)
{
    const struct statefulset *set = sync->set;
    const int32_t kept = set->has_rolling_update ? set->partition
                         : set->on_delete        ? 0
                                                 : set->current;
    return ordinal < (int64_t)set->start + kept ? &sync->current : &sync->update;
}

static int by_falling_ordinal(const void *a, const void *b)
{
    const int64_t left = ((const struct stateful_replica *)a)->ordinal;
    const int64_t right = ((const struct stateful_replica *)b)->ordinal;
    return (left < right) - (left > right);
}

static void take_pod(struct stateful_sync *sync, const struct pod *pod)
{
    const int64_t ordinal = statefulset_ordinal(sync->set, name_of(pod));
    const int64_t index = ordinal - sync->set->start;
    if (ordinal < 0)
        return;
    if (index >= 0 && index < (int64_t)sync->replica_count)
        sync->replicas[index].pod = pod;
    else
        sync->condemned[sync->condemned_count++] =
            (struct stateful_replica){ .ordinal = ordinal, .pod = pod };
}

static void sort_out(struct stateful_sync *sync)
{
    sync->replica_count = (size_t)sync->set->replicas;
    sync->replicas = mem_new((sync->replica_count + 1) * sizeof *sync->replicas);
    sync->condemned = mem_new((sync->pods.count + 1) * sizeof *sync->condemned);
    for (size_t i = 0; i < sync->pods.count; i++)
        take_pod(sync, sync->pods.items[i]);
    for (size_t i = 0; i < sync->replica_count; i++) {
        sync->replicas[i].ordinal = (int64_t)sync->set->start + (int64_t)i;
        sync->replicas[i].revision = revision_for(sync, sync->replicas[i].ordinal);
    }
    if (sync->condemned_count > 1)
        qsort(sync->condemned, sync->condemned_count, sizeof *sync->condemned, by_falling_ordinal);
}

/* Of the wanted ones the lowest, then of the others; NULL when it is yet to be made, and when all
 * are available. */
static const struct pod *first_unavailable(const struct stateful_sync *sync)
{
    for (size_t i = 0; i < sync->replica_count; i++)
        if (is_unavailable(sync, sync->replicas[i].pod))
            return sync->replicas[i].pod;
    for (size_t i = sync->condemned_count; i > 0; i--)
        if (is_unavailable(sync, sync->condemned[i - 1].pod))
            return sync->condemned[i - 1].pod;
    return NULL;
}

/* ---- status ---- */

static void count_pod(const struct stateful_sync *sync, const struct pod *pod,
                      struct statefulset *status)
{
    status->status_replicas++;
    status->ready += is_running_and_ready(pod);
    status->available += is_running_and_ready(pod) && is_available(sync, pod);
    if (pod->meta.deleting)
        return;
    status->current += is_of(pod, &sync->current);
    status->updated += is_of(pod, &sync->update);
}

/* Pods that are made now are counted when they have been seen. */
static void count_pods(const struct stateful_sync *sync, struct statefulset *status)
{
    status->status_replicas = status->ready = status->available = 0;
    status->current = status->updated = 0;
    for (size_t i = 0; i < sync->pods.count; i++)
        if (statefulset_ordinal(sync->set, name_of(sync->pods.items[i])) >= 0)
            count_pod(sync, sync->pods.items[i], status);
    status->observed_generation = sync->set->meta.generation;
    status->collision_count = sync->collision_count;
    text_assign(&status->current_revision, text_hold(sync->current.name));
    text_assign(&status->update_revision, text_hold(sync->update.name));
}

/* ---- one pod ---- */

static enum step create_replica(struct stateful_sync *sync, const struct stateful_replica *replica)
{
    if (stateful_claims_are_stale(sync, replica->ordinal))
        return STEP_WAIT; /* its claim goes with the pod before it */
    if (!stateful_pod_create(sync, replica))
        return STEP_FAIL;
    return sync->set->parallel ? STEP_DONE : STEP_WAIT;
}

/* A pod that has ended is replaced, however it ended: once it is gone. */
static enum step remove_ended(struct stateful_sync *sync, const struct pod *pod)
{
    if (!pod->meta.deleting && !stateful_pod_delete(sync, pod))
        return STEP_FAIL;
    return STEP_WAIT;
}

static bool create_missing_claims(struct stateful_sync *sync,
                                  const struct stateful_replica *replica)
{
    struct error error = { 0 };
    const bool done = stateful_claims_create(sync, replica->ordinal, &error) &&
                      stateful_claims_update(sync, replica->ordinal, replica->pod, &error);
    error_close(&error);
    return done;
}

/* Under OrderedReady each pod waits for all before it. */
static enum step tend_replica(struct stateful_sync *sync, const struct stateful_replica *replica)
{
    const struct pod *pod = replica->pod;
    if (pod == NULL)
        return create_replica(sync, replica);
    if (pod_is_terminal(pod))
        return remove_ended(sync, pod);
    if (pod->phase == POD_PENDING && !create_missing_claims(sync, replica))
        return STEP_FAIL;
    if (!sync->set->parallel &&
        (pod->meta.deleting || !is_running_and_ready(pod) || !is_available(sync, pod)))
        return STEP_WAIT;
    if (stateful_pod_identity_matches(pod) && stateful_claims_match(sync, replica->ordinal, pod))
        return STEP_DONE;
    return stateful_pod_update(sync, replica) ? STEP_DONE : STEP_FAIL;
}

static enum step fix_claims(struct stateful_sync *sync, const struct stateful_replica *condemned)
{
    struct error error = { 0 };
    const bool done = stateful_claims_match(sync, condemned->ordinal, condemned->pod) ||
                      stateful_claims_update(sync, condemned->ordinal, condemned->pod, &error);
    error_close(&error);
    return done ? STEP_DONE : STEP_FAIL;
}

/* Under OrderedReady one at a time, and only if all that stay are well: but the first that is not
 * may itself be the one that goes. */
static enum step remove_condemned(struct stateful_sync *sync,
                                  const struct stateful_replica *condemned)
{
    const struct pod *pod = condemned->pod;
    const bool ordered = !sync->set->parallel;
    if (pod->meta.deleting)
        return ordered ? STEP_WAIT : STEP_DONE;
    if (ordered && (!is_running_and_ready(pod) || !is_available(sync, pod)) &&
        pod != first_unavailable(sync))
        return STEP_WAIT;
    if (!stateful_pod_delete(sync, pod))
        return STEP_FAIL;
    return STEP_WAIT;
}

/* ---- walks ---- */

typedef enum step step_fn(struct stateful_sync *sync, const struct stateful_replica *replica);

static enum step walk_in_order(struct stateful_sync *sync, const struct stateful_replica *pods,
                               size_t count, step_fn *act)
{
    enum step step = STEP_DONE;
    for (size_t i = 0; i < count && step == STEP_DONE; i++)
        step = act(sync, &pods[i]);
    return step;
}

/* In batches of 1, 2, 4, ... side by side; a batch with a failure is the last. */
static enum step walk_in_batches(struct stateful_sync *sync, const struct stateful_replica *pods,
                                 size_t count, step_fn *act)
{
    enum step worst = STEP_DONE;
    size_t done = 0;
    for (size_t size = 1; done < count && worst == STEP_DONE; size *= 2) {
        struct batch batch = client_batch(sync->client);
        size = size < MAX_BATCH ? size : MAX_BATCH;
        const size_t end = count - done < size ? count : done + size;
        for (; done < end; done++) {
            client_batch_next(sync->client, &batch);
            if (act(sync, &pods[done]) == STEP_FAIL)
                worst = STEP_FAIL;
        }
        client_batch_end(sync->client, &batch);
    }
    return worst;
}

static enum step walk(struct stateful_sync *sync, const struct stateful_replica *pods, size_t count,
                      step_fn *act)
{
    return sync->set->parallel ? walk_in_batches(sync, pods, count, act)
                               : walk_in_order(sync, pods, count, act);
}

/* ---- rolling update ---- */

/* One by one from the highest ordinal down to the partition, each once the one before it is
 * available. */
static bool roll_one(struct stateful_sync *sync, struct statefulset *status)
{
    for (int64_t i = (int64_t)sync->replica_count - 1; i >= sync->set->partition; i--) {
        const struct pod *pod = sync->replicas[i].pod;
        if (pod != NULL && !is_of(pod, &sync->update) && !pod->meta.deleting) {
            const bool done = stateful_pod_delete(sync, pod);
            status->current -= done;
            return done;
        }
        if (is_unavailable(sync, pod))
            return true;
    }
    return true;
}

/* Behind the gate MaxUnavailableStatefulSet: so many at a time that no more are unavailable. */
static bool roll_several(struct stateful_sync *sync, struct statefulset *status)
{
    const int64_t wanted = (int64_t)sync->replica_count;
    int64_t room = intstr_scaled(sync->set->max_unavailable, wanted, false);
    room = room < 1 ? 1 : room;
    for (int64_t i = 0; i < wanted; i++)
        room -= is_unavailable(sync, sync->replicas[i].pod);
    for (int64_t i = wanted - 1; i >= sync->set->partition && room > 0; i--) {
        const struct pod *pod = sync->replicas[i].pod;
        if (pod == NULL || is_of(pod, &sync->update) || pod->meta.deleting)
            continue;
        if (!stateful_pod_delete(sync, pod))
            return false;
        status->current--;
        room--;
    }
    return true;
}

/* ---- the whole ---- */

bool stateful_update(struct stateful_sync *sync, struct statefulset *status)
{
    sort_out(sync);
    count_pods(sync, status);
    if (sync->set->meta.deleting)
        return true; /* its pods are the garbage collector's */
    enum step step = walk(sync, sync->replicas, sync->replica_count, tend_replica);
    if (step == STEP_DONE)
        step = walk(sync, sync->condemned, sync->condemned_count, fix_claims);
    if (step == STEP_DONE)
        step = walk(sync, sync->condemned, sync->condemned_count, remove_condemned);
    if (step != STEP_DONE || sync->set->on_delete)
        return step != STEP_FAIL;
    return sync->client->cluster->settings.max_unavailable_stateful_set ? roll_several(sync, status)
                                                                        : roll_one(sync, status);
}
