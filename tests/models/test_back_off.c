/* Back-off of restarts and image pulls. */
#include <criterion/criterion.h>

#include "models/kubelet/back_off.h"

#define S     SIM_SECOND
#define LIMIT (300 * S)

/* A container that runs for `ran` after each start: how long it waits after each crash. */
static const struct {
    const char *why;
    sim_time ran, waits[8];
} rows[] = {
    { "immediate, then 10 s doubling to 5 min",
      2 * S,
      { 0, 10 * S, 20 * S, 40 * S, 80 * S, 160 * S, 300 * S, 300 * S } },
    { "ten minutes are not yet long enough",
      600 * S,
      { 0, 10 * S, 20 * S, 40 * S, 80 * S, 160 * S, 300 * S, 300 * S } },
    { "more than ten minutes are", 601 * S, { 0, 0, 0, 0, 0, 0, 0, 0 } },
};

Test(back_off, doubles_until_a_long_run_resets_it)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct back_off back_off = { 0 };
        sim_time now = 3 * S;
        for (size_t crash = 0; crash < 8; crash++) {
            const sim_time failed = now + rows[i].ran;
            const sim_time wait = back_off_wait(&back_off, failed, LIMIT);
            cr_expect_eq(wait, rows[i].waits[crash], "%s: crash %zu", rows[i].why, crash);
            now = failed + wait;
            back_off_use(&back_off, failed, LIMIT, now);
        }
    }
}

Test(back_off, never_waits_longer_than_the_limit)
{
    struct back_off back_off = { 0 };
    back_off_use(&back_off, 5 * S, 7 * S, 5 * S);
    cr_expect_eq(back_off_wait(&back_off, 6 * S, 7 * S), 7 * S);
    back_off_use(&back_off, 6 * S, 7 * S, 13 * S);
    cr_expect_eq(back_off_wait(&back_off, 14 * S, 7 * S), 7 * S);
}
