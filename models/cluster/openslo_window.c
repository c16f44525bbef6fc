/* Time windows of objectives: lengths of time, and windows of the calendar in a time zone. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/openslo_private.h"
#include "sim/base/date.h"

#define DAY INT64_C(86400) /* seconds */

bool slo_shorthand(const struct value *from, int64_t *count, char *unit, struct error *error)
{
    char *end;
    errno = 0;
    if (from->type != VALUE_STRING)
        return error_set(error, from->at, "expected a duration (try 5m, 28d, 1M)");
    const long long number = strtoll(from->text, &end, 10);
    if (from->text[0] < '0' || from->text[0] > '9' || errno != 0 || end[0] == '\0' ||
        end[1] != '\0' || strchr("mhdwMQY", end[0]) == NULL)
        return error_set(error, from->at,
                         "\"%s\" is no duration: a whole number and one of m, h, d, w, M, Q, Y "
                         "(try 28d)",
                         from->text);
    if (number > 100000)
        return error_set(error, from->at, "%s is longer than any run", from->text);
    *count = number;
    *unit = end[0];
    return true;
}

static sim_time length_of(int64_t count, char unit)
{
    static const struct {
        char unit;
        sim_time length;
    } units[] = { { 'm', SIM_MINUTE },   { 'h', SIM_HOUR },     { 'd', SIM_DAY },
                  { 'w', 7 * SIM_DAY },  { 'M', 30 * SIM_DAY }, { 'Q', 90 * SIM_DAY },
                  { 'Y', 365 * SIM_DAY } };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].unit == unit)
            return count > SIM_FOREVER / units[i].length ? SIM_FOREVER : count * units[i].length;
    return 0;
}

bool slo_duration(const struct value *from, const char *what, sim_time *time, struct error *error)
{
    int64_t count;
    char unit;
    if (!slo_shorthand(from, &count, &unit, error))
        return error_wrap(error, "%s", what);
    if (strchr("MQY", unit) != NULL)
        return error_set(error, from->at, "%s: %s has no fixed length (say it in days)", what,
                         from->text);
    *time = length_of(count, unit);
    return true;
}

sim_time slo_window_length(const struct slo_window *window)
{
    return length_of(window->count, window->unit);
}

/* ---- the calendar ---- */

/* "2020-01-21 12:30:00" as civil seconds. */
static bool read_start(const struct value *from, int64_t *civil, struct error *error)
{
    int64_t year;
    int month, day, hour, minute, second, length = -1;
    if (sscanf(from->text, "%4" SCNd64 "-%2d-%2d%*1[ T]%2d:%2d:%2d%n", &year, &month, &day, &hour,
               &minute, &second, &length) != 6 ||
        length < 0 || from->text[length] != '\0' || year < 1 || month < 1 || month > 12 ||
        day < 1 || day > days_of_month(year, month) || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59)
        return error_set(error, from->at,
                         "timeWindow: calendar.startTime: \"%s\" is no date and time without a "
                         "zone (try 2026-01-01 00:00:00)",
                         from->text);
    *civil = days_of_date(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    return true;
}

static bool read_calendar(const struct value *calendar, zone_reader *zones,
                          struct slo_window *window, struct error *error)
{
    const struct value *name = value_get(calendar, "timeZone");
    struct zone *zone = zone_new(name->text, zones);
    if (zone == NULL)
        return error_set(error, name->at, "timeWindow: calendar.timeZone: there is no zone %s",
                         name->text);
    zone_free(zone);
    window->zone = name->text;
    return read_start(value_get(calendar, "startTime"), &window->start, error);
}

bool slo_window_read(const struct value *windows, struct place at, zone_reader *zones,
                     struct slo_window *window, struct error *error)
{
    if (windows == NULL || windows->count != 1)
        return error_set(error, windows != NULL ? windows->at : at,
                         "timeWindow: one time window is expected%s",
                         windows == NULL ? " ([{duration: 28d, isRolling: true}])" : "");
    const struct value *from = windows->items[0], *calendar = shape_get(from, "calendar");
    const struct value *rolling = shape_get(from, "isRolling");
    window->rolling = value_truth(rolling, false);
    if (!slo_shorthand(value_get(from, "duration"), &window->count, &window->unit, error))
        return error_wrap(error, "timeWindow: duration");
    if (window->count == 0)
        return error_set(error, value_get(from, "duration")->at,
                         "timeWindow: duration: a window of nothing");
    if (window->rolling && calendar != NULL)
        return error_set(error, calendar->at,
                         "timeWindow: a rolling window has no calendar: leave one out");
    if (!window->rolling && calendar == NULL)
        return error_set(error, from->at,
                         "timeWindow: neither isRolling: true nor a calendar is given");
    if (calendar != NULL && strchr("mh", window->unit) != NULL)
        return error_set(error, value_get(from, "duration")->at,
                         "timeWindow: a window of the calendar lasts days or longer");
    return calendar == NULL || read_calendar(calendar, zones, window, error);
}

static int months_of(char unit)
{
    return unit == 'M' ? 1 : unit == 'Q' ? 3 : unit == 'Y' ? 12 : 0;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}

/* The civil time at which a window begins. Of a month that is too short it is the last day. */
static int64_t civil_start(const struct slo_window *window, int64_t number)
{
    const int months = months_of(window->unit);
    if (months == 0)
        return window->start + number * (slo_window_length(window) / SIM_SECOND);
    int64_t year;
    int month, day;
    date_of_days(floor_div(window->start, DAY), &year, &month, &day);
    const int64_t whole = year * 12 + (month - 1) + number * months * window->count;
    year = floor_div(whole, 12);
    month = (int)(whole - year * 12) + 1;
    const int last = days_of_month(year, month);
    return days_of_date(year, month, day < last ? day : last) * DAY +
           (window->start - floor_div(window->start, DAY) * DAY);
}

void slo_window_bounds(const struct slo_window *window, const struct zone *zone, int64_t number,
                       int64_t *from, int64_t *to)
{
    *from = zone_instant(zone, civil_start(window, number));
    *to = zone_instant(zone, civil_start(window, number + 1));
}

int64_t slo_window_number(const struct slo_window *window, const struct zone *zone, int64_t at)
{
    const int64_t length = slo_window_length(window) / SIM_SECOND;
    int64_t number = floor_div(zone_civil(zone, at) - window->start, length), from, to;
    for (;;) { /* months differ by days, and clocks by an hour: a few steps */
        slo_window_bounds(window, zone, number, &from, &to);
        if (at < from)
            number--;
        else if (at >= to)
            number++;
        else
            return number;
    }
}
