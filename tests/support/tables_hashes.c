/* The table of pod templates with the hash that the Deployment controller labelled their pods with:
 * from the recorded template after defaulting, and from the submitted one after ours. */
#include <stdlib.h>
#include <string.h>

#include "models/api/defaults.h"
#include "models/api/pod_template_hash.h"
#include "models/api/schema.h"
#include "models/api/schema_print.h"
#include "tests/support/tables.h"

static char *dump_of(const struct value *template)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    pod_template_hash_text(template, out);
    fclose(out);
    return text;
}

/* The first place at which two dumps differ, with what stands before it. */
static bool same_dump(const char *got, const char *want, struct writer *why)
{
    size_t i = 0;
    while (got[i] != '\0' && got[i] == want[i])
        i++;
    size_t from = i > 60 ? i - 60 : 0;
    if (got[i] == want[i])
        return true;
    writer_format(why, "the dump differs: got %.140s, want %.140s; ", got + from, want + from);
    return false;
}

/* The template as a Deployment would be stored with it. */
static struct value *defaulted(const struct value *submitted)
{
    const struct schema_kind *kind = schema_kind("apps/v1", "Deployment");
    struct value *deployment = value_new_map();
    value_set(deployment, "apiVersion", value_new_string("apps/v1"));
    value_set(deployment, "kind", value_new_string("Deployment"));
    value_put(&deployment, value_hold(submitted), "spec", "template", NULL);
    struct value *pruned = schema_prune(deployment, kind->type);
    struct value *filled = defaults_apply(pruned, kind);
    struct value *template = value_hold(value_path(filled, "spec", "template", NULL));
    value_drop(filled);
    value_drop(pruned);
    value_drop(deployment);
    return template;
}

static bool expect_hash(struct writer *why, const char *what, const struct value *template,
                        const int32_t *collisions, const char *want)
{
    char hash[POD_TEMPLATE_HASH_SIZE];
    pod_template_hash(template, collisions, hash);
    return table_expect(why, what, hash, want);
}

static bool hash_agrees(const struct value *row, struct writer *why)
{
    const int32_t one = 1;
    const struct value *recorded = value_get(row, "defaulted");
    const char *want = table_text(row, "pod_template_hash");
    bool agrees = expect_hash(why, "hash", recorded, NULL, want);
    if (value_get(row, "hash_with_collision_count_1") != NULL)
        agrees &= expect_hash(why, "hash after a collision", recorded, &one,
                              table_text(row, "hash_with_collision_count_1"));
    if (value_get(row, "spew_dump") != NULL) {
        char *dump = dump_of(recorded);
        agrees &= same_dump(dump, table_text(row, "spew_dump"), why);
        free(dump);
    }
    if (value_get(row, "submitted") != NULL) {
        struct value *ours = defaulted(value_get(row, "submitted"));
        agrees &= expect_hash(why, "hash of what was submitted", ours, NULL, want);
        value_drop(ours);
    }
    return agrees;
}

const struct table hashes_table = {
    .name = "pod-template-hash",
    .columns = { "defaulted", "pod_template_hash" },
    .agrees = hash_agrees,
};
