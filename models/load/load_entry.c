/* Entries of a scenario's `load`, read and checked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "models/cluster/shape.h"
#include "models/load/load_private.h"
#include "sim/base/memory.h"

/* ---- amounts ---- */

/* A quantity, as a double: 250m is 0.25. */
static bool read_amount(const struct value *from, double *amount, struct error *error)
{
    struct quantity quantity;
    if (!quantity_load(from, &quantity, error))
        return false;
    *amount = (double)quantity.nano / 1e9 * pow(10, quantity.exponent);
    return true;
}

static bool wrong(struct error_list *faults, struct error *error, const char *what)
{
    error_wrap(error, "load: %s", what);
    error_list_take(faults, error);
    return false;
}

static bool read_signal(const struct value *map, const char *key, struct signal **signal,
                        struct error_list *faults)
{
    const struct value *from = shape_get(map, key);
    struct error error = { 0 };
    if (from == NULL)
        return true;
    *signal = signal_load(from, read_amount, &error);
    return *signal != NULL || wrong(faults, &error, key);
}

static char *own_text(const struct value *map, const char *key)
{
    const char *text = value_text(shape_get(map, key), NULL);
    return text != NULL ? mem_text(text, strlen(text)) : NULL;
}

static bool read_series(const struct value *from, struct load_amounts *amounts,
                        struct error_list *faults)
{
    bool well = true;
    amounts->series = mem_new((shape_count(from) + 1) * sizeof *amounts->series);
    for (size_t i = 0; i < shape_count(from); i++) {
        const struct value *item = shape_at(from, i);
        struct load_series *series = &amounts->series[amounts->series_count++];
        series->name = own_text(item, "name");
        series->labels = value_hold(shape_get(item, "labels"));
        well = read_signal(item, "value", &series->value, faults) && well;
    }
    return well;
}

static bool read_amounts(const struct value *from, struct load_amounts *amounts,
                         struct error_list *faults)
{
    bool well = read_signal(from, "cpu", &amounts->cpu, faults);
    well = read_signal(from, "memory", &amounts->memory, faults) && well;
    return read_series(shape_get(from, "metrics"), amounts, faults) && well;
}

static void load_amounts_close(struct load_amounts *amounts)
{
    signal_free(amounts->cpu);
    signal_free(amounts->memory);
    for (size_t i = 0; i < amounts->series_count; i++) {
        free(amounts->series[i].name);
        value_drop(amounts->series[i].labels);
        signal_free(amounts->series[i].value);
    }
    free(amounts->series);
}

/* ---- what it is about ---- */

/* "deployment/web" in two; either may be missing. */
static bool read_reference(const struct value *from, struct load_entry *entry,
                           struct error_list *faults)
{
    const char *slash = strchr(from->text, '/');
    if (slash == NULL || slash == from->text || slash[1] == '\0')
        return error_list_add(faults, from->at, "load: \"%.60s\" is not a kind and a name (try %s)",
                              from->text,
                              entry->kind == LOAD_OF_OBJECT ? "ingress/main" : "deployment/web");
    entry->object_kind = mem_text(from->text, (size_t)(slash - from->text));
    entry->object_name = mem_text(slash + 1, strlen(slash + 1));
    return true;
}

static bool has_selector(enum kind kind)
{
    return kind == KIND_DEPLOYMENT || kind == KIND_REPLICASET || kind == KIND_STATEFULSET ||
           kind == KIND_DAEMONSET || kind == KIND_JOB;
}

static bool read_workload(const struct value *from, struct load_entry *entry,
                          struct error_list *faults)
{
    if (!read_reference(from, entry, faults))
        return false;
    entry->selects = kind_of_resource(entry->object_kind);
    return has_selector(entry->selects) ||
           error_list_add(faults, from->at, "load: %s is no kind of workload (try deployment)",
                          entry->object_kind);
}

static bool check_selector(const struct value *from, struct error_list *faults)
{
    struct texts *texts = texts_new();
    struct error error = { 0 };
    const struct selector *selector = selector_parse(texts, from->text, from->at, &error);
    const bool well = selector != NULL || wrong(faults, &error, "pods");
    selector_drop(selector);
    texts_free(texts);
    return well;
}

static bool read_subject(const struct value *from, struct load_entry *entry,
                         struct error_list *faults)
{
    static const char *const subjects[] = { "workload", "service", "pods", "object", "external" };
    const struct value *subject = NULL;
    int count = 0;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (shape_get(from, subjects[i]) != NULL && count++ == 0)
            subject = shape_get(from, subjects[i]);
    if (count != 1)
        return error_list_add(faults, from->at,
                              count == 0 ? "load: what it is of is missing (workload, service, "
                                           "pods, object or external)"
                                         : "load: it is of several things (choose one of workload, "
                                           "service, pods, object and external)");
    entry->selects = KIND_COUNT;
    entry->kind = shape_get(from, "object") != NULL     ? LOAD_OF_OBJECT
                  : shape_get(from, "external") != NULL ? LOAD_EXTERNAL
                                                        : LOAD_OF_PODS;
    if (shape_get(from, "workload") != NULL)
        return read_workload(subject, entry, faults);
    if (entry->kind == LOAD_OF_OBJECT)
        return read_reference(subject, entry, faults);
    if (entry->kind == LOAD_EXTERNAL)
        return read_series(subject, &entry->shared, faults);
    if (shape_get(from, "pods") != NULL) {
        entry->pods = mem_text(subject->text, strlen(subject->text));
        return check_selector(subject, faults);
    }
    entry->selects = KIND_SERVICE;
    entry->object_name = mem_text(subject->text, strlen(subject->text));
    return true;
}

/* Fields that mean nothing for what it is about. */
static bool check_fields(const struct value *from, const struct load_entry *entry,
                         struct error_list *faults)
{
    static const char *const of_pods[] = { "cpu", "memory", "container", "perPod", "metrics" };
    const size_t count = entry->kind == LOAD_OF_OBJECT ? 4 : entry->kind == LOAD_EXTERNAL ? 5 : 0;
    bool well = true;
    for (size_t i = 0; i < count; i++)
        if (shape_get(from, of_pods[i]) != NULL)
            well = error_list_add(faults, shape_get(from, of_pods[i])->at,
                                  "load: %s of %s means nothing", of_pods[i],
                                  entry->kind == LOAD_OF_OBJECT ? "an object" : "external metrics");
    return well;
}

struct load_entry *load_entry_read(const struct value *from, struct error_list *faults)
{
    struct load_entry *entry = mem_new(sizeof *entry);
    bool well = read_subject(from, entry, faults) && check_fields(from, entry, faults);
    entry->space = own_text(from, "namespace");
    if (entry->space == NULL)
        entry->space = mem_text("default", strlen("default"));
    entry->container = own_text(from, "container");
    if (entry->kind != LOAD_EXTERNAL)
        well = read_amounts(from, &entry->shared, faults) && well;
    if (shape_get(from, "perPod") != NULL)
        well = read_amounts(shape_get(from, "perPod"), &entry->each, faults) && well;
    if (well)
        return entry;
    load_entry_free(entry);
    return NULL;
}

void load_entry_free(struct load_entry *entry)
{
    load_amounts_close(&entry->shared);
    load_amounts_close(&entry->each);
    text_drop(entry->space_text);
    selector_drop(entry->selector);
    labels_drop(entry->service_labels);
    free(entry->space);
    free(entry->object_kind);
    free(entry->object_name);
    free(entry->pods);
    free(entry->container);
    free(entry->shares);
    free(entry);
}

bool load_check(const struct value *from, struct error_list *faults)
{
    struct load_entry *entry = load_entry_read(from, faults);
    if (entry == NULL)
        return false;
    load_entry_free(entry);
    return true;
}
