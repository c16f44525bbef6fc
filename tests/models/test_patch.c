/* Patches against what the real API server made of them. */
#include "models/cluster/patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "models/api/defaults.h"
#include "models/api/schema_print.h"
#include "tests/support/rows.h"

static const struct schema_kind *kind_of(const struct value *document)
{
    return schema_kind(value_text(value_get(document, "apiVersion"), ""),
                       value_text(value_get(document, "kind"), ""));
}

static struct value *patched(const struct value *row, const struct schema_type *type)
{
    const char *how = value_text(value_get(row, "type"), "");
    const struct value *patch = value_get(row, "patch");
    struct value *before = value_copy(value_get(row, "before"));
    value_put(&before, value_new_string("1"), "metadata", "resourceVersion", NULL);
    struct error error = { 0 };
    struct value *after = NULL;
    if (strcmp(how, "strategic") == 0)
        after = patch_strategic(before, patch, type, &error);
    else if (strcmp(how, "merge") == 0)
        after = patch_merge(before, patch);
    else
        after = patch_json(before, patch, &error);
    cr_expect(after != NULL, "%s: %s", value_text(value_get(row, "case"), ""),
              error.text ? error.text : "");
    error_close(&error);
    value_drop(before);
    return after;
}

/* What the server sets by itself does not count. */
static struct value *comparable(const struct value *document, const struct schema_kind *kind)
{
    const struct schema_type *type = kind->type;
    static const char *const own[] = { "generation", "resourceVersion", "uid", "creationTimestamp",
                                       "managedFields" };
    struct value *copy = value_copy(document);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        value_remove(*value_slot(copy, "metadata"), own[i]);
    struct value *pruned = schema_prune(copy, type);
    struct value *whole = defaults_apply(pruned, kind);
    struct value *printed = schema_print(whole, type);
    value_drop(copy);
    value_drop(pruned);
    value_drop(whole);
    return printed;
}

/* Rows in which the server does more than patch: it clears addresses of a Service that becomes an
 * ExternalName, encodes stringData, copies podCIDRs, and keeps spec or status as they were. */
static bool shows_more_than_a_patch(const struct value *row)
{
    static const char *const cases[] = { "smp-service-219", "smp-secret-235", "smp-node-252",
                                         "smp-nodestatus-264", "smp-namespace-345" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(value_text(value_get(row, "case"), ""), cases[i]) == 0)
            return true;
    return false;
}

Test(patch, agrees_with_recorded_patches)
{
    struct rows *rows = rows_open("tests/oracle/api/patches.jsonl.gz");
    int compared = 0, agreed = 0;
    for (struct value *row; (row = rows_next(rows)) != NULL; value_drop(row)) {
        if (shows_more_than_a_patch(row))
            continue;
        const struct schema_kind *kind = kind_of(value_get(row, "before"));
        struct value *after = patched(row, kind->type);
        struct value *ours = comparable(after, kind);
        struct value *theirs = comparable(value_get(row, "after"), kind);
        compared++;
        agreed += value_equal(ours, theirs);
        if (!value_equal(ours, theirs) && getenv("VERBOSE") != NULL) {
            char *patch = rows_print(value_get(row, "patch")), *a = rows_print(ours),
                 *b = rows_print(theirs);
            printf("%s %lld\n  %s\n  ours   %s\n  theirs %s\n",
                   value_text(value_get(row, "case"), ""),
                   (long long)value_int(value_get(row, "step"), 0), patch, a, b);
            free(patch);
            free(a);
            free(b);
        }
        value_drop(after);
        value_drop(ours);
        value_drop(theirs);
    }
    rows_close(rows);
    printf("patches: %d of %d recorded patches agree\n", agreed, compared);
    cr_expect_eq(agreed, compared);
}
