/* Pages of reports as text: what stands in them first, that nothing of the user's is taken for HTML or for script, that
 * the data of every chart is JSON, and that headings follow one another. What a browser makes of them is for `make
 * check-browser`. */
#include "tools/report/report.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tools/report/chart.h"

/* One workload that was down twice, one that never was, and names that no page should believe. */
static const char run_text[] =
    "{\"scenario\": \"</script><b>\", \"question\": \"a \\\"quoted\\\" & <i>\", \"seed\": 7,"
    "\"durationSeconds\": 86400, \"traceHash\": \"00\", \"version\": \"1\", \"kubernetes\": \"2\","
    "\"workloads\": ["
    "{\"kind\": \"Deployment\", \"namespace\": \"default\", \"name\": \"calm\", \"wanted\": 2, "
    "\"ready\": 2,"
    " \"availability\": 1, \"downtimeSeconds\": 0, \"degradedSeconds\": 60, \"outages\": [],"
    " \"causes\": [], \"losses\": [], \"curve\": [[0, 2, 0], [10, 2, 2]], \"rollouts\": []},"
    "{\"kind\": \"Deployment\", \"namespace\": \"default\", \"name\": \"web\", \"wanted\": 1, "
    "\"ready\": 0,"
    " \"reason\": \"Pending: <none>\", \"availability\": 0.9993, \"downtimeSeconds\": 60.48,"
    " \"degradedSeconds\": 60.48,"
    " \"outages\": [{\"startSeconds\": 3600, \"endSeconds\": 3636, \"seconds\": 36, \"cause\": "
    "\"node-crash/</script>\"},"
    "   {\"startSeconds\": 86375.52, \"endSeconds\": null, \"seconds\": 24.48, \"cause\": "
    "\"bad-release/web\"}],"
    " \"causes\": [{\"kind\": \"node-crash\", \"downtimeSeconds\": 36, \"downtimeShare\": 0.595, "
    "\"outages\": 1},"
    "   {\"kind\": \"bad-release\", \"downtimeSeconds\": 24.48, \"downtimeShare\": 0.405, "
    "\"outages\": 1}],"
    " \"losses\": [{\"cause\": \"node-crash/</script>\", \"kind\": \"node-crash\", \"atSeconds\": "
    "3599,"
    "   \"downtimeSeconds\": 36, \"notReadyReplicaSeconds\": 36}],"
    " \"curve\": [[0, 1, 0], [5, 1, 1], [3600, 1, 0], [3636, 1, 1], [86375.52, 1, 0]],"
    " \"rollouts\": [{\"startSeconds\": 80000, \"seconds\": 900, \"outcome\": \"under way\","
    "   \"missedProgressDeadline\": true, \"cause\": \"set-image/web\"}],"
    " \"recover\": {\"count\": 1, \"mean\": 36, \"p50\": 36, \"p95\": 36, \"p99\": 36, \"max\": "
    "36}}],"
    "\"traffic\": [{\"name\": \"shoppers\", \"requests\": 1000, \"attempts\": 1010, \"failed\": "
    "12, "
    "\"failedShare\": 0.012,"
    " \"losses\": [{\"reason\": \"refused\", \"fault\": \"starting\", \"cause\": "
    "\"set-image/web\", \"requests\": 12}],"
    " \"episodes\": [{\"startSeconds\": 80000, \"endSeconds\": 80006, \"failed\": 12, \"cause\": "
    "\"set-image/web\"}]}],"
    "\"utilisation\": {\"everySeconds\": 43200, \"cpu\": [0.5, 0.25], \"memory\": [0.1, 0.2], "
    "\"pods\": [3, 3], "
    "\"readyNodes\": [1, 1]},"
    "\"nodes\": [{\"name\": \"n1\", \"zone\": null, \"ready\": 1, \"cpuUtilisation\": 0.375, "
    "\"memoryUtilisation\": 0.15, \"pods\": 3, \"maxPods\": 3, \"fragmentation\": 0.1}],"
    "\"pods\": {\"created\": 4, \"bound\": 3, \"pending\": 1}}";

static struct value *read(const char *text)
{
    struct error error = { 0 };
    struct value *value = json_read(text, strlen(text), (struct place){ 0 }, NULL, &error);
    cr_assert(value != NULL, "%s", error.text);
    return value;
}

static char *page_of(const struct report *report, const char *document)
{
    struct writer out = { 0 };
    struct value *value = read(document);
    report->write(value, &out);
    value_drop(value);
    return writer_take(&out);
}

static void expect_in(const char *text, const char *part)
{
    cr_expect(strstr(text, part) != NULL, "\"%s\" is missing", part);
}

static const char json_begins[] = "<script type=\"application/json\">";

/* The data of each chart, read; the number of them. */
static size_t charts_of(const char *page, struct value **charts, size_t most)
{
    size_t count = 0;
    for (const char *at = page; (at = strstr(at, json_begins)) != NULL; count++) {
        at += strlen(json_begins);
        char *text = mem_text(at, (size_t)(strstr(at, "</") - at));
        cr_assert_eq(strncmp(strstr(at, "</"), "</script>", 9), 0,
                     "nothing in it looks like a tag");
        if (count < most)
            charts[count] = read(text);
        free(text);
    }
    return count;
}

static const struct value *chart_of(struct value *const *charts, size_t count, const char *type,
                                    size_t which)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(value_text(value_get(charts[i], "type"), ""), type) == 0 && which-- == 0)
            return charts[i];
    cr_assert_fail("no chart of type %s", type);
    return NULL;
}

Test(report_page, begins_with_the_answer)
{
    char *page = page_of(&html_report, run_text);
    expect_in(page, "<p class=\"first\"><strong>web</strong> was available <strong>99.93 "
                    "%</strong> of the time: "
                    "down 1m0.5s in 2 outages, 60 % node-crash, 40 % bad-release.</p>");
    expect_in(page, "<li>1 of 2 workloads were never without a ready replica.</li>");
    expect_in(page,
              "<li>Of 1000 requests to shoppers 12 failed (1.2 %), first by set-image/web.</li>");
    expect_in(
        page,
        "<li>The rollout of web at 22h13m20s missed its progress deadline (set-image/web).</li>");
    expect_in(page, "<li>At the end web has 0 of 1 ready: Pending: &lt;none&gt;.</li>");
    cr_expect_lt(strstr(page, "class=\"answer\""), strstr(page, "<nav"), "the answer is first");
    free(page);
}

Test(report_page, takes_nothing_for_markup_that_users_wrote)
{
    char *page = page_of(&html_report, run_text);
    expect_in(page, "<title>&lt;/script&gt;&lt;b&gt; · seatrial</title>");
    expect_in(page, "<p class=\"question\">a &quot;quoted&quot; &amp; &lt;i&gt;</p>");
    expect_in(page, "\\u003c/script\\u003e");
    cr_expect_null(strstr(page, "<b>"));
    cr_expect_null(strstr(page, "<i>"));
    cr_expect_null(strstr(page, "http-equiv=\"refresh\""));
    cr_expect_null(strstr(page, " src="), "nothing is loaded");
    cr_expect_null(strstr(page, "<link"));
    free(page);
}

Test(report_page, has_each_chart_as_data_and_as_a_table)
{
    struct value *charts[20];
    char *page = page_of(&html_report, run_text);
    const size_t count = charts_of(page, charts, 20);
    size_t tables = 0;
    for (const char *at = page;
         (at = strstr(at, "<summary>The same as a table</summary>\n<div")) != NULL; at++)
        tables++;
    cr_assert_eq(count, 7, "causes, two lines of time, failures, utilisation, nodes, latency: %zu",
                 count);
    cr_expect_eq(tables, count);

    /* The one that lost most comes first. */
    const struct value *line = chart_of(charts, count, "time", 0);
    cr_expect_str_eq(value_text(value_get(line, "label"), ""),
                     "Ready and wanted replicas of web over time");
    char *bands = json_text(value_get(line, "bands"), (struct json_style){ 0 });
    cr_expect_str_eq(bands, "[[3600,3636],[86375.52,86400]]",
                     "an outage that goes on lasts to the end: %s", bands);
    char *ready = json_text(value_get(value_at(value_get(line, "series"), 1), "points"),
                            (struct json_style){ 0 });
    cr_expect_str_eq(ready, "[[0,0],[5,1],[3600,0],[3636,1],[86375.52,0],[86400,0]]", "%s", ready);
    char *marks = json_text(value_at(value_get(line, "marks"), 0), (struct json_style){ 0 });
    cr_expect_str_eq(marks,
                     "{\"at\":3599,\"kind\":\"node-crash\",\"text\":[\"node-crash/</script>\","
                     "\"cost 36s of downtime, and 36s of missing replicas\"]}",
                     "%s", marks);

    const struct value *causes = chart_of(charts, count, "bars", 0);
    cr_expect_eq(value_get(causes, "categories")->count, 1, "only what was down");
    cr_expect_eq(value_get(causes, "series")->count, 2);
    free(bands);
    free(ready);
    free(marks);
    for (size_t i = 0; i < count; i++)
        value_drop(charts[i]);
    free(page);
}

Test(report_page, has_headings_in_order)
{
    char *page = page_of(&html_report, run_text);
    int level = 0;
    for (const char *at = page; (at = strstr(at, "<h")) != NULL; at++) {
        if (at[2] < '1' || at[2] > '6')
            continue;
        cr_expect_leq(at[2] - '0', level + 1, "no level is skipped: %.40s", at);
        level = at[2] - '0';
    }
    cr_expect_gt(level, 1);
    free(page);
}

/* Long curves are cut, but every dip below what is wanted stays. */
Test(report_page, of_a_long_run_is_short_and_misses_no_outage)
{
    struct writer long_run = { 0 };
    writer_add(&long_run, "{\"scenario\": \"long\", \"durationSeconds\": 2000, \"workloads\": [");
    for (int w = 0; w < 50; w++) {
        writer_format(&long_run,
                      "%s{\"kind\": \"Deployment\", \"namespace\": \"n%d\", \"name\": \"w%d\", "
                      "\"availability\": 0.9, \"downtimeSeconds\": %d, \"curve\": [",
                      w ? "," : "", w % 3, w, w + 1);
        for (int i = 0; i < 2000; i++)
            writer_format(&long_run, "%s[%d,3,%d]", i ? "," : "", i, i == 777 ? 0 : 1 + i % 3);
        writer_add(&long_run, "]}");
    }
    writer_add(&long_run, "]}");
    struct value *charts[60];
    char *page = page_of(&html_report, long_run.bytes);
    const size_t count = charts_of(page, charts, 60);
    cr_expect_lt(strlen(page), 1000000, "%zu bytes", strlen(page));
    size_t lines = 0;
    for (size_t i = 0; i < count; i++) {
        const struct value *points =
            value_get(value_at(value_get(charts[i], "series"), 1), "points");
        bool has_dip = strcmp(value_text(value_get(charts[i], "type"), ""), "time") != 0;
        lines += !has_dip;
        for (size_t j = 0; points != NULL && j < points->count; j++)
            has_dip |= value_double(value_at(points->items[j], 1), -1) == 0;
        cr_expect(has_dip);
        value_drop(charts[i]);
    }
    cr_expect_eq(lines, 40);
    expect_in(page, "The 40 of 50 that lost most");
    expect_in(page, "<h3>n1/deploy/w49</h3>");
    free(page);
    writer_close(&long_run);
}

/* ---- experiments ---- */

/* Two factors, three replications; the third point has a run without a value. */
static const char study_text[] =
    "{\"kind\": \"ExperimentResults\", \"name\": \"nines\", \"question\": \"a < b?\", "
    "\"scenario\": "
    "\"shop\", \"seed\": 1,"
    "\"durationSeconds\": 100, \"design\": \"fullFactorial\", \"estimate\": \"replications\", "
    "\"confidence\": 0.95,"
    "\"commonRandomNumbers\": true, \"stopped\": \"precision\", \"replications\": 8, "
    "\"factors\": [{\"name\": \"r\", \"levels\": [\"1\", \"2\"]}, {\"name\": \"g\", \"levels\": "
    "[\"x\", \"y\"]}],"
    "\"responses\": [{\"name\": \"workloads[deployment/web].availability\", \"path\": "
    "\"workloads[deployment/web].availability\","
    "  \"unit\": \"share\", \"better\": \"higher\"}],"
    "\"points\": ["
    "{\"number\": 0, \"name\": \"r=1 g=x\", \"levels\": {\"r\": \"1\", \"g\": \"x\"}, "
    "\"baseline\": true,"
    " \"estimates\": [{\"count\": 3, \"missing\": 0, \"mean\": 0.9993, \"low\": 0.9990, \"high\": "
    "0.9995,"
    "   \"values\": [0.999, 0.9993, 0.9996]}],"
    " \"causes\": [{\"row\": \"deployment/web\", \"namespace\": \"d\", \"kind\": \"node-crash\", "
    "\"downtimeSeconds\": 0.0427, \"share\": 0.61, \"outages\": 1},"
    "   {\"row\": \"deployment/web\", \"namespace\": \"d\", \"kind\": \"drain\", "
    "\"downtimeSeconds\": "
    "0.0273, \"share\": 0.39, \"outages\": 1}]},"
    "{\"number\": 1, \"name\": \"r=1 g=y\", \"levels\": {\"r\": \"1\", \"g\": \"y\"}, "
    "\"estimates\": "
    "[{\"count\": 2, \"missing\": 1, \"mean\": 0.9992, \"low\": null, \"high\": null, \"values\": "
    "[0.999, null, 0.9994]}]},"
    "{\"number\": 2, \"name\": \"r=2 g=y\", \"levels\": {\"r\": \"2\", \"g\": \"y\"}, "
    "\"estimates\": "
    "[{\"count\": 3, \"mean\": 1, \"low\": 1, \"high\": 1, \"values\": [1, 1, 1]}]},"
    "{\"number\": 3, \"name\": \"without power\", \"without\": \"power\", \"estimates\": "
    "[{\"mean\": 0.9999}]}],"
    "\"comparisons\": ["
    "{\"point\": 1, \"against\": 0, \"response\": \"workloads[deployment/web].availability\", "
    "\"pairs\": 2,"
    " \"difference\": -0.0001, \"low\": -0.0004, \"high\": 0.0002, \"p\": 0.4, \"adjusted\": 0.4, "
    "\"significant\": false,"
    " \"correlation\": 0.9, \"independentHalfWidth\": 0.0006},"
    "{\"point\": 2, \"against\": 0, \"response\": \"workloads[deployment/web].availability\", "
    "\"pairs\": 3,"
    " \"difference\": 0.0007, \"low\": 0.0005, \"high\": 0.0009, \"p\": 0.0001, \"adjusted\": "
    "0.0002, \"significant\": true,"
    " \"correlation\": null, \"independentHalfWidth\": 0.0002}],"
    "\"counterfactual\": [{\"cause\": \"power\", \"response\": "
    "\"workloads[deployment/web].availability\", "
    "\"point\": 3, \"mean\": 0.9999,"
    "  \"saved\": -0.0006, \"low\": -0.0008, \"high\": -0.0004, \"adjusted\": 0.01}],"
    "\"gates\": [{\"expression\": \"availability(web) < 99.9\", \"failed\": true, \"value\": "
    "0.9993}]}";

static char *text_at(const struct value *value)
{
    return json_text(value, (struct json_style){ 0 });
}

static void expect_json(const struct value *value, const char *want)
{
    char *text = text_at(value);
    cr_expect_str_eq(text, want, "%s", text);
    free(text);
}

Test(report_page, of_an_experiment_begins_with_estimate_interval_and_causes)
{
    char *page = page_of(&html_experiment_report, study_text);
    expect_in(
        page,
        "<p class=\"first\">Availability of deployment/web: <strong>99.930 % [99.900, "
        "99.950]</strong> at the baseline (r=1 g=x); of the downtime 61 % node-crash, 39 % drain. "
        "Best is <strong>r=2 g=y</strong> with 100.00 % (all alike): a difference of 0.070 % "
        "[0.050, 0.090] (p &lt; 0.001).</p>");
    expect_in(page, "would be 99.99 % without power, which of all causes costs most.");
    expect_in(page,
              "Gate <span class=\"bad\">FAILED</span>: <code>availability(web) &lt; 99.9</code>");
    expect_in(page, "<dd>precise enough</dd>");
    expect_in(page, "1 run without a value left out");
    free(page);
}

Test(report_page, of_an_experiment_draws_what_the_results_say)
{
    struct value *charts[20];
    char *page = page_of(&html_experiment_report, study_text);
    const size_t count = charts_of(page, charts, 20);

    /* The last factor's levels stand side by side; what was not played, or has no interval, has none. */
    const struct value *estimates = chart_of(charts, count, "intervals", 0);
    expect_json(value_get(estimates, "categories"), "[\"r=1\",\"r=2\"]");
    const struct value *first = value_at(value_get(estimates, "series"), 0);
    const struct value *second = value_at(value_get(estimates, "series"), 1);
    cr_expect_str_eq(value_text(value_get(first, "name"), ""), "g=x");
    expect_json(value_get(first, "values"), "[[0.999,0.9993,0.9995]]");
    expect_json(value_get(second, "values"), "[[null,0.9992,null],[1,1,1]]");

    const struct value *differences = chart_of(charts, count, "intervals", 1);
    expect_json(value_get(differences, "categories"), "[\"r=1 g=y\",\"r=2 g=y\"]");
    const struct value *series = value_at(value_get(differences, "series"), 0);
    expect_json(value_get(series, "hollow"), "[true,false]");
    expect_json(
        value_at(value_get(series, "notes"), 0),
        "[\"not significant, p = 0.400\",\"correlation 0.90: the interval is 0.50 of what it "
        "would be on luck of its own\"]");

    /* Without the cause it is more available: a gain, whatever its sign in the results. */
    const struct value *gains = chart_of(charts, count, "intervals", 2);
    expect_json(value_get(value_at(value_get(gains, "series"), 0), "values"),
                "[[0.0004,0.0006,0.0008]]");

    const struct value *pairs = chart_of(charts, count, "scatter", 0);
    expect_json(value_get(value_at(value_get(pairs, "series"), 0), "points"),
                "[[0.999,0.999],null,[0.9996,0.9994]]");

    const struct value *causes = chart_of(charts, count, "bars", 0);
    expect_json(value_get(causes, "categories"), "[\"r=1 g=x\"]");
    for (size_t i = 0; i < count; i++)
        value_drop(charts[i]);
    free(page);
}

/* Of many responses those that say something come first; what was always the same needs no chart. */
Test(report_page, of_an_experiment_shows_what_differs_and_lists_what_does_not)
{
    static const char study[] =
        "{\"kind\": \"ExperimentResults\", \"name\": \"many\", \"confidence\": 0.95, \"estimate\": "
        "\"replications\","
        "\"responses\": [{\"name\": \"flat\", \"path\": \"flat\"}, {\"name\": \"noisy\", \"path\": "
        "\"noisy\"},"
        "  {\"name\": \"better\", \"path\": \"better\", \"better\": \"lower\"}],"
        "\"points\": [{\"number\": 0, \"name\": \"a\", \"baseline\": true, \"estimates\": ["
        "   {\"mean\": 3, \"low\": 3, \"high\": 3}, {\"mean\": 4, \"low\": 2, \"high\": 6}, "
        "{\"mean\": 9, \"low\": 8, \"high\": 10}]},"
        "  {\"number\": 1, \"name\": \"b\", \"estimates\": ["
        "   {\"mean\": 3, \"low\": 3, \"high\": 3}, {\"mean\": 5, \"low\": 3, \"high\": 7}, "
        "{\"mean\": 1, \"low\": 0, \"high\": 2}]}],"
        "\"comparisons\": [{\"point\": 1, \"response\": \"noisy\", \"difference\": 1, \"low\": -2, "
        "\"high\": 4, "
        "\"adjusted\": 0.6, \"significant\": false},"
        "  {\"point\": 1, \"response\": \"better\", \"difference\": -8, \"low\": -9, \"high\": -7, "
        "\"adjusted\": 0.001, "
        "\"significant\": true}]}";
    struct value *charts[10];
    char *page = page_of(&html_experiment_report, study);
    const size_t count = charts_of(page, charts, 10);
    expect_in(
        page,
        "<p class=\"first\">better: <strong>9.0 [8.0, 10.0]</strong> at the baseline (a). Best is "
        "<strong>b</strong> with 1.0 [0.0, 2.0]: a difference of -8.0 [-9.0, -7.0] (p = "
        "0.001).</p>");
    expect_in(
        page,
        "<li>noisy: <strong>4.0 [2.0, 6.0]</strong> at the baseline (a). No other point differs "
        "significantly.</li>");
    expect_in(page, "<p>The same in every run, at every point: flat (3).</p>");
    cr_expect_eq(count, 4, "two charts of estimates, two of differences: %zu", count);
    for (size_t i = 0; i < count; i++)
        value_drop(charts[i]);
    free(page);
}

/* ---- comparisons ---- */

static const char comparison_text[] =
    "{\"kind\": \"Comparison\", \"scenario\": \"<t>\", \"seed\": 3, \"policies\": ["
    "{\"policy\": \"default\", \"pods\": {\"bound\": 9, \"pending\": 1, \"preempted\": 0, "
    "\"schedulingLatency\": {\"p50\": 1, \"p95\": 2, \"p99\": 3, \"max\": 4}},"
    " \"nodes\": {\"used\": 4, \"fragmentation\": 0.2, \"cpuUtilisationOfUsed\": 0.5, "
    "\"memoryUtilisationOfUsed\": 0.25},"
    " \"workloads\": [{\"kind\": \"Deployment\", \"namespace\": \"d\", \"name\": \"web\", "
    "\"availability\": 0.99}]},"
    "{\"policy\": \"/here/fit.so\", \"pods\": {\"bound\": 10, \"pending\": 0, \"preempted\": 0, "
    "\"schedulingLatency\": {\"p50\": 1, \"p95\": 2, \"p99\": 5, \"max\": 6}},"
    " \"nodes\": {\"used\": 3, \"fragmentation\": 0.1, \"cpuUtilisationOfUsed\": 0.7, "
    "\"memoryUtilisationOfUsed\": 0.3},"
    " \"workloads\": [{\"kind\": \"Deployment\", \"namespace\": \"d\", \"name\": \"web\", "
    "\"availability\": 0.98}]},"
    "{\"policy\": \"broken\", \"refused\": \"no <such> file\"}]}";

Test(report_page, of_a_comparison_says_who_did_best_and_sets_them_side_by_side)
{
    struct value *charts[20];
    char *page = page_of(&html_comparison_report, comparison_text);
    const size_t count = charts_of(page, charts, 20);
    expect_in(page, "2 policies played the same scenario with the same luck.");
    expect_in(page, "<li class=\"bad\">broken was not played: no &lt;such&gt; file</li>");
    expect_in(page, "<li>Nodes used: least under <strong>fit.so</strong>, 3; at most 4.</li>");
    expect_in(
        page,
        "<li>Wait for a node (p99): least under <strong>default</strong>, 3s; at most 5s.</li>");
    expect_in(page, "<li>Pods preempted: 0 under every policy.</li>");
    cr_assert_eq(count, 4, "%zu", count);
    const struct value *placed = chart_of(charts, count, "bars", 0);
    expect_json(value_get(placed, "categories"), "[\"default\",\"fit.so\"]");
    expect_json(value_get(value_at(value_get(placed, "series"), 1), "values"), "[1,0]");
    const struct value *available = chart_of(charts, count, "intervals", 0);
    expect_json(value_get(value_at(value_get(available, "series"), 1), "values"),
                "[[null,0.98,null]]");
    for (size_t i = 0; i < count; i++)
        value_drop(charts[i]);
    free(page);
}

/* ---- advice ---- */

static const char advice_text[] =
    "{\"kind\": \"Advice\", \"scenario\": \"shop\", \"seed\": 1, \"confidence\": 0.95, "
    "\"replications\": 20,"
    "\"losses\": [{\"workload\": \"deployment/web\", \"namespace\": \"d\", \"measure\": "
    "\"downtime\", "
    "\"minutesPerMonth\": 20, \"low\": 18, \"high\": 22}],"
    "\"counterfactual\": [{\"workload\": \"deployment/web\", \"namespace\": \"d\", \"cause\": "
    "\"power\", "
    "\"savedMinutesPerMonth\": 2, \"low\": -1, \"high\": 5, \"p\": 0.2}],"
    "\"lead\": {\"minutesPerMonth\": 12, \"low\": 10, \"high\": 14, \"p\": 0.0001},"
    "\"advice\": ["
    "{\"workload\": \"deployment/web\", \"namespace\": \"d\", \"fix\": \"replicas + 1\", \"says\": "
    "\"one <more>\","
    " \"savedMinutesPerMonth\": 16, \"low\": 14, \"high\": 18, \"adjusted\": 0.0001, "
    "\"significant\": true,"
    " \"costPerMonth\": 12.5, \"podsAdded\": 1},"
    "{\"workload\": \"deployment/web\", \"namespace\": \"d\", \"fix\": \"grace period\", \"says\": "
    "\"longer\","
    " \"savedMinutesPerMonth\": 4, \"low\": -1, \"high\": 9, \"adjusted\": 0.3, \"significant\": "
    "false,"
    " \"costPerMonth\": 0, \"podsAdded\": 0}]}";

Test(report_page, of_advice_begins_with_what_surely_helps_and_what_it_costs)
{
    struct value *charts[5];
    char *page = page_of(&html_advice_report, advice_text);
    cr_assert_eq(charts_of(page, charts, 5), 3);
    expect_in(
        page,
        "<p class=\"first\"><strong>d/deployment/web: replicas + 1</strong> saves 16.0 min [14.0, "
        "18.0] a month; cost: +12.50 $ a month, +1.00 pods.</p>");
    expect_in(page, "The first saves 12.0 min [10.0, 14.0] more than the second for the same "
                    "workload (p &lt; 0.001).");
    expect_in(page, "<li>1 of 2 fixes tried do not surely save anything.</li>");
    expect_in(page, "one &lt;more&gt;");
    expect_json(value_get(charts[0], "categories"),
                "[\"d/deployment/web: replicas + 1\",\"d/deployment/web: grace period\"]");
    expect_json(value_get(value_at(value_get(charts[0], "series"), 0), "hollow"), "[false,true]");
    for (size_t i = 0; i < 3; i++)
        value_drop(charts[i]);
    free(page);
}

Test(report_page, of_a_trace_tells_of_its_pods)
{
    char *page = page_of(&html_report, "{\"pods\": {\"created\": 9, \"bound\": 7, \"pending\": 2, "
                                       "\"schedulingLatency\": {\"p50\": 0.25, \"p99\": 61}}}");
    expect_in(
        page,
        "Of 9 pods <strong>7 got a node</strong>, after 250ms (half of them) to 1m1s (99 %).");
    free(page);
}

Test(report_page, of_nothing_is_a_page)
{
    char *page = page_of(&html_report, "{}");
    expect_in(page, "There was no workload whose availability could be measured.");
    cr_expect_not_null(strstr(page, "</html>"));
    free(page);
    page = page_of(&html_experiment_report, "{}");
    cr_expect_not_null(strstr(page, "</html>"));
    free(page);
    page = page_of(&html_advice_report, "{}");
    expect_in(page, "there is nothing to advise");
    free(page);
    page = page_of(&html_comparison_report, "{\"policies\": []}");
    cr_expect_not_null(strstr(page, "</html>"));
    free(page);
}
