/* The published figures of the FGD paper; see fgd_published.h. */
#include "tests/support/fgd_published.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/shared.h"

const struct fgd_policy fgd_policies[FGD_POLICIES] = {
    { "random", "random", "Random" },
    { "dot-product", "dotprod", "DotProd" },
    { "gpu-clustering", "gpuclustering", "Clustering" },
    { "gpu-packing", "gpupacking", "Packing" },
    { "best-fit", "bestfit", "BestFit" },
    { "fgd", "fgd", "FGD" },
};

const char *const fgd_traces[FGD_TRACES] = { "default", "cpu250", "gpushare100", "gpuspec33",
                                             "multigpu50" };

double fgd_value(const struct fgd_curve *point, enum fgd_measure measure)
{
    return measure == FGD_ALLOCATED    ? point->allocated
           : measure == FGD_FRAGMENTED ? point->fragmented
                                       : point->fragmented_ratio;
}

/* --- loading --------------------------------------------------------------------------------- */

static bool read_file(struct csv *csv, const char *format, const char *name)
{
    char *below = mem_format(format, name), *path = shared_path(below);
    const bool found = csv_read(csv, path);
    free(below);
    free(path);
    return found;
}

static bool read_trace(struct fgd_published *published, size_t trace)
{
    return openb_load(&published->openb[trace], fgd_traces[trace]) &&
           read_file(&published->pods[trace], "oracle/fgd/order_%s_pods.csv", fgd_traces[trace]) &&
           read_file(&published->nodes[trace], "oracle/fgd/order_%s_nodes.csv", fgd_traces[trace]);
}

bool fgd_published_load(struct fgd_published *published)
{
    static const char *const curves[FGD_MEASURES] = { "alloc", "frag_amount", "frag_ratio" };
    *published = (struct fgd_published){ 0 };
    bool found =
        read_file(&published->traces, "oracle/fgd/%s.csv", "alloc_all_traces") &&
        read_file(&published->counters, "oracle/fgd/%s.csv", "exact_counters") &&
        read_file(&published->placements, "oracle/fgd/%s.csv", "placements_default_seed42");
    for (size_t i = 0; found && i < FGD_MEASURES; i++)
        found = read_file(&published->curves[i], "oracle/fgd/%s_default.csv", curves[i]);
    for (size_t i = 0; found && i < FGD_TRACES; i++)
        found = read_trace(published, i);
    if (!found)
        fgd_published_close(published);
    return found;
}

void fgd_published_close(struct fgd_published *published)
{
    csv_close(&published->traces);
    csv_close(&published->counters);
    csv_close(&published->placements);
    for (size_t i = 0; i < FGD_MEASURES; i++)
        csv_close(&published->curves[i]);
    for (size_t i = 0; i < FGD_TRACES; i++) {
        openb_close(&published->openb[i]);
        csv_close(&published->pods[i]);
        csv_close(&published->nodes[i]);
    }
}

void fgd_published_replay(const struct fgd_published *published, size_t trace, const char *policy,
                          unsigned seed, struct fgd_outcome *outcome)
{
    const struct fgd_input input = { .openb = &published->openb[trace],
                                     .policy = policy,
                                     .pods = &published->pods[trace],
                                     .nodes = &published->nodes[trace],
                                     .seed = seed };
    fgd_replay(&input, outcome);
}

/* --- looking up -------------------------------------------------------------------------------- */

/* The row whose cells begin with these; `rows` when there is none. "" stands for anything. */
static size_t find_row(const struct csv *csv, const char *first, const char *second,
                       const char *third)
{
    const char *const wanted[] = { first, second, third };
    size_t row = 0;
    for (; row < csv->rows; row++) {
        size_t same = 0;
        while (same < 3 &&
               (wanted[same][0] == '\0' || strcmp(csv_cell(csv, row, same), wanted[same]) == 0))
            same++;
        if (same == 3)
            break;
    }
    return row;
}

static const char *seed_text(unsigned seed, char text[16])
{
    snprintf(text, 16, "%u", seed);
    return text;
}

double fgd_published_value(const struct fgd_published *published, enum fgd_measure measure,
                           const char *policy, unsigned seed, size_t point)
{
    const struct csv *csv = &published->curves[measure];
    char text[16], name[24];
    const size_t row = find_row(csv, policy, seed_text(seed, text), "");
    snprintf(name, sizeof name, "x%zu", point);
    const size_t column = csv_column(csv, name);
    if (row == csv->rows || csv_cell(csv, row, column)[0] == '\0')
        return NAN;
    return csv_double(csv, row, column);
}

double fgd_published_of_trace(const struct fgd_published *published, const char *trace,
                              const char *policy, const char *figure)
{
    const struct csv *csv = &published->traces;
    const size_t row = find_row(csv, trace, policy, ""), column = csv_column(csv, figure);
    if (row == csv->rows || csv_cell(csv, row, column)[0] == '\0')
        return NAN;
    return csv_double(csv, row, column);
}

int64_t fgd_published_count(const struct fgd_published *published, const char *trace,
                            const char *policy, unsigned seed, const char *figure)
{
    const struct csv *csv = &published->counters;
    char text[16];
    const size_t row = find_row(csv, trace, policy, seed_text(seed, text));
    const size_t column = csv_column(csv, figure);
    return row < csv->rows && column < csv->columns ? csv_int(csv, row, column) : -1;
}

struct fgd_difference fgd_published_compare(const struct fgd_published *published,
                                            enum fgd_measure measure, const char *policy,
                                            unsigned seed, const struct fgd_outcome *outcome)
{
    struct fgd_difference difference = { 0 };
    for (size_t point = 0; point < FGD_POINTS; point++) {
        const double want = fgd_published_value(published, measure, policy, seed, point);
        if (isnan(want))
            continue;
        difference.points++;
        if (outcome->curve[point].records == 0)
            difference.greatest = INFINITY;
        difference.greatest =
            fmax(difference.greatest, fabs(fgd_value(&outcome->curve[point], measure) - want));
    }
    return difference;
}
