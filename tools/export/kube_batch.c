/* Jobs, CronJobs, HorizontalPodAutoscalers and PodDisruptionBudgets, as kube-state-metrics names
 * them (docs/metrics/workload, docs/metrics/policy). */
#include <string.h>

#include "models/api/autoscaler.h"
#include "models/api/cronjob.h"
#include "models/api/job.h"
#include "models/api/policy.h"
#include "tools/export/family.h"

#define OF_JOB        "namespace", "job_name"
#define OF_CRONJOB    "namespace", "cronjob"
#define OF_AUTOSCALER "namespace", "horizontalpodautoscaler"
#define OF_BUDGET     "namespace", "poddisruptionbudget"

/* ---- Jobs ---- */

static void one(struct collector *to, const void *record)
{
    (void)record;
    tell(to, 1);
}

static void completions(struct collector *to, const void *record)
{
    const struct job *job = record;
    if (job->completions >= 0)
        tell(to, job->completions);
}

static void deadline(struct collector *to, const void *record)
{
    const struct job *job = record;
    if (job->active_deadline_seconds >= 0)
        tell(to, (double)job->active_deadline_seconds);
}

/* Of a Job that has failed for a reason the number of its pods stands under that reason. */
static void failed_pods(struct collector *to, const void *record)
{
    static const char *const reasons[] = { "BackoffLimitExceeded", "DeadlineExceeded", "Evicted" };
    const struct job *job = record;
    const struct condition *failed = conditions_find(job->conditions, "Failed");
    if (job->failed == 0 || failed == NULL || failed->status != CONDITION_TRUE) {
        TELL(to, job->failed, NULL);
        return;
    }
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        TELL(to, strcmp(text_s(failed->reason), reasons[i]) == 0, reasons[i]);
}

static void finish(struct collector *to, const void *record, const char *type)
{
    const struct condition *condition =
        conditions_find(((const struct job *)record)->conditions, type);
    if (condition == NULL)
        return;
    TELL(to, condition->status == CONDITION_TRUE, "true");
    TELL(to, condition->status == CONDITION_FALSE, "false");
    TELL(to, condition->status == CONDITION_UNKNOWN, "unknown");
}

static void complete(struct collector *to, const void *record)
{
    finish(to, record, "Complete");
}

static void failed(struct collector *to, const void *record)
{
    finish(to, record, "Failed");
}

static void suspended(struct collector *to, const void *record)
{
    finish(to, record, "Suspended");
}

static void job_start(struct collector *to, const void *record)
{
    const struct job *job = record;
    if (job->started)
        tell_time(to, job->start_time);
}

static void job_completion(struct collector *to, const void *record)
{
    const struct job *job = record;
    if (job->completed)
        tell_time(to, job->completion_time);
}

const struct family kube_job_families[] = {
    { "kube_job_info", "Information about a Job.", .labels = { OF_JOB }, .collect = one },
    { "kube_job_owner", "Who owns a Job.",
      .labels = { OF_JOB, "owner_kind", "owner_name", "owner_is_controller" },
      .collect = tell_owners },
    { "kube_job_created", "When a Job was created, in Unix time.", .labels = { OF_JOB },
      .collect = tell_created, .is_time = true },
    { "kube_job_spec_parallelism", "Pods that may run at one time.", .labels = { OF_JOB },
      MEMBER(FROM_INT32, struct job, parallelism) },
    { "kube_job_spec_completions", "Pods that are to succeed.", .labels = { OF_JOB },
      .collect = completions },
    { "kube_job_spec_active_deadline_seconds", "How long a Job may take.", .labels = { OF_JOB },
      .collect = deadline },
    { "kube_job_status_active", "Pods that have not ended.", .labels = { OF_JOB },
      MEMBER(FROM_INT32, struct job, active) },
    { "kube_job_status_succeeded", "Pods that succeeded.", .labels = { OF_JOB },
      MEMBER(FROM_INT32, struct job, succeeded) },
    { "kube_job_status_failed", "Pods that failed, and why the Job did.",
      .labels = { OF_JOB, "reason" }, .collect = failed_pods },
    { "kube_job_status_start_time", "When a Job started, in Unix time.", .labels = { OF_JOB },
      .collect = job_start, .is_time = true },
    { "kube_job_status_completion_time", "When a Job was complete, in Unix time.",
      .labels = { OF_JOB }, .collect = job_completion, .is_time = true },
    { "kube_job_complete", "Whether a Job is complete.", .labels = { OF_JOB, "condition" },
      .collect = complete },
    { "kube_job_failed", "Whether a Job has failed.", .labels = { OF_JOB, "condition" },
      .collect = failed },
    { "kube_job_status_suspended", "Whether a Job is suspended.", .labels = { OF_JOB, "condition" },
      .collect = suspended },
    { 0 },
};

/* ---- CronJobs ---- */

static void cronjob_info(struct collector *to, const void *record)
{
    static const char *const policies[] = { "Allow", "Forbid", "Replace" };
    const struct cronjob *cronjob = record;
    TELL(to, 1, text_s(cronjob->schedule), policies[cronjob->concurrency_policy],
         cronjob->time_zone != NULL ? text_s(cronjob->time_zone) : "local");
}

static void cronjob_active(struct collector *to, const void *record)
{
    const struct active_jobs *active = ((const struct cronjob *)record)->active;
    tell(to, active != NULL ? active->count : 0);
}

static void last_schedule(struct collector *to, const void *record)
{
    const struct cronjob *cronjob = record;
    if (cronjob->scheduled)
        tell_time(to, cronjob->last_schedule_time);
}

static void last_success(struct collector *to, const void *record)
{
    const struct cronjob *cronjob = record;
    if (cronjob->succeeded)
        tell_time(to, cronjob->last_successful_time);
}

static void starting_deadline(struct collector *to, const void *record)
{
    const struct cronjob *cronjob = record;
    if (cronjob->starting_deadline_seconds >= 0)
        tell(to, (double)cronjob->starting_deadline_seconds);
}

const struct family kube_cronjob_families[] = {
    { "kube_cronjob_info", "Information about a CronJob.",
      .labels = { OF_CRONJOB, "schedule", "concurrency_policy", "timezone" },
      .collect = cronjob_info },
    { "kube_cronjob_created", "When a CronJob was created, in Unix time.", .labels = { OF_CRONJOB },
      .collect = tell_created, .is_time = true },
    { "kube_cronjob_spec_suspend", "Whether a CronJob is suspended.", .labels = { OF_CRONJOB },
      MEMBER(FROM_BOOL, struct cronjob, suspend) },
    { "kube_cronjob_spec_starting_deadline_seconds", "How late a Job may start.",
      .labels = { OF_CRONJOB }, .collect = starting_deadline },
    { "kube_cronjob_spec_successful_job_history_limit", "Finished Jobs that are kept.",
      .labels = { OF_CRONJOB }, MEMBER(FROM_INT32, struct cronjob, successful_jobs_history_limit) },
    { "kube_cronjob_spec_failed_job_history_limit", "Failed Jobs that are kept.",
      .labels = { OF_CRONJOB }, MEMBER(FROM_INT32, struct cronjob, failed_jobs_history_limit) },
    { "kube_cronjob_status_active", "Jobs that have not ended.", .labels = { OF_CRONJOB },
      .collect = cronjob_active },
    { "kube_cronjob_status_last_schedule_time", "When a Job was made last, in Unix time.",
      .labels = { OF_CRONJOB }, .collect = last_schedule, .is_time = true },
    { "kube_cronjob_status_last_successful_time", "When a Job succeeded last, in Unix time.",
      .labels = { OF_CRONJOB }, .collect = last_success, .is_time = true },
    { 0 },
};

/* ---- HorizontalPodAutoscalers ---- */

static void autoscaler_info(struct collector *to, const void *record)
{
    const struct scale_reference *target = &((const struct autoscaler *)record)->spec->target;
    TELL(to, 1, text_s(target->api_version), text_s(target->kind), text_s(target->name));
}

static void min_replicas(struct collector *to, const void *record)
{
    tell(to, ((const struct autoscaler *)record)->spec->min_replicas);
}

static void max_replicas(struct collector *to, const void *record)
{
    tell(to, ((const struct autoscaler *)record)->spec->max_replicas);
}

static void autoscaler_conditions(struct collector *to, const void *record)
{
    const struct conditions *all = ((const struct autoscaler *)record)->conditions;
    for (uint32_t i = 0; all != NULL && i < all->count; i++)
        tell_condition(to, text_s(all->items[i].type), all->items[i].status);
}

const struct family kube_autoscaler_families[] = {
    { "kube_horizontalpodautoscaler_info", "What an autoscaler scales.",
      .labels = { OF_AUTOSCALER, "scaletargetref_api_version", "scaletargetref_kind",
                  "scaletargetref_name" },
      .collect = autoscaler_info },
    { "kube_horizontalpodautoscaler_created", "When an autoscaler was created, in Unix time.",
      .labels = { OF_AUTOSCALER }, .collect = tell_created, .is_time = true },
    { "kube_horizontalpodautoscaler_metadata_generation", "The generation of what is wanted.",
      .labels = { OF_AUTOSCALER }, MEMBER(FROM_INT64, struct autoscaler, meta.generation) },
    { "kube_horizontalpodautoscaler_spec_min_replicas", "The least pods.",
      .labels = { OF_AUTOSCALER }, .collect = min_replicas },
    { "kube_horizontalpodautoscaler_spec_max_replicas", "The most pods.",
      .labels = { OF_AUTOSCALER }, .collect = max_replicas },
    { "kube_horizontalpodautoscaler_status_condition", "The conditions of an autoscaler.",
      .labels = { OF_AUTOSCALER, "condition", "status" }, .collect = autoscaler_conditions },
    { "kube_horizontalpodautoscaler_status_current_replicas", "Pods that its target has.",
      .labels = { OF_AUTOSCALER }, MEMBER(FROM_INT32, struct autoscaler, current_replicas) },
    { "kube_horizontalpodautoscaler_status_desired_replicas", "Pods that its target is to have.",
      .labels = { OF_AUTOSCALER }, MEMBER(FROM_INT32, struct autoscaler, desired_replicas) },
    { 0 },
};

/* ---- PodDisruptionBudgets ---- */

#define BUDGET_MEMBER(member) MEMBER(FROM_INT32, struct pod_disruption_budget, member)

const struct family kube_budget_families[] = {
    { "kube_poddisruptionbudget_created", "When a budget was created, in Unix time.",
      .labels = { OF_BUDGET }, .collect = tell_created, .is_time = true },
    { "kube_poddisruptionbudget_status_current_healthy", "Pods that are healthy.",
      .labels = { OF_BUDGET }, BUDGET_MEMBER(current_healthy) },
    { "kube_poddisruptionbudget_status_desired_healthy", "Pods that are to stay healthy.",
      .labels = { OF_BUDGET }, BUDGET_MEMBER(desired_healthy) },
    { "kube_poddisruptionbudget_status_pod_disruptions_allowed", "Pods that may be put out now.",
      .labels = { OF_BUDGET }, BUDGET_MEMBER(disruptions_allowed) },
    { "kube_poddisruptionbudget_status_expected_pods", "Pods that the budget is about.",
      .labels = { OF_BUDGET }, BUDGET_MEMBER(expected_pods) },
    { "kube_poddisruptionbudget_status_observed_generation",
      "The generation that the controller has seen.", .labels = { OF_BUDGET },
      MEMBER(FROM_INT64, struct pod_disruption_budget, observed_generation) },
    { 0 },
};
