/* Tables of quantities, of integers or percentages, and of the bounds made of these. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/intstr.h"
#include "models/api/json.h"
#include "models/api/quantity.h"
#include "sim/base/memory.h"
#include "tests/support/tables.h"

static bool expect_int(struct writer *why, const char *what, int64_t got, const char *want)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, got);
    return table_expect(why, what, text, want);
}

/* ── quantities ── */

/* The input between quotes, as it would stand in a JSON body. */
static bool json_accepts(const char *input)
{
    char *literal = mem_format("\"%s\"", input);
    struct error error = { 0 };
    struct value *text =
        json_read(literal, strlen(literal), (struct place){ NULL, 1, 1 }, NULL, &error);
    struct quantity quantity;
    bool good = text != NULL && quantity_load(text, &quantity, &error);
    error_close(&error);
    value_drop(text);
    free(literal);
    return good;
}

/* Is the exact amount, times 10^shift, the integer in the column? */
static bool is_whole(const struct value *row, const char *column, int shift)
{
    char *text = mem_format("%se%d", table_text(row, "exact_decimal"), shift);
    struct value *exact = value_new_number(text);
    struct value *integer = value_new_number(table_text(row, column));
    bool same = value_equal(exact, integer);
    value_drop(exact);
    value_drop(integer);
    free(text);
    return same;
}

/* The integer we must give. Go rounds away from zero, where it does not overflow (or truncate
 * a large negative amount); the exact column rounds up. So it is that one, less one for negative
 * fractions, and the nearest int64 where it does not fit. */
static bool expect_rounded(struct writer *why, const struct value *row, int64_t got,
                           const char *column, int shift)
{
    struct value *number = value_new_number(table_text(row, column));
    bool negative = *table_text(row, "exact_decimal") == '-';
    int64_t want = negative ? INT64_MIN : INT64_MAX;
    if (value_as_int(number, &want) && negative && !is_whole(row, column, shift))
        want--;
    value_drop(number);
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, want);
    return expect_int(why, column, got, text);
}

/* Our amount, written as a JSON number, equals the recorded one. */
static bool expect_exact(struct writer *why, struct quantity quantity, const char *want)
{
    quantity.format = QUANTITY_DECIMAL_EXPONENT;
    char text[QUANTITY_TEXT];
    struct value *got = value_new_number(quantity_print(quantity, text));
    struct value *wanted = value_new_number(want);
    bool same = value_equal(got, wanted);
    if (!same)
        writer_format(why, "exact: got %s, want %s; ", text, want);
    value_drop(got);
    value_drop(wanted);
    return same;
}

static bool quantity_agrees(const struct value *row, struct writer *why)
{
    static const char *const formats[] = { "DecimalSI", "BinarySI", "DecimalExponent" };
    const char *input = table_text(row, "input"), *problem = "";
    struct quantity quantity;
    bool good = quantity_parse(input, &quantity, &problem);
    if (!table_expect(why, "ok", good ? "ok" : "error", table_text(row, "ok")) ||
        !table_expect(why, "json_ok", json_accepts(input) ? "ok" : "error",
                      table_text(row, "json_ok")))
        return false;
    if (!good)
        return table_expect(why, "error", problem, table_text(row, "error"));
    char text[QUANTITY_TEXT];
    return table_expect(why, "canonical", quantity_print(quantity, text),
                        table_text(row, "canonical")) &&
           table_expect(why, "format", formats[quantity.format], table_text(row, "format")) &&
           expect_rounded(why, row, quantity_value(quantity), "value_exact_ceil", 0) &&
           expect_rounded(why, row, quantity_milli(quantity), "milli_exact_ceil", 3) &&
           expect_exact(why, quantity, table_text(row, "exact_decimal"));
}

const struct table quantity_table = {
    .name = "quantity",
    .columns = { "input", "json_ok", "canonical", "exact_decimal" },
    .agrees = quantity_agrees,
};

/* ── integers or percentages ── */

static struct value *int_or_text(const char *text, bool is_int)
{
    return is_int ? value_new_number(text) : value_new_string(text);
}

static bool intstr_agrees(const struct value *row, struct writer *why)
{
    bool is_int = strcmp(table_text(row, "input_type"), "int") == 0;
    struct value *input = int_or_text(table_text(row, "input"), is_int);
    struct int_or_percent number;
    struct error error = { 0 };
    bool good = intstr_load(input, &number, &error);
    bool agrees = table_expect(why, "ok", good ? "ok" : "error", table_text(row, "ok"));
    int64_t total = strtoll(table_text(row, "total"), NULL, 10);
    bool up = strcmp(table_text(row, "round_up"), "true") == 0;
    if (agrees && good)
        agrees =
            expect_int(why, "value", intstr_scaled(number, total, up), table_text(row, "value"));
    else if (agrees)
        agrees = table_expect(why, "error", error.text, table_text(row, "error"));
    error_close(&error);
    value_drop(input);
    return agrees;
}

const struct table intstr_table = {
    .name = "intstr",
    .columns = { "input", "input_type", "total", "round_up" },
    .agrees = intstr_agrees,
};

/* ── the bounds of a rolling update ── */

static bool load_bound(const struct value *row, const char *column, struct int_or_percent *bound)
{
    const char *text = table_text(row, column);
    struct value *value = int_or_text(text, strchr(text, '%') == NULL);
    struct error error = { 0 };
    bool good = intstr_load(value, bound, &error);
    error_close(&error);
    value_drop(value);
    return good;
}

static bool fenceposts_agrees(const struct value *row, struct writer *why)
{
    struct int_or_percent surge, unavailable;
    if (!load_bound(row, "max_surge", &surge) || !load_bound(row, "max_unavailable", &unavailable))
        return false;
    int64_t desired = strtoll(table_text(row, "desired"), NULL, 10);
    struct fenceposts posts = fenceposts_resolve(surge, unavailable, (int32_t)desired);
    return expect_int(why, "surge", posts.surge, table_text(row, "surge")) &&
           expect_int(why, "unavailable", posts.unavailable, table_text(row, "unavailable")) &&
           expect_int(why, "max_total", desired + posts.surge, table_text(row, "max_total")) &&
           expect_int(why, "min_available", desired - posts.unavailable,
                      table_text(row, "min_available"));
}

const struct table fenceposts_table = {
    .name = "fenceposts",
    .columns = { "max_surge", "max_unavailable", "desired", "surge" },
    .agrees = fenceposts_agrees,
};
