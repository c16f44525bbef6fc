/* The engine against queueing theory: mean waits of stations that have closed formulas.
 *
 * Each case runs until the 95 % interval of the mean wait is within 1 % of it, by batch means
 * that pass their test of correlation; then the formula's value must be within three standard
 * errors of the estimate. Three seeds each. Nothing reduces the variance: heavy traffic just
 * takes about 20 million customers. */
#include <criterion/criterion.h>
#include <math.h>

#include "tests/support/station.h"

/* ---- formulas: mean wait in line, with a mean service of one second ---- */

/* Erlang's C formula, by the recurrence of his B (Gross et al., "Fundamentals of Queueing
 * Theory", section 3.3); one server makes it rho / (1 - rho). */
static double wait_of_mmc(int servers, double rho)
{
    const double offered = servers * rho;
    double blocked = 1;
    for (int c = 1; c <= servers; c++)
        blocked = offered * blocked / (c + offered * blocked);
    const double delayed = blocked / (1 - rho * (1 - blocked));
    return delayed / (servers * (1 - rho));
}

/* Pollaczek and Khinchine; scv: variance of the service time over its squared mean. */
static double wait_of_mg1(double rho, double scv)
{
    return rho / (1 - rho) * (1 + scv) / 2;
}

/* Machine repair (the same book, section 3.7): each working machine breaks down at rate
 * `breakdown`, and min(n, servers) of n broken ones are under repair. */
struct repair_shop {
    double wait, utilisation;
};

static struct repair_shop shop_of(int machines, int servers, double breakdown)
{
    double p = 1, total = 0, waiting = 0, busy = 0, working = 0;
    for (int n = 0; n <= machines; n++) {
        const int served = n < servers ? n : servers;
        total += p;
        waiting += p * (n - served);
        busy += p * served;
        working += p * (machines - n);
        p *= (machines - n) * breakdown / (n + 1 < servers ? n + 1 : servers);
    }
    return (struct repair_shop){ waiting / (working * breakdown), busy / total / servers };
}

/* The rate of breakdowns that keeps the servers busy for this share of the time. */
static double breakdown_for(int machines, int servers, double utilisation)
{
    double low = 0, high = 100;
    for (int i = 0; i < 200; i++) {
        const double middle = (low + high) / 2;
        *(shop_of(machines, servers, middle).utilisation < utilisation ? &low : &high) = middle;
    }
    return low;
}

Test(theory, formulas_give_textbook_values)
{
    cr_expect_float_eq(wait_of_mmc(1, 0.9), 9, 1e-12, "rho / (1 - rho)");
    cr_expect_float_eq(wait_of_mmc(2, 0.75), 0.75 * 0.75 / (1 - 0.75 * 0.75), 1e-12,
                       "rho^2 / (1 - rho^2)");
    cr_expect_float_eq(wait_of_mg1(0.9, 1), 9, 1e-12, "exponential service is M/M/1");
    cr_expect_float_eq(wait_of_mg1(0.5, 0), 0.5, 1e-12, "constant service waits half as long");
    /* Two machines, one server, equal rates: p = 1, 2, 2 fifths; one waits in p_2, and
     * 2/5 + 2 * 1/5 breakdowns come each second. */
    cr_expect_float_eq(shop_of(2, 1, 1).wait, 0.5, 1e-12);
    cr_expect_float_eq(shop_of(2, 1, 1).utilisation, 0.8, 1e-12);
}

/* ---- runs ---- */

struct plan {
    const char *name;
    int servers, machines; /* machines 0: customers come from outside */
    double away;           /* mean time between arrivals, or until a breakdown, in seconds */
    struct distribution *service;
    double want;
};

/* Enough customers to forget the empty beginning, and as many between two looks. */
static void pass(struct station *station, uint64_t customers)
{
    const uint64_t goal = station->left + customers;
    const double rate = (station->machines > 0 ? station->machines : 1) /
                        distribution_mean(station->away.distribution);
    while (station->left < goal)
        run_until(station->run,
                  run_now(station->run) +
                      sim_time_from_seconds(fmax(1, (double)(goal - station->left) / rate)));
}

static struct interval measure(struct station *station)
{
    enum { LOOK = 500000, MOST = 60000000 };
    bool is_sound = false;
    struct interval interval = { 0 };
    pass(station, LOOK / 5);
    station_measure(station);
    do {
        pass(station, LOOK);
        interval = batches_interval(&station->waits, 0.95, &is_sound);
    } while (!(is_sound && interval_relative(interval) <= 0.01) && station->left < MOST);
    cr_expect(is_sound);
    return interval;
}

/* Little's law ties two measurements that were taken apart: customers inside, and the rate
 * of arrivals times the time they spend. */
static void expect_little(const struct station *station, const struct plan *plan,
                          struct interval wait)
{
    const sim_time now = run_now(station->run);
    const double inside = level_mean(&station->inside_level, now);
    const double served = level_mean(&station->busy_level, now);
    const double rate = served / distribution_mean(plan->service);
    cr_expect_lt(fabs(inside - served - rate * wait.mean), 0.01 * inside + 0.005, "%s", plan->name);
}

static void run_plan(const struct plan *plan, uint64_t seed)
{
    struct run *run = run_new(seed);
    struct distribution *away = distribution_new_exponential(plan->away);
    struct station station;
    if (plan->machines > 0)
        station_closed(&station, run, plan->servers, plan->machines, away, plan->service);
    else
        station_open(&station, run, plan->servers, away, plan->service);
    const struct interval wait = measure(&station);
    cr_expect_leq(interval_relative(wait), 0.01, "%s, seed %d", plan->name, (int)seed);
    cr_expect_leq(fabs(wait.mean - plan->want), 3 * wait.error,
                  "%s, seed %d: %.4f, theory %.4f, standard error %.4f", plan->name, (int)seed,
                  wait.mean, plan->want, wait.error);
    expect_little(&station, plan, wait);
    station_close(&station);
    distribution_free(away);
    run_free(run);
}

static void check(struct plan plan)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        run_plan(&plan, seed);
    distribution_free(plan.service);
}

static void check_mmc(const char *name, int servers, double rho)
{
    check((struct plan){ name, servers, 0, 1 / (servers * rho), distribution_new_exponential(1),
                         wait_of_mmc(servers, rho) });
}

static void check_mg1(const char *name, double rho)
{
    /* Uniform on 0 to 2: mean 1, variance 4/12. */
    check((struct plan){ name, 1, 0, 1 / rho, distribution_new_uniform(0, 2),
                         wait_of_mg1(rho, 1.0 / 3) });
}

static void check_repair(const char *name, int machines, int servers, double rho)
{
    const double breakdown = breakdown_for(machines, servers, rho);
    check((struct plan){ name, servers, machines, 1 / breakdown, distribution_new_exponential(1),
                         shop_of(machines, servers, breakdown).wait });
}

Test(theory, mm1_at_half)
{
    check_mmc("M/M/1, 0.5", 1, 0.5);
}

Test(theory, mm1_at_nine_tenths)
{
    check_mmc("M/M/1, 0.9", 1, 0.9);
}

Test(theory, mm3_at_half)
{
    check_mmc("M/M/3, 0.5", 3, 0.5);
}

Test(theory, mm3_at_nine_tenths)
{
    check_mmc("M/M/3, 0.9", 3, 0.9);
}

Test(theory, mg1_at_half)
{
    check_mg1("M/G/1, 0.5", 0.5);
}

Test(theory, mg1_at_nine_tenths)
{
    check_mg1("M/G/1, 0.9", 0.9);
}

Test(theory, machine_repair_at_half)
{
    check_repair("machine repair, 0.5", 12, 2, 0.5);
}

Test(theory, machine_repair_at_nine_tenths)
{
    check_repair("machine repair, 0.9", 12, 2, 0.9);
}
