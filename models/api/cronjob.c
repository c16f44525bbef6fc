/* The CronJob record. */
#include "models/api/cronjob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "sim/base/memory.h"

/* ---- active Jobs ---- */

static struct active_jobs *active_jobs_new(size_t count)
{
    struct active_jobs *jobs = mem_new(sizeof *jobs + count * sizeof jobs->items[0]);
    jobs->refs = 1;
    return jobs;
}

static const struct active_jobs *active_jobs_hold(const struct active_jobs *jobs)
{
    if (jobs != NULL)
        ((struct active_jobs *)jobs)->refs++;
    return jobs;
}

static void active_jobs_drop(const struct active_jobs *shared)
{
    struct active_jobs *jobs = (struct active_jobs *)shared;
    if (jobs == NULL || --jobs->refs > 0)
        return;
    for (uint32_t i = 0; i < jobs->count; i++)
        text_drop(jobs->items[i].name);
    free(jobs);
}

/* Takes the reference of the name. */
static void append(struct active_jobs *jobs, struct active_job job)
{
    jobs->items[jobs->count++] = job;
}

/* A changeable copy without one Job and with room for one more. */
static struct active_jobs *copy_without(const struct active_jobs *from, struct uid uid)
{
    const uint32_t count = from != NULL ? from->count : 0;
    struct active_jobs *copy = active_jobs_new(count + 1);
    for (uint32_t i = 0; i < count; i++)
        if (!uid_equal(from->items[i].uid, uid))
            append(copy, (struct active_job){ from->items[i].uid, text_hold(from->items[i].name),
                                              from->items[i].version });
    return copy;
}

static void replace_active(struct cronjob *cronjob, struct active_jobs *jobs)
{
    active_jobs_drop(cronjob->active);
    cronjob->active = jobs;
    if (jobs->count > 0)
        return;
    active_jobs_drop(jobs);
    cronjob->active = NULL;
}

bool active_jobs_have(const struct active_jobs *jobs, struct uid uid)
{
    for (uint32_t i = 0; jobs != NULL && i < jobs->count; i++)
        if (uid_equal(jobs->items[i].uid, uid))
            return true;
    return false;
}

bool active_jobs_name(const struct active_jobs *jobs, const struct text *name)
{
    for (uint32_t i = 0; jobs != NULL && i < jobs->count; i++)
        if (jobs->items[i].name == name)
            return true;
    return false;
}

void cronjob_add_active(struct cronjob *cronjob, const struct object *job)
{
    struct active_jobs *jobs = copy_without(cronjob->active, meta_of(job)->uid);
    append(jobs, (struct active_job){ meta_of(job)->uid, text_hold(job->name), job->version });
    replace_active(cronjob, jobs);
}

void cronjob_remove_active(struct cronjob *cronjob, struct uid uid)
{
    if (active_jobs_have(cronjob->active, uid))
        replace_active(cronjob, copy_without(cronjob->active, uid));
}

static const struct active_jobs *active_load(const struct codec *codec, const struct value *list)
{
    if (list == NULL || list->type != VALUE_LIST || list->count == 0)
        return NULL;
    struct active_jobs *jobs = active_jobs_new(list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct value *item = list->items[i];
        append(jobs, (struct active_job){
                         uid_from_text(value_text(value_get(item, "uid"), "")),
                         intern_value(codec, value_get(item, "name")),
                         strtoull(value_text(value_get(item, "resourceVersion"), "0"), NULL, 10) });
    }
    return jobs;
}

static struct value *active_print(const struct cronjob *cronjob)
{
    struct value *list = value_new_list();
    for (uint32_t i = 0; i < cronjob->active->count; i++) {
        const struct active_job *job = &cronjob->active->items[i];
        struct value *item = value_new_map();
        char uid[UID_TEXT], version[24];
        snprintf(version, sizeof version, "%llu", (unsigned long long)job->version);
        value_set(item, "kind", value_new_string("Job"));
        value_set(item, "namespace", text_value(cronjob->meta.object.space));
        value_set(item, "name", text_value(job->name));
        value_set(item, "uid", value_new_string(uid_print(job->uid, uid)));
        value_set(item, "apiVersion", value_new_string("batch/v1"));
        value_set(item, "resourceVersion", value_new_string(version));
        value_add(list, item);
    }
    return list;
}

/* ---- the record ---- */

static void cronjob_hold(struct object *copy)
{
    struct cronjob *cronjob = (struct cronjob *)copy;
    meta_hold(&cronjob->meta);
    text_hold(cronjob->schedule);
    text_hold(cronjob->time_zone);
    active_jobs_hold(cronjob->active);
}

static void cronjob_close(struct object *object)
{
    struct cronjob *cronjob = (struct cronjob *)object;
    meta_close(&cronjob->meta);
    text_drop(cronjob->schedule);
    text_drop(cronjob->time_zone);
    active_jobs_drop(cronjob->active);
}

const struct object_kind cronjob_kind = {
    .name = "cronjob",
    .size = sizeof(struct cronjob),
    .hold = cronjob_hold,
    .close = cronjob_close,
};

bool cronjob_spec_changed(const struct object *before, const struct object *after)
{
    const struct cronjob *old = cronjob_of(before), *new = cronjob_of(after);
    return old->schedule != new->schedule || old->time_zone != new->time_zone ||
           old->starting_deadline_seconds != new->starting_deadline_seconds ||
           old->successful_jobs_history_limit != new->successful_jobs_history_limit ||
           old->failed_jobs_history_limit != new->failed_jobs_history_limit ||
           old->concurrency_policy != new->concurrency_policy || old->suspend != new->suspend ||
           document_spec_changed(before, after);
}

void cronjob_take_status(struct object *into, const struct object *from)
{
    struct cronjob *cronjob = (struct cronjob *)into;
    const struct cronjob *other = cronjob_of(from);
    const struct active_jobs *active = active_jobs_hold(other->active);
    active_jobs_drop(cronjob->active);
    cronjob->active = active;
    cronjob->scheduled = other->scheduled;
    cronjob->succeeded = other->succeeded;
    cronjob->last_schedule_time = other->last_schedule_time;
    cronjob->last_successful_time = other->last_successful_time;
    document_take_status(into, from);
}

const struct value *cronjob_job_template(const struct cronjob *cronjob)
{
    return value_path(cronjob->meta.document, "spec", "jobTemplate", NULL);
}

/* ---- loading ---- */

static const char *const policies[] = { "Allow", "Forbid", "Replace" };

static enum concurrency_policy policy_of(const char *text)
{
    for (int i = CONCURRENCY_FORBID; i <= CONCURRENCY_REPLACE; i++)
        if (strcmp(text, policies[i]) == 0)
            return (enum concurrency_policy)i;
    return CONCURRENCY_ALLOW;
}

static void load_spec(const struct codec *codec, struct cronjob *cronjob, const struct value *spec)
{
    cronjob->schedule = intern_value(codec, value_get(spec, "schedule"));
    cronjob->time_zone = intern_value(codec, value_get(spec, "timeZone"));
    cronjob->starting_deadline_seconds = value_int(value_get(spec, "startingDeadlineSeconds"), -1);
    cronjob->successful_jobs_history_limit =
        (int32_t)value_int(value_get(spec, "successfulJobsHistoryLimit"), -1);
    cronjob->failed_jobs_history_limit =
        (int32_t)value_int(value_get(spec, "failedJobsHistoryLimit"), -1);
    cronjob->concurrency_policy = policy_of(value_text(value_get(spec, "concurrencyPolicy"), ""));
    cronjob->suspend = value_truth(value_get(spec, "suspend"), false);
}

struct object *cronjob_load(const struct codec *codec, const struct value *tree)
{
    struct cronjob *cronjob = (struct cronjob *)record_new(codec, KIND_CRONJOB, tree);
    const struct value *status = value_get(tree, "status");
    load_spec(codec, cronjob, value_get(tree, "spec"));
    cronjob->active = active_load(codec, value_get(status, "active"));
    cronjob->scheduled =
        time_of_value(codec, value_get(status, "lastScheduleTime"), &cronjob->last_schedule_time);
    cronjob->succeeded = time_of_value(codec, value_get(status, "lastSuccessfulTime"),
                                       &cronjob->last_successful_time);
    document_cut_keys(&cronjob->meta.document, "spec",
                      (const char *const[]){ "schedule", "timeZone", "startingDeadlineSeconds",
                                             "successfulJobsHistoryLimit", "failedJobsHistoryLimit",
                                             "concurrencyPolicy", "suspend", NULL });
    document_cut(&cronjob->meta.document, "status", NULL);
    return &cronjob->meta.object;
}

/* ---- printing ---- */

static void put_unless_nil(struct value **tree, int64_t number, const char *key)
{
    if (number >= 0)
        PUT_INT(tree, number, "spec", key);
}

static void print_status(const struct codec *codec, const struct cronjob *cronjob,
                         struct value **tree)
{
    if (cronjob->active != NULL)
        value_put(tree, active_print(cronjob), "status", "active", NULL);
    if (cronjob->scheduled)
        value_put(tree, time_value(codec, cronjob->last_schedule_time), "status",
                  "lastScheduleTime", NULL);
    if (cronjob->succeeded)
        value_put(tree, time_value(codec, cronjob->last_successful_time), "status",
                  "lastSuccessfulTime", NULL);
}

struct value *cronjob_print(const struct codec *codec, const struct object *object)
{
    const struct cronjob *cronjob = cronjob_of(object);
    struct value *tree = record_print_begin(codec, object);
    value_put(&tree, text_value(cronjob->schedule), "spec", "schedule", NULL);
    PUT_TEXT(&tree, cronjob->time_zone, "spec", "timeZone");
    put_unless_nil(&tree, cronjob->starting_deadline_seconds, "startingDeadlineSeconds");
    value_put(&tree, value_new_string(policies[cronjob->concurrency_policy]), "spec",
              "concurrencyPolicy", NULL);
    value_put(&tree, value_new_bool(cronjob->suspend), "spec", "suspend", NULL);
    put_unless_nil(&tree, cronjob->successful_jobs_history_limit, "successfulJobsHistoryLimit");
    put_unless_nil(&tree, cronjob->failed_jobs_history_limit, "failedJobsHistoryLimit");
    print_status(codec, cronjob, &tree);
    return record_print_end(tree);
}
