/* What of an object is its writer's, and what is the cluster's. */
#include "tools/convert/objects.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

const char *object_kind(const struct value *object)
{
    return value_text(value_get(object, "kind"), "");
}

const char *object_name(const struct value *object)
{
    return value_text(value_path(object, "metadata", "name", NULL), "");
}

const char *object_space(const struct value *object)
{
    return value_text(value_path(object, "metadata", "namespace", NULL), "");
}

static bool is_kind(const struct value *object, const char *kind)
{
    return strcmp(object_kind(object), kind) == 0;
}

const struct value *object_controller(const struct value *object)
{
    const struct value *owners = value_path(object, "metadata", "ownerReferences", NULL);
    if (owners == NULL || owners->type != VALUE_LIST)
        return NULL;
    for (size_t i = 0; i < owners->count; i++)
        if (value_truth(value_get(owners->items[i], "controller"), false))
            return owners->items[i];
    return NULL;
}

/* ── parts ── */

/* The slot below a slot; NULL where there is no map of this name. */
static struct value **below(struct value **slot, const char *key)
{
    struct value *found = slot != NULL ? value_get(*slot, key) : NULL;
    if (found == NULL || found->type != VALUE_MAP)
        return NULL;
    return value_slot(value_own(slot), key);
}

static void cut(struct value **slot, const char *const *keys)
{
    if (slot == NULL)
        return;
    for (; *keys != NULL; keys++)
        if (value_get(*slot, *keys) != NULL)
            value_remove(value_own(slot), *keys);
}

#define CUT(slot, ...) cut(slot, (const char *const[]){ __VA_ARGS__, NULL })

struct value **object_template(struct value **object)
{
    const char *kind = object_kind(*object);
    if (strcmp(kind, "Pod") == 0)
        return object;
    if (strcmp(kind, "CronJob") == 0)
        return below(below(below(below(object, "spec"), "jobTemplate"), "spec"), "template");
    return below(below(object, "spec"), "template");
}

static void clean_metadata(struct value **object)
{
    struct value **metadata = below(object, "metadata");
    CUT(metadata, "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields",
        "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences",
        "finalizers", "generateName");
    CUT(below(metadata, "annotations"), "kubectl.kubernetes.io/last-applied-configuration",
        "deployment.kubernetes.io/revision", "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas", "deprecated.daemonset.template.generation",
        "pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller",
        "volume.kubernetes.io/selected-node", "batch.kubernetes.io/job-tracking",
        "kubernetes.io/config.mirror", "kubernetes.io/config.hash", "kubernetes.io/config.seen",
        "kubernetes.io/config.source", "node.alpha.kubernetes.io/ttl");
    CUT(below(metadata, "labels"), "batch.kubernetes.io/controller-uid", "controller-uid");
}

static void clean_pod_spec(struct value **spec, bool keep_node)
{
    CUT(spec, "priority", "preemptionPolicy");
    if (!keep_node)
        CUT(spec, "nodeName");
}

/* Taints that say how a node is come and go with it. */
static void clean_node(struct value **node, const struct value *object)
{
    struct value **spec = below(node, "spec");
    const struct value *taints = value_path(object, "spec", "taints", NULL);
    struct value *kept = value_new_list();
    for (size_t i = 0; taints != NULL && taints->type == VALUE_LIST && i < taints->count; i++) {
        const char *key = value_text(value_get(taints->items[i], "key"), "");
        if (strncmp(key, "node.kubernetes.io/", 19) == 0)
            continue;
        struct value *taint = value_hold(taints->items[i]);
        if (taint->type == VALUE_MAP)
            CUT(&taint, "timeAdded");
        value_add(kept, taint);
    }
    CUT(spec, "taints", "externalID");
    if (kept->count > 0)
        value_put(node, value_hold(kept), "spec", "taints", NULL);
    value_drop(kept);
    static const char *const amounts[] = { "capacity", "allocatable" };
    for (size_t i = 0; i < 2; i++) {
        struct value *amount = value_path(object, "status", amounts[i], NULL);
        if (amount != NULL && amount->type == VALUE_MAP)
            value_put(node, value_hold(amount), "status", amounts[i], NULL);
    }
}

static void clean_service(struct value **service)
{
    struct value **spec = below(service, "spec");
    const char *address = value_text(value_path(*service, "spec", "clusterIP", NULL), "");
    if (strcmp(address, "None") != 0)
        CUT(spec, "clusterIP", "clusterIPs", "ipFamilies");
    CUT(spec, "healthCheckNodePort");
}

/* Unless its writer chose them, a Job's selector and the labels of its pods hold its uid. */
static void clean_job(struct value **job)
{
    struct value **spec = below(job, "spec");
    if (spec == NULL || value_truth(value_get(*spec, "manualSelector"), false))
        return;
    CUT(spec, "selector");
    struct value **template = below(spec, "template");
    CUT(below(below(template, "metadata"), "labels"), "batch.kubernetes.io/controller-uid",
        "controller-uid", "batch.kubernetes.io/job-name", "job-name");
}

struct value *object_as_applied(const struct value *object, bool keep_node)
{
    struct value *clean = value_hold(object);
    value_own(&clean);
    value_remove(clean, "status");
    clean_metadata(&clean);
    struct value **template = object_template(&clean);
    if (template != NULL) {
        CUT(below(template, "metadata"), "creationTimestamp");
        clean_pod_spec(below(template, "spec"), keep_node);
    }
    if (is_kind(clean, "Node"))
        clean_node(&clean, object);
    else if (is_kind(clean, "Service"))
        clean_service(&clean);
    else if (is_kind(clean, "Job"))
        clean_job(&clean);
    else if (is_kind(clean, "Namespace"))
        CUT(&clean, "spec");
    else if (is_kind(clean, "ConfigMap"))
        CUT(&clean, "data", "binaryData");
    else if (is_kind(clean, "PersistentVolume"))
        CUT(below(below(&clean, "spec"), "claimRef"), "uid", "resourceVersion");
    return clean;
}

/* ── what objects count on ── */

static bool has_object(const struct value *objects, const char *kind, const char *space,
                       const char *name)
{
    for (size_t i = 0; i < objects->count; i++)
        if (is_kind(objects->items[i], kind) && strcmp(object_name(objects->items[i]), name) == 0 &&
            strcmp(object_space(objects->items[i]), space) == 0)
            return true;
    return false;
}

static struct value *new_object(const char *version, const char *kind, const char *name)
{
    struct value *object = value_new_map();
    value_set(object, "apiVersion", value_new_string(version));
    value_set(object, "kind", value_new_string(kind));
    value_put(&object, value_new_string(name), "metadata", "name", NULL);
    return object;
}

static const struct value *pod_spec(const struct value *object)
{
    if (is_kind(object, "Pod"))
        return value_get(object, "spec");
    if (is_kind(object, "CronJob"))
        return value_path(object, "spec", "jobTemplate", "spec", "template", "spec", NULL);
    return value_path(object, "spec", "template", "spec", NULL);
}

/* The priority that a pod of this class had; 0 where none is known. */
static int64_t priority_of(const struct value *all, const char *class)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct value *spec = pod_spec(all->items[i]);
        if (strcmp(value_text(value_get(spec, "priorityClassName"), ""), class) == 0 &&
            value_get(spec, "priority") != NULL)
            return value_int(value_get(spec, "priority"), 0);
    }
    return 0;
}

/* Keys of what is there already, so that each object is looked up once. */
static void put_key(struct value *known, const char *space, const char *name)
{
    char *key = mem_format("%s/%s", space, name);
    value_set(known, key, value_new_bool(true));
    free(key);
}

static bool has_key(const struct value *known, const char *space, const char *name)
{
    char *key = mem_format("%s/%s", space, name);
    const bool found = value_get(known, key) != NULL;
    free(key);
    return found;
}

static void complete_account(struct value *into, struct value *known, const char *space,
                             const char *name)
{
    if (*name == '\0' || strcmp(name, "default") == 0 || has_key(known, space, name))
        return;
    struct value *account = new_object("v1", "ServiceAccount", name);
    value_put(&account, value_new_string(space), "metadata", "namespace", NULL);
    put_key(known, space, name);
    value_add(into, account);
}

static void complete_class(struct value *into, struct value *known, const struct value *all,
                           const char *name)
{
    if (*name == '\0' || strncmp(name, "system-", 7) == 0 || has_key(known, "", name))
        return;
    struct value *class = new_object("scheduling.k8s.io/v1", "PriorityClass", name);
    value_set(class, "value", value_new_int(priority_of(all, name)));
    put_key(known, "", name);
    value_add(into, class);
}

size_t objects_complete(struct value *into, const struct value *all)
{
    struct value *accounts = value_new_map(), *classes = value_new_map();
    const size_t before = into->count;
    for (size_t i = 0; i < before; i++) {
        const struct value *object = into->items[i];
        const char *space = object_space(object);
        if (is_kind(object, "ServiceAccount"))
            put_key(accounts, *space != '\0' ? space : "default", object_name(object));
        else if (is_kind(object, "PriorityClass"))
            put_key(classes, "", object_name(object));
    }
    for (size_t i = 0; i < all->count; i++) {
        const struct value *object = all->items[i], *spec = pod_spec(object);
        const char *space = object_space(object);
        if (spec == NULL || spec->type != VALUE_MAP)
            continue;
        complete_account(into, accounts, *space != '\0' ? space : "default",
                         value_text(value_get(spec, "serviceAccountName"), ""));
        complete_class(into, classes, all, value_text(value_get(spec, "priorityClassName"), ""));
    }
    value_drop(accounts);
    value_drop(classes);
    return into->count - before;
}

void objects_add_namespaces(struct value *into, const struct value *objects)
{
    for (size_t i = 0; i < objects->count; i++) {
        const char *space = object_space(objects->items[i]);
        if (*space != '\0' && !has_object(into, "Namespace", "", space))
            value_add(into, new_object("v1", "Namespace", space));
    }
}
