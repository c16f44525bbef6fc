/* What is due later and is no event of the run: a heap by (time, order of planning). */
#ifndef MODELS_TRAFFIC_AGENDA_H
#define MODELS_TRAFFIC_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/time.h"

struct item {
    sim_time at;
    uint64_t order; /* filled in */
    int kind;       /* what these are is the owner's business */
    int number;
    uint64_t id;
    double amount;
    sim_time since;
    void *subject;
    const void *before, *after;
};

struct agenda {
    struct item *items; /* owned */
    size_t count, capacity;
    uint64_t planned;
};

void agenda_add(struct agenda *agenda, struct item item);
/* Take the first item if it is due before `end`. */
bool agenda_take(struct agenda *agenda, sim_time end, struct item *item);
void agenda_close(struct agenda *agenda);

static inline sim_time agenda_next(const struct agenda *agenda)
{
    return agenda->count > 0 ? agenda->items[0].at : SIM_FOREVER;
}

#endif
