/* Each CronJob: how its Jobs went, and how late they began. */
#include <stdlib.h>
#include <string.h>

#include "models/api/cron_schedule.h"
#include "models/api/cronjob.h"
#include "models/api/job.h"
#include "models/metrics/measured.h"
#include "models/metrics/metrics_private.h"
#include "sim/base/memory.h"
#include "sim/base/table.h"

enum {
    MOST_RUNS = 100, /* that are told one by one */
    TALLY_CRONJOB = 200
};

#define SCHEDULED "batch.kubernetes.io/cronjob-scheduled-timestamp"

/* One Job of a CronJob. */
struct cron_run {
    const struct text *scheduled; /* as its annotation says: 2026-03-28T02:30:00+01:00 */
    sim_time due, created, ended; /* SIM_FOREVER: not known, not yet */
    enum { RUN_UNDER_WAY, RUN_COMPLETE, RUN_FAILED, RUN_DELETED } outcome;
};

struct row {
    struct measured of;
    bool suspended;
    const struct text *schedule, *zone;
    struct cron_schedule *read; /* what they say; NULL: it cannot be read */
    int64_t counted_to;         /* Unix seconds: starts up to then were made, or are missed */
    int64_t missed, jobs, complete, failed, under_way, most_under_way;
    struct tally delay, duration; /* seconds */
    struct cron_run *runs;        /* owned: the first ones */
    size_t run_count, run_capacity;
};

/* A Job under way. */
struct running_job {
    struct table_node node; /* by uid */
    struct uid uid;
    struct row *row;
    sim_time created;
    size_t run;     /* its place among the row's runs, of */
    uint64_t epoch; /* this measurement */
};

struct cronjobs {
    struct cluster *cluster;
    struct measured_rows rows;
    struct table running;
    struct pool running_pool;
    uint64_t epoch; /* how many restarts there were */
};

/* ---- CronJobs ---- */

static struct row *row_find(const struct cronjobs *all, struct uid uid)
{
    return (struct row *)measured_find(&all->rows, uid); /* its first member */
}

static struct row *row_new(struct cronjobs *all, const struct object *object)
{
    struct row *row = mem_new(sizeof *row);
    tally_init(&row->delay, TALLY_CRONJOB);
    tally_init(&row->duration, TALLY_CRONJOB);
    measured_add(&all->rows, &row->of, object);
    return row;
}

/* Starts after what was counted and before `end`. */
static int64_t count_starts(const struct row *row, int64_t end)
{
    int64_t count = 0, at = row->counted_to;
    while (row->read != NULL && !row->suspended && cron_schedule_next(row->read, at, &at) &&
           at < end)
        count++;
    return count;
}

static void count_missed(struct row *row, int64_t end)
{
    row->missed += count_starts(row, end);
    if (end > row->counted_to)
        row->counted_to = end;
}

static int64_t unix_seconds(const struct cronjobs *all, sim_time at)
{
    return all->cluster->codec.epoch_seconds + at / SIM_SECOND;
}

/* A schedule in another zone's or user's words counts from now on. */
static void read_schedule(struct cronjobs *all, struct row *row, const struct cronjob *cronjob)
{
    if (row->schedule == cronjob->schedule && row->zone == cronjob->time_zone)
        return;
    text_assign(&row->schedule, text_hold(cronjob->schedule));
    text_assign(&row->zone, text_hold(cronjob->time_zone));
    cron_schedule_free(row->read);
    row->read = cron_schedule_new(text_s(row->schedule), row->zone ? row->zone->s : NULL,
                                  all->cluster->settings.zones, false, (struct place){ 0 }, NULL);
}

static void cronjob_changed(struct cronjobs *all, const struct watch_event *event)
{
    const struct cronjob *cronjob = cronjob_of(event->object);
    struct row *row = row_find(all, cronjob->meta.uid);
    if (row == NULL) {
        row = row_new(all, event->object);
        row->counted_to = unix_seconds(all, event->at);
    }
    const bool ends = event->type == WATCH_DELETED, suspends = cronjob->suspend || ends;
    if (row->schedule != cronjob->schedule || row->zone != cronjob->time_zone ||
        suspends != row->suspended)
        count_missed(row, unix_seconds(all, event->at));
    row->of.deleted = ends;
    row->suspended = suspends;
    read_schedule(all, row, cronjob);
}

/* ---- their Jobs ---- */

static struct running_job *running_find(const struct cronjobs *all, struct uid uid)
{
    struct table_node *node = table_first(&all->running, uid.low);
    while (node != NULL && ((struct running_job *)node)->uid.high != uid.high)
        node = table_again(node);
    return (struct running_job *)node;
}

static void note_run(struct row *row, const struct watch_event *event, const char *scheduled,
                     sim_time due)
{
    if (row->run_count == MOST_RUNS)
        return;
    MEM_GROW(row->runs, row->run_count, row->run_capacity);
    row->runs[row->run_count++] = (struct cron_run){
        .scheduled = scheduled != NULL ? text_intern(event->object->name->home, scheduled) : NULL,
        .due = due,
        .created = event->at,
        .ended = SIM_FOREVER,
    };
}

static void job_added(struct cronjobs *all, const struct watch_event *event)
{
    const struct meta *meta = meta_of(event->object);
    const struct owner *owner = meta_controller(meta);
    struct row *row = owner != NULL ? row_find(all, owner->uid) : NULL;
    const char *scheduled = labels_get(meta->annotations, SCHEDULED);
    sim_time due = SIM_FOREVER;
    if (row == NULL)
        return;
    struct running_job *running = pool_take(&all->running_pool);
    *running = (struct running_job){ .uid = meta->uid,
                                     .row = row,
                                     .created = event->at,
                                     .run = row->run_count,
                                     .epoch = all->epoch };
    table_add(&all->running, &running->node, meta->uid.low);
    if (scheduled != NULL && time_parse(scheduled, all->cluster->codec.epoch_seconds, &due)) {
        tally_add(&row->delay, sim_time_to_seconds(event->at - due));
        count_missed(row, unix_seconds(all, due));
    }
    note_run(row, event, scheduled, due);
    row->jobs++;
    row->under_way++;
    if (row->under_way > row->most_under_way)
        row->most_under_way = row->under_way;
}

static void job_ended(struct cronjobs *all, struct running_job *running,
                      const struct watch_event *event, const struct condition *finish)
{
    struct row *row = running->row;
    const bool complete = finish != NULL && strcmp(text_s(finish->type), "Complete") == 0;
    row->under_way--;
    row->complete += complete;
    row->failed += finish != NULL && !complete;
    if (finish != NULL)
        tally_add(&row->duration, sim_time_to_seconds(event->at - running->created));
    if (running->epoch == all->epoch && running->run < row->run_count) {
        struct cron_run *told = &row->runs[running->run];
        told->ended = event->at;
        told->outcome = complete ? RUN_COMPLETE : finish != NULL ? RUN_FAILED : RUN_DELETED;
    }
    table_remove(&all->running, &running->node);
    pool_give(&all->running_pool, running);
}

static void job_changed(struct cronjobs *all, const struct watch_event *event)
{
    if (event->type == WATCH_ADDED)
        job_added(all, event);
    struct running_job *running = running_find(all, meta_of(event->object)->uid);
    const struct condition *finish = running != NULL ? job_finish(job_of(event->object)) : NULL;
    if (running != NULL && (finish != NULL || event->type == WATCH_DELETED))
        job_ended(all, running, event, finish);
}

static void notice(void *self, const struct watch_event *event)
{
    if (event->object->kind == KIND_JOB)
        job_changed(self, event);
    else
        cronjob_changed(self, event);
}

/* ---- the metric ---- */

static void *start(struct cluster *cluster)
{
    struct cronjobs *all = mem_new(sizeof *all);
    all->cluster = cluster;
    measured_init(&all->rows);
    table_init(&all->running);
    pool_init(&all->running_pool, sizeof(struct running_job));
    store_watch_kinds(cluster->store, (struct watcher){ .self = all, .deliver = notice },
                      UINT64_C(1) << KIND_CRONJOB | UINT64_C(1) << KIND_JOB);
    return all;
}

static struct value *text_print(const struct text *text)
{
    return text != NULL ? value_new_string(text->s) : value_new_null();
}

static struct value *runs_print(const struct row *row)
{
    static const char *const outcomes[] = { "under way", "complete", "failed", "deleted" };
    struct value *list = value_new_list();
    for (size_t i = 0; i < row->run_count; i++) {
        const struct cron_run *run = &row->runs[i];
        const bool is_known = run->due != SIM_FOREVER;
        struct value *map = value_new_map();
        value_set(map, "scheduled", text_print(run->scheduled));
        value_set(map, "scheduledSeconds", seconds_print(run->due));
        value_set(map, "startDelaySeconds",
                  is_known ? seconds_print(run->created - run->due) : value_new_null());
        value_set(map, "createdSeconds", seconds_print(run->created));
        value_set(map, "endSeconds", seconds_print(run->ended));
        value_set(map, "outcome", value_new_string(outcomes[run->outcome]));
        value_add(list, map);
    }
    return list;
}

/* A Job of the last second may still be on its way. */
static struct value *row_print(const struct cronjobs *all, struct row *row)
{
    struct value *map = value_new_map();
    const int64_t now = unix_seconds(all, run_now(all->cluster->run));
    value_set(map, "kind", value_new_string("CronJob"));
    measured_print(&row->of, map);
    value_set(map, "suspended", value_new_bool(row->suspended && !row->of.deleted));
    value_set(map, "schedule", text_print(row->schedule));
    value_set(map, "timeZone", text_print(row->zone));
    value_set(map, "jobs", value_new_int(row->jobs));
    value_set(map, "complete", value_new_int(row->complete));
    value_set(map, "failed", value_new_int(row->failed));
    value_set(map, "underWay", value_new_int(row->under_way));
    value_set(map, "maxUnderWay", value_new_int(row->most_under_way));
    value_set(map, "missed", value_new_int(row->missed + count_starts(row, now)));
    value_set(map, "startDelay", tally_print(&row->delay));
    value_set(map, "duration", tally_print(&row->duration));
    value_set(map, "runs", runs_print(row));
    return map;
}

static struct value *summary(void *state, sim_time now)
{
    struct cronjobs *all = state;
    struct value *list = value_new_list();
    (void)now;
    for (struct measured *of = all->rows.first; of != NULL; of = of->next)
        value_add(list, row_print(all, (struct row *)of));
    return list;
}

static void forget_runs(struct row *row)
{
    for (size_t i = 0; i < row->run_count; i++)
        text_drop(row->runs[i].scheduled);
    row->run_count = 0;
}

/* Jobs under way count when they end; they are not among the runs that are told. */
static void restart(void *state, sim_time now)
{
    struct cronjobs *all = state;
    all->epoch++;
    for (struct measured *of = all->rows.first; of != NULL; of = of->next) {
        struct row *row = (struct row *)of;
        forget_runs(row);
        tally_close(&row->delay);
        tally_close(&row->duration);
        tally_init(&row->delay, TALLY_CRONJOB);
        tally_init(&row->duration, TALLY_CRONJOB);
        count_missed(row, unix_seconds(all, now));
        row->missed = row->jobs = row->complete = row->failed = 0;
        row->most_under_way = row->under_way;
    }
}

static void row_free(struct measured *of)
{
    struct row *row = (struct row *)of;
    text_drop(row->schedule);
    text_drop(row->zone);
    cron_schedule_free(row->read);
    tally_close(&row->delay);
    tally_close(&row->duration);
    forget_runs(row);
    free(row->runs);
    free(row);
}

static void stop(void *state)
{
    struct cronjobs *all = state;
    measured_close(&all->rows, row_free);
    table_close(&all->running);
    pool_close(&all->running_pool);
    free(all);
}

const struct metric cronjobs_metric = {
    .name = "cronJobs",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
};
