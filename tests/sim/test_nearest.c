#include "sim/base/nearest.h"

#include <criterion/criterion.h>

Test(nearest, finds_what_was_meant_and_nothing_far_away)
{
    static const struct {
        const char *why, *wanted, *want;
    } rows[] = {
        { "one letter missing", "replica", "replicas" },
        { "two neighbours swapped", "relpicas", "replicas" },
        { "only the case differs", "minreadyseconds", "minReadySeconds" },
        { "the first of two at one distance", "pau", "pad" },
        { "another word", "frobnicate", NULL },
    };
    static const char *const known[] = { "replicas", "minReadySeconds", "pad", "paw" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct nearest near = nearest_to(rows[i].wanted);
        for (size_t j = 0; j < sizeof known / sizeof *known; j++)
            nearest_offer(&near, known[j]);
        if (rows[i].want == NULL)
            cr_expect_null(near.found, "%s", rows[i].why);
        else
            cr_expect_str_eq(near.found ? near.found : "", rows[i].want, "%s", rows[i].why);
    }
}
