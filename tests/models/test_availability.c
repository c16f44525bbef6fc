/* The bookkeeping of availability, worked out by hand. */
#include "models/metrics/availability.h"

#include <criterion/criterion.h>

#include "models/metrics/metrics_private.h"

enum { BRING_UP = 1, CRASH_A = 2, CRASH_B = 3, RELEASE = 4 };

static struct cause because(uint32_t root)
{
    return (struct cause){ .id = root * 100, .root = root };
}

static const struct loss *loss_to(const struct availability *of, uint32_t root)
{
    for (uint32_t i = 0; i < of->loss_count; i++)
        if (of->losses[i].root == root)
            return &of->losses[i];
    static const struct loss none;
    return &none;
}

/* Two replicas, both ready at 5. */
static struct availability two_ready(void)
{
    struct availability of = { 0 };
    availability_want(&of, 0, 2, because(BRING_UP));
    availability_gain(&of, 4, 11, BRING_UP, NULL);
    availability_gain(&of, 5, 12, BRING_UP, NULL);
    return of;
}

Test(availability, starts_its_clock_at_the_first_full_readiness)
{
    struct availability of = two_ready();
    availability_advance(&of, 105);
    cr_expect_eq(of.began, 5);
    cr_expect_eq(availability_observed(&of), 100);
    cr_expect_eq(of.downtime, 0);
    cr_expect_eq(of.outage_count, 0, "bring-up is no outage");
    availability_close(&of);
}

Test(availability, gives_overlapping_downtime_to_the_oldest_open_cause)
{
    struct availability of = two_ready();
    struct vacancy filled;
    availability_lose(&of, 10, 11, because(CRASH_A));
    availability_lose(&of, 20, 12, because(CRASH_B)); /* down from 20 */
    availability_gain(&of, 50, 13, CRASH_B, &filled); /* up at 50, by B's replacement */
    cr_expect_eq(filled.replica, 12);
    availability_gain(&of, 80, 14, CRASH_A, &filled);
    cr_expect_eq(filled.replica, 11);
    availability_advance(&of, 100);

    cr_expect_eq(of.downtime, 30);
    cr_expect_eq(loss_to(&of, CRASH_A)->downtime, 30, "A was open first");
    cr_expect_eq(loss_to(&of, CRASH_B)->downtime, 0);
    cr_expect_eq(of.degraded, 70, "10 to 80");
    cr_expect_eq(loss_to(&of, CRASH_A)->missing, 70, "10 to 80");
    cr_expect_eq(loss_to(&of, CRASH_B)->missing, 30, "20 to 50");
    cr_expect_eq(of.missing, 100);
    cr_assert_eq(of.outage_count, 1);
    cr_expect_eq(of.outages[0].start, 20);
    cr_expect_eq(of.outages[0].end, 50);
    cr_expect_eq(of.outages[0].cause.root, CRASH_B, "the loss that took the last one");
    availability_close(&of);
}

Test(availability, hands_an_outage_on_when_its_first_cause_ends)
{
    struct availability of = two_ready();
    availability_lose(&of, 10, 11, because(CRASH_A));
    availability_lose(&of, 20, 12, because(CRASH_B));
    availability_gain(&of, 30, 11, BRING_UP, NULL); /* the same replica is back: A is over */
    availability_lose(&of, 40, 11, because(RELEASE));
    availability_gain(&of, 60, 15, RELEASE, NULL);
    availability_advance(&of, 100);

    cr_expect_eq(of.downtime, 30, "20 to 30 and 40 to 60");
    cr_expect_eq(loss_to(&of, CRASH_A)->downtime, 10, "20 to 30");
    cr_expect_eq(loss_to(&of, CRASH_B)->downtime, 20, "40 to 60: open since 20");
    cr_expect_eq(loss_to(&of, RELEASE)->downtime, 0);
    cr_expect_eq(of.outage_count, 2);
    availability_close(&of);
}

Test(availability, misses_nothing_while_surplus_replicas_go)
{
    struct availability of = two_ready();
    availability_gain(&of, 10, 13, RELEASE, NULL); /* surge */
    availability_lose(&of, 20, 11, because(RELEASE));
    availability_advance(&of, 100);
    cr_expect_eq(of.degraded, 0);
    cr_expect_eq(of.missing, 0);
    availability_close(&of);
}

Test(availability, counts_what_is_wanted_and_not_there_yet)
{
    struct availability of = two_ready();
    availability_want(&of, 10, 4, because(RELEASE));
    availability_gain(&of, 15, 13, RELEASE, NULL);
    availability_want(&of, 20, 3, because(CRASH_A)); /* the youngest vacancy is wanted no more */
    availability_want(&of, 30, 0, because(CRASH_A));
    availability_lose(&of, 31, 11, because(CRASH_A));
    availability_lose(&of, 31, 12, because(CRASH_A));
    availability_lose(&of, 31, 13, because(CRASH_A));
    availability_advance(&of, 100);
    cr_expect_eq(loss_to(&of, RELEASE)->missing, 15, "two for 5, one for 5");
    cr_expect_eq(of.degraded, 10);
    cr_expect_eq(of.downtime, 0, "nothing was wanted");
    availability_close(&of);
}

Test(availability, a_billion_replicas_that_nobody_has_filled_are_one_entry)
{
    struct availability of = { 0 };
    availability_want(&of, 10, 1000000000, because(CRASH_A));
    cr_expect_eq(of.vacant, 1000000000);
    cr_expect_eq(of.vacancy_count, 1);
    availability_gain(&of, 20, 7, CRASH_A, NULL);
    cr_expect_eq(of.vacant, 999999999);
    availability_want(&of, 30, 3, because(CRASH_A));
    cr_expect_eq(of.vacant, 2);
    availability_close(&of);
}

Test(availability, counts_more_replica_time_than_an_int64_holds)
{
    struct availability of = two_ready();
    availability_want(&of, 10, 1000000002, because(RELEASE));
    availability_advance(&of, 10 + 100 * SIM_SECOND);
    cr_expect_eq(of.missing / SIM_SECOND, (replica_time)100 * 1000000000);
    cr_expect_eq(loss_to(&of, RELEASE)->missing, of.missing);
    availability_close(&of);
}

/* Two ways to one answer: sums kept at each change against a walk over every instant. */
Test(availability, shares_add_up_on_any_walk)
{
    uint64_t state = 42;
    for (int round = 0; round < 200; round++) {
        struct availability of = two_ready();
        sim_time now = 5, down = 0, degraded = 0;
        for (int step = 0; step < 60; step++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            unsigned dice = (unsigned)(state >> 33);
            for (sim_time passed = dice % 7; passed > 0; passed--, now++) {
                down += of.ready == 0 && of.wanted > 0;
                degraded += of.ready < of.wanted;
            }
            if (dice / 7 % 3 == 0)
                availability_want(&of, now, (int32_t)(dice / 21 % 5), because(dice / 105 % 4 + 1));
            else if (dice / 7 % 3 == 1 && of.ready > 0)
                availability_lose(&of, now, dice / 21 % 9 + 1, because(dice / 189 % 4 + 1));
            else
                availability_gain(&of, now, dice / 21 % 9 + 1, dice / 189 % 4 + 1, NULL);
            int32_t missing = of.wanted > of.ready ? of.wanted - of.ready : 0;
            cr_assert_eq(of.vacant, missing);
        }
        availability_advance(&of, now);
        sim_time shares = 0, replicas = 0;
        for (uint32_t i = 0; i < of.loss_count; i++) {
            shares += of.losses[i].downtime;
            replicas += of.losses[i].missing;
        }
        cr_assert_eq(of.downtime, down);
        cr_assert_eq(of.degraded, degraded);
        cr_assert_eq(shares, of.downtime);
        cr_assert_eq(replicas, of.missing);
        availability_close(&of);
    }
}

Test(availability, starts_anew_with_what_is_missing_then)
{
    struct availability of = two_ready();
    availability_lose(&of, 10, 11, because(CRASH_A));
    availability_lose(&of, 20, 12, because(CRASH_B)); /* down from 20 */
    availability_restart(&of, 30);
    cr_expect_eq(of.downtime, 0);
    availability_gain(&of, 50, 12, BRING_UP, NULL); /* B is over, A is not */
    availability_advance(&of, 100);

    cr_expect_eq(of.brought_up, 5, "bring-up was when it was");
    cr_expect_eq(availability_observed(&of), 70);
    cr_expect_eq(of.downtime, 20, "30 to 50");
    cr_expect_eq(loss_to(&of, CRASH_A)->downtime, 20, "open first");
    cr_expect_eq(loss_to(&of, CRASH_A)->missing, 70);
    cr_expect_eq(loss_to(&of, CRASH_B)->missing, 20);
    cr_assert_eq(of.outage_count, 1);
    cr_expect_eq(of.outages[0].start, 30);
    cr_expect_eq(of.outages[0].end, 50);
    cr_expect_eq(of.outages[0].cause.root, CRASH_B);
    cr_expect_eq(of.steps[0].at, 30);
    cr_expect_eq(of.steps[0].ready, 0);
    availability_close(&of);
}

Test(availability, keeps_the_ends_and_the_dips_of_a_long_curve)
{
    enum { DIP = 3333, STEPS = 10000 };
    struct run *run = run_new(1);
    struct availability of = two_ready();
    for (int i = 0; i < STEPS; i++) {
        if (i == DIP)
            availability_lose(&of, 10 * i + 10, 12, because(CRASH_B));
        availability_lose(&of, 10 * i + 11, 11, because(CRASH_A));
        availability_gain(&of, 10 * i + 12, 11, BRING_UP, NULL);
        if (i == DIP)
            availability_gain(&of, 10 * i + 13, 12, BRING_UP, NULL);
    }
    for (uint32_t root = BRING_UP; root <= RELEASE; root++)
        run_root(run, 0, "story", "");
    run_until(run, of.last);
    struct value *printed = value_new_map();
    availability_print(&of, run, printed);
    const struct value *curve = value_get(printed, "curve");
    cr_expect_leq(curve->count, 2002);
    cr_expect_geq(curve->count, 1000);
    cr_expect_eq(value_int(value_at(curve->items[0], 2), -1), 0, "before anything was ready");
    cr_expect_eq(value_int(value_at(curve->items[curve->count - 1], 2), -1), 2);
    cr_expect_str_eq(value_at(curve->items[curve->count - 1], 0)->text, "0.000100002");
    int64_t lowest = 2;
    for (size_t i = 1; i < curve->count; i++)
        if (value_int(value_at(curve->items[i], 2), -1) < lowest)
            lowest = value_int(value_at(curve->items[i], 2), -1);
    cr_expect_eq(lowest, 0, "the one time that both were away");
    value_drop(printed);
    availability_close(&of);
    run_free(run);
}
