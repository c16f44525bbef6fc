/* What the reports share. */
#include "tools/report/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/api/kinds.h"
#include "sim/base/memory.h"
#include "sim/base/time.h"

char *print_availability(const struct value *availability)
{
    if (value_is_null(availability))
        return mem_text("-", 1);
    double percent = 100 * value_double(availability, 0);
    int digits = 2;
    while (percent < 100 && digits < 7 && 100 - percent < 0.5 * pow(10, -digits))
        digits++;
    return mem_format("%.*f %%", digits, percent);
}

char *print_duration(const struct value *seconds)
{
    if (value_is_null(seconds))
        return mem_text("-", 1);
    static const struct {
        sim_time least, unit;
    } grains[] = { { SIM_DAY, SIM_MINUTE },
                   { SIM_HOUR, SIM_SECOND },
                   { SIM_SECOND, SIM_SECOND / 10 },
                   { SIM_MILLISECOND, SIM_MILLISECOND / 10 },
                   { 0, 1 } };
    sim_time time = sim_time_from_seconds(value_double(seconds, 0));
    size_t i = 0;
    while (time < grains[i].least)
        i++;
    char text[SIM_TIME_TEXT];
    sim_time rounded = (time + grains[i].unit / 2) / grains[i].unit * grains[i].unit;
    sim_time_print(rounded, text);
    return mem_text(text, strlen(text));
}

static int by_share(const void *a, const void *b)
{
    const struct value *left = *(struct value *const *)a, *right = *(struct value *const *)b;
    double x = value_double(value_get(left, "downtimeShare"), 0);
    double y = value_double(value_get(right, "downtimeShare"), 0);
    return (x < y) - (x > y);
}

char *print_causes(const struct value *causes)
{
    struct writer text = { 0 };
    size_t count = causes ? causes->count : 0;
    struct value **sorted = mem_resize(NULL, (count + 1) * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = causes->items[i];
    qsort(sorted, count, sizeof *sorted, by_share);
    for (size_t i = 0; i < count; i++) {
        double percent = 100 * value_double(value_get(sorted[i], "downtimeShare"), 0);
        if (percent > 0)
            writer_format(&text, "%s%.*f %% %s", text.length ? ", " : "",
                          percent < 1 || (percent > 99 && percent < 100) ? 1 : 0, percent,
                          value_text(value_get(sorted[i], "kind"), ""));
    }
    free(sorted);
    if (text.length == 0)
        return NULL;
    return writer_take(&text);
}

char *print_row_note(const struct value *row)
{
    char *causes = print_causes(value_get(row, "causes"));
    const char *reason = value_text(value_get(row, "reason"), NULL);
    char *note = NULL;
    if (causes != NULL || reason != NULL)
        note =
            mem_format("%s%s%s%s%s", causes ? "downtime: " : "", causes ? causes : "",
                       causes && reason ? "; " : "", reason ? "now: " : "", reason ? reason : "");
    free(causes);
    return note;
}

const char *short_kind(const char *kind)
{
    if (strcmp(kind, "Pod") == 0)
        return "pod"; /* as everybody writes it */
    for (int i = 0; i < KIND_OTHER; i++)
        if (strcmp(kind_infos[i].name, kind) == 0 && *kind_infos[i].short_names != '\0')
            return kind_infos[i].short_names;
    return kind;
}
