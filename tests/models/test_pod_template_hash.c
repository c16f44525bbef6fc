#include "models/api/pod_template_hash.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/rows.h"

static char *text_of(const struct value *template)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    pod_template_hash_text(template, out);
    fclose(out);
    return text;
}

static void expect_same_text(const char *id, const char *got, const char *want)
{
    size_t i = 0;
    while (got[i] != '\0' && got[i] == want[i])
        i++;
    size_t from = i > 60 ? i - 60 : 0;
    cr_expect(got[i] == want[i], "%s: dump differs\n  want %.140s\n  got  %.140s", id, want + from,
              got + from);
}

Test(pod_template_hash, equals_the_recorded_ones)
{
    struct rows *rows = rows_open("tests/oracle/pod-template-hash/hashes.jsonl.gz");
    struct value *row;
    int compared = 0, agreed = 0;
    while ((row = rows_next(rows)) != NULL) {
        const struct value *template = value_get(row, "defaulted");
        char hash[POD_TEMPLATE_HASH_SIZE], collided[POD_TEMPLATE_HASH_SIZE];
        int32_t one = 1;
        pod_template_hash(template, NULL, hash);
        pod_template_hash(template, &one, collided);
        bool same =
            strcmp(hash, value_text(value_get(row, "pod_template_hash"), "")) == 0 &&
            strcmp(collided, value_text(value_get(row, "hash_with_collision_count_1"), "")) == 0;
        compared++;
        agreed += same;
        char *text = text_of(template);
        expect_same_text(value_text(value_get(row, "id"), ""), text,
                         value_text(value_get(row, "spew_dump"), ""));
        free(text);
        value_drop(row);
    }
    rows_close(rows);
    printf("pod-template-hash: %d of %d recorded hashes agree\n", agreed, compared);
    cr_expect_eq(agreed, compared);
    cr_expect_eq(compared, 50);
}
