/* Make Jobs at the times of a schedule.
 *
 * Level-triggered: looks at what its client sees, never at the event that woke it. Between two starts
 * it sleeps: the work queue holds the CronJob until the next one. Follows
 * pkg/controller/cronjob/cronjob_controllerv2.go of kube-controller-manager, in the release named in
 * docs/fidelity.md. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/job.h"
#include "models/cluster/cluster.h"
#include "models/controllers/controller.h"
#include "models/controllers/cronjob_private.h"
#include "models/controllers/pod_control.h"
#include "sim/base/memory.h"

/* Not before the start, whose clock may be another one's. */
static const sim_time start_delta = 100 * SIM_MILLISECOND;

struct sync {
    struct client *client;
    struct object_key key;
    const struct cronjob *seen;
    struct cronjob *next;    /* a changeable copy: its status as it will be */
    bool changed;            /* the status is to be written */
    const struct job **jobs; /* owned; those it controls */
    size_t count, capacity;
    struct cronjob_schedule *schedule;
    sim_time now;     /* when it began to look at the schedule */
    sim_time requeue; /* how long to sleep; -1: until something changes */
};

#define ABOUT(sync) (&(sync)->seen->meta.object)

static struct object_key job_key(const struct sync *sync, const struct text *name)
{
    return (struct object_key){ KIND_JOB, sync->key.space, name };
}

/* ---- the Jobs it has ---- */

static void find_jobs(struct sync *sync)
{
    struct cache_cursor jobs = client_list_jobs_of(sync->client, sync->key.space, sync->key.name);
    while (cache_next(&jobs)) {
        const struct owner *owner = meta_controller(meta_of(jobs.object));
        if (owner == NULL || owner->name != sync->key.name || jobs.object->space != sync->key.space)
            continue;
        MEM_GROW(sync->jobs, sync->count, sync->capacity);
        sync->jobs[sync->count++] = job_of(jobs.object);
    }
}

static bool is_a_child(const struct sync *sync, struct uid uid)
{
    for (size_t i = 0; i < sync->count; i++)
        if (uid_equal(sync->jobs[i]->meta.uid, uid))
            return true;
    return false;
}

static bool has_ended_as(const struct job *job, const char *type)
{
    const struct condition *finish = job_finish(job);
    return finish != NULL && strcmp(text_s(finish->type), type) == 0;
}

/* Delete a Job, and forget it. False: it is still there. */
static bool delete_job(struct sync *sync, const struct text *name, struct uid uid)
{
    struct delete_options options = delete_options_default();
    struct error error = { 0 };
    options.propagation = PROPAGATE_BACKGROUND;
    const enum reply reply = client_delete(sync->client, job_key(sync, name), options, &error);
    if (reply != REPLY_OK)
        client_event(sync->client, ABOUT(sync), true, "FailedDelete", "Deleted job: %s",
                     error.text);
    else
        client_event(sync->client, ABOUT(sync), false, "SuccessfulDelete", "Deleted job %s",
                     text_s(name));
    if (reply == REPLY_OK) { /* last, as the list may hold the name */
        cronjob_remove_active(sync->next, uid);
        sync->changed = true;
    }
    error_close(&error);
    return reply == REPLY_OK;
}

/* ---- history ---- */

/* By start, those that have not started last, then by name. */
static int by_start(const void *a, const void *b)
{
    const struct job *left = *(const struct job *const *)a;
    const struct job *right = *(const struct job *const *)b;
    if (left->started != right->started)
        return left->started ? -1 : 1;
    if (left->started && left->start_time != right->start_time)
        return left->start_time < right->start_time ? -1 : 1;
    return strcmp(name_of(left), name_of(right));
}

static void keep_latest(struct sync *sync, const char *type, int32_t limit)
{
    const struct job **ended = mem_new((sync->count + 1) * sizeof *ended);
    size_t count = 0;
    for (size_t i = 0; limit >= 0 && i < sync->count; i++)
        if (has_ended_as(sync->jobs[i], type))
            ended[count++] = sync->jobs[i];
    if (count > 1)
        qsort((void *)ended, count, sizeof *ended, by_start);
    for (size_t i = 0; limit >= 0 && i + (size_t)limit < count; i++)
        delete_job(sync, ended[i]->meta.object.name, ended[i]->meta.uid);
    free((void *)ended);
}

/* ---- what has become of the active ones ---- */

static void note_success(struct sync *sync, const struct job *job)
{
    struct cronjob *next = sync->next;
    if (!job->completed || (next->succeeded && job->completion_time <= next->last_successful_time))
        return;
    next->succeeded = true;
    next->last_successful_time = job->completion_time;
    sync->changed = true;
}

static void note_finish(struct sync *sync, const struct job *job)
{
    if (active_jobs_have(sync->next->active, job->meta.uid)) {
        client_event(sync->client, ABOUT(sync), false, "SawCompletedJob",
                     "Saw completed job: %s, condition: %s", name_of(job),
                     text_s(job_finish(job)->type));
        cronjob_remove_active(sync->next, job->meta.uid);
        sync->changed = true;
    }
    if (has_ended_as(job, "Complete"))
        note_success(sync, job);
}

/* A Job that runs and is not listed: somebody else's doing, unless we see an old version. */
static void note_stranger(struct sync *sync, const struct job *job)
{
    const struct object *fresh = client_read(sync->client, sync->key);
    if (active_jobs_have(sync->next->active, job->meta.uid) ||
        (fresh != NULL && active_jobs_have(cronjob_of(fresh)->active, job->meta.uid)))
        return;
    client_event(sync->client, ABOUT(sync), true, "UnexpectedJob",
                 "Saw a job that the controller did not create or forgot: %s", name_of(job));
}

static void forget_missing(struct sync *sync)
{
    uint32_t i = 0;
    while (sync->next->active != NULL && i < sync->next->active->count) {
        const struct active_job *job = &sync->next->active->items[i];
        if (is_a_child(sync, job->uid) ||
            client_read(sync->client, job_key(sync, job->name)) != NULL) {
            i++;
            continue;
        }
        client_event(sync->client, ABOUT(sync), false, "MissingJob", "Active job went missing: %s",
                     text_s(job->name));
        cronjob_remove_active(sync->next, job->uid);
        sync->changed = true;
    }
}

static void look_at_jobs(struct sync *sync)
{
    for (size_t i = 0; i < sync->count; i++)
        if (job_finish(sync->jobs[i]) != NULL)
            note_finish(sync, sync->jobs[i]);
        else
            note_stranger(sync, sync->jobs[i]);
    forget_missing(sync);
}

/* ---- a start ---- */

static void take_up(struct sync *sync, const struct object *job, int64_t at)
{
    cronjob_add_active(sync->next, job);
    sync->next->scheduled = true;
    sync->next->last_schedule_time =
        (at - sync->client->cluster->settings.epoch_seconds) * SIM_SECOND;
    sync->changed = true;
}

static bool is_ours(const struct sync *sync, const struct object *job)
{
    const struct owner *owner = meta_controller(meta_of(job));
    return owner != NULL && uid_equal(owner->uid, sync->seen->meta.uid);
}

/* Create the Job, or find the one that an earlier attempt made. *made: to be listed; NULL: none. */
static enum outcome make_job(struct sync *sync, int64_t at, const struct text *name,
                             const struct object **made)
{
    struct error error = { 0 };
    struct object *job =
        cronjob_new_job(sync->schedule, sync->client->cluster, sync->seen, at, name, &error);
    const enum reply reply =
        job != NULL ? client_create(sync->client, job, made, &error) : REPLY_INVALID;
    enum outcome outcome = RECONCILED;
    if (reply == REPLY_CREATED) {
        client_event(sync->client, ABOUT(sync), false, "SuccessfulCreate", "Created job %s",
                     name->s);
    } else if (reply == REPLY_ALREADY_EXISTS) {
        *made = client_read(sync->client, job_key(sync, name));
        if (*made == NULL)
            outcome = RETRY;
        else if (!is_ours(sync, *made) || active_jobs_have(sync->next->active, meta_of(*made)->uid))
            *made = NULL;
    } else {
        *made = NULL;
        outcome = RETRY;
        if (!namespace_is_terminating(reply, &error))
            client_event(sync->client, ABOUT(sync), true, "FailedCreate", "Error creating job: %s",
                         error.text);
    }
    error_close(&error);
    return outcome;
}

/* False: try again. */
static bool replace_active(struct sync *sync)
{
    while (sync->next->active != NULL) {
        const struct active_job *job = &sync->next->active->items[0];
        if (client_read(sync->client, job_key(sync, job->name)) == NULL) {
            client_event(sync->client, ABOUT(sync), true, "FailedGet",
                         "Get job: jobs.batch \"%s\" not found", text_s(job->name));
            return false;
        }
        if (!delete_job(sync, job->name, job->uid))
            return false;
    }
    return true;
}

/* ---- the schedule ---- */

static int64_t unix_seconds(const struct client *client, sim_time at)
{
    return client->cluster->settings.epoch_seconds + at / SIM_SECOND;
}

static struct cronjob_clock clock_of(const struct client *client, const struct cronjob *cronjob,
                                     const struct cron_schedule *schedule, sim_time now)
{
    const sim_time since = cronjob->scheduled ? cronjob->last_schedule_time : cronjob->meta.created;
    return (struct cronjob_clock){ .schedule = schedule,
                                   .since = unix_seconds(client, since),
                                   .deadline = cronjob->starting_deadline_seconds,
                                   .now = unix_seconds(client, now) };
}

/* How long until the next start; -1: there is none. */
static sim_time time_to_next(const struct client *client, const struct cronjob_clock *clock,
                             sim_time now)
{
    int64_t next;
    if (!cronjob_next(clock, &next))
        return -1;
    const int64_t seconds = next - client->cluster->settings.epoch_seconds;
    const sim_time delay = seconds * SIM_SECOND + start_delta - now;
    return delay > 0 ? delay : 0;
}

static void sleep_until_next(struct sync *sync)
{
    const struct cronjob_clock clock =
        clock_of(sync->client, sync->next, sync->schedule->read, sync->now);
    sync->requeue = time_to_next(sync->client, &clock, sync->now);
}

static bool is_too_late(const struct sync *sync, int64_t at)
{
    const int64_t deadline = sync->seen->starting_deadline_seconds;
    const int64_t late = unix_seconds(sync->client, sync->now) - at;
    return deadline >= 0 && (late > deadline || (late == deadline && sync->now % SIM_SECOND > 0));
}

static bool was_made(const struct sync *sync, int64_t at, const struct text *name)
{
    return active_jobs_name(sync->next->active, name) ||
           (sync->next->scheduled &&
            unix_seconds(sync->client, sync->next->last_schedule_time) == at);
}

/* Make the Job of a start that is due, unless something forbids it. */
static enum outcome start(struct sync *sync, int64_t at, const struct text *name)
{
    char time[ZONED_TIME_TEXT];
    const enum concurrency_policy policy = sync->seen->concurrency_policy;
    const struct object *made = NULL;
    if (is_too_late(sync, at)) {
        client_event(sync->client, ABOUT(sync), true, "MissSchedule",
                     "Missed scheduled time to start a job: %s", cronjob_print_rfc1123(at, time));
        sleep_until_next(sync);
        return RECONCILED;
    }
    if (was_made(sync, at, name)) {
        sleep_until_next(sync);
        return RECONCILED;
    }
    if (policy == CONCURRENCY_FORBID && sync->next->active != NULL) {
        client_event(sync->client, ABOUT(sync), false, "JobAlreadyActive",
                     "Not starting job because prior execution is running and concurrency policy "
                     "is Forbid");
        sleep_until_next(sync);
        return RECONCILED;
    }
    if (policy == CONCURRENCY_REPLACE && !replace_active(sync))
        return RETRY;
    const enum outcome outcome = make_job(sync, at, name, &made);
    if (made == NULL)
        return outcome;
    take_up(sync, made, at);
    sleep_until_next(sync);
    return RECONCILED;
}

/* Can it be said when it starts? Tells its user why not. */
static bool has_schedule(struct sync *sync)
{
    const struct cronjob *cronjob = sync->seen;
    const char *expression = text_s(cronjob->schedule);
    sync->schedule = cronjob_schedule_of(controller_state(sync->client), cronjob);
    if (sync->schedule->zone == NULL) {
        client_event(sync->client, ABOUT(sync), true, "UnknownTimeZone",
                     "invalid timeZone: \"%s\": unknown time zone %s", text_s(cronjob->time_zone),
                     text_s(cronjob->time_zone));
        return false;
    }
    if (cronjob->suspend)
        return false;
    if (strstr(expression, "TZ") != NULL)
        client_event(sync->client, ABOUT(sync), true, "UnsupportedSchedule",
                     "CRON_TZ or TZ used in schedule \"%s\" is not officially supported, see "
                     "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for "
                     "more details",
                     expression);
    if (sync->schedule->read == NULL)
        client_event(sync->client, ABOUT(sync), true, "UnparseableSchedule",
                     "unparseable schedule: \"%s\" : %s", expression, sync->schedule->fault);
    return sync->schedule->read != NULL;
}

static enum outcome follow_schedule(struct sync *sync)
{
    struct cronjob_unmet unmet;
    if (sync->seen->meta.deleting || !has_schedule(sync))
        return RECONCILED;
    const struct cronjob_clock clock =
        clock_of(sync->client, sync->next, sync->schedule->read, sync->now);
    if (!cronjob_unmet(&clock, &unmet)) {
        client_event(sync->client, ABOUT(sync), true, "InvalidSchedule",
                     "invalid schedule: %s : time difference between two schedules is less than 1 "
                     "second",
                     text_s(sync->seen->schedule));
        return RECONCILED;
    }
    if (!unmet.found) {
        sleep_until_next(sync);
        return RECONCILED;
    }
    if (unmet.missed == MANY_MISSED)
        client_event(sync->client, ABOUT(sync), true, "TooManyMissedTimes",
                     "too many missed start times. Set or decrease .spec.startingDeadlineSeconds "
                     "or check clock skew");
    const struct text *name = text_format(sync->client->cluster->run->texts, "%s-%" PRId64,
                                          name_of(sync->seen), unmet.at / 60);
    const enum outcome outcome = start(sync, unmet.at, name);
    text_drop(name);
    return outcome;
}

/* ---- reconcile ---- */

static bool write_status(struct sync *sync)
{
    if (!sync->changed) {
        object_drop(&sync->next->meta.object);
        return true;
    }
    return client_update_status(sync->client, &sync->next->meta.object, NULL) == REPLY_OK;
}

static enum outcome cronjob_reconcile(struct client *client, struct object_key key)
{
    const struct object *seen = client_get(client, KIND_CRONJOB, key.space, key.name);
    if (seen == NULL) {
        cronjob_schedule_forget(controller_state(client), key);
        return RECONCILED;
    }
    struct sync sync = { .client = client,
                         .key = key,
                         .seen = cronjob_of(seen),
                         .next = (struct cronjob *)client_edit(seen),
                         .requeue = -1 };
    find_jobs(&sync);
    keep_latest(&sync, "Complete", sync.seen->successful_jobs_history_limit);
    keep_latest(&sync, "Failed", sync.seen->failed_jobs_history_limit);
    sync.now = client->now;
    look_at_jobs(&sync);
    const enum outcome outcome = follow_schedule(&sync);
    free((void *)sync.jobs);
    if (!write_status(&sync))
        return RETRY;
    if (sync.requeue >= 0)
        controller_requeue_after(client, key, sync.requeue);
    return outcome;
}

/* ---- who is woken ---- */

/* A new schedule counts from its next start on; what is due by the old one stays in the queue. */
static bool wake_at_next(struct controller_run *controller, const struct watch_event *event)
{
    const struct client *client = controller_client(controller);
    const struct cronjob *cronjob = cronjob_of(event->object);
    const struct cronjob_schedule *schedule =
        cronjob_schedule_of(controller_run_state(controller), cronjob);
    const sim_time now = run_now(client->cluster->run);
    if (schedule->read == NULL)
        return false;
    const struct cronjob_clock clock = clock_of(client, cronjob, schedule->read, now);
    const sim_time delay = time_to_next(client, &clock, now);
    if (delay >= 0)
        controller_wake_after(controller, object_key(event->object), delay, event->cause);
    return delay >= 0;
}

static void wake_for_cronjob(struct controller_run *controller, const struct watch_event *event)
{
    if (event->type == WATCH_MODIFIED) {
        const struct cronjob *is = cronjob_of(event->object), *was = cronjob_of(event->before);
        if ((is->schedule != was->schedule || is->time_zone != was->time_zone) &&
            wake_at_next(controller, event))
            return;
    }
    controller_wake(controller, object_key(event->object), event->cause);
}

/* What is admitted from now on may be another. */
static void note_priority_class(struct controller_run *controller, const struct watch_event *event)
{
    struct cronjob_schedules *schedules = controller_run_state(controller);
    (void)event;
    schedules->classes++;
}

static int cronjob_workers(const struct settings *settings)
{
    return settings->concurrent_cron_job_syncs;
}

static void cronjob_init(void *state, struct cluster *cluster)
{
    cronjob_schedules_init(state, &cluster->settings);
}

static void cronjob_state_close(void *state)
{
    cronjob_schedules_close(state);
}

const struct controller cronjob_controller = {
    .name = "cronjob-controller",
    .reconciles = KIND_CRONJOB,
    .wakes_on = { { KIND_CRONJOB, wake_for_cronjob },
                  { KIND_JOB, wake_owner },
                  { KIND_PRIORITYCLASS, note_priority_class } },
    .reconcile = cronjob_reconcile,
    .workers = cronjob_workers,
    .state_size = sizeof(struct cronjob_schedules),
    .init = cronjob_init,
    .close = cronjob_state_close,
};
