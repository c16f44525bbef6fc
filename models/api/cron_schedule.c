/* Fields as bits, and the search for the next instant; see cron_schedule.h.
 *
 * Where no clock changes, the next instant follows from the calendar: the month's matching days are
 * one word of bits. Near a change the search steps as the original does, hour by hour in absolute
 * time and day by day in civil time, since its answers there follow from its steps. */
#include "models/api/cron_schedule.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/date.h"
#include "sim/base/memory.h"
#include "sim/base/time.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, YEARS = 5 };

enum field { SECONDS, MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, FIELDS };

struct cron_schedule {
    struct zone *zone;
    uint64_t bits[FIELDS];
    bool every_day, every_weekday; /* the field is a star: not restricted */
    int64_t period;                /* of @every, in seconds; 0: the fields count */
};

static const struct {
    int low, high;
    const char *const *names; /* of low, low + 1, ...; NULL: numbers only */
} bounds[FIELDS] = {
    [SECONDS] = { 0, 59, NULL },
    [MINUTES] = { 0, 59, NULL },
    [HOURS] = { 0, 23, NULL },
    [DAYS] = { 1, 31, NULL },
    [MONTHS] = { 1, 12,
                 (const char *const[]){ "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug",
                                        "sep", "oct", "nov", "dec", NULL } },
    [WEEKDAYS] = { 0, 6,
                   (const char *const[]){ "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL } },
};

static const struct {
    const char *name, *fields;
} descriptors[] = {
    { "@yearly", "0 0 0 1 1 *" }, { "@annually", "0 0 0 1 1 *" }, { "@monthly", "0 0 0 1 * *" },
    { "@weekly", "0 0 0 * * 0" }, { "@daily", "0 0 0 * * *" },    { "@midnight", "0 0 0 * * *" },
    { "@hourly", "0 0 * * * *" },
};

/* --- reading ---------------------------------------------------------------------------------- */

/* What is being read, for errors, and where zones come from. */
struct reading {
    struct place at;
    struct error *error;
    zone_reader *zones;
};

/* A number as Go's Atoi reads it; it may not be negative. */
static bool read_number(const struct reading *reading, const char *text, int *number)
{
    char *end;
    errno = 0;
    const long value = isspace((unsigned char)*text) ? 0 : strtol(text, &end, 10);
    if (*text == '\0' || isspace((unsigned char)*text) || *end != '\0' || errno != 0)
        return error_set(
            reading->error, reading->at,
            "failed to parse int from %s: strconv.Atoi: parsing \"%s\": invalid syntax", text,
            text);
    if (value < 0)
        return error_set(reading->error, reading->at, "negative number (%s) not allowed: %s", text,
                         text);
    *number = value > INT_MAX ? INT_MAX : (int)value;
    return true;
}

static bool read_name_or_number(const struct reading *reading, enum field field, const char *text,
                                int *number)
{
    for (int i = 0; bounds[field].names != NULL && bounds[field].names[i] != NULL; i++) {
        if (strcasecmp(text, bounds[field].names[i]) != 0)
            continue;
        *number = bounds[field].low + i;
        return true;
    }
    return read_number(reading, text, number);
}

/* Cut a text at the first `separator`; what follows, or NULL. */
static char *cut(char *text, char separator)
{
    char *found = strchr(text, separator);
    if (found == NULL)
        return NULL;
    *found = '\0';
    return found + 1;
}

struct range {
    int first, last, step;
    bool all; /* a star */
};

/* The part before the slash: "*", "?", "5" or "5-10". */
static bool read_bounds(const struct reading *reading, enum field field, const char *text,
                        char *first, char *last, struct range *range)
{
    range->all = strcmp(first, "*") == 0 || strcmp(first, "?") == 0;
    if (range->all)
        return true;
    if (!read_name_or_number(reading, field, first, &range->first))
        return false;
    range->last = range->first;
    if (last != NULL && strchr(last, '-') != NULL)
        return error_set(reading->error, reading->at, "too many hyphens: %s", text);
    return last == NULL || read_name_or_number(reading, field, last, &range->last);
}

static bool check_range(const struct reading *reading, enum field field, const char *text,
                        const struct range *range)
{
    const int low = bounds[field].low, high = bounds[field].high;
    if (range->first < low)
        return error_set(reading->error, reading->at,
                         "beginning of range (%d) below minimum (%d): %s", range->first, low, text);
    if (range->last > high)
        return error_set(reading->error, reading->at, "end of range (%d) above maximum (%d): %s",
                         range->last, high, text);
    if (range->first > range->last)
        return error_set(reading->error, reading->at,
                         "beginning of range (%d) beyond end of range (%d): %s", range->first,
                         range->last, text);
    if (range->step == 0)
        return error_set(reading->error, reading->at,
                         "step of range should be a positive number: %s", text);
    return true;
}

/* Cuts its text. "N/step" means from N to the end. */
static bool read_range(const struct reading *reading, enum field field, const char *text,
                       char *cut_up, struct range *range)
{
    char *step = cut(cut_up, '/'), *last = cut(cut_up, '-');
    *range = (struct range){ bounds[field].low, bounds[field].high, 1, false };
    if (!read_bounds(reading, field, text, cut_up, last, range))
        return false;
    if (step != NULL && strchr(step, '/') != NULL)
        return error_set(reading->error, reading->at, "too many slashes: %s", text);
    if (step != NULL && !read_number(reading, step, &range->step))
        return false;
    if (step != NULL && last == NULL)
        range->last = bounds[field].high;
    return check_range(reading, field, text, range);
}

static bool add_range(const struct reading *reading, enum field field, const char *text,
                      uint64_t *bits, bool *star)
{
    char *copy = mem_text(text, strlen(text));
    struct range range;
    const bool good = read_range(reading, field, text, copy, &range);
    free(copy);
    if (!good)
        return false;
    *star |= range.all && range.step == 1;
    for (int64_t i = range.first; i <= range.last; i += range.step)
        *bits |= (uint64_t)1 << (i & 63);
    return true;
}

/* Ranges with commas between them; nothing between two commas is nothing. */
static bool read_field(const struct reading *reading, enum field field, char *text, uint64_t *bits,
                       bool *star)
{
    char *rest, *range = strtok_r(text, ",", &rest);
    for (; range != NULL; range = strtok_r(NULL, ",", &rest))
        if (!add_range(reading, field, range, bits, star))
            return false;
    return true;
}

static bool read_fields(const struct reading *reading, struct cron_schedule *schedule,
                        const char *text, bool seconds)
{
    char *copy = mem_text(text, strlen(text)), *words[FIELDS + 1], *rest;
    char zero[] = "0", star[] = "*";
    size_t count = 0, given;
    char *word = strtok_r(copy, " \t\n\v\f\r", &rest);
    for (; word != NULL && count <= FIELDS; word = strtok_r(NULL, " \t\n\v\f\r", &rest))
        words[count++] = word;
    given = count;
    if (!seconds && count == FIELDS - 1) {
        memmove(words + 1, words, count++ * sizeof *words);
        words[0] = zero;
    } else if (seconds && count == FIELDS - 1) {
        words[count++] = star;
    } else if (!seconds) {
        count = 0;
    }
    bool good = count == FIELDS, ignored = false;
    if (!good)
        error_set(reading->error, reading->at,
                  seconds ? "expected 5 to 6 fields, found %zu: [%s]"
                          : "expected exactly 5 fields, found %zu: [%s]",
                  given, text);
    for (enum field field = SECONDS; good && field < FIELDS; field++)
        good = read_field(reading, field, words[field], &schedule->bits[field],
                          field == DAYS       ? &schedule->every_day
                          : field == WEEKDAYS ? &schedule->every_weekday
                                              : &ignored);
    free(copy);
    return good;
}

/* "@every 1h30m": Go's durations, which know no days; whole seconds, at least one. */
static bool read_every(const struct reading *reading, struct cron_schedule *schedule,
                       const char *text)
{
    sim_time period;
    if (strchr(text, 'd') != NULL)
        return error_set(reading->error, reading->at,
                         "\"%s\" is not a duration (try 24h instead of 1d)", text);
    if (!sim_time_parse(text, reading->at, &period, reading->error))
        return false;
    schedule->period = period < SIM_SECOND ? 1 : period / SIM_SECOND;
    return true;
}

static bool read_descriptor(const struct reading *reading, struct cron_schedule *schedule,
                            const char *text)
{
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        if (strcmp(text, descriptors[i].name) == 0)
            return read_fields(reading, schedule, descriptors[i].fields, true);
    if (strncmp(text, "@every ", 7) == 0)
        return read_every(reading, schedule, text + 7);
    return error_set(reading->error, reading->at, "unrecognized descriptor: %s", text);
}

/* "TZ=Europe/Berlin 0 3 * * *": the rest, without the zone. NULL with the error. */
static const char *read_zone(const struct reading *reading, struct cron_schedule *schedule,
                             const char *text, const char *zone)
{
    char *name = NULL;
    if (strncmp(text, "TZ=", 3) == 0 || strncmp(text, "CRON_TZ=", 8) == 0) {
        const char *begin = strchr(text, '=') + 1, *end = strchr(text, ' ');
        if (end == NULL) {
            error_set(reading->error, reading->at, "no fields after the time zone: %s", text);
            return NULL;
        }
        name = mem_text(begin, (size_t)(end - begin));
        zone = name;
        for (text = end; isspace((unsigned char)*text);)
            text++;
    }
    schedule->zone = zone_new(zone != NULL ? zone : "UTC", reading->zones);
    if (schedule->zone == NULL)
        error_set(reading->error, reading->at,
                  "unknown time zone %s (a name such as Europe/Berlin)", zone);
    free(name);
    return schedule->zone != NULL ? text : NULL;
}

struct cron_schedule *cron_schedule_new(const char *expression, const char *zone,
                                        zone_reader *reader, bool seconds, struct place at,
                                        struct error *error)
{
    const struct reading reading = { at, error, reader };
    struct cron_schedule *schedule = mem_new(sizeof *schedule);
    bool good = *expression != '\0' || error_set(error, at, "empty spec string");
    const char *text = good ? read_zone(&reading, schedule, expression, zone) : NULL;
    if (text != NULL)
        good = *text == '@' ? read_descriptor(&reading, schedule, text)
                            : read_fields(&reading, schedule, text, seconds);
    if (good && text != NULL)
        return schedule;
    cron_schedule_free(schedule);
    return NULL;
}

void cron_schedule_free(struct cron_schedule *schedule)
{
    if (schedule == NULL)
        return;
    zone_free(schedule->zone);
    free(schedule);
}

const struct zone *cron_schedule_zone(const struct cron_schedule *schedule)
{
    return schedule->zone;
}

/* --- the calendar ----------------------------------------------------------------------------- */

static int64_t floor_to(int64_t value, int64_t unit)
{
    const int64_t rest = value % unit;
    return value - (rest < 0 ? rest + unit : rest);
}

/* The first bit at or above `from`; -1: none. */
static int next_bit(uint64_t bits, int from)
{
    const uint64_t left = from > 63 ? 0 : bits >> from;
    return left == 0 ? -1 : from + __builtin_ctzll(left);
}

/* The days of a month that match, bit d for day d. `first`: its first day, since 1970. */
static uint64_t matching_days(const struct cron_schedule *schedule, int64_t year, int month,
                              int64_t first)
{
    const uint64_t all = ((uint64_t)1 << (days_of_month(year, month) + 1)) - 2;
    const int weekday = (int)(((first + 4) % 7 + 7) % 7); /* of day 1 */
    const uint64_t week = schedule->bits[WEEKDAYS];
    const uint64_t turned = (week >> weekday | week << (7 - weekday)) & 0x7F;
    uint64_t by_week = 0;
    for (int day = 1; day <= 29; day += 7)
        by_week |= turned << day;
    return all & (schedule->every_day || schedule->every_weekday ? schedule->bits[DAYS] & by_week
                                                                 : schedule->bits[DAYS] | by_week);
}

/* The first second of a day at or after `from` that matches; -1: none. */
static int64_t next_of_day(const struct cron_schedule *schedule, int64_t from)
{
    const int hour_now = (int)(from / HOUR), minute_now = (int)(from / MINUTE % 60);
    for (int hour = next_bit(schedule->bits[HOURS], hour_now); hour >= 0;
         hour = next_bit(schedule->bits[HOURS], hour + 1)) {
        int minute = next_bit(schedule->bits[MINUTES], hour == hour_now ? minute_now : 0);
        if (minute < 0)
            continue;
        const bool now = hour == hour_now && minute == minute_now;
        int second = next_bit(schedule->bits[SECONDS], now ? (int)(from % 60) : 0);
        if (second < 0) {
            minute = next_bit(schedule->bits[MINUTES], minute + 1);
            second = next_bit(schedule->bits[SECONDS], 0);
        }
        if (minute >= 0 && second >= 0)
            return hour * HOUR + minute * MINUTE + second;
    }
    return -1;
}

/* The first matching day at or after `day`, in days since 1970, not after `last_year`; INT64_MAX: none. */
static int64_t next_day(const struct cron_schedule *schedule, int64_t day, int64_t last_year)
{
    int64_t year;
    int month, of_month;
    date_of_days(day, &year, &month, &of_month);
    for (; year <= last_year; of_month = 1) {
        const int found = next_bit(schedule->bits[MONTHS], month);
        if (found < 0) {
            year++;
            month = 1;
            continue;
        }
        of_month = found == month ? of_month : 1;
        month = found;
        const int64_t first = days_of_date(year, month, 1);
        const int match = next_bit(matching_days(schedule, year, month, first), of_month);
        if (match >= 0)
            return first + match - 1;
        year += month == 12;
        month = month == 12 ? 1 : month + 1;
    }
    return INT64_MAX;
}

/* A field of nothing but commas. */
static bool never_in_a_day(const struct cron_schedule *schedule)
{
    return schedule->bits[HOURS] == 0 || schedule->bits[MINUTES] == 0 ||
           schedule->bits[SECONDS] == 0;
}

/* --- stepping as the original does ---------------------------------------------------------------- */

/* An instant, and what the clock on the wall shows at it. */
struct step {
    const struct zone *zone;
    int64_t at, civil, year;
    int month, day;
};

static void stand_at(struct step *step, int64_t at)
{
    step->at = at;
    step->civil = zone_civil(step->zone, at);
    date_of_days(floor_to(step->civil, DAY) / DAY, &step->year, &step->month, &step->day);
}

static void stand_at_civil(struct step *step, int64_t civil)
{
    stand_at(step, zone_instant(step->zone, civil));
}

static int64_t of_day(const struct step *step)
{
    return step->civil - floor_to(step->civil, DAY);
}

static bool day_matches(const struct cron_schedule *schedule, const struct step *step)
{
    const int64_t days = floor_to(step->civil, DAY) / DAY;
    const bool day = schedule->bits[DAYS] >> step->day & 1;
    const bool weekday = schedule->bits[WEEKDAYS] >> (((days + 4) % 7 + 7) % 7) & 1;
    return schedule->every_day || schedule->every_weekday ? day && weekday : day || weekday;
}

/* Each of these leaves the step where its unit matches; false: the unit above has changed, start
 * over. `added` says that what is smaller stands at its beginning. */
static bool step_month(const struct cron_schedule *schedule, struct step *step, bool *added)
{
    while (!(schedule->bits[MONTHS] >> step->month & 1)) {
        if (!*added)
            stand_at_civil(step, days_of_date(step->year, step->month, 1) * DAY);
        *added = true;
        const int64_t year = step->year + (step->month == 12);
        const int month = step->month == 12 ? 1 : step->month + 1;
        stand_at_civil(step, (days_of_date(year, month, 1) + step->day - 1) * DAY + of_day(step));
        if (step->month == 1)
            return false;
    }
    return true;
}

/* The next civil day; where its midnight does not exist, the hour is put right again. Where the whole
 * day does not (Samoa, 30 December 2011) the original steps on the spot for ever; we pass it. */
static bool step_day(const struct cron_schedule *schedule, struct step *step, bool *added)
{
    while (!day_matches(schedule, step)) {
        if (!*added)
            stand_at_civil(step, floor_to(step->civil, DAY));
        *added = true;
        const int64_t before = step->at, civil = step->civil;
        stand_at_civil(step, civil + DAY);
        if (step->at <= before)
            stand_at_civil(step, civil + 2 * DAY);
        const int64_t hour = of_day(step) / HOUR;
        if (hour != 0)
            stand_at(step, hour > 12 ? step->at + (24 - hour) * HOUR : step->at - hour * HOUR);
        if (step->day == 1)
            return false;
    }
    return true;
}

/* Hours, minutes and seconds go on in absolute time. */
static bool step_clock(const struct cron_schedule *schedule, struct step *step, enum field field,
                       int64_t unit, int64_t in_next, bool *added)
{
    while (!(schedule->bits[field] >> (of_day(step) / unit % in_next) & 1)) {
        if (!*added && field == HOURS)
            stand_at_civil(step, floor_to(step->civil, HOUR));
        else if (!*added)
            stand_at(step, floor_to(step->at, unit));
        *added = true;
        stand_at(step, step->at + unit);
        if (of_day(step) / unit % in_next == 0)
            return false;
    }
    return true;
}

bool cron_schedule_next_plainly(const struct cron_schedule *schedule, int64_t after, int64_t *next)
{
    struct step step = { .zone = schedule->zone };
    if (schedule->period > 0) {
        *next = after + schedule->period;
        return true;
    }
    if (never_in_a_day(schedule))
        return false;
    stand_at(&step, after + 1);
    const int64_t last_year = step.year + YEARS;
    bool added = false;
    while (step.year <= last_year) {
        if (step_month(schedule, &step, &added) && step_day(schedule, &step, &added) &&
            step_clock(schedule, &step, HOURS, HOUR, 24, &added) &&
            step_clock(schedule, &step, MINUTES, MINUTE, 60, &added) &&
            step_clock(schedule, &step, SECONDS, 1, 60, &added)) {
            *next = step.at;
            return true;
        }
    }
    return false;
}

/* --- the fast way --------------------------------------------------------------------------------- */

/* Hours around an instant within which a change of clocks makes us step. */
enum { MARGIN = 4 * HOUR };

/* The answer by the calendar, if clocks stay as they are where it matters: in the hours of the first
 * and of the last day, and at midnights from the beginning of the month. `*sure` tells. */
static bool next_by_calendar(const struct cron_schedule *schedule, int64_t after, int64_t *next,
                             bool *sure)
{
    const struct zone *zone = schedule->zone;
    const int64_t from = after + 1, civil = zone_civil(zone, from);
    const int64_t today = floor_to(civil, DAY) / DAY;
    int64_t year;
    int month, day;
    date_of_days(today, &year, &month, &day);
    const int64_t last_year = year + YEARS;
    int64_t found = next_day(schedule, today, last_year), of_found = -1;
    if (found == today)
        of_found = next_of_day(schedule, civil - today * DAY);
    if (found == today && of_found < 0)
        found = next_day(schedule, today + 1, last_year);
    if (of_found < 0)
        of_found = next_of_day(schedule, 0);
    if (found == INT64_MAX || of_found < 0) {
        *sure =
            !zone_moves_midnight(zone, from - day * DAY - DAY, from + (YEARS + 2) * 366LL * DAY);
        return false;
    }
    *next = zone_instant(zone, found * DAY + of_found);
    const int64_t begins = found == today ? from : zone_instant(zone, found * DAY);
    *sure =
        !zone_changes(zone, begins - MARGIN, *next + MARGIN) &&
        (found == today || (!zone_changes(zone, from - MARGIN, from + DAY) &&
                            !zone_moves_midnight(zone, from - day * DAY - DAY, begins + 2 * DAY)));
    return true;
}

bool cron_schedule_next(const struct cron_schedule *schedule, int64_t after, int64_t *next)
{
    bool sure = false;
    if (schedule->period > 0 || never_in_a_day(schedule))
        return cron_schedule_next_plainly(schedule, after, next);
    const bool found = next_by_calendar(schedule, after, next, &sure);
    return sure ? found : cron_schedule_next_plainly(schedule, after, next);
}
