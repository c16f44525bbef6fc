/* The status of a Deployment: counts, conditions, and whether its rollout makes progress.
 *
 * Follows pkg/controller/deployment/progress.go and sync.go (calculateStatus, checkPausedConditions)
 * of kube-controller-manager, in the release named in docs/fidelity.md. */
#include "models/controllers/deployment_private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

/* ---- conditions ---- */

static sim_time whole_seconds(sim_time time)
{
    return time - time % SIM_SECOND;
}

struct condition rollout_condition(const struct rollout *rollout, const char *type,
                                   enum condition_status status, const char *reason,
                                   const char *format, ...)
{
    char *message;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&message, format, arguments) < 0)
        abort();
    va_end(arguments);
    struct texts *texts = rollout_texts(rollout);
    const sim_time now = whole_seconds(rollout->client->now);
    const struct condition condition = { .type = text_intern(texts, type),
                                         .reason = text_intern(texts, reason),
                                         .message = text_intern(texts, message),
                                         .status = status,
                                         .transition = now,
                                         .update = now };
    free(message);
    return condition;
}

static void condition_close(struct condition *condition)
{
    text_drop(condition->type);
    text_drop(condition->reason);
    text_drop(condition->message);
}

static void remove_condition(struct deployment *deployment, const char *type)
{
    const struct conditions *before = deployment->conditions;
    deployment->conditions = conditions_without(before, type);
    conditions_drop(before);
}

void deployment_set_condition(struct deployment *deployment, struct condition condition)
{
    const struct condition *present =
        conditions_find(deployment->conditions, text_s(condition.type));
    if (present != NULL && present->status == condition.status &&
        present->reason == condition.reason) {
        condition_close(&condition);
        return;
    }
    if (present != NULL && present->status == condition.status)
        condition.transition = present->transition;
    remove_condition(deployment, text_s(condition.type));
    const struct conditions *before = deployment->conditions;
    deployment->conditions = conditions_with(before, condition);
    conditions_drop(before);
}

/* ---- writing ---- */

static bool write_status(struct rollout *rollout, struct deployment *status)
{
    struct error error = { 0 };
    const enum reply reply = client_update_status(rollout->client, &status->meta.object, &error);
    error_close(&error);
    return reply == REPLY_OK;
}

bool rollout_write_copy(struct rollout *rollout)
{
    return write_status(rollout,
                        (struct deployment *)client_edit(&rollout->deployment->meta.object));
}

bool rollout_note_pause(struct rollout *rollout)
{
    struct deployment *deployment = rollout->deployment;
    const struct condition *progressing = conditions_find(deployment->conditions, "Progressing");
    const char *reason = progressing ? text_s(progressing->reason) : "";
    if (!deployment_has_deadline(deployment) || strcmp(reason, "ProgressDeadlineExceeded") == 0)
        return true;
    const bool noted = strcmp(reason, "DeploymentPaused") == 0;
    if (deployment->paused == noted)
        return true;
    deployment_set_condition(deployment,
                             deployment->paused
                                 ? rollout_condition(rollout, "Progressing", CONDITION_UNKNOWN,
                                                     "DeploymentPaused", "Deployment is paused")
                                 : rollout_condition(rollout, "Progressing", CONDITION_UNKNOWN,
                                                     "DeploymentResumed", "Deployment is resumed"));
    return rollout_write_copy(rollout);
}

/* ---- counting ---- */

/* -1 when one that the ReplicaSet controller has looked at does not say. */
static void add_terminating(const struct replicaset *set, int32_t *sum)
{
    if (set->terminating_replicas < 0 && set->observed_generation == 0)
        return;
    *sum = *sum < 0 || set->terminating_replicas < 0 ? -1 : *sum + set->terminating_replicas;
}

static void add_set(const struct replicaset *set, struct deployment *status)
{
    status->status_replicas += set->status_replicas;
    status->ready_replicas += set->ready_replicas;
    status->available_replicas += set->available_replicas;
    status->unavailable_replicas += set->replicas - set->available_replicas;
    add_terminating(set, &status->terminating_replicas);
}

static void count_replicas(const struct rollout *rollout, struct deployment *status)
{
    const struct replicaset *new_set = rollout->new_set;
    status->observed_generation = status->meta.generation;
    status->status_replicas = status->ready_replicas = status->available_replicas = 0;
    status->unavailable_replicas = status->terminating_replicas = 0;
    for (size_t i = 0; i < rollout->old.count; i++)
        add_set(rollout->old.items[i], status);
    if (new_set != NULL)
        add_set(new_set, status);
    status->updated_replicas = new_set ? new_set->status_replicas : 0;
    if (status->unavailable_replicas < 0)
        status->unavailable_replicas = 0; /* more are available than are wanted: scaling down */
}

/* Our copy with a status as of now; release it, or hand it to write_status(). */
static struct deployment *count_status(const struct rollout *rollout)
{
    struct deployment *status = (struct deployment *)client_edit(&rollout->deployment->meta.object);
    count_replicas(rollout, status);
    const int32_t most_missing = deployment_fenceposts(status).unavailable;
    if (status->available_replicas >= status->replicas - most_missing)
        deployment_set_condition(status, rollout_condition(rollout, "Available", CONDITION_TRUE,
                                                           "MinimumReplicasAvailable",
                                                           "Deployment has minimum availability."));
    else
        deployment_set_condition(
            status,
            rollout_condition(rollout, "Available", CONDITION_FALSE, "MinimumReplicasUnavailable",
                              "Deployment does not have minimum availability."));
    return status;
}

static bool status_is_same(const struct deployment *a, const struct deployment *b)
{
    return a->observed_generation == b->observed_generation &&
           a->status_replicas == b->status_replicas && a->updated_replicas == b->updated_replicas &&
           a->ready_replicas == b->ready_replicas &&
           a->available_replicas == b->available_replicas &&
           a->unavailable_replicas == b->unavailable_replicas &&
           a->terminating_replicas == b->terminating_replicas &&
           a->collision_count == b->collision_count &&
           conditions_equal(a->conditions, b->conditions);
}

bool rollout_write_status(struct rollout *rollout)
{
    struct deployment *status = count_status(rollout);
    if (!status_is_same(rollout->deployment, status))
        return write_status(rollout, status);
    object_drop(&status->meta.object);
    return true;
}

/* ---- progress ---- */

bool deployment_has_deadline(const struct deployment *deployment)
{
    return deployment->progress_deadline_seconds != INT32_MAX;
}

bool deployment_is_complete(const struct deployment *deployment, const struct deployment *status)
{
    return status->updated_replicas == deployment->replicas &&
           status->status_replicas == deployment->replicas &&
           status->available_replicas == deployment->replicas &&
           status->observed_generation >= deployment->meta.generation;
}

static bool has_progressed(const struct deployment *before, const struct deployment *status)
{
    const int32_t old_before = before->status_replicas - before->updated_replicas;
    const int32_t old_now = status->status_replicas - status->updated_replicas;
    return status->updated_replicas > before->updated_replicas || old_now < old_before ||
           status->ready_replicas > before->ready_replicas ||
           status->available_replicas > before->available_replicas;
}

/* The instant after which no progress since `progressing` is too little. */
static sim_time deadline_of(const struct deployment *deployment,
                            const struct condition *progressing)
{
    return progressing->update + deployment->progress_deadline_seconds * SIM_SECOND;
}

static bool has_timed_out(const struct rollout *rollout, const struct deployment *status)
{
    const struct condition *progressing = conditions_find(status->conditions, "Progressing");
    if (progressing == NULL || strcmp(text_s(progressing->reason), "NewReplicaSetAvailable") == 0)
        return false;
    return strcmp(text_s(progressing->reason), "ProgressDeadlineExceeded") == 0 ||
           deadline_of(status, progressing) < rollout->client->now;
}

/* 'ReplicaSet "web-1"', or before there is one 'Deployment "web"'. The caller frees. */
static char *who_progresses(const struct rollout *rollout)
{
    return rollout->new_set ? mem_format("ReplicaSet \"%s\"", name_of(rollout->new_set))
                            : mem_format("Deployment \"%s\"", name_of(rollout->deployment));
}

/* Every sign of progress renews lastUpdateTime, from which the deadline counts, though status
 * and reason stay. */
static void renew_progress(const struct rollout *rollout, struct deployment *status,
                           const char *who)
{
    struct condition condition = rollout_condition(rollout, "Progressing", CONDITION_TRUE,
                                                   "ReplicaSetUpdated", "%s is progressing.", who);
    const struct condition *present = conditions_find(status->conditions, "Progressing");
    if (present != NULL && present->status == CONDITION_TRUE)
        condition.transition = present->transition;
    remove_condition(status, "Progressing");
    deployment_set_condition(status, condition);
}

static void judge_progress(const struct rollout *rollout, struct deployment *status)
{
    const struct deployment *before = rollout->deployment;
    char *who = who_progresses(rollout);
    if (deployment_is_complete(before, status))
        deployment_set_condition(status, rollout_condition(rollout, "Progressing", CONDITION_TRUE,
                                                           "NewReplicaSetAvailable",
                                                           "%s has successfully progressed.", who));
    else if (has_progressed(before, status))
        renew_progress(rollout, status, who);
    else if (has_timed_out(rollout, status))
        deployment_set_condition(status, rollout_condition(rollout, "Progressing", CONDITION_FALSE,
                                                           "ProgressDeadlineExceeded",
                                                           "%s has timed out progressing.", who));
    free(who);
}

/* The rollout has ended before, and this is a mere recount. */
static bool was_complete(const struct deployment *before, const struct deployment *status)
{
    const struct condition *progressing = conditions_find(before->conditions, "Progressing");
    return status->status_replicas == status->updated_replicas && progressing != NULL &&
           strcmp(text_s(progressing->reason), "NewReplicaSetAvailable") == 0;
}

/* The failure of the new ReplicaSet, otherwise of the oldest that has one. */
static const struct condition *find_failure(const struct rollout *rollout)
{
    const struct condition *failure = NULL;
    if (rollout->new_set != NULL)
        failure = conditions_find(rollout->new_set->conditions, "ReplicaFailure");
    for (size_t i = 0; failure == NULL && i < rollout->old.count; i++)
        failure = conditions_find(rollout->old.items[i]->conditions, "ReplicaFailure");
    return failure;
}

static void copy_failure(const struct rollout *rollout, struct deployment *status)
{
    const struct condition *failure = find_failure(rollout);
    if (failure == NULL) {
        remove_condition(status, "ReplicaFailure");
        return;
    }
    struct condition copy = *failure;
    text_hold(copy.type);
    text_hold(copy.reason);
    text_hold(copy.message);
    copy.update = copy.transition;
    deployment_set_condition(status, copy);
}

/* Nothing may happen before the deadline is over: come back then. Kubernetes adds a second against
 * skewed clocks, unless less than one is left; then it looks again and again. */
static void requeue_for_deadline(struct rollout *rollout)
{
    const struct deployment *deployment = rollout->deployment;
    const struct condition *progressing = conditions_find(deployment->conditions, "Progressing");
    if (!deployment_has_deadline(deployment) || progressing == NULL ||
        deployment_is_complete(deployment, deployment) || was_complete(deployment, deployment) ||
        strcmp(text_s(progressing->reason), "ProgressDeadlineExceeded") == 0)
        return;
    const sim_time left = deadline_of(deployment, progressing) - rollout->client->now;
    const sim_time margin = left < SIM_SECOND ? SIM_NANOSECOND : SIM_SECOND;
    if (left + margin > 0)
        controller_requeue_after(rollout->client, object_key(&deployment->meta.object),
                                 left + margin);
}

bool rollout_write_progress(struct rollout *rollout)
{
    struct deployment *status = count_status(rollout);
    if (!deployment_has_deadline(status))
        remove_condition(status, "Progressing");
    else if (!was_complete(rollout->deployment, status))
        judge_progress(rollout, status);
    copy_failure(rollout, status);
    if (!status_is_same(rollout->deployment, status))
        return write_status(rollout, status);
    object_drop(&status->meta.object);
    requeue_for_deadline(rollout);
    return true;
}
