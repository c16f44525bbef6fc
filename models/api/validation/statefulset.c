/* StatefulSets, and the ControllerRevisions that they and DaemonSets keep.
 *
 * Follows ValidateStatefulSetSpec() and ValidateControllerRevision() of pkg/apis/apps/validation. */
#include <string.h>

#include "models/api/validation/validation_private.h"

static void check_stateful_strategy(struct field_errors *errors, const struct value *strategy,
                                    const struct field_path *path)
{
    const char *type = text_at(strategy, "type");
    const struct value *rolling = value_get(strategy, "rollingUpdate");
    const struct field_path *at = CHILD(path, "rollingUpdate");
    if (strcmp(type, "RollingUpdate") == 0)
        check_not_negative(errors, rolling, "partition", at);
    else if (strcmp(type, "OnDelete") != 0)
        invalid_struct(errors, strategy, "apps/v1.StatefulSetUpdateStrategy", path,
                       "must be 'RollingUpdate' or 'OnDelete'");
    else if (rolling != NULL)
        invalid_struct(errors, rolling, "apps/v1.RollingUpdateStatefulSetStrategy", at,
                       "only allowed for updateStrategy 'RollingUpdate'");
}

static void check_claim_templates(struct field_errors *errors, const struct value *claims,
                                  const struct field_path *path)
{
    for (size_t i = 0; i < size_of(claims); i++)
        check_claim_spec(errors, value_get(claims->items[i], "spec"), CHILD(ITEM(path, i), "spec"));
}

void check_statefulset(struct field_errors *errors, const struct value *now)
{
    static const char *const policies[] = { "OrderedReady", "Parallel", NULL };
    static const char *const retention[] = { "Retain", "Delete", NULL };
    const struct value *spec = value_get(now, "spec");
    const struct field_path *path = CHILD(NULL, "spec");
    const struct value *retain = value_get(spec, "persistentVolumeClaimRetentionPolicy");
    const struct field_path *at = CHILD(path, "persistentVolumeClaimRetentionPolicy");
    if (!one_of(text_at(spec, "podManagementPolicy"), policies))
        field_invalid(errors, CHILD(path, "podManagementPolicy"),
                      value_get(spec, "podManagementPolicy"),
                      "must be 'OrderedReady' or 'Parallel'");
    check_stateful_strategy(errors, value_get(spec, "updateStrategy"),
                            CHILD(path, "updateStrategy"));
    check_choice(errors, retain, "whenDeleted", at, retention, REQUIRED);
    check_choice(errors, retain, "whenScaled", at, retention, REQUIRED);
    check_not_negative(errors, spec, "replicas", path);
    check_not_negative(errors, spec, "minReadySeconds", path);
    check_not_negative(errors, value_get(spec, "ordinals"), "start", CHILD(path, "ordinals"));
    check_claim_templates(errors, value_get(spec, "volumeClaimTemplates"),
                          CHILD(path, "volumeClaimTemplates"));
    check_stateful_template(errors, spec, path);
}

/* Does a member that may not change differ? */
static bool differs(const struct value *spec, const struct value *before)
{
    static const char *const updatable[] = { "replicas",
                                             "ordinals",
                                             "template",
                                             "updateStrategy",
                                             "revisionHistoryLimit",
                                             "persistentVolumeClaimRetentionPolicy",
                                             "minReadySeconds",
                                             NULL };
    for (size_t i = 0; i < size_of(spec); i++)
        if (!one_of(spec->entries[i].key, updatable) &&
            !value_equal(spec->entries[i].value, value_get(before, spec->entries[i].key)))
            return true;
    return false;
}

void check_statefulset_update(struct field_errors *errors, const struct value *now,
                              const struct value *before)
{
    const struct value *spec = value_get(now, "spec"), *was = value_get(before, "spec");
    check_statefulset(errors, now);
    if (differs(spec, was) || differs(was, spec))
        field_forbidden(errors, CHILD(NULL, "spec"), spec,
                        "updates to statefulset spec for fields other than 'replicas', 'ordinals', "
                        "'template', 'updateStrategy', 'revisionHistoryLimit', "
                        "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are "
                        "forbidden");
}

/* ---- ControllerRevisions ---- */

void check_controller_revision(struct field_errors *errors, const struct value *revision)
{
    if (!has(revision, "data"))
        field_required(errors, CHILD(NULL, "data"), revision, "data is mandatory");
    check_not_negative(errors, revision, "revision", NULL);
}

void check_controller_revision_update(struct field_errors *errors, const struct value *now,
                                      const struct value *before)
{
    check_controller_revision(errors, now);
    check_immutable(errors, value_get(now, "data"), value_get(before, "data"), CHILD(NULL, "data"),
                    NULL);
}
