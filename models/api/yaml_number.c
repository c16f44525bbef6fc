/* Numbers of YAML 1.1: what a text means as one, and how it prints in JSON and as a key.
 *
 * Follows resolve.go of go.yaml.in/yaml/v2, strconv, and encoding/json. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/yaml_private.h"
#include "sim/base/memory.h"

/* ── from text ── */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static unsigned base_of(const char **digits)
{
    const char *at = *digits;
    if (at[0] != '0' || at[1] == '\0')
        return 10;
    char mark = (char)(at[1] | 0x20);
    *digits += mark == 'x' || mark == 'o' || mark == 'b' ? 2 : 1;
    return mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
}

/* strconv.ParseInt and ParseUint with base 0: 0x, 0o, 0b, and a leading 0 for octal. Only what has
 * no sign may be beyond 2^63. */
static bool resolve_int(const char *text, struct yaml_number *into)
{
    bool negative = *text == '-', has_sign = negative || *text == '+';
    const char *at = text + has_sign;
    unsigned base = base_of(&at);
    uint64_t magnitude = 0;
    if (*at == '\0')
        return false;
    for (; *at != '\0'; at++)
        if ((unsigned)digit_of(*at) >= base ||
            __builtin_mul_overflow(magnitude, (uint64_t)base, &magnitude) ||
            __builtin_add_overflow(magnitude, (uint64_t)digit_of(*at), &magnitude))
            return false;
    uint64_t most = (uint64_t)INT64_MAX + negative;
    if (magnitude > most && has_sign)
        return false;
    *into = (struct yaml_number){ .is_whole = true,
                                  .magnitude = magnitude,
                                  .negative = negative && magnitude > 0,
                                  .is_unsigned = magnitude > most };
    return true;
}

static const char *skip_digits(const char *at)
{
    return at + strspn(at, "0123456789");
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *text)
{
    const char *at = text + (*text == '-' || *text == '+'), *digits = at;
    at = skip_digits(at);
    bool has_digits = at > digits;
    if (*at == '.') {
        digits = ++at;
        at = skip_digits(at);
        has_digits = has_digits || at > digits;
    }
    if (has_digits && (*at == 'e' || *at == 'E')) {
        at++;
        at += *at == '-' || *at == '+';
        digits = at;
        at = skip_digits(at);
        has_digits = at > digits;
    }
    return has_digits && *at == '\0';
}

/* Too large a number is a text again, as strconv.ParseFloat refuses it. */
static bool resolve_float(const char *text, struct yaml_number *into)
{
    if (!is_float(text))
        return false;
    double number = strtod(text, NULL);
    if (isinf(number))
        return false;
    *into = (struct yaml_number){ .real = number };
    return true;
}

/* Between digits, where strconv.ParseFloat allows them. */
static bool has_misplaced_underscore(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (*at == '_' && (at == text || digit_of(at[-1]) > 9 || digit_of(at[1]) > 9))
            return true;
    return false;
}

/* Underscores do not count; in what begins with a point they must stand right. */
bool yaml_number_read(const char *text, struct yaml_number *into)
{
    if (*text == '.' && has_misplaced_underscore(text))
        return false;
    char *plain = mem_text(text, strlen(text)), *end = plain;
    for (const char *at = text; *at != '\0'; at++)
        if (*at != '_')
            *end++ = *at;
    *end = '\0';
    bool good = (*text != '.' && resolve_int(plain, into)) || resolve_float(plain, into);
    free(plain);
    return good;
}

/* ── to text ── */

/* The fewest digits that give the number back, as a double or only as a float, and where its
 * point stands: 0.d1d2... times 10^*point. */
static int shortest_digits(double number, bool single, char digits[24], int *point)
{
    char text[40];
    int precision = 0;
    do
        snprintf(text, sizeof text, "%.*e", precision, number);
    while ((single ? (double)strtof(text, NULL) : strtod(text, NULL)) != number &&
           ++precision < 17);
    int count = 0;
    char *at = text;
    for (; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    *point = atoi(at + 1) + 1;
    return count;
}

static void print_plain(struct writer *out, const char *digits, int count, int point)
{
    if (point <= 0)
        writer_add(out, "0.");
    for (int i = point; i < 0; i++)
        writer_add_char(out, '0');
    for (int i = 0; i < count; i++) {
        if (i == point && i > 0)
            writer_add_char(out, '.');
        writer_add_char(out, digits[i]);
    }
    for (int i = count; i < point; i++)
        writer_add_char(out, '0');
}

static void print_scientific(struct writer *out, const char *digits, int count, int point,
                             const char *exponent_format)
{
    writer_add_char(out, digits[0]);
    if (count > 1) {
        writer_add_char(out, '.');
        writer_add_bytes(out, digits + 1, (size_t)(count - 1));
    }
    char exponent[16];
    snprintf(exponent, sizeof exponent, exponent_format, point - 1);
    writer_add(out, exponent);
}

/* As encoding/json prints a float64. */
static char *float_text(double number)
{
    struct writer out = { 0 };
    char digits[24];
    int point;
    if (signbit(number))
        writer_add_char(&out, '-');
    if (number == 0) {
        writer_add_char(&out, '0');
        return writer_take(&out);
    }
    int count = shortest_digits(fabs(number), false, digits, &point);
    if (point < -5)
        print_scientific(&out, digits, count, point, "e%d");
    else if (point > 21)
        print_scientific(&out, digits, count, point, "e+%d");
    else
        print_plain(&out, digits, count, point);
    return writer_take(&out);
}

/* As strconv.FormatFloat(..., 'g', -1, 32) does: the module forgets half of a key's digits. */
static char *float_key(double number)
{
    struct writer out = { 0 };
    char digits[24];
    int point = 1, count = 1;
    double rounded = fabs((double)(float)number);
    if (isinf(rounded))
        return mem_format("%s", number > 0 ? ".inf" : "-.inf");
    if (signbit(number))
        writer_add_char(&out, '-');
    if (rounded == 0)
        digits[0] = '0';
    else
        count = shortest_digits(rounded, true, digits, &point);
    if (point < -3 || point > 6)
        print_scientific(&out, digits, count, point, "e%+03d");
    else
        print_plain(&out, digits, count, point);
    return writer_take(&out);
}

static char *int_text(const struct yaml_number *number)
{
    return mem_format("%s%llu", number->negative ? "-" : "", (unsigned long long)number->magnitude);
}

char *yaml_number_text(const struct yaml_number *number)
{
    return number->is_whole ? int_text(number) : float_text(number->real);
}

char *yaml_number_key(const struct yaml_number *number)
{
    if (number->is_whole)
        return int_text(number);
    return isnan(number->real) ? mem_format(".nan") : float_key(number->real);
}
