/* At rest every workload is what it is meant to be, and says so.
 *
 * One that is held up by pods of its own (no room, a bad image) need not be complete, but its numbers are
 * right. */
#include "models/api/daemonset.h"
#include "models/api/job.h"
#include "models/api/policy.h"
#include "models/api/statefulset.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

struct pods {
    int32_t active, ready, all;
};

static struct pods pods_of(const struct subject *subject)
{
    struct pods pods = { 0 };
    for (const struct member *member = subject->members; member; member = member->next) {
        pods.all++;
        pods.active += seen_active(member->pod);
        pods.ready += seen_active(member->pod) && pod_is_ready(member->pod);
    }
    return pods;
}

static void check_replicaset(struct inspection *inspection, const struct subject *subject,
                             const struct replicaset *set)
{
    const struct pods pods = pods_of(subject);
    if (pods.active != set->replicas || set->status_replicas != pods.active ||
        set->ready_replicas != pods.ready)
        invariant_broken(inspection,
                         "ReplicaSet %s wants %d pods, has %d, of them %d ready; it says %d and %d",
                         name_of(set), set->replicas, pods.active, pods.ready, set->status_replicas,
                         set->ready_replicas);
}

static void check_deployment(struct inspection *inspection, const struct subject *subject,
                             const struct deployment *deployment)
{
    int32_t replicas = 0, status = 0, ready = 0, available = 0;
    for (const struct subject *part = subject->parts; part != NULL; part = part->next_part) {
        const struct object *object = census_object(inspection->census, part);
        const struct replicaset *set = (const struct replicaset *)object;
        if (set == NULL)
            continue;
        replicas += set->replicas;
        status += set->status_replicas;
        ready += set->ready_replicas;
        available += set->available_replicas;
    }
    if (deployment->observed_generation != deployment->meta.generation)
        invariant_broken(inspection, "Deployment %s was not looked at", name_of(deployment));
    if (deployment->status_replicas != status || deployment->ready_replicas != ready ||
        deployment->available_replicas != available)
        invariant_broken(inspection, "Deployment %s says %d, %d and %d of %d, %d and %d",
                         name_of(deployment), deployment->status_replicas,
                         deployment->ready_replicas, deployment->available_replicas, status, ready,
                         available);
    const bool held_up = deployment->paused || available < status;
    if (!held_up &&
        (deployment->updated_replicas != deployment->replicas || replicas != deployment->replicas))
        invariant_broken(inspection, "Deployment %s is stuck: %d replicas, %d updated, wants %d",
                         name_of(deployment), replicas, deployment->updated_replicas,
                         deployment->replicas);
}

static void check_statefulset(struct inspection *inspection, const struct subject *subject,
                              const struct statefulset *set)
{
    const struct pods pods = pods_of(subject);
    if (set->observed_generation != set->meta.generation)
        invariant_broken(inspection, "StatefulSet %s was not looked at", name_of(set));
    if (set->status_replicas != pods.all || set->ready != pods.ready)
        invariant_broken(inspection, "StatefulSet %s says %d and %d of %d pods, %d ready",
                         name_of(set), set->status_replicas, set->ready, pods.all, pods.ready);
    const bool held_up = pods.ready < pods.all;
    if (!held_up && pods.active != set->replicas)
        invariant_broken(inspection, "StatefulSet %s is stuck: %d pods, wants %d", name_of(set),
                         pods.active, set->replicas);
    if (!held_up && !set->on_delete && set->partition == 0 && set->updated != set->replicas)
        invariant_broken(inspection, "StatefulSet %s is stuck: %d updated of %d", name_of(set),
                         set->updated, set->replicas);
}

static void check_daemonset(struct inspection *inspection, const struct subject *subject,
                            const struct daemonset *set)
{
    const struct pods pods = pods_of(subject);
    if (set->observed_generation != set->meta.generation)
        invariant_broken(inspection, "DaemonSet %s was not looked at", name_of(set));
    const bool held_up = pods.ready < pods.active;
    if (!held_up &&
        (set->current != set->desired || pods.active != set->desired || set->ready != pods.ready))
        invariant_broken(inspection, "DaemonSet %s has %d pods and says %d, %d ready, of %d",
                         name_of(set), pods.active, set->current, set->ready, set->desired);
    if (!held_up && !set->on_delete && set->updated != set->desired)
        invariant_broken(inspection, "DaemonSet %s is stuck: %d updated of %d", name_of(set),
                         set->updated, set->desired);
}

static void check_job(struct inspection *inspection, const struct subject *subject,
                      const struct job *job)
{
    const struct pods pods = pods_of(subject);
    if (job->managed_elsewhere)
        return;
    if (job->active != pods.active)
        invariant_broken(inspection, "Job %s has %d active pods and says %d", name_of(job),
                         pods.active, job->active);
    if (job_finish(job) == NULL && !job->suspend && pods.all == 0 && job->parallelism > 0 &&
        job->completions != 0)
        invariant_broken(inspection, "Job %s is stuck: it has no pods and is not finished",
                         name_of(job));
    if (job_finish(job) != NULL && pods.active > 0)
        invariant_broken(inspection, "Job %s is finished and has %d active pods", name_of(job),
                         pods.active);
}

static void check_budget(struct inspection *inspection, const struct pod_disruption_budget *budget)
{
    if (budget->observed_generation != budget->meta.generation)
        invariant_broken(inspection, "PodDisruptionBudget %s was not looked at", name_of(budget));
}

static void rest(struct inspection *inspection)
{
    for (const struct subject *subject = census_subjects(inspection->census); subject != NULL;
         subject = subject->older) {
        const struct object *object = census_object(inspection->census, subject);
        if (object == NULL || meta_of(object)->deleting)
            continue;
        if (object->kind == KIND_REPLICASET)
            check_replicaset(inspection, subject, (const struct replicaset *)object);
        else if (object->kind == KIND_DEPLOYMENT)
            check_deployment(inspection, subject, (const struct deployment *)object);
        else if (object->kind == KIND_STATEFULSET)
            check_statefulset(inspection, subject, statefulset_of(object));
        else if (object->kind == KIND_DAEMONSET)
            check_daemonset(inspection, subject, daemonset_of(object));
        else if (object->kind == KIND_JOB)
            check_job(inspection, subject, job_of(object));
        else if (object->kind == KIND_PODDISRUPTIONBUDGET)
            check_budget(inspection, (const struct pod_disruption_budget *)object);
    }
}

const struct invariant invariant_converged = {
    .name = "converged",
    .rule = "when disturbances stop, every workload becomes what it is meant to be, and says so",
    .rest = rest,
};
