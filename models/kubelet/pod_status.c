/* What the kubelet reports of a pod: phase, conditions, container states.
 *
 * Follows pkg/kubelet/kubelet_pods.go (getPhase), pkg/kubelet/status/generate.go and
 * status_manager.go of the release named in docs/fidelity.md. */
#include <stdlib.h>

#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* --- phase ----------------------------------------------------------------------------- */

struct census {
    size_t waiting, running, stopped, succeeded;
};

static struct census take_census(const struct pod_worker *worker)
{
    struct census census = { 0 };
    for (size_t i = worker->pod->spec->init_container_count; i < worker_count(worker); i++) {
        const struct container_status *status = &worker->statuses->items[i];
        census.running += status->state == CONTAINER_RUNNING;
        if (status->state == CONTAINER_TERMINATED) {
            census.stopped++;
            census.succeeded += status->exit_code == 0;
        } else if (status->state == CONTAINER_WAITING) {
            census.stopped += status->last != NULL;
            census.waiting += status->last == NULL;
        }
    }
    return census;
}

static enum pod_phase phase_when_stopped(const struct pod_worker *worker, struct census census)
{
    const enum restart_policy policy = worker->pod->spec->restart_policy;
    if (worker->stage != STAGE_ENDED && policy == RESTART_ALWAYS)
        return POD_RUNNING;
    if (census.stopped == census.succeeded)
        return POD_SUCCEEDED;
    return worker->stage == STAGE_ENDED || policy == RESTART_NEVER ? POD_FAILED : POD_RUNNING;
}

enum pod_phase pod_phase_of(const struct pod_worker *worker)
{
    const struct census census = take_census(worker);
    if ((worker->overdue || worker->evicted != NULL) && worker->stage == STAGE_ENDED)
        return POD_FAILED;
    if (census.waiting > 0 || (!worker->initialized && census.stopped == 0))
        return worker->stage == STAGE_ENDED               ? POD_FAILED
               : census.running > 0 || census.stopped > 0 ? POD_RUNNING
                                                          : POD_PENDING;
    return census.running > 0 ? POD_RUNNING : phase_when_stopped(worker, census);
}

/* The phase to report: a pod is over only when nothing of it runs any more. */
static enum pod_phase phase_reported(const struct pod_worker *worker)
{
    const enum pod_phase phase = pod_phase_of(worker);
    const bool over = phase == POD_SUCCEEDED || phase == POD_FAILED;
    return over && worker->stage != STAGE_ENDED ? worker->pod->phase : phase;
}

/* --- conditions ------------------------------------------------------------------------ */

/* "containers with unready status: [a b]" of the containers that are `odd`; NULL when none is. */
static char *containers_with(const struct pod_worker *worker, const char *what,
                             bool (*odd)(const struct pod_worker *worker, size_t i))
{
    struct writer names = { 0 };
    for (size_t i = 0; i < worker_count(worker); i++)
        if (odd(worker, i))
            writer_format(&names, "%s%s", names.length ? " " : "",
                          text_s(worker_container(worker, i)->name));
    char *message =
        names.length ? mem_format("containers with %s status: [%s]", what, names.bytes) : NULL;
    writer_close(&names);
    return message;
}

static bool is_unready(const struct pod_worker *worker, size_t i)
{
    const bool counts = !worker_is_init(worker, i) || worker_container(worker, i)->sidecar;
    return counts && !worker->statuses->items[i].ready;
}

static bool is_incomplete(const struct pod_worker *worker, size_t i)
{
    const struct container_status *status = &worker->statuses->items[i];
    if (!worker_is_init(worker, i))
        return false;
    return worker_container(worker, i)->sidecar ? !status->started : !status->ready;
}

/* A container that has run once says that the pod was initialized, even if its init containers
 * run again after a reboot. */
static bool was_initialized(const struct pod_worker *worker)
{
    if (worker->initialized)
        return true;
    for (size_t i = worker->pod->spec->init_container_count; i < worker_count(worker); i++) {
        const struct container_status *status = &worker->statuses->items[i];
        if (status->state != CONTAINER_WAITING || status->last != NULL)
            return true;
    }
    return false;
}

static void set_initialized(const struct pod_worker *worker, struct pod *pod, sim_time now)
{
    struct texts *texts = worker_run(worker)->texts;
    char *message = NULL;
    if (!was_initialized(worker))
        message = containers_with(worker, "incomplete", is_incomplete);
    pod_set_condition(pod, texts, POD_INITIALIZED, message == NULL,
                      pod->phase == POD_SUCCEEDED ? "PodCompleted"
                      : message != NULL           ? "ContainersNotInitialized"
                                                  : NULL,
                      message, now);
    free(message);
}

static void set_ready(const struct pod_worker *worker, struct pod *pod, sim_time now)
{
    struct texts *texts = worker_run(worker)->texts;
    const char *reason = NULL;
    char *message = NULL;
    if (pod->phase == POD_SUCCEEDED)
        reason = "PodCompleted";
    else if (pod->phase == POD_FAILED)
        reason = "PodFailed";
    else if ((message = containers_with(worker, "unready", is_unready)) != NULL)
        reason = "ContainersNotReady";
    pod_set_condition(pod, texts, POD_CONTAINERS_READY, reason == NULL, reason, message, now);
    pod_set_condition(pod, texts, POD_READY, reason == NULL, reason, message, now);
    free(message);
}

/* --- the end --------------------------------------------------------------------------- */

/* A container that waited for its restart: its last run was the last. */
static void status_bring_back(struct container_status *status)
{
    status->state = CONTAINER_TERMINATED;
    status->exit_code = status->last->exit_code;
    status->started_at = status->last->started_at;
    status->finished_at = status->last->finished_at;
    text_assign(&status->reason, text_hold(status->last->reason));
    text_assign(&status->message, NULL);
    container_status_set_last(status, NULL);
}

static void status_give_up(struct container_status *status, struct texts *texts)
{
    status->state = CONTAINER_TERMINATED;
    status->exit_code = 137;
    text_assign(&status->reason, text_intern(texts, "ContainerStatusUnknown"));
    text_assign(
        &status->message,
        text_intern(texts, "The container could not be located when the pod was terminated"));
}

void pod_status_close(struct pod_worker *worker)
{
    const bool initialized = was_initialized(worker);
    for (size_t i = 0; i < worker_count(worker); i++) {
        if (worker->statuses->items[i].state == CONTAINER_TERMINATED)
            continue;
        struct container_status *status = worker_status(worker, i);
        if (status->last != NULL)
            status_bring_back(status);
        else if (worker_is_init(worker, i) ? i == 0 : initialized)
            status_give_up(status, worker_run(worker)->texts);
        status->ready = status->started = false;
    }
}

/* --- the write ------------------------------------------------------------------------- */

struct status_write {
    struct pod_worker *worker;
    sim_time now;
};

static bool status_fill(struct object *object, void *context)
{
    const struct status_write *write = context;
    struct pod_worker *worker = write->worker;
    struct texts *texts = worker_run(worker)->texts;
    struct pod *pod = (struct pod *)object;
    if (!uid_equal(pod->meta.uid, worker->pod->meta.uid) || pod_is_terminal(pod))
        return false; /* another pod by now, or somebody ended it */
    pod->phase = phase_reported(worker);
    container_statuses_drop(pod->containers);
    pod->containers = container_statuses_hold(worker->statuses);
    pod->pod_ip = worker->address;
    if (!pod->started) {
        pod->started = true;
        pod->start_time = worker->accepted;
    }
    if (worker->overdue && pod->phase == POD_FAILED)
        pod_set_reason(pod, text_intern(texts, "DeadlineExceeded"),
                       text_intern(texts, "Pod was active on the node longer than the specified "
                                          "deadline"));
    if (worker->evicted != NULL && pod->phase == POD_FAILED) {
        pod_set_reason(pod, text_intern(texts, "Evicted"), text_hold(worker->evicted));
        pod_set_condition(pod, texts, POD_DISRUPTION_TARGET, true, "TerminationByKubelet",
                          text_s(worker->evicted), write->now);
    }
    pod_set_condition(pod, texts, POD_READY_TO_START_CONTAINERS,
                      worker->stage == STAGE_LIVE || worker->stage == STAGE_ENDING, NULL, NULL,
                      write->now);
    set_initialized(worker, pod, write->now);
    set_ready(worker, pod, write->now);
    pod_set_condition(pod, texts, POD_SCHEDULED, true, NULL, NULL, write->now);
    return true;
}

void pod_status_write(struct pod_worker *worker, sim_time now)
{
    struct client *client = &worker->node->client;
    struct status_write write = { worker, now };
    struct error error = { 0 };
    client_begin(client, worker->cause);
    client_patch(client, object_key(&worker->pod->meta.object), status_fill, &write, &error);
    error_close(&error); /* gone: its deletion is on the way to us */
}

/* --- refusal --------------------------------------------------------------------------- */

struct refusal {
    const char *reason, *message;
    struct texts *texts;
};

static bool status_refuse(struct object *object, void *context)
{
    const struct refusal *refusal = context;
    struct pod *pod = (struct pod *)object;
    if (pod_is_terminal(pod))
        return false;
    pod->phase = POD_FAILED;
    pod_set_reason(pod, text_intern(refusal->texts, refusal->reason),
                   text_format(refusal->texts, "Pod was rejected: %s", refusal->message));
    return true;
}

void pod_reject(struct kubelet_node *node, const struct pod *pod, const char *reason, char *message)
{
    struct refusal refusal = { reason, message, node->kubelet->cluster->run->texts };
    struct error error = { 0 };
    client_begin(&node->client, pod->meta.object.cause);
    client_event(&node->client, &pod->meta.object, true, reason, "%s", message);
    client_patch(&node->client, object_key(&pod->meta.object), status_refuse, &refusal, &error);
    error_close(&error);
    free(message);
}
