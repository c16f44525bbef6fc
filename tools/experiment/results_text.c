/* Results as tables for a terminal: for each response a table of points with intervals, and what the
 * difference from the baseline is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/experiment/print.h"
#include "tools/report/table.h"

/* ── numbers ── */

/* Digits behind the point so that half an interval shows two of its own. */
static int digits_for(double half, double mean)
{
    const double of = half > 0 && isfinite(half) ? half : fabs(mean) / 100;
    if (!(of > 0) || !isfinite(of))
        return 2;
    const int digits = 1 - (int)floor(log10(of));
    return digits < 0 ? 0 : digits > 12 ? 12 : digits;
}

char *print_measure(double mean, double low, double high, const char *unit)
{
    const bool is_share = unit != NULL && strcmp(unit, "share") == 0;
    const double scale = is_share ? 100 : 1;
    const int digits = digits_for((high - low) / 2 * scale, mean * scale);
    const char *behind = is_share ? " %" : unit != NULL ? " " : "";
    if (!isfinite(mean))
        return mem_text("-", 1);
    if (!isfinite(low) || !isfinite(high))
        return mem_format(is_share ? "%.6g%s%s" : "%.3g%s%s", mean * scale, behind,
                          is_share || unit == NULL ? "" : unit);
    if (low == high) /* nothing varied, and so nothing tells how far it could */
        return mem_format("%.*f%s%s (all alike)", digits, mean * scale, behind,
                          is_share || unit == NULL ? "" : unit);
    return mem_format("%.*f%s%s [%.*f, %.*f]", digits, mean * scale, behind,
                      is_share || unit == NULL ? "" : unit, digits, low * scale, digits,
                      high * scale);
}

static double number_of(const struct value *map, const char *key)
{
    return value_double(value_get(map, key), NAN);
}

static char *measure_of(const struct value *map, const char *key, const char *unit)
{
    return print_measure(number_of(map, key), number_of(map, "low"), number_of(map, "high"), unit);
}

char *print_p(double p)
{
    return !isfinite(p) ? mem_text("-", 1)
           : p < 0.001  ? mem_text("<0.001", 6)
                        : mem_format("%.3f", p);
}

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* ── rows ── */

/* What is said of a point and a response in a list; NULL. */
static const struct value *find(const struct value *list, int64_t point, const char *response)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (value_int(value_get(list->items[i], "point"), -1) == point &&
            strcmp(text_of(list->items[i], "response"), response) == 0)
            return list->items[i];
    return NULL;
}

/* How many times narrower the interval is than on luck of their own. */
static char *print_gain(const struct value *comparison)
{
    const double half = (number_of(comparison, "high") - number_of(comparison, "low")) / 2;
    const double gain = number_of(comparison, "independentHalfWidth") / half;
    return isfinite(gain) ? mem_format("%.1fx", gain) : mem_text("-", 1);
}

static void add_point(struct text_table *table, const struct value *results,
                      const struct value *point, size_t response, const char *unit)
{
    const struct value *estimate = value_at(value_get(point, "estimates"), response);
    const struct value *comparison =
        find(value_get(results, "comparisons"), value_int(value_get(point, "number"), -1),
             text_of(estimate, "response"));
    struct table_row *line = text_table_row(table);
    line->cells[0] = mem_format("%s", text_of(point, "name"));
    line->cells[1] = mem_format("%lld", (long long)value_int(value_get(estimate, "count"), 0));
    line->cells[2] = measure_of(estimate, "mean", unit);
    if (comparison == NULL) {
        line->cells[3] =
            mem_format("%s", value_truth(value_get(point, "baseline"), false) ? "(baseline)" : "");
        return;
    }
    const double correlation = number_of(comparison, "correlation");
    line->cells[3] = measure_of(comparison, "difference", unit);
    line->cells[4] = print_p(number_of(comparison, "adjusted"));
    line->cells[5] = isfinite(correlation) ? mem_format("%.2f", correlation) : mem_text("-", 1);
    line->cells[6] = print_gain(comparison);
}

static void write_note(const struct value *results, size_t response, struct writer *out)
{
    const struct value *points = value_get(results, "points");
    size_t missing = 0;
    for (size_t i = 0; i < points->count; i++)
        missing += (size_t)value_int(
            value_get(value_at(value_get(points->items[i], "estimates"), response), "missing"), 0);
    if (missing > 0)
        writer_format(out, "  left out: %zu run%s without a value\n", missing,
                      missing == 1 ? "" : "s");
}

static void write_response(const struct value *results, size_t number, struct writer *out)
{
    const struct value *response = value_at(value_get(results, "responses"), number);
    const struct value *points = value_get(results, "points");
    const char *unit = value_text(value_get(response, "unit"), NULL);
    const bool compares = value_get(results, "comparisons")->count > 0;
    struct text_table table = { .heads = { "POINT", "-N", "-MEAN",
                                           compares ? "-LESS BASELINE" : NULL, "-P", "-CORR",
                                           "-GAIN" } };
    writer_format(out, "\n%s%s%s\n", text_of(response, "name"),
                  value_is_null(value_get(response, "better")) ? "" : ", better when ",
                  value_is_null(value_get(response, "better")) ? "" : text_of(response, "better"));
    for (size_t i = 0; i < points->count; i++)
        if (value_get(points->items[i], "without") == NULL)
            add_point(&table, results, points->items[i], number, unit);
    text_table_print(&table, out);
    text_table_close(&table);
    write_note(results, number, out);
}

/* ── what it was lost to ── */

static bool is_of_row(const struct value *cause, const char *row, const char *space)
{
    return strcmp(text_of(cause, "row"), row) == 0 &&
           (space == NULL || strcmp(text_of(cause, "namespace"), space) == 0);
}

/* The cause of a row with the greatest share below that of `above` (NULL: any), the first of equals after it;
 * NULL: there is none. */
static const struct value *next_cause(const struct value *causes, const char *row,
                                      const char *space, const struct value *above)
{
    const struct value *next = NULL;
    bool is_behind = false; /* the place of `above` in the list */
    for (size_t i = 0; i < causes->count; i++) {
        const struct value *cause = causes->items[i];
        const double share = number_of(cause, "share");
        const double most = above != NULL ? number_of(above, "share") : INFINITY;
        if (is_of_row(cause, row, space) && share > 0 && cause != above &&
            (share < most || (share == most && is_behind)) &&
            (next == NULL || share > number_of(next, "share")))
            next = cause;
        is_behind = is_behind || cause == above;
    }
    return next;
}

/* "61 % node-crash, 39 % bad-release" of a row, the greatest first; NULL: nothing was lost. */
static char *print_shares(const struct value *causes, const char *row, const char *space)
{
    struct writer out = { 0 };
    const struct value *cause = next_cause(causes, row, space, NULL);
    for (; cause != NULL; cause = next_cause(causes, row, space, cause))
        writer_format(&out, "%s%.0f %% %s", out.length > 0 ? ", " : "",
                      number_of(cause, "share") * 100, text_of(cause, "kind"));
    return out.length > 0 ? writer_take(&out) : NULL;
}

static bool is_first_of_row(const struct value *causes, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(text_of(causes->items[i], "row"), text_of(causes->items[index], "row")) == 0 &&
            strcmp(text_of(causes->items[i], "namespace"),
                   text_of(causes->items[index], "namespace")) == 0)
            return false;
    return true;
}

static void write_attribution(const struct value *results, struct writer *out)
{
    const struct value *points = value_get(results, "points");
    bool has_head = false;
    for (size_t i = 0; i < points->count; i++) {
        const struct value *causes = value_get(points->items[i], "causes");
        for (size_t j = 0; j < causes->count; j++) {
            char *shares =
                is_first_of_row(causes, j) && value_get(points->items[i], "without") == NULL
                    ? print_shares(causes, text_of(causes->items[j], "row"),
                                   text_of(causes->items[j], "namespace"))
                    : NULL;
            if (shares != NULL) {
                writer_add(out, has_head ? "" : "\ndowntime by cause, as it was attributed\n");
                writer_format(out, "  %s: %s: %s\n", text_of(points->items[i], "name"),
                              text_of(causes->items[j], "row"), shares);
                has_head = true;
            }
            free(shares);
        }
    }
}

static const char *unit_of(const struct value *results, const char *response)
{
    const struct value *responses = value_get(results, "responses");
    for (size_t i = 0; i < responses->count; i++)
        if (strcmp(text_of(responses->items[i], "name"), response) == 0)
            return value_text(value_get(responses->items[i], "unit"), NULL);
    return NULL;
}

static void write_counterfactual(const struct value *results, struct writer *out)
{
    const struct value *all = value_get(results, "counterfactual");
    struct text_table table = { .heads = { "WITHOUT", "RESPONSE", "-MEAN", "-BASELINE LESS THIS",
                                           "-P" } };
    if (all->count == 0)
        return;
    size_t alike = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct value *saving = all->items[i];
        if (number_of(saving, "low") == 0 && number_of(saving, "high") == 0) {
            alike++; /* every run is as it was */
            continue;
        }
        const char *unit = unit_of(results, text_of(saving, "response"));
        struct table_row *line = text_table_row(&table);
        line->cells[0] = mem_format("%s", text_of(saving, "cause"));
        line->cells[1] = mem_format("%s", text_of(saving, "response"));
        line->cells[2] = print_measure(number_of(saving, "mean"), NAN, NAN, unit);
        line->cells[3] = measure_of(saving, "saved", unit);
        line->cells[4] = print_p(number_of(saving, "adjusted"));
    }
    writer_add(out, "\nif a cause were not there (the baseline on the same luck)\n");
    text_table_print(&table, out);
    if (alike > 0)
        writer_format(out, "  left out: %zu where nothing changes\n", alike);
    text_table_close(&table);
}

/* ── one point ── */

/* The point, if there is only one beside those of the counterfactual; NULL. */
static const struct value *only_point(const struct value *results)
{
    const struct value *points = value_get(results, "points"), *only = NULL;
    for (size_t i = 0; i < points->count; i++) {
        if (value_get(points->items[i], "without") != NULL)
            continue;
        if (only != NULL)
            return NULL;
        only = points->items[i];
    }
    return only;
}

/* What the downtime of a response's row was lost to; NULL: nothing, or it is of no row. */
static char *print_lost_to(const struct value *point, const char *path)
{
    const char *open = strchr(path, '['), *close = strchr(path, ']');
    if (open == NULL || close == NULL)
        return NULL;
    char *row = mem_text(open + 1, (size_t)(close - open - 1));
    char *shares = print_shares(value_get(point, "causes"), row, NULL);
    char *note = shares != NULL ? mem_format("downtime: %s", shares) : NULL;
    free(row);
    free(shares);
    return note;
}

/* A row for each response. */
static void write_only(const struct value *results, const struct value *point, struct writer *out)
{
    const struct value *responses = value_get(results, "responses");
    struct text_table table = { .heads = { "RESPONSE", "-N", "-MEAN", "-MEDIAN", "-WORST RUN" } };
    writer_add_char(out, '\n');
    for (size_t i = 0; i < responses->count; i++) {
        const struct value *response = responses->items[i];
        const struct value *estimate = value_at(value_get(point, "estimates"), i);
        const char *unit = value_text(value_get(response, "unit"), NULL);
        struct table_row *line = text_table_row(&table);
        line->cells[0] = mem_format("%s", text_of(response, "name"));
        line->cells[1] = mem_format("%lld", (long long)value_int(value_get(estimate, "count"), 0));
        line->cells[2] = measure_of(estimate, "mean", unit);
        line->cells[3] = print_measure(number_of(estimate, "median"), NAN, NAN, unit);
        const bool is_high = strcmp(text_of(response, "better"), "higher") == 0;
        line->cells[4] =
            print_measure(number_of(estimate, is_high ? "least" : "most"), NAN, NAN, unit);
        line->note = print_lost_to(point, text_of(response, "path"));
    }
    text_table_print(&table, out);
    text_table_close(&table);
    for (size_t i = 0; i < responses->count; i++)
        write_note(results, i, out);
}

/* ── the whole ── */

void results_print(const struct value *results, struct writer *out)
{
    const struct value *responses = value_get(results, "responses");
    const char *question = value_text(value_get(results, "question"), NULL);
    if (question != NULL)
        text_wrapped(question, 0, out);
    writer_format(
        out, "%s: %lld runs at %zu point%s, %g %% intervals%s%s; stopped by %s\n",
        text_of(results, "name"), (long long)value_int(value_get(results, "replications"), 0),
        value_get(results, "points")->count, value_get(results, "points")->count == 1 ? "" : "s",
        100 * number_of(results, "confidence"),
        value_truth(value_get(results, "commonRandomNumbers"), false) &&
                value_get(results, "points")->count > 1
            ? ", common random numbers"
            : "",
        value_truth(value_get(results, "antithetic"), false) ? ", antithetic pairs" : "",
        text_of(results, "stopped"));
    const struct value *only = only_point(results);
    if (only != NULL)
        write_only(results, only, out);
    for (size_t i = 0; only == NULL && i < responses->count; i++)
        write_response(results, i, out);
    if (only == NULL)
        write_attribution(results, out);
    write_counterfactual(results, out);
}
