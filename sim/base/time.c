/* Durations as text, after Go's time.ParseDuration and Duration.String with a unit for
 * days added; integer arithmetic throughout, so that nothing is lost to a double. */
#include "sim/base/time.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Longest names first: "ms" must not be read as minutes. */
static const struct unit {
    const char *name;
    sim_time size;
} units[] = {
    { "ms", SIM_MILLISECOND },
    { "us", SIM_MICROSECOND },
    { "\xc2\xb5s", SIM_MICROSECOND }, /* U+00B5, micro sign */
    { "\xce\xbcs", SIM_MICROSECOND }, /* U+03BC, Greek mu */
    { "ns", SIM_NANOSECOND },
    { "d", SIM_DAY },
    { "h", SIM_HOUR },
    { "m", SIM_MINUTE },
    { "s", SIM_SECOND },
};

sim_time sim_time_from_seconds(double seconds)
{
    assert(!isnan(seconds));
    const double nanoseconds = seconds * 1e9;
    if (nanoseconds >= 0x1p63)
        return SIM_FOREVER;
    if (nanoseconds <= -0x1p63)
        return -SIM_FOREVER;
    /* Cut, then look at what was cut off: exact, and cheaper than round(). */
    const sim_time whole = (sim_time)nanoseconds;
    const double rest = nanoseconds - (double)whole;
    return whole + (rest >= 0.5) - (rest <= -0.5);
}

double sim_time_to_seconds(sim_time time)
{
    return (double)time / 1e9;
}

sim_time sim_time_after(sim_time at, sim_time delay)
{
    assert(at >= 0 && delay >= 0);
    return delay > SIM_FOREVER - at ? SIM_FOREVER : at + delay;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number as whole + fraction / scale, read with checks. */
struct number {
    int64_t whole, fraction, scale;
};

static bool read_number(const char **text, struct number *number)
{
    const char *at = *text;
    int digits = 0;
    *number = (struct number){ .scale = 1 };
    for (; is_digit(*at); at++, digits++)
        if (__builtin_mul_overflow(number->whole, 10, &number->whole) ||
            __builtin_add_overflow(number->whole, *at - '0', &number->whole))
            return false;
    if (*at == '.') {
        for (at++; is_digit(*at); at++, digits++) {
            if (number->scale >= 1000000000000000) /* below a nanosecond of a day: cut */
                continue;
            number->fraction = number->fraction * 10 + (*at - '0');
            number->scale *= 10;
        }
    }
    *text = at;
    return digits > 0;
}

static const struct unit *read_unit(const char **text)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(*text, units[i].name, length) == 0) {
            *text += length;
            return &units[i];
        }
    }
    return NULL;
}

/* Add number * unit to *sum; false on overflow. */
static bool add_part(struct number number, sim_time unit, sim_time *sum)
{
    sim_time whole;
    sim_time rest = (sim_time)((__int128)number.fraction * unit / number.scale);
    return !__builtin_mul_overflow(number.whole, unit, &whole) &&
           !__builtin_add_overflow(*sum, whole, sum) && !__builtin_add_overflow(*sum, rest, sum);
}

static bool read_duration(const char *text, sim_time *sum)
{
    *sum = 0;
    if (strcmp(text, "0") == 0)
        return true;
    do {
        struct number number;
        const struct unit *unit;
        if (!read_number(&text, &number) || (unit = read_unit(&text)) == NULL ||
            !add_part(number, unit->size, sum))
            return false;
    } while (*text != '\0');
    return true;
}

bool sim_time_parse(const char *text, struct place at, sim_time *time, struct error *error)
{
    bool negative = *text == '-';
    sim_time sum;
    if (!read_duration(text + (negative || *text == '+'), &sum))
        return error_set(error, at, "\"%.60s\" is not a duration (try 30d, 1h30m, 2.5s or 250ms)",
                         text);
    *time = negative ? -sum : sum;
    return true;
}

/* "12", "12.5" or "0.000000001" of a unit, then its name. */
static size_t print_part(char *text, uint64_t amount, uint64_t unit, const char *name)
{
    size_t length = (size_t)sprintf(text, "%" PRIu64, amount / unit);
    uint64_t rest = amount % unit;
    if (rest != 0) {
        text[length++] = '.';
        for (; rest != 0; rest = rest * 10 % unit)
            text[length++] = (char)('0' + rest * 10 / unit);
    }
    return length + (size_t)sprintf(text + length, "%s", name);
}

char *sim_time_print(sim_time time, char text[SIM_TIME_TEXT])
{
    static const struct unit large[] = { { "d", SIM_DAY }, { "h", SIM_HOUR }, { "m", SIM_MINUTE } };
    uint64_t left = time < 0 ? -(uint64_t)time : (uint64_t)time;
    char *end = text;
    if (time < 0)
        *end++ = '-';
    if (left == 0)
        end += print_part(end, 0, 1, "s");
    else if (left < SIM_MICROSECOND)
        end += print_part(end, left, SIM_NANOSECOND, "ns");
    else if (left < SIM_MILLISECOND)
        end += print_part(end, left, SIM_MICROSECOND, "us");
    else if (left < SIM_SECOND)
        end += print_part(end, left, SIM_MILLISECOND, "ms");
    else {
        for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
            uint64_t size = (uint64_t)large[i].size;
            if (left >= size)
                end += print_part(end, left / size, 1, large[i].name);
            left %= size;
        }
        if (left != 0)
            end += print_part(end, left, SIM_SECOND, "s");
    }
    *end = '\0';
    return text;
}
