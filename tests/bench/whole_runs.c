/* Bench: whole runs of the program, from its inputs to its report.
 *
 * W1 and W2 are the workloads of these names in the shared workloads: 100,000 pods that come to
 * 1,000 nodes and go, 1,000,000 on 5,000. They are generated here, to the byte, from the description
 * in gen_workload.py (SplitMix64, four draws a pod). The shop is the scenario that ships. Seconds are
 * what the system charges the process, children's included; the yardstick is that of engine.c and
 * scheduling.c, timed between the runs.
 *
 * Prints a table; `make bench` keeps it in results/bench/whole_runs.md. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/writer.h"
#include "tests/bench/program_run.h"
#include "tests/support/bench_report.h"

enum { REPEATS = 5 };

/* The default scheduler may bind 50 pods a second, W2 sends 118: with the default rate pods would wait
 * for that and nothing else. */
static const char w2_scenario[] =
    "apiVersion: seatrial.dev/v1alpha1\n"
    "kind: Scenario\n"
    "metadata: {name: w2}\n"
    "spec:\n"
    "  nodes: [\"5000x64cpu,256Gi\"]\n"
    "  settings: {kube-scheduler/kube-api-qps: 5000, kube-scheduler/kube-api-burst: 10000}\n";

static const struct {
    const char *name, *arguments;
    double bar;     /* CPU seconds */
    double bar_mib; /* of memory; 0: none */
} runs[] = {
    { "W1", "--workload build/bench/w1.csv --nodes 1000x64cpu,256Gi", 2.5, 0 },
    { "W2, kube-api-qps 5000", "--workload build/bench/w2.csv build/bench/w2.yaml", 30, 2048 },
    { "the shop, 30 days", "scenarios/first_steps/shop/scenario.yaml", 0.1, 0 },
};

/* ---- the workload ---- */

static uint64_t splitmix_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static double uniform(uint64_t *state)
{
    return (double)(splitmix_next(state) >> 11) * 0x1p-53;
}

struct choice {
    double below;
    int64_t value;
};

static int64_t pick(const struct choice *table, double u)
{
    while (u >= table->below)
        table++;
    return table->value;
}

static void write_workload(const char *path, int nodes, int pods, uint64_t state)
{
    static const struct choice cpus[] = {
        { 0.2, 1000 }, { 0.5, 2000 }, { 0.8, 4000 }, { 1, 8000 }
    };
    static const struct choice ratios[] = { { 0.3, 1 }, { 0.7, 2 }, { 0.9, 4 }, { 1, 8 } };
    const double mean_duration = 600, mean_gap = mean_duration / (0.8 * nodes * 64000 / 3600.0);
    FILE *out = fopen(path, "w");
    double at = 0;
    fprintf(out, "arrival_s,cpu_milli,mem_bytes,duration_s\n");
    for (int i = 0; i < pods; i++) {
        at -= mean_gap * log(1 - uniform(&state));
        const int64_t cpu = pick(cpus, uniform(&state));
        const int64_t memory = cpu / 1000 * pick(ratios, uniform(&state)) * (INT64_C(1) << 30);
        const double duration = -mean_duration * log(1 - uniform(&state));
        fprintf(out, "%.6f,%" PRId64 ",%" PRId64 ",%.6f\n", at, cpu, memory, fmax(duration, 1e-6));
    }
    fclose(out);
}

static void write_inputs(void)
{
    write_workload("build/bench/w1.csv", 1000, 100000, 1);
    write_workload("build/bench/w2.csv", 5000, 1000000, 2);
    FILE *out = fopen("build/bench/w2.yaml", "w");
    fputs(w2_scenario, out);
    fclose(out);
}

/* ---- the report ---- */

static void report_head(struct writer *report)
{
    bench_report_head(report, "Whole runs");
    writer_format(report,
                  "Made by `make bench`. CPU seconds of the whole program, loading and report "
                  "included,\nthe least of %d runs; the yardstick is 10^7 holds of a "
                  "std::priority_queue with 10^5 pending,\ntimed between them.\n\n"
                  "| run | seconds | yardsticks | MiB | bar | met |\n"
                  "|:--|--:|--:|--:|:--|:--|\n",
                  REPEATS);
}

static void report_row(struct writer *report, size_t i, const struct program_figures *figures)
{
    const double mib = program_mib(figures->said);
    const bool met =
        figures->seconds < runs[i].bar && (runs[i].bar_mib == 0 || mib < runs[i].bar_mib);
    writer_format(report, "| %s | %.3f | %.2f | %.0f | < %g s", runs[i].name, figures->seconds,
                  figures->seconds / figures->yardstick, mib, runs[i].bar);
    if (runs[i].bar_mib > 0)
        writer_format(report, ", < %g MiB", runs[i].bar_mib);
    writer_format(report, " | %s |\n", met ? "yes" : "NO");
}

int main(void)
{
    struct writer report = { 0 }, said = { 0 };
    write_inputs();
    report_head(&report);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const struct program_figures figures = program_measure(runs[i].arguments, REPEATS);
        report_row(&report, i, &figures);
        writer_format(&said, "\n    seatrial run %s\n    %s\n", runs[i].arguments, figures.said);
    }
    writer_add(&report, "\nWhat the program said of its last run (bytes per pod: peak memory over "
                        "that of the cluster\nwith its nodes and no pods, by the most pods at "
                        "once):\n");
    printf("%s%s", report.bytes, said.bytes);
    writer_close(&report);
    writer_close(&said);
    return 0;
}
