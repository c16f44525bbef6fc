/* Stretches of failures, or counts by the second; and both as sums over time. */
#include "models/traffic/request_log.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"

#define STRAIGHT (10 * SIM_MINUTE) /* a rate that bends is taken for straight so long */

struct span {
    sim_time from, to, lag;
    double requests;
};

/* Of the requests of one second. Behind it: answers within each bound. */
enum { CAME, FAILED, ANSWERED, BOUNDS };

struct bound {
    double seconds;
    bool strictly;
};

struct request_log {
    const struct arrivals *arrivals;
    const struct signal *rate;
    bool drawn;
    sim_time since;
    sim_time lag;
    struct span *spans; /* owned */
    size_t span_count, span_capacity;
    struct bound *bounds; /* owned */
    size_t bound_count, bound_capacity;
    uint32_t *seconds; /* owned: BOUNDS + bound_count numbers each, from second 0 of the run on */
    size_t second_count, second_capacity;
};

struct request_log *request_log_new(const struct arrivals *arrivals, const struct signal *rate,
                                    bool drawn, sim_time since)
{
    struct request_log *log = mem_new(sizeof *log);
    *log =
        (struct request_log){ .arrivals = arrivals, .rate = rate, .drawn = drawn, .since = since };
    return log;
}

void request_log_free(struct request_log *log)
{
    if (log == NULL)
        return;
    free(log->spans);
    free(log->bounds);
    free(log->seconds);
    free(log);
}

void request_log_restart(struct request_log *log, sim_time now)
{
    log->since = now;
    log->span_count = log->second_count = 0;
}

bool request_log_is_drawn(const struct request_log *log)
{
    return log->drawn;
}

size_t request_log_bound(struct request_log *log, double seconds, bool strictly)
{
    assert(log->second_count == 0);
    for (size_t i = 0; i < log->bound_count; i++)
        if (log->bounds[i].seconds == seconds && log->bounds[i].strictly == strictly)
            return i;
    MEM_GROW(log->bounds, log->bound_count, log->bound_capacity);
    log->bounds[log->bound_count] = (struct bound){ seconds, strictly };
    return log->bound_count++;
}

/* ---- what happens ---- */

void request_log_lag(struct request_log *log, sim_time lag)
{
    log->lag = lag;
}

void request_log_fail(struct request_log *log, sim_time from, sim_time to, double requests)
{
    MEM_GROW(log->spans, log->span_count, log->span_capacity);
    log->spans[log->span_count++] = (struct span){ from, to, log->lag, requests };
}

static size_t stride(const struct request_log *log)
{
    return BOUNDS + log->bound_count;
}

/* The numbers of the second of an instant; NULL before the log began. */
static uint32_t *second_at(struct request_log *log, sim_time at)
{
    const size_t second = (size_t)(at / SIM_SECOND), numbers = stride(log);
    if (at < log->since)
        return NULL;
    if (second >= log->second_capacity) {
        log->second_capacity = second + second / 2 + 64;
        log->seconds =
            mem_resize(log->seconds, log->second_capacity * numbers * sizeof *log->seconds);
    }
    if (second >= log->second_count) {
        memset(log->seconds + log->second_count * numbers, 0,
               (second + 1 - log->second_count) * numbers * sizeof *log->seconds);
        log->second_count = second + 1;
    }
    return log->seconds + second * numbers;
}

void request_log_came(struct request_log *log, sim_time at)
{
    uint32_t *second = second_at(log, at);
    if (second != NULL)
        second[CAME]++;
}

void request_log_failed(struct request_log *log, sim_time came)
{
    uint32_t *second = second_at(log, came);
    if (second != NULL)
        second[FAILED]++;
}

void request_log_answered(struct request_log *log, sim_time came, double seconds)
{
    uint32_t *second = second_at(log, came);
    if (second == NULL)
        return;
    second[ANSWERED]++;
    for (size_t i = 0; i < log->bound_count; i++)
        second[BOUNDS + i] += log->bounds[i].strictly ? seconds < log->bounds[i].seconds
                                                      : seconds <= log->bounds[i].seconds;
}

/* ---- sums over time: drawn ---- */

static struct spending_sums sums_of(const uint32_t *second, enum request_count count, size_t bound)
{
    const spending_amount failed = second[FAILED], answered = second[ANSWERED];
    if (count == FAILED_OF_REQUESTS)
        return (struct spending_sums){ failed, second[CAME] };
    const spending_amount slow = answered - second[BOUNDS + bound];
    return count == SLOW_OF_ANSWERS ? (struct spending_sums){ slow, answered }
                                    : (struct spending_sums){ slow + failed, answered + failed };
}

static struct spending drawn_spending(const struct request_log *log, enum request_count count,
                                      size_t bound, sim_time from, sim_time to)
{
    struct spending spending = { 0 };
    spending_begin(&spending, from);
    for (size_t i = (size_t)(from / SIM_SECOND); i < log->second_count; i++) {
        const struct spending_sums sums = sums_of(log->seconds + i * stride(log), count, bound);
        const sim_time begin = (sim_time)i * SIM_SECOND, end = begin + SIM_SECOND;
        if (sums.all == 0 && sums.bad == 0)
            continue;
        if (begin >= to)
            break;
        if (begin > from)
            spending_pass(&spending, begin, (struct spending_sums){ 0 });
        spending_pass(&spending, end < to ? end : to, sums);
    }
    spending_pass(&spending, to, (struct spending_sums){ 0 });
    return spending;
}

/* ---- sums over time: expected ---- */

/* How many attempts the requests make that came a lag earlier. */
static double expected_after(const struct request_log *log, sim_time lag, sim_time from,
                             sim_time to)
{
    return arrivals_expected(log->arrivals, from > lag ? from - lag : 0, to > lag ? to - lag : 0);
}

struct instants {
    sim_time *items;
    size_t count, capacity;
};

static void add_instant(struct instants *all, sim_time at)
{
    MEM_GROW(all->items, all->count, all->capacity);
    all->items[all->count++] = at;
}

static int compare_times(const void *a, const void *b)
{
    const sim_time x = *(const sim_time *)a, y = *(const sim_time *)b;
    return (x > y) - (x < y);
}

/* Between which the rate and all failures are straight, or nearly so. */
static struct instants instants_of(const struct request_log *log, sim_time from, sim_time to)
{
    struct instants all = { 0 };
    size_t kept = 0;
    for (size_t i = 0; i < log->span_count; i++) {
        add_instant(&all, log->spans[i].from);
        add_instant(&all, log->spans[i].to);
    }
    for (sim_time at = from; at < to;) {
        const sim_time change = log->rate ? signal_next_change(log->rate, at) : SIM_FOREVER;
        const bool flat = log->rate != NULL && signal_is_flat(log->rate, at);
        add_instant(&all, at);
        at = flat || change < at + STRAIGHT ? change : at + STRAIGHT;
    }
    add_instant(&all, to);
    qsort(all.items, all.count, sizeof *all.items, compare_times);
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i] >= from && all.items[i] <= to &&
            (kept == 0 || all.items[i] != all.items[kept - 1]))
            all.items[kept++] = all.items[i];
    all.count = kept;
    return all;
}

static int compare_spans(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->to > y->to) - (x->to < y->to);
}

/* Failures under way at an instant. */
struct under_way {
    const struct span *spans; /* by their beginning */
    size_t count, next;
    struct flowing {
        const struct span *span;
        double whole; /* of requests that its failures are a share of */
    } * flowing;
    size_t flowing_count, flowing_capacity;
};

/* Take up what begins at an instant; what comes at once is returned. */
static double begin_spans(const struct request_log *log, struct under_way *now, sim_time at)
{
    double at_once = 0;
    for (; now->next < now->count && now->spans[now->next].from <= at; now->next++) {
        const struct span *span = &now->spans[now->next];
        if (span->to <= span->from) {
            at_once += span->requests;
            continue;
        }
        MEM_GROW(now->flowing, now->flowing_count, now->flowing_capacity);
        now->flowing[now->flowing_count++] =
            (struct flowing){ span, expected_after(log, span->lag, span->from, span->to) };
    }
    return at_once;
}

static double failed_within(const struct request_log *log, struct under_way *now, sim_time from,
                            sim_time to)
{
    double failed = 0;
    size_t kept = 0;
    for (size_t i = 0; i < now->flowing_count; i++) {
        const struct flowing *flowing = &now->flowing[i];
        const struct span *span = flowing->span;
        if (span->to <= from)
            continue;
        const double share =
            flowing->whole > 0
                ? expected_after(log, span->lag, from, to) / flowing->whole
                : sim_time_to_seconds(to - from) / sim_time_to_seconds(span->to - span->from);
        failed += span->requests * share;
        now->flowing[kept++] = *flowing;
    }
    now->flowing_count = kept;
    return failed;
}

static struct spending expected_spending(const struct request_log *log, sim_time from, sim_time to)
{
    struct spending spending = { 0 };
    struct instants instants = instants_of(log, from, to);
    struct under_way now = { .count = log->span_count };
    struct span *spans = mem_new((log->span_count + 1) * sizeof *spans);
    if (log->span_count > 0)
        memcpy(spans, log->spans, log->span_count * sizeof *spans);
    qsort(spans, log->span_count, sizeof *spans, compare_spans);
    now.spans = spans;
    spending_begin(&spending, from);
    for (size_t i = 0; i < instants.count; i++) {
        const sim_time at = instants.items[i];
        if (i > 0) {
            const sim_time earlier = instants.items[i - 1];
            spending_pass(&spending, at,
                          (struct spending_sums){ failed_within(log, &now, earlier, at),
                                                  arrivals_expected(log->arrivals, earlier, at) });
        }
        spending_jump(&spending, (struct spending_sums){ begin_spans(log, &now, at), 0 });
    }
    free(now.flowing);
    free(spans);
    free(instants.items);
    return spending;
}

struct spending request_log_spending(const struct request_log *log, enum request_count count,
                                     size_t bound, sim_time from, sim_time to)
{
    from = from > log->since ? from : log->since;
    if (to < from)
        return (struct spending){ 0 };
    return log->drawn ? drawn_spending(log, count, bound, from, to)
                      : expected_spending(log, from, to);
}
