/* The manifest reader: YAML and JSON streams, lists, schema checks. What it takes can be pruned,
 * printed, and read again as the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/schema.h"
#include "models/api/schema_print.h"
#include "models/cluster/manifest.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const struct value *document)
{
    struct error error = { 0 };
    char *text = json_text(document, (struct json_style){ 0 });
    struct value *again = json_read(text, strlen(text), (struct place){ NULL, 1, 1 }, NULL, &error);
    assert(value_equal(document, again));
    value_drop(again);
    free(text);
}

static void check_typed(const struct value *document)
{
    const struct schema_kind *kind = schema_kind(value_text(value_get(document, "apiVersion"), ""),
                                                 value_text(value_get(document, "kind"), ""));
    if (kind == NULL)
        return;
    struct value *pruned = schema_prune(document, kind->type);
    struct value *printed = schema_print(pruned, kind->type);
    check_text(printed);
    value_drop(printed);
    value_drop(pruned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest manifest = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    bool good =
        manifest_load(&manifest, (const char *)data, size, "in.yaml", false, &faults, &warnings);
    assert(good == (faults.count == 0));
    for (size_t i = 0; i < faults.count; i++)
        assert(faults.items[i].text != NULL && faults.items[i].at.file != NULL);
    for (size_t i = 0; i < manifest.count; i++) {
        check_text(manifest.items[i].document);
        check_typed(manifest.items[i].document);
    }
    free(manifest_kept(&manifest));
    manifest_close(&manifest);
    error_list_close(&faults);
    error_list_close(&warnings);
    return 0;
}
