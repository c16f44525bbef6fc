/* The JSON reader: what it takes prints as JSON that reads as the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct place start = { "in.json", 1, 1 };
    struct error error = { 0 };
    struct error_list duplicates = { 0 };
    struct value *value = json_read((const char *)data, size, start, &duplicates, &error);
    assert((value == NULL) == (error.text != NULL));
    if (value != NULL) {
        char *text = json_text(value, (struct json_style){ .indent = 2, .escape_html = true });
        struct value *again = json_read(text, strlen(text), start, NULL, &error);
        assert(value_equal(value, again) && value_hash(value) == value_hash(again));
        value_drop(again);
        free(text);
    }
    value_drop(value);
    error_close(&error);
    error_list_close(&duplicates);
    return 0;
}
