/* Tables on a terminal. */
#include "tools/report/table.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "sim/base/memory.h"
#include "tools/report/report.h"

Test(text_table, aligns_columns_and_leaves_no_blanks_at_the_end)
{
    struct text_table table = { .heads = { "NAME", "-READY", "WHY" } };
    struct table_row *row = text_table_row(&table);
    row->cells[0] = mem_format("web");
    row->cells[1] = mem_format("3/3");
    row = text_table_row(&table);
    row->cells[0] = mem_format("catalogue");
    row->cells[1] = mem_format("10/10");
    row->cells[2] = mem_format("fine");
    struct writer out = { 0 };
    text_table_print(&table, &out);
    cr_expect_str_eq(out.bytes, "NAME       READY  WHY\n"
                                "web          3/3\n"
                                "catalogue  10/10  fine\n");
    writer_close(&out);
    text_table_close(&table);
}

Test(text_table, never_passes_a_hundred_columns)
{
    struct text_table table = { .heads = { "NAME", "-READY" } };
    struct table_row *row = text_table_row(&table);
    row->cells[0] = mem_format("%0150d", 7);
    row->cells[1] = mem_format("3/3");
    row->note = mem_format("%s", "why why why why why why why why why why why why why why why why "
                                 "why why why why why why why why why why why why why why why");
    struct writer out = { 0 };
    text_table_print(&table, &out);
    for (char *line = strtok(out.bytes, "\n"); line != NULL; line = strtok(NULL, "\n"))
        cr_expect_leq(text_width(line), TERMINAL_WIDTH, "%s", line);
    writer_close(&out);
    text_table_close(&table);
}

Test(text_table, gives_a_long_name_a_line_of_its_own)
{
    struct text_table table = { .heads = { "NAME", "-READY", "WHY" } };
    struct table_row *row = text_table_row(&table);
    row->cells[0] = mem_format("a-name-that-is-longer-than-what-is-left-of-the-line");
    row->cells[1] = mem_format("3/3");
    row->cells[2] = mem_format("%060d", 7);
    struct writer out = { 0 };
    text_table_print(&table, &out);
    const char *name = "\na-name-that-is-longer-than-what-is-left-of-the-line\n  ";
    cr_expect_not_null(strstr(out.bytes, name), "%s", out.bytes);
    cr_expect_not_null(strstr(out.bytes, "  3/3  0000"), "%s", out.bytes);
    writer_close(&out);
    text_table_close(&table);
}

Test(report, does_not_round_an_outage_away)
{
    static const struct {
        const char *number, *want;
    } rows[] = {
        { "1", "100.00 %" },
        { "0.99934", "99.93 %" },
        { "0.9999999", "99.99999 %" },
        { "0", "0.00 %" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value *number = value_new_number(rows[i].number);
        char *text = print_availability(number);
        cr_expect_str_eq(text, rows[i].want);
        free(text);
        value_drop(number);
    }
}

Test(report, prints_durations_as_coarse_as_they_are_long)
{
    static const struct {
        const char *seconds, *want;
    } rows[] = {
        { "273120.4", "3d3h52m" }, { "3661.6", "1h1m2s" }, { "61.26", "1m1.3s" },
        { "0.01234", "12.3ms" },   { "0", "0s" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value *number = value_new_number(rows[i].seconds);
        char *text = print_duration(number);
        cr_expect_str_eq(text, rows[i].want);
        free(text);
        value_drop(number);
    }
}
