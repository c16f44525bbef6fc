/* The admission plugin RuntimeClass: overhead and placement that come with a class.
 *
 * Follows plugin/pkg/admission/runtimeclass/admission.go of the release named in docs/fidelity.md. */
#include <stdlib.h>
#include <string.h>

#include "models/api/amounts.h"
#include "models/api/meta.h"
#include "models/cluster/admission_private.h"

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* What the class costs is what the pod says, or the pod says nothing. */
static bool take_overhead(struct value **spec, const struct value *fixed, const char *name,
                          struct refusal *refusal)
{
    const struct value *own = value_get(*spec, "overhead");
    if (fixed == NULL || fixed->count == 0)
        return true;
    if (own != NULL && own->count > 0) {
        struct amounts said = amounts_load(own), meant = amounts_load(fixed);
        const bool same = amounts_equal(&said, &meant);
        amounts_close(&said);
        amounts_close(&meant);
        return same ||
               refuse_document(refusal, 403,
                               "pods \"%s\" is forbidden: pod rejected: Pod's Overhead doesn't "
                               "match RuntimeClass's defined Overhead",
                               name);
    }
    value_set(value_own(spec), "overhead", value_hold(fixed));
    return true;
}

static bool take_selector(struct value **spec, const struct value *selector, const char *name,
                          struct refusal *refusal)
{
    for (size_t i = 0; selector != NULL && i < selector->count; i++) {
        const char *key = selector->entries[i].key;
        const char *wanted = value_text(selector->entries[i].value, "");
        const struct value *own = value_path(*spec, "nodeSelector", key, NULL);
        if (own != NULL && strcmp(value_text(own, ""), wanted) != 0)
            return refuse_document(refusal, 403,
                                   "pods \"%s\" is forbidden: conflict: "
                                   "runtimeClass.scheduling.nodeSelector[%s] = %s; "
                                   "pod.spec.nodeSelector[%s] = %s",
                                   name, key, wanted, key, value_text(own, ""));
        value_put(spec, value_new_string(wanted), "nodeSelector", key, NULL);
    }
    return true;
}

/* Tolerations of the class that the pod does not have yet, after its own. */
static void take_tolerations(struct value **spec, const struct value *tolerations)
{
    for (size_t i = 0; tolerations != NULL && i < tolerations->count; i++) {
        const struct value *own = value_get(*spec, "tolerations");
        bool present = false;
        for (size_t j = 0; own != NULL && j < own->count; j++)
            present |= value_equal(own->items[j], tolerations->items[i]);
        if (present)
            continue;
        if (own == NULL)
            value_set(value_own(spec), "tolerations", value_new_list());
        value_add(value_own(value_slot(value_own(spec), "tolerations")),
                  value_hold(tolerations->items[i]));
    }
}

bool admission_runtime_class(const struct admission *admission, struct value **spec,
                             const char *name, struct refusal *refusal)
{
    const char *class = text_of(*spec, "runtimeClassName");
    const struct object *found = NULL;
    if (*class == '\0' || admission->find_runtime_class == NULL)
        return true;
    if (!admission->find_runtime_class(admission->context, class, &found))
        return refuse_document(
            refusal, 403, "pods \"%s\" is forbidden: pod rejected: RuntimeClass \"%s\" not found",
            name, class);
    if (found == NULL)
        return true;
    const struct value *document = meta_of(found)->document;
    const struct value *scheduling = value_get(document, "scheduling");
    if (!take_overhead(spec, value_path(document, "overhead", "podFixed", NULL), name, refusal) ||
        !take_selector(spec, value_get(scheduling, "nodeSelector"), name, refusal))
        return false;
    take_tolerations(spec, value_get(scheduling, "tolerations"));
    return true;
}
