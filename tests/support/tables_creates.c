/* Recorded answers of the API server to a POST: the object as it would be stored, or the Status
 * that refuses it. Rows of kinds that are not simulated are left out, as are those that ask what
 * a store or a URL holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/job.h"
#include "models/api/kinds.h"
#include "models/api/pod.h"
#include "models/api/schema.h"
#include "models/api/schema_print.h"
#include "models/cluster/admission.h"
#include "sim/base/memory.h"
#include "tests/support/rows.h"
#include "tests/support/tables.h"
#include "tools/tz_database.h"

/* ── the cluster of the recordings ── */

static const char no_uid[] = "00000000-0000-0000-0000-000000000000"; /* before one is drawn */

static bool find_no_class(void *context, const char *name, struct priority_class *found)
{
    (void)context, (void)name, (void)found;
    return false;
}

static bool is_default_account(void *context, const char *space, const char *name,
                               const struct object **found)
{
    (void)context, (void)space;
    *found = NULL;
    return strcmp(name, "default") == 0;
}

static bool has_no_runtime_class(void *context, const char *name, const struct object **found)
{
    (void)context, (void)name, (void)found;
    return false;
}

static const struct admission recorded_cluster = {
    .default_namespace = "objs",
    .find_priority_class = find_no_class,
    .find_service_account = is_default_account,
    .find_runtime_class = has_no_runtime_class,
    .zones = tz_database_read,
};

static bool applies(const struct value *row)
{
    static const char *const kinds[] = {
        "ConfigMap",
        "CronJob",
        "DaemonSet",
        "Deployment",
        "EndpointSlice",
        "Event",
        "HorizontalPodAutoscaler",
        "Job",
        "Lease",
        "LimitRange",
        "Namespace",
        "NetworkPolicy",
        "Node",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "PriorityClass",
        "ReplicaSet",
        "ResourceQuota",
        "Secret",
        "Service",
        "ServiceAccount",
        "StatefulSet",
        "StorageClass",
    };
    const char *message = value_text(value_path(row, "response", "message", NULL), "");
    if (strstr(message, "already exists") != NULL || strstr(message, "namespace sent") != NULL)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(table_text(row, "kind"), kinds[i]) == 0)
            return true;
    return false;
}

/* ── what is left open in recorded objects ── */

/* A message with "<uid>" for the uid that a Job would get. */
static char *without_uid(const char *message)
{
    struct writer out = { 0 };
    for (const char *at; (at = strstr(message, no_uid)) != NULL; message = at + strlen(no_uid)) {
        writer_add_bytes(&out, message, (size_t)(at - message));
        writer_add(&out, "<uid>");
    }
    writer_add(&out, message);
    return writer_take(&out);
}

/* Equal texts, where <rand> stands for five characters and <time> for any time. */
static bool same_text(const char *got, const char *want)
{
    static const char random[] = "<rand>";
    const char *gap = strstr(want, random);
    if (strcmp(want, "<time>") == 0 || (strcmp(want, "<uid>") == 0 && strcmp(got, no_uid) == 0))
        return true;
    if (gap == NULL)
        return strcmp(got, want) == 0;
    size_t before = (size_t)(gap - want);
    return strlen(got) >= before + 5 && strncmp(got, want, before) == 0 &&
           strcmp(got + before + 5, gap + strlen(random)) == 0;
}

static bool same_entries(const struct value *got, const struct value *want)
{
    for (size_t i = 0; i < want->count; i++)
        if (!table_same(value_get(got, want->entries[i].key), want->entries[i].value))
            return false;
    return got->count == want->count;
}

static bool same_items(const struct value *got, const struct value *want)
{
    for (size_t i = 0; i < want->count; i++)
        if (!table_same(value_at(got, i), want->items[i]))
            return false;
    return got->count == want->count;
}

bool table_same(const struct value *got, const struct value *want)
{
    if (got == NULL || got->type != want->type)
        return got == NULL && value_is_null(want);
    if (want->type == VALUE_STRING)
        return same_text(got->text, want->text);
    if (want->type == VALUE_MAP)
        return same_entries(got, want);
    return want->type == VALUE_LIST ? same_items(got, want) : value_equal(got, want);
}

/* ── stored objects ── */

/* The document through its record and out again, as a reader of the API would see it. */
static struct value *through_record(const struct value *document)
{
    static const char *const given_by_store[] = { "creationTimestamp", "resourceVersion" };
    const enum kind kind =
        kind_find(table_text(document, "apiVersion"), table_text(document, "kind"));
    struct codec codec = { .texts = texts_new() };
    codec.specs = pod_specs_new(codec.texts);
    struct object *object = kind_infos[kind].load(&codec, document);
    if (kind == KIND_JOB)
        job_select_pods(&codec, (struct job *)object);
    ((struct meta *)object)->generation = kind_infos[kind].spec_changed != NULL;
    if (kind == KIND_POD)
        pod_begin((struct pod *)object, codec.texts, 0);
    struct value *printed = kind_infos[kind].print(&codec, object);
    struct value *meta = value_own(value_slot(value_own(&printed), "metadata"));
    for (size_t i = 0; i < 2; i++)
        value_remove(meta, given_by_store[i]);
    value_remove(meta, "uid");
    if (kind == KIND_JOB) /* whose labels and selector name it */
        value_set(meta, "uid", value_new_string(no_uid));
    object_drop(object);
    pod_specs_free(codec.specs);
    texts_free(codec.texts);
    return printed;
}

/* Without what client_create() gives to volumes and claims; stories about them look at that. */
static struct value *without_protection(const struct value *response)
{
    struct value *object = value_hold(response);
    struct value *meta = value_own(value_slot(value_own(&object), "metadata"));
    if (strncmp(table_text(object, "kind"), "PersistentVolume", 16) != 0)
        return object;
    value_remove(meta, "finalizers");
    value_remove(value_own(value_slot(object, "status")), "lastPhaseTransitionTime");
    return object;
}

static bool agrees_on_object(const struct value *document, const struct value *response,
                             struct writer *why)
{
    struct value *want = without_protection(response);
    const struct schema_kind *kind =
        schema_kind(table_text(document, "apiVersion"), table_text(document, "kind"));
    struct value *printed = through_record(document);
    struct value *got = schema_print(printed, kind->type);
    bool agrees = table_same(got, want);
    if (!agrees) {
        char *got_text = rows_print(got), *want_text = rows_print(want);
        table_expect(why, "object", got_text, want_text);
        free(got_text);
        free(want_text);
    }
    value_drop(want);
    value_drop(got);
    value_drop(printed);
    return agrees;
}

/* ── refusals ── */

/* The same fields for the same reasons in the same order. */
static bool agrees_on_fields(const struct field_errors *fields, const struct value *want,
                             struct writer *why)
{
    size_t count = want ? want->count : 0;
    bool agrees = fields->count == count;
    for (size_t i = 0; i < fields->count || i < count; i++) {
        const struct field_error *field = i < fields->count ? &fields->items[i] : NULL;
        const struct value *cause = value_at(want, i);
        agrees &= table_expect(why, "field", field ? field->path : "none",
                               cause ? table_text(cause, "field") : "none");
        agrees &= table_expect(why, "reason", field ? field_reason_name(field->reason) : "none",
                               cause ? table_text(cause, "reason") : "none");
    }
    return agrees;
}

static bool agrees_on_refusal(const struct refusal *refusal, const struct value *row,
                              struct writer *why)
{
    const struct value *status = value_get(row, "response");
    int code = (int)value_int(value_get(row, "status"), 0);
    bool agrees = refusal->code == code;
    if (!agrees)
        writer_format(why, "status: got %d, want %d; ", refusal->code, code);
    agrees &=
        agrees_on_fields(&refusal->fields, value_path(status, "details", "causes", NULL), why);
    char *message = without_uid(refusal->message ? refusal->message : "");
    bool same_words = table_expect(why, "message", message, table_text(status, "message"));
    free(message);
    return agrees && (same_words || code == 422);
}

/* "<x repeated 3>" stands for xxx; changes an unshared tree. */
static void unfold(struct value **node)
{
    size_t count;
    char letter, end = '\0';
    struct value *value = *node;
    for (size_t i = 0; value->type == VALUE_MAP && i < value->count; i++)
        unfold(&value->entries[i].value);
    for (size_t i = 0; value->type == VALUE_LIST && i < value->count; i++)
        unfold(&value->items[i]);
    if (value->type != VALUE_STRING ||
        sscanf(value->text, "<%c repeated %zu%c", &letter, &count, &end) != 3 || end != '>')
        return;
    char *text = mem_new(count + 1);
    memset(text, letter, count);
    *node = value_new_string(text);
    free(text);
    value_drop(value);
}

/* The store would give a name to a document that asks for one. */
static struct value *named(const struct value *request)
{
    struct value *document = value_copy(request);
    unfold(&document);
    const char *prefix = value_text(value_path(request, "metadata", "generateName", NULL), "");
    if (*prefix == '\0' || value_path(request, "metadata", "name", NULL) != NULL)
        return document;
    char *name = mem_format("%sx7k2p", prefix);
    value_put(&document, value_new_string(name), "metadata", "name", NULL);
    free(name);
    return document;
}

static bool agrees(const struct value *row, struct writer *why)
{
    struct value *request = named(value_get(row, "request"));
    struct refusal refusal = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    bool strict = strstr(table_text(row, "query"), "fieldValidation=Strict") != NULL;
    struct value *document =
        admit_create(&recorded_cluster, request, &refusal, &faults, strict ? NULL : &warnings);
    bool accepted = value_int(value_get(row, "status"), 0) == 201;
    bool result = document != NULL && accepted
                      ? agrees_on_object(document, value_get(row, "response"), why)
                      : agrees_on_refusal(&refusal, row, why);
    error_list_close(&faults);
    error_list_close(&warnings);
    refusal_close(&refusal);
    value_drop(document);
    value_drop(request);
    return result;
}

const struct table creates_table = {
    .name = "creates",
    .columns = { "id", "kind", "request", "response", NULL },
    .applies = applies,
    .agrees = agrees,
};
