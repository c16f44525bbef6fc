/* Base64 and times as Go 1.25's encoding/base64 and time packages parse them; quantities are
 * those of quantity.c. */
#include "models/api/scalar.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "sim/base/date.h"
#include "sim/base/memory.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

/* Where decoding fails, counted in bytes; `length` when it does not. */
static size_t base64_stops_at(const char *text, size_t length)
{
    size_t in_group = 0, i = 0;
    for (; i < length; i++) {
        if (is_break(text[i]))
            continue;
        if (text[i] == '=' || strchr(alphabet, text[i]) == NULL || text[i] == '\0')
            break;
        in_group = (in_group + 1) % 4;
    }
    if (i == length)
        return in_group == 0 ? length : length - in_group;
    if (text[i] != '=' || in_group < 2)
        return i;
    for (size_t wanted = 4 - in_group; wanted > 0 && i < length; i++)
        if (text[i] == '=')
            wanted--, in_group = (in_group + 1) % 4;
        else if (!is_break(text[i]))
            return i;
    while (i < length && is_break(text[i]))
        i++;
    return in_group == 0 || i < length ? i : length - 1;
}

char *scalar_base64_problem(const struct value *value)
{
    size_t stop = base64_stops_at(value->text, value->count);
    if (stop >= value->count)
        return NULL;
    return mem_format("illegal base64 data at input byte %zu", stop);
}

size_t scalar_base64_size(const char *text)
{
    size_t letters = 0;
    for (; *text != '\0'; text++)
        letters += !is_break(*text) && *text != '=';
    return letters * 3 / 4;
}

char *scalar_base64(const char *bytes, size_t length)
{
    char *text = mem_new((length + 2) / 3 * 4 + 1), *out = text;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16;
        if (i + 1 < length)
            group |= (uint32_t)(unsigned char)bytes[i + 1] << 8;
        if (i + 2 < length)
            group |= (unsigned char)bytes[i + 2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = i + 1 < length ? alphabet[group >> 6 & 63] : '=';
        *out++ = i + 2 < length ? alphabet[group & 63] : '=';
    }
    return text;
}

/* ---- times ---- */

struct clock_time {
    int year, month, day, hour, minute, second, nanosecond;
    int offset_minutes;
};

/* Reads exactly `digits` digits; false, with *at where it failed, otherwise. */
static bool read_digits(const char **at, int digits, int *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++)
        if (!isdigit((unsigned char)(*at)[i]))
            return false;
    for (int i = 0; i < digits; i++)
        *number = *number * 10 + *(*at)++ - '0';
    return true;
}

static void read_fraction(const char **at, int *nanosecond)
{
    if ((**at != '.' && **at != ',') || !isdigit((unsigned char)(*at)[1]))
        return;
    int unit = 100000000;
    for (++*at; isdigit((unsigned char)**at); ++*at, unit /= 10)
        *nanosecond += (**at - '0') * unit;
}

static bool read_zone(const char **at, int *minutes)
{
    if (**at == 'Z') {
        ++*at;
        return true;
    }
    int hour, minute, sign = **at == '-' ? -1 : 1;
    const char *from = *at;
    if (*from != '+' && *from != '-')
        return false;
    from++;
    if (!read_digits(&from, 2, &hour) || *from++ != ':' || !read_digits(&from, 2, &minute))
        return false;
    *minutes = sign * (hour * 60 + minute);
    *at = from;
    return true;
}

/* The layout element at which reading stops, NULL when all was read. */
static const char *read_time(const char **at, struct clock_time *time)
{
    static const struct {
        int digits;
        const char *element, *then;
    } steps[] = { { 4, "2006", "-" }, { 2, "01", "-" }, { 2, "02", "T" },
                  { 2, "15", ":" },   { 2, "04", ":" }, { 2, "05", "" } };
    int *fields[] = { &time->year, &time->month,  &time->day,
                      &time->hour, &time->minute, &time->second };
    for (size_t i = 0; i < 6; i++) {
        if (!read_digits(at, steps[i].digits, fields[i]))
            return steps[i].element;
        if (steps[i].then[0] != '\0' && **at != steps[i].then[0])
            return steps[i].then;
        *at += steps[i].then[0] != '\0';
    }
    read_fraction(at, &time->nanosecond);
    return read_zone(at, &time->offset_minutes) ? NULL : "Z07:00";
}

static const char *out_of_range(const struct clock_time *time)
{
    if (time->month < 1 || time->month > 12)
        return "month";
    if (time->day < 1 || time->day > days_of_month(time->year, time->month))
        return "day";
    if (time->hour > 23)
        return "hour";
    if (time->minute > 59)
        return "minute";
    return time->second > 59 ? "second" : NULL;
}

char *scalar_time_problem(const struct value *value, bool micro)
{
    const char *layout = micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
    struct clock_time time = { 0 };
    const char *at = value->text, *element = read_time(&at, &time);
    if (element != NULL)
        return mem_format("parsing time \"%s\" as \"%s\": cannot parse \"%s\" as \"%s\"",
                          value->text, layout, at, element);
    if (*at != '\0')
        return mem_format("parsing time \"%s\": extra text: \"%s\"", value->text, at);
    if (out_of_range(&time) != NULL)
        return mem_format("parsing time \"%s\": %s out of range", value->text, out_of_range(&time));
    return NULL;
}

bool scalar_time_parse(const char *text, int64_t *unix_seconds, int *nanosecond)
{
    struct clock_time time = { 0 };
    if (read_time(&text, &time) != NULL || *text != '\0' || out_of_range(&time) != NULL)
        return false;
    const int64_t days = days_of_date(time.year, time.month, time.day);
    *unix_seconds =
        days * 86400 + time.hour * 3600 + (time.minute - time.offset_minutes) * 60 + time.second;
    *nanosecond = time.nanosecond;
    return true;
}

int scalar_time_write(char *into, size_t size, int64_t unix_seconds, int nanosecond, bool micro)
{
    const int64_t days = unix_seconds / 86400 - (unix_seconds % 86400 < 0);
    const int of_day = (int)(unix_seconds - days * 86400);
    int64_t year;
    int month, day;
    date_of_days(days, &year, &month, &day);
    char fraction[16] = "";
    if (micro)
        snprintf(fraction, sizeof fraction, ".%06d", nanosecond / 1000);
    return snprintf(into, size, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", (int)year, month, day,
                    of_day / 3600, of_day / 60 % 60, of_day % 60, fraction);
}

char *scalar_time_print(const char *text, bool micro)
{
    int64_t unix_seconds;
    int nanosecond;
    if (!scalar_time_parse(text, &unix_seconds, &nanosecond))
        return NULL;
    char printed[64];
    const int length = scalar_time_write(printed, sizeof printed, unix_seconds, nanosecond, micro);
    return mem_text(printed, (size_t)length);
}

/* ---- quantities ---- */

char *scalar_quantity_problem(const struct value *value)
{
    bool has_text = value->type == VALUE_STRING || value->type == VALUE_NUMBER;
    struct quantity quantity;
    const char *problem;
    if (quantity_parse_json(has_text ? value->text : "", &quantity, &problem))
        return NULL;
    return mem_format("%s", problem);
}

char *scalar_quantity_print(const struct value *value)
{
    struct quantity quantity;
    if (value->type != VALUE_STRING && value->type != VALUE_NUMBER)
        return NULL;
    if (!quantity_parse_json(value->text, &quantity, NULL))
        return NULL;
    if (quantity_keeps_text(value->text))
        return mem_text(value->text, value->count);
    char text[QUANTITY_TEXT];
    return mem_format("%s", quantity_print(quantity, text));
}
