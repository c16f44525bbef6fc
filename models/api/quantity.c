/* Quantities in exact decimal arithmetic.
 *
 * Follows apimachinery pkg/api/resource/{quantity,amount,suffix}.go of Kubernetes 1.36.4: the
 * grammar, with its leniency ("Mi", "+" and "." are zero), the rounding up to 1e-9, the cap of
 * binary amounts at 2^63-1, and the canonical form. Go falls back to big integers; we keep the 38
 * leading digits of an amount, which is more than anybody has written down on purpose. */
#include "models/api/quantity_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NANO 1000000000

static const char wrong_format[] = "quantities must match the regular expression "
                                   "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
static const char wrong_suffix[] = "unable to parse quantity's suffix";
static const char wrong_number[] = "unable to parse numeric part of quantity";

#define INT128_MAX ((__int128)(((unsigned __int128)1 << 127) - 1))

/* ── the grammar ── */

struct suffix {
    const char *text;
    int base, exponent;
};

static const struct suffix suffixes[] = {
    { "", 10, 0 },   { "n", 10, -9 }, { "u", 10, -6 }, { "m", 10, -3 },
    { "k", 10, 3 },  { "M", 10, 6 },  { "G", 10, 9 },  { "T", 10, 12 },
    { "P", 10, 15 }, { "E", 10, 18 }, { "Ki", 2, 10 }, { "Mi", 2, 20 },
    { "Gi", 2, 30 }, { "Ti", 2, 40 }, { "Pi", 2, 50 }, { "Ei", 2, 60 },
};

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* "e3", "E-9". Like Go, an exponent beyond 32 bits wraps around. */
static bool read_exponent(const char *text, struct quantity_parts *parts)
{
    if ((*text != 'e' && *text != 'E') || text[1] == '\0')
        return false;
    const char *digits = text + 1 + (text[1] == '+' || text[1] == '-');
    if (*digits == '\0' || digits[count_digits(digits)] != '\0')
        return false;
    int64_t exponent = 0;
    for (const char *at = digits; *at != '\0'; at++)
        if (__builtin_mul_overflow(exponent, 10, &exponent) ||
            __builtin_add_overflow(exponent, *at - '0', &exponent))
            return false;
    parts->base = 10;
    parts->exponent = (int32_t)(text[1] == '-' ? -exponent : exponent);
    parts->format = QUANTITY_DECIMAL_EXPONENT;
    return true;
}

static bool read_suffix(const char *text, struct quantity_parts *parts)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(text, suffixes[i].text) == 0) {
            parts->base = suffixes[i].base;
            parts->exponent = suffixes[i].exponent;
            parts->format = parts->base == 2 ? QUANTITY_BINARY_SI : QUANTITY_DECIMAL_SI;
            return true;
        }
    return read_exponent(text, parts);
}

/* What stands behind the number, wherever it is cut: letters, a sign, digits, the end. */
static bool is_suffix_shaped(const char *text)
{
    text += strspn(text, "eEinumkKMGTP");
    text += *text == '+' || *text == '-';
    return text[count_digits(text)] == '\0';
}

static bool refuse(const char **problem, const char *why)
{
    if (problem != NULL)
        *problem = why;
    return false;
}

bool quantity_take_apart(const char *text, struct quantity_parts *parts, const char **problem)
{
    if (*text == '\0')
        return refuse(problem, wrong_format);
    *parts = (struct quantity_parts){ .negative = *text == '-' };
    text += *text == '-' || *text == '+';
    const char *start = text;
    text += strspn(text, "0");
    parts->whole = text;
    parts->whole_count = count_digits(text);
    text += parts->whole_count;
    parts->fraction = text;
    if (*text == '.') {
        parts->fraction = ++text;
        parts->fraction_count = count_digits(text);
        text += parts->fraction_count;
    }
    parts->has_number = *start >= '0' && *start <= '9';
    if (parts->fraction_count > 0)
        parts->has_number = true;
    if (!is_suffix_shaped(text))
        return refuse(problem, wrong_format);
    if (!read_suffix(text, parts))
        return refuse(problem, wrong_suffix);
    /* Go's short cut takes no number for zero; its long way, for what the short cut cannot
     * hold, does not. */
    bool long_way = parts->base == 2 ? parts->exponent > 40 : parts->exponent < -9;
    if (!parts->has_number && long_way)
        return refuse(problem, wrong_number);
    return true;
}

/* ── amounts ── */

/* Digit `index` of whole and fraction taken as one row of digits; 0 beyond its end. */
int quantity_digit(const struct quantity_parts *parts, int64_t index)
{
    if (index < (int64_t)parts->whole_count)
        return parts->whole[index] - '0';
    index -= (int64_t)parts->whole_count;
    return index < (int64_t)parts->fraction_count ? parts->fraction[index] - '0' : 0;
}

int64_t quantity_digits(const struct quantity_parts *parts)
{
    return (int64_t)(parts->whole_count + parts->fraction_count);
}

static bool is_zero(const struct quantity_parts *parts)
{
    for (int64_t i = 0; i < quantity_digits(parts); i++)
        if (quantity_digit(parts, i) != 0)
            return false;
    return true;
}

/* The row of digits with the point behind digit `point`, in billionths, rounded up. */
static struct quantity decimal_amount(const struct quantity_parts *parts)
{
    struct quantity amount = { .format = parts->format };
    int64_t point = (int64_t)parts->whole_count + parts->exponent, end = point + 9, i = 0;
    for (; i < end; i++) {
        __int128 longer;
        if (__builtin_mul_overflow(amount.nano, (__int128)10, &longer) ||
            __builtin_add_overflow(longer, (__int128)quantity_digit(parts, i), &longer))
            break;
        amount.nano = longer;
    }
    amount.exponent = (int32_t)(end > i ? end - i : 0);
    for (; i < quantity_digits(parts); i++)
        if (quantity_digit(parts, i) != 0) {
            amount.nano += amount.nano < INT128_MAX;
            break;
        }
    return amount;
}

/* 0.d1d2d3... times `unit`, rounded up. From the last digit to the first each step is
 * exact but for a remainder, and one remainder anywhere means that the sum is not whole. */
static __int128 fraction_amount(const struct quantity_parts *parts, __int128 unit)
{
    __int128 amount = 0;
    bool inexact = false;
    for (size_t i = parts->fraction_count; i-- > 0;) {
        amount += (parts->fraction[i] - '0') * unit;
        inexact = inexact || amount % 10 != 0;
        amount /= 10;
    }
    return amount + inexact;
}

/* The same times a power of two, capped at 2^63 - 1. */
static struct quantity binary_amount(const struct quantity_parts *parts)
{
    const __int128 most = (__int128)INT64_MAX * NANO;
    struct quantity amount = { .format = QUANTITY_BINARY_SI };
    for (size_t i = 0; i < parts->whole_count && amount.nano <= INT64_MAX; i++)
        amount.nano = amount.nano * 10 + (parts->whole[i] - '0');
    if (amount.nano > INT64_MAX >> parts->exponent) {
        amount.nano = most;
        return amount;
    }
    __int128 unit = ((__int128)1 << parts->exponent) * NANO;
    amount.nano = amount.nano * unit + fraction_amount(parts, unit);
    if (amount.nano > most)
        amount.nano = most;
    if (amount.nano < NANO)
        amount.format = QUANTITY_DECIMAL_SI;
    return amount;
}

bool quantity_parse(const char *text, struct quantity *quantity, const char **problem)
{
    struct quantity_parts parts;
    if (!quantity_take_apart(text, &parts, problem))
        return false;
    if (is_zero(&parts)) {
        *quantity = (struct quantity){ .format = parts.format };
        return true;
    }
    *quantity = parts.base == 2 ? binary_amount(&parts) : decimal_amount(&parts);
    if (parts.negative)
        quantity->nano = -quantity->nano;
    return true;
}

bool quantity_parse_json(const char *text, struct quantity *quantity, const char **problem)
{
    static const char blanks[] = " \t\n\v\f\r";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
        length--;
    if (text[length] == '\0')
        return quantity_parse(text, quantity, problem);
    char *trimmed = strndup(text, length);
    bool good = quantity_parse(trimmed, quantity, problem);
    free(trimmed);
    return good;
}

bool quantity_load(const struct value *from, struct quantity *quantity, struct error *error)
{
    if (from->type != VALUE_STRING && from->type != VALUE_NUMBER)
        return error_set(error, from->at, "a quantity is a number or a text (try 4, 500m or 2Gi)");
    if (!quantity_parse_json(from->text, quantity, NULL))
        return error_set(error, from->at, "\"%s\" is not a quantity (try 4, 500m or 2Gi)",
                         from->text);
    return true;
}

/* ── integers ── */

static int64_t in_units_of(struct quantity quantity, int64_t nano_per_unit)
{
    bool negative = quantity.nano < 0;
    __int128 nano = negative ? -quantity.nano : quantity.nano;
    __int128 units = nano / nano_per_unit + (nano % nano_per_unit != 0);
    if (quantity.exponent > 0 || units > INT64_MAX)
        return negative ? INT64_MIN : INT64_MAX;
    return (int64_t)(negative ? -units : units);
}

int64_t quantity_value(struct quantity quantity)
{
    return in_units_of(quantity, NANO);
}

int64_t quantity_milli(struct quantity quantity)
{
    return in_units_of(quantity, NANO / 1000);
}

int quantity_compare(struct quantity a, struct quantity b)
{
    bool negative = a.nano < 0;
    if (a.exponent == b.exponent || negative != (b.nano < 0))
        return (a.nano > b.nano) - (a.nano < b.nano);
    /* A larger exponent means that a smaller one could not hold the amount. */
    return (a.exponent > b.exponent) == negative ? -1 : 1;
}

/* One digit less, rounded away from zero. */
static void coarsen(struct quantity *quantity)
{
    __int128 rest = quantity->nano % 10;
    quantity->nano = quantity->nano / 10 + (rest > 0) - (rest < 0);
    quantity->exponent++;
}

/* The finest exponent that holds the amount: equal amounts are equal in both members. */
static void refine(struct quantity *quantity)
{
    __int128 longer;
    while (quantity->exponent > 0 &&
           !__builtin_mul_overflow(quantity->nano, (__int128)10, &longer)) {
        quantity->nano = longer;
        quantity->exponent--;
    }
}

struct quantity quantity_add(struct quantity a, struct quantity b)
{
    enum quantity_format format = a.nano == 0 ? b.format : a.format;
    if (a.nano == 0 || b.nano == 0) {
        struct quantity same = a.nano == 0 ? b : a;
        same.format = format;
        return same;
    }
    struct quantity *fine = a.exponent < b.exponent ? &a : &b;
    struct quantity *coarse = fine == &a ? &b : &a;
    if (coarse->exponent - (int64_t)fine->exponent > 39)
        *fine = (struct quantity){ .nano = fine->nano < 0 ? -1 : 1, .exponent = coarse->exponent };
    while (fine->exponent < coarse->exponent)
        coarsen(fine);
    struct quantity sum = { .format = format };
    while (__builtin_add_overflow(a.nano, b.nano, &sum.nano)) {
        coarsen(&a);
        coarsen(&b);
    }
    sum.exponent = sum.nano == 0 ? 0 : a.exponent;
    refine(&sum);
    return sum;
}

struct quantity quantity_of_units(int64_t units, enum quantity_format format)
{
    return (struct quantity){ .nano = (__int128)units * NANO, .format = format };
}

struct quantity quantity_of_milli(int64_t milli)
{
    return (struct quantity){ .nano = (__int128)milli * (NANO / 1000),
                              .format = QUANTITY_DECIMAL_SI };
}

/* ── the canonical form ── */

static char *print_digits(char *out, __int128 number)
{
    char digits[40];
    int count = 0;
    unsigned __int128 rest = number < 0 ? -(unsigned __int128)number : (unsigned __int128)number;
    do {
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *out++ = '-';
    while (count > 0)
        *out++ = digits[--count];
    *out = '\0';
    return out;
}

static const char *suffix_of(int base, int64_t exponent)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (suffixes[i].base == base && suffixes[i].exponent == exponent)
            return suffixes[i].text;
    return ""; /* as Go: beyond exa there is no suffix, and it prints none */
}

/* The fewest digits with an exponent that three divides. */
static void print_decimal(char *out, struct quantity quantity, enum quantity_format format)
{
    __int128 number = quantity.nano;
    int64_t exponent = (int64_t)quantity.exponent - 9;
    while (number % 10 == 0) {
        number /= 10;
        exponent++;
    }
    out = print_digits(out, number);
    for (; exponent % 3 != 0; exponent--)
        *out++ = '0';
    *out = '\0';
    if (format == QUANTITY_DECIMAL_SI)
        strcpy(out, suffix_of(10, exponent));
    else if (exponent != 0)
        snprintf(out, 24, "e%lld", (long long)exponent);
}

static void print_binary(char *out, __int128 units)
{
    int exponent = 0;
    for (; units % 1024 == 0; units /= 1024)
        exponent += 10;
    out = print_digits(out, units);
    if (exponent > 0)
        strcpy(out, suffix_of(2, exponent));
}

char *quantity_print(struct quantity quantity, char text[QUANTITY_TEXT])
{
    const __int128 kibi = (__int128)1024 * NANO;
    bool binary = quantity.format == QUANTITY_BINARY_SI;
    bool as_binary =
        binary && quantity.nano % NANO == 0 && (quantity.nano <= -kibi || quantity.nano >= kibi);
    if (quantity.nano == 0)
        strcpy(text, "0");
    else if (as_binary)
        print_binary(text, quantity.nano / NANO);
    else
        print_decimal(text, quantity, binary ? QUANTITY_DECIMAL_SI : quantity.format);
    return text;
}

/* ── the text as it was written ── */

static bool ends_in_thousand(const struct quantity_parts *parts)
{
    int64_t count = quantity_digits(parts);
    return count >= 3 && quantity_digit(parts, count - 1) == 0 &&
           quantity_digit(parts, count - 2) == 0 && quantity_digit(parts, count - 3) == 0;
}

/* ParseQuantity's condition for its way through an int64. */
bool quantity_is_short(const struct quantity_parts *parts)
{
    size_t whole = parts->whole_count == 0 ? 1 : parts->whole_count; /* Go puts a zero there */
    if (parts->base == 2)
        return parts->fraction_count == 0 && whole + (size_t)(parts->exponent * 3 / 10) <= 14;
    return whole + parts->fraction_count <= 18 &&
           parts->exponent - (int64_t)parts->fraction_count >= -9;
}

/* Eight divides a number whenever it divides its last three digits. */
static bool eight_divides(const struct quantity_parts *parts)
{
    int last = 0;
    int64_t count = quantity_digits(parts);
    for (int64_t i = count < 3 ? 0 : count - 3; i < count; i++)
        last = last * 10 + quantity_digit(parts, i);
    return last % 8 == 0;
}

bool quantity_keeps_text(const char *text)
{
    struct quantity_parts parts;
    if (!quantity_take_apart(text, &parts, NULL))
        return false;
    if (strcmp(text, "0") == 0)
        return true;
    if (!quantity_is_short(&parts))
        return false;
    if (parts.base == 2)
        return !eight_divides(&parts);
    return (parts.exponent - (int64_t)parts.fraction_count) % 3 == 0 && parts.whole_count > 0 &&
           !ends_in_thousand(&parts);
}
