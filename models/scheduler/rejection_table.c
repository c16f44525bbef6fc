/* Distinct rejections; see rejection_table.h. */
#include "models/scheduler/rejection_table.h"

#include <assert.h>
#include <stdlib.h>

void rejection_table_init(struct rejection_table *table)
{
    *table = (struct rejection_table){ 0 };
    MEM_GROW(table->items, table->count, table->capacity);
    table->items[table->count++] = (struct stored_rejection){ 0 };
}

void rejection_table_close(struct rejection_table *table)
{
    for (size_t i = 1; i < table->count; i++) {
        for (size_t j = 0; j < table->items[i].count; j++)
            text_drop(table->items[i].reasons[j].about);
        free(table->items[i].reasons);
    }
    free(table->items);
}

static bool same_rejection(const struct stored_rejection *stored, const struct sched_plugin *plugin,
                           const struct rejection *rejection)
{
    if (stored->plugin != plugin || stored->code != rejection->code ||
        stored->count != rejection->count)
        return false;
    for (size_t i = 0; i < stored->count; i++)
        if (stored->reasons[i].about != rejection->reasons[i].about ||
            strcmp(stored->reasons[i].text, rejection->reasons[i].text) != 0)
            return false;
    return true;
}

rejection_id rejection_table_add(struct rejection_table *table, const struct sched_plugin *plugin,
                                 const struct rejection *rejection)
{
    for (size_t i = 1; i < table->count; i++)
        if (same_rejection(&table->items[i], plugin, rejection))
            return (rejection_id)i;
    assert(table->count <= UINT16_MAX);
    MEM_GROW(table->items, table->count, table->capacity);
    struct stored_rejection *stored = &table->items[table->count];
    *stored =
        (struct stored_rejection){ .plugin = plugin,
                                   .code = rejection->code,
                                   .reasons = mem_new(rejection->count * sizeof *stored->reasons),
                                   .count = rejection->count };
    for (size_t i = 0; i < rejection->count; i++) {
        stored->reasons[i] = rejection->reasons[i];
        text_hold(stored->reasons[i].about);
    }
    return (rejection_id)table->count++;
}
