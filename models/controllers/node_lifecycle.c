/* Node lifecycle: nodes whose kubelet falls silent become Unknown, their pods not ready, and after
 * their zone's turn they are tainted so that their pods are evicted; all of it is undone when
 * the kubelet comes back.
 *
 * Follows pkg/controller/nodelifecycle/node_lifecycle_controller.go of the release named in
 * docs/fidelity.md. Three kinds of keys: a node (its NoSchedule taints and labels, at once), a pod
 * that came to an unready node, and two without a name: the pass over all nodes, and the turn of
 * the zones. The monitor's passes are at multiples of node-monitor-period; where the real ones
 * take a little longer each, a silence of exactly the grace period counts as longer. */
#include <stdlib.h>
#include <string.h>

#include "models/controllers/node_lifecycle_private.h"

static const struct object_key monitor_pass = { .kind = KIND_LEASE };
static const struct object_key tainting_pass = { .kind = KIND_NODE };

/* ---- waking ---- */

/* Look at a node in the next pass, because of this event. */
static void look_at(struct controller_run *controller, struct node_health *health,
                    const struct watch_event *event)
{
    const struct node_lifecycle *state = controller_run_state(controller);
    const sim_time now = run_now(state->cluster->run);
    health->due = monitor_pass_after(state, now > state->passed ? now : now + 1);
    health->cause = event->cause;
    controller_wake_after(controller, monitor_pass, health->due - now, event->cause);
}

static void wake_lease(struct controller_run *controller, const struct watch_event *event)
{
    if (strcmp(namespace_of(event->object), "kube-node-lease") != 0)
        return;
    struct node_health *health =
        node_health_find(controller_run_state(controller), event->object->name);
    if (health != NULL)
        look_at(controller, health, event);
}

static bool ready_changed(const struct node *was, const struct node *is)
{
    if (was->conditions == is->conditions)
        return false;
    const struct condition *old = conditions_find(was->conditions, "Ready");
    const struct condition *new = conditions_find(is->conditions, "Ready");
    if (old == NULL || new == NULL)
        return old != new;
    return old->status != new->status || old->update != new->update;
}

/* Does the change matter to the monitor? */
static bool matters(const struct node *was, const struct node *is)
{
    return ready_changed(was, is) || was->meta.labels != is->meta.labels ||
           !taints_equal(was->taints, is->taints);
}

static void wake_node(struct controller_run *controller, const struct watch_event *event)
{
    struct node_lifecycle *state = controller_run_state(controller);
    const struct node *node = node_of(event->object);
    struct node_health *health = node_health_get(state, event->object->name);
    object_drop(health->gone);
    health->gone = event->type == WATCH_DELETED ? object_hold(event->object) : NULL;
    if (event->type != WATCH_MODIFIED || matters(node_of(event->before), node))
        look_at(controller, health, event);
    if (event->type != WATCH_DELETED && node_needs_update(node))
        controller_wake(controller, object_key(event->object), event->cause);
}

/* A pod that comes to a node after its other pods were marked. */
static void wake_pod(struct controller_run *controller, const struct watch_event *event)
{
    const struct text *node = pod_of(event->object)->node_name;
    if (event->type == WATCH_DELETED || node == NULL ||
        (event->before != NULL && pod_of(event->before)->node_name == node))
        return;
    const struct node_health *health = node_health_find(controller_run_state(controller), node);
    if (health != NULL && health->has_ready && health->ready != CONDITION_TRUE)
        controller_wake(controller, object_key(event->object), event->cause);
}

/* ---- the pass over the nodes ---- */

static void node_event(struct client *client, const struct object *node, const char *reason,
                       const char *doing, const char *whose)
{
    client_event(client, node, false, reason, "Node %s event: %s Node %s %s Controller",
                 text_s(node->name), doing, text_s(node->name), whose);
}

static void look(struct client *client, struct node_lifecycle *state, struct node_health *health,
                 sim_time pass)
{
    const struct object *object = client_get(client, KIND_NODE, NULL, health->name);
    health->due = SIM_FOREVER;
    client->cause = health->cause;
    if (object == NULL)
        return;
    const struct node *node = node_of(object);
    health->zone = zone_of(state, node);
    health->counts = labels_get(node->meta.labels, "node.kubernetes.io/exclude-disruption") == NULL;
    if (!health->known) {
        node_event(client, object, "RegisteredNode", "Registered", "in");
        node_mark_reachable(client, state, node);
    }
    health->known = true;
    node_health_look(client, state, health, node, pass);
}

static void take_leave(struct client *client, struct node_lifecycle *state,
                       struct node_health *health)
{
    if (health->known)
        node_event(client, health->gone, "RemovingNode", "Removing", "from");
    node_health_forget(state, health);
}

/* Nodes are looked at side by side. */
static void look_at_due(struct client *client, struct node_lifecycle *state, sim_time pass)
{
    struct batch batch = client_batch(client);
    for (size_t i = 0; i < state->count;) {
        struct node_health *health = state->nodes[i];
        if (health->gone != NULL && health->due <= pass) {
            take_leave(client, state, health);
            continue;
        }
        if (health->due <= pass) {
            client_batch_next(client, &batch);
            look(client, state, health, pass);
        }
        i++;
    }
    client_batch_end(client, &batch);
}

static void requeue_at(struct client *client, struct object_key key, sim_time at)
{
    if (at != SIM_FOREVER)
        controller_requeue_after(client, key, at > client->now ? at - client->now : 0);
}

static void schedule_next(struct client *client, const struct node_lifecycle *state)
{
    const struct node_health *next = NULL;
    for (size_t i = 0; i < state->count; i++)
        if (next == NULL || state->nodes[i]->due < next->due)
            next = state->nodes[i];
    if (next != NULL)
        requeue_at(client, monitor_pass, next->due);
}

static void run_monitor_pass(struct client *client, struct node_lifecycle *state)
{
    const sim_time pass = run_now(client->cluster->run);
    state->passed = pass;
    look_at_due(client, state, pass);
    zones_judge(client, state, pass);
    schedule_next(client, state);
    requeue_at(client, tainting_pass, zones_next_turn(state, client->now));
}

static void run_tainting_pass(struct client *client, struct node_lifecycle *state)
{
    zones_taint(client, state);
    requeue_at(client, tainting_pass, zones_next_turn(state, client->now));
}

/* ---- the controller ---- */

static void process_pod(struct client *client, const struct node_lifecycle *state,
                        struct object_key key)
{
    const struct object *pod = client_get(client, KIND_POD, key.space, key.name);
    if (pod == NULL)
        return;
    const struct node_health *health = node_health_find(state, pod_of(pod)->node_name);
    if (health != NULL && health->has_ready && health->ready != CONDITION_TRUE)
        mark_pod_not_ready(client, pod);
}

static enum outcome node_lifecycle_reconcile(struct client *client, struct object_key key)
{
    struct node_lifecycle *state = controller_state(client);
    if (object_key_equal(key, monitor_pass)) {
        run_monitor_pass(client, state);
    } else if (object_key_equal(key, tainting_pass)) {
        run_tainting_pass(client, state);
    } else if (key.kind == KIND_POD) {
        process_pod(client, state, key);
    } else {
        const struct object *node = client_get(client, KIND_NODE, NULL, key.name);
        if (node != NULL)
            node_update(client, node_of(node));
    }
    return RECONCILED;
}

static int node_lifecycle_workers(const struct settings *settings)
{
    (void)settings;
    return 8; /* nodeUpdateWorkerSize */
}

static void node_lifecycle_init(void *memory, struct cluster *cluster)
{
    struct node_lifecycle *state = memory;
    state->cluster = cluster;
    state->passed = -1;
    table_init(&state->by_name);
}

static void node_lifecycle_close(void *memory)
{
    struct node_lifecycle *state = memory;
    while (state->count > 0)
        node_health_forget(state, state->nodes[state->count - 1]);
    free(state->nodes);
    table_close(&state->by_name);
    zones_close(state);
}

const struct controller node_lifecycle_controller = {
    .name = "node-lifecycle-controller",
    .source = "node-controller",
    .reconciles = KIND_NODE,
    .wakes_on = { { KIND_NODE, wake_node }, { KIND_LEASE, wake_lease }, { KIND_POD, wake_pod } },
    .reconcile = node_lifecycle_reconcile,
    .workers = node_lifecycle_workers,
    .state_size = sizeof(struct node_lifecycle),
    .init = node_lifecycle_init,
    .close = node_lifecycle_close,
};
