/* Whose luck a run has: mirrored runs, and other luck for one that is under way. */
#include <criterion/criterion.h>

#include "sim/kernel/run.h"

Test(luck, of_a_mirrored_run_is_one_minus_that_of_the_plain_run)
{
    struct run *plain = run_new(7), *mirrored = run_new(7);
    mirrored->luck.mirrored = true;
    struct stream a = run_stream(plain, "", "node/a", "failure", 0);
    struct stream b = run_stream(mirrored, "", "node/a", "failure", 0);
    struct stream other = run_stream(mirrored, "", "node/b", "failure", 0);
    for (int i = 0; i < 100; i++) {
        const double u = stream_uniform(&a);
        cr_expect_eq(stream_uniform(&b), 1 - u);
        cr_expect_neq(stream_uniform(&other), 1 - u);
    }
    for (uint64_t salt = 0; salt < 100; salt++)
        cr_expect_eq(run_choose(plain, "which", "x", salt, 6) +
                         run_choose(mirrored, "which", "x", salt, 6),
                     5, "free choices are mirrored, too");
    run_free(plain);
    run_free(mirrored);
}

Test(luck, of_antithetic_replications_comes_in_pairs)
{
    for (uint64_t pair = 0; pair < 10; pair++) {
        const struct luck even = luck_of_replication(5, 2 * pair, true);
        const struct luck odd = luck_of_replication(5, 2 * pair + 1, true);
        cr_expect(even.seed == 5 + pair && odd.seed == even.seed);
        cr_expect(!even.mirrored && odd.mirrored);
        const struct luck alone = luck_of_replication(5, pair, false);
        cr_expect(alone.seed == 5 + pair && !alone.mirrored);
    }
}

/* Somebody who keeps a stream and has drawn a number ahead. */
struct keeper {
    struct stream stream;
    struct luck_holder luck;
    double ahead;
    int told;
};

static void draw_again(void *subject, uint64_t salt)
{
    struct keeper *keeper = subject;
    (void)salt;
    keeper->ahead = stream_uniform(&keeper->stream);
    keeper->told++;
}

static void keeper_begin(struct keeper *keeper, struct run *run, const char *name)
{
    *keeper = (struct keeper){ .stream = run_stream(run, "", name, "test", 0) };
    keeper->luck = (struct luck_holder){ .stream = &keeper->stream,
                                         .reseeded = draw_again,
                                         .subject = keeper };
    keeper->ahead = stream_uniform(&keeper->stream);
    luck_hold(run, &keeper->luck);
}

/* What three keepers have drawn ahead, the middle of whom left before the run got other luck. */
static void draw_three(uint64_t salt, double ahead[3])
{
    static const char *const names[] = { "a", "b", "c" };
    struct run *run = run_new(1);
    struct keeper keepers[3];
    for (int i = 0; i < 3; i++)
        keeper_begin(&keepers[i], run, names[i]);
    luck_leave(&keepers[1].luck);
    luck_leave(&keepers[1].luck);
    if (salt != 0)
        run_reseed(run, salt);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(keepers[i].told, i != 1 && salt != 0);
        ahead[i] = keepers[i].ahead;
    }
    for (int i = 2; i >= 0; i--)
        luck_leave(&keepers[i].luck);
    cr_expect_null(run->holders);
    keeper_begin(&keepers[0], run, "late");
    run_reseed(run, 9);
    cr_expect_eq(keepers[0].told, 1, "one who comes when the others are gone is told, too");
    luck_leave(&keepers[0].luck);
    run_free(run);
}

Test(luck, that_is_other_reaches_all_who_keep_some_and_nobody_else)
{
    double plain[3], one[3], again[3], two[3];
    draw_three(0, plain);
    draw_three(1, one);
    draw_three(1, again);
    draw_three(2, two);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(one[i], again[i], "the same salt, the same future");
        cr_expect((one[i] != plain[i]) == (i != 1));
        cr_expect((one[i] != two[i]) == (i != 1));
    }
}

Test(luck, that_is_other_holds_for_streams_and_choices_made_later)
{
    struct run *one = run_new(1), *two = run_new(1), *plain = run_new(1);
    run_reseed(one, 1);
    run_reseed(two, 2);
    struct stream a = run_stream(one, "", "x", "y", 0), b = run_stream(two, "", "x", "y", 0);
    struct stream c = run_stream(plain, "", "x", "y", 0);
    const double from_one = stream_uniform(&a), from_two = stream_uniform(&b);
    cr_expect_neq(from_one, from_two);
    cr_expect_neq(from_one, stream_uniform(&c));
    cr_expect_eq(one->seed, 1, "its name stays");
    run_reseed(one, 1);
    a = run_stream(one, "", "x", "y", 0);
    cr_expect_neq(stream_uniform(&a), from_one, "the same salt twice is other luck twice");
    run_free(one);
    run_free(two);
    run_free(plain);
}
