/* Pods, by their owners and nodes; what was made, deleted and lost. */
#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "models/invariants/census_private.h"
#include "sim/base/memory.h"

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
    history_note(more > 0 ? &owner->come : &owner->gone, census_now(census),
                 history_now(more > 0 ? &owner->come : &owner->gone) + (more > 0 ? more : -more));
    history_note(&owner->active, census_now(census), active);
    history_note(&owner->terminating, census_now(census), terminating);
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
        census_drop_loss(loss);
    *loss = (struct loss){ census_now(census), text_hold(pod->meta.object.space),
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
        history_note(&owner->unready, census_now(census), history_now(&owner->unready) + 1);
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
        history_note(&owner->lost, census_now(census), history_now(&owner->lost) + 1);
}

static void note_own(struct census *census, struct subject *owner, const struct write *write)
{
    if (owner == NULL || !is_own_controller(owner, write))
        return;
    const bool went = write->before != NULL && !meta_of(write->before)->deleting &&
                      (write->after == NULL || meta_of(write->after)->deleting);
    if (write->before == NULL)
        history_note(&owner->created, census_now(census), history_now(&owner->created) + 1);
    else if (went && seen_active(pod_of(write->before)))
        history_note(&owner->deleted, census_now(census), history_now(&owner->deleted) + 1);
}

void census_take_pod(struct census *census, const struct write *write)
{
    const struct pod *pod = pod_of(write->after != NULL ? write->after : write->before);
    struct member *member = census_member(census, pod->meta.uid);
    if (member == NULL) {
        member = mem_new(sizeof *member);
        member->pod = pod_of(object_hold(&pod->meta.object));
        member->since = census_now(census);
        table_add(&census->members, &member->by_uid, pod->meta.uid.low);
    }
    struct subject *before = member->owner, *owner = census_controller(census, &pod->meta);
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
    census_note_job(census, member, write);
    if (write->after == NULL) {
        link_member(member, NULL);
        census_drop_member(census, member);
    }
    count_active(census, owner);
    if (before != owner)
        count_active(census, before);
}
