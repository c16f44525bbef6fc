/* A Job counts each of its pods once.
 *
 * Succeeded and failed never fall, and with the pods that are still to be counted are at most as many as
 * different pods have succeeded, and have failed or gone. At rest nothing is still to be counted, and each
 * pod that was let go after it had ended is in. trackJobStatusAndRemoveFinalizers in pkg/controller/job
 * of the release named in docs/fidelity.md. */
#include "models/api/job.h"
#include "models/invariants/census.h"
#include "models/invariants/invariant.h"

static void written(struct inspection *inspection, const struct write *write)
{
    const struct job *before = write->before ? job_of(write->before) : NULL;
    const struct job *after = write->after ? job_of(write->after) : NULL;
    if (after == NULL || before == NULL || !written_by(write, "job-controller"))
        return;
    const struct subject *job = census_subject(inspection->census, after->meta.uid);
    const uint32_t succeeded = after->uncounted ? after->uncounted->succeeded : 0;
    const uint32_t failed = after->uncounted ? after->uncounted->failed : 0;
    if (after->succeeded < before->succeeded && !after->indexed)
        invariant_broken(inspection, "Job %s had %d succeeded pods and now has %d", name_of(after),
                         before->succeeded, after->succeeded);
    if (after->failed < before->failed)
        invariant_broken(inspection, "Job %s had %d failed pods and now has %d", name_of(after),
                         before->failed, after->failed);
    if ((int64_t)after->succeeded + succeeded > job->succeeded_pods)
        invariant_broken(inspection,
                         "Job %s counts %d succeeded pods and %u still to be counted: %d did",
                         name_of(after), after->succeeded, succeeded, job->succeeded_pods);
    if (!after->indexed &&
        (int64_t)after->succeeded + succeeded + after->failed + failed > job->ended_pods)
        invariant_broken(
            inspection, "Job %s counts %lld pods: %d have ended or gone", name_of(after),
            (long long)after->succeeded + succeeded + after->failed + failed, job->ended_pods);
    if ((int64_t)after->failed + failed > job->failed_pods)
        invariant_broken(inspection,
                         "Job %s counts %d failed pods and %u still to be counted: %d failed or "
                         "went",
                         name_of(after), after->failed, failed, job->failed_pods);
}

static void rest(struct inspection *inspection)
{
    for (const struct subject *subject = census_subjects(inspection->census); subject != NULL;
         subject = subject->older) {
        const struct object *object =
            subject->key.kind == KIND_JOB ? census_object(inspection->census, subject) : NULL;
        if (object == NULL || meta_of(object)->deleting || job_of(object)->managed_elsewhere)
            continue;
        const struct job *job = job_of(object);
        if (job->uncounted != NULL && job->uncounted->succeeded + job->uncounted->failed > 0)
            invariant_broken(inspection, "Job %s never counts %u of its pods", name_of(job),
                             job->uncounted->succeeded + job->uncounted->failed);
        if (!job->indexed && job->succeeded < subject->released_succeeded)
            invariant_broken(inspection, "Job %s counts %d succeeded pods of %d", name_of(job),
                             job->succeeded, subject->released_succeeded);
        if (job_failure_policy(job) == NULL && !job->indexed &&
            job->failed < subject->released_failed)
            invariant_broken(inspection, "Job %s counts %d failed pods of %d", name_of(job),
                             job->failed, subject->released_failed);
    }
}

const struct invariant invariant_job_count = {
    .name = "job-count",
    .rule = "a Job counts each of its pods once",
    .kinds = UINT64_C(1) << KIND_JOB,
    .written = written,
    .rest = rest,
};
