/* Counting and printing reasons; see fit_error.h. */
#include "models/scheduler/decision/fit_error.h"

#include <stdlib.h>

void fit_error_close(struct fit_error *error)
{
    for (size_t i = 0; i < error->count; i++)
        free(error->items[i].line);
    free(error->items);
}

void fit_error_add(struct fit_error *error, struct reason reason, size_t nodes)
{
    if (nodes == 0)
        return;
    for (size_t i = 0; i < error->count; i++) {
        struct fit_reason *item = &error->items[i];
        if (item->reason.about == reason.about && strcmp(item->reason.text, reason.text) == 0) {
            item->nodes += nodes;
            return;
        }
    }
    MEM_GROW(error->items, error->count, error->capacity);
    error->items[error->count++] = (struct fit_reason){ .reason = reason, .nodes = nodes };
}

void fit_error_add_rejection(struct fit_error *error, const struct stored_rejection *rejection,
                             size_t nodes)
{
    for (size_t i = 0; i < rejection->count; i++)
        fit_error_add(error, rejection->reasons[i], nodes);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(((const struct fit_reason *)a)->line, ((const struct fit_reason *)b)->line);
}

void fit_error_print(struct fit_error *error, size_t all_nodes, struct writer *into)
{
    for (size_t i = 0; i < error->count; i++) {
        struct fit_reason *item = &error->items[i];
        free(item->line);
        item->line =
            mem_format("%zu %s%s", item->nodes, item->reason.text, text_s(item->reason.about));
    }
    if (error->count > 0)
        qsort(error->items, error->count, sizeof *error->items, compare_lines);
    writer_format(into, "0/%zu nodes are available:", all_nodes);
    for (size_t i = 0; i < error->count; i++)
        writer_format(into, "%s %s", i > 0 ? "," : "", error->items[i].line);
    if (error->count > 0)
        writer_add(into, ".");
}
