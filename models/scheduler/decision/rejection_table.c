/* Distinct rejections; see rejection_table.h. */
#include "models/scheduler/decision/rejection_table.h"

#include <assert.h>
#include <stdlib.h>

void rejection_table_init(struct rejection_table *table)
{
    *table = (struct rejection_table){ 0 };
    MEM_GROW(table->items, table->count, table->capacity);
    table->items[table->count++] = (struct stored_rejection){ 0 };
    table->place_count = 64;
    table->places = mem_new(table->place_count * sizeof *table->places);
}

void rejection_table_close(struct rejection_table *table)
{
    for (size_t i = 1; i < table->count; i++) {
        for (size_t j = 0; j < table->items[i].count; j++)
            text_drop(table->items[i].reasons[j].about);
        free(table->items[i].reasons);
    }
    free(table->items);
    free(table->places);
}

static bool same_rejection(const struct stored_rejection *stored, const struct sched_plugin *plugin,
                           const struct rejection *rejection)
{
    if (stored->plugin != plugin || stored->code != rejection->code ||
        stored->count != rejection->count)
        return false;
    for (size_t i = 0; i < stored->count; i++) {
        const struct reason *a = &stored->reasons[i], *b = &rejection->reasons[i];
        if (a->about != b->about || (a->text != b->text && strcmp(a->text, b->text) != 0))
            return false;
    }
    return true;
}

static uint64_t hash_of(enum rejection_code code, const struct reason *reasons, size_t count)
{
    uint64_t hash = code;
    for (size_t i = 0; i < count; i++) {
        for (const char *c = reasons[i].text; *c != '\0'; c++)
            hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
        hash = (hash ^ (reasons[i].about != NULL ? reasons[i].about->hash : 1)) * 0x100000001b3u;
    }
    return hash ^ hash >> 32;
}

/* Where a rejection stands, or is to stand. */
static rejection_id *place_of(const struct rejection_table *table,
                              const struct sched_plugin *plugin, const struct rejection *rejection)
{
    size_t at = hash_of(rejection->code, rejection->reasons, rejection->count);
    for (;; at++) {
        rejection_id *place = &table->places[at & (table->place_count - 1)];
        if (*place == 0 || same_rejection(&table->items[*place], plugin, rejection))
            return place;
    }
}

/* Twice the places: at most half of them are taken. */
static void make_room(struct rejection_table *table)
{
    table->place_count *= 2;
    free(table->places);
    table->places = mem_new(table->place_count * sizeof *table->places);
    for (rejection_id id = 1; id < table->count; id++) {
        const struct stored_rejection *stored = &table->items[id];
        size_t at = hash_of(stored->code, stored->reasons, stored->count);
        while (table->places[at & (table->place_count - 1)] != 0)
            at++;
        table->places[at & (table->place_count - 1)] = id;
    }
}

rejection_id rejection_table_add(struct rejection_table *table, const struct sched_plugin *plugin,
                                 const struct rejection *rejection, rejection_id likely)
{
    if (likely != 0 && same_rejection(&table->items[likely], plugin, rejection))
        return likely;
    if (table->count * 2 > table->place_count)
        make_room(table);
    rejection_id *place = place_of(table, plugin, rejection);
    if (*place != 0)
        return *place;
    assert(table->count < UINT32_MAX);
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
    return *place = (rejection_id)table->count++;
}
