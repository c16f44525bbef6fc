/* Patches against what the real API server made of them, and of those that nobody recorded. */
#include "models/cluster/patch_request.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/rows.h"
#include "tests/support/tables.h"

Test(patch, agrees_with_recorded_patches)
{
    struct table_counts counts;
    struct writer details = { 0 };
    cr_assert(table_run("tests/oracle/api/patches.jsonl.gz", &counts, &details));
    printf("patches: %zu of %zu recorded patches agree\n", counts.agreed, counts.compared);
    cr_expect_eq(counts.compared, 763);
    cr_expect_eq(counts.agreed, counts.compared, "%s", details.bytes);
    writer_close(&details);
}

/* ---- patches of no shape at all ---- */

static const char deployment[] =
    "{\"apiVersion\":\"apps/"
    "v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":"
    "\"shop\"},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"web\"}},\"template\":{"
    "\"metadata\":{"
    "\"labels\":{\"app\":\"web\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}],"
    "\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}]}}}}";

static const struct {
    const char *why;
    enum patch_type type;
    const char *patch;
} broken[] = {
    { "a list where a map belongs", PATCH_STRATEGIC, "[1]" },
    { "a number", PATCH_MERGE, "3" },
    { "an order that is no list", PATCH_STRATEGIC,
      "{\"spec\":{\"template\":{\"spec\":{\"$setElementOrder/"
      "containers\":3,\"containers\":[3]}}}}" },
    { "keys to retain that are no list", PATCH_STRATEGIC,
      "{\"spec\":{\"strategy\":{\"$retainKeys\":\"type\"}}}" },
    { "primitives to delete from a map", PATCH_STRATEGIC,
      "{\"metadata\":{\"$deleteFromPrimitiveList/labels\":[\"a\"]}}" },
    { "a map where there was a list", PATCH_STRATEGIC,
      "{\"spec\":{\"template\":{\"spec\":{\"containers\":{\"name\":\"c\"}}}}}" },
    { "a list where there was a map", PATCH_MERGE, "{\"spec\":[],\"metadata\":[]}" },
    { "an operation that is none", PATCH_JSON, "[{\"op\":\"fly\"},3]" },
    { "no list of operations", PATCH_JSON, "{\"op\":\"add\"}" },
    { "an applied list that is none", PATCH_APPLY,
      "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"template\":{\"spec\":{"
      "\"containers\":{\"a\":1}}}}}" },
    { "applied containers that are texts", PATCH_APPLY,
      "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{\"template\":{\"spec\":{"
      "\"containers\":[\"a\",null]}}}}" },
    { "an applied text", PATCH_APPLY, "\"x\"" },
};

Test(patch, of_no_shape_is_refused_and_never_a_crash)
{
    static const struct field_manager manager = { "me", NULL, NULL };
    static const struct admission admission = { .default_namespace = "shop" };
    struct value *live = rows_parse(deployment);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const struct patch_request request = { broken[i].type, "web", "shop", &manager, false };
        struct refusal refusal = { 0 };
        struct error_list faults = { 0 }, warnings = { 0 };
        struct value *patch = rows_parse(broken[i].patch);
        struct value *document =
            admit_patch(&admission, live, patch, &request, &refusal, &faults, &warnings);
        cr_expect_null(document, "%s", broken[i].why);
        cr_expect_gt(refusal.code, 0, "%s", broken[i].why);
        cr_expect_gt(faults.count, 0, "%s", broken[i].why);
        refusal_close(&refusal);
        error_list_close(&faults);
        error_list_close(&warnings);
        value_drop(patch);
        value_drop(document);
    }
    value_drop(live);
}
