/* The scenario reader: what it takes without a fault prints as a scenario that needs no other
 * file and reads as the same. Every path opens one small manifest. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/cluster/scenario.h"
#include "tests/fuzz/fuzz.h"

static bool open_any(void *context, const char *path, struct scenario_input *input,
                     struct error *error)
{
    static const char text[] = "{apiVersion: v1, kind: Secret, metadata: {name: s}}";
    (void)context;
    if (strchr(path, '!') != NULL)
        return error_set(error, (struct place){ 0 }, "no such file");
    scenario_take_file(input, text, strlen(text), path);
    return true;
}

static char *print(const struct scenario *scenario)
{
    struct value *document = scenario_print(scenario);
    char *text = json_text(document, (struct json_style){ 0 });
    value_drop(document);
    return text;
}

/* Everything of it, printed, is a scenario again. */
static void check_again(const struct scenario *scenario)
{
    struct error_list faults = { 0 }, warnings = { 0 };
    struct scenario again;
    char *text = print(scenario);
    scenario_init(&again);
    assert(
        scenario_load(&again, text, strlen(text), "again.json", NULL, false, &faults, &warnings));
    char *second = print(&again);
    assert(strcmp(text, second) == 0);
    free(second);
    free(text);
    scenario_close(&again);
    error_list_close(&warnings);
    error_list_close(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct scenario_opener opener = { .open = open_any };
    struct error_list faults = { 0 }, warnings = { 0 };
    struct scenario scenario;
    scenario_init(&scenario);
    bool good = scenario_load(&scenario, (const char *)data, size, "in.yaml", &opener, false,
                              &faults, &warnings);
    assert(good == (faults.count == 0));
    if (good && scenario.nodes.count < 100)
        check_again(&scenario);
    scenario_complete(&scenario);
    scenario_close(&scenario);
    error_list_close(&warnings);
    error_list_close(&faults);
    return 0;
}
