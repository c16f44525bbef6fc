/* An explanation as tables; see explain.h. */
#include <stdlib.h>
#include <string.h>

#include "tools/schedule/explain.h"

enum { SHOWN_NODES = 3, SHOWN_NAMES = 4 };

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* --- who rejects --------------------------------------------------------------------------- */

/* Nodes with the same verdict. */
struct verdict {
    const char *plugin, *reasons;
    const char *names[SHOWN_NAMES];
    size_t count;
};

static const char *reasons_of(const struct value *node)
{
    return text_of(value_get(node, "filters"), text_of(node, "rejectedBy"));
}

static struct verdict *find_verdict(struct verdict **verdicts, size_t *count, size_t *capacity,
                                    const struct value *node)
{
    const char *plugin = text_of(node, "rejectedBy"), *reasons = reasons_of(node);
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*verdicts)[i].plugin, plugin) == 0 &&
            strcmp((*verdicts)[i].reasons, reasons) == 0)
            return &(*verdicts)[i];
    MEM_GROW(*verdicts, *count, *capacity);
    (*verdicts)[*count] = (struct verdict){ .plugin = plugin, .reasons = reasons };
    return &(*verdicts)[(*count)++];
}

static char *some_names(const struct verdict *verdict)
{
    struct writer out = { 0 };
    for (size_t i = 0; i < verdict->count && i < SHOWN_NAMES; i++)
        writer_format(&out, "%s%s", i > 0 ? ", " : "", verdict->names[i]);
    if (verdict->count > SHOWN_NAMES)
        writer_format(&out, " and %zu more", verdict->count - SHOWN_NAMES);
    return writer_take(&out);
}

/* Long reasons stand below, where lines break. */
static void add_verdict(struct table_row *row, const struct verdict *verdict)
{
    char *names = some_names(verdict);
    row->cells[0] = mem_format("%s", *verdict->plugin ? verdict->plugin : "(before the filters)");
    row->cells[1] = mem_format("%zu", verdict->count);
    if (strlen(verdict->reasons) > TERMINAL_WIDTH / 2) {
        row->note = mem_format("%s: %s", verdict->reasons, names);
        free(names);
    } else {
        row->cells[2] = mem_format("%s", verdict->reasons);
        row->note = names;
    }
}

static void print_rejected(const struct value *nodes, struct writer *out)
{
    struct verdict *verdicts = NULL;
    size_t count = 0, capacity = 0;
    struct text_table table = { .heads = { "REJECTED BY", "-NODES", "REASONS" } };
    for (size_t i = 0; i < nodes->count; i++) {
        if (value_get(nodes->items[i], "rejectedBy") == NULL)
            continue;
        struct verdict *verdict = find_verdict(&verdicts, &count, &capacity, nodes->items[i]);
        if (verdict->count < SHOWN_NAMES)
            verdict->names[verdict->count] = text_of(nodes->items[i], "node");
        verdict->count++;
    }
    for (size_t i = 0; i < count; i++)
        add_verdict(text_table_row(&table), &verdicts[i]);
    if (count > 0)
        text_table_print(&table, out);
    text_table_close(&table);
    free(verdicts);
}

/* --- scores --------------------------------------------------------------------------------------- */

static int64_t total_of(const struct value *node)
{
    return value_int(value_get(node, "total"), 0);
}

/* The best nodes, the chosen one first; the others by total, equal ones as they joined. */
static size_t best_nodes(const struct value *nodes, const char *chosen,
                         const struct value *best[SHOWN_NODES])
{
    size_t count = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        const struct value *node = nodes->items[i];
        const bool is_chosen = strcmp(text_of(node, "node"), chosen) == 0;
        size_t at = count < SHOWN_NODES ? count : SHOWN_NODES;
        if (value_get(node, "scores") == NULL)
            continue;
        while (at > 0 && strcmp(text_of(best[at - 1], "node"), chosen) != 0 &&
               (is_chosen || total_of(best[at - 1]) < total_of(node)))
            at--;
        if (at == SHOWN_NODES)
            continue;
        count += count < SHOWN_NODES;
        for (size_t j = count - 1; j > at; j--)
            best[j] = best[j - 1];
        best[at] = node;
    }
    return count;
}

static void print_best(const struct value *const *best, size_t count, const char *chosen,
                       struct writer *out)
{
    for (size_t i = 0; i < count; i++)
        writer_format(out, "(%zu) %s: %lld%s\n", i + 1, text_of(best[i], "node"),
                      (long long)total_of(best[i]),
                      strcmp(text_of(best[i], "node"), chosen) == 0 ? ", chosen" : "");
}

static char *score_cell(const struct value *node, const char *plugin)
{
    const struct value *score = value_path(node, "scores", plugin, NULL);
    return mem_format("%lld > %lld > %lld", (long long)value_int(value_get(score, "raw"), 0),
                      (long long)value_int(value_get(score, "normalized"), 0),
                      (long long)value_int(value_get(score, "weighted"), 0));
}

/* Each score as raw > normalized > times its weight. */
static void print_scores(const struct value *const *best, size_t count, struct writer *out)
{
    struct text_table table = { .heads = { "SCORE (RAW > NORMALIZED > WEIGHTED)", "-WEIGHT" } };
    static const char *const heads[SHOWN_NODES] = { "-(1)", "-(2)", "-(3)" };
    const struct value *scores = value_get(best[0], "scores");
    for (size_t i = 0; i < count; i++)
        table.heads[2 + i] = heads[i];
    for (size_t i = 0; i < scores->count; i++) {
        const char *plugin = scores->entries[i].key;
        struct table_row *row = text_table_row(&table);
        row->cells[0] = mem_format("%s", plugin);
        row->cells[1] = mem_format(
            "%lld", (long long)value_int(value_get(scores->entries[i].value, "weight"), 0));
        for (size_t j = 0; j < count; j++)
            row->cells[2 + j] = score_cell(best[j], plugin);
    }
    struct table_row *row = text_table_row(&table);
    row->cells[0] = mem_format("total");
    for (size_t j = 0; j < count; j++)
        row->cells[2 + j] = mem_format("%lld", (long long)total_of(best[j]));
    text_table_print(&table, out);
    text_table_close(&table);
}

/* --- the whole ---------------------------------------------------------------------------------------- */

static void print_ties(const struct value *top, struct writer *out)
{
    const struct value *nodes = value_get(top, "nodes");
    if (nodes == NULL || nodes->count < 2)
        return;
    writer_format(out,
                  "%zu nodes have the best score, %lld: the real scheduler takes any, here the "
                  "first to join\n",
                  nodes->count, (long long)value_int(value_get(top, "score"), 0));
}

static void print_rejected_everywhere(const struct value *reject, struct writer *out)
{
    char *text = mem_format("%s rejects it on every node: %s", text_of(reject, "plugin"),
                            text_of(reject, "reasons"));
    text_wrapped(text, 0, out);
    free(text);
}

static void print_before_filters(const struct value *explanation, struct writer *out)
{
    const struct value *reject = value_get(explanation, "preFilterReject");
    const struct value *names = value_get(explanation, "preFilterNodes");
    if (reject != NULL)
        print_rejected_everywhere(reject, out);
    if (names != NULL)
        writer_format(out, "the search is narrowed to %zu named node%s\n", names->count,
                      names->count == 1 ? "" : "s");
}

void explain_print(const struct value *explanation, const char *chosen, struct writer *out)
{
    const struct value *nodes = value_get(explanation, "nodes");
    const struct value *best[SHOWN_NODES] = { NULL };
    if (nodes == NULL)
        return;
    writer_format(out, "%s: %lld of %zu nodes were looked at, %lld are feasible\n",
                  text_of(explanation, "pod"),
                  (long long)value_int(value_get(explanation, "evaluated"), 0), nodes->count,
                  (long long)value_int(value_get(explanation, "feasible"), 0));
    print_before_filters(explanation, out);
    print_rejected(nodes, out);
    const size_t count = best_nodes(nodes, chosen != NULL ? chosen : "", best);
    if (count > 0) {
        print_ties(value_get(explanation, "top"), out);
        print_best(best, count, chosen != NULL ? chosen : "", out);
        print_scores(best, count, out);
    }
}
