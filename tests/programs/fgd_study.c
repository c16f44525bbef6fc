/* The study of results/fgd: the published curves of the FGD paper against our scheduler's.
 *
 *     build/tests/fgd_study DIRECTORY      (make study-fgd)
 *
 * Writes figures.md (tables), curves.csv (every mean that is drawn) and three charts. What is
 * replayed and how is said in tests/support/fgd_replay.h. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/bench_report.h"
#include "tests/support/fgd_published.h"
#include "tests/support/svg_chart.h"

/* The paper's six, then those that it does not draw. */
enum { OTHERS = 3, POLICIES = FGD_POLICIES + OTHERS };

static const struct {
    const char *policy, *title, *colour;
} shown[POLICIES] = {
    { "random", "Random", "#777777" },
    { "dot-product", "DotProd", "#b35806" },
    { "gpu-clustering", "Clustering", "#8073ac" },
    { "gpu-packing", "Packing", "#1b9e77" },
    { "best-fit", "BestFit", "#1f78b4" },
    { "fgd", "FGD", "#d7301f" },
    { "first-fit", "first fit", "#a6761d" },
    { "worst-fit", "worst fit", "#4d9221" },
    { "cosine", "cosine", "#c51b7d" },
};

static const struct {
    const char *file, *title, *y_title, *name;
    double x_least, y_least, y_most, y_tick;
} charts[FGD_MEASURES] = {
    { "allocation.svg", "Allocated GPUs (Fig. 9a)", "allocated, % of all GPUs", "allocated", 80, 75,
      100, 5 },
    { "fragmentation.svg", "Fragmented GPUs (Fig. 7)", "fragmented, % of all GPUs", "fragmented", 0,
      0, 20, 2 },
    { "fragmentation_ratio.svg", "Fragmented share of what is left (Fig. 7)",
      "fragmented, % of what is left", "fragmented_ratio", 0, 0, 100, 10 },
};

struct study {
    struct fgd_published published;
    struct fgd_outcome outcomes[POLICIES][FGD_SEEDS]; /* of the default trace */
    double ours[POLICIES][FGD_MEASURES][FGD_POINTS];  /* means over the seeds */
    double theirs[FGD_POLICIES][FGD_MEASURES][FGD_POINTS];
    size_t placed_alike[POLICIES]; /* of the recorded placements of the first seed */
};

/* --- replays --------------------------------------------------------------------------------- */

static void add_to_means(struct study *study, size_t policy, unsigned seed,
                         const struct fgd_outcome *outcome)
{
    for (int measure = 0; measure < FGD_MEASURES; measure++)
        for (size_t point = 0; point < FGD_POINTS; point++) {
            study->ours[policy][measure][point] +=
                fgd_value(&outcome->curve[point], measure) / FGD_SEEDS;
            if (policy < FGD_POLICIES)
                study->theirs[policy][measure][point] +=
                    fgd_published_value(&study->published, measure, fgd_policies[policy].published,
                                        seed, point) /
                    FGD_SEEDS;
        }
}

static size_t count_alike(const struct study *study, size_t policy)
{
    const struct csv *want = &study->published.placements;
    const struct fgd_outcome *outcome = &study->outcomes[policy][0];
    const size_t column =
        policy < FGD_POLICIES ? csv_column(want, fgd_policies[policy].published) : want->columns;
    size_t alike = 0;
    for (size_t i = 0; column < want->columns && i < want->rows && i < outcome->arrived; i++)
        alike += csv_int(want, i, column) == outcome->chosen[i];
    return alike;
}

static void replay_all(struct study *study)
{
    for (size_t policy = 0; policy < POLICIES; policy++) {
        for (unsigned i = 0; i < FGD_SEEDS; i++) {
            struct fgd_outcome *outcome = &study->outcomes[policy][i];
            fgd_published_replay(&study->published, 0, shown[policy].policy, FGD_FIRST_SEED + i,
                                 outcome);
            add_to_means(study, policy, FGD_FIRST_SEED + i, outcome);
        }
        study->placed_alike[policy] = count_alike(study, policy);
    }
}

/* --- tables ------------------------------------------------------------------------------------ */

static double deviation(const struct study *study, size_t policy, size_t point)
{
    double sum = 0;
    for (size_t i = 0; i < FGD_SEEDS; i++) {
        const double off = study->outcomes[policy][i].curve[point].allocated -
                           study->ours[policy][FGD_ALLOCATED][point];
        sum += off * off;
    }
    return sqrt(sum / (FGD_SEEDS - 1));
}

static void print_allocation(const struct study *study, struct writer *out)
{
    static const size_t points[] = { 95, 100, 130 };
    writer_add(out,
               "\n## Allocation, default trace\n\nMean of ten seeds, % of all GPUs, when the GPUs "
               "asked for so far are 95, 100 and 130 % of all.\n\n"
               "| policy | published 95 | ours | published 100 | ours | published 130 | ours | "
               "sd of ours at 130 |\n|:--|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t policy = 0; policy < POLICIES; policy++) {
        writer_format(out, "| %s |", shown[policy].title);
        for (size_t i = 0; i < 3; i++) {
            if (policy < FGD_POLICIES)
                writer_format(out, " %.2f |", study->theirs[policy][FGD_ALLOCATED][points[i]]);
            else
                writer_add(out, " |");
            writer_format(out, " %.2f |", study->ours[policy][FGD_ALLOCATED][points[i]]);
        }
        writer_format(out, " %.2f |\n", deviation(study, policy, 130));
    }
}

static double greatest_difference(const struct study *study, size_t policy,
                                  enum fgd_measure measure)
{
    double greatest = 0;
    for (unsigned i = 0; i < FGD_SEEDS; i++)
        greatest =
            fmax(greatest,
                 fgd_published_compare(&study->published, measure, fgd_policies[policy].published,
                                       FGD_FIRST_SEED + i, &study->outcomes[policy][i])
                     .greatest);
    return greatest;
}

static bool counts_agree(const struct fgd_published *published, const char *trace, size_t policy,
                         unsigned seed, const struct fgd_outcome *outcome)
{
    const char *name = fgd_policies[policy].published;
    return fgd_published_count(published, trace, name, seed, "pods_failed") ==
               (int64_t)outcome->failed &&
           fgd_published_count(published, trace, name, seed, "gpu_milli_allocated") ==
               outcome->gpu_milli &&
           fgd_published_count(published, trace, name, seed, "cpu_milli_allocated") ==
               outcome->cpu_milli;
}

/* Chance cannot be repeated, so it is not in this table. */
static void print_agreement(const struct study *study, struct writer *out)
{
    writer_add(out,
               "\n## Agreement, default trace\n\nGreatest difference from the published value, in "
               "percentage points, over 131 points and ten seeds; runs whose counters\n(pods that "
               "failed, GPU and CPU milli allocated) are the same; pods of seed 42 on the same "
               "node.\n\n| policy | allocated | fragmented | of what is left | counters | "
               "placements |\n|:--|--:|--:|--:|--:|--:|\n");
    for (size_t policy = 1; policy < FGD_POLICIES; policy++) {
        size_t same = 0;
        for (unsigned i = 0; i < FGD_SEEDS; i++)
            same += counts_agree(&study->published, fgd_traces[0], policy, FGD_FIRST_SEED + i,
                                 &study->outcomes[policy][i]);
        writer_format(out, "| %s | %.3f | %.3f | %.3f | %zu of %d | %zu of %zu |\n",
                      shown[policy].title, greatest_difference(study, policy, FGD_ALLOCATED),
                      greatest_difference(study, policy, FGD_FRAGMENTED),
                      greatest_difference(study, policy, FGD_FRAGMENTED_RATIO), same, FGD_SEEDS,
                      study->placed_alike[policy], study->published.placements.rows);
    }
}

static void print_other_traces(const struct study *study, struct writer *out)
{
    writer_add(out, "\n## Other workloads\n\nAllocation at 130 %, seed 42: published, ours.\n\n"
                    "| trace | policy | published | ours | counters |\n|:--|:--|--:|--:|:--|\n");
    for (size_t trace = 1; trace < FGD_TRACES; trace++)
        for (size_t policy = 1; policy < FGD_POLICIES; policy++) {
            struct fgd_outcome outcome;
            fgd_published_replay(&study->published, trace, shown[policy].policy, FGD_FIRST_SEED,
                                 &outcome);
            writer_format(
                out, "| %s | %s | %.2f | %.2f | %s |\n", fgd_traces[trace], shown[policy].title,
                fgd_published_of_trace(&study->published, fgd_traces[trace],
                                       fgd_policies[policy].published, "alloc130_seed42"),
                outcome.curve[130].allocated,
                counts_agree(&study->published, fgd_traces[trace], policy, FGD_FIRST_SEED, &outcome)
                    ? "the same"
                    : "DIFFER");
            fgd_outcome_close(&outcome);
        }
}

static void print_curves(const struct study *study, struct writer *out)
{
    writer_add(out, "measure,policy,whose");
    for (size_t point = 0; point < FGD_POINTS; point++)
        writer_format(out, ",x%zu", point);
    writer_add(out, "\n");
    for (int measure = 0; measure < FGD_MEASURES; measure++)
        for (size_t i = 0; i < 2 * POLICIES; i++) {
            const size_t policy = i / 2;
            const bool published = i % 2 == 0;
            if (published && policy >= FGD_POLICIES)
                continue;
            writer_format(out, "%s,%s,%s", charts[measure].name, shown[policy].policy,
                          published ? "published" : "ours");
            for (size_t point = 0; point < FGD_POINTS; point++)
                writer_format(out, ",%.3f",
                              published ? study->theirs[policy][measure][point]
                                        : study->ours[policy][measure][point]);
            writer_add(out, "\n");
        }
}

/* --- charts ------------------------------------------------------------------------------------- */

static void print_chart(const struct study *study, int measure, struct writer *out)
{
    struct svg_series series[2 * POLICIES];
    size_t count = 0;
    for (size_t policy = 0; policy < POLICIES; policy++) {
        series[count] = (struct svg_series){ .name = shown[policy].title,
                                             .colour = shown[policy].colour,
                                             .y = study->ours[policy][measure],
                                             .count = FGD_POINTS,
                                             .dashed = policy >= FGD_POLICIES };
        count++;
        if (policy >= FGD_POLICIES)
            continue;
        series[count] = (struct svg_series){ .colour = shown[policy].colour,
                                             .y = study->theirs[policy][measure],
                                             .count = FGD_POINTS,
                                             .marks = 5 };
        count++;
    }
    char *title = mem_format("%s: published (circles), ours (lines; dashed: not in the paper)",
                             charts[measure].title);
    const struct svg_chart chart = { .title = title,
                                     .x_title = "GPUs asked for so far, % of all",
                                     .y_title = charts[measure].y_title,
                                     .x_least = charts[measure].x_least,
                                     .x_most = 130,
                                     .x_tick = 10,
                                     .y_least = charts[measure].y_least,
                                     .y_most = charts[measure].y_most,
                                     .y_tick = charts[measure].y_tick,
                                     .series = series,
                                     .count = count };
    svg_chart_print(&chart, out);
    free(title);
}

/* --- files ---------------------------------------------------------------------------------------- */

static bool write_file(const char *directory, const char *name, struct writer *text)
{
    char *path = mem_format("%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    bool written = file != NULL && fwrite(text->bytes, 1, text->length, file) == text->length;
    if (file != NULL)
        written = fclose(file) == 0 && written;
    if (!written)
        fprintf(stderr, "fgd_study: %s: %s\n", path, strerror(errno));
    free(path);
    writer_close(text);
    return written;
}

static bool write_all(const struct study *study, const char *directory)
{
    struct writer figures = { 0 }, curves = { 0 };
    bench_report_head(&figures, "The FGD paper's figures and ours");
    print_allocation(study, &figures);
    print_agreement(study, &figures);
    print_other_traces(study, &figures);
    print_curves(study, &curves);
    bool written = write_file(directory, "figures.md", &figures);
    written = write_file(directory, "curves.csv", &curves) && written;
    for (int measure = 0; measure < FGD_MEASURES; measure++) {
        struct writer chart = { 0 };
        print_chart(study, measure, &chart);
        written = write_file(directory, charts[measure].file, &chart) && written;
    }
    return written;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: fgd_study DIRECTORY\n");
        return 2;
    }
    struct study *study = mem_new(sizeof *study);
    if (!fgd_published_load(&study->published)) {
        fprintf(stderr, "fgd_study: the traces and published figures are not there: set "
                        "SEATRIAL_SHARED\n");
        return 1;
    }
    replay_all(study);
    const bool written = write_all(study, argv[1]);
    for (size_t policy = 0; policy < POLICIES; policy++)
        for (size_t i = 0; i < FGD_SEEDS; i++)
            fgd_outcome_close(&study->outcomes[policy][i]);
    fgd_published_close(&study->published);
    free(study);
    return written ? 0 : 1;
}
