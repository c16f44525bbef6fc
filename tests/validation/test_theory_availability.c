/* Availability against theory, through the engine and through the cluster.
 *
 * Each case is played until half the 95 % interval is within 1 % of the unavailability (or of the mean, of a
 * queue); theory must then be within three standard errors. Seeds 1, 2 and 3; nothing reduces the
 * variance. Intervals are from cycles that begin anew, or from batch means that pass their test. Longer runs of the
 * cluster, at rates as in real life: `make study-rare`. */
#include <criterion/criterion.h>
#include <math.h>

#include "tests/support/chain.h"
#include "tests/support/measured.h"
#include "tests/support/parts.h"
#include "tests/support/pinned.h"

enum { SEEDS = 3 };

static void expect_theory(const char *name, uint64_t seed, struct interval found, double theory)
{
    cr_expect_leq(interval_relative(found), 0.01, "%s, seed %d: half-width %.2g of %.4g", name,
                  (int)seed, found.half_width, found.mean);
    cr_expect_leq(fabs(found.mean - theory), 3 * found.error,
                  "%s, seed %d: %.6g, theory %.6g, standard error %.2g", name, (int)seed,
                  found.mean, theory, found.error);
}

/* ---- parts: one alone, k out of n, machine repair ---- */

/* The share of the time in which the system is down, and the mean number of failed parts; lives and repairs are
 * exponential, and a state is how many parts have failed. */
struct shares {
    double down, failed;
};

static struct shares shares_of(struct parts_plan plan)
{
    const double fail = 1 / distribution_mean(plan.life), mend = 1 / distribution_mean(plan.repair);
    const int n = plan.count;
    struct chain *chain = chain_new((size_t)n + 1);
    double down[17] = { 0 }, failed[17] = { 0 };
    for (int i = 0; i < n; i++) {
        const int busy = i + 1 < plan.repairers ? i + 1 : plan.repairers;
        chain_rate(chain, (size_t)i, (size_t)i + 1, (n - i) * fail);
        chain_rate(chain, (size_t)i + 1, (size_t)i, busy * mend);
    }
    for (int i = 0; i <= n; i++) {
        down[i] = n - i < plan.needed;
        failed[i] = i;
    }
    chain_solve(chain);
    const struct shares shares = { chain_mean(chain, down), chain_mean(chain, failed) };
    chain_free(chain);
    return shares;
}

/* Cycles that begin when all parts work; with one part, or without memory, everything begins anew then. */
struct cycles {
    struct regeneration down, failed;
    sim_time since;
    double down_area, failed_area;
};

static void note_cycle(void *context, struct parts *parts, sim_time now)
{
    struct cycles *cycles = context;
    if (parts->failed > 0)
        return;
    const double length = sim_time_to_seconds(now - cycles->since);
    const double down = level_area(&parts->down_level, now);
    const double failed = level_area(&parts->failed_level, now);
    regeneration_add(&cycles->down, down - cycles->down_area, length);
    regeneration_add(&cycles->failed, failed - cycles->failed_area, length);
    *cycles = (struct cycles){ cycles->down, cycles->failed, now, down, failed };
}

static void check_parts(const char *name, struct parts_plan plan, struct shares theory)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct cycles cycles = { .since = 0 };
        struct parts *parts = parts_new(run_new(seed), plan);
        struct interval down, failed;
        parts->changed = note_cycle;
        parts->context = &cycles;
        do {
            const double cycle = distribution_mean(plan.life);
            run_until(parts->run, run_now(parts->run) + sim_time_from_seconds(20000 * cycle));
            down = regeneration_interval(&cycles.down, 0.95);
            failed = regeneration_interval(&cycles.failed, 0.95);
        } while (interval_relative(down) > 0.01 && parts->run->events < 20000000);
        expect_theory(name, seed, down, theory.down);
        cr_expect_leq(fabs(failed.mean - theory.failed), 3 * failed.error, "%s: failed parts",
                      name);
        parts_free(parts);
    }
}

static void check_exponential(const char *name, int count, int repairers, int needed, double life)
{
    struct distribution *lives = distribution_new_exponential(life);
    struct distribution *repairs = distribution_new_exponential(1);
    const struct parts_plan plan = { count, repairers, needed, lives, repairs };
    check_parts(name, plan, shares_of(plan));
    distribution_free(lives);
    distribution_free(repairs);
}

/* Barlow and Proschan, "Statistical Theory of Reliability and Life Testing", 1975, chapter 7: the
 * long-run share is repair / (life + repair) whatever the distributions are. */
static void check_two_states(const char *name, struct distribution *life,
                             struct distribution *repair)
{
    const double up = distribution_mean(life), down = distribution_mean(repair);
    const double share = down / (up + down);
    check_parts(name, (struct parts_plan){ 1, 1, 1, life, repair },
                (struct shares){ share, share });
    distribution_free(life);
    distribution_free(repair);
}

Test(theory_availability, chains_give_textbook_values)
{
    struct distribution *life = distribution_new_exponential(4);
    struct distribution *repair = distribution_new_exponential(1);
    /* Two parts, one repairer: p is as 1 : 2/4 : 2/16, so that the last is 1/13. */
    const struct shares two = shares_of((struct parts_plan){ 2, 1, 1, life, repair });
    cr_expect_float_eq(two.down, 1.0 / 13, 1e-12);
    cr_expect_float_eq(two.failed, (4 + 2 * 1) / 13.0, 1e-12);
    /* With two repairers they are independent. */
    const struct shares apart = shares_of((struct parts_plan){ 2, 2, 1, life, repair });
    cr_expect_float_eq(apart.down, 0.04, 1e-12);
    distribution_free(life);
    distribution_free(repair);
}

Test(theory_availability, of_two_states_without_memory)
{
    check_two_states("two states, exponential", distribution_new_exponential(999),
                     distribution_new_exponential(1));
}

Test(theory_availability, of_two_states_that_wear_out)
{
    check_two_states("two states, Weibull and lognormal", distribution_new_weibull(0.7, 500),
                     distribution_new_lognormal(0, 1));
}

Test(theory_availability, of_two_out_of_three_with_a_repairer_each)
{
    check_exponential("2 out of 3, 3 repairers", 3, 3, 2, 20);
}

Test(theory_availability, of_three_out_of_five_with_one_repairer)
{
    check_exponential("3 out of 5, 1 repairer", 5, 1, 3, 20);
}

/* Down: more have failed than there are repairers, so that somebody waits. */
Test(theory_availability, of_machine_repair)
{
    check_exponential("machine repair, 10 machines, 2 repairers", 10, 2, 8, 20);
}

/* ---- three states: up, degraded, down, each with a repair of its own ---- */

enum three_state { UP, DEGRADED, DOWN, STATES };

struct three {
    struct run *run;
    enum three_state state;
    double rates[STATES][STATES];
    struct stream stays, ways;
    struct level down, degraded;
    struct regeneration down_cycles, degraded_cycles;
    sim_time since;
    double down_area, degraded_area;
};

static void three_turns(void *subject, sim_time now);

static void three_enter(struct three *three, enum three_state state, sim_time now)
{
    const double *rates = three->rates[state];
    const double stay =
        -log(stream_uniform(&three->stays)) / (rates[UP] + rates[DEGRADED] + rates[DOWN]);
    three->state = state;
    level_set(&three->down, now, state == DOWN);
    level_set(&three->degraded, now, state == DEGRADED);
    run_at(three->run, now + sim_time_from_seconds(stay), PRIORITY_WORLD, three_turns, three);
    if (state != UP)
        return;
    const double length = sim_time_to_seconds(now - three->since);
    const double down = level_area(&three->down, now), degraded = level_area(&three->degraded, now);
    if (length > 0) {
        regeneration_add(&three->down_cycles, down - three->down_area, length);
        regeneration_add(&three->degraded_cycles, degraded - three->degraded_area, length);
    }
    three->since = now;
    three->down_area = down;
    three->degraded_area = degraded;
}

static void three_turns(void *subject, sim_time now)
{
    struct three *three = subject;
    const double *rates = three->rates[three->state];
    double left = stream_uniform(&three->ways) * (rates[UP] + rates[DEGRADED] + rates[DOWN]);
    enum three_state next = UP;
    while (next < DOWN && (rates[next] == 0 || left >= rates[next]))
        left -= rates[next++];
    three_enter(three, next, now);
}

Test(theory_availability, of_three_states)
{
    static const double rates[STATES][STATES] = {
        [UP] = { [DEGRADED] = 0.02, [DOWN] = 0.001 },
        [DEGRADED] = { [UP] = 0.5, [DOWN] = 0.05 },
        [DOWN] = { [UP] = 0.25, [DEGRADED] = 0.1 },
    };
    struct chain *chain = chain_new(STATES);
    for (size_t i = 0; i < STATES; i++)
        for (size_t j = 0; j < STATES; j++)
            if (rates[i][j] > 0)
                chain_rate(chain, i, j, rates[i][j]);
    chain_solve(chain);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct three three = { .run = run_new(seed) };
        struct interval down;
        memcpy(three.rates, rates, sizeof rates);
        three.stays = run_stream(three.run, "", "three", "stays", 0);
        three.ways = run_stream(three.run, "", "three", "ways", 0);
        level_init(&three.down, 0, 0);
        level_init(&three.degraded, 0, 0);
        three_enter(&three, UP, 0);
        do {
            run_until(three.run, run_now(three.run) + 1000000 * SIM_SECOND);
            down = regeneration_interval(&three.down_cycles, 0.95);
        } while (interval_relative(down) > 0.01 && three.run->events < 20000000);
        expect_theory("three states, down", seed, down, chain_share(chain, DOWN));
        expect_theory("three states, degraded", seed,
                      regeneration_interval(&three.degraded_cycles, 0.95),
                      chain_share(chain, DEGRADED));
        run_free(three.run);
    }
    chain_free(chain);
}

/* ---- M/M/c whose servers break down ---- */

/* Servers fail busy or idle, each is repaired by itself, and a customer whose server fails goes back to the
 * head of the line, to be served by whoever is free: Mitrany and Avi-Itzhak, "A many-server queue
 * with service interruptions", Operations Research 16(3), 1968. */
struct unreliable {
    double arrival, service, breakdown, repair; /* rates */
    int servers;
};

/* The mean number of customers there: the chain of (customers, servers that work), a quasi birth-death process
 * (Neuts, "Matrix-geometric Solutions in Stochastic Models", 1981), cut off where hardly anybody comes. */
static double customers_of(struct unreliable queue, size_t most)
{
    const size_t width = (size_t)queue.servers + 1, count = (most + 1) * width;
    struct chain *chain = chain_new(count);
    double *customers = mem_new(count * sizeof *customers);
    for (size_t n = 0; n <= most; n++)
        for (size_t up = 0; up < width; up++) {
            const size_t state = n * width + up, busy = n < up ? n : up;
            customers[state] = (double)n;
            if (n < most)
                chain_rate(chain, state, state + width, queue.arrival);
            if (busy > 0)
                chain_rate(chain, state, state - width, (double)busy * queue.service);
            if (up > 0)
                chain_rate(chain, state, state - 1, (double)up * queue.breakdown);
            if (up < width - 1)
                chain_rate(chain, state, state + 1, (double)(width - 1 - up) * queue.repair);
        }
    chain_solve(chain);
    const double mean = chain_mean(chain, customers);
    chain_free(chain);
    free(customers);
    return mean;
}

enum server_state { IDLE, BUSY, BROKEN };

struct server {
    struct shop *shop;
    enum server_state state;
    event_id done;
    struct stream luck;
};

struct shop {
    struct run *run;
    struct unreliable plan;
    struct stream arrivals;
    struct server servers[8];
    int present, in_service;
    struct level present_level;
    struct batches batches;
    double area;
};

static sim_time after(struct shop *shop, struct stream *luck, double rate)
{
    return run_now(shop->run) + sim_time_from_seconds(-log(stream_uniform(luck)) / rate);
}

static void service_ends(void *subject, sim_time now);

/* Whoever is idle takes one who waits. */
static void assign(struct shop *shop)
{
    for (int i = 0; i < shop->plan.servers && shop->present > shop->in_service; i++) {
        struct server *server = &shop->servers[i];
        if (server->state != IDLE)
            continue;
        server->state = BUSY;
        shop->in_service++;
        server->done = run_at(shop->run, after(shop, &server->luck, shop->plan.service),
                              PRIORITY_WORLD, service_ends, server);
    }
}

static void service_ends(void *subject, sim_time now)
{
    struct server *server = subject;
    struct shop *shop = server->shop;
    server->done = 0;
    server->state = IDLE;
    shop->in_service--;
    level_set(&shop->present_level, now, --shop->present);
    assign(shop);
}

static void customer_comes(void *subject, sim_time now)
{
    struct shop *shop = subject;
    run_at(shop->run, after(shop, &shop->arrivals, shop->plan.arrival), PRIORITY_WORLD,
           customer_comes, shop);
    level_set(&shop->present_level, now, ++shop->present);
    assign(shop);
}

static void server_turns(void *subject, sim_time now)
{
    struct server *server = subject;
    struct shop *shop = server->shop;
    (void)now;
    run_cancel(shop->run, &server->done);
    if (server->state == BUSY)
        shop->in_service--;
    server->state = server->state == BROKEN ? IDLE : BROKEN;
    const double rate = server->state == BROKEN ? shop->plan.repair : shop->plan.breakdown;
    run_at(shop->run, after(shop, &server->luck, rate), PRIORITY_WORLD, server_turns, server);
    assign(shop);
}

static void shop_opens(struct shop *shop, uint64_t seed, struct unreliable plan)
{
    *shop = (struct shop){ .run = run_new(seed), .plan = plan };
    shop->arrivals = run_stream(shop->run, "", "shop", "arrivals", 0);
    level_init(&shop->present_level, 0, 0);
    batches_init(&shop->batches, 1);
    for (int i = 0; i < plan.servers; i++) {
        struct server *server = &shop->servers[i];
        *server = (struct server){ .shop = shop };
        server->luck = run_stream(shop->run, "", "server", "luck", (uint64_t)i);
        run_at(shop->run, after(shop, &server->luck, plan.breakdown), PRIORITY_WORLD, server_turns,
               server);
    }
    customer_comes(shop, 0);
}

/* The mean over a while, as one observation. */
static void shop_passes(struct shop *shop, double seconds)
{
    run_until(shop->run, run_now(shop->run) + sim_time_from_seconds(seconds));
    const double area = level_area(&shop->present_level, run_now(shop->run));
    batches_add(&shop->batches, (area - shop->area) / seconds);
    shop->area = area;
}

static void check_unreliable(const char *name, struct unreliable plan, size_t most)
{
    const double theory = customers_of(plan, most);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct shop shop;
        struct interval found;
        bool is_sound = false;
        shop_opens(&shop, seed, plan);
        run_until(shop.run, 2000 * SIM_SECOND);
        shop.area = level_area(&shop.present_level, run_now(shop.run));
        do {
            for (int i = 0; i < 2000; i++)
                shop_passes(&shop, 100);
            found = batches_interval(&shop.batches, 0.95, &is_sound);
        } while (!(is_sound && interval_relative(found) <= 0.01) && shop.run->events < 40000000);
        cr_expect(is_sound);
        expect_theory(name, seed, found, theory);
        run_free(shop.run);
    }
}

Test(theory_availability, queue_with_breakdowns_has_the_mean_of_known_cases)
{
    /* Servers that hardly ever fail: M/M/1, rho / (1 - rho). */
    cr_expect_float_eq(customers_of((struct unreliable){ 0.5, 1, 1e-9, 1, 1 }, 80), 1, 1e-6);
    /* One server (White and Christie, "Queuing with preemptive priorities or with breakdown", Operations
     * Research 6(1), 1958): with breakdowns at rate b and repairs at rate m
     * (a (b + m)^2 + a s b) / ((b + m) (s m - a (b + m))). */
    cr_expect_float_eq(customers_of((struct unreliable){ 0.4, 1, 1, 1, 1 }, 250), 2 / 0.4, 1e-6);
    cr_expect_float_eq(customers_of((struct unreliable){ 0.5, 1, 0.1, 0.4, 1 }, 250),
                       (0.5 * 0.25 + 0.5 * 0.1) / (0.5 * (0.4 - 0.25)), 1e-6);
}

Test(theory_availability, of_three_servers_that_break_down)
{
    check_unreliable("M/M/3 with breakdowns", (struct unreliable){ 1.5, 1, 0.05, 0.25, 3 }, 120);
}

Test(theory_availability, of_one_server_that_breaks_down)
{
    check_unreliable("M/M/1 with breakdowns", (struct unreliable){ 0.5, 1, 0.1, 0.4, 1 }, 200);
}

/* ---- the cluster ---- */

/* Independent runs of one scenario, one after the other, until the interval is narrow enough. */
static void check_pinned(const char *name, struct pinned pinned, size_t most)
{
    const double theory = pinned_share(&pinned, pinned.pods);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct scenario scenario;
        struct interval found = { .error = INFINITY };
        double *shares = mem_new(most * sizeof *shares);
        pinned_given(&scenario, &pinned);
        for (size_t i = 0; i < most && (i < 10 || interval_relative(found) > 0.01); i++) {
            scenario.seed = 1000 * seed + i;
            struct simulation *simulation =
                simulation_of(&scenario, (struct simulation_options){ 0 });
            simulation_advance(simulation, scenario.duration);
            struct value *summary = simulation_summary(simulation);
            const struct value *row = measured_row(summary, "deployment/web");
            shares[i] = 1 - value_double(value_get(row, "availability"), -1);
            found = interval_of(shares, i + 1, 0.95);
            value_drop(summary);
            simulation_free(simulation);
        }
        expect_theory(name, seed, found, theory);
        scenario_close(&scenario);
        free(shares);
    }
}

Test(theory_availability, of_a_pod_whose_node_crashes)
{
    check_pinned("one pod", (struct pinned){ 1, 3600, 3600, 200 }, 60);
}

Test(theory_availability, of_two_pods_whose_nodes_crash)
{
    check_pinned("one of two pods", (struct pinned){ 2, 3600, 3600, 100 }, 100);
}
