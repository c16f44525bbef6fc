/* What becomes of a pod that found no node.
 *
 * Follows handleSchedulingFailure and updatePod in pkg/scheduler/schedule_one.go of the release named
 * in docs/fidelity.md. */
#include <stdlib.h>

#include "models/scheduler/scheduler_private.h"

enum { NOTE_LIMIT = 1024 }; /* bytes of an event's note */

void attempt_failure_close(struct attempt_failure *failure)
{
    free(failure->message);
    text_drop(failure->node);
    for (size_t i = 0; i < failure->victim_count; i++)
        object_drop(&failure->victims[i]->meta.object);
    free(failure->victims);
    *failure = (struct attempt_failure){ 0 };
}

void scheduler_report(struct scheduler *scheduler, const struct pod *pod,
                      const struct attempt_failure *failure)
{
    const char *message = failure->message;
    if (strcmp(failure->reason, "SchedulerError") == 0)
        scheduler->attempts.error++;
    else
        scheduler->attempts.unschedulable++;
    if (strlen(message) <= NOTE_LIMIT)
        client_event(&scheduler->client, &pod->meta.object, true, "FailedScheduling", "%s",
                     message);
    else
        client_event(&scheduler->client, &pod->meta.object, true, "FailedScheduling", "%.*s ...",
                     NOTE_LIMIT - 4, message);
}

struct status_patch {
    struct scheduler *scheduler;
    const struct attempt_failure *failure;
};

static bool patch_status(struct object *object, void *context)
{
    const struct status_patch *patch = context;
    const struct attempt_failure *failure = patch->failure;
    struct pod *pod = (struct pod *)object;
    bool changed =
        pod_set_condition(pod, patch->scheduler->cluster->run->texts, POD_SCHEDULED, false,
                          failure->reason, failure->message, patch->scheduler->client.now);
    if (failure->nomination == NOMINATION_UNCHANGED || pod_nominated_node(pod) == failure->node)
        return changed;
    pod_set_nominated_node(pod, text_hold(failure->node));
    return true;
}

/* Does the condition say so already? */
static bool says_so(const struct pod *pod, const struct attempt_failure *failure)
{
    return (pod->conditions_present >> POD_SCHEDULED & 1) &&
           !pod_condition_is_true(pod, POD_SCHEDULED) &&
           strcmp(pod_condition_reason(pod, POD_SCHEDULED), failure->reason) == 0 &&
           strcmp(pod_condition_message(pod, POD_SCHEDULED), failure->message) == 0;
}

void scheduler_patch_status(struct scheduler *scheduler, const struct pod *pod,
                            const struct attempt_failure *failure)
{
    const bool nominates =
        failure->nomination != NOMINATION_UNCHANGED && pod_nominated_node(pod) != failure->node;
    const bool same = says_so(pod, failure);
    struct status_patch patch = { scheduler, failure };
    if (same && !nominates)
        return;
    scheduler_tell(scheduler,
                   (struct scheduler_call){ .verb = "patchStatus",
                                            .pod = pod,
                                            .nomination = nominates ? failure->nomination
                                                                    : NOMINATION_UNCHANGED,
                                            .nominated = failure->node,
                                            .condition = same ? NULL : "PodScheduled",
                                            .reason = failure->reason });
    client_patch(&scheduler->client, object_key(&pod->meta.object), patch_status, &patch, NULL);
}

sim_time scheduler_fail(struct scheduler *scheduler, struct waiting_pod *waiting,
                        const struct attempt_failure *failure)
{
    const struct pod *pod = pod_of(object_hold(&waiting->pod->meta.object));
    const struct pod *present = pod_of(
        client_get(&scheduler->client, KIND_POD, pod->meta.object.space, pod->meta.object.name));
    const bool waits = present != NULL && present->node_name == NULL;
    const struct cause cause = waiting->cause;
    if (failure->victim_count > 0 && waits)
        nominator_begin_preemption(scheduler->nominator, pod->meta.uid);
    if (waits)
        scheduling_queue_fail(scheduler->queue, waiting, failure->rejected);
    else
        scheduling_queue_done(scheduler->queue, waiting);
    if (waits)
        nominator_add(scheduler->nominator, present, failure->nomination, failure->node);
    scheduler_report(scheduler, pod, failure);
    if (waits)
        scheduler_patch_status(scheduler, present, failure);
    const sim_time written = scheduler->client.now;
    if (failure->victim_count > 0)
        scheduler_preempt(scheduler, pod, cause, failure);
    object_drop(&pod->meta.object);
    return written;
}
