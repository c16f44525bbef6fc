/* CronJobs: Jobs made at the times of a schedule. */
#ifndef MODELS_API_CRONJOB_H
#define MODELS_API_CRONJOB_H

#include "models/api/kinds.h"

/* A Job of the CronJob that has not been seen to finish. */
struct active_job {
    struct uid uid;
    const struct text *name;
    uint64_t version; /* resourceVersion when it was taken up */
};

/* In the order in which they were taken up. Shared, never changed. */
struct active_jobs {
    uint32_t refs, count;
    struct active_job items[];
};

enum concurrency_policy { CONCURRENCY_ALLOW, CONCURRENCY_FORBID, CONCURRENCY_REPLACE };

struct cronjob {
    struct meta meta; /* meta.document: {spec: {jobTemplate}} */
    const struct text *schedule;
    const struct text *time_zone;      /* NULL: nil */
    int64_t starting_deadline_seconds; /* -1: nil, here and below */
    int32_t successful_jobs_history_limit, failed_jobs_history_limit;
    enum concurrency_policy concurrency_policy;
    bool suspend;

    /* status */
    bool scheduled, succeeded; /* the times below are set */
    sim_time last_schedule_time, last_successful_time;
    const struct active_jobs *active; /* NULL: none */
};

extern const struct object_kind cronjob_kind;

static inline const struct cronjob *cronjob_of(const struct object *object)
{
    return (const struct cronjob *)object;
}

/* metadata and spec of the Jobs to be made, borrowed; NULL for an empty one. */
const struct value *cronjob_job_template(const struct cronjob *cronjob);

/* Whether a Job of this uid, or name, is listed. */
bool active_jobs_have(const struct active_jobs *jobs, struct uid uid);
bool active_jobs_name(const struct active_jobs *jobs, const struct text *name);

/* List a Job at the end, or take one away, in an unshared record. */
void cronjob_add_active(struct cronjob *cronjob, const struct object *job);
void cronjob_remove_active(struct cronjob *cronjob, struct uid uid);

#endif
