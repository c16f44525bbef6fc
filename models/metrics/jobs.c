/* Each Job that no CronJob made: how many pods it took, and how long it waited after failures. */
#include <stdlib.h>
#include <string.h>

#include "models/api/job.h"
#include "models/metrics/measured.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

enum { MOST_ATTEMPTS = 100 }; /* that are told one by one */

/* One pod of a Job. */
struct attempt {
    uint64_t pod;                    /* lower half of its uid */
    sim_time created, ended, waited; /* SIM_FOREVER: it has not; nothing failed before */
    enum { ATTEMPT_UNDER_WAY, ATTEMPT_SUCCEEDED, ATTEMPT_FAILED, ATTEMPT_DELETED } outcome;
};

struct row {
    struct measured of;
    sim_time created, started, finished; /* SIM_FOREVER: not yet */
    sim_time last_failure;               /* of a pod */
    const struct text *finish, *reason;  /* of the condition that ended it */
    int32_t completions, parallelism, active, most_active, succeeded, failed;
    bool suspended;
    int64_t pods;
    struct attempt *attempts; /* owned: the first ones */
    size_t attempt_count, attempt_capacity;
};

struct jobs {
    struct cluster *cluster;
    struct measured_rows rows;
};

static struct row *row_find(const struct jobs *jobs, struct uid uid)
{
    return (struct row *)measured_find(&jobs->rows, uid); /* its first member */
}

/* ---- Jobs ---- */

static struct row *row_new(struct jobs *jobs, const struct watch_event *event)
{
    struct row *row = mem_new(sizeof *row);
    row->created = event->at;
    row->started = row->finished = row->last_failure = SIM_FOREVER;
    measured_add(&jobs->rows, &row->of, event->object);
    return row;
}

static bool is_of_cronjob(const struct object *job)
{
    const struct owner *owner = meta_controller(meta_of(job));
    return owner != NULL && strcmp(text_s(owner->kind), "CronJob") == 0;
}

static void job_changed(struct jobs *jobs, const struct watch_event *event)
{
    const struct job *job = job_of(event->object);
    const struct condition *finish = job_finish(job);
    struct row *row = row_find(jobs, job->meta.uid);
    if (row == NULL && event->type == WATCH_ADDED && !is_of_cronjob(event->object))
        row = row_new(jobs, event);
    if (row == NULL)
        return;
    row->of.deleted = event->type == WATCH_DELETED;
    row->completions = job->completions;
    row->parallelism = job->parallelism;
    row->suspended = job->suspend;
    row->active = job->active;
    row->most_active = job->active > row->most_active ? job->active : row->most_active;
    row->succeeded = job->succeeded;
    row->failed = job->failed;
    if (job->started && row->started == SIM_FOREVER)
        row->started = job->start_time;
    if (finish == NULL || row->finished != SIM_FOREVER)
        return;
    row->finished = event->at;
    text_assign(&row->finish, text_hold(finish->type));
    text_assign(&row->reason, text_hold(finish->reason));
}

/* ---- their pods ---- */

static struct attempt *attempt_find(const struct row *row, uint64_t pod)
{
    for (size_t i = row->attempt_count; i-- > 0;)
        if (row->attempts[i].pod == pod)
            return &row->attempts[i];
    return NULL;
}

static void pod_created(struct row *row, const struct watch_event *event)
{
    row->pods++;
    if (row->attempt_count == MOST_ATTEMPTS)
        return;
    MEM_GROW(row->attempts, row->attempt_count, row->attempt_capacity);
    row->attempts[row->attempt_count++] = (struct attempt){
        .pod = meta_of(event->object)->uid.low,
        .created = event->at,
        .ended = SIM_FOREVER,
        .waited = row->last_failure != SIM_FOREVER ? event->at - row->last_failure : SIM_FOREVER,
    };
}

static void pod_changed(struct jobs *jobs, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object), *before = pod_of(event->before);
    const struct owner *owner = jobs->rows.first != NULL ? meta_controller(&pod->meta) : NULL;
    struct row *row = owner != NULL ? row_find(jobs, owner->uid) : NULL;
    if (row == NULL)
        return;
    if (event->type == WATCH_ADDED)
        pod_created(row, event);
    const bool ends = before != NULL && pod_is_terminal(pod) && !pod_is_terminal(before);
    if (ends && pod->phase == POD_FAILED)
        row->last_failure = event->at;
    struct attempt *attempt = attempt_find(row, pod->meta.uid.low);
    if (attempt == NULL || attempt->outcome != ATTEMPT_UNDER_WAY ||
        (!ends && event->type != WATCH_DELETED))
        return;
    attempt->ended = event->at;
    attempt->outcome = !pod_is_terminal(pod)         ? ATTEMPT_DELETED
                       : pod->phase == POD_SUCCEEDED ? ATTEMPT_SUCCEEDED
                                                     : ATTEMPT_FAILED;
}

static void notice(void *self, const struct watch_event *event)
{
    if (event->object->kind == KIND_POD)
        pod_changed(self, event);
    else
        job_changed(self, event);
}

/* ---- the metric ---- */

static void *start(struct cluster *cluster)
{
    struct jobs *jobs = mem_new(sizeof *jobs);
    jobs->cluster = cluster;
    measured_init(&jobs->rows);
    store_watch_kinds(cluster->store, (struct watcher){ .self = jobs, .deliver = notice },
                      UINT64_C(1) << KIND_POD | UINT64_C(1) << KIND_JOB);
    return jobs;
}

static const char *outcome_of(const struct row *row)
{
    if (row->finish != NULL)
        return strcmp(text_s(row->finish), "Complete") == 0 ? "complete" : "failed";
    return row->of.deleted ? "deleted" : row->suspended ? "suspended" : "under way";
}

static struct value *attempts_print(const struct row *row)
{
    static const char *const outcomes[] = { "under way", "succeeded", "failed", "deleted" };
    struct value *list = value_new_list();
    for (size_t i = 0; i < row->attempt_count; i++) {
        const struct attempt *attempt = &row->attempts[i];
        struct value *map = value_new_map();
        value_set(map, "createdSeconds", seconds_print(attempt->created));
        value_set(map, "endSeconds", seconds_print(attempt->ended));
        value_set(map, "outcome", value_new_string(outcomes[attempt->outcome]));
        value_set(map, "waitedSeconds", seconds_print(attempt->waited));
        value_add(list, map);
    }
    return list;
}

static struct value *count_print(int64_t count)
{
    return count < 0 ? value_new_null() : value_new_int(count);
}

static struct value *row_print(const struct row *row)
{
    struct value *map = value_new_map();
    const bool over = row->finished != SIM_FOREVER && row->started != SIM_FOREVER;
    value_set(map, "kind", value_new_string("Job"));
    measured_print(&row->of, map);
    value_set(map, "outcome", value_new_string(outcome_of(row)));
    value_set(map, "reason", row->reason ? value_new_string(row->reason->s) : value_new_null());
    value_set(map, "createdSeconds", seconds_print(row->created));
    value_set(map, "startSeconds", seconds_print(row->started));
    value_set(map, "endSeconds", seconds_print(row->finished));
    value_set(map, "seconds",
              over ? seconds_print(row->finished - row->started) : value_new_null());
    value_set(map, "completions", count_print(row->completions));
    value_set(map, "parallelism", value_new_int(row->parallelism));
    value_set(map, "succeeded", value_new_int(row->succeeded));
    value_set(map, "failed", value_new_int(row->failed));
    value_set(map, "active", value_new_int(row->active));
    value_set(map, "maxActive", value_new_int(row->most_active));
    value_set(map, "podsCreated", value_new_int(row->pods));
    value_set(map, "attempts", attempts_print(row));
    return map;
}

static struct value *summary(void *state, sim_time now)
{
    const struct jobs *jobs = state;
    struct value *list = value_new_list();
    (void)now;
    for (const struct measured *of = jobs->rows.first; of != NULL; of = of->next)
        value_add(list, row_print((const struct row *)of));
    return list;
}

static void row_free(struct measured *of)
{
    struct row *row = (struct row *)of;
    text_drop(row->finish);
    text_drop(row->reason);
    free(row->attempts);
    free(row);
}

static bool is_under_way(const struct measured *of)
{
    return ((const struct row *)of)->finished == SIM_FOREVER && !of->deleted;
}

/* Jobs that were over by then are not told of. */
static void restart(void *state, sim_time now)
{
    struct jobs *jobs = state;
    (void)now;
    measured_sweep(&jobs->rows, is_under_way, row_free);
}

static void stop(void *state)
{
    struct jobs *jobs = state;
    measured_close(&jobs->rows, row_free);
    free(jobs);
}

const struct metric jobs_metric = {
    .name = "jobs",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
};
