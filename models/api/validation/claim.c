/* The spec of a PersistentVolumeClaim, as pods and StatefulSets embed it.
 *
 * Follows ValidatePersistentVolumeClaimSpec() of pkg/apis/core/validation. */
#include <string.h>

#include "models/api/quantity.h"
#include "models/api/validation/validation_private.h"

static void check_access_modes(struct field_errors *errors, const struct value *spec,
                               const struct field_path *path)
{
    static const char *const supported[] = { "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce",
                                             "ReadWriteOncePod", NULL };
    const struct value *modes = value_get(spec, "accessModes");
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

void check_claim_spec(struct field_errors *errors, const struct value *spec,
                      const struct field_path *path)
{
    static const char *const modes[] = { "Block", "Filesystem", NULL };
    if (size_of(value_get(spec, "accessModes")) == 0)
        field_required(errors, CHILD(path, "accessModes"), spec,
                       "at least 1 access mode is required");
    check_label_selector(errors, value_get(spec, "selector"), CHILD(path, "selector"));
    check_access_modes(errors, spec, CHILD(path, "accessModes"));
    check_storage(errors, spec, KEY(CHILD(path, "resources"), "storage"));
    check_optional_text(errors, spec, "storageClassName", path, text_dns_subdomain);
    check_choice(errors, spec, "volumeMode", path, modes, OPTIONAL);
    check_data_source(errors, value_get(spec, "dataSource"), CHILD(path, "dataSource"));
    check_data_source(errors, value_get(spec, "dataSourceRef"), CHILD(path, "dataSourceRef"));
    check_optional_text(errors, spec, "volumeAttributesClassName", path, text_dns_subdomain);
}
