/* ObjectMeta on creation and on update.
 *
 * Follows apimachinery pkg/api/validation/objectmeta.go and pkg/apis/meta/v1/validation, with the
 * finalizer rule that pkg/apis/core/validation adds. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/go_value.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

enum { ANNOTATIONS_BYTES = 256 * 1024 };

/* A label's value as it stands in the message; map values are strings. */
static void check_label(struct field_errors *errors, const struct value_entry *label,
                        const struct field_path *path)
{
    struct value *key = value_new_string(label->key);
    key->at = label->at;
    check_text(errors, key, path, text_label_key);
    value_drop(key);
    check_text(errors, label->value, path, text_label_value);
}

void check_labels(struct field_errors *errors, const struct value *labels,
                  const struct field_path *path)
{
    for (size_t i = 0; i < size_of(labels); i++)
        check_label(errors, &labels->entries[i], path);
}

void check_annotations(struct field_errors *errors, const struct value *annotations,
                       const struct field_path *path)
{
    size_t bytes = 0;
    for (size_t i = 0; i < size_of(annotations); i++) {
        const struct value_entry *entry = &annotations->entries[i];
        struct value *key = value_new_string(entry->key);
        key->at = entry->at;
        check_text(errors, key, path, text_annotation_key);
        value_drop(key);
        bytes += strlen(entry->key) + strlen(value_text(entry->value, ""));
    }
    if (bytes > ANNOTATIONS_BYTES)
        field_too_long(errors, path, annotations, ANNOTATIONS_BYTES);
}

/* apiVersion is group/version: the version is what follows the only slash. */
static bool has_version(const char *api_version)
{
    const char *slash = strchr(api_version, '/');
    const char *version = slash ? slash + 1 : api_version;
    return *version != '\0' && strchr(version, '/') == NULL;
}

static void check_owner(struct field_errors *errors, const struct value *owner,
                        const struct field_path *path)
{
    static const char *const members[] = { "kind", "name", "uid" };
    if (!has_version(text_at(owner, "apiVersion")))
        field_invalid(errors, CHILD(path, "apiVersion"), value_get(owner, "apiVersion"),
                      "version must not be empty");
    for (size_t i = 0; i < 3; i++)
        if (*text_at(owner, members[i]) == '\0')
            field_invalid(errors, CHILD(path, members[i]), value_get(owner, members[i]),
                          "must not be empty");
    if (strcmp(text_at(owner, "apiVersion"), "v1") == 0 &&
        strcmp(text_at(owner, "kind"), "Event") == 0)
        invalid_struct(errors, owner, "apis/meta/v1.OwnerReference", path,
                       "/v1, Kind=Event is disallowed from being an owner");
}

static void check_owners(struct field_errors *errors, const struct value *owners,
                         const struct field_path *path)
{
    const struct value *first = NULL;
    for (size_t i = 0; i < size_of(owners); i++) {
        const struct value *owner = owners->items[i];
        check_owner(errors, owner, path);
        if (!truth_at(owner, "controller"))
            continue;
        if (first == NULL) {
            first = owner;
            continue;
        }
        char *printed = go_value_print(owners, schema_type("[]apis/meta/v1.OwnerReference"));
        field_invalid_printed(errors, path, owners, printed,
                              "Only one reference can have Controller set to true. Found \"true\" "
                              "in references for %s/%s and %s/%s",
                              text_at(first, "kind"), text_at(first, "name"),
                              text_at(owner, "kind"), text_at(owner, "name"));
        free(printed);
    }
}

void check_finalizers(struct field_errors *errors, const struct value *finalizers,
                      const struct field_path *path)
{
    for (size_t i = 0; i < size_of(finalizers); i++)
        check_text(errors, finalizers->items[i], path, text_label_key);
    if (list_has(finalizers, "orphan") && list_has(finalizers, "foregroundDeletion"))
        field_invalid(errors, path, finalizers,
                      "finalizer orphan and foregroundDeletion cannot be both set");
}

/* Finalizers without a domain are Kubernetes' own three. */
static void check_finalizer_names(struct field_errors *errors, const struct value *finalizers,
                                  const struct field_path *path)
{
    static const char *const standard[] = { "kubernetes", "orphan", "foregroundDeletion", NULL };
    for (size_t i = 0; i < size_of(finalizers); i++) {
        const char *name = value_text(finalizers->items[i], "");
        if (strchr(name, '/') == NULL && !one_of(name, standard))
            field_invalid(errors, ITEM(path, i), finalizers->items[i],
                          "name is neither a standard finalizer name nor is it fully qualified");
    }
}

/* A name to which a suffix will be added may end with a dash. */
static void check_generate_name(struct field_errors *errors, const struct value *prefix,
                                const struct field_path *path, text_rule *rule)
{
    char *masked = mem_text(value_text(prefix, ""), prefix->count);
    if (prefix->count > 1 && masked[prefix->count - 1] == '-')
        strcpy(masked + prefix->count - 2, "a");
    check_derived_text(errors, prefix, masked, path, rule);
    free(masked);
}

static void check_name(struct field_errors *errors, const struct value *meta,
                       const struct field_path *path, text_rule *rule)
{
    if (rule != NULL && *text_at(meta, "generateName") != '\0')
        check_generate_name(errors, value_get(meta, "generateName"), CHILD(path, "generateName"),
                            rule);
    if (*text_at(meta, "name") == '\0')
        field_required(errors, CHILD(path, "name"), meta, "name or generateName is required");
    else if (rule != NULL)
        check_text(errors, value_get(meta, "name"), CHILD(path, "name"), rule);
}

static void check_namespace_name(struct field_errors *errors, const struct value *meta,
                                 const struct field_path *path, bool namespaced)
{
    if (namespaced)
        check_required_text(errors, meta, "namespace", path, text_dns_label);
    else if (*text_at(meta, "namespace") != '\0')
        field_forbidden(errors, CHILD(path, "namespace"), value_get(meta, "namespace"),
                        "not allowed on this type");
}

void check_any_meta(struct field_errors *errors, const struct value *meta,
                    const struct field_path *path, struct meta_rules rules)
{
    check_name(errors, meta, path, rules.name);
    check_namespace_name(errors, meta, path, rules.namespaced);
    check_not_negative(errors, meta, "generation", path);
    check_labels(errors, value_get(meta, "labels"), CHILD(path, "labels"));
    check_annotations(errors, value_get(meta, "annotations"), CHILD(path, "annotations"));
    check_owners(errors, value_get(meta, "ownerReferences"), CHILD(path, "ownerReferences"));
    check_finalizers(errors, value_get(meta, "finalizers"), CHILD(path, "finalizers"));
}

void check_meta(struct field_errors *errors, const struct value *meta,
                const struct field_path *path, struct meta_rules rules)
{
    check_any_meta(errors, meta, path, rules);
    check_finalizer_names(errors, value_get(meta, "finalizers"), CHILD(path, "finalizers"));
}

/* An object that is being deleted takes no new finalizers. */
static void check_no_new_finalizers(struct field_errors *errors, const struct value *meta,
                                    const struct value *before, const struct field_path *path)
{
    const struct value *now = value_get(meta, "finalizers");
    struct writer added = { 0 };
    for (size_t i = 0; i < size_of(now); i++)
        if (!list_has(value_get(before, "finalizers"), value_text(now->items[i], "")))
            writer_format(&added, "%s\"%s\"", added.length ? ", " : "", now->items[i]->text);
    if (added.length > 0)
        field_forbidden(errors, CHILD(path, "finalizers"), now,
                        "no new finalizers can be added if the object is being deleted, found new "
                        "finalizers []string{%s}",
                        added.bytes);
    writer_close(&added);
}

void check_meta_update(struct field_errors *errors, const struct value *meta,
                       const struct value *before, const struct field_path *path)
{
    static const char *const immutable[] = { "name",
                                             "namespace",
                                             "uid",
                                             "creationTimestamp",
                                             "deletionTimestamp",
                                             "deletionGracePeriodSeconds" };
    const struct value *finalizers = value_get(meta, "finalizers");
    if (has(before, "deletionTimestamp"))
        check_no_new_finalizers(errors, meta, before, path);
    if (number_at(meta, "generation") < number_at(before, "generation"))
        field_invalid(errors, CHILD(path, "generation"), value_get(meta, "generation"),
                      "must not be decremented");
    for (size_t i = 0; i < sizeof immutable / sizeof *immutable; i++)
        check_immutable(errors, value_get(meta, immutable[i]), value_get(before, immutable[i]),
                        CHILD(path, immutable[i]), NULL);
    check_labels(errors, value_get(meta, "labels"), CHILD(path, "labels"));
    check_annotations(errors, value_get(meta, "annotations"), CHILD(path, "annotations"));
    check_owners(errors, value_get(meta, "ownerReferences"), CHILD(path, "ownerReferences"));
    check_finalizer_names(errors, finalizers, CHILD(path, "finalizers"));
}
