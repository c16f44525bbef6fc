/* docs/summary.md tells every field of a summary. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "tests/support/measured.h"
#include "tools/files.h"

/* `kept` counts by kinds, whose names are the user's. */
static void expect_told(const struct value *of, const char *page)
{
    for (size_t i = 0; of != NULL && of->type == VALUE_LIST && i < of->count; i++)
        expect_told(of->items[i], page);
    for (size_t i = 0; of != NULL && of->type == VALUE_MAP && i < of->count; i++) {
        const struct value_entry *entry = &of->entries[i];
        char *told = mem_format("`%s`", entry->key);
        const bool in_tally = strstr("count mean p50 p95 p99 max", entry->key) != NULL;
        cr_expect(in_tally || strstr(page, told) != NULL, "docs/summary.md does not tell %s", told);
        free(told);
        if (strcmp(entry->key, "kept") != 0)
            expect_told(entry->value, page);
    }
}

Test(summary, is_told_field_by_field)
{
    struct error error = { 0 };
    size_t length;
    char *page = file_read("docs/summary.md", &length, &error);
    cr_assert(page != NULL, "%s", error.text);
    struct value *summary = play("tests/scenarios/two_causes.yaml");
    cr_expect_gt(summary->count, 12);
    expect_told(summary, page);
    cr_expect(strstr(page, "{count, mean, p50, p95, p99, max}") != NULL);
    value_drop(summary);
    free(page);
}
