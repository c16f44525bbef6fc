/* Offsets as a sorted table of changes; see zone.h.
 *
 * The rule in a file's footer is unrolled into changes once, far enough for any sim_time, so that a
 * look-up is one search. */
#include "sim/base/zone.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/date.h"
#include "sim/base/memory.h"

enum { DAY = 86400, LAST_YEAR = 2400, FILE_LIMIT = 1 << 20 };

struct change {
    int64_t at;
    int32_t offset; /* from here on */
};

struct zone {
    struct change *changes; /* the first at INT64_MIN */
    size_t count, capacity;
    int64_t *midnights; /* instants of the changes that touch a midnight */
    size_t midnight_count;
};

/* --- the table ----------------------------------------------------------------------------- */

static void add_change(struct zone *zone, int64_t at, int32_t offset)
{
    struct change *last = zone->count > 0 ? &zone->changes[zone->count - 1] : NULL;
    if (last != NULL && (last->offset == offset || at <= last->at))
        return; /* another name for the same time, or an older rule's echo */
    MEM_GROW(zone->changes, zone->count, zone->capacity);
    zone->changes[zone->count++] = (struct change){ at, offset };
}

/* --- the footer: a rule as in POSIX TZ ------------------------------------------------------ */

/* A rule of a year: "M3.2.0/2", "J60" or "59". */
struct yearly {
    char form; /* M, J or 0 */
    int month, week, weekday, day;
    int64_t time; /* seconds after midnight, civil time before the change */
};

struct rule {
    int32_t standard, summer;
    struct yearly begins, ends; /* summer time */
    bool has_summer;
};

static const char *skip_name(const char *s)
{
    if (*s == '<') {
        const char *end = strchr(s, '>');
        return end != NULL ? end + 1 : s + strlen(s);
    }
    while (isalpha((unsigned char)*s))
        s++;
    return s;
}

/* "5", "-10:30", "3:00:00": hours, minutes, seconds. */
static const char *read_time(const char *s, int64_t *seconds)
{
    const int sign = *s == '-' ? -1 : 1;
    int64_t unit = 3600;
    s += *s == '-' || *s == '+';
    *seconds = 0;
    for (; unit > 0; unit /= 60) {
        char *end;
        *seconds += strtol(s, &end, 10) * unit;
        s = end;
        if (*s != ':')
            break;
        s++;
    }
    *seconds *= sign;
    return s;
}

static const char *read_number(const char *s, int *number)
{
    char *end;
    *number = (int)strtol(s, &end, 10);
    return end + (*end == '.');
}

static const char *read_yearly(const char *s, struct yearly *yearly)
{
    yearly->form = *s == 'M' || *s == 'J' ? *s++ : '0';
    if (yearly->form == 'M') {
        s = read_number(s, &yearly->month);
        s = read_number(s, &yearly->week);
        s = read_number(s, &yearly->weekday);
    } else {
        s = read_number(s, &yearly->day);
    }
    yearly->time = 2 * 3600;
    return *s == '/' ? read_time(s + 1, &yearly->time) : s;
}

static bool read_rule(const char *s, struct rule *rule)
{
    int64_t west;
    const char *after = skip_name(s);
    if (after == s)
        return false;
    s = read_time(after, &west);
    rule->standard = (int32_t)-west;
    rule->has_summer = *s != '\0';
    if (!rule->has_summer)
        return true;
    s = skip_name(s);
    rule->summer = rule->standard + 3600;
    if (*s != ',') {
        s = read_time(s, &west);
        rule->summer = (int32_t)-west;
    }
    if (*s++ != ',')
        return false;
    s = read_yearly(s, &rule->begins);
    if (*s++ != ',')
        return false;
    read_yearly(s, &rule->ends);
    return true;
}

/* The day of a yearly rule, in days since 1970. */
static int64_t yearly_day(const struct yearly *yearly, int64_t year)
{
    if (yearly->form == 'J')
        return days_of_date(year, 1, 1) + yearly->day - 1 +
               (year_is_leap(year) && yearly->day >= 60);
    if (yearly->form == '0')
        return days_of_date(year, 1, 1) + yearly->day;
    const int64_t first = days_of_date(year, yearly->month, 1);
    const int64_t next = yearly->month == 12 ? days_of_date(year + 1, 1, 1)
                                             : days_of_date(year, yearly->month + 1, 1);
    const int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = first + (yearly->weekday - weekday + 7) % 7 + 7 * (yearly->week - 1);
    while (day >= next)
        day -= 7;
    return day;
}

static void unroll(struct zone *zone, const struct rule *rule, int64_t after)
{
    int64_t year = 1970;
    int month, day;
    if (!rule->has_summer) {
        add_change(zone, after, rule->standard);
        return;
    }
    if (after > 0)
        date_of_days(after / DAY, &year, &month, &day);
    for (; year <= LAST_YEAR; year++) {
        const int64_t on =
            yearly_day(&rule->begins, year) * DAY + rule->begins.time - rule->standard;
        const int64_t off = yearly_day(&rule->ends, year) * DAY + rule->ends.time - rule->summer;
        const bool north = on < off;
        const int64_t first = north ? on : off, second = north ? off : on;
        if (first > after)
            add_change(zone, first, north ? rule->summer : rule->standard);
        if (second > after)
            add_change(zone, second, north ? rule->standard : rule->summer);
    }
}

/* --- the file -------------------------------------------------------------------------------- */

static int64_t big_endian(const unsigned char *bytes, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return count == 4 ? (int32_t)value : (int64_t)value;
}

/* The six counts of a header: isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt. */
struct header {
    size_t utc, standard, leaps, times, types, chars;
};

enum { HEADER_BYTES = 44, TYPE_BYTES = 6 };

static bool read_header(const unsigned char *data, size_t size, struct header *header)
{
    size_t *const counts[] = { &header->utc,   &header->standard, &header->leaps,
                               &header->times, &header->types,    &header->chars };
    if (size < HEADER_BYTES || memcmp(data, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < 6; i++)
        *counts[i] = (size_t)(uint32_t)big_endian(data + 20 + 4 * i, 4);
    return header->types > 0 && header->times < FILE_LIMIT && header->types < FILE_LIMIT &&
           header->chars < FILE_LIMIT && header->leaps < FILE_LIMIT;
}

static size_t body_bytes(const struct header *header, size_t time_bytes)
{
    return header->times * (time_bytes + 1) + header->types * TYPE_BYTES + header->chars +
           header->leaps * (time_bytes + 4) + header->standard + header->utc;
}

/* Before the first change: the first type that is no summer time. */
static int32_t first_offset(const unsigned char *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (types[i * TYPE_BYTES + 4] == 0)
            return (int32_t)big_endian(types + i * TYPE_BYTES, 4);
    return (int32_t)big_endian(types, 4);
}

static bool read_body(struct zone *zone, const unsigned char *body, const struct header *header)
{
    const unsigned char *indexes = body + header->times * 8, *types = indexes + header->times;
    add_change(zone, INT64_MIN, first_offset(types, header->types));
    for (size_t i = 0; i < header->times; i++) {
        if (indexes[i] >= header->types)
            return false;
        add_change(zone, big_endian(body + 8 * i, 8),
                   (int32_t)big_endian(types + (size_t)indexes[i] * TYPE_BYTES, 4));
    }
    return true;
}

static bool read_footer(struct zone *zone, const unsigned char *footer, size_t size, int64_t after)
{
    struct rule rule = { 0 };
    char text[256];
    const unsigned char *end = size > 1 ? memchr(footer + 1, '\n', size - 1) : NULL;
    if (end == NULL || footer[0] != '\n' || end - footer > (int)sizeof text)
        return false;
    const size_t length = (size_t)(end - footer - 1);
    memcpy(text, footer + 1, length);
    text[length] = '\0';
    if (length > 0 && read_rule(text, &rule))
        unroll(zone, &rule, after);
    return true;
}

/* Version 2 and later: a block with 32-bit times, which is passed over, one with 64-bit times, and
 * the rule for what comes after. */
static bool read_file(struct zone *zone, const unsigned char *data, size_t size)
{
    struct header header = { 0 };
    if (!read_header(data, size, &header) || data[4] < '2')
        return false;
    const size_t first = HEADER_BYTES + body_bytes(&header, 4);
    if (first > size || !read_header(data + first, size - first, &header))
        return false;
    const size_t body = first + HEADER_BYTES, bytes = body_bytes(&header, 8);
    if (bytes > size - body || !read_body(zone, data + body, &header))
        return false;
    const int64_t last =
        header.times > 0 ? big_endian(data + body + (header.times - 1) * 8, 8) : -INT64_MAX;
    return read_footer(zone, data + body + bytes, size - body - bytes, last);
}

static bool load(struct zone *zone, const char *name, zone_reader *reader)
{
    unsigned char *data = NULL;
    size_t size = 0;
    const bool good = reader != NULL && reader(name, &data, &size) && read_file(zone, data, size);
    free(data);
    return good;
}

/* --- zones ------------------------------------------------------------------------------------- */

/* Which changes skip or repeat a midnight. */
static void find_midnights(struct zone *zone)
{
    zone->midnights = mem_new((zone->count + 1) * sizeof *zone->midnights);
    for (size_t i = 1; i < zone->count; i++) {
        const int64_t before = zone->changes[i].at + zone->changes[i - 1].offset;
        const int64_t after = zone->changes[i].at + zone->changes[i].offset;
        const int64_t low = before < after ? before : after, high = before < after ? after : before;
        const int64_t midnight = high - (high % DAY + DAY) % DAY;
        if (midnight >= low)
            zone->midnights[zone->midnight_count++] = zone->changes[i].at;
    }
}

struct zone *zone_new(const char *name, zone_reader *reader)
{
    struct zone *zone = mem_new(sizeof *zone);
    const bool utc = *name == '\0' || strcmp(name, "UTC") == 0;
    if (utc)
        add_change(zone, INT64_MIN, 0);
    if (utc || load(zone, name, reader)) {
        find_midnights(zone);
        return zone;
    }
    zone_free(zone);
    return NULL;
}

void zone_free(struct zone *zone)
{
    if (zone == NULL)
        return;
    free(zone->changes);
    free(zone->midnights);
    free(zone);
}

/* The last change that is not after an instant. */
static size_t find_change(const struct zone *zone, int64_t at)
{
    size_t low = 0, high = zone->count;
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        if (zone->changes[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int32_t zone_offset(const struct zone *zone, int64_t at, int64_t *from, int64_t *until)
{
    const size_t found = find_change(zone, at);
    if (from != NULL)
        *from = zone->changes[found].at;
    if (until != NULL)
        *until = found + 1 < zone->count ? zone->changes[found + 1].at : INT64_MAX;
    return zone->changes[found].offset;
}

int64_t zone_civil(const struct zone *zone, int64_t at)
{
    return at + zone_offset(zone, at, NULL, NULL);
}

/* First as if the civil time were an instant, then at the instant that follows from it. */
int64_t zone_instant(const struct zone *zone, int64_t civil)
{
    int64_t from, until;
    const int32_t offset = zone_offset(zone, civil, &from, &until);
    const int64_t at = civil - offset;
    if (at >= from && at < until)
        return at;
    return civil - zone_offset(zone, at, NULL, NULL);
}

bool zone_changes(const struct zone *zone, int64_t from, int64_t until)
{
    const size_t found = find_change(zone, from);
    if (zone->changes[found].at == from)
        return true;
    return found + 1 < zone->count && zone->changes[found + 1].at < until;
}

bool zone_moves_midnight(const struct zone *zone, int64_t from, int64_t until)
{
    size_t low = 0, high = zone->midnight_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (zone->midnights[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < zone->midnight_count && zone->midnights[low] < until;
}
