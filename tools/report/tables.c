/* Requests, autoscalers, Jobs, CronJobs, disruption budgets and commands that went wrong. */
#include "tools/report/tables.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/objectives.h"
#include "tools/report/report.h"

static char *print_count(const struct value *map, const char *key)
{
    const struct value *count = value_get(map, key);
    return mem_format("%s", count != NULL && count->type == VALUE_NUMBER ? count->text : "-");
}

/* "shop/backup", or the name alone in the default namespace. */
static char *print_name(const struct value *row)
{
    const char *space = text_of(row, "namespace");
    const bool is_plain = strcmp(space, "default") == 0 || *space == '\0';
    return mem_format("%s%s%s", is_plain ? "" : space, is_plain ? "" : "/", text_of(row, "name"));
}

static void add_job(struct table_row *line, const struct value *row)
{
    const char *reason = text_of(row, "reason");
    line->cells[1] = mem_format("%s%s%s", text_of(row, "outcome"), *reason ? ": " : "", reason);
    line->cells[2] = print_duration(value_get(row, "seconds"));
    line->cells[3] = print_count(row, "completions");
    line->cells[4] = print_count(row, "succeeded");
    line->cells[5] = print_count(row, "failed");
    line->cells[6] = print_count(row, "podsCreated");
}

static void add_cronjob(struct table_row *line, const struct value *row)
{
    line->cells[1] = mem_format("%s", text_of(row, "schedule"));
    line->cells[2] = mem_format("%s", value_text(value_get(row, "timeZone"), "UTC"));
    line->cells[3] = print_count(row, "jobs");
    line->cells[4] = print_count(row, "complete");
    line->cells[5] = print_count(row, "failed");
    line->cells[6] = print_count(row, "missed");
    line->cells[7] = print_duration(value_path(row, "startDelay", "max", NULL));
    line->cells[8] = print_duration(value_path(row, "duration", "max", NULL));
}

/* "2-7, mean 4.25" */
static char *print_spread(const struct value *row)
{
    const struct value *mean = value_get(row, "meanDesired");
    if (value_is_null(mean))
        return mem_format("-");
    return mem_format("%s-%s, mean %.3g", value_get(row, "leastDesired")->text,
                      value_get(row, "mostDesired")->text, value_double(mean, 0));
}

static void add_autoscaler(struct table_row *line, const struct value *row)
{
    line->cells[1] = mem_format("%s", text_of(row, "target"));
    line->cells[2] = mem_format("%s-%s", value_get(row, "minReplicas")->text,
                                value_get(row, "maxReplicas")->text);
    line->cells[3] = print_count(row, "desiredReplicas");
    line->cells[4] = print_spread(row);
    line->cells[5] = print_count(row, "scaleUps");
    line->cells[6] = print_count(row, "scaleDowns");
    line->cells[7] = print_duration(value_get(row, "limitedSeconds"));
}

static void add_budget(struct table_row *line, const struct value *row)
{
    line->cells[1] = mem_format("%s/%s", value_get(row, "currentHealthy")->text,
                                value_get(row, "desiredHealthy")->text);
    line->cells[2] = print_count(row, "disruptionsAllowed");
    line->cells[3] = print_count(row, "granted");
    line->cells[4] = print_count(row, "refused");
    line->cells[5] = print_count(row, "ambiguous");
    line->cells[6] = print_duration(value_get(row, "blockedSeconds"));
}

static void add_command(struct table_row *line, const struct value *row)
{
    free(line->cells[0]);
    line->cells[0] = mem_format("%s", text_of(row, "command"));
    line->cells[1] = print_duration(value_get(row, "atSeconds"));
    line->cells[2] = print_duration(value_get(row, "endSeconds"));
    line->cells[3] = print_count(row, "exitStatus");
    line->note = mem_format("%s", text_of(row, "complaint"));
}

static bool was_asked(const struct value *row)
{
    return value_int(value_get(row, "granted"), 0) + value_int(value_get(row, "refused"), 0) +
               value_int(value_get(row, "ambiguous"), 0) >
           0;
}

static bool has_failed(const struct value *row)
{
    return value_int(value_get(row, "exitStatus"), 0) != 0;
}

const struct report_table report_tables[] = {
    { "traffic",
      "Requests",
      { "REQUESTS TO", "-CAME", "-FAILED", "-SHARE", "-FIRST", "-LAST", "-RETRIES", "-P99" },
      NULL,
      traffic_row_fill },
    { "objectives",
      "Objectives",
      { "OBJECTIVE", "", "-TARGET", "-ATTAINED", "-BUDGET", "-SPENT", "-LEFT", "-SPENT AT", "-BURN",
        "-ALERTS" },
      NULL,
      objective_row_fill },
    { "jobs",
      "Jobs",
      { "JOB", "OUTCOME", "-TOOK", "-COMPLETIONS", "-SUCCEEDED", "-FAILED", "-PODS" },
      NULL,
      add_job },
    { "cronJobs",
      "CronJobs",
      { "CRONJOB", "SCHEDULE", "ZONE", "-JOBS", "-COMPLETE", "-FAILED", "-MISSED", "-LATEST",
        "-LONGEST" },
      NULL,
      add_cronjob },
    { "autoscalers",
      "Autoscalers",
      { "AUTOSCALER", "TARGET", "-BOUNDS", "-WANTS", "-WANTED", "-UPS", "-DOWNS", "-LIMITED" },
      NULL,
      add_autoscaler },
    { "disruptionBudgets",
      "Disruption budgets that were asked",
      { "BUDGET", "-HEALTHY", "-ALLOWED", "-GRANTED", "-REFUSED", "-AMBIGUOUS", "-NONE ALLOWED" },
      was_asked,
      add_budget },
    { "commands",
      "Commands that failed",
      { "COMMAND FAILED", "-AT", "-ENDED", "-STATUS" },
      has_failed,
      add_command },
    { 0 },
};

struct text_table report_table_of(const struct report_table *from, const struct value *summary)
{
    const struct value *rows = value_get(summary, from->list);
    struct text_table table = { 0 };
    memcpy(table.heads, from->heads, sizeof table.heads);
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        if (from->is_shown != NULL && !from->is_shown(rows->items[i]))
            continue;
        struct table_row *line = text_table_row(&table);
        line->cells[0] = print_name(rows->items[i]);
        from->add(line, rows->items[i]);
    }
    return table;
}
