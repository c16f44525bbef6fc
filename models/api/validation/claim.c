/* PersistentVolumeClaims, and their spec, which pods and StatefulSets embed.
 *
 * Follows ValidatePersistentVolumeClaimSpec() and ValidatePersistentVolumeClaimUpdate() of
 * pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/quantity.h"
#include "models/api/validation/go_value.h"
#include "models/api/validation/validation_private.h"
#include "sim/base/writer.h"

void check_access_modes(struct field_errors *errors, const struct value *modes,
                        const struct field_path *path)
{
    static const char *const supported[] = { "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce",
                                             "ReadWriteOncePod", NULL };
    bool alone = list_has(modes, "ReadWriteOncePod");
    bool others = false;
    for (size_t i = 0; i < size_of(modes); i++) {
        const char *mode = value_text(modes->items[i], "");
        if (!one_of(mode, supported))
            field_unsupported(errors, path, modes->items[i], NULL, supported);
        else
            others |= strcmp(mode, "ReadWriteOncePod") != 0;
    }
    if (alone && others)
        field_forbidden(errors, path, modes,
                        "may not use ReadWriteOncePod with other access modes");
}

static void check_storage(struct field_errors *errors, const struct value *spec,
                          const struct field_path *path)
{
    const struct value *storage = value_path(spec, "resources", "requests", "storage", NULL);
    struct quantity amount;
    if (storage == NULL) {
        field_required(errors, path, spec, "%s", "");
        return;
    }
    if (quantity_load(storage, &amount, NULL) && amount.nano <= 0) {
        char text[QUANTITY_TEXT];
        struct value *printed = value_new_string(quantity_print(amount, text));
        printed->at = storage->at;
        field_invalid(errors, path, printed, "must be greater than zero");
        value_drop(printed);
    }
}

static void check_data_source(struct field_errors *errors, const struct value *source,
                              const struct field_path *path)
{
    const char *group = text_at(source, "apiGroup");
    if (value_is_null(source))
        return;
    check_required_text(errors, source, "name", path, NULL);
    check_required_text(errors, source, "kind", path, NULL);
    if (*group == '\0' && strcmp(text_at(source, "kind"), "PersistentVolumeClaim") != 0)
        field_invalid(errors, path, value_get(source, "kind"),
                      "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    check_optional_text(errors, source, "apiGroup", path, text_dns_subdomain);
}

/* Both name the same source, unless one is of another namespace, which the older field cannot say. */
static void check_data_sources(struct field_errors *errors, const struct value *spec,
                               const struct field_path *path)
{
    const struct value *source = value_get(spec, "dataSource");
    const struct value *reference = value_get(spec, "dataSourceRef");
    char *name = NULL;
    if (value_is_null(source) || value_is_null(reference))
        return;
    struct writer quoted = { 0 };
    name = field_path_text(CHILD(path, "dataSource"));
    writer_format(&quoted, "\"%s\"", name);
    if (*text_at(reference, "namespace") != '\0')
        field_invalid_printed(errors, path, source, quoted.bytes,
                              "may not be specified when dataSourceRef.namespace is specified");
    else if (strcmp(text_at(source, "apiGroup"), text_at(reference, "apiGroup")) != 0 ||
             strcmp(text_at(source, "kind"), text_at(reference, "kind")) != 0 ||
             strcmp(text_at(source, "name"), text_at(reference, "name")) != 0)
        field_invalid_printed(errors, path, source, quoted.bytes, "must match dataSourceRef");
    writer_close(&quoted);
    free(name);
}

void check_claim_spec(struct field_errors *errors, const struct value *spec,
                      const struct field_path *path)
{
    static const char *const modes[] = { "Block", "Filesystem", NULL };
    if (size_of(value_get(spec, "accessModes")) == 0)
        field_required(errors, CHILD(path, "accessModes"), spec,
                       "at least 1 access mode is required");
    check_label_selector(errors, value_get(spec, "selector"), CHILD(path, "selector"));
    check_access_modes(errors, value_get(spec, "accessModes"), CHILD(path, "accessModes"));
    check_storage(errors, spec, KEY(CHILD(path, "resources"), "storage"));
    check_optional_text(errors, spec, "storageClassName", path, text_dns_subdomain);
    check_choice(errors, spec, "volumeMode", path, modes, OPTIONAL);
    check_data_source(errors, value_get(spec, "dataSource"), CHILD(path, "dataSource"));
    check_data_source(errors, value_get(spec, "dataSourceRef"), CHILD(path, "dataSourceRef"));
    check_data_sources(errors, spec, path);
    check_optional_text(errors, spec, "volumeAttributesClassName", path, text_dns_subdomain);
}

void check_claim(struct field_errors *errors, const struct value *claim)
{
    check_claim_spec(errors, value_get(claim, "spec"), CHILD(NULL, "spec"));
}

/* ---- updates ---- */

/* Put a member of `from` into the place of the same in `into`; absent is absent. */
static void take_member(struct value *into, const struct value *from, const char *key)
{
    if (value_get(from, key) != NULL)
        value_set(into, key, value_hold(value_get(from, key)));
    else
        value_remove(into, key);
}

/* A new spec as it is compared with the old one: without what may change. */
static struct value *compared_spec(const struct value *now, const struct value *was)
{
    const struct value *amount = value_path(was, "spec", "resources", "requests", "storage", NULL);
    struct value *spec = value_hold(value_get(now, "spec"));
    value_own(&spec);
    if (*text_at(value_get(was, "spec"), "volumeName") == '\0')
        value_remove(spec, "volumeName");
    if (!has(value_get(was, "spec"), "storageClassName"))
        value_remove(spec, "storageClassName");
    take_member(spec, value_get(was, "spec"), "volumeAttributesClassName");
    if (strcmp(text_at(value_get(now, "status"), "phase"), "Bound") == 0 && amount != NULL &&
        value_path(spec, "resources", "requests", NULL) != NULL)
        value_put(&spec, value_hold(amount), "resources", "requests", "storage", NULL);
    return spec;
}

static struct quantity amount_of(const struct value *amount)
{
    struct quantity quantity = { 0 };
    if (amount != NULL)
        quantity_load(amount, &quantity, NULL);
    return quantity;
}

static void check_size(struct field_errors *errors, const struct value *now,
                       const struct value *was)
{
    const struct field_path *at = CHILD(CHILD(CHILD(NULL, "spec"), "resources"), "requests");
    const struct value *size = value_path(now, "spec", "resources", "requests", "storage", NULL);
    const struct quantity new = amount_of(size);
    const struct quantity old =
        amount_of(value_path(was, "spec", "resources", "requests", "storage", NULL));
    const struct quantity real = amount_of(value_path(was, "status", "capacity", "storage", NULL));
    if (new.nano < old.nano &&new.nano <= real.nano)
        field_forbidden(errors, CHILD(at, "storage"), size,
                        "field can not be less than status.capacity");
}

static void check_attributes(struct field_errors *errors, const struct value *spec,
                             const struct value *was)
{
    static const char key[] = "volumeAttributesClassName";
    const struct field_path *at = CHILD(CHILD(NULL, "spec"), key);
    if (has(was, key) && !has(spec, key))
        field_forbidden(errors, at, spec, "update from non-nil value to nil is forbidden");
    else if (*text_at(was, key) != '\0' && *text_at(spec, key) == '\0')
        field_forbidden(errors, at, spec,
                        "update from non-nil value to an empty string is forbidden");
}

void check_claim_update(struct field_errors *errors, const struct value *now,
                        const struct value *before)
{
    const struct schema_type *type = schema_type("core/v1.PersistentVolumeClaimSpec");
    const struct value *spec = value_get(now, "spec"), *was = value_get(before, "spec");
    struct value *compared = compared_spec(now, before);
    char *old = go_value_print(was, type), *new = go_value_print(compared, type);
    check_claim(errors, now);
    if (strcmp(old, new) != 0) {
        char *diff = go_value_diff(old, new);
        field_forbidden(errors, CHILD(NULL, "spec"), spec,
                        "spec is immutable after creation except resources.requests and "
                        "volumeAttributesClassName for bound claims\n%s",
                        diff);
        free(diff);
    }
    free(old);
    free(new);
    value_drop(compared);
    check_size(errors, now, before);
    check_immutable(errors, value_get(spec, "volumeMode"), value_get(was, "volumeMode"),
                    CHILD(NULL, "volumeMode"), NULL);
    check_attributes(errors, spec, was);
}
