/* Our scheduler against the published figures of the FGD paper: allocation and fragmentation of GPUs,
 * counters and placements. See tests/support/fgd_replay.h for the protocol. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "tests/support/fgd_published.h"

static const double tolerance = 0.011; /* percentage points: more is no rounding */

/* False, saying so, when there is nothing to compare with. */
static bool given(struct fgd_published *published, const char *what)
{
    const bool found = fgd_published_load(published);
    if (!found)
        printf("NOT RUN: %s, for want of the shared data (SEATRIAL_SHARED)\n", what);
    return found;
}

static void expect_counts(const struct fgd_published *published, const char *trace,
                          const struct fgd_policy *policy, unsigned seed,
                          const struct fgd_outcome *outcome)
{
    const struct {
        const char *figure;
        int64_t have;
    } counts[] = { { "pods_arrived", (int64_t)outcome->arrived },
                   { "pods_failed", (int64_t)outcome->failed },
                   { "gpu_milli_allocated", outcome->gpu_milli },
                   { "cpu_milli_allocated", outcome->cpu_milli } };
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(
            counts[i].have,
            fgd_published_count(published, trace, policy->published, seed, counts[i].figure),
            "%s, %s, seed %u: %s %ld", trace, policy->policy, seed, counts[i].figure,
            (long)counts[i].have);
}

static void expect_curves(const struct fgd_published *published, const struct fgd_policy *policy,
                          unsigned seed, const struct fgd_outcome *outcome, size_t *points)
{
    for (int measure = 0; measure < FGD_MEASURES; measure++) {
        const struct fgd_difference difference =
            fgd_published_compare(published, measure, policy->published, seed, outcome);
        cr_expect_eq(difference.points, FGD_POINTS, "%s, seed %u, measure %d", policy->policy, seed,
                     measure);
        cr_expect_leq(difference.greatest, tolerance, "%s, seed %u, measure %d differs by %.3f",
                      policy->policy, seed, measure, difference.greatest);
        *points += difference.points;
    }
}

Test(fgd, repeats_the_published_curves_of_five_policies)
{
    struct fgd_published published;
    size_t points = 0;
    if (!given(&published, "50 runs, 19,650 points of three curves"))
        return;
    for (size_t i = 1; i < FGD_POLICIES; i++)
        for (unsigned seed = FGD_FIRST_SEED; seed < FGD_FIRST_SEED + FGD_SEEDS; seed++) {
            struct fgd_outcome outcome;
            fgd_published_replay(&published, 0, fgd_policies[i].policy, seed, &outcome);
            expect_curves(&published, &fgd_policies[i], seed, &outcome, &points);
            expect_counts(&published, fgd_traces[0], &fgd_policies[i], seed, &outcome);
            fgd_outcome_close(&outcome);
        }
    cr_expect_eq(points, 5 * FGD_SEEDS * FGD_MEASURES * FGD_POINTS);
    fgd_published_close(&published);
}

Test(fgd, places_every_pod_where_the_recorded_run_does)
{
    struct fgd_published published;
    if (!given(&published, "54,330 placements"))
        return;
    for (size_t i = 1; i < FGD_POLICIES; i++) {
        const struct csv *want = &published.placements;
        const size_t column = csv_column(want, fgd_policies[i].published);
        struct fgd_outcome outcome;
        size_t agreed = 0;
        cr_assert_lt(column, want->columns);
        fgd_published_replay(&published, 0, fgd_policies[i].policy, FGD_FIRST_SEED, &outcome);
        cr_assert_eq(outcome.arrived, want->rows);
        while (agreed < want->rows && csv_int(want, agreed, column) == outcome.chosen[agreed])
            agreed++;
        cr_expect_eq(agreed, want->rows, "%s: arrival %zu goes to %d, not to %ld",
                     fgd_policies[i].policy, agreed, outcome.chosen[agreed],
                     (long)csv_int(want, agreed, column));
        fgd_outcome_close(&outcome);
    }
    fgd_published_close(&published);
}

/* The published mean is of ten seeds, of which the order of one is recorded. */
static void expect_near_mean(const struct fgd_published *published, const char *trace,
                             const struct fgd_policy *policy, const char *mean, const char *sd,
                             double have)
{
    const double want = fgd_published_of_trace(published, trace, policy->published, mean);
    const double spread = fgd_published_of_trace(published, trace, policy->published, sd);
    cr_expect_leq(fabs(have - want), 4 * spread + tolerance, "%s, %s: %s is %.2f", trace,
                  policy->policy, mean, have);
}

Test(fgd, repeats_the_published_points_of_other_workloads)
{
    struct fgd_published published;
    if (!given(&published, "4 traces of other workloads"))
        return;
    for (size_t trace = 1; trace < FGD_TRACES; trace++)
        for (size_t i = 1; i < FGD_POLICIES; i++) {
            const struct fgd_policy *policy = &fgd_policies[i];
            const char *name = fgd_traces[trace];
            struct fgd_outcome outcome;
            fgd_published_replay(&published, trace, policy->policy, FGD_FIRST_SEED, &outcome);
            const double want =
                fgd_published_of_trace(&published, name, policy->published, "alloc130_seed42");
            cr_expect_leq(fabs(outcome.curve[130].allocated - want), tolerance,
                          "%s, %s: %.3f of %.2f", name, policy->policy,
                          outcome.curve[130].allocated, want);
            expect_near_mean(&published, name, policy, "alloc100_mean", "alloc100_sd",
                             outcome.curve[100].allocated);
            expect_near_mean(&published, name, policy, "alloc130_mean", "alloc130_sd",
                             outcome.curve[130].allocated);
            expect_counts(&published, name, policy, FGD_FIRST_SEED, &outcome);
            fgd_outcome_close(&outcome);
        }
    fgd_published_close(&published);
}

/* --- chance ---------------------------------------------------------------------------------------- */

struct range {
    double least, most;
};

static struct range published_range(const struct fgd_published *published, enum fgd_measure measure,
                                    size_t point)
{
    struct range range = { INFINITY, -INFINITY };
    for (unsigned seed = FGD_FIRST_SEED; seed < FGD_FIRST_SEED + FGD_SEEDS; seed++) {
        const double value = fgd_published_value(published, measure, "random", seed, point);
        range.least = fmin(range.least, value);
        range.most = fmax(range.most, value);
    }
    return range;
}

/* Ten draws of ours against ten of theirs: their means must lie within what the others span. */
Test(fgd, leaves_to_chance_what_the_paper_does)
{
    struct fgd_published published;
    double means[FGD_MEASURES][FGD_POINTS] = { { 0 } };
    if (!given(&published, "10 runs of the random policy"))
        return;
    for (unsigned seed = FGD_FIRST_SEED; seed < FGD_FIRST_SEED + FGD_SEEDS; seed++) {
        struct fgd_outcome outcome;
        fgd_published_replay(&published, 0, "random", seed, &outcome);
        for (int measure = 0; measure < FGD_MEASURES; measure++)
            for (size_t point = 0; point < FGD_POINTS; point++)
                means[measure][point] += fgd_value(&outcome.curve[point], measure) / FGD_SEEDS;
        fgd_outcome_close(&outcome);
    }
    for (int measure = 0; measure < FGD_MEASURES; measure++)
        for (size_t point = 0; point < FGD_POINTS; point++) {
            const struct range range = published_range(&published, measure, point);
            cr_expect(range.least - tolerance <= means[measure][point] &&
                          means[measure][point] <= range.most + tolerance,
                      "measure %d at %zu: %.3f is not in %.2f to %.2f", measure, point,
                      means[measure][point], range.least, range.most);
        }
    fgd_published_close(&published);
}

/* --- the other way ----------------------------------------------------------------------------------- */

/* The reference asks every plugin about every node: it takes the same 1,500 decisions, for the policy
 * that normalizes over the nodes and for the one that remembers most. */
Test(fgd, decides_alike_with_and_without_memory)
{
    static const char *const policies[] = { "best-fit", "fgd" };
    struct fgd_published published;
    if (!given(&published, "3,000 decisions by the reference"))
        return;
    for (size_t i = 0; i < 2; i++) {
        struct fgd_input input = { .openb = &published.openb[3],
                                   .policy = policies[i],
                                   .pods = &published.pods[3],
                                   .nodes = &published.nodes[3],
                                   .seed = FGD_FIRST_SEED,
                                   .limit = 1500 };
        struct fgd_outcome fast, plain;
        fgd_replay(&input, &fast);
        input.plainly = true;
        fgd_replay(&input, &plain);
        for (size_t j = 0; j < 1500; j++)
            cr_assert_eq(fast.chosen[j], plain.chosen[j], "%s: arrival %zu", policies[i], j);
        fgd_outcome_close(&fast);
        fgd_outcome_close(&plain);
    }
    fgd_published_close(&published);
}
