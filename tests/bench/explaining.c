/* Bench: `seatrial schedule` on a large snapshot, reading it and printing included.
 *
 * The snapshot is the openb trace as kubectl would print it: 1,523 nodes, and 8,152 pods that wait.
 * Seconds are what the system charges the process; the yardstick is 10^7 holds of a
 * std::priority_queue with 10^5 pending, timed between the runs. Prints a table; `make bench` keeps it in results/bench/explaining.md. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/bench/priority_queue.h"
#include "tests/support/bench_report.h"

enum { REPEATS = 5 };

static const char *const snapshot_file = "build/bench/openb.json";

static const struct {
    const char *name, *command, *arguments;
    double bar; /* CPU seconds */
} runs[] = {
    { "all pods placed, one of them explained", "schedule", "--explain=openb-pod-8000", 2 },
    { "the same as JSON", "schedule", "--explain=openb-pod-8000 -o json", 2 },
    { "why a pod waits, before anything is placed", "why-pending", "openb-pod-8000", 2 },
};
enum { RUNS = sizeof runs / sizeof *runs };

static double children_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static double own_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void do_nothing(void *subject, sim_time now)
{
    (void)subject;
    (void)now;
}

/* 10^7 holds of a std::priority_queue with 10^5 events pending. */
static double yardstick(void)
{
    enum { PENDING = 100000, HOLDS = 10000000, INCREMENTS = 4096 };
    struct priority_queue *queue = priority_queue_new();
    sim_time *increments = mem_new(INCREMENTS * sizeof *increments);
    uint64_t state = 1;
    for (size_t i = 0; i < INCREMENTS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        increments[i] = (sim_time)(state >> 34);
    }
    for (int i = 0; i < PENDING; i++)
        priority_queue_add(queue,
                           (struct event){ increments[i % INCREMENTS], 0, do_nothing, NULL });
    const double began = own_seconds();
    priority_queue_hold(queue, increments, INCREMENTS, HOLDS);
    const double seconds = own_seconds() - began;
    priority_queue_free(queue);
    free(increments);
    return seconds;
}

static double run_once(size_t run)
{
    char *line = mem_format("build/seatrial %s %s %s >build/bench/explaining.out",
                            runs[run].command, snapshot_file, runs[run].arguments);
    const double began = children_seconds();
    if (system(line) != 0) {
        fprintf(stderr, "explaining: %s failed\n", line);
        exit(1);
    }
    free(line);
    return children_seconds() - began;
}

static void measure(double least[RUNS], double *holds)
{
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        for (size_t i = 0; i < RUNS; i++) {
            const double seconds = run_once(i);
            least[i] = repeat == 0 || seconds < least[i] ? seconds : least[i];
        }
        const double seconds = yardstick();
        *holds = repeat == 0 || seconds < *holds ? seconds : *holds;
    }
}

int main(void)
{
    struct writer report = { 0 };
    double least[RUNS] = { 0 }, holds = 0;
    char *line = mem_format("build/tests/openb_snapshot >%s", snapshot_file);
    if (system(line) != 0) {
        fprintf(stderr, "NOT RUN: the openb trace is not there\n");
        free(line);
        return 0;
    }
    free(line);
    measure(least, &holds);
    bench_report_head(&report, "One attempt for everybody");
    writer_add(
        &report,
        "Made by `make bench`. CPU seconds of the whole program, the least of 5 runs, on the "
        "openb\nsnapshot: 1,523 nodes, 8,152 pods that wait, 11 MiB of JSON. The yardstick is "
        "10^7 holds of a\nstd::priority_queue with 10^5 pending, timed between them.\n\n"
        "| run | seconds | yardstick | ratio | bar, seconds | met |\n"
        "|:--|--:|--:|--:|--:|:--|\n");
    for (size_t i = 0; i < RUNS; i++)
        writer_format(&report, "| %s | %.3f | %.3f | %.2f | %.1f | %s |\n", runs[i].name, least[i],
                      holds, least[i] / holds, runs[i].bar, least[i] < runs[i].bar ? "yes" : "no");
    fputs(report.bytes, stdout);
    writer_close(&report);
    return 0;
}
