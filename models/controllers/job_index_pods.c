/* Which completion indexes of an indexed Job have succeeded, failed for good, or need a pod.
 *
 * Follows pkg/controller/job/indexed_job_utils.go of kube-controller-manager, in the release named in
 * docs/fidelity.md. The pods of a sync are in the order of their indexes. */
#include <stdlib.h>

#include "models/controllers/job_private.h"
#include "sim/base/memory.h"

/* The number of an annotation; `otherwise` when there is none or it is not one of 0 and up. */
static int32_t annotated(const struct pod *pod, const char *key, int32_t otherwise)
{
    const char *text = labels_get(pod->meta.annotations, key);
    char *end;
    if (text == NULL || *text == '\0')
        return otherwise;
    const long number = strtol(text, &end, 10);
    return *end == '\0' && number >= 0 && number <= INT32_MAX ? (int32_t)number : otherwise;
}

int32_t job_pod_index(const struct pod *pod)
{
    return annotated(pod, JOB_INDEX, NO_INDEX);
}

int32_t job_index_failures(const struct pod *pod)
{
    return annotated(pod, JOB_FAILURES, 0);
}

int32_t job_index_ignored_failures(const struct pod *pod)
{
    return annotated(pod, JOB_IGNORED_FAILURES, 0);
}

static int64_t all_failures(const struct pod *pod)
{
    return (int64_t)job_index_failures(pod) + job_index_ignored_failures(pod);
}

bool job_index_is_valid(const struct job *job, int32_t index)
{
    return index != NO_INDEX && index < job->completions;
}

/* ---- succeeded, failed ---- */

static bool fails_index(const struct job *job, const struct pod *pod)
{
    if (!job_pod_has_failed(job, pod))
        return false;
    const enum job_failure failure = job_failure_of(job, pod, NULL);
    return failure == FAILURE_FAILS_INDEX ||
           (failure != FAILURE_IGNORED && job_index_failures(pod) >= job->backoff_limit_per_index);
}

static bool succeeds_index(const struct job *job, const struct pod *pod)
{
    (void)job; /* as fails_index() */
    return pod->phase == POD_SUCCEEDED;
}

/* The indexes of the pods that are not counted yet and are such. */
static struct intervals indexes_of(const struct job_sync *sync,
                                   bool (*such)(const struct job *job, const struct pod *pod))
{
    struct intervals indexes = { 0 };
    for (size_t i = 0; i < sync->count; i++) {
        const struct job_pod *entry = &sync->pods[i];
        if (entry->tracked && job_index_is_valid(sync->job, entry->index) &&
            such(sync->job, entry->pod))
            intervals_append(&indexes, (struct interval){ entry->index, entry->index });
    }
    return indexes;
}

static struct intervals with_new(const struct job_sync *sync, const struct intervals *counted,
                                 bool (*such)(const struct job *job, const struct pod *pod))
{
    struct intervals added = indexes_of(sync, such);
    const struct intervals all = intervals_union(counted, &added);
    intervals_close(&added);
    return all;
}

/* ---- failed pods that wait for the one in their place ---- */

static struct intervals active_indexes(const struct job_sync *sync)
{
    struct intervals indexes = { 0 };
    for (size_t i = 0; i < sync->count; i++)
        if (sync->pods[i].index != NO_INDEX && pod_is_active(sync->pods[i].pod))
            intervals_append(&indexes,
                             (struct interval){ sync->pods[i].index, sync->pods[i].index });
    return indexes;
}

static bool is_later(const struct pod *pod, const struct pod *than)
{
    return all_failures(pod) >= all_failures(than) &&
           job_pod_finished_at(pod) >= job_pod_finished_at(than);
}

static void find_delayed(struct job_sync *sync)
{
    struct intervals active = active_indexes(sync);
    sync->delayed = mem_new((sync->count + 1) * sizeof *sync->delayed);
    for (size_t i = 0; i < sync->count; i++) {
        struct job_pod *entry = &sync->pods[i];
        struct job_pod *last =
            sync->delayed_count > 0 ? sync->delayed[sync->delayed_count - 1] : NULL;
        if (!entry->tracked || !job_index_is_valid(sync->job, entry->index) ||
            !job_pod_has_failed(sync->job, entry->pod) ||
            intervals_have(&sync->succeeded_indexes, entry->index) ||
            intervals_have(&sync->failed_indexes, entry->index) ||
            intervals_have(&active, entry->index))
            continue;
        if (last == NULL || last->index != entry->index)
            sync->delayed[sync->delayed_count++] = entry;
        else if (is_later(entry->pod, last->pod))
            sync->delayed[sync->delayed_count - 1] = entry;
    }
    intervals_close(&active);
}

const struct pod *job_index_replaces(const struct job_sync *sync, int32_t index)
{
    size_t low = 0, high = sync->delayed_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sync->delayed[middle]->index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sync->delayed_count && sync->delayed[low]->index == index ? sync->delayed[low]->pod
                                                                           : NULL;
}

void job_indexes_calculate(struct job_sync *sync)
{
    const struct job *job = sync->job;
    sync->counted_indexes = intervals_parse(text_s(job->completed_indexes), job->completions);
    sync->succeeded_indexes = with_new(sync, &sync->counted_indexes, succeeds_index);
    sync->succeeded = intervals_total(&sync->succeeded_indexes);
    if (job->backoff_limit_per_index < 0)
        return;
    struct intervals counted = intervals_parse(text_s(job->failed_indexes), job->completions);
    sync->failed_indexes = with_new(sync, &counted, fails_index);
    intervals_close(&counted);
    find_delayed(sync);
}

/* ---- pending ---- */

static void add_all(struct intervals *to, struct intervals more)
{
    const struct intervals all = intervals_union(to, &more);
    intervals_close(to);
    intervals_close(&more);
    *to = all;
}

static struct intervals terminating_indexes(const struct job_sync *sync)
{
    struct intervals indexes = { 0 };
    for (size_t i = 0; i < sync->count; i++) {
        const struct pod *pod = sync->pods[i].pod;
        if (sync->pods[i].index != NO_INDEX && pod->meta.deleting && !pod_is_terminal(pod))
            intervals_append(&indexes,
                             (struct interval){ sync->pods[i].index, sync->pods[i].index });
    }
    return indexes;
}

static struct intervals indexes_taken(const struct job_sync *sync)
{
    struct intervals taken = active_indexes(sync);
    add_all(&taken, intervals_union(&sync->succeeded_indexes, &sync->failed_indexes));
    if (sync->job->replaces_failed_only)
        add_all(&taken, terminating_indexes(sync));
    return taken;
}

/* Keep those whose back-off is over; the shortest wait of the others. */
static int32_t keep_those_due(const struct job_sync *sync, int32_t *indexes, int32_t count,
                              sim_time *wait)
{
    int32_t due = 0;
    for (int32_t i = 0; i < count; i++) {
        const struct pod *before = job_index_replaces(sync, indexes[i]);
        struct job_failures failures = { 0 };
        if (before != NULL)
            failures = (struct job_failures){ (int32_t)all_failures(before) + 1,
                                              job_pod_finished_at(before) };
        const sim_time left = job_back_off(failures, sync->client->now);
        if (left == 0)
            indexes[due++] = indexes[i];
        else
            *wait = left < *wait ? left : *wait;
    }
    if (due > 0)
        *wait = 0;
    return due;
}

int32_t *job_indexes_pending(const struct job_sync *sync, int32_t count, int32_t *found,
                             sim_time *wait)
{
    struct intervals taken = indexes_taken(sync);
    int32_t *indexes = mem_new(((size_t)count + 1) * sizeof *indexes);
    int32_t candidate = 0;
    *found = 0;
    for (size_t i = 0; i <= taken.count; i++) {
        const int32_t end = i < taken.count ? taken.items[i].first : sync->job->completions;
        for (; candidate < end && candidate < sync->job->completions && *found < count; candidate++)
            indexes[(*found)++] = candidate;
        if (i < taken.count && candidate <= taken.items[i].last)
            candidate = taken.items[i].last + 1;
    }
    intervals_close(&taken);
    *wait = 0;
    if (sync->job->backoff_limit_per_index >= 0 && *found > 0) {
        *wait = SIM_FOREVER;
        *found = keep_those_due(sync, indexes, *found, wait);
    }
    return indexes;
}
