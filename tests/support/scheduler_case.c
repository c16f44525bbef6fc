/* Run a recorded case and compare; see scheduler_case.h. */
#include "tests/support/scheduler_case.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/rows.h"
#include "tools/schedule/script.h"

/* --- comparing -------------------------------------------------------------------------------- */

static void tell_difference(struct scheduler_case *result, const char *what,
                            const struct value *got, const struct value *want)
{
    if (result->why != NULL)
        return;
    char *got_text = rows_print(got), *want_text = rows_print(want);
    result->why = mem_format("%s: got %s, want %s", what, got_text, want_text);
    free(got_text);
    free(want_text);
}

/* Groups of rejected nodes come in no particular order. */
static bool same_groups(const struct value *got, const struct value *want)
{
    if (got == NULL || want == NULL || got->count != want->count)
        return got == want;
    for (size_t i = 0; i < want->count; i++) {
        bool found = false;
        for (size_t j = 0; j < got->count; j++)
            found |= value_equal(want->items[i], got->items[j]);
        if (!found)
            return false;
    }
    return true;
}

/* Every member that either side tells. */
static bool same_step(const struct value *got, const struct value *want)
{
    for (size_t i = 0; i < want->count; i++) {
        const char *key = want->entries[i].key;
        const struct value *wanted = want->entries[i].value, *ours = value_get(got, key);
        if (strcmp(key, "rejected") == 0 ? !same_groups(ours, wanted) : !value_equal(ours, wanted))
            return false;
    }
    for (size_t i = 0; i < got->count; i++)
        if (value_get(want, got->entries[i].key) == NULL)
            return false;
    return true;
}

/* --- the whole case ------------------------------------------------------------------------------ */

/* What is told of the whole case counts as one step. */
static void compare_whole(struct scheduler_case *result, const struct value *got,
                          const struct value *want)
{
    static const char *const members[] = { "nodeOrder", "queueOrder", "scoreWeights", "summary",
                                           "finalAssignments" };
    bool same = true;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct value *ours = value_get(got, members[i]);
        if (value_equal(ours, value_get(want, members[i])))
            continue;
        tell_difference(result, members[i], ours, value_get(want, members[i]));
        same = false;
    }
    result->compared++;
    result->agreed += same;
}

/* Both lists are walked to the longer one's end: a step that is missing differs. */
static void compare_steps(struct scheduler_case *result, const struct value *got,
                          const struct value *want)
{
    const size_t count = got->count > want->count ? got->count : want->count;
    for (size_t i = 0; i < count; i++) {
        const struct value *ours = value_at(got, i), *wanted = value_at(want, i);
        const bool same = ours != NULL && wanted != NULL && same_step(ours, wanted);
        result->compared++;
        result->agreed += same;
        if (!same)
            tell_difference(result, "step", ours, wanted);
    }
}

static void compare(struct scheduler_case *result, const struct value *got,
                    const struct value *want, size_t doubtful)
{
    if (doubtful > 0 && result->why == NULL)
        result->why = mem_format("decide() and decide_plainly() differ in %zu steps", doubtful);
    compare_steps(result, value_get(got, "steps"), value_get(want, "steps"));
    compare_whole(result, got, want);
    result->verdict =
        result->agreed == result->compared && doubtful == 0 ? CASE_AGREES : CASE_DIFFERS;
}

static void run_case(struct scheduler_case *result, const struct value *document)
{
    struct error_list faults = { 0 };
    size_t doubtful = 0;
    struct value *got = script_run(document, &doubtful, &faults);
    if (got != NULL)
        compare(result, got, value_get(document, "expected"), doubtful);
    else
        result->why = error_print(&faults.items[0]);
    error_list_close(&faults);
    value_drop(got);
}

struct scheduler_case scheduler_case_run(const char *path)
{
    struct scheduler_case result = { .verdict = CASE_UNREADABLE };
    struct value *document = rows_read_document(path);
    const struct value *steps = value_path(document, "expected", "steps", NULL);
    if (steps == NULL || steps->type != VALUE_LIST)
        result.why = mem_format("not a recorded case");
    else
        run_case(&result, document);
    value_drop(document);
    return result;
}

void scheduler_case_close(struct scheduler_case *result)
{
    free(result->why);
}
