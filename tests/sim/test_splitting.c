/* Importance splitting on parts that fail and are repaired, whose unavailability is known. */
#include <criterion/criterion.h>
#include <math.h>

#include "tests/support/parts.h"

/* ---- theory ---- */

/* Parts with a repairer each are independent: the share of the time in which all n have failed is the
 * n-th power of one part's, whatever the distributions are. */
static double all_failed(struct parts_plan plan)
{
    const double life = distribution_mean(plan.life), repair = distribution_mean(plan.repair);
    return pow(repair / (life + repair), plan.count);
}

Test(splitting, theory_of_plain_simulation_is_that_of_one_part)
{
    /* Up for 9, down for 1 in the mean: variance 2 p q / (a + b) of the average, 2 p a events. */
    struct distribution *life = distribution_new_exponential(9);
    struct distribution *repair = distribution_new_exponential(1);
    const struct parts_plan one = { 1, 1, 1, life, repair };
    const double a = 1.0 / 9, p = 0.9, variance = 2 * p * (1 - p) / (a + 1);
    cr_expect_float_eq(parts_plain_cost(one), variance * 2 * p * a, 1e-12);
    cr_expect_float_eq(all_failed(one), 0.1, 1e-12);
    distribution_free(life);
    distribution_free(repair);
}

/* ---- replications ---- */

struct study {
    struct interval estimate;
    double events;              /* of a replication */
    struct splitting_tally all; /* of all together */
};

static void play(const struct splitting *splitting, struct parts_plan plan, uint64_t seed,
                 sim_time warmup, struct splitting_tally *tally)
{
    struct parts *parts = parts_new(run_new(seed), plan);
    struct error error = { 0 };
    run_until(parts->run, warmup);
    *tally = (struct splitting_tally){ .events = parts->run->events };
    cr_assert(splitting_play(splitting, &parts_splitting, parts, tally, &error));
    parts_free(parts);
}

static struct study replicate(const struct splitting *splitting, struct parts_plan plan,
                              size_t count, uint64_t seed, sim_time warmup)
{
    double *shares = mem_new(count * sizeof *shares);
    struct study study = { .events = 0 };
    for (size_t i = 0; i < count; i++) {
        struct splitting_tally tally;
        play(splitting, plan, seed + i, warmup, &tally);
        shares[i] = tally.reward / sim_time_to_seconds(splitting->until - warmup);
        splitting_add(&study.all, &tally);
    }
    study.estimate = interval_of(shares, count, 0.95);
    study.events = (double)study.all.events / (double)count;
    free(shares);
    return study;
}

static double relative_error(struct study study)
{
    return study.estimate.error / study.estimate.mean;
}

/* ---- without bias ---- */

/* All of two parts are down for 1 % of the time: plain simulation finds that as well. */
Test(splitting, agrees_with_theory_whatever_its_levels_and_copies_are)
{
    static const struct splitting ways[] = {
        { .levels = 0 },
        { .levels = 1, .thresholds = { 1 }, .copies = { 1 } },
        { .levels = 1, .thresholds = { 1 }, .copies = { 5 } },
        { .levels = 1, .thresholds = { 2 }, .copies = { 4 } },
        { .levels = 2, .thresholds = { 1, 2 }, .copies = { 3, 2 } },
        { .levels = 3, .thresholds = { 0.5, 1, 1.5 }, .copies = { 2, 3, 2 } },
        { .levels = 2, .thresholds = { 0, 1 }, .copies = { 2, 2 } }, /* at once, and always */
    };
    struct distribution *life = distribution_new_exponential(9);
    struct distribution *repair = distribution_new_exponential(1);
    const struct parts_plan plan = { 2, 2, 1, life, repair };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct splitting splitting = ways[i];
        splitting.until = 1000 * SIM_SECOND;
        const struct study study = replicate(&splitting, plan, 200, 1, 50 * SIM_SECOND);
        cr_expect_leq(fabs(study.estimate.mean - 0.01), 3 * study.estimate.error,
                      "way %zu: %g, error %g", i, study.estimate.mean, study.estimate.error);
        cr_expect_lt(relative_error(study), 0.06, "way %zu: %g", i, relative_error(study));
        /* Outages begin at the rate at which they end, 2 repairs of mean 1. */
        cr_expect_float_eq(study.all.begun / 200 / 950, 0.02, 0.003, "way %zu", i);
    }
    distribution_free(life);
    distribution_free(repair);
}

/* What is left of lives and repairs is drawn anew in copies: it must be of the right distribution. */
Test(splitting, has_no_bias_where_lives_and_repairs_have_a_memory)
{
    struct distribution *lives[] = { distribution_new_weibull(2.5, 10),
                                     distribution_new_weibull(0.7, 10),
                                     distribution_new_gamma(3, 3) };
    struct distribution *repairs[] = { distribution_new_lognormal(0, 0.5),
                                       distribution_new_uniform(0.5, 1.5),
                                       distribution_new_pareto(3, 0.7) };
    const struct splitting splitting = {
        .levels = 2, .thresholds = { 1, 2 }, .copies = { 4, 4 }, .until = 1200 * SIM_SECOND
    };
    for (int i = 0; i < 3; i++) {
        const struct parts_plan plan = { 3, 3, 1, lives[i], repairs[i] };
        const struct study study = replicate(&splitting, plan, 120, 1, 200 * SIM_SECOND);
        cr_expect_leq(fabs(study.estimate.mean - all_failed(plan)), 3 * study.estimate.error,
                      "%d: %g, theory %g, error %g", i, study.estimate.mean, all_failed(plan),
                      study.estimate.error);
        cr_expect_lt(relative_error(study), 0.1, "%d: %g", i, relative_error(study));
        distribution_free(lives[i]);
        distribution_free(repairs[i]);
    }
}

/* ---- the rare one ---- */

/* Five parts, all of which have failed for 10^-7 of the time. Each works for 24 times as long as it is in
 * repair: of the runs with one in repair a seventh come to two, of those a seventeenth to three. */
Test(splitting, finds_an_unavailability_of_one_in_ten_million)
{
    const double each = pow(1e-7, 0.2);
    struct distribution *life = distribution_new_exponential((1 - each) / each);
    struct distribution *repair = distribution_new_exponential(1);
    const struct parts_plan plan = { 5, 5, 1, life, repair };
    const struct splitting splitting = { .levels = 4,
                                         .thresholds = { 1, 2, 3, 4 },
                                         .copies = { 6, 12, 20, 40 },
                                         .until = 510 * SIM_SECOND };
    for (uint64_t seed = 1; seed <= 3; seed++) {
        const struct study study = replicate(&splitting, plan, 60, 1000 * seed, 10 * SIM_SECOND);
        const double ratio = study.estimate.mean / 1e-7;
        cr_expect(ratio < 1.3 && ratio > 1 / 1.3, "seed %d: %g", (int)seed, study.estimate.mean);
        cr_expect_leq(fabs(study.estimate.mean - 1e-7), 3 * study.estimate.error);
        const double variance = study.estimate.error * study.estimate.error * 60;
        const double gain = parts_plain_cost(plan) / (variance * study.events);
        cr_expect_gt(gain, 100, "variance x events is %g times less", gain);
    }
    distribution_free(life);
    distribution_free(repair);
}

/* ---- order ---- */

Test(splitting, gives_the_same_for_the_same_seed_and_counts_what_it_does)
{
    struct distribution *life = distribution_new_exponential(20);
    struct distribution *repair = distribution_new_exponential(1);
    const struct parts_plan plan = { 3, 1, 1, life, repair };
    const struct splitting splitting = {
        .levels = 2, .thresholds = { 1, 3 }, .copies = { 3, 4 }, .until = 2000 * SIM_SECOND
    };
    struct splitting_tally one, again, other;
    play(&splitting, plan, 1, 0, &one);
    play(&splitting, plan, 1, 0, &again);
    play(&splitting, plan, 2, 0, &other);
    cr_expect_eq(memcmp(&one, &again, sizeof one), 0);
    cr_expect_neq(one.events, other.events);
    cr_expect_gt(one.entered[1], 0);
    cr_expect_eq(one.copies, 2 * one.entered[0] + 3 * one.entered[1]);
    distribution_free(life);
    distribution_free(repair);
}
