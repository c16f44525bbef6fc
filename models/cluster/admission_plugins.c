/* The mutating admission plugins that every cluster runs.
 *
 * Follows plugin/pkg/admission/{serviceaccount,priority,defaulttolerationseconds,nodetaint,
 * runtimeclass}. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/cluster/admission_private.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"

#define TOKEN_VOLUME "kube-api-access-"
#define TOKEN_PATH   "/var/run/secrets/kubernetes.io/serviceaccount"

enum { NOT_READY_SECONDS = 300, TOKEN_SECONDS = 3607, FILE_MODE = 0644, SUFFIX = 5 };

static const char *text_of(const struct value *map, const char *key)
{
    return value_text(value_get(map, key), "");
}

/* ── ServiceAccount ── */

static struct value *file_item(const char *first_key, const char *first, const char *path)
{
    struct value *item = value_new_map();
    if (first != NULL)
        value_set(item, first_key, value_new_string(first));
    value_set(item, "path", value_new_string(path));
    return item;
}

static struct value *list_of(struct value *item)
{
    struct value *list = value_new_list();
    value_add(list, item);
    return list;
}

/* Token, certificate and namespace in one directory. */
static struct value *token_volume(const char *name)
{
    struct value *volume = value_new_map(), *sources = value_new_list();
    struct value *token = value_new_map(), *root = value_new_map(), *space = value_new_map();
    struct value *item = file_item(NULL, NULL, "namespace");
    value_put(&token, value_new_int(TOKEN_SECONDS), "serviceAccountToken", "expirationSeconds",
              NULL);
    value_put(&token, value_new_string("token"), "serviceAccountToken", "path", NULL);
    value_put(&root, value_new_string("kube-root-ca.crt"), "configMap", "name", NULL);
    value_put(&root, list_of(file_item("key", "ca.crt", "ca.crt")), "configMap", "items", NULL);
    value_put(&item, value_new_string("v1"), "fieldRef", "apiVersion", NULL);
    value_put(&item, value_new_string("metadata.namespace"), "fieldRef", "fieldPath", NULL);
    value_put(&space, list_of(item), "downwardAPI", "items", NULL);
    value_add(sources, token);
    value_add(sources, root);
    value_add(sources, space);
    value_set(volume, "name", value_new_string(name));
    value_put(&volume, sources, "projected", "sources", NULL);
    value_put(&volume, value_new_int(FILE_MODE), "projected", "defaultMode", NULL);
    return volume;
}

/* Mount it where nothing else is mounted. True when a container needed it. */
static bool mount_token(struct value **spec, const char *key, const char *volume)
{
    const struct value *list = value_get(*spec, key);
    bool mounted = false;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct value *mounts = value_get(list->items[i], "volumeMounts");
        bool taken = false;
        for (size_t j = 0; mounts != NULL && j < mounts->count; j++)
            taken |= strcmp(text_of(mounts->items[j], "mountPath"), TOKEN_PATH) == 0;
        if (taken)
            continue;
        struct value *own = value_own(value_slot(value_own(spec), key));
        struct value *container = value_own(&own->items[i]);
        if (mounts == NULL)
            value_set(container, "volumeMounts", value_new_list());
        struct value *mount = value_new_map();
        value_set(mount, "name", value_new_string(volume));
        value_set(mount, "readOnly", value_new_bool(true));
        value_set(mount, "mountPath", value_new_string(TOKEN_PATH));
        value_add(value_own(value_slot(container, "volumeMounts")), mount);
        list = own;
        mounted = true;
    }
    return mounted;
}

/* Five characters drawn from a name: the same pod has the same volume in every run. */
static char *volume_name(const char *space, const char *name)
{
    static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
    char *seed = mem_format("%s/%s", space, name);
    uint64_t hash = text_hash(seed, strlen(seed));
    char suffix[SUFFIX + 1] = "";
    for (int i = 0; i < SUFFIX; i++, hash /= sizeof alphabet - 1)
        suffix[i] = alphabet[hash % (sizeof alphabet - 1)];
    free(seed);
    return mem_format(TOKEN_VOLUME "%s", suffix);
}

static void add_token(struct value **spec, const char *space, const char *name)
{
    const struct value *volumes = value_get(*spec, "volumes");
    char *volume = NULL;
    for (size_t i = 0; volumes != NULL && i < volumes->count && volume == NULL; i++) {
        const char *given = text_of(volumes->items[i], "name");
        if (strncmp(given, TOKEN_VOLUME, strlen(TOKEN_VOLUME)) == 0)
            volume = mem_text(given, strlen(given));
    }
    bool present = volume != NULL;
    if (!present)
        volume = volume_name(space, name);
    bool needed = mount_token(spec, "initContainers", volume);
    needed |= mount_token(spec, "containers", volume);
    if (needed && !present) {
        if (value_get(*spec, "volumes") == NULL)
            value_set(value_own(spec), "volumes", value_new_list());
        value_add(value_own(value_slot(value_own(spec), "volumes")), token_volume(volume));
    }
    free(volume);
}

static bool admit_service_account(const struct admission *admission, struct value **spec,
                                  const char *space, const char *name, struct refusal *refusal)
{
    const char *account = text_of(*spec, "serviceAccountName");
    if (*account == '\0') {
        value_set(value_own(spec), "serviceAccountName", value_new_string("default"));
        value_set(*spec, "serviceAccount", value_new_string("default"));
    } else if (admission->has_service_account != NULL &&
               !admission->has_service_account(admission->context, space, account)) {
        return refuse_document(refusal, 403,
                               "pods \"%s\" is forbidden: error looking up service account %s/%s: "
                               "serviceaccount \"%s\" not found",
                               name, space, account, account);
    }
    if (value_truth(value_get(*spec, "automountServiceAccountToken"), true))
        add_token(spec, space, name);
    return true;
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

/* ── RuntimeClass ── */

static bool admit_runtime_class(const struct admission *admission, const struct value *spec,
                                const char *name, struct refusal *refusal)
{
    const char *class = text_of(spec, "runtimeClassName");
    if (*class == '\0' || admission->has_runtime_class == NULL ||
        admission->has_runtime_class(admission->context, class))
        return true;
    return refuse_document(refusal, 403,
                           "pods \"%s\" is forbidden: pod rejected: RuntimeClass \"%s\" not found",
                           name, class);
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
    bool good = admit_service_account(admission, spec, space, name, refusal) &&
                admit_priority(admission, spec, name, refusal);
    admit_tolerations(spec);
    if (good)
        admit_runtime_class(admission, *spec, name, refusal);
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
