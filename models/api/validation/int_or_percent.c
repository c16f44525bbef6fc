/* Counts that may be percentages: maxSurge, minAvailable, ...
 *
 * Follows ValidatePositiveIntOrPercent() and IsNotMoreThan100Percent() of pkg/apis/apps/validation. */
#include <stdlib.h>

#include "models/api/validation/validation_private.h"

void check_int_or_percent(struct field_errors *errors, const struct value *number,
                          const struct field_path *path)
{
    if (number != NULL && number->type == VALUE_STRING)
        check_text(errors, number, path, text_percent);
    else if (value_int(number, 0) < 0)
        field_invalid(errors, path, number, "must be greater than or equal to 0");
}

/* The number before a per cent sign, or the number; 0 when it is neither. */
int64_t int_or_percent_amount(const struct value *number)
{
    if (number == NULL || number->type != VALUE_STRING)
        return value_int(number, 0);
    return text_fits(number->text, text_percent) ? strtoll(number->text, NULL, 10) : 0;
}

void check_at_most_all(struct field_errors *errors, const struct value *number,
                       const struct field_path *path)
{
    if (number != NULL && number->type == VALUE_STRING && int_or_percent_amount(number) > 100)
        field_invalid(errors, path, number, "must not be greater than 100%%");
}

void check_int_or_percent_at(struct field_errors *errors, const struct value *map, const char *key,
                             const struct field_path *path)
{
    if (!has(map, key))
        return;
    check_int_or_percent(errors, value_get(map, key), CHILD(path, key));
    check_at_most_all(errors, value_get(map, key), CHILD(path, key));
}
