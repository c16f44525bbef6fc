/* A pod: its template, and what is its own.
 *
 * A record of some three hundred bytes. Conditions are bits and times, container states a
 * small shared array. JSON is a projection: pod_print() lays the record over the
 * template's document. */
#ifndef MODELS_API_POD_H
#define MODELS_API_POD_H

#include "models/api/meta.h"
#include "models/api/pod_spec.h"

enum pod_phase { POD_PENDING, POD_RUNNING, POD_SUCCEEDED, POD_FAILED, POD_UNKNOWN };

enum pod_condition {
    POD_SCHEDULED,
    POD_READY_TO_START_CONTAINERS,
    POD_INITIALIZED,
    POD_CONTAINERS_READY,
    POD_READY,
    POD_DISRUPTION_TARGET,
    POD_CONDITIONS
};

/* What few pods have, outside the record: reasons and messages, of the status (Evicted,
 * DeadlineExceeded) and of conditions, and a nomination. Shared, never changed once shared. */
struct pod_reasons {
    uint32_t refs;
    const struct text *nominated_node_name;
    const struct text *reason, *message;
    struct {
        const struct text *reason, *message;
    } of[POD_CONDITIONS];
};

enum container_state { CONTAINER_WAITING, CONTAINER_RUNNING, CONTAINER_TERMINATED };

/* How a container's last run but this ended: shared, as it does not change any more. */
struct container_end {
    uint32_t refs;
    int32_t exit_code;
    const struct text *reason;
    sim_time started_at, finished_at;
};

struct container_status {
    uint8_t state; /* enum container_state */
    bool ready, started;
    int32_t restart_count;
    int32_t exit_code;
    const struct text *reason, *message; /* of waiting or terminated */
    sim_time started_at, finished_at;    /* of the present state */
    struct container_end *last;          /* lastState.terminated; NULL: this is its first run */
};

/* Init containers first, then containers, in the order of the template. */
struct container_statuses {
    uint32_t refs, count;
    struct container_status items[];
};

struct pod {
    struct meta meta;
    const struct pod_spec *spec;
    const struct text *node_name;                /* NULL: not bound */
    uint8_t phase;                               /* enum pod_phase */
    uint8_t conditions_present, conditions_true; /* bits 1 << enum pod_condition */
    bool gated : 1;                              /* schedulingGates are left */
    bool
        of_template : 1; /* made from its controller's template, and has that owner and those labels
                           * still: not part of the API's object */
    bool started : 1;    /* start_time is set */
    uint32_t pod_ip;     /* 0: none; host byte order */
    sim_time start_time; /* status.startTime */
    sim_time transitions[POD_CONDITIONS];
    struct pod_reasons *reasons;           /* NULL: it has none */
    struct container_statuses *containers; /* NULL until the kubelet reports */
    struct resized *resized;               /* NULL: it requests what its template says */
};

extern const struct object_kind pod_kind;

static inline const struct pod *pod_of(const struct object *object)
{
    return (const struct pod *)object;
}

/* A condition's status; false for Unknown, False and absent alike. */
static inline bool pod_condition_is_true(const struct pod *pod, enum pod_condition condition)
{
    return pod->conditions_true >> condition & 1;
}
static inline bool pod_is_ready(const struct pod *pod)
{
    return pod_condition_is_true(pod, POD_READY);
}
/* What it requests, in the middle of a resize as well. */
static inline const struct resources *pod_requests(const struct pod *pod)
{
    return pod->resized != NULL ? &pod->resized->requests : &pod->spec->requests;
}
/* Succeeded or Failed. */
static inline bool pod_is_terminal(const struct pod *pod)
{
    return pod->phase == POD_SUCCEEDED || pod->phase == POD_FAILED;
}
/* Neither terminal nor being deleted: kubecontroller.IsPodActive. */
static inline bool pod_is_active(const struct pod *pod)
{
    return !pod_is_terminal(pod) && !pod->meta.deleting;
}
/* Ready for at least this long at `now` (podutil.IsPodAvailable), and from when on that is so. The
 * API keeps the time it became ready in whole seconds. */
bool pod_is_available(const struct pod *pod, int64_t min_ready_seconds, sim_time now);
sim_time pod_available_at(const struct pod *pod, int64_t min_ready_seconds);

/* Read from the document of an unshared record whether it is in the middle of a resize. */
void pod_note_resize(struct pod *pod);

/* What the status of a pod says from the moment it is created: that its gates keep it back. */
void pod_begin(struct pod *pod, struct texts *texts, sim_time now);

/* Change an unshared record. The transition time changes only with the status. `reason`
 * and `message` may be NULL. Returns whether anything changed. */
bool pod_set_condition(struct pod *pod, struct texts *texts, enum pod_condition condition,
                       bool status, const char *reason, const char *message, sim_time now);
/* status.reason and message, and status.nominatedNodeName; "" and NULL when there is none. */
const char *pod_reason(const struct pod *pod);
const char *pod_message(const struct pod *pod);
const struct text *pod_nominated_node(const struct pod *pod);
/* Change an unshared record; takes the references. */
void pod_set_reason(struct pod *pod, const struct text *reason, const struct text *message);
void pod_set_nominated_node(struct pod *pod, const struct text *node);
const char *pod_condition_name(enum pod_condition condition);
const char *pod_condition_reason(const struct pod *pod, enum pod_condition condition);
const char *pod_condition_message(const struct pod *pod, enum pod_condition condition);

/* Container states of an unshared record, ready to be changed: copied if shared, created
 * (all waiting, PodInitializing or ContainerCreating) if absent. */
struct container_statuses *pod_own_containers(struct pod *pod, struct texts *texts);

/* Container states by themselves, as the kubelet keeps them: `count` zeroed ones (waiting, no
 * reason), or a copy, with one reference. */
struct container_statuses *container_statuses_new(uint32_t count);
struct container_statuses *container_statuses_copy(const struct container_statuses *statuses);
struct container_statuses *container_statuses_hold(struct container_statuses *statuses);
void container_statuses_drop(struct container_statuses *statuses); /* NULL is fine */

/* lastState becomes what the status says of its end now, or what is given (`end` NULL: nothing);
 * takes the reference to the reason. */
void container_status_keep_end(struct container_status *status);
void container_status_set_last(struct container_status *status, const struct container_end *end);

const char *pod_phase_name(enum pod_phase phase);

#endif
