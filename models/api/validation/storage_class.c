/* StorageClasses.
 *
 * Follows ValidateStorageClass() and ValidateStorageClassUpdate() of pkg/apis/storage/validation, and
 * ValidateTopologySelectorTerm() of pkg/apis/core/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

enum { PARAMETERS = 512, PARAMETERS_BYTES = 256 * 1024 };

static void check_parameters(struct field_errors *errors, const struct value *parameters,
                             const struct field_path *path)
{
    size_t bytes = 0;
    if (size_of(parameters) > PARAMETERS) {
        field_too_long(errors, path, parameters, PARAMETERS);
        return;
    }
    for (size_t i = 0; i < size_of(parameters); i++) {
        const struct value_entry *entry = &parameters->entries[i];
        if (*entry->key == '\0')
            field_invalid_printed(errors, path, parameters, "\"\"", "field can not be empty.");
        bytes += strlen(entry->key) + strlen(value_text(entry->value, ""));
    }
    if (bytes > PARAMETERS_BYTES)
        field_too_long(errors, path, parameters, PARAMETERS_BYTES);
}

static void check_values(struct field_errors *errors, const struct value *values,
                         const struct value *near, const struct field_path *path)
{
    if (size_of(values) == 0)
        field_required(errors, path, near, "%s", "");
    for (size_t i = 0; i < size_of(values); i++)
        for (size_t j = 0; j < i; j++)
            if (value_equal(values->items[i], values->items[j])) {
                field_duplicate(errors, ITEM(path, i), values->items[i], NULL);
                break;
            }
}

static void check_topology(struct field_errors *errors, const struct value *term,
                           const struct field_path *path)
{
    const struct value *list = value_get(term, "matchLabelExpressions");
    for (size_t i = 0; i < size_of(list); i++) {
        const struct field_path *item = ITEM(CHILD(path, "matchLabelExpressions"), i);
        const struct value *key = value_get(list->items[i], "key");
        check_values(errors, value_get(list->items[i], "values"), list->items[i],
                     CHILD(item, "values"));
        check_text(errors, key, CHILD(item, "key"), text_label_key);
        for (size_t j = 0; j < i; j++)
            if (value_equal(key, value_get(list->items[j], "key"))) {
                field_duplicate(errors, CHILD(item, "key"), key, NULL);
                break;
            }
    }
}

static void check_topologies(struct field_errors *errors, const struct value *terms,
                             const struct field_path *path)
{
    for (size_t i = 0; i < size_of(terms); i++) {
        check_topology(errors, terms->items[i], ITEM(path, i));
        for (size_t j = 0; j < i; j++)
            if (value_equal(terms->items[i], terms->items[j]))
                field_duplicate(errors, CHILD(ITEM(path, i), "matchLabelExpressions"),
                                terms->items[i], "\"\"");
    }
}

void check_storage_class(struct field_errors *errors, const struct value *class)
{
    static const char *const policies[] = { "Delete", "Retain", NULL };
    static const char *const modes[] = { "Immediate", "WaitForFirstConsumer", NULL };
    check_required_text(errors, class, "provisioner", NULL, text_annotation_key);
    check_parameters(errors, value_get(class, "parameters"), CHILD(NULL, "parameters"));
    check_choice(errors, class, "reclaimPolicy", NULL, policies, OPTIONAL);
    check_choice(errors, class, "volumeBindingMode", NULL, modes, REQUIRED);
    check_topologies(errors, value_get(class, "allowedTopologies"),
                     CHILD(NULL, "allowedTopologies"));
}

void check_storage_class_update(struct field_errors *errors, const struct value *now,
                                const struct value *before)
{
    static const char *const fixed[] = { "parameters", "provisioner", "reclaimPolicy",
                                         "volumeBindingMode" };
    for (size_t i = 0; i < 4; i++)
        check_immutable(errors, value_get(now, fixed[i]), value_get(before, fixed[i]),
                        CHILD(NULL, fixed[i]), NULL);
}
