/* The pod record: references, conditions and container states. */
#include "models/api/pod.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/kinds_private.h"
#include "sim/base/memory.h"

/* ---- shared members ---- */

static struct pod_reasons *reasons_hold(struct pod_reasons *reasons)
{
    if (reasons != NULL)
        reasons->refs++;
    return reasons;
}

static void reasons_drop(struct pod_reasons *reasons)
{
    if (reasons == NULL || --reasons->refs > 0)
        return;
    text_drop(reasons->nominated_node_name);
    text_drop(reasons->reason);
    text_drop(reasons->message);
    for (int i = 0; i < POD_CONDITIONS; i++) {
        text_drop(reasons->of[i].reason);
        text_drop(reasons->of[i].message);
    }
    free(reasons);
}

static void pod_hold(struct object *copy)
{
    struct pod *pod = (struct pod *)copy;
    meta_hold(&pod->meta);
    pod_spec_hold(pod->spec);
    text_hold(pod->node_name);
    reasons_hold(pod->reasons);
    container_statuses_hold(pod->containers);
    resized_hold(pod->resized);
}

static void close_status(struct pod *pod)
{
    reasons_drop(pod->reasons);
    container_statuses_drop(pod->containers);
}

static void pod_close(struct object *object)
{
    struct pod *pod = (struct pod *)object;
    meta_close(&pod->meta);
    pod_spec_drop(pod->spec);
    text_drop(pod->node_name);
    resized_drop(pod->resized);
    close_status(pod);
}

const struct object_kind pod_kind = {
    .name = "pod",
    .size = sizeof(struct pod),
    .hold = pod_hold,
    .close = pod_close,
};

bool pod_spec_changed(const struct object *before, const struct object *after)
{
    return pod_of(before)->spec != pod_of(after)->spec;
}

void pod_take_status(struct object *into, const struct object *from)
{
    struct pod *pod = (struct pod *)into;
    struct pod *other = (struct pod *)from;
    reasons_hold(other->reasons);
    container_statuses_hold(other->containers);
    close_status(pod);
    pod->phase = other->phase;
    pod->conditions_present = other->conditions_present;
    pod->conditions_true = other->conditions_true;
    pod->started = other->started;
    pod->pod_ip = other->pod_ip;
    pod->start_time = other->start_time;
    memcpy(pod->transitions, other->transitions, sizeof pod->transitions);
    pod->reasons = other->reasons;
    pod->containers = other->containers;
    document_take_status(into, from);
    pod_note_resize(pod);
}

void pod_note_resize(struct pod *pod)
{
    resized_drop(pod->resized);
    pod->resized = pod_spec_resized(pod->spec, value_get(pod->meta.document, "status"));
}

/* ---- reasons ---- */

/* The reasons of an unshared record, ready to be changed. */
static struct pod_reasons *own_reasons(struct pod *pod)
{
    if (pod->reasons != NULL && pod->reasons->refs == 1)
        return pod->reasons;
    struct pod_reasons *own = mem_new(sizeof *own);
    if (pod->reasons != NULL)
        *own = *pod->reasons;
    own->refs = 1;
    text_hold(own->nominated_node_name);
    text_hold(own->reason);
    text_hold(own->message);
    for (int i = 0; i < POD_CONDITIONS; i++) {
        text_hold(own->of[i].reason);
        text_hold(own->of[i].message);
    }
    reasons_drop(pod->reasons);
    return pod->reasons = own;
}

static void forget_empty_reasons(struct pod *pod)
{
    const struct pod_reasons *own = pod->reasons;
    if (own->nominated_node_name != NULL || own->reason != NULL || own->message != NULL)
        return;
    for (int i = 0; i < POD_CONDITIONS; i++)
        if (pod->reasons->of[i].reason != NULL || pod->reasons->of[i].message != NULL)
            return;
    reasons_drop(pod->reasons);
    pod->reasons = NULL;
}

const char *pod_reason(const struct pod *pod)
{
    return pod->reasons ? text_s(pod->reasons->reason) : "";
}

const char *pod_message(const struct pod *pod)
{
    return pod->reasons ? text_s(pod->reasons->message) : "";
}

const struct text *pod_nominated_node(const struct pod *pod)
{
    return pod->reasons ? pod->reasons->nominated_node_name : NULL;
}

void pod_set_reason(struct pod *pod, const struct text *reason, const struct text *message)
{
    struct pod_reasons *own = own_reasons(pod);
    text_assign(&own->reason, reason);
    text_assign(&own->message, message);
    forget_empty_reasons(pod);
}

void pod_set_nominated_node(struct pod *pod, const struct text *node)
{
    text_assign(&own_reasons(pod)->nominated_node_name, node);
    forget_empty_reasons(pod);
}

/* ---- conditions ---- */

const char *pod_condition_name(enum pod_condition condition)
{
    static const char *const names[] = {
        [POD_SCHEDULED] = "PodScheduled",
        [POD_READY_TO_START_CONTAINERS] = "PodReadyToStartContainers",
        [POD_INITIALIZED] = "Initialized",
        [POD_CONTAINERS_READY] = "ContainersReady",
        [POD_READY] = "Ready",
        [POD_DISRUPTION_TARGET] = "DisruptionTarget",
    };
    return names[condition];
}

const char *pod_condition_reason(const struct pod *pod, enum pod_condition condition)
{
    return pod->reasons ? text_s(pod->reasons->of[condition].reason) : "";
}

const char *pod_condition_message(const struct pod *pod, enum pod_condition condition)
{
    return pod->reasons ? text_s(pod->reasons->of[condition].message) : "";
}

static bool set_reason(struct pod *pod, struct texts *texts, enum pod_condition condition,
                       const char *reason, const char *message)
{
    if (strcmp(pod_condition_reason(pod, condition), reason) == 0 &&
        strcmp(pod_condition_message(pod, condition), message) == 0)
        return false;
    struct pod_reasons *own = own_reasons(pod);
    text_assign(&own->of[condition].reason, text_intern(texts, reason));
    text_assign(&own->of[condition].message, text_intern(texts, message));
    forget_empty_reasons(pod);
    return true;
}

bool pod_set_condition(struct pod *pod, struct texts *texts, enum pod_condition condition,
                       bool status, const char *reason, const char *message, sim_time now)
{
    const uint8_t bit = (uint8_t)(1u << condition);
    const bool present = pod->conditions_present & bit;
    const bool turned = !present || pod_condition_is_true(pod, condition) != status;
    if (turned) {
        pod->conditions_present |= bit;
        pod->conditions_true =
            (uint8_t)(status ? pod->conditions_true | bit : pod->conditions_true & ~bit);
        pod->transitions[condition] = now;
    }
    const bool said =
        set_reason(pod, texts, condition, reason ? reason : "", message ? message : "");
    return turned || said;
}

void pod_begin(struct pod *pod, struct texts *texts, sim_time now)
{
    if (pod->gated)
        pod_set_condition(pod, texts, POD_SCHEDULED, false, "SchedulingGated",
                          "Scheduling is blocked due to non-empty scheduling gates", now);
}

sim_time pod_available_at(const struct pod *pod, int64_t min_ready_seconds)
{
    const sim_time since = pod->transitions[POD_READY];
    const sim_time second = since - (since % SIM_SECOND + SIM_SECOND) % SIM_SECOND;
    return second + min_ready_seconds * SIM_SECOND;
}

bool pod_is_available(const struct pod *pod, int64_t min_ready_seconds, sim_time now)
{
    return pod_is_ready(pod) &&
           (min_ready_seconds == 0 || pod_available_at(pod, min_ready_seconds) <= now);
}

/* ---- containers ---- */

static struct container_statuses *wait_for_kubelet(const struct pod_spec *spec, struct texts *texts)
{
    const bool init = spec->init_container_count > 0;
    struct container_statuses *list =
        container_statuses_new((uint32_t)(spec->init_container_count + spec->container_count));
    for (size_t i = 0; i < list->count; i++)
        list->items[i].reason = text_intern(texts, init ? "PodInitializing" : "ContainerCreating");
    return list;
}

struct container_statuses *pod_own_containers(struct pod *pod, struct texts *texts)
{
    struct container_statuses *shared = pod->containers;
    if (shared == NULL)
        return pod->containers = wait_for_kubelet(pod->spec, texts);
    if (shared->refs > 1) {
        pod->containers = container_statuses_copy(shared);
        container_statuses_drop(shared);
    }
    return pod->containers;
}

const char *pod_phase_name(enum pod_phase phase)
{
    static const char *const names[] = { "Pending", "Running", "Succeeded", "Failed", "Unknown" };
    return names[phase];
}
