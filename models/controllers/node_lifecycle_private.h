/* Node lifecycle: what its files share.
 *
 * The real controller looks at every node each node-monitor-period. Here each look is
 * computed: a node is looked at in the first such pass after something happened to it, and in
 * the one in which its silence will have lasted too long. What it sees and writes is the same. */
#ifndef MODELS_CONTROLLERS_NODE_LIFECYCLE_PRIVATE_H
#define MODELS_CONTROLLERS_NODE_LIFECYCLE_PRIVATE_H

#include "models/api/node.h"
#include "models/controllers/controller.h"
#include "sim/base/table.h"

extern const char taint_not_ready[], taint_unreachable[], taint_unschedulable[];

/* ---- zones ---- */

enum zone_state { ZONE_INITIAL, ZONE_NORMAL, ZONE_PARTIAL_DISRUPTION, ZONE_FULL_DISRUPTION };

/* The nodes of one zone that wait for a NoExecute taint: one each time the bucket of a
 * single token has been refilled. */
struct zone {
    const struct text *name; /* held; NULL: nodes without a zone */
    bool present;            /* has nodes */
    enum zone_state state, next;
    int ready, not_ready;        /* as counted in this pass */
    double qps;                  /* 0: no more taints */
    sim_time refilled;           /* when the bucket has its token again */
    const struct text **waiting; /* held names of nodes, first come first served */
    size_t count, capacity;
};

/* ---- nodes ---- */

struct node_health {
    struct table_node by_name;
    const struct text *name;        /* held */
    const struct object *gone;      /* held: the last version of a node that was deleted; NULL */
    bool known;                     /* registered: seen by a pass */
    bool has_ready;                 /* the Ready condition has been there */
    enum condition_status ready;    /* after the last look */
    sim_time heartbeat, transition; /* of the Ready condition then */
    sim_time renewed;               /* the newest renewal of the Lease that was seen; -1: none */
    sim_time probe;                 /* the pass that last saw a sign of life; -1: none yet */
    sim_time due;       /* the pass in which to look again; SIM_FOREVER: when something happens */
    struct cause cause; /* of what last happened to the node */
    struct zone *zone;
    bool counts; /* for the state of its zone */
};

struct node_lifecycle {
    struct cluster *cluster;
    sim_time passed; /* the last pass; -1: none yet */
    struct table by_name;
    struct node_health **nodes; /* owned; in the order in which they were seen */
    size_t count, capacity;
    struct zone **zones; /* owned; in the order in which they appeared */
    size_t zone_count, zone_capacity;
};

/* The pass at or after an instant. */
sim_time monitor_pass_after(const struct node_lifecycle *state, sim_time at);

struct node_health *node_health_find(const struct node_lifecycle *state, const struct text *name);
struct node_health *node_health_get(struct node_lifecycle *state, const struct text *name);
void node_health_forget(struct node_lifecycle *state, struct node_health *health);

/* Look at one node in the pass at `pass`: note signs of life, report Unknown when there have been
 * none for too long, keep its NoExecute taint, mark its pods not ready, and say when to look again.
 * Follows tryUpdateNodeHealth and processTaintBaseEviction. */
void node_health_look(struct client *client, struct node_lifecycle *state,
                      struct node_health *health, const struct node *node, sim_time pass);

/* Look at it in the next pass, too. */
void node_health_look_again(struct node_lifecycle *state, struct node_health *health,
                            sim_time pass);

/* Set Ready=False on a pod whose node is not ready, and say so in an Event. */
void mark_pod_not_ready(struct client *client, const struct object *pod);

/* ---- zones ---- */

struct zone *zone_of(struct node_lifecycle *state, const struct node *node);
void zones_close(struct node_lifecycle *state);

/* Queue a node for its NoExecute taint, or take it out. */
void zone_enqueue(struct zone *zone, const struct text *node);
void zone_withdraw(struct zone *zone, const struct text *node);

/* After all looks of a pass: how disrupted are the zones, and how fast may nodes be tainted?
 * Follows handleDisruption. */
void zones_judge(struct client *client, struct node_lifecycle *state, sim_time pass);

/* Taint the nodes whose turn it is, and say when the next one's comes (SIM_FOREVER: nobody waits).
 * Follows doNoExecuteTaintingPass. */
void zones_taint(struct client *client, struct node_lifecycle *state);
sim_time zones_next_turn(const struct node_lifecycle *state, sim_time now);

/* ---- taints ---- */

/* Do the taints that a node's conditions call for differ from those it has? */
bool node_needs_update(const struct node *node);
/* Make them so: doNoScheduleTaintingPass and reconcileNodeLabels. */
void node_update(struct client *client, const struct node *node);

/* Add or remove one taint as a write of its own; false when nothing had to be done. */
bool node_add_taint(struct client *client, const struct text *node, const char *key,
                    enum taint_effect effect);
bool node_remove_taint(struct client *client, const struct text *node, const char *key,
                       enum taint_effect effect);
/* Remove the NoExecute taints of unready nodes, and the node from its zone's queue. */
void node_mark_reachable(struct client *client, struct node_lifecycle *state,
                         const struct node *node);

#endif
