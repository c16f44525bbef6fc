/* Histories: averages over stretches, by hand. */
#include <criterion/criterion.h>

#include "sim/stat/history.h"

Test(history, tells_the_average_of_each_stretch)
{
    struct history history;
    history_init(&history, 10 * SIM_SECOND);
    cr_expect_eq(history_count(&history), 0, "no time has passed");
    history_set(&history, 4 * SIM_SECOND, 5);  /* 4 s at 0, 6 s at 5 */
    history_set(&history, 25 * SIM_SECOND, 2); /* 10 s at 5; 5 s at 5, and 3 s at 2 */
    history_set(&history, 28 * SIM_SECOND, 2);
    cr_assert_eq(history_count(&history), 3);
    cr_expect_float_eq(history_mean(&history, 0), 3, 1e-12);
    cr_expect_float_eq(history_mean(&history, 1), 5, 1e-12);
    cr_expect_float_eq(history_mean(&history, 2), (5 * 5 + 3 * 2) / 8.0, 1e-12);
}

Test(history, of_a_long_time_has_longer_stretches_and_the_same_area)
{
    struct history history;
    const sim_time end = 1000 * SIM_HOUR;
    double area = 0, told = 0;
    history_init(&history, SIM_SECOND);
    for (sim_time at = 0; at < end; at += SIM_HOUR) {
        const double value = (double)(at / SIM_HOUR % 7);
        history_set(&history, at, value);
        area += value;
    }
    history_set(&history, end, 0);
    const size_t count = history_count(&history);
    cr_expect_gt(count, HISTORY_STRETCHES / 2);
    cr_expect_leq(count, HISTORY_STRETCHES);
    for (size_t i = 0; i < count; i++) {
        const sim_time from = (sim_time)i * history.length;
        const sim_time to = from + history.length < end ? from + history.length : end;
        told += history_mean(&history, i) * sim_time_to_seconds(to - from) / 3600;
    }
    cr_expect_float_eq(told, area, 1e-6);
}
