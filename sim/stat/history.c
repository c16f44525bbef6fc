/* Areas are summed stretch by stretch, in the order of time. */
#include "sim/stat/history.h"

#include <assert.h>

void history_init(struct history *history, sim_time length)
{
    assert(length > 0);
    *history = (struct history){ .length = length };
}

/* Half as many stretches, twice as long. Their number is even. */
static void put_neighbours_together(struct history *history)
{
    for (size_t i = 0; i < HISTORY_STRETCHES / 2; i++)
        history->areas[i] = history->areas[2 * i] + history->areas[2 * i + 1];
    history->full = HISTORY_STRETCHES / 2;
    history->length *= 2;
}

void history_set(struct history *history, sim_time now, double value)
{
    assert(now >= history->since);
    sim_time end;
    while (now >= (end = (sim_time)(history->full + 1) * history->length)) {
        history->areas[history->full++] =
            history->area + history->value * (double)(end - history->since);
        history->since = end;
        history->area = 0;
        if (history->full == HISTORY_STRETCHES)
            put_neighbours_together(history);
    }
    history->area += history->value * (double)(now - history->since);
    history->since = now;
    history->value = value;
}

static sim_time begun(const struct history *history)
{
    return history->since - (sim_time)history->full * history->length;
}

size_t history_count(const struct history *history)
{
    return history->full + (begun(history) > 0);
}

double history_mean(const struct history *history, size_t index)
{
    assert(index < history_count(history));
    return index < history->full ? history->areas[index] / (double)history->length
                                 : history->area / (double)begun(history);
}
