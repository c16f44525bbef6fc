/* A pod at work on its node: from admission to the DELETE that ends it.
 *
 * Follows pkg/kubelet/pod_workers.go and kubelet.go (SyncPod, SyncTerminatingPod,
 * SyncTerminatedPod) of the release named in docs/fidelity.md. A worker sleeps until the next
 * thing happens to one of its containers: one event at a time, whatever their number.
 *
 * As in the status manager, what follows shortly replaces what is not written yet: a change
 * that matters to nobody (image pulled, sandbox made) waits for the next one if that is due
 * within a second. Readiness, starts and ends are written at once. */
#include <stdlib.h>

#include "models/kubelet/kubelet_private.h"
#include "sim/base/memory.h"

#define FOLDED_WITHIN  SIM_SECOND
#define COMPARED_EVERY (10 * SIM_SECOND) /* syncPeriod of the status manager */

static void pod_worker_due(void *subject, sim_time now);

/* --- making and freeing ---------------------------------------------------------------- */

struct pod_worker *pod_worker_find(const struct kubelet *kubelet, struct uid pod)
{
    struct table_node *node = table_first(&kubelet->workers_by_uid, pod.low);
    for (; node != NULL; node = table_again(node)) {
        struct pod_worker *worker = (struct pod_worker *)node; /* by_uid is its first member */
        if (uid_equal(worker->pod->meta.uid, pod))
            return worker;
    }
    return NULL;
}

static struct pod_worker *pod_worker_new(struct kubelet_node *node, const struct pod *pod)
{
    const size_t count = pod->spec->init_container_count + pod->spec->container_count;
    struct kubelet *kubelet = node->kubelet;
    struct pod_worker *worker =
        count == 1 ? pool_take(&kubelet->small_workers)
                   : mem_new(sizeof *worker + count * sizeof(struct container_run));
    worker->node = node;
    worker->pod = (const struct pod *)object_hold(&pod->meta.object);
    worker->reconcile = SIM_FOREVER;
    worker->previous = node->last;
    if (node->last)
        node->last->next = worker;
    else
        node->first = worker;
    node->last = worker;
    table_add(&kubelet->workers_by_uid, &worker->by_uid, pod->meta.uid.low);
    return worker;
}

static void unlink_from_node(struct pod_worker *worker)
{
    if (worker->previous)
        worker->previous->next = worker->next;
    else
        worker->node->first = worker->next;
    if (worker->next)
        worker->next->previous = worker->previous;
    else
        worker->node->last = worker->previous;
}

/* What still runs ends with the worker: the power went, or the pod was deleted without grace. */
static void end_processes(struct pod_worker *worker)
{
    const sim_time now = run_now(worker_run(worker));
    for (size_t i = 0; i < worker_count(worker); i++) {
        if (worker->runs[i].state != RUN_RUNNING && worker->runs[i].state != RUN_STOPPING)
            continue;
        worker_tell(worker, i, PROCESS_ENDS, now);
        memory_gives(worker, i);
    }
}

void pod_worker_free(struct pod_worker *worker)
{
    struct kubelet *kubelet = worker->node->kubelet;
    const bool small = worker_count(worker) == 1;
    end_processes(worker);
    run_cancel(kubelet->cluster->run, &worker->due);
    pod_mounts_end(worker, run_now(kubelet->cluster->run));
    pod_mounts_free(worker);
    pod_worker_charge(worker, false);
    table_remove(&kubelet->workers_by_uid, &worker->by_uid);
    unlink_from_node(worker);
    container_statuses_drop(worker->statuses);
    text_drop(worker->evicted);
    object_drop(&worker->pod->meta.object);
    if (small)
        pool_give(&kubelet->small_workers, worker);
    else
        free(worker);
}

/* --- time ------------------------------------------------------------------------------ */

/* Nothing can be reported by a kubelet that does not reach the API server. */
static bool may_write(const struct pod_worker *worker)
{
    return worker->node->online;
}

/* When something happens to the worker next. */
static sim_time next_due(const struct pod_worker *worker, sim_time now)
{
    sim_time due = containers_due(worker, now);
    if (worker->stage <= STAGE_LIVE)
        due = worker->deadline < due ? worker->deadline : due;
    if (worker->stage == STAGE_LIVE)
        due = worker->reconcile < due ? worker->reconcile : due;
    return due;
}

static bool report_is_due(const struct pod_worker *worker, sim_time next, sim_time now)
{
    if (!may_write(worker) || worker->report == REPORT_NOTHING)
        return false;
    return worker->report == REPORT_NOW || next - now > FOLDED_WITHIN;
}

static void schedule(struct pod_worker *worker, sim_time at)
{
    struct run *run = worker_run(worker);
    if (at == SIM_FOREVER)
        run_cancel(run, &worker->due);
    else if (worker->due == 0 || !queue_reschedule(run->queue, worker->due, at))
        worker->due = run_at(run, at, PRIORITY_WORLD, pod_worker_due, worker);
}

void pod_worker_wake(struct pod_worker *worker)
{
    schedule(worker, run_now(worker_run(worker)));
}

void pod_worker_wake_at(struct pod_worker *worker, sim_time at)
{
    schedule(worker, at);
}

/* --- the beginning --------------------------------------------------------------------- */

static void wait_for_start(struct pod_worker *worker)
{
    struct texts *texts = worker_run(worker)->texts;
    const bool init = worker->pod->spec->init_container_count > 0;
    worker->statuses = container_statuses_new((uint32_t)worker_count(worker));
    for (uint32_t i = 0; i < worker->statuses->count; i++)
        worker->statuses->items[i].reason =
            text_intern(texts, init ? "PodInitializing" : "ContainerCreating");
}

/* The computer went down under a container: the runtime finds it dead, with no exit code. */
static void status_after_reboot(struct pod_worker *worker, size_t i, sim_time now)
{
    struct container_status *status = worker_status(worker, i);
    if (status->state == CONTAINER_RUNNING) {
        status->state = CONTAINER_TERMINATED;
        status->exit_code = 255;
        status->finished_at = now;
        text_assign(&status->reason, text_intern(worker_run(worker)->texts, "Unknown"));
    }
    status->ready = status->started = false;
}

static void wait_for_restart(struct pod_worker *worker, sim_time now)
{
    worker->statuses = container_statuses_hold(worker->pod->containers);
    for (size_t i = 0; i < worker_count(worker); i++) {
        const bool init = worker_is_init(worker, i); /* init containers run again */
        status_after_reboot(worker, i, now);
        const struct container_status *status = &worker->statuses->items[i];
        if (!init && status->state == CONTAINER_TERMINATED &&
            !container_restarts(worker, i, status->exit_code))
            worker->runs[i].state = RUN_DONE;
    }
    worker_report(worker, REPORT_NOW);
}

static uint32_t address_of(struct pod_worker *worker)
{
    return worker->pod->spec->host_network ? worker->node->address
                                           : pod_addresses_next(&worker->node->kubelet->addresses);
}

/* Make the sandbox. */
static void make_sandbox(struct pod_worker *worker, sim_time now)
{
    worker->stage = STAGE_SANDBOX;
    const struct strain strain = worker_strain(worker, PEER_KUBELET);
    const sim_time time =
        pod_luck_time(worker, "sandbox", 0, worker_settings(worker)->container_start);
    worker->deadline = sim_time_after(now, strained(time, strain.slowness * strain.disk_slowness));
}

/* Its volumes first. */
static void start(struct pod_worker *worker, sim_time now)
{
    pod_worker_charge(worker, true);
    worker->first_start = true;
    worker->accepted = now;
    worker->address = address_of(worker);
    worker->stage = STAGE_VOLUMES;
    if (pod_mounts_begin(worker, now))
        worker->deadline = now;
    else
        make_sandbox(worker, now);
    const bool at_once = worker->pod->meta.deleting || report_is_due(worker, worker->deadline, now);
    schedule(worker, at_once ? now : worker->deadline);
}

void pod_worker_accept(struct kubelet_node *node, const struct pod *pod, sim_time now)
{
    const char *reason = NULL;
    char *message = NULL;
    if (pod_is_terminal(pod) && !pod->meta.deleting)
        return;
    const bool fits = pod->started || pod->meta.deleting || pod_fits(node, pod, &reason, &message);
    free(message); /* it is asked for again when the refusal is written */
    struct pod_worker *worker = pod_worker_new(node, pod);
    worker->cause = pod->started ? node->cause : pod->meta.object.cause;
    worker_report(worker, REPORT_MINOR);
    if (pod->started && pod->containers != NULL)
        wait_for_restart(worker, now);
    else
        wait_for_start(worker);
    if (fits && !pod_is_terminal(pod)) {
        start(worker, now);
    } else {
        worker->stage = fits ? STAGE_ENDED : STAGE_REFUSED;
        pod_worker_wake(worker);
    }
}

/* --- the end --------------------------------------------------------------------------- */

static void pod_worker_delete(struct pod_worker *worker)
{
    struct client *client = &worker->node->client;
    const struct uid uid = worker->pod->meta.uid;
    struct error error = { 0 };
    client_delete(client, object_key(&worker->pod->meta.object),
                  (struct delete_options){ .grace_seconds = 0, .uid = &uid }, &error);
    error_close(&error); /* gone before: just as well */
}

/* Report the end, and give the object up if its deletion was asked for. The worker stays until
 * it sees that in its cache, or it would take the pod for a new one. */
static void finish(struct pod_worker *worker, sim_time now)
{
    const bool deleting = worker->pod->meta.deleting;
    if (!worker->unmounting) {
        pod_worker_charge(worker, false);
        pod_status_close(worker);
        pod_status_write(worker, now);
        pod_mounts_end(worker, now);
    }
    worker->unmounting = deleting && worker->mounts != NULL && worker->mounts->gone > now;
    if (worker->unmounting) {
        schedule(worker, worker->mounts->gone);
        return;
    }
    if (deleting)
        pod_worker_delete(worker);
    worker->stage = STAGE_OVER;
    if (pod_is_terminal(worker->pod) && !deleting)
        pod_worker_free(worker);
}

static void refuse(struct pod_worker *worker, sim_time now)
{
    const char *reason = NULL;
    char *message = NULL;
    worker->stage = STAGE_OVER;
    if (!pod_fits(worker->node, worker->pod, &reason, &message))
        pod_reject(worker->node, worker->pod, reason, message);
    else
        start(worker, now); /* room was made at this very instant */
}

/* --- what happens ---------------------------------------------------------------------- */

static void sandbox_is_made(struct pod_worker *worker)
{
    const struct pod *pod = worker->pod;
    const sim_time started = pod->started ? pod->start_time : worker->accepted;
    worker->stage = STAGE_LIVE;
    worker->deadline = pod->spec->active_deadline_seconds < 0
                           ? SIM_FOREVER
                           : started + pod->spec->active_deadline_seconds * SIM_SECOND;
    worker_report(worker, REPORT_MINOR);
}

static sim_time grace_of(const struct pod_worker *worker)
{
    return worker->pod->spec->termination_grace_seconds * SIM_SECOND;
}

/* The pod is to end, for one reason or another. */
static void check_end(struct pod_worker *worker, sim_time now)
{
    const struct meta *meta = &worker->pod->meta;
    if (worker->stage == STAGE_ENDING && meta->deleting) {
        termination_hurry(worker, meta->deletion_grace_seconds * SIM_SECOND, now);
    } else if (worker->stage < STAGE_ENDING && meta->deleting) {
        termination_begin(worker, meta->deletion_grace_seconds * SIM_SECOND, now);
    } else if (worker->stage < STAGE_ENDING && pod_is_terminal(worker->pod)) {
        termination_begin(worker, grace_of(worker), now); /* somebody else said so */
    } else if (worker->stage == STAGE_LIVE && worker->deadline <= now) {
        worker->overdue = true;
        termination_begin(worker, grace_of(worker), now);
    } else if (worker->stage == STAGE_LIVE &&
               (init_has_failed(worker) || containers_are_done(worker))) {
        termination_begin(worker, grace_of(worker), now);
    }
}

static void advance(struct pod_worker *worker, sim_time now)
{
    uint8_t before;
    do {
        before = worker->stage;
        if (worker->stage == STAGE_VOLUMES) {
            worker->deadline = pod_mounts_advance(worker, now);
            if (worker->deadline <= now)
                make_sandbox(worker, now);
        }
        if (worker->stage == STAGE_SANDBOX && worker->deadline <= now)
            sandbox_is_made(worker);
        containers_advance(worker, now);
        check_end(worker, now);
        if (worker->stage == STAGE_ENDING)
            termination_advance(worker, now);
    } while (worker->stage != before && worker->stage != STAGE_ENDED);
}

/* Somebody else declared a pod not ready whose containers are: the node lifecycle controller did
 * while it did not hear of us. The status manager compares all it knows every ten seconds. */
static void note_foreign_change(struct pod_worker *worker)
{
    const struct pod *pod = worker->pod;
    const sim_time now = run_now(worker_run(worker));
    const sim_time from = worker->node->booted > 0 ? worker->node->booted : 0;
    if (worker->stage != STAGE_LIVE || pod->meta.deleting || pod_is_ready(pod) ||
        !pod_condition_is_true(pod, POD_CONTAINERS_READY))
        return;
    worker->reconcile = from + ((now - from) / COMPARED_EVERY + 1) * COMPARED_EVERY;
    worker->cause = pod->meta.object.cause;
    pod_worker_wake(worker);
}

static void reconcile(struct pod_worker *worker, sim_time now)
{
    if (worker->reconcile > now)
        return;
    worker->reconcile = SIM_FOREVER;
    if (may_write(worker)) /* otherwise it is seen again when the network is back */
        worker_report(worker, REPORT_NOW);
}

static void pod_worker_due(void *subject, sim_time now)
{
    struct pod_worker *worker = subject;
    worker->due = 0;
    client_begin(&worker->node->client, worker->cause);
    if (worker->stage == STAGE_REFUSED) {
        refuse(worker, now);
        return;
    }
    if (worker->stage < STAGE_ENDED)
        advance(worker, now);
    if (worker->stage == STAGE_ENDED) {
        if (may_write(worker))
            finish(worker, now);
        return;
    }
    if (worker->stage == STAGE_OVER)
        return;
    reconcile(worker, now);
    const sim_time next = next_due(worker, now);
    if (report_is_due(worker, next, now)) {
        pod_status_write(worker, now);
        worker->report = REPORT_NOTHING;
    }
    schedule(worker, next);
}

/* Does the new version ask for an end that the last one did not ask for? */
static bool asks_for_end(const struct pod *before, const struct pod *after)
{
    if (after->meta.deleting)
        return !before->meta.deleting ||
               before->meta.deletion_grace_seconds != after->meta.deletion_grace_seconds;
    return pod_is_terminal(after) && !pod_is_terminal(before);
}

void pod_worker_update(struct pod_worker *worker, const struct pod *pod)
{
    const struct pod *before = worker->pod;
    const bool asked = asks_for_end(before, pod);
    const bool renewed = before->spec != pod->spec && !asked && worker->stage == STAGE_LIVE;
    worker->pod = (const struct pod *)object_hold(&pod->meta.object);
    if (renewed) {
        worker->cause = pod->meta.object.cause;
        client_begin(&worker->node->client, worker->cause);
        containers_renew(worker, before->spec, run_now(worker_run(worker)));
        pod_worker_wake(worker);
    }
    object_drop(&before->meta.object);
    if (worker->stage == STAGE_OVER && pod_is_terminal(pod) && !pod->meta.deleting) {
        pod_worker_free(worker);
        return;
    }
    if (!asked) {
        note_foreign_change(worker);
        return;
    }
    worker->cause = pod->meta.object.cause;
    if (worker->stage == STAGE_OVER)
        worker->stage = STAGE_ENDED; /* the DELETE is still to be made */
    pod_worker_wake(worker);
}

void pod_worker_fail(struct pod_worker *worker, size_t i, int exit_code, const char *reason,
                     struct cause cause)
{
    const sim_time now = run_now(worker_run(worker));
    if (i >= worker_count(worker) || worker->runs[i].state != RUN_RUNNING)
        return; /* nothing there to fail */
    worker->cause = cause;
    container_exit(worker, i, exit_code, reason, now);
    pod_worker_wake(worker);
}
