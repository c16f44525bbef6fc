/* Keep count of who there is: see the header. */
#include "models/invariants/census.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/daemonset.h"
#include "models/api/job.h"
#include "models/api/node.h"
#include "models/api/policy.h"
#include "models/api/statefulset.h"
#include "sim/base/memory.h"

enum { LOSSES = 64 };

struct census {
    struct cluster *cluster;
    struct table members, subjects;
    struct subject *newest;
    struct loss losses[LOSSES]; /* a ring; texts and labels held */
    size_t loss_count;
};

struct census *census_new(struct cluster *cluster)
{
    struct census *census = mem_new(sizeof *census);
    census->cluster = cluster;
    table_init(&census->members);
    table_init(&census->subjects);
    return census;
}

static void member_free(struct census *census, struct member *member)
{
    table_remove(&census->members, &member->by_uid);
    object_drop(&member->pod->meta.object);
    free(member);
}

static void drop_loss(struct loss *loss)
{
    text_drop(loss->space);
    labels_drop(loss->labels);
}

void census_free(struct census *census)
{
    for (size_t i = 0; i <= census->members.mask; i++)
        while (census->members.buckets[i] != NULL)
            member_free(census, (struct member *)census->members.buckets[i]);
    for (struct subject *subject = census->newest, *older; subject != NULL; subject = older) {
        older = subject->older;
        object_key_drop(subject->key);
        free(subject);
    }
    for (size_t i = 0; i < LOSSES && i < census->loss_count; i++)
        drop_loss(&census->losses[i]);
    table_close(&census->members);
    table_close(&census->subjects);
    free(census);
}

/* ---- finding ---- */

struct member *census_member(const struct census *census, struct uid pod)
{
    struct table_node *node = table_first(&census->members, pod.low);
    for (; node != NULL; node = table_again(node))
        if (uid_equal(((struct member *)node)->pod->meta.uid, pod))
            return (struct member *)node;
    return NULL;
}

struct subject *census_subject(const struct census *census, struct uid uid)
{
    struct table_node *node = table_first(&census->subjects, uid.low);
    for (; node != NULL; node = table_again(node))
        if (uid_equal(((struct subject *)node)->uid, uid))
            return (struct subject *)node;
    return NULL;
}

struct subject *census_subjects(const struct census *census)
{
    return census->newest;
}

const struct object *census_object(const struct census *census, const struct subject *subject)
{
    const struct object *object = store_get(census->cluster->store, subject->key);
    return object != NULL && uid_equal(meta_of(object)->uid, subject->uid) ? object : NULL;
}

static sim_time now_of(const struct census *census)
{
    return run_now(census->cluster->run);
}

static struct subject *subject_of(struct census *census, const struct meta *meta)
{
    struct subject *subject = census_subject(census, meta->uid);
    if (subject != NULL)
        return subject;
    subject = mem_new(sizeof *subject);
    subject->uid = meta->uid;
    subject->key = object_key_hold(object_key(&meta->object));
    subject->older = census->newest;
    subject->present = true;
    subject->met = now_of(census);
    struct history *counters[] = { &subject->created, &subject->deleted,    &subject->come,
                                   &subject->gone,    &subject->unready,    &subject->lost,
                                   &subject->active,  &subject->terminating };
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        history_note(counters[i], now_of(census), 0);
    census->newest = subject;
    table_add(&census->subjects, &subject->by_uid, meta->uid.low);
    return subject;
}

static struct subject *controller_of(const struct census *census, const struct meta *meta)
{
    const struct owner *owner = meta_controller(meta);
    return owner != NULL ? census_subject(census, owner->uid) : NULL;
}

/* ---- owners ---- */

static void take_replicaset(struct census *census, struct subject *subject,
                            const struct replicaset *set)
{
    struct subject *owner = controller_of(census, &set->meta);
    if (subject->wanted.count == 0)
        history_note(&subject->wanted, now_of(census), 0); /* before it was there */
    history_note(&subject->wanted, now_of(census), set->replicas);
    history_note(&subject->available, now_of(census), set->available_replicas);
    history_note(&subject->min_ready, now_of(census), set->min_ready_seconds);
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
    history_note(&subject->wanted, now_of(census), deployment->replicas);
    history_note(&subject->bound, now_of(census), most);
    history_note(&subject->floor, now_of(census), least);
}

static void take_job(struct census *census, struct subject *subject, const struct job *job)
{
    int32_t most = job->suspend ? 0 : job->parallelism;
    const int32_t left = job->completions - subject->certain_pods;
    if (job->completions < 0 && subject->certain_pods > 0)
        most = 0;
    else if (job->completions >= 0 && !job->indexed && left < most)
        most = left > 0 ? left : 0;
    history_note(&subject->wanted, now_of(census), job->parallelism);
    history_note(&subject->bound, now_of(census), most);
}

static void take_statefulset(struct census *census, struct subject *subject,
                             const struct statefulset *set)
{
    history_note(&subject->wanted, now_of(census), set->replicas);
    history_note(&subject->bound, now_of(census), set->partition);
    history_note(&subject->min_ready, now_of(census), set->min_ready_seconds);
}

static void take_daemonset(struct census *census, struct subject *subject,
                           const struct daemonset *set)
{
    history_note(&subject->available, now_of(census), set->desired);
    history_note(&subject->min_ready, now_of(census), set->min_ready_seconds);
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
    history_note(&subject->wanted, now_of(census), history_now(&subject->wanted) + !same);
    history_note(&subject->given_up, now_of(census), after == NULL || is_out_of_service(after));
}

static bool is_subject(uint16_t kind)
{
    return kind == KIND_REPLICASET || kind == KIND_DEPLOYMENT || kind == KIND_JOB ||
           kind == KIND_STATEFULSET || kind == KIND_DAEMONSET || kind == KIND_NODE ||
           kind == KIND_PODDISRUPTIONBUDGET;
}

static void take_subject(struct census *census, const struct write *write)
{
    const struct object *object = write->after != NULL ? write->after : write->before;
    struct subject *subject = subject_of(census, meta_of(object));
    subject->present = write->after != NULL;
    history_note(&subject->generation, now_of(census), (int32_t)meta_of(object)->generation);
    if (object->kind == KIND_REPLICASET)
        take_replicaset(census, subject, (const struct replicaset *)object);
    else if (object->kind == KIND_DEPLOYMENT)
        take_deployment(census, subject, (const struct deployment *)object);
    else if (object->kind == KIND_JOB)
        take_job(census, subject, job_of(object));
    else if (object->kind == KIND_STATEFULSET)
        take_statefulset(census, subject, statefulset_of(object));
    else if (object->kind == KIND_DAEMONSET)
        take_daemonset(census, subject, daemonset_of(object));
    else if (object->kind == KIND_NODE)
        take_node(census, subject, write);
    else if (object->kind == KIND_PODDISRUPTIONBUDGET && written_by(write, "controllermanager"))
        subject->known = writer_knows_both(write, KIND_POD, KIND_PODDISRUPTIONBUDGET);
}

/* ---- pods ---- */

static void link_member(struct member *member, struct subject *owner)
{
    if (member->owner != NULL) {
        *(member->previous ? &member->previous->next : &member->owner->members) = member->next;
        if (member->next != NULL)
            member->next->previous = member->previous;
    }
    member->owner = owner;
    member->previous = NULL;
    member->next = owner != NULL ? owner->members : NULL;
    if (member->next != NULL)
        member->next->previous = member;
    if (owner != NULL)
        owner->members = member;
}

/* What it takes of its node. */
static void charge(struct member *member, const struct pod *pod, int sign)
{
    struct subject *node = member->node;
    if (node == NULL)
        return;
    node->cpu_milli += sign * pod_requests(pod)->cpu_milli;
    node->memory_bytes += sign * pod_requests(pod)->memory_bytes;
    node->pods += sign;
    node->by_hand += sign * (pod->spec->node_name != NULL);
}

static struct subject *node_of_pod(const struct census *census, const struct pod *pod)
{
    if (pod->node_name == NULL || seen_ended(pod))
        return NULL;
    const struct object_key key = { KIND_NODE, NULL, pod->node_name };
    const struct object *node = store_get(census->cluster->store, key);
    return node != NULL ? census_subject(census, meta_of(node)->uid) : NULL;
}

static void count_active(struct census *census, struct subject *owner)
{
    int32_t active = 0, terminating = 0;
    if (owner == NULL)
        return;
    for (const struct member *member = owner->members; member != NULL; member = member->next) {
        active += seen_active(member->pod);
        terminating += member->pod->meta.deleting && !seen_ended(member->pod);
    }
    const int32_t more = active - history_now(&owner->active);
    history_note(more > 0 ? &owner->come : &owner->gone, now_of(census),
                 history_now(more > 0 ? &owner->come : &owner->gone) + (more > 0 ? more : -more));
    history_note(&owner->active, now_of(census), active);
    history_note(&owner->terminating, now_of(census), terminating);
}

static bool is_own_controller(const struct subject *owner, const struct write *write)
{
    static const struct {
        enum kind kind;
        const char *client;
    } controllers[] = {
        { KIND_REPLICASET, "replicaset-controller" },
        { KIND_STATEFULSET, "statefulset-controller" },
        { KIND_DAEMONSET, "daemonset-controller" },
        { KIND_JOB, "job-controller" },
    };
    for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
        if (owner->key.kind == controllers[i].kind)
            return written_by(write, controllers[i].client);
    return false;
}

static void remember_loss(struct census *census, const struct pod *pod)
{
    struct loss *loss = &census->losses[census->loss_count % LOSSES];
    if (census->loss_count++ >= LOSSES)
        drop_loss(loss);
    *loss = (struct loss){ now_of(census), text_hold(pod->meta.object.space),
                           labels_hold(pod->meta.labels) };
}

static bool was_evicted(const struct pod *pod)
{
    return pod_condition_is_true(pod, POD_DISRUPTION_TARGET) &&
           strcmp(pod_condition_reason(pod, POD_DISRUPTION_TARGET), "EvictionByEvictionAPI") == 0;
}

/* A pod is ready no more, whether or not it was being deleted. */
static void note_unready(struct census *census, struct subject *owner, const struct write *write)
{
    const bool was = write->before != NULL && pod_is_ready(pod_of(write->before));
    const bool is = write->after != NULL && pod_is_ready(pod_of(write->after));
    if (owner != NULL && was && !is)
        history_note(&owner->unready, now_of(census), history_now(&owner->unready) + 1);
}

/* A ready pod is so no more, by whomever. */
static void note_loss(struct census *census, struct subject *owner, const struct write *write)
{
    const struct pod *before = write->before ? pod_of(write->before) : NULL;
    const struct pod *after = write->after ? pod_of(write->after) : NULL;
    if (before == NULL || !seen_active(before) || !pod_is_ready(before) ||
        (after != NULL && seen_active(after) && pod_is_ready(after)))
        return;
    if (!was_evicted(before))
        remember_loss(census, before);
    if (owner != NULL && !(is_own_controller(owner, write) && (!after || after->meta.deleting)))
        history_note(&owner->lost, now_of(census), history_now(&owner->lost) + 1);
}

static void note_own(struct census *census, struct subject *owner, const struct write *write)
{
    if (owner == NULL || !is_own_controller(owner, write))
        return;
    const bool went = write->before != NULL && !meta_of(write->before)->deleting &&
                      (write->after == NULL || meta_of(write->after)->deleting);
    if (write->before == NULL)
        history_note(&owner->created, now_of(census), history_now(&owner->created) + 1);
    else if (went && seen_active(pod_of(write->before)))
        history_note(&owner->deleted, now_of(census), history_now(&owner->deleted) + 1);
}

/* Each pod of a Job counts once as succeeded, and once as failed or gone. */
static void note_ended(struct census *census, struct member *member, const struct write *write)
{
    struct subject *owner = member->owner;
    const struct pod *pod = member->pod;
    if (owner == NULL || owner->key.kind != KIND_JOB)
        return;
    if (pod->phase == POD_SUCCEEDED && !member->was_succeeded) {
        member->was_succeeded = true;
        owner->succeeded_pods++;
        owner->certain_pods += !member->was_lost && !member->given_up;
        const struct object *job = census_object(census, owner);
        if (job != NULL)
            take_job(census, owner, job_of(job));
    }
    const bool failed = pod->phase == POD_FAILED || pod->meta.deleting || write->after == NULL;
    if (failed && pod->phase != POD_SUCCEEDED && !member->was_lost) {
        member->was_lost = true;
        owner->failed_pods++;
    }
    if ((member->was_lost || member->was_succeeded) && !member->was_ended) {
        member->was_ended = true;
        owner->ended_pods++;
    }
}

/* Does its Job let go a pod to count it? Then the status lists it. One that runs, or that it takes to run,
 * it gives up and deletes, and counts nowhere. An index tells by its number; when the deletion may fail,
 * nothing is certain. */
static bool is_being_counted(const struct census *census, const struct member *member,
                             const struct write *write)
{
    const struct object *object = census_object(census, member->owner);
    const struct uncounted_pods *listed = object != NULL ? job_of(object)->uncounted : NULL;
    if (!seen_ended(pod_of(write->before)) && !meta_of(write->before)->deleting)
        return false;
    if (object == NULL || job_of(object)->indexed)
        return write->by->failing.strength <= 0;
    for (uint32_t i = 0; listed != NULL && i < listed->succeeded + listed->failed; i++)
        if (uid_equal(listed->items[i], member->pod->meta.uid))
            return true;
    return false;
}

/* One that is given up does not bring its Job nearer to its end. */
static void give_up(struct census *census, struct member *member)
{
    struct subject *owner = member->owner;
    const struct object *job = census_object(census, owner);
    member->given_up = true;
    owner->certain_pods -= member->was_succeeded && !member->was_lost;
    if (job != NULL)
        take_job(census, owner, job_of(job));
}

static void note_release(struct census *census, struct member *member, const struct write *write)
{
    static const char tracking[] = "batch.kubernetes.io/job-tracking";
    const struct meta *before = write->before ? meta_of(write->before) : NULL;
    const struct meta *after = write->after ? meta_of(write->after) : NULL;
    if (member->owner == NULL || member->released || before == NULL ||
        !written_by(write, "job-controller") || !finalizers_have(before->finalizers, tracking) ||
        (after != NULL && finalizers_have(after->finalizers, tracking)))
        return;
    member->released = true;
    if (!is_being_counted(census, member, write)) {
        give_up(census, member);
        return;
    }
    member->owner->released_succeeded += member->pod->phase == POD_SUCCEEDED && !member->was_lost;
    member->owner->released_failed += member->pod->phase == POD_FAILED;
}

/* Its Job deletes one that has ended, so it did not know: it gave it up, and counts it nowhere. */
static void note_given_up(struct census *census, struct member *member, const struct write *write)
{
    struct subject *owner = member->owner;
    const bool went = write->before != NULL && !meta_of(write->before)->deleting &&
                      (write->after == NULL || meta_of(write->after)->deleting);
    if (owner == NULL || owner->key.kind != KIND_JOB || !went || !member->released ||
        member->given_up || !written_by(write, "job-controller"))
        return;
    give_up(census, member);
    owner->released_succeeded -= member->pod->phase == POD_SUCCEEDED;
    owner->released_failed -= member->pod->phase == POD_FAILED;
}

static void take_pod(struct census *census, const struct write *write)
{
    const struct pod *pod = pod_of(write->after != NULL ? write->after : write->before);
    struct member *member = census_member(census, pod->meta.uid);
    if (member == NULL) {
        member = mem_new(sizeof *member);
        member->pod = pod_of(object_hold(&pod->meta.object));
        member->since = now_of(census);
        table_add(&census->members, &member->by_uid, pod->meta.uid.low);
    }
    struct subject *before = member->owner, *owner = controller_of(census, &pod->meta);
    charge(member, member->pod, -1);
    object_hold(&pod->meta.object);
    object_drop(&member->pod->meta.object);
    member->pod = pod;
    member->node = write->after != NULL ? node_of_pod(census, pod) : NULL;
    charge(member, pod, 1);
    if (owner != before)
        link_member(member, owner);
    note_unready(census, owner, write);
    note_loss(census, owner, write);
    note_own(census, owner, write);
    note_ended(census, member, write);
    note_release(census, member, write);
    note_given_up(census, member, write);
    if (write->after == NULL) {
        link_member(member, NULL);
        member_free(census, member);
    }
    count_active(census, owner);
    if (before != owner)
        count_active(census, before);
}

void census_take(struct census *census, const struct write *write)
{
    const uint16_t kind = (write->after != NULL ? write->after : write->before)->kind;
    if (kind == KIND_POD)
        take_pod(census, write);
    else if (is_subject(kind))
        take_subject(census, write);
}

int census_losses(const struct census *census, const struct text *space,
                  const struct selector *selector, sim_time since)
{
    int count = 0;
    for (size_t i = 0; i < LOSSES && i < census->loss_count; i++)
        count += census->losses[i].at >= since && census->losses[i].space == space &&
                 selector_matches(selector, labels_lookup, census->losses[i].labels);
    return count;
}
