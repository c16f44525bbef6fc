/* Pods of Jobs: which of them have ended, and which their Job has let go, to count them or because it
 * gave them up. */
#include "models/api/job.h"
#include "models/invariants/census_private.h"

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
            census_take_job(census, owner, job_of(job));
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
        census_take_job(census, owner, job_of(job));
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

void census_note_job(struct census *census, struct member *member, const struct write *write)
{
    note_ended(census, member, write);
    note_release(census, member, write);
    note_given_up(census, member, write);
}
