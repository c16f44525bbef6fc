/* KubeSchedulerConfiguration: what is taken without a fault can be loaded, printed, and loaded again. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/yaml.h"
#include "models/scheduler/configuration/profile.h"
#include "tests/fuzz/fuzz.h"

static void check_again(const struct value *document)
{
    struct error_list errors = { 0 };
    struct error error = { 0 };
    char *text = json_text(document, (struct json_style){ 0 });
    struct value *again =
        json_read(text, strlen(text), (struct place){ "again", 1, 1 }, NULL, &error);
    assert(scheduler_configuration_check(again, &errors));
    value_drop(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct documents documents = { 0 };
    struct error_list errors = { 0 };
    documents_read(&documents, (const char *)data, size, "in.yaml", &errors);
    for (size_t i = 0; i < documents.count; i++) {
        const size_t before = errors.count;
        const bool good = scheduler_configuration_check(documents.items[i], &errors);
        assert(good == (errors.count == before));
        if (good)
            check_again(documents.items[i]);
    }
    for (size_t i = 0; i < errors.count; i++)
        assert(errors.items[i].text != NULL);
    documents_close(&documents);
    error_list_close(&errors);
    return 0;
}
