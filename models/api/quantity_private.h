/* A quantity taken apart, for quantity.c and quantity_dump.c. */
#ifndef MODELS_API_QUANTITY_PRIVATE_H
#define MODELS_API_QUANTITY_PRIVATE_H

#include <stddef.h>

#include "models/api/quantity.h"

/* Digits without zeros in front, and what they are multiplied by: base^exponent. */
struct quantity_parts {
    bool negative;
    const char *whole, *fraction; /* borrowed from the text */
    size_t whole_count, fraction_count;
    bool has_number; /* any character of a number at all, be it a zero that was skipped */
    int base;
    int64_t exponent;
    enum quantity_format format;
};

bool quantity_take_apart(const char *text, struct quantity_parts *parts, const char **problem);

/* Whole and fraction as one row of digits; 0 beyond its end. */
int64_t quantity_digits(const struct quantity_parts *parts);
int quantity_digit(const struct quantity_parts *parts, int64_t index);

/* Does Go hold it as an int64 and a scale? Otherwise it does as an inf.Dec. */
bool quantity_is_short(const struct quantity_parts *parts);

#endif
