/* IntOrString, and the bounds of a rolling update that are made of it. */
#include "models/api/intstr.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

static bool refuse(const struct value *from, struct error *error, const char *what,
                   const char *digits, int length)
{
    return error_set(error, from->at,
                     "invalid value for IntOrString: invalid value \"%s\": strconv.Atoi: parsing "
                     "\"%.*s\": %s",
                     from->text, length, digits, what);
}

/* The number before the percent sign, by the rules of strconv.Atoi. */
static bool load_percent(const struct value *from, struct int_or_percent *into, struct error *error)
{
    const char *text = from->text, *digits = text + (*text == '-' || *text == '+');
    size_t length = from->count - 1;
    if (text[length] != '%')
        return error_set(error, from->at,
                         "invalid value for IntOrString: invalid type: string is not a percentage");
    if (digits == text + length || strspn(digits, "0123456789") != (size_t)(text + length - digits))
        return refuse(from, error, "invalid syntax", text, (int)length);
    int64_t number = 0;
    for (; digits < text + length; digits++)
        if ((number = number * 10 + (*digits - '0')) > INT32_MAX)
            return refuse(from, error, "value out of range", text, (int)length);
    into->percent = true;
    into->number = (int32_t)(*text == '-' ? -number : number);
    return true;
}

bool intstr_load(const struct value *from, struct int_or_percent *into, struct error *error)
{
    int64_t number;
    if (from->type == VALUE_STRING && from->count > 0)
        return load_percent(from, into, error);
    if (from->type == VALUE_STRING)
        return error_set(error, from->at,
                         "invalid value for IntOrString: invalid type: string is not a percentage");
    if (!value_as_int(from, &number) || number > INT32_MAX || number < INT32_MIN)
        return error_set(error, from->at,
                         "neither a 32-bit integer nor a percentage (try 1 or 25%%)");
    *into = (struct int_or_percent){ .number = (int32_t)number };
    return true;
}

struct value *intstr_print(struct int_or_percent number)
{
    if (!number.percent)
        return value_new_int(number.number);
    char *text = mem_format("%" PRId32 "%%", number.number);
    struct value *printed = value_new_string(text);
    free(text);
    return printed;
}

int64_t intstr_scaled(struct int_or_percent number, int64_t total, bool round_up)
{
    if (!number.percent)
        return number.number;
    __int128 hundredths = (__int128)number.number * total;
    __int128 quotient = hundredths / 100, rest = hundredths % 100;
    return (int64_t)(quotient + (round_up ? rest > 0 : -(rest < 0)));
}

struct fenceposts fenceposts_resolve(struct int_or_percent max_surge,
                                     struct int_or_percent max_unavailable, int32_t replicas)
{
    int64_t surge = intstr_scaled(max_surge, replicas, true);
    int64_t unavailable = intstr_scaled(max_unavailable, replicas, false);
    if (surge == 0 && unavailable == 0)
        unavailable = 1; /* otherwise nothing could ever move */
    if (unavailable > replicas)
        unavailable = replicas;
    return (struct fenceposts){ .surge = (int32_t)surge, .unavailable = (int32_t)unavailable };
}
