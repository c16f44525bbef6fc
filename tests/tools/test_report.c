/* The reports of lists that text and page have alike, and of what was expected. */
#include "tools/report/report.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "tools/report/table.h"

static const char summary_text[] =
    "{\"scenario\": \"t\", \"seed\": 1, \"durationSeconds\": 60,"
    "\"jobs\": [{\"kind\": \"Job\", \"namespace\": \"shop\", \"name\": \"import\", \"outcome\": "
    "\"failed\","
    "  \"reason\": \"BackoffLimitExceeded\", \"seconds\": 97, \"completions\": null, "
    "\"succeeded\": 0,"
    "  \"failed\": 4, \"podsCreated\": 4}],"
    "\"cronJobs\": [{\"kind\": \"CronJob\", \"namespace\": \"default\", \"name\": \"report\","
    "  \"schedule\": \"30 2 * * *\", \"timeZone\": null, \"jobs\": 3, \"complete\": 2, \"failed\": "
    "1,"
    "  \"missed\": 7, \"startDelay\": {\"max\": 0.1}, \"duration\": null}],"
    "\"disruptionBudgets\": ["
    "  {\"name\": \"asked\", \"namespace\": \"default\", \"currentHealthy\": 3, "
    "\"desiredHealthy\": 2,"
    "   \"disruptionsAllowed\": 1, \"granted\": 2, \"refused\": 5, \"ambiguous\": 0, "
    "\"blockedSeconds\": 9},"
    "  {\"name\": \"never\", \"namespace\": \"default\", \"currentHealthy\": 3, "
    "\"desiredHealthy\": 2,"
    "   \"disruptionsAllowed\": 1, \"granted\": 0, \"refused\": 0, \"ambiguous\": 0, "
    "\"blockedSeconds\": 0}],"
    "\"commands\": [{\"command\": \"drain n\", \"atSeconds\": 10, \"endSeconds\": 20, "
    "\"exitStatus\": 1,"
    "  \"complaint\": \"error: <b> & so on\"},"
    "  {\"command\": \"cordon n\", \"atSeconds\": 1, \"endSeconds\": 1, \"exitStatus\": 0}],"
    "\"expectations\": ["
    "  {\"that\": \"a < b\", \"path\": \"pods.created\", \"is\": 3, \"value\": 3, \"held\": true},"
    "  {\"that\": \"late\", \"object\": \"pod/a\", \"path\": \"status.phase\", \"at\": \"5m\","
    "   \"is\": \"Running\", \"value\": null, \"held\": false, \"problem\": \"the run ended "
    "before\"},"
    "  {\"that\": \"many\", \"path\": \"x\", \"at\": 7, \"between\": [1, \"2m\"], \"value\": 0.5,"
    "   \"held\": false}]}";

static char *report(const struct report *report)
{
    struct error error = { 0 };
    struct writer out = { 0 };
    struct value *summary =
        json_read(summary_text, strlen(summary_text), (struct place){ 0 }, NULL, &error);
    cr_assert(summary != NULL, "%s", error.text);
    report->write(summary, &out);
    value_drop(summary);
    return writer_take(&out);
}

static void expect_in(const char *text, const char *part)
{
    cr_expect(strstr(text, part) != NULL, "\"%s\" is missing from\n%s", part, text);
}

Test(report, text_has_rows_of_what_happened)
{
    char *text = report(&text_report);
    expect_in(text,
              "JOB          OUTCOME                        TOOK  COMPLETIONS  SUCCEEDED  FAILED  "
              "PODS\n"
              "shop/import  failed: BackoffLimitExceeded  1m37s            -          0       4  "
              "   4\n");
    expect_in(text, "CRONJOB  SCHEDULE    ZONE  JOBS  COMPLETE  FAILED  MISSED  LATEST  LONGEST\n"
                    "report   30 2 * * *  UTC      3         2       1       7   100ms        -\n");
    expect_in(text, "BUDGET  HEALTHY  ALLOWED  GRANTED  REFUSED  AMBIGUOUS  NONE ALLOWED\n"
                    "asked       3/2        1        2        5          0            9s\n");
    expect_in(text, "COMMAND FAILED   AT  ENDED  STATUS\n"
                    "drain n         10s    20s       1\n"
                    "    error: <b> & so on\n");
    cr_expect(strstr(text, "never") == NULL && strstr(text, "cordon") == NULL,
              "what nobody asked for, or went well, is left out:\n%s", text);
    free(text);
}

Test(report, text_tells_in_words_what_held)
{
    char *text = report(&text_report);
    expect_in(text,
              "EXPECTED: 1 of 3 held\n"
              "  held: a < b\n"
              "      pods.created: 3, expected 3\n"
              "  NOT HELD: late\n"
              "      pod/a status.phase at 5m: null, expected Running (the run ended before)\n"
              "  NOT HELD: many\n"
              "      x at 7s: 0.5, expected between 1 and 2m\n");
    free(text);
}

Test(report, text_is_no_wider_than_a_terminal)
{
    char *text = report(&text_report);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        cr_expect_leq(text_width(line), TERMINAL_WIDTH, "%s", line);
    free(text);
}

Test(report, page_has_the_same_and_escapes_it)
{
    char *text = report(&html_report);
    expect_in(text, "<p>1 of 3 held.</p>");
    expect_in(text, "<td class=\"good\">held</td><td>a &lt; b</td>");
    expect_in(text, "<td class=\"bad\">NOT&nbsp;HELD</td><td>late</td>");
    expect_in(text, "<h2 id=\"jobs-title\">Jobs</h2>");
    expect_in(text, "<td>failed: BackoffLimitExceeded</td><td class=\"number\">1m37s</td>");
    expect_in(text, "error: &lt;b&gt; &amp; so on");
    expect_in(text, "There was no workload whose availability could be measured.");
    cr_expect(strstr(text, "<b>") == NULL);
    free(text);
}
