/* What may change of a Pod that exists: images, tolerations that are added, a deadline that
 * comes nearer, gates that go.
 *
 * Follows ValidatePodUpdate() of pkg/apis/core/validation. The API server ends its message with a
 * dump of the Go structs that differ, which we leave out. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/go_value.h"
#include "models/api/validation/validation_private.h"

#define UPDATABLE                                                                                  \
    "pod updates may not change fields other than `spec.containers[*].image`,"                     \
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"                                 \
    "`spec.tolerations` (only additions to existing tolerations),"                                 \
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

#define APPARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"

static bool is_frozen_annotation(const char *key)
{
    return strncmp(key, APPARMOR_PREFIX, strlen(APPARMOR_PREFIX)) == 0 ||
           strcmp(key, "kubernetes.io/config.mirror") == 0;
}

static void check_frozen_annotations(struct field_errors *errors, const struct value *now,
                                     const struct value *before, const struct field_path *path)
{
    for (size_t i = 0; i < size_of(before); i++) {
        const char *key = before->entries[i].key;
        if (is_frozen_annotation(key) &&
            !value_equal(value_get(now, key), before->entries[i].value))
            field_forbidden(errors, KEY(path, key), value_get(now, key),
                            "may not remove or update %s",
                            key[0] == 'c' ? "AppArmor annotations" : "mirror pod annotation");
    }
    for (size_t i = 0; i < size_of(now); i++) {
        const char *key = now->entries[i].key;
        if (is_frozen_annotation(key) && value_get(before, key) == NULL)
            field_forbidden(errors, KEY(path, key), now->entries[i].value, "may not add %s",
                            key[0] == 'c' ? "AppArmor annotations" : "mirror pod annotation");
    }
}

/* False when a container was added or removed: then nothing else can be compared. */
static bool check_images(struct field_errors *errors, const struct value *now,
                         const struct value *before, const struct field_path *path)
{
    if (size_of(now) != size_of(before)) {
        field_forbidden(errors, path, now, "pod updates may not add or remove containers");
        return false;
    }
    for (size_t i = 0; i < size_of(now); i++)
        check_required_text(errors, now->items[i], "image", ITEM(path, i), NULL);
    check_images_for_pod(errors, now, path);
    return true;
}

/* False when the deadline is so wrong that the API server looks no further. */
static bool check_deadline(struct field_errors *errors, const struct value *now,
                           const struct value *before, const struct field_path *path)
{
    int64_t seconds = value_int(now, 0);
    if (now == NULL) {
        if (before != NULL)
            field_invalid_printed(errors, path, NULL, "null",
                                  "must not update from a positive integer to nil value");
        return true;
    }
    if (seconds < 0 || seconds > INT32_MAX) {
        field_invalid(errors, path, now, "must be between 0 and %" PRId32 ", inclusive", INT32_MAX);
        return false;
    }
    if (before != NULL && value_int(before, 0) < seconds) {
        field_invalid(errors, path, now, "must be less than or equal to previous value");
        return false;
    }
    return true;
}

/* The same toleration, whatever its seconds. */
static bool is_same_toleration(const struct value *a, const struct value *b)
{
    static const char *const members[] = { "key", "operator", "value", "effect" };
    for (size_t i = 0; i < 4; i++)
        if (strcmp(text_at(a, members[i]), text_at(b, members[i])) != 0)
            return false;
    return true;
}

static void check_kept_tolerations(struct field_errors *errors, const struct value *now,
                                   const struct value *before, const struct field_path *path)
{
    for (size_t i = 0; i < size_of(before); i++) {
        bool kept = false;
        for (size_t j = 0; j < size_of(now); j++)
            kept |= is_same_toleration(before->items[i], now->items[j]);
        if (!kept) {
            field_forbidden(errors, path, now,
                            "existing toleration can not be modified except its tolerationSeconds");
            return;
        }
    }
    check_tolerations(errors, now, path);
}

static void check_gates_only_go(struct field_errors *errors, const struct value *now,
                                const struct value *before, const struct field_path *path)
{
    for (size_t i = 0; i < size_of(now); i++) {
        const struct value *name = value_get(now->items[i], "name");
        bool known = false;
        for (size_t j = 0; j < size_of(before); j++)
            known |= value_equal(value_get(before->items[j], "name"), name);
        if (!known)
            field_forbidden(errors, CHILD(ITEM(path, i), "name"), name,
                            "only deletion is allowed, but found new scheduling gate '%s'",
                            value_text(name, ""));
    }
}

/* Copy a member of one map to another, or remove it there. */
static void take_member(struct value *into, const struct value *from, const char *key)
{
    if (value_get(from, key) != NULL)
        value_set(into, key, value_hold(value_get(from, key)));
    else
        value_remove(into, key);
}

static void take_images(struct value *spec, const struct value *before, const char *key)
{
    if (value_get(spec, key) == NULL)
        return;
    struct value *list = value_own(value_slot(spec, key));
    for (size_t i = 0; i < list->count; i++)
        take_member(value_own(&list->items[i]), value_get(before, key)->items[i], "image");
}

/* A gated pod is not placed yet: its demands on nodes may still grow. */
static void check_gated(struct field_errors *errors, struct value *spec, const struct value *before,
                        const struct field_path *path)
{
    const struct value *was = value_get(before, "nodeSelector");
    const struct value *now = value_get(spec, "nodeSelector");
    for (size_t i = 0; i < size_of(was); i++)
        if (!value_equal(value_get(now, was->entries[i].key), was->entries[i].value)) {
            field_invalid(errors, CHILD(path, "nodeSelector"), now,
                          "only additions to spec.nodeSelector are allowed (no mutations or "
                          "deletions)");
            break;
        }
    take_member(spec, before, "nodeSelector");
    if (value_path(before, "affinity", "nodeAffinity",
                   "requiredDuringSchedulingIgnoredDuringExecution", NULL) == NULL)
        take_member(spec, before, "affinity");
}

/* Everything that may change put back: what differs now may not. */
static void check_rest(struct field_errors *errors, const struct value *now,
                       const struct value *before, const struct field_path *path)
{
    static const char *const free_members[] = { "activeDeadlineSeconds", "tolerations",
                                                "schedulingGates" };
    struct value *spec = value_hold(now);
    value_own(&spec);
    take_images(spec, before, "containers");
    take_images(spec, before, "initContainers");
    for (size_t i = 0; i < 3; i++)
        take_member(spec, before, free_members[i]);
    if (number_at(before, "terminationGracePeriodSeconds") < 0 &&
        number_at(spec, "terminationGracePeriodSeconds") == 1)
        take_member(spec, before, "terminationGracePeriodSeconds");
    if (size_of(value_get(before, "schedulingGates")) > 0)
        check_gated(errors, spec, before, path);
    if (!value_equal(spec, before)) {
        const struct schema_type *type = schema_type("core/v1.PodSpec");
        char *old = go_value_print(before, type), *new = go_value_print(spec, type);
        char *diff = go_value_diff(old, new);
        field_forbidden(errors, path, now, "%s\n%s", UPDATABLE, diff);
        free(diff);
        free(old);
        free(new);
    }
    value_drop(spec);
}

void check_pod_update(struct field_errors *errors, const struct value *pod,
                      const struct value *before)
{
    const struct field_path *at = CHILD(NULL, "spec"), *at_meta = CHILD(NULL, "metadata");
    const struct value *now = value_get(pod, "spec"), *was = value_get(before, "spec");
    check_meta_update(errors, value_get(pod, "metadata"), value_get(before, "metadata"), at_meta);
    check_pod_meta_and_spec(errors, pod);
    check_frozen_annotations(errors, value_path(pod, "metadata", "annotations", NULL),
                             value_path(before, "metadata", "annotations", NULL),
                             CHILD(at_meta, "annotations"));
    if (!check_images(errors, value_get(now, "containers"), value_get(was, "containers"),
                      CHILD(at, "containers")) ||
        !check_images(errors, value_get(now, "initContainers"), value_get(was, "initContainers"),
                      CHILD(at, "initContainers")) ||
        !check_deadline(errors, value_get(now, "activeDeadlineSeconds"),
                        value_get(was, "activeDeadlineSeconds"),
                        CHILD(at, "activeDeadlineSeconds")))
        return;
    check_kept_tolerations(errors, value_get(now, "tolerations"), value_get(was, "tolerations"),
                           CHILD(at, "tolerations"));
    check_gates_only_go(errors, value_get(now, "schedulingGates"),
                        value_get(was, "schedulingGates"), CHILD(at, "schedulingGates"));
    check_rest(errors, now, was, at);
}
