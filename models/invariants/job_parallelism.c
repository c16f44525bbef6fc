/* A Job runs no more pods than parallelism and what is left of its completions; with podReplacementPolicy
 * Failed those that are being deleted count as well. Of an index it runs one.
 *
 * Expectations see to it, whatever is read late. manageJob in pkg/controller/job of the release named in
 * docs/fidelity.md. */
#include <string.h>

#include "models/api/job.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static const char *index_of(const struct pod *pod)
{
    return labels_get(pod->meta.annotations, "batch.kubernetes.io/job-completion-index");
}

static void check_index(struct inspection *inspection, const struct subject *subject,
                        const struct job *job, const struct pod *pod)
{
    const char *index = index_of(pod);
    for (const struct member *other = subject->members; other != NULL; other = other->next) {
        const char *theirs = index_of(other->pod);
        const bool runs =
            seen_active(other->pod) || (job->replaces_failed_only && !seen_ended(other->pod));
        /* One that it gave up, not knowing that it had succeeded, is counted nowhere. */
        const bool done = other->pod->phase == POD_SUCCEEDED && !other->given_up;
        if (other->pod != pod && (runs || done) && index != NULL && theirs != NULL &&
            strcmp(index, theirs) == 0) {
            invariant_broken(inspection, "Job %s makes pod %s for index %s beside %s, which %s",
                             name_of(job), name_of(pod), index, name_of(other->pod),
                             done ? "has succeeded" : "runs");
            return;
        }
    }
}

static void written(struct inspection *inspection, const struct write *write)
{
    const struct pod *pod = pod_of(write->after);
    if (write->before != NULL || !written_by(write, "job-controller"))
        return;
    const struct owner *owner = meta_controller(&pod->meta);
    const struct subject *subject = owner ? census_subject(inspection->census, owner->uid) : NULL;
    const struct object *job = subject ? census_object(inspection->census, subject) : NULL;
    const sim_time pods = writer_knows(write, KIND_POD);
    int32_t bound, least_active, terminating = 0, created, gone, most, least;
    if (job == NULL || job->kind != KIND_JOB ||
        !history_since(&subject->bound, writer_knows_both(write, KIND_POD, KIND_JOB), &least,
                       &bound) ||
        !history_since(&subject->active, pods, &least_active, &most) ||
        !history_since(&subject->gone, pods, &gone, &most) ||
        !history_since(&subject->created, pods, &created, &most))
        return;
    if (job_of(job)->replaces_failed_only)
        history_since(&subject->terminating, pods, &terminating, &most);
    created = history_now(&subject->created) - created;
    gone = history_now(&subject->gone) - gone;
    if (created > bound - least_active - terminating + gone)
        invariant_broken(inspection,
                         "Job %s makes pod %s, number %d since what it knows of, beside %d that "
                         "run and %d that end: it may have %d",
                         name_of(job), name_of(pod), created, least_active, terminating, bound);
    if (job_of(job)->indexed)
        check_index(inspection, subject, job_of(job), pod);
}

const struct invariant invariant_job_parallelism = {
    .name = "job-parallelism",
    .rule = "a Job runs no more pods than parallelism and its completions ask for",
    .kinds = UINT64_C(1) << KIND_POD,
    .written = written,
};
