/* What the files of the Job controller share. */
#ifndef MODELS_CONTROLLERS_JOB_PRIVATE_H
#define MODELS_CONTROLLERS_JOB_PRIVATE_H

#include "models/api/job.h"
#include "models/controllers/expectations.h"
#include "models/controllers/pod_control.h"

#define JOB_FINALIZER        "batch.kubernetes.io/job-tracking"
#define JOB_INDEX            "batch.kubernetes.io/job-completion-index"
#define JOB_FAILURES         "batch.kubernetes.io/job-index-failure-count"
#define JOB_IGNORED_FAILURES "batch.kubernetes.io/job-index-ignored-failure-count"
#define JOB_BATCH_PERIOD     SIM_SECOND /* what happens within it is one sync */

enum { NO_INDEX = -1 };

/* ---- job_records.c: what is remembered of a Job from one sync to the next ---- */

/* Failures in a row since the last success, and when the last of them was. */
struct job_failures {
    int32_t count;
    sim_time last;
};

struct job_record {
    struct table_node node;
    struct job_record *next, **link; /* in the list of all: found again when closing */
    struct object_key key;
    struct job_failures failures;
    struct uid *removing; /* owned: pods whose finalizer we removed and that still show it */
    size_t removing_count, removing_capacity;
};

struct job_records {
    struct table table; /* of struct job_record, by the Job's key */
    struct job_record *first;
};

void job_records_init(struct job_records *records);
void job_records_close(struct job_records *records);
struct job_record *job_record_of(struct job_records *records,
                                 struct object_key key); /* or a new one */
void job_record_forget(struct job_records *records, struct object_key key);
void job_record_expect_removal(struct job_record *record, struct uid pod);
void job_record_saw_removal(struct job_records *records, struct object_key key, struct uid pod);
bool job_record_expects_removal(const struct job_record *record, struct uid pod);

/* ---- job_indexes.c: sets of completion indexes, as ordered intervals ---- */

struct interval {
    int32_t first, last;
};
struct intervals {
    struct interval *items; /* owned */
    size_t count, capacity;
};

/* From "0-2,5"; what is not below `limit` is left out. */
struct intervals intervals_parse(const char *text, int32_t limit);
/* Add what does not begin before the last one's beginning. */
void intervals_append(struct intervals *intervals, struct interval added);
struct intervals intervals_union(const struct intervals *a, const struct intervals *b);
bool intervals_have(const struct intervals *intervals, int32_t index);
int64_t intervals_total(const struct intervals *intervals);
const struct text *intervals_print(const struct intervals *intervals, struct texts *texts);
void intervals_close(struct intervals *intervals);

/* ---- a sync under way ---- */

/* Whether a pod has ended and stands in status.uncountedTerminatedPods. */
enum uncounted { NOT_UNCOUNTED, UNCOUNTED_SUCCEEDED, UNCOUNTED_FAILED };

struct job_pod {
    const struct pod *pod;
    int32_t index; /* NO_INDEX: it has none, or the Job is not indexed */
    bool tracked;  /* it has the finalizer, and we have not removed it */
    uint8_t uncounted;
};

/* How the Job ends, if it does: the condition to come. */
struct job_end {
    const char *type; /* a constant: SuccessCriteriaMet, FailureTarget, Failed; NULL: it goes on */
    const struct text *reason, *message; /* owned */
};

struct job_sync {
    struct client *client;
    struct expectations *expectations; /* of pods created and deleted, by Job */
    struct job_record *record;
    const struct job *job; /* as it was seen */
    struct job *next;      /* a changeable copy: its status as it will be */
    struct object_key key;
    struct job_pod *pods; /* owned; of an indexed Job by index, otherwise the oldest first */
    size_t count, capacity;
    struct pod_list active;
    int32_t active_count, ready, terminating;
    int64_t succeeded, failed; /* counted and to be counted */
    struct job_failures failures;
    struct job_end end;
    struct intervals counted_indexes, succeeded_indexes, failed_indexes;
    struct job_pod *
        *delayed; /* owned; with backoffLimitPerIndex: failed pods that wait for the one in
                               * their place, which takes over their count; by index */
    size_t delayed_count;
};

/* ---- job_pods.c ---- */

/* Find the pods of the Job, adopting and releasing. False with an error. */
bool job_pods_claim(struct job_sync *sync, struct error *error);
/* Failed, or as good as that: being deleted, unless only failed pods are replaced. */
bool job_pod_has_failed(const struct job *job, const struct pod *pod);
/* An index that a pod of this Job may have. */
bool job_index_is_valid(const struct job *job, int32_t index);
/* Take the finalizer away; true also when the pod is gone. */
bool job_pod_release(struct client *client, const struct pod *pod, struct error *error);
/* Delete the active pods of a Job that ends. Returns how many went. */
int32_t job_pods_delete_active(struct job_sync *sync, struct error *error);
/* Bring the number of active pods to what it should be. */
void job_pods_manage(struct job_sync *sync, struct error *error);

/* ---- job_back_off.c ---- */

/* When a pod ended, in whole seconds. */
sim_time job_pod_finished_at(const struct pod *pod);
/* The failures in a row, with the pods of this sync that are not counted yet. */
struct job_failures job_failures_now(const struct job_sync *sync);
/* How long no pod is to be made after them. */
sim_time job_back_off(struct job_failures failures, sim_time now);

/* ---- job_index_pods.c: which index gets a pod ---- */

int32_t job_pod_index(const struct pod *pod); /* NO_INDEX: it has none */
/* Fill in the indexes that have succeeded, failed, or wait. */
void job_indexes_calculate(struct job_sync *sync);
/* The first `count` indexes that have no pod and need one; the caller frees. With backoffLimitPerIndex
 * only those whose back-off is over; when that is none, *wait is how long to wait for the first. */
int32_t *job_indexes_pending(const struct job_sync *sync, int32_t count, int32_t *found,
                             sim_time *wait);
/* The failed pod that the new one of an index replaces, or NULL. */
const struct pod *job_index_replaces(const struct job_sync *sync, int32_t index);
/* Failures of the index before this pod: those that count, and all. */
int32_t job_index_failures(const struct pod *pod);
int32_t job_index_ignored_failures(const struct pod *pod);

/* ---- job_policies.c ---- */

enum job_failure { FAILURE_COUNTS, FAILURE_IGNORED, FAILURE_FAILS_JOB, FAILURE_FAILS_INDEX };
/* What podFailurePolicy says about a failed pod. *message says why the Job fails; the caller frees;
 * it may be NULL. */
enum job_failure job_failure_of(const struct job *job, const struct pod *pod, char **message);
/* The first rule of successPolicy that is met; -1: none. */
int job_success_rule(const struct job *job, const struct intervals *succeeded);

/* ---- job_tracking.c ---- */

/* End with a condition of this type. Nothing happens when it ends already. */
void job_ends(struct job_sync *sync, const char *type, const char *reason, const char *message);
/* Set a condition in the status to be; false when it says so already, or is False and was never
 * there. */
bool job_set_condition(struct job_sync *sync, const char *type, enum condition_status status,
                       const char *reason, const char *message);
/* Count the pods that have ended, and write the status: first with them as uncounted, then, when
 * their finalizers are gone, with higher counters and the final condition. `flush`: something in
 * the status has changed already. False: try again. */
bool job_track(struct job_sync *sync, bool flush);

#endif
