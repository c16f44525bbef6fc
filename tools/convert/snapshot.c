/* Snapshots: what `kubectl get ... -A -o json` (or yaml) prints, of one command or several.
 *
 * What people wrote stays, without what the cluster set; what controllers will make themselves is left
 * out. With --keep-placement pods stay, too, as orphans on their nodes: ReplicaSets, StatefulSets and
 * DaemonSets adopt what their selectors find, and Deployments adopt ReplicaSets of the same template. */
#include <stdlib.h>
#include <string.h>

#include "models/api/meta.h"
#include "models/api/yaml.h"
#include "sim/base/memory.h"
#include "tools/convert/formats.h"
#include "tools/convert/objects.h"

static int role(const struct trace_input *input)
{
    return memmem(input->head, input->head_length, "apiVersion", 10) != NULL &&
           memmem(input->head, input->head_length, "kind", 4) != NULL;
}

/* What is read, and who is in it. */
struct snapshot {
    struct conversion *conversion;
    struct value *all;   /* every object, flat */
    struct value *known; /* "Kind/namespace/name" to true */
    sim_time latest;     /* since 1970 */
};

static char *key_of(const char *kind, const char *space, const char *name)
{
    return mem_format("%s/%s/%s", kind, space, name);
}

/* ── reading ── */

static void note_time(struct snapshot *snapshot, const struct value *text)
{
    sim_time at;
    if (text != NULL && text->type == VALUE_STRING && time_parse(text->text, 0, &at) &&
        at > snapshot->latest)
        snapshot->latest = at;
}

static void note_times(struct snapshot *snapshot, const struct value *object)
{
    const struct value *conditions = value_path(object, "status", "conditions", NULL);
    note_time(snapshot, value_path(object, "metadata", "creationTimestamp", NULL));
    for (size_t i = 0;
         conditions != NULL && conditions->type == VALUE_LIST && i < conditions->count; i++) {
        note_time(snapshot, value_get(conditions->items[i], "lastHeartbeatTime"));
        note_time(snapshot, value_get(conditions->items[i], "lastTransitionTime"));
    }
}

/* Lists may hold lists. */
static void take(struct snapshot *snapshot, const struct value *document, int depth)
{
    const char *kind = object_kind(document);
    const size_t length = strlen(kind);
    const struct value *items = value_get(document, "items");
    if (length >= 4 && strcmp(kind + length - 4, "List") == 0 && items != NULL &&
        items->type == VALUE_LIST && depth < 8) {
        for (size_t i = 0; i < items->count; i++)
            take(snapshot, items->items[i], depth + 1);
        return;
    }
    if (document->type != VALUE_MAP || *kind == '\0' || *object_name(document) == '\0') {
        error_list_add(snapshot->conversion->faults, document->at,
                       "this is no object: it has no kind or no name");
        return;
    }
    char *key = key_of(kind, object_space(document), object_name(document));
    if (value_get(snapshot->known, key) != NULL) {
        conversion_count(snapshot->conversion, "objects that stand twice: the first counts", 1);
    } else {
        value_set(snapshot->known, key, value_new_bool(true));
        value_add(snapshot->all, value_hold(document));
        note_times(snapshot, document);
    }
    free(key);
}

static void read_input(struct snapshot *snapshot, struct trace_input *input)
{
    struct error_list *faults = snapshot->conversion->faults;
    struct documents documents = { 0 };
    struct error error = { 0 };
    size_t length;
    char *bytes = trace_input_read_all(input, &length, &error);
    if (bytes != NULL)
        documents_read(&documents, bytes, length, input->name, faults);
    for (size_t i = 0; i < documents.count; i++)
        take(snapshot, documents.items[i], 0);
    error_list_take(faults, &error);
    documents_close(&documents);
    free(bytes);
}

/* ── what stays ── */

static bool is_one_of(const char *text, const char *const *texts)
{
    for (; *texts != NULL; texts++)
        if (strcmp(text, *texts) == 0)
            return true;
    return false;
}

/* Kinds whose objects the cluster writes about itself. */
static const char *const made_by_cluster[] = { "Endpoints",
                                               "EndpointSlice",
                                               "Event",
                                               "Lease",
                                               "CSINode",
                                               "NodeMetrics",
                                               "PodMetrics",
                                               "ControllerRevision",
                                               "APIService",
                                               "Machine",
                                               "ComponentStatus",
                                               "CSIStorageCapacity",
                                               "VolumeAttachment",
                                               NULL };

/* Kinds whose controllers are simulated. */
static const char *const controlling[] = { "Deployment", "ReplicaSet", "StatefulSet",
                                           "DaemonSet",  "Job",        "CronJob",
                                           "Service",    "Endpoints",  NULL };

/* Will somebody who is in the snapshot make it again? */
static bool has_maker(const struct snapshot *snapshot, const struct value *object)
{
    const struct value *owner = object_controller(object);
    const char *kind = value_text(value_get(owner, "kind"), "");
    if (owner == NULL || !is_one_of(kind, controlling))
        return false;
    char *key = key_of(kind, object_space(object), value_text(value_get(owner, "name"), ""));
    const bool found = value_get(snapshot->known, key) != NULL;
    free(key);
    return found;
}

static bool condition_is(const struct value *object, const char *type, const char *status)
{
    const struct value *conditions = value_path(object, "status", "conditions", NULL);
    for (size_t i = 0;
         conditions != NULL && conditions->type == VALUE_LIST && i < conditions->count; i++)
        if (strcmp(value_text(value_get(conditions->items[i], "type"), ""), type) == 0)
            return strcmp(value_text(value_get(conditions->items[i], "status"), ""), status) == 0;
    return false;
}

/* Pods and Jobs that are over would run again. */
static bool is_finished(const struct value *object)
{
    const char *kind = object_kind(object);
    const char *phase = value_text(value_path(object, "status", "phase", NULL), "");
    if (strcmp(kind, "Pod") == 0)
        return strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
    return strcmp(kind, "Job") == 0 &&
           (condition_is(object, "Complete", "True") || condition_is(object, "Failed", "True"));
}

/* With --keep-placement: pods that somebody adopts, and ReplicaSets that have pods. */
static bool is_adopted(const struct value *object)
{
    const struct value *owner = object_controller(object);
    const char *kind = object_kind(object), *by = value_text(value_get(owner, "kind"), "");
    if (strcmp(kind, "ReplicaSet") == 0)
        return value_int(value_path(object, "spec", "replicas", NULL), 0) > 0;
    return strcmp(kind, "Pod") == 0 &&
           is_one_of(by, (const char *const[]){ "ReplicaSet", "StatefulSet", "DaemonSet", NULL });
}

/* Why it is left out; NULL: it stays. */
static const char *reason_to_drop(const struct snapshot *snapshot, const struct value *object)
{
    const char *kind = object_kind(object), *name = object_name(object);
    if (is_one_of(kind, made_by_cluster))
        return "objects that the cluster makes of itself: left out";
    if (strcmp(kind, "ServiceAccount") == 0 && strcmp(name, "default") == 0)
        return "default ServiceAccounts and kube-root-ca.crt: left out";
    if (strcmp(kind, "ConfigMap") == 0 && strcmp(name, "kube-root-ca.crt") == 0)
        return "default ServiceAccounts and kube-root-ca.crt: left out";
    if (strcmp(kind, "Secret") == 0)
        return "Secrets: left out";
    if (value_path(object, "metadata", "deletionTimestamp", NULL) != NULL)
        return "objects that are being deleted: left out";
    if (is_finished(object))
        return "pods and Jobs that have finished: left out";
    if (has_maker(snapshot, object) &&
        !(snapshot->conversion->options->keep_placement && is_adopted(object)))
        return "objects that their controllers make: left out";
    return NULL;
}

/* Pods that the kubelet has from a file belong to their node. */
static bool is_static(const struct value *object)
{
    const struct value *owner = object_controller(object);
    return strcmp(object_kind(object), "Pod") == 0 &&
           strcmp(value_text(value_get(owner, "kind"), ""), "Node") == 0;
}

/* A claim keeps its volume when that is there, too. */
static void unbind_claim(const struct snapshot *snapshot, struct value **claim)
{
    const char *volume = value_text(value_path(*claim, "spec", "volumeName", NULL), "");
    char *key = key_of("PersistentVolume", "", volume);
    if (*volume != '\0' && value_get(snapshot->known, key) == NULL) {
        struct value **spec = value_slot(value_own(claim), "spec");
        value_remove(value_own(spec), "volumeName");
    }
    free(key);
}

static void keep_object(struct snapshot *snapshot, const struct value *object)
{
    struct conversion *conversion = snapshot->conversion;
    const bool is_pod = strcmp(object_kind(object), "Pod") == 0;
    const bool keep_node = is_pod && (conversion->options->keep_placement || is_static(object));
    struct value *clean = object_as_applied(object, keep_node);
    if (strcmp(object_kind(object), "Node") == 0) {
        if (condition_is(object, "Ready", "False") || condition_is(object, "Ready", "Unknown"))
            conversion_count(conversion, "Nodes that were not ready: they come up ready", 1);
        conversion_count(conversion, "Nodes", 1);
        value_add(conversion->nodes, clean);
        return;
    }
    if (strcmp(object_kind(object), "PersistentVolumeClaim") == 0)
        unbind_claim(snapshot, &clean);
    if (is_pod)
        conversion_count(conversion,
                         is_static(object) ? "pods from files of their nodes"
                         : object_controller(object) == NULL
                             ? "pods of nobody"
                             : "pods whose controller is not there or "
                               "not simulated: kept by themselves",
                         1);
    conversion_count(conversion, "objects kept", 1);
    value_add(conversion->objects, clean);
}

static void add_notes(struct conversion *conversion)
{
    conversion_note(conversion, "Status, uids, versions, managers of fields, owners, finalizers, "
                                "addresses and the content of ConfigMaps are taken off; of Nodes "
                                "capacity and allocatable stay, and taints that are not about "
                                "their state.");
    if (conversion->options->keep_placement)
        conversion_note(conversion, "--keep-placement: pods of ReplicaSets, StatefulSets and "
                                    "DaemonSets are there on their nodes and are adopted; pods of "
                                    "Jobs are made anew.");
    else
        conversion_note(conversion, "Controllers make their ReplicaSets, pods and Jobs anew, and "
                                    "the scheduler places them anew (--keep-placement leaves them "
                                    "where they are). Histories of rollouts are lost.");
    conversion_note(conversion, "All containers start at time 0. startTime is the latest time that "
                                "the snapshot names. What containers do is not in a snapshot: add "
                                "images, load and traffic.");
}

static void convert(struct conversion *conversion)
{
    struct snapshot snapshot = { .conversion = conversion,
                                 .all = value_new_list(),
                                 .known = value_new_map() };
    char start[TIME_TEXT];
    for (size_t i = 0; i < conversion->input_count; i++)
        read_input(&snapshot, &conversion->inputs[i]);
    conversion_count(conversion, "objects", (int64_t)snapshot.all->count);
    for (size_t i = 0; i < snapshot.all->count; i++) {
        const char *reason = reason_to_drop(&snapshot, snapshot.all->items[i]);
        if (reason != NULL)
            conversion_count(conversion, reason, 1);
        else
            keep_object(&snapshot, snapshot.all->items[i]);
    }
    const size_t made = objects_complete(conversion->objects, snapshot.all);
    if (made > 0)
        conversion_count(conversion,
                         "ServiceAccounts and PriorityClasses that pods name and that were not "
                         "there: made",
                         (int64_t)made);
    if (snapshot.latest > 0)
        value_set(conversion->spec, "startTime",
                  value_new_string(time_print(snapshot.latest, 0, start)));
    conversion->duration = SIM_DAY;
    add_notes(conversion);
    if (snapshot.all->count == 0 && conversion->faults->count == 0)
        error_list_add(conversion->faults, (struct place){ .file = conversion->inputs[0].name },
                       "no object in this snapshot");
    value_drop(snapshot.all);
    value_drop(snapshot.known);
}

const struct trace_format snapshot_format = {
    .name = "snapshot",
    .summary = "a cluster as it is: what kubectl get -A -o json prints",
    .inputs = "Lists or objects as JSON or YAML",
    .role = role,
    .convert = convert,
};
