/* Stopping containers: preStop hook, SIGTERM, SIGKILL; sidecars last.
 *
 * Follows killContainer and killContainersWithSyncResult in pkg/kubelet/kuberuntime of the
 * release named in docs/fidelity.md. A process that heeds SIGTERM exits with 143, one that has
 * to be killed with 137. */
#include "models/kubelet/kubelet_private.h"

#define LEAST_GRACE (2 * SIM_SECOND) /* kuberuntime's minimumGracePeriodInSeconds */

enum { EXIT_SIGTERM = 128 + 15, EXIT_SIGKILL = 128 + 9 };

static sim_time shorter(sim_time a, sim_time b)
{
    return a < b ? a : b;
}

/* How long the preStop hook takes, at most the grace period. */
static sim_time pre_stop_time(const struct pod_worker *worker, size_t i, sim_time grace)
{
    const struct container *container = worker_container(worker, i);
    if (!container->has_pre_stop)
        return 0;
    if (container->pre_stop >= 0)
        return shorter(container->pre_stop, grace);
    return shorter(pod_luck_time(worker, "pre-stop", i, worker_settings(worker)->pre_stop), grace);
}

void container_stop(struct pod_worker *worker, size_t i, sim_time grace, sim_time now)
{
    struct container_run *run = &worker->runs[i];
    const sim_time hook = pre_stop_time(worker, i, grace);
    const sim_time left = grace - hook > LEAST_GRACE ? grace - hook : LEAST_GRACE;
    const sim_time wants = strained(
        pod_luck_time(worker, "container-stop", i, worker_settings(worker)->container_stop),
        worker_strain(worker, PEER_KUBELET).slowness);
    const sim_time stopped = now + hook + shorter(wants, left);
    run->state = RUN_STOPPING;
    worker_tell(worker, i, PROCESS_STOPS, now + hook);
    if (run->due <= stopped)
        return; /* it exits by itself before that */
    run->due = stopped;
    run->exit_code = wants <= left ? EXIT_SIGTERM : EXIT_SIGKILL;
}

static bool is_sidecar(const struct pod_worker *worker, size_t i)
{
    return worker_container(worker, i)->sidecar;
}

void termination_begin(struct pod_worker *worker, sim_time grace, sim_time now)
{
    worker->stage = STAGE_ENDING;
    worker->deadline = now + grace;
    for (size_t i = 0; i < worker_count(worker); i++) {
        struct container_run *run = &worker->runs[i];
        const struct container *container = worker_container(worker, i);
        if (run->state == RUN_RUNNING || run->state == RUN_STOPPING)
            WORKER_EVENT(worker, false, "Killing", "Stopping container %s",
                         text_s(container->name));
        if (run->state == RUN_RUNNING && !is_sidecar(worker, i)) {
            container_stop(worker, i, grace, now);
        } else if (run->state != RUN_RUNNING && run->state != RUN_STOPPING) {
            run->state = RUN_DONE; /* never to be started */
            run->due = SIM_FOREVER;
        }
    }
    termination_hurry(worker, grace, now);
}

void termination_hurry(struct pod_worker *worker, sim_time grace, sim_time now)
{
    const sim_time killed = now + (grace > LEAST_GRACE ? grace : LEAST_GRACE);
    worker->deadline = shorter(worker->deadline, now + grace);
    for (size_t i = 0; i < worker_count(worker); i++) {
        struct container_run *run = &worker->runs[i];
        if (run->state != RUN_STOPPING || run->due <= killed)
            continue;
        run->due = killed;
        run->exit_code = EXIT_SIGKILL;
    }
}

static bool others_are_done(const struct pod_worker *worker)
{
    for (size_t i = 0; i < worker_count(worker); i++)
        if (!is_sidecar(worker, i) && worker->runs[i].state != RUN_DONE)
            return false;
    return true;
}

void termination_advance(struct pod_worker *worker, sim_time now)
{
    if (!others_are_done(worker))
        return;
    for (size_t i = worker->pod->spec->init_container_count; i-- > 0;) {
        struct container_run *run = &worker->runs[i];
        if (run->state == RUN_RUNNING) /* the last one first, in what is left of the grace */
            container_stop(worker, i, worker->deadline > now ? worker->deadline - now : 0, now);
        if (run->state != RUN_DONE)
            return;
    }
    worker->stage = STAGE_ENDED;
}
