/* Recorded cases: whatever stands in the objects and steps, both ways of deciding say the same. */
#include <assert.h>
#include <stdlib.h>

#include "models/api/json.h"
#include "tests/fuzz/fuzz.h"
#include "tools/schedule/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = { 0 };
    struct error_list faults = { 0 };
    size_t doubtful = 0;
    struct value *document =
        json_read((const char *)data, size, (struct place){ "case.json", 1, 1 }, NULL, &error);
    struct value *answer = document != NULL ? script_run(document, &doubtful, &faults) : NULL;
    assert(document == NULL || (answer == NULL) == (faults.count > 0));
    assert(doubtful == 0);
    value_drop(answer);
    value_drop(document);
    error_list_close(&faults);
    error_close(&error);
    return 0;
}
