/* Scalars that Go parses while it decodes JSON: base64, times, quantities. Each function says
 * what Kubernetes would complain of, or NULL when it would not; the caller frees it. */
#ifndef MODELS_API_SCALAR_H
#define MODELS_API_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/value.h"

/* Of a string: standard base64 with padding; line breaks are skipped. */
char *scalar_base64_problem(const struct value *value);

/* The number of bytes that a valid base64 text holds. */
size_t scalar_base64_size(const char *text);

/* The standard base64 of some bytes as a new string. */
char *scalar_base64(const char *bytes, size_t length);

/* Of a string: RFC 3339, or for `micro` the same with six decimals at most printed. */
char *scalar_time_problem(const struct value *value, bool micro);

/* The time as the API server prints it, in UTC, with whole seconds or six decimals. NULL
 * when it is no time; the caller frees it. */
char *scalar_time_print(const char *text, bool micro);

/* An RFC 3339 text as Unix time; false when it is none. */
bool scalar_time_parse(const char *text, int64_t *unix_seconds, int *nanosecond);

/* Unix time as scalar_time_print() shows it; returns the length as snprintf() does. */
int scalar_time_write(char *into, size_t size, int64_t unix_seconds, int nanosecond, bool micro);

/* Of any value: a quantity is a string or a number. */
char *scalar_quantity_problem(const struct value *value);

/* The quantity as the API server shows it: in canonical form ("1000m" is "1"), or as it was
 * written if that looked canonical enough; NULL when it is none. The caller frees it. */
char *scalar_quantity_print(const struct value *value);

#endif
