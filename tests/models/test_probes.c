/* Probes: the ticks at which they decide, by hand; and arithmetic against ticking. */
#include <criterion/criterion.h>

#include "models/kubelet/probes.h"
#include "sim/chance/stream.h"

#define S    SIM_SECOND
#define NONE SIM_FOREVER

static const struct probe fast = { .period = S, .success_threshold = 1, .failure_threshold = 3 };
static const struct probe standard = { .period = 10 * S,
                                       .success_threshold = 1,
                                       .failure_threshold = 3 };
static const struct probe delayed = {
    .initial_delay = 15 * S, .period = 10 * S, .success_threshold = 1, .failure_threshold = 3
};
static const struct probe twice = { .period = 10 * S,
                                    .success_threshold = 2,
                                    .failure_threshold = 3 };
static const struct probe patient = { .period = 5 * S,
                                      .success_threshold = 1,
                                      .failure_threshold = 6 };

/* The decisions of one run of a container; times of what never happens are NONE. */
struct outcome {
    sim_time started, ready, killed;
};

static const struct {
    const char *why;
    const struct probe *startup, *readiness, *liveness;
    sim_time phase, started_at, passes_at;
    struct outcome want;
} rows[] = {
    { "without probes it is ready when it runs",
      NULL,
      NULL,
      NULL,
      0,
      7 * S,
      9 * S,
      { 7 * S, 7 * S, NONE } },
    { "but not if it never answers", NULL, NULL, NULL, 0, 7 * S, NONE, { 7 * S, NONE, NONE } },
    { "readiness is asked at once when it has started",
      NULL,
      &standard,
      NULL,
      0,
      7 * S,
      7 * S,
      { 7 * S, 7 * S, NONE } },
    { "and then at the ticks since admission: 0, 10",
      NULL,
      &standard,
      NULL,
      0,
      7 * S,
      8 * S,
      { 7 * S, 10 * S, NONE } },
    { "ticks of a pod admitted at 3: 3, 13",
      NULL,
      &standard,
      NULL,
      3 * S,
      7 * S,
      12 * S,
      { 7 * S, 13 * S, NONE } },
    { "an answer at the very tick counts",
      NULL,
      &standard,
      NULL,
      0,
      7 * S,
      20 * S,
      { 7 * S, 20 * S, NONE } },
    { "before 7+15 nothing counts, so 30",
      NULL,
      &delayed,
      NULL,
      0,
      7 * S,
      7 * S,
      { 7 * S, 30 * S, NONE } },
    { "the start is cut to whole seconds: 5.9 + 15 is 20",
      NULL,
      &delayed,
      NULL,
      0,
      59 * S / 10,
      6 * S,
      { 59 * S / 10, 20 * S, NONE } },
    { "two successes in a row: at once and 10",
      NULL,
      &twice,
      NULL,
      0,
      7 * S,
      7 * S,
      { 7 * S, 10 * S, NONE } },
    { "two successes in a row: 20 and 30",
      NULL,
      &twice,
      NULL,
      0,
      7 * S,
      11 * S,
      { 7 * S, 30 * S, NONE } },
    { "three liveness failures: 10, 20, 30",
      NULL,
      NULL,
      &standard,
      0,
      7 * S,
      NONE,
      { 7 * S, NONE, 30 * S } },
    { "it answers just in time for the third",
      NULL,
      NULL,
      &standard,
      0,
      7 * S,
      30 * S,
      { 7 * S, 7 * S, NONE } },
    { "start-up holds the others back: ticks 10, 15, 20",
      &patient,
      &standard,
      &fast,
      0,
      7 * S,
      18 * S,
      { 20 * S, 20 * S, NONE } },
    { "six start-up failures: 10, 15, 20, 25, 30, 35",
      &patient,
      &standard,
      &fast,
      0,
      7 * S,
      NONE,
      { NONE, NONE, 35 * S } },
    { "start-up passes at 10, liveness then at 11, ready at once",
      &patient,
      &standard,
      &fast,
      0,
      7 * S,
      9 * S,
      { 10 * S, 10 * S, NONE } },
};

static void note(struct outcome *outcome, struct probed *probed, enum probe_verdict verdict,
                 sim_time at)
{
    if (verdict == PROBE_HAS_STARTED) {
        probed->started = true;
        outcome->started = at;
    } else if (verdict == PROBE_IS_READY) {
        probed->ready = true;
        outcome->ready = at;
    } else if (verdict == PROBE_KILLS) {
        outcome->killed = at;
    }
}

static struct outcome by_arithmetic(struct probed probed)
{
    struct outcome outcome = { NONE, NONE, NONE };
    struct probe_decision next = probes_decide(&probed);
    while (next.at != SIM_FOREVER && outcome.killed == NONE) {
        note(&outcome, &probed, next.verdict, next.at);
        next = probes_decide(&probed);
    }
    return outcome;
}

/* Start, and ask for readiness, at one instant. */
static void start_ticked(struct outcome *outcome, struct probed *probed,
                         struct probe_counts *counts, sim_time now)
{
    note(outcome, probed, PROBE_HAS_STARTED, now);
    note(outcome, probed, probes_ask_readiness(probed, counts, now), now);
}

static struct outcome by_ticking(struct probed probed, sim_time end)
{
    struct outcome outcome = { NONE, NONE, NONE };
    struct probe_counts counts = { 0 };
    if (probed.container->startup == NULL)
        start_ticked(&outcome, &probed, &counts, probed.started_at);
    for (sim_time now = probes_next_tick(&probed, probed.started_at);
         now <= end && outcome.killed == NONE; now = probes_next_tick(&probed, now)) {
        const enum probe_verdict verdict = probes_tick(&probed, &counts, now);
        if (verdict == PROBE_HAS_STARTED)
            start_ticked(&outcome, &probed, &counts, now);
        else
            note(&outcome, &probed, verdict, now);
    }
    return outcome;
}

static void expect_outcome(struct outcome got, struct outcome want, const char *why)
{
    cr_expect_eq(got.started, want.started, "%s: started %ld", why, got.started);
    cr_expect_eq(got.ready, want.ready, "%s: ready %ld", why, got.ready);
    cr_expect_eq(got.killed, want.killed, "%s: killed %ld", why, got.killed);
}

Test(probes, decide_at_the_ticks_worked_out_by_hand)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct container container = { .startup = rows[i].startup,
                                             .readiness = rows[i].readiness,
                                             .liveness = rows[i].liveness };
        const sim_time phase = rows[i].phase;
        const struct probed probed = { .container = &container,
                                       .started_at = rows[i].started_at,
                                       .passes_at = rows[i].passes_at,
                                       .phase = { phase, phase, phase } };
        expect_outcome(by_arithmetic(probed), rows[i].want, rows[i].why);
        expect_outcome(by_ticking(probed, 200 * S), rows[i].want, rows[i].why);
    }
}

static struct probe random_probe(struct stream *stream, bool may_insist)
{
    return (struct probe){ .initial_delay = (sim_time)stream_below(stream, 20) * S,
                           .period = (sim_time)(1 + stream_below(stream, 12)) * S,
                           .success_threshold = may_insist ? 1 + (int)stream_below(stream, 3) : 1,
                           .failure_threshold = 1 + (int)stream_below(stream, 5) };
}

Test(probes, arithmetic_agrees_with_ticking)
{
    struct stream stream = stream_of(5, "", "probes", "walk", 0);
    for (int round = 0; round < 3000; round++) {
        const struct probe startup = random_probe(&stream, false);
        const struct probe readiness = random_probe(&stream, true);
        const struct probe liveness = random_probe(&stream, false);
        const uint64_t which = stream_below(&stream, 8);
        const struct container container = { .startup = which & 1 ? &startup : NULL,
                                             .readiness = which & 2 ? &readiness : NULL,
                                             .liveness = which & 4 ? &liveness : NULL };
        const sim_time start = (sim_time)stream_below(&stream, 300) * S / 10;
        const sim_time passes = start + (sim_time)stream_below(&stream, 600) * S / 10;
        struct probed probed = { .container = &container,
                                 .started_at = start,
                                 .passes_at = stream_below(&stream, 8) == 0 ? NONE : passes };
        for (int kind = 0; kind < PROBE_KINDS; kind++)
            probed.phase[kind] = (sim_time)stream_below(&stream, 100) * S / 10;
        expect_outcome(by_ticking(probed, 1000 * S), by_arithmetic(probed), "a random container");
    }
}
