/* Recorded answers of the API server to a PATCH or PUT: the object as it would be stored, with
 * who owns which field where the recording has it, or the Status that refuses it.
 *
 * Each row stands by itself: it carries the object as it was before. Not asked are rows of custom
 * kinds, whose schemas are not read; raw bodies that are no YAML; media types; and Go's dumps of
 * objects in type errors. */
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/api/schema_print.h"
#include "models/api/yaml.h"
#include "models/cluster/patch_request.h"
#include "sim/base/memory.h"
#include "tests/support/rows.h"
#include "tests/support/tables.h"
#include "tools/tz_database.h"

static const char name[] = "obj", version[] = "1000"; /* of the object, as it was before */

/* ---- rows ---- */

static enum patch_type type_of(const struct value *row)
{
    static const char *const names[] = { "strategic", "merge", "json", "apply", "put" };
    enum patch_type type = PATCH_STRATEGIC;
    while (type < PATCH_PUT && strcmp(names[type], table_text(row, "type")) != 0)
        type++;
    return type;
}

static bool contains(const struct value *row, const char *text)
{
    const char *message = value_text(value_path(row, "error", "message", NULL), "");
    return strstr(message, text) != NULL;
}

/* What the rows ask of URLs, media types, custom kinds, statuses or kinds that have no rules here. */
static bool applies(const struct value *row)
{
    static const char *const others[] = {
        "is invalid: patch:",
        "cannot be handled as a",
        "error decoding YAML",
        "invalid character",
        "dryRun:",
        "force: Forbidden",
        "fieldValidation:",
        "StorageError",
        "is invalid: status.",
        "Ingress.networking",
        "RoleBinding.rbac",
        "data[..]",
        "autoscaling/v1",
    };
    const char *sub = table_text(row, "subresource");
    const bool is_scale = strcmp(sub, "scale") == 0;
    const bool is_other = *sub != '\0' && !is_scale && strcmp(sub, "status") != 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (contains(row, others[i]))
            return false;
    return strcmp(table_text(row, "kind"), "Widget") != 0 && value_get(row, "patch") != NULL &&
           value_int(value_get(row, "status"), 0) != 415 &&
           !(is_scale && type_of(row) == PATCH_APPLY) && !is_other;
}

static char *replaced(const char *text, const char *from, const char *to)
{
    struct writer out = { 0 };
    for (const char *at; (at = strstr(text, from)) != NULL; text = at + strlen(from)) {
        writer_add_bytes(&out, text, (size_t)(at - text));
        writer_add(&out, to);
    }
    writer_add(&out, text);
    return writer_take(&out);
}

/* The row with something that may stand there for each of its placeholders. */
static struct value *filled(const struct value *row)
{
    static const char *const marks[][2] = {
        { "$NAME", name },
        { "$RV", version },
        { "NAME", name },
        { "KEY_obj", "KEY_NAME" }, /* of an example in a message */
        { "<rand>", "x7k2p" },
        { "<uid>", "0d9b1d8a-5a3c-4d0a-8f8e-9a8f1c2b3d4e" },
        { "<time>", "2026-01-01T00:00:00Z" },
    };
    char *text = rows_print(row);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        char *next = replaced(text, marks[i][0], marks[i][1]);
        free(text);
        text = next;
    }
    struct error error = { 0 };
    struct value *read = json_read(text, strlen(text), (struct place){ 0 }, NULL, &error);
    free(text);
    return read;
}

/* The body; YAML is read. A new reference, NULL where there is none. */
static struct value *body_of(const struct value *patch)
{
    struct error error = { 0 };
    struct yaml_piece piece;
    if (patch->type != VALUE_STRING)
        return value_hold(patch);
    struct yaml_stream stream = yaml_stream_of(patch->text, patch->count, "patch");
    struct value *body = yaml_stream_next(&stream, &piece, &error)
                             ? yaml_read(piece, NULL, NULL, &error)
                             : value_new_map();
    error_close(&error);
    return body;
}

/* `{"repeat": n, "op": ...}`: n equal operations. */
static struct value *repeated(struct value *body)
{
    if (body == NULL || value_get(body, "repeat") == NULL)
        return body;
    struct value *list = value_new_list();
    for (int64_t i = 0; i < value_int(value_get(body, "repeat"), 0); i++)
        value_add(list, value_hold(value_get(body, "op")));
    value_drop(body);
    return list;
}

static struct value *live_of(const struct value *row)
{
    const struct value *before = value_get(row, "before");
    if (value_is_null(before))
        return NULL;
    struct value *live = value_copy(before);
    value_put(&live, value_new_string(version), "metadata", "resourceVersion", NULL);
    value_put(&live, value_new_string("0d9b1d8a-5a3c-4d0a-8f8e-9a8f1c2b3d4e"), "metadata", "uid",
              NULL);
    return live;
}

/* ---- comparing ---- */

static int by_print(const void *a, const void *b)
{
    char *x = rows_print(*(struct value *const *)a), *y = rows_print(*(struct value *const *)b);
    const int order = strcmp(x, y);
    free(x);
    free(y);
    return order;
}

/* Without what the store gives, with owners as a set; all fields of the kind in order. */
static struct value *comparable(const struct value *document, bool owners)
{
    static const char *const own[] = { "generation", "resourceVersion", "uid",
                                       "creationTimestamp" };
    const struct schema_kind *kind =
        schema_kind(table_text(document, "apiVersion"), table_text(document, "kind"));
    struct value *copy = value_copy(document);
    struct value *meta = value_own(value_slot(value_own(&copy), "metadata"));
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        value_remove(meta, own[i]);
    if (!owners)
        value_remove(meta, "managedFields");
    struct value *printed = kind != NULL ? schema_print(copy, kind->type) : value_hold(copy);
    value_drop(copy);
    meta = value_own(value_slot(value_own(&printed), "metadata"));
    struct value *list = value_get(meta, "managedFields");
    if (list != NULL) {
        value_own(value_slot(meta, "managedFields"));
        list = value_get(meta, "managedFields");
        qsort(list->items, list->count, sizeof *list->items, by_print);
    }
    return printed;
}

static bool agrees_on_object(const struct value *document, const struct value *row,
                             struct writer *why)
{
    const struct value *after = value_get(row, "after");
    if (strcmp(table_text(after, "kind"), "Scale") == 0)
        return value_equal(value_path(document, "spec", "replicas", NULL),
                           value_path(after, "spec", "replicas", NULL));
    const bool owners = strncmp(table_text(row, "family"), "ssa", 3) == 0;
    struct value *got = comparable(document, owners), *want = comparable(after, owners);
    const bool agrees = value_equal(got, want);
    if (!agrees) {
        char *ours = rows_print(got), *theirs = rows_print(want);
        table_expect(why, "object", ours, theirs);
        free(ours);
        free(theirs);
    }
    value_drop(got);
    value_drop(want);
    return agrees;
}

static bool agrees_on_refusal(const struct refusal *refusal, const struct value *row,
                              struct writer *why)
{
    const char *want = value_text(value_path(row, "error", "message", NULL), "");
    const int code = (int)value_int(value_get(row, "status"), 0);
    const char *conflict = strstr(want, ": the object has been modified");
    if (refusal->code != code)
        writer_format(why, "status: got %d, want %d; ", refusal->code, code);
    const bool same = table_expect(why, "message", refusal->message ? refusal->message : "",
                                   conflict != NULL ? conflict + 2 : want);
    return refusal->code == code && same;
}

static bool agrees(const struct value *recorded, struct writer *why)
{
    struct value *row = filled(recorded);
    static const struct admission cluster = { .default_namespace = "patches",
                                              .zones = tz_database_read };
    const struct value *query = value_get(row, "query");
    const char *manager = value_text(value_get(query, "fieldManager"), NULL);
    const char *sub = value_text(value_get(row, "subresource"), NULL);
    const enum patch_type type = type_of(row);
    const struct field_manager noted = { manager ? manager : "oracle", sub, NULL };
    const struct value *force = value_get(query, "force");
    const bool asked = manager != NULL || type != PATCH_APPLY;
    const struct patch_request request = { type, name, "patches", asked ? &noted : NULL,
                                           value_truth(force, false) ||
                                               strcmp(value_text(force, ""), "true") == 0 ||
                                               strcmp(value_text(force, ""), "1") == 0 };
    const bool strict = strcmp(value_text(value_get(query, "fieldValidation"), ""), "Strict") == 0;
    struct refusal refusal = { 0 };
    struct error_list faults = { 0 }, warnings = { 0 };
    struct value *live = live_of(row), *body = repeated(body_of(value_get(row, "patch")));
    struct value *document =
        admit_patch(&cluster, live, body, &request, &refusal, &faults, strict ? NULL : &warnings);
    const bool accepted = value_get(row, "after") != NULL;
    const bool result = document != NULL && accepted ? agrees_on_object(document, row, why)
                                                     : agrees_on_refusal(&refusal, row, why);
    error_list_close(&faults);
    error_list_close(&warnings);
    refusal_close(&refusal);
    value_drop(document);
    value_drop(live);
    value_drop(body);
    value_drop(row);
    return result;
}

const struct table patches_table = {
    .name = "patches",
    .columns = { "case", "step", "type", "patch", NULL },
    .applies = applies,
    .agrees = agrees,
};
