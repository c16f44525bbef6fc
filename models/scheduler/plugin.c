/* What every plugin needs: saying no, and the usual normalization.
 *
 * Follows pkg/scheduler/framework/plugins/helper/normalize_score.go of the release named in
 * docs/fidelity.md. */
#include "models/scheduler/plugin.h"

bool reject_about(struct rejection *rejection, enum rejection_code code, const char *text,
                  const struct text *about)
{
    if (rejection->count == 0 || code > rejection->code)
        rejection->code = code;
    if (rejection->count < REJECTION_REASONS)
        rejection->reasons[rejection->count++] = (struct reason){ text, about };
    return false;
}

bool reject(struct rejection *rejection, enum rejection_code code, const char *text)
{
    return reject_about(rejection, code, text, NULL);
}

void normalize_to_highest(int64_t *scores, size_t count, bool reverse)
{
    int64_t highest = 0;
    for (size_t i = 0; i < count; i++)
        if (scores[i] > highest)
            highest = scores[i];
    for (size_t i = 0; i < count; i++) {
        const int64_t share = highest == 0 ? 0 : MAX_NODE_SCORE * scores[i] / highest;
        scores[i] = reverse ? MAX_NODE_SCORE - share : share;
    }
}

void slot_list_add(struct slot_list *list, uint32_t slot)
{
    MEM_GROW(list->items, list->count, list->capacity);
    list->items[list->count++] = slot;
}
