/* Sums over time, the windows that slide over them, and slices of them.
 *
 * What a sliding window holds is straight between the points of the spending and the same points a
 * window later, so that whatever is asked of all windows is answered at these. */
#include "sim/stat/spending.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/memory.h"

static const struct spending_sums nothing;

static struct spending_sums less(struct spending_sums a, struct spending_sums b)
{
    return (struct spending_sums){ a.bad - b.bad, a.all - b.all };
}

/* ---- making ---- */

void spending_close(struct spending *spending)
{
    free(spending->points);
    *spending = (struct spending){ 0 };
}

void spending_begin(struct spending *spending, sim_time at)
{
    assert(spending->count == 0);
    MEM_GROW(spending->points, spending->count, spending->capacity);
    spending->points[spending->count++] = (struct spending_point){ .at = at };
}

static struct spending_point *last_of(const struct spending *spending)
{
    return &spending->points[spending->count - 1];
}

void spending_jump(struct spending *spending, struct spending_sums more)
{
    struct spending_point *last = last_of(spending);
    last->after.bad += more.bad;
    last->after.all += more.all;
}

void spending_pass(struct spending *spending, sim_time at, struct spending_sums more)
{
    const struct spending_point last = *last_of(spending);
    assert(at >= last.at);
    if (at == last.at) {
        spending_jump(spending, more);
        return;
    }
    const struct spending_sums by = { last.after.bad + more.bad, last.after.all + more.all };
    MEM_GROW(spending->points, spending->count, spending->capacity);
    spending->points[spending->count++] = (struct spending_point){ at, by, by };
}

/* ---- reading ---- */

/* Exact where it grows not at all, or by a whole number a nanosecond. */
static spending_amount between(spending_amount from, spending_amount to, sim_time passed,
                               sim_time length)
{
    return from + (to - from) / (spending_amount)length * (spending_amount)passed;
}

/* Both sums at an instant, of which the last point that is not later has this index. */
static void read_at(const struct spending *spending, size_t index, sim_time at,
                    struct spending_sums *before, struct spending_sums *after)
{
    const struct spending_point *point = &spending->points[index], *next = point + 1;
    if (at == point->at) {
        *before = point->before;
        *after = point->after;
        return;
    }
    *after = point->after;
    if (index + 1 < spending->count) {
        const sim_time passed = at - point->at, length = next->at - point->at;
        after->bad = between(point->after.bad, next->before.bad, passed, length);
        after->all = between(point->after.all, next->before.all, passed, length);
    }
    *before = *after;
}

static void find_at(const struct spending *spending, sim_time at, struct spending_sums *before,
                    struct spending_sums *after)
{
    size_t low = 0, high = spending->count;
    *before = *after = nothing;
    if (high == 0 || at < spending->points[0].at)
        return;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (spending->points[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    read_at(spending, low, at, before, after);
}

struct spending_sums spending_by(const struct spending *spending, sim_time at)
{
    struct spending_sums before, after;
    find_at(spending, at, &before, &after);
    return after;
}

struct spending_sums spending_before(const struct spending *spending, sim_time at)
{
    struct spending_sums before, after;
    find_at(spending, at, &before, &after);
    return before;
}

struct spending_sums spending_within(const struct spending *spending, sim_time from, sim_time to)
{
    return less(spending_by(spending, to), spending_by(spending, from));
}

/* How much more is bad than the share, times its whole. */
static spending_amount excess(struct spending_sums sums, struct spending_share share)
{
    return sums.bad * share.whole - sums.all * share.part;
}

bool spending_exceeds(struct spending_sums sums, struct spending_share share)
{
    return excess(sums, share) > 0;
}

spending_amount spending_allowed(struct spending_sums sums, struct spending_share share)
{
    return sums.all * share.part / share.whole;
}

/* Where what is straight between two instants comes to 0, in whole nanoseconds, rounded up. */
static sim_time zero_between(sim_time from, spending_amount a, sim_time to, spending_amount b)
{
    const spending_amount length = (spending_amount)(to - from);
    const sim_time at = from + (sim_time)ceill(length * (-a / (b - a)));
    return at > to ? to : at;
}

sim_time spending_spent(const struct spending *spending, sim_time from, sim_time to,
                        spending_amount all, struct spending_share share)
{
    const spending_amount bad = spending_by(spending, from).bad;
    sim_time earlier = from;
    spending_amount last = excess((struct spending_sums){ 0, all }, share);
    for (size_t i = 0; i < spending->count && earlier < to; i++) {
        const struct spending_point *point = &spending->points[i];
        struct spending_sums before, after;
        if (point->at <= from)
            continue;
        const sim_time at = point->at < to ? point->at : to;
        read_at(spending, at < point->at ? i - 1 : i, at, &before, &after);
        const spending_amount now = excess((struct spending_sums){ before.bad - bad, all }, share);
        const spending_amount then = excess((struct spending_sums){ after.bad - bad, all }, share);
        if (now > 0)
            return zero_between(earlier, last, at, now);
        if (then > 0)
            return at;
        earlier = at;
        last = then;
    }
    return SIM_FOREVER;
}

/* ---- windows that slide ---- */

struct cursor {
    const struct spending *spending;
    size_t index;
};

/* Times may only ascend. */
static void cursor_read(struct cursor *cursor, sim_time at, struct spending_sums *before,
                        struct spending_sums *after)
{
    const struct spending *spending = cursor->spending;
    *before = *after = nothing;
    if (at < spending->points[0].at)
        return;
    while (cursor->index + 1 < spending->count && spending->points[cursor->index + 1].at <= at)
        cursor->index++;
    read_at(spending, cursor->index, at, before, after);
}

/* All windows of a length, by their end: the instants between which everything is straight. */
struct sweep {
    const struct spending *spending;
    sim_time length, from, to;
    size_t entering, leaving; /* the next point that comes into the window, or goes out of it */
    struct cursor head, tail;
    bool begun;
    sim_time at;
    struct spending_sums before, after; /* what the window holds at its left limit, and at `at` */
};

static struct sweep sweep_of(const struct spending *spending, sim_time length, sim_time from,
                             sim_time to)
{
    return (struct sweep){ .spending = spending,
                           .length = length,
                           .from = from,
                           .to = to,
                           .head = { spending, 0 },
                           .tail = { spending, 0 } };
}

static sim_time next_instant(struct sweep *sweep)
{
    const struct spending *spending = sweep->spending;
    while (sweep->entering < spending->count && spending->points[sweep->entering].at <= sweep->at)
        sweep->entering++;
    while (sweep->leaving < spending->count &&
           sim_time_after(spending->points[sweep->leaving].at, sweep->length) <= sweep->at)
        sweep->leaving++;
    sim_time next = sweep->to;
    if (sweep->entering < spending->count && spending->points[sweep->entering].at < next)
        next = spending->points[sweep->entering].at;
    if (sweep->leaving < spending->count &&
        sim_time_after(spending->points[sweep->leaving].at, sweep->length) < next)
        next = sim_time_after(spending->points[sweep->leaving].at, sweep->length);
    return next;
}

static bool sweep_next(struct sweep *sweep)
{
    struct spending_sums head_before, head_after, tail_before, tail_after;
    if (sweep->spending->count == 0 || sweep->from > sweep->to ||
        (sweep->begun && sweep->at >= sweep->to))
        return false;
    sweep->at = sweep->begun ? next_instant(sweep) : sweep->from;
    sweep->begun = true;
    cursor_read(&sweep->head, sweep->at, &head_before, &head_after);
    cursor_read(&sweep->tail, sweep->at - sweep->length, &tail_before, &tail_after);
    sweep->before = less(head_before, tail_before);
    sweep->after = less(head_after, tail_after);
    return true;
}

static void keep_worse(struct spending_sums sums, sim_time at, struct spending_sums *worst,
                       sim_time *when)
{
    if (worst->all > 0 && sums.bad * worst->all <= worst->bad * sums.all)
        return;
    *worst = sums;
    *when = at;
}

sim_time spending_worst(const struct spending *spending, sim_time length, sim_time from,
                        sim_time to, struct spending_sums *worst)
{
    struct sweep sweep = sweep_of(spending, length, from, to);
    sim_time when = from;
    *worst = nothing;
    for (bool first = true; sweep_next(&sweep); first = false) {
        if (first)
            *worst = sweep.after;
        else
            keep_worse(sweep.before, sweep.at, worst, &when);
        keep_worse(sweep.after, sweep.at, worst, &when);
    }
    return when;
}

sim_time spending_first_above(const struct spending *spending, sim_time length, sim_time from,
                              sim_time to, struct spending_share share)
{
    struct sweep sweep = sweep_of(spending, length, from, to);
    sim_time earlier = from;
    spending_amount last = 0;
    for (bool first = true; sweep_next(&sweep); first = false) {
        const spending_amount now = excess(sweep.before, share), then = excess(sweep.after, share);
        if (!first && now > 0)
            return zero_between(earlier, last, sweep.at, now);
        if (then > 0)
            return sweep.at;
        earlier = sweep.at;
        last = then;
    }
    return SIM_FOREVER;
}

/* Stretches that begin and end where they are told to. */
struct stretches {
    struct spending_stretch *items;
    size_t count, capacity;
    bool open;
};

static void turn(struct stretches *all, bool open, sim_time at)
{
    if (open == all->open)
        return;
    all->open = open;
    if (open && all->count > 0 && all->items[all->count - 1].to == at) {
        all->items[all->count - 1].to = SIM_FOREVER; /* it goes on */
    } else if (open) {
        MEM_GROW(all->items, all->count, all->capacity);
        all->items[all->count++] = (struct spending_stretch){ at, SIM_FOREVER };
    } else if (all->items[all->count - 1].from == at) {
        all->count--;
    } else {
        all->items[all->count - 1].to = at;
    }
}

static bool is_above(struct spending_sums sums, struct spending_share share, bool strictly)
{
    const spending_amount more = excess(sums, share);
    return sums.all > 0 && (strictly ? more > 0 : more >= 0);
}

struct spending_stretch *spending_above(const struct spending *spending, sim_time length,
                                        struct spending_share share, bool strictly, size_t *count)
{
    struct sweep sweep =
        sweep_of(spending, length, spending_start(spending), spending_end(spending));
    struct stretches all = { 0 };
    sim_time earlier = sweep.from;
    struct spending_sums last = nothing;
    while (sweep_next(&sweep)) {
        const bool above = is_above(sweep.before, share, strictly);
        if (sweep.at > earlier && last.all == 0 && above)
            turn(&all, true, earlier); /* from the first moment on */
        else if (sweep.at > earlier && above != all.open)
            turn(&all, above,
                 zero_between(earlier, excess(last, share), sweep.at, excess(sweep.before, share)));
        turn(&all, is_above(sweep.after, share, strictly), sweep.at);
        earlier = sweep.at;
        last = sweep.after;
    }
    *count = all.count;
    return all.items;
}

/* ---- slices ---- */

/* The greatest multiple of `step` that is not above a number of any sign. */
static sim_time floor_multiple(sim_time number, sim_time step)
{
    const sim_time rest = number % step;
    return number - (rest < 0 ? rest + step : rest);
}

/* Until when nothing more is bad, from a point of the spending on; what comes at the end is not in it. */
static sim_time good_until(const struct spending *spending, size_t index)
{
    for (; index + 1 < spending->count; index++) {
        const struct spending_point *next = &spending->points[index + 1];
        if (next->before.bad != spending->points[index].after.bad)
            break;
        if (next->after.bad != next->before.bad)
            return next->at;
    }
    return spending->points[index].at;
}

/* How much of a slice is bad. */
static spending_amount bad_of(struct spending_sums sums, sim_time slice,
                              struct spending_share share, bool by_share)
{
    const spending_amount whole = (spending_amount)slice;
    if (sums.all <= 0)
        return sums.bad > 0 ? whole : 0;
    if (by_share)
        return whole * (sums.bad < sums.all ? sums.bad / sums.all : 1);
    return spending_exceeds(sums, share) ? whole : 0;
}

struct spending spending_slices(const struct spending *spending, sim_time phase, sim_time slice,
                                struct spending_share share, bool by_share, size_t *slices,
                                size_t *bad)
{
    struct spending sliced = { 0 };
    *slices = *bad = 0;
    if (spending->count == 0)
        return sliced;
    const sim_time end = spending_end(spending);
    sim_time at = phase + floor_multiple(spending_start(spending) - phase + slice - 1, slice);
    struct cursor cursor = { spending, 0 };
    struct spending_sums from, to, after;
    spending_begin(&sliced, at);
    cursor_read(&cursor, at, &from, &after);
    while (end - at >= slice) {
        const sim_time good = good_until(spending, cursor.index) - at;
        if (from.bad == after.bad && good >= slice) {
            const sim_time passed = floor_multiple(good, slice);
            spending_pass(&sliced, at + passed,
                          (struct spending_sums){ 0, (spending_amount)passed });
            *slices += (size_t)(passed / slice);
            at += passed;
        } else {
            struct spending_sums here, then;
            cursor_read(&cursor, at + slice, &to, &then);
            here = less(to, from);
            const spending_amount lost = bad_of(here, slice, share, by_share);
            spending_pass(&sliced, at + slice, (struct spending_sums){ 0, (spending_amount)slice });
            spending_jump(&sliced, (struct spending_sums){ lost, 0 });
            *bad += lost > 0;
            (*slices)++;
            at += slice;
        }
        cursor_read(&cursor, at, &from, &after);
    }
    return sliced;
}

/* ---- two spendings at once ---- */

struct spending spending_both(const struct spending *a, const struct spending *b)
{
    struct spending both = { 0 };
    const struct spending *const spendings[] = { a, b };
    size_t next[2] = { 0, 0 };
    for (;;) {
        sim_time at = SIM_FOREVER;
        struct spending_point point = { 0 };
        for (int i = 0; i < 2; i++)
            if (next[i] < spendings[i]->count && spendings[i]->points[next[i]].at < at)
                at = spendings[i]->points[next[i]].at;
        if (at == SIM_FOREVER)
            return both;
        point.at = at;
        for (int i = 0; i < 2; i++) {
            struct spending_sums before, after;
            find_at(spendings[i], at, &before, &after);
            point.before.bad += before.bad;
            point.before.all += before.all;
            point.after.bad += after.bad;
            point.after.all += after.all;
            next[i] += next[i] < spendings[i]->count && spendings[i]->points[next[i]].at == at;
        }
        MEM_GROW(both.points, both.count, both.capacity);
        both.points[both.count++] = point;
    }
}
