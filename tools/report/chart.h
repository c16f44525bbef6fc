/* Charts as data: what is shown, as JSON that page/kinds.js draws.
 *
 * A chart is a map with `type`, `label` (what a screen reader says), the axes `x` and `y` and the data:
 *
 *     time         series: {name, style, points: [[seconds, value], ...]}; bands: [[from, to], ...] that are shaded;
 *                  marks: {at, kind, text: [...]} and their kinds: {name, colour}
 *     intervals    categories; series: {name, values: [[low, estimate, high] or null], hollow, notes}; reference
 *     quantiles    categories; marks: names of quantiles; values: [[...] or null], one list for each category
 *     bars         categories; series: {name, colour, values, notes}; stacked
 *     scatter      series: {name, hidden, points: [[x, y] or null, ...]}, one for each replication
 *     convergence  series: {name, hidden, points: [[count, estimate, low, high], ...]}
 *
 * An axis has `title`, `unit` ("seconds", "share", any other that is printed behind, or null) and `log`, `whole`,
 * `within`: [least, most] that can be. */
#ifndef TOOLS_REPORT_CHART_H
#define TOOLS_REPORT_CHART_H

#include "sim/base/value.h"

/* A chart of a type, with empty lists; a new reference. */
struct value *chart_new(const char *type, const char *label);

/* Title and unit of an axis ("x" or "y"); borrowed. NULL: none. */
struct value *chart_axis(struct value *chart, const char *axis, const char *title,
                         const char *unit);

/* One more category, or series; the latter is borrowed. */
void chart_category(struct value *chart, const char *name);
struct value *chart_series(struct value *chart, const char *name);

/* Append to the list of a key of a map, which is made if it is missing; takes the reference. */
void chart_add(struct value *map, const char *key, struct value *item);

/* A number of ten digits; null when it is not finite. */
struct value *chart_number(double number);

/* [a, b], [a, b, c] or [a, b, c, d]. */
struct value *chart_numbers(const double *numbers, size_t count);
#define CHART_NUMBERS(...)                                                                         \
    chart_numbers((const double[]){ __VA_ARGS__ },                                                 \
                  sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

#endif
