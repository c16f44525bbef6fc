/* Gates: any expression, held against a summary with every list and against nothing. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "sim/base/memory.h"
#include "tests/fuzz/fuzz.h"
#include "tools/gate.h"

static const char summary_text[] =
    "{\"workloads\": [{\"kind\": \"Deployment\", \"namespace\": \"default\", \"name\": \"web\","
    " \"availability\": 0.995, \"downtimeSeconds\": 12.5, \"degradedSeconds\": 30,"
    " \"notReadyReplicaSeconds\": null, \"outages\": [{\"from\": 1}], \"ready\": 3,"
    " \"recover\": {\"max\": 7}, \"restarts\": 2}],"
    " \"services\": [{\"kind\": \"Service\", \"namespace\": \"shop\", \"name\": \"web\","
    " \"availability\": 1}],"
    " \"traffic\": [{\"namespace\": \"default\", \"name\": \"web\", \"service\": \"web\","
    " \"requests\": 100, \"failed\": 1, \"failedShare\": 0.01, \"latency\": {\"p99\": 0.2}}],"
    " \"objectives\": [{\"name\": \"fast\", \"attainment\": 0.9, \"budget\": {\"leftShare\": -2},"
    " \"burnRate\": 3}],"
    " \"pods\": {\"pending\": 1, \"schedulingLatency\": {\"p99\": 0.01}}}";

static struct value *read(const char *text)
{
    struct error error = { 0 };
    struct value *value =
        json_read(text, strlen(text), (struct place){ "summary", 1, 1 }, NULL, &error);
    assert(value != NULL);
    return value;
}

static void hold(const struct gate *gate, const struct value *summary)
{
    struct error error = { 0 };
    const bool good = gate_check(gate, summary, NULL, &error);
    assert(good == (error.text == NULL));
    error_close(&error);
    double number;
    if (gate_value(gate, summary, &number)) {
        free(gate_print(gate, number));
        gate_is_true(gate, number);
    }
    value_drop(gate_judge(gate, summary));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_text((const char *)data, size);
    struct error error = { 0 };
    struct gate *gate = gate_read(text, &error);
    assert((gate == NULL) == (error.text != NULL));
    if (gate != NULL) {
        struct value *full = read(summary_text), *empty = read("{}");
        hold(gate, full);
        hold(gate, empty);
        gate_is_of(gate, "workloads[deployment/web].availability");
        value_drop(full);
        value_drop(empty);
    }
    gate_free(gate);
    error_close(&error);
    free(text);
    return 0;
}
