/* Jobs: pods that run until enough of them have succeeded. */
#ifndef MODELS_API_JOB_H
#define MODELS_API_JOB_H

#include "models/api/kinds.h"
#include "models/api/workloads.h"

/* Pods that have ended and are not counted yet, because their finalizers may still be there: first
 * the succeeded ones, then the failed ones. Shared, never changed. */
struct uncounted_pods {
    uint32_t refs, succeeded, failed;
    struct uid items[];
};

struct job {
    struct meta meta; /* meta.document: {spec: {...}}: what is not in the first group below */
    int32_t parallelism;
    int32_t completions; /* -1: nil, a work queue */
    int32_t backoff_limit;
    int32_t ttl_seconds_after_finished; /* -1: nil, here and below */
    int64_t active_deadline_seconds;
    bool suspend;
    const struct pod_template *template;

    /* read from the document, and printed from there */
    const struct selector *selector;
    int32_t backoff_limit_per_index, max_failed_indexes;
    bool indexed;
    bool replaces_failed_only; /* podReplacementPolicy: Failed */
    bool managed_elsewhere;    /* managedBy names another controller */

    /* status */
    int32_t active, succeeded, failed;
    int32_t ready, terminating; /* -1: not reported yet */
    bool started, completed;    /* the times below are set */
    sim_time start_time, completion_time;
    bool says_failed_indexes; /* also when there are none */
    const struct text *completed_indexes, *failed_indexes;
    const struct uncounted_pods *uncounted; /* NULL: not reported yet */
    const struct conditions *conditions;
};

extern const struct object_kind job_kind;

static inline const struct job *job_of(const struct object *object)
{
    return (const struct job *)object;
}

/* Complete or Failed; the condition, or NULL. */
const struct condition *job_finish(const struct job *job);

/* podFailurePolicy and successPolicy, borrowed; NULL when there is none. */
const struct value *job_failure_policy(const struct job *job);
const struct value *job_success_policy(const struct job *job);

/* What the registry gives to a new Job once its uid is known: labels of its pods that no other
 * Job's have, and a selector of them; unless its user chose a selector. For an unshared record. */
void job_select_pods(const struct codec *codec, struct job *job);

/* Lists of uids with one reference. */
const struct uncounted_pods *uncounted_pods_new(const struct uid *succeeded, size_t succeeded_count,
                                                const struct uid *failed, size_t failed_count);
void uncounted_pods_drop(const struct uncounted_pods *pods); /* NULL is fine */

#endif
