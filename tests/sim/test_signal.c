/* Signals: values and integrals by hand, the inverse against the integral, and what a scenario may
 * and may not write. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/chance/signal.h"
#include "sim/chance/stream.h"
#include "models/api/json.h"
#include "tests/support/rows.h"

static struct signal *load(const char *json)
{
    struct value *document = rows_parse(json);
    struct error error = { .text = NULL };
    struct signal *signal = signal_load(document, NULL, &error);
    cr_assert_not_null(signal, "%s: %s", json, error.text);
    value_drop(document);
    return signal;
}

static struct value *read(const char *json)
{
    struct error error = { .text = NULL };
    struct value *document =
        json_read(json, strlen(json), (struct place){ NULL, 1, 1 }, NULL, &error);
    cr_assert_not_null(document, "%s: %s", json, error.text);
    return document;
}

static bool near(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-9 * fabs(b);
}

#define STEPS "{\"steps\": [{\"at\": \"10s\", \"value\": 5}, {\"at\": 30, \"value\": 2}]}"
#define DAYS                                                                                       \
    "{\"steps\": {\"points\": [{\"at\": \"10s\", \"value\": 5}, {\"at\": \"30s\", \"value\": "     \
    "2}], \"every\": \"1m\"}}"
#define LINE "{\"line\": [{\"at\": \"10s\", \"value\": 0}, {\"at\": \"30s\", \"value\": 4}]}"
#define ROUND                                                                                      \
    "{\"line\": {\"points\": [{\"at\": \"10s\", \"value\": 0}, {\"at\": \"30s\", \"value\": 4}], " \
    "\"every\": \"1m\"}}"
#define WAVE "{\"diurnal\": {\"mean\": 10, \"amplitude\": 6, \"peak\": \"14h\"}}"
#define SPIKES                                                                                     \
    "{\"spikes\": {\"base\": 1, \"height\": 9, \"at\": \"50s\", \"lasts\": \"20s\", \"every\": "   \
    "\"1m\"}}"

Test(signal, values_are_those_of_the_formula)
{
    static const struct {
        const char *why, *text;
        double at, value;
        double next; /* 0: never */
        bool flat;
    } rows[] = {
        { "a constant", "7.5", 3, 7.5, 0, true },
        { "before the first step its value holds", STEPS, 0, 5, 10, true },
        { "a step is inclusive", STEPS, 30, 2, 0, true },
        { "just before the step", STEPS, 29.999999999, 5, 30, true },
        { "steps that repeat: the last leads on to the first", DAYS, 61, 2, 70, true },
        { "and then the first", DAYS, 70, 5, 90, true },
        { "before the first point of a line", LINE, 3, 0, 10, true },
        { "a quarter of the way", LINE, 15, 1, 30, false },
        { "after the last point", LINE, 300, 4, 0, true },
        { "40 s from 4 at 30 to 0 at 70: after 10 of them", ROUND, 40, 3, 60, false },
        { "and after 30 s, across the end of the period", ROUND, 60, 1, 70, false },
        { "the peak", WAVE, 14 * 3600, 16, 0, false },
        { "half a day later, the next day", WAVE, (24 + 2) * 3600, 4, 0, false },
        { "a quarter of a day from the peak", WAVE, 20 * 3600, 10, 0, false },
        { "the first spike comes at 50 s", SPIKES, 49, 1, 50, true },
        { "and lasts beyond the minute", SPIKES, 69, 10, 70, true },
        { "its end is not part of it", SPIKES, 70, 1, 110, true },
        { "the sum of both; the spike changes next", "{\"sum\": [3, " SPIKES "]}", 55, 13, 70,
          true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct signal *signal = load(rows[i].text);
        const sim_time at = sim_time_from_seconds(rows[i].at),
                       next = signal_next_change(signal, at);
        cr_expect(near(signal_value(signal, at), rows[i].value), "%s: %.17g", rows[i].why,
                  signal_value(signal, at));
        cr_expect_eq(next, rows[i].next > 0 ? sim_time_from_seconds(rows[i].next) : SIM_FOREVER,
                     "%s: changes at %g s", rows[i].why, sim_time_to_seconds(next));
        cr_expect_eq(signal_is_flat(signal, at), rows[i].flat, "%s", rows[i].why);
        signal_free(signal);
    }
}

Test(signal, integrals_are_areas)
{
    static const struct {
        const char *why, *text;
        double from, to, area;
    } rows[] = {
        { "2 s at 7.5", "7.5", 1, 3, 15 },
        { "20 s at 5 and 10 s at 2", STEPS, 10, 40, 120 },
        { "a minute is 20 * 5 + 40 * 2", DAYS, 0, 60, 180 },
        { "ten of them and 5 s at 5", DAYS, 10, 615, 1825 },
        { "a triangle of 10 s and 2, without its first half", LINE, 15, 20, 7.5 },
        { "two triangles a minute, 20 s * 4 / 2 and 40 s * 4 / 2", ROUND, 25, 85, 120 },
        { "whole days are the mean", WAVE, 3600, 3 * 86400 + 3600, 10.0 * 3 * 86400 },
        { "from the peak a quarter of a day: 10 T/4 + 6 T/(2 pi)", WAVE, 14 * 3600, 20 * 3600,
          216000 + 6 * 86400 / (2 * 3.14159265358979323846) },
        { "a second at the peak, a hundred years later", WAVE, 36500 * 86400.0 + 14 * 3600,
          36500 * 86400.0 + 14 * 3600 + 1, 16 - 6.0 / 6 * 7.2722052166e-5 * 7.2722052166e-5 },
        { "49 s of the base, a spike, the base, a spike", SPIKES, 1, 130, 49 + 200 + 40 + 200 },
        { "sums add", "{\"sum\": [2, " STEPS "]}", 10, 40, 180 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct signal *signal = load(rows[i].text);
        const double area = signal_integral(signal, sim_time_from_seconds(rows[i].from),
                                            sim_time_from_seconds(rows[i].to));
        cr_expect(near(area, rows[i].area), "%s: %.17g", rows[i].why, area);
        signal_free(signal);
    }
}

Test(signal, the_inverse_is_the_first_nanosecond_that_suffices)
{
    static const struct {
        const char *why, *text;
        double from, amount, at; /* 0: never */
    } rows[] = {
        { "10 at 5 a second", STEPS, 2, 10, 4 },
        { "140 s to come: 140 / 5 = 28 s are cut to 20, then 20 s at 2", STEPS, 10, 140, 50 },
        { "nothing is there at once", STEPS, 12, 0, 12 },
        { "t^2 / 10 = 2.5 after 5 s", LINE, 10, 2.5, 15 },
        { "half a spike, after 49 s of base", SPIKES, 1, 149, 60 },
        { "a whole spike; a thousand minutes later", SPIKES, 60000 + 50, 200, 60070 },
        { "no more comes", "{\"spikes\": {\"height\": 4, \"at\": \"1m\", \"lasts\": \"1s\"}}", 0,
          4.5, 0 },
        { "of nothing", "0", 5, 1e-12, 0 },
        { "ten days of the wave", WAVE, 3600, 10.0 * 864000, 3600 + 864000 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct signal *signal = load(rows[i].text);
        const sim_time at =
            signal_reaches(signal, sim_time_from_seconds(rows[i].from), rows[i].amount);
        const sim_time want = rows[i].at > 0 ? sim_time_from_seconds(rows[i].at) : SIM_FOREVER;
        cr_expect(llabs(at - want) <= 10, "%s: %.9f", rows[i].why, sim_time_to_seconds(at));
        signal_free(signal);
    }
}

Test(signal, the_inverse_agrees_with_the_integral_anywhere)
{
    const char *texts[] = {
        STEPS, DAYS, LINE, ROUND, WAVE, SPIKES, "{\"sum\": [" ROUND ", " WAVE ", " SPIKES "]}"
    };
    struct stream stream = stream_of(7, "", "test", "signal", 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct signal *signal = load(texts[i]);
        for (int k = 0; k < 2000; k++) {
            const sim_time from = sim_time_from_seconds(stream_uniform(&stream) * 3e5);
            const double amount = pow(10, stream_uniform(&stream) * 9 - 3);
            const sim_time at = signal_reaches(signal, from, amount);
            cr_assert(at < SIM_FOREVER && at > from);
            cr_assert(signal_integral(signal, from, at) >= amount, "%s", texts[i]);
            cr_assert(signal_integral(signal, from, at - 1) < amount, "%s", texts[i]);
        }
        signal_free(signal);
    }
}

Test(signal, faults_stand_at_their_place)
{
    static const struct {
        const char *text, *fault;
    } rows[] = {
        { "[]", "1:1: a signal is an amount or one name with its parameters "
                "({diurnal: {mean: 100, amplitude: 60, peak: 14h}})" },
        { "-3", "1:1: must not be negative" },
        { "1e400", "1:1: is too large" },
        { "\"5x\"", "1:1: is not a number" },
        { "{\"dirunal\": {}}", "1:2: unknown signal \"dirunal\" (try diurnal)" },
        { "{\"diurnal\": 3}", "1:13: diurnal: has no parameters" },
        { "{\"diurnal\": {\"mean\": 1, \"amplitude\": 2, \"peak\": 0}}",
          "1:38: diurnal: amplitude is above the mean, so that the value would be negative" },
        { "{\"diurnal\": {\"mean\": 1, \"amplitude\": 1, \"peak\": 0, \"period\": 0}}",
          "1:62: diurnal: period must be positive" },
        { "{\"diurnal\": {\"mean\": 1, \"amplitude\": 1}}", "1:13: diurnal: has no peak" },
        { "{\"steps\": []}", "1:11: steps: must be a list of at least one point" },
        { "{\"steps\": [{\"at\": 3, \"value\": 1}, {\"at\": 3, \"value\": 2}]}",
          "1:35: steps: is not later than the point before it" },
        { "{\"line\": {\"points\": [{\"at\": 3, \"value\": 1}], \"every\": 3}}",
          "1:55: line: every must be later than the last point" },
        { "{\"line\": [7]}", "1:11: line: is not a point, as {at: 10m, value: 3}" },
        { "{\"line\": [{\"at\": \"-3s\", \"value\": 1}]}", "1:18: line: at: must not be negative" },
        { "{\"spikes\": {\"height\": 1, \"at\": 0, \"lasts\": 0}}",
          "1:44: spikes: lasts must be positive" },
        { "{\"spikes\": {\"height\": 1, \"at\": 0, \"lasts\": 5, \"every\": 5}}",
          "1:56: spikes: every must be longer than lasts" },
        { "{\"spikes\": {\"hight\": 1}}",
          "1:13: spikes: unknown parameter \"hight\" (try height)" },
        { "{\"sum\": [1, {\"sum\": []}]}", "1:21: sum: sum: must be a list of at least one" },
        { "{\"file\": {\"path\": \"x\"}}", "1:10: file: no file can be opened here" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value *document = read(rows[i].text);
        struct error error = { .text = NULL };
        struct signal *signal = signal_load(document, NULL, &error);
        cr_assert_null(signal, "%s", rows[i].text);
        char *text = mem_format("%d:%d: %s", error.at.line, error.at.column, error.text);
        cr_expect_str_eq(text, rows[i].fault);
        free(text);
        error_close(&error);
        value_drop(document);
    }
}

static char *open_text(void *context, const struct value *path, size_t *length, const char **name,
                       struct error *error)
{
    const char *text = context;
    if (strcmp(value_text(path, ""), "day.csv") != 0) {
        error_set(error, path->at, "there is no such file");
        return NULL;
    }
    *length = strlen(text);
    *name = "day.csv";
    return mem_text(text, *length);
}

Test(signal, a_file_is_written_out_as_its_points)
{
    char rows[] = "time,value\n# quiet\n0s,10\n\n 30 , 20\r\n1m,10";
    const struct signal_opener opener = { open_text, rows };
    struct value *document = rows_parse(
        "{\"sum\": [1, {\"file\": {\"path\": \"day.csv\", \"interpolate\": \"linear\"}}]}");
    struct error error = { .text = NULL };
    cr_assert(signal_open_files(&document, &opener, &error), "%s", error.text);
    char *printed = rows_print(document);
    cr_expect_str_eq(printed, "{\"sum\":[1,{\"line\":{\"points\":[{\"at\":\"0s\",\"value\":10},"
                              "{\"at\":30,\"value\":20},{\"at\":\"1m\",\"value\":10}]}}]}");
    struct signal *signal = signal_load(document, NULL, &error);
    cr_assert_not_null(signal, "%s", error.text);
    cr_expect_eq(signal_value(signal, 15 * SIM_SECOND), 16);
    signal_free(signal);
    free(printed);
    value_drop(document);
}

Test(signal, faults_of_a_file_stand_in_the_file)
{
    static const struct {
        const char *file, *text, *fault;
    } rows[] = {
        { "{\"path\": \"day.csv\"}", "0,1\n10m;3\n",
          "2:1: file: the row has no comma (try 10m,250)" },
        { "{\"path\": \"day.csv\"}", "# nothing\n", "0:0: file: the file has no rows" },
        { "{\"path\": \"day.csv\"}", "t,v\n1s, fast\n", "2:5: steps: value: is not a number" },
        { "{\"path\": \"day.csv\"}", "1s,2\n1s,3\n",
          "2:1: steps: is not later than the point before it" },
        { "{\"path\": \"no.csv\"}", "", "1:19: file: there is no such file" },
        { "{\"path\": \"day.csv\", \"interpolate\": \"cubic\"}", "",
          "1:45: file: interpolate is step or linear" },
        { "7", "", "1:10: file: has no parameters" },
        { "{}", "", "1:10: file: has no path" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *json = mem_format("{\"file\": %s}", rows[i].file);
        const struct signal_opener opener = { open_text, (void *)rows[i].text };
        struct value *document = read(json);
        struct error error = { .text = NULL };
        struct signal *signal = NULL;
        if (signal_open_files(&document, &opener, &error))
            signal = signal_load(document, NULL, &error);
        cr_assert_null(signal, "%s", rows[i].fault);
        char *text = mem_format("%d:%d: %s", error.at.line, error.at.column, error.text);
        cr_expect_str_eq(text, rows[i].fault);
        free(text);
        free(json);
        error_close(&error);
        value_drop(document);
    }
}
