/* How much there was by an instant, and how much of it was bad: what error budgets are reckoned from.
 *
 * Two sums over time that never decrease, straight between their points; at a point they may jump. Of
 * time itself the sums are whole nanoseconds and exact. A window is the difference of two instants,
 * so that it costs O(log points) however long it is. */
#ifndef SIM_STAT_SPENDING_H
#define SIM_STAT_SPENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/time.h"

/* Nanoseconds, requests, or replica-nanoseconds: 64 bits of mantissa where the machine has them. */
typedef long double spending_amount;

struct spending_sums {
    spending_amount bad, all;
};

struct spending_point {
    sim_time at;
    struct spending_sums before, after; /* a jump */
};

/* All zero is one of no time. */
struct spending {
    struct spending_point *points; /* owned; times strictly ascending, the first of sums 0 */
    size_t count, capacity;
};

/* A share that is exact in decimals: `part` of `whole`, both whole numbers. */
struct spending_share {
    spending_amount part, whole;
};

void spending_close(struct spending *spending);

/* Begin at an instant with nothing. */
void spending_begin(struct spending *spending, sim_time at);
/* Until `at`, not before the last point, so much more came evenly. */
void spending_pass(struct spending *spending, sim_time at, struct spending_sums more);
/* At the last point so much more came at once. */
void spending_jump(struct spending *spending, struct spending_sums more);

static inline sim_time spending_start(const struct spending *spending)
{
    return spending->count > 0 ? spending->points[0].at : 0;
}
static inline sim_time spending_end(const struct spending *spending)
{
    return spending->count > 0 ? spending->points[spending->count - 1].at : 0;
}

/* The sums of both, from the earlier start to the later end; a new spending. O(points log points). */
struct spending spending_both(const struct spending *a, const struct spending *b);

/* The sums by an instant, what came at it included; without it. */
struct spending_sums spending_by(const struct spending *spending, sim_time at);
struct spending_sums spending_before(const struct spending *spending, sim_time at);
/* What came in (from, to]. */
struct spending_sums spending_within(const struct spending *spending, sim_time from, sim_time to);

/* Is more than the share bad? Nothing of nothing is not. */
bool spending_exceeds(struct spending_sums sums, struct spending_share share);
/* How much may be bad. */
spending_amount spending_allowed(struct spending_sums sums, struct spending_share share);

/* The first instant at which more of (from, at] is bad than the share of `all`; SIM_FOREVER: by `to`
 * there is none. O(points). */
sim_time spending_spent(const struct spending *spending, sim_time from, sim_time to,
                        spending_amount all, struct spending_share share);

/* The window of a length that ends at a time from `from` to `to` and has the largest share of bad;
 * before the window is full it begins with the spending. Returns when it ends: of equal ones the first.
 * *worst: what it holds, just before the end where a jump leaves it there. O(points). */
sim_time spending_worst(const struct spending *spending, sim_time length, sim_time from,
                        sim_time to, struct spending_sums *worst);

/* While at least the share of the last `length` was bad (more than it with `strictly`), from the start of
 * the spending to its end: stretches in order, which the caller frees. The end of one that lasts is
 * SIM_FOREVER. Nothing of nothing is not. O(points). */
struct spending_stretch {
    sim_time from, to;
};
struct spending_stretch *spending_above(const struct spending *spending, sim_time length,
                                        struct spending_share share, bool strictly, size_t *count);

/* The first instant from `from` to `to` at which the last `length`, once that has passed, hold more bad
 * than the share; SIM_FOREVER: never. O(points). */
sim_time spending_first_above(const struct spending *spending, sim_time length, sim_time from,
                              sim_time to, struct spending_share share);

/* The same in slices of time, which begin at `phase` plus multiples of `slice`: one in which more than
 * the share is bad is bad as a whole, or with `by_share` as far as it is. What comes at the end of a
 * slice belongs to the next. Amounts are nanoseconds. Slices that the spending does not cover are left
 * out, and one in which nothing came is good. *slices: how many there are; *bad: with something bad
 * that counts. O(points + slices with something bad in them). */
struct spending spending_slices(const struct spending *spending, sim_time phase, sim_time slice,
                                struct spending_share share, bool by_share, size_t *slices,
                                size_t *bad);

#endif
