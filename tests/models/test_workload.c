/* Reading workloads. */
#include "models/cluster/workload.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#define HEADER "arrival_s,cpu_milli,mem_bytes,duration_s\n"

/* What the pods of a line ask for, of a Job's template as well. */
static const struct value *spec_of(const struct workload *workload, size_t line)
{
    const struct workload_kind *kind = workload->kinds[workload->arrivals[line].kind];
    return kind->is_job ? value_path(kind->document, "spec", "template", "spec", NULL)
                        : value_get(kind->document, "spec");
}

static const char *request(const struct workload *workload, size_t line, const char *resource)
{
    const struct value *container = value_at(value_get(spec_of(workload, line), "containers"), 0);
    return value_text(value_path(container, "resources", "requests", resource, NULL), "");
}

Test(workload, reads_a_line_a_pod)
{
    static const char text[] = HEADER "0.5,1000,1073741824,600.25\r\n0.5,2000,4096,1\n";
    struct workload workload;
    struct error_list errors = { 0 };
    cr_assert(workload_load(&workload, text, strlen(text), "w.csv", &errors));
    cr_assert_eq(workload.count, 2);
    cr_expect_eq(workload.arrivals[0].at, SIM_SECOND / 2);
    cr_expect_eq(workload.arrivals[0].duration, 600 * SIM_SECOND + SIM_SECOND / 4);
    cr_expect_str_eq(request(&workload, 0, "memory"), "1073741824");
    cr_expect_str_eq(request(&workload, 1, "cpu"), "2000m");
    cr_expect_eq(workload_end(&workload), 600 * SIM_SECOND + 3 * SIM_SECOND / 4);
    workload_close(&workload);
}

#define WIDE                                                                                       \
    "arrival_s,cpu_milli,mem_bytes,duration_s,name,pods,kind,namespace,exit_code,"                 \
    "priorityClassName,labels[app],annotations[alibabacloud.com/gpu-milli],requests[nvidia.com/"   \
    "gpu],nodeSelector[disk]\n"

Test(workload, reads_the_columns_that_a_trace_needs)
{
    static const char text[] = WIDE "1,500,4096,60,a,3,,team,1,high,\"x\",\"2,5\",2,ssd\n"
                                    "2,500,4096,70,b,3,,team,1,high,\"x\",\"2,5\",2,ssd\n"
                                    "3,500,4096,60,,,Job,,,,,,,\n";
    struct workload workload;
    struct error_list errors = { 0 };
    cr_assert(workload_load(&workload, text, strlen(text), "w.csv", &errors));
    cr_assert_eq(workload.count, 3);
    cr_expect_eq(workload.kind_count, 2, "the first two are alike but for their names and times");
    const struct value *pod = workload.kinds[0]->document, *spec = spec_of(&workload, 0);
    cr_expect_str_eq(arrival_name(&workload, &workload.arrivals[1]), "b");
    cr_expect_eq(workload.arrivals[1].pods, 3);
    cr_expect_str_eq(value_path(pod, "metadata", "namespace", NULL)->text, "team");
    cr_expect_str_eq(value_path(pod, "metadata", "labels", "app", NULL)->text, "x");
    cr_expect_str_eq(
        value_path(pod, "metadata", "annotations", "alibabacloud.com/gpu-milli", NULL)->text,
        "2,5");
    cr_expect_str_eq(
        value_path(pod, "metadata", "annotations", "seatrial.dev/exit-code", NULL)->text, "1");
    cr_expect_str_eq(value_get(spec, "priorityClassName")->text, "high");
    cr_expect_str_eq(value_path(spec, "nodeSelector", "disk", NULL)->text, "ssd");
    cr_expect_str_eq(request(&workload, 0, "nvidia.com/gpu"), "2");
    cr_expect(workload.kinds[1]->is_job);
    cr_expect_null(arrival_name(&workload, &workload.arrivals[2]));
    cr_expect_str_eq(request(&workload, 2, "cpu"), "500m");
    workload_close(&workload);
}

Test(workload, prints_what_reads_as_the_same)
{
    static const char text[] = WIDE "1,500,4096,60.5,a,3,,team,1,high,\"x\",\"2,5\",2,ssd\n"
                                    "3.25,500,4096,60,,,Job,,,,,,,\n";
    struct workload workload, again;
    struct error_list errors = { 0 };
    struct writer first = { 0 }, second = { 0 };
    cr_assert(workload_load(&workload, text, strlen(text), "w.csv", &errors));
    cr_expect_eq(workload_print(&workload, 0, SIZE_MAX, &first), 2);
    cr_assert(workload_load(&again, first.bytes, first.length, "w.csv", &errors));
    workload_print(&again, 0, SIZE_MAX, &second);
    cr_expect_str_eq(first.bytes, second.bytes);
    cr_assert_eq(again.count, 2);
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(again.arrivals[i].at, workload.arrivals[i].at);
        cr_expect_eq(again.arrivals[i].duration, workload.arrivals[i].duration);
        cr_expect_eq(again.arrivals[i].pods, workload.arrivals[i].pods);
        cr_expect(value_equal(again.kinds[i]->document, workload.kinds[i]->document));
    }
    writer_clear(&second);
    cr_expect_eq(workload_print(&workload, 1, 1, &second), 2, "the rest of it");
    writer_close(&first);
    writer_close(&second);
    workload_close(&again);
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
        { "an unknown column", "arrival_s,cpu_milli,mem_bytes,duration_s,gpus\n1,1,1,1,1\n",
          "w.csv:1:42: no column is called \"gpus\" (there are name, pods, kind, exit_code, "
          "namespace, image, priorityClassName, schedulerName, nodeName, labels[KEY], "
          "annotations[KEY], requests[RESOURCE] and nodeSelector[KEY])" },
        { "a column twice", "arrival_s,cpu_milli,mem_bytes,duration_s,labels[a],labels[a]\n",
          "w.csv:1:52: column labels[a] stands twice" },
        { "no pods", "arrival_s,cpu_milli,mem_bytes,duration_s,pods\n1,1,1,1,0\n",
          "w.csv:2:9: pods: \"0\" is not a number from 1 to 1000000" },
        { "another kind", "arrival_s,cpu_milli,mem_bytes,duration_s,kind\n1,1,1,1,Deployment\n",
          "w.csv:2:9: kind: \"Deployment\" is neither Pod nor Job" },
        { "an open quote", "arrival_s,cpu_milli,mem_bytes,duration_s,name\n1,1,1,1,\"a\n",
          "w.csv:2:9: the quote is not closed" },
        { "a wide line", "arrival_s,cpu_milli,mem_bytes,duration_s,name\n1,1,1,1,a,b\n",
          "w.csv:2:11: more than the 5 columns of the first line" },
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
