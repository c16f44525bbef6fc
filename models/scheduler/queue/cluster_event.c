/* What changed in a node or a waiting pod, as events; see cluster_event.h. */
#include "models/scheduler/queue/cluster_event.h"

#include "models/scheduler/snapshot/snapshot.h"
#include "sim/store/store.h"

bool cluster_event_matches(const struct cluster_event *event, enum kind kind, uint32_t actions)
{
    if (event->wildcard)
        return true;
    return event->kind == kind && (actions & event->action) != 0 && event->action <= actions;
}

static bool allocatable_changed(const struct node *before, const struct node *after)
{
    const struct node_resources *a = before->allocatable, *b = after->allocatable;
    if (a == b)
        return false;
    return a == NULL || b == NULL || a->pods != b->pods ||
           !resources_equal(&a->resources, &b->resources);
}

static bool taints_changed(const struct node *before, const struct node *after)
{
    const struct taints *a = before->taints, *b = after->taints;
    if (a == b)
        return false;
    if (a == NULL || b == NULL || a->count != b->count)
        return true;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->items[i].key != b->items[i].key || a->items[i].value != b->items[i].value ||
            a->items[i].effect != b->items[i].effect ||
            a->items[i].has_time != b->items[i].has_time ||
            (a->items[i].has_time && a->items[i].added != b->items[i].added))
            return true;
    return false;
}

/* Only the status of a condition counts, not its times and texts. */
static bool conditions_changed(const struct node *before, const struct node *after)
{
    const struct conditions *a = before->conditions, *b = after->conditions;
    if (a == b)
        return false;
    if (a == NULL || b == NULL || a->count != b->count)
        return true;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->items[i].type != b->items[i].type || a->items[i].status != b->items[i].status)
            return true;
    return false;
}

/* What a node declares is in its document, which writes that do not touch it share. */
static bool features_changed(const struct node *before, const struct node *after)
{
    const struct value *old = before->meta.document, *new = after->meta.document;
    return old != new && !value_equal(value_path(old, "status", "declaredFeatures", NULL),
                                      value_path(new, "status", "declaredFeatures", NULL));
}

static size_t add_event(struct cluster_event *events, size_t count, const struct object *before,
                        const struct object *after, uint32_t action, const char *label)
{
    events[count] = (struct cluster_event){ .kind = (enum kind)after->kind,
                                            .action = action,
                                            .label = label,
                                            .before = before,
                                            .after = after };
    return count + 1;
}

size_t node_change_events(const struct node *before, const struct node *after,
                          struct cluster_event events[CHANGE_EVENTS])
{
    const struct object *old = &before->meta.object, *new = &after->meta.object;
    size_t count = 0;
    if (before->unschedulable && !after->unschedulable)
        count = add_event(events, count, old, new, EVENT_UPDATE_NODE_TAINT, "NodeUpdateNodeTaint");
    if (allocatable_changed(before, after))
        count = add_event(events, count, old, new, EVENT_UPDATE_NODE_ALLOCATABLE,
                          "NodeUpdateNodeAllocatable");
    if (!labels_equal(before->meta.labels, after->meta.labels))
        count = add_event(events, count, old, new, EVENT_UPDATE_NODE_LABEL, "NodeUpdateNodeLabel");
    if (taints_changed(before, after))
        count = add_event(events, count, old, new, EVENT_UPDATE_NODE_TAINT, "NodeUpdateNodeTaint");
    if (conditions_changed(before, after))
        count = add_event(events, count, old, new, EVENT_UPDATE_NODE_CONDITION,
                          "NodeUpdateNodeCondition");
    if (!labels_equal(before->meta.annotations, after->meta.annotations))
        count = add_event(events, count, old, new, EVENT_UPDATE_NODE_ANNOTATION,
                          "NodeUpdateNodeAnnotation");
    if (features_changed(before, after))
        count = add_event(events, count, old, new, EVENT_UPDATE_NODE_DECLARED_FEATURE,
                          "NodeUpdateNodeDeclaredFeature");
    return count;
}

/* Some resource the pod asks for became less. */
static bool scaled_down(const struct pod *before, const struct pod *after)
{
    const struct resources *old = pod_requests(before), *new = pod_requests(after);
    if (old == new)
        return false;
    if (new->cpu_milli < old->cpu_milli || new->memory_bytes < old->memory_bytes ||
        new->ephemeral_storage_bytes < old->ephemeral_storage_bytes)
        return true;
    for (size_t i = 0; i < old->extended_count; i++)
        if (resources_get(new, text_s(old->extended[i].name)) < old->extended[i].amount)
            return true;
    return false;
}

size_t pod_change_events(const struct pod *before, const struct pod *after,
                         struct cluster_event events[CHANGE_EVENTS])
{
    const struct object *old = &before->meta.object, *new = &after->meta.object;
    const bool bound = after->node_name != NULL;
    size_t count = 0;
    if (!labels_equal(before->meta.labels, after->meta.labels))
        count = add_event(events, count, old, new, EVENT_UPDATE_POD_LABEL,
                          bound ? "AssignedPodUpdatePodLabel" : "UnschedulablePodUpdatePodLabel");
    if (scaled_down(before, after))
        count = add_event(events, count, old, new, EVENT_UPDATE_POD_SCALE_DOWN,
                          bound ? "AssignedPodUpdatePodScaleDown"
                                : "UnschedulablePodUpdatePodScaleDown");
    if (before->gated && !after->gated)
        count = add_event(events, count, old, new, EVENT_UPDATE_POD_GATES_ELIMINATED,
                          "UnschedulablePodUpdatePodSchedulingGatesEliminated");
    if (before->spec->toleration_count != after->spec->toleration_count)
        count = add_event(events, count, old, new, EVENT_UPDATE_POD_TOLERATION,
                          bound ? "AssignedPodUpdatePodToleration"
                                : "UnschedulablePodUpdatePodToleration");
    if (count == 0)
        count = add_event(events, count, old, new, EVENT_UPDATE,
                          bound ? "AssignedPodUpdate" : "UnschedulablePodUpdate");
    return count;
}

/* Kinds with a group have it in front. */
static const struct {
    enum kind kind;
    const char *added, *updated, *deleted;
} objects[] = {
    { KIND_PERSISTENTVOLUME, "PersistentVolumeAdd", "PersistentVolumeUpdate",
      "PersistentVolumeDelete" },
    { KIND_PERSISTENTVOLUMECLAIM, "PersistentVolumeClaimAdd", "PersistentVolumeClaimUpdate",
      "PersistentVolumeClaimDelete" },
    { KIND_STORAGECLASS, "storage.k8s.io/StorageClassAdd", "storage.k8s.io/StorageClassUpdate",
      "storage.k8s.io/StorageClassDelete" },
    { KIND_CSIDRIVER, "storage.k8s.io/CSIDriverAdd", "storage.k8s.io/CSIDriverUpdate",
      "storage.k8s.io/CSIDriverDelete" },
    { KIND_CSINODE, "storage.k8s.io/CSINodeAdd", "storage.k8s.io/CSINodeUpdate",
      "storage.k8s.io/CSINodeDelete" },
    { KIND_CSISTORAGECAPACITY, "storage.k8s.io/CSIStorageCapacityAdd",
      "storage.k8s.io/CSIStorageCapacityUpdate", "storage.k8s.io/CSIStorageCapacityDelete" },
    { KIND_VOLUMEATTACHMENT, "storage.k8s.io/VolumeAttachmentAdd",
      "storage.k8s.io/VolumeAttachmentUpdate", "storage.k8s.io/VolumeAttachmentDelete" },
};

bool object_change_event(const struct watch_event *change, struct cluster_event *event)
{
    const struct object *object = change->object;
    size_t row = 0;
    while (row < sizeof objects / sizeof *objects && objects[row].kind != object->kind)
        row++;
    if (row == sizeof objects / sizeof *objects)
        return false;
    *event = (struct cluster_event){ .kind = objects[row].kind };
    if (change->type == WATCH_ADDED) {
        event->action = EVENT_ADD;
        event->label = objects[row].added;
        event->after = object;
    } else if (change->type == WATCH_DELETED) {
        event->action = EVENT_DELETE;
        event->label = objects[row].deleted;
        event->before = object;
    } else {
        event->action = EVENT_UPDATE;
        event->label = objects[row].updated;
        event->before = change->before;
        event->after = object;
    }
    return true;
}

bool pod_held_room(const struct pod *gone)
{
    return gone->node_name != NULL || pod_nominated_node(gone) != NULL;
}
