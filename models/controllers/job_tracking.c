/* Counting the pods of a Job, each once. A pod keeps a finalizer until it is counted: first its uid is
 * written to status.uncountedTerminatedPods, then the finalizer is removed, then the uid leaves the
 * status and a counter rises. Whoever dies in between goes on where it was.
 *
 * Follows trackJobStatusAndRemoveFinalizers and what it calls, in pkg/controller/job/job_controller.go
 * of kube-controller-manager, in the release named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/cluster/cluster.h"
#include "models/api/planted.h"
#include "models/controllers/job_private.h"
#include "sim/base/memory.h"

enum { MOST_UNCOUNTED = 500 /* pods counted in one sync */ };

static struct texts *texts_of(const struct job_sync *sync)
{
    return sync->client->cluster->codec.texts;
}

/* ---- conditions ---- */

static void put_condition(struct job_sync *sync, const char *type, enum condition_status status,
                          const struct text *reason, const struct text *message)
{
    const sim_time now = sync->client->now - sync->client->now % SIM_SECOND;
    const struct conditions *before = sync->next->conditions;
    sync->next->conditions =
        conditions_with(before, (struct condition){ .type = text_intern(texts_of(sync), type),
                                                    .reason = text_hold(reason),
                                                    .message = text_hold(message),
                                                    .status = status,
                                                    .transition = now,
                                                    .update = now });
    conditions_drop(before);
}

bool job_set_condition(struct job_sync *sync, const char *type, enum condition_status status,
                       const char *reason, const char *message)
{
    const struct condition *present = conditions_find(sync->next->conditions, type);
    const bool same = present != NULL ? present->status == status &&
                                            strcmp(text_s(present->reason), reason) == 0 &&
                                            strcmp(text_s(present->message), message) == 0
                                      : status == CONDITION_FALSE;
    if (same)
        return false;
    const struct text *why = text_intern(texts_of(sync), reason);
    const struct text *said = text_intern(texts_of(sync), message);
    put_condition(sync, type, status, why, said);
    text_drop(why);
    text_drop(said);
    return true;
}

void job_ends(struct job_sync *sync, const char *type, const char *reason, const char *message)
{
    if (sync->end.type != NULL)
        return;
    sync->end = (struct job_end){ .type = type,
                                  .reason = text_intern(texts_of(sync), reason),
                                  .message = text_intern(texts_of(sync), message) };
}

static bool ends_with(const struct job_sync *sync, const char *type)
{
    return sync->end.type != NULL && strcmp(sync->end.type, type) == 0;
}

/* ---- the lists of uncounted pods ---- */

/* Pods that stand in the lists and have lost their finalizer are counted. */
static bool count_released(struct job_sync *sync)
{
    bool changed = false;
    for (size_t i = 0; i < sync->count; i++) {
        struct job_pod *entry = &sync->pods[i];
        if (entry->uncounted == NOT_UNCOUNTED || entry->tracked)
            continue;
        if (entry->uncounted == UNCOUNTED_SUCCEEDED)
            sync->next->succeeded++;
        else
            sync->next->failed++;
        entry->uncounted = NOT_UNCOUNTED;
        changed = true;
    }
    return changed;
}

/* So are those that are gone altogether. */
static bool count_gone(struct job_sync *sync)
{
    const struct uncounted_pods *listed = sync->job->uncounted;
    bool changed = false;
    for (uint32_t k = 0; listed != NULL && k < listed->succeeded + listed->failed; k++) {
        size_t i = 0;
        while (i < sync->count && !uid_equal(sync->pods[i].pod->meta.uid, listed->items[k]))
            i++;
        if (i < sync->count)
            continue;
        if (k < listed->succeeded)
            sync->next->succeeded++;
        else
            sync->next->failed++;
        changed = true;
    }
    return changed;
}

static size_t count_uncounted(const struct job_sync *sync)
{
    size_t count = 0;
    for (size_t i = 0; i < sync->count; i++)
        count += sync->pods[i].uncounted != NOT_UNCOUNTED;
    return count;
}

/* The lists as the pods say. */
static void list_uncounted(struct job_sync *sync)
{
    struct uid *uids = mem_new((2 * sync->count + 1) * sizeof *uids);
    struct uid *failed_uids = uids + sync->count;
    size_t succeeded = 0, failed = 0;
    for (size_t i = 0; i < sync->count; i++) {
        if (sync->pods[i].uncounted == UNCOUNTED_SUCCEEDED)
            uids[succeeded++] = sync->pods[i].pod->meta.uid;
        else if (sync->pods[i].uncounted == UNCOUNTED_FAILED)
            failed_uids[failed++] = sync->pods[i].pod->meta.uid;
    }
    uncounted_pods_drop(sync->next->uncounted);
    sync->next->uncounted = uncounted_pods_new(uids, succeeded, failed_uids, failed);
    free(uids);
}

static bool write_status(struct job_sync *sync)
{
    struct error error = { 0 };
    list_uncounted(sync);
    const enum reply reply =
        client_update_status(sync->client, client_edit(&sync->next->meta.object), &error);
    error_close(&error);
    if (reply != REPLY_OK)
        return false;
    const struct object *written = client_read(sync->client, sync->key);
    if (written != NULL)
        sync->next->meta.object.version = written->version;
    return true;
}

/* ---- which pods ---- */

static bool is_delayed(const struct job_sync *sync, const struct job_pod *entry)
{
    return entry->index != NO_INDEX && sync->delayed_count > 0 &&
           job_index_replaces(sync, entry->index) == entry->pod;
}

/* Its finalizer may go: it has ended, or the Job has. A failed pod whose index is tried again waits
 * until the next one is there, which takes over the number of failures. */
static bool may_be_released(const struct job_sync *sync, const struct job_pod *entry, bool failed)
{
    if (!entry->tracked)
        return false;
    if (sync->job->meta.deleting || sync->end.type != NULL || entry->pod->phase == POD_SUCCEEDED)
        return true;
    return failed && !is_delayed(sync, entry);
}

/* Note that a pod is to be counted. An index that has succeeded needs no uid to be counted once. */
static bool note_ended(struct job_sync *sync, struct job_pod *entry, bool failed,
                       struct intervals *new_indexes)
{
    const struct job *job = sync->job;
    const bool valid = !job->indexed || job_index_is_valid(job, entry->index);
    if (entry->uncounted == UNCOUNTED_FAILED)
        return false;
    if (entry->pod->phase == POD_SUCCEEDED) {
        if (entry->uncounted == UNCOUNTED_SUCCEEDED || !valid)
            return false;
        if (!job->indexed)
            entry->uncounted = UNCOUNTED_SUCCEEDED;
        else if (intervals_have(&sync->counted_indexes, entry->index))
            return false;
        else
            intervals_append(new_indexes, (struct interval){ entry->index, entry->index });
        return true;
    }
    const bool ends_badly = sync->end.type != NULL && !ends_with(sync, "SuccessCriteriaMet");
    if (!(failed || ends_badly) || !valid ||
        job_failure_of(job, entry->pod, NULL) == FAILURE_IGNORED)
        return false;
    entry->uncounted = UNCOUNTED_FAILED;
    return true;
}

struct tracking {
    struct job_pod **released; /* owned: whose finalizers are to go */
    size_t count;
    struct intervals new_indexes;
    bool reached_most, flush;
};

static void choose_pods(struct job_sync *sync, struct tracking *tracking)
{
    size_t uncounted = count_uncounted(sync);
    tracking->released = mem_new((sync->count + 1) * sizeof *tracking->released);
    for (size_t i = 0; i < sync->count && !tracking->reached_most; i++) {
        struct job_pod *entry = &sync->pods[i];
        const bool failed = job_pod_has_failed(sync->job, entry->pod);
        if (!may_be_released(sync, entry, failed))
            continue;
        tracking->released[tracking->count++] = entry;
        if (note_ended(sync, entry, failed, &tracking->new_indexes)) {
            tracking->flush = true;
            uncounted++;
        }
        tracking->reached_most = uncounted >= MOST_UNCOUNTED;
    }
}

static bool release(struct job_sync *sync, struct tracking *tracking)
{
    bool done = true;
    struct error error = { 0 };
    struct batch batch = client_batch(sync->client);
    for (size_t i = 0; i < tracking->count; i++) {
        struct job_pod *entry = tracking->released[i];
        client_batch_next(sync->client, &batch);
        const bool released = job_pod_release(sync->client, entry->pod, &error);
        if (released)
            job_record_expect_removal(sync->record, entry->pod->meta.uid);
        entry->tracked = !released && !PLANTED(PLANTED_JOB_COUNTS_TWICE);
        done &= released;
    }
    client_batch_end(sync->client, &batch);
    error_close(&error);
    return done;
}

/* ---- the status ---- */

static bool assign(const struct text **slot, const struct text *text)
{
    const bool changed = *slot != text;
    text_assign(slot, text);
    return changed;
}

static void write_indexes(struct job_sync *sync, struct tracking *tracking)
{
    struct job *next = sync->next;
    const struct intervals all = intervals_union(&sync->succeeded_indexes, &tracking->new_indexes);
    intervals_close(&sync->succeeded_indexes);
    sync->succeeded_indexes = all;
    next->succeeded = (int32_t)intervals_total(&all);
    tracking->flush |= assign(&next->completed_indexes, intervals_print(&all, texts_of(sync)));
    const bool says = sync->job->backoff_limit_per_index >= 0;
    tracking->flush |=
        assign(&next->failed_indexes, intervals_print(&sync->failed_indexes, texts_of(sync)));
    tracking->flush |= next->says_failed_indexes != says;
    next->says_failed_indexes = says;
}

/* What announces the end: the pods are still to be counted. */
static void write_interim_condition(struct job_sync *sync, struct tracking *tracking)
{
    const bool fails = ends_with(sync, "FailureTarget");
    if (!fails && !ends_with(sync, "SuccessCriteriaMet"))
        return;
    const struct condition *present = conditions_find(sync->next->conditions, sync->end.type);
    if (present == NULL || present->status != CONDITION_TRUE) {
        put_condition(sync, sync->end.type, CONDITION_TRUE, sync->end.reason, sync->end.message);
        tracking->flush = true;
    }
    sync->end.type = fails ? "Failed" : "Complete";
}

/* The end, once all are counted and none is there any more. */
static bool write_final_condition(struct job_sync *sync)
{
    if (sync->end.type == NULL || count_uncounted(sync) > 0 || sync->terminating > 0)
        return false;
    put_condition(sync, sync->end.type, CONDITION_TRUE, sync->end.reason, sync->end.message);
    if (ends_with(sync, "Complete")) {
        sync->next->completed = true;
        sync->next->completion_time = sync->client->now - sync->client->now % SIM_SECOND;
    }
    return true;
}

static void report_end(struct job_sync *sync)
{
    const struct object *about = &sync->job->meta.object;
    if (!ends_with(sync, "Complete")) {
        client_event(sync->client, about, true, text_s(sync->end.reason), "%s",
                     text_s(sync->end.message));
        return;
    }
    if (sync->job->completions >= 0 && sync->next->succeeded > sync->job->completions)
        client_event(sync->client, about, true, "TooManySucceededPods",
                     "Too many succeeded pods running after completion count reached");
    client_event(sync->client, about, false, "Completed", "Job completed");
}

static bool flush_and_release(struct job_sync *sync, struct tracking *tracking)
{
    if (tracking->flush) {
        if (!write_status(sync))
            return false;
        sync->record->failures = sync->failures;
        tracking->flush = false;
    }
    const bool released = release(sync, tracking);
    tracking->flush |= count_released(sync);
    if (!released && tracking->flush)
        write_status(sync);
    return released;
}

bool job_track(struct job_sync *sync, bool flush)
{
    struct tracking tracking = { .flush = flush };
    tracking.flush |= count_gone(sync);
    tracking.flush |= count_released(sync);
    choose_pods(sync, &tracking);
    if (sync->job->indexed)
        write_indexes(sync, &tracking);
    write_interim_condition(sync, &tracking);
    bool done = flush_and_release(sync, &tracking);
    if (done) {
        const bool finished = !tracking.reached_most && write_final_condition(sync);
        if (finished || tracking.flush)
            done = write_status(sync);
        if (done && finished)
            report_end(sync);
    }
    free(tracking.released);
    intervals_close(&tracking.new_indexes);
    return done;
}
