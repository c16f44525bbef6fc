/* Label selectors: their shape, and whether they fit some labels.
 *
 * Follows apimachinery pkg/apis/meta/v1/validation and metav1.LabelSelectorAsSelector. Works on
 * documents: what is validated need not compile. */
#include <string.h>

#include "models/api/validation/validation_private.h"

static const char *const set_operators[] = { "In", "NotIn", NULL };
static const char *const key_operators[] = { "Exists", "DoesNotExist", NULL };

static void check_requirement(struct field_errors *errors, const struct value *requirement,
                              const struct field_path *path)
{
    const char *operator= text_at(requirement, "operator");
    const struct value *values = value_get(requirement, "values");
    if (one_of(operator, set_operators)) {
        if (size_of(values) == 0)
            field_required(errors, CHILD(path, "values"), requirement,
                           "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (one_of(operator, key_operators)) {
        if (size_of(values) > 0)
            field_forbidden(errors, CHILD(path, "values"), values,
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else {
        field_invalid(errors, CHILD(path, "operator"), value_get(requirement, "operator"),
                      "not a valid selector operator");
    }
    check_text(errors, value_get(requirement, "key"), CHILD(path, "key"), text_label_key);
    for (size_t i = 0; i < size_of(values); i++)
        check_text(errors, values->items[i], ITEM(CHILD(path, "values"), i), text_label_value);
}

void check_label_selector(struct field_errors *errors, const struct value *selector,
                          const struct field_path *path)
{
    const struct value *expressions = value_get(selector, "matchExpressions");
    check_labels(errors, value_get(selector, "matchLabels"), CHILD(path, "matchLabels"));
    for (size_t i = 0; i < size_of(expressions); i++)
        check_requirement(errors, expressions->items[i], ITEM(CHILD(path, "matchExpressions"), i));
}

bool selector_compiles(const struct value *selector)
{
    struct field_errors errors = { 0 };
    check_label_selector(&errors, selector, NULL);
    bool compiles = errors.count == 0;
    field_errors_close(&errors);
    return compiles;
}

static bool requirement_fits(const struct value *requirement, const struct value *labels)
{
    const char *operator= text_at(requirement, "operator");
    const char *key = text_at(requirement, "key");
    const struct value *values = value_get(requirement, "values");
    bool present = value_get(labels, key) != NULL;
    bool listed = present && list_has(values, text_at(labels, key));
    if (strcmp(operator, "In") == 0)
        return listed;
    if (strcmp(operator, "NotIn") == 0)
        return !listed;
    return present == (strcmp(operator, "Exists") == 0);
}

bool selector_fits(const struct value *selector, const struct value *labels)
{
    const struct value *wanted = value_get(selector, "matchLabels");
    const struct value *expressions = value_get(selector, "matchExpressions");
    if (value_is_null(selector))
        return false;
    for (size_t i = 0; i < size_of(wanted); i++) {
        const struct value_entry *label = &wanted->entries[i];
        if (!value_equal(value_get(labels, label->key), label->value))
            return false;
    }
    for (size_t i = 0; i < size_of(expressions); i++)
        if (!requirement_fits(expressions->items[i], labels))
            return false;
    return true;
}
