/* How long a Job waits after failures of its pods: 10 s after the first, twice as long after each other
 * one in a row, at most 10 minutes.
 *
 * Follows pkg/controller/job/backoff_utils.go of kube-controller-manager, in the release named in
 * docs/fidelity.md. */
#include "models/controllers/job_private.h"

static const sim_time first_back_off = 10 * SIM_SECOND, longest_back_off = 10 * SIM_MINUTE;

/* All containers and sidecars have ended: when the last of them did. */
static bool containers_finished(const struct pod *pod, sim_time *at)
{
    const struct container_statuses *statuses = pod->containers;
    bool any = false;
    for (uint32_t i = 0; statuses != NULL && i < statuses->count; i++) {
        const struct container_status *status = &statuses->items[i];
        if (i < pod->spec->init_container_count && !pod->spec->init_containers[i].sidecar)
            continue;
        if (status->state != CONTAINER_TERMINATED)
            return false;
        *at = any && *at > status->finished_at ? *at : status->finished_at;
        any = true;
    }
    return any;
}

sim_time job_pod_finished_at(const struct pod *pod)
{
    sim_time at = pod->meta.created;
    if (containers_finished(pod, &at))
        return at - at % SIM_SECOND;
    if ((pod->conditions_present >> POD_READY & 1) && !pod_is_ready(pod))
        at = pod->transitions[POD_READY];
    else if (pod->meta.deleting)
        at = pod->meta.deletion - pod->meta.deletion_grace_seconds * SIM_SECOND;
    return at - at % SIM_SECOND;
}

/* Is this pod one that ended since the last sync, and how? */
static enum uncounted newly_ended(const struct job_sync *sync, const struct job_pod *entry)
{
    if (!entry->tracked || entry->uncounted != NOT_UNCOUNTED ||
        (sync->job->indexed && !job_index_is_valid(sync->job, entry->index)))
        return NOT_UNCOUNTED;
    if (entry->pod->phase == POD_SUCCEEDED)
        return UNCOUNTED_SUCCEEDED;
    return job_pod_has_failed(sync->job, entry->pod) ? UNCOUNTED_FAILED : NOT_UNCOUNTED;
}

struct job_failures job_failures_now(const struct job_sync *sync)
{
    struct job_failures failures = sync->record->failures;
    sim_time success = 0;
    bool succeeded = false;
    for (size_t i = 0; i < sync->count; i++) {
        if (newly_ended(sync, &sync->pods[i]) != UNCOUNTED_SUCCEEDED)
            continue;
        const sim_time at = job_pod_finished_at(sync->pods[i].pod);
        success = succeeded && success > at ? success : at;
        succeeded = true;
    }
    if (succeeded)
        failures = (struct job_failures){ 0 };
    bool first = true;
    for (size_t i = 0; i < sync->count; i++) {
        if (newly_ended(sync, &sync->pods[i]) != UNCOUNTED_FAILED)
            continue;
        const sim_time at = job_pod_finished_at(sync->pods[i].pod);
        if (succeeded && at <= success)
            continue;
        failures.last = first || at > failures.last ? at : failures.last;
        failures.count++;
        first = false;
    }
    return failures;
}

sim_time job_back_off(struct job_failures failures, sim_time now)
{
    if (failures.count == 0)
        return 0;
    sim_time length = first_back_off;
    for (int32_t i = 1; i < failures.count && length < longest_back_off; i++)
        length *= 2;
    length = length < longest_back_off ? length : longest_back_off;
    const sim_time left = failures.last + length - now;
    return left > 0 ? left : 0;
}
