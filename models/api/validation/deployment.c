/* Deployments and ReplicaSets.
 *
 * Follows ValidateDeploymentSpec() and ValidateReplicaSetSpec() of pkg/apis/apps/validation, and the
 * immutable selector of pkg/registry/apps. */
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/go_value.h"
#include "models/api/validation/validation_private.h"

static void check_rolling_update(struct field_errors *errors, const struct value *rolling,
                                 const struct field_path *path)
{
    const struct value *unavailable = value_get(rolling, "maxUnavailable");
    const struct value *surge = value_get(rolling, "maxSurge");
    check_int_or_percent(errors, unavailable, CHILD(path, "maxUnavailable"));
    check_int_or_percent(errors, surge, CHILD(path, "maxSurge"));
    if (int_or_percent_amount(unavailable) == 0 && int_or_percent_amount(surge) == 0)
        field_invalid(errors, CHILD(path, "maxUnavailable"), unavailable,
                      "may not be 0 when `maxSurge` is 0");
    check_at_most_all(errors, unavailable, CHILD(path, "maxUnavailable"));
}

static void check_strategy(struct field_errors *errors, const struct value *strategy,
                           const struct field_path *path)
{
    static const char *const types[] = { "Recreate", "RollingUpdate", NULL };
    const struct value *rolling = value_get(strategy, "rollingUpdate");
    const char *type = text_at(strategy, "type");
    if (!one_of(type, types)) {
        char *printed = go_value_print(strategy, schema_type("apps/v1.DeploymentStrategy"));
        field_unsupported(errors, path, strategy, printed, types);
        free(printed);
    } else if (strcmp(type, "RollingUpdate") == 0) {
        check_rolling_update(errors, rolling, CHILD(path, "rollingUpdate"));
    } else if (rolling != NULL) {
        field_forbidden(errors, CHILD(path, "rollingUpdate"), rolling,
                        "may not be specified when strategy `type` is 'Recreate'");
    }
}

void check_deployment(struct field_errors *errors, const struct value *now)
{
    const struct value *spec = value_get(now, "spec");
    const struct field_path *path = CHILD(NULL, "spec");
    const struct value *deadline = value_get(spec, "progressDeadlineSeconds");
    check_not_negative(errors, spec, "replicas", path);
    check_replica_template(errors, spec, path);
    check_strategy(errors, value_get(spec, "strategy"), CHILD(path, "strategy"));
    check_not_negative(errors, spec, "minReadySeconds", path);
    check_not_negative(errors, spec, "revisionHistoryLimit", path);
    check_not_negative(errors, spec, "progressDeadlineSeconds", path);
    if (deadline != NULL && value_int(deadline, 0) <= number_at(spec, "minReadySeconds"))
        field_invalid(errors, CHILD(path, "progressDeadlineSeconds"), deadline,
                      "must be greater than minReadySeconds");
}

void check_replicaset(struct field_errors *errors, const struct value *now)
{
    const struct value *spec = value_get(now, "spec");
    const struct field_path *path = CHILD(NULL, "spec");
    check_not_negative(errors, spec, "replicas", path);
    check_not_negative(errors, spec, "minReadySeconds", path);
    check_replica_template(errors, spec, path);
}

void check_deployment_update(struct field_errors *errors, const struct value *now,
                             const struct value *before)
{
    check_deployment(errors, now);
    check_selector_stays(errors, now, before);
}

void check_replicaset_update(struct field_errors *errors, const struct value *now,
                             const struct value *before)
{
    check_replicaset(errors, now);
    check_selector_stays(errors, now, before);
}
