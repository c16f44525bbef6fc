/* The summary as tables for a terminal, 100 columns wide. */
#include "tools/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "models/api/kinds.h"
#include "sim/base/memory.h"
#include "tools/report/expectations.h"
#include "tools/report/table.h"
#include "tools/report/tables.h"

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* The namespace that all rows of a list share; NULL when there are several. */
static const char *common_namespace(const struct value *rows)
{
    const char *common = NULL;
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        const char *space = text_of(rows->items[i], "namespace");
        if (common != NULL && strcmp(common, space) != 0)
            return NULL;
        common = space;
    }
    return common;
}

/* "deploy/web", with its namespace behind it unless the heading has it or it is the default. */
static char *print_name(const struct value *row, const char *common)
{
    const char *space = text_of(row, "namespace");
    bool is_known = common != NULL || strcmp(space, "default") == 0 || *space == '\0';
    return mem_format("%s/%s%s%s", short_kind(text_of(row, "kind")), text_of(row, "name"),
                      is_known ? "" : " -n ", is_known ? "" : space);
}

/* "WORKLOAD" or, where all are in one namespace, "WORKLOAD -n shop"; the caller frees. */
static char *print_heading(const char *what, const char *common)
{
    bool is_plain = common == NULL || strcmp(common, "default") == 0;
    return mem_format("%s%s%s", what, is_plain ? "" : " -n ", is_plain ? "" : common);
}

static char *print_quantile(const struct value *row, const char *tally, const char *which)
{
    return print_duration(value_path(row, tally, which, NULL));
}

static size_t count_of(const struct value *map, const char *key)
{
    const struct value *list = value_get(map, key);
    return list ? list->count : 0;
}

static void add_availability(struct text_table *table, const struct value *row, const char *common)
{
    struct table_row *line = text_table_row(table);
    line->cells[0] = print_name(row, common);
    line->cells[1] = mem_format("%lld/%lld", (long long)value_int(value_get(row, "ready"), 0),
                                (long long)value_int(value_get(row, "wanted"), 0));
    line->cells[2] = print_availability(value_get(row, "availability"));
    line->cells[3] = print_duration(value_get(row, "downtimeSeconds"));
    line->cells[4] = mem_format("%zu", count_of(row, "outages"));
    line->cells[5] = print_duration(value_get(row, "degradedSeconds"));
    line->cells[6] = print_duration(value_get(row, "bringUpSeconds"));
    line->note = print_row_note(row);
}

static void add_workload(struct text_table *table, const struct value *row, const char *common)
{
    add_availability(table, row, common);
    struct table_row *line = &table->rows[table->count - 1];
    line->cells[7] = print_quantile(row, "recover", "p95");
    line->cells[8] = mem_format("%lld", (long long)value_int(value_get(row, "restarts"), 0));
}

/* One table of availability, of the rows of one namespace; `add` fills in a row. */
static void write_table(struct text_table table, const char *what, const struct value *rows,
                        const char *space,
                        void add(struct text_table *table, const struct value *row,
                                 const char *common),
                        struct writer *out)
{
    char *heading = print_heading(what, space);
    table.heads[0] = heading;
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(text_of(rows->items[i], "namespace"), space) == 0)
            add(&table, rows->items[i], space);
    text_table_print(&table, out);
    writer_add_char(out, '\n');
    text_table_close(&table);
    free(heading);
}

/* A table for each namespace, in order of appearance. */
static void write_tables(struct text_table table, const char *what, const struct value *rows,
                         void add(struct text_table *table, const struct value *row,
                                  const char *common),
                         struct writer *out)
{
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        const char *space = text_of(rows->items[i], "namespace");
        bool is_new = true;
        for (size_t j = 0; j < i; j++)
            is_new = is_new && strcmp(text_of(rows->items[j], "namespace"), space) != 0;
        if (is_new)
            write_table(table, what, rows, space, add, out);
    }
}

static void write_availability(const struct value *summary, struct writer *out)
{
    struct text_table workloads = { .heads = { "", "-READY", "-AVAILABLE", "-DOWN", "-OUTAGES",
                                               "-DEGRADED", "-BRING-UP", "-RECOVER",
                                               "-RESTARTS" } };
    struct text_table services = { .heads = { "", "-READY", "-AVAILABLE", "-DOWN", "-OUTAGES",
                                              "-DEGRADED", "-BRING-UP" } };
    write_tables(workloads, "WORKLOAD", value_get(summary, "workloads"), add_workload, out);
    write_tables(services, "SERVICE", value_get(summary, "services"), add_availability, out);
}

static void write_rollouts(const struct value *summary, struct writer *out)
{
    struct text_table table = { .heads = { "ROLLOUT", "-STARTED", "-TOOK", "OUTCOME", "CAUSE" } };
    const struct value *rows = value_get(summary, "workloads");
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        const struct value *rollouts = value_get(rows->items[i], "rollouts");
        for (size_t j = 0; rollouts != NULL && j < rollouts->count; j++) {
            const struct value *rollout = rollouts->items[j];
            if (strcmp(text_of(rollout, "cause"), "bring-up") == 0)
                continue;
            struct table_row *line = text_table_row(&table);
            bool missed = value_truth(value_get(rollout, "missedProgressDeadline"), false);
            line->cells[0] = print_name(rows->items[i], common_namespace(rows));
            line->cells[1] = print_duration(value_get(rollout, "startSeconds"));
            line->cells[2] = print_duration(value_get(rollout, "seconds"));
            line->cells[3] = mem_format("%s", text_of(rollout, "outcome"));
            line->cells[4] = mem_format("%s", text_of(rollout, "cause"));
            line->note = missed ? mem_format("missed its progress deadline") : NULL;
        }
    }
    if (table.count > 0) {
        text_table_print(&table, out);
        writer_add_char(out, '\n');
    }
    text_table_close(&table);
}

static void write_lists(const struct value *summary, struct writer *out)
{
    for (const struct report_table *from = report_tables; from->list != NULL; from++) {
        struct text_table table = report_table_of(from, summary);
        if (table.count > 0) {
            text_table_print(&table, out);
            writer_add_char(out, '\n');
        }
        text_table_close(&table);
    }
}

enum { MOST_NODES = 12 };

static char *print_percent(const struct value *fraction)
{
    return mem_format("%.1f %%", 100 * value_double(fraction, 0));
}

static void write_nodes(const struct value *summary, struct writer *out)
{
    struct text_table table = { .heads = { "NODE", "ZONE", "-READY", "-CPU", "-MEMORY", "-PODS",
                                           "-FRAGMENTATION" } };
    const struct value *rows = value_get(summary, "nodes");
    size_t count = rows ? rows->count : 0, shown = count > MOST_NODES ? MOST_NODES : count;
    for (size_t i = 0; i < shown; i++) {
        const struct value *row = rows->items[i];
        struct table_row *line = text_table_row(&table);
        line->cells[0] = mem_format("%s", text_of(row, "name"));
        line->cells[1] = mem_format("%s", text_of(row, "zone"));
        line->cells[2] = print_percent(value_get(row, "ready"));
        line->cells[3] = print_percent(value_get(row, "cpuUtilisation"));
        line->cells[4] = print_percent(value_get(row, "memoryUtilisation"));
        line->cells[5] = mem_format("%.1f", value_double(value_get(row, "pods"), 0));
        line->cells[6] = print_percent(value_get(row, "fragmentation"));
    }
    if (count > 0)
        text_table_print(&table, out);
    if (shown < count)
        writer_format(out, "... and %zu more nodes (--output json has all)\n", count - shown);
    text_table_close(&table);
}

static void write_pods(const struct value *summary, struct writer *out)
{
    const struct value *pods = value_get(summary, "pods");
    char *mean = print_duration(value_path(pods, "schedulingLatency", "mean", NULL));
    char *p50 = print_duration(value_path(pods, "schedulingLatency", "p50", NULL));
    char *p95 = print_duration(value_path(pods, "schedulingLatency", "p95", NULL));
    char *p99 = print_duration(value_path(pods, "schedulingLatency", "p99", NULL));
    writer_format(out, "\n%lld pods made, %lld bound, %lld pending at the end\n",
                  (long long)value_int(value_get(pods, "created"), 0),
                  (long long)value_int(value_get(pods, "bound"), 0),
                  (long long)value_int(value_get(pods, "pending"), 0));
    writer_format(out, "scheduling latency: mean %s, p50 %s, p95 %s, p99 %s\n", mean, p50, p95,
                  p99);
    free(mean);
    free(p50);
    free(p95);
    free(p99);
}

static void write_kept(const struct value *summary, struct writer *out)
{
    const struct value *kept = value_get(summary, "kept");
    size_t column = 0;
    for (size_t i = 0; kept != NULL && i < kept->count; i++) {
        char *item = mem_format("%s%lld %s%s", i == 0 ? "kept, not simulated: " : "",
                                (long long)value_int(kept->entries[i].value, 0),
                                kept->entries[i].key, i + 1 < kept->count ? "," : "");
        const bool breaks = column + 1 + text_width(item) > TERMINAL_WIDTH;
        if (column > 0)
            writer_add(out, breaks ? "\n    " : " ");
        writer_add(out, item);
        column = (breaks ? 4 : column + 1) + text_width(item);
        free(item);
    }
    if (column > 0)
        writer_add_char(out, '\n');
}

/* Whose figures the failures went by. */
static void write_sources(const struct value *summary, struct writer *out)
{
    const struct value *sources = value_get(summary, "sources");
    for (size_t i = 0; sources != NULL && i < sources->count; i++)
        writer_format(out, "%s%s: %s (%s)\n", i == 0 ? "\n" : "",
                      text_of(sources->items[i], "name"), text_of(sources->items[i], "what"),
                      text_of(sources->items[i], "source"));
}

static void text_write(const struct value *summary, struct writer *out)
{
    char *duration = print_duration(value_get(summary, "durationSeconds"));
    const char *question = text_of(summary, "question");
    writer_format(out, "%s: %s of virtual time, seed %lld\n%s%s\n", text_of(summary, "scenario"),
                  duration, (long long)value_int(value_get(summary, "seed"), 0), question,
                  *question ? "\n" : "");
    free(duration);
    write_availability(summary, out);
    write_rollouts(summary, out);
    write_lists(summary, out);
    write_nodes(summary, out);
    write_pods(summary, out);
    write_kept(summary, out);
    write_sources(summary, out);
    expectations_write(summary, out);
}

const struct report text_report = { .name = "text", .write = text_write };
