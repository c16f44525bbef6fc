/* Rule 6: at checkpoints (just before each unhurried write of a user, and at the end) every
 * object has the same full state. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/compare.h"

enum { PAUSE_MS = 1200 };

static int by_name(const void *a, const void *b)
{
    const struct field *const *left = a, *const *right = b;
    return strcmp(text_s((*left)->name), text_s((*right)->name));
}

static const struct text *full_state(const struct timeline *timeline, const struct life *life,
                                     size_t row)
{
    struct writer text = { 0 };
    const struct text *group = life_group(timeline, life);
    const struct field **fields = mem_new((life->field_count + 1) * sizeof *fields);
    size_t count = 0;
    for (size_t i = 0; i < life->field_count; i++)
        if (life->fields[i].in_state)
            fields[count++] = &life->fields[i];
    qsort(fields, count, sizeof *fields, by_name);
    writer_add(&text, text_s(group));
    for (size_t i = 0; i < count; i++) {
        const struct text *value = field_before(fields[i], row);
        if (value != NULL)
            writer_format(&text, " %s=%s", text_s(fields[i]->name), text_s(value));
    }
    const struct text *state = text_intern(timeline->texts, text.bytes);
    writer_close(&text);
    text_drop(group);
    free(fields);
    return state;
}

static void compare_states(struct comparison *comparison, size_t recorded_row, size_t our_row,
                           const char *when)
{
    struct bag bag = { 0 };
    const struct timeline *const sides[] = { comparison->recorded, comparison->ours };
    const size_t rows[] = { recorded_row, our_row };
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < sides[side]->life_count; i++) {
            const struct life *life = &sides[side]->lives[i];
            if (!life_counts(comparison, life) || !life_is_alive(life, rows[side]))
                continue;
            struct bag_item *item = bag_item(&bag, full_state(sides[side], life, rows[side]));
            *(side == 0 ? &item->recorded : &item->ours) += 1;
        }
    for (size_t i = 0; i < bag.count; i++)
        if (bag.items[i].recorded != bag.items[i].ours)
            compare_differs(comparison, "%s: recorded %ld, ours %ld in the state %s", when,
                            bag.items[i].recorded, bag.items[i].ours, text_s(bag.items[i].text));
    bag_close(&bag);
}

/* The row of ours that a user's write of the recording corresponds to; SIZE_MAX: none. */
static size_t row_of_ours(const struct comparison *comparison, size_t row)
{
    const struct timeline_row *recorded = &comparison->recorded->rows[row];
    const struct life *theirs = &comparison->recorded->lives[recorded->life];
    const struct life *life = life_counterpart(comparison, recorded->life);
    if (life == NULL)
        return SIZE_MAX;
    if (recorded->type == ROW_ADDED)
        return life->first_row;
    if (theirs->deletion_row == row)
        return life->deletion_row;
    const struct text *generation = field_before(life_field(theirs, "generation"), row + 1);
    const struct field *ours = life_field(life, "generation");
    for (size_t i = 0; ours != NULL && i < ours->count; i++)
        if (ours->steps[i].value == generation)
            return ours->steps[i].row;
    return SIZE_MAX;
}

void compare_checkpoints(struct comparison *comparison)
{
    const struct timeline *recorded = comparison->recorded;
    for (size_t row = 1; row < recorded->row_count; row++) {
        if (!recorded->rows[row].by_user ||
            recorded->rows[row].at_ms - recorded->rows[row - 1].at_ms < PAUSE_MS ||
            !life_counts(comparison, &recorded->lives[recorded->rows[row].life]))
            continue;
        const struct life *life = &recorded->lives[recorded->rows[row].life];
        size_t ours = row_of_ours(comparison, row);
        char *when = mem_format("before the write of %s/%s at %ld ms", text_s(life->kind),
                                text_s(life->name), recorded->rows[row].at_ms);
        if (ours == SIZE_MAX)
            compare_differs(comparison, "%s: ours has no such write", when);
        else
            compare_states(comparison, row, ours, when);
        free(when);
    }
    compare_states(comparison, recorded->row_count, comparison->ours->row_count, "at the end");
}
