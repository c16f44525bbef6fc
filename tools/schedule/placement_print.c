/* Print placements; see placement_print.h. */
#include "tools/schedule/placement_print.h"

#include <stdlib.h>

#include "tools/report/table.h"
#include "tools/schedule/explain.h"

static const char *const results[] = {
    [PLACEMENT_SCHEDULED] = "scheduled", [PLACEMENT_UNSCHEDULABLE] = "unschedulable",
    [PLACEMENT_GATED] = "gated",         [PLACEMENT_IGNORED] = "ignored",
    [PLACEMENT_FAILED] = "error",
};
enum { RESULTS = sizeof results / sizeof *results };

static char *key_of(const struct placement *placement)
{
    return mem_format("%s/%s", namespace_of(placement->pod), name_of(placement->pod));
}

static const char *node_of_placement(const struct placement *placement)
{
    return placement->node != NULL ? placement->node->s : NULL;
}

/* --- the table ------------------------------------------------------------------------------ */

/* "preempts default/batch-1, default/batch-2", and the message. */
static char *note_of(const struct placement *placement)
{
    const struct value *victims = value_get(placement->preemption, "victims");
    struct writer out = { 0 };
    for (size_t i = 0; victims != NULL && i < victims->count; i++)
        writer_format(&out, "%s%s", i > 0 ? ", " : "preempts ", value_text(victims->items[i], ""));
    if (placement->message != NULL)
        writer_format(&out, "%s%s", out.length > 0 ? "; " : "", placement->message);
    return out.length > 0 ? writer_take(&out) : NULL;
}

static void add_row(struct text_table *table, const struct placement *placement)
{
    struct table_row *row = text_table_row(table);
    row->cells[0] = key_of(placement);
    row->cells[1] = placement->node != NULL ? mem_format("%s", placement->node->s)
                                            : mem_format("(%s)", results[placement->result]);
    row->note = note_of(placement);
    if (placement->node == NULL)
        return;
    row->cells[2] = placement->feasible > 1 ? mem_format("%lld", (long long)placement->score)
                                            : mem_format("only one");
    if (placement->ties > 1)
        row->cells[3] = mem_format("%zu", placement->ties);
    if (placement->runner_up == NULL)
        return;
    row->cells[4] = mem_format("%s", placement->runner_up->s);
    row->cells[5] = mem_format("%lld", (long long)placement->runner_up_score);
}

static void count_results(const struct placements *placements, size_t counts[RESULTS])
{
    for (size_t i = 0; i < placements->count; i++)
        counts[placements->items[i].result]++;
}

static void print_sum(const struct placements *placements, struct writer *out)
{
    size_t counts[RESULTS] = { 0 };
    count_results(placements, counts);
    writer_format(out, "%zu pod%s", placements->count, placements->count == 1 ? "" : "s");
    for (size_t i = 0; i < RESULTS; i++)
        if (counts[i] > 0)
            writer_format(out, ", %zu %s", counts[i], results[i]);
    writer_add_char(out, '\n');
}

void placements_print(const struct placements *placements, bool only_explained, struct writer *out)
{
    struct text_table table = { .heads = { "POD", "NODE", "-SCORE", "-TIES", "RUNNER-UP",
                                           "-ITS SCORE" } };
    for (size_t i = 0; i < placements->count; i++)
        if (!only_explained || placements->items[i].explanation != NULL)
            add_row(&table, &placements->items[i]);
    if (table.count > 0)
        text_table_print(&table, out);
    text_table_close(&table);
    for (size_t i = 0; i < placements->count; i++) {
        const struct placement *placement = &placements->items[i];
        if (placement->explanation == NULL)
            continue;
        writer_add_char(out, '\n');
        explain_print(placement->explanation, node_of_placement(placement), out);
    }
    if (placements->count > 0)
        writer_add_char(out, '\n');
    print_sum(placements, out);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static struct value *placement_value(const struct placement *placement)
{
    struct value *told = value_new_map();
    char *key = key_of(placement);
    value_set(told, "pod", value_new_string(key));
    value_set(told, "result", value_new_string(results[placement->result]));
    free(key);
    if (placement->node != NULL) {
        value_set(told, "node", value_new_string(placement->node->s));
        value_set(told, "score", value_new_int(placement->score));
        value_set(told, "ties", value_new_int((int64_t)placement->ties));
    }
    value_set(told, "feasible", value_new_int((int64_t)placement->feasible));
    value_set(told, "evaluated", value_new_int((int64_t)placement->evaluated));
    if (placement->runner_up != NULL) {
        value_put(&told, value_new_string(placement->runner_up->s), "runnerUp", "node", NULL);
        value_put(&told, value_new_int(placement->runner_up_score), "runnerUp", "score", NULL);
    }
    if (placement->message != NULL)
        value_set(told, "message", value_new_string(placement->message));
    if (placement->preemption != NULL)
        value_set(told, "preemption", value_hold(placement->preemption));
    if (placement->explanation != NULL)
        value_set(told, "explanation", value_hold(placement->explanation));
    return told;
}

struct value *placements_value(const struct placements *placements)
{
    struct value *answer = value_new_map(), *list = value_new_list(), *summary = value_new_map();
    size_t counts[RESULTS] = { 0 };
    count_results(placements, counts);
    for (size_t i = 0; i < placements->count; i++)
        value_add(list, placement_value(&placements->items[i]));
    for (size_t i = 0; i < RESULTS; i++)
        value_set(summary, results[i], value_new_int((int64_t)counts[i]));
    value_set(answer, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(answer, "kind", value_new_string("Placements"));
    value_set(answer, "summary", summary);
    value_set(answer, "pods", list);
    return answer;
}

struct value *placements_annotated(const struct trial *trial, const struct placements *placements)
{
    struct value *list = value_new_map(), *items = value_new_list();
    value_set(list, "apiVersion", value_new_string("v1"));
    value_set(list, "kind", value_new_string("List"));
    for (size_t i = 0; i < placements->count; i++) {
        const struct placement *placement = &placements->items[i];
        if (placement->explanation == NULL)
            continue;
        struct value *pod = cluster_print(trial->cluster, &placement->pod->meta.object);
        struct value *told = explain_annotations(
            placement->explanation, node_of_placement(placement), placement->preemption);
        for (size_t j = 0; j < told->count; j++)
            value_put(&pod, value_hold(told->entries[j].value), "metadata", "annotations",
                      told->entries[j].key, NULL);
        value_add(items, pod);
        value_drop(told);
    }
    value_set(list, "items", items);
    return list;
}
