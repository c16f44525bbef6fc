/* The checks that only restricted has, in the order of their list. */
#include <stdlib.h>
#include <string.h>

#include "models/api/pod_security_private.h"

void security_escalation(struct security *security)
{
    struct words names = { 0 };
    if (security_is_windows(security))
        return;
    for (struct security_each each = { .spec = security->spec }; security_next(&each);)
        if (value_truth(value_get(each.context, "allowPrivilegeEscalation"), true))
            words_add(&names, security_text(each.container, "name"));
    security_report_containers(security, "allowPrivilegeEscalation != false", &names,
                               " must set securityContext.allowPrivilegeEscalation=false");
    free(names.items);
}

static bool drops_all(const struct value *context)
{
    const struct value *drop = value_path(context, "capabilities", "drop", NULL);
    for (size_t i = 0; drop != NULL && i < drop->count; i++)
        if (strcmp(value_text(drop->items[i], ""), "ALL") == 0)
            return true;
    return false;
}

void security_restricted_capabilities(struct security *security)
{
    static const char *const allowed[] = { "NET_BIND_SERVICE", NULL };
    struct words keeping = { 0 }, adding = { 0 };
    struct writer detail = { 0 };
    if (security_is_windows(security))
        return;
    struct words found = security_added(security, allowed, &adding);
    for (struct security_each each = { .spec = security->spec }; security_next(&each);)
        if (!drops_all(each.context))
            words_add(&keeping, security_text(each.container, "name"));
    if (keeping.count > 0) {
        words_write_containers(&detail, &keeping);
        writer_add(&detail, " must set securityContext.capabilities.drop=[\"ALL\"]");
    }
    if (found.count > 0) {
        writer_add(&detail, detail.length > 0 ? "; " : "");
        words_write_added(&detail, &adding, &found);
    }
    if (detail.length > 0)
        security_report(security, "unrestricted capabilities", &detail);
    free(keeping.items);
    free(adding.items);
    free(found.items);
}

/* The member of a volume that says what it is; NULL for those that are let in. */
static const char *restricted_type(const struct value *volume)
{
    static const char *const allowed[] = { "name",      "configMap",
                                           "csi",       "downwardAPI",
                                           "emptyDir",  "ephemeral",
                                           "projected", "persistentVolumeClaim",
                                           "secret",    NULL };
    for (size_t i = 0; i < volume->count; i++)
        if (!security_among(volume->entries[i].key, allowed))
            return volume->entries[i].key;
    return NULL;
}

void security_volumes(struct security *security)
{
    const struct value *volumes = value_get(security->spec, "volumes");
    struct words names = { 0 }, types = { 0 };
    struct writer detail = { 0 };
    for (size_t i = 0; volumes != NULL && i < volumes->count; i++) {
        const char *type = restricted_type(volumes->items[i]);
        if (type == NULL)
            continue;
        words_add(&names, security_text(volumes->items[i], "name"));
        words_add(&types, type);
    }
    words_sort(&types);
    if (names.count > 0) {
        writer_add(&detail, names.count == 1 ? "volume " : "volumes ");
        words_write(&detail, &names);
        writer_format(&detail, " %s restricted volume type%s ", names.count == 1 ? "uses" : "use",
                      types.count == 1 ? "" : "s");
        words_write(&detail, &types);
        security_report(security, "restricted volume types", &detail);
    }
    free(names.items);
    free(types.items);
}

void security_non_root(struct security *security)
{
    const struct value *own = value_get(security_pod_context(security), "runAsNonRoot");
    struct words explicit_ones = { 0 }, silent = { 0 };
    if (security_has_own_users(security))
        return;
    for (struct security_each each = { .spec = security->spec }; security_next(&each);) {
        const struct value *said = value_get(each.context, "runAsNonRoot");
        if (!value_is_null(said) && !value_truth(said, true))
            words_add(&explicit_ones, security_text(each.container, "name"));
        else if (value_is_null(said) && !value_truth(own, false))
            words_add(&silent, security_text(each.container, "name"));
    }
    const bool pod = !value_is_null(own) && !value_truth(own, true);
    if (pod || explicit_ones.count > 0) {
        struct writer detail = security_setters(pod, &explicit_ones);
        writer_add(&detail, " must not set securityContext.runAsNonRoot=false");
        security_report(security, "runAsNonRoot != true", &detail);
    } else if (silent.count > 0) {
        struct writer detail = { 0 };
        writer_add(&detail, "pod or ");
        words_write_containers(&detail, &silent);
        writer_add(&detail, " must set securityContext.runAsNonRoot=true");
        security_report(security, "runAsNonRoot != true", &detail);
    }
    free(explicit_ones.items);
    free(silent.items);
}

static bool is_root(const struct value *context)
{
    const struct value *user = value_get(context, "runAsUser");
    return !value_is_null(user) && value_int(user, -1) == 0;
}

void security_user(struct security *security)
{
    struct words names = { 0 };
    if (security_has_own_users(security))
        return;
    for (struct security_each each = { .spec = security->spec }; security_next(&each);)
        if (is_root(each.context))
            words_add(&names, security_text(each.container, "name"));
    const bool pod = is_root(security_pod_context(security));
    if (!pod && names.count == 0)
        return;
    struct writer detail = security_setters(pod, &names);
    writer_add(&detail, " must not set runAsUser=0");
    security_report(security, "runAsUser=0", &detail);
}

void security_restricted_seccomp(struct security *security)
{
    const bool pod_says =
        *value_text(value_path(security_pod_context(security), "seccompProfile", "type", NULL),
                    "") != '\0';
    const size_t before = security->text.length;
    struct words silent = { 0 };
    if (security_is_windows(security))
        return;
    security_seccomp(security);
    for (struct security_each each = { .spec = security->spec }; security_next(&each);)
        if (!pod_says &&
            *value_text(value_path(each.context, "seccompProfile", "type", NULL), "") == '\0')
            words_add(&silent, security_text(each.container, "name"));
    if (security->text.length == before && silent.count > 0) {
        struct writer detail = { 0 };
        writer_add(&detail, "pod or ");
        words_write_containers(&detail, &silent);
        writer_add(&detail, " must set securityContext.seccompProfile.type to \"RuntimeDefault\" "
                            "or \"Localhost\"");
        security_report(security, "seccompProfile", &detail);
    }
    free(silent.items);
}
