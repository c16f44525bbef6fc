/* Durations in and out, and where doubles become time. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/time.h"

static const struct {
    const char *text;
    sim_time want;
    const char *printed;
} readable[] = {
    { "0", 0, "0s" },
    { "0s", 0, "0s" },
    { "3d4h12m", 3 * SIM_DAY + 4 * SIM_HOUR + 12 * SIM_MINUTE, "3d4h12m" },
    { "30d", 30 * SIM_DAY, "30d" },
    { "1.5h", 90 * SIM_MINUTE, "1h30m" },
    { "250ms", 250 * SIM_MILLISECOND, "250ms" },
    { "-1.5s", -1500 * SIM_MILLISECOND, "-1.5s" },
    { "+2us", 2 * SIM_MICROSECOND, "2us" },
    { "7\xc2\xb5s", 7 * SIM_MICROSECOND, "7us" },
    { ".5m", 30 * SIM_SECOND, "30s" },
    { "1m250ms", SIM_MINUTE + 250 * SIM_MILLISECOND, "1m0.25s" },
    { "0.000000001d", 86400, "86.4us" },
    { "1.0000000009s", SIM_SECOND, "1s" },
    { "106751d23h47m16.854775807s", INT64_MAX, "106751d23h47m16.854775807s" },
    { "9223372036854775807ns", INT64_MAX, "106751d23h47m16.854775807s" },
};

Test(time, reads_durations_and_prints_them_back)
{
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++) {
        struct error error = { 0 };
        char text[SIM_TIME_TEXT];
        sim_time time = -7, again = -7;
        cr_expect(sim_time_parse(readable[i].text, (struct place){ 0 }, &time, &error), "%s",
                  readable[i].text);
        cr_expect_eq(time, readable[i].want, "%s", readable[i].text);
        cr_expect_str_eq(sim_time_print(time, text), readable[i].printed);
        cr_expect(sim_time_parse(text, (struct place){ 0 }, &again, &error));
        cr_expect_eq(again, time, "%s", text);
    }
}

Test(time, refuses_what_is_not_a_duration)
{
    const char *bad[] = { "",
                          "5",
                          "-",
                          "s",
                          "1x",
                          "1h30",
                          "1h 30m",
                          "1e3s",
                          ".s",
                          "--1s",
                          "1.2.3s",
                          "106751d23h47m16.854775808s",
                          "9223372036854775808ns",
                          "99999999999d" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error = { 0 };
        sim_time time = 42;
        cr_expect_not(sim_time_parse(bad[i], (struct place){ "a.yaml", 3, 9 }, &time, &error), "%s",
                      bad[i]);
        cr_expect_eq(time, 42);
        cr_assert_not_null(error.text);
        cr_expect_eq(error.at.line, 3);
        error_close(&error);
    }
}

Test(time, seconds_are_rounded_once_and_saturate)
{
    cr_expect_eq(sim_time_from_seconds(1.5), 1500 * SIM_MILLISECOND);
    cr_expect_eq(sim_time_from_seconds(0.1), 100 * SIM_MILLISECOND);
    cr_expect_eq(sim_time_from_seconds(2.5e-9), 3);
    cr_expect_eq(sim_time_from_seconds(-2.5e-9), -3);
    cr_expect_eq(sim_time_from_seconds(1e300), SIM_FOREVER);
    cr_expect_eq(sim_time_from_seconds(INFINITY), SIM_FOREVER);
    cr_expect_eq(sim_time_from_seconds(-1e10), -SIM_FOREVER);
    cr_expect_eq(sim_time_to_seconds(250 * SIM_MILLISECOND), 0.25);
    cr_expect_eq(sim_time_after(SIM_FOREVER - 3, 5), SIM_FOREVER);
    cr_expect_eq(sim_time_after(7, 5), 12);
}
