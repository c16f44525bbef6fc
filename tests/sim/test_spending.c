/* Sums of what is bad, windows that slide over them, and slices: each held against a count, nanosecond
 * by nanosecond. */
#include "sim/stat/spending.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "sim/chance/stream.h"

enum { LENGTH = 240 }; /* nanoseconds of a small world */

/* What came within each nanosecond, and at the instant before it. */
struct world {
    int bad[LENGTH], all[LENGTH], jump[LENGTH + 1];
    struct spending spending;
};

static struct world world_of(uint64_t seed)
{
    struct world w = { 0 };
    struct stream luck = stream_of(seed, "", "world", "spending", 0);
    spending_begin(&w.spending, 0);
    for (int at = 0; at < LENGTH;) {
        const int length = 1 + (int)stream_below(&luck, 12);
        const int end = at + length < LENGTH ? at + length : LENGTH;
        const int all = (int)stream_below(&luck, 3), bad = stream_below(&luck, 3) == 0 ? all : 0;
        for (int i = at; i < end; i++) {
            w.bad[i] = bad;
            w.all[i] = all;
        }
        spending_pass(&w.spending, end,
                      (struct spending_sums){ bad * (end - at), all * (end - at) });
        if (stream_below(&luck, 8) == 0) {
            w.jump[end] = 1 + (int)stream_below(&luck, 3);
            spending_jump(&w.spending, (struct spending_sums){ w.jump[end], w.jump[end] });
        }
        at = end;
    }
    return w;
}

/* What came in (from, to], or with `open` in (from, to). */
static struct spending_sums counted(const struct world *w, int from, int to, bool open)
{
    struct spending_sums sums = { 0, 0 };
    for (int i = from < 0 ? 0 : from; i < to; i++) {
        sums.bad += w->bad[i];
        sums.all += w->all[i];
    }
    for (int i = from < 0 ? 0 : from + 1; i <= to - open; i++) {
        sums.bad += w->jump[i];
        sums.all += w->jump[i];
    }
    return sums;
}

Test(spending, of_a_window_is_what_came_within_it)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world w = world_of(seed);
        for (int from = 0; from < LENGTH; from += 7)
            for (int to = from; to <= LENGTH; to += 11) {
                const struct spending_sums sums = spending_within(&w.spending, from, to);
                const struct spending_sums want = counted(&w, from, to, false);
                cr_assert(sums.bad == want.bad && sums.all == want.all, "seed %d: %d to %d",
                          (int)seed, from, to);
            }
        spending_close(&w.spending);
    }
}

Test(spending, finds_the_worst_window_of_all)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world w = world_of(seed);
        const int length = 5 + (int)seed;
        long double worst = 0;
        struct spending_sums found;
        for (int end = length; end <= LENGTH; end++)
            for (int open = 0; open < 2; open++) {
                /* Just before the end, a jump at the beginning is still in the window. */
                struct spending_sums sums = counted(&w, end - length, end, open && end > length);
                if (open && end > length && end - length >= 0) {
                    sums.bad += w.jump[end - length];
                    sums.all += w.jump[end - length];
                }
                if (sums.all > 0 && sums.bad / sums.all > worst)
                    worst = sums.bad / sums.all;
            }
        spending_worst(&w.spending, length, length, LENGTH, &found);
        cr_expect(found.all > 0 ? found.bad / found.all >= worst : worst == 0,
                  "seed %d: %Lf of %Lf, by counting %Lf", (int)seed, found.bad, found.all, worst);
        spending_close(&w.spending);
    }
}

Test(spending, tells_when_a_budget_was_spent)
{
    const struct spending_share share = { 1, 4 };
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world w = world_of(seed);
        const struct spending_sums whole = counted(&w, 0, LENGTH, false);
        sim_time want = SIM_FOREVER;
        for (int to = 0; to <= LENGTH && want == SIM_FOREVER; to++)
            if (counted(&w, 0, to, false).bad * 4 > whole.all)
                want = to;
        const sim_time found = spending_spent(&w.spending, 0, LENGTH, whole.all, share);
        /* The budget is spent at the instant after which there is more: within the same nanosecond. */
        cr_expect(found == want || (found == want - 1 && want != SIM_FOREVER),
                  "seed %d: %lld, by counting %lld", (int)seed, (long long)found, (long long)want);
        spending_close(&w.spending);
    }
}

/* Is more than a third of the last of it bad? */
static bool holds(const struct world *w, int length, int at)
{
    const struct spending_sums sums = counted(w, at - length, at, false);
    return sums.bad * 3 > sums.all;
}

Test(spending, tells_while_a_share_is_reached)
{
    const struct spending_share share = { 1, 3 };
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world w = world_of(seed);
        const int length = 9 + (int)seed % 7;
        size_t count;
        struct spending_stretch *held = spending_above(&w.spending, length, share, true, &count);
        for (int at = 1; at <= LENGTH; at++) {
            const bool is = holds(&w, length, at);
            /* A pause of an instant is none. */
            const bool touches =
                at > 1 && at < LENGTH && holds(&w, length, at - 1) && holds(&w, length, at + 1);
            bool inside = false, edge = false;
            for (size_t i = 0; i < count; i++) {
                inside = inside || (held[i].from <= at && at < held[i].to);
                edge = edge || llabs(held[i].from - at) <= 1 || llabs(held[i].to - at) <= 1;
            }
            cr_expect(edge || inside == is || (inside && touches), "seed %d at %d", (int)seed, at);
        }
        free(held);
        spending_close(&w.spending);
    }
}

Test(spending, in_slices_is_what_each_slice_comes_to)
{
    const struct spending_share share = { 2, 5 };
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world w = world_of(seed);
        const int slice = 4 + (int)seed % 9, phase = (int)seed % 5 - 2;
        size_t slices, bad, want_slices = 0, want_bad = 0;
        struct spending sliced =
            spending_slices(&w.spending, phase, slice, share, false, &slices, &bad);
        for (int at = phase; at + slice <= LENGTH; at += slice) {
            if (at < 0)
                continue;
            struct spending_sums sums = counted(&w, at, at + slice, true);
            sums.bad += w.jump[at]; /* what comes at the end belongs to the next */
            sums.all += w.jump[at];
            want_slices++;
            want_bad += sums.bad * 5 > sums.all * 2;
        }
        cr_expect_eq(slices, want_slices, "seed %d: %zu slices, not %zu", (int)seed, slices,
                     want_slices);
        cr_expect_eq(bad, want_bad, "seed %d: %zu bad, not %zu", (int)seed, bad, want_bad);
        cr_expect(spending_by(&sliced, LENGTH).bad == (spending_amount)want_bad * slice);
        cr_expect(spending_by(&sliced, LENGTH).all == (spending_amount)want_slices * slice);
        spending_close(&sliced);
        spending_close(&w.spending);
    }
}

Test(spending, of_two_is_the_sum_of_both)
{
    struct world a = world_of(3), b = world_of(4);
    struct spending both = spending_both(&a.spending, &b.spending);
    for (int at = 0; at <= LENGTH; at++) {
        cr_expect(spending_by(&both, at).bad ==
                  spending_by(&a.spending, at).bad + spending_by(&b.spending, at).bad);
        cr_expect(spending_before(&both, at).all ==
                  spending_before(&a.spending, at).all + spending_before(&b.spending, at).all);
    }
    spending_close(&both);
    spending_close(&a.spending);
    spending_close(&b.spending);
}

Test(spending, of_time_is_exact_over_a_century)
{
    struct spending spending = { 0 };
    const sim_time century = 36500 * SIM_DAY;
    spending_begin(&spending, 0);
    spending_pass(&spending, century, (struct spending_sums){ 0, century });
    spending_pass(&spending, century + 1, (struct spending_sums){ 1, 1 });
    cr_expect(spending_within(&spending, century - 1, century + 1).bad == 1);
    cr_expect(spending_within(&spending, 1, century + 1).all == century);
    cr_expect(!spending_exceeds((struct spending_sums){ 86400, 86400000 },
                                (struct spending_share){ 1, 1000 }),
              "all of the budget is not more than it");
    spending_close(&spending);
}
