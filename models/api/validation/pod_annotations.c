/* Annotations that mean something to pods: mirror pods, deletion costs, and the profiles
 * that were annotations before they were fields.
 *
 * Follows ValidatePodSpecificAnnotations() and the checks that field and annotation agree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/validation/validation_private.h"
#include "sim/base/memory.h"

#define MIRROR          "kubernetes.io/config.mirror"
#define DELETION_COST   "controller.kubernetes.io/pod-deletion-cost"
#define SECCOMP_POD     "seccomp.security.alpha.kubernetes.io/pod"
#define SECCOMP_PREFIX  "container.seccomp.security.alpha.kubernetes.io/"
#define APPARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"

static const char *const lists[] = { "initContainers", "containers", "ephemeralContainers" };

static bool is_cost(const char *text)
{
    char *end;
    errno = 0;
    long cost = strtol(text, &end, 10);
    const char *digits = text + (*text == '-');
    bool leading = digits[0] == '0' && digits[1] != '\0';
    return *text != '\0' && *end == '\0' && errno == 0 && !leading && *text != '+' &&
           *text != ' ' && cost >= INT32_MIN && cost <= INT32_MAX && strcmp(text, "-0") != 0;
}

static bool has_container(const struct value *spec, const char *name)
{
    for (size_t l = 0; l < 3; l++) {
        const struct value *list = value_get(spec, lists[l]);
        for (size_t i = 0; i < size_of(list); i++)
            if (strcmp(text_at(list->items[i], "name"), name) == 0)
                return true;
    }
    return false;
}

static void check_seccomp_text(struct field_errors *errors, const struct value *profile,
                               const struct field_path *path)
{
    static const char *const known[] = { "runtime/default", "docker/default", "unconfined", NULL };
    const char *text = value_text(profile, "");
    if (one_of(text, known))
        return;
    if (strncmp(text, "localhost/", 10) == 0)
        check_descending_path(errors, profile, text + 10, path);
    else
        field_invalid(errors, path, profile, "must be a valid seccomp profile");
}

static void check_apparmor_text(struct field_errors *errors, const struct value_entry *entry,
                                const struct value *spec, const struct field_path *path)
{
    const char *container = entry->key + strlen(APPARMOR_PREFIX);
    const char *profile = value_text(entry->value, "");
    char *quoted = field_quote(container);
    if (!has_container(spec, container))
        field_invalid_printed(errors, KEY(path, entry->key), entry->value, quoted,
                              "container not found");
    free(quoted);
    if (*profile != '\0' && strcmp(profile, "runtime/default") != 0 &&
        strcmp(profile, "unconfined") != 0 && strncmp(profile, "localhost/", 10) != 0) {
        quoted = field_quote(profile);
        field_invalid(errors, KEY(path, entry->key), entry->value,
                      "invalid AppArmor profile name: %s", quoted);
        free(quoted);
    }
}

void check_pod_annotations(struct field_errors *errors, const struct value *annotations,
                           const struct value *spec, const struct field_path *path)
{
    const struct value *mirror = value_get(annotations, MIRROR);
    const struct value *cost = value_get(annotations, DELETION_COST);
    const struct value *profile = value_get(annotations, SECCOMP_POD);
    if (mirror != NULL && *text_at(spec, "nodeName") == '\0')
        field_invalid(errors, KEY(path, MIRROR), mirror,
                      "must set spec.nodeName if mirror pod annotation is set");
    if (cost != NULL && !is_cost(value_text(cost, "")))
        field_invalid(errors, KEY(path, DELETION_COST), cost, "must be a 32bit integer");
    if (profile != NULL)
        check_seccomp_text(errors, profile, CHILD(path, SECCOMP_POD));
    for (size_t i = 0; i < size_of(annotations); i++) {
        const struct value_entry *entry = &annotations->entries[i];
        if (strncmp(entry->key, SECCOMP_PREFIX, strlen(SECCOMP_PREFIX)) == 0)
            check_seccomp_text(errors, entry->value, CHILD(path, entry->key));
        if (strncmp(entry->key, APPARMOR_PREFIX, strlen(APPARMOR_PREFIX)) == 0)
            check_apparmor_text(errors, entry, spec, path);
    }
}

/* A profile that stands both in a field and in an annotation must be one. */
static void check_same_profile(struct field_errors *errors, const struct value *profile,
                               const struct value *annotation, const char *what,
                               const struct field_path *path)
{
    const char *type = text_at(profile, "type"), *text = value_text(annotation, "");
    bool local = strncmp(text, "localhost/", 10) == 0, same = true;
    if (strcmp(type, "Unconfined") == 0)
        same = strcmp(text, "unconfined") == 0;
    else if (strcmp(type, "RuntimeDefault") == 0)
        same = strcmp(text, "runtime/default") == 0 ||
               (strcmp(what, "seccomp") == 0 && strcmp(text, "docker/default") == 0);
    else if (strcmp(type, "Localhost") == 0)
        same = local;
    if (!same)
        field_forbidden(errors, CHILD(path, "type"), profile,
                        "%s type in annotation and field must match", what);
    else if (strcmp(type, "Localhost") == 0 &&
             strcmp(text + 10, text_at(profile, "localhostProfile")) != 0)
        field_forbidden(errors, CHILD(path, "localhostProfile"), profile,
                        "%s profile in annotation and field must match", what);
}

static void check_container_profile(struct field_errors *errors, const struct value *annotations,
                                    const struct value *container, const struct value *profile,
                                    const char *prefix, const char *what,
                                    const struct field_path *path)
{
    char *key = mem_format("%s%s", prefix, text_at(container, "name"));
    const struct value *annotation = value_get(annotations, key);
    if (profile != NULL && annotation != NULL)
        check_same_profile(errors, profile, annotation, what, path);
    free(key);
}

static void each_container(struct field_errors *errors, const struct value *annotations,
                           const struct value *spec, const struct field_path *path, bool seccomp)
{
    const char *field = seccomp ? "seccompProfile" : "appArmorProfile";
    const struct value *of_pod = value_path(spec, "securityContext", field, NULL);
    for (size_t l = 0; l < 3; l++) {
        const struct value *list = value_get(spec, lists[l]);
        for (size_t i = 0; i < size_of(list); i++) {
            const struct value *own = value_path(list->items[i], "securityContext", field, NULL);
            const struct field_path *item = ITEM(CHILD(path, lists[l]), i);
            check_container_profile(
                errors, annotations, list->items[i], own != NULL || seccomp ? own : of_pod,
                seccomp ? SECCOMP_PREFIX : APPARMOR_PREFIX, seccomp ? "seccomp" : "apparmor",
                CHILD(CHILD(item, "securityContext"), field));
        }
    }
}

void check_profile_annotations(struct field_errors *errors, const struct value *annotations,
                               const struct value *spec, const struct field_path *path)
{
    const struct value *of_pod = value_path(spec, "securityContext", "seccompProfile", NULL);
    const struct value *annotation = value_get(annotations, SECCOMP_POD);
    if (size_of(annotations) == 0)
        return;
    if (of_pod != NULL && annotation != NULL)
        check_same_profile(errors, of_pod, annotation, "seccomp",
                           CHILD(CHILD(path, "securityContext"), "seccompProfile"));
    each_container(errors, annotations, spec, path, true);
    if (strcmp(text_at(value_get(spec, "os"), "name"), "windows") != 0)
        each_container(errors, annotations, spec, path, false);
}
