/* Node Leases. Follows component-helpers apimachinery/lease/controller.go of the release named
 * in docs/fidelity.md; without its jitter of 4 % of a period. */
#include "models/kubelet/heartbeat.h"

#include "models/api/machine.h"
#include "models/cluster/cluster.h"

static const char lease_namespace[] = "kube-node-lease";

static struct object_key lease_key(const struct heartbeat *heartbeat)
{
    struct cluster *cluster = heartbeat->client->cluster;
    return (struct object_key){ KIND_LEASE, cluster_text(cluster, lease_namespace),
                                text_hold(heartbeat->node) };
}

static bool ticks(const struct heartbeat *heartbeat)
{
    return heartbeat->client->cluster->settings.tick_heartbeats;
}

static void lease_fill(const struct heartbeat *heartbeat, struct lease *lease)
{
    const sim_time now = run_now(heartbeat->client->cluster->run);
    text_assign(&lease->holder, text_hold(heartbeat->node));
    lease->duration_seconds = heartbeat->duration_seconds;
    lease->first = now;
    lease->period = heartbeat->period;
    lease->last = ticks(heartbeat) ? now : SIM_FOREVER;
    lease->silent = false;
}

static bool lease_restart(struct object *object, void *heartbeat)
{
    lease_fill(heartbeat, (struct lease *)object);
    return true;
}

static bool lease_renew(struct object *object, void *heartbeat)
{
    const struct heartbeat *self = heartbeat;
    ((struct lease *)object)->last = run_now(self->client->cluster->run);
    return true;
}

static bool lease_stop(struct object *object, void *heartbeat)
{
    const struct heartbeat *self = heartbeat;
    struct lease *lease = (struct lease *)object;
    lease->last = lease_renew_time(lease, run_now(self->client->cluster->run));
    lease->silent = true;
    return true;
}

static void lease_patch(struct heartbeat *heartbeat, change_fn *change)
{
    const struct object_key key = lease_key(heartbeat);
    struct error error = { 0 };
    client_patch(heartbeat->client, key, change, heartbeat, &error);
    error_close(&error); /* deleted under us: the next start makes a new one */
    object_key_drop(key);
}

static void lease_create(struct heartbeat *heartbeat)
{
    struct lease *lease = (struct lease *)object_new(object_kinds, KIND_LEASE);
    const struct object_key key = lease_key(heartbeat);
    lease->meta.object.space = key.space;
    lease->meta.object.name = key.name;
    lease_fill(heartbeat, lease);
    struct error error = { 0 };
    client_create(heartbeat->client, &lease->meta.object, NULL, &error);
    error_close(&error);
}

static void heartbeat_tick(void *subject, sim_time now)
{
    struct heartbeat *heartbeat = subject;
    struct client *client = heartbeat->client;
    client_begin(client, (struct cause){ 0 });
    lease_patch(heartbeat, lease_renew);
    heartbeat->tick = run_at(client->cluster->run, now + heartbeat->period, PRIORITY_WORLD,
                             heartbeat_tick, heartbeat);
}

void heartbeat_init(struct heartbeat *heartbeat, struct client *client, const struct text *node,
                    int64_t duration_seconds, sim_time period)
{
    *heartbeat = (struct heartbeat){ .client = client,
                                     .node = text_hold(node),
                                     .duration_seconds = duration_seconds,
                                     .period = period };
}

void heartbeat_close(struct heartbeat *heartbeat)
{
    run_cancel(heartbeat->client->cluster->run, &heartbeat->tick);
    text_drop(heartbeat->node);
}

void heartbeat_begin(struct heartbeat *heartbeat)
{
    struct run *run = heartbeat->client->cluster->run;
    if (heartbeat->beating)
        return;
    heartbeat->beating = true;
    const struct object_key key = lease_key(heartbeat);
    const bool known = client_get(heartbeat->client, KIND_LEASE, key.space, key.name) != NULL;
    object_key_drop(key);
    if (known)
        lease_patch(heartbeat, lease_restart);
    else
        lease_create(heartbeat);
    if (ticks(heartbeat))
        heartbeat->tick = run_at(run, run_now(run) + heartbeat->period, PRIORITY_WORLD,
                                 heartbeat_tick, heartbeat);
}

void heartbeat_end(struct heartbeat *heartbeat)
{
    if (!heartbeat->beating)
        return;
    heartbeat->beating = false;
    run_cancel(heartbeat->client->cluster->run, &heartbeat->tick);
    /* Not a call: what was renewed last is known, and nobody need answer for that. */
    const bool before = heartbeat->client->is_world;
    heartbeat->client->is_world = true;
    lease_patch(heartbeat, lease_stop);
    heartbeat->client->is_world = before;
}
