/* Changes of pods and nodes on their way into the snapshot and the queue; see event_handlers.h. */
#include "models/scheduler/event_handlers.h"

/* The pod as plugins are shown it: with the node on which it counted, even if it was only
 * assumed there. One reference. */
static const struct object *as_placed(const struct placed_pod *placed)
{
    const struct object *object = &placed->pod->meta.object;
    if (placed->pod->node_name != NULL)
        return object_hold(object);
    struct pod *copy = (struct pod *)object_copy(object);
    copy->node_name = text_hold(placed->node->name);
    return &copy->meta.object;
}

static void tell_gone(struct scheduler_view *view, const struct object *last, struct cause cause)
{
    const struct cluster_event gone = {
        .kind = KIND_POD, .action = EVENT_DELETE, .label = "AssignedPodDelete", .before = last
    };
    scheduling_queue_event(view->queue, &gone, cause);
    object_drop(last);
}

/* An assumed pod is about to go: others may have its room. One that waits for Permit plugins waits no
 * longer, and counts until that has failed; of the others the binding will fail some time. */
static void tell_going(struct scheduler_view *view, const struct placed_pod *placed,
                       struct cause cause)
{
    const struct object *last = as_placed(placed);
    if (!permits_reject(view->permits, placed->pod->meta.uid, NULL, "removed"))
        snapshot_remove_pod(view->snapshot, last->space, last->name);
    tell_gone(view, last, cause);
}

bool scheduler_remove_placed(struct scheduler_view *view, const struct object *pod,
                             struct cause cause)
{
    const struct placed_pod *placed = snapshot_find_pod(view->snapshot, pod->space, pod->name);
    if (placed == NULL)
        return false;
    const struct object *last = as_placed(placed);
    snapshot_remove_pod(view->snapshot, pod->space, pod->name);
    tell_gone(view, last, cause);
    return true;
}

static void hear_node(struct scheduler_view *view, const struct watch_event *event)
{
    const struct node *node = node_of(event->object);
    struct cluster_event events[CHANGE_EVENTS];
    size_t count = 1;
    if (event->type == WATCH_DELETED)
        snapshot_remove_node(view->snapshot, event->object->name);
    else
        snapshot_set_node(view->snapshot, node);
    events[0] = (struct cluster_event){ .kind = KIND_NODE };
    if (event->type == WATCH_ADDED) {
        events[0].action = EVENT_ADD;
        events[0].label = "NodeAdd";
        events[0].after = event->object;
    } else if (event->type == WATCH_DELETED) {
        events[0].action = EVENT_DELETE;
        events[0].label = "NodeDelete";
        events[0].before = event->object;
    } else {
        count = node_change_events(node_of(event->before), node, events);
    }
    for (size_t i = 0; i < count; i++)
        scheduling_queue_event(view->queue, &events[i], event->cause);
}

/* The scheduler does not see pods that have ended: to it they are gone. */
static bool is_seen(const struct pod *pod)
{
    return pod != NULL && !pod_is_terminal(pod);
}

static void hear_bound(struct scheduler_view *view, const struct pod *before, const struct pod *pod,
                       struct cause cause)
{
    struct cluster_event events[CHANGE_EVENTS];
    snapshot_place(view->snapshot, pod, pod->node_name, false);
    if (!is_seen(before) || before->node_name == NULL) {
        if (is_seen(before))
            scheduling_queue_delete(view->queue, before);
        const struct cluster_event added = { .kind = KIND_POD,
                                             .action = EVENT_ADD,
                                             .label = "AssignedPodAdd",
                                             .after = &pod->meta.object };
        scheduling_queue_event(view->queue, &added, cause);
        return;
    }
    const size_t count = pod_change_events(before, pod, events);
    for (size_t i = 0; i < count; i++)
        scheduling_queue_event(view->queue, &events[i], cause);
}

/* A waiting pod gives up the node it was nominated to: as if it had counted there, for those
 * who had to respect it. */
static void nomination_gone(struct scheduler_view *view, const struct pod *pod, struct cause cause)
{
    const struct cluster_event gone = { .kind = KIND_POD,
                                        .action = EVENT_DELETE,
                                        .label = "AssignedPodDelete",
                                        .bounded = true,
                                        .priority = pod->spec->priority,
                                        .before = &pod->meta.object };
    scheduling_queue_event(view->queue, &gone, cause);
}

static void hear_unbound(struct scheduler_view *view, const struct pod *before,
                         const struct pod *pod, struct cause cause)
{
    const struct profile *profile = scheduler_profile_of(view->configuration, pod);
    const struct object *object = &pod->meta.object;
    const struct placed_pod *placed =
        snapshot_find_pod(view->snapshot, object->space, object->name);
    if (profile == NULL)
        return;
    if (placed != NULL && placed->assumed) {
        if (pod->meta.deleting && (before == NULL || !before->meta.deleting))
            tell_going(view, placed, cause);
        return;
    }
    if (!is_seen(before)) {
        scheduling_queue_add(view->queue, pod, profile, cause);
        return;
    }
    const struct text *nominated = pod_nominated_node(before);
    scheduling_queue_update(view->queue, before, pod, profile, cause);
    if (nominated != NULL && nominated != pod_nominated_node(pod))
        nomination_gone(view, before, cause);
}

/* Gone, or ended. */
static void hear_gone(struct scheduler_view *view, const struct pod *pod, struct cause cause)
{
    const struct object *object = &pod->meta.object;
    const struct placed_pod *placed =
        snapshot_find_pod(view->snapshot, object->space, object->name);
    scheduling_queue_delete(view->queue, pod);
    if (pod->node_name != NULL || (placed != NULL && !placed->assumed))
        scheduler_remove_placed(view, object, cause);
    else if (placed != NULL && !pod->meta.deleting)
        tell_going(view, placed, cause);
    else if (pod_nominated_node(pod) != NULL)
        nomination_gone(view, pod, cause);
}

static void hear_pod(struct scheduler_view *view, const struct watch_event *event)
{
    const struct pod *pod = pod_of(event->object);
    const struct pod *before = event->before != NULL ? pod_of(event->before) : NULL;
    if (event->type == WATCH_DELETED || !is_seen(pod)) {
        if (event->type != WATCH_ADDED && is_seen(before != NULL ? before : pod))
            hear_gone(view, before != NULL ? before : pod, event->cause);
    } else if (pod->node_name != NULL) {
        hear_bound(view, before, pod, event->cause);
    } else {
        hear_unbound(view, before, pod, event->cause);
    }
}

/* Informers hear only of changes that some plugin waits for. */
static bool is_awaited(const struct scheduler_configuration *configuration,
                       const struct cluster_event *event)
{
    for (size_t i = 0; i < configuration->profile_count; i++) {
        const struct profile *profile = configuration->profiles[i];
        for (size_t j = 0; j < profile->plugin_count; j++)
            for (const struct plugin_event *on = profile->plugins[j].plugin->events;
                 on->actions != 0; on++)
                if (on->kind == event->kind && (on->actions & event->action) != 0)
                    return true;
    }
    return false;
}

static void hear_object(struct scheduler_view *view, const struct watch_event *change)
{
    struct cluster_event event;
    snapshot_note_object(view->snapshot, change->object->kind);
    if (object_change_event(change, &event) && is_awaited(view->configuration, &event))
        scheduling_queue_event(view->queue, &event, change->cause);
}

void scheduler_hear(void *self, const struct watch_event *event)
{
    if (event->object->kind == KIND_POD)
        hear_pod(self, event);
    else if (event->object->kind == KIND_NODE)
        hear_node(self, event);
    else
        hear_object(self, event);
}
