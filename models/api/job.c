/* The Job record. What its pods are selected by follows generateSelector() of
 * pkg/registry/batch/job/strategy.go, of the release named in docs/fidelity.md. */
#include "models/api/job.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "sim/base/memory.h"

/* ---- uncounted pods ---- */

const struct uncounted_pods *uncounted_pods_new(const struct uid *succeeded, size_t succeeded_count,
                                                const struct uid *failed, size_t failed_count)
{
    const size_t count = succeeded_count + failed_count;
    struct uncounted_pods *pods = mem_new(sizeof *pods + count * sizeof pods->items[0]);
    pods->refs = 1;
    pods->succeeded = (uint32_t)succeeded_count;
    pods->failed = (uint32_t)failed_count;
    if (succeeded_count > 0)
        memcpy(pods->items, succeeded, succeeded_count * sizeof *succeeded);
    if (failed_count > 0)
        memcpy(pods->items + succeeded_count, failed, failed_count * sizeof *failed);
    return pods;
}

static const struct uncounted_pods *uncounted_pods_hold(const struct uncounted_pods *pods)
{
    if (pods != NULL)
        ((struct uncounted_pods *)pods)->refs++;
    return pods;
}

void uncounted_pods_drop(const struct uncounted_pods *shared)
{
    struct uncounted_pods *pods = (struct uncounted_pods *)shared;
    if (pods != NULL && --pods->refs == 0)
        free(pods);
}

static size_t count_of(const struct value *list)
{
    return list != NULL && list->type == VALUE_LIST ? list->count : 0;
}

static const struct uncounted_pods *uncounted_load(const struct value *tree)
{
    if (value_is_null(tree))
        return NULL;
    const struct value *lists[] = { value_get(tree, "succeeded"), value_get(tree, "failed") };
    const size_t succeeded = count_of(lists[0]), failed = count_of(lists[1]);
    struct uid *uids = mem_new((succeeded + failed + 1) * sizeof *uids);
    struct uid *to = uids;
    for (size_t list = 0; list < 2; list++)
        for (size_t i = 0; i < count_of(lists[list]); i++)
            *to++ = uid_from_text(value_text(lists[list]->items[i], ""));
    const struct uncounted_pods *pods =
        uncounted_pods_new(uids, succeeded, uids + succeeded, failed);
    free(uids);
    return pods;
}

static void print_uids(struct value *into, const char *key, const struct uid *uids, uint32_t count)
{
    if (count == 0)
        return;
    struct value *list = value_new_list();
    char text[UID_TEXT];
    for (uint32_t i = 0; i < count; i++)
        value_add(list, value_new_string(uid_print(uids[i], text)));
    value_set(into, key, list);
}

static struct value *uncounted_print(const struct uncounted_pods *pods)
{
    struct value *tree = value_new_map();
    print_uids(tree, "succeeded", pods->items, pods->succeeded);
    print_uids(tree, "failed", pods->items + pods->succeeded, pods->failed);
    return tree;
}

/* ---- the record ---- */

static void status_hold(const struct job *job)
{
    text_hold(job->completed_indexes);
    text_hold(job->failed_indexes);
    uncounted_pods_hold(job->uncounted);
    conditions_hold(job->conditions);
}

static void status_drop(const struct job *job)
{
    text_drop(job->completed_indexes);
    text_drop(job->failed_indexes);
    uncounted_pods_drop(job->uncounted);
    conditions_drop(job->conditions);
}

static void job_hold(struct object *copy)
{
    struct job *job = (struct job *)copy;
    meta_hold(&job->meta);
    selector_hold(job->selector);
    pod_template_hold(job->template);
    status_hold(job);
}

static void job_close(struct object *object)
{
    struct job *job = (struct job *)object;
    meta_close(&job->meta);
    selector_drop(job->selector);
    pod_template_drop(job->template);
    status_drop(job);
}

const struct object_kind job_kind = {
    .name = "job",
    .size = sizeof(struct job),
    .hold = job_hold,
    .close = job_close,
};

bool job_spec_changed(const struct object *before, const struct object *after)
{
    const struct job *old = job_of(before), *new = job_of(after);
    if (old->parallelism != new->parallelism || old->completions != new->completions ||
        old->backoff_limit != new->backoff_limit || old->suspend != new->suspend ||
        old->active_deadline_seconds != new->active_deadline_seconds ||
        old->ttl_seconds_after_finished != new->ttl_seconds_after_finished)
        return true;
    if (old->template != new->template &&
        !value_equal(old->template->document, new->template->document))
        return true;
    return document_spec_changed(before, after);
}

void job_take_status(struct object *into, const struct object *from)
{
    struct job *job = (struct job *)into;
    const struct job *other = job_of(from);
    status_hold(other);
    status_drop(job);
    job->completed_indexes = other->completed_indexes;
    job->failed_indexes = other->failed_indexes;
    job->says_failed_indexes = other->says_failed_indexes;
    job->uncounted = other->uncounted;
    job->conditions = other->conditions;
    job->active = other->active;
    job->succeeded = other->succeeded;
    job->failed = other->failed;
    job->ready = other->ready;
    job->terminating = other->terminating;
    job->started = other->started;
    job->completed = other->completed;
    job->start_time = other->start_time;
    job->completion_time = other->completion_time;
    document_take_status(into, from);
}

const struct condition *job_finish(const struct job *job)
{
    static const char *const types[] = { "Complete", "Failed" };
    for (size_t i = 0; i < 2; i++) {
        const struct condition *condition = conditions_find(job->conditions, types[i]);
        if (condition != NULL && condition->status == CONDITION_TRUE)
            return condition;
    }
    return NULL;
}

const struct value *job_failure_policy(const struct job *job)
{
    return value_path(job->meta.document, "spec", "podFailurePolicy", NULL);
}

const struct value *job_success_policy(const struct job *job)
{
    return value_path(job->meta.document, "spec", "successPolicy", NULL);
}

/* ---- the selector ---- */

#define UID_LABEL "batch.kubernetes.io/controller-uid"

static void default_label(struct value **template, const char *key, const char *text)
{
    if (value_get(value_path(*template, "metadata", "labels", NULL), key) == NULL)
        value_put(template, value_new_string(text), "metadata", "labels", key, NULL);
}

void job_select_pods(const struct codec *codec, struct job *job)
{
    char uid[UID_TEXT];
    struct error error = { 0 };
    const struct value *manual = value_path(job->meta.document, "spec", "manualSelector", NULL);
    if (value_truth(manual, false))
        return;
    uid_print(job->meta.uid, uid);
    struct value *template = value_hold(job->template->document);
    default_label(&template, "job-name", name_of(job));
    default_label(&template, "batch.kubernetes.io/job-name", name_of(job));
    default_label(&template, "controller-uid", uid);
    default_label(&template, UID_LABEL, uid);
    const struct pod_template *labelled = pod_template_relabel(codec, job->template, template);
    pod_template_drop(job->template);
    job->template = labelled;
    value_drop(template);
    if (value_path(job->meta.document, "spec", "selector", "matchLabels", UID_LABEL, NULL) == NULL)
        value_put(&job->meta.document, value_new_string(uid), "spec", "selector", "matchLabels",
                  UID_LABEL, NULL);
    selector_drop(job->selector);
    job->selector = selector_load(codec->texts,
                                  value_path(job->meta.document, "spec", "selector", NULL), &error);
    error_close(&error);
    if (job->meta.labels == NULL)
        job->meta.labels = labels_hold(job->template->labels);
}

/* ---- loading ---- */

static int32_t number(const struct value *map, const char *key, int32_t otherwise)
{
    return (int32_t)value_int(value_get(map, key), otherwise);
}

static bool says(const struct value *map, const char *key, const char *text)
{
    return strcmp(value_text(value_get(map, key), ""), text) == 0;
}

static void load_spec(const struct codec *codec, struct job *job, const struct value *spec)
{
    struct error error = { 0 };
    const char *manager = value_text(value_get(spec, "managedBy"), "");
    job->parallelism = number(spec, "parallelism", 1);
    job->completions = number(spec, "completions", -1);
    job->backoff_limit = number(spec, "backoffLimit", 6);
    job->ttl_seconds_after_finished = number(spec, "ttlSecondsAfterFinished", -1);
    job->active_deadline_seconds = value_int(value_get(spec, "activeDeadlineSeconds"), -1);
    job->suspend = value_truth(value_get(spec, "suspend"), false);
    job->template = pod_template_compile(codec, value_get(spec, "template"));
    job->backoff_limit_per_index = number(spec, "backoffLimitPerIndex", -1);
    job->max_failed_indexes = number(spec, "maxFailedIndexes", -1);
    job->indexed = says(spec, "completionMode", "Indexed");
    job->replaces_failed_only = says(spec, "podReplacementPolicy", "Failed");
    job->managed_elsewhere =
        *manager != '\0' && strcmp(manager, "kubernetes.io/job-controller") != 0;
    job->selector = selector_load(codec->texts, value_get(spec, "selector"), &error);
    error_close(&error);
}

static void load_status(const struct codec *codec, struct job *job, const struct value *status)
{
    job->active = number(status, "active", 0);
    job->succeeded = number(status, "succeeded", 0);
    job->failed = number(status, "failed", 0);
    job->ready = number(status, "ready", -1);
    job->terminating = number(status, "terminating", -1);
    job->started = time_of_value(codec, value_get(status, "startTime"), &job->start_time);
    job->completed =
        time_of_value(codec, value_get(status, "completionTime"), &job->completion_time);
    job->completed_indexes = intern_value(codec, value_get(status, "completedIndexes"));
    job->failed_indexes = intern_value(codec, value_get(status, "failedIndexes"));
    job->says_failed_indexes = value_get(status, "failedIndexes") != NULL;
    job->uncounted = uncounted_load(value_get(status, "uncountedTerminatedPods"));
    job->conditions =
        conditions_load(codec->texts, value_get(status, "conditions"), codec->epoch_seconds);
}

struct object *job_load(const struct codec *codec, const struct value *tree)
{
    struct job *job = (struct job *)record_new(codec, KIND_JOB, tree);
    load_spec(codec, job, value_get(tree, "spec"));
    load_status(codec, job, value_get(tree, "status"));
    document_cut_keys(&job->meta.document, "spec",
                      (const char *const[]){ "parallelism", "completions", "backoffLimit",
                                             "ttlSecondsAfterFinished", "activeDeadlineSeconds",
                                             "suspend", "template", NULL });
    document_cut(&job->meta.document, "status", NULL);
    return &job->meta.object;
}

/* ---- printing ---- */

static void put_unless_nil(struct value **tree, int64_t number, const char *part, const char *key)
{
    if (number >= 0)
        PUT_INT(tree, number, part, key);
}

static void print_times(const struct codec *codec, const struct job *job, struct value **tree)
{
    if (job->started)
        value_put(tree, time_value(codec, job->start_time), "status", "startTime", NULL);
    if (job->completed)
        value_put(tree, time_value(codec, job->completion_time), "status", "completionTime", NULL);
}

static void print_status(const struct codec *codec, const struct job *job, struct value **tree)
{
    PUT_INT(tree, job->active, "status", "active");
    PUT_INT(tree, job->succeeded, "status", "succeeded");
    PUT_INT(tree, job->failed, "status", "failed");
    put_unless_nil(tree, job->ready, "status", "ready");
    put_unless_nil(tree, job->terminating, "status", "terminating");
    print_times(codec, job, tree);
    PUT_TEXT(tree, job->completed_indexes, "status", "completedIndexes");
    if (job->says_failed_indexes)
        value_put(tree, text_value(job->failed_indexes), "status", "failedIndexes", NULL);
    if (job->uncounted != NULL)
        value_put(tree, uncounted_print(job->uncounted), "status", "uncountedTerminatedPods", NULL);
    if (job->conditions != NULL)
        value_put(tree, conditions_print(job->conditions, "lastProbeTime", codec->epoch_seconds),
                  "status", "conditions", NULL);
}

struct value *job_print(const struct codec *codec, const struct object *object)
{
    const struct job *job = job_of(object);
    struct value *tree = record_print_begin(codec, object);
    PUT_INT(&tree, job->parallelism, "spec", "parallelism");
    put_unless_nil(&tree, job->completions, "spec", "completions");
    put_unless_nil(&tree, job->backoff_limit, "spec", "backoffLimit");
    put_unless_nil(&tree, job->ttl_seconds_after_finished, "spec", "ttlSecondsAfterFinished");
    put_unless_nil(&tree, job->active_deadline_seconds, "spec", "activeDeadlineSeconds");
    value_put(&tree, value_new_bool(job->suspend), "spec", "suspend", NULL);
    value_put(&tree, value_hold(job->template->document), "spec", "template", NULL);
    print_status(codec, job, &tree);
    return record_print_end(tree);
}
