/* The health of one node: signs of life, and what their absence leads to.
 *
 * Follows tryUpdateNodeHealth and processTaintBaseEviction of pkg/controller/nodelifecycle and
 * MarkPodsNotReady of pkg/controller/util/node of the release named in docs/fidelity.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/machine.h"
#include "models/controllers/node_lifecycle_private.h"
#include "sim/base/memory.h"

/* ---- the table ---- */

struct node_health *node_health_find(const struct node_lifecycle *state, const struct text *name)
{
    struct table_node *node = table_first(&state->by_name, name->hash);
    for (; node != NULL; node = table_again(node))
        if (((struct node_health *)node)->name == name)
            return (struct node_health *)node;
    return NULL;
}

struct node_health *node_health_get(struct node_lifecycle *state, const struct text *name)
{
    struct node_health *health = node_health_find(state, name);
    if (health != NULL)
        return health;
    health = mem_new(sizeof *health);
    health->name = text_hold(name);
    health->renewed = health->probe = -1;
    health->due = SIM_FOREVER;
    table_add(&state->by_name, &health->by_name, name->hash);
    MEM_GROW(state->nodes, state->count, state->capacity);
    return state->nodes[state->count++] = health;
}

void node_health_forget(struct node_lifecycle *state, struct node_health *health)
{
    size_t at = 0;
    while (state->nodes[at] != health)
        at++;
    state->count--;
    memmove(&state->nodes[at], &state->nodes[at + 1],
            (state->count - at) * sizeof(struct node_health *));
    if (health->zone != NULL)
        zone_withdraw(health->zone, health->name);
    table_remove(&state->by_name, &health->by_name);
    object_drop(health->gone);
    text_drop(health->name);
    free(health);
}

/* ---- signs of life ---- */

sim_time monitor_pass_after(const struct node_lifecycle *state, sim_time at)
{
    const sim_time period = state->cluster->settings.node_monitor_period;
    return at >= SIM_FOREVER - period ? SIM_FOREVER : (at + period - 1) / period * period;
}

static const struct lease *lease_of(const struct client *client, const struct text *node)
{
    const struct text *space = text_find(client->cluster->run->texts, "kube-node-lease");
    return space ? (const struct lease *)client_get(client, KIND_LEASE, space, node) : NULL;
}

static void note_status(struct node_health *health, const struct node *node,
                        const struct condition *ready, sim_time pass)
{
    if (ready == NULL && (health->probe < 0 || health->has_ready))
        health->probe = health->has_ready ? pass : node->meta.created;
    else if (ready != NULL &&
             (health->probe < 0 || !health->has_ready || health->heartbeat != ready->update))
        health->probe = pass;
    health->has_ready = ready != NULL;
    health->heartbeat = ready != NULL ? ready->update : 0;
}

/* Renewals count from the pass that was the first to see them; a Lease not known before, from
 * this one. */
static void note_renewal(struct node_lifecycle *state, struct node_health *health,
                         const struct lease *lease, sim_time pass)
{
    if (lease == NULL)
        return;
    const sim_time renewed = lease_renew_time(lease, pass);
    if (renewed <= health->renewed)
        return;
    const sim_time seen = health->renewed < 0 ? pass : monitor_pass_after(state, renewed);
    health->renewed = renewed;
    if (seen > health->probe)
        health->probe = seen < pass ? seen : pass;
}

static sim_time grace_of(const struct node_lifecycle *state, const struct node_health *health)
{
    return health->has_ready ? state->cluster->settings.node_monitor_grace_period
                             : state->cluster->settings.node_startup_grace_period;
}

/* The pass in which the silence after the renewals known today will have lasted too long. */
static sim_time silence_is_over(const struct node_lifecycle *state,
                                const struct node_health *health, const struct lease *lease)
{
    sim_time from = health->probe;
    if (lease != NULL && lease->last == SIM_FOREVER)
        return SIM_FOREVER;
    if (lease != NULL && monitor_pass_after(state, lease->last) > from)
        from = monitor_pass_after(state, lease->last);
    return monitor_pass_after(state, sim_time_after(from, grace_of(state, health)));
}

void node_health_look_again(struct node_lifecycle *state, struct node_health *health, sim_time pass)
{
    health->due = monitor_pass_after(state, pass + 1);
}

/* ---- Unknown ---- */

static struct condition unknown(struct cluster *cluster, const struct node *node, const char *type,
                                sim_time now)
{
    const struct condition *old = conditions_find(node->conditions, type);
    return (struct condition){
        .type = cluster_text(cluster, type),
        .status = CONDITION_UNKNOWN,
        .reason =
            cluster_text(cluster, old != NULL ? "NodeStatusUnknown" : "NodeStatusNeverUpdated"),
        .message = cluster_text(cluster, old != NULL ? "Kubelet stopped posting node status."
                                                     : "Kubelet never posted node status."),
        .transition = now,
        .update = old != NULL ? old->update : node->meta.created,
    };
}

static bool report_unknown(struct object *object, void *context)
{
    static const char *const types[] = { "Ready", "MemoryPressure", "DiskPressure", "PIDPressure" };
    const struct client *client = context;
    struct node *node = (struct node *)object;
    bool changed = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const struct condition *old = conditions_find(node->conditions, types[i]);
        if (old != NULL && old->status == CONDITION_UNKNOWN)
            continue;
        const struct conditions *list = conditions_with(
            node->conditions, unknown(client->cluster, node, types[i], client->now));
        conditions_drop(node->conditions);
        node->conditions = list;
        changed = true;
    }
    return changed;
}

/* ---- pods ---- */

struct not_ready {
    struct client *client;
    bool changed;
};

static bool set_not_ready(struct object *object, void *context)
{
    struct not_ready *change = context;
    struct pod *pod = (struct pod *)object;
    if (!(pod->conditions_present >> POD_READY & 1))
        return false;
    char reason[256], message[1024];
    snprintf(reason, sizeof reason, "%s", pod_condition_reason(pod, POD_READY));
    snprintf(message, sizeof message, "%s", pod_condition_message(pod, POD_READY));
    change->changed = pod_set_condition(pod, change->client->cluster->run->texts, POD_READY, false,
                                        reason, message, change->client->now);
    return change->changed;
}

void mark_pod_not_ready(struct client *client, const struct object *pod)
{
    if (!pod_is_ready(pod_of(pod)))
        return;
    struct not_ready change = { client, false };
    client_patch(client, object_key(pod), set_not_ready, &change, NULL);
    if (change.changed)
        client_event(client, pod, true, "NodeNotReady", "Node is not ready");
}

static void mark_pods_not_ready(struct client *client, const struct text *node)
{
    struct cache_cursor cursor = client_list_on_node(client, node);
    while (cache_next(&cursor))
        mark_pod_not_ready(client, cursor.object);
}

/* ---- NoExecute ---- */

/* A node that is tainted for the one reason and is now unhealthy for the other changes its taint
 * at once; an untainted one waits for its zone's turn. */
static void keep_tainted(struct client *client, struct node_lifecycle *state,
                         const struct node *node, enum condition_status ready)
{
    const bool silent = ready == CONDITION_UNKNOWN;
    const char *wanted = silent ? taint_unreachable : taint_not_ready;
    const char *opposite = silent ? taint_not_ready : taint_unreachable;
    const struct text *name = node->meta.object.name;
    if (taints_find(node->taints, opposite, NO_EXECUTE) != NULL) {
        node_add_taint(client, name, wanted, NO_EXECUTE);
        node_remove_taint(client, name, opposite, NO_EXECUTE);
    } else if (taints_find(node->taints, wanted, NO_EXECUTE) == NULL) {
        zone_enqueue(zone_of(state, node), name);
    }
}

static void follow_up(struct client *client, struct node_lifecycle *state, const struct node *node,
                      enum condition_status observed)
{
    if (observed == CONDITION_TRUE)
        node_mark_reachable(client, state, node);
    else
        keep_tainted(client, state, node, observed);
}

/* ---- one look ---- */

/* The node has been written since: to report on this version would meet a conflict, and the kubelet may
 * have spoken. */
static bool is_out_of_date(const struct client *client, const struct node *node)
{
    const struct object *present = client_read(client, object_key(&node->meta.object));
    return present == NULL || present->version != node->meta.object.version;
}

/* The taint follows the condition that a look begins with, so a node that has just been found
 * silent is queued by the next one. */
void node_health_look(struct client *client, struct node_lifecycle *state,
                      struct node_health *health, const struct node *node, sim_time pass)
{
    const struct condition *ready = conditions_find(node->conditions, "Ready");
    const struct lease *lease = lease_of(client, health->name);
    const enum condition_status observed = ready != NULL ? ready->status : CONDITION_UNKNOWN;
    note_status(health, node, ready, pass);
    note_renewal(state, health, lease, pass);
    enum condition_status current = observed;
    const bool silent = pass >= sim_time_after(health->probe, grace_of(state, health)) &&
                        (ready == NULL || observed != CONDITION_UNKNOWN);
    if (silent && is_out_of_date(client, node)) {
        node_health_look_again(state, health, pass);
        return;
    }
    if (silent) {
        client_patch(client, object_key(&node->meta.object), report_unknown, client, NULL);
        current = CONDITION_UNKNOWN;
        health->has_ready = true;
    }
    health->ready = current;
    if (health->has_ready)
        follow_up(client, state, node, observed);
    if (health->has_ready && observed == CONDITION_TRUE && current != CONDITION_TRUE) {
        client_event(client, &node->meta.object, false, "NodeNotReady",
                     "Node %s status is now: NodeNotReady", text_s(health->name));
        mark_pods_not_ready(client, health->name);
    }
    health->due = current == CONDITION_UNKNOWN && health->has_ready
                      ? SIM_FOREVER
                      : silence_is_over(state, health, lease);
    if (current != observed)
        node_health_look_again(state, health, pass);
}
