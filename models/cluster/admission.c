/* The way of a document into the store, step by step.
 *
 * Follows the create and update handlers of apiserver pkg/endpoints/handlers and
 * pkg/registry/rest: decode, admit, prepare, validate. */
#include "models/cluster/admission.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/chaos.h"
#include "models/api/defaults.h"
#include "models/api/kinds.h"
#include "models/api/kwok_stage.h"
#include "models/api/schema_check.h"
#include "models/api/schema_print.h"
#include "models/api/validation.h"
#include "models/cluster/admission_private.h"
#include "models/cluster/field_managers.h"
#include "sim/base/memory.h"

void refusal_close(struct refusal *refusal)
{
    free(refusal->message);
    field_errors_close(&refusal->fields);
    *refusal = (struct refusal){ 0 };
}

bool refuse_document(struct refusal *refusal, int code, const char *format, ...)
{
    va_list arguments;
    if (refusal->code != 0)
        return false;
    va_start(arguments, format);
    if (vasprintf(&refusal->message, format, arguments) < 0)
        abort();
    va_end(arguments);
    refusal->code = code;
    return false;
}

static const char *text_of(const struct value *document, const char *key)
{
    return value_text(value_get(document, key), "");
}

/* ── decoding ── */

static bool names_its_kind(const struct value *document, struct refusal *refusal,
                           struct error_list *faults)
{
    static const char *const fields[] = { "apiVersion", "kind" };
    for (size_t i = 0; i < 2; i++) {
        if (*text_of(document, fields[i]) != '\0')
            continue;
        error_list_add(faults, document->at, "%s is not set", fields[i]);
        return refuse_document(refusal, 400, "Object '%s' is missing",
                               i == 0 ? "apiVersion" : "Kind");
    }
    return true;
}

/* Of a custom resource only the metadata are of a shape that is known. */
static struct value *decode_custom(const struct value *document, struct refusal *refusal,
                                   struct error_list *faults)
{
    const struct schema_type *type = schema_type("apis/meta/v1.ObjectMeta");
    const struct value *meta = value_get(document, "metadata");
    struct error_list found = { 0 }, unknown = { 0 };
    struct value *decoded = value_hold(document);
    if (value_is_null(meta)) {
        value_set(value_own(&decoded), "metadata", value_new_map());
        return decoded;
    }
    if (schema_check(meta, type, false, &found, &unknown)) {
        value_set(value_own(&decoded), "metadata", schema_prune(meta, type));
    } else {
        value_drop(decoded);
        decoded = NULL;
        refuse_document(refusal, 400, "the metadata do not fit: %s", found.items[0].text);
    }
    for (size_t i = 0; i < found.count; i++) {
        error_wrap(&found.items[i], "metadata");
        error_list_take(faults, &found.items[i]);
    }
    error_list_close(&found);
    error_list_close(&unknown);
    return decoded;
}

/* The document as its kind has it, without unknown fields and nulls; NULL with the refusal. */
static struct value *decode(const struct value *document, const struct schema_kind *kind,
                            struct refusal *refusal, struct error_list *faults,
                            struct error_list *warnings)
{
    bool strict = warnings == NULL;
    if (kind == NULL)
        return decode_custom(document, refusal, faults);
    if (schema_check(document, kind->type, strict, faults, warnings))
        return schema_prune(document, kind->type);
    char *message = schema_decode_error(document, kind, strict);
    refuse_document(refusal, 400, "%s", message ? message : "the body does not fit its kind");
    free(message);
    return NULL;
}

/* ── namespaces ── */

/* Kinds without a row in kind_infos that live outside of namespaces. */
static bool is_cluster_scoped(const struct schema_kind *kind)
{
    static const char *const names[] = { "APIService",
                                         "CertificateSigningRequest",
                                         "ClusterRole",
                                         "ClusterRoleBinding",
                                         "ComponentStatus",
                                         "CustomResourceDefinition",
                                         "DeviceClass",
                                         "FlowSchema",
                                         "IPAddress",
                                         "IngressClass",
                                         "MutatingAdmissionPolicy",
                                         "MutatingAdmissionPolicyBinding",
                                         "MutatingWebhookConfiguration",
                                         "PriorityLevelConfiguration",
                                         "ResourceSlice",
                                         "RuntimeClass",
                                         "SelfSubjectAccessReview",
                                         "SelfSubjectReview",
                                         "SelfSubjectRulesReview",
                                         "ServiceCIDR",
                                         "SubjectAccessReview",
                                         "TokenReview",
                                         "ValidatingAdmissionPolicy",
                                         "ValidatingAdmissionPolicyBinding",
                                         "ValidatingWebhookConfiguration",
                                         "VolumeAttributesClass" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], kind->kind) == 0)
            return true;
    return false;
}

bool document_is_namespaced(const struct value *document)
{
    const char *version = text_of(document, "apiVersion"), *name = text_of(document, "kind");
    const enum kind row = kind_find(version, name);
    const struct schema_kind *kind = schema_kind(version, name);
    if (row != KIND_OTHER)
        return kind_infos[row].namespaced;
    if (kind != NULL)
        return !is_cluster_scoped(kind);
    return *value_text(value_path(document, "metadata", "namespace", NULL), "") != '\0';
}

/* A namespaced object gets one; an object outside of namespaces loses it silently. */
static void set_namespace(struct value **document, const char *default_namespace)
{
    const struct value *space = value_path(*document, "metadata", "namespace", NULL);
    const bool namespaced = document_is_namespaced(*document);
    const bool given = *value_text(space, "") != '\0';
    if (namespaced && !given && default_namespace != NULL)
        value_put(document, value_new_string(default_namespace), "metadata", "namespace", NULL);
    else if (!namespaced && given)
        value_remove(value_own(value_slot(value_own(document), "metadata")), "namespace");
}

/* ── validation ── */

/* The document as validation sees it: with a name where one will be generated, and a Job with the
 * labels and the selector that it gets with its uid. */
static struct value *as_stored(const struct value *document, const struct schema_kind *kind,
                               bool is_new)
{
    struct value *named = value_hold(document);
    const char *prefix = value_text(value_path(document, "metadata", "generateName", NULL), "");
    const char *name = value_text(value_path(document, "metadata", "name", NULL), "");
    if (*name == '\0' && *prefix != '\0') {
        char *sample = mem_format("%sxxxxx", prefix);
        value_put(&named, value_new_string(sample), "metadata", "name", NULL);
        free(sample);
    }
    if (is_new)
        prepare_identified(&named, kind);
    return named;
}

/* Tell each field error at its place, or at the document's when the field is absent. */
static void tell_fields(const struct refusal *refusal, const struct value *document,
                        struct error_list *faults)
{
    for (size_t i = 0; i < refusal->fields.count; i++) {
        const struct field_error *field = &refusal->fields.items[i];
        error_list_add(faults, field->at.line != 0 ? field->at : document->at, "%s: %s",
                       field->path, field->text);
    }
}

static bool is_service(const struct schema_kind *kind)
{
    return kind != NULL && *kind->group == '\0' && strcmp(kind->kind, "Service") == 0;
}

static bool is_valid(const struct admission *admission, const struct value *document,
                     const struct value *old, const struct schema_kind *kind,
                     struct refusal *refusal)
{
    if (strcmp(text_of(document, "apiVersion"), "seatrial.dev/v1alpha1") == 0)
        return true; /* of ours, with names such as image references: the loader checked it */
    struct value *named = as_stored(document, kind, old == NULL);
    refusal->fields.zones = admission->zones;
    if (old == NULL)
        validate_create(named, kind, &refusal->fields);
    else
        validate_update(named, old, kind, &refusal->fields);
    if (is_service(kind) && refusal->fields.count == 0)
        service_check_ports(admission, named, &refusal->fields);
    if (refusal->fields.count > 0) {
        refusal->code = 422;
        refusal->message = validation_message(&refusal->fields, named);
    }
    value_drop(named);
    return refusal->fields.count == 0;
}

static bool is_claim(const struct schema_kind *kind)
{
    return kind != NULL && *kind->group == '\0' && strcmp(kind->kind, "PersistentVolumeClaim") == 0;
}

/* ── creation and update ── */

static struct value *refuse(struct value *document, const struct refusal *refusal,
                            const struct value *original, struct error_list *faults)
{
    if (refusal->fields.count > 0)
        tell_fields(refusal, original, faults);
    else
        error_list_add(faults, original->at, "%s", refusal->message);
    value_drop(document);
    return NULL;
}

/* What every document goes through first: its kind, its fields, its namespace, its defaults. NULL,
 * with the reason, when there is no such document. */
static struct value *complete(const struct admission *admission, const struct value *document,
                              const struct schema_kind *kind, struct refusal *refusal,
                              struct error_list *faults, struct error_list *warnings)
{
    if (!names_its_kind(document, refusal, faults))
        return NULL;
    struct value *tree = decode(document, kind, refusal, faults, warnings);
    if (tree == NULL)
        return NULL;
    set_namespace(&tree, admission->default_namespace);
    if (kind == NULL)
        return tree;
    struct value *defaulted = defaults_apply(tree, kind);
    value_drop(tree);
    return defaulted;
}

/* Note who writes what, before strategies and plugins add to it. */
static void note_manager(const struct admission *admission, struct value **document,
                         const struct value *old, const struct schema_kind *kind)
{
    if (admission->manager == NULL)
        return;
    struct value *list = managers_updated(old, *document, kind, *admission->manager);
    struct value *meta = value_own(value_slot(value_own(document), "metadata"));
    value_remove(meta, "managedFields");
    if (list != NULL)
        value_set(meta, "managedFields", list);
}

struct value *admit_create(const struct admission *admission, const struct value *document,
                           struct refusal *refusal, struct error_list *faults,
                           struct error_list *warnings)
{
    const struct schema_kind *kind =
        schema_kind(text_of(document, "apiVersion"), text_of(document, "kind"));
    struct value *tree = complete(admission, document, kind, refusal, faults, warnings);
    if (tree == NULL)
        return NULL;
    note_manager(admission, &tree, NULL, kind);
    if (kind != NULL) {
        if (!admission_mutate(admission, &tree, kind, refusal))
            return refuse(tree, refusal, document, faults);
        prepare_create(&tree, kind);
        prepare_gated(admission, &tree, NULL, kind);
    }
    if (is_service(kind))
        service_normalize(&tree, NULL);
    if (!is_valid(admission, tree, NULL, kind, refusal) ||
        (kind != NULL && !admission_check(admission, tree, kind, refusal)))
        return refuse(tree, refusal, document, faults);
    if (kind != NULL && warnings != NULL)
        admission_warn_pod_security(admission, tree, warnings);
    if (kind != NULL && warnings != NULL)
        chaos_warn(document, warnings);
    if (kind != NULL && warnings != NULL)
        kwok_warn(document, warnings);
    if (is_service(kind))
        service_allocate(admission, &tree);
    return tree;
}

struct value *admission_pod_spec(const struct admission *admission, struct value *spec,
                                 const char *space, const char *name, struct refusal *refusal)
{
    const struct schema_kind *kind = schema_kind("v1", "Pod");
    struct value *bare = value_new_map();
    value_set(bare, "spec", spec);
    value_put(&bare, value_new_string(name), "metadata", "name", NULL);
    value_put(&bare, value_new_string(space), "metadata", "namespace", NULL);
    struct value *pod = defaults_apply(bare, kind);
    admission_mutate(admission, &pod, kind, refusal);
    prepare_create(&pod, kind);
    struct value *admitted = value_hold(value_get(pod, "spec"));
    value_drop(pod);
    value_drop(bare);
    return admitted;
}

static void keep_member(struct value *meta, const char *key, struct value *was)
{
    if (was != NULL)
        value_set(meta, key, value_hold(was));
    else
        value_remove(meta, key);
}

/* What an update cannot touch; of an identity given by the user, validation judges. */
static void keep_identity(struct value **document, const struct value *old)
{
    static const char *const always[] = { "creationTimestamp", "generation", "resourceVersion" };
    static const char *const open[] = { "uid", "deletionTimestamp", "deletionGracePeriodSeconds",
                                        "managedFields" };
    struct value *meta = value_own(value_slot(value_own(document), "metadata"));
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        keep_member(meta, always[i], value_path(old, "metadata", always[i], NULL));
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (value_get(meta, open[i]) == NULL)
            keep_member(meta, open[i], value_path(old, "metadata", open[i], NULL));
    const struct value *managers = value_get(meta, "managedFields");
    if (managers != NULL && managers->count == 0)
        value_remove(meta, "managedFields");
    if (value_get(old, "status") != NULL)
        value_set(*document, "status", value_hold(value_get(old, "status")));
    else
        value_remove(*document, "status");
}

struct value *admit_update(const struct admission *admission, const struct value *document,
                           const struct value *old, struct refusal *refusal,
                           struct error_list *faults, struct error_list *warnings)
{
    const struct schema_kind *kind =
        schema_kind(text_of(document, "apiVersion"), text_of(document, "kind"));
    struct value *tree = complete(admission, document, kind, refusal, faults, warnings);
    if (tree == NULL)
        return NULL;
    keep_identity(&tree, old);
    note_manager(admission, &tree, old, kind);
    if (kind != NULL) {
        prepare_update(&tree, old, kind);
        prepare_gated(admission, &tree, old, kind);
    }
    if (is_service(kind))
        service_normalize(&tree, old);
    if (!is_valid(admission, tree, old, kind, refusal) ||
        (is_claim(kind) && !admission_check_limits(admission, tree, refusal)))
        return refuse(tree, refusal, document, faults);
    if (is_service(kind))
        service_allocate(admission, &tree);
    return tree;
}
