/* Signals as a scenario writes them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/nearest.h"
#include "sim/chance/parameters.h"
#include "sim/chance/signal_private.h"

enum { MOST_PARTS_DEEP = 16 }; /* sums of sums of ... */
static const double LARGEST = 1e18;

struct reading {
    signal_amount_fn *amount; /* NULL: plain numbers */
    int depth;
};

static struct signal *load(struct reading reading, const struct value *from, struct error *error);

/* ---- amounts and times ---- */

static bool amount_load(struct reading reading, const struct value *from, double *amount,
                        struct error *error)
{
    if (reading.amount != NULL) {
        if (!reading.amount(from, amount, error))
            return false;
    } else if (from->type != VALUE_NUMBER) {
        return error_set(error, from->at, "is not a number");
    } else {
        *amount = value_double(from, NAN);
    }
    if (!(*amount >= 0))
        return error_set(error, from->at, "must not be negative");
    return *amount <= LARGEST || error_set(error, from->at, "is too large");
}

/* A duration, or a number of seconds. */
static bool time_load(const struct value *from, sim_time *time, struct error *error)
{
    if (from->type == VALUE_NUMBER)
        *time = sim_time_from_seconds(value_double(from, 0));
    else if (from->type != VALUE_STRING)
        return error_set(error, from->at, "is not a duration");
    else if (!sim_time_parse(from->text, from->at, time, error))
        return false;
    return *time >= 0 || error_set(error, from->at, "must not be negative");
}

static bool need_amount(struct reading reading, const struct value *map, const char *name,
                        double *amount, struct error *error)
{
    const struct value *from = parameters_need(map, name, error);
    if (from == NULL)
        return false;
    return amount_load(reading, from, amount, error) || error_wrap(error, "%s", name);
}

/* Absent: *time stays as it is. */
static bool may_have_time(const struct value *map, const char *name, sim_time *time,
                          struct error *error)
{
    const struct value *from = value_get(map, name);
    return from == NULL || time_load(from, time, error) || error_wrap(error, "%s", name);
}

static bool need_time(const struct value *map, const char *name, sim_time *time,
                      struct error *error)
{
    return parameters_need(map, name, error) != NULL && may_have_time(map, name, time, error);
}

static struct signal *fault(struct error *error, const struct value *at, const char *text)
{
    error_set(error, at->at, "%s", text);
    return NULL;
}

/* ---- the forms ---- */

static struct signal *load_diurnal(struct reading reading, const struct value *map,
                                   struct error *error)
{
    static const char *const names[] = { "mean", "amplitude", "peak", "period", NULL };
    double mean = 0, amplitude = 0;
    sim_time peak = 0, period = SIM_DAY;
    if (map->type != VALUE_MAP)
        return fault(error, map, "has no parameters");
    if (!parameters_check(map, names, error) || !need_amount(reading, map, "mean", &mean, error) ||
        !need_amount(reading, map, "amplitude", &amplitude, error) ||
        !need_time(map, "peak", &peak, error) || !may_have_time(map, "period", &period, error))
        return NULL;
    if (amplitude > mean)
        return fault(error, value_get(map, "amplitude"),
                     "amplitude is above the mean, so that the value would be negative");
    if (period == 0)
        return fault(error, value_get(map, "period"), "period must be positive");
    return signal_new_diurnal(mean, amplitude, peak, period);
}

static struct signal *load_spikes(struct reading reading, const struct value *map,
                                  struct error *error)
{
    static const char *const names[] = { "base", "height", "at", "lasts", "every", NULL };
    double base = 0, height = 0;
    sim_time at = 0, lasts = 0, every = 0;
    if (map->type != VALUE_MAP)
        return fault(error, map, "has no parameters");
    if (!parameters_check(map, names, error) ||
        (value_get(map, "base") != NULL && !need_amount(reading, map, "base", &base, error)) ||
        !need_amount(reading, map, "height", &height, error) || !need_time(map, "at", &at, error) ||
        !need_time(map, "lasts", &lasts, error) || !may_have_time(map, "every", &every, error))
        return NULL;
    if (lasts == 0)
        return fault(error, value_get(map, "lasts"), "lasts must be positive");
    if (value_get(map, "every") != NULL && every <= lasts)
        return fault(error, value_get(map, "every"), "every must be longer than lasts");
    return signal_new_spikes(base, height, at, lasts, every);
}

static bool point_load(struct reading reading, const struct value *from, struct signal_point *into,
                       struct error *error)
{
    static const char *const names[] = { "at", "value", NULL };
    if (from->type != VALUE_MAP)
        return error_set(error, from->at, "is not a point, as {at: 10m, value: 3}");
    return parameters_check(from, names, error) && need_time(from, "at", &into->at, error) &&
           need_amount(reading, from, "value", &into->value, error);
}

static struct signal *load_points(struct reading reading, enum signal_shape shape,
                                  const struct value *from, struct error *error)
{
    static const char *const names[] = { "points", "every", NULL };
    struct signal *signal = NULL;
    sim_time every = 0;
    const struct value *list = from;
    if (from->type == VALUE_MAP && (!parameters_check(from, names, error) ||
                                    (list = parameters_need(from, "points", error)) == NULL ||
                                    !may_have_time(from, "every", &every, error)))
        return NULL;
    if (list->type != VALUE_LIST || list->count == 0)
        return fault(error, list, "must be a list of at least one point");
    struct signal_point *points = mem_new(list->count * sizeof *points);
    for (size_t i = 0; i < list->count; i++) {
        if (!point_load(reading, list->items[i], &points[i], error))
            goto done;
        if (i > 0 && points[i].at <= points[i - 1].at) {
            fault(error, list->items[i], "is not later than the point before it");
            goto done;
        }
    }
    if (value_get(from, "every") != NULL && every <= points[list->count - 1].at)
        fault(error, value_get(from, "every"), "every must be later than the last point");
    else
        signal = signal_new_points(shape, points, list->count, every);
done:
    free(points);
    return signal;
}

static struct signal *load_steps(struct reading reading, const struct value *from,
                                 struct error *error)
{
    return load_points(reading, SIGNAL_STEPS, from, error);
}

static struct signal *load_line(struct reading reading, const struct value *from,
                                struct error *error)
{
    return load_points(reading, SIGNAL_LINE, from, error);
}

static struct signal *load_sum(struct reading reading, const struct value *list,
                               struct error *error)
{
    struct signal *signal = NULL;
    size_t count = 0;
    if (list->type != VALUE_LIST || list->count == 0)
        return fault(error, list, "must be a list of at least one");
    if (++reading.depth > MOST_PARTS_DEEP)
        return fault(error, list, "is nested too deeply");
    struct signal **parts = mem_new(list->count * sizeof(struct signal *));
    while (count < list->count && (parts[count] = load(reading, list->items[count], error)) != NULL)
        count++;
    if (count == list->count)
        signal = signal_new_sum(parts, count);
    for (size_t i = 0; signal == NULL && i < count; i++)
        signal_free(parts[i]);
    free(parts);
    return signal;
}

static struct signal *load_file(struct reading reading, const struct value *from,
                                struct error *error)
{
    (void)reading;
    return fault(error, from, "no file can be opened here");
}

static const struct {
    const char *name;
    struct signal *(*load)(struct reading, const struct value *from, struct error *error);
} forms[] = {
    { "steps", load_steps },   { "line", load_line }, { "diurnal", load_diurnal },
    { "spikes", load_spikes }, { "file", load_file }, { "sum", load_sum },
};

static struct signal *load_form(struct reading reading, const struct value_entry *entry,
                                struct error *error)
{
    struct nearest near = nearest_to(entry->key);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        nearest_offer(&near, forms[i].name);
        if (strcmp(forms[i].name, entry->key) != 0)
            continue;
        struct signal *signal = forms[i].load(reading, entry->value, error);
        if (signal == NULL)
            error_wrap(error, "%s", entry->key);
        return signal;
    }
    error_set(error, entry->at, "unknown signal \"%.60s\" (try %s)", entry->key,
              near.found ? near.found : "steps, line, diurnal, spikes, file or sum");
    return NULL;
}

static struct signal *load(struct reading reading, const struct value *from, struct error *error)
{
    double constant;
    if (from->type == VALUE_NUMBER || from->type == VALUE_STRING)
        return amount_load(reading, from, &constant, error) ? signal_new_constant(constant) : NULL;
    if (from->type == VALUE_MAP && from->count == 1)
        return load_form(reading, &from->entries[0], error);
    return fault(error, from,
                 "a signal is an amount or one name with its parameters "
                 "({diurnal: {mean: 100, amplitude: 60, peak: 14h}})");
}

struct signal *signal_load(const struct value *from, signal_amount_fn *amount, struct error *error)
{
    return load((struct reading){ .amount = amount }, from, error);
}
