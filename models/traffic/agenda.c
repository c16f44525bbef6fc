/* A binary heap. */
#include "models/traffic/agenda.h"

#include <stdlib.h>

#include "sim/base/memory.h"

static bool is_earlier(const struct item *a, const struct item *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

void agenda_add(struct agenda *agenda, struct item item)
{
    MEM_GROW(agenda->items, agenda->count, agenda->capacity);
    item.order = agenda->planned++;
    size_t at = agenda->count++;
    for (; at > 0 && is_earlier(&item, &agenda->items[(at - 1) / 2]); at = (at - 1) / 2)
        agenda->items[at] = agenda->items[(at - 1) / 2];
    agenda->items[at] = item;
}

bool agenda_take(struct agenda *agenda, sim_time end, struct item *item)
{
    if (agenda->count == 0 || agenda->items[0].at >= end)
        return false;
    *item = agenda->items[0];
    const struct item last = agenda->items[--agenda->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= agenda->count)
            break;
        if (child + 1 < agenda->count &&
            is_earlier(&agenda->items[child + 1], &agenda->items[child]))
            child++;
        if (!is_earlier(&agenda->items[child], &last))
            break;
        agenda->items[at] = agenda->items[child];
        at = child;
    }
    agenda->items[at] = last; /* when none is left, a place that nobody reads */
    return true;
}

void agenda_close(struct agenda *agenda)
{
    free(agenda->items);
}
