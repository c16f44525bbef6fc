/* Security contexts of pods and containers.
 *
 * Follows validatePodSpecSecurityContext(), ValidateSecurityContext() and the profiles of
 * pkg/apis/core/validation. */
#include <string.h>

#include "models/api/validation/validation_private.h"

enum { USER_MAX = INT32_MAX, SYSCTL_BYTES = 253, PROFILE_BYTES = 4095 };

static void check_seccomp(struct field_errors *errors, const struct value *profile,
                          const struct field_path *path)
{
    static const char *const types[] = { "Localhost", "RuntimeDefault", "Unconfined", NULL };
    const struct value *file = value_get(profile, "localhostProfile");
    const struct field_path *at = CHILD(path, "localhostProfile");
    const char *type = text_at(profile, "type");
    if (value_is_null(profile))
        return;
    if (*type == '\0')
        field_required(errors, CHILD(path, "type"), profile,
                       "type is required when seccompProfile is set");
    else
        check_choice(errors, profile, "type", path, types, OPTIONAL);
    if (strcmp(type, "Localhost") != 0) {
        if (file != NULL)
            invalid_struct(errors, profile, "core/v1.SeccompProfile", at,
                           "can only be set when seccomp type is Localhost");
    } else if (file == NULL) {
        field_required(errors, at, profile, "must be set when seccomp type is Localhost");
    } else {
        check_descending_path(errors, file, value_text(file, ""), at);
    }
}

static void check_local_apparmor(struct field_errors *errors, const struct value *profile,
                                 const struct field_path *path)
{
    const struct value *file = value_get(profile, "localhostProfile");
    const char *text = value_text(file, "");
    if (*text != '\0' && !is_trimmed(text))
        field_invalid(errors, path, file, "must not be padded with whitespace");
    else if (*text == '\0')
        field_required(errors, path, profile, "must be set when AppArmor type is Localhost");
    if (strlen(text) > PROFILE_BYTES)
        field_too_long(errors, path, file, PROFILE_BYTES);
}

static void check_apparmor(struct field_errors *errors, const struct value *profile,
                           const struct field_path *path)
{
    static const char *const types[] = { "Localhost", "RuntimeDefault", "Unconfined", NULL };
    const struct field_path *at = CHILD(path, "localhostProfile");
    const char *type = text_at(profile, "type");
    if (value_is_null(profile))
        return;
    if (*type == '\0')
        field_required(errors, CHILD(path, "type"), profile,
                       "type is required when appArmorProfile is set");
    else if (!one_of(type, types))
        field_unsupported(errors, CHILD(path, "type"), value_get(profile, "type"), NULL, types);
    else if (strcmp(type, "Localhost") == 0)
        check_local_apparmor(errors, profile, at);
    else if (has(profile, "localhostProfile"))
        field_invalid(errors, at, value_get(profile, "localhostProfile"),
                      "can only be set when AppArmor type is Localhost");
}

/* Segments of lower-case letters, digits, - and _, with dots or slashes between them. */
static bool is_sysctl(const char *name)
{
    static const char edge[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    if (strlen(name) > SYSCTL_BYTES)
        return false;
    for (;;) {
        size_t length = strcspn(name, "./");
        if (length == 0 || strchr(edge, name[0]) == NULL || strchr(edge, name[length - 1]) == NULL)
            return false;
        for (size_t i = 0; i < length; i++)
            if (strchr(edge, name[i]) == NULL && strchr("-_", name[i]) == NULL)
                return false;
        if (name[length] == '\0')
            return true;
        name += length + 1;
    }
}

/* Settings of a namespace that the pod shares with its host are the host's. */
static const char *host_namespace(const struct value *spec, const char *name)
{
    bool network = strncmp(name, "net.", 4) == 0 || strncmp(name, "net/", 4) == 0;
    bool ipc = strncmp(name, "kernel.shm", 10) == 0 || strncmp(name, "kernel.msg", 10) == 0 ||
               strcmp(name, "kernel.sem") == 0 || strncmp(name, "fs.mqueue.", 10) == 0;
    if (network && truth_at(spec, "hostNetwork"))
        return "hostNetwork";
    return ipc && truth_at(spec, "hostIPC") ? "hostIPC" : NULL;
}

static void check_sysctls(struct field_errors *errors, const struct value *spec,
                          const struct value *sysctls, const struct field_path *path)
{
    for (size_t i = 0; i < size_of(sysctls); i++) {
        const struct value *name = value_get(sysctls->items[i], "name");
        const struct field_path *at = CHILD(ITEM(path, i), "name");
        const char *text = value_text(name, ""), *shared = host_namespace(spec, text);
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= strcmp(text_at(sysctls->items[j], "name"), text) == 0;
        if (*text == '\0')
            field_required(errors, at, sysctls->items[i], "%s", "");
        else if (!is_sysctl(text))
            field_invalid(errors, at, name,
                          "must have at most 253 characters and match regex "
                          "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
                          "$");
        else if (again)
            field_duplicate(errors, at, name, NULL);
        if (shared != NULL)
            field_invalid(errors, at, name, "may not be specified when '%s' is true", shared);
    }
}

static void check_groups(struct field_errors *errors, const struct value *groups,
                         const struct field_path *path)
{
    for (size_t i = 0; i < size_of(groups); i++) {
        int64_t group = value_int(groups->items[i], 0);
        if (group < 0 || group > USER_MAX)
            field_invalid(errors, ITEM(path, i), groups->items[i],
                          "must be between 0 and 2147483647, inclusive");
    }
}

void check_pod_security(struct field_errors *errors, const struct value *spec,
                        const struct field_path *path)
{
    static const char *const changes[] = { "Always", "OnRootMismatch", NULL };
    static const char *const group_policies[] = { "Merge", "Strict", NULL };
    static const char *const relabelling[] = { "MountOption", "Recursive", NULL };
    const struct value *context = value_get(spec, "securityContext");
    const struct value *shared = value_get(spec, "shareProcessNamespace");
    check_range(errors, context, "fsGroup", path, 0, USER_MAX);
    check_range(errors, context, "runAsUser", path, 0, USER_MAX);
    check_range(errors, context, "runAsGroup", path, 0, USER_MAX);
    check_groups(errors, value_get(context, "supplementalGroups"),
                 CHILD(path, "supplementalGroups"));
    if (value_truth(shared, false) && truth_at(spec, "hostPID"))
        field_invalid(errors, CHILD(path, "shareProcessNamespace"), shared,
                      "ShareProcessNamespace and HostPID cannot both be enabled");
    check_sysctls(errors, spec, value_get(context, "sysctls"), CHILD(path, "sysctls"));
    check_choice(errors, context, "fsGroupChangePolicy", path, changes, OPTIONAL);
    check_seccomp(errors, value_get(context, "seccompProfile"), CHILD(path, "seccompProfile"));
    check_windows_options(errors, value_get(context, "windowsOptions"),
                          CHILD(path, "windowsOptions"));
    check_apparmor(errors, value_get(context, "appArmorProfile"), CHILD(path, "appArmorProfile"));
    check_choice(errors, context, "supplementalGroupsPolicy", path, group_policies, OPTIONAL);
    check_choice(errors, context, "seLinuxChangePolicy", path, relabelling, OPTIONAL);
}

static void check_escalation(struct field_errors *errors, const struct value *context,
                             const struct field_path *path)
{
    if (value_truth(value_get(context, "allowPrivilegeEscalation"), true))
        return;
    if (truth_at(context, "privileged"))
        invalid_struct(errors, context, "core/v1.SecurityContext", path,
                       "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    if (list_has(value_path(context, "capabilities", "add", NULL), "CAP_SYS_ADMIN"))
        invalid_struct(errors, context, "core/v1.SecurityContext", path,
                       "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` "
                       "CAP_SYS_ADMIN");
}

void check_container_security(struct pod_check *check, const struct value *context,
                              const struct field_path *path)
{
    static const char *const mounts[] = { "Default", "Unmasked", NULL };
    struct field_errors *errors = check->errors;
    if (value_is_null(context))
        return;
    check_range(errors, context, "runAsUser", path, 0, USER_MAX);
    check_range(errors, context, "runAsGroup", path, 0, USER_MAX);
    check_choice(errors, context, "procMount", path, mounts, OPTIONAL);
    if (check->host_users && strcmp(text_at(context, "procMount"), "Unmasked") == 0)
        field_invalid(errors, CHILD(path, "procMount"), value_get(context, "procMount"),
                      "`hostUsers` must be false to use `Unmasked`");
    check_seccomp(errors, value_get(context, "seccompProfile"), CHILD(path, "seccompProfile"));
    check_escalation(errors, context, path);
    check_windows_options(errors, value_get(context, "windowsOptions"),
                          CHILD(path, "windowsOptions"));
    check_apparmor(errors, value_get(context, "appArmorProfile"), CHILD(path, "appArmorProfile"));
}
