/* Bench: `seatrial schedule` on a large snapshot, reading it and printing included.
 *
 * The snapshot is the openb trace as kubectl would print it: 1,523 nodes, and 8,152 pods that wait.
 * Seconds are what the system charges the process; the yardstick is 10^7 holds of a
 * std::priority_queue with 10^5 pending, timed between the runs. Prints a table; `make bench` keeps it in results/bench/explaining.md. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "sim/base/memory.h"
#include "sim/base/writer.h"
#include "tests/bench/yardstick.h"
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
        const double seconds = yardstick_seconds();
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
