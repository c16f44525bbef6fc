/* What the files of the DaemonSet controller share: one reconcile, as it sees nodes and pods. */
#ifndef MODELS_CONTROLLERS_DAEMONSET_PRIVATE_H
#define MODELS_CONTROLLERS_DAEMONSET_PRIVATE_H

#include "models/api/daemonset.h"
#include "models/api/node.h"
#include "models/controllers/expectations.h"
#include "models/controllers/pod_control.h"

/* A pod and the node it is on or made for. */
struct daemon_pod {
    const struct text *node;
    const struct pod *pod;
};

/* What is wanted of one node, and the set's pods there, in the order they are served: bound ones
 * first, then the oldest. */
struct daemon_node {
    const struct node *node;
    bool should_run;      /* a pod belongs there */
    bool should_continue; /* a pod that is there may stay */
    const struct daemon_pod *pods;
    size_t pod_count;
};

/* Everything borrowed from the cache but what is said to be owned. */
struct daemon_sync {
    struct client *client;
    const struct daemonset *set;
    struct daemonset_state *state;
    struct object_key key;
    const struct text *hash; /* of the present template; owned */
    struct daemon_pod *pods; /* owned; by node */
    size_t pod_count;
    struct daemon_node *nodes; /* owned; in order of creation */
    size_t node_count;
};

/* A node whose daemon failed, and how long to wait before trying again. */
struct daemon_backoff {
    uint64_t set; /* uid */
    int64_t generation;
    const struct text *node; /* held */
    sim_time since, delay;
};

struct daemonset_state {
    struct expectations creations, deletions;
    struct daemon_backoff *backoffs; /* owned */
    size_t count, capacity;
};

/* ---- daemonset_nodes.c ---- */

/* Which nodes does the set want to be on? */
void daemon_node_judge(const struct daemonset *set, const struct node *node, bool *should_run,
                       bool *should_continue);
/* Take in the set's pods and all nodes. Close with daemon_sync_close(). */
void daemon_sync_look(struct daemon_sync *sync);
void daemon_sync_close(struct daemon_sync *sync);

bool daemon_pod_is_updated(const struct daemon_sync *sync, const struct pod *pod);
bool daemon_pod_is_available(const struct daemon_sync *sync, const struct pod *pod);
/* Bounds of a rolling update for so many pods; both up. */
void daemon_bounds(const struct daemonset *set, int desired, int *max_surge, int *max_unavailable);

/* ---- daemonset_history.c ---- */

/* The ControllerRevision of the present template: found, renumbered or made; sets sync->hash. False:
 * try again. */
bool daemon_history_construct(struct daemon_sync *sync);
/* Delete revisions beyond the limit that no pod is of. */
void daemon_history_clean(struct daemon_sync *sync);

/* ---- daemonset_manage.c, daemonset_rolling.c ---- */

/* Nodes that need a pod and pods that have to go. */
struct daemon_changes {
    const struct text **nodes; /* owned, the names are not */
    size_t node_count, node_capacity;
    struct pod_list pods;
};
void daemon_changes_create(struct daemon_changes *changes, const struct text *node);
void daemon_changes_close(struct daemon_changes *changes);

/* One pod on each node that fits, none elsewhere, none that has ended. */
void daemon_manage(struct daemon_sync *sync, struct daemon_changes *changes);
/* What a rolling update does next. */
void daemon_roll(struct daemon_sync *sync, struct daemon_changes *changes);

#endif
