/* Probes tick by tick: the reference that probes.c is compared with.
 *
 * Every tick asks, every answer is counted, as doProbe in pkg/kubelet/prober/worker.go does. */
#include "models/kubelet/probes_private.h"

sim_time probes_next_tick(const struct probed *probed, sim_time now)
{
    sim_time next = SIM_FOREVER;
    for (int kind = 0; kind < PROBE_KINDS; kind++) {
        const struct probe *probe = container_probe(probed->container, kind);
        if (probe == NULL)
            continue;
        sim_time tick = probed->phase[kind];
        if (tick <= now)
            tick += ((now - tick) / probe->period + 1) * probe->period;
        next = tick < next ? tick : next;
    }
    return next;
}

static bool fails(const struct probed *probed, enum probe_kind kind, sim_time now)
{
    const double probability = probed->fails[kind];
    return probability > 0 &&
           (probability >= 1 || probed->luck(probed->context, kind, now) < probability);
}

/* Ask once; the length of the run of equal answers, or 0 when the attempt does not count. */
static int ask(const struct probed *probed, struct probe_counts *counts, enum probe_kind kind,
               sim_time now)
{
    const struct probe *probe = container_probe(probed->container, kind);
    int16_t *in_a_row = &counts->in_a_row[kind];
    if (now < probe_counts_from(probed, probe) || probed->started == (kind == PROBE_STARTUP))
        return 0;
    if (now >= probed->passes_at && !fails(probed, kind, now))
        *in_a_row = *in_a_row > 0 ? *in_a_row + 1 : 1;
    else
        *in_a_row = *in_a_row < 0 ? *in_a_row - 1 : -1;
    return *in_a_row;
}

static enum probe_verdict ask_one(const struct probed *probed, struct probe_counts *counts,
                                  enum probe_kind kind, sim_time now)
{
    const struct probe *probe = container_probe(probed->container, kind);
    const int in_a_row = ask(probed, counts, kind, now);
    if (kind == PROBE_READINESS && in_a_row <= -probe->failure_threshold && probed->ready)
        return PROBE_IS_NOT_READY;
    if (kind == PROBE_READINESS)
        return in_a_row >= probe->success_threshold && !probed->ready ? PROBE_IS_READY
                                                                      : PROBE_NOTHING;
    if (in_a_row <= -probe->failure_threshold)
        return PROBE_KILLS;
    return in_a_row > 0 && kind == PROBE_STARTUP ? PROBE_HAS_STARTED : PROBE_NOTHING;
}

enum probe_verdict probes_tick(const struct probed *probed, struct probe_counts *counts,
                               sim_time now)
{
    enum probe_verdict verdict = PROBE_NOTHING;
    for (int kind = 0; kind < PROBE_KINDS; kind++) {
        const struct probe *probe = container_probe(probed->container, kind);
        const sim_time phase = probed->phase[kind];
        if (probe == NULL || now < phase || (now - phase) % probe->period != 0)
            continue;
        const enum probe_verdict one = ask_one(probed, counts, kind, now);
        verdict = one != PROBE_NOTHING ? one : verdict;
    }
    return verdict;
}

enum probe_verdict probes_ask_readiness(const struct probed *probed, struct probe_counts *counts,
                                        sim_time now)
{
    if (probed->container->readiness == NULL)
        return probed->passes_at == SIM_FOREVER ? PROBE_NOTHING : PROBE_IS_READY;
    return ask_one(probed, counts, PROBE_READINESS, now);
}

/* --- ahead of time --------------------------------------------------------------------- */

enum { MOST_TICKS = 2000 };

struct probe_decision probes_scan(const struct probed *probed, struct probe_counts *counts,
                                  sim_time *ticked, sim_time end)
{
    for (int i = 0; i < MOST_TICKS; i++) {
        const sim_time next = probes_next_tick(probed, *ticked);
        if (next >= end)
            return (struct probe_decision){ SIM_FOREVER, PROBE_NOTHING };
        *ticked = next;
        const enum probe_verdict verdict = probes_tick(probed, counts, next);
        if (verdict != PROBE_NOTHING)
            return (struct probe_decision){ next, verdict };
    }
    return (struct probe_decision){ *ticked, PROBE_NOTHING };
}
