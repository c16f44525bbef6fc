/* Start-up, readiness and liveness probes: when they decide something.
 *
 * A probe is not ticked. Whether the process would answer is given (never before one instant,
 * always after it), so the tick at which a threshold is met follows by arithmetic. Under
 * settings.tick_heartbeats every tick is an event, and counts as in Kubernetes: a test
 * compares the two. Follows pkg/kubelet/prober of the release named in docs/fidelity.md:
 *   - a probe ticks from when the kubelet took the pod, not from when the container started;
 *   - attempts before initialDelaySeconds (after the start, cut to whole seconds) do not count;
 *   - nothing but the start-up probe is asked until that one has passed;
 *   - readiness is asked once, at once, when a container has started.
 * Simpler than there: an answer takes no time, and every run of a container counts afresh.
 * Without a readiness probe a container is ready when it has started, except one that never
 * answers: an Image that is never ready is not, whether or not anybody asks. */
#ifndef MODELS_KUBELET_PROBES_H
#define MODELS_KUBELET_PROBES_H

#include "models/api/pod_spec.h"

enum probe_kind { PROBE_STARTUP, PROBE_READINESS, PROBE_LIVENESS, PROBE_KINDS };

/* One run of a container, as its probes see it. */
struct probed {
    const struct container *container;
    sim_time started_at;         /* when the process started */
    sim_time passes_at;          /* it answers from then on; SIM_FOREVER: never */
    sim_time phase[PROBE_KINDS]; /* the first tick of each probe */
    double fails[PROBE_KINDS];   /* the probability that an answer is late or wrong all the same */
    /* A uniform of the attempt of a kind at an instant, the same whenever it is asked for. */
    double (*luck)(const void *context, enum probe_kind kind, sim_time at);
    const void *context; /* of that */
    bool started, ready; /* decided so far */
};

enum probe_verdict {
    PROBE_NOTHING,
    PROBE_HAS_STARTED,
    PROBE_IS_READY,
    PROBE_KILLS,
    PROBE_IS_NOT_READY /* any more */
};

struct probe_decision {
    sim_time at; /* SIM_FOREVER with PROBE_NOTHING: nothing is left to decide */
    enum probe_verdict verdict;
};

/* The probe of a kind; NULL: none. */
const struct probe *container_probe(const struct container *container, enum probe_kind kind);

/* What is decided next, given what was decided so far. */
struct probe_decision probes_decide(const struct probed *probed);

/* --- the same, tick by tick ------------------------------------------------------------ */

/* Answers in a row: so many passed (> 0) or failed (< 0). */
struct probe_counts {
    int16_t in_a_row[PROBE_KINDS];
};

/* The first tick of any probe after `now`; SIM_FOREVER without probes. */
sim_time probes_next_tick(const struct probed *probed, sim_time now);

/* Ask every probe that ticks now. */
enum probe_verdict probes_tick(const struct probed *probed, struct probe_counts *counts,
                               sim_time now);

/* Ask for readiness at once: the container has just started. */
enum probe_verdict probes_ask_readiness(const struct probed *probed, struct probe_counts *counts,
                                        sim_time now);

/* --- the same, tick by tick but ahead of time -------------------------------------------- */

/* Where answers fail by chance the tick that decides is found by asking one after the other: those after
 * *ticked and before `end`, at most so many that the decision PROBE_NOTHING stands for "ask again
 * then". The counts and *ticked are those after it. */
struct probe_decision probes_scan(const struct probed *probed, struct probe_counts *counts,
                                  sim_time *ticked, sim_time end);

#endif
