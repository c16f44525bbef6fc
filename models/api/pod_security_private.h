/* The checks of the Pod Security Standards, and what they share. */
#ifndef MODELS_API_POD_SECURITY_PRIVATE_H
#define MODELS_API_POD_SECURITY_PRIVATE_H

#include "models/api/pod_security.h"
#include "sim/base/writer.h"

struct security {
    const struct value *spec, *annotations;
    int minor;          /* of the version asked for */
    struct writer text; /* "reason (detail), reason (detail)" */
};

/* Init containers first, then containers, then ephemeral ones.
 *     struct security_each each = { .spec = spec };
 *     while (security_next(&each)) use(each.container, each.context); */
struct security_each {
    const struct value *spec;
    int list;
    size_t index;
    const struct value *container, *context; /* its securityContext, or NULL */
};

/* Quoted words, in their order or sorted, each once. */
struct words {
    const char **items;
    size_t count, capacity;
};

const char *security_text(const struct value *map, const char *key); /* "" when it is absent */
bool security_next(struct security_each *each);
bool security_among(const char *text, const char *const *list); /* ends with NULL */

void words_add(struct words *words, const char *word);
void words_sort(struct words *words); /* and each once */
/* "a", "b"; container "c"; container "c" must not include "X" in ...capabilities.add */
void words_write(struct writer *out, const struct words *words);
void words_write_containers(struct writer *out, const struct words *names);
void words_write_added(struct writer *out, struct words *names, struct words *found);

/* Report a reason with its detail, which is released. */
void security_report(struct security *security, const char *reason, struct writer *detail);
/* "pod and container "c"": who sets something; the names are released. */
struct writer security_setters(bool pod, struct words *names);
/* Report the containers that do something, unless there are none; the names are released. */
void security_report_containers(struct security *security, const char *reason, struct words *names,
                                const char *what);
/* Capabilities that containers add and that are not among these; who adds them in *names. */
struct words security_added(const struct security *security, const char *const *allowed,
                            struct words *names);
/* From 1.25 on nothing of Linux is asked of pods of Windows; from 1.35 on a pod with users of its own
 * may be root among them. */
bool security_is_windows(const struct security *security);
bool security_has_own_users(const struct security *security);
const struct value *security_pod_context(const struct security *security);

typedef void security_check(struct security *security);

security_check security_app_armor, security_capabilities, security_host_namespaces,
    security_host_paths, security_host_ports, security_probe_hosts, security_privileged,
    security_proc_mount, security_selinux, security_seccomp, security_sysctls,
    security_host_process, security_escalation, security_restricted_capabilities,
    security_restricted_proc_mount, security_volumes, security_non_root, security_user,
    security_restricted_seccomp;

#endif
