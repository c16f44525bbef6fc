/* The mutating admission plugins that every cluster runs.
 *
 * Follows plugin/pkg/admission/{priority,defaulttolerationseconds,nodetaint}; LimitRanger,
 * ServiceAccount and RuntimeClass have files of their own. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/admission_private.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"

enum { NOT_READY_SECONDS = 300 };

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* ── Priority ── */

static bool find_class(const struct admission *admission, const char *name,
                       struct priority_class *found)
{
    static const struct priority_class system_classes[] = {
        { "system-cluster-critical", 2000000000, true },
        { "system-node-critical", 2000001000, true },
    };
    for (size_t i = 0; name != NULL && i < 2; i++)
        if (strcmp(system_classes[i].name, name) == 0) {
            *found = system_classes[i];
            return true;
        }
    return admission->find_priority_class != NULL &&
           admission->find_priority_class(admission->context, name, found);
}

/* What the pod says itself must be what its class gives. */
static bool fits_class(const struct value *spec, struct priority_class class, const char *name,
                       struct refusal *refusal)
{
    const struct value *priority = value_get(spec, "priority");
    const char *policy = text_of(spec, "preemptionPolicy");
    const char *own = class.preempts ? "PreemptLowerPriority" : "Never";
    if (priority != NULL && value_int(priority, 0) != class.value)
        return refuse_document(
            refusal, 403,
            "pods \"%s\" is forbidden: the integer value of priority (%s) must "
            "not be provided in pod spec; priority admission controller computed "
            "%" PRId32 " from the given PriorityClass name",
            name, priority->text, class.value);
    if (*policy != '\0' && strcmp(policy, own) != 0)
        return refuse_document(
            refusal, 403,
            "pods \"%s\" is forbidden: the string value of PreemptionPolicy (%s) "
            "must not be provided in pod spec; priority admission controller "
            "computed %s from the given PriorityClass name",
            name, policy, own);
    return true;
}

static bool admit_priority(const struct admission *admission, struct value **spec, const char *name,
                           struct refusal *refusal)
{
    const char *wanted = text_of(*spec, "priorityClassName");
    struct priority_class class = { NULL, 0, true };
    if (*wanted == '\0') {
        if (find_class(admission, NULL, &class))
            value_set(value_own(spec), "priorityClassName", value_new_string(class.name));
    } else if (!find_class(admission, wanted, &class) && admission->find_priority_class != NULL) {
        return refuse_document(refusal, 403,
                               "pods \"%s\" is forbidden: no PriorityClass with name %s was found",
                               name, wanted);
    }
    if (!fits_class(*spec, class, name, refusal))
        return false;
    value_set(value_own(spec), "priority", value_new_int(class.value));
    value_set(*spec, "preemptionPolicy",
              value_new_string(class.preempts ? "PreemptLowerPriority" : "Never"));
    return true;
}

/* ── DefaultTolerationSeconds ── */

static bool tolerates(const struct value *tolerations, const char *key)
{
    for (size_t i = 0; tolerations != NULL && i < tolerations->count; i++) {
        const char *own = text_of(tolerations->items[i], "key");
        const char *effect = text_of(tolerations->items[i], "effect");
        if ((*own == '\0' || strcmp(own, key) == 0) &&
            (*effect == '\0' || strcmp(effect, "NoExecute") == 0))
            return true;
    }
    return false;
}

static void admit_tolerations(struct value **spec)
{
    static const char *const keys[] = { "node.kubernetes.io/not-ready",
                                        "node.kubernetes.io/unreachable" };
    bool tolerated[2];
    for (size_t i = 0; i < 2; i++)
        tolerated[i] = tolerates(value_get(*spec, "tolerations"), keys[i]);
    for (size_t i = 0; i < 2; i++) {
        if (tolerated[i])
            continue;
        struct value *toleration = value_new_map();
        value_set(toleration, "key", value_new_string(keys[i]));
        value_set(toleration, "operator", value_new_string("Exists"));
        value_set(toleration, "effect", value_new_string("NoExecute"));
        value_set(toleration, "tolerationSeconds", value_new_int(NOT_READY_SECONDS));
        if (value_get(*spec, "tolerations") == NULL)
            value_set(value_own(spec), "tolerations", value_new_list());
        value_add(value_own(value_slot(value_own(spec), "tolerations")), toleration);
    }
}

/* ── on documents ── */

static bool is_kind(const struct schema_kind *kind, const char *name)
{
    return *kind->group == '\0' && strcmp(kind->kind, name) == 0;
}

static bool is_ready(const struct value *node)
{
    const struct value *list = value_path(node, "status", "conditions", NULL);
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (strcmp(text_of(list->items[i], "type"), "Ready") == 0)
            return strcmp(text_of(list->items[i], "status"), "True") == 0;
    return false;
}

/* A new node is not ready until its kubelet has said so: nothing is placed there. Of a node that
 * says it is ready as it comes, the node lifecycle controller would take the taint in the same
 * instant; we leave it off (the API server does not look). */
static void admit_node(struct value **document)
{
    static const char *const key = "node.kubernetes.io/not-ready";
    if (is_ready(*document))
        return;
    struct value *spec = value_own(value_slot(value_own(document), "spec"));
    struct value *taint = value_new_map();
    if (value_get(spec, "taints") == NULL)
        value_set(spec, "taints", value_new_list());
    struct value *taints = value_own(value_slot(spec, "taints"));
    value_set(taint, "key", value_new_string(key));
    value_set(taint, "effect", value_new_string("NoSchedule"));
    for (size_t i = 0; i < taints->count; i++)
        if (strcmp(text_of(taints->items[i], "key"), key) == 0 &&
            strcmp(text_of(taints->items[i], "effect"), "NoSchedule") == 0) {
            value_drop(taint);
            return;
        }
    value_add(taints, taint);
}

/* The plugins on a PodSpec. With a refusal it is as far as they came. */
static void admit_pod_spec(const struct admission *admission, struct value **spec,
                           const char *space, const char *name, struct refusal *refusal)
{
    bool good = admission_service_account(admission, spec, space, name, refusal) &&
                admit_priority(admission, spec, name, refusal);
    admit_tolerations(spec);
    if (good)
        admission_runtime_class(admission, spec, name, refusal);
}

static const char *name_of(const struct value *document)
{
    const struct value *meta = value_get(document, "metadata");
    return *text_of(meta, "name") != '\0' ? text_of(meta, "name") : text_of(meta, "generateName");
}

bool admission_mutate(const struct admission *admission, struct value **document,
                      const struct schema_kind *kind, struct refusal *refusal)
{
    if (is_kind(kind, "Node"))
        admit_node(document);
    if (!is_kind(kind, "Pod") ||
        value_path(*document, "metadata", "annotations", "kubernetes.io/config.mirror", NULL))
        return true;
    admission_set_limits(admission, document);
    struct value **spec = value_slot(value_own(document), "spec");
    admit_pod_spec(admission, spec, text_of(value_get(*document, "metadata"), "namespace"),
                   name_of(*document), refusal);
    return refusal->code == 0;
}

bool admission_check(const struct admission *admission, const struct value *document,
                     const struct schema_kind *kind, struct refusal *refusal)
{
    const struct value *spec = value_get(document, "spec"), *overhead = value_get(spec, "overhead");
    struct priority_class usual;
    const char *space = text_of(value_get(document, "metadata"), "namespace");
    if ((is_kind(kind, "Pod") || is_kind(kind, "PersistentVolumeClaim")) &&
        !admission_check_limits(admission, document, refusal))
        return false;
    if (is_kind(kind, "Pod") &&
        (!admission_check_secrets(admission, spec, space, name_of(document), refusal) ||
         !admission_pod_security(admission, document, name_of(document), refusal)))
        return false;
    if (is_kind(kind, "Pod") && overhead != NULL && overhead->count > 0 &&
        *text_of(spec, "runtimeClassName") == '\0')
        return refuse_document(refusal, 403,
                               "pods \"%s\" is forbidden: pod rejected: Pod Overhead set without "
                               "corresponding RuntimeClass defined Overhead",
                               name_of(document));
    if (strcmp(kind->kind, "PriorityClass") == 0 &&
        value_truth(value_get(document, "globalDefault"), false) &&
        find_class(admission, NULL, &usual))
        return refuse_document(refusal, 403,
                               "priorityclasses.scheduling.k8s.io \"%s\" is forbidden: "
                               "PriorityClass %s is already marked as default. Only one default "
                               "can exist",
                               name_of(document), usual.name);
    return true;
}
