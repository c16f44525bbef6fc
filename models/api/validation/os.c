/* What a pod may say on its operating system: Linux fields on Windows, and the reverse.
 *
 * Follows validateOS(), validateLinux(), validateWindows() and the Windows options of
 * pkg/apis/core/validation. */
#include <ctype.h>
#include <string.h>

#include "models/api/validation/validation_private.h"

enum { SPEC_BYTES = 64 * 1024, DOMAIN_LENGTH = 256, USER_LENGTH = 104 };

static bool is_netbios(const char *domain, size_t length)
{
    if (length == 0 || length > 15 || domain[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (strchr("\\/:*?\"<>|", domain[i]) != NULL)
            return false;
    return true;
}

static bool is_dns_domain(const char *domain, size_t length)
{
    for (size_t i = 0, label = 0; i <= length; i++) {
        if (i < length && domain[i] != '.') {
            if (!isalnum((unsigned char)domain[i]) && domain[i] != '-')
                return false;
            continue;
        }
        if (i == label || i - label > 63 || domain[label] == '-' || domain[i - 1] == '-')
            return false;
        label = i + 1;
    }
    return true;
}

static void check_windows_user(struct field_errors *errors, const struct value *name,
                               const struct field_path *path)
{
    const char *slash = strchr(name->text, '\\');
    const char *user = slash ? slash + 1 : name->text;
    size_t domain = slash ? (size_t)(slash - name->text) : 0;
    if (domain >= DOMAIN_LENGTH)
        field_invalid(errors, path, name,
                      "runAsUserName's Domain length must be under 256 characters");
    if (slash != NULL && !is_netbios(name->text, domain) && !is_dns_domain(name->text, domain))
        field_invalid(errors, path, name,
                      "runAsUserName's Domain doesn't match the NetBios nor the DNS format");
    if (*user == '\0')
        field_invalid(errors, path, name, "runAsUserName's User cannot be empty");
    else if (strlen(user) > USER_LENGTH)
        field_invalid(errors, path, name,
                      "runAsUserName's User length must not be longer than 104 characters");
    if (*user != '\0' && user[strspn(user, ". ")] == '\0')
        field_invalid(errors, path, name,
                      "runAsUserName's User cannot contain only periods or spaces");
    if (strpbrk(user, "\"/\\:;|=,+*?<>@[]") != NULL)
        field_invalid(errors, path, name,
                      "runAsUserName's User cannot contain the following characters: "
                      "\"/\\:;|=,+*?<>@[]");
}

static void check_run_as(struct field_errors *errors, const struct value *name,
                         const struct field_path *path)
{
    const char *first = strchr(name->text, '\\');
    for (const char *c = name->text; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c)) {
            field_invalid(errors, path, name, "runAsUserName cannot contain control characters");
            return;
        }
    if (name->count == 0)
        field_invalid(errors, path, name, "runAsUserName cannot be an empty string");
    else if (first != NULL && strchr(first + 1, '\\') != NULL)
        field_invalid(errors, path, name, "runAsUserName cannot contain more than one backslash");
    else
        check_windows_user(errors, name, path);
}

void check_windows_options(struct field_errors *errors, const struct value *options,
                           const struct field_path *path)
{
    const struct value *spec = value_get(options, "gmsaCredentialSpec");
    if (has(options, "gmsaCredentialSpecName"))
        check_text(errors, value_get(options, "gmsaCredentialSpecName"),
                   CHILD(path, "gmsaCredentialSpecName"), text_dns_subdomain);
    if (spec != NULL && spec->count == 0)
        field_invalid(errors, CHILD(path, "gmsaCredentialSpec"), spec,
                      "gmsaCredentialSpec cannot be an empty string");
    else if (spec != NULL && spec->count > SPEC_BYTES)
        field_invalid(errors, CHILD(path, "gmsaCredentialSpec"), spec,
                      "gmsaCredentialSpec size must be under 64 KiB");
    if (has(options, "runAsUserName"))
        check_run_as(errors, value_get(options, "runAsUserName"), CHILD(path, "runAsUserName"));
}

/* Fields that are forbidden, with the map they stand in and the one they are told under. */
struct foreign_field {
    bool in_context, told_in_context;
    const char *name;
};

static const struct foreign_field not_for_windows_pods[] = {
    { true, true, "appArmorProfile" },
    { true, true, "seLinuxOptions" },
    { false, false, "hostUsers" },
    { false, false, "hostPID" },
    { false, false, "hostIPC" },
    { true, true, "seccompProfile" },
    { true, true, "fsGroup" },
    { true, true, "fsGroupChangePolicy" },
    { true, true, "sysctls" },
    { false, false, "shareProcessNamespace" },
    { true, true, "runAsUser" },
    { true, true, "runAsGroup" },
    { true, true, "supplementalGroups" },
    { true, true, "supplementalGroupsPolicy" },
    { true, true, "seLinuxChangePolicy" },
};

static const char *const not_for_windows_containers[] = {
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
};

static const char *const container_lists[] = { "initContainers", "containers",
                                               "ephemeralContainers" };

/* False counts as absent where the internal type has no pointer. */
static bool is_set(const struct value *node, const char *name)
{
    bool plain = strcmp(name, "hostPID") == 0 || strcmp(name, "hostIPC") == 0;
    return !value_is_null(node) && !(plain && !value_truth(node, false));
}

static void check_windows_pod(struct field_errors *errors, const struct value *spec,
                              const struct field_path *path)
{
    const struct value *context = value_get(spec, "securityContext");
    for (size_t i = 0; i < sizeof not_for_windows_pods / sizeof *not_for_windows_pods; i++) {
        const struct foreign_field *field = &not_for_windows_pods[i];
        const struct value *node = value_get(field->in_context ? context : spec, field->name);
        const struct field_path *under =
            field->told_in_context ? CHILD(path, "securityContext") : path;
        if (is_set(node, field->name))
            field_forbidden(errors, CHILD(under, field->name), node,
                            "cannot be set for a windows pod");
    }
}

static void check_windows_container(struct field_errors *errors, const struct value *context,
                                    const struct field_path *path)
{
    size_t count = sizeof not_for_windows_containers / sizeof *not_for_windows_containers;
    for (size_t i = 0; i < count; i++) {
        const char *name = not_for_windows_containers[i];
        if (has(context, name))
            field_forbidden(errors, CHILD(path, name), value_get(context, name),
                            "cannot be set for a windows pod");
    }
}

static void check_linux_context(struct field_errors *errors, const struct value *context,
                                const struct field_path *path)
{
    if (has(context, "windowsOptions"))
        field_forbidden(errors, CHILD(path, "windowsOptions"), value_get(context, "windowsOptions"),
                        "windows options cannot be set for a linux pod");
}

static void each_context(struct field_errors *errors, const struct value *spec,
                         const struct field_path *path, check_fn *check)
{
    for (size_t l = 0; l < 3; l++) {
        const struct value *list = value_get(spec, container_lists[l]);
        for (size_t i = 0; i < size_of(list); i++)
            check(errors, value_get(list->items[i], "securityContext"),
                  CHILD(ITEM(CHILD(path, container_lists[l]), i), "securityContext"));
    }
}

void check_os(struct field_errors *errors, const struct value *spec, const struct field_path *path)
{
    static const char *const systems[] = { "linux", "windows", NULL };
    const struct value *os = value_get(spec, "os");
    const char *name = text_at(os, "name");
    if (value_is_null(os))
        return;
    if (*name == '\0') {
        field_required(errors, CHILD(CHILD(path, "os"), "name"), os, "cannot be empty");
    } else if (!one_of(name, systems)) {
        field_unsupported(errors, CHILD(path, "os"), value_get(os, "name"), NULL, systems);
    } else if (strcmp(name, "linux") == 0) {
        check_linux_context(errors, value_get(spec, "securityContext"),
                            CHILD(path, "securityContext"));
        each_context(errors, spec, path, check_linux_context);
    } else {
        check_windows_pod(errors, spec, path);
        each_context(errors, spec, path, check_windows_container);
    }
}

static const struct value *host_process_of(const struct value *context)
{
    return value_path(context, "windowsOptions", "hostProcess", NULL);
}

/* Count the containers, and among them those that run as processes of the host. */
static void count_host_processes(struct field_errors *errors, const struct value *spec,
                                 const struct field_path *path, size_t *containers,
                                 size_t *host_processes)
{
    const struct value *of_pod = host_process_of(value_get(spec, "securityContext"));
    for (size_t l = 0; l < 3; l++) {
        const struct value *list = value_get(spec, container_lists[l]);
        for (size_t i = 0; i < size_of(list); i++) {
            const struct value *own = host_process_of(value_get(list->items[i], "securityContext"));
            const struct field_path *item = ITEM(CHILD(path, container_lists[l]), i);
            if (own != NULL && of_pod != NULL && own->truth != of_pod->truth)
                field_invalid(
                    errors,
                    CHILD(CHILD(CHILD(item, "securityContext"), "windowsOptions"), "hostProcess"),
                    own,
                    "pod hostProcess value must be identical if both are specified, was "
                    "%s",
                    of_pod->truth ? "true" : "false");
            ++*containers;
            *host_processes += value_truth(own != NULL ? own : of_pod, false);
        }
    }
}

void check_host_process(struct field_errors *errors, const struct value *spec,
                        const struct field_path *path)
{
    size_t containers = 0, host_processes = 0;
    count_host_processes(errors, spec, path, &containers, &host_processes);
    if (host_processes == 0)
        return;
    if (host_processes != containers)
        field_invalid_printed(errors, path, spec, "\"\"",
                              "If pod contains any hostProcess containers then all containers must "
                              "be HostProcess containers");
    if (!truth_at(spec, "hostNetwork"))
        field_invalid_printed(errors, CHILD(path, "hostNetwork"), spec, "false",
                              "hostNetwork must be true if pod contains any hostProcess "
                              "containers");
}
