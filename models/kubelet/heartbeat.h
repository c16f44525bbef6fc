/* A node's heartbeat: the Lease by which its kubelet says that it is alive.
 *
 * A Lease stands for a schedule of renewals (models/api/machine.h): one write when a kubelet
 * starts, one when it falls silent, none in between. Under settings.tick_heartbeats each
 * renewal is a write of its own, as in Kubernetes, for a test to compare with. */
#ifndef MODELS_KUBELET_HEARTBEAT_H
#define MODELS_KUBELET_HEARTBEAT_H

#include "models/cluster/client.h"

struct heartbeat {
    struct client *client;   /* borrowed: writes the Lease */
    const struct text *node; /* held; also the Lease's name */
    int64_t duration_seconds;
    sim_time period;
    event_id tick; /* of the reference mode */
    bool beating;
};

/* A heart that does not beat yet. Release with heartbeat_close(). */
void heartbeat_init(struct heartbeat *heartbeat, struct client *client, const struct text *node,
                    int64_t duration_seconds, sim_time period);
void heartbeat_close(struct heartbeat *heartbeat);

/* Renew from now on, at now, now + period, ... The client's work has begun. */
void heartbeat_begin(struct heartbeat *heartbeat);

/* Fall silent: the newest renewal not after now was the last. Without a network the write is
 * still made: it tells what observers would see, and the kubelet does not make it. */
void heartbeat_end(struct heartbeat *heartbeat);

#endif
