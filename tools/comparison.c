/* From summaries to one table; see comparison.h. */
#include "tools/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tools/report/report.h"
#include "tools/report/table.h"

/* --- the document -------------------------------------------------------------------------- */

struct value *comparison_new(const char *scenario, uint64_t seed)
{
    struct value *comparison = value_new_map();
    value_set(comparison, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(comparison, "kind", value_new_string("Comparison"));
    value_set(comparison, "scenario", value_new_string(scenario));
    value_set(comparison, "seed", value_new_int((int64_t)seed));
    value_set(comparison, "policies", value_new_list());
    return comparison;
}

static void put_number(struct value *map, const char *key, double number)
{
    value_set(map, key, value_new_double(number));
}

static void put_copy(struct value *map, const struct value *from, const char *key)
{
    const struct value *value = value_get(from, key);
    if (value != NULL)
        value_set(map, key, value_hold(value));
}

/* The mean over the nodes of a column of theirs; over those that had pods when `used_only`. */
static double mean_of(const struct value *nodes, const char *key, bool used_only)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; nodes != NULL && i < nodes->count; i++) {
        const struct value *node = nodes->items[i];
        if (used_only && value_int(value_get(node, "maxPods"), 0) == 0)
            continue;
        sum += value_double(value_get(node, key), 0);
        count++;
    }
    return count > 0 ? sum / (double)count : 0;
}

static size_t used_nodes(const struct value *nodes)
{
    size_t used = 0;
    for (size_t i = 0; nodes != NULL && i < nodes->count; i++)
        used += value_int(value_get(nodes->items[i], "maxPods"), 0) > 0;
    return used;
}

static struct value *nodes_of(const struct value *summary)
{
    const struct value *nodes = value_get(summary, "nodes");
    struct value *map = value_new_map();
    value_set(map, "count", value_new_int(nodes != NULL ? (int64_t)nodes->count : 0));
    value_set(map, "used", value_new_int((int64_t)used_nodes(nodes)));
    put_number(map, "cpuUtilisation", mean_of(nodes, "cpuUtilisation", false));
    put_number(map, "memoryUtilisation", mean_of(nodes, "memoryUtilisation", false));
    put_number(map, "cpuUtilisationOfUsed", mean_of(nodes, "cpuUtilisation", true));
    put_number(map, "memoryUtilisationOfUsed", mean_of(nodes, "memoryUtilisation", true));
    put_number(map, "fragmentation", mean_of(nodes, "fragmentation", false));
    return map;
}

static struct value *workloads_of(const struct value *summary)
{
    static const char *const keys[] = { "kind",           "namespace",       "name",
                                        "wanted",         "ready",           "availability",
                                        "bringUpSeconds", "downtimeSeconds", "degradedSeconds" };
    const struct value *rows = value_get(summary, "workloads");
    struct value *list = value_new_list();
    for (size_t i = 0; rows != NULL && i < rows->count; i++) {
        struct value *workload = value_new_map();
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            put_copy(workload, rows->items[i], keys[j]);
        value_add(list, workload);
    }
    return list;
}

void comparison_add(struct value *comparison, const char *policy, const struct value *summary,
                    const char *why)
{
    struct value *arm = value_new_map();
    value_set(arm, "policy", value_new_string(policy));
    if (summary == NULL) {
        value_set(arm, "refused", value_new_string(why));
    } else {
        put_copy(arm, summary, "stopped");
        put_copy(arm, summary, "durationSeconds");
        put_copy(arm, summary, "traceHash");
        put_copy(arm, summary, "pods");
        value_set(arm, "nodes", nodes_of(summary));
        value_set(arm, "workloads", workloads_of(summary));
    }
    value_add(value_get(comparison, "policies"), arm);
}

/* --- tables ---------------------------------------------------------------------------------- */

static char *print_count(const struct value *arm, const char *map, const char *key)
{
    return mem_format("%lld", (long long)value_int(value_path(arm, map, key, NULL), 0));
}

static char *print_share(const struct value *arm, const char *key)
{
    return mem_format("%.1f %%", 100 * value_double(value_path(arm, "nodes", key, NULL), 0));
}

/* What comes behind the last slash of a path; all of a command or URL. */
static const char *base_of(const char *policy)
{
    const char *slash = strrchr(policy, '/');
    return slash != NULL && slash[1] != '\0' && strpbrk(policy, " :") == NULL ? slash + 1 : policy;
}

const char *comparison_name(const struct value *arms, const struct value *arm)
{
    const char *policy = value_text(value_get(arm, "policy"), "");
    for (size_t i = 0; i < arms->count; i++) {
        const char *other = value_text(value_get(arms->items[i], "policy"), "");
        if (strcmp(other, policy) != 0 && strcmp(base_of(other), base_of(policy)) == 0)
            return policy;
    }
    return base_of(policy);
}

static void add_arm(struct text_table *table, const struct value *arms, const struct value *arm)
{
    const char *policy = comparison_name(arms, arm);
    const char *refused = value_text(value_get(arm, "refused"), NULL);
    const struct value *stopped = value_get(arm, "stopped");
    struct table_row *row = text_table_row(table);
    row->cells[0] = mem_text(policy, strlen(policy));
    if (refused != NULL) {
        row->note = mem_format("not played: %s", refused);
        return;
    }
    row->cells[1] = print_count(arm, "pods", "bound");
    row->cells[2] = print_count(arm, "pods", "pending");
    row->cells[3] = print_duration(value_path(arm, "pods", "schedulingLatency", "p50", NULL));
    row->cells[4] = print_duration(value_path(arm, "pods", "schedulingLatency", "p99", NULL));
    row->cells[5] = print_count(arm, "nodes", "used");
    row->cells[6] = print_share(arm, "cpuUtilisationOfUsed");
    row->cells[7] = print_share(arm, "memoryUtilisationOfUsed");
    row->cells[8] = print_share(arm, "fragmentation");
    row->cells[9] = print_count(arm, "pods", "preempted");
    if (stopped != NULL) {
        char *at = print_duration(value_get(stopped, "atSeconds"));
        row->note =
            mem_format("stopped at %s: %s", at, value_text(value_get(stopped, "policy"), ""));
        free(at);
    }
}

static bool is_same_workload(const struct value *a, const struct value *b)
{
    return value_equal(value_get(a, "kind"), value_get(b, "kind")) &&
           value_equal(value_get(a, "namespace"), value_get(b, "namespace")) &&
           value_equal(value_get(a, "name"), value_get(b, "name"));
}

/* The row of an arm about the same workload; NULL when it has none. */
static const struct value *counterpart(const struct value *arm, const struct value *workload)
{
    const struct value *rows = value_get(arm, "workloads");
    for (size_t i = 0; rows != NULL && i < rows->count; i++)
        if (is_same_workload(rows->items[i], workload))
            return rows->items[i];
    return NULL;
}

static bool differs(const struct value *arms, const struct value *workload)
{
    static const char *const keys[] = { "availability", "ready", "downtimeSeconds" };
    for (size_t i = 0; i < arms->count; i++) {
        const struct value *other = counterpart(arms->items[i], workload);
        for (size_t j = 0; other != NULL && j < sizeof keys / sizeof *keys; j++)
            if (!value_equal(value_get(other, keys[j]), value_get(workload, keys[j])))
                return true;
    }
    return false;
}

static void add_workload(struct text_table *table, const struct value *arms,
                         const struct value *workload)
{
    for (size_t i = 0; i < arms->count; i++) {
        const struct value *row = counterpart(arms->items[i], workload);
        const char *policy = comparison_name(arms, arms->items[i]);
        if (row == NULL)
            continue;
        struct table_row *line = text_table_row(table);
        line->cells[0] = mem_format("%s/%s", value_text(value_get(row, "kind"), ""),
                                    value_text(value_get(row, "name"), ""));
        line->cells[1] = mem_text(policy, strlen(policy));
        line->cells[2] = mem_format("%lld/%lld", (long long)value_int(value_get(row, "ready"), 0),
                                    (long long)value_int(value_get(row, "wanted"), 0));
        line->cells[3] = print_availability(value_get(row, "availability"));
        line->cells[4] = print_duration(value_get(row, "downtimeSeconds"));
        line->cells[5] = print_duration(value_get(row, "degradedSeconds"));
        line->cells[6] = print_duration(value_get(row, "bringUpSeconds"));
    }
}

/* Workloads of the first arm that was played: all arms have the same, but for what came later. */
static const struct value *first_workloads(const struct value *arms)
{
    for (size_t i = 0; i < arms->count; i++)
        if (value_get(arms->items[i], "workloads") != NULL)
            return value_get(arms->items[i], "workloads");
    return NULL;
}

struct text_table comparison_workloads(const struct value *comparison)
{
    const struct value *arms = value_get(comparison, "policies");
    struct text_table table = { .heads = { "WORKLOAD", "POLICY", "-READY", "-AVAILABILITY", "-DOWN",
                                           "-DEGRADED", "-BRING-UP", NULL } };
    const struct value *workloads = first_workloads(arms);
    for (size_t i = 0; workloads != NULL && i < workloads->count; i++)
        if (differs(arms, workloads->items[i]))
            add_workload(&table, arms, workloads->items[i]);
    return table;
}

struct text_table comparison_arms(const struct value *comparison)
{
    struct text_table table = { .heads = { "POLICY", "-PLACED", "-PENDING", "-P50", "-P99",
                                           "-NODES", "-CPU", "-MEMORY", "-FRAGM.", "-PREEMPTED",
                                           NULL } };
    const struct value *arms = value_get(comparison, "policies");
    for (size_t i = 0; i < arms->count; i++)
        add_arm(&table, arms, arms->items[i]);
    return table;
}

void comparison_print(const struct value *comparison, struct writer *out)
{
    struct text_table arms = comparison_arms(comparison);
    struct text_table workloads = comparison_workloads(comparison);
    writer_format(out, "%s: %zu policies, seed %lld each\n\n",
                  value_text(value_get(comparison, "scenario"), ""), arms.count,
                  (long long)value_int(value_get(comparison, "seed"), 0));
    text_table_print(&arms, out);
    if (workloads.count > 0) {
        writer_add_char(out, '\n');
        text_table_print(&workloads, out);
    }
    writer_add(out, "\nP50, P99: from creation to binding. NODES: that had pods; CPU, MEMORY: what "
                    "pods request\nof these, over time. FRAGM.: of free CPU or memory, what the "
                    "other leaves unusable, of all nodes.\n");
    text_table_close(&arms);
    text_table_close(&workloads);
}
