/* The checks of the baseline, in the order of their list. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_security_private.h"
#include "sim/base/memory.h"

static bool profile_fits(const struct value *context, const char *key)
{
    static const char *const types[] = { "", "RuntimeDefault", "Localhost", NULL };
    return security_among(value_text(value_path(context, key, "type", NULL), ""), types);
}

/* Profiles of the pod and its containers that are none of those. */
static void check_profiles(struct security *security, const char *key, const char *reason,
                           const char *what)
{
    struct words names = { 0 }, values = { 0 };
    const bool pod = !profile_fits(security_pod_context(security), key);
    if (pod)
        words_add(&values,
                  value_text(value_path(security_pod_context(security), key, "type", NULL), ""));
    for (struct security_each each = { .spec = security->spec }; security_next(&each);)
        if (!profile_fits(each.context, key)) {
            words_add(&names, security_text(each.container, "name"));
            words_add(&values, value_text(value_path(each.context, key, "type", NULL), ""));
        }
    if (values.count > 0) {
        struct writer detail = security_setters(pod, &names);
        words_sort(&values);
        writer_format(&detail, " must not set %s to ", what);
        words_write(&detail, &values);
        char *many = mem_format("%ss", reason);
        const bool plural = strcmp(reason, "seccompProfile") != 0 && values.count > 1;
        security_report(security, plural ? many : reason, &detail);
        free(many);
    }
    free(values.items);
}

void security_app_armor(struct security *security)
{
    check_profiles(security, "appArmorProfile", "forbidden AppArmor profile",
                   "AppArmor profile type");
}

void security_capabilities(struct security *security)
{
    static const char *const allowed[] = {
        "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",       "MKNOD",
        "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT", NULL
    };
    struct words names = { 0 }, found = security_added(security, allowed, &names);
    struct writer detail = { 0 };
    if (found.count > 0) {
        words_write_added(&detail, &names, &found);
        security_report(security, "non-default capabilities", &detail);
    }
    free(names.items);
    free(found.items);
}

void security_host_namespaces(struct security *security)
{
    static const char *const keys[] = { "hostNetwork", "hostPID", "hostIPC" };
    struct writer detail = { 0 };
    for (size_t i = 0; i < 3; i++)
        if (value_truth(value_get(security->spec, keys[i]), false))
            writer_format(&detail, "%s%s=true", detail.length > 0 ? ", " : "", keys[i]);
    if (detail.length > 0)
        security_report(security, "host namespaces", &detail);
}

void security_host_paths(struct security *security)
{
    const struct value *volumes = value_get(security->spec, "volumes");
    struct words names = { 0 };
    struct writer detail = { 0 };
    for (size_t i = 0; volumes != NULL && i < volumes->count; i++)
        if (!value_is_null(value_get(volumes->items[i], "hostPath")))
            words_add(&names, security_text(volumes->items[i], "name"));
    if (names.count > 0) {
        writer_add(&detail, names.count == 1 ? "volume " : "volumes ");
        words_write(&detail, &names);
        security_report(security, "hostPath volumes", &detail);
    }
    free(names.items);
}

void security_host_ports(struct security *security)
{
    struct words names = { 0 }, ports = { 0 };
    struct writer detail = { 0 };
    for (struct security_each each = { .spec = security->spec }; security_next(&each);) {
        const struct value *list = value_get(each.container, "ports");
        const size_t before = ports.count;
        for (size_t i = 0; list != NULL && i < list->count; i++)
            if (value_int(value_get(list->items[i], "hostPort"), 0) != 0)
                words_add(&ports, value_get(list->items[i], "hostPort")->text);
        if (ports.count > before)
            words_add(&names, security_text(each.container, "name"));
    }
    words_sort(&ports);
    if (names.count > 0) {
        words_write_containers(&detail, &names);
        writer_format(&detail, " %s %s ", names.count == 1 ? "uses" : "use",
                      ports.count == 1 ? "hostPort" : "hostPorts");
        for (size_t i = 0; i < ports.count; i++)
            writer_format(&detail, "%s%s", i > 0 ? ", " : "", ports.items[i]);
        security_report(security, "hostPort", &detail);
    }
    free(names.items);
    free(ports.items);
}

static void add_hosts(struct words *hosts, const struct value *handler)
{
    static const char *const kinds[] = { "httpGet", "tcpSocket" };
    for (size_t i = 0; i < 2; i++) {
        const char *host = value_text(value_path(handler, kinds[i], "host", NULL), "");
        if (*host != '\0')
            words_add(hosts, host);
    }
}

void security_probe_hosts(struct security *security)
{
    static const char *const probes[] = { "livenessProbe", "readinessProbe", "startupProbe" };
    struct words names = { 0 }, hosts = { 0 };
    struct writer detail = { 0 };
    for (struct security_each each = { .spec = security->spec }; security_next(&each);) {
        const size_t before = hosts.count;
        for (size_t i = 0; i < 3; i++)
            add_hosts(&hosts, value_get(each.container, probes[i]));
        add_hosts(&hosts, value_path(each.container, "lifecycle", "postStart", NULL));
        add_hosts(&hosts, value_path(each.container, "lifecycle", "preStop", NULL));
        if (hosts.count > before)
            words_add(&names, security_text(each.container, "name"));
    }
    words_sort(&hosts);
    if (names.count > 0) {
        words_write_containers(&detail, &names);
        writer_format(&detail, " %s probe or lifecycle %s ", names.count == 1 ? "uses" : "use",
                      hosts.count == 1 ? "host" : "hosts");
        words_write(&detail, &hosts);
        security_report(security, "probe or lifecycle host", &detail);
    }
    free(names.items);
    free(hosts.items);
}

void security_privileged(struct security *security)
{
    struct words names = { 0 };
    for (struct security_each each = { .spec = security->spec }; security_next(&each);)
        if (value_truth(value_get(each.context, "privileged"), false))
            words_add(&names, security_text(each.container, "name"));
    security_report_containers(security, "privileged", &names,
                               " must not set securityContext.privileged=true");
}

void security_restricted_proc_mount(struct security *security)
{
    static const char *const allowed[] = { "", "Default", NULL };
    struct words names = { 0 }, values = { 0 };
    for (struct security_each each = { .spec = security->spec }; security_next(&each);)
        if (!security_among(security_text(each.context, "procMount"), allowed)) {
            words_add(&names, security_text(each.container, "name"));
            words_add(&values, security_text(each.context, "procMount"));
        }
    words_sort(&values);
    if (names.count > 0) {
        struct writer detail = security_setters(false, &names);
        writer_add(&detail, " must not set securityContext.procMount to ");
        words_write(&detail, &values);
        security_report(security, "procMount", &detail);
    }
    free(names.items);
    free(values.items);
}

void security_proc_mount(struct security *security)
{
    if (!security_has_own_users(security))
        security_restricted_proc_mount(security);
}

/* What is wrong with one set of options: its type, and whether it names a user or a role. */
struct selinux {
    struct words types;
    bool user, role;
};

static bool selinux_is_bad(const struct security *security, struct selinux *all,
                           const struct value *context)
{
    static const char *const allowed[] = { "", "container_t", "container_init_t", "container_kvm_t",
                                           NULL };
    const struct value *options = value_get(context, "seLinuxOptions");
    const char *type = security_text(options, "type");
    const bool user = *security_text(options, "user") != '\0',
               role = *security_text(options, "role") != '\0';
    const bool strange = !security_among(type, allowed) &&
                         !(security->minor >= 31 && strcmp(type, "container_engine_t") == 0);
    if (strange)
        words_add(&all->types, type);
    all->user |= user;
    all->role |= role;
    return strange || user || role;
}

void security_selinux(struct security *security)
{
    struct words names = { 0 };
    struct selinux all = { .user = false };
    const bool pod = selinux_is_bad(security, &all, security_pod_context(security));
    for (struct security_each each = { .spec = security->spec }; security_next(&each);)
        if (selinux_is_bad(security, &all, each.context))
            words_add(&names, security_text(each.container, "name"));
    if (pod || names.count > 0) {
        struct writer detail = security_setters(pod, &names);
        const char *before = " set forbidden securityContext.seLinuxOptions: ";
        words_sort(&all.types);
        if (all.types.count > 0) {
            writer_format(&detail, "%stype%s ", before, all.types.count > 1 ? "s" : "");
            words_write(&detail, &all.types);
            before = "; ";
        }
        if (all.user) {
            writer_format(&detail, "%suser may not be set", before);
            before = "; ";
        }
        if (all.role)
            writer_format(&detail, "%srole may not be set", before);
        security_report(security, "seLinuxOptions", &detail);
    }
    free(names.items);
    free(all.types.items);
}

void security_seccomp(struct security *security)
{
    check_profiles(security, "seccompProfile", "seccompProfile",
                   "securityContext.seccompProfile.type");
}

void security_sysctls(struct security *security)
{
    static const struct {
        const char *name;
        int since;
    } allowed[] = {
        { "kernel.shm_rmid_forced", 0 },
        { "net.ipv4.ip_local_port_range", 0 },
        { "net.ipv4.tcp_syncookies", 0 },
        { "net.ipv4.ping_group_range", 0 },
        { "net.ipv4.ip_unprivileged_port_start", 0 },
        { "net.ipv4.ip_local_reserved_ports", 27 },
        { "net.ipv4.tcp_keepalive_time", 29 },
        { "net.ipv4.tcp_fin_timeout", 29 },
        { "net.ipv4.tcp_keepalive_intvl", 29 },
        { "net.ipv4.tcp_keepalive_probes", 29 },
        { "net.ipv4.tcp_rmem", 32 },
        { "net.ipv4.tcp_wmem", 32 },
    };
    const struct value *list = value_get(security_pod_context(security), "sysctls");
    struct writer detail = { 0 };
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const char *name = security_text(list->items[i], "name");
        bool fits = false;
        for (size_t k = 0; k < sizeof allowed / sizeof *allowed; k++)
            fits |= strcmp(allowed[k].name, name) == 0 && security->minor >= allowed[k].since;
        if (!fits)
            writer_format(&detail, "%s%s", detail.length > 0 ? ", " : "", name);
    }
    if (detail.length > 0)
        security_report(security, "forbidden sysctls", &detail);
}

void security_host_process(struct security *security)
{
    struct words names = { 0 };
    const bool pod = value_truth(
        value_path(security_pod_context(security), "windowsOptions", "hostProcess", NULL), false);
    for (struct security_each each = { .spec = security->spec }; security_next(&each);)
        if (value_truth(value_path(each.context, "windowsOptions", "hostProcess", NULL), false))
            words_add(&names, security_text(each.container, "name"));
    if (!pod && names.count == 0)
        return;
    struct writer detail = security_setters(pod, &names);
    writer_add(&detail, " must not set securityContext.windowsOptions.hostProcess=true");
    security_report(security, "hostProcess", &detail);
}
