/* Run pods until enough of them have succeeded, or too many have failed.
 *
 * Level-triggered: looks at what its client sees, never at the event that woke it. What happens to pods
 * and status within a second is one sync. Follows syncJob of pkg/controller/job/job_controller.go of
 * kube-controller-manager, in the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/cluster/cluster.h"
#include "models/controllers/controller.h"
#include "models/controllers/job_private.h"
#include "models/controllers/ownership.h"

struct job_state {
    struct expectations expectations;
    struct job_records records;
};

/* ---- does it end? ---- */

/* The end that was announced by an earlier sync, or that podFailurePolicy asks for. */
static void find_end_decided(struct job_sync *sync)
{
    const struct condition *met = conditions_find(sync->job->conditions, "SuccessCriteriaMet");
    const struct condition *fails = conditions_find(sync->job->conditions, "FailureTarget");
    if (met != NULL && met->status == CONDITION_TRUE)
        job_ends(sync, "SuccessCriteriaMet", text_s(met->reason), text_s(met->message));
    else if (fails != NULL && fails->status == CONDITION_TRUE)
        job_ends(sync, "Failed", text_s(fails->reason), text_s(fails->message));
    if (sync->end.type != NULL || job_failure_policy(sync->job) == NULL)
        return;
    char *message = NULL;
    for (size_t i = 0; i < sync->count && message == NULL; i++)
        if (job_pod_has_failed(sync->job, sync->pods[i].pod))
            job_failure_of(sync->job, sync->pods[i].pod, &message);
    if (message != NULL)
        job_ends(sync, "FailureTarget", "PodFailurePolicy", message);
    free(message);
}

/* Pods that restart their containers do not fail: their restarts count instead. */
static bool too_many_restarts(const struct job_sync *sync)
{
    int64_t restarts = 0;
    if (sync->job->template->spec->restart_policy != RESTART_ON_FAILURE)
        return false;
    for (size_t i = 0; i < sync->count; i++) {
        const struct pod *pod = sync->pods[i].pod;
        if (pod->phase != POD_RUNNING && pod->phase != POD_PENDING)
            continue;
        for (uint32_t k = 0; pod->containers != NULL && k < pod->containers->count; k++)
            restarts += pod->containers->items[k].restart_count;
    }
    const int32_t limit = sync->job->backoff_limit;
    return limit == 0 ? restarts > 0 : restarts >= limit;
}

static void find_limits_passed(struct job_sync *sync)
{
    const struct job *job = sync->job;
    if (sync->end.type != NULL)
        return;
    if (sync->failed > job->backoff_limit || too_many_restarts(sync)) {
        job_ends(sync, "FailureTarget", "BackoffLimitExceeded",
                 "Job has reached the specified backoff limit");
        return;
    }
    if (job->active_deadline_seconds < 0 || job->suspend)
        return;
    const sim_time left =
        sync->next->start_time + job->active_deadline_seconds * SIM_SECOND - sync->client->now;
    if (left <= 0 && job->started)
        job_ends(sync, "FailureTarget", "DeadlineExceeded",
                 "Job was active longer than specified deadline");
    else
        controller_requeue_after(sync->client, sync->key, left);
}

static void find_failed_indexes(struct job_sync *sync)
{
    const struct job *job = sync->job;
    const int64_t failed = intervals_total(&sync->failed_indexes);
    if (job->max_failed_indexes >= 0 && failed > job->max_failed_indexes)
        job_ends(sync, "FailureTarget", "MaxFailedIndexesExceeded",
                 "Job has exceeded the specified maximal number of failed indexes");
    else if (failed > 0 && failed + sync->succeeded >= job->completions)
        job_ends(sync, "FailureTarget", "FailedIndexes", "Job has failed indexes");
}

static void find_indexes_met(struct job_sync *sync)
{
    const int rule = job_success_rule(sync->job, &sync->succeeded_indexes);
    char message[64];
    if (rule < 0)
        return;
    snprintf(message, sizeof message, "Matched rules at index %d", rule);
    job_ends(sync, "SuccessCriteriaMet", "SuccessPolicy", message);
}

static void find_end(struct job_sync *sync)
{
    find_end_decided(sync);
    find_limits_passed(sync);
    if (!sync->job->indexed)
        return;
    job_indexes_calculate(sync);
    if (sync->job->backoff_limit_per_index >= 0)
        find_failed_indexes(sync);
    find_indexes_met(sync);
}

/* ---- what it does ---- */

/* True when it says something new. */
static bool say_whether_suspended(struct job_sync *sync)
{
    const struct object *about = &sync->job->meta.object;
    if (sync->job->suspend) {
        if (!job_set_condition(sync, "Suspended", CONDITION_TRUE, "JobSuspended", "Job suspended"))
            return false;
        client_event(sync->client, about, false, "Suspended", "Job suspended");
        sync->next->started = false;
        return true;
    }
    if (!job_set_condition(sync, "Suspended", CONDITION_FALSE, "JobResumed", "Job resumed"))
        return false;
    client_event(sync->client, about, false, "Resumed", "Job resumed");
    /* The deadline counts from here on. */
    sync->next->started = true;
    sync->next->start_time = sync->client->now - sync->client->now % SIM_SECOND;
    return true;
}

static bool has_completed(const struct job_sync *sync)
{
    const int32_t wanted = sync->job->completions;
    return sync->active_count == 0 &&
           (wanted < 0 ? sync->succeeded > 0 : sync->succeeded >= wanted);
}

/* Make and delete pods. True when a condition has changed. */
static bool act(struct job_sync *sync, bool expectations_met, struct error *error)
{
    if (sync->end.type != NULL) {
        const int32_t active = sync->active_count;
        /* Not the end yet while there may be pods that were not seen or not deleted. */
        if (job_pods_delete_active(sync, error) != active || !expectations_met)
            sync->end.type = NULL;
        return false;
    }
    const bool manages = expectations_met && !sync->job->meta.deleting;
    if (manages)
        job_pods_manage(sync, error);
    if (has_completed(sync)) {
        job_ends(sync, "SuccessCriteriaMet", "CompletionsReached",
                 "Reached expected number of succeeded pods");
        return false;
    }
    return manages && say_whether_suspended(sync);
}

/* ---- reconcile ---- */

static void mark_uncounted(struct job_sync *sync)
{
    const struct uncounted_pods *listed = sync->job->uncounted;
    for (uint32_t k = 0; listed != NULL && k < listed->succeeded + listed->failed; k++)
        for (size_t i = 0; i < sync->count; i++)
            if (uid_equal(sync->pods[i].pod->meta.uid, listed->items[k]))
                sync->pods[i].uncounted =
                    k < listed->succeeded ? UNCOUNTED_SUCCEEDED : UNCOUNTED_FAILED;
    if (listed != NULL) {
        sync->succeeded += listed->succeeded;
        sync->failed += listed->failed;
    }
}

/* A pod that has ended and is in no counter yet. */
static void count_ended(struct job_sync *sync, const struct job_pod *entry)
{
    if (!entry->tracked || entry->uncounted != NOT_UNCOUNTED ||
        (sync->job->indexed && !job_index_is_valid(sync->job, entry->index)))
        return;
    if (entry->pod->phase == POD_SUCCEEDED)
        sync->succeeded++;
    else if (job_pod_has_failed(sync->job, entry->pod))
        sync->failed += job_failure_of(sync->job, entry->pod, NULL) != FAILURE_IGNORED;
}

static void count_pods(struct job_sync *sync)
{
    sync->active_count = (int32_t)sync->active.count;
    sync->succeeded = sync->job->succeeded;
    sync->failed = sync->job->failed;
    mark_uncounted(sync);
    for (size_t i = 0; i < sync->count; i++) {
        const struct pod *pod = sync->pods[i].pod;
        sync->ready += pod_is_active(pod) && pod_is_ready(pod);
        sync->terminating += pod->meta.deleting && !pod_is_terminal(pod);
        count_ended(sync, &sync->pods[i]);
    }
    sync->failures = job_failures_now(sync);
    if (!sync->next->started && !sync->job->suspend) {
        sync->next->started = true;
        sync->next->start_time = sync->client->now - sync->client->now % SIM_SECOND;
    }
}

static enum outcome sync_job(struct job_sync *sync, bool expectations_met)
{
    const struct job *job = sync->job;
    struct error failure = { 0 };
    count_pods(sync);
    find_end(sync);
    bool flush = act(sync, expectations_met, &failure);
    flush |= sync->active_count != job->active || sync->ready != job->ready ||
             sync->terminating != job->terminating;
    sync->next->active = sync->active_count;
    sync->next->ready = sync->ready;
    sync->next->terminating = sync->terminating;
    const bool tracked = job_track(sync, flush);
    const enum outcome outcome = tracked && failure.text == NULL ? RECONCILED : RETRY;
    error_close(&failure);
    return outcome;
}

static void job_sync_close(struct job_sync *sync)
{
    object_drop(&sync->next->meta.object);
    free(sync->pods);
    free(sync->delayed);
    pod_list_close(&sync->active);
    intervals_close(&sync->counted_indexes);
    intervals_close(&sync->succeeded_indexes);
    intervals_close(&sync->failed_indexes);
    text_drop(sync->end.reason);
    text_drop(sync->end.message);
}

static enum outcome job_reconcile(struct client *client, struct object_key key)
{
    struct job_state *state = controller_state(client);
    const struct object *object = client_get(client, KIND_JOB, key.space, key.name);
    if (object == NULL)
        expectations_forget(&state->expectations, key);
    if (object == NULL || job_finish(job_of(object)) != NULL) {
        job_record_forget(&state->records, key);
        return RECONCILED;
    }
    if (job_of(object)->managed_elsewhere)
        return RECONCILED;
    struct job_sync sync = { .client = client,
                             .expectations = &state->expectations,
                             .record = job_record_of(&state->records, key),
                             .job = job_of(object),
                             .next = (struct job *)client_edit(object),
                             .key = key };
    const bool met = expectations_met(&state->expectations, key, client->now);
    struct error error = { 0 };
    const enum outcome outcome = job_pods_claim(&sync, &error) ? sync_job(&sync, met) : RETRY;
    error_close(&error);
    job_sync_close(&sync);
    return outcome;
}

/* ---- what wakes it ---- */

/* The key of the Job a reference means; false when there is none with its uid. */
static bool resolve(struct controller_run *controller, const struct pod *pod,
                    const struct owner *owner, struct object_key *key)
{
    const struct object *job =
        owner_object(controller_client(controller), KIND_JOB, pod->meta.object.space, owner);
    if (job == NULL)
        return false;
    *key = object_key(job);
    return true;
}

static void wake_batched(struct controller_run *controller, struct object_key key,
                         struct cause cause)
{
    controller_wake_after(controller, key, JOB_BATCH_PERIOD, cause);
}

static void wake_those_that_match(struct controller_run *controller, const struct pod *pod,
                                  struct cause cause)
{
    if (pod->meta.labels == NULL)
        return;
    struct cache_cursor jobs =
        client_list_namespace(controller_client(controller), KIND_JOB, pod->meta.object.space);
    while (cache_next(&jobs)) {
        const struct selector *selector = job_of(jobs.object)->selector;
        if (!selector_is_empty(selector) &&
            selector_matches(selector, labels_lookup, pod->meta.labels))
            wake_batched(controller, object_key(jobs.object), cause);
    }
}

static bool is_tracked(const struct pod *pod)
{
    return finalizers_have(pod->meta.finalizers, JOB_FINALIZER);
}

static void wake_for_lost_pod(struct controller_run *controller, const struct pod *pod, bool gone,
                              struct cause cause)
{
    struct job_state *state = controller_run_state(controller);
    struct object_key key;
    if (!resolve(controller, pod, meta_controller(&pod->meta), &key))
        return;
    expectations_saw_deleted(&state->expectations, key, pod->meta.uid);
    if (gone || !is_tracked(pod))
        job_record_saw_removal(&state->records, key, pod->meta.uid);
    wake_batched(controller, key, cause);
}

static void wake_for_new_pod(struct controller_run *controller, const struct pod *pod,
                             struct cause cause)
{
    struct job_state *state = controller_run_state(controller);
    const struct owner *owner = meta_controller(&pod->meta);
    struct object_key key;
    if (owner == NULL) {
        wake_those_that_match(controller, pod, cause);
    } else if (resolve(controller, pod, owner, &key)) {
        expectations_saw_created(&state->expectations, key);
        wake_batched(controller, key, cause);
    }
}

static void wake_one(struct controller_run *controller, const struct pod *pod,
                     const struct owner *owner, struct cause cause)
{
    struct job_state *state = controller_run_state(controller);
    struct object_key key;
    if (!resolve(controller, pod, owner, &key))
        return;
    if (!is_tracked(pod))
        job_record_saw_removal(&state->records, key, pod->meta.uid);
    wake_batched(controller, key, cause);
}

static void wake_for_changed_pod(struct controller_run *controller, const struct pod *pod,
                                 const struct pod *before, struct cause cause)
{
    const struct owner *owner = meta_controller(&pod->meta);
    const struct owner *former = meta_controller(&before->meta);
    const bool changed_hands =
        pod->meta.owners != before->meta.owners &&
        (owner == NULL || former == NULL || !uid_equal(owner->uid, former->uid));
    if (changed_hands)
        wake_one(controller, pod, former, cause);
    wake_one(controller, pod, owner, cause);
    if (owner == NULL && (changed_hands || !labels_equal(pod->meta.labels, before->meta.labels)))
        wake_those_that_match(controller, pod, cause);
}

static void wake_for_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    if (event->type == WATCH_DELETED || pod->meta.deleting)
        wake_for_lost_pod(controller, pod, event->type == WATCH_DELETED, event->cause);
    else if (event->type == WATCH_ADDED)
        wake_for_new_pod(controller, pod, event->cause);
    else
        wake_for_changed_pod(controller, pod, pod_of(event->before), event->cause);
}

/* At once for what its user did, within a second for a change of its status. */
static void wake_for_job(struct controller_run *controller, const struct watch_event *event)
{
    const bool status_only =
        event->type == WATCH_MODIFIED &&
        meta_of(event->object)->generation == meta_of(event->before)->generation;
    if (status_only)
        wake_batched(controller, object_key(event->object), event->cause);
    else
        controller_wake(controller, object_key(event->object), event->cause);
}

static int job_workers(const struct settings *settings)
{
    return settings->concurrent_job_syncs;
}

static void job_init(void *memory, struct cluster *cluster)
{
    struct job_state *state = memory;
    (void)cluster;
    expectations_init(&state->expectations);
    job_records_init(&state->records);
}

static void job_state_close(void *memory)
{
    struct job_state *state = memory;
    expectations_close(&state->expectations);
    job_records_close(&state->records);
}

const struct controller job_controller = {
    .name = "job-controller",
    .reconciles = KIND_JOB,
    .wakes_on = { { KIND_JOB, wake_for_job }, { KIND_POD, wake_for_pod } },
    .reconcile = job_reconcile,
    .awaits_own_writes = true,
    .workers = job_workers,
    .state_size = sizeof(struct job_state),
    .init = job_init,
    .close = job_state_close,
};
