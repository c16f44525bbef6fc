/* Objects of a recorded case, and what the API server does to them first: the steps that the
 * recordings name, and no others (no tolerations are added, nothing is validated). */
#include <stdlib.h>
#include <string.h>

#include "models/api/defaults.h"
#include "models/api/label_keys.h"
#include "models/api/policy.h"
#include "models/api/schema_check.h"
#include "models/api/schema_print.h"
#include "models/cluster/admission.h"
#include "sim/base/nearest.h"
#include "tools/schedule/script_private.h"

/* The lists of `input`, in the order in which their objects are put. */
static const struct {
    const char *list, *api_version, *kind;
} lists[] = {
    { "namespaces", "v1", "Namespace" },
    { "priorityClasses", "scheduling.k8s.io/v1", "PriorityClass" },
    { "nodes", "v1", "Node" },
    { "services", "v1", "Service" },
    { "replicationControllers", "v1", "ReplicationController" },
    { "replicaSets", "apps/v1", "ReplicaSet" },
    { "statefulSets", "apps/v1", "StatefulSet" },
    { "podDisruptionBudgets", "policy/v1", "PodDisruptionBudget" },
    { "storageClasses", "storage.k8s.io/v1", "StorageClass" },
    { "csiDrivers", "storage.k8s.io/v1", "CSIDriver" },
    { "csiNodes", "storage.k8s.io/v1", "CSINode" },
    { "csiStorageCapacities", "storage.k8s.io/v1", "CSIStorageCapacity" },
    { "volumeAttachments", "storage.k8s.io/v1", "VolumeAttachment" },
    { "persistentVolumes", "v1", "PersistentVolume" },
    { "persistentVolumeClaims", "v1", "PersistentVolumeClaim" },
    { "pods", "v1", "Pod" },
};
enum { LISTS = sizeof lists / sizeof *lists };

static size_t list_named(const char *name)
{
    size_t i = 0;
    while (i < LISTS && strcmp(lists[i].list, name) != 0)
        i++;
    return i;
}

/* --- priority ------------------------------------------------------------------------------- */

static const struct priority_class_object *find_class(const struct trial *trial, const char *name)
{
    if (name != NULL)
        return (const struct priority_class_object *)trial_find(trial, KIND_PRIORITYCLASS, "",
                                                                name);
    for (struct cache_cursor c = cache_list(trial->cluster->cache, KIND_PRIORITYCLASS);
         cache_next(&c);)
        if (((const struct priority_class_object *)c.object)->global_default)
            return (const struct priority_class_object *)c.object;
    return NULL;
}

/* Priority admission: a pod that gives a priority itself keeps it. */
static void admit_priority(const struct trial *trial, struct value **pod)
{
    const struct value *spec = value_get(*pod, "spec");
    const struct priority_class_object *class =
        find_class(trial, value_text(value_get(spec, "priorityClassName"), NULL));
    const bool has_policy = value_get(spec, "preemptionPolicy") != NULL;
    if (value_get(spec, "priority") == NULL)
        value_put(pod, value_new_int(class != NULL ? class->value : 0), "spec", "priority", NULL);
    if (!has_policy)
        value_put(
            pod,
            value_new_string(class != NULL && !class->preempts ? "Never" : "PreemptLowerPriority"),
            "spec", "preemptionPolicy", NULL);
}

/* --- one object ------------------------------------------------------------------------------ */

/* The document with its kind, without nulls; NULL with faults when it does not fit. */
static struct value *decode(size_t row, const struct value *document, struct error_list *faults)
{
    const struct schema_kind *kind = schema_kind(lists[row].api_version, lists[row].kind);
    const char *name = value_text(value_path(document, "metadata", "name", NULL), "");
    struct error_list warnings = { 0 };
    if (document->type != VALUE_MAP || *name == '\0') {
        error_list_add(faults, document->at, "%s: an object without metadata.name",
                       lists[row].list);
        return NULL;
    }
    struct value *typed = value_hold(document);
    value_put(&typed, value_new_string(lists[row].api_version), "apiVersion", NULL);
    value_put(&typed, value_new_string(lists[row].kind), "kind", NULL);
    const bool fits = schema_check(typed, kind->type, false, faults, &warnings);
    struct value *decoded = fits ? schema_prune(typed, kind->type) : NULL;
    error_list_close(&warnings);
    value_drop(typed);
    return decoded;
}

static void label_namespace(struct value **document)
{
    value_put(document, value_hold(value_path(*document, "metadata", "name", NULL)), "metadata",
              "labels", "kubernetes.io/metadata.name", NULL);
}

/* Nobody else makes a volume available. */
static void set_volume_phase(struct value **volume)
{
    const struct value *uid = value_path(*volume, "spec", "claimRef", "uid", NULL);
    if (value_path(*volume, "status", "phase", NULL) == NULL)
        value_put(volume, value_new_string(value_is_null(uid) ? "Available" : "Bound"), "status",
                  "phase", NULL);
}

/* Volumes name their claims by uid, which may be any text. */
static void set_claim_uid(struct object *claim, const struct value *document)
{
    const char *given = value_text(value_path(document, "metadata", "uid", NULL), NULL);
    char *uid = given != NULL ? mem_format("%s", given)
                              : mem_format("pvc-%s-%s", namespace_of(claim), name_of(claim));
    ((struct meta *)claim)->uid = uid_from_text(uid);
    free(uid);
}

static struct value *admit(const struct trial *trial, size_t row, const struct value *document,
                           struct error_list *faults)
{
    struct value *decoded = decode(row, document, faults);
    if (decoded == NULL)
        return NULL;
    if (strcmp(lists[row].kind, "PersistentVolume") == 0)
        set_volume_phase(&decoded);
    struct value *admitted =
        defaults_apply(decoded, schema_kind(lists[row].api_version, lists[row].kind));
    value_drop(decoded);
    if (document_is_namespaced(admitted) &&
        value_path(admitted, "metadata", "namespace", NULL) == NULL)
        value_put(&admitted, value_new_string("default"), "metadata", "namespace", NULL);
    if (strcmp(lists[row].kind, "Namespace") == 0)
        label_namespace(&admitted);
    if (strcmp(lists[row].kind, "Pod") == 0) {
        admit_priority(trial, &admitted);
        label_keys_merge(value_slot(value_own(&admitted), "spec"),
                         value_path(admitted, "metadata", "labels", NULL));
    }
    return admitted;
}

static bool put(struct trial *trial, size_t row, const struct value *document, sim_time started,
                struct error_list *faults)
{
    struct value *admitted = admit(trial, row, document, faults);
    if (admitted == NULL)
        return false;
    const enum kind kind = kind_find(lists[row].api_version, lists[row].kind);
    struct object *object = kind_infos[kind].load(&trial->cluster->codec, admitted);
    if (kind == KIND_PERSISTENTVOLUMECLAIM)
        set_claim_uid(object, document);
    if (kind == KIND_POD) {
        struct pod *pod = (struct pod *)object;
        if (pod->node_name != NULL && !pod->started) {
            pod->started = true;
            pod->start_time = started;
        }
    }
    trial_put(trial, object);
    value_drop(admitted);
    return true;
}

bool script_load_object(struct trial *trial, const char *list, const struct value *document,
                        struct error_list *faults)
{
    return put(trial, list_named(list), document, 0, faults);
}

/* --- all of them ------------------------------------------------------------------------------- */

static void load_list(struct trial *trial, size_t row, const struct value *list,
                      struct error_list *faults)
{
    if (value_is_null(list))
        return;
    if (list->type != VALUE_LIST) {
        error_list_add(faults, list->at, "input.%s is no list", lists[row].list);
        return;
    }
    for (size_t i = 0; i < list->count; i++)
        put(trial, row, list->items[i], (sim_time)i * SIM_SECOND, faults);
}

/* A list under a name that we do not know would silently be left out. */
static void check_member(const struct value_entry *entry, struct error_list *faults)
{
    static const char *const others[] = { "steps", "detail", "victimMode" };
    struct nearest near = nearest_to(entry->key);
    if (list_named(entry->key) < LISTS)
        return;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(others[i], entry->key) == 0)
            return;
        nearest_offer(&near, others[i]);
    }
    for (size_t i = 0; i < LISTS; i++)
        nearest_offer(&near, lists[i].list);
    if (near.found != NULL)
        error_list_add(faults, entry->at, "input has no %s (did you mean %s?)", entry->key,
                       near.found);
    else
        error_list_add(faults, entry->at, "input has no %s", entry->key);
}

bool script_load_objects(struct trial *trial, const struct value *input, struct error_list *faults)
{
    const size_t before = faults->count;
    for (size_t i = 0; i < input->count; i++)
        check_member(&input->entries[i], faults);
    for (size_t row = 0; row < LISTS; row++)
        load_list(trial, row, value_get(input, lists[row].list), faults);
    return faults->count == before;
}
