/* Probes by arithmetic: the tick at which a threshold is met. */
#include "models/kubelet/probes.h"

#include "models/kubelet/probes_private.h"

const struct probe *container_probe(const struct container *container, enum probe_kind kind)
{
    switch (kind) {
    case PROBE_STARTUP:
        return container->startup;
    case PROBE_READINESS:
        return container->readiness;
    default:
        return container->liveness;
    }
}

sim_time probe_counts_from(const struct probed *probed, const struct probe *probe)
{
    return probed->started_at - probed->started_at % SIM_SECOND + probe->initial_delay;
}

/* The first tick not before `from`. */
static sim_time tick_from(sim_time phase, sim_time period, sim_time from)
{
    if (from <= phase)
        return phase;
    return from == SIM_FOREVER ? SIM_FOREVER
                               : phase + (from - phase + period - 1) / period * period;
}

static sim_time later(sim_time a, sim_time b)
{
    return a > b ? a : b;
}

/* The first attempt that counts, of a probe that is asked after `since`. */
static sim_time first_attempt(const struct probed *probed, enum probe_kind kind, sim_time since)
{
    const struct probe *probe = container_probe(probed->container, kind);
    return tick_from(probed->phase[kind], probe->period,
                     later(since + 1, probe_counts_from(probed, probe)));
}

/* So many attempts after this one. */
static sim_time attempts_later(sim_time at, const struct probe *probe, int count)
{
    return at == SIM_FOREVER ? SIM_FOREVER : sim_time_after(at, count * probe->period);
}

static struct probe_decision startup_decides(const struct probed *probed)
{
    const struct probe *probe = probed->container->startup;
    if (probe == NULL)
        return (struct probe_decision){ probed->started_at, PROBE_HAS_STARTED };
    const sim_time first = first_attempt(probed, PROBE_STARTUP, probed->started_at);
    const sim_time passes =
        tick_from(probed->phase[PROBE_STARTUP], probe->period, later(first, probed->passes_at));
    const sim_time fails = attempts_later(first, probe, probe->failure_threshold - 1);
    if (fails < passes)
        return (struct probe_decision){ fails, PROBE_KILLS };
    return (struct probe_decision){ passes, PROBE_HAS_STARTED };
}

/* When a container that started at `since` is ready. */
static sim_time readiness_passes(const struct probed *probed, sim_time since)
{
    const struct probe *probe = probed->container->readiness;
    if (probe == NULL)
        return probed->passes_at == SIM_FOREVER ? SIM_FOREVER : since;
    const sim_time first = first_attempt(probed, PROBE_READINESS, since);
    if (since >= probe_counts_from(probed, probe) && since >= probed->passes_at)
        return probe->success_threshold == 1
                   ? since /* asked at once, and that was enough */
                   : attempts_later(first, probe, probe->success_threshold - 2);
    const sim_time passes =
        tick_from(probed->phase[PROBE_READINESS], probe->period, later(first, probed->passes_at));
    return attempts_later(passes, probe, probe->success_threshold - 1);
}

/* When a container that started at `since` is given up; SIM_FOREVER: never. */
static sim_time liveness_fails(const struct probed *probed, sim_time since)
{
    const struct probe *probe = probed->container->liveness;
    if (probe == NULL)
        return SIM_FOREVER;
    const sim_time first = first_attempt(probed, PROBE_LIVENESS, since);
    const sim_time fails = attempts_later(first, probe, probe->failure_threshold - 1);
    return fails < probed->passes_at ? fails : SIM_FOREVER;
}

struct probe_decision probes_decide(const struct probed *probed)
{
    const struct probe_decision startup = startup_decides(probed);
    if (!probed->started)
        return startup;
    const sim_time ready = probed->ready ? SIM_FOREVER : readiness_passes(probed, startup.at);
    const sim_time killed = liveness_fails(probed, startup.at);
    if (killed < ready)
        return (struct probe_decision){ killed, PROBE_KILLS };
    return (struct probe_decision){ ready, ready == SIM_FOREVER ? PROBE_NOTHING : PROBE_IS_READY };
}
