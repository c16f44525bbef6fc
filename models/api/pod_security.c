/* Levels, versions and labels; the list of checks. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_security_private.h"
#include "sim/base/memory.h"

#define PREFIX "pod-security.kubernetes.io/"
enum { LATEST = 1 << 20 };

/* ── levels and versions ── */

static bool read_level(const char *text, enum pod_security *level)
{
    static const char *const names[] = { "privileged", "baseline", "restricted" };
    for (int i = 0; i < 3; i++)
        if (strcmp(names[i], text) == 0) {
            *level = (enum pod_security)i;
            return true;
        }
    return false;
}

/* "latest" or "v1.x". */
static bool read_version(const char *text, int *minor)
{
    char *end;
    *minor = LATEST;
    if (strcmp(text, "latest") == 0)
        return true;
    if (strncmp(text, "v1.", 3) != 0 || text[3] < '0' || text[3] > '9' ||
        (text[3] == '0' && text[4] != '\0'))
        return false;
    *minor = (int)strtol(text + 3, &end, 10);
    return *end == '\0';
}

static bool speaks_of_it(const struct labels *labels)
{
    for (uint32_t i = 0; labels != NULL && i < labels->count; i++)
        if (strncmp(text_s(labels->items[i].key), PREFIX, strlen(PREFIX)) == 0)
            return true;
    return false;
}

struct pod_security_level pod_security_of(const struct labels *labels, const char *mode)
{
    struct pod_security_level found = { POD_PRIVILEGED, LATEST };
    if (!speaks_of_it(labels))
        return found;
    char *key = mem_format(PREFIX "%s", mode), *version_key = mem_format("%s-version", key);
    const char *level = labels_get(labels, key), *version = labels_get(labels, version_key);
    if (level != NULL && !read_level(level, &found.level))
        found.level = POD_RESTRICTED;
    if (version != NULL && !read_version(version, &found.minor))
        found.minor = LATEST;
    free(key);
    free(version_key);
    return found;
}

char *pod_security_print(struct pod_security_level level)
{
    static const char *const names[] = { "privileged", "baseline", "restricted" };
    if (level.minor == LATEST)
        return mem_format("%s:latest", names[level.level]);
    return mem_format("%s:v1.%d", names[level.level], level.minor);
}

const char *pod_security_label_problem(const char *key, const char *value)
{
    static const char *const modes[] = { "enforce", "audit", "warn" };
    enum pod_security level;
    int minor;
    if (strncmp(key, PREFIX, strlen(PREFIX)) != 0)
        return NULL;
    key += strlen(PREFIX);
    for (int i = 0; i < 3; i++) {
        const size_t length = strlen(modes[i]);
        if (strncmp(key, modes[i], length) != 0)
            continue;
        if (key[length] == '\0' && !read_level(value, &level))
            return "must be one of privileged, baseline, restricted";
        if (strcmp(key + length, "-version") == 0 && !read_version(value, &minor))
            return "must be \"latest\" or \"v1.x\"";
    }
    return NULL;
}

/* ── the checks ── */

/* By level, and in each by name, as they are reported. A check with a successor gives way to it
 * where that one applies. */
static const struct check {
    enum pod_security level;
    int since;         /* minor version */
    int restricted_to; /* of a baseline check: restricted has another one from this version on; 0: none */
    security_check *run;
} checks[] = {
    { POD_BASELINE, 0, 0, security_app_armor },
    { POD_BASELINE, 0, 22, security_capabilities },
    { POD_BASELINE, 0, 0, security_host_namespaces },
    { POD_BASELINE, 0, 1, security_host_paths },
    { POD_BASELINE, 0, 0, security_host_ports },
    { POD_BASELINE, 34, 0, security_probe_hosts },
    { POD_BASELINE, 0, 0, security_privileged },
    { POD_BASELINE, 0, 35, security_proc_mount },
    { POD_BASELINE, 0, 0, security_selinux },
    { POD_BASELINE, 19, 19, security_seccomp },
    { POD_BASELINE, 0, 0, security_sysctls },
    { POD_BASELINE, 0, 0, security_host_process },
    { POD_RESTRICTED, 8, 0, security_escalation },
    { POD_RESTRICTED, 22, 0, security_restricted_capabilities },
    { POD_RESTRICTED, 35, 0, security_restricted_proc_mount },
    { POD_RESTRICTED, 0, 0, security_volumes },
    { POD_RESTRICTED, 0, 0, security_non_root },
    { POD_RESTRICTED, 23, 0, security_user },
    { POD_RESTRICTED, 19, 0, security_restricted_seccomp },
};

static bool applies(const struct check *check, struct pod_security_level level)
{
    const bool gives_way = level.level == POD_RESTRICTED && check->restricted_to > 0 &&
                           level.minor >= check->restricted_to;
    return check->level <= level.level && level.minor >= check->since && !gives_way;
}

char *pod_security_violations(const struct value *spec, const struct value *annotations,
                              struct pod_security_level level)
{
    struct security security = { .spec = spec, .annotations = annotations, .minor = level.minor };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (applies(&checks[i], level))
            checks[i].run(&security);
    return security.text.length > 0 ? writer_take(&security.text) : NULL;
}
