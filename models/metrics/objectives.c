/* Objectives: what OpenSLO documents ask for, from what other metrics keep anyway.
 *
 * Nothing happens for them while the run goes on: levels of replicas are the steps of
 * availability.h, failures are the stretches that traffic counted, and only levels of
 * kube-state-metrics are watched. Sums over time are made of them when the summary is asked for. */
#include <stdlib.h>
#include <string.h>

#include "models/metrics/objectives_private.h"
#include "models/traffic/traffic.h"
#include "sim/base/decimal.h"
#include "sim/base/memory.h"

#define QUANTILE_SLICE SIM_MINUTE /* over which a quantile is taken, without time slices */

struct objective {
    const struct slo *slo;
    size_t number; /* in the SLO */
    struct objective_query *first, *total;
    size_t bound; /* of latencies */
    struct zone *zone;
};

struct objectives {
    struct objective_sources sources;
    struct value **documents; /* held: what the SLOs borrow */
    size_t document_count;
    struct slo_list slos;
    struct objective *items; /* owned */
    size_t count, capacity;
    sim_time measured_from;
};

/* ---- planning ---- */

/* What may stand together in a ratio. */
static bool check_ratio(const struct objective *objective, struct error *error)
{
    const struct objective_query *part = objective->first, *total = objective->total;
    const bool good = objective->slo->indicator == SLO_GOOD;
    const bool of_requests = part->source == QUERY_REQUESTS || part->source == QUERY_LATENCY;
    const bool all_of_requests = total->source == QUERY_REQUESTS || total->source == QUERY_LATENCY;
    if (of_requests != all_of_requests)
        return error_set(error, total->at,
                         "ratioMetric: one of both counts requests, the other "
                         "does not");
    if (!of_requests)
        return true;
    if (!objective_query_same(part, total))
        return error_set(error, total->at, "ratioMetric: both must be of the same requests");
    if ((good && part->which == REQUESTS_OK && total->which == REQUESTS) ||
        (!good && part->which == REQUESTS_FAILED && total->which == REQUESTS) ||
        (good && part->which == LATENCY_BUCKET &&
         (total->which == REQUESTS || total->which == LATENCY_COUNT)))
        return true;
    return error_set(error, part->at,
                     "ratioMetric: requests are good as requests_ok or "
                     "request_latency_seconds_bucket and bad as requests_failed, of requests");
}

static bool check_threshold(const struct objective *objective, struct error *error)
{
    const struct objective_query *query = objective->first;
    const struct slo_objective *of = &objective->slo->objectives[objective->number];
    if (query->source == QUERY_REQUESTS ||
        (query->source == QUERY_LATENCY && query->which != LATENCY))
        return error_set(error, query->at,
                         "thresholdMetric: a counter only grows (use it in a ratioMetric)");
    if (query->source == QUERY_LATENCY && of->op != SLO_LTE && of->op != SLO_LT)
        return error_set(error, of->value->at,
                         "objectives: a latency is good when it is low: op "
                         "is lte or lt");
    return true;
}

static bool check_raw(const struct objective *objective, struct error *error)
{
    const struct objective_query *query = objective->first;
    return query->source == QUERY_REPLICAS || query->source == QUERY_OBJECTS ||
           error_set(error, query->at, "ratioMetric: raw is a share by itself, such as available");
}

/* Latencies within a bound are counted from now on. */
static void set_bound(const struct objectives *all, struct objective *objective)
{
    const struct objective_query *query = objective->first;
    const struct slo_objective *of = &objective->slo->objectives[objective->number];
    const bool by_value = query->which == LATENCY;
    const double seconds = by_value ? value_double(of->value, 0) : query->le;
    for (size_t i = 0; query->source == QUERY_LATENCY && i < query->log_count; i++) {
        struct ledger *ledger = traffic_counted(traffic_of(all->sources.cluster), query->logs[i],
                                                run_now(all->sources.cluster->run));
        objective->bound = request_log_bound(ledger->log, seconds, by_value && of->op == SLO_LT);
    }
}

static void objective_close(struct objective *objective)
{
    objective_query_free(objective->first);
    objective_query_free(objective->total);
    zone_free(objective->zone);
}

static bool plan(struct objectives *all, const struct slo *slo, size_t number, struct error *error)
{
    struct objective objective = { .slo = slo, .number = number };
    objective.first = objective_query_new(slo->first, &all->sources, error);
    if (objective.first != NULL && slo->total != NULL)
        objective.total = objective_query_new(slo->total, &all->sources, error);
    bool well = objective.first != NULL && (slo->total == NULL || objective.total != NULL);
    if (well)
        well = slo->indicator == SLO_THRESHOLD ? check_threshold(&objective, error)
               : slo->total != NULL            ? check_ratio(&objective, error)
                                               : check_raw(&objective, error);
    if (!well) {
        objective_close(&objective);
        return false;
    }
    if (slo->window.zone != NULL)
        objective.zone = zone_new(slo->window.zone, all->sources.cluster->settings.zones);
    set_bound(all, &objective);
    MEM_GROW(all->items, all->count, all->capacity);
    all->items[all->count++] = objective;
    return true;
}

/* A fault, or, of an SLO that was written for a real Prometheus, a warning. */
static void tell(const struct slo *slo, struct error *error, struct error_list *faults,
                 struct error_list *warnings)
{
    error_wrap(error, "SLO %s", slo->name);
    if (!slo->foreign)
        error_list_take(faults, error);
    else
        error_list_add(warnings, error->at, "%s (the objective is not measured)", error->text);
    error_close(error);
}

bool objectives_plan(void *state, struct value *const *documents, size_t count,
                     struct error_list *faults, struct error_list *warnings)
{
    struct objectives *all = state;
    const size_t before = faults->count;
    all->documents = mem_new((count + 1) * sizeof(struct value *));
    for (; all->document_count < count; all->document_count++)
        all->documents[all->document_count] = value_hold(documents[all->document_count]);
    slo_list_read(&all->slos, all->documents, count, all->sources.cluster->settings.zones, faults,
                  warnings);
    for (size_t i = 0; i < all->slos.count; i++) {
        const struct slo *slo = &all->slos.items[i];
        struct error error = { 0 };
        for (size_t j = 0; j < slo->objective_count && error.text == NULL; j++)
            plan(all, slo, j, &error);
        if (error.text != NULL)
            tell(slo, &error, faults, warnings);
    }
    return faults->count == before;
}

bool objectives_check(void *state, struct error_list *faults)
{
    const struct objectives *all = state;
    const size_t before = faults->count;
    for (size_t i = 0; i < all->count; i++) {
        struct error error = { 0 };
        if (!objective_query_check(all->items[i].first, &all->sources, &error) ||
            (all->items[i].total != NULL &&
             !objective_query_check(all->items[i].total, &all->sources, &error)))
            error_wrap(&error, "SLO %s", all->items[i].slo->name);
        error_list_take(faults, &error);
    }
    return faults->count == before;
}

/* ---- sums over time: levels ---- */

static bool holds(int64_t level, const struct slo_objective *of)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)level);
    const int order = decimal_compare(text, of->value->text);
    switch (of->op) {
    case SLO_LTE:
        return order <= 0;
    case SLO_LT:
        return order < 0;
    case SLO_GTE:
        return order >= 0;
    case SLO_GT:
        return order > 0;
    }
    return false;
}

static int64_t clamp(int64_t number, int64_t most)
{
    return number < 0 ? 0 : number > most ? most : number;
}

/* How fast both sums grow at these levels, per nanosecond. */
static struct spending_sums growth(const struct objective *objective, int64_t first, int64_t total)
{
    const int64_t all = total > 0 ? total : 0;
    switch (objective->slo->indicator) {
    case SLO_GOOD:
        return (struct spending_sums){ all - clamp(first, all), all };
    case SLO_BAD:
        return (struct spending_sums){ clamp(first, all), all };
    case SLO_RAW_SUCCESS:
        return (struct spending_sums){ 1 - clamp(first, 1), 1 };
    case SLO_RAW_FAILURE:
        return (struct spending_sums){ clamp(first, 1), 1 };
    case SLO_THRESHOLD:
        return (struct spending_sums){
            !holds(first, &objective->slo->objectives[objective->number]), 1
        };
    }
    return (struct spending_sums){ 0 };
}

static sim_time next_change(const struct levels *levels, size_t index)
{
    return index + 1 < levels->count ? levels->items[index + 1].at : SIM_FOREVER;
}

static size_t index_at(const struct levels *levels, size_t index, sim_time at)
{
    while (next_change(levels, index) <= at)
        index++;
    return index;
}

static struct spending level_spending(const struct objective *objective, const struct levels *first,
                                      const struct levels *total, sim_time now)
{
    struct spending spending = { 0 };
    if (first->count == 0 || total->count == 0)
        return spending;
    sim_time at = first->items[0].at > total->items[0].at ? first->items[0].at : total->items[0].at;
    size_t i = 0, j = 0;
    if (at > now)
        return spending;
    spending_begin(&spending, at);
    while (at < now) {
        i = index_at(first, i, at);
        j = index_at(total, j, at);
        sim_time next = next_change(first, i) < now ? next_change(first, i) : now;
        next = next_change(total, j) < next ? next_change(total, j) : next;
        const struct spending_sums speed =
            growth(objective, first->items[i].value, total->items[j].value);
        const spending_amount passed = (spending_amount)(next - at);
        spending_pass(&spending, next,
                      (struct spending_sums){ speed.bad * passed, speed.all * passed });
        at = next;
    }
    return spending;
}

/* ---- sums over time: requests ---- */

static struct spending request_spending(const struct objectives *all,
                                        const struct objective *objective, sim_time now)
{
    const struct objective_query *query = objective->first;
    const enum request_count count =
        query->source == QUERY_REQUESTS                                   ? FAILED_OF_REQUESTS
        : objective->total != NULL && objective->total->which == REQUESTS ? SLOW_OF_REQUESTS
                                                                          : SLOW_OF_ANSWERS;
    struct spending sum = { 0 };
    for (size_t i = 0; i < query->log_count; i++) {
        const struct ledger *ledger =
            traffic_counted(traffic_of(all->sources.cluster), query->logs[i], now);
        struct spending spending =
            request_log_spending(ledger->log, count, objective->bound, 0, now);
        if (i == 0) {
            sum = spending;
            continue;
        }
        struct spending both = spending_both(&sum, &spending);
        spending_close(&sum);
        spending_close(&spending);
        sum = both;
    }
    return sum;
}

/* ---- the summary ---- */

/* Do both levels count replicas? Then the sums are replicas times seconds. */
static const char *unit_of(const struct objective *objective)
{
    if (objective->first->source == QUERY_REQUESTS || objective->first->source == QUERY_LATENCY)
        return "requests";
    return objective->total != NULL ? "replicaSeconds" : "seconds";
}

static struct spending spending_of(const struct objectives *all, const struct objective *objective,
                                   sim_time now)
{
    const struct objective_query *first = objective->first, *total = objective->total;
    if (first->source == QUERY_REQUESTS || first->source == QUERY_LATENCY)
        return request_spending(all, objective, now);
    struct levels levels = objective_query_levels(first, &all->sources);
    struct levels of =
        total != NULL ? objective_query_levels(total, &all->sources) : (struct levels){ 0 };
    struct spending spending =
        level_spending(objective, &levels, total != NULL ? &of : &levels, now);
    free(levels.items);
    free(of.items);
    return spending;
}

/* Where slices begin: with the calendar's windows, or with whole slices since 1970. */
static sim_time phase_of(const struct objectives *all, const struct objective *objective,
                         sim_time slice)
{
    const int64_t epoch = all->sources.cluster->settings.epoch_seconds;
    const int64_t start =
        objective->zone != NULL ? zone_instant(objective->zone, objective->slo->window.start) : 0;
    return (sim_time)(((__int128)(start - epoch) * SIM_SECOND) % slice);
}

/* Slices where the method or a quantile says so; *counts: how many, and how many bad. */
static bool slice(const struct objectives *all, const struct objective *objective,
                  struct spending *spending, size_t counts[2])
{
    const struct slo_objective *of = &objective->slo->objectives[objective->number];
    const double quantile = objective->first->quantile;
    const bool sliced = objective->slo->method != SLO_OCCURRENCES;
    struct spending_share share = of->slice_miss;
    if (!sliced && quantile <= 0)
        return false;
    if (quantile > 0) /* it is within the bound when this share of answers is */
        share = (struct spending_share){ (spending_amount)((1 - quantile) * 1e9 + 0.5), 1e9L };
    const sim_time length = sliced ? of->slice : QUANTILE_SLICE;
    struct spending slices = spending_slices(
        spending, phase_of(all, objective, length), length, share,
        objective->slo->method == SLO_RATIO_TIMESLICES && quantile <= 0, &counts[0], &counts[1]);
    spending_close(spending);
    *spending = slices;
    return true;
}

static struct value *row_print(const struct objectives *all, const struct objective *objective,
                               sim_time now)
{
    struct value *row = value_new_map();
    struct spending spending = spending_of(all, objective, now);
    size_t counts[2];
    const bool sliced = slice(all, objective, &spending, counts);
    objective_print(&(struct objective_judgement){ .slo = objective->slo,
                                                   .number = objective->number,
                                                   .spending = &spending,
                                                   .unit = sliced ? "seconds" : unit_of(objective),
                                                   .slices = sliced ? counts : NULL,
                                                   .zone = objective->zone,
                                                   .epoch_seconds =
                                                       all->sources.cluster->settings.epoch_seconds,
                                                   .measured_from = all->measured_from },
                    row);
    spending_close(&spending);
    return row;
}

static struct value *summary(void *state, sim_time now)
{
    const struct objectives *all = state;
    if (all->count == 0)
        return NULL;
    struct value *list = value_new_list();
    for (size_t i = 0; i < all->count; i++)
        value_add(list, row_print(all, &all->items[i], now));
    return list;
}

/* ---- the metric ---- */

static void *start(struct cluster *cluster)
{
    struct objectives *all = mem_new(sizeof *all);
    all->sources.cluster = cluster;
    return all;
}

void objectives_join(void *state, void *workloads, void *services)
{
    struct objectives *all = state;
    all->sources.workloads = workloads;
    all->sources.services = services;
}

static void restart(void *state, sim_time now)
{
    struct objectives *all = state;
    all->measured_from = now;
    for (size_t i = 0; i < all->count; i++) {
        objective_query_restart(all->items[i].first, now);
        if (all->items[i].total != NULL)
            objective_query_restart(all->items[i].total, now);
    }
}

static void stop(void *state)
{
    struct objectives *all = state;
    for (size_t i = 0; i < all->count; i++)
        objective_close(&all->items[i]);
    for (size_t i = 0; i < all->document_count; i++)
        value_drop(all->documents[i]);
    slo_list_close(&all->slos);
    free(all->documents);
    free(all->items);
    free(all);
}

const struct metric objectives_metric = {
    .name = "objectives",
    .start = start,
    .summary = summary,
    .restart = restart,
    .stop = stop,
};
