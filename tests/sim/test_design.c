/* Which combinations a design plays. */
#include <criterion/criterion.h>

#include "sim/experiment/design.h"

static size_t level(const struct design *design, size_t point, size_t factor)
{
    return design_at(design, point, factor).level;
}

Test(design, a_full_factorial_has_every_combination_once_the_last_factor_first)
{
    const struct design_factor factors[] = { { 3, 1 }, { 2, 0 }, { 4, 3 } };
    struct design design = design_full_factorial(factors, 3);
    cr_expect_eq(design_full_size(factors, 3), 24);
    cr_expect_eq(design.points, 24);
    for (size_t point = 0; point < design.points; point++)
        cr_expect_eq(level(&design, point, 0) * 8 + level(&design, point, 1) * 4 +
                         level(&design, point, 2),
                     point);
    cr_expect_eq(design.baseline, 1 * 8 + 0 * 4 + 3, "every factor at its own");
    design_close(&design);
}

Test(design, without_factors_there_is_one_point)
{
    struct design design = design_full_factorial(NULL, 0);
    cr_expect_eq(design.points, 1);
    cr_expect_eq(design.baseline, 0);
    design_close(&design);
}

Test(design, too_many_combinations_are_known_before_they_are_made)
{
    const struct design_factor factors[] = { { 100000, 0 }, { 100000, 0 }, { SIZE_MAX / 2, 0 } };
    cr_expect_eq(design_full_size(factors, 1), DESIGN_POINTS_MOST);
    cr_expect_gt(design_full_size(factors, 2), DESIGN_POINTS_MOST);
    cr_expect_gt(design_full_size(factors, 3), DESIGN_POINTS_MOST);
}

Test(design, one_at_a_time_leaves_all_others_at_their_baseline)
{
    const struct design_factor factors[] = { { 3, 1 }, { 2, 0 } };
    static const size_t want[][2] = { { 1, 0 }, { 0, 0 }, { 2, 0 }, { 1, 1 } };
    struct design design = design_one_at_a_time(factors, 2);
    cr_assert_eq(design.points, 4);
    cr_expect_eq(design.baseline, 0);
    for (size_t point = 0; point < 4; point++)
        for (size_t f = 0; f < 2; f++)
            cr_expect_eq(level(&design, point, f), want[point][f], "point %zu", point);
    design_close(&design);
}

Test(design, a_latin_hypercube_uses_every_stratum_of_every_factor_once)
{
    enum { POINTS = 40 };
    const struct design_factor factors[] = { { 0, 0 }, { 0, 0 }, { 5, 0 } };
    struct stream stream = stream_of(7, "", "design", "test", 0);
    struct design design = design_latin_hypercube(factors, 3, POINTS, &stream);
    cr_assert_eq(design.points, POINTS);
    cr_expect_eq(design.baseline, POINTS, "a range has none");
    for (size_t f = 0; f < 3; f++) {
        int used[POINTS] = { 0 };
        for (size_t point = 0; point < POINTS; point++)
            used[(size_t)(design_at(&design, point, f).place * POINTS)]++;
        for (size_t i = 0; i < POINTS; i++)
            cr_expect_eq(used[i], 1, "factor %zu, stratum %zu", f, i);
    }
    int levels[5] = { 0 };
    for (size_t point = 0; point < POINTS; point++)
        levels[level(&design, point, 2)]++;
    for (size_t i = 0; i < 5; i++)
        cr_expect_eq(levels[i], POINTS / 5);
    design_close(&design);
}

Test(design, a_latin_hypercube_of_levels_has_the_baseline_beside_its_points)
{
    const struct design_factor factors[] = { { 5, 2 }, { 3, 1 } };
    struct stream stream = stream_of(7, "", "design", "test", 0);
    struct design design = design_latin_hypercube(factors, 2, 15, &stream);
    cr_assert_eq(design.points, 16);
    cr_expect_eq(design.baseline, 0);
    cr_expect_eq(level(&design, 0, 0), 2);
    cr_expect_eq(level(&design, 0, 1), 1);
    design_close(&design);
}
