/* Recordings of calls without pauses, in which controllers are cut off mid-way: section 4.
 *
 * Of what users wrote the names, labels and spec count, and no child may appear whose hashed name,
 * labels or owner the recording does not have. */
#include "tests/support/compare.h"

#include <string.h>

static const struct text *last_of(const struct life *life, const char *name)
{
    const struct field *field = life_field(life, name);
    return field != NULL ? field_before(field, life->deletion_row) : NULL;
}

/* The last labels or spec; a spec may be one field or several. */
static void compare_written(struct comparison *comparison, const struct life *recorded,
                            const struct life *ours)
{
    for (size_t i = 0; i < recorded->field_count; i++) {
        const char *name = text_s(recorded->fields[i].name);
        if (strcmp(name, "labels") != 0 && strncmp(name, "spec", 4) != 0)
            continue;
        const struct text *theirs = last_of(recorded, name), *mine = last_of(ours, name);
        if (theirs != mine)
            compare_differs(comparison, "%s/%s %s: recorded %s, ours %s", text_s(recorded->kind),
                            text_s(recorded->name), name, theirs ? theirs->s : "-",
                            mine ? mine->s : "-");
    }
}

/* Is there a recorded object of this group with the same owner and labels? */
static bool is_known_child(const struct comparison *comparison, const struct life *child)
{
    const struct text *group = life_group(comparison->ours, child);
    bool known = false;
    for (size_t i = 0; !known && i < comparison->recorded->life_count; i++) {
        const struct life *life = &comparison->recorded->lives[i];
        const struct text *other = life_group(comparison->recorded, life);
        known = other == group && life->owner == child->owner &&
                last_of(life, "labels") == last_of(child, "labels");
        text_drop(other);
    }
    text_drop(group);
    return known;
}

void compare_calls(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->recorded->life_count; i++) {
        const struct life *recorded = &comparison->recorded->lives[i];
        const struct life *ours = life_counterpart(comparison, i);
        if (recorded->owner != NULL || !life_counts(comparison, recorded) ||
            strcmp(text_s(recorded->kind), "Endpoints") == 0)
            continue;
        if (ours == NULL)
            compare_differs(comparison, "%s/%s: recorded, but not ours", text_s(recorded->kind),
                            text_s(recorded->name));
        else
            compare_written(comparison, recorded, ours);
    }
    for (size_t i = 0; i < comparison->ours->life_count; i++) {
        const struct life *ours = &comparison->ours->lives[i];
        if (life_counts(comparison, ours) && !is_known_child(comparison, ours))
            compare_differs(comparison, "%s/%s of %s: ours, but not recorded", text_s(ours->kind),
                            text_s(ours->name), text_s(ours->owner));
    }
}
