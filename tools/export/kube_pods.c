/* Pods and their containers, as kube-state-metrics names them (docs/metrics/workload/pod-metrics.md). */
#include <stdio.h>
#include <string.h>

#include "models/api/node.h"
#include "models/api/pod.h"
#include "tools/export/family.h"

#define OF_POD       "namespace", "pod", "uid"
#define OF_CONTAINER OF_POD, "container"

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static const char *address(uint32_t ip, char text[16])
{
    text[0] = '\0';
    if (ip != 0)
        snprintf(text, 16, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    return text;
}

static void info(struct collector *to, const void *record)
{
    const struct pod *pod = record;
    const struct owner *owner = meta_controller(&pod->meta);
    char ip[16];
    TELL(to, 1, "", address(pod->pod_ip, ip), text_s(pod->node_name),
         owner != NULL ? text_s(owner->kind) : "", owner != NULL ? text_s(owner->name) : "",
         text_s(pod->spec->priority_class_name), truth(pod->spec->host_network));
}

static void start_time(struct collector *to, const void *record)
{
    const struct pod *pod = record;
    if (pod->started)
        tell_time(to, pod->start_time);
}

/* When the last of its containers ended, if all have. */
static void completion_time(struct collector *to, const void *record)
{
    const struct pod *pod = record;
    const struct container_statuses *all = pod->containers;
    sim_time last = -1;
    if (!pod_is_terminal(pod) || all == NULL)
        return;
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->items[i].state != CONTAINER_TERMINATED)
            return;
        last = all->items[i].finished_at > last ? all->items[i].finished_at : last;
    }
    if (last >= 0)
        tell_time(to, last);
}

static void deletion(struct collector *to, const void *record)
{
    const struct pod *pod = record;
    if (pod->meta.deleting)
        tell_time(to, pod->meta.deletion);
}

static void restart_policy(struct collector *to, const void *record)
{
    static const char *const names[] = { "Always", "OnFailure", "Never" };
    TELL(to, 1, names[((const struct pod *)record)->spec->restart_policy]);
}

static void phase(struct collector *to, const void *record)
{
    static const enum pod_phase order[] = { POD_PENDING, POD_SUCCEEDED, POD_FAILED, POD_UNKNOWN,
                                            POD_RUNNING };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        TELL(to, ((const struct pod *)record)->phase == order[i], pod_phase_name(order[i]));
}

static void qos_class(struct collector *to, const void *record)
{
    const enum qos_class class = ((const struct pod *)record)->spec->qos;
    TELL(to, class == QOS_BEST_EFFORT, "BestEffort");
    TELL(to, class == QOS_BURSTABLE, "Burstable");
    TELL(to, class == QOS_GUARANTEED, "Guaranteed");
}

/* Nothing while it has no such condition. */
static void condition(struct collector *to, const struct pod *pod, enum pod_condition which)
{
    if (!(pod->conditions_present >> which & 1))
        return;
    TELL(to, pod_condition_is_true(pod, which), "true");
    TELL(to, !pod_condition_is_true(pod, which), "false");
    TELL(to, 0, "unknown");
}

static void ready(struct collector *to, const void *record)
{
    condition(to, record, POD_READY);
}

static void scheduled(struct collector *to, const void *record)
{
    condition(to, record, POD_SCHEDULED);
}

static void since(struct collector *to, const struct pod *pod, enum pod_condition which)
{
    if (pod_condition_is_true(pod, which))
        tell_time(to, pod->transitions[which]);
}

static void scheduled_time(struct collector *to, const void *record)
{
    since(to, record, POD_SCHEDULED);
}

static void initialized_time(struct collector *to, const void *record)
{
    since(to, record, POD_INITIALIZED);
}

static void containers_ready_time(struct collector *to, const void *record)
{
    since(to, record, POD_CONTAINERS_READY);
}

static void ready_time(struct collector *to, const void *record)
{
    since(to, record, POD_READY);
}

static void unschedulable(struct collector *to, const void *record)
{
    const struct pod *pod = record;
    if ((pod->conditions_present >> POD_SCHEDULED & 1) &&
        !pod_condition_is_true(pod, POD_SCHEDULED) &&
        strcmp(pod_condition_reason(pod, POD_SCHEDULED), "Unschedulable") == 0)
        tell(to, 1);
}

static void reason(struct collector *to, const void *record)
{
    static const char *const reasons[] = { "Evicted", "NodeAffinity", "NodeLost", "Shutdown",
                                           "UnexpectedAdmissionError" };
    const char *said = pod_reason(record);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        TELL(to, strcmp(said, reasons[i]) == 0, reasons[i]);
}

static void disruption_reason(struct collector *to, const void *record)
{
    const struct pod *pod = record;
    if (pod_condition_is_true(pod, POD_DISRUPTION_TARGET))
        TELL(to, 1, pod_condition_reason(pod, POD_DISRUPTION_TARGET));
}

static void tolerations(struct collector *to, const void *record)
{
    const struct pod_spec *spec = ((const struct pod *)record)->spec;
    for (size_t i = 0; i < spec->toleration_count; i++) {
        const struct toleration *one = &spec->tolerations[i];
        char seconds[24] = "";
        if (!one->forever)
            snprintf(seconds, sizeof seconds, "%lld", (long long)one->seconds);
        TELL(to, 1, text_s(one->key), one->exists ? "Exists" : "Equal", text_s(one->value),
             one->effect == EFFECT_ANY ? "" : taint_effect_name(one->effect), seconds);
    }
}

static void claims(struct collector *to, const void *record)
{
    const struct pod_spec *spec = ((const struct pod *)record)->spec;
    for (size_t i = 0; i < spec->volume_count; i++)
        if (spec->volumes[i].type == POD_VOLUME_CLAIM)
            TELL(to, 1, text_s(spec->volumes[i].name), text_s(spec->volumes[i].id));
}

/* ---- containers: those of the pod, or its init containers ---- */

struct containers {
    const struct container *items;
    const struct container_status *statuses; /* NULL: not reported yet */
    size_t count;
};

static struct containers containers_of(const void *record, bool init)
{
    const struct pod *pod = record;
    const struct pod_spec *spec = pod->spec;
    const struct container_status *statuses =
        pod->containers != NULL ? pod->containers->items : NULL;
    if (init)
        return (struct containers){ spec->init_containers, statuses, spec->init_container_count };
    return (struct containers){ spec->containers,
                                statuses != NULL ? statuses + spec->init_container_count : NULL,
                                spec->container_count };
}

/* A function for containers and one for init containers, of what is told of one. The status is NULL
 * while there is none; what is told of statuses alone then says nothing. */
typedef void tell_container(struct collector *to, const struct pod *pod,
                            const struct container *container,
                            const struct container_status *status);

static void each_container(struct collector *to, const void *record, bool init,
                           tell_container *tell_one)
{
    const struct containers all = containers_of(record, init);
    for (size_t i = 0; i < all.count; i++)
        tell_one(to, record, &all.items[i], all.statuses != NULL ? &all.statuses[i] : NULL);
}

#define CONTAINERS(name)                                                                           \
    static void name(struct collector *to, const void *record)                                     \
    {                                                                                              \
        each_container(to, record, false, name##_of);                                              \
    }                                                                                              \
    static void init_##name(struct collector *to, const void *record)                              \
    {                                                                                              \
        each_container(to, record, true, name##_of);                                               \
    }

static void container_info_of(struct collector *to, const struct pod *pod,
                              const struct container *container,
                              const struct container_status *status)
{
    (void)pod;
    (void)status;
    TELL(to, 1, text_s(container->name), text_s(container->image), text_s(container->image));
}
CONTAINERS(container_info)

static void tell_state(struct collector *to, const struct container *container,
                       const struct container_status *status, enum container_state state)
{
    if (status != NULL)
        TELL(to, status->state == state, text_s(container->name));
}

static void waiting_of(struct collector *to, const struct pod *pod,
                       const struct container *container, const struct container_status *status)
{
    (void)pod;
    tell_state(to, container, status, CONTAINER_WAITING);
}
CONTAINERS(waiting)

static void running_of(struct collector *to, const struct pod *pod,
                       const struct container *container, const struct container_status *status)
{
    (void)pod;
    tell_state(to, container, status, CONTAINER_RUNNING);
}
CONTAINERS(running)

static void terminated_of(struct collector *to, const struct pod *pod,
                          const struct container *container, const struct container_status *status)
{
    (void)pod;
    tell_state(to, container, status, CONTAINER_TERMINATED);
}
CONTAINERS(terminated)

static void tell_reason(struct collector *to, const struct container *container,
                        const struct container_status *status, enum container_state state)
{
    if (status != NULL && status->state == state && status->reason != NULL)
        TELL(to, 1, text_s(container->name), text_s(status->reason));
}

static void waiting_reason_of(struct collector *to, const struct pod *pod,
                              const struct container *container,
                              const struct container_status *status)
{
    (void)pod;
    tell_reason(to, container, status, CONTAINER_WAITING);
}
CONTAINERS(waiting_reason)

static void terminated_reason_of(struct collector *to, const struct pod *pod,
                                 const struct container *container,
                                 const struct container_status *status)
{
    (void)pod;
    tell_reason(to, container, status, CONTAINER_TERMINATED);
}
CONTAINERS(terminated_reason)

static void last_terminated_reason_of(struct collector *to, const struct pod *pod,
                                      const struct container *container,
                                      const struct container_status *status)
{
    (void)pod;
    if (status != NULL && status->last != NULL)
        TELL(to, 1, text_s(container->name), text_s(status->last->reason));
}
CONTAINERS(last_terminated_reason)

static void last_exit_code_of(struct collector *to, const struct pod *pod,
                              const struct container *container,
                              const struct container_status *status)
{
    (void)pod;
    if (status != NULL && status->last != NULL)
        TELL(to, status->last->exit_code, text_s(container->name));
}

static void last_exit_code(struct collector *to, const void *record)
{
    each_container(to, record, false, last_exit_code_of);
}

static void is_ready_of(struct collector *to, const struct pod *pod,
                        const struct container *container, const struct container_status *status)
{
    (void)pod;
    if (status != NULL)
        TELL(to, status->ready, text_s(container->name));
}
CONTAINERS(is_ready)

static void restarts_of(struct collector *to, const struct pod *pod,
                        const struct container *container, const struct container_status *status)
{
    (void)pod;
    if (status != NULL)
        TELL(to, status->restart_count, text_s(container->name));
}
CONTAINERS(restarts)

static void started_of(struct collector *to, const struct pod *pod,
                       const struct container *container, const struct container_status *status)
{
    (void)pod;
    if (status != NULL && status->state != CONTAINER_WAITING)
        TELL(to, unix_seconds(to, status->started_at), text_s(container->name));
}

static void started(struct collector *to, const void *record)
{
    each_container(to, record, false, started_of);
}

static void requests_of(struct collector *to, const struct pod *pod,
                        const struct container *container, const struct container_status *status)
{
    (void)status;
    tell_resources(to, &container->requests, text_s(container->name), text_s(pod->node_name));
}
CONTAINERS(requests)

static void limits_of(struct collector *to, const struct pod *pod,
                      const struct container *container, const struct container_status *status)
{
    (void)status;
    tell_resources(to, &container->limits, text_s(container->name), text_s(pod->node_name));
}
CONTAINERS(limits)

const struct family kube_pod_families[] = {
    { "kube_pod_info", "Information about a pod.",
      .labels = { OF_POD, "host_ip", "pod_ip", "node", "created_by_kind", "created_by_name",
                  "priority_class", "host_network" },
      .collect = info },
    { "kube_pod_owner", "Who owns a pod.",
      .labels = { OF_POD, "owner_kind", "owner_name", "owner_is_controller" },
      .collect = tell_owners },
    { "kube_pod_created", "When a pod was created, in Unix time.", .labels = { OF_POD },
      MEMBER(FROM_TIME, struct pod, meta.created), .is_time = true },
    { "kube_pod_start_time", "When the kubelet took a pod up, in Unix time.", .labels = { OF_POD },
      .collect = start_time, .is_time = true },
    { "kube_pod_completion_time", "When the last container of a pod ended, in Unix time.",
      .labels = { OF_POD }, .collect = completion_time, .is_time = true },
    { "kube_pod_deletion_timestamp",
      "When a pod that is being deleted is to be gone, in Unix time.", .labels = { OF_POD },
      .collect = deletion, .is_time = true },
    { "kube_pod_restart_policy", "What becomes of containers that end.",
      .labels = { OF_POD, "type" }, .collect = restart_policy },
    { "kube_pod_status_phase", "The phase of a pod.", .labels = { OF_POD, "phase" },
      .collect = phase },
    { "kube_pod_status_qos_class", "The quality of service of a pod.",
      .labels = { OF_POD, "qos_class" }, .collect = qos_class },
    { "kube_pod_status_ready", "Whether a pod is ready to serve requests.",
      .labels = { OF_POD, "condition" }, .collect = ready },
    { "kube_pod_status_scheduled", "Whether a pod has a node.", .labels = { OF_POD, "condition" },
      .collect = scheduled },
    { "kube_pod_status_scheduled_time", "When a pod got its node, in Unix time.",
      .labels = { OF_POD }, .collect = scheduled_time, .is_time = true },
    { "kube_pod_status_initialized_time", "When a pod was initialized, in Unix time.",
      .labels = { OF_POD }, .collect = initialized_time, .is_time = true },
    { "kube_pod_status_container_ready_time",
      "When all containers of a pod were ready, in Unix time.", .labels = { OF_POD },
      .collect = containers_ready_time, .is_time = true },
    { "kube_pod_status_ready_time", "When a pod became ready, in Unix time.", .labels = { OF_POD },
      .collect = ready_time, .is_time = true },
    { "kube_pod_status_unschedulable", "A pod for which the scheduler finds no node.",
      .labels = { OF_POD }, .collect = unschedulable },
    { "kube_pod_status_reason", "Why a pod is in its phase.", .labels = { OF_POD, "reason" },
      .collect = reason },
    { "kube_pod_status_disruption_reason", "Why a pod was put out.", .labels = { OF_POD, "reason" },
      .collect = disruption_reason },
    { "kube_pod_tolerations", "The tolerations of a pod.",
      .labels = { OF_POD, "key", "operator", "value", "effect", "toleration_seconds" },
      .collect = tolerations },
    { "kube_pod_spec_volumes_persistentvolumeclaims_info", "The claims of a pod.",
      .labels = { OF_POD, "volume", "persistentvolumeclaim" }, .collect = claims },
    { "kube_pod_container_info", "Information about a container of a pod.",
      .labels = { OF_CONTAINER, "image", "image_spec" }, .collect = container_info },
    { "kube_pod_container_status_waiting", "Whether a container waits.", .labels = { OF_CONTAINER },
      .collect = waiting },
    { "kube_pod_container_status_waiting_reason", "Why a container waits.",
      .labels = { OF_CONTAINER, "reason" }, .collect = waiting_reason },
    { "kube_pod_container_status_running", "Whether a container runs.", .labels = { OF_CONTAINER },
      .collect = running },
    { "kube_pod_container_state_started", "When a container started, in Unix time.",
      .labels = { OF_CONTAINER }, .collect = started, .is_time = true },
    { "kube_pod_container_status_terminated", "Whether a container has ended.",
      .labels = { OF_CONTAINER }, .collect = terminated },
    { "kube_pod_container_status_terminated_reason", "Why a container has ended.",
      .labels = { OF_CONTAINER, "reason" }, .collect = terminated_reason },
    { "kube_pod_container_status_last_terminated_reason", "Why a container ended the last time.",
      .labels = { OF_CONTAINER, "reason" }, .collect = last_terminated_reason },
    { "kube_pod_container_status_last_terminated_exitcode",
      "With which code a container ended the last time.", .labels = { OF_CONTAINER },
      .collect = last_exit_code },
    { "kube_pod_container_status_ready", "Whether a container is ready.",
      .labels = { OF_CONTAINER }, .collect = is_ready },
    { "kube_pod_container_status_restarts_total", "How often a container was started again.",
      COUNTER, .labels = { OF_CONTAINER }, .collect = restarts },
    { "kube_pod_container_resource_requests", "What a container requests.",
      .labels = { OF_CONTAINER, "node", "resource", "unit" }, .collect = requests },
    { "kube_pod_container_resource_limits", "What a container is limited to.",
      .labels = { OF_CONTAINER, "node", "resource", "unit" }, .collect = limits },
    { "kube_pod_init_container_info", "Information about an init container of a pod.",
      .labels = { OF_CONTAINER, "image", "image_spec" }, .collect = init_container_info },
    { "kube_pod_init_container_status_waiting", "Whether an init container waits.",
      .labels = { OF_CONTAINER }, .collect = init_waiting },
    { "kube_pod_init_container_status_waiting_reason", "Why an init container waits.",
      .labels = { OF_CONTAINER, "reason" }, .collect = init_waiting_reason },
    { "kube_pod_init_container_status_running", "Whether an init container runs.",
      .labels = { OF_CONTAINER }, .collect = init_running },
    { "kube_pod_init_container_status_terminated", "Whether an init container has ended.",
      .labels = { OF_CONTAINER }, .collect = init_terminated },
    { "kube_pod_init_container_status_terminated_reason", "Why an init container has ended.",
      .labels = { OF_CONTAINER, "reason" }, .collect = init_terminated_reason },
    { "kube_pod_init_container_status_last_terminated_reason",
      "Why an init container ended the last time.", .labels = { OF_CONTAINER, "reason" },
      .collect = init_last_terminated_reason },
    { "kube_pod_init_container_status_ready", "Whether an init container is ready.",
      .labels = { OF_CONTAINER }, .collect = init_is_ready },
    { "kube_pod_init_container_status_restarts_total",
      "How often an init container was started again.", COUNTER, .labels = { OF_CONTAINER },
      .collect = init_restarts },
    { "kube_pod_init_container_resource_requests", "What an init container requests.",
      .labels = { OF_CONTAINER, "node", "resource", "unit" }, .collect = init_requests },
    { "kube_pod_init_container_resource_limits", "What an init container is limited to.",
      .labels = { OF_CONTAINER, "node", "resource", "unit" }, .collect = init_limits },
    { 0 },
};
