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

/* --- answers that may fail --------------------------------------------------------------- */

/* The pod and container whose luck it is. */
struct asked {
    const struct pod_worker *worker;
    size_t container;
};

static double attempt_luck(const void *context, enum probe_kind kind, sim_time at)
{
    static const char *const purposes[] = { "startup-answer", "readiness-answer",
                                            "liveness-answer" };
    const struct asked *asked = context;
    const uint64_t run = (uint64_t)asked->worker->statuses->items[asked->container].restart_count;
    struct stream stream = pod_stream(asked->worker, purposes[kind], asked->container, run);
    stream.counter += (uint64_t)at; /* one number for each instant */
    return stream_uniform(&stream);
}

/* With what may go wrong; `asked` is to live as long. */
static struct probed strained_probed(const struct pod_worker *worker, size_t i, struct asked *asked)
{
    struct probed probed = probed_of(worker, i);
    *asked = (struct asked){ worker, i };
    probed.luck = attempt_luck;
    probed.context = asked;
    for (int kind = 0; kind < PROBE_KINDS; kind++) {
        const struct probe *probe = container_probe(probed.container, kind);
        probed.fails[kind] = probe != NULL ? probe_failure(worker, probe) : 0;
    }
    return probed;
}

static bool may_fail(const struct probed *probed)
{
    for (int kind = 0; kind < PROBE_KINDS; kind++)
        if (probed->fails[kind] > 0)
            return true;
    return false;
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

void container_probes_begin(struct pod_worker *worker, size_t i, sim_time now)
{
    struct container_run *run = &worker->runs[i];
    struct asked asked;
    run->ticked = now;
    run->troubled = false;
    if (!has_probes(worker_container(worker, i)))
        return;
    const struct probed probed = strained_probed(worker, i, &asked);
    run->troubled = may_fail(&probed);
}

/* How far back attempts may count. */
static sim_time counted_for(const struct container *container)
{
    sim_time longest = 0;
    for (int kind = 0; kind < PROBE_KINDS; kind++) {
        const struct probe *probe = container_probe(container, kind);
        if (probe == NULL)
            continue;
        const int most = probe->failure_threshold > probe->success_threshold
                             ? probe->failure_threshold
                             : probe->success_threshold;
        const sim_time time = (most + 1) * probe->period;
        longest = time > longest ? time : longest;
    }
    return longest;
}

/* Attempts that were not counted, because all was well: from as long ago as matters. */
static void count_so_far(const struct pod_worker *worker, size_t i, struct container_run *run,
                         sim_time now)
{
    const struct probed probed = probed_of(worker, i);
    const sim_time from = now - counted_for(probed.container);
    run->counts = (struct probe_counts){ 0 };
    run->ticked = from > probed.started_at ? from : probed.started_at;
    if (run->ticked == probed.started_at && probed.started && probed.container->startup == NULL)
        probes_ask_readiness(&probed, &run->counts, probed.started_at);
    while (probes_scan(&probed, &run->counts, &run->ticked, now).at != SIM_FOREVER)
        continue;
}

bool container_probes_settle(struct pod_worker *worker, sim_time now)
{
    bool any = false;
    for (size_t i = 0; i < worker_count(worker); i++) {
        struct container_run *run = &worker->runs[i];
        struct asked asked;
        if (!is_probed(worker, i) || !has_probes(worker_container(worker, i)) || ticks(worker, i))
            continue;
        any = true;
        if (run->troubled) {
            const struct probed probed = strained_probed(worker, i, &asked);
            while (probes_scan(&probed, &run->counts, &run->ticked, now).at != SIM_FOREVER)
                continue;
        } else {
            count_so_far(worker, i, run, now);
        }
        run->troubled = true;
        run->ticked = now - 1 > run->ticked ? now - 1 : run->ticked;
    }
    return any;
}

/* Nothing can fail any more, and nothing is left that did. */
static bool has_recovered(const struct probed *probed, const struct container_run *run)
{
    return !may_fail(probed) && probed->started && probed->ready &&
           run->counts.in_a_row[PROBE_READINESS] >= 0 && run->counts.in_a_row[PROBE_LIVENESS] >= 0;
}

/* What is decided next, with the counts by then. */
static struct probe_decision decide_counted(const struct pod_worker *worker, size_t i,
                                            struct container_run *then)
{
    struct asked asked;
    const struct probed probed = strained_probed(worker, i, &asked);
    *then = worker->runs[i];
    then->troubled = !has_recovered(&probed, then);
    if (!then->troubled)
        return (struct probe_decision){ SIM_FOREVER, PROBE_NOTHING };
    if (!probed.started && probed.container->startup == NULL)
        return (struct probe_decision){ probed.started_at, PROBE_HAS_STARTED };
    return probes_scan(&probed, &then->counts, &then->ticked, SIM_FOREVER);
}

static struct probe_decision decide(const struct pod_worker *worker, size_t i)
{
    struct container_run then;
    if (worker->runs[i].troubled)
        return decide_counted(worker, i, &then);
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
    case PROBE_IS_NOT_READY:
        WORKER_EVENT(worker, true, "Unhealthy", "Readiness probe failed: no answer in time");
        worker_status(worker, i)->ready = false;
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
    struct asked asked;
    const struct probed probed = strained_probed(worker, i, &asked);
    return act(worker, i, probes_ask_readiness(&probed, &worker->runs[i].counts, now), now);
}

static bool act_counted(struct pod_worker *worker, size_t i, sim_time now)
{
    struct container_run then;
    const struct probe_decision decision = decide_counted(worker, i, &then);
    worker->runs[i].troubled = then.troubled;
    if (decision.at > now)
        return false;
    worker->runs[i].counts = then.counts;
    worker->runs[i].ticked = then.ticked;
    const bool acted = act(worker, i, decision.verdict, now);
    if (decision.verdict == PROBE_HAS_STARTED)
        ask_readiness(worker, i, now);
    return acted;
}

static bool act_ticked(struct pod_worker *worker, size_t i, sim_time now)
{
    struct asked asked;
    const struct probed probed = strained_probed(worker, i, &asked);
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
    if (worker->runs[i].troubled)
        return act_counted(worker, i, now);
    const struct probe_decision decision = decide(worker, i);
    return decision.at <= now && act(worker, i, decision.verdict, now);
}
