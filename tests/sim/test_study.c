/* When replications are enough, and what they come to. */
#include <criterion/criterion.h>
#include <math.h>

#include "sim/chance/stream.h"
#include "sim/experiment/study.h"

/* Points whose values are normal about a mean, with a part of the luck in common. */
struct source {
    double mean, common, own;
};

static double normal(uint64_t seed, const char *entity, uint64_t replication)
{
    struct stream stream = stream_of(seed, "", entity, "value", replication);
    const double u = stream_uniform(&stream), v = stream_uniform(&stream);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

static double value_of(const struct source *source, uint64_t seed, struct task task)
{
    static const char *const names[] = { "a", "b", "c" };
    return source->mean + source->common * normal(seed, "all", task.replication) +
           source->own * normal(seed, names[task.point], task.replication);
}

/* Play until the rule is content; the number of batches. */
static size_t play(struct study *study, const struct source *sources, uint64_t seed)
{
    const struct task *tasks;
    size_t count, batches = 0;
    while ((count = study_next(study, &tasks)) > 0) {
        batches++;
        for (size_t i = 0; i < count; i++) {
            const double value = value_of(&sources[tasks[i].point], seed, tasks[i]);
            study_take(study, tasks[i], &value);
        }
    }
    return batches;
}

static const enum study_part compared[] = { STUDY_ALONE, STUDY_COMPARED, STUDY_COMPARED };
static const struct study_response judged = { .is_judged = true };

Test(study, asks_for_a_fixed_number_in_one_batch_by_replication_then_point)
{
    const struct study_rule rule = { .first = 7, .confidence = 0.95, .is_paired = true };
    struct study *study = study_new(3, 0, compared, &judged, 1, rule);
    const struct task *tasks;
    cr_assert_eq(study_next(study, &tasks), 21);
    for (uint32_t i = 0; i < 21; i++) {
        const double value = i;
        cr_expect_eq(tasks[i].replication, i / 3);
        cr_expect_eq(tasks[i].point, i % 3);
        study_take(study, tasks[i], &value);
    }
    cr_expect_eq(study_next(study, &tasks), 0);
    cr_expect_eq(study_stopped(study), STUDY_COUNT);
    cr_expect_float_eq(study_estimate(study, 1, 0).mean, 10, 1e-12, "1, 4, ..., 19");
    study_free(study);
}

Test(study, goes_on_at_those_points_that_are_not_precise_yet)
{
    const struct source sources[] = { { 100, 0, 1 }, { 100, 0, 30 }, { 100, 0, 0 } };
    const struct study_rule rule = {
        .first = 10, .batch = 10, .most = 5000, .confidence = 0.95, .relative = 0.02
    };
    const enum study_part alone[] = { STUDY_ALONE, STUDY_ALONE, STUDY_ALONE };
    struct study *study = study_new(3, 3, alone, &judged, 1, rule);
    play(study, sources, 1);
    cr_expect_eq(study_stopped(study), STUDY_PRECISION);
    cr_expect_eq(study_replications(study, 0), 10, "ten are plenty for a spread of 1 %%");
    cr_expect_eq(study_replications(study, 2), 10, "what never varies is precise");
    /* 1.96 x 30 / sqrt(n) <= 2 needs some 865. */
    cr_expect_geq(study_replications(study, 1), 700);
    cr_expect_leq(study_replications(study, 1), 1050);
    const struct study_estimate estimate = study_estimate(study, 1, 0);
    cr_expect_leq(estimate.half_width, 0.02 * estimate.mean);
    cr_expect_lt(fabs(estimate.mean - 100), 4);
    study_free(study);
}

Test(study, stops_at_the_most_it_is_allowed)
{
    const struct source sources[] = { { 1, 0, 100 } };
    const struct study_rule rule = {
        .first = 4, .batch = 3, .most = 12, .confidence = 0.95, .relative = 0.01
    };
    struct study *study = study_new(1, 1, compared, &judged, 1, rule);
    cr_expect_eq(play(study, sources, 1), 4, "4, 7, 10, 12");
    cr_expect_eq(study_replications(study, 0), 12);
    cr_expect_eq(study_stopped(study), STUDY_MOST);
    study_free(study);
}

Test(study, an_availability_is_precise_by_what_it_lacks_to_one)
{
    const struct source sources[] = { { 0.999, 0, 0.0005 } };
    const struct study_response share = { .is_judged = true, .from_complement = true };
    const struct study_rule rule = {
        .first = 10, .batch = 10, .most = 5000, .confidence = 0.95, .relative = 0.1
    };
    struct study *study = study_new(1, 1, compared, &share, 1, rule);
    play(study, sources, 1);
    const struct study_estimate estimate = study_estimate(study, 0, 0);
    cr_expect_geq(study_replications(study, 0), 60, "1.96 x 0.5 / sqrt(n) <= 0.1: some 96");
    cr_expect_leq(estimate.half_width, 0.1 * (1 - estimate.mean));
    study_free(study);
}

Test(study, plays_on_until_every_comparison_is_significant)
{
    const struct source sources[] = { { 10, 2, 0.5 }, { 10.3, 2, 0.5 }, { 12, 2, 0.5 } };
    const struct study_rule rule = { .first = 5,
                                     .batch = 5,
                                     .most = 2000,
                                     .confidence = 0.95,
                                     .until_significant = true,
                                     .is_paired = true };
    struct study *study = study_new(3, 0, compared, &judged, 1, rule);
    play(study, sources, 3);
    cr_expect_eq(study_stopped(study), STUDY_SIGNIFICANCE);
    cr_expect_lt(study_replications(study, 2), study_replications(study, 1),
                 "the large difference is told by fewer");
    cr_expect_eq(study_replications(study, 0), study_replications(study, 1),
                 "the baseline goes with those that need it");
    const struct study_difference difference = study_difference(study, 1, 0, 0);
    cr_expect_gt(difference.low, 0);
    cr_expect_lt(difference.p, 0.05);
    study_free(study);
}

Test(study, looking_often_does_not_find_differences_that_are_not_there)
{
    const struct source sources[] = { { 10, 0, 1 }, { 10, 0, 1 } };
    const struct study_rule rule = { .first = 5,
                                     .batch = 5,
                                     .most = 200,
                                     .confidence = 0.95,
                                     .until_significant = true,
                                     .is_paired = true };
    int found = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct study *study = study_new(2, 0, compared, &judged, 1, rule);
        play(study, sources, seed);
        found += study_stopped(study) == STUDY_SIGNIFICANCE;
        study_free(study);
    }
    /* Forty looks, each at 5 %, would find one in some 90 of 300; at most 5 % are allowed, 15. */
    cr_expect_leq(found, 15);
}

Test(study, common_luck_makes_the_interval_of_a_difference_narrow)
{
    const struct source sources[] = { { 10, 3, 0.3 }, { 11, 3, 0.3 } };
    const struct study_rule rule = { .first = 50, .confidence = 0.95, .is_paired = true };
    struct study *study = study_new(2, 0, compared, &judged, 1, rule);
    play(study, sources, 5);
    const struct study_difference difference = study_difference(study, 1, 0, 0);
    cr_expect_eq(difference.pairs, 50);
    cr_expect_gt(difference.correlation, 0.95);
    cr_expect_lt((difference.high - difference.low) / 2, difference.independent / 4);
    cr_expect(difference.low <= 1 && 1 <= difference.high);
    study_free(study);
}

Test(study, without_common_luck_the_two_samples_are_independent)
{
    const struct source sources[] = { { 10, 0, 1 }, { 11, 0, 3 } };
    const struct study_rule rule = { .first = 40, .confidence = 0.95 };
    struct study *study = study_new(2, 0, compared, &judged, 1, rule);
    play(study, sources, 2);
    const struct study_difference difference = study_difference(study, 1, 0, 0);
    cr_expect(isnan(difference.correlation));
    cr_expect_float_eq((difference.high - difference.low) / 2, difference.independent, 1e-12);
    /* Welch: sqrt(1/40 + 9/40) = 0.5, times t of some 47 degrees of freedom. */
    cr_expect_float_eq(difference.independent, 0.5 * 2.01, 0.2);
    study_free(study);
}

Test(study, runs_without_a_value_are_left_out_and_counted)
{
    const struct study_rule rule = { .first = 4, .confidence = 0.95, .is_paired = true };
    struct study *study = study_new(2, 0, compared, &judged, 1, rule);
    static const double values[2][4] = { { 1, NAN, 3, 5 }, { 2, 4, NAN, 8 } };
    const struct task *tasks;
    const size_t count = study_next(study, &tasks);
    for (size_t i = 0; i < count; i++)
        study_take(study, tasks[i], &values[tasks[i].point][tasks[i].replication]);
    cr_expect_eq(study_estimate(study, 0, 0).count, 3);
    cr_expect_eq(study_estimate(study, 0, 0).missing, 1);
    cr_expect_float_eq(study_estimate(study, 0, 0).mean, 3, 1e-12);
    cr_expect_eq(study_difference(study, 1, 0, 0).pairs, 2, "those of 0 and 3");
    cr_expect_float_eq(study_difference(study, 1, 0, 0).difference, 2, 1e-12);
    study_free(study);
}

Test(study, truths_have_an_interval_that_does_not_collapse)
{
    const struct study_rule rule = { .first = 50, .confidence = 0.95 };
    struct study *study = study_new(1, 1, compared, &judged, 1, rule);
    const struct source never = { 0, 0, 0 };
    study_set_proportion(study, 0);
    play(study, &never, 1);
    const struct study_estimate estimate = study_estimate(study, 0, 0);
    cr_expect_eq(estimate.low, 0);
    cr_expect_float_eq(estimate.high, 0.0713, 0.0005, "Wilson of 0 in 50: z^2 / (n + z^2)");
    study_free(study);
}

Test(study, mirrored_replications_are_judged_by_pairs)
{
    const struct study_rule rule = { .first = 5, .confidence = 0.95, .is_antithetic = true };
    struct study *study = study_new(1, 1, compared, &judged, 1, rule);
    const struct task *tasks;
    cr_assert_eq(study_next(study, &tasks), 6, "an even number");
    for (size_t i = 0; i < 6; i++) {
        const double value = 10 + (i % 2 ? -1.0 : 1.0) * (double)(i / 2 + 1);
        study_take(study, tasks[i], &value);
    }
    const struct study_estimate estimate = study_estimate(study, 0, 0);
    cr_expect_float_eq(estimate.mean, 10, 1e-12);
    cr_expect_float_eq(estimate.half_width, 0, 1e-12, "each pair has the mean 10");
    study_free(study);
}

Test(study, a_quantile_has_a_bootstrapped_interval_that_is_the_same_each_time)
{
    const struct source source = { 100, 0, 10 };
    const struct study_response p95 = { .is_judged = true, .quantile = 0.95 };
    const struct study_rule rule = { .first = 400, .confidence = 0.95 };
    struct study *study = study_new(1, 1, compared, &p95, 1, rule);
    play(study, &source, 4);
    const struct study_estimate first = study_estimate(study, 0, 0),
                                again = study_estimate(study, 0, 0);
    cr_expect(first.low < 116.4 && 116.4 < first.high, "100 + 1.645 x 10: [%g, %g]", first.low,
              first.high);
    cr_expect_lt(first.half_width, 3);
    cr_expect_eq(first.low, again.low);
    cr_expect_eq(first.high, again.high);
    study_free(study);
}
