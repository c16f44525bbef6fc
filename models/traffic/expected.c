/* Counting in the mean.
 *
 * Between two changes everything is constant but the rate, so what happens to all requests of a
 * stretch of time follows from the integral of the rate over it and the shares of endpoints that
 * refuse, are silent, or listen. Who is in flight when an endpoint goes is
 *
 *     E[ N(at - S, at) ] ,   N(a, b): requests the endpoint was sent in (a, b),  S: a service time,
 *
 * by Campbell's theorem; the expectation over S is taken at points of equal weight of its
 * distribution, one where it is constant.
 *
 * Retries are flows. Of a flow of attempts, what is refused comes back as another flow a back-off
 * later, what is not answered a time-out and a back-off later: each flow is a share of the rate of
 * an earlier time, and changes when its origin changed. What was in flight comes back all at once.
 * A service time above the time-out is lost whatever becomes of its endpoint. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "models/traffic/sent.h"
#include "models/traffic/traffic_private.h"

enum { POINTS = 500 }; /* of the distribution of service times */

struct expected {
    sim_time *times; /* owned; service times of equal weight, ascending, none above the time-out */
    size_t count;
    sim_time longest;
};

/* Attempts that are a share of the rate some time ago. */
struct flow {
    struct proxy *proxy;
    struct flow *refused, *unanswered; /* what comes of it; NULL: nothing yet */
    int attempt;
    sim_time delay;
    double share;
    double to_refused, to_unanswered; /* the shares they will have when it has come to them */
};

struct expected_proxy {
    sim_time passed;      /* counted up to here */
    struct agenda agenda; /* of changes of flows, and of what comes back at once */
    struct flow **flows;  /* owned; the requests themselves first */
    size_t flow_count, flow_capacity;
    struct sent sent;
};

enum { FLOW_CHANGES, COME_BACK }; /* kinds of items in the agenda */

/* ---- making and freeing ---- */

struct expected *expected_new(const struct source *source)
{
    struct expected *expected = mem_new(sizeof *expected);
    expected->count = distribution_is_constant(source->service_time) ? 1 : POINTS;
    expected->times = mem_new(expected->count * sizeof *expected->times);
    for (size_t i = 0; i < expected->count && source->in_time > 0; i++) {
        const double u = source->in_time * ((double)i + 0.5) / (double)expected->count;
        expected->times[i] = sim_time_from_seconds(distribution_quantile(source->service_time, u));
    }
    expected->longest = expected->times[expected->count - 1];
    return expected;
}

void expected_free(struct expected *expected)
{
    if (expected != NULL)
        free(expected->times);
    free(expected);
}

static struct flow *flow_new(struct proxy *proxy, int attempt, sim_time delay)
{
    struct expected_proxy *all = proxy->expected;
    struct flow *flow = mem_new(sizeof *flow);
    flow->proxy = proxy;
    flow->attempt = attempt;
    flow->delay = delay;
    MEM_GROW(all->flows, all->flow_count, all->flow_capacity);
    return all->flows[all->flow_count++] = flow;
}

void expected_proxy_new(struct proxy *proxy)
{
    proxy->expected = mem_new(sizeof *proxy->expected);
    sent_init(&proxy->expected->sent, proxy->source->passed);
    proxy->expected->passed = proxy->source->passed;
    flow_new(proxy, 0, 0)->share = 1 / (double)proxy->source->proxy_count;
    expected_changed(proxy, proxy->source->passed);
}

void expected_proxy_free(struct expected_proxy *proxy)
{
    for (size_t i = 0; proxy != NULL && i < proxy->flow_count; i++)
        free(proxy->flows[i]);
    if (proxy != NULL) {
        agenda_close(&proxy->agenda);
        free(proxy->flows);
        sent_close(&proxy->sent);
    }
    free(proxy);
}

void expected_know_pace(struct expected *expected, const struct pace *pace)
{
    for (size_t i = 0; i < pace->count; i++)
        if (pace->points[i].time > expected->longest)
            expected->longest = pace->points[i].time;
}

/* ---- what was sent ---- */

/* How long it is of interest who was sent what. */
static sim_time kept_for(const struct source *source)
{
    const sim_time longest = source->expected->longest;
    return longest > source->memory ? longest : source->memory;
}

static double sent_by(const struct proxy *proxy, enum tier tier, int attempt, sim_time at)
{
    return sent_read(&proxy->expected->sent, proxy->source->arrivals, tier, attempt, at);
}

/* ---- what becomes of attempts ---- */

static void fail(struct source *source, int attempt, enum traffic_reason reason, struct why why,
                 sim_time from, sim_time to, double requests)
{
    if (attempt < source->retries)
        source->ledger.waiting += requests;
    else
        ledger_fail(&source->ledger, reason, why.fault, why.cause, from, to, requests);
}

struct shares {
    double refused, unanswered;
};

static struct shares shares_of(const struct proxy *proxy)
{
    const enum tier tier = proxy_tier(proxy);
    if (tier == UNUSED)
        return (struct shares){ 1, 0 };
    const double all = (double)proxy->of[tier].count, refusing = (double)proxy->of[tier].refusing,
                 silent = (double)proxy->of[tier].silent, late = 1 - proxy->source->in_time;
    double usual = all - refusing - silent, later = 0, reset = 0;
    for (const struct group *group = proxy->groups; group != NULL; group = group->next) {
        if (group->answer != LISTENS)
            continue;
        usual -= (double)group->members[tier];
        const double resets = group->pace->strain.resets;
        later += (double)group->members[tier] * fmax(0, 1 - resets - group->pace->in_time);
        reset += (double)group->members[tier] * resets;
    }
    return (struct shares){ (refusing + reset) / all, (silent + later + late * usual) / all };
}

/* So many attempts were made from one instant to another, or all at one. */
static void attempts(struct proxy *proxy, int attempt, sim_time from, sim_time to, double count)
{
    struct source *source = proxy->source;
    const enum tier tier = proxy_tier(proxy);
    source->ledger.attempts += count;
    if (attempt == 0)
        source->ledger.requests += count;
    else
        source->ledger.waiting -= count;
    if (tier == UNUSED) {
        fail(source, attempt, TRAFFIC_NO_ENDPOINT, proxy->none_known, from, to, count);
        return;
    }
    const double each = count / (double)proxy->of[tier].count;
    size_t listening = proxy->of[tier].count - proxy->of[tier].refusing - proxy->of[tier].silent;
    for (const struct group *group = proxy->groups; group != NULL; group = group->next) {
        const bool listens = group->answer == LISTENS;
        const double resets = listens ? group->pace->strain.resets : 0;
        const double lost = listens ? fmax(0, 1 - resets - group->pace->in_time) : 1;
        if (listens)
            listening -= group->members[tier];
        if (group->members[tier] > 0 && lost > 0)
            fail(source, attempt, group->answer == REFUSES ? TRAFFIC_REFUSED : TRAFFIC_TIMED_OUT,
                 group->why, from, to, each * (double)group->members[tier] * lost);
        if (group->members[tier] > 0 && resets > 0)
            fail(source, attempt, TRAFFIC_RESET, group->why, from, to,
                 each * (double)group->members[tier] * resets);
    }
    fail(source, attempt, TRAFFIC_TIMED_OUT, (struct why){ .fault = TRAFFIC_SLOW }, from, to,
         each * (double)listening * (1 - source->in_time));
    sent_mark(&proxy->expected->sent, to, kept_for(source))[tier][attempt] += each;
}

static void come_back(struct proxy *proxy, int attempt, sim_time at, double count)
{
    if (attempt <= proxy->source->retries && count > 0)
        agenda_add(
            &proxy->expected->agenda,
            (struct item){ .at = at, .kind = COME_BACK, .number = attempt, .amount = count });
}

/* Attempts that all come at one instant. */
static void attempts_at_once(struct proxy *proxy, int attempt, sim_time at, double count)
{
    const struct source *source = proxy->source;
    const struct shares shares = shares_of(proxy);
    const sim_time again = at + source_back_off(source, attempt);
    attempts(proxy, attempt, at, at, count);
    come_back(proxy, attempt + 1, again, count * shares.refused);
    come_back(proxy, attempt + 1, again + source->timeout, count * shares.unanswered);
}

/* ---- time passes ---- */

static void settle(struct proxy *proxy, sim_time to)
{
    struct expected_proxy *all = proxy->expected;
    const sim_time from = all->passed;
    if (to <= from)
        return;
    all->passed = to;
    for (size_t i = 0; i < all->flow_count; i++) {
        const struct flow *flow = all->flows[i];
        const sim_time first = from > flow->delay ? from - flow->delay : 0;
        const sim_time last = to > flow->delay ? to - flow->delay : 0;
        if (proxy->source->ledger.log != NULL)
            request_log_lag(proxy->source->ledger.log, flow->delay);
        if (flow->share > 0)
            attempts(proxy, flow->attempt, from, to,
                     flow->share * arrivals_expected(proxy->source->arrivals, first, last));
    }
    sent_mark(&all->sent, to, kept_for(proxy->source));
}

static void flow_changed(struct flow *flow, sim_time at)
{
    const struct source *source = flow->proxy->source;
    struct agenda *agenda = &flow->proxy->expected->agenda;
    const struct shares shares = shares_of(flow->proxy);
    const sim_time back_off = source_back_off(source, flow->attempt);
    const double refused = flow->share * shares.refused,
                 unanswered = flow->share * shares.unanswered;
    if (flow->attempt == source->retries)
        return;
    if (refused != flow->to_refused) {
        if (flow->refused == NULL)
            flow->refused = flow_new(flow->proxy, flow->attempt + 1, flow->delay + back_off);
        agenda_add(agenda, (struct item){ .at = at + back_off,
                                          .kind = FLOW_CHANGES,
                                          .subject = flow->refused,
                                          .amount = flow->to_refused = refused });
    }
    if (unanswered != flow->to_unanswered) {
        const sim_time later = source->timeout + back_off;
        if (flow->unanswered == NULL)
            flow->unanswered = flow_new(flow->proxy, flow->attempt + 1, flow->delay + later);
        agenda_add(agenda, (struct item){ .at = at + later,
                                          .kind = FLOW_CHANGES,
                                          .subject = flow->unanswered,
                                          .amount = flow->to_unanswered = unanswered });
    }
}

void expected_changed(struct proxy *proxy, sim_time at)
{
    for (size_t i = 0; i < proxy->expected->flow_count; i++) /* new ones have no share yet */
        flow_changed(proxy->expected->flows[i], at);
}

void expected_catch_up(struct proxy *proxy, sim_time to)
{
    struct item item;
    while (agenda_take(&proxy->expected->agenda, to, &item)) {
        settle(proxy, item.at);
        if (item.kind == COME_BACK) {
            attempts_at_once(proxy, item.number, item.at, item.amount);
        } else {
            struct flow *flow = item.subject;
            flow->share = item.amount;
            flow_changed(flow, item.at);
        }
    }
}

void expected_pass(struct proxy *proxy, sim_time to)
{
    expected_catch_up(proxy, to);
    settle(proxy, to);
}

/* ---- a glance: what settle() would count, into sums ---- */

static void glance_at_failed(const struct source *source, int attempt, enum traffic_reason reason,
                             double requests, struct traffic_sums *sums)
{
    if (attempt < source->retries)
        sums->waiting += requests;
    else
        sums->by_reason[reason] += requests;
}

static void glance_at_attempts(const struct proxy *proxy, int attempt, double count,
                               struct traffic_sums *sums)
{
    const struct source *source = proxy->source;
    const enum tier tier = proxy_tier(proxy);
    const struct shares shares = shares_of(proxy);
    sums->attempts += count;
    if (attempt == 0)
        sums->requests += count;
    else
        sums->waiting -= count;
    glance_at_failed(source, attempt, tier == UNUSED ? TRAFFIC_NO_ENDPOINT : TRAFFIC_REFUSED,
                     count * shares.refused, sums);
    glance_at_failed(source, attempt, TRAFFIC_TIMED_OUT, count * shares.unanswered, sums);
}

void expected_glance(const struct proxy *proxy, sim_time to, struct traffic_sums *sums)
{
    const struct expected_proxy *all = proxy->expected;
    const sim_time from = all->passed;
    for (size_t i = 0; i < all->flow_count && to > from; i++) {
        const struct flow *flow = all->flows[i];
        const sim_time first = from > flow->delay ? from - flow->delay : 0;
        const sim_time last = to > flow->delay ? to - flow->delay : 0;
        if (flow->share > 0)
            glance_at_attempts(
                proxy, flow->attempt,
                flow->share * arrivals_expected(proxy->source->arrivals, first, last), sums);
    }
}

/* ---- who is in flight ---- */

void expected_open(struct member *member, sim_time at)
{
    const sim_time needed = at - kept_for(member->proxy->source);
    size_t kept = 0;
    for (size_t i = 0; i < member->span_count; i++)
        if (member->spans[i].to > needed)
            member->spans[kept++] = member->spans[i];
    member->span_count = kept;
    MEM_GROW(member->spans, member->span_count, member->span_capacity);
    const struct pace *pace = member->group != NULL ? member->group->pace : NULL;
    member->spans[member->span_count++] =
        (struct span){ at, SIM_FOREVER, member->tier, pace, false };
}

void expected_shut(struct member *member, sim_time at)
{
    assert(member->span_count > 0 && member->spans[member->span_count - 1].to == SIM_FOREVER);
    member->spans[member->span_count - 1].to = at;
}

static double in_flight(const struct member *member, const struct span *span, int attempt,
                        sim_time at)
{
    const struct expected *expected = member->proxy->source->expected;
    const struct pace *pace = span->pace;
    const sim_time to = span->to < at ? span->to : at;
    double sum = 0;
    if (span->lost || to <= at - expected->longest)
        return 0;
    const double sent = sent_by(member->proxy, span->tier, attempt, to);
    for (size_t i = 0; pace != NULL && i < pace->count; i++) {
        const sim_time since = at - pace->points[i].time;
        const sim_time from = since > span->from ? since : span->from;
        if (from < to)
            sum +=
                pace->points[i].weight * (sent - sent_by(member->proxy, span->tier, attempt, from));
    }
    if (pace != NULL)
        return sum;
    for (size_t i = 0; i < expected->count; i++) {
        const sim_time since = at - expected->times[i];
        const sim_time from = since > span->from ? since : span->from;
        if (from < to)
            sum += sent - sent_by(member->proxy, span->tier, attempt, from);
    }
    return sum / (double)expected->count * member->proxy->source->in_time;
}

void expected_lose(struct member *member, enum traffic_reason reason, struct why why, sim_time at)
{
    struct source *source = member->proxy->source;
    for (int attempt = 0; attempt <= source->retries; attempt++) {
        double lost = 0;
        for (size_t i = 0; i < member->span_count; i++)
            lost += in_flight(member, &member->spans[i], attempt, at);
        const sim_time noticed = reason == TRAFFIC_TIMED_OUT ? at + source->timeout : at;
        fail(source, attempt, reason, why, at, at, lost);
        come_back(member->proxy, attempt + 1, noticed + source_back_off(source, attempt), lost);
    }
    for (size_t i = 0; i < member->span_count; i++)
        member->spans[i].lost = true;
}

/* ---- what it costs ---- */

double expected_taken(const struct member *member, sim_time from, sim_time to)
{
    const struct proxy *proxy = member->proxy;
    double sum = 0;
    for (size_t i = 0; i < member->span_count; i++) {
        const struct span *span = &member->spans[i];
        const sim_time first = span->from > from ? span->from : from;
        const sim_time last = span->to < to ? span->to : to;
        for (int attempt = 0; attempt <= proxy->source->retries && first < last; attempt++)
            sum += sent_by(proxy, span->tier, attempt, last) -
                   sent_by(proxy, span->tier, attempt, first);
    }
    return sum;
}

double expected_rate(const struct proxy *proxy, sim_time at)
{
    const enum tier tier = proxy_tier(proxy);
    double rate = 0;
    if (tier == UNUSED)
        return 0;
    for (size_t i = 0; i < proxy->expected->flow_count; i++) {
        const struct flow *flow = proxy->expected->flows[i];
        if (flow->share > 0 && at >= flow->delay)
            rate += flow->share * arrivals_rate(proxy->source->arrivals, at - flow->delay);
    }
    return rate / (double)proxy->of[tier].count;
}
