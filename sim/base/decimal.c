/* Digit by digit, without arithmetic that could round. */
#include "sim/base/decimal.h"

#include <stddef.h>

#include "sim/base/hash.h"

/* A JSON number as 0.d1d2d3... times a power of ten, without zeros at either end. The
 * digits are borrowed from the text and may have a '.' between them. */
struct decimal {
    bool negative;
    const char *digits;
    size_t count;     /* digits, the point not counted; 0 for the number zero */
    int64_t exponent; /* power of ten by which 0.d1d2... is multiplied */
};

static const char *skip_digits(const char *at)
{
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

/* The value of an exponent part, capped: beyond the cap all numbers are out of reach. */
static int64_t exponent_of(const char *at)
{
    if (*at != 'e' && *at != 'E')
        return 0;
    at++;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    int64_t exponent = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        if (exponent < INT64_C(100000000000000000))
            exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

static struct decimal decimal_of(const char *text)
{
    struct decimal number = { .negative = *text == '-' };
    const char *whole = text + (*text == '-' || *text == '+');
    const char *end = skip_digits(whole);
    number.exponent = end - whole;
    if (*end == '.')
        end = skip_digits(end + 1);
    number.exponent += exponent_of(end);

    const char *first = whole;
    for (; first < end && (*first == '0' || *first == '.'); first++)
        if (*first == '0')
            number.exponent--;
    while (end > first && (end[-1] == '0' || end[-1] == '.'))
        end--;
    number.digits = first;
    for (const char *at = first; at < end; at++)
        number.count += *at != '.';
    if (number.count == 0)
        number = (struct decimal){ .digits = first }; /* zero has no sign */
    return number;
}

static int next_digit(const char **at)
{
    if (**at == '.')
        ++*at;
    return *(*at)++ - '0';
}

bool decimal_equal(const char *a, const char *b)
{
    struct decimal x = decimal_of(a), y = decimal_of(b);
    if (x.negative != y.negative || x.count != y.count || x.exponent != y.exponent)
        return false;
    for (size_t i = 0; i < x.count; i++)
        if (next_digit(&x.digits) != next_digit(&y.digits))
            return false;
    return true;
}

/* The sizes of two numbers, whatever their signs. */
static int compare_sizes(struct decimal x, struct decimal y)
{
    if (x.count == 0 || y.count == 0)
        return (x.count > 0) - (y.count > 0);
    if (x.exponent != y.exponent)
        return x.exponent < y.exponent ? -1 : 1;
    for (size_t i = 0; i < x.count || i < y.count; i++) {
        const int left = i < x.count ? next_digit(&x.digits) : 0;
        const int right = i < y.count ? next_digit(&y.digits) : 0;
        if (left != right)
            return left < right ? -1 : 1;
    }
    return 0;
}

int decimal_compare(const char *a, const char *b)
{
    struct decimal x = decimal_of(a), y = decimal_of(b);
    if (x.negative != y.negative)
        return x.negative ? -1 : 1;
    return x.negative ? compare_sizes(y, x) : compare_sizes(x, y);
}

uint64_t decimal_hash(const char *text)
{
    struct decimal number = decimal_of(text);
    uint64_t hash = hash_mix((uint64_t)number.exponent * 2 + number.negative);
    for (size_t i = 0; i < number.count; i++)
        hash = hash * 31 + (uint64_t)next_digit(&number.digits);
    return hash_mix(hash);
}

bool decimal_int(const char *text, int64_t *into)
{
    struct decimal number = decimal_of(text);
    if (number.exponent > 19 || number.exponent < (int64_t)number.count)
        return false;
    int64_t whole = 0; /* counted downwards: the negative side reaches one further */
    for (int64_t i = 0; i < number.exponent; i++) {
        int digit = i < (int64_t)number.count ? next_digit(&number.digits) : 0;
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_sub_overflow(whole, digit, &whole))
            return false;
    }
    if (!number.negative && whole == INT64_MIN)
        return false;
    *into = number.negative ? whole : -whole;
    return true;
}

bool decimal_is_json(const char *text)
{
    const char *at = text + (*text == '-');
    const char *end = skip_digits(at);
    if (end == at || (*at == '0' && end > at + 1))
        return false;
    if (*end == '.') {
        at = end + 1;
        end = skip_digits(at);
        if (end == at)
            return false;
    }
    if (*end == 'e' || *end == 'E') {
        at = end + 1;
        at += *at == '-' || *at == '+';
        end = skip_digits(at);
        if (end == at)
            return false;
    }
    return *end == '\0';
}
