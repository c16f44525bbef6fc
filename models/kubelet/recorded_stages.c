/* The fake kubelet behind the recordings, as a stage table.
 *
 * What it does is said in the README.md of the controller recordings (kwok v0.8.0 with stages
 * of its own): delays and outcomes by annotations and labels whose names begin with "oracle". */
#include <stdlib.h>
#include <string.h>

#include "models/api/node.h"
#include "models/api/pod.h"
#include "models/kubelet/stages.h"

/* --- pods ------------------------------------------------------------------------------ */

static void set_container(struct container_status *status, struct texts *texts,
                          enum container_state state, int exit_code, sim_time now)
{
    const bool running = state == CONTAINER_RUNNING;
    const char *reason = exit_code == 0 ? "Completed" : "Error";
    if (status->state != CONTAINER_RUNNING)
        status->started_at = now;
    status->state = state;
    status->finished_at = running ? 0 : now;
    status->exit_code = exit_code;
    text_assign(&status->reason, running ? NULL : text_intern(texts, reason));
}

static void set_containers(struct pod *pod, struct texts *texts, enum container_state state,
                           bool ready, int exit_code, sim_time now)
{
    struct container_statuses *statuses = pod_own_containers(pod, texts);
    for (uint32_t i = 0; i < statuses->count; i++) {
        const bool init = i < pod->spec->init_container_count;
        struct container_status *status = &statuses->items[i];
        set_container(status, texts, init ? CONTAINER_TERMINATED : state, init ? 0 : exit_code,
                      now);
        status->ready = init || ready;
        status->started = !init && state == CONTAINER_RUNNING;
    }
}

static bool pod_runs(struct pod *pod, struct stage_work *work, bool ready)
{
    struct texts *texts = work->texts;
    const sim_time now = work->now;
    const char *reason = ready ? NULL : "ContainersNotReady";
    pod->phase = POD_RUNNING;
    pod->start_time = now;
    pod->started = true;
    pod->pod_ip = pod_addresses_next(work->addresses);
    set_containers(pod, texts, CONTAINER_RUNNING, ready, 0, now);
    pod_set_condition(pod, texts, POD_READY_TO_START_CONTAINERS, true, NULL, NULL, now);
    pod_set_condition(pod, texts, POD_INITIALIZED, true, NULL, NULL, now);
    pod_set_condition(pod, texts, POD_READY, ready, reason, NULL, now);
    pod_set_condition(pod, texts, POD_CONTAINERS_READY, ready, reason, NULL, now);
    return true;
}

static bool becomes_ready(struct object *object, void *work)
{
    return pod_runs((struct pod *)object, work, true);
}

static bool runs_unready(struct object *object, void *work)
{
    return pod_runs((struct pod *)object, work, false);
}

static void pod_ends(struct pod *pod, const struct stage_work *work, enum pod_phase phase,
                     int exit_code)
{
    struct texts *texts = work->texts;
    const sim_time now = work->now;
    const char *reason = phase == POD_SUCCEEDED ? "PodCompleted" : "PodFailed";
    pod->phase = phase;
    set_containers(pod, texts, CONTAINER_TERMINATED, false, exit_code, now);
    pod_set_condition(pod, texts, POD_READY_TO_START_CONTAINERS, false, NULL, NULL, now);
    pod_set_condition(pod, texts, POD_READY, false, reason, NULL, now);
    pod_set_condition(pod, texts, POD_CONTAINERS_READY, false, reason, NULL, now);
}

/* Is this pod's completion index in the list "1,3" of its annotation? */
static bool index_is_to_fail(const struct pod *pod)
{
    const char *list = labels_get(pod->meta.annotations, "oracle/fail-indexes");
    const char *index =
        labels_get(pod->meta.annotations, "batch.kubernetes.io/job-completion-index");
    if (list == NULL || index == NULL)
        return false;
    const size_t length = strlen(index);
    for (; *list != '\0'; list += strcspn(list, ","), list += *list == ',')
        if (strcspn(list, ",") == length && memcmp(list, index, length) == 0)
            return true;
    return false;
}

static bool run_is_over(struct object *object, void *context)
{
    const struct stage_work *work = context;
    struct pod *pod = (struct pod *)object;
    const char *label = labels_get(pod->meta.labels, "oracle-exit");
    int exit_code = label ? atoi(label) : 0;
    if (exit_code == 0 && index_is_to_fail(pod))
        exit_code = 1;
    pod_ends(pod, work, exit_code == 0 ? POD_SUCCEEDED : POD_FAILED, exit_code);
    if (exit_code == 0)
        pod_set_condition(pod, work->texts, POD_INITIALIZED, true, "PodCompleted", NULL, work->now);
    return true;
}

static bool is_terminated(struct object *object, void *context)
{
    const struct stage_work *work = context;
    struct pod *pod = (struct pod *)object;
    const bool graceful = pod->spec->restart_policy == RESTART_ALWAYS;
    pod_ends(pod, work, graceful ? POD_SUCCEEDED : POD_FAILED, graceful ? 0 : 143);
    pod_set_condition(pod, work->texts, POD_INITIALIZED, true, NULL, NULL, work->now);
    return true;
}

/* --- nodes ----------------------------------------------------------------------------- */

static bool node_reports_ready(struct object *object, void *context)
{
    const struct stage_work *work = context;
    struct node *node = (struct node *)object;
    const struct condition ready = {
        .type = text_intern(work->texts, "Ready"),
        .status = CONDITION_TRUE,
        .reason = text_intern(work->texts, "KubeletReady"),
        .message = text_intern(work->texts, "kubelet is posting ready status"),
        .transition = work->now, /* it was not True: that is when the stage applies */
        .update = work->now,
    };
    const struct conditions *changed = conditions_with(node->conditions, ready);
    conditions_drop(node->conditions);
    node->conditions = changed;
    return true;
}

static const struct stage stages[] = {
    { .name = "node-ready",
      .kind = KIND_NODE,
      .when = { { "status.ready", OPERATOR_NOT_IN, { "True" } } },
      .next = node_reports_ready },
    { .name = "pod-delete",
      .kind = KIND_POD,
      .when = { { "metadata.deletionTimestamp", OPERATOR_EXISTS, { NULL } },
                { "status.phase", OPERATOR_IN, { "Succeeded", "Failed" } } },
      .remove = true },
    { .name = "pod-terminate",
      .kind = KIND_POD,
      .when = { { "metadata.deletionTimestamp", OPERATOR_EXISTS, { NULL } } },
      .delay = SIM_SECOND,
      .delay_annotation = "oracle/term-delay",
      .next = is_terminated },
    { .name = "pod-ready",
      .kind = KIND_POD,
      .when = { { "status.phase", OPERATOR_IN, { "Pending" } },
                { "labels:oracle-ready", OPERATOR_NOT_IN, { "never", "pending" } } },
      .delay = SIM_SECOND,
      .delay_annotation = "oracle/ready-delay",
      .next = becomes_ready },
    { .name = "pod-unready",
      .kind = KIND_POD,
      .when = { { "status.phase", OPERATOR_IN, { "Pending" } },
                { "labels:oracle-ready", OPERATOR_IN, { "never" } } },
      .delay = SIM_SECOND,
      .delay_annotation = "oracle/ready-delay",
      .next = runs_unready },
    { .name = "pod-complete",
      .kind = KIND_POD,
      .when = { { "status.phase", OPERATOR_IN, { "Running" } },
                { "spec.restartPolicy", OPERATOR_NOT_IN, { "Always" } },
                { "labels:oracle-exit", OPERATOR_NOT_IN, { "never" } } },
      .delay = 2 * SIM_SECOND,
      .delay_annotation = "oracle/run-time",
      .next = run_is_over },
};

const struct stage_table recorded_stages = {
    .manages = { "labels:oracle-managed", OPERATOR_EXISTS, { NULL } },
    .stages = stages,
    .count = sizeof stages / sizeof *stages,
    .lease_duration_seconds = 8,
    .lease_period = 2 * SIM_SECOND,
};
