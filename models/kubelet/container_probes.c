/* The probes of a pod's containers: what they decide, done. */
#include "models/kubelet/kubelet_private.h"

/* When a probe ticked first: from when the kubelet took the pod. A kubelet that has started
 * less than a period ago puts its probes off by a random part of a period. */
static sim_time probe_phase(const struct pod_worker *worker, size_t i, enum probe_kind kind)
{
    static const char *const purposes[] = { "startup-probe", "readiness-probe", "liveness-probe" };
    const struct probe *probe = container_probe(worker_container(worker, i), kind);
    const sim_time booted = worker->node->booted;
    if (probe == NULL || booted < 0 || worker->accepted - booted >= probe->period)
        return worker->accepted;
    const double part = pod_luck_once(worker, purposes[kind], i);
    return worker->accepted + (sim_time)(part * (double)probe->period);
}

static struct probed probed_of(const struct pod_worker *worker, size_t i)
{
    const struct container_status *status = &worker->statuses->items[i];
    struct probed probed = { .container = worker_container(worker, i),
                             .started_at = status->started_at,
                             .passes_at = worker->runs[i].passes_at,
                             .started = status->started,
                             .ready = status->ready };
    for (int kind = 0; kind < PROBE_KINDS; kind++)
        probed.phase[kind] = probe_phase(worker, i, kind);
    return probed;
}

/* Probes are asked of running containers of a pod that is to go on. Init containers that are
 * no sidecars have none. */
static bool is_probed(const struct pod_worker *worker, size_t i)
{
    return worker->stage == STAGE_LIVE && worker->runs[i].state == RUN_RUNNING &&
           (!worker_is_init(worker, i) || worker_container(worker, i)->sidecar);
}

static bool has_probes(const struct container *container)
{
    return container->startup || container->readiness || container->liveness;
}

static bool ticks(const struct pod_worker *worker, size_t i)
{
    return worker_settings(worker)->tick_heartbeats && has_probes(worker_container(worker, i));
}

static struct probe_decision decide(const struct pod_worker *worker, size_t i)
{
    if (worker->statuses->items[i].ready && worker_container(worker, i)->liveness == NULL)
        return (struct probe_decision){ SIM_FOREVER, PROBE_NOTHING }; /* the usual case, quickly */
    const struct probed probed = probed_of(worker, i);
    return probes_decide(&probed);
}

sim_time container_probes_due(const struct pod_worker *worker, size_t i, sim_time now)
{
    if (!is_probed(worker, i))
        return SIM_FOREVER;
    if (!ticks(worker, i))
        return decide(worker, i).at;
    const struct probed probed = probed_of(worker, i);
    return probes_next_tick(&probed, now);
}

/* --- what is decided ------------------------------------------------------------------- */

static void container_killed(struct pod_worker *worker, size_t i, sim_time now)
{
    const struct container *container = worker_container(worker, i);
    const bool startup = !worker->statuses->items[i].started;
    const struct probe *probe = startup ? container->startup : container->liveness;
    const int64_t grace = probe->termination_grace_seconds >= 0
                              ? probe->termination_grace_seconds
                              : worker->pod->spec->termination_grace_seconds;
    WORKER_EVENT(worker, true, "Unhealthy", "%s probe failed: connection refused",
                 startup ? "Startup" : "Liveness");
    WORKER_EVENT(worker, false, "Killing", "Container %s failed %s probe, will be restarted",
                 text_s(container->name), startup ? "startup" : "liveness");
    container_stop(worker, i, grace * SIM_SECOND, now);
}

static bool act(struct pod_worker *worker, size_t i, enum probe_verdict verdict, sim_time now)
{
    const bool init = worker_is_init(worker, i);
    switch (verdict) {
    case PROBE_HAS_STARTED:
        worker_status(worker, i)->started = true;
        worker_report(worker, REPORT_MINOR);
        return true;
    case PROBE_IS_READY:
        worker_status(worker, i)->ready = true;
        worker_report(worker, init ? REPORT_MINOR : REPORT_NOW);
        return true;
    case PROBE_KILLS:
        container_killed(worker, i, now);
        return true;
    default:
        return false;
    }
}

/* Ready without a probe, or by the question that is asked when a container has started. */
static bool ask_readiness(struct pod_worker *worker, size_t i, sim_time now)
{
    const struct probed probed = probed_of(worker, i);
    return act(worker, i, probes_ask_readiness(&probed, &worker->runs[i].counts, now), now);
}

static bool act_ticked(struct pod_worker *worker, size_t i, sim_time now)
{
    const struct probed probed = probed_of(worker, i);
    if (!probed.started && probed.container->startup == NULL) {
        act(worker, i, PROBE_HAS_STARTED, now);
        ask_readiness(worker, i, now);
        return true;
    }
    if (worker->runs[i].ticked == now || now == probed.started_at)
        return false;
    worker->runs[i].ticked = now;
    const enum probe_verdict verdict = probes_tick(&probed, &worker->runs[i].counts, now);
    const bool acted = act(worker, i, verdict, now);
    if (verdict == PROBE_HAS_STARTED)
        ask_readiness(worker, i, now);
    return acted;
}

bool container_probes_act(struct pod_worker *worker, size_t i, sim_time now)
{
    if (!is_probed(worker, i))
        return false;
    if (ticks(worker, i))
        return act_ticked(worker, i, now);
    const struct probe_decision decision = decide(worker, i);
    return decision.at <= now && act(worker, i, decision.verdict, now);
}
