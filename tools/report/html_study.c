/* Looking things up in the results of an experiment, and printing its numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/html_experiment_private.h"
#include "tools/report/report.h"

double number_of(const struct value *map, const char *key)
{
    return value_double(value_get(map, key), NAN);
}

bool is_of_design(const struct value *point)
{
    return value_is_null(value_get(point, "without"));
}

const struct value *point_numbered(const struct study_view *study, int64_t number)
{
    for (size_t i = 0; study->points != NULL && i < study->points->count; i++)
        if (value_int(value_get(study->points->items[i], "number"), -1) == number)
            return study->points->items[i];
    return NULL;
}

const struct value *baseline_of(const struct study_view *study)
{
    for (size_t i = 0; study->points != NULL && i < study->points->count; i++)
        if (value_truth(value_get(study->points->items[i], "baseline"), false))
            return study->points->items[i];
    return value_at(study->points, 0);
}

const struct value *estimate_of(const struct value *point, size_t response)
{
    return value_at(value_get(point, "estimates"), response);
}

const struct value *comparison_of(const struct study_view *study, const struct value *point,
                                  const struct response_view *response)
{
    const struct value *list = study->comparisons;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (value_equal(value_get(list->items[i], "point"), value_get(point, "number")) &&
            strcmp(text_of(list->items[i], "response"), text_of(response->of, "name")) == 0)
            return list->items[i];
    return NULL;
}

/* ---- responses ---- */

/* What the ends of paths are called before people. */
static const struct {
    const char *path, *words;
} known[] = {
    { "availability", "Availability" },
    { "downtimeSeconds", "Downtime" },
    { "degradedSeconds", "Degraded time" },
    { "bringUpSeconds", "Time to bring up" },
    { "notReadyReplicaSeconds", "Missing replica time" },
    { "outages", "Outages" },
    { "failed", "Failed requests" },
    { "failedShare", "Share of failed requests" },
    { "restarts", "Restarts" },
    { "latency.p99", "Latency, p99," },
    { "recover.mean", "Time to recover, mean," },
    { "recover.p95", "Time to recover, p95," },
    { "schedulingLatency.p99", "Scheduling latency, p99," },
};

/* "Availability of deployment/web" for workloads[deployment/web].availability, unless the user gave it a name. */
static char *print_title(const struct value *response)
{
    const char *name = text_of(response, "name"), *path = text_of(response, "path");
    const char *open = strchr(path, '['), *close = strstr(path, "].");
    if (strcmp(name, path) != 0 || open == NULL || close == NULL || close < open)
        return mem_text(name, strlen(name));
    const char *words = close + 2;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(close + 2, known[i].path) == 0)
            words = known[i].words;
    return mem_format("%s of %.*s", words, (int)(close - open - 1), open + 1);
}

struct response_view response_view(const struct study_view *study, size_t place)
{
    const size_t number = study->order[place];
    const struct value *of = value_at(study->responses, number);
    const char *unit = value_text(value_get(of, "unit"), NULL), *better = text_of(of, "better");
    return (struct response_view){
        .of = of,
        .number = number,
        .title = print_title(of),
        .unit = unit != NULL && strcmp(unit, "s") == 0 ? "seconds" : unit,
        .better = strcmp(better, "higher") == 0  ? 1
                  : strcmp(better, "lower") == 0 ? -1
                                                 : 0,
    };
}

/* Did a response come to anything else at all, in one run or another? */
static bool varies(const struct study_view *study, size_t response)
{
    double first = NAN;
    for (size_t i = 0; i < study->points->count; i++) {
        const struct value *estimate = estimate_of(study->points->items[i], response);
        const double mean = number_of(estimate, "mean");
        if (!is_of_design(study->points->items[i]) || !isfinite(mean))
            continue;
        if (number_of(estimate, "low") < number_of(estimate, "high") ||
            (isfinite(first) && mean != first))
            return true;
        first = mean;
    }
    return false;
}

static bool is_significant(const struct study_view *study, size_t response)
{
    const char *name = text_of(study->responses->items[response], "name");
    const struct value *list = study->comparisons;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (value_truth(value_get(list->items[i], "significant"), false) &&
            strcmp(text_of(list->items[i], "response"), name) == 0)
            return true;
    return false;
}

void study_view_order(struct study_view *study)
{
    const size_t count = study->responses->count;
    size_t placed = 0;
    study->order = mem_resize(NULL, (count + 1) * sizeof *study->order);
    for (int rank = 2; rank >= 0; rank--) {
        for (size_t i = 0; i < count; i++)
            if ((varies(study, i) ? 1 + is_significant(study, i) : 0) == rank)
                study->order[placed++] = i;
        if (rank == 1)
            study->shown = placed > 0 ? placed : count;
    }
}

void response_view_close(struct response_view *response)
{
    free(response->title);
}

/* ---- numbers ---- */

static bool is_unit(const char *unit, const char *name)
{
    return unit != NULL && strcmp(unit, name) == 0;
}

static char *print_seconds(double seconds)
{
    struct value *size = chart_number(fabs(seconds));
    char *duration = print_duration(size);
    char *text = mem_format("%s%s", seconds < 0 && fabs(seconds) > 1e-9 ? "-" : "", duration);
    free(duration);
    value_drop(size);
    return text;
}

/* Digits behind the point so that a length shows two of its own. */
static int digits_for(double length)
{
    const int digits = length > 0 && isfinite(length) ? 1 - (int)floor(log10(length)) : 2;
    return digits < 0 ? 0 : digits > 10 ? 10 : digits;
}

char *print_with_interval(double mean, double low, double high, const char *unit)
{
    const bool is_share = is_unit(unit, "share"), has_interval = isfinite(low) && isfinite(high);
    const double scale = is_share ? 100 : 1;
    if (!isfinite(mean))
        return mem_text("-", 1);
    if (low == high) { /* nothing varied, and so nothing tells how far it could */
        char *value = print_value(mean, unit), *text = mem_format("%s (all alike)", value);
        free(value);
        return text;
    }
    if (is_unit(unit, "seconds")) {
        char *middle = print_seconds(mean), *from = print_seconds(low), *to = print_seconds(high);
        char *text =
            has_interval ? mem_format("%s [%s, %s]", middle, from, to) : mem_format("%s", middle);
        free(middle);
        free(from);
        free(to);
        return text;
    }
    const int digits = digits_for(has_interval && high > low ? (high - low) / 2 * scale
                                                             : fabs(mean * scale) / 100);
    const char *behind = is_share ? " %" : unit != NULL ? " " : "";
    const char *name = is_share || unit == NULL ? "" : unit;
    if (!has_interval)
        return mem_format("%.*f%s%s", digits, mean * scale, behind, name);
    return mem_format("%.*f%s%s [%.*f, %.*f]", digits, mean * scale, behind, name, digits,
                      low * scale, digits, high * scale);
}

char *print_estimate(const struct value *map, const char *key, const char *unit)
{
    return print_with_interval(number_of(map, key), number_of(map, "low"), number_of(map, "high"),
                               unit);
}

char *print_value(double value, const char *unit)
{
    if (!isfinite(value))
        return mem_text("-", 1);
    if (is_unit(unit, "seconds"))
        return print_seconds(value);
    if (is_unit(unit, "share")) {
        struct value *share = chart_number(value);
        char *text = print_availability(share);
        value_drop(share);
        return text;
    }
    return mem_format("%.6g%s%s", value, unit != NULL ? " " : "", unit != NULL ? unit : "");
}

char *print_probability(double p)
{
    return !isfinite(p) ? mem_text("-", 1)
           : p < 0.001  ? mem_text("< 0.001", 7)
                        : mem_format("%.3f", p);
}

char *print_causes_of(const struct value *point, const struct response_view *response)
{
    const struct value *causes = value_get(point, "causes");
    const char *path = text_of(response->of, "path");
    struct value *rows = value_new_list();
    for (size_t i = 0; causes != NULL && i < causes->count; i++) {
        char *row = mem_format("[%s]", text_of(causes->items[i], "row"));
        if (strstr(path, row) != NULL) {
            struct value *map = value_new_map();
            value_set(map, "kind", value_hold(value_get(causes->items[i], "kind")));
            value_set(map, "downtimeShare", value_hold(value_get(causes->items[i], "share")));
            value_add(rows, map);
        }
        free(row);
    }
    char *text = print_causes(rows);
    value_drop(rows);
    return text;
}
