/* The containers of a pod, one after the other: which may start, which has ended, what then.
 *
 * Follows computePodActions and computeInitContainerActions in pkg/kubelet/kuberuntime of the
 * release named in docs/fidelity.md. A pod's containers are started one at a time, init
 * containers in order, a sidecar before what comes after it. */
#include <stdio.h>
#include <stdlib.h>

#include "models/kubelet/kubelet_private.h"

struct container_status *worker_status(struct pod_worker *worker, size_t i)
{
    if (worker->statuses->refs > 1) {
        struct container_statuses *own = container_statuses_copy(worker->statuses);
        container_statuses_drop(worker->statuses);
        worker->statuses = own;
    }
    return &worker->statuses->items[i];
}

void worker_tell(const struct pod_worker *worker, size_t i, enum process_change change, sim_time at)
{
    const struct cluster *cluster = worker->node->kubelet->cluster;
    if (cluster->hear_process == NULL || worker_is_init(worker, i))
        return;
    const struct process_event event = {
        .change = change,
        .pod = worker->pod,
        .container = i - worker->pod->spec->init_container_count,
        .at = at,
        .cause = worker->cause,
    };
    cluster->hear_process(cluster->process_listener, &event);
}

/* --- whose turn it is ------------------------------------------------------------------ */

/* An init container that completed, or a sidecar that has started. */
static bool init_is_past(const struct pod_worker *worker, size_t i)
{
    if (worker_container(worker, i)->sidecar)
        return worker->statuses->items[i].started;
    return worker->runs[i].state == RUN_DONE && worker->statuses->items[i].exit_code == 0;
}

static bool may_start(const struct pod_worker *worker, size_t i)
{
    if (worker->initialized)
        return true;
    if (!worker_is_init(worker, i))
        return false;
    for (size_t before = 0; before < i; before++)
        if (!init_is_past(worker, before))
            return false;
    return true;
}

static void note_initialized(struct pod_worker *worker)
{
    for (size_t i = 0; !worker->initialized && i < worker->pod->spec->init_container_count; i++)
        if (!init_is_past(worker, i))
            return;
    worker->initialized = true;
}

/* Begin with the first container that may start, if none is being started. */
static bool start_next(struct pod_worker *worker, sim_time now)
{
    const size_t count = worker_count(worker);
    note_initialized(worker);
    for (size_t i = 0; i < count; i++)
        if (worker->runs[i].state == RUN_PULLING || worker->runs[i].state == RUN_CREATING)
            return false;
    for (size_t i = 0; i < count; i++) {
        if (worker->runs[i].state == RUN_WAITING && worker->runs[i].due <= now &&
            may_start(worker, i)) {
            container_begin(worker, i, now);
            return true;
        }
    }
    return false;
}

/* --- ends ------------------------------------------------------------------------------ */

bool container_restarts(const struct pod_worker *worker, size_t i, int exit_code)
{
    if (worker_container(worker, i)->sidecar)
        return true;
    if (worker_is_init(worker, i) && exit_code == 0)
        return false;
    switch (worker->pod->spec->restart_policy) {
    case RESTART_ALWAYS:
        return true;
    case RESTART_ON_FAILURE:
        return exit_code != 0;
    default:
        return false;
    }
}

/* As Go prints a duration of whole seconds: "10s", "1m20s", "5m0s". */
static char *go_duration(sim_time time, char text[SIM_TIME_TEXT])
{
    const long seconds = (long)(time / SIM_SECOND);
    if (seconds < 60)
        snprintf(text, SIM_TIME_TEXT, "%lds", seconds);
    else if (seconds < 3600)
        snprintf(text, SIM_TIME_TEXT, "%ldm%lds", seconds / 60, seconds % 60);
    else
        snprintf(text, SIM_TIME_TEXT, "%ldh%ldm%lds", seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
    return text;
}

/* Wait for the next start: at once, or CrashLoopBackOff with the last run in lastState. */
static void back_off(struct pod_worker *worker, size_t i, struct container_status *status,
                     sim_time now)
{
    struct container_run *run = &worker->runs[i];
    struct texts *texts = worker_run(worker)->texts;
    const sim_time wait =
        back_off_wait(&run->back_off, now, worker_settings(worker)->max_container_backoff);
    run->state = RUN_WAITING;
    run->due = now + wait;
    if (wait == 0)
        return;
    char length[SIM_TIME_TEXT], uid[UID_TEXT];
    status->state = CONTAINER_WAITING;
    container_status_keep_end(status);
    text_assign(&status->reason, text_intern(texts, "CrashLoopBackOff"));
    text_assign(&status->message,
                text_format(texts, "back-off %s restarting failed container=%s pod=%s_%s(%s)",
                            go_duration(wait, length), text_s(worker_container(worker, i)->name),
                            name_of(worker->pod), namespace_of(worker->pod),
                            uid_print(worker->pod->meta.uid, uid)));
    WORKER_EVENT(worker, true, "BackOff",
                 "Back-off restarting failed container %s in pod %s_%s(%s)",
                 text_s(worker_container(worker, i)->name), name_of(worker->pod),
                 namespace_of(worker->pod), uid);
}

static void run_anew(struct container_run *run, sim_time now)
{
    run->state = RUN_WAITING;
    run->due = now;
    run->back_off = (struct back_off){ 0 };
}

void container_exit(struct pod_worker *worker, size_t i, int exit_code, const char *reason,
                    sim_time now)
{
    struct container_run *run = &worker->runs[i];
    struct container_status *status = worker_status(worker, i);
    if (reason == NULL)
        reason = exit_code == 0 ? "Completed" : "Error";
    status->state = CONTAINER_TERMINATED;
    status->exit_code = exit_code;
    status->finished_at = now;
    status->started = false;
    status->ready = worker_is_init(worker, i) && exit_code == 0;
    text_assign(&status->reason, text_intern(worker_run(worker)->texts, reason));
    run->state = RUN_DONE;
    run->due = SIM_FOREVER;
    worker_tell(worker, i, PROCESS_ENDS, now);
    memory_gives(worker, i);
    if (worker->stage == STAGE_LIVE && run->renewed)
        run_anew(run, now);
    else if (worker->stage == STAGE_LIVE && container_restarts(worker, i, exit_code))
        back_off(worker, i, status, now);
    worker_report(worker, worker_is_init(worker, i) ? REPORT_MINOR : REPORT_NOW);
}

/* As computePodActions has it: whatever the restart policy, and under another key of back-offs. */
void containers_renew(struct pod_worker *worker, const struct pod_spec *before, sim_time now)
{
    const struct pod_spec *spec = worker->pod->spec;
    const size_t first = spec->init_container_count;
    if (before == spec || worker->stage != STAGE_LIVE ||
        before->container_count != spec->container_count)
        return;
    for (size_t i = first; i < worker_count(worker); i++) {
        struct container_run *run = &worker->runs[i];
        if (before->containers[i - first].image == worker_container(worker, i)->image)
            continue;
        run->renewed = true;
        if (run->state == RUN_RUNNING) {
            WORKER_EVENT(worker, false, "Killing",
                         "Container %s definition changed, will be restarted",
                         text_s(worker_container(worker, i)->name));
            container_stop(worker, i, spec->termination_grace_seconds * SIM_SECOND, now);
        } else if (run->state != RUN_STOPPING) {
            run_anew(run, now);
        }
    }
}

bool init_has_failed(const struct pod_worker *worker)
{
    for (size_t i = 0; i < worker->pod->spec->init_container_count; i++)
        if (worker->runs[i].state == RUN_DONE && worker->statuses->items[i].exit_code != 0)
            return true;
    return false;
}

bool containers_are_done(const struct pod_worker *worker)
{
    for (size_t i = worker->pod->spec->init_container_count; i < worker_count(worker); i++)
        if (worker->runs[i].state != RUN_DONE)
            return false;
    return true;
}

/* A container that was ready ends by itself and will run again: nobody in the run caused that,
 * so a chain of causes begins. */
static void begin_root(struct pod_worker *worker, size_t i)
{
    struct run *run = worker_run(worker);
    if (worker->stage != STAGE_LIVE || !worker->statuses->items[i].ready ||
        !container_restarts(worker, i, worker->runs[i].exit_code))
        return;
    char *name = mem_format("%s/%s", namespace_of(worker->pod), name_of(worker->pod));
    worker->cause = run_root(run, run_now(run), "container-exit", name);
    free(name);
}

/* --- time passes ----------------------------------------------------------------------- */

/* One thing that is due for one container; false when nothing was. */
static bool container_advance(struct pod_worker *worker, size_t i, sim_time now)
{
    struct container_run *run = &worker->runs[i];
    if (container_probes_act(worker, i, now))
        return true;
    if (run->due > now)
        return false;
    switch (run->state) {
    case RUN_PULLING:
        container_image_pulled(worker, i, now);
        return true;
    case RUN_CREATING:
        container_launch(worker, i, now);
        return true;
    case RUN_RUNNING:
        begin_root(worker, i);
        container_exit(worker, i, run->exit_code, NULL, now);
        return true;
    case RUN_STOPPING:
        container_exit(worker, i, run->exit_code, NULL, now);
        return true;
    default:
        return false;
    }
}

void containers_advance(struct pod_worker *worker, sim_time now)
{
    bool more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < worker_count(worker); i++)
            while (container_advance(worker, i, now))
                more = true;
        if (worker->stage == STAGE_LIVE && start_next(worker, now))
            more = true;
    }
}

sim_time containers_due(const struct pod_worker *worker, sim_time now)
{
    sim_time due = SIM_FOREVER;
    for (size_t i = 0; i < worker_count(worker); i++) {
        const struct container_run *run = &worker->runs[i];
        if (run->state == RUN_DONE)
            continue;
        if (run->state == RUN_WAITING && run->due <= now)
            continue; /* waits for its turn, not for the time */
        due = run->due < due ? run->due : due;
        const sim_time probes = container_probes_due(worker, i, now);
        due = probes < due ? probes : due;
    }
    return due;
}
