/* Levels: averages over time, by hand. */
#include <criterion/criterion.h>

#include "sim/stat/level.h"

static struct level two_then_five(void)
{
    struct level level;
    level_init(&level, 10 * SIM_SECOND, 2);
    level_set(&level, 13 * SIM_SECOND, 5);  /* 3 s at 2 */
    level_add(&level, 14 * SIM_SECOND, -4); /* 1 s at 5 */
    return level;
}

Test(level, weighs_values_by_the_time_they_lasted)
{
    struct level level = two_then_five();
    const sim_time now = 18 * SIM_SECOND; /* 4 s at 1 */
    cr_expect_eq(level_area(&level, now), 3 * 2 + 1 * 5 + 4 * 1);
    cr_expect_eq(level_mean(&level, now), 15.0 / 8);
    cr_expect_float_eq(level_variance(&level, now), (3 * 4 + 1 * 25 + 4 * 1) / 8.0 - 225.0 / 64,
                       1e-12);
    cr_expect_eq(level.least, 1);
    cr_expect_eq(level.most, 5);
}

Test(level, starts_anew_with_the_value_it_has)
{
    struct level level = two_then_five();
    level_restart(&level, 20 * SIM_SECOND);
    cr_expect_eq(level_mean(&level, 20 * SIM_SECOND), 1, "no time has passed");
    cr_expect_eq(level_variance(&level, 20 * SIM_SECOND), 0);
    cr_expect_eq(level.most, 1);
    level_set(&level, 21 * SIM_SECOND, 3);
    cr_expect_eq(level_mean(&level, 22 * SIM_SECOND), 2);
}
