/* Which objects the scopes of a quota let in, and what they must say.
 *
 * Follows podMatchesScopeFunc(), pvcMatchesScopeFunc() and Constraints() of
 * pkg/quota/v1/evaluator/core of the release named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/api/quota.h"
#include "models/api/storage.h"
#include "sim/base/memory.h"
#include "sim/base/writer.h"

/* ── scopes ── */

static bool lists(const struct value *values, const char *text)
{
    for (size_t i = 0; values != NULL && i < values->count; i++)
        if (strcmp(value_text(values->items[i], ""), text) == 0)
            return true;
    return false;
}

/* As a label selector would: what names none is not In, but NotIn. "" is no name. */
static bool operator_fits(const struct quota_scope *scope, const char *name)
{
    if (strcmp(scope->operator, "Exists") == 0)
        return *name != '\0';
    if (strcmp(scope->operator, "DoesNotExist") == 0)
        return *name == '\0';
    const bool listed = *name != '\0' && lists(scope->values, name);
    return strcmp(scope->operator, "NotIn") == 0 ? !listed : listed;
}

static bool term_crosses(const struct value *term)
{
    const struct value *spaces = value_get(term, "namespaces");
    return (spaces != NULL && spaces->count > 0) ||
           !value_is_null(value_get(term, "namespaceSelector"));
}

/* Does an affinity or anti-affinity to pods name namespaces? */
static bool crosses_namespaces(const struct value *spec)
{
    static const char *const kinds[] = { "podAffinity", "podAntiAffinity" };
    for (size_t k = 0; k < 2; k++) {
        const struct value *of = value_path(spec, "affinity", kinds[k], NULL);
        const struct value *hard = value_get(of, "requiredDuringSchedulingIgnoredDuringExecution");
        const struct value *soft = value_get(of, "preferredDuringSchedulingIgnoredDuringExecution");
        for (size_t i = 0; hard != NULL && i < hard->count; i++)
            if (term_crosses(hard->items[i]))
                return true;
        for (size_t i = 0; soft != NULL && i < soft->count; i++)
            if (term_crosses(value_get(soft->items[i], "podAffinityTerm")))
                return true;
    }
    return false;
}

static bool pod_fits(const struct quota_scope *scope, const struct pod *pod)
{
    const struct pod_spec *spec = pod->spec;
    if (strcmp(scope->name, "Terminating") == 0)
        return spec->active_deadline_seconds >= 0;
    if (strcmp(scope->name, "NotTerminating") == 0)
        return spec->active_deadline_seconds < 0;
    if (strcmp(scope->name, "BestEffort") == 0)
        return spec->qos == QOS_BEST_EFFORT;
    if (strcmp(scope->name, "NotBestEffort") == 0)
        return spec->qos != QOS_BEST_EFFORT;
    if (strcmp(scope->name, "PriorityClass") == 0)
        return operator_fits(scope, text_s(spec->priority_class_name));
    if (strcmp(scope->name, "CrossNamespacePodAffinity") == 0)
        return crosses_namespaces(spec->document);
    return false;
}

/* A claim may be on its way from one class to another: each of them counts. */
static bool claim_fits(const struct quota_scope *scope, const struct value *document)
{
    const char *const classes[] = {
        value_text(value_path(document, "spec", "volumeAttributesClassName", NULL), ""),
        value_text(value_path(document, "status", "currentVolumeAttributesClassName", NULL), ""),
        value_text(value_path(document, "status", "modifyVolumeStatus",
                              "targetVolumeAttributesClassName", NULL),
                   ""),
    };
    bool named = false;
    if (strcmp(scope->name, "VolumeAttributesClass") != 0)
        return false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        named |= *classes[i] != '\0';
        if (*classes[i] != '\0' && operator_fits(scope, classes[i]))
            return true;
    }
    return !named && operator_fits(scope, "");
}

bool quota_scopes_fit(const struct quota *quota, const struct object *object)
{
    for (size_t i = 0; i < quota->scope_count; i++) {
        const struct quota_scope *scope = &quota->scopes[i];
        const bool fits = object->kind == KIND_POD ? pod_fits(scope, pod_of(object))
                          : object->kind == KIND_PERSISTENTVOLUMECLAIM
                              ? claim_fits(scope, meta_of(object)->document)
                              : false;
        if (!fits)
            return false;
    }
    return true;
}

/* ── what must be said ── */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the containers that do not say this; appended to the others, sorted, once each. */
static void name_silent(struct writer *out, struct texts *texts, const struct value *spec,
                        const char *resource)
{
    static const char *const lists_of[] = { "containers", "initContainers" };
    const char **names = NULL;
    size_t count = 0, capacity = 0;
    for (size_t k = 0; k < 2; k++) {
        const struct value *containers = value_get(spec, lists_of[k]);
        for (size_t i = 0; containers != NULL && i < containers->count; i++) {
            const struct value *resources = value_get(containers->items[i], "resources");
            struct amounts requests = amounts_load(value_get(resources, "requests"));
            struct amounts limits = amounts_load(value_get(resources, "limits"));
            struct pod_usage usage = pod_usage_of(texts, &requests, &limits);
            if (amounts_find(&usage.amounts, resource) == NULL) {
                MEM_GROW(names, count, capacity);
                names[count++] = value_text(value_get(containers->items[i], "name"), "");
            }
            pod_usage_close(&usage);
            amounts_close(&requests);
            amounts_close(&limits);
        }
    }
    if (count > 0) {
        qsort(names, count, sizeof *names, by_text);
        writer_format(out, "%s%s for: ", out->length > 0 ? "; " : "", resource);
        for (size_t i = 0; i < count; i++)
            if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
                writer_format(out, "%s%s", i > 0 ? "," : "", names[i]);
    }
    free(names);
}

/* A mistake that Kubernetes keeps for cpu and memory: where a quota has them, every container must
 * speak of them, unless the pod does as a whole. */
char *quota_missing(const struct quota *quota, const struct pod *pod)
{
    static const char *const mandatory[] = { "cpu",    "limits.cpu",   "limits.memory",
                                             "memory", "requests.cpu", "requests.memory" };
    struct writer out = { 0 };
    if (pod_spec_has_pod_level(pod->spec->document))
        return NULL;
    for (size_t i = 0; i < sizeof mandatory / sizeof *mandatory; i++)
        if (amounts_find(&quota->hard, mandatory[i]) != NULL)
            name_silent(&out, pod->meta.object.name->home, pod->spec->document, mandatory[i]);
    return out.length > 0 ? writer_take(&out) : NULL;
}
