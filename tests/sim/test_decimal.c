#include "sim/base/decimal.h"

#include <criterion/criterion.h>

Test(decimal, compares_numbers_of_any_size_exactly)
{
    static const struct {
        const char *why, *less, *more;
    } rows[] = {
        { "the last of many digits", "0.999443504276", "0.999443504277" },
        { "beyond the doubles", "9007199254740992", "9007199254740993" },
        { "another number of digits before the point", "99.9", "100" },
        { "one is the other with more behind it", "46.02", "46.020000001" },
        { "exponents", "1.5e-5", "2e-5" },
        { "a smaller exponent with larger digits", "9e2", "1e3" },
        { "zero is less than any positive number", "0", "1e-300" },
        { "and more than any negative one", "-1e-300", "-0" },
        { "of negative numbers the larger size is less", "-3", "-2.5" },
        { "the sign goes before the size", "-100", "1" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect(decimal_compare(rows[i].less, rows[i].more) < 0, "%s", rows[i].why);
        cr_expect(decimal_compare(rows[i].more, rows[i].less) > 0, "%s", rows[i].why);
    }
    cr_expect_eq(decimal_compare("1.50", "15e-1"), 0);
    cr_expect_eq(decimal_compare("-0.0", "0"), 0);
}
