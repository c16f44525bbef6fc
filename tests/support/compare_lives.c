/* Rules 1 to 5: the same objects, and the same sequences of their fields. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/compare.h"

enum { LASTS_MS = 1500 };

/* The values of a field of one life, from its first row on. NULL stands for missing. */
struct sequence {
    const struct text **values; /* borrowed */
    long *lasted_ms;
    size_t count;
};

static struct sequence sequence_of(const struct life *life, const struct field *field)
{
    size_t steps = field ? field->count : 0;
    struct sequence sequence = { mem_new((steps + 1) * sizeof *sequence.values),
                                 mem_new((steps + 1) * sizeof *sequence.lasted_ms), 0 };
    long since = life->begin_ms;
    if (steps == 0 || field->steps[0].row > life->first_row)
        sequence.values[sequence.count++] = NULL;
    for (size_t i = 0; i < steps; i++) {
        if (sequence.count > 0)
            sequence.lasted_ms[sequence.count - 1] = field->steps[i].at_ms - since;
        since = field->steps[i].at_ms;
        sequence.values[sequence.count++] = field->steps[i].value;
    }
    sequence.lasted_ms[sequence.count - 1] = life->end_ms - since;
    return sequence;
}

static void sequence_close(struct sequence *sequence)
{
    free(sequence->values);
    free(sequence->lasted_ms);
}

static void print_sequence(const struct sequence *sequence, struct writer *out)
{
    for (size_t i = 0; i < sequence->count; i++)
        writer_format(out, "%s%s", i ? " → " : "",
                      sequence->values[i] ? text_s(sequence->values[i]) : "-");
}

static bool same(const struct sequence *a, const struct sequence *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = a->values[i] == b->values[i];
    return equal;
}

/* Is every value of `part` (if `lasting`: each that lasted) met in `whole`, in this order? */
static bool is_met(const struct sequence *part, const struct sequence *whole, bool lasting)
{
    const struct text *last = NULL;
    bool any = false;
    size_t at = 0;
    for (size_t i = 0; i < part->count; i++) {
        if (lasting && (part->lasted_ms[i] < LASTS_MS || (any && part->values[i] == last)))
            continue;
        while (at < whole->count && whole->values[at] != part->values[i])
            at++;
        if (at++ == whole->count)
            return false;
        last = part->values[i];
        any = true;
    }
    return true;
}

static bool is_path(const struct sequence *a, const struct sequence *b)
{
    if (is_met(a, b, false) || is_met(b, a, false))
        return true;
    return a->values[0] == b->values[0] && is_met(a, b, true) && is_met(b, a, true);
}

/* Keep the turning points of a sequence of numbers: 3, 2, 0 becomes 3, 0. */
static void keep_turning_points(struct sequence *sequence)
{
    size_t kept = 0;
    for (size_t i = 0; i < sequence->count; i++) {
        if (sequence->values[i] == NULL)
            continue;
        long now = text_number(sequence->values[i], 0);
        if (kept >= 2) {
            long one = text_number(sequence->values[kept - 2], 0);
            long two = text_number(sequence->values[kept - 1], 0);
            if ((one < two) == (two < now))
                kept--;
        }
        sequence->values[kept++] = sequence->values[i];
    }
    sequence->count = kept;
}

/* The last value: of an object that is deleted, the last before that was asked. */
static const struct text *last_value(const struct life *life, const struct field *field)
{
    return field_before(field, life->deletion_row);
}

static bool field_agrees(enum field_rule rule, const struct life *recorded, const struct life *ours,
                         const struct field *theirs, const struct field *mine, struct sequence *a,
                         struct sequence *b)
{
    switch (rule) {
    case FIELD_EXACT:
        return same(a, b);
    case FIELD_PATH:
        return last_value(recorded, theirs) == last_value(ours, mine) && is_path(a, b);
    case FIELD_LAST:
        return last_value(recorded, theirs) == last_value(ours, mine);
    case FIELD_TURNING:
        keep_turning_points(a);
        keep_turning_points(b);
        return same(a, b);
    default:
        return true;
    }
}

static enum field_rule rule_of(const struct comparison *comparison, const struct life *life,
                               const struct field *field)
{
    bool is_terminating = strcmp(text_s(field->name), "status.terminatingReplicas") == 0;
    if (is_terminating && replicasets_around(comparison->recorded, life) >= 2)
        return FIELD_LAST; /* wave timing */
    return field->rule;
}

static void compare_field(struct comparison *comparison, const struct life *recorded,
                          const struct life *ours, const struct field *known)
{
    const char *name = text_s(known->name);
    const struct field *theirs = life_field(recorded, name), *mine = life_field(ours, name);
    struct sequence a = sequence_of(recorded, theirs), b = sequence_of(ours, mine);
    enum field_rule rule = rule_of(comparison, recorded, known);
    if (!field_agrees(rule, recorded, ours, theirs, mine, &a, &b)) {
        struct writer text = { 0 };
        print_sequence(&a, &text);
        writer_add(&text, "; ours: ");
        print_sequence(&b, &text);
        compare_differs(comparison, "%s/%s %s: recorded: %s", text_s(recorded->kind),
                        text_s(recorded->name), name, text.bytes);
        writer_close(&text);
    }
    sequence_close(&a);
    sequence_close(&b);
}

/* ---- whole statuses: rule 5 ---- */

static bool has_whole_status(const char *kind)
{
    static const char *const kinds[] = { "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet",
                                         "Job" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static bool is_counter(const struct comparison *comparison, const struct life *life,
                       const struct field *field)
{
    return strncmp(text_s(field->name), "status.", 7) == 0 &&
           rule_of(comparison, life, field) == FIELD_PATH;
}

static int by_name(const void *a, const void *b)
{
    const struct field *const *left = a, *const *right = b;
    return strcmp(text_s((*left)->name), text_s((*right)->name));
}

/* The sequence of all counters at once; its values are held by the texts' table through *keep. */
static struct sequence whole_statuses(const struct comparison *comparison,
                                      const struct timeline *timeline, const struct life *life,
                                      struct bag *keep)
{
    size_t most = 1, count = 0;
    const struct field **fields = mem_new((life->field_count + 1) * sizeof *fields);
    for (size_t i = 0; i < life->field_count; i++)
        if (is_counter(comparison, life, &life->fields[i])) {
            fields[count++] = &life->fields[i];
            most += life->fields[i].count;
        }
    qsort(fields, count, sizeof *fields, by_name);
    struct sequence sequence = { mem_new(most * sizeof *sequence.values),
                                 mem_new(most * sizeof *sequence.lasted_ms), 0 };
    long since = life->begin_ms;
    for (size_t row = life->first_row; row < timeline->row_count; row++) {
        if (timeline->lives + timeline->rows[row].life != life)
            continue;
        struct writer text = { 0 };
        for (size_t i = 0; i < count; i++) {
            const struct text *value = field_before(fields[i], row + 1);
            if (value != NULL)
                writer_format(&text, "%s=%s ", text_s(fields[i]->name) + 7, text_s(value));
        }
        const struct text *whole = text_intern(timeline->texts, text.bytes ? text.bytes : "-");
        writer_close(&text);
        whole = bag_item(keep, whole)->text;
        if (sequence.count > 0 && sequence.values[sequence.count - 1] == whole)
            continue;
        if (sequence.count > 0)
            sequence.lasted_ms[sequence.count - 1] = timeline->rows[row].at_ms - since;
        since = timeline->rows[row].at_ms;
        sequence.values[sequence.count++] = whole;
    }
    sequence.lasted_ms[sequence.count - 1] = life->end_ms - since;
    free(fields);
    return sequence;
}

static void compare_whole_statuses(struct comparison *comparison, const struct life *recorded,
                                   const struct life *ours)
{
    struct bag keep = { 0 };
    struct sequence a = whole_statuses(comparison, comparison->recorded, recorded, &keep);
    struct sequence b = whole_statuses(comparison, comparison->ours, ours, &keep);
    if (!is_met(&a, &b, true) || !is_met(&b, &a, true)) {
        struct writer text = { 0 };
        print_sequence(&a, &text);
        writer_add(&text, "; ours: ");
        print_sequence(&b, &text);
        compare_differs(comparison, "%s/%s whole status: recorded: %s", text_s(recorded->kind),
                        text_s(recorded->name), text.bytes);
        writer_close(&text);
    }
    sequence_close(&a);
    sequence_close(&b);
    bag_close(&keep);
}

/* ---- lives ---- */

static void compare_life(struct comparison *comparison, const struct life *recorded,
                         const struct life *ours)
{
    for (size_t i = 0; i < recorded->field_count; i++)
        compare_field(comparison, recorded, ours, &recorded->fields[i]);
    for (size_t i = 0; i < ours->field_count; i++)
        if (life_field(recorded, text_s(ours->fields[i].name)) == NULL)
            compare_field(comparison, recorded, ours, &ours->fields[i]);
    if (recorded->deleted != ours->deleted)
        compare_differs(comparison, "%s/%s: recorded %s, ours %s", text_s(recorded->kind),
                        text_s(recorded->name), recorded->deleted ? "is deleted" : "stays",
                        ours->deleted ? "is deleted" : "stays");
    if (has_whole_status(text_s(recorded->kind)))
        compare_whole_statuses(comparison, recorded, ours);
}

/* A pod's whole life as one text: rule 3. */
static const struct text *whole_life(const struct timeline *timeline, const struct life *life)
{
    struct writer text = { 0 };
    const struct field **fields = mem_new((life->field_count + 1) * sizeof *fields);
    for (size_t i = 0; i < life->field_count; i++)
        fields[i] = &life->fields[i];
    qsort(fields, life->field_count, sizeof *fields, by_name);
    for (size_t i = 0; i < life->field_count; i++) {
        struct sequence sequence = sequence_of(life, fields[i]);
        bool is_ever = sequence.count > 1 || sequence.values[0] != NULL;
        if (is_ever && fields[i]->rule == FIELD_EXACT) {
            writer_format(&text, "%s: ", text_s(fields[i]->name));
            print_sequence(&sequence, &text);
            writer_add(&text, "; ");
        }
        sequence_close(&sequence);
    }
    writer_add(&text, life->deleted ? "deleted" : "stays");
    free(fields);
    const struct text *whole = text_intern(timeline->texts, text.bytes);
    writer_close(&text);
    return whole;
}

static const struct life *nth_of_group(const struct comparison *comparison,
                                       const struct timeline *timeline, const struct text *group,
                                       size_t n)
{
    for (size_t i = 0; i < timeline->life_count; i++) {
        const struct life *life = &timeline->lives[i];
        const struct text *own = life_group(timeline, life);
        bool is_it = own == group && life_counts(comparison, life);
        text_drop(own);
        if (is_it && n-- == 0)
            return life;
    }
    return NULL;
}

static void compare_pods(struct comparison *comparison, const struct text *group)
{
    struct bag bag = { 0 };
    const struct life *life;
    for (size_t i = 0; (life = nth_of_group(comparison, comparison->recorded, group, i)); i++)
        bag_item(&bag, whole_life(comparison->recorded, life))->recorded++;
    for (size_t i = 0; (life = nth_of_group(comparison, comparison->ours, group, i)); i++)
        bag_item(&bag, whole_life(comparison->ours, life))->ours++;
    for (size_t i = 0; i < bag.count; i++)
        if (bag.items[i].recorded != bag.items[i].ours)
            compare_differs(comparison, "%s: recorded %ld, ours %ld of the life: %s", text_s(group),
                            bag.items[i].recorded, bag.items[i].ours, text_s(bag.items[i].text));
    bag_close(&bag);
}

static void count_groups(const struct comparison *comparison, struct bag *groups)
{
    const struct timeline *const sides[] = { comparison->recorded, comparison->ours };
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < sides[side]->life_count; i++) {
            const struct life *life = &sides[side]->lives[i];
            if (!life_counts(comparison, life))
                continue;
            struct bag_item *item = bag_item(groups, life_group(sides[side], life));
            *(side == 0 ? &item->recorded : &item->ours) += 1;
        }
}

void compare_lives(struct comparison *comparison)
{
    struct bag groups = { 0 };
    count_groups(comparison, &groups);
    for (size_t i = 0; i < groups.count; i++) {
        const struct bag_item *group = &groups.items[i];
        if (group->recorded != group->ours)
            compare_differs(comparison, "%s: recorded %ld, ours %ld objects", text_s(group->text),
                            group->recorded, group->ours);
        if (strncmp(text_s(group->text), "Pod/", 4) == 0 && strstr(text_s(group->text), "<n>")) {
            compare_pods(comparison, group->text);
            continue;
        }
        const struct life *recorded, *ours;
        for (size_t n = 0;
             (recorded = nth_of_group(comparison, comparison->recorded, group->text, n)) &&
             (ours = nth_of_group(comparison, comparison->ours, group->text, n));
             n++)
            compare_life(comparison, recorded, ours);
    }
    bag_close(&groups);
}
