/* A number over time, so that somebody who reads late can be judged by what there was to see. */
#ifndef MODELS_INVARIANTS_HISTORY_H
#define MODELS_INVARIANTS_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/time.h"

enum { HISTORY_LENGTH = 32 };

/* Zeroed: nothing was ever noted. */
struct history {
    uint32_t count; /* noted so far; the last HISTORY_LENGTH are kept */
    int32_t values[HISTORY_LENGTH];
    sim_time times[HISTORY_LENGTH];
};

/* From now on it is this. Costs nothing when it was so before. */
void history_note(struct history *history, sim_time now, int32_t value);

int32_t history_now(const struct history *history); /* 0: nothing was noted */

/* The least and the most it was from `since` on, what it was just before included. False when that is
 * further back than anybody remembers. */
bool history_since(const struct history *history, sim_time since, int32_t *least, int32_t *most);

#endif
