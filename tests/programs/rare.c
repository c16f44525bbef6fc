/* How much importance splitting saves: an unavailability of 10^-7, of parts on the engine and of pods on a
 * cluster, against theory and against what plain simulation would take. Prints a table; exit status 1 when an
 * estimate is not within a factor 1.3 of theory, or less than 100 times is saved.
 *
 *     rare [REPLICATIONS]        of each row; as many as the row says unless told */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/measured.h"
#include "tests/support/parts.h"
#include "tests/support/pinned.h"
#include "tools/experiment/split.h"

/* What replications have found. */
struct found {
    struct interval unavailability;
    double events, copies; /* of all of them */
};

static struct found found_of(const double *shares, size_t count, const struct splitting_tally *all)
{
    return (struct found){ interval_of(shares, count, 0.95), (double)all->events,
                           (double)all->copies };
}

/* A line of the table. `plain` is variance times events of plain simulation. */
static bool report(const char *what, const struct splitting *splitting, uint64_t seed, double truth,
                   double plain, struct found found)
{
    const struct interval share = found.unavailability;
    const double ratio = share.mean / truth;
    const double gain = plain / (share.error * share.error * found.events);
    const bool good = ratio < 1.3 && ratio > 1 / 1.3 && gain >= 100;
    printf("| %s |", what);
    for (size_t i = 0; i < splitting->levels; i++)
        printf(" %u", splitting->copies[i]);
    printf(" | %" PRIu64 " | %zu | %.3g | %.3g ± %.2g | %.2f | %.2g | %.2g | %.0f | %.2g | %s |\n",
           seed, share.count, truth, share.mean, share.error, ratio, found.events, found.copies,
           gain, plain / (0.1 * truth * 0.1 * truth), good ? "yes" : "NO");
    fflush(stdout);
    return good;
}

/* ── parts on the engine ── */

static struct found play_parts(struct parts_plan plan, const struct splitting *splitting,
                               uint64_t seed, size_t count)
{
    double *shares = mem_new(count * sizeof *shares);
    struct splitting_tally all = { 0 };
    const sim_time warmup = 10 * SIM_SECOND;
    for (size_t i = 0; i < count; i++) {
        struct parts *parts = parts_new(run_new(seed * 1000000 + i), plan);
        struct splitting_tally tally = { 0 };
        run_until(parts->run, warmup);
        tally.events = parts->run->events;
        splitting_play(splitting, &parts_splitting, parts, &tally, NULL);
        shares[i] = tally.reward / sim_time_to_seconds(splitting->until - warmup);
        splitting_add(&all, &tally);
        parts_free(parts);
    }
    const struct found found = found_of(shares, count, &all);
    free(shares);
    return found;
}

static bool study_parts(int count, struct splitting splitting, int seconds, size_t replications)
{
    const double truth = 1e-7, each = pow(truth, 1.0 / count);
    struct distribution *life = distribution_new_exponential((1 - each) / each);
    struct distribution *repair = distribution_new_exponential(1);
    const struct parts_plan plan = { count, count, 1, life, repair };
    char *what =
        mem_format("engine: %d parts, a repair takes %.2g of a life", count, each / (1 - each));
    bool good = true;
    splitting.until = (10 + seconds) * SIM_SECOND;
    for (uint64_t seed = 1; seed <= 3; seed++)
        good = report(what, &splitting, seed, truth, parts_plain_cost(plan),
                      play_parts(plan, &splitting, seed, replications)) &&
               good;
    free(what);
    distribution_free(life);
    distribution_free(repair);
    return good;
}

/* ── pods on a cluster ── */

static struct found play_pods(const struct pinned *pinned, const struct splitting *splitting,
                              uint64_t seed, size_t count)
{
    struct scenario scenario;
    struct split_plan plan = { .list = (char *)"workloads",
                               .name = (char *)"web",
                               .kind = KIND_DEPLOYMENT,
                               .splitting = *splitting };
    double *shares = mem_new(count * sizeof *shares);
    struct splitting_tally all = { 0 };
    pinned_given(&scenario, pinned);
    for (size_t i = 0; i < count; i++) {
        struct split_result result;
        struct error error = { 0 };
        scenario.seed = seed * 1000000 + i;
        struct simulation *simulation = simulation_of(&scenario, (struct simulation_options){ 0 });
        if (!split_play(simulation, &scenario, &plan, &result, &error)) {
            fprintf(stderr, "%s\n", error_print(&error));
            exit(2);
        }
        shares[i] = result.unavailability;
        splitting_add(&all, &result.tally);
        simulation_free(simulation);
    }
    scenario_close(&scenario);
    const struct found found = found_of(shares, count, &all);
    free(shares);
    return found;
}

static bool study_pods(const struct pinned *pinned, const struct splitting *splitting,
                       uint64_t seeds, size_t replications)
{
    const struct splitting plain = { .levels = 0 };
    const struct pinned longer = { pinned->pods, pinned->life, pinned->repair, 2000 };
    /* Events per second, measured; the variance is theory. */
    const double rate = play_pods(&longer, &plain, 1, 1).events / (2000 * 86400.0);
    const double cost = pinned_variance(pinned) * rate;
    char *what = mem_format("cluster: %d pods on nodes, %gh up, %gm down", pinned->pods,
                            pinned->life / 3600, pinned->repair / 60);
    bool good = true;
    for (uint64_t seed = 1; seed <= seeds; seed++)
        good = report(what, splitting, seed, pinned_share(pinned, pinned->pods), cost,
                      play_pods(pinned, splitting, seed, replications)) &&
               good;
    free(what);
    return good;
}

/* The theory of pods, and its variance, where plain simulation can tell. */
static bool check_theory(const struct pinned *pinned, size_t replications)
{
    const struct splitting plain = { .levels = 0 };
    const struct found found = play_pods(pinned, &plain, 7, replications);
    const struct interval share = found.unavailability;
    const double truth = pinned_share(pinned, pinned->pods);
    const double z = (share.mean - truth) / share.error;
    const double variance = share.error * share.error * (double)replications * pinned->days * 86400;
    printf("| %d pods, %gh up, %gm down | %zu of %d days | %.4g | %.4g ± %.2g | %.1f | %.3g | %.3g "
           "|\n",
           pinned->pods, pinned->life / 3600, pinned->repair / 60, replications, pinned->days,
           truth, share.mean, share.error, z, pinned_variance(pinned), variance);
    fflush(stdout);
    return fabs(z) <= 3;
}

int main(int argc, char **argv)
{
    const size_t told = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    bool good = true;
    printf(
        "# Rare outages by importance splitting\n\n"
        "`make study-rare` writes this file.\n\n"
        "Of parts (or pods) that fail and are repaired independently, all are down for 10⁻⁷ of the "
        "time. Level: how many are down; a run\nis copied each time it comes to 1, 2, ... of them. "
        "Error: standard error from independent replications. Saved: variance × events\nof plain "
        "simulation over that of splitting, where plain simulation's variance is the asymptotic "
        "one of "
        "the Markov chain (Poisson's\nequation), its events per second are the chain's "
        "transitions, and "
        "on the cluster those of a run of 2,000 days. The last column but one\nis what plain "
        "simulation would take for a standard error of 10 %%.\n\n"
        "| model | copies | seed | replications | theory | estimate ± error | ratio | events | "
        "copies "
        "made | saved | events of plain, 10 %% | within 1.3, 100 times |\n"
        "| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |\n");
    const size_t many = told > 0 ? told : 200;
    good =
        study_parts(4, (struct splitting){ 3, { 1, 2, 3 }, { 20, 40, 80 }, 0 }, 1000, many) && good;
    good =
        study_parts(5, (struct splitting){ 4, { 1, 2, 3, 4 }, { 6, 12, 20, 40 }, 0 }, 500, many) &&
        good;
    good = study_parts(7, (struct splitting){ 6, { 1, 2, 3, 4, 5, 6 }, { 3, 5, 6, 8, 11, 20 }, 0 },
                       200, many) &&
           good;
    const struct pinned pods = { .pods = 5, .life = 43200, .repair = 1800, .days = 20 };
    const struct splitting levels = { 4, { 1, 2, 3, 4 }, { 6, 12, 20, 40 }, 0 };
    good = study_pods(&pods, &levels, 3, told > 0 ? told : 20) && good;
    printf("\nThe theory of pods and its asymptotic variance (seconds), where plain simulation can "
           "tell:\n\n"
           "| model | plain simulation | theory | measured ± error | z | variance, theory | "
           "measured |\n"
           "| --- | --- | ---: | --- | ---: | ---: | ---: |\n");
    const struct pinned two = { .pods = 2, .life = 36000, .repair = 1800, .days = 400 };
    const struct pinned three = { .pods = 3, .life = 18000, .repair = 1800, .days = 400 };
    const struct pinned five = { .pods = 5, .life = 9000, .repair = 1800, .days = 400 };
    good = check_theory(&two, told > 0 ? told : 60) && good;
    good = check_theory(&three, told > 0 ? told : 60) && good;
    good = check_theory(&five, told > 0 ? told : 60) && good;
    return good ? 0 : 1;
}
