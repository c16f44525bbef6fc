/* A ring of the last changes of a number. */
#include "models/invariants/history.h"

void history_note(struct history *history, sim_time now, int32_t value)
{
    if (history->count > 0 && history_now(history) == value)
        return;
    const uint32_t place = history->count++ % HISTORY_LENGTH;
    history->values[place] = value;
    history->times[place] = now;
}

int32_t history_now(const struct history *history)
{
    return history->count > 0 ? history->values[(history->count - 1) % HISTORY_LENGTH] : 0;
}

bool history_since(const struct history *history, sim_time since, int32_t *least, int32_t *most)
{
    const uint32_t kept = history->count < HISTORY_LENGTH ? history->count : HISTORY_LENGTH;
    *least = *most = history_now(history);
    for (uint32_t i = 0; i < kept; i++) {
        const uint32_t place = (history->count - 1 - i) % HISTORY_LENGTH;
        const int32_t value = history->values[place];
        *least = value < *least ? value : *least;
        *most = value > *most ? value : *most;
        if (history->times[place] < since)
            return true;
    }
    return history->count == kept; /* before the first, there was nothing to see */
}
