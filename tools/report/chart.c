/* Building the JSON of charts. */
#include "tools/report/chart.h"

#include <math.h>
#include <stdlib.h>

#include "sim/base/memory.h"

struct value *chart_new(const char *type, const char *label)
{
    struct value *chart = value_new_map();
    value_set(chart, "type", value_new_string(type));
    value_set(chart, "label", value_new_string(label));
    return chart;
}

struct value *chart_axis(struct value *chart, const char *axis, const char *title, const char *unit)
{
    struct value *map = value_new_map();
    value_set(map, "title", title != NULL ? value_new_string(title) : value_new_null());
    value_set(map, "unit", unit != NULL ? value_new_string(unit) : value_new_null());
    value_set(chart, axis, map);
    return map;
}

void chart_add(struct value *map, const char *key, struct value *item)
{
    struct value *list = value_get(map, key);
    if (list == NULL) {
        list = value_new_list();
        value_set(map, key, list);
    }
    value_add(list, item);
}

void chart_category(struct value *chart, const char *name)
{
    chart_add(chart, "categories", value_new_string(name));
}

struct value *chart_series(struct value *chart, const char *name)
{
    struct value *series = value_new_map();
    value_set(series, "name", value_new_string(name));
    chart_add(chart, "series", series);
    return series;
}

struct value *chart_number(double number)
{
    if (!isfinite(number))
        return value_new_null();
    char *text = mem_format("%.10g", number);
    struct value *value = value_new_number(text);
    free(text);
    return value;
}

struct value *chart_numbers(const double *numbers, size_t count)
{
    struct value *list = value_new_list();
    for (size_t i = 0; i < count; i++)
        value_add(list, chart_number(numbers[i]));
    return list;
}
