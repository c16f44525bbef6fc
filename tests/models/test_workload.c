/* Reading workloads. */
#include "models/cluster/workload.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define HEADER "arrival_s,cpu_milli,mem_bytes,duration_s\n"

Test(workload, reads_a_line_a_pod)
{
    static const char text[] = HEADER "0.5,1000,1073741824,600.25\r\n0.5,2000,4096,1\n";
    struct workload workload;
    struct error_list errors = { 0 };
    cr_assert(workload_load(&workload, text, strlen(text), "w.csv", &errors));
    cr_assert_eq(workload.count, 2);
    cr_expect_eq(workload.arrivals[0].at, SIM_SECOND / 2);
    cr_expect_eq(workload.arrivals[0].duration, 600 * SIM_SECOND + SIM_SECOND / 4);
    cr_expect_eq(workload.arrivals[0].memory_bytes, 1073741824);
    cr_expect_eq(workload.arrivals[1].cpu_milli, 2000);
    cr_expect_eq(workload_end(&workload), 600 * SIM_SECOND + 3 * SIM_SECOND / 4);
    workload_close(&workload);
}

Test(workload, names_the_place_of_each_fault)
{
    static const struct {
        const char *why, *text, *want;
    } rows[] = {
        { "no header", "1,2,3,4\n",
          "w.csv:1:1: the first line of a workload is arrival_s,cpu_milli,mem_bytes,duration_s" },
        { "a word", HEADER "1,x,3,4\n", "w.csv:2:3: cpu_milli: \"x\" is not a number" },
        { "a field short", HEADER "1,2,3\n",
          "w.csv:2:6: duration_s is missing (a line is "
          "arrival_s,cpu_milli,mem_bytes,duration_s)" },
        { "a field long", HEADER "1,2,3,4,5\n",
          "w.csv:2:9: more than the four fields arrival_s,cpu_milli,mem_bytes,duration_s" },
        { "negative", HEADER "1,-2,3,4\n",
          "w.csv:2:3: cpu_milli: -2 is not between 0 and 2.14748e+09" },
        { "not in order", HEADER "2,1,1,1\n1,1,1,1\n",
          "w.csv:3:1: arrivals are not in order of time (sort by arrival_s)" },
        { "empty", HEADER, "w.csv: no pod in this workload" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct workload workload;
        struct error_list errors = { 0 };
        cr_expect_not(
            workload_load(&workload, rows[i].text, strlen(rows[i].text), "w.csv", &errors));
        cr_assert_eq(errors.count, 1, "%s", rows[i].why);
        char *text = error_print(&errors.items[0]);
        cr_expect_str_eq(text, rows[i].want, "%s", rows[i].why);
        free(text);
        error_list_close(&errors);
    }
}
