/* Bench: the speed of the engine, as ratios to yardsticks measured in the same run.
 *
 * The hold model (Jones, "An empirical comparison of priority-queue and event-set
 * implementations", CACM 29(4), 1986) keeps n events pending: the earliest is taken, acts,
 * and one is added some increment later. Ours with ids for cancelling, order among equals
 * and the trace hash; against std::priority_queue with our struct event by value.
 * M/M/1 with 10^6 customers against SimPy, where build/venv has it (make deps-python).
 *
 * Prints a table; `make bench` keeps it in results/bench/engine.md. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/priority_queue.h"
#include "tests/support/bench_report.h"
#include "tests/support/station.h"

enum { REPEATS = 5, INCREMENTS = 1 << 16, CUSTOMERS = 1000000 };

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- hold ---- */

struct load {
    const char *name;
    sim_time (*increment)(struct stream *luck);
};

static sim_time exponential(struct stream *luck)
{
    return sim_time_from_seconds(-log(stream_uniform(luck)));
}

/* Nine short ones for each long one, a hundred times as long on average. */
static sim_time bimodal(struct stream *luck)
{
    const double u = stream_uniform(luck);
    return sim_time_from_seconds(stream_below(luck, 10) > 0 ? u : 100 * u);
}

/* Everybody waits a second, beginning in step: all events happen at few instants. */
static sim_time equal(struct stream *luck)
{
    (void)luck;
    return SIM_SECOND;
}

static const struct load loads[] = {
    { "exponential", exponential },
    { "bimodal", bimodal },
    { "equal times", equal },
};
static const struct {
    uint64_t pending;
    double bar;
} sizes[] = { { 1000, 0.9 }, { 100000, 2 }, { 1000000, 3 } };

struct hold {
    const struct load *load;
    uint64_t pending, holds;
    sim_time increments[INCREMENTS];
    sim_time end; /* where the yardstick's clock stood, and ours must */
};

static void count_up(void *subject, sim_time now)
{
    *(uint64_t *)subject += (uint64_t)now;
}

static struct event first_event(const struct hold *hold, uint64_t i, uint64_t *sum)
{
    return (struct event){ hold->increments[i % INCREMENTS], 0, count_up, sum };
}

/* As many holds as there are events, for the steady state; then those that are timed. */
static double time_yardstick(struct hold *hold, uint64_t *sum)
{
    struct priority_queue *queue = priority_queue_new();
    for (uint64_t i = 0; i < hold->pending; i++)
        priority_queue_add(queue, first_event(hold, i, sum));
    priority_queue_hold(queue, hold->increments, INCREMENTS, hold->pending);
    const double begin = cpu_seconds();
    hold->end = priority_queue_hold(queue, hold->increments, INCREMENTS, hold->holds);
    const double seconds = cpu_seconds() - begin;
    priority_queue_free(queue);
    return seconds;
}

static void hold_ours(struct queue *queue, struct trace *trace, const sim_time *increments,
                      uint64_t holds)
{
    struct event next;
    for (uint64_t i = 0; i < holds && queue_next(queue, &next); i++) {
        trace_step(trace, next.at, (uint64_t)next.priority);
        next.act(next.subject, next.at);
        next.at += increments[i % INCREMENTS];
        queue_insert(queue, &next);
    }
}

static double time_ours(const struct hold *hold, uint64_t *sum)
{
    struct queue *queue = queue_new();
    struct trace trace;
    trace_init(&trace, NULL, NULL);
    for (uint64_t i = 0; i < hold->pending; i++)
        queue_add(queue, first_event(hold, i, sum));
    hold_ours(queue, &trace, hold->increments, hold->pending);
    const double begin = cpu_seconds();
    hold_ours(queue, &trace, hold->increments, hold->holds);
    const double seconds = cpu_seconds() - begin;
    if (queue_now(queue) != hold->end) {
        fprintf(stderr, "bench: the two queues disagree\n");
        exit(1);
    }
    queue_free(queue);
    return seconds;
}

struct result {
    double yardstick, ours; /* CPU seconds, the least of the repeats */
};

static void least(double *of, double seconds)
{
    *of = *of == 0 || seconds < *of ? seconds : *of;
}

static struct result measure_hold(const struct load *load, uint64_t pending)
{
    static struct hold hold;
    struct stream luck = stream_of(1, "", "bench", load->name, 0);
    struct result result = { 0, 0 };
    uint64_t sums[2] = { 0, 0 };
    hold = (struct hold){ .load = load, .pending = pending };
    hold.holds = pending < 1000000 ? 1000000 : 2 * pending;
    for (int i = 0; i < INCREMENTS; i++)
        hold.increments[i] = load->increment(&luck);
    for (int i = 0; i < REPEATS; i++) {
        least(&result.yardstick, time_yardstick(&hold, &sums[0]));
        least(&result.ours, time_ours(&hold, &sums[1]));
    }
    result.yardstick /= (double)hold.holds;
    result.ours /= (double)hold.holds;
    return result;
}

/* ---- M/M/1 ---- */

static double time_mm1(double *wait)
{
    const double begin = cpu_seconds();
    struct run *run = run_new(1);
    struct distribution *arrival = distribution_new_exponential(1);
    struct distribution *service = distribution_new_exponential(0.9);
    struct station station;
    station_open(&station, run, 1, arrival, service);
    run_until(run, sim_time_from_seconds(CUSTOMERS)); /* one arrives each second */
    const double seconds = cpu_seconds() - begin;
    *wait = batches_interval(&station.waits, 0.95, NULL).mean;
    const double served = (double)station.left;
    station_close(&station);
    distribution_free(arrival);
    distribution_free(service);
    run_free(run);
    return seconds / served * CUSTOMERS;
}

/* CPU seconds and the mean wait; false where there is no SimPy. */
static bool time_simpy(double *seconds, double *wait, char version[20])
{
    char command[200];
    snprintf(command, sizeof command,
             "build/venv/bin/python tests/bench/mm1_simpy.py %d 1 2> /dev/null", CUSTOMERS);
    FILE *pipe = popen(command, "r");
    const bool read = pipe != NULL && fscanf(pipe, "%lf %lf %19s", seconds, wait, version) == 3;
    if (pipe != NULL)
        pclose(pipe);
    return read;
}

/* ---- report ---- */

static void report_head(struct writer *report)
{
    bench_report_head(report, "Speed of the engine");
    writer_format(report,
                  "Made by `make bench`. CPU seconds, the least of %d runs, one process.\n\n",
                  REPEATS);
}

static const char *verdict(double ratio, double bar)
{
    return ratio >= bar ? "yes" : "NO";
}

static void report_holds(struct writer *report)
{
    writer_add(report, "| hold model | pending | std::priority_queue | ours | ratio | bar | met |\n"
                       "|:--|--:|--:|--:|--:|--:|:--|\n");
    for (size_t load = 0; load < sizeof loads / sizeof *loads; load++)
        for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
            const struct result result = measure_hold(&loads[load], sizes[size].pending);
            const double ratio = result.yardstick / result.ours;
            writer_format(report, "| %s | %d | %.0f ns | %.0f ns | %.2f | %.1f | %s |\n",
                          loads[load].name, (int)sizes[size].pending, result.yardstick * 1e9,
                          result.ours * 1e9, ratio, sizes[size].bar,
                          verdict(ratio, sizes[size].bar));
        }
}

static void report_mm1(struct writer *report)
{
    double ours = 0, simpy = 0, wait = 0, simpy_wait = 0;
    char version[20];
    bool found = true;
    for (int i = 0; i < REPEATS; i++)
        least(&ours, time_mm1(&wait));
    for (int i = 0; i < REPEATS && found; i++) {
        double seconds;
        found = time_simpy(&seconds, &simpy_wait, version);
        if (found)
            least(&simpy, seconds);
    }
    writer_format(report, "\nM/M/1 at a load of 0.9, 10^6 customers: %.3f s, mean wait %.2f s",
                  ours, wait);
    if (!found) {
        writer_add(report, "; NOT RUN against SimPy (make deps-python)\n");
        return;
    }
    writer_format(report, ";\nSimPy %s: %.2f s, mean wait %.2f s (theory: 8.10 s). ", version,
                  simpy, simpy_wait);
    writer_format(report, "Ratio %.0f, bar 80, met: %s.\n", simpy / ours,
                  verdict(simpy / ours, 80));
}

int main(void)
{
    struct writer report = { 0 };
    report_head(&report);
    report_holds(&report);
    report_mm1(&report);
    fputs(report.bytes, stdout);
    writer_close(&report);
    return 0;
}
