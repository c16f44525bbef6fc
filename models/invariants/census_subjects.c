/* Owners and nodes, with what they wanted and had over time. */
#include <string.h>

#include "models/api/daemonset.h"
#include "models/api/job.h"
#include "models/api/node.h"
#include "models/api/policy.h"
#include "models/api/statefulset.h"
#include "models/invariants/census_private.h"

static void take_replicaset(struct census *census, struct subject *subject,
                            const struct replicaset *set)
{
    struct subject *owner = census_controller(census, &set->meta);
    if (subject->wanted.count == 0)
        history_note(&subject->wanted, census_now(census), 0); /* before it was there */
    history_note(&subject->wanted, census_now(census), set->replicas);
    history_note(&subject->available, census_now(census), set->available_replicas);
    history_note(&subject->min_ready, census_now(census), set->min_ready_seconds);
    if (owner == subject->owner)
        return;
    struct subject **link = subject->owner != NULL ? &subject->owner->parts : NULL;
    while (link != NULL && *link != subject)
        link = &(*link)->next_part;
    if (link != NULL)
        *link = subject->next_part;
    subject->owner = owner;
    subject->next_part = owner != NULL ? owner->parts : NULL;
    if (owner != NULL)
        owner->parts = subject;
}

static void take_deployment(struct census *census, struct subject *subject,
                            const struct deployment *deployment)
{
    int32_t most = deployment->replicas, least = 0;
    if (deployment->strategy == ROLLING_UPDATE)
        rollout_bounds(deployment->max_surge, deployment->max_unavailable, deployment->replicas,
                       &most, &least);
    history_note(&subject->wanted, census_now(census), deployment->replicas);
    history_note(&subject->bound, census_now(census), most);
    history_note(&subject->floor, census_now(census), least);
}

void census_take_job(struct census *census, struct subject *subject, const struct job *job)
{
    int32_t most = job->suspend ? 0 : job->parallelism;
    const int32_t left = job->completions - subject->certain_pods;
    if (job->completions < 0 && subject->certain_pods > 0)
        most = 0;
    else if (job->completions >= 0 && !job->indexed && left < most)
        most = left > 0 ? left : 0;
    history_note(&subject->wanted, census_now(census), job->parallelism);
    history_note(&subject->bound, census_now(census), most);
}

static void take_statefulset(struct census *census, struct subject *subject,
                             const struct statefulset *set)
{
    history_note(&subject->wanted, census_now(census), set->replicas);
    history_note(&subject->bound, census_now(census), set->partition);
    history_note(&subject->min_ready, census_now(census), set->min_ready_seconds);
}

static void take_daemonset(struct census *census, struct subject *subject,
                           const struct daemonset *set)
{
    history_note(&subject->available, census_now(census), set->desired);
    history_note(&subject->min_ready, census_now(census), set->min_ready_seconds);
}

/* A user vouches that nothing runs there any more. */
static bool is_out_of_service(const struct node *node)
{
    for (uint32_t i = 0; node->taints != NULL && i < node->taints->count; i++)
        if (strcmp(text_s(node->taints->items[i].key), "node.kubernetes.io/out-of-service") == 0)
            return true;
    return false;
}

static void take_node(struct census *census, struct subject *subject, const struct write *write)
{
    const struct node *before = write->before ? node_of(write->before) : NULL;
    const struct node *after = write->after ? node_of(write->after) : NULL;
    const bool same = before != NULL && after != NULL &&
                      before->meta.labels == after->meta.labels &&
                      taints_equal(before->taints, after->taints);
    history_note(&subject->wanted, census_now(census), history_now(&subject->wanted) + !same);
    history_note(&subject->given_up, census_now(census), after == NULL || is_out_of_service(after));
}

bool census_is_subject(uint16_t kind)
{
    return kind == KIND_REPLICASET || kind == KIND_DEPLOYMENT || kind == KIND_JOB ||
           kind == KIND_STATEFULSET || kind == KIND_DAEMONSET || kind == KIND_NODE ||
           kind == KIND_PODDISRUPTIONBUDGET;
}

void census_take_subject(struct census *census, const struct write *write)
{
    const struct object *object = write->after != NULL ? write->after : write->before;
    struct subject *subject = census_meet(census, meta_of(object));
    subject->present = write->after != NULL;
    history_note(&subject->generation, census_now(census), (int32_t)meta_of(object)->generation);
    if (object->kind == KIND_REPLICASET)
        take_replicaset(census, subject, (const struct replicaset *)object);
    else if (object->kind == KIND_DEPLOYMENT)
        take_deployment(census, subject, (const struct deployment *)object);
    else if (object->kind == KIND_JOB)
        census_take_job(census, subject, job_of(object));
    else if (object->kind == KIND_STATEFULSET)
        take_statefulset(census, subject, statefulset_of(object));
    else if (object->kind == KIND_DAEMONSET)
        take_daemonset(census, subject, daemonset_of(object));
    else if (object->kind == KIND_NODE)
        take_node(census, subject, write);
    else if (object->kind == KIND_PODDISRUPTIONBUDGET && written_by(write, "controllermanager"))
        subject->known = writer_knows_both(write, KIND_POD, KIND_PODDISRUPTIONBUDGET);
}
