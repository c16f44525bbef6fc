/* What became of an objective: attainment and error budget of each window, burn rates, alerts.
 *
 * An objective is attained when every window that counts has at most 1 - target of bad. Windows count
 * when they lie within what was measured as a whole (bring-up is nobody's loss, and cuts no window);
 * where none does, those that were observed in part count. The burn rate is the share of bad over 1 - target (Beyer et al., The Site Reliability
 * Workbook, 2018, chapter 5). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/metrics/objectives_private.h"
#include "sim/base/memory.h"

enum { MOST_WINDOWS = 400, MOST_FIRINGS = 1000 };

struct window {
    sim_time from, to;
    bool complete;
    struct spending_sums sums;
    sim_time spent; /* when the budget was; SIM_FOREVER: it was not */
};

struct windows {
    struct window *items; /* owned */
    size_t count, capacity;
};

static bool is_time(const struct objective_judgement *of)
{
    return strcmp(of->unit, "requests") != 0;
}

/* Times are kept in nanoseconds and told in seconds. */
static struct value *amount_print(const struct objective_judgement *of, spending_amount amount)
{
    if (strcmp(of->unit, "seconds") == 0)
        return seconds_print((sim_time)roundl(amount));
    return number_print((double)(is_time(of) ? amount / SIM_SECOND : amount));
}

static struct value *share_print(spending_amount part, spending_amount whole)
{
    return whole > 0 ? number_print((double)(part / whole)) : value_new_null();
}

static struct value *attainment_print(struct spending_sums sums)
{
    return share_print(sums.all - sums.bad, sums.all);
}

static const struct slo_objective *objective_of(const struct objective_judgement *of)
{
    return &of->slo->objectives[of->number];
}

static bool is_attained(const struct objective_judgement *of, struct spending_sums sums)
{
    return sums.all > 0 && !spending_exceeds(sums, objective_of(of)->miss);
}

/* ---- windows ---- */

static void add_window(struct windows *all, const struct objective_judgement *of, sim_time from,
                       sim_time to, bool complete)
{
    struct window window = { .from = from, .to = to, .complete = complete };
    window.sums = spending_within(of->spending, from, to);
    window.spent = spending_spent(of->spending, from, to, window.sums.all, objective_of(of)->miss);
    MEM_GROW(all->items, all->count, all->capacity);
    all->items[all->count++] = window;
}

/* The rolling window with the least attainment, and the one at the end. */
static void roll(struct windows *all, const struct objective_judgement *of, sim_time start,
                 sim_time end)
{
    const sim_time length = slo_window_length(&of->slo->window);
    struct window worst = { .complete = true };
    if (end - start < length) {
        add_window(all, of, start, end, false);
        return;
    }
    const sim_time full = start + length;
    worst.to = spending_worst(of->spending, length, full, end, &worst.sums);
    worst.from = worst.to - length;
    worst.spent = spending_spent(of->spending, start, full, spending_by(of->spending, full).all,
                                 objective_of(of)->miss);
    if (worst.spent == SIM_FOREVER)
        worst.spent = spending_first_above(of->spending, length, full, end, objective_of(of)->miss);
    MEM_GROW(all->items, all->count, all->capacity);
    all->items[all->count++] = worst;
    if (worst.to != end)
        add_window(all, of, end - length, end, true);
}

static sim_time instant_of(const struct objective_judgement *of, int64_t unix_seconds)
{
    const __int128 at = ((__int128)unix_seconds - of->epoch_seconds) * SIM_SECOND;
    return at > SIM_FOREVER ? SIM_FOREVER : at < -SIM_FOREVER ? -SIM_FOREVER : (sim_time)at;
}

static void follow_calendar(struct windows *all, const struct objective_judgement *of,
                            sim_time start, sim_time end)
{
    int64_t number =
        slo_window_number(&of->slo->window, of->zone, of->epoch_seconds + start / SIM_SECOND);
    for (sim_time from = start, to; from < end && all->count < MOST_WINDOWS; from = to) {
        int64_t first, last;
        slo_window_bounds(&of->slo->window, of->zone, number++, &first, &last);
        to = instant_of(of, last) < end ? instant_of(of, last) : end;
        if (to > from)
            add_window(all, of, from, to,
                       instant_of(of, first) >= of->measured_from && instant_of(of, last) <= end);
        else
            to = from;
    }
}

static struct windows windows_of(const struct objective_judgement *of)
{
    struct windows all = { 0 };
    const sim_time start = spending_start(of->spending), end = spending_end(of->spending);
    if (of->spending->count == 0 || end <= start)
        return all;
    if (of->slo->window.rolling)
        roll(&all, of, start, end);
    else
        follow_calendar(&all, of, start, end);
    return all;
}

static bool counts(const struct windows *all, size_t index)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].complete)
            return all->items[index].complete;
    return true;
}

/* The window that has the least attainment of those that count; NULL: there is none. */
static const struct window *worst_of(const struct windows *all)
{
    const struct window *worst = NULL;
    for (size_t i = 0; i < all->count; i++) {
        const struct window *window = &all->items[i];
        if (counts(all, i) && window->sums.all > 0 &&
            (worst == NULL ||
             window->sums.bad * worst->sums.all > worst->sums.bad * window->sums.all))
            worst = window;
    }
    return worst;
}

static struct value *budget_print(const struct objective_judgement *of, const struct window *window)
{
    struct value *map = value_new_map();
    const spending_amount total = spending_allowed(window->sums, objective_of(of)->miss);
    value_set(map, "total", amount_print(of, total));
    value_set(map, "spent", amount_print(of, window->sums.bad));
    value_set(map, "left", amount_print(of, total - window->sums.bad));
    value_set(map, "leftShare", share_print(total - window->sums.bad, total));
    value_set(map, "exhaustedSeconds", seconds_print(window->spent));
    return map;
}

static struct value *window_print(const struct objective_judgement *of, const struct window *window)
{
    struct value *map = value_new_map();
    value_set(map, "startSeconds", seconds_print(window->from));
    value_set(map, "endSeconds", seconds_print(window->to));
    value_set(map, "complete", value_new_bool(window->complete));
    value_set(map, "attainment", attainment_print(window->sums));
    value_set(map, "attained", value_new_bool(is_attained(of, window->sums)));
    value_set(map, "budget", budget_print(of, window));
    return map;
}

/* ---- burn rates and alerts ---- */

static struct value *burn_print(const struct objective_judgement *of, struct spending_sums sums)
{
    const struct spending_share miss = objective_of(of)->miss;
    return share_print(sums.bad * miss.whole, sums.all * miss.part);
}

/* The stretches in which the condition held long enough: from when the alert fired. */
static struct value *firings_print(const struct objective_judgement *of,
                                   const struct slo_alert *alert, size_t *count)
{
    struct value *list = value_new_list();
    const struct spending_share miss = objective_of(of)->miss;
    const struct spending_share limit = { alert->threshold.part * miss.part,
                                          alert->threshold.whole * miss.whole };
    const sim_time end = spending_end(of->spending);
    size_t stretches;
    struct spending_stretch *held =
        spending_above(of->spending, alert->lookback, limit, alert->strictly, &stretches);
    *count = 0;
    for (size_t i = 0; i < stretches; i++) {
        const sim_time at = sim_time_after(held[i].from, alert->after);
        if (at >= held[i].to || at > end || (*count)++ >= MOST_FIRINGS)
            continue;
        struct value *firing = value_new_map();
        value_set(firing, "atSeconds", seconds_print(at));
        value_set(firing, "resolvedSeconds", seconds_print(held[i].to));
        value_add(list, firing);
    }
    free(held);
    return list;
}

static struct value *alert_print(const struct objective_judgement *of,
                                 const struct slo_alert *alert)
{
    struct value *map = value_new_map();
    struct spending_sums worst;
    size_t count;
    struct value *firings = firings_print(of, alert, &count);
    spending_worst(of->spending, alert->lookback, spending_start(of->spending),
                   spending_end(of->spending), &worst);
    value_set(map, "policy", value_new_string(alert->policy));
    value_set(map, "condition", value_new_string(alert->condition));
    value_set(map, "severity", value_new_string(alert->severity));
    value_set(map, "threshold",
              number_print((double)(alert->threshold.part / alert->threshold.whole)));
    value_set(map, "lookbackSeconds", seconds_print(alert->lookback));
    value_set(map, "alertAfterSeconds", seconds_print(alert->after));
    value_set(map, "alertWhenBreaching", value_new_bool(alert->when_breaching));
    value_set(map, "alertWhenResolved", value_new_bool(alert->when_resolved));
    value_set(map, "worstBurnRate", burn_print(of, worst));
    value_set(map, "count", value_new_int((int64_t)count));
    value_set(map, "firings", firings);
    return map;
}

/* ---- the row ---- */

static void put_head(const struct objective_judgement *of, struct value *row)
{
    static const char *const methods[] = { "Occurrences", "Timeslices", "RatioTimeslices" };
    const struct slo *slo = of->slo;
    const struct spending_share miss = objective_of(of)->miss;
    char *name = slo->objective_count > 1 ? mem_format("%s#%zu", slo->name, of->number + 1)
                                          : mem_text(slo->name, strlen(slo->name));
    char *window = mem_format("%lld%c", (long long)slo->window.count, slo->window.unit);
    value_set(row, "name", value_new_string(name));
    value_set(row, "objective",
              objective_of(of)->name ? value_new_string(objective_of(of)->name) : value_new_null());
    value_set(row, "service", value_new_string(slo->service));
    value_set(row, "method", value_new_string(methods[slo->method]));
    value_set(row, "window", value_new_string(window));
    value_set(row, "rolling", value_new_bool(slo->window.rolling));
    value_set(row, "target", number_print((double)((miss.whole - miss.part) / miss.whole)));
    value_set(row, "unit", value_new_string(of->unit));
    free(window);
    free(name);
}

void objective_print(const struct objective_judgement *of, struct value *row)
{
    struct windows all = windows_of(of);
    const struct window *worst = worst_of(&all);
    const struct spending_sums sums =
        spending_within(of->spending, spending_start(of->spending), spending_end(of->spending));
    struct value *windows = value_new_list(), *alerts = value_new_list();
    put_head(of, row);
    value_set(row, "observedSeconds",
              seconds_print(spending_end(of->spending) - spending_start(of->spending)));
    value_set(row, "attained", value_new_bool(worst != NULL && is_attained(of, worst->sums)));
    value_set(row, "attainment", worst ? attainment_print(worst->sums) : value_new_null());
    value_set(row, "budget", worst ? budget_print(of, worst) : value_new_null());
    value_set(row, "burnRate", burn_print(of, sums));
    if (of->slices != NULL) {
        value_set(row, "slices", value_new_int((int64_t)of->slices[0]));
        value_set(row, "badSlices", value_new_int((int64_t)of->slices[1]));
    }
    for (size_t i = 0; i < all.count; i++)
        value_add(windows, window_print(of, &all.items[i]));
    for (size_t i = 0; i < of->slo->alert_count; i++)
        value_add(alerts, alert_print(of, &of->slo->alerts[i]));
    value_set(row, "windows", windows);
    value_set(row, "alerts", alerts);
    free(all.items);
}
