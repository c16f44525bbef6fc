/* DaemonSets.
 *
 * Follows ValidateDaemonSetSpec() of pkg/apis/apps/validation. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/go_value.h"
#include "models/api/validation/validation_private.h"

static void check_daemon_strategy(struct field_errors *errors, const struct value *strategy,
                                  const struct field_path *path)
{
    static const char *const types[] = { "RollingUpdate", "OnDelete", NULL };
    const struct value *rolling = value_get(strategy, "rollingUpdate");
    const struct value *unavailable = value_get(rolling, "maxUnavailable");
    const struct field_path *at = CHILD(path, "rollingUpdate");
    if (!one_of(text_at(strategy, "type"), types)) {
        char *printed = go_value_print(strategy, schema_type("apps/v1.DaemonSetUpdateStrategy"));
        field_unsupported(errors, path, strategy, printed, types);
        free(printed);
        return;
    }
    if (strcmp(text_at(strategy, "type"), "OnDelete") == 0)
        return;
    check_int_or_percent_at(errors, rolling, "maxUnavailable", at);
    check_int_or_percent_at(errors, rolling, "maxSurge", at);
    bool surges = int_or_percent_amount(value_get(rolling, "maxSurge")) != 0;
    if (surges && int_or_percent_amount(unavailable) != 0)
        field_invalid(errors, CHILD(at, "maxSurge"), value_get(rolling, "maxSurge"),
                      "may not be set when maxUnavailable is non-zero");
    if (!surges && int_or_percent_amount(unavailable) == 0)
        field_required(errors, CHILD(at, "maxUnavailable"), strategy,
                       "cannot be 0 when maxSurge is 0");
}

void check_daemonset(struct field_errors *errors, const struct value *now)
{
    const struct value *spec = value_get(now, "spec");
    const struct field_path *path = CHILD(NULL, "spec");
    check_daemon_template(errors, spec, path);
    check_not_negative(errors, spec, "minReadySeconds", path);
    check_daemon_strategy(errors, value_get(spec, "updateStrategy"), CHILD(path, "updateStrategy"));
    check_not_negative(errors, spec, "revisionHistoryLimit", path);
}

void check_daemonset_update(struct field_errors *errors, const struct value *now,
                            const struct value *before)
{
    check_daemonset(errors, now);
    check_selector_stays(errors, now, before);
}
