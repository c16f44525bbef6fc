/* PersistentVolumes: one source, a capacity, and what an update may not change.
 *
 * Follows ValidatePersistentVolumeSpec() and ValidatePersistentVolumeUpdate() of
 * pkg/apis/core/validation. Sources that pods can have, too, are checked by volume_source.c. */
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "models/api/validation/go_value.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

static const char *const volume_modes[] = { "Block", "Filesystem", NULL };

/* ---- sources ---- */

static void check_local(struct field_errors *errors, const struct value *source,
                        const struct field_path *path)
{
    check_required_text(errors, source, "path", path, NULL);
    check_no_backsteps(errors, value_get(source, "path"), CHILD(path, "path"));
}

static void check_secret_reference(struct field_errors *errors, const struct value *secret,
                                   const struct field_path *path)
{
    check_required_text(errors, secret, "name", path, text_dns_subdomain);
    check_required_text(errors, secret, "namespace", path, text_dns_label);
}

static void check_csi(struct field_errors *errors, const struct value *source,
                      const struct field_path *path)
{
    static const char *const secrets[] = { "controllerPublishSecretRef",
                                           "controllerExpandSecretRef", "nodePublishSecretRef",
                                           "nodeExpandSecretRef" };
    check_csi_driver(errors, source, path);
    check_required_text(errors, source, "volumeHandle", path, NULL);
    for (size_t i = 0; i < 4; i++)
        if (has(source, secrets[i]))
            check_secret_reference(errors, value_get(source, secrets[i]), CHILD(path, secrets[i]));
}

static void check_azure_file(struct field_errors *errors, const struct value *source,
                             const struct field_path *path)
{
    check_required_text(errors, source, "secretName", path, NULL);
    check_required_text(errors, source, "shareName", path, NULL);
    if (has(source, "secretNamespace") && *text_at(source, "secretNamespace") == '\0')
        field_required(errors, CHILD(path, "secretNamespace"), source, "%s", "");
}

/* In the API server's order; NULL: as a pod's volume of that kind. */
static const struct {
    const char *name;
    check_fn *check;
} sources[] = {
    { "hostPath", NULL },
    { "gcePersistentDisk", NULL },
    { "awsElasticBlockStore", NULL },
    { "glusterfs", NULL },
    { "flocker", NULL },
    { "nfs", NULL },
    { "rbd", NULL },
    { "quobyte", NULL },
    { "cephfs", NULL },
    { "iscsi", NULL },
    { "cinder", NULL },
    { "fc", NULL },
    { "flexVolume", NULL },
    { "azureFile", check_azure_file },
    { "vsphereVolume", NULL },
    { "photonPersistentDisk", NULL },
    { "portworxVolume", NULL },
    { "azureDisk", NULL },
    { "scaleIO", NULL },
    { "local", check_local },
    { "storageos", NULL },
    { "csi", check_csi },
};

static void check_source(struct field_errors *errors, const char *name, const struct value *source,
                         const struct field_path *path)
{
    size_t index = 0;
    while (strcmp(volume_source_at(index), name) != 0)
        index++;
    check_volume_source(errors, index, source, path);
}

static void check_sources(struct field_errors *errors, const struct value *spec,
                          const struct field_path *path, bool has_affinity)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const char *name = sources[i].name;
        const struct value *source = value_get(spec, name);
        if (value_is_null(source))
            continue;
        if (count++ > 0) {
            field_forbidden(errors, CHILD(path, strcmp(name, "cephfs") == 0 ? "cephFS" : name),
                            source, "may not specify more than 1 volume type");
            continue;
        }
        if (sources[i].check != NULL)
            sources[i].check(errors, source, CHILD(path, name));
        else
            check_source(errors, name, source, path);
        if (strcmp(name, "local") == 0 && !has_affinity)
            field_required(errors, CHILD(path, "nodeAffinity"), source,
                           "Local volume requires node affinity");
    }
    if (count == 0)
        field_required(errors, path, spec, "must specify a volume type");
}

/* ---- the rest of the spec ---- */

static void check_modes(struct field_errors *errors, const struct value *spec,
                        const struct field_path *path)
{
    if (size_of(value_get(spec, "accessModes")) == 0)
        field_required(errors, CHILD(path, "accessModes"), spec, "%s", "");
    check_access_modes(errors, value_get(spec, "accessModes"), CHILD(path, "accessModes"));
}

static void check_amount(struct field_errors *errors, const struct value *amount,
                         const struct field_path *path)
{
    struct quantity quantity;
    if (!quantity_load(amount, &quantity, NULL))
        return;
    char text[QUANTITY_TEXT];
    struct value *printed = value_new_string(quantity_print(quantity, text));
    printed->at = amount->at;
    if (quantity.nano < 0) {
        struct value *whole = value_new_int((int64_t)(quantity.nano / 1000000000));
        whole->at = amount->at;
        field_invalid(errors, path, whole, "must be a valid resource quantity");
        value_drop(whole);
    }
    if (quantity.nano <= 0)
        field_invalid(errors, path, printed, "must be greater than zero");
    value_drop(printed);
}

static void check_capacity(struct field_errors *errors, const struct value *spec,
                           const struct field_path *path)
{
    static const char *const storage[] = { "storage", NULL };
    const struct value *capacity = value_get(spec, "capacity");
    if (size_of(capacity) == 0)
        field_required(errors, path, spec, "%s", "");
    if (!has(capacity, "storage") || capacity->count > 1)
        field_unsupported(errors, path, capacity, capacity == NULL ? "null" : NULL, storage);
    for (size_t i = 0; i < size_of(capacity); i++)
        check_amount(errors, capacity->entries[i].value, KEY(path, capacity->entries[i].key));
}

/* False where there is none that counts. */
static bool check_node_terms(struct field_errors *errors, const struct value *affinity,
                             const struct field_path *path)
{
    if (value_is_null(affinity))
        return false;
    if (has(affinity, "required"))
        check_node_selector(errors, value_get(affinity, "required"), CHILD(path, "required"));
    else
        field_required(errors, CHILD(path, "required"), affinity,
                       "must specify required node constraints");
    return true;
}

static bool recycles_root(const struct value *spec)
{
    const char *path = text_at(value_get(spec, "hostPath"), "path");
    return strcmp(text_at(spec, "persistentVolumeReclaimPolicy"), "Recycle") == 0 && *path == '/' &&
           path[strspn(path, "/.")] == '\0';
}

void check_volume_object(struct field_errors *errors, const struct value *volume)
{
    static const char *const policies[] = { "Delete", "Recycle", "Retain", NULL };
    const struct value *spec = value_get(volume, "spec");
    const struct field_path *path = CHILD(NULL, "spec");
    check_modes(errors, spec, path);
    check_capacity(errors, spec, CHILD(path, "capacity"));
    check_choice(errors, spec, "persistentVolumeReclaimPolicy", path, policies, OPTIONAL);
    const bool has_affinity =
        check_node_terms(errors, value_get(spec, "nodeAffinity"), CHILD(path, "nodeAffinity"));
    check_sources(errors, spec, path, has_affinity);
    if (recycles_root(spec))
        field_forbidden(errors, CHILD(path, "persistentVolumeReclaimPolicy"),
                        value_get(spec, "persistentVolumeReclaimPolicy"),
                        "may not be 'recycle' for a hostPath mount of '/'");
    check_optional_text(errors, spec, "storageClassName", path, text_dns_subdomain);
    check_choice(errors, spec, "volumeMode", path, volume_modes, OPTIONAL);
    if (has(spec, "volumeAttributesClassName")) {
        if (*text_at(spec, "volumeAttributesClassName") == '\0')
            field_required(errors, CHILD(path, "volumeAttributesClassName"), spec,
                           "an empty string is disallowed");
        check_optional_text(errors, spec, "volumeAttributesClassName", path, text_dns_subdomain);
        if (!has(spec, "csi"))
            field_required(errors, CHILD(path, "csi"), spec,
                           "has to be specified when using volumeAttributesClassName");
    }
}

/* ---- updates ---- */

/* The source as the API server's own struct prints, field after field. The caller frees. */
static char *print_source(const struct value *spec)
{
    static const char *const fields[] = {
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "hostPath",
        "glusterfs",
        "nfs",
        "rbd",
        "quobyte",
        "iscsi",
        "flexVolume",
        "cinder",
        "cephfs",
        "fc",
        "flocker",
        "azureFile",
        "vsphereVolume",
        "azureDisk",
        "photonPersistentDisk",
        "portworxVolume",
        "scaleIO",
        "local",
        "storageos",
        "csi",
    };
    const struct schema_type *type = schema_type("core/v1.PersistentVolumeSource");
    struct writer out = { 0 };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct schema_field *field = schema_field(type, fields[i]);
        char *printed = go_value_print(value_get(spec, fields[i]), field->type);
        writer_format(&out, "%s\"%s\":%s", i == 0 ? "{" : ",", field->go, printed);
        free(printed);
    }
    writer_add_char(&out, '}');
    return writer_take(&out);
}

/* A secret for expansion may be given later. */
static struct value *without_new_secret(const struct value *spec, const struct value *was)
{
    struct value *copy = value_hold(spec);
    if (has(was, "csi") && !has(value_get(was, "csi"), "controllerExpandSecretRef") &&
        has(value_get(spec, "csi"), "controllerExpandSecretRef"))
        value_remove(value_own(value_slot(value_own(&copy), "csi")), "controllerExpandSecretRef");
    return copy;
}

void check_volume_object_update(struct field_errors *errors, const struct value *now,
                                const struct value *before)
{
    const struct value *spec = value_get(now, "spec"), *was = value_get(before, "spec");
    struct value *compared = without_new_secret(spec, was);
    char *old = print_source(was), *new = print_source(compared);
    check_volume_object(errors, now);
    if (strcmp(old, new) != 0) {
        char *diff = go_value_diff(old, new);
        field_forbidden(errors, CHILD(CHILD(NULL, "spec"), "persistentvolumesource"), spec,
                        "spec.persistentvolumesource is immutable after creation\n%s", diff);
        free(diff);
    }
    free(old);
    free(new);
    value_drop(compared);
    check_immutable(errors, value_get(spec, "volumeMode"), value_get(was, "volumeMode"),
                    CHILD(NULL, "volumeMode"), NULL);
    if (has(was, "nodeAffinity"))
        check_immutable(errors, value_get(spec, "nodeAffinity"), value_get(was, "nodeAffinity"),
                        CHILD(NULL, "nodeAffinity"), "*core/v1.VolumeNodeAffinity");
    if (has(was, "volumeAttributesClassName") && !has(spec, "volumeAttributesClassName"))
        field_forbidden(errors, CHILD(CHILD(NULL, "spec"), "volumeAttributesClassName"), spec,
                        "update from non-nil value to nil is forbidden");
}
