/* Experiments, and files of --vary, upon a small scenario: all that is told before the first run. The
 * first document is an Experiment; any other becomes a level, as --vary makes one. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/memory.h"
#include "tests/fuzz/fuzz.h"
#include "tools/experiment/experiment.h"
#include "tools/experiment/variants.h"

static const char scenario[] =
    "apiVersion: seatrial.dev/v1alpha1\nkind: Scenario\nmetadata: {name: fuzz}\n"
    "spec:\n  duration: 5m\n  nodes: [{count: 2}]\n"
    "  failures: [{kind: node-crash, name: crash, every: 1h, lasts: 5m}]\n"
    "---\n"
    "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: "
    "{matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: "
    "[{name: c, image: a}]}}}}\n";

static void read_scenario(struct base *base)
{
    struct error_list faults = { 0 };
    base->name = mem_text("base.yaml", 9);
    base->directory = mem_text("/dev/null", 9); /* nothing stands in it */
    documents_read(&base->documents, scenario, sizeof scenario - 1, "base.yaml", &faults);
    assert(faults.count == 0);
}

static void make(const struct value *document)
{
    static const struct experiment_options options = { 0 };
    struct base base = { 0 };
    struct experiment experiment = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    read_scenario(&base);
    const bool good = experiment_make(&experiment, &base, document, &options, &faults, &warnings);
    assert(good == (faults.count == 0));
    for (size_t i = 0; i < faults.count; i++)
        assert(faults.items[i].text != NULL);
    if (good) {
        free(experiment_identity(&experiment));
        study_free(experiment_study(&experiment));
    }
    experiment_close(&experiment);
    base_close(&base);
    error_list_close(&warnings);
    error_list_close(&faults);
}

/* As `compare` does; takes the level. */
static void make_variant(struct value *level)
{
    struct value *document = value_new_map(), *factor = value_new_map(), *spec = value_new_map();
    value_set(factor, "name", value_new_string("variant"));
    value_set(factor, "levels", value_new_list());
    value_add(value_get(factor, "levels"), level);
    value_set(spec, "factors", value_new_list());
    value_add(value_get(spec, "factors"), factor);
    value_set(document, "apiVersion", value_new_string("seatrial.dev/v1alpha1"));
    value_set(document, "kind", value_new_string("Experiment"));
    value_put(&document, value_new_string("comparison"), "metadata", "name", NULL);
    value_set(document, "spec", spec);
    make(document);
    value_drop(document);
}

/* The whole text as a file of --vary. */
static void vary(const uint8_t *data, size_t size)
{
    const int file = memfd_create("vary", MFD_CLOEXEC);
    char *name = mem_format("/proc/self/fd/%d", file), *bytes = NULL;
    struct error_list faults = { 0 };
    assert(file >= 0 && (size == 0 || write(file, data, size) == (ssize_t)size));
    struct value *level = variant_level(name, &bytes, &faults);
    assert((level == NULL) == (faults.count > 0));
    if (level != NULL)
        make_variant(level);
    free(bytes);
    error_list_close(&faults);
    close(file);
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct documents documents = { 0 };
    struct error_list faults = { 0 };
    documents_read(&documents, (const char *)data, size, "in.yaml", &faults);
    for (size_t i = 0; i < documents.count && faults.count == 0; i++)
        make(documents.items[i]);
    documents_close(&documents);
    error_list_close(&faults);
    vary(data, size);
    return 0;
}
